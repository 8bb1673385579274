"""`Encrypter` and `Decrypter`: compact JWE, each direction readable on one page.

Rules:
- The token never chooses: a key is bound to one `alg`, the caller names the `enc`s, and a header
  must agree with them. Nothing in a token selects, supplies or fetches a key.
- What the token and the public key decide is checked before the private key is used. After that
  there is one failure: a failed unwrap goes on with a random key to the same check of the tag.
- The received header's own bytes are the additional authenticated data.
- Both classes are immutable and safe to share between threads. What is drawn, is drawn anew for
  each token.

Source: RFC 7516 sections 5.1, 5.2 and 11.5.
"""

import itertools
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, SupportsIndex, TypeAlias, final

from msgspec import UNSET, Struct

from joseal._core import checks
from joseal._core.algorithms import content_encryption, deflate
from joseal._core.algorithms.content_encryption import AeadOutput
from joseal._core.algorithms.key_management import (
    KeyManagement,
    Unwrap,
    UnwrapRequest,
    WrapSettings,
)
from joseal._core.algorithms.registry import Enc, EncSpec, lookup_enc, lookup_encs, said
from joseal._core.assembly import TokenStart, assemble
from joseal._core.keys import Key, KeySet
from joseal._core.keys.keyset import MOST_TRIES
from joseal._core.limits import Limits
from joseal._core.policy import Policy
from joseal._core.secrecy import Opaque, Result, hide_locals
from joseal._core.wire import compact
from joseal._core.wire import header as headers
from joseal._core.wire.header import Expected, Header
from joseal._core.wire.header_memo import HeaderMemo
from joseal.errors import (
    DecryptionError,
    InvalidKeyError,
    MalformedTokenError,
    NotAllowedError,
    TokenTooLargeError,
)

# What a protected header says, the enc it names, and the keys that come into question.
Matched: TypeAlias = tuple[Header, EncSpec, Sequence[Key]]

_DEFAULTS: Final = Limits()

# NIST SP 800-38D section 8.3, for random initialization vectors under one key.
_MOST_TOKENS: Final = 2**32


class EncryptionSettings(Struct, frozen=True, kw_only=True):
    """What an `Encrypter` was made with, checked and prepared.

    Attributes:
        key: the recipient's key.
        management: the key's mechanism.
        wrap: enc, limits and the parties.
        compress: whether plaintexts are deflated.
        begin: the Header Parameters before what each token adds.
        end: those behind it.
        protected: the encoded header of a token that adds nothing.
    """

    key: Key
    management: KeyManagement
    wrap: WrapSettings
    compress: bool
    begin: dict[str, object]
    end: dict[str, str]
    protected: bytes


