"""joseal's own answers: each kind of task uses the function that tokens go through.

If Wycheproof tests a primitive, the JWE or JWS step that uses it is tested, with its length checks.

Source: RFC 7516 section 5.2, RFC 7515 section 5.2, RFC 7518 sections 3 to 5.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib import metadata
from typing import Final

from msgspec.structs import replace

from joseal._core.algorithms import aes, content_encryption, curves
from joseal._core.algorithms.content_encryption import AeadOutput
from joseal._core.algorithms.ecdh import EcdhEs
from joseal._core.algorithms.key_management import UnwrapRequest
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS, EncSpec, known_alg
from joseal._core.algorithms.signatures import Hmac
from joseal._core.jwe import Decrypter
from joseal._core.jws import Verifier
from joseal._core.keys import Key, KeySet
from joseal._core.limits import Limits
from joseal._core.secrecy import hide_locals
from joseal._core.wire import base64url, strict_json
from joseal._core.wire.forms import FORMS, Form
from joseal._core.wire.header import Members, parse_parameters
from joseal._core.wire.json_form.members import PER_RECIPIENT
from joseal.conformance.backends import own_keys
from joseal.conformance.model import (
    Agree,
    Answer,
    Cbc,
    Content,
    Derive,
    Jwk,
    Lacking,
    Load,
    LoadKey,
    LoadKeys,
    Mac,
    Open,
    Output,
    Refusal,
    Settings,
    Task,
    Thumbprint,
    UnwrapAes,
    UnwrapRsa,
    Verify,
)
from joseal.errors import DecryptionError, JoseError, MalformedTokenError, VerificationError

_NO_ALG: Final = "an alg that joseal does not have"
_NO_ENC: Final = "an enc that joseal does not have"
_SETTINGS: Final = "settings that joseal does not have"
_CEK_SIZE: Final = "a key of a different size than the enc takes"
_KEK_SIZE: Final = "a key of a size that AES does not have"
_KEK_BYTES: Final = (16, 24, 32)
_NO_FUNCTION: Final = "no function of joseal does this"
_KEPT_KEYS: Final = 64
_PARAMETERS: Final = PER_RECIPIENT | {"enc"}
_CBC: Final = tuple(enc for enc in ENCS.values() if enc.family == "cbc-hmac")

_DEFAULT: Final = Limits()
# A file's limits can't allow more work than joseal's. A header is never larger than its file.
_MOST: Final = Limits(header_bytes=_DEFAULT.token_bytes)
_UNDECRYPTABLE: Final = Refusal(DecryptionError.code, str(DecryptionError()))
_UNVERIFIED: Final = Refusal(VerificationError.code, str(VerificationError()))
_LENGTHS: Final = Refusal(MalformedTokenError.code, "a length that enc does not make")


class ByJoseal:
    """joseal as a backend."""

    is_joseal = True

    def __init__(self) -> None:
        # Loading a private RSA key takes tens of milliseconds, and a group has many tokens.
        self._key = lru_cache(_KEPT_KEYS)(_load)
        self._pem = lru_cache(_KEPT_KEYS)(_load_pem)

    @property
    def name(self) -> str:
        """The name, with the version if joseal is installed."""
        try:
            return f"joseal {metadata.version('joseal')}"
        except metadata.PackageNotFoundError:
            return "joseal"

    @hide_locals
    def run(self, task: Task) -> Answer:
        """Do the task. No content of a file makes it raise."""
        try:
            return self._run(task)
        except JoseError as error:
            refusal = Refusal(error.code, str(error))
        if not _is_known(task):
            return Lacking(_NO_ALG, refused=True)
        return refusal

    def _run(self, task: Task) -> Answer:
        match task:
            case Open():
                return self._open(task)
            case Verify():
                return self._verify(task)
            case UnwrapRsa():
                return self._unwrap_rsa(task)
            case Load() | LoadKey() | LoadKeys():
                return own_keys.answer(task)
            case Thumbprint():
                key = self._key(_written(task.jwk), _alg(task.jwk, task.alg), legacy=True)
                return Output(base64url.decode_text(_single(key).thumbprint()) or b"")
            case _:
                return _step(task)

    def _open(self, task: Open) -> Answer:
        told = task.settings
        key = self._key(_written(task.jwk), task.alg, legacy=told.legacy)
        limits = _limits(told)
        encs = [enc for enc in ENCS.values() if isinstance(key, KeySet) or key._serves(enc)]
        names = told.enc if told.enc is not None else [enc.name for enc in encs]
        if limits is None:
            return Lacking(_SETTINGS)
        own = isinstance(key, Key) and key._content is not None
        if (not names and not own) or not ENCS.keys() >= set(names):
            return Lacking(_NO_ENC)
        if not _PARAMETERS.issuperset(told.accept_unprotected):
            return Lacking(_SETTINGS)
        opener = Decrypter(
            key,
            enc=None if own else [ENCS[name].name for name in names],
            typ=told.typ,
            cty=told.cty,
            crit=told.crit,
            any_kid=told.any_kid,
            accept_zip=told.accept_zip,
            form=_form(told),
            accept_unprotected=told.accept_unprotected,
            limits=limits,
        )
        opened = opener.open(task.token)
        return Output(opened.plaintext, opened.header)

    def _verify(self, task: Verify) -> Answer:
        told = task.settings
        limits = _limits(told)
        if limits is None:
            return Lacking(_SETTINGS)
        verifier = Verifier(
            self._key(_written(task.jwk), task.alg, legacy=False),
            typ=told.typ,
            cty=told.cty,
            crit=told.crit,
            any_kid=told.any_kid,
            b64=told.b64,
            form=_form(told),
            limits=limits,
        )
        verified = verifier.open(task.token, payload=task.detached)
        return Output(verified.payload, verified.header)

    def _unwrap_rsa(self, task: UnwrapRsa) -> Answer:
        enc = ENCS["A128GCM"]
        mechanism = self._pem(task.pem, task.alg)._for_encryption("decrypt", [enc], None)
        incoming = _incoming(enc, Members(alg=task.alg), task.wrapped)
        return _answer(mechanism.check_public(incoming)())


def _step(task: Task) -> Answer:
    """Do one step of a token."""
    match task:
        case Content():
            answer = _content(task)
        case Cbc():
            answer = _cbc(task)
        case Agree():
            answer = _agree(task)
        case Derive():
            answer = _derive(task)
        case UnwrapAes():
            answer = _unwrap_aes(task)
        case Mac():
            answer = _mac(task)
        case _:
            answer = Lacking(_NO_FUNCTION)
    return answer


def _unwrap_aes(task: UnwrapAes) -> Answer:
    if len(task.kek) not in _KEK_BYTES:
        return Lacking(_KEK_SIZE)
    return _answer(aes.unwrap(task.kek, task.wrapped))


def _mac(task: Mac) -> Answer:
    holds = Hmac(SIGS[task.alg], task.key).verify(task.message, task.tag)
    return Output(task.message) if holds else _UNVERIFIED


def _answer(raw: bytes | None) -> Answer:
    return _UNDECRYPTABLE if raw is None else Output(raw)


def _written(jwk: Jwk) -> bytes:
    """Write a JWK as JSON; one that strict JSON can't carry is not a JWK at all."""
    return strict_json.dump(jwk) or b""


