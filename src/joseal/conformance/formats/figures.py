"""The figures of the RFCs, transcribed: tokens, single steps, thumbprints.

Source: RFC 7516 appendices A and B, RFC 7517 appendices A to C, RFC 7518 appendices B and C,
RFC 7519 appendix A, RFC 7638 section 3.1, RFC 7797 section 4, RFC 8037 appendix A,
draft-amringer-jose-chacha.
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import field

from joseal._core.secrecy import Hidden
from joseal._core.wire import base64url, strict_json
from joseal._core.wire.strict_json import ShapeError
from joseal.conformance.formats import lists
from joseal.conformance.formats.cases import (
    FORM,
    about,
    each,
    json_settings,
    json_text,
    listed,
    settings_for,
    unhex,
)
from joseal.conformance.model import (
    Agree,
    Case,
    Content,
    Derive,
    Expected,
    Jwk,
    NotRun,
    Thumbprint,
    Vectors,
    Verify,
)

_DRAFT = "the draft's printed token wraps the plaintext and not the CEK: its content step is run"


class _Step(Hidden, frozen=True):
    """RFC 7518 appendix B and RFC 7516 appendix B."""

    id: str
    enc: str
    key: str = field(name="K")
    iv: str = field(name="IV")
    aad: str = field(name="A")
    plaintext: str = field(name="P")
    ciphertext: str = field(name="E")
    tag: str = field(name="T")


class _Draft(Hidden, frozen=True):
    """An example of draft-amringer-jose-chacha."""

    id: str
    cek: str
    iv: str
    aad_ascii: str
    ciphertext: str
    tag: str
    plaintext_hex: str


class _Derived(Hidden, frozen=True):
    """RFC 7518 appendix C."""

    recipient_jwk: Jwk
    header: dict[str, object]
    derived_key: str


class _Thumbprint(Hidden, frozen=True):
    """RFC 7638 section 3.1."""

    jwk: Jwk
    thumbprint: str


class _Unencoded(Hidden, frozen=True):
    """RFC 7797 section 4."""

    jwk: Jwk
    payload: str
    b64_true: dict[str, object]
    b64_false: dict[str, object]


class _Signed(Hidden, frozen=True):
    """RFC 8037 appendix A.1 to A.5."""

    jwk: Jwk
    public_jwk: Jwk
    thumbprint_sha256: str
    jws_compact: str
    payload: str


class _Agreed(Hidden, frozen=True):
    """RFC 8037 appendices A.6 and A.7."""

    recipient_public_jwk: Jwk
    ephemeral_private: str
    epk: Jwk
    secret: str = field(name="Z")


def recognise(file: dict[str, object]) -> bool:
    """Tell whether a file has figures of one of the RFCs."""
    return "source" in file and not file.keys().isdisjoint((*_READERS, *_WHOLE))


def read(file: dict[str, object]) -> Vectors:
    """Read all figures of a file."""
    cases = [case for name, parts in _READERS.items() if name in file for case in parts(file[name])]
    return Vectors("figures of RFCs", cases + _whole(file))


def _tokens(value: object) -> list[Case]:
    return lists.tokens(listed(value))


def _token(value: object) -> list[Case]:
    return lists.tokens([value])


def _sets(value: object) -> list[Case]:
    sets = strict_json.as_object(value) or {}
    return [case for name, jwks in sets.items() for case in lists.keys_of(jwks, f"{name} ")]


def _key(value: object) -> list[Case]:
    return lists.keys_of({"keys": [value]}, "x5c ")


def _steps(value: object) -> list[Case]:
    return each(listed(value) or [value], _Step, _step)


def _step(test: _Step) -> Case:
    key, iv, aad = unhex(test.key), unhex(test.iv), unhex(test.aad)
    task = Content(test.enc, key, iv, aad, unhex(test.ciphertext), unhex(test.tag))
    return Case(*about(test.id, "content encryption", ()), task, Expected(unhex(test.plaintext)))


def _drafts(value: object) -> list[Case]:
    steps = each(listed(value), _Draft, _draft)
    tokens = [
        Case(*about(f"{case.id} token", "the complete token", ()), NotRun(_DRAFT)) for case in steps
    ]
    return steps + tokens


def _draft(test: _Draft) -> Case:
    cek, iv, aad = unhex(test.cek), unhex(test.iv), test.aad_ascii.encode()
    task = Content("XC20P", cek, iv, aad, unhex(test.ciphertext), unhex(test.tag))
    expected = Expected(unhex(test.plaintext_hex))
    return Case(*about(test.id, "content encryption", ()), task, expected)


def _derived(test: _Derived) -> Case:
    task = Derive(test.recipient_jwk, test.header)
    return Case("RFC7518-C", "key derivation", (), task, Expected(unhex(test.derived_key)))


def _thumbprint(test: _Thumbprint) -> Case:
    printed = base64url.decode_text(test.thumbprint)
    return Case("RFC7638-3.1", "thumbprint", (), Thumbprint(test.jwk), Expected(printed or b""))


def _unencoded(test: _Unencoded) -> list[Case]:
    forms = [*test.b64_true.items(), *test.b64_false.items()]
    return [_serialized(test, form, token) for form, token in forms]


def _serialized(test: _Unencoded, form: str, token: object) -> Case:
    named = about(f"RFC7797-4 {form}", "HMAC", ())
    payload, message = test.payload.encode(), strict_json.as_object(token)
    if message is not None:
        settings = json_settings(message)
        task = Verify(test.jwk, json_text(message), "HS256", settings=settings)
        return Case(*named, task, Expected(payload))
    if not isinstance(token, str):
        return Case(*named, NotRun(FORM))
    detached = payload if ".." in token else None
    task = Verify(test.jwk, token, "HS256", detached, settings_for(token))
    return Case(*named, task, Expected(payload))


def _signed(test: _Signed) -> list[Case]:
    task = Verify(test.public_jwk, test.jws_compact, "EdDSA")
    printed = base64url.decode_text(test.thumbprint_sha256)
    thumbprint = Thumbprint(test.public_jwk, "EdDSA")
    return [
        Case("RFC8037-A.4", "Ed25519 signature", (), task, Expected(test.payload.encode())),
        Case("RFC8037-A.3", "thumbprint", (), thumbprint, Expected(printed or b"")),
    ]


def _agreed(test: _Agreed) -> Case:
    scalar = base64url.encode(unhex(test.ephemeral_private)).decode("ascii")
    task = Agree({**test.epk, "d": scalar}, test.recipient_public_jwk)
    return Case("RFC8037-A.6", "agreement", (), task, Expected(unhex(test.secret)))


def _agreements(value: object) -> list[Case]:
    return each([value], _Agreed, _agreed)


def _signatures(value: object) -> list[Case]:
    try:
        return _signed(strict_json.convert(value, _Signed))
    except ShapeError:
        return [Case("RFC8037-A", "", (), NotRun(FORM))]


# By the member that contains them; two forms are recognized by the whole file.
_READERS: Final[Mapping[str, Callable[[object], list[Case]]]] = {
    "vectors": _tokens,
    "appendix_c": _token,
    "appendix_b": _steps,
    "tests": _steps,
    "examples": _drafts,
    "jwk_sets": _sets,
    "x5c_example": _key,
    "ed25519": _signatures,
    "x25519": _agreements,
    "x448": _agreements,
}
_WHOLE: Final = ("derived_key", "thumbprint", "b64_true")


def _whole(file: dict[str, object]) -> list[Case]:
    if "derived_key" in file:
        return each([file], _Derived, _derived)
    if "thumbprint" in file:
        return each([file], _Thumbprint, _thumbprint)
    if "b64_true" not in file:
        return []
    try:
        return _unencoded(strict_json.convert(file, _Unencoded))
    except ShapeError:
        return [Case("RFC7797-4", "", (), NotRun(FORM))]
