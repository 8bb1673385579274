"""A serialization is named exactly."""

import pytest

from joseal._core.wire.forms import FORMS, check_form


def test_form_is_one_of_the_three():
    for form in FORMS:
        check_form(form)
    with pytest.raises(ValueError, match=r"^form must be one of compact, flattened, general$"):
        check_form("GENERAL")


@pytest.mark.parametrize(("wrong", "kind"), [(None, "None"), (5, "int")])
def test_form_is_text(wrong, kind):
    with pytest.raises(TypeError, match=f"^form must be str, not {kind}$"):
        check_form(wrong)
