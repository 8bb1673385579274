"""The order bodies: every documented type, amounts without noise, and nothing that shows a card."""

import decimal
import json
import math
import pickle
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.helpers.rows import each_row

from joseal import MalformedTokenError
from joseal.juspay import (
    AdditionalInfo,
    BankAccount,
    Beneficiary,
    Document,
    Expiry,
    NewFulfillment,
    NewOrder,
    PayeeDetails,
    PayoutLink,
    PlainCard,
    SavedBeneficiary,
    SavedCard,
    UpiId,
    Wallet,
    WebhookDetails,
)

PAN = "4929471234567898"
BANK = Beneficiary(
    type="ACCOUNT_IFSC", details=BankAccount(name="N", account="026291", ifsc="YESB0000262")
)


def part(amount="1", beneficiary=BANK, **members):
    return NewFulfillment(amount=Decimal(amount), beneficiary_details=beneficiary, **members)


def order(amount="1", *parts, **members):
    return NewOrder(
        **{
            "order_id": "order-1",
            "amount": Decimal(amount),
            "customer_id": "customer_7",
            "customer_phone": "9999999999",
            "customer_email": "test@gmail.com",
            "type": "FULFILL_ONLY",
            "fulfillments": parts or (part(amount),),
            **members,
        }
    )


# The page's sample for an encrypted order, and the samples of the other types.

SAMPLE = {
    "orderId": "1803665523",
    "fulfillments": [
        {
            "preferredMethodList": ["DUMMY_VISADIRECT"],
            "amount": 1,
            "beneficiaryDetails": {
                "details": {
                    "name": "Aditya Kadrolkar",
                    "cardType": "CREDIT",
                    "brand": "VISA",
                    "bankCode": "508534",
                    "cardNumber": "4111111111111111",
                    "cardSecurityCode": "123",
                    "cardExpiry": {"month": "02", "year": "2028"},
                },
                "type": "PLAIN_CARD",
            },
            "udf1": "String1",
            "udf5": "String5",
            "additionalInfo": {
                "remark": "Payout Transaction",
                "useThisAsTR": "ef9eb194e664a319549e644c08be2b",
                "scheduleTime": "2023-12-23T16:51:51Z",
                "attemptThreshold": 1440,
                "isRetriable": False,
                "originalTxnRef": "t-0",
                "senderName": "S",
                "webhookDetails": {
                    "url": "https://www.test.com/callback/dynamicwebhook/example",
                    "username": "test",
                    "password": "password",
                    "customHeader": "123456789",
                },
            },
        }
    ],
    "amount": 1,
    "customerId": "cth_59Yibs1JauYP6WJP",
    "customerPhone": "9999999999",
    "customerEmail": "test@gmail.com",
    "type": "FULFILL_ONLY",
    "udf1": "udf1",
}


def test_the_custom_header_of_a_webhook_may_be_json_text_with_blanks():
    text = '{"X-MerchantId": "mine", "X-Other": "a b"}'
    made = WebhookDetails(url="https://example.com/hook", custom_header=text)
    assert WebhookDetails.from_json(made.to_json()).custom_header == text
    for bad in (" x", "x\r\ny", "\u00e9", ""):
        with pytest.raises(ValueError, match="customHeader must be"):
            WebhookDetails(url="https://example.com/hook", custom_header=bad)


def test_the_documented_order_is_read_and_written_as_it_is():
    text = json.dumps(SAMPLE).encode()
    assert json.loads(NewOrder.from_json(text).to_json()) == SAMPLE


