"""Rules that a second reading found broken: each of these was a defect before it was a test."""

import base64
import os
import traceback

import pytest
from tests.core.keys import test_pem
from tests.core.secrecy import test_canary
from tests.helpers import forge

from joseal import Decrypter, Encrypter, InvalidKeyError, Key, KeySet, MalformedTokenError
from joseal._core.wire import strict_json

CANARY = {
    # `Key.public` and `Key.generate` lack hide_locals, and so do the constructors.
    "public half of a secret": lambda: test_canary.kw().public(),
    "generated with a bad kid": lambda: Key.generate("A128KW", kid=5),
    "set of bytes": lambda: KeySet([test_canary.vault().shared["A128KW"]]),
    "set twice": lambda: KeySet([test_canary.direct(), test_canary.direct()]),
    "sealing with a private key": lambda: Encrypter(test_canary.rsa(), enc="A128GCM"),
    "sealing with bytes": lambda: Encrypter(test_canary.vault().shared["A128KW"], enc="A128GCM"),
    "opening with a public key": lambda: Decrypter(test_canary.rsa().public(), enc="A128GCM"),
    "opening with bytes": lambda: Decrypter([test_canary.vault().shared["A128KW"]], enc="A128GCM"),
    "opening with text": lambda: Decrypter(test_canary.vault().pem.decode(), enc="A128GCM"),
    # a UnicodeEncodeError carries the whole variable in its `object`.
    "environment with a stray byte": lambda: test_canary.environment(
        "\udcff" + test_canary.vault().pem.decode()
    ),
    # an unlisted exception of a caller's mapping passes through frames that hold CEK and plaintext.
    "header that fails in its own way": lambda: Encrypter(test_canary.kw(), enc="A128GCM").encrypt(
        test_canary.vault().plaintext, header=Unready()
    ),
}


class Unready(dict):
    def items(self):
        raise LookupError("not yet")

    def __iter__(self):
        raise LookupError("not yet")


@pytest.mark.parametrize("name", CANARY)
def test_error_shows_no_secret(name):
    test_canary.CALLERS.add(CANARY[name].__code__)
    assert test_canary.leaks(test_canary.views_of_error(test_canary.error_of(CANARY[name]))) == []


def test_error_of_a_constructor_can_be_reported():
    for make in (
        lambda: Encrypter(forge.key("RSA-OAEP"), enc="A128GCM"),
        lambda: KeySet([]),
        lambda: Decrypter([], enc="A128GCM"),
    ):
        with pytest.raises(InvalidKeyError) as caught:
            make()
        traceback.TracebackException.from_exception(caught.value, capture_locals=True)


def test_environment_variable_that_is_no_text_is_refused(monkeypatch):
    monkeypatch.setitem(os.environ, "A_KEY", "\udcff" + forge.pem_of(forge.rsa_private()).decode())
    with pytest.raises(InvalidKeyError):
        Key.from_env("A_KEY", alg="RSA-OAEP")


def test_certificate_of_an_unknown_version_is_refused():
    der = test_pem.certificate().public_bytes(test_pem.Encoding.DER)
    place = der.index(bytes.fromhex("a003020102")) + 4
    der = der[:place] + b"\x07" + der[place + 1 :]
    pem = (
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
    )
    for load, data in ((Key.from_der, der), (Key.from_pem, pem)):
        with pytest.raises(InvalidKeyError):
            load(data, alg="RSA-OAEP")


def even_modulus():
    n = forge.rsa_private().public_key().public_numbers().n - 1
    return {"kty": "RSA", "n": forge.b64(n.to_bytes(256, "big")), "e": "AQAB"}


def test_even_modulus_is_refused_when_loaded():
    with pytest.raises(InvalidKeyError):
        Key.from_jwk(even_modulus(), alg="RSA-OAEP")


@pytest.mark.parametrize("password", ["\udc80\udc81", "pass\ud800word"])
def test_password_that_is_no_text_is_refused_and_not_replaced(password):
    with pytest.raises(ValueError, match="UTF-8"):
        forge.key("RSA-OAEP").to_pem(private=True, password=password)


def test_jwk_text_with_a_lone_surrogate_is_refused():
    with pytest.raises(InvalidKeyError):
        Key.from_jwk('{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA","alg":"A128KW","kid":"\ud800"}')


