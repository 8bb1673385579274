"""The attempt's body: what is checked, what goes over the wire, what can be seen."""

import copy
import io
import json
import pickle
import re
import traceback

import msgspec
import pytest
from rich.console import Console
from tests.helpers.addresses import without_addresses
from tests.helpers.rows import each_row

from joseal import MalformedTokenError
from joseal.juspay import Attempt, CardInfo, Details, Expiry, SenderDetails

# The two sample bodies of the API's page, the leading blank in the number included.
NUMBER_SAMPLE = b"""{
    "fulfillmentId": "c14b43505a545b3a65c416634009a2-f1",
    "cardInfo": {
        "cardNumber": " 5513651111111111",
        "cardSecurityCode": "123",
        "cardExpiry": {
            "month": "02",
            "year": "2028"
        }
    }
}"""
TOKEN_SAMPLE = b"""{
    "fulfillmentId": "c14b43505a545b3a65c416634009a2-f1",
    "cardInfo": {
        "cardToken": "1111111111111111"
    }
}"""

PAN = "4929471234567898"
EVERYTHING = {
    "fulfillmentId": "f-1",
    "cardInfo": {
        "cardNumber": PAN,
        "name": "Zoë Beneficiary",
        "cardExpiry": {"month": "12", "year": "2031"},
        "cardSecurityCode": "9071",
        "senderDetails": {
            "type": "PAY_CARD",
            "details": {
                "name": "Sam Sender",
                "account": "00112233445566",
                "pan": "5500005555555559",
                "expiry": {"month": "01", "year": "2030"},
                "cardSecurityCode": "846",
                "transactionReference": "UPI-77-secret",
            },
        },
    },
}
# Nothing of these may be seen anywhere; of the card number, all but its last four digits.
SECRETS = [PAN[:-4], PAN[-5:], "Zoë", "2031", "9071", "Sam", "00112233445566"]
SECRETS += ["5500005555555559", "5559", "2030", "846", "UPI-77-secret"]


def everything():
    return Attempt.from_json(msgspec.json.encode(EVERYTHING))


def leaks(text):
    return [secret for secret in SECRETS if secret in text]


def test_number_sample_of_the_page_is_read_and_its_blank_dropped():
    attempt = Attempt.from_json(NUMBER_SAMPLE)
    assert attempt == Attempt(
        fulfillment_id="c14b43505a545b3a65c416634009a2-f1",
        card_info=CardInfo(
            card_number=" 5513651111111111",
            card_security_code="123",
            card_expiry=Expiry(month="02", year="2028"),
        ),
    )
    assert attempt.card_info.card_number == "5513651111111111"


def test_token_sample_of_the_page_is_written_without_absent_members():
    attempt = Attempt(
        fulfillment_id="c14b43505a545b3a65c416634009a2-f1",
        card_info=CardInfo(card_token="1111111111111111"),
    )
    assert json.loads(attempt.to_json()) == json.loads(TOKEN_SAMPLE)
    # The length that the facts of the published token give for this body.
    assert len(attempt.to_json()) == 97


def test_every_member_keeps_its_documented_name_and_place():
    assert json.loads(everything().to_json()) == EVERYTHING
    assert Attempt.from_json(everything().to_json()) == everything()


def test_names_outside_ascii_travel_as_utf8():
    assert "Zoë".encode() in everything().to_json()


EXPIRY = Expiry(month="01", year="2030")

