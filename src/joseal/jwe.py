"""`Encrypter` and `Decrypter`: compact JWE, each direction readable on one page.

Rules:
- The token never chooses: a key is bound to one `alg`, the caller names the `enc`s, and a header
  must agree with them. Nothing in a token selects, supplies or fetches a key.
- What the token and the public key decide is checked before the private key is used. After that
  there is one failure: a failed unwrap goes on with a random key to the same check of the tag.
- The received header's own octets are the additional authenticated data.
- Both classes are immutable and safe to share between threads. What is drawn, is drawn anew for
  each token.

Source: RFC 7516 sections 5.1, 5.2 and 11.5.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Literal, final

from msgspec import UNSET

from joseal.algorithms import content
from joseal.algorithms.content import Sealed
from joseal.algorithms.management import Incoming, KeyManagement, Unwrap
from joseal.algorithms.table import ENCS, Enc
from joseal.errors import (
    DecryptionError,
    KeyUseError,
    MalformedTokenError,
    NotAllowedError,
    TokenTooLargeError,
    UnknownKeyError,
)
from joseal.frames import Opaque, no_locals
from joseal.keys import Key, KeySet
from joseal.wire import base64url, compact, header, strict_json
from joseal.wire.header import Header
from joseal.wire.limits import Limits

_DEFAULTS = Limits()


@final
class Encrypter(Opaque):
    """Seals plaintexts into compact JWE tokens for one key.

    Args:
        key: the recipient's public key, or a shared one.
        enc: the content encryption, such as `A256CBC-HS512`.
        header: members for every token, written between `alg` and `enc` in the order given.
        write_kid: write the key's kid into the header, unless `header` has one.
        limits: bounds on the tokens made, the same as those of a `Decrypter`.

    Raises:
        TypeError: an argument is of another type.
        ValueError: `enc` is not known; `header` has a member that is managed here, or one that
            strict JSON can't carry, or a wrong `crit`.
        KeyUseError: the key is a private one (use `key.public()`), or can't serve this `enc`, or
            its `key_ops` don't permit it.
        TokenTooLargeError: `header` is over `header_bytes`.

    Source: RFC 7516 section 5.1.
    """

    __slots__ = ("_enc", "_key", "_limits", "_management", "_members", "_protected")

    _key: Key
    _management: KeyManagement
    _enc: Enc
    _members: dict[str, object]
    _protected: bytes
    _limits: Limits

    def __init__(
        self,
        key: Key,
        *,
        enc: str,
        header: Mapping[str, object] | None = None,
        write_kid: bool = True,
        limits: Limits = _DEFAULTS,
    ) -> None:
        if not isinstance(limits, Limits):
            raise TypeError("limits must be Limits")
        if not isinstance(key, Key):
            raise TypeError("key must be a Key")
        if key.is_private:
            raise KeyUseError("this key is private: seal to its public half, use key.public()")
        known = _known_enc(enc)
        _check_key(key, [known], "encrypt")
        named = {"kid": key.kid} if write_kid and key.kid is not None else {}
        members = {"alg": key.alg, **named, **_by_hand(header), "enc": known.name}
        self._set(
            _key=key,
            _management=key.management,
            _enc=known,
            _members=members,
            _protected=_encode_header(members, limits),
            _limits=limits,
        )

    @no_locals
    def encrypt(self, plaintext: bytes, *, header: Mapping[str, object] | None = None) -> str:
        """Seal a plaintext and return the token.

        Each call draws a fresh content encryption key and initialization vector. A token made for
        a public key says nothing of who made it.

        Args:
            plaintext: the octets to seal; empty ones are sealed too.
            header: members for this token alone, after the constant ones.

        Raises:
            TypeError: `plaintext` is not bytes, or `header` no mapping.
            ValueError: `header` has a member that is managed, or is set already, or that strict
                JSON can't carry.
            TokenTooLargeError: header, plaintext or token would be over `limits`.

        Source: RFC 7516 section 5.1.
        """
        if not isinstance(plaintext, bytes):
            raise TypeError("plaintext must be bytes")
        if len(plaintext) > self._limits.plaintext_bytes:
            raise TokenTooLargeError("plaintext_bytes", self._limits.plaintext_bytes)
        cek, encrypted_key, managed = self._management.wrap(self._enc)
        if header is None and not managed:
            protected = self._protected
        else:
            protected = self._protect(header, managed)
        iv = os.urandom(self._enc.iv_bytes)
        token = seal(self._enc, protected, cek, encrypted_key, iv=iv, plaintext=plaintext)
        if len(token) > self._limits.token_bytes:
            raise TokenTooLargeError("token_bytes", self._limits.token_bytes)
        return token

    def _protect(self, header: Mapping[str, object] | None, managed: Mapping[str, object]) -> bytes:
        """Return the encoded header of a token that needs its own."""
        members = dict(self._members)
        enc = members.pop("enc")
        for name, value in _by_hand(header).items():
            if name in members:
                raise ValueError("header sets a member that every token has already")
            members[name] = value
        return _encode_header({**members, "enc": enc, **managed}, self._limits)

    def __repr__(self) -> str:
        return f"Encrypter({self._key!r}, enc={self._enc.name!r})"


def seal(
    enc: Enc, protected: bytes, cek: bytes, encrypted_key: bytes, *, iv: bytes, plaintext: bytes
) -> str:
    """Make the token from all its inputs: a pure function. RFC 7516 section 5.1 steps 14 to 19."""
    ciphertext, tag = content.seal(enc, cek, iv, protected, plaintext)
    encode = base64url.encode
    return b".".join(
        (protected, encode(encrypted_key), encode(iv), encode(ciphertext), encode(tag))
    ).decode("ascii")


class Opened(Opaque):
    """What an opened token held, and how.

    Attributes:
        plaintext: the octets that were sealed.
        header: all members of the protected header, in the order in which they came.
        key: the key that opened it. For a public-key `alg` it says nothing of the sender.
    """

    __slots__ = ("header", "key", "plaintext")

    plaintext: bytes
    header: dict[str, object]
    key: Key

    def __init__(self, plaintext: bytes, header: dict[str, object], key: Key) -> None:
        self._set(plaintext=plaintext, header=header, key=key)

    def __repr__(self) -> str:
        return f"Opened(plaintext=<{len(self.plaintext)} octets>, key={self.key!r})"


@final
class Decrypter(Opaque):
    """Opens compact JWE tokens with the keys and the encs that the caller accepts.

    Args:
        keys: a `Key`, a `KeySet`, or several keys. A token that names a kid is tried with that key
            alone; one that names none with at most four.
        enc: the content encryption accepted, one or several.
        typ: the `typ` that a token must have; None does not look.
        cty: the `cty` that a token must have; None does not look.
        crit: names of header members that the caller understands and will heed.
        any_kid: try keys whose kid is not the one that the token names.
        limits: bounds on the tokens opened.

    Raises:
        TypeError: an argument is of another type.
        ValueError: an enc that is not known, or none.
        KeyUseError: no key; a public key, which opens nothing; a key that serves none of the encs,
            or whose `key_ops` don't permit it.

    Source: RFC 7516 section 5.2.
    """

    __slots__ = ("_any_kid", "_crit", "_cty", "_encs", "_keys", "_limits", "_typ")

    _keys: KeySet
    _encs: dict[str, Enc]
    _typ: str | None
    _cty: str | None
    _crit: frozenset[str]
    _any_kid: bool
    _limits: Limits

    def __init__(
        self,
        keys: Key | KeySet | Iterable[Key],
        *,
        enc: str | Collection[str],
        typ: str | None = None,
        cty: str | None = None,
        crit: Collection[str] = (),
        any_kid: bool = False,
        limits: Limits = _DEFAULTS,
    ) -> None:
        if not isinstance(limits, Limits):
            raise TypeError("limits must be Limits")
        if not all(value is None or isinstance(value, str) for value in (typ, cty)):
            raise TypeError("typ and cty must be str")
        encs = [_known_enc(name) for name in ([enc] if isinstance(enc, str) else enc)]
        if not encs:
            raise ValueError("enc must name at least one content encryption")
        ring = KeySet([keys]) if isinstance(keys, Key) else keys
        ring = ring if isinstance(ring, KeySet) else KeySet(ring)
        for key in ring:
            _check_key(key, encs, "decrypt")
        self._set(
            _keys=ring,
            _encs={known.name: known for known in encs},
            _typ=typ,
            _cty=cty,
            _crit=_names(crit),
            _any_kid=any_kid,
            _limits=limits,
        )

    @no_locals
    def decrypt(self, token: str | bytes) -> bytes:
        """Open a token and return the plaintext.

        Nothing is released unless the tag holds over header, iv and ciphertext.

        Raises:
            TypeError: `token` is neither str nor bytes.
            MalformedTokenError: it is not a strict compact JWE.
            TokenTooLargeError: it is over a limit.
            NotAllowedError: alg, enc, typ or cty is not what this object accepts, or `zip` is set.
            UnknownKeyError: it names a kid that no key here has.
            DecryptionError: it can't be opened; why is not told.

        Source: RFC 7516 section 5.2.
        """
        return self._open(token)[0]

    @no_locals
    def open(self, token: str | bytes) -> Opened:
        """Open a token and return the plaintext with the header and the key.

        Raises as `decrypt` does.
        """
        return Opened(*self._open(token))

    def _open(self, token: str | bytes) -> tuple[bytes, dict[str, object], Key]:
        """RFC 7516 section 5.2."""
        segments = compact.split(token, compact.JWE_SEGMENTS, self._limits)
        parsed = header.parse(compact.decode(segments[0], "header"))
        enc = self._accept(parsed)
        keys = self._choose(parsed)
        encrypted_key = compact.decode(segments[1], "encrypted key")
        sealed = Sealed(
            aad=segments[0],
            iv=compact.decode(segments[2], "iv"),
            ciphertext=compact.decode(segments[3], "ciphertext"),
            tag=compact.decode(segments[4], "tag"),
        )
        if not content.lengths_fit(enc, sealed):
            raise MalformedTokenError("iv, ciphertext or tag has a length that enc does not make")
        for key, unwrap in self._prepare(keys, enc, parsed, encrypted_key):
            plaintext = _unseal(enc, unwrap, sealed)
            if plaintext is not None:
                return self._bounded(plaintext), parsed.all, key
        raise DecryptionError

    def _accept(self, parsed: Header) -> Enc:
        """Return the token's enc if all that the header asks for is accepted."""
        known = parsed.known
        if known.enc is UNSET:
            raise MalformedTokenError("the header has no enc")
        enc = self._encs.get(known.enc)
        if enc is None:
            raise NotAllowedError("enc", "not one that enc= names")
        if known.zip is not UNSET:
            raise NotAllowedError("zip", "compressed tokens are not accepted")
        header.check_crit(parsed, self._crit)
        if self._typ is not None and not header.is_media_type(known.typ, self._typ):
            raise NotAllowedError("typ", "not the one that typ= demands")
        if self._cty is not None and not header.is_media_type(known.cty, self._cty):
            raise NotAllowedError("cty", "not the one that cty= demands")
        return enc

    def _bounded(self, plaintext: bytes) -> bytes:
        if len(plaintext) > self._limits.plaintext_bytes:
            raise TokenTooLargeError("plaintext_bytes", self._limits.plaintext_bytes)
        return plaintext

    def _choose(self, parsed: Header) -> list[Key]:
        """Return the keys to try: those that the caller bound to this alg, by kid."""
        kid = None if parsed.known.kid is UNSET else parsed.known.kid
        keys = self._keys.candidates(kid, parsed.known.alg, any_kid=self._any_kid)
        if keys is None:
            raise UnknownKeyError
        if not keys:
            raise NotAllowedError("alg", "not the one that the key is bound to")
        return keys

    def _prepare(
        self, keys: list[Key], enc: Enc, parsed: Header, encrypted_key: bytes
    ) -> list[tuple[Key, Unwrap]]:
        """Do every public check, and return the private steps that are left."""
        incoming = Incoming(enc, parsed.known, encrypted_key, self._limits)
        steps: list[tuple[Key, Unwrap]] = []
        refusal: MalformedTokenError | NotAllowedError | None = None
        for key in keys:
            if not key.serves(enc):
                refusal = NotAllowedError("enc", "not the one that the key is for")
                continue
            try:
                unwrap = key.management.prepare(incoming)
            except (MalformedTokenError, NotAllowedError) as error:
                refusal = error
            else:
                steps.append((key, unwrap))
        if not steps and refusal is not None:
            raise refusal.with_traceback(None)
        return steps

    def __repr__(self) -> str:
        return f"Decrypter({self._keys!r}, enc={sorted(self._encs)!r})"


