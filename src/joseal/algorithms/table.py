"""All that is known of each algorithm, as literal tables. Nothing changes them at run time.

Source: RFC 7518 sections 4.1 and 5.1, and the IANA registry "JSON Web Signature and Encryption
Algorithms".
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct

KeyType = Literal["RSA", "oct"]
HashName = Literal["sha1", "sha256", "sha384", "sha512"]


class Alg(Struct, frozen=True, kw_only=True):
    """A key management algorithm (`alg`). RFC 7518 section 4.

    Attributes:
        name: the registered name.
        family: which module and class of this room does the work.
        kty: the only kind of key that serves.
        hash: of OAEP and of its MGF1 alike.
        key_bytes: the exact size of a symmetric key; 0 where the key is not symmetric or where
            the `enc` decides.
    """

    name: str
    family: Literal["rsa-oaep", "aes-kw", "dir"]
    kty: KeyType
    hash: HashName = "sha256"
    key_bytes: int = 0


class Enc(Struct, frozen=True, kw_only=True):
    """A content encryption algorithm (`enc`). RFC 7518 section 5.

    Attributes:
        name: the registered name.
        family: which functions of `content.py` do the work.
        cek_bytes: the exact size of the content encryption key.
        iv_bytes: the exact size of the initialization vector.
        tag_bytes: the exact size of the authentication tag.
        block_bytes: the ciphertext is a positive multiple of it; 1 where any size fits.
        hash: of the HMAC in CBC-HMAC.
    """

    name: str
    family: Literal["cbc-hmac", "gcm"]
    cek_bytes: int
    iv_bytes: int
    tag_bytes: int
    block_bytes: int = 1
    hash: HashName = "sha256"


def _oaep(name: str, hash_name: HashName) -> Alg:
    return Alg(name=name, family="rsa-oaep", kty="RSA", hash=hash_name)


def _kw(name: str, key_bytes: int) -> Alg:
    return Alg(name=name, family="aes-kw", kty="oct", key_bytes=key_bytes)


def _cbc(name: str, cek_bytes: int, hash_name: HashName) -> Enc:
    # The tag is as long as the MAC key, which is half of the CEK (RFC 7518 section 5.2.2.1).
    return Enc(
        name=name,
        family="cbc-hmac",
        cek_bytes=cek_bytes,
        iv_bytes=16,
        tag_bytes=cek_bytes // 2,
        block_bytes=16,
        hash=hash_name,
    )


def _gcm(name: str, cek_bytes: int) -> Enc:
    return Enc(name=name, family="gcm", cek_bytes=cek_bytes, iv_bytes=12, tag_bytes=16)


ALGS: Final[Mapping[str, Alg]] = MappingProxyType(
    {
        "RSA-OAEP": _oaep("RSA-OAEP", "sha1"),
        "RSA-OAEP-256": _oaep("RSA-OAEP-256", "sha256"),
        "RSA-OAEP-384": _oaep("RSA-OAEP-384", "sha384"),
        "RSA-OAEP-512": _oaep("RSA-OAEP-512", "sha512"),
        "A128KW": _kw("A128KW", 16),
        "A192KW": _kw("A192KW", 24),
        "A256KW": _kw("A256KW", 32),
        "dir": Alg(name="dir", family="dir", kty="oct"),
    }
)

ENCS: Final[Mapping[str, Enc]] = MappingProxyType(
    {
        "A128CBC-HS256": _cbc("A128CBC-HS256", 32, "sha256"),
        "A192CBC-HS384": _cbc("A192CBC-HS384", 48, "sha384"),
        "A256CBC-HS512": _cbc("A256CBC-HS512", 64, "sha512"),
        "A128GCM": _gcm("A128GCM", 16),
        "A192GCM": _gcm("A192GCM", 24),
        "A256GCM": _gcm("A256GCM", 32),
    }
)
