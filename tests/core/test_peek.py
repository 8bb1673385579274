"""`peek` reads a header by the one grammar that there is, and says by its name what it is worth."""

import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.rows import each_row

import joseal
from joseal import (
    Encrypter,
    Limits,
    MalformedTokenError,
    Signer,
    TokenTooLargeError,
    UntrustedHeader,
    peek,
)

KEY = all_algorithms.signing_key("HS256", kid="tenant-7")
TOKEN = Signer(KEY, header={"typ": "at+jwt", "cty": "x"}).sign(b"payload")


def test_header_of_a_signed_token_is_read_without_a_key():
    header = peek(TOKEN)
    assert (header.form, header.alg, header.kid, header.enc) == ("JWS", "HS256", "tenant-7", None)
    assert (header.typ, header.cty) == ("at+jwt", "x")
    assert list(header.parameters) == ["alg", "kid", "typ", "cty"]
    assert peek(TOKEN.encode()) == header


def test_header_of_an_encrypted_token_is_read_without_a_key():
    key = all_algorithms.key("A128KW", kid="k")
    header = peek(Encrypter(key, enc="A128GCM").encrypt(b"x"))
    assert (header.form, header.alg, header.enc, header.kid) == ("JWE", "A128KW", "A128GCM", "k")
    assert header.typ is header.cty is None


def test_a_signature_that_is_wrong_is_not_noticed_which_the_name_says():
    assert type(peek(TOKEN[:-4] + "AAAA")) is UntrustedHeader
    assert "Untrusted" in repr(peek(TOKEN))


def test_repr_shows_no_value_of_the_header():
    assert "tenant" not in repr(peek(TOKEN))


def test_result_can_not_be_changed():
    header = peek(TOKEN)
    with pytest.raises(AttributeError):
        header.kid = "other"
    with pytest.raises(TypeError):
        header.parameters["kid"] = "other"


HEADERS = {
    "not base64url": "e30=",
    "not JSON": forge.b64(b"{"),
    "no object": forge.b64(b"[]"),
    "a member twice": forge.b64(b'{"alg":"HS256","alg":"none"}'),
    "no alg": forge.b64(b"{}"),
    "a kid that is a number": forge.b64(b'{"alg":"HS256","kid":1}'),
    "empty": "",
}


@each_row("header", HEADERS.values(), ids=HEADERS)
@each_row("rest", [".e30.AA", ".AA.AA.AA.AA"], ids=["JWS", "JWE"])
def test_header_that_no_opener_reads_is_refused(header, rest):
    with pytest.raises(MalformedTokenError):
        peek(header + rest)


@pytest.mark.parametrize("token", ["", ".", "a.b", "a.b.c.d", "a.b.c.d.e.f", "{}", "é.b.c"])
def test_text_that_is_no_compact_token_is_refused(token):
    with pytest.raises(MalformedTokenError):
        peek(token)


def test_limits_bound_the_token_and_the_header():
    with pytest.raises(TokenTooLargeError):
        peek(TOKEN, limits=Limits(token_bytes=10))
    with pytest.raises(TokenTooLargeError):
        peek(TOKEN, limits=Limits(header_bytes=10))


@pytest.mark.parametrize("token", [None, 1, ["a.b.c"], bytearray(b"a.b.c")])
def test_what_is_no_text_is_a_type_error(token):
    with pytest.raises(TypeError, match=r"^token must be str or bytes, not "):
        peek(token)


def test_limits_of_another_type_are_a_type_error():
    with pytest.raises(TypeError, match="limits"):
        joseal.peek(TOKEN, limits=10)
