"""`Rewrapper`: moves messages from old keys to new ones, those in JSON without opening them.

Rules:
- In a JSON form only the CEK is unwrapped and rewrapped. Protected header, AAD, IV, ciphertext
  and tag are written again byte for byte, and no plaintext is produced unless the caller asks for
  it.
- Unprotected Header Parameters and members that no RFC defines are kept too: they are someone's
  data.
- Authenticated data can't change: a parameter of a recipient that is in the protected header
  must be the one that the new key has, or the message is refused before a private key is used.
- Everything public is checked first. A CEK that can't be unwrapped is the same one failure.
- A compact token is decrypted and encrypted again, because its alg and kid are authenticated.

Source: RFC 7516 sections 5.1, 5.2, 7.2 and 11.5.
"""

from collections.abc import Collection, Sequence
from typing import Final, final

from msgspec import UNSET, structs

from joseal._core import checks, token_count
from joseal._core.algorithms import content_encryption
from joseal._core.algorithms.hpke.quantum import weakest_of
from joseal._core.algorithms.key_management import WrapSettings
from joseal._core.decryption import DecryptionSettings, cek_or_random
from joseal._core.json_decryption import JsonSteps, check_json
from joseal._core.jwe import (
    Decrypter,
    Encrypter,
    decryption_settings,
    encryption_settings,
)
from joseal._core.limits import Limits
from joseal._core.multi_jwe import MultiEncrypter, Target, multi_settings, wrap_for
from joseal._core.naming import exported
from joseal._core.secrecy import Hidden, Opaque, hide_locals
from joseal._core.wire.header import MANAGED, Header
from joseal._core.wire.json_form import encrypted
from joseal._core.wire.json_form import members as rules
from joseal._core.wire.json_form.encrypted import ALONE, JsonJwe, Recipient
from joseal._core.wire.json_form.members import PER_RECIPIENT
from joseal.errors import DecryptionError, NotAllowedError, TokenTooLargeError

_DEFAULTS: Final = Limits()