def test_the_documented_order_can_be_built():
    details = PlainCard(
        name="Aditya Kadrolkar",
        card_type="CREDIT",
        brand="VISA",
        bank_code="508534",
        card_number=" 4111111111111111",
        card_security_code="123",
        card_expiry=Expiry(month="02", year="2028"),
    )
    hook = WebhookDetails(
        url="https://www.test.com/callback/dynamicwebhook/example",
        username="test",
        password="password",
        custom_header="123456789",
    )
    info = AdditionalInfo(
        remark="Payout Transaction",
        use_this_as_tr="ef9eb194e664a319549e644c08be2b",
        schedule_time="2023-12-23T16:51:51Z",
        attempt_threshold=1440,
        is_retriable=False,
        original_txn_ref="t-0",
        sender_name="S",
        webhook_details=hook,
    )
    one = NewFulfillment(
        preferred_method_list=["DUMMY_VISADIRECT"],
        amount=Decimal(1),
        beneficiary_details=Beneficiary(type="PLAIN_CARD", details=details),
        udf1="String1",
        udf5="String5",
        additional_info=info,
    )
    built = NewOrder(
        order_id="1803665523",
        fulfillments=(one,),
        amount=Decimal(1),
        customer_id="cth_59Yibs1JauYP6WJP",
        customer_phone="9999999999",
        customer_email="test@gmail.com",
        type="FULFILL_ONLY",
        udf1="udf1",
    )
    assert json.loads(built.to_json()) == SAMPLE
    assert NewOrder.from_json(built.to_json()) == built
    assert built.has_plain_card


TYPES = {
    "PLAIN_CARD": (PlainCard(card_token="5513651111111111"), {"cardToken": "5513651111111111"}),
    "CARD": (
        SavedCard(name="N", card_type="CREDIT", card_reference="01f7", brand="V", bank_code="60"),
        {
            "name": "N",
            "cardType": "CREDIT",
            "cardReference": "01f7",
            "brand": "V",
            "bankCode": "60",
        },
    ),
    "ACCOUNT_IFSC": (
        BankAccount(name="N", account="026", ifsc="YESB0000262"),
        {"name": "N", "account": "026", "ifsc": "YESB0000262"},
    ),
    "UPI_ID": (
        UpiId(name="N", vpa="test@upi", mobile_no="9999999999"),
        {"name": "N", "vpa": "test@upi", "mobileNo": "9999999999"},
    ),
    "WALLET": (
        Wallet(
            brand="PAGBANK",
            wallet_identifier="dummy@email.com",
            payee_additional_details=PayeeDetails(
                name="T",
                country="BRA",
                documents=(Document(doc_id="853.513.468-93", doc_type="CNPJ"),),
            ),
        ),
        {
            "brand": "PAGBANK",
            "walletIdentifier": "dummy@email.com",
            "payeeAdditionalDetails": {
                "name": "T",
                "country": "BRA",
                "documents": [{"docId": "853.513.468-93", "docType": "CNPJ"}],
            },
        },
    ),
    "BENE_ID": (SavedBeneficiary(name="N", id="b-1"), {"name": "N", "id": "b-1"}),
    "PAYOUT_LINK": (
        PayoutLink(name="Test Name", mobile_no="8408099821"),
        {"name": "Test Name", "mobileNo": "8408099821"},
    ),
    "BANK_TRANSFER": ({"any": {"thing": [1, "x"]}}, {"any": {"thing": [1, "x"]}}),
}


@each_row("kind", TYPES)
def test_every_documented_beneficiary_is_written_and_read(kind):
    details, written = TYPES[kind]
    beneficiary = Beneficiary(type=kind, details=details)
    assert json.loads(beneficiary.to_json()) == {"type": kind, "details": written}
    assert Beneficiary.from_json(beneficiary.to_json()) == beneficiary
    assert order("1", part("1", beneficiary)).has_plain_card == (kind == "PLAIN_CARD")


@each_row("kind", TYPES)
@each_row("other", TYPES)
def test_the_details_are_those_of_the_type(kind, other):
    if kind == other:
        return
    with pytest.raises(ValueError, match=f"^details must be those of the type {kind}$"):
        Beneficiary(type=kind, details=TYPES[other][0])


@pytest.mark.parametrize("kind", ["CASH", "", "PLAIN_CARD\n"])
def test_a_type_that_no_page_has_is_refused(kind):
    with pytest.raises(ValueError, match=r"^type must be a documented type$"):
        Beneficiary(type=kind, details=BANK.details)
    with pytest.raises(MalformedTokenError, match="the type next to it is not a documented one"):
        Beneficiary.from_json(json.dumps({"type": kind, "details": {}}).encode())


@pytest.mark.parametrize("details", [{"a": math.nan}, {"a": b"x"}, {1: "a"}, {"a": "\ud800"}])
def test_free_details_are_plain_json(details):
    with pytest.raises(ValueError, match=r"^details must be made of plain JSON values$"):
        Beneficiary(type="BANK_TRANSFER", details=details)