@final
class Encrypter(Opaque):
    """Encrypts plaintexts into compact JWE tokens for one key.

    An object whose key itself is used with random nonces of 96 bits (`dir` with AES-GCM or C20P,
    `A*GCMKW`) stops after 2^32 tokens. That bound is one for the key, over all processes that have
    it, which only their operator can keep.

    Args:
        key: the recipient's public key, or a shared one.
        enc: the content encryption, such as `A256CBC-HS512`.
        header: members for every token, written between `alg` and `enc` in the order given.
        write_kid: write the key's kid into the header, unless `header` has one.
        apu: agreed information on the sender, for ECDH-ES. RFC 7518 section 4.6.1.2.
        apv: the same on the recipient.
        compress: deflate the plaintext (`zip`). The length of the token then tells something of
            its content; RFC 8725 section 3.6 advises against it.
        policy: refuse what the policy has no place for.
        limits: bounds on the tokens made, the same as those of a `Decrypter`.

    Raises:
        TypeError: an argument is of another type.
        ValueError: `enc` is not known; `header` has a member that is managed here, or one that
            strict JSON can't carry, or a wrong `crit`; `apu` or `apv` without ECDH-ES, or both
            the same (RFC 7518 section 4.6.2).
        InvalidKeyError: the key is a private one (use `key.public()`), or can't serve this `enc`,
            or its `key_ops` or the policy don't permit it, or it is for signatures or for RSA1_5.
        TokenTooLargeError: `header` is over `header_bytes`.

    Source: RFC 7516 section 5.1.
    """

    __slots__ = ("_settings", "_tokens")

    _settings: EncryptionSettings
    _tokens: Iterator[int] | None

    @hide_locals
    def __init__(
        self,
        key: Key,
        *,
        enc: Enc,
        header: Mapping[str, object] | None = None,
        write_kid: bool = True,
        apu: bytes = b"",
        apv: bytes = b"",
        compress: bool = False,
        policy: Policy | None = None,
        limits: Limits = _DEFAULTS,
    ) -> None:
        if not isinstance(key, Key):
            raise checks.not_key("key", key)
        checks.check(limits, write_kid=write_kid, compress=compress)
        known = lookup_enc(enc)
        begin = headers.base_parameters(key.alg, key.kid if write_kid else None, header)
        end: dict[str, str] = {"enc": known.name, "zip": "DEF"} if compress else {"enc": known.name}
        settings = EncryptionSettings(
            key=key,
            management=key._for_encryption("encrypt", [known], policy),
            wrap=WrapSettings(known, limits, *_parties(key, apu, apv)),
            compress=compress,
            begin=begin,
            end=end,
            protected=headers.encode({**begin, **end}, limits),
        )
        self._set(
            _settings=settings,
            _tokens=itertools.count() if key._is_counted(known) else None,
        )

    @hide_locals
    def encrypt(self, plaintext: bytes, *, header: Mapping[str, object] | None = None) -> str:
        """Encrypt a plaintext and return the token.

        Each call draws a fresh content encryption key and initialization vector. A token made for
        a public key says nothing of who made it.

        Args:
            plaintext: the bytes to encrypt; empty ones are encrypted too.
            header: members for this token alone, after the constant ones.

        Raises:
            TypeError: `plaintext` is not bytes, or `header` no mapping.
            ValueError: `header` has a member that is managed, or is set already, or that strict
                JSON can't carry.
            TokenTooLargeError: header, plaintext or token would be over `limits`.
            InvalidKeyError: a fixed key has made its 2^32 tokens.

        Source: RFC 7516 section 5.1.
        """
        if not isinstance(plaintext, bytes):
            raise checks.not_bytes("plaintext", plaintext)
        settings = self._settings
        enc, limits = settings.wrap.enc, settings.wrap.limits
        if len(plaintext) > limits.plaintext_bytes:
            raise TokenTooLargeError("plaintext_bytes", limits.plaintext_bytes, len(plaintext))
        start = begin_token(self, header)
        if settings.compress:
            plaintext = _deflate(plaintext, limits)
        token = assemble(enc, start, plaintext)
        if len(token) > limits.token_bytes:
            raise TokenTooLargeError("token_bytes", limits.token_bytes, len(token))
        return token

    def __eq__(self, other: object) -> bool:
        # Those of a shared key are equal by identity, as that is.
        if self is other or not isinstance(other, Encrypter) or self._settings.key.is_symmetric:
            return self is other
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((Encrypter, self._settings.key))

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[object, ...]:
        if self._settings.key.is_symmetric:
            return super().__reduce_ex__(protocol)
        return _unpickle, self._parts()

    def _parts(self) -> tuple[Key, str, dict[str, object], bytes, bytes, bool, Limits]:
        """Return what an Encrypter of a public key consists of; its policy has been applied."""
        made, wrap = self._settings, self._settings.wrap
        return made.key, wrap.enc.name, made.begin, wrap.apu, wrap.apv, made.compress, wrap.limits

    def __repr__(self) -> str:
        return f"Encrypter({self._settings.key!r}, enc={self._settings.wrap.enc.name!r})"


def encryption_settings(encrypter: Encrypter) -> EncryptionSettings:
    """Return what an `Encrypter` was made with."""
    return encrypter._settings


def begin_token(encrypter: Encrypter, header: Mapping[str, object] | None) -> TokenStart:
    """Make all of a token that comes before its ciphertext, with a fresh CEK and iv; count it.

    Raises:
        TypeError: `header` is not a mapping.
        ValueError: `header` has a name that is managed or there already, or a value that strict
            JSON can't carry.
        TokenTooLargeError: the header is over `header_bytes`.
        InvalidKeyError: a fixed key has made its 2^32 tokens.
    """
    tokens, settings = encrypter._tokens, encrypter._settings
    if tokens is not None and next(tokens) >= _MOST_TOKENS:
        raise InvalidKeyError("this key has made its 2^32 tokens: change the key")
    begin, protected, wrap = settings.begin, settings.protected, settings.wrap
    if header is not None:
        begin = headers.add_parameters(begin, header)
        protected = headers.encode({**begin, **settings.end}, wrap.limits)
    cek, encrypted_key, managed = settings.management.wrap(wrap)
    if managed:
        protected = headers.encode({**begin, **settings.end, **managed}, wrap.limits)
    return TokenStart(protected, cek, encrypted_key, os.urandom(wrap.enc.iv_bytes))


