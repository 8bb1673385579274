"""What other libraries make that RFCs rule out, or that joseal does not have: one outcome for each."""

import base64
import json
import zlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    MalformedTokenError,
    Signer,
    Verifier,
)

SECRET = bytes(range(32))
DIRECT = Key.from_bytes(SECRET, alg="dir")
MAC = Key.from_bytes(SECRET, alg="HS256")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def direct(plaintext, *, iv_bytes=12, **members):
    head = b64(json.dumps({"alg": "dir", "enc": "A256GCM", **members}).encode())
    iv = bytes(range(iv_bytes))
    sealed = AESGCM(SECRET).encrypt(iv, plaintext, head.encode())
    return ".".join((head, "", b64(iv), b64(sealed[:-16]), b64(sealed[-16:])))


def test_an_iv_of_16_bytes_is_refused_though_a_cipher_would_take_it():
    """python-jose 3.3, Mastercard's SDK, cryptojwt. RFC 7518 section 5.3."""
    assert Decrypter(DIRECT, enc="A256GCM").decrypt(direct(b"x")) == b"x"
    with pytest.raises(MalformedTokenError, match="iv"):
        Decrypter(DIRECT, enc="A256GCM").decrypt(direct(b"x", iv_bytes=16))


def test_a_zlib_stream_in_place_of_deflate_does_not_open():
    """python-jose. RFC 7516 section 4.1.3."""
    opener = Decrypter(DIRECT, enc="A256GCM", accept_zip=True)
    packed = zlib.compress(b"hello")
    assert opener.decrypt(direct(packed[2:-4], zip="DEF")) == b"hello"
    with pytest.raises(DecryptionError):
        opener.decrypt(direct(packed, zip="DEF"))


@pytest.mark.parametrize(
    ("alg", "count"),
    [
        ("PBES2-HS256+A128KW", 600_000),
        ("PBES2-HS384+A192KW", 310_000),
        ("PBES2-HS512+A256KW", 210_000),
    ],
)
def test_default_iterations_are_those_that_the_documents_name(alg, count):
    """Several peers refuse so many, which the migration page says."""
    token = Encrypter(Key.from_password("p" * 20, alg=alg), enc="A256GCM").encrypt(b"x")
    head = base64.urlsafe_b64decode(token.split(".")[0] + "==")
    assert json.loads(head)["p2c"] == count


@pytest.mark.parametrize("alg", ["ECDH-1PU", "ECDH-1PU+A128KW"])
def test_an_alg_that_joseal_lacks_is_refused_with_the_names_it_has(alg):
    with pytest.raises(InvalidKeyError, match="known") as caught:
        Key.generate(alg)
    assert {"ES256,", "EdDSA,"} <= {*str(caught.value).split()}


def test_a_signature_with_trailing_bits_is_refused():
    """RFC 4648 section 3.5: two texts are never one signature."""
    token = Signer(MAC).sign(b"x")
    other = token[:-1] + ALPHABET[ALPHABET.index(token[-1]) + 1]
    assert Verifier(MAC).verify(token) == b"x"
    with pytest.raises(MalformedTokenError, match="canonical"):
        Verifier(MAC).verify(other)


def test_padding_is_refused():
    """PyJWT's own fixture. RFC 7515 section 2."""
    with pytest.raises(MalformedTokenError, match="padded"):
        Verifier(MAC).verify(f"{Signer(MAC).sign(b'x')}=")


def test_the_json_form_of_one_recipient_or_signature_is_named_and_refused():
    head, payload, tag = Signer(MAC).sign(b"x").split(".")
    with pytest.raises(MalformedTokenError, match="JSON"):
        Verifier(MAC).verify(json.dumps({"protected": head, "payload": payload, "signature": tag}))
    names = ("protected", "encrypted_key", "iv", "ciphertext", "tag")
    members = dict(zip(names, direct(b"x").split("."), strict=True))
    with pytest.raises(MalformedTokenError, match="JSON"):
        Decrypter(DIRECT, enc="A256GCM").decrypt(json.dumps(members))


def test_alg_is_written_first_whatever_the_order_given():
    head = Signer(MAC, header={"typ": "JWT"}).sign(b"x").split(".")[0]
    assert list(json.loads(base64.urlsafe_b64decode(head + "=="))) == ["alg", "typ"]
