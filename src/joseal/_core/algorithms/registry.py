"""All that is known of each algorithm, as literal tables. Nothing changes them at run time.

Source: RFC 7518 sections 3.1, 4.1 and 5.1, RFC 8037 section 3, RFC 9864, the IANA registry "JSON
Web Signature and Encryption Algorithms", and draft-amringer-jose-chacha for `C20P` and `XC20P`.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from joseal.errors import InvalidKeyError

HashName = Literal["sha1", "sha256", "sha384", "sha512"]

# What a key is made of: an RSA pair, bytes, a password, or a pair on one of the curves.
Kind = Literal["RSA", "oct", "password", "curve"]

WEIERSTRASS: Final = ("P-256", "P-384", "P-521")
MONTGOMERY: Final = ("X25519", "X448")
EDWARDS: Final = ("Ed25519", "Ed448")


class AlgSpec(Struct, frozen=True):
    """A key management algorithm (`alg` of a JWE). RFC 7518 section 4.

    Attributes:
        name: the registered name.
        family: which module and class of this room does the work.
        kind: the only kind of key that serves.
        curves: the curves that serve, for a key on a curve.
        hash: of OAEP and of its MGF1 alike; of PBKDF2.
        key_bytes: the exact size of a symmetric key, or of the one that is derived to wrap the
            CEK; 0 where there is none, or where the `enc` decides.
        iterations: what a new PBES2 key uses, after OWASP's advice of 2023.
        legacy: off unless named for one key, and then for opening only.
    """

    name: str
    family: Literal["rsa-oaep", "rsa1_5", "aes-kw", "aes-gcmkw", "dir", "ecdh-es", "pbes2"]
    kind: Kind
    curves: tuple[str, ...] = ()
    hash: HashName = "sha256"
    key_bytes: int = 0
    iterations: int = 0
    legacy: bool = False


class SigSpec(Struct, frozen=True):
    """A signature algorithm (`alg` of a JWS). RFC 7518 section 3.

    Attributes:
        name: the registered name.
        family: which class of `signatures.py` does the work.
        kind: the only kind of key that serves.
        curves: the curves that serve, for a key on a curve.
        hash: of the message, and of MGF1 in PSS.
        key_bytes: the least size of an HMAC key (RFC 7518 section 3.2).
    """

    name: str
    family: Literal["pkcs1", "pss", "ecdsa", "eddsa", "hmac"]
    kind: Kind
    curves: tuple[str, ...] = ()
    hash: HashName = "sha256"
    key_bytes: int = 0


class EncSpec(Struct, frozen=True):
    """A content encryption algorithm (`enc`). RFC 7518 section 5.

    Attributes:
        name: the registered name.
        family: which functions of `content.py` do the work.
        cek_bytes: the exact size of the content encryption key.
        iv_bytes: the exact size of the initialization vector.
        tag_bytes: the exact size of the authentication tag.
        block_bytes: the ciphertext is a positive multiple of it; 1 where any size fits.
        hash: of the HMAC in CBC-HMAC.
        draft: defined by an Internet-Draft only, so its name may still change its meaning.
    """

    name: str
    family: Literal["cbc-hmac", "gcm", "chacha", "xchacha"]
    cek_bytes: int
    iv_bytes: int
    tag_bytes: int
    block_bytes: int = 1
    hash: HashName = "sha256"
    draft: bool = False


AlgorithmSpec: TypeAlias = AlgSpec | SigSpec


def _ecdh(name: str, key_bytes: int) -> AlgSpec:
    return AlgSpec(name, "ecdh-es", "curve", (*WEIERSTRASS, *MONTGOMERY), key_bytes=key_bytes)


def _pbes2(name: str, hash_name: HashName, key_bytes: int, work: int) -> AlgSpec:
    return AlgSpec(name, "pbes2", "password", hash=hash_name, key_bytes=key_bytes, iterations=work)


def _cbc(name: str, cek_bytes: int, hash_name: HashName) -> EncSpec:
    # The tag is as long as the MAC key, which is half of the CEK (RFC 7518 section 5.2.2.1).
    return EncSpec(name, "cbc-hmac", cek_bytes, 16, cek_bytes // 2, block_bytes=16, hash=hash_name)


ALGS: Final[Mapping[str, AlgSpec]] = MappingProxyType(
    {
        "RSA-OAEP": AlgSpec("RSA-OAEP", "rsa-oaep", "RSA", hash="sha1"),
        "RSA-OAEP-256": AlgSpec("RSA-OAEP-256", "rsa-oaep", "RSA", hash="sha256"),
        "RSA-OAEP-384": AlgSpec("RSA-OAEP-384", "rsa-oaep", "RSA", hash="sha384"),
        "RSA-OAEP-512": AlgSpec("RSA-OAEP-512", "rsa-oaep", "RSA", hash="sha512"),
        "RSA1_5": AlgSpec("RSA1_5", "rsa1_5", "RSA", legacy=True),
        "A128KW": AlgSpec("A128KW", "aes-kw", "oct", key_bytes=16),
        "A192KW": AlgSpec("A192KW", "aes-kw", "oct", key_bytes=24),
        "A256KW": AlgSpec("A256KW", "aes-kw", "oct", key_bytes=32),
        "A128GCMKW": AlgSpec("A128GCMKW", "aes-gcmkw", "oct", key_bytes=16),
        "A192GCMKW": AlgSpec("A192GCMKW", "aes-gcmkw", "oct", key_bytes=24),
        "A256GCMKW": AlgSpec("A256GCMKW", "aes-gcmkw", "oct", key_bytes=32),
        "dir": AlgSpec("dir", "dir", "oct"),
        "ECDH-ES": _ecdh("ECDH-ES", 0),
        "ECDH-ES+A128KW": _ecdh("ECDH-ES+A128KW", 16),
        "ECDH-ES+A192KW": _ecdh("ECDH-ES+A192KW", 24),
        "ECDH-ES+A256KW": _ecdh("ECDH-ES+A256KW", 32),
        "PBES2-HS256+A128KW": _pbes2("PBES2-HS256+A128KW", "sha256", 16, 600_000),
        "PBES2-HS384+A192KW": _pbes2("PBES2-HS384+A192KW", "sha384", 24, 310_000),
        "PBES2-HS512+A256KW": _pbes2("PBES2-HS512+A256KW", "sha512", 32, 210_000),
    }
)

SIGS: Final[Mapping[str, SigSpec]] = MappingProxyType(
    {
        "RS256": SigSpec("RS256", "pkcs1", "RSA", hash="sha256"),
        "RS384": SigSpec("RS384", "pkcs1", "RSA", hash="sha384"),
        "RS512": SigSpec("RS512", "pkcs1", "RSA", hash="sha512"),
        "PS256": SigSpec("PS256", "pss", "RSA", hash="sha256"),
        "PS384": SigSpec("PS384", "pss", "RSA", hash="sha384"),
        "PS512": SigSpec("PS512", "pss", "RSA", hash="sha512"),
        "ES256": SigSpec("ES256", "ecdsa", "curve", ("P-256",), hash="sha256"),
        "ES384": SigSpec("ES384", "ecdsa", "curve", ("P-384",), hash="sha384"),
        "ES512": SigSpec("ES512", "ecdsa", "curve", ("P-521",), hash="sha512"),
        "Ed25519": SigSpec("Ed25519", "eddsa", "curve", ("Ed25519",), hash="sha512"),
        "EdDSA": SigSpec("EdDSA", "eddsa", "curve", EDWARDS, hash="sha512"),
        "HS256": SigSpec("HS256", "hmac", "oct", hash="sha256", key_bytes=32),
        "HS384": SigSpec("HS384", "hmac", "oct", hash="sha384", key_bytes=48),
        "HS512": SigSpec("HS512", "hmac", "oct", hash="sha512", key_bytes=64),
    }
)

ENCS: Final[Mapping[str, EncSpec]] = MappingProxyType(
    {
        "A128CBC-HS256": _cbc("A128CBC-HS256", 32, "sha256"),
        "A192CBC-HS384": _cbc("A192CBC-HS384", 48, "sha384"),
        "A256CBC-HS512": _cbc("A256CBC-HS512", 64, "sha512"),
        "A128GCM": EncSpec("A128GCM", "gcm", 16, iv_bytes=12, tag_bytes=16),
        "A192GCM": EncSpec("A192GCM", "gcm", 24, iv_bytes=12, tag_bytes=16),
        "A256GCM": EncSpec("A256GCM", "gcm", 32, iv_bytes=12, tag_bytes=16),
        "C20P": EncSpec("C20P", "chacha", 32, iv_bytes=12, tag_bytes=16, draft=True),
        "XC20P": EncSpec("XC20P", "xchacha", 32, iv_bytes=24, tag_bytes=16, draft=True),
    }
)


def lookup_alg(alg: str) -> AlgorithmSpec:
    """Look an alg up that a caller or a key named.

    Raises:
        TypeError: it is no str.
        InvalidKeyError: it is not known.
    """
    if not isinstance(alg, str):
        raise TypeError("alg must be str")
    found = ALGS.get(alg) or SIGS.get(alg)
    if found is None:
        raise InvalidKeyError("this alg is not known")
    return found


def lookup_enc(name: str) -> EncSpec:
    """Look an enc up that a caller named.

    Raises:
        TypeError: it is no str.
        ValueError: it is not known.
    """
    if not isinstance(name, str):
        raise TypeError("enc must be str")
    enc = ENCS.get(name)
    if enc is None:
        raise ValueError("enc is not known")
    return enc


def lookup_encs(names: str | Collection[str]) -> list[EncSpec]:
    """Look one enc or several up that a caller named.

    Raises:
        TypeError: `names` is neither str nor a collection of str.
        ValueError: one is not known, or there is none.
    """
    if not isinstance(names, Collection):
        raise TypeError("enc must be str or a collection of str")
    encs = [lookup_enc(name) for name in ([names] if isinstance(names, str) else names)]
    if not encs:
        raise ValueError("enc must name at least one content encryption")
    return encs