def _unpickle(  # noqa: PLR0917 - pickled by position
    key: Key,
    enc: str,
    begin: dict[str, object],
    apu: bytes,
    apv: bytes,
    compress: bool,  # noqa: FBT001 - the same
    limits: Limits,
) -> Encrypter:
    header = {name: value for name, value in begin.items() if name != "alg"}
    return Encrypter(
        key,
        enc=lookup_enc(enc).name,
        header=header,
        write_kid=False,
        apu=apu,
        apv=apv,
        compress=compress,
        limits=limits,
    )


class DecryptedToken(Result):
    """What an opened token held, and how.

    Attributes:
        plaintext: the bytes that were encrypted.
        header: the Header Parameters of the protected header, in their order; read-only.
        key: the key that opened it. For a public-key `alg` it says nothing of the sender.
    """

    __slots__ = ("header", "key", "plaintext")

    plaintext: bytes
    header: Mapping[str, object]
    key: Key

    def __init__(self, plaintext: bytes, header: dict[str, object], key: Key) -> None:
        self._set(plaintext=plaintext, header=MappingProxyType(header), key=key)

    def __repr__(self) -> str:
        return f"DecryptedToken(plaintext=<{len(self.plaintext)} bytes>, key={self.key!r})"


@final
class Decrypter(Opaque):
    """Opens compact JWE tokens with the keys and the encs that the caller accepts.

    Args:
        keys: a `Key`, a `KeySet`, or several keys. A token that names a kid is tried with that key
            alone; one that names none with at most four.
        enc: the content encryption accepted, one or several.
        typ: the `typ` that a token must have; None does not look.
        cty: the `cty` that a token must have; None does not look.
        crit: names of Header Parameters that the caller understands and will act on.
        any_kid: try keys whose kid is not the one that the token names.
        accept_zip: inflate compressed tokens, up to `limits.inflated_bytes`.
        policy: refuse what the policy has no place for.
        limits: bounds on the tokens opened.

    Raises:
        TypeError: an argument is of another type.
        ValueError: an enc that is not known, or none.
        InvalidKeyError: no key; a public key, which opens nothing; a key that serves none of the
            encs, or whose `key_ops`, or the policy, don't permit it.

    Source: RFC 7516 section 5.2.
    """

    __slots__ = ("_memo", "_settings")

    _settings: "DecryptionSettings"
    _memo: HeaderMemo[Matched]

    @hide_locals
    def __init__(
        self,
        keys: Key | KeySet | Iterable[Key],
        *,
        enc: Enc | Collection[Enc],
        typ: str | None = None,
        cty: str | None = None,
        crit: Collection[str] = (),
        any_kid: bool = False,
        accept_zip: bool = False,
        policy: Policy | None = None,
        limits: Limits = _DEFAULTS,
    ) -> None:
        checks.check(limits, any_kid=any_kid, accept_zip=accept_zip)
        encs = lookup_encs(enc)
        ring = KeySet._of(keys)
        settings = DecryptionSettings(
            keys=ring,
            mechanisms=ring._prepare(lambda key: key._for_encryption("decrypt", encs, policy)),
            encs={known.name: known for known in encs},
            expected=headers.expected(typ, cty, crit),
            any_kid=any_kid,
            accept_zip=accept_zip,
            limits=limits,
        )
        memo: HeaderMemo[Matched] = HeaderMemo()
        self._set(_settings=settings, _memo=memo)

    @hide_locals
    def decrypt(self, token: str | bytes) -> bytes:
        """Open a token and return the plaintext.

        Nothing is released unless the tag holds over header, iv and ciphertext.

        Raises:
            TypeError: `token` is neither str nor bytes.
            MalformedTokenError: it is not a strict compact JWE.
            TokenTooLargeError: it is over a limit.
            NotAllowedError: alg, enc, zip, typ, cty or p2c is not what this object accepts.
            UnknownKeyError: it names a kid that no key here has.
            DecryptionError: it can't be opened; why is not told.
            KeyUnavailableError: a key on a device could not be asked.

        Source: RFC 7516 section 5.2.
        """
        return self._open(token)[0]

    @hide_locals
    def open(self, token: str | bytes) -> DecryptedToken:
        """Open a token and return the plaintext with the header and the key.

        Raises as `decrypt` does.
        """
        plaintext, header, key = self._open(token)
        # A dict of its own: a remembered header is the same object for every token.
        return DecryptedToken(plaintext, dict(header), key)

    def _open(self, token: str | bytes) -> tuple[bytes, dict[str, object], Key]:
        """RFC 7516 section 5.2."""
        settings = self._settings
        parts = compact.parse_jwe(token, settings.limits)
        protected = parts.protected
        recalled = self._memo.recall(protected)
        matched = settings.match(protected) if recalled is None else recalled
        parsed, enc, keys = matched
        encrypted_key, iv, ciphertext, tag = compact.decode_jwe(parts)
        sealed = AeadOutput(protected, iv, ciphertext, tag)
        if not content_encryption.lengths_fit(enc, sealed):
            raise MalformedTokenError("iv, ciphertext or tag has a length that enc does not make")
        request = UnwrapRequest(enc, parsed.known, encrypted_key, settings.limits, {})
        for key, unwrap in settings.check_public(keys, request):
            plaintext = content_encryption.open_(enc, cek_or_random(enc, unwrap), sealed)
            if plaintext is not None:
                plaintext = settings.release(plaintext, parsed)
            if plaintext is not None:
                if recalled is None:
                    self._memo.remember(protected, parsed, matched)
                return plaintext, parsed.all, key
        raise DecryptionError

    def __repr__(self) -> str:
        return f"Decrypter({self._settings.keys!r}, enc={sorted(self._settings.encs)!r})"


