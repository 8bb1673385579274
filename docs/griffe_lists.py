"""Lists in docstrings, read as Markdown, and defaults without private names. Named in mkdocs.yml.

- A docstring's list begins right under the line that introduces it, which is a list for people;
  Markdown wants an empty line between.
- A default that is a private constant of its module is shown as the value of that constant.
"""

import re

from griffe import Attribute, Extension, Function, Object

BEGIN = re.compile(r"^([ \t]*)(?!- )(\S.*)\n(?=\1- )", re.MULTILINE)


class Lists(Extension):
    """Puts an empty line before each list."""

    def on_object(self, *, obj: Object, **_: object) -> None:
        """Change the docstring of one object."""
        if obj.docstring is not None:
            obj.docstring.value = BEGIN.sub(r"\1\2\n\n", obj.docstring.value)

    def on_function(self, *, func: Function, **_: object) -> None:
        """Show the values of private constants that are defaults."""
        for parameter in func.parameters:
            known = func.module.members.get(str(parameter.default))
            if str(parameter.default).startswith("_") and isinstance(known, Attribute):
                parameter.default = known.value
