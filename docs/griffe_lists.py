"""Docstrings, read as Markdown, and defaults without private names. Named in mkdocs.yml.

- A docstring's list begins right under the line that introduces it, which is a list for people;
  Markdown wants an empty line between.
- griffe knows a section `Examples:` and no `Example:`, and would read `>>>` as a quotation.
- A default that is a private constant of its module is shown as the value of that constant.
"""

import re

from griffe import Attribute, Extension, Function, Object

BEGIN = re.compile(r"^([ \t]*)(?!- )(\S.*)\n(?=\1- )", re.MULTILINE)
EXAMPLE = re.compile(r"^([ \t]*)Example:[ \t]*$", re.MULTILINE)


def readable(docstring: str) -> str:
    """Return a docstring as griffe and Markdown read it."""
    return EXAMPLE.sub(r"\1Examples:", BEGIN.sub(r"\1\2\n\n", docstring))


class Lists(Extension):
    """Makes docstrings readable."""

    def on_object(self, *, obj: Object, **_: object) -> None:
        """Change the docstring of one object."""
        if obj.docstring is not None:
            obj.docstring.value = readable(obj.docstring.value)

    def on_function(self, *, func: Function, **_: object) -> None:
        """Show the values of private constants that are defaults."""
        for parameter in func.parameters:
            known = func.module.members.get(str(parameter.default))
            if str(parameter.default).startswith("_") and isinstance(known, Attribute):
                parameter.default = known.value
