"""What all bodies share: each rule is stated once, in the member's annotation, and always kept."""

import json
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
import pytest
from tests.helpers.rows import each_row

from joseal import MalformedTokenError
from joseal._core.wire import strict_json
from joseal.juspay import (
    Account,
    Attempt,
    Beneficiary,
    CardInfo,
    Expiry,
    NewFulfillment,
    NewOrder,
    UpiId,
)
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


@each_row("shape", CHECKED, ids=lambda shape: shape.__name__)
def test_every_member_has_a_check_that_names_it(shape):
    members = _members(shape)
    assert [member.name for member in members] == list(shape.__struct_fields__)
    for member in members:
        told = "extra" if member.name == "extra" else member.wire_name
        with pytest.raises(TypeError, match=f"^{told} must be "):
            member.check.apply(member.wire_name, object())


@each_row(
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


EXTRA = {"purpose": "refund", "limits": {"a": [1, 2.5, None, True]}, "é": "\u20ac"}
CARD = CardInfo(card_token="t")
ORDER = {
    "order_id": "order-1",
    "amount": Decimal("1.50"),
    "customer_id": "c",
    "customer_phone": "1",
    "customer_email": "a@b",
    "type": "FULFILL_ONLY",
}
BANK = Beneficiary(type="UPI_ID", details=UpiId(name="N", vpa="n@bank"))
PART = {"amount": Decimal("1.50"), "beneficiary_details": BANK}
EXTENSIBLE = {
    "Attempt": (Attempt, {"fulfillment_id": "f", "card_info": CARD}),
    "CardInfo": (CardInfo, {"card_token": "t"}),
    "NewFulfillment": (NewFulfillment, PART),
    "NewOrder": (NewOrder, {**ORDER, "fulfillments": (NewFulfillment(**PART),)}),
}


@pytest.mark.parametrize(("shape", "members"), EXTENSIBLE.values(), ids=EXTENSIBLE)
def test_further_members_are_written_after_the_documented_ones(shape, members):
    plain = shape(**members).to_json()
    extended = shape(**members, extra=EXTRA).to_json()
    assert extended == plain[:-1] + b"," + msgspec.json.encode(EXTRA)[1:]
    assert shape(**members, extra={}).to_json() == plain


@pytest.mark.parametrize(("shape", "members"), EXTENSIBLE.values(), ids=EXTENSIBLE)
def test_a_further_member_never_has_the_name_of_a_documented_one(shape, members):
    for field in msgspec.structs.fields(shape):
        with pytest.raises(ValueError, match=r"^extra must not have the name of a documented"):
            shape(**members, extra={"other": 1, field.encode_name: "x"})


def test_further_members_within_a_body_are_written_in_their_place():
    card = CardInfo(card_token="t", extra={"network": "X"})
    attempt = Attempt(fulfillment_id="f", card_info=card, extra={"reason": "R"})
    written = b'{"fulfillmentId":"f","cardInfo":{"cardToken":"t","network":"X"},"reason":"R"}'
    assert attempt.to_json() == written
    part = NewFulfillment(**PART, extra={"a": 1})
    order = NewOrder(**ORDER, fulfillments=(part,))
    assert b'"vpa":"n@bank"}},"a":1}]}' in order.to_json().replace(b'"amount":1.50,', b"")
    assert order.to_json().count(b'"amount":1.50') == 2


@each_row(
    ("extra", "kind", "rule"),
    [
        ("a", TypeError, "extra must be a dict"),
        ([1], TypeError, "extra must be a dict"),
        (msgspec.Raw(b"[1]"), TypeError, "extra must be a dict"),
        (msgspec.Raw(b'{"a":1,"a":2}'), TypeError, "extra must be a dict"),
        ({1: 1}, ValueError, "extra must be made of plain JSON values"),
        ({"a": b"x"}, ValueError, "extra must be made of plain JSON values"),
        ({"a": float("nan")}, ValueError, "extra must be made of plain JSON values"),
        ({"a": "\ud800"}, ValueError, "extra must be made of plain JSON values"),
        ({"a": Decimal(1)}, ValueError, "extra must be made of plain JSON values"),
    ],
)
def test_further_members_are_plain_json_values(extra, kind, rule):
    with pytest.raises(kind, match=f"^{rule}$"):
        Attempt(fulfillment_id="f", extra=extra)


def test_further_members_are_kept_as_they_were_and_hidden():
    extra = {"note": ["canary"]}
    attempt = Attempt(fulfillment_id="f", extra=extra)
    extra["note"].append("later")
    assert attempt.to_json() == b'{"fulfillmentId":"f","note":["canary"]}'
    assert "extra='<hidden>'" in repr(attempt)
    assert msgspec.structs.replace(attempt, fulfillment_id="g").extra == attempt.extra


def test_a_body_that_is_read_has_no_further_members():
    for name in ("extra", "note", "\\uffffextra"):
        with pytest.raises(MalformedTokenError, match=r"^the body has a member that the API does"):
            Attempt.from_json(f'{{"fulfillmentId":"f","{name}":{{"a":1}}}}'.encode())


def test_a_text_that_looks_like_the_mark_of_further_members_is_written_as_it_is():
    name = '\uffffextra":'
    card = CardInfo(card_token="t", name=name)
    assert json.loads(card.to_json()) == {"cardToken": "t", "name": name}


def test_an_attempt_has_no_more_than_what_the_page_tags_required():
    attempt = Attempt(fulfillment_id="f")
    assert attempt.to_json() == b'{"fulfillmentId":"f"}'
    assert Attempt.from_json(attempt.to_json()) == attempt


def test_a_stringified_body_is_a_json_string_that_holds_the_text():
    attempt = Attempt(fulfillment_id="f", card_info=CardInfo(card_token="t", name='Zo\u00eb "Z"'))
    stringified = attempt.to_json(stringified=True)
    assert json.loads(stringified) == attempt.to_json().decode()
    assert attempt.to_json(stringified=False) == attempt.to_json()