def _load(jwk: bytes, alg: str | None, *, legacy: bool) -> Key | KeySet:
    known = None if alg is None else known_alg(alg)
    if "keys" in (strict_json.load_object(jwk) or {}):
        return KeySet.from_jwks(jwk, alg=known, legacy=legacy)
    return Key.from_jwk(jwk, alg=known, legacy=legacy)


def _load_pem(pem: str, alg: str) -> Key:
    return Key.from_pem(pem, alg=known_alg(alg), legacy=True)


def _single(key: Key | KeySet) -> Key:
    return key if isinstance(key, Key) else next(iter(key))


def _limits(told: Settings) -> Limits | None:
    """Return the file's limits, none of them over the maximum; None if there are none."""
    fields = set(_MOST.__struct_fields__)
    if told.form not in FORMS:
        return None
    if not told.limits.keys() <= fields or any(size < 1 for size in told.limits.values()):
        return None
    return replace(
        _DEFAULT, **{name: min(size, getattr(_MOST, name)) for name, size in told.limits.items()}
    )


def _form(told: Settings) -> Form:
    for form in FORMS:
        if form == told.form:
            return form
    return "compact"


def _is_known(task: Task) -> bool:
    """Tell whether joseal supports the key's alg; a set may have keys for any alg."""
    match task:
        case Open() | Verify() | Load() | Thumbprint():
            name = _alg(task.jwk, task.alg)
        case LoadKey():
            name = _alg(strict_json.load_object(task.text.encode()) or {}, task.loader.alg)
        case _:
            return True
    return name is None or name in ALGS or name in SIGS or name in ENCS