WRONG_VALUES = [
    (Expiry, {"month": month, "year": "2030"}, "month must be two digits from 01 to 12")
    for month in ["00", "13", "1", "001", "", " 01", "01\n", "١٢", "ab"]
]
WRONG_VALUES += [
    (Expiry, {"month": "01", "year": year}, "year must be four digits")
    for year in ["24", "20240", "", "2024\n", "\uff12\uff10\uff12\uff14", "20 4"]
]
WRONG_VALUES += [
    (CardInfo, {"card_number": number}, "cardNumber must be 12 to 19 digits")
    for number in [
        "",
        " ",
        "4" * 11,
        "4" * 20,
        "5513-6511-1111-1111",
        "5513 6511 1111 1111",
        "5513651111111111\n",
        "\t5513651111111111",
        "٥٥١٣٦٥١١١١١١١١١١",
    ]
]
WRONG_VALUES += [
    (CardInfo, {"card_token": token}, "cardToken must be printable ASCII without blanks")
    for token in ["", " ", "a b", "tok\n", "tök", "\ud800"]
]
WRONG_VALUES += [
    (
        CardInfo,
        {"card_token": "1", "card_security_code": code},
        "cardSecurityCode must be three or four digits",
    )
    for code in ["", "12", "12345", "12a", " 123", "123\n", "\uff11\uff12\uff13"]
]
WRONG_VALUES += [
    (
        shape,
        {**others, "name": name},
        "name must be more than blanks, without control characters and lone surrogates",
    )
    for shape, others in [(CardInfo, {"card_token": "1"}), (Details, {})]
    for name in ["", "   ", "A\x00B", "A\r\nB", "A\x7f", "A\x85", "A\ud800B"]
]
WRONG_VALUES += [
    (CardInfo, {}, "exactly one of cardNumber and cardToken must be given"),
    (
        CardInfo,
        {"card_number": PAN, "card_token": "1"},
        "exactly one of cardNumber and cardToken must be given",
    ),
    (Details, {"account": "12 34"}, "account must be printable ASCII without blanks"),
    (Details, {"pan": ""}, "pan must be printable ASCII without blanks"),
    (Details, {"card_security_code": "1"}, "cardSecurityCode must be three or four digits"),
    (
        Details,
        {"transaction_reference": "a\r"},
        "transactionReference must be printable ASCII without blanks",
    ),
    (
        Attempt,
        {"fulfillment_id": "", "card_info": CardInfo(card_token="1")},
        "fulfillmentId must be printable ASCII without blanks",
    ),
]
WRONG_VALUES += [
    (
        SenderDetails,
        {"type": kind, "details": Details(account="1", pan="1", transaction_reference="1")},
        "type must be PAY_CARD, NETBANKING or UPI",
    )
    for kind in ["", "upi", "PAY_CARD ", "CASH", "UPI\n"]
]
NEEDS = {"PAY_CARD": "pan", "NETBANKING": "account", "UPI": "transactionReference"}
PYTHON_NAMES = {"transactionReference": "transaction_reference"}
WRONG_VALUES += [
    (
        SenderDetails,
        {
            "type": kind,
            "details": Details(
                **{PYTHON_NAMES.get(other, other): "1" for other in NEEDS.values() if other != need}
            ),
        },
        f"details.{need} must be given where type is {kind}",
    )
    for kind, need in NEEDS.items()
]


