"""What all bodies share: each rule is stated once, in the member's annotation, and always kept."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
import pytest

from joseal._core.wire import strict_json
from joseal.juspay import Account, CardInfo, Expiry, NewOrder
from joseal.juspay.models.base import Body, Checked, _members
from joseal.juspay.models.checks import text
from joseal.juspay.models.fields import Text, Word


def subclasses(kind):
    return {kind, *(deeper for direct in kind.__subclasses__() for deeper in subclasses(direct))}


# Every struct with rules that joseal has, none of which this file made.
CHECKED = sorted(
    (kind for kind in subclasses(Checked) if kind.__module__.startswith("joseal.")),
    key=lambda kind: kind.__qualname__,
)


def built_with(kind, value):
    """Build a struct of one member with this annotation."""
    struct = msgspec.defstruct("Made", [("member", kind)], bases=(Body,), frozen=True, kw_only=True)
    return struct(member=value)


def test_every_struct_is_looked_at():
    assert len(CHECKED) > 20
    assert {Account, CardInfo, NewOrder} <= set(CHECKED)


@pytest.mark.parametrize("shape", CHECKED, ids=lambda shape: shape.__name__)
def test_every_member_has_a_check_that_names_it(shape):
    members = _members(shape)
    assert [member.name for member in members] == list(shape.__struct_fields__)
    for member in members:
        with pytest.raises(TypeError, match=f"^{member.wire_name} must be "):
            member.check.apply(member.wire_name, object())


@pytest.mark.parametrize(
    "kind",
    [str, int, Decimal, object, dict[str, str], Annotated[int, msgspec.Meta(ge=1)], float, bytes],
)
def test_a_member_that_states_no_rule_can_not_be_built(kind):
    with pytest.raises(TypeError, match=r"^the annotation of a member states no rule$"):
        built_with(kind, None)


def test_a_choice_is_worded_from_its_literal():
    for values, wording in [
        (Literal["A"], "A"),
        (Literal["A", "B"], "A or B"),
        (Literal["A", "B", "C"], "A, B or C"),
        (Annotated[Literal["A"], msgspec.Meta(description="the first letter")], "the first letter"),
    ]:
        with pytest.raises(ValueError, match=rf"^member must be {wording}$"):
            built_with(values, "Z")


def test_a_pattern_is_for_the_whole_text():
    kind = Annotated[str, text("a|b", "a or b")]
    assert built_with(kind, "b").member == "b"
    for wrong in ("ab", "a\n", "\na", " a", "xb", "ax"):
        with pytest.raises(ValueError, match=r"^member must be a or b$"):
            built_with(kind, wrong)


def test_items_of_a_list_have_the_rule_of_their_annotation():
    kind = Annotated[tuple[Word, ...], msgspec.Meta(min_length=2)]
    assert built_with(kind, ["a", "b"]).member == ("a", "b")
    with pytest.raises(ValueError, match=r"^member must have at least 2$"):
        built_with(kind, ["a"])
    with pytest.raises(ValueError, match=r"^member must be printable ASCII without blanks$"):
        built_with(kind, ["a", "b c"])


def test_a_subclass_of_str_is_not_a_text():
    class Mine(str):
        __slots__ = ()

    for kind in (Text, Literal["A"]):
        with pytest.raises(TypeError, match=r"^member must be a string$"):
            built_with(kind, Mine("A"))


def test_msgspec_itself_reads_no_body_that_breaks_a_rule():
    with pytest.raises(strict_json.ShapeError):
        strict_json.convert({"month": "13", "year": "2030"}, Expiry)
    # The rules are in msgspec's own terms, so its schema has them too.
    schema = msgspec.json.schema(Expiry)["$defs"]["Expiry"]["properties"]["month"]
    assert schema["description"] == "two digits from 01 to 12"


@pytest.mark.parametrize(
    ("value", "change"),
    [
        (Expiry(month="01", year="2030"), {"month": "13"}),
        (CardInfo(card_token="t"), {"card_number": "4" * 16}),
        (Account(merchant_id="m", api_key="k", kid="K"), {"merchant_id": "m\r\nx: y"}),
        (Account(merchant_id="m", api_key="k", kid="K"), {"base_url": "http://bank.example"}),
    ],
)
def test_a_replaced_member_is_checked_too(value, change):
    with pytest.raises(ValueError, match=r" must be "):
        msgspec.structs.replace(value, **change)


def test_a_replaced_member_is_kept_as_a_built_one_is():
    card = CardInfo(card_token="t", name="N")
    assert msgspec.structs.replace(card, card_token=" u ") == CardInfo(card_token="u", name="N")
