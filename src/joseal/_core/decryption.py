"""The steps of JWE decryption, the same for each serialization.

Rules:
- Everything public is checked first, for every key and every recipient that may be used.
- After that there is one failure: a failed unwrap continues with a random key to the same tag
  check, whichever recipient it was.

Source: RFC 7516 sections 5.2 and 11.5.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from msgspec import UNSET, Struct

from joseal._core.algorithms import content_encryption, hashes
from joseal._core.algorithms.content_encryption import AeadOutput
from joseal._core.algorithms.key_management import KeyManagement, Unwrap, UnwrapRequest
from joseal._core.algorithms.registry import EncSpec, has_own_enc, said
from joseal._core.keys import Key, KeySet
from joseal._core.keys.keyset import MOST_TRIES
from joseal._core.late import late, load
from joseal._core.limits import Limits
from joseal._core.wire import compact, strict_json
from joseal._core.wire import header as headers
from joseal._core.wire.forms import Form
from joseal._core.wire.header import Expected, Header, Members
from joseal.errors import (
    DecryptionError,
    MalformedTokenError,
    NotAllowedError,
    TokenTooLargeError,
)

# Most tokens don't need these modules; a `Decrypter` loads them if its tokens may.
if TYPE_CHECKING:
    from joseal._core.algorithms import deflate
else:
    deflate = late("joseal._core.algorithms.deflate")

# A key, and its private step for the encrypted key of one recipient.
Step: TypeAlias = tuple[Key, Unwrap]

# The parsed protected header, the enc that it names, and the keys that may be used.
Matched: TypeAlias = tuple[Header, EncSpec, Sequence[Key]]


class DecryptionSettings(Struct, frozen=True, kw_only=True):
    """The settings of a `Decrypter`, and the steps that depend on them.

    Attributes:
        keys: the keys that may be tried.
        mechanisms: the mechanism of each key.
        encs: the accepted content encryptions, by name.
        contents: the content encryption that is part of an alg, by the alg of a key.
        expected: the requirements on a header.
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

    def __post_init__(self) -> None:
        """Load the modules that a token may need, so that no token waits for an import."""
        strict_json.prepare()
        if any(enc.family == "cbc-hmac" for enc in self.encs.values()):
            hashes.prepare()
        if self.accept_zip:
            load(deflate)

    def match(self, protected: bytes) -> Matched:
        """Read the header; return it with the enc and the keys that may be used."""
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
            # No key is for such a token, whatever its enc.
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
            NotAllowedError: none is left, because of `enc`, of the caller's limits, or of an info
                that the key's alg does not bind.
        """
        steps: list[Step] = []
        refusal: MalformedTokenError | NotAllowedError | None = None
        for key in keys:
            if len(steps) == MOST_TRIES:
                break
            if not key._serves(request.enc):
                refusal = NotAllowedError("enc", key._unfit([request.enc]))
                continue
            if request.info != b"" and not key._is_hpke:
                # It would decrypt without the info, and the caller would believe that it is bound.
                refusal = NotAllowedError("info", f"info= demands HPKE, {key.alg} does not bind it")
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
        if parsed.known.zip is not UNSET and len(steps) > 1:
            # If a key decrypts it but it can't be inflated, the next key needs all of it.
            sealed = AeadOutput(sealed.aad, sealed.iv, bytes(sealed.ciphertext), sealed.tag)
        for step in steps:
            plaintext = content_encryption.open_(enc, cek_or_random(enc, step[1]), sealed)
            if plaintext is not None:
                plaintext = self.release(plaintext, parsed)
            if plaintext is not None:
                return plaintext, step
        raise DecryptionError

    def release(self, plaintext: bytes, parsed: Header) -> bytes | None:
        """Inflate a compressed plaintext, within the limits; None if that fails.

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
        MalformedTokenError: `enc` can't produce such a length.
    """
    if not content_encryption.lengths_fit(enc, sealed):
        raise MalformedTokenError("iv, ciphertext or tag has a length that enc does not make")


class BesideContent(Struct, frozen=True):
    """The parts of a message in JSON that a compact token does not have; see `DecryptedToken`."""

    aad: bytes = b""
    unauthenticated_header: dict[str, object] = {}
    ignored_members: tuple[str, ...] = ()


def cek_or_random(enc: EncSpec, unwrap: Unwrap) -> bytes:
    """Return the CEK: a random one if the unwrap failed. RFC 7516 section 11.5."""
    # Drawn before the outcome is known, so that the work is the same for every outcome.
    cek = os.urandom(enc.cek_bytes)
    outcome = unwrap()
    return cek if outcome is None or len(outcome) != enc.cek_bytes else outcome