@each_row(("shape", "members", "message"), WRONG_VALUES)
def test_wrong_value_is_a_value_error_that_names_member_and_rule_only(shape, members, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        shape(**members)
    assert type(caught.value) is ValueError
    assert caught.value.args == (message,)


WRONG_TYPES = [
    (Expiry, {"month": 1, "year": "2030"}, "month must be a string"),
    (Expiry, {"month": None, "year": "2030"}, "month must be a string"),
    (Expiry, {"month": "01", "year": 2030}, "year must be a string"),
    (CardInfo, {"card_number": 5513651111111111}, "cardNumber must be a string"),
    (CardInfo, {"card_number": PAN.encode()}, "cardNumber must be a string"),
    (CardInfo, {"card_token": ["1"]}, "cardToken must be a string"),
    (CardInfo, {"card_token": "1", "name": b"x"}, "name must be a string"),
    (CardInfo, {"card_token": "1", "card_security_code": 123}, "cardSecurityCode must be a string"),
    (
        CardInfo,
        {"card_token": "1", "card_expiry": "02/28"},
        "cardExpiry must be of the type Expiry",
    ),
    (
        CardInfo,
        {"card_token": "1", "card_expiry": {"month": "02", "year": "2028"}},
        "cardExpiry must be of the type Expiry",
    ),
    (
        CardInfo,
        {"card_token": "1", "sender_details": Details(account="1")},
        "senderDetails must be of the type SenderDetails",
    ),
    (Details, {"expiry": CardInfo(card_token="1")}, "expiry must be of the type Expiry"),
    (SenderDetails, {"type": "UPI", "details": {}}, "details must be of the type Details"),
    (SenderDetails, {"type": None, "details": Details()}, "type must be a string"),
    (
        Attempt,
        {"fulfillment_id": 1, "card_info": CardInfo(card_token="1")},
        "fulfillmentId must be a string",
    ),
    (
        Attempt,
        {"fulfillment_id": "f", "card_info": {}},
        "cardInfo must be of the type CardInfo",
    ),
]


@each_row(("shape", "members", "message"), WRONG_TYPES)
def test_wrong_type_is_a_type_error_that_names_member_and_type_only(shape, members, message):
    with pytest.raises(TypeError) as caught:
        shape(**members)
    assert caught.value.args == (message,)


@pytest.mark.parametrize("code", ["123", "0123"])
@pytest.mark.parametrize("number", ["4" * 12, "4" * 19, f"  {PAN} "])
def test_number_and_code_of_any_documented_length_are_taken(number, code):
    card = CardInfo(card_number=number, card_security_code=code)
    assert card.card_number == number.strip()
    assert card.card_security_code == code


def test_number_that_fails_the_luhn_check_is_taken_as_the_page_does():
    assert CardInfo(card_number="5513651111111111").card_number == "5513651111111111"


@pytest.mark.parametrize(("kind", "need"), NEEDS.items())
def test_sender_needs_no_more_than_its_type_says(kind, need):
    details = Details(**{PYTHON_NAMES.get(need, need): " 1" if need == "pan" else "1"})
    assert SenderDetails(type=kind, details=details).details == details
    assert json.loads(details.to_json()) == {need: "1"}


def test_a_built_body_can_not_be_changed():
    with pytest.raises(AttributeError):
        everything().card_info.card_number = "1"


WRONG_BODIES = [
    (b"", "the body is not an object, or not strict JSON"),
    (b"[]", "the body is not an object, or not strict JSON"),
    (b'"{}"', "the body is not an object, or not strict JSON"),
    (b"\xff", "the body is not an object, or not strict JSON"),
    (b"[" * 100_000, "the body is not an object, or not strict JSON"),
    (NUMBER_SAMPLE + b"x", "the body is not an object, or not strict JSON"),
    (
        TOKEN_SAMPLE.replace(b'"cardToken"', b'"cardToken": "2", "cardToken"'),
        "the body is not an object, or not strict JSON",
    ),
    (
        TOKEN_SAMPLE.replace(b'"1111', rb'"\ud8001111'),
        "the body is not an object, or not strict JSON",
    ),
    (b"{}", "fulfillmentId is missing or null"),
    (b'{"fulfillmentId": "f", "cardInfo": null}', "cardInfo is missing or null"),
    (b'{"fulfillmentId": null, "cardInfo": {}}', "fulfillmentId is missing or null"),
    (b'{"fulfillmentId": "f", "cardInfo": []}', "cardInfo is not an object, or not strict JSON"),
    (
        b'{"fulfillmentId": "f", "cardInfo": {}}',
        "cardInfo: exactly one of cardNumber and cardToken must be given",
    ),
    (
        b'{"fulfillmentId": "f", "cardInfo": {"cardToken": "1", "name": null}}',
        "cardInfo.name is missing or null",
    ),
    (
        b'{"fulfillmentId": "f", "cardInfo": {"cardToken": 1}}',
        "cardInfo: cardToken must be a string",
    ),
    (
        b'{"fulfillmentId": "f", "cardInfo": {"card_token": "4929471234567898"}}',
        "cardInfo has a member that the API does not document",
    ),
    (
        b'{"fulfillmentId": "f", "cardInfo": {"cardToken": "1"}, "4929471234567898": 1}',
        "the body has a member that the API does not document",
    ),
    (
        b'{"fulfillmentId": "f", "cardInfo": {"cardToken": "1", "cardExpiry": {"month": "02"}}}',
        "cardInfo.cardExpiry.year is missing or null",
    ),
    (
        (
            b'{"fulfillmentId": "f", "cardInfo": {"cardToken": "1",'
            b' "cardExpiry": {"month": "2", "year": "2028"}}}'
        ),
        "cardInfo.cardExpiry: month must be two digits from 01 to 12",
    ),
    (
        (
            b'{"fulfillmentId": "f", "cardInfo": {"cardToken": "1", "senderDetails":'
            b' {"type": "4929471234567898", "details": {}}}}'
        ),
        "cardInfo.senderDetails: type must be PAY_CARD, NETBANKING or UPI",
    ),
    (
        (
            b'{"fulfillmentId": "f", "cardInfo": {"cardToken": "1", "senderDetails":'
            b' {"type": "UPI", "details": {"expiry": {"month": "02", "year": 2028}}}}}'
        ),
        "cardInfo.senderDetails.details.expiry: year must be a string",
    ),
]


@each_row(("data", "message"), WRONG_BODIES)
def test_wrong_body_of_a_peer_is_malformed_and_its_path_is_told(data, message):
    with pytest.raises(MalformedTokenError) as caught:
        Attempt.from_json(data)
    assert caught.value.args == (message,)


@pytest.mark.parametrize("data", ["{}", None, bytearray(b"{}"), {}])
def test_reading_something_else_than_bytes_is_a_type_error(data):
    with pytest.raises(TypeError, match=r"^data must be bytes$"):
        Attempt.from_json(data)


def printed(value):
    console = Console(width=500, file=io.StringIO())
    console.print(value)
    return console.file.getvalue()


def parts():
    attempt = everything()
    sender = attempt.card_info.sender_details
    return [attempt, attempt.card_info, attempt.card_info.card_expiry, sender, sender.details]


@each_row("part", parts(), ids=lambda part: type(part).__name__)
@each_row("show", [repr, str, printed, "{}".format, lambda part: f"{[part]!r:.9999}"])
def test_nothing_printed_shows_more_than_the_last_four_digits(part, show):
    shown = show(part)
    assert type(part).__name__ in shown
    assert leaks(shown) == []


def test_a_print_shows_the_last_four_digits_and_which_members_are_set():
    shown = repr(CardInfo(card_number=PAN, name="Zoë"))
    assert shown == "CardInfo(card_number='<ends in 7898>', name='<hidden>')"
    assert printed(CardInfo(card_number=PAN, name="Zoë")).strip() == shown


@pytest.mark.parametrize("part", parts(), ids=lambda part: type(part).__name__)
def test_card_data_is_not_pickled(part):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(part, protocol)


def test_a_copy_is_as_silent_as_its_original():
    for made in (copy.copy(everything()), copy.deepcopy(everything())):
        assert made == everything()
        assert leaks(repr(made)) == []


def captured(call):
    """Return what a crash reporter would keep of a failing call, locals included."""
    try:
        call()
    except (TypeError, ValueError, MalformedTokenError) as error:
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        return without_addresses("".join(report.format()))
    pytest.fail("nothing was raised")


def test_the_traceback_of_a_wrong_body_holds_none_of_it():
    body = msgspec.json.encode(EVERYTHING).replace(b'"month":"01"', b'"month":"21"')
    frames = captured(lambda: Attempt.from_json(body))
    # The caller's own frame is the caller's; below it, there is nothing.
    below = frames[frames.index("in guarded") :]
    assert "expiry: month must be two digits" in below
    assert leaks(below) == []


def test_the_traceback_of_a_wrong_card_holds_none_of_it():
    frames = captured(lambda: CardInfo(card_number=PAN + "x", name="Zoë"))
    below = frames[frames.index("in guarded") :]
    assert "cardNumber must be 12 to 19 digits" in below
    assert leaks(below) == []
