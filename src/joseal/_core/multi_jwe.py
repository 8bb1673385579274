"""`MultiEncrypter`: one message for several recipients, each with its own key.

Rules:
- The content is encrypted once, under a CEK that is wrapped for each recipient.
- The parameters of one recipient are in its header, which nothing authenticates; all others are in
  the protected header. A key is bound to its alg, so rewriting that header gains an attacker
  nothing.
- A key that determines the CEK can't be combined with other recipients.

Source: RFC 7516 sections 5.1 and 7.2.1.
"""

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, SupportsIndex, final

from msgspec import structs

from joseal._core import checks, token_count
from joseal._core.algorithms.hpke.quantum import weakest_of
from joseal._core.algorithms.key_management import KeyManagement, WrapSettings
from joseal._core.algorithms.pbes2 import Password
from joseal._core.algorithms.registry import Enc, lookup_enc
from joseal._core.assembly import deflated
from joseal._core.json_assembly import JsonStart, assemble_json
from joseal._core.keys import Key
from joseal._core.keys.arguments import check_aad, checked_info, is_info_given
from joseal._core.keys.keyset import distinct
from joseal._core.limits import Limits
from joseal._core.naming import exported
from joseal._core.policy import Policy
from joseal._core.secrecy import Hidden, Opaque, hide_locals
from joseal._core.wire import base64url, strict_json
from joseal._core.wire import header as headers
from joseal._core.wire.json_form.encrypted import ALONE, Recipient, encode_shared
from joseal._core.wire.json_form.members import PER_RECIPIENT
from joseal.errors import InvalidKeyError, TokenTooLargeError

_DEFAULTS: Final = Limits()


class Target(Hidden, frozen=True):
    """One recipient: its mechanism, and the beginning of its header."""

    management: KeyManagement
    own: dict[str, object]


class MultiSettings(Hidden, frozen=True, kw_only=True):
    """The settings of a `MultiEncrypter`, checked and prepared.

    Attributes:
        keys: the keys of the recipients.
        recipients: the same keys, prepared.
        wrap: enc and limits.
        compress: whether plaintexts are deflated.
        rewrappable: whether a single recipient has its own header too.
        begin: the Header Parameters before those that each message adds.
        end: the Header Parameters after them.
        aad: the additional data of every message.
    """

    keys: tuple[Key, ...]
    recipients: tuple[Target, ...]
    wrap: WrapSettings
    compress: bool
    rewrappable: bool
    begin: dict[str, object]
    end: dict[str, str]
    aad: bytes | None


