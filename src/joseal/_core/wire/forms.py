"""The names of the serializations: compact, and the two forms of JSON.

Source: RFC 7515 section 3, RFC 7516 section 3.
"""

from typing import Final, Literal, TypeAlias

from joseal._core import checks

Form: TypeAlias = Literal["compact", "flattened", "general"]
FORMS: Final[tuple[Form, ...]] = ("compact", "flattened", "general")


def check_form(form: str) -> None:
    """Check the name of a serialization that a caller gave.

    Raises:
        TypeError: it is not str.
        ValueError: it is none of the three.
    """
    if not isinstance(form, str):
        raise checks.wrong_type("form", "str", form)
    if form not in FORMS:
        raise ValueError(f"form must be one of {', '.join(FORMS)}")
