"""Everything that joseal knows about each algorithm, in literal tables that never change.

`Alg`, `SigAlg` and `Enc` are the names of the tables as types, so that an editor completes them and
a type checker finds a name that does not exist. A test keeps both the same.

Source: RFC 7518 sections 3.1, 4.1 and 5.1, RFC 8037 section 3, RFC 8812 section 3, RFC 9864, the
IANA registry "JSON Web Signature and Encryption Algorithms", draft-amringer-jose-chacha for `C20P`
and `XC20P`, draft-ietf-jose-hpke-encrypt and draft-ietf-jose-hpke-pq-pqt for HPKE, and RFC 9964 for
ML-DSA.
"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from joseal._core import checks
from joseal._core.algorithms.hpke.suites import NONCE_BYTES, SUITES, TAG_BYTES, HpkeAlg, HpkeSuite
from joseal.errors import InvalidKeyError

HashName = Literal["sha1", "sha256", "sha384", "sha512"]

# What a key is made of: an RSA pair, bytes, a password, a pair on one of the curves, or a pair that
# only its algorithm can interpret (RFC 9964).
Kind = Literal["RSA", "oct", "password", "curve", "AKP"]

Alg: TypeAlias = Literal[
    "RSA-OAEP",
    "RSA-OAEP-256",
    "RSA-OAEP-384",
    "RSA-OAEP-512",
    "RSA1_5",
    "A128KW",
    "A192KW",
    "A256KW",
    "A128GCMKW",
    "A192GCMKW",
    "A256GCMKW",
    "dir",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
    "PBES2-HS256+A128KW",
    "PBES2-HS384+A192KW",
    "PBES2-HS512+A256KW",
    HpkeAlg,
]
SigAlg: TypeAlias = Literal[
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "ES256K",
    "Ed25519",
    "Ed448",
    "EdDSA",
    "HS256",
    "HS384",
    "HS512",
    "ML-DSA-44",
    "ML-DSA-65",
    "ML-DSA-87",
]
# The algs that a key may be bound to.
KeyAlg: TypeAlias = Alg | SigAlg

Enc: TypeAlias = Literal[
    "A128CBC-HS256",
    "A192CBC-HS384",
    "A256CBC-HS512",
    "A128GCM",
    "A192GCM",
    "A256GCM",
    "C20P",
    "XC20P",
]
KeyFamily: TypeAlias = Literal[
    "rsa-oaep", "rsa1_5", "aes-kw", "aes-gcmkw", "dir", "ecdh-es", "pbes2", "hpke", "hpke-ke"
]
# The algs that take a password, which `Key.from_password` is for.
PasswordAlg: TypeAlias = Literal["PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"]
Curve: TypeAlias = Literal[
    "P-256", "P-384", "P-521", "secp256k1", "X25519", "X448", "Ed25519", "Ed448"
]

WEIERSTRASS: Final[tuple[Curve, ...]] = ("P-256", "P-384", "P-521")
# For signatures alone: RFC 8812 section 3 registers it for ES256K and for no agreement.
KOBLITZ: Final[tuple[Curve, ...]] = ("secp256k1",)
MONTGOMERY: Final[tuple[Curve, ...]] = ("X25519", "X448")
EDWARDS: Final[tuple[Curve, ...]] = ("Ed25519", "Ed448")
CURVES: Final[tuple[Curve, ...]] = (*WEIERSTRASS, *KOBLITZ, *MONTGOMERY, *EDWARDS)

# A text that is longer, or less similar to a known name, is not taken for a misspelling.
_LEAST_NAME_CHARACTERS: Final = 5
_MOST_NAME_CHARACTERS: Final = 24
_LEAST_LIKENESS: Final = 0.7


class EncSpec(Struct, frozen=True):
    """A content encryption algorithm (`enc`). RFC 7518 section 5.

    Attributes:
        name: the registered name. For one that is part of an alg, the name of the same cipher.
        family: which functions of `content_encryption.py` do the work.
        cek_bytes: the exact size of the content encryption key.
        iv_bytes: the exact size of the initialization vector.
        tag_bytes: the exact size of the authentication tag.
        block_bytes: the ciphertext is a positive multiple of it; 1 where any size fits.
        hash: of the HMAC in CBC-HMAC.
        draft: defined by an Internet-Draft only, so the meaning of its name may still change.
        inner_bytes: the size of the tag that is part of the ciphertext.
    """

    name: Enc
    family: Literal["cbc-hmac", "gcm", "chacha", "xchacha", "hpke"]
    cek_bytes: int
    iv_bytes: int
    tag_bytes: int
    block_bytes: int = 1
    hash: HashName = "sha256"
    draft: bool = False
    inner_bytes: int = 0


class AlgSpec(Struct, frozen=True):
    """A key management algorithm (`alg` of a JWE). RFC 7518 section 4.

    Attributes:
        name: the registered name.
        family: the module and class of this package that does the work.
        kind: the only kind of key that serves.
        curves: the curves that serve, for a key on a curve.
        hash: that of OAEP and of its MGF1, or that of PBKDF2.
        key_bytes: the exact size of a symmetric key, or of the key that is derived to wrap the CEK;
            0 if there is none, or if the `enc` decides.
        iterations: the iterations of a new PBES2 key, as OWASP advised in 2023.
        legacy: off unless the caller names it for one key, and then for decryption only.
        parameters: the set of parameters that serves, for an AKP key.
        suite: the HPKE suite.
        content: the content encryption that is part of the alg, so that there is no `enc`.
        draft: defined by an Internet-Draft only, so the meaning of its name may still change.
    """

    name: Alg
    family: KeyFamily
    kind: Kind
    curves: tuple[str, ...] = ()
    hash: HashName = "sha256"
    key_bytes: int = 0
    iterations: int = 0
    legacy: bool = False
    parameters: str = ""
    suite: HpkeSuite | None = None
    content: EncSpec | None = None
    draft: bool = False

    @property
    def is_quantum_resistant(self) -> bool:
        """Whether the CEK of a recorded token is safe from a quantum computer."""
        return self.kind not in {"RSA", "curve"}


class SigSpec(Struct, frozen=True):
    """A signature algorithm (`alg` of a JWS). RFC 7518 section 3.

    Attributes:
        name: the registered name.
        family: which class of `signatures.py` does the work.
        kind: the only kind of key that serves.
        curves: the curves that serve, for a key on a curve.
        hash: of the message, and of MGF1 in PSS.
        key_bytes: the minimum size of an HMAC key (RFC 7518 section 3.2).
        parameters: the set of parameters that serves, for an AKP key.
    """

    name: SigAlg
    family: Literal["pkcs1", "pss", "ecdsa", "eddsa", "hmac", "ml-dsa"]
    kind: Kind
    curves: tuple[str, ...] = ()
    hash: HashName = "sha256"
    key_bytes: int = 0
    parameters: str = ""


AlgorithmSpec: TypeAlias = AlgSpec | SigSpec


def _ecdh(name: Alg, key_bytes: int) -> AlgSpec:
    return AlgSpec(name, "ecdh-es", "curve", (*WEIERSTRASS, *MONTGOMERY), key_bytes=key_bytes)


def _pbes2(name: Alg, hash_name: HashName, key_bytes: int, work: int) -> AlgSpec:
    return AlgSpec(name, "pbes2", "password", hash=hash_name, key_bytes=key_bytes, iterations=work)


def _hpke(name: HpkeAlg) -> AlgSpec:
    suite, is_ke = SUITES[name.removesuffix("-KE")], name.endswith("-KE")
    is_curve = suite.kem in CURVES
    return AlgSpec(
        name,
        "hpke-ke" if is_ke else "hpke",
        "curve" if is_curve else "AKP",
        curves=(suite.kem,) if is_curve else (),
        parameters="" if is_curve else suite.kem,
        suite=suite,
        content=None if is_ke else _content(suite),
        draft=True,
    )


def _content(suite: HpkeSuite) -> EncSpec:
    # Key and nonce together serve as the CEK.
    return EncSpec(
        suite.aead, "hpke", suite.key_bytes + NONCE_BYTES, 0, 0, draft=True, inner_bytes=TAG_BYTES
    )


def _cbc(name: Enc, cek_bytes: int, hash_name: HashName) -> EncSpec:
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
        "HPKE-0": _hpke("HPKE-0"),
        "HPKE-0-KE": _hpke("HPKE-0-KE"),
        "HPKE-1": _hpke("HPKE-1"),
        "HPKE-1-KE": _hpke("HPKE-1-KE"),
        "HPKE-2": _hpke("HPKE-2"),
        "HPKE-2-KE": _hpke("HPKE-2-KE"),
        "HPKE-3": _hpke("HPKE-3"),
        "HPKE-3-KE": _hpke("HPKE-3-KE"),
        "HPKE-4": _hpke("HPKE-4"),
        "HPKE-4-KE": _hpke("HPKE-4-KE"),
        "HPKE-5": _hpke("HPKE-5"),
        "HPKE-5-KE": _hpke("HPKE-5-KE"),
        "HPKE-6": _hpke("HPKE-6"),
        "HPKE-6-KE": _hpke("HPKE-6-KE"),
        "HPKE-7": _hpke("HPKE-7"),
        "HPKE-7-KE": _hpke("HPKE-7-KE"),
        "HPKE-8": _hpke("HPKE-8"),
        "HPKE-8-KE": _hpke("HPKE-8-KE"),
        "HPKE-9": _hpke("HPKE-9"),
        "HPKE-9-KE": _hpke("HPKE-9-KE"),
        "HPKE-10": _hpke("HPKE-10"),
        "HPKE-10-KE": _hpke("HPKE-10-KE"),
        "HPKE-12": _hpke("HPKE-12"),
        "HPKE-12-KE": _hpke("HPKE-12-KE"),
        "HPKE-13": _hpke("HPKE-13"),
        "HPKE-13-KE": _hpke("HPKE-13-KE"),
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
        "ES256K": SigSpec("ES256K", "ecdsa", "curve", KOBLITZ, hash="sha256"),
        "Ed25519": SigSpec("Ed25519", "eddsa", "curve", ("Ed25519",), hash="sha512"),
        # Its hash, SHAKE256, is inside the primitive: no code here uses it.
        "Ed448": SigSpec("Ed448", "eddsa", "curve", ("Ed448",), hash="sha512"),
        "EdDSA": SigSpec("EdDSA", "eddsa", "curve", EDWARDS, hash="sha512"),
        "HS256": SigSpec("HS256", "hmac", "oct", hash="sha256", key_bytes=32),
        "HS384": SigSpec("HS384", "hmac", "oct", hash="sha384", key_bytes=48),
        "HS512": SigSpec("HS512", "hmac", "oct", hash="sha512", key_bytes=64),
        "ML-DSA-44": SigSpec("ML-DSA-44", "ml-dsa", "AKP", parameters="ML-DSA-44"),
        "ML-DSA-65": SigSpec("ML-DSA-65", "ml-dsa", "AKP", parameters="ML-DSA-65"),
        "ML-DSA-87": SigSpec("ML-DSA-87", "ml-dsa", "AKP", parameters="ML-DSA-87"),
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

PASSWORD_ALGS: Final[tuple[PasswordAlg, ...]] = (
    "PBES2-HS256+A128KW",
    "PBES2-HS384+A192KW",
    "PBES2-HS512+A256KW",
)

# What an error message may say about a peer's header: these names and no other text.
REGISTERED: Final = frozenset({*ALGS, *SIGS, *ENCS, "none"})


def lookup_alg(alg: str, *, of_jwk: bool = False) -> AlgorithmSpec:
    """Look up an alg that a caller named, or that a JWK has.

    Raises:
        TypeError: it is not str.
        InvalidKeyError: it is not known. The message suggests the nearest known name; it does
            not repeat the value of a JWK.
    """
    if not isinstance(alg, str):
        raise checks.wrong_type("alg", "str", alg)
    found = ALGS.get(alg) or SIGS.get(alg)
    if found is not None:
        return found
    known = (*ALGS, *SIGS)
    if not of_jwk:
        raise InvalidKeyError(_unknown("alg", alg, known))
    near, names = nearest(alg, known), ", ".join(known)
    hint = "" if near is None else f", did you mean {near}"
    raise InvalidKeyError(f"the JWK's alg is not known{hint}: the known names are {names}")


def known_alg(alg: str) -> Alg | SigAlg:
    """Return the name of an alg with the type that the public functions take.

    Raises: as `lookup_alg`.
    """
    return lookup_alg(alg).name


def has_own_enc(alg: str) -> bool:
    """Tell whether an alg encrypts the content itself, as HPKE-0 does, so that there is no enc."""
    return alg in ALGS and ALGS[alg].content is not None


def lookup_enc(name: str) -> EncSpec:
    """Look up an enc that a caller named.

    Raises:
        TypeError: it is not str.
        ValueError: it is not known.
    """
    if not isinstance(name, str):
        raise checks.wrong_type("enc", "str", name)
    enc = ENCS.get(name)
    if enc is None:
        raise ValueError(_unknown("enc", name, tuple(ENCS)))
    return enc


def lookup_encs(names: str | Collection[str]) -> list[EncSpec]:
    """Look up one enc or several that a caller named.

    Raises:
        TypeError: `names` is neither str nor a collection of str.
        ValueError: a name is not known, or there are none.
    """
    if not isinstance(names, Collection):
        raise checks.wrong_type("enc", "str or a collection of str", names)
    encs = [lookup_enc(name) for name in ([names] if isinstance(names, str) else names)]
    if not encs:
        raise ValueError("enc must name at least one content encryption")
    return encs


def lookup_curve(name: str) -> Curve:
    """Look up a curve that a caller named.

    Raises:
        TypeError: it is not str.
        ValueError: it is not known.
    """
    if not isinstance(name, str):
        raise checks.wrong_type("curve", "str", name)
    for curve in CURVES:
        if curve == name:
            return curve
    raise ValueError(_unknown("curve", name, CURVES))


def said(parameter: str, name: str) -> str:
    """Return the name in a peer's header for a message, if it is registered."""
    if name in REGISTERED:
        return f"the token says {name}"
    return f"the token has an {parameter} that joseal does not know"


