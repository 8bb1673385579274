"""The steps of JWE decryption, the same for each serialization.

Rules:
- All that is public is checked first, for every key and every recipient that may serve.
- After that there is one failure: a failed unwrap goes on with a random key to the same tag check,
  whichever recipient it was.

Source: RFC 7516 sections 5.2 and 11.5.
"""

import os
from collections.abc import Sequence
from typing import TypeAlias

from msgspec import UNSET, Struct

from joseal._core.algorithms import content_encryption, deflate
from joseal._core.algorithms.content_encryption import AeadOutput
from joseal._core.algorithms.hpke.quantum import weakest_of
from joseal._core.algorithms.key_management import KeyManagement, Unwrap, UnwrapRequest
from joseal._core.algorithms.registry import EncSpec, has_own_enc, said
from joseal._core.keys import Key, KeySet
from joseal._core.keys.keyset import MOST_TRIES
from joseal._core.limits import Limits
from joseal._core.wire import compact
from joseal._core.wire import header as headers
from joseal._core.wire.header import Expected, Header, Members
from joseal._core.wire.json_form import encrypted
from joseal._core.wire.json_form.encrypted import JsonJwe
from joseal._core.wire.json_form.members import Form, decode
from joseal.errors import (
    DecryptionError,
    MalformedTokenError,
    NotAllowedError,
    TokenTooLargeError,
    UnknownKeyError,
)

# A key, and what it does with the encrypted key of one recipient.
Step: TypeAlias = tuple[Key, Unwrap]

# What a protected header says, the enc it names, and the keys that may serve.
Matched: TypeAlias = tuple[Header, EncSpec, Sequence[Key]]