def _unseal(enc: Enc, unwrap: Unwrap, sealed: Sealed) -> bytes | None:
    """The private part: unwrap and open. None is all that is told. RFC 7516 section 11.5."""
    # Drawn before the outcome is known, so that the work is the same for every outcome.
    cek = os.urandom(enc.cek_bytes)
    unwrapped = unwrap()
    if unwrapped is not None and len(unwrapped) == enc.cek_bytes:
        cek = unwrapped
    return content.open_(enc, cek, sealed)


def _check_key(key: Key, encs: list[Enc], direction: Literal["encrypt", "decrypt"]) -> None:
    if direction == "decrypt" and not key.is_private and not key.is_symmetric:
        raise KeyUseError("this key is public: it opens nothing")
    if not any(key.serves(enc) for enc in encs):
        raise KeyUseError("the key's size or enc does not fit enc=")
    if not key.permits(direction):
        raise KeyUseError("the key's key_ops don't permit this")


def _known_enc(name: str) -> Enc:
    if not isinstance(name, str):
        raise TypeError("enc must be str")
    enc = ENCS.get(name)
    if enc is None:
        raise ValueError("enc is not known")
    return enc


def _names(names: Collection[str]) -> frozenset[str]:
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise TypeError("crit must be a collection of str")
    return frozenset(names)


def _by_hand(members: Mapping[str, object] | None) -> Mapping[str, object]:
    if members is None:
        return {}
    header.check_by_hand(members)
    return members


def _encode_header(members: dict[str, object], limits: Limits) -> bytes:
    """Encode a header that any strict reader reads back as it was given."""
    octets = strict_json.dump(members)
    if octets is None:
        raise ValueError("header has a value that strict JSON can't carry")
    if len(octets) > limits.header_bytes:
        raise TokenTooLargeError("header_bytes", limits.header_bytes)
    header.check_ours(members)
    return base64url.encode(octets)