class DecryptionSettings(Struct, frozen=True, kw_only=True):
    """What a `Decrypter` was made with, and the steps that depend on it.

    Attributes:
        keys: those that may be tried.
        mechanisms: of each key.
        encs: the accepted ones, by name.
        expected: what a header must say.
        any_kid: try keys whose kid is not the one that the token names.
        accept_zip: inflate compressed tokens.
        limits: bounds on the tokens.
    """

    keys: KeySet
    mechanisms: dict[Key, KeyManagement]
    encs: dict[str, EncSpec]
    expected: Expected
    any_kid: bool
    accept_zip: bool
    limits: Limits

    def match(self, protected: bytes) -> Matched:
        """Read the header; return it with the enc and the keys that come into question."""
        parsed = headers.parse(compact.decode(protected, "header"))
        enc = self._accept(parsed)
        return parsed, enc, self.keys._choose(parsed.known, any_kid=self.any_kid)

    def _accept(self, parsed: Header) -> EncSpec:
        """Return the token's enc if all that the header asks for is accepted."""
        known = parsed.known
        if known.enc is UNSET:
            raise MalformedTokenError("the header has no enc (that of a signed token, JWS?)")
        enc = self.encs.get(known.enc)
        if enc is None:
            raise NotAllowedError("enc", self._unaccepted(known.enc))
        if known.zip is not UNSET and not self.accept_zip:
            raise NotAllowedError("zip", "compressed tokens are refused without accept_zip=True")
        if known.zip not in {UNSET, "DEF"}:
            raise NotAllowedError("zip", "DEF is the only registered value")
        self.expected.check(parsed)
        return enc

    def _unaccepted(self, enc: str) -> str:
        return f"{said('enc', enc)}, enc= accepts {', '.join(self.encs)}"

    def check_public(self, keys: Sequence[Key], request: UnwrapRequest) -> list[tuple[Key, Unwrap]]:
        """Do every public check, and return the private steps that are left."""
        steps: list[tuple[Key, Unwrap]] = []
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

    def release(self, plaintext: bytes, parsed: Header) -> bytes | None:
        """Inflate what is compressed, and keep the limits; None where that fails.

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


def decryption_settings(decrypter: Decrypter) -> DecryptionSettings:
    """Return what a `Decrypter` was made with."""
    return decrypter._settings


def _parties(key: Key, apu: bytes, apv: bytes) -> tuple[bytes, bytes]:
    for argument, party in (("apu", apu), ("apv", apv)):
        if not isinstance(party, bytes):
            raise checks.not_bytes(argument, party)
    if (apu or apv) and not key.alg.startswith("ECDH-ES"):
        raise ValueError(f"apu and apv are for ECDH-ES, the key is bound to {key.alg}")
    if apu and apu == apv:
        raise ValueError("apu and apv must differ")
    return apu, apv


def _deflate(plaintext: bytes, limits: Limits) -> bytes:
    if len(plaintext) > limits.inflated_bytes:
        raise TokenTooLargeError("inflated_bytes", limits.inflated_bytes, len(plaintext))
    return deflate.deflate(plaintext)


def cek_or_random(enc: EncSpec, unwrap: Unwrap) -> bytes:
    """Return the content encryption key: a random one if it can't be had. RFC 7516 section 11.5."""
    # Drawn before the outcome is known, so that the work is the same for every outcome.
    cek = os.urandom(enc.cek_bytes)
    outcome = unwrap()
    return cek if outcome is None or len(outcome) != enc.cek_bytes else outcome
