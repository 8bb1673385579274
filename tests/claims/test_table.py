"""Every case of the table has its answer, in each form of token that claims are read from."""

from tests.claims.table import CASES
from tests.helpers import all_algorithms
from tests.helpers.rows import each_row

from joseal import (
    ClaimsError,
    Decrypter,
    DecryptThenVerify,
    Encrypter,
    NotAllowedError,
    Signer,
    SignThenEncrypt,
    Verifier,
)
from joseal.claims import Claims, ClaimSet

NOW = 1_800_000_000
SIGNING = all_algorithms.signing_key("HS256")
SEALING = all_algorithms.key("A128KW")


def header_of(case):
    return {} if case.typ is None else {"typ": case.typ}


def signed(case):
    token = Signer(SIGNING, header=header_of(case)).sign(case.payload(NOW))
    return Verifier(SIGNING).open(token)


def encrypted(case):
    token = Encrypter(SEALING, enc="A128GCM", header=header_of(case)).encrypt(case.payload(NOW))
    return Decrypter(SEALING, enc="A128GCM").open(token)


def nested(case):
    signer = Signer(SIGNING, header=header_of(case))
    token = SignThenEncrypt(signer, Encrypter(SEALING, enc="A128GCM")).encrypt(case.payload(NOW))
    return DecryptThenVerify(Decrypter(SEALING, enc="A128GCM"), Verifier(SIGNING)).open(token)


def answer(case, opened):
    rules = Claims(**case.rules, now=lambda: NOW)
    try:
        assert type(rules.read(opened)) is ClaimSet
    except ClaimsError as error:
        return f"{error.claim} {error.rule}"
    except NotAllowedError as error:
        return error.parameter
    return "ok"


def test_the_table_has_sixty_cases_and_no_two_are_the_same():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@each_row("form", [signed, encrypted, nested], ids=lambda form: form.__name__)
@each_row("case", CASES, ids=lambda case: case.name)
def test_case_has_its_answer(case, form):
    assert answer(case, form(case)) == case.expect


@each_row("case", [case for case in CASES if case.expect != "ok"], ids=lambda case: case.name)
def test_refusal_names_the_claim_and_never_its_value(case):
    try:
        Claims(**case.rules, now=lambda: NOW).read(signed(case))
    except (ClaimsError, NotAllowedError) as error:
        text = f"{error} {error!r}"
    for value in ("u-1", "evil", "bills", "login", "1800000", "Zo"):
        assert value not in text
    assert error_is_whole(text)


def error_is_whole(text):
    return len(text) > 20


def test_value_that_is_accepted_is_kept_as_it_came():
    case = CASES[1]
    read = Claims(**case.rules, now=lambda: NOW).read(signed(case))
    assert list(read.all) == ["iss", "aud", "sub", "exp", "x"]
    assert (read.issuer, read.audience, read.subject) == (
        "https://login.example",
        ("orders",),
        "u-1",
    )
    assert (read.expires_at, read.not_before, read.issued_at, read.token_id) == (
        NOW + 60,
        None,
        None,
        None,
    )