def _unknown(argument: str, given: str, known: Sequence[str]) -> str:
    """Say that a name is not known.

    The text that was given is repeated only if it resembles a known name: anything else may be a
    key or a password in the wrong place.
    """
    choices = f"the known names are {', '.join(known)}"
    kind = _kind(given)
    if kind is not None:
        return f"{argument}: {given} is the name of {kind}: {choices}"
    enc = nearest(given, tuple(ENCS)) if argument == "alg" else None
    if enc is not None and _folded(enc) == _folded(given):
        return f"{argument}: {given} means {enc}, a content encryption (enc): {choices}"
    near = nearest(given, known)
    if near is None:
        return f"{argument} is not a known name: {choices}"
    return f"{argument}: {given} is not known, did you mean {near} ({choices})?"


def _folded(name: str) -> str:
    """Return a name without case and punctuation, and with the A that stands for AES."""
    return "".join(each for each in name.casefold() if each.isalnum()).replace("aes", "a")


_KINDS: Final[tuple[tuple[Collection[str], str], ...]] = (
    (ENCS, "a content encryption (enc)"),
    (ALGS, "a key management algorithm (alg of an encryption key)"),
    (SIGS, "a signature algorithm (alg of a signing key)"),
    (CURVES, "a curve (crv)"),
    (("RSA", "EC", "OKP", "oct", "AKP"), "a kind of key (kty)"),
)


def _kind(name: str) -> str | None:
    return next((kind for names, kind in _KINDS if name in names), None)


def nearest(given: str, known: Sequence[str]) -> str | None:
    """Return the known name that the caller most likely meant."""
    # Only a mistake needs it.
    import difflib  # noqa: PLC0415

    if len(given) > _MOST_NAME_CHARACTERS or not given.isascii() or not given.isprintable():
        return None
    folded, by_folded = given.casefold(), {name.casefold(): name for name in known}
    begun = [name for name in known if name.casefold().startswith(folded)]
    if begun and len(given) >= _LEAST_NAME_CHARACTERS:
        return begun[0]
    found = difflib.get_close_matches(folded, by_folded, n=1, cutoff=_LEAST_LIKENESS)
    return by_folded[found[0]] if found else None