def test_scan_for_depth_is_linear():
    # A scan that is quadratic would take hours for this.
    data = b"{" * 17 + b'"' + b'\\"' * 1_000_000
    assert strict_json.load_object(data) is None


@pytest.mark.parametrize("header", [5, {"alg": "x"}, {"x": b"y"}, {"crit": []}])
def test_header_is_checked_before_any_work(header, monkeypatch):
    ours = Encrypter(forge.key("A128KW"), enc="A128GCM")
    monkeypatch.setattr(os, "urandom", lambda size: pytest.fail("work was done"))
    with pytest.raises((TypeError, ValueError)):
        ours.encrypt(b"", header=header)


def test_keys_that_can_not_serve_do_not_count_among_the_four():
    small = [Key.generate("dir", size=16) for _ in range(4)]
    token = str(forge.token("dir", "A256GCM"))
    assert (
        Decrypter([*small, forge.key("dir", "A256GCM")], enc=["A128GCM", "A256GCM"]).decrypt(token)
        == b"forged"
    )


@pytest.mark.parametrize("value", ["no", 1, None])
def test_switches_are_bool(value):
    with pytest.raises(TypeError):
        Decrypter(forge.key("A128KW"), enc="A128GCM", any_kid=value)
    with pytest.raises(TypeError):
        Encrypter(forge.key("A128KW"), enc="A128GCM", write_kid=value)


def test_crit_is_read_once():
    token = str(forge.token("A128KW", "A128GCM", members={"crit": ["exp"], "exp": 1}))
    try:
        opener = Decrypter(forge.key("A128KW"), enc="A128GCM", crit=iter(["exp"]))
    except TypeError:
        return
    assert opener.decrypt(token) == b"forged"


def test_encrypter_does_not_follow_later_changes_of_its_header():
    value = [1]
    ours = Encrypter(forge.key("A128KW"), enc="A128GCM", header={"x": value})
    value.append(2)
    opener = Decrypter(forge.key("A128KW"), enc="A128GCM")
    seen = [
        opener.open(ours.encrypt(b"", header=header)).header["x"] for header in (None, {"y": 1})
    ]
    assert seen == [[1], [1]]


def refused_while_handling():
    try:
        {}["of the caller"]
    except KeyError:
        Decrypter(forge.key("A128KW"), enc="A128GCM").decrypt("x")


def test_what_the_caller_was_handling_is_printed_too():
    with pytest.raises(MalformedTokenError) as caught:
        refused_while_handling()
    assert "of the caller" in "".join(traceback.format_exception(caught.value))


def test_password_of_another_type_has_a_fixed_text():
    with pytest.raises(TypeError, match="password must be str or bytes"):
        forge.key("RSA-OAEP").to_pem(private=True, password=5)


def test_password_too_long_has_a_fixed_text():
    with pytest.raises(ValueError, match="1 to 1023 bytes") as caught:
        forge.key("RSA-OAEP").to_pem(private=True, password="x" * 2000)
    assert "backend" not in str(caught.value)


def test_what_key_ops_exclude_stays_excluded_when_let_out():
    jwk = {"kty": "oct", "k": forge.b64(bytes(16)), "alg": "A128KW", "key_ops": ["unwrapKey"]}
    with pytest.raises(InvalidKeyError):
        Encrypter(Key.from_jwk(Key.from_jwk(jwk).to_jwk(private=True)), enc="A128GCM")


def test_direct_key_named_for_an_enc_has_its_size_when_loaded():
    with pytest.raises(InvalidKeyError):
        Key.from_jwk({"kty": "oct", "k": forge.b64(bytes(32)), "alg": "A128GCM"})


def test_empty_password_for_an_encrypted_key_is_told_rightly():
    with pytest.raises(InvalidKeyError) as caught:
        Key.from_pem(test_pem.encrypted(), alg="RSA-OAEP", password="")
    assert "not encrypted" not in str(caught.value)


def test_dump_of_null_is_nothing():
    assert strict_json.dump(None) is None


def test_media_types_are_compared_without_unicode_folding():
    from joseal._core.wire import header

    assert not header.has_media_type("\u212ab+jwt", "kb+jwt")
