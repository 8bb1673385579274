"""`Encrypter` and `Decrypter`: encrypt to one recipient, decrypt from one or several.

Rules:
- The token never chooses: a key is bound to one `alg`, the caller names the `enc`s, and a header
  must agree with them. Nothing in a token selects, supplies or fetches a key.
- All checks that need only the token and the public key come before the private key is used. After
  that, all failures are the same: a failed unwrap continues with a random key to the same check of
  the tag.
- The bytes of the received header are the additional authenticated data.
- The caller names the serialization. All serializations go through the same steps.
- Both classes are immutable and safe to share between threads. Every random value is new for each
  token.

Source: RFC 7516 sections 5.1, 5.2, 7.2 and 11.5.
"""

import itertools
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, SupportsIndex, final

from msgspec import structs

from joseal._core import checks, token_count
from joseal._core.algorithms.content_encryption import AeadOutput
from joseal._core.algorithms.key_management import UnwrapRequest, WrapSettings
from joseal._core.algorithms.registry import Enc
from joseal._core.assembly import EncryptionSettings, TokenStart, assemble, deflated
from joseal._core.decryption import (
    BesideContent,
    DecryptionSettings,
    Matched,
    check_lengths,
)
from joseal._core.keys import Key, KeySet
from joseal._core.keys.arguments import (
    NO_INFO,
    acceptable,
    accepted_encs,
    check_aad,
    checked_info,
    content_of,
    drawn_cek_bytes,
    enc_name,
    is_info_given,
    parties,
)
from joseal._core.late import late, load
from joseal._core.limits import Limits
from joseal._core.naming import exported
from joseal._core.policy import Policy
from joseal._core.secrecy import Opaque, Result, hide_locals
from joseal._core.wire import compact
from joseal._core.wire import header as headers
from joseal._core.wire.forms import Form, check_form
from joseal._core.wire.header_memo import HeaderMemo
from joseal.errors import TokenTooLargeError

# Most programs use only the compact form.
if TYPE_CHECKING:
    from joseal._core import json_assembly, json_decryption
else:
    json_assembly = late("joseal._core.json_assembly")
    json_decryption = late("joseal._core.json_decryption")

_DEFAULTS: Final = Limits()