@exported
@final
class MultiEncrypter(Opaque):
    """Encrypts plaintexts into JWE messages for several keys, in the general JSON form.

    Any one of the keys opens the message, with `Decrypter(..., form="general")`. Every recipient
    can read all of the message except the other encrypted keys; a message for a public key does not
    prove who made it. If all keys are public, the object can be pickled, and `joseal.bulk` takes
    it.

    Args:
        keys: the public key of each recipient, or a key shared with it.
        enc: the content encryption, such as `A256GCM`.
        header: Header Parameters of the protected header for every message, before `enc`.
        write_kid: write each key's kid into the header of its recipient.
        aad: additional data for every message: authenticated and sent, but not encrypted.
        compress: deflate the plaintext (`zip`); see `Encrypter`.
        rewrappable: write the parameters of the key into the header of its recipient even if there
            is only one, so that `Rewrapper` can move the message to a different key. Otherwise the
            parameters of a single recipient are protected, so they can't change.
        policy: refuse every name that the policy does not allow.
        limits: bounds on the messages made, the same as those of a `Decrypter`.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `enc` is not known; `header` has a parameter that joseal sets itself, that
            belongs to one recipient, or that strict JSON can't carry; or `aad` is empty.
        InvalidKeyError: there is no key, or two have the same kid and alg; a key for `dir` or
            `ECDH-ES` is next to others, or with `rewrappable`; one for integrated HPKE; one that is
            not quantum-resistant next to a key for post-quantum HPKE; or one that `Encrypter`
            refuses.
        TokenTooLargeError: there are more keys than `recipients`, the passwords together need more
            than `pbes2_iterations`, or `header` is over `header_bytes`.

    Example:
        >>> import joseal
        >>> bank = joseal.Key.generate("ECDH-ES+A256KW", kid="bank")
        >>> safe = joseal.Key.generate("RSA-OAEP-256", kid="safe")
        >>> encrypter = joseal.MultiEncrypter([bank.public(), safe.public()], enc="A256GCM")
        >>> message = encrypter.encrypt(b"hello")
        >>> joseal.Decrypter(safe, enc="A256GCM", form="general").decrypt(message)
        b'hello'

    Source: RFC 7516 sections 5.1 and 7.2.1.
    """

    __slots__ = ("_settings", "_tokens")

    _settings: MultiSettings
    _tokens: Iterator[int] | None

    @hide_locals
    def __init__(
        self,
        keys: Iterable[Key],
        *,
        enc: Enc,
        header: Mapping[str, object] | None = None,
        write_kid: bool = True,
        aad: bytes | None = None,
        compress: bool = False,
        rewrappable: bool = False,
        policy: Policy | None = None,
        limits: Limits = _DEFAULTS,
    ) -> None:
        checks.check(limits, write_kid=write_kid, compress=compress, rewrappable=rewrappable)
        if aad is not None:
            check_aad(aad, "general")
        known, chosen = lookup_enc(enc), distinct(keys)
        _check_together(chosen, limits, rewrappable=rewrappable)
        end: dict[str, str] = {"enc": known.name, "zip": "DEF"} if compress else {"enc": known.name}
        settings = MultiSettings(
            keys=chosen,
            recipients=tuple(
                Target(
                    key._for_encryption("encrypt", [known], policy),
                    headers.base_parameters(key.alg, key.kid if write_kid else None, None),
                )
                for key in chosen
            ),
            wrap=WrapSettings(known, limits),
            compress=compress,
            rewrappable=rewrappable,
            begin=_shared(headers.checked_parameters(header)),
            end=end,
            aad=aad,
        )
        encode_shared({**settings.begin, **end}, limits)
        counted = any(key._is_counted(known) for key in chosen)
        self._set(_settings=settings, _tokens=itertools.count() if counted else None)

    @hide_locals
    def encrypt(
        self,
        plaintext: bytes,
        *,
        header: Mapping[str, object] | None = None,
        aad: bytes | None = None,
        info: bytes = b"",
    ) -> str:
        """Encrypt a plaintext and return the message.

        Args:
            plaintext: the bytes to encrypt; they may be empty.
            header: Header Parameters of the protected header, for this message only.
            aad: additional data for this message only.
            info: for HPKE, context that all sides know and that is not in the message, such as a
                session. Each recipient passes the same to its Decrypter.

        Returns:
            JSON text in the general form.

        Raises:
            TypeError: `plaintext`, `aad` or `info` is not bytes, or `header` is not a mapping.
            ValueError: `header` has a parameter that joseal sets itself, that belongs to one
                recipient, that is already set, or that strict JSON can't carry; `aad` is empty or
                already set; `info` is given with a key that is not for HPKE, or is over 32 KiB.
            TokenTooLargeError: header, plaintext or message would be over `limits`.
            InvalidKeyError: a fixed key has made its 2^32 tokens.
            KeyUnavailableError: a secret on a device is unavailable.

        Example:
            >>> import joseal
            >>> bank = joseal.Key.generate("ECDH-ES+A256KW", kid="bank")
            >>> encrypter = joseal.MultiEncrypter([bank.public()], enc="A256GCM")
            >>> message = encrypter.encrypt(b"hello", aad=b"order 7")
            >>> joseal.Decrypter(bank, enc="A256GCM", form="general").open(message).aad
            b'order 7'

        Source: RFC 7516 section 5.1.
        """
        if not isinstance(plaintext, bytes):
            raise checks.not_bytes("plaintext", plaintext)
        settings, limits = self._settings, self._settings.wrap.limits
        if len(plaintext) > limits.plaintext_bytes:
            raise TokenTooLargeError("plaintext_bytes", limits.plaintext_bytes, len(plaintext))
        if aad is not None:
            check_aad(aad, "general")
            if settings.aad is not None:
                raise ValueError("aad is set for every message already")
        start = self._begin(header, info)
        if settings.compress:
            plaintext = deflated(plaintext, limits)
        data = settings.aad if aad is None else aad
        message = assemble_json(settings.wrap.enc, start, plaintext, data)
        if len(message) > limits.token_bytes:
            raise TokenTooLargeError("token_bytes", limits.token_bytes, len(message))
        return message

    def _begin(self, header: Mapping[str, object] | None, info: bytes) -> JsonStart:
        """Make everything in a message before its ciphertext, with a fresh CEK and iv."""
        settings = self._settings
        wrap, begin = settings.wrap, settings.begin
        if is_info_given(info):
            # For each key: a recipient without HPKE would open the message without the info.
            for key in settings.keys:
                wrap = structs.replace(wrap, info=checked_info(info, [key]))
        if header is not None:
            begin = _shared(headers.add_parameters(begin, header))
        token_count.count(self._tokens)
        cek, recipients = wrap_for(settings.recipients, wrap)
        shared: dict[str, object] = {**begin, **settings.end}
        if len(recipients) != 1 or settings.rewrappable:
            protected = encode_shared(shared, wrap.limits)
        else:
            (alone,) = recipients
            protected = headers.encode({**alone.header, **shared}, wrap.limits)
            recipients = (Recipient({}, alone.encrypted_key),)
        return JsonStart("general", protected, cek, os.urandom(wrap.enc.iv_bytes), recipients)

    def __eq__(self, other: object) -> bool:
        # With a shared key, equality is identity, as it is for the key.
        if self is other or not isinstance(other, MultiEncrypter) or self._has_secrets():
            return self is other
        # Compared as encoded, because True and 1 are equal in Python but not in a message.
        mine, theirs = (strict_json.write(each._settings.begin) for each in (self, other))
        return mine == theirs and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((MultiEncrypter, self._settings.keys))

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[object, ...]:
        if self._has_secrets():
            return super().__reduce_ex__(protocol)
        return _unpickle, self._parts()

    def _has_secrets(self) -> bool:
        return any(key.is_symmetric for key in self._settings.keys)

    def _parts(
        self,
    ) -> tuple[tuple[Key, ...], Enc, dict[str, object], bool, bytes | None, bool, bool, Limits]:
        """Return the parts of a MultiEncrypter with public keys; its policy was applied already."""
        made = self._settings
        writes_kid = any("kid" in target.own for target in made.recipients)
        return (
            *(made.keys, made.wrap.enc.name, made.begin, writes_kid),
            *(made.aad, made.compress, made.rewrappable, made.wrap.limits),
        )

    def __repr__(self) -> str:
        enc = self._settings.wrap.enc.name
        return f"MultiEncrypter({list(self._settings.keys)!r}, enc={enc!r})"