class DecryptionSettings(Struct, frozen=True, kw_only=True):
    """The settings of a `Decrypter`, and the steps that depend on them.

    Attributes:
        keys: those that may be tried.
        mechanisms: of each key.
        encs: the accepted ones, by name.
        contents: the content encryption that is part of an alg, by the alg of a key.
        expected: what a header must have.
        any_kid: try keys whose kid is not the one that the token names.
        accept_zip: inflate compressed tokens.
        form: the serialization accepted.
        is_compact: whether it is the compact one.
        unprotected: the names that are read where nothing authenticates them.
        limits: bounds on the tokens.
    """

    keys: KeySet
    mechanisms: dict[Key, KeyManagement]
    encs: dict[str, EncSpec]
    contents: dict[str, EncSpec]
    expected: Expected
    any_kid: bool
    accept_zip: bool
    form: Form
    is_compact: bool
    unprotected: frozenset[str]
    limits: Limits

    def match(self, protected: bytes) -> Matched:
        """Read the header; return it with the enc and the keys that may serve."""
        parsed = headers.parse(compact.decode(protected, "header"))
        enc = self.accept(parsed)
        return parsed, enc, self.keys._choose(parsed.known, any_kid=self.any_kid)

    def accept(self, parsed: Header) -> EncSpec:
        """Return the token's enc if all that the header asks for is accepted.

        Raises:
            MalformedTokenError: there is no enc, or `crit` breaks a rule.
            NotAllowedError: the caller does not accept the enc, zip, typ or cty.
        """
        known = parsed.known
        enc = self._enc(known)
        if known.zip is not UNSET:
            if not self.accept_zip:
                raise NotAllowedError(
                    "zip", "compressed tokens are refused without accept_zip=True"
                )
            if known.zip != "DEF":
                raise NotAllowedError("zip", "DEF is the only registered value")
        self.expected.check(parsed)
        return enc

    def _enc(self, known: Members) -> EncSpec:
        """Return the content encryption: that of the key's alg, or the one that the token names."""
        content = self.contents.get(known.alg)
        if content is not None:
            if known.enc is not UNSET:
                raise MalformedTokenError(f"{known.alg} has no enc, and the header has one")
            return content
        enc = None if known.enc is UNSET else self.encs.get(known.enc)
        if enc is not None:
            return enc
        if not self.encs or (known.enc is UNSET and has_own_enc(known.alg)):
            # None of the keys is for such a token, whatever its enc.
            raise NotAllowedError("alg", self.keys._unbound(known.alg))
        if known.enc is UNSET:
            raise MalformedTokenError("the header has no enc (that of a signed token, JWS?)")
        raise NotAllowedError("enc", self._unaccepted(known.enc))

    def _unaccepted(self, enc: str) -> str:
        return f"{said('enc', enc)}, enc= accepts {', '.join(self.encs)}"

    def check_public(self, keys: Sequence[Key], request: UnwrapRequest) -> list[Step]:
        """Do every public check for one recipient, and return the private steps that are left.

        Raises:
            MalformedTokenError: none is left, because of a length or a member.
            NotAllowedError: none is left, because of `enc` or of the caller's limits.
        """
        steps: list[Step] = []
        refusal: MalformedTokenError | NotAllowedError | None = None
        for key in keys:
            if len(steps) == MOST_TRIES:
                break
            if not key._serves(request.enc):
                refusal = NotAllowedError("enc", key._unfit([request.enc]))
                continue
            try:
                steps.append((key, self.mechanisms[key].check_public(request)))
            except (MalformedTokenError, NotAllowedError) as error:
                refusal = error
        if not steps and refusal is not None:
            raise refusal.with_traceback(None)
        return steps

    def decrypt(
        self, enc: EncSpec, sealed: AeadOutput, parsed: Header, steps: Sequence[Step]
    ) -> tuple[bytes, Step]:
        """Take the private steps one by one; return the plaintext and the step that gave it.

        Raises:
            DecryptionError: none of them opens the content.
        """
        for step in steps:
            plaintext = content_encryption.open_(enc, cek_or_random(enc, step[1]), sealed)
            if plaintext is not None:
                plaintext = self.release(plaintext, parsed)
            if plaintext is not None:
                return plaintext, step
        raise DecryptionError

    def release(self, plaintext: bytes, parsed: Header) -> bytes | None:
        """Inflate what is compressed, and keep the limits; None if that fails.

        Raises:
            TokenTooLargeError: the plaintext is over `inflated_bytes` or `plaintext_bytes`.
        """
        limits, inflated = self.limits, plaintext
        if parsed.known.zip is not UNSET:
            most_bytes = min(limits.inflated_bytes, limits.plaintext_bytes)
            outcome = deflate.inflate(plaintext, most_bytes)
            if outcome is None:
                return None
            inflated = outcome
            if len(inflated) > limits.inflated_bytes:
                raise TokenTooLargeError("inflated_bytes", limits.inflated_bytes)
        if len(inflated) > limits.plaintext_bytes:
            raise TokenTooLargeError("plaintext_bytes", limits.plaintext_bytes, len(inflated))
        return inflated


def check_lengths(enc: EncSpec, sealed: AeadOutput) -> None:
    """Check lengths before any primitive is touched.

    Raises:
        MalformedTokenError: `enc` does not make such a length.
    """
    if not content_encryption.lengths_fit(enc, sealed):
        raise MalformedTokenError("iv, ciphertext or tag has a length that enc does not make")


class BesideContent(Struct, frozen=True):
    """The parts of a message in JSON that a compact token does not have; see `DecryptedToken`."""

    aad: bytes = b""
    unauthenticated_header: dict[str, object] = {}
    ignored_members: tuple[str, ...] = ()


class JsonSteps(Struct, frozen=True, kw_only=True):
    """A message in JSON after every public check.

    Attributes:
        enc: its content encryption.
        parsed: the Header Parameters of each recipient.
        sealed: the parts that the content is decrypted from.
        aad: the additional data, decoded.
        steps: the private steps that are left, each with the place of its recipient.
    """

    enc: EncSpec
    parsed: Sequence[Header]
    sealed: AeadOutput
    aad: bytes
    steps: Sequence[tuple[Step, int]]

    def __repr__(self) -> str:
        return "JsonSteps(...)"