# Amounts.


WRITTEN = {
    "1": b"1",
    "2.5": b"2.5",
    "3.80": b"3.80",
    "1E+2": b"100",
    "1.5E+3": b"1500",
    "10E-1": b"1.0",
    "9999999999999.99": b"9999999999999.99",
    "1E+14": b"100000000000000",
}


@each_row("amount", WRITTEN)
def test_an_amount_is_written_with_digits_and_a_point_alone(amount):
    text = order(amount).to_json()
    assert b'"amount":%b,"customerId"' % WRITTEN[amount] in text
    assert NewOrder.from_json(text).amount == Decimal(amount)


@given(st.integers(100, 10**15 - 1))
def test_no_amount_is_changed_on_its_way(hundredths):
    amount = Decimal(f"{hundredths // 100}.{hundredths % 100:02}")
    text = order(str(amount)).to_json()
    assert NewOrder.from_json(text).amount == amount
    assert json.loads(text, parse_float=str, parse_int=str)["amount"] == str(amount)


def test_no_decimal_context_changes_an_amount():
    with decimal.localcontext(decimal.Context(prec=2, traps=[])):
        built = order("1234567.89", part("1234567.88"), part("0.01"))
        text = built.to_json()
    assert b'"amount":1234567.89,"customerId"' in text


NO_AMOUNTS = ["NaN", "-NaN", "sNaN", "Infinity", "-Infinity", "1.001", "1.000", "1E-3"]
NO_AMOUNTS += ["10000000000000.00", "1E+15", "1E+999999", "0E+999999", "0E-999999", "1" * 16]


@each_row("amount", NO_AMOUNTS)
def test_an_amount_that_is_none_is_refused(amount):
    message = r"^amount must be finite, with at most two places and 15 digits$"
    with pytest.raises(ValueError, match=message):
        part(amount)
    with pytest.raises(ValueError, match=message):
        order(amount, part("1"))


@pytest.mark.parametrize("amount", ["0.99", "0", "-1", "-0.00", "-1E+2"])
def test_an_order_is_of_at_least_one(amount):
    with pytest.raises(ValueError, match=r"^amount must be at least 1\.00$"):
        order(amount, part("1"))


@pytest.mark.parametrize("amount", ["0", "0.00", "-0.01", "-0"])
def test_a_payout_is_above_zero(amount):
    with pytest.raises(ValueError, match=r"^amount must be at least 0\.01$"):
        part(amount)


@pytest.mark.parametrize("amount", [1, 1.0, "1", None, True])
def test_an_amount_is_a_decimal(amount):
    with pytest.raises(TypeError, match=r"^amount must be a decimal\.Decimal$"):
        NewFulfillment(amount=amount, beneficiary_details=BANK)


def test_the_payouts_add_up_to_the_order():
    assert order("3.30", part("1.1"), part("2.20")).amount == Decimal("3.3")
    with pytest.raises(ValueError, match=r"^amount must be the sum of the amounts"):
        order("3.31", part("1.1"), part("2.2"))


@each_row(
    "amount", ["NaN", "Infinity", "1e999", '"1"', "true", "1.001", "0.30000000000000004", "-1"]
)
def test_no_other_amount_is_read(amount):
    text = (
        order()
        .to_json()
        .replace(b'"amount":1,"customerId"', b'"amount":%b,"customerId"' % amount.encode())
    )
    with pytest.raises(MalformedTokenError):
        NewOrder.from_json(text)


# Everything else.


