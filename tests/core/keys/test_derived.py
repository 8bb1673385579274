"""`Key.derived`: HKDF with SHA-256, for secrets that are strong already."""

import hashlib
import hmac

import pytest
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import Decrypter, Encrypter, InvalidKeyError, Key
from joseal._core.algorithms import hkdf
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS

SECRET = "a text of 32 random bytes, base64"
OCT = {name: alg for name, alg in {**ALGS, **SIGS}.items() if alg.kind == "oct" and name != "dir"}


def by_hand(secret, salt, info, size):
    """RFC 5869 section 2, with nothing but HMAC."""
    prk = hmac.new(salt or bytes(32), secret, hashlib.sha256).digest()
    block, out = b"", b""
    for count in range(1, -(-size // 32) + 1):
        block = hmac.new(prk, block + info + bytes((count,)), hashlib.sha256).digest()
        out += block
    return out[:size]


@pytest.mark.parametrize(
    ("ikm", "salt", "info", "size", "okm"),
    [
        (
            "0b" * 22,
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            42,
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            "0b" * 22,
            "",
            "",
            42,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
    ids=["A.1", "A.3"],
)
def test_figures_of_rfc_5869(ikm, salt, info, size, okm):
    raw = [bytes.fromhex(text) for text in (ikm, salt, info)]
    assert hkdf.derive(*raw, size).hex() == okm == by_hand(*raw, size).hex()


@each_row("alg", OCT)
def test_alg_says_how_many_bytes_are_derived(alg):
    key = Key.derived(SECRET, alg=alg, salt=b"s", info=b"i", kid="k")
    expected = by_hand(SECRET.encode(), b"s", b"i", OCT[alg].key_bytes)
    assert forge.unb64(key.to_jwk(private=True)["k"]) == expected
    assert (key.alg, key.kid) == (alg, "k")


@each_row("enc", ENCS)
def test_key_for_dir_is_for_one_enc(enc):
    key = Key.derived(SECRET.encode(), alg="dir", enc=enc)
    assert Decrypter(key, enc=enc).decrypt(Encrypter(key, enc=enc).encrypt(b"x")) == b"x"
    other = "A128GCM" if enc != "A128GCM" else "A192GCM"
    with pytest.raises(InvalidKeyError, match="does not fit"):
        Encrypter(key, enc=other)


def test_salt_and_info_give_other_keys():
    made = {
        Key.derived(SECRET, alg="A256KW", salt=salt, info=info).to_jwk(private=True)["k"]
        for salt in (b"", b"a")
        for info in (b"", b"a")
    }
    assert len(made) == 4


@each_row(
    ("secret", "settings", "error", "text"),
    [
        ("x" * 15, {"alg": "A256KW"}, InvalidKeyError, "at least 16 random bytes: 15 bytes"),
        ("", {"alg": "A256KW"}, InvalidKeyError, "at least 16 random bytes: 0 bytes"),
        (b"x" * (1024 * 1024 + 1), {"alg": "A256KW"}, InvalidKeyError, "random bytes"),
        (1, {"alg": "A256KW"}, TypeError, "secret must be str or bytes, not int"),
        (SECRET, {"alg": "A256KW", "salt": "s"}, TypeError, "salt must be bytes, not str"),
        (SECRET, {"alg": "A256KW", "info": "i"}, TypeError, "info must be bytes, not str"),
        (SECRET, {"alg": "dir"}, ValueError, "enc goes with alg='dir'"),
        (SECRET, {"alg": "A256KW", "enc": "A256GCM"}, ValueError, "enc goes with alg='dir'"),
        (SECRET, {"alg": "dir", "enc": "A512GCM"}, ValueError, "enc"),
        (SECRET, {"alg": "RS256"}, InvalidKeyError, "takes no shared secret"),
        (SECRET, {"alg": "PBES2-HS256+A128KW"}, InvalidKeyError, "takes no shared secret"),
        (forge.pem_of(forge.rsa_private()), {"alg": "A256KW"}, InvalidKeyError, "secret"),
    ],
)
def test_what_can_not_be_derived_is_refused(secret, settings, error, text):
    with pytest.raises(error, match=text):
        Key.derived(secret, **settings)