def check_json(
    settings: DecryptionSettings, message: JsonJwe, aad: bytes | None = None, info: bytes = b""
) -> JsonSteps:
    """Do every public check of a message in JSON. RFC 7516 section 5.2.

    Raises:
        MalformedTokenError: a header or a length breaks a rule; not all recipients are
            quantum-resistant, and one of them is by post-quantum HPKE.
        NotAllowedError: alg, enc, zip, typ, cty, p2c or aad is not what the caller accepts.
        UnknownKeyError: each recipient names a kid that no key here has.
        TokenTooLargeError: a header is over its limit.
    """
    limits = settings.limits
    parsed = encrypted.read_headers(message, settings.unprotected, limits)
    if weakest_of(each.known.alg for each in parsed) is not None:
        raise MalformedTokenError("not all recipients are quantum-resistant, and one of them is")
    # Their requirements on the content are the same for each recipient.
    enc, wanted = settings.accept(parsed[0]), decode(message.aad, "aad")
    if aad is not None and aad != wanted:
        demanded = "other additional data" if wanted else "additional data, the message has none"
        raise NotAllowedError("aad", f"aad= demands {demanded}")
    encrypted_keys = [decode(each.encrypted_key, "encrypted_key") for each in message.recipients]
    sealed = AeadOutput(
        aad=message.authenticated(),
        iv=decode(message.iv, "iv"),
        ciphertext=decode(message.ciphertext, "ciphertext"),
        tag=decode(message.tag, "tag"),
    )
    check_lengths(enc, sealed)
    requests = [
        UnwrapRequest(enc, each.known, encrypted_key, limits, {}, info)
        for each, encrypted_key in zip(parsed, encrypted_keys, strict=True)
    ]
    steps = _check_recipients(settings, requests)
    return JsonSteps(enc=enc, parsed=parsed, sealed=sealed, aad=wanted, steps=steps)


def open_json(
    settings: DecryptionSettings, message: JsonJwe, aad: bytes | None, info: bytes = b""
) -> tuple[bytes, dict[str, object], Key, BesideContent]:
    """Open a message in JSON. RFC 7516 section 5.2.

    Raises:
        MalformedTokenError: a header or a length breaks a rule; not all recipients are
            quantum-resistant, and one of them is by post-quantum HPKE.
        NotAllowedError: alg, enc, zip, typ, cty, p2c or aad is not what the caller accepts.
        UnknownKeyError: each recipient names a kid that no key here has.
        TokenTooLargeError: a header, or the plaintext, is over its limit.
        DecryptionError: no key opens it.
    """
    found = check_json(settings, message, aad, info)
    first, steps = found.parsed[0], [step for step, _ in found.steps]
    plaintext, step = settings.decrypt(found.enc, found.sealed, first, steps)
    place = next(place for each, place in found.steps if each is step)
    own = message.recipients[place].header
    beside = BesideContent(found.aad, {**message.unprotected, **own}, tuple(message.further))
    return plaintext, first.all, step[0], beside


def _check_recipients(
    settings: DecryptionSettings, requests: Sequence[UnwrapRequest]
) -> list[tuple[Step, int]]:
    """Do every public check for each recipient that a key here may be.

    Returns:
        The private steps, each with the place of its recipient. However many keys and recipients
        there are, no more than one for each recipient, or `MOST_TRIES`.

    Raises:
        UnknownKeyError: each recipient names a kid that no key here has.
        NotAllowedError: none is left, because of alg, enc or the caller's limits.
        MalformedTokenError: none is left, because of a length or a member.
    """
    steps: list[tuple[Step, int]] = []
    refusal: UnknownKeyError | NotAllowedError | MalformedTokenError = UnknownKeyError()
    for place, request in enumerate(requests):
        try:
            keys = settings.keys._choose(request.members, any_kid=settings.any_kid)
            steps += [(step, place) for step in settings.check_public(keys, request)]
        except UnknownKeyError:
            continue
        except (NotAllowedError, MalformedTokenError) as error:
            refusal = error
    if not steps:
        raise refusal.with_traceback(None)
    return steps[: max(MOST_TRIES, len(requests))]


def cek_or_random(enc: EncSpec, unwrap: Unwrap) -> bytes:
    """Return the CEK: a random one if the unwrap failed. RFC 7516 section 11.5."""
    # Drawn before the outcome is known, so that the work is the same for every outcome.
    cek = os.urandom(enc.cek_bytes)
    outcome = unwrap()
    return cek if outcome is None or len(outcome) != enc.cek_bytes else outcome