@each_row(
    ("build", "error", "message"),
    [
        (lambda: order(order_id="abc"), ValueError, "orderId must be 4 to 64"),
        (lambda: order(order_id="a/bcd"), ValueError, "orderId must be 4 to 64"),
        (lambda: order(customer_id="c" * 65), ValueError, "customerId must be 1 to 64"),
        (lambda: order(customer_id=""), ValueError, "customerId must be 1 to 64"),
        (lambda: order(customer_phone="1 2"), ValueError, "customerPhone must be printable"),
        (lambda: order(customer_email=None), TypeError, "customerEmail must be a string"),
        (lambda: order(type="PAY"), ValueError, "type must be FULFILL_ONLY or PAY_AND_FULFILL"),
        (lambda: order(fulfillments=()), ValueError, "fulfillments must have at least 1"),
        (lambda: order(fulfillments=BANK), TypeError, "fulfillments must be a tuple or a list"),
        (lambda: order(fulfillments=[BANK]), TypeError, "fulfillments must be of the type NewF"),
        (lambda: order(udf3="a\nb"), ValueError, "udf3 must be more than blanks"),
        (lambda: part(preferred_method_list="A"), TypeError, "preferredMethodList must be a tuple"),
        (lambda: part(preferred_method_list=["A B"]), ValueError, "preferredMethodList must be pr"),
        (lambda: part(fulfillment_currency="brl"), ValueError, "fulfillmentCurrency must be three"),
        (lambda: part(additional_info={}), TypeError, "additionalInfo must be of the type"),
        (lambda: AdditionalInfo(attempt_threshold=0), ValueError, "attemptThreshold must be from"),
        (lambda: AdditionalInfo(attempt_threshold=True), TypeError, "attemptThreshold must be an"),
        (lambda: AdditionalInfo(is_retriable=1), TypeError, "isRetriable must be a bool"),
        (lambda: AdditionalInfo(use_this_as_tr="a b"), ValueError, "useThisAsTR must be printable"),
        (lambda: AdditionalInfo(schedule_time="2023-13-01T00:00:00Z"), ValueError, "scheduleTime"),
        (lambda: AdditionalInfo(schedule_time="2023-12-01 00:00:00"), ValueError, "scheduleTime"),
        (lambda: WebhookDetails(url="http://a"), ValueError, "url must be an https:// URL"),
        (PlainCard, ValueError, "exactly one of cardNumber and cardToken"),
        (
            lambda: PlainCard(card_number=PAN, card_token="t"),
            ValueError,
            "exactly one of cardNumber and cardToken",
        ),
        (lambda: Beneficiary(type="CARD", details=None), TypeError, "details must be a dict"),
    ],
)
def test_what_no_page_allows_is_refused_by_the_name_of_its_member(build, error, message):
    with pytest.raises(error, match=f"^{message}"):
        build()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"orderId":"order-1",', b"", "orderId is missing or null"),
        (b'"type":"FULFILL_ONLY"', b'"type":null', "type is missing or null"),
        (b'{"orderId"', b'{"more":1,"orderId"', "the body has a member"),
        (b'"name":"N"', b'"name":"N","more":1', "fulfillments[0].beneficiaryDetails.details has"),
        (b'"account":"026291"', b'"account":1', "fulfillments[0].beneficiaryDetails.details: acc"),
        (b'"fulfillments":[', b'"fulfillments":[1,', "fulfillments[0] is not an object"),
        (b'"customerId"', b'"amount":1,"customerId"', "the body is not an object, or not strict"),
    ],
)
def test_reading_is_as_strict_as_building(old, new, message):
    text = order().to_json()
    assert old in text
    with pytest.raises(MalformedTokenError) as caught:
        NewOrder.from_json(text.replace(old, new))
    assert str(caught.value).startswith(message)


def test_nothing_shows_a_card_a_name_or_a_password():
    secret = AdditionalInfo(
        webhook_details=WebhookDetails(url="https://a.example/hook", password="s3cret-password")
    )
    card = PlainCard(
        name="A Cardholder",
        card_number=PAN,
        card_security_code="737",
        card_expiry=Expiry(month="02", year="2028"),
    )
    to_card = Beneficiary(type="PLAIN_CARD", details=card)
    free = Beneficiary(type="BANK_TRANSFER", details={"account": PAN})
    whole = order("2", part("1", to_card, additional_info=secret), part("1", free))
    shown = repr(whole) + repr(free) + str(whole.__rich_repr__())
    assert "<ends in 7898>" in shown
    assert "amount=Decimal('2')" in shown
    for hidden in (PAN, "737", "2028", "Cardholder", "s3cret", "a.example", "customer_7", "gmail"):
        assert hidden not in shown
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(whole)


def test_a_changed_copy_is_checked_again():
    with pytest.raises(ValueError, match=r"^amount must be the sum"):
        msgspec.structs.replace(order("2"), amount=Decimal(3))
