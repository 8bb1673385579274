"""Lists in docstrings, read as Markdown. Named in mkdocs.yml.

A docstring's list begins right under the line that introduces it, which is a list for people;
Markdown wants an empty line between.
"""

import re

from griffe import Extension, Object

BEGIN = re.compile(r"^([ \t]*)(?!- )(\S.*)\n(?=\1- )", re.MULTILINE)


class Lists(Extension):
    """Puts an empty line before each list."""

    def on_object(self, *, obj: Object, **_: object) -> None:
        """Change the docstring of one object."""
        if obj.docstring is not None:
            obj.docstring.value = BEGIN.sub(r"\1\2\n\n", obj.docstring.value)