def _alg(jwk: Jwk, alg: str | None) -> str | None:
    own = jwk.get("alg")
    return own if isinstance(own, str) and alg is None else alg


def _incoming(enc: EncSpec, known: Members, encrypted_key: bytes) -> UnwrapRequest:
    return UnwrapRequest(enc, known, encrypted_key, _DEFAULT)


def _content(task: Content) -> Answer:
    enc = ENCS.get(task.enc)
    if enc is None:
        return Lacking(_NO_ENC)
    if len(task.key) != enc.cek_bytes:
        return Lacking(_CEK_SIZE)
    sealed = AeadOutput(task.aad, task.iv, task.ciphertext, task.tag)
    if not content_encryption.lengths_fit(enc, sealed):
        return _LENGTHS
    opened = content_encryption.open_(enc, task.key, sealed)
    if opened is None:
        return _UNDECRYPTABLE
    again = content_encryption.seal(enc, task.key, task.iv, task.aad, opened)
    if again != (task.ciphertext, task.tag):
        return Refusal("another", "it decrypts, but is encrypted otherwise")
    return Output(opened)


def _cbc(task: Cbc) -> Answer:
    """Add a good tag to the ciphertext, as any sender could. RFC 7518 section 5.2.2.1."""
    enc = next((enc for enc in _CBC if enc.cek_bytes == 2 * len(task.key)), None)
    if enc is None:
        return Lacking(_CEK_SIZE)
    mac_key, no_aad_bits = bytes(enc.tag_bytes), bytes(8)
    mac = Hmac(SIGS[enc.hash.replace("sha", "HS")], mac_key)
    tag = mac.sign(task.iv + task.ciphertext + no_aad_bits)[: enc.tag_bytes]
    return _content(Content(enc.name, mac_key + task.key, task.iv, b"", task.ciphertext, tag))


def _agree(task: Agree) -> Answer:
    """Use the public key as an epk, and return the secret before the key derivation."""
    curve, own = task.private.get("crv"), _coordinates(task.private)
    x, y, d = own.get("x"), own.get("y"), own.get("d")
    if not isinstance(curve, str) or x is None or d is None:
        return Lacking(_SETTINGS)
    public = curves.load_public(curve, x, y)
    private = None if public is None else curves.load_private(curve, d, public)
    if public is None or private is None:
        return Refusal("key", "the private JWK is not a key")
    secrets: list[bytes] = []

    def agree(other: curves.PublicCurveKey) -> bytes | None:
        secret = curves.agree(private, other)
        secrets.extend([] if secret is None else [secret])
        return secret

    members = Members(alg="ECDH-ES", epk=task.public)
    mechanism = EcdhEs(ALGS["ECDH-ES"], public, agree)
    mechanism.check_public(_incoming(ENCS["A256GCM"], members, b""))()
    return Output(secrets[0]) if secrets else _UNDECRYPTABLE


def _coordinates(jwk: Mapping[str, object]) -> dict[str, bytes | None]:
    named = {name: jwk[name] for name in ("x", "y", "d") if name in jwk}
    return {
        name: base64url.decode_text(value) if isinstance(value, str) else None
        for name, value in named.items()
    }


def _derive(task: Derive) -> Answer:
    known = parse_parameters(task.header).known
    enc = ENCS.get(str(known.enc))
    if enc is None:
        return Lacking(_NO_ENC)
    key = Key.from_jwk(task.jwk, alg=known_alg(known.alg))
    mechanism = key._for_encryption("decrypt", [enc], None)
    return _answer(mechanism.check_public(_incoming(enc, known, b""))())