# The Header Parameters about the key and the encryption, which are new in a new token.
_OF_THE_KEY: Final = MANAGED | {"kid", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit"}

# All other parameters of a recipient are random, and so never repeat.
_CONSTANT: Final = ("alg", "kid")

# Recipients are only counted and named here; no value that is read chooses a key.
_NOTHING_USED: Final = frozenset({"alg", "enc"})


class _New(Hidden, frozen=True, kw_only=True):
    """The new recipients, with the settings of the Encrypter that is for them.

    Attributes:
        targets: the new recipients.
        wrap: enc, limits, apu and apv.
        begin: the Header Parameters that the caller gave for every message.
        unreachable: the arguments that can't apply to a message whose content stays as it is.
    """

    targets: tuple[Target, ...]
    wrap: WrapSettings
    begin: dict[str, object]
    unreachable: tuple[str, ...]


@final
@exported
class Rewrapper(Opaque):
    """Moves messages from old keys to new ones.

    A message in a JSON form is not opened. Its content encryption key (CEK) is unwrapped with an
    old key and wrapped for the new ones; the protected header, AAD, IV, ciphertext and tag stay the
    same byte for byte. So the content encryption and the protected header can't change: a message
    whose protected header has an `alg` or `kid` that is not the new key's is refused. Make messages
    for several keys, or with `MultiEncrypter(..., rewrappable=True)`.

    A compact token is decrypted and encrypted again, in memory, because its `alg` and `kid` are
    authenticated with its content. The new token keeps the Header Parameters that are not about the
    key; those of `new` take precedence. It has the form of `new`.

    A recipient that is replaced may have kept the CEK, or a copy of the old message, and can open
    the content with it: to take access away, encrypt the content again.

    Args:
        old: opens the existing messages, and names their form. In a JSON form, each recipient that
            names one of its keys is replaced, and so is the one that was unwrapped.
        new: encrypts for the new keys. For a JSON form its `enc` must be that of the messages.
        keep_old: leave the old recipients in the message and add the new ones. General form only.
        verify: also decrypt the content of a message in a JSON form, check its tag, and drop the
            plaintext. Without it, a CEK that does not fit the content is not noticed: a message
            that could not be opened before is moved as it is, and can't be opened afterwards.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: for a JSON form, `new` has Header Parameters, AAD or compression, which can't
            change what is authenticated, or its `enc` is not accepted by `old`; a key of `new`
            determines the CEK (`dir`, `ECDH-ES`); there are several new keys, or `keep_old`,
            without the general form; or a key is for `RSA1_5` without `verify`, because its failed
            unwraps look like good ones.

    Example:
        >>> import joseal
        >>> old, new = (joseal.Key.generate("A256KW", kid=kid) for kid in ("2026", "2027"))
        >>> encrypter = joseal.MultiEncrypter([old], enc="A256GCM", rewrappable=True)
        >>> rewrapper = joseal.Rewrapper(
        ...     joseal.Decrypter(old, enc="A256GCM", form="general"),
        ...     joseal.Encrypter(new, enc="A256GCM"),
        ... )
        >>> message = rewrapper.rewrap(encrypter.encrypt(b"hello"))
        >>> joseal.Decrypter(new, enc="A256GCM", form="general").decrypt(message)
        b'hello'

    Source: RFC 7516 sections 5.1, 5.2 and 7.2.
    """

    __slots__ = ("_encrypter", "_keep_old", "_new", "_old", "_verify")

    _encrypter: Encrypter | MultiEncrypter
    _keep_old: bool
    _new: _New
    _old: Decrypter
    _verify: bool

    @hide_locals
    def __init__(
        self,
        old: Decrypter,
        new: Encrypter | MultiEncrypter,
        *,
        keep_old: bool = False,
        verify: bool = False,
    ) -> None:
        if not isinstance(old, Decrypter):
            raise checks.wrong_type("old", "a Decrypter", old)
        if not isinstance(new, Encrypter | MultiEncrypter):
            raise checks.wrong_type("new", "an Encrypter or a MultiEncrypter", new)
        checks.check(_DEFAULTS, keep_old=keep_old, verify=verify)
        opening, made = decryption_settings(old), _new(new)
        if keep_old and opening.form != "general":
            raise ValueError("keep_old=True needs a Decrypter with form='general'")
        if not opening.is_compact:
            _check_json(opening, made, verify=verify)
        self._set(_old=old, _encrypter=new, _new=made, _keep_old=keep_old, _verify=verify)

    @hide_locals
    def rewrap(self, token: str | bytes) -> str:
        """Return a message with the same content, for the new keys.

        A message that is already under a new key is wrapped again too, so that an interrupted job
        can be restarted.

        Args:
            token: the message, in the form that the Decrypter accepts.

        Returns:
            The message. In a JSON form, members that no RFC defines stay where they are; nothing
            authenticates them.

        Raises:
            TypeError: `token` is neither str nor bytes.
            MalformedTokenError: it is not a strict JWE in this form.
            TokenTooLargeError: it, or the new message, is over a limit.
            NotAllowedError: the Decrypter does not accept the alg, enc, zip, typ, cty or p2c; a
                parameter that would have to change is in a header that all recipients share; or the
                old key determines the CEK.
            UnknownKeyError: it names a kid that no old key has.
            DecryptionError: no old key unwraps the CEK, or with `verify`, or for a compact token,
                the content can't be opened.
            InvalidKeyError: a fixed key has wrapped 2^32 times.
            KeyUnavailableError: a key on a device is unavailable.

        Example:
            >>> import joseal
            >>> old, new = (joseal.Key.generate("A256KW", kid=kid) for kid in ("2026", "2027"))
            >>> made = joseal.MultiEncrypter([old], enc="A256GCM", rewrappable=True)
            >>> opener = joseal.Decrypter(old, enc="A256GCM", form="general")
            >>> rewrapper = joseal.Rewrapper(opener, joseal.Encrypter(new, enc="A256GCM"))
            >>> message = rewrapper.rewrap(made.encrypt(b"hello"))
            >>> joseal.Decrypter(new, enc="A256GCM", form="general").decrypt(message)
            b'hello'

        Source: RFC 7516 sections 5.1 and 5.2.
        """
        settings = decryption_settings(self._old)
        if settings.is_compact:
            return self._encrypt_anew(token)
        message = encrypted.parse(token, settings.form, settings.limits)
        found = check_json(settings, message)
        targets = _fit(self._new, message, found)
        cek, opened = self._unwrap(found)
        token_count.count(self._encrypter._tokens)
        _, fresh = wrap_for(targets, self._new.wrap, cek)
        stay = self._staying(found.parsed, opened)
        _check_together([found.parsed[place].known.alg for place in stay], self._new)
        return self._written(message, (*(message.recipients[place] for place in stay), *fresh))

    def _encrypt_anew(self, token: str | bytes) -> str:
        opened = self._old.open(token)
        left_out = _OF_THE_KEY | PER_RECIPIENT | self._new.begin.keys()
        kept = {name: value for name, value in opened.header.items() if name not in left_out}
        return self._encrypter.encrypt(opened.plaintext, header=kept or None)

    def _unwrap(self, found: JsonSteps) -> tuple[bytes, int]:
        """Take the private steps one by one; return the CEK and the position of its recipient.

        Raises:
            DecryptionError: no step gives a CEK or, with `verify`, none opens the content.
        """
        enc = found.enc
        for (_, unwrap), place in found.steps:
            if self._verify:
                cek = cek_or_random(enc, unwrap)
                if content_encryption.open_(enc, cek, found.sealed) is not None:
                    return cek, place
                continue
            # There is no tag check after it, so the outcome is visible at once. All of these
            # mechanisms authenticate the encrypted key, so that the outcome reveals nothing about
            # an altered one.
            unwrapped = unwrap()
            if unwrapped is not None and len(unwrapped) == enc.cek_bytes:
                return unwrapped, place
        raise DecryptionError

    def _staying(self, parsed: Sequence[Header], opened: int) -> list[int]:
        """Return the positions of the recipients that are not replaced."""
        old = () if self._keep_old else decryption_settings(self._old).keys
        names: set[tuple[object, object]] = {(key.alg, key.kid) for key in old}
        names |= {(target.own["alg"], target.own.get("kid")) for target in self._new.targets}
        return [
            place
            for place, each in enumerate(parsed)
            # One without a kid may belong to anyone.
            if (each.known.kid is UNSET or (each.known.alg, each.known.kid) not in names)
            and (self._keep_old or place != opened)
        ]

    def _written(self, message: JsonJwe, recipients: tuple[Recipient, ...]) -> str:
        """Write the new message, by the rules for reading one.

        Raises:
            TokenTooLargeError: it is over a limit.
            NotAllowedError: its passwords ask for more work than `pbes2_iterations` together.
        """
        limits, old = self._new.wrap.limits, decryption_settings(self._old)
        rules.check_count(len(recipients), "recipients", limits)
        moved = structs.replace(message, recipients=recipients)
        encrypted.read_headers(moved, old.unprotected, limits)
        text = encrypted.write(moved)
        if len(text) > limits.token_bytes:
            raise TokenTooLargeError("token_bytes", limits.token_bytes, len(text))
        return text

    def __repr__(self) -> str:
        return f"Rewrapper({self._old!r}, {self._encrypter!r})"


def algs(rewrapper: Rewrapper) -> tuple[list[str], list[str]]:
    """Return the algs of the old keys and those of the new ones."""
    old, new = decryption_settings(rewrapper._old).keys, rewrapper._new.targets
    return [key.alg for key in old], [str(target.own["alg"]) for target in new]


@exported
@hide_locals
def rewrap(
    token: str | bytes,
    old: Decrypter,
    new: Encrypter | MultiEncrypter,
    *,
    keep_old: bool = False,
    verify: bool = False,
) -> str:
    """Move one message from old keys to new ones. For many messages, make a `Rewrapper` once.

    Args:
        token: the message, in the form that `old` accepts.
        old: opens the existing message.
        new: encrypts for the new keys. For a JSON form its `enc` must be that of the message.
        keep_old: leave the old recipients in the message. General form only.
        verify: also decrypt the content of a message in a JSON form, and check its tag.

    Returns:
        A message with the same content, for the new keys.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the arguments don't go together; see `Rewrapper`.
        TokenError: the message can't be moved; see `Rewrapper.rewrap`.
        InvalidKeyError: a fixed key has wrapped 2^32 times.
        KeyUnavailableError: a key on a device is unavailable.

    Example:
        >>> import joseal
        >>> old, new = (joseal.Key.generate("A256KW", kid=kid) for kid in ("2026", "2027"))
        >>> token = joseal.Encrypter(old, enc="A256GCM").encrypt(b"hello")
        >>> moved = joseal.rewrap(
        ...     token,
        ...     joseal.Decrypter(old, enc="A256GCM"),
        ...     joseal.Encrypter(new, enc="A256GCM"),
        ... )
        >>> joseal.Decrypter(new, enc="A256GCM").decrypt(moved)
        b'hello'

    Source: RFC 7516 sections 5.1 and 5.2.
    """
    return Rewrapper(old, new, keep_old=keep_old, verify=verify).rewrap(token)


@exported
@hide_locals
def remove_recipients(
    message: str | bytes, kids: Collection[str], *, limits: Limits = _DEFAULTS
) -> str:
    """Remove recipients from a message in the general JSON form, by their names.

    No key is needed, because nothing authenticates the list of recipients. A recipient that has a
    copy of the message, or of its CEK, can still open the content: to take access away, encrypt the
    content again.

    Args:
        message: the message.
        kids: the `kid` of each recipient to remove, as in its own header.
        limits: bounds on the message.

    Returns:
        The message without them. Members that no RFC defines stay where they are.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: there are no kids.
        MalformedTokenError: it is not a strict JWE in the general form.
        TokenTooLargeError: it is over a limit.
        NotAllowedError: no recipient has such a kid, or no recipient would be left.

    Example:
        >>> import joseal
        >>> keys = [joseal.Key.generate("A256KW", kid=kid) for kid in ("bank", "auditor")]
        >>> message = joseal.MultiEncrypter(keys, enc="A256GCM").encrypt(b"hello")
        >>> message = joseal.remove_recipients(message, ["auditor"])
        >>> joseal.Decrypter(keys[1], enc="A256GCM", form="general").decrypt(message)
        Traceback (most recent call last):
            ...
        joseal.UnknownKeyError: no key here has the kid that the token names

    Source: RFC 7516 section 7.2.1.
    """
    checks.check(limits)
    names = _kids(kids)
    received = encrypted.parse(message, "general", limits)
    encrypted.read_headers(received, _NOTHING_USED, limits)
    encrypted.check_encoded(received)
    found = {str(each.header.get("kid")) for each in received.recipients if "kid" in each.header}
    for place, name in enumerate(names):
        if name not in found:
            raise NotAllowedError("kid", f"no recipient has the name in kids[{place}]")
    left = tuple(each for each in received.recipients if each.header.get("kid") not in names)
    if not left:
        raise NotAllowedError("kid", "no recipient would be left")
    return encrypted.write(structs.replace(received, recipients=left))


def _kids(kids: Collection[str]) -> tuple[str, ...]:
    if isinstance(kids, str) or not isinstance(kids, Collection):
        raise checks.wrong_type("kids", "a collection of str", kids)
    names = tuple(kids)
    for name in names:
        if not isinstance(name, str):
            raise checks.wrong_type("kids", "a collection of str", name)
    if not names:
        raise ValueError("kids is empty: name the recipients to remove")
    return names


def _new(encrypter: Encrypter | MultiEncrypter) -> _New:
    """Return what wraps CEKs for the keys of an Encrypter of either kind."""
    if isinstance(encrypter, MultiEncrypter):
        several = multi_settings(encrypter)
        unreachable = {"aad": several.aad is not None, "compress": several.compress}
        begin, targets, wrap = several.begin, several.recipients, several.wrap
    else:
        one = encryption_settings(encrypter)
        own: dict[str, object] = {name: one.begin[name] for name in _CONSTANT if name in one.begin}
        unreachable = {"compress": one.compress}
        begin = {name: value for name, value in one.begin.items() if name not in own}
        targets, wrap = (Target(one.management, own),), one.wrap
    unreachable["header"] = bool(begin)
    names = tuple(sorted(name for name, given in unreachable.items() if given))
    return _New(targets=targets, wrap=wrap, begin=begin, unreachable=names)


def _check_json(old: DecryptionSettings, new: _New, *, verify: bool) -> None:
    """Check that messages in JSON can move from one to the other.

    Raises:
        ValueError: they can't.
    """
    if new.unreachable:
        raise ValueError(
            f"new has {', '.join(new.unreachable)}, which can't change encrypted content"
        )
    for target in new.targets:
        if target.own["alg"] in ALONE:
            raise ValueError(f"{target.own['alg']} makes the CEK itself, so it can't wrap one")
    if new.wrap.enc.name not in old.encs:
        raise ValueError(
            f"new is for {new.wrap.enc.name}, which old does not accept: a message keeps its enc"
        )
    if len(new.targets) > 1 and old.form != "general":
        raise ValueError("several new keys need a Decrypter with form='general'")
    if not verify and any(key.alg == "RSA1_5" for key in old.keys):
        raise ValueError("with RSA1_5, a failed unwrap looks like a good one: give verify=True")


def _fit(new: _New, message: JsonJwe, found: JsonSteps) -> list[Target]:
    """Return the new recipients, without the parameters that the shared headers already have.

    Raises:
        NotAllowedError: such a header has a different value, the message has no wrapped CEK, or its
            enc is not that of the new keys.
    """
    first = found.parsed[0]
    if found.enc != new.wrap.enc:
        raise NotAllowedError(
            "enc",
            f"the message keeps its enc, {found.enc.name}, and new is for {new.wrap.enc.name}",
        )
    if first.known.alg in ALONE:
        raise NotAllowedError(
            "alg", f"with {first.known.alg} no CEK is wrapped: decrypt it, and encrypt it again"
        )
    fixed = {**message.unprotected, **first.all}
    for name in sorted(PER_RECIPIENT & fixed.keys()):
        owns = [target.own.get(name) for target in new.targets]
        if name not in _CONSTANT or any(own != fixed[name] for own in owns):
            where = "the protected header" if name in first.all else "a shared header"
            raise NotAllowedError(
                name, f"it is in {where}, and can't change: decrypt it, and encrypt it again"
            )
    return [
        Target(
            target.management,
            {name: value for name, value in target.own.items() if name not in fixed},
        )
        for target in new.targets
    ]


def _check_together(algs: list[str], new: _New) -> None:
    """Check that the remaining and the new recipients protect the CEK equally.

    Raises:
        NotAllowedError: one is not quantum-resistant, next to one with post-quantum HPKE.
    """
    weakest = weakest_of([*algs, *(str(target.own["alg"]) for target in new.targets)])
    if weakest is not None:
        raise NotAllowedError(
            "alg", f"{weakest} is not quantum-resistant, and a recipient next to it is"
        )