@exported
@final
class Encrypter(Opaque):
    """Encrypts plaintexts into JWE tokens for one key. `MultiEncrypter` is for several keys.

    If the key itself is used with random nonces of 96 bits (`dir` with AES-GCM or C20P, `A*GCMKW`),
    the object stops after 2^32 tokens. The bound applies to the key over all processes that have
    it, and only their operator can enforce that.

    Args:
        key: the recipient's public key, or a shared key.
        enc: the content encryption, such as `A256CBC-HS512`. Omit it for a key for integrated HPKE
            (`HPKE-0`), because its alg includes the content encryption.
        header: Header Parameters for every token, written between `alg` and `enc` in the order
            given.
        write_kid: write the key's kid into the header, unless `header` has one.
        apu: agreed information about the sender, for ECDH-ES. RFC 7518 section 4.6.1.2.
        apv: the same about the recipient.
        compress: deflate the plaintext (`zip`). The length of the token then reveals something
            about its content; RFC 8725 section 3.6 advises against it.
        form: the serialization: `compact`, or JSON in the `flattened` or the `general` form. All
            Header Parameters are in the protected header.
        policy: refuse every name that the policy does not allow.
        limits: bounds on the tokens made, the same as those of a `Decrypter`.

    Raises:
        TypeError: an argument is of the wrong type, or `enc` is missing.
        ValueError: `enc` or `form` is not known, or `enc` is given for integrated HPKE; `header`
            has a parameter that joseal sets itself, or one that strict JSON can't carry, or a wrong
            `crit`; `apu` or `apv` without ECDH-ES, or both equal (RFC 7518 section 4.6.2).
        InvalidKeyError: the key is private (use `key.public()`), or can't be used with this `enc`;
            its `key_ops` or the policy don't permit it; or it is for signatures or for RSA1_5.
        TokenTooLargeError: `header` is over `header_bytes`.

    Example:
        >>> import joseal
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine-2027")
        >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
        >>> token = encrypter.encrypt(b"hello")
        >>> joseal.Decrypter(mine, enc="A256GCM").decrypt(token)
        b'hello'

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
        enc: Enc | None = None,
        header: Mapping[str, object] | None = None,
        write_kid: bool = True,
        apu: bytes = b"",
        apv: bytes = b"",
        compress: bool = False,
        form: Form = "compact",
        policy: Policy | None = None,
        limits: Limits = _DEFAULTS,
    ) -> None:
        if not isinstance(key, Key):
            raise checks.not_key("key", key)
        checks.check(limits, write_kid=write_kid, compress=compress)
        check_form(form)
        known = content_of(key, enc)
        begin = headers.base_parameters(key.alg, key.kid if write_kid else None, header)
        end: dict[str, str] = {} if known.inner_bytes else {"enc": known.name}
        if compress:
            end["zip"] = "DEF"
        settings = EncryptionSettings(
            key=key,
            management=key._for_encryption("encrypt", [known], policy),
            wrap=WrapSettings(known, limits, *parties(key, apu, apv)),
            compress=compress,
            begin=begin,
            end=end,
            protected=headers.encode({**begin, **end}, limits),
            form=form,
            assemble_json=None if form == "compact" else json_assembly.assemble_for_one,
            cek_bytes=drawn_cek_bytes(key, known),
        )
        self._set(
            _settings=settings,
            _tokens=itertools.count() if key._is_counted(known) else None,
        )

    @hide_locals
    def encrypt(
        self,
        plaintext: bytes,
        *,
        header: Mapping[str, object] | None = None,
        aad: bytes | None = None,
        info: bytes = b"",
    ) -> str:
        """Encrypt a plaintext and return the token.

        Each call draws a fresh content encryption key and initialization vector. A token made for
        a public key does not prove who made it.

        Args:
            plaintext: the bytes to encrypt; they may be empty.
            header: Header Parameters for this token only, after those of the object.
            aad: additional data that is authenticated and sent, but not encrypted: the member
                `aad` of a JSON form.
            info: for HPKE, data that both sides know and the token does not have, such as a
                session.

        Returns:
            The token: compact text, or JSON text in the form of this object.

        Raises:
            TypeError: `plaintext`, `aad` or `info` is not bytes, or `header` is not a mapping.
            ValueError: `header` has a parameter that joseal sets itself, or that is set already, or
                that strict JSON can't carry; `aad` is empty, or the form is compact; `info` without
                HPKE or over 32 KiB.
            TokenTooLargeError: header, plaintext or token would be over `limits`.
            InvalidKeyError: a fixed key has made its 2^32 tokens.
            KeyUnavailableError: the device that has the secret could not be reached.

        Example:
            >>> import joseal
            >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine-2027")
            >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
            >>> token = encrypter.encrypt(b"hello", header={"cty": "text/plain"})
            >>> joseal.Decrypter(mine, enc="A256GCM").open(token).header["cty"]
            'text/plain'

        Source: RFC 7516 section 5.1.
        """
        if not isinstance(plaintext, bytes):
            raise checks.not_bytes("plaintext", plaintext)
        settings = self._settings
        enc, limits = settings.wrap.enc, settings.wrap.limits
        if len(plaintext) > limits.plaintext_bytes:
            raise TokenTooLargeError("plaintext_bytes", limits.plaintext_bytes, len(plaintext))
        if aad is not None:
            check_aad(aad, settings.form)
        start = begin_token(self, header, info)
        if settings.compress:
            plaintext = deflated(plaintext, limits)
        if settings.assemble_json is None:
            token = assemble(enc, start, plaintext)
        else:
            token = settings.assemble_json(enc, settings.form, start, plaintext, aad)
        if len(token) > limits.token_bytes:
            raise TokenTooLargeError("token_bytes", limits.token_bytes, len(token))
        return token

    def __eq__(self, other: object) -> bool:
        # With a shared key, equality is identity, as it is for the key.
        if self is other or not isinstance(other, Encrypter) or self._settings.key.is_symmetric:
            return self is other
        # Compared as encoded, because True and 1 are equal in Python but not in a token.
        is_same_header = self._settings.protected == other._settings.protected
        return is_same_header and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((Encrypter, self._settings.key))

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[object, ...]:
        if self._settings.key.is_symmetric:
            return super().__reduce_ex__(protocol)
        return _unpickle, self._parts()

    def _parts(self) -> tuple[Key, Enc | None, dict[str, object], bytes, bytes, bool, Form, Limits]:
        """Return the parts of an Encrypter with a public key; its policy was applied already."""
        made, wrap = self._settings, self._settings.wrap
        return (
            *(made.key, enc_name(wrap.enc), made.begin, wrap.apu, wrap.apv),
            *(made.compress, made.form, wrap.limits),
        )

    def __repr__(self) -> str:
        return f"Encrypter({self._settings.key!r}, enc={enc_name(self._settings.wrap.enc)!r})"


def encryption_settings(encrypter: Encrypter) -> EncryptionSettings:
    """Return the settings of an `Encrypter`."""
    return encrypter._settings


def begin_token(
    encrypter: Encrypter, header: Mapping[str, object] | None, info: bytes = b""
) -> TokenStart:
    """Make the parts of a token before its ciphertext, with a fresh CEK and IV; count the token.

    Raises:
        TypeError: `header` is not a mapping, or `info` is not bytes.
        ValueError: `header` has a name that joseal sets itself or that is set already, or a value
            that strict JSON can't carry; `info` without HPKE or over 32 KiB.
        TokenTooLargeError: the header is over `header_bytes`.
        InvalidKeyError: a fixed key has made its 2^32 tokens.
        KeyUnavailableError: the device that has the secret could not be reached.
    """
    if encrypter._tokens is not None:
        token_count.count(encrypter._tokens)
    settings = encrypter._settings
    begin, protected, wrap = settings.begin, settings.protected, settings.wrap
    if header is not None:
        begin = headers.add_parameters(begin, header)
        protected = headers.encode({**begin, **settings.end}, wrap.limits)
    if info is not NO_INFO and is_info_given(info):
        wrap = structs.replace(wrap, info=checked_info(info, [settings.key]))
    # One draw for the CEK and the IV: a second system call takes 1 % of a token, as measured.
    cek_bytes = settings.cek_bytes
    drawn = os.urandom(cek_bytes + wrap.enc.iv_bytes)
    cek, encrypted_key, managed = settings.management.wrap(wrap, drawn[:cek_bytes] or None)
    if managed:
        protected = headers.encode({**begin, **settings.end, **managed}, wrap.limits)
    return TokenStart(protected, cek, encrypted_key, drawn[cek_bytes:])


def _unpickle(  # noqa: PLR0917 - pickled by position
    key: Key,
    enc: Enc | None,
    begin: dict[str, object],
    apu: bytes,
    apv: bytes,
    compress: bool,  # noqa: FBT001 - the same
    form: Form,
    limits: Limits,
) -> Encrypter:
    header = {name: value for name, value in begin.items() if name != "alg"}
    return Encrypter(
        key,
        enc=enc,
        header=header,
        write_kid=False,
        apu=apu,
        apv=apv,
        compress=compress,
        form=form,
        limits=limits,
    )


@exported
class DecryptedToken(Result):
    """The plaintext of a decrypted token, with its header and the key that was used.

    Attributes:
        plaintext: the bytes that were encrypted.
        header: the Header Parameters of the protected header, in their order; read-only.
        key: the key that decrypted it. For a public-key `alg` it does not identify the sender.
        aad: the additional data that was authenticated with it; empty in the compact form.
        unauthenticated_header: in a JSON form, the Header Parameters that anyone in transit can
            have written: those of the shared unprotected header and of the recipient's header;
            read-only.
        ignored_members: in a JSON form, the names of members that no RFC defines. They are not
            authenticated, and were ignored.

    Example:
        >>> import joseal
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine-2027")
        >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
        >>> token = encrypter.encrypt(b"hello", header={"cty": "text/plain"})
        >>> opened = joseal.Decrypter(mine, enc="A256GCM").open(token)
        >>> opened.plaintext, opened.header["cty"], opened.key.kid
        (b'hello', 'text/plain', 'mine-2027')
    """

    __slots__ = (
        "aad",
        "header",
        "ignored_members",
        "key",
        "plaintext",
        "unauthenticated_header",
    )

    plaintext: bytes
    header: Mapping[str, object]
    key: Key
    aad: bytes
    unauthenticated_header: Mapping[str, object]
    ignored_members: tuple[str, ...]

    def __init__(
        self,
        plaintext: bytes,
        header: dict[str, object],
        key: Key,
        beside: BesideContent | None = None,
    ) -> None:
        self._set(plaintext=plaintext, header=MappingProxyType(header), key=key)
        beside = _NOTHING_BESIDE if beside is None else beside
        self._set(
            aad=beside.aad,
            unauthenticated_header=MappingProxyType(beside.unauthenticated_header),
            ignored_members=beside.ignored_members,
        )

    def __repr__(self) -> str:
        return f"DecryptedToken(plaintext=<{len(self.plaintext)} bytes>, key={self.key!r})"


_NOTHING_BESIDE: Final = BesideContent()


@exported
@final
class Decrypter(Opaque):
    """Decrypts JWE tokens with the keys and the content encryption that the caller accepts.

    Args:
        keys: a `Key`, a `KeySet`, or several keys. A token that names a kid is tried only with
            that key; a token without a kid with at most four.
        enc: one or several names of content encryption to accept. Keys for integrated HPKE
            (`HPKE-0`) need none; if there are other keys too, it applies to those.
        typ: the `typ` that a token must have; None accepts any.
        cty: the `cty` that a token must have; None accepts any.
        crit: names of Header Parameters that the caller understands and will act on.
        any_kid: also try keys whose kid differs from the one that the token names.
        accept_zip: inflate compressed tokens, up to `limits.inflated_bytes`.
        form: the serialization accepted: `compact`, or JSON in the `flattened` or the `general`
            form. Of several recipients, only those are tried whose kid and alg match a key.
        accept_unprotected: names of Header Parameters, such as `("alg", "kid")`, that are also read
            from the shared unprotected header of a JSON form, where they are not authenticated.
            `enc` is then also read from the header of a recipient.
        policy: refuse every name that the policy does not allow.
        limits: bounds on the tokens to decrypt.

    Raises:
        TypeError: an argument is of the wrong type, or `enc` is missing.
        ValueError: `enc` is unknown, empty, or given for keys for integrated HPKE only; `form` is
            unknown; `accept_unprotected` has a name that must be protected.
        InvalidKeyError: there is no key; a key is public, and can't decrypt; a key can't be used
            with any of the encs, or its `key_ops` or the policy don't permit it.

    Example:
        >>> import joseal
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine-2027")
        >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
        >>> token = encrypter.encrypt(b"hello", header={"cty": "text/plain"})
        >>> decrypter = joseal.Decrypter(mine, enc="A256GCM", cty="text/plain")
        >>> decrypter.decrypt(token)
        b'hello'

    Source: RFC 7516 section 5.2.
    """

    __slots__ = ("_memo", "_settings")

    _settings: DecryptionSettings
    _memo: HeaderMemo[Matched]

    @hide_locals
    def __init__(
        self,
        keys: Key | KeySet | Iterable[Key],
        *,
        enc: Enc | Collection[Enc] | None = None,
        typ: str | None = None,
        cty: str | None = None,
        crit: Collection[str] = (),
        any_kid: bool = False,
        accept_zip: bool = False,
        form: Form = "compact",
        accept_unprotected: Collection[str] = (),
        policy: Policy | None = None,
        limits: Limits = _DEFAULTS,
    ) -> None:
        checks.check(limits, any_kid=any_kid, accept_zip=accept_zip)
        check_form(form)
        ring = KeySet._of(keys)
        encs = accepted_encs(ring, enc)
        settings = DecryptionSettings(
            keys=ring,
            mechanisms=ring._prepare(lambda key: key._for_encryption("decrypt", encs, policy)),
            encs={known.name: known for known in encs},
            contents={key.alg: key._content for key in ring if key._content is not None},
            expected=headers.expected(typ, cty, crit),
            any_kid=any_kid,
            accept_zip=accept_zip,
            form=form,
            is_compact=form == "compact",
            unprotected=acceptable(form, accept_unprotected),
            limits=limits,
        )
        if form != "compact":
            load(json_decryption)
        memo: HeaderMemo[Matched] = HeaderMemo()
        self._set(_settings=settings, _memo=memo)

    @hide_locals
    def decrypt(self, token: str | bytes, *, aad: bytes | None = None, info: bytes = b"") -> bytes:
        """Decrypt a token and return the plaintext.

        No plaintext is released unless the tag is valid for header, AAD, IV and ciphertext.

        Args:
            token: the token, in the form that this object accepts.
            aad: the additional data that a message in a JSON form must have. None accepts any.
            info: for HPKE, data that both sides know and the token does not have, such as a
                session. A token for any other alg does not bind it, and is then refused.

        Returns:
            The plaintext.

        Raises:
            TypeError: `token` is neither str nor bytes, or `aad` or `info` is not bytes.
            ValueError: `aad` is empty, or the form is compact, which has no AAD; `info` without a
                key for HPKE.
            MalformedTokenError: it is not a strict JWE in this form.
            TokenTooLargeError: it is over a limit.
            NotAllowedError: alg, enc, zip, typ, cty, p2c or aad is not what this object accepts, or
                the alg does not bind the `info`.
            UnknownKeyError: it names a kid that no key here has.
            DecryptionError: it can't be decrypted; the reason is not given.
            KeyUnavailableError: the device that has the key could not be reached.

        Example:
            >>> import joseal
            >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine-2027")
            >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
            >>> token = encrypter.encrypt(b"hello", header={"cty": "text/plain"})
            >>> joseal.Decrypter(mine, enc="A256GCM").decrypt(token)
            b'hello'

        Source: RFC 7516 section 5.2.
        """
        return self._open(token, aad, info)[0]

    @hide_locals
    def open(
        self, token: str | bytes, *, aad: bytes | None = None, info: bytes = b""
    ) -> DecryptedToken:
        """Decrypt a token and return the plaintext with the header and the key.

        No plaintext is released unless the tag is valid for header, AAD, IV and ciphertext.

        Args:
            token: the token, in the form that this object accepts.
            aad: the additional data that a message in a JSON form must have. None accepts any.
            info: for HPKE, data that both sides know and the token does not have, such as a
                session. A token for any other alg does not bind it, and is then refused.

        Returns:
            The plaintext, the header that was authenticated with it, and the key that was used.

        Raises:
            TypeError: `token` is neither str nor bytes, or `aad` or `info` is not bytes.
            ValueError: `aad` is empty, or the form is compact, which has no AAD; `info` without a
                key for HPKE.
            MalformedTokenError: it is not a strict JWE in this form.
            TokenTooLargeError: it is over a limit.
            NotAllowedError: alg, enc, zip, typ, cty, p2c or aad is not what this object accepts, or
                the alg does not bind the `info`.
            UnknownKeyError: it names a kid that no key here has.
            DecryptionError: it can't be decrypted; the reason is not given.
            KeyUnavailableError: the device that has the key could not be reached.

        Example:
            >>> import joseal
            >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine-2027")
            >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
            >>> token = encrypter.encrypt(b"hello", header={"cty": "text/plain"})
            >>> opened = joseal.Decrypter(mine, enc="A256GCM").open(token)
            >>> opened.plaintext, opened.header["alg"], opened.key.kid
            (b'hello', 'ECDH-ES+A256KW', 'mine-2027')

        Source: RFC 7516 section 5.2.
        """
        plaintext, header, key, beside = self._open(token, aad, info)
        # A copy: a remembered header is the same object for every token.
        return DecryptedToken(plaintext, dict(header), key, beside)

    def _open(
        self, token: str | bytes, aad: bytes | None, info: bytes
    ) -> tuple[bytes, dict[str, object], Key, BesideContent | None]:
        """RFC 7516 section 5.2."""
        settings = self._settings
        if aad is not None:
            check_aad(aad, settings.form)
        if info is not NO_INFO and is_info_given(info):
            checked_info(info, settings.keys)
        if not settings.is_compact:
            return json_decryption.open_json(settings, token, aad, info)
        parts = compact.parse_jwe(token, settings.limits)
        protected = parts.protected
        recalled = self._memo.recall(protected)
        matched = settings.match(protected) if recalled is None else recalled
        parsed, enc, keys = matched
        decoded = compact.decode_jwe(parts)
        sealed = AeadOutput(protected, decoded.iv, decoded.ciphertext, decoded.tag)
        check_lengths(enc, sealed)
        encrypted_key = decoded.encrypted_key
        request = UnwrapRequest(enc, parsed.known, encrypted_key, settings.limits, {}, info)
        steps = settings.check_public(keys, request)
        plaintext, (key, _) = settings.decrypt(enc, sealed, parsed, steps)
        if recalled is None:
            self._memo.remember(protected, parsed, matched)
        return plaintext, parsed.all, key, None

    def __repr__(self) -> str:
        return f"Decrypter({self._settings.keys!r}, enc={sorted(self._settings.encs)!r})"


def decryption_settings(decrypter: Decrypter) -> DecryptionSettings:
    """Return the settings of a `Decrypter`."""
    return decrypter._settings