def _unpickle(  # noqa: PLR0917 - pickled by position
    keys: tuple[Key, ...],
    enc: Enc,
    begin: dict[str, object],
    write_kid: bool,  # noqa: FBT001 - the same
    aad: bytes | None,
    compress: bool,  # noqa: FBT001 - the same
    rewrappable: bool,  # noqa: FBT001 - the same
    limits: Limits,
) -> MultiEncrypter:
    return MultiEncrypter(
        keys,
        enc=enc,
        header=begin,
        write_kid=write_kid,
        aad=aad,
        compress=compress,
        rewrappable=rewrappable,
        limits=limits,
    )


def multi_settings(encrypter: MultiEncrypter) -> MultiSettings:
    """Return the settings of a `MultiEncrypter`."""
    return encrypter._settings


def wrap_for(
    targets: Iterable[Target], settings: WrapSettings, cek: bytes | None = None
) -> tuple[bytes, tuple[Recipient, ...]]:
    """Wrap one CEK for each recipient; a fresh one unless one is given.

    Raises:
        TokenTooLargeError: a recipient with the same limits would refuse the work.
        ValueError: there is no recipient, or one of several determines the CEK.
    """
    recipients: list[Recipient] = []
    for target in targets:
        cek, encrypted_key, managed = target.management.wrap(settings, cek)
        own = {**target.own, **managed}
        recipients.append(Recipient(own, base64url.encode(encrypted_key)))
    if cek is None:
        raise ValueError("there is no recipient")
    return cek, tuple(recipients)


def _check_together(keys: tuple[Key, ...], limits: Limits, *, rewrappable: bool) -> None:
    """Check that keys can be recipients of one message.

    Raises:
        TokenTooLargeError: there are too many of them, or they ask for too much work.
        InvalidKeyError: one of them can't be combined with others.
    """
    if len(keys) > limits.recipients:
        raise TokenTooLargeError("recipients", limits.recipients, len(keys))
    for place, key in enumerate(keys):
        if key._content is not None:
            raise InvalidKeyError(
                f"keys[{place}]: {key.alg} encrypts the content itself, for one recipient: use "
                f"Encrypter(key, form=...), or a key for {key.alg}-KE"
            )
        if len(keys) > 1 and key.alg in ALONE:
            raise InvalidKeyError(
                f"keys[{place}]: {key.alg} makes the CEK itself, and can't be used with other keys"
            )
        if rewrappable and key.alg in ALONE:
            raise InvalidKeyError(f"{key.alg} makes the CEK itself, which can't be rewrapped")
    weakest = weakest_of(key.alg for key in keys)
    if weakest is not None:
        raise InvalidKeyError(
            f"{weakest} is not quantum-resistant, and a key next to it is: breaking it reveals "
            "the CEK of all"
        )
    passwords = [key._material for key in keys if isinstance(key._material, Password)]
    work = sum(password.iterations for password in passwords)
    if work > limits.pbes2_iterations:
        raise TokenTooLargeError("pbes2_iterations", limits.pbes2_iterations, work)


def _shared(members: dict[str, object]) -> dict[str, object]:
    """Check the members that a caller puts into the shared header.

    Raises:
        ValueError: a member belongs to one recipient.
    """
    for name in members:
        if name in PER_RECIPIENT:
            raise ValueError(f"header: {name} belongs to one recipient: it comes from the key")
    return members
