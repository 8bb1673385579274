"""`Signer` and `Verifier`: JWS with one signature or several, attached and detached.

Rules:
- As for JWE, the token never chooses: a key is bound to one `alg`, `none` does not exist, and the
  caller decides the serialization and whether the payload is encoded (`b64`).
- No part of a payload is released before its signature is verified.

Source: RFC 7515 sections 5.1, 5.2 and 7.2, RFC 7797, RFC 8725 section 3.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, final

from msgspec import UNSET, structs

from joseal._core import checks
from joseal._core.algorithms.signatures import SignatureScheme
from joseal._core.keys import Key, KeySet
from joseal._core.keys.keyset import MOST_TRIES, in_turn
from joseal._core.limits import Limits
from joseal._core.naming import exported
from joseal._core.policy import Policy
from joseal._core.secrecy import Opaque, Result, hide_locals
from joseal._core.wire import base64url, compact, strict_json
from joseal._core.wire import header as headers
from joseal._core.wire.forms import Form, check_form
from joseal._core.wire.header import Expected, Header
from joseal._core.wire.json_form import members as json_members
from joseal._core.wire.json_form import signed
from joseal._core.wire.json_form.signed import JsonJws, Signature
from joseal.errors import (
    MalformedTokenError,
    NotAllowedError,
    TokenTooLargeError,
    UnknownKeyError,
    VerificationError,
)

_DEFAULTS: Final = Limits()
_NO_HEADER: Final[Mapping[str, object]] = MappingProxyType({})

# Printable ASCII without the dot, which would end the segment. RFC 7797 section 5.2.
_CARRIED: Final = re.compile(rb"[\x20-\x2d\x2f-\x7e]*")


@exported
@final
class Signer(Opaque):
    """Signs payloads as JWS tokens with one key. `MultiSigner` is for several.

    Args:
        key: a private key, or a shared one.
        header: Header Parameters for every token, written after `alg` in the order given. A `crit`
            among them is checked.
        write_kid: write the key's kid into the header, unless `header` has one.
        detached: leave the payload out of the token. RFC 7515 appendix F.
        b64: False signs the payload as it is (`b64`, RFC 7797). An attached payload must then be
            ASCII that a compact token can carry, or UTF-8 in a JSON form. A JWT payload is always
            encoded (RFC 7797 section 7).
        form: the serialization: `compact`, or JSON in the `flattened` or the `general` form. All
            Header Parameters are in the protected header.
        policy: refuse every name that the policy does not allow.
        limits: bounds on the tokens made, the same as those of a `Verifier`.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `header` has a parameter that joseal sets itself, or one that strict JSON can't
            carry, or a wrong `crit`; its `typ` is JWT and `b64` is False; or `form` is not known.
        InvalidKeyError: the key is public or for encryption, or its `key_ops` or the policy don't
            permit it.
        TokenTooLargeError: `header` is over `header_bytes`.

    Example:
        >>> import joseal
        >>> shop = joseal.Key.generate("ES256", kid="shop-2027")
        >>> token = joseal.Signer(shop).sign(b"hello")
        >>> joseal.Verifier(shop.public()).verify(token)
        b'hello'

    Source: RFC 7515 section 5.1.
    """

    __slots__ = (
        "_b64",
        "_detached",
        "_form",
        "_key",
        "_limits",
        "_members",
        "_protected",
        "_signature",
    )

    _key: Key
    _signature: SignatureScheme
    _members: dict[str, object]
    _protected: bytes
    _detached: bool
    _b64: bool
    _form: Form
    _limits: Limits

    @hide_locals
    def __init__(
        self,
        key: Key,
        *,
        header: Mapping[str, object] | None = None,
        write_kid: bool = True,
        detached: bool = False,
        b64: bool = True,
        form: Form = "compact",
        policy: Policy | None = None,
        limits: Limits = _DEFAULTS,
    ) -> None:
        if not isinstance(key, Key):
            raise checks.not_key("key", key)
        checks.check(limits, write_kid=write_kid, detached=detached, b64=b64)
        check_form(form)
        members = headers.base_parameters(key.alg, key.kid if write_kid else None, header)
        protected = headers.encode(members, limits)
        if not b64:
            # RFC 7797 section 6: a recipient that does not know b64 must refuse the token.
            listed = strict_json.as_list(members.get("crit")) or []
            members = {**members, "b64": False, "crit": [*listed, "b64"]}
            protected = headers.encode(members, limits)
        signature = key._for_signatures("sign", policy)
        self._set(_key=key, _signature=signature, _members=members, _protected=protected)
        self._set(_detached=detached, _b64=b64, _form=form, _limits=limits)

    @hide_locals
    def sign(self, payload: bytes, *, header: Mapping[str, object] | None = None) -> str:
        """Sign a payload and return the token.

        Args:
            payload: the bytes to sign; they may be empty.
            header: Header Parameters for this token only, after those of the object.

        Returns:
            The token: compact text, or JSON text in the form of this object.

        Raises:
            TypeError: `payload` is not bytes, or `header` is not a mapping.
            ValueError: `header` has a parameter that joseal sets itself, or that is set already, or
                that strict JSON can't carry, or the `typ` of a JWT although `b64` is False; or the
                payload is unencoded, and a compact token can't carry it.
            TokenTooLargeError: header, payload or token would be over `limits`.
            KeyUnavailableError: a key on a device is unavailable.

        Example:
            >>> import joseal
            >>> shop = joseal.Key.generate("ES256", kid="shop-2027")
            >>> token = joseal.Signer(shop).sign(b"hello", header={"typ": "receipt"})
            >>> joseal.Verifier(shop.public(), typ="receipt").verify(token)
            b'hello'

        Source: RFC 7515 section 5.1, RFC 7797 section 5.
        """
        if self._form != "compact":
            return sign_json([self], self._form, payload, header)
        protected, encoded, signature = self._sign(payload, header)
        shown = b"" if self._detached else encoded
        token = b".".join((protected, shown, signature)).decode("ascii")
        check_token_size(token, self._limits)
        return token

    def _sign(
        self, payload: bytes, header: Mapping[str, object] | None
    ) -> tuple[bytes, bytes, bytes]:
        """Return the protected header, the payload as it is signed, and the signature."""
        if not isinstance(payload, bytes):
            raise checks.not_bytes("payload", payload)
        if len(payload) > self._limits.plaintext_bytes:
            raise TokenTooLargeError("plaintext_bytes", self._limits.plaintext_bytes, len(payload))
        protected = self._protected if header is None else self._protect(header)
        encoded = base64url.encode(payload) if self._b64 else payload
        if not self._b64 and not self._detached:
            self._check_carried(payload)
        signature = self._signature.sign(protected + b"." + encoded)
        return protected, encoded, base64url.encode(signature)

    def _check_carried(self, payload: bytes) -> None:
        if self._form == "compact" and not _CARRIED.fullmatch(payload):
            raise ValueError("an unencoded payload must be printable ASCII without a dot")
        if self._form != "compact" and not _is_utf8(payload):
            raise ValueError("an unencoded payload must be UTF-8 text")

    @property
    def is_detached(self) -> bool:
        """Whether the payload is left out of the tokens."""
        return self._detached

    @property
    def is_encoded(self) -> bool:
        """Whether the payload is base64url, as it is without `b64=False`."""
        return self._b64

    @property
    def is_compact(self) -> bool:
        """Whether the tokens are in the compact form, as they are without `form=`."""
        return self._form == "compact"

    def _protect(self, own: Mapping[str, object]) -> bytes:
        return headers.encode(headers.add_parameters(self._members, own), self._limits)

    def __repr__(self) -> str:
        return f"Signer({self._key!r})"


def sign_json(
    signers: Sequence[Signer], form: Form, payload: bytes, header: Mapping[str, object] | None
) -> str:
    """Sign a payload with one or several keys, and return the message. RFC 7515 section 5.1.

    Args:
        signers: Signers that differ only in their keys.
        form: flattened or general.
        payload: the bytes to sign.
        header: Header Parameters of each protected header, for this message only.

    Raises: as `Signer.sign`.
    """
    made = [signer._sign(payload, header) for signer in signers]
    signatures = tuple(Signature(protected, {}, signature) for protected, _, signature in made)
    shown = None if signers[0].is_detached else made[0][1]
    message = signed.write(JsonJws(form=form, payload=shown, signatures=signatures))
    check_token_size(message, signers[0]._limits)
    return message


def check_token_size(token: str, limits: Limits) -> None:
    """Check the size of a token that was made.

    Raises:
        TokenTooLargeError: it is over `token_bytes`.
    """
    if len(token) > limits.token_bytes:
        raise TokenTooLargeError("token_bytes", limits.token_bytes, len(token))


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


@exported
class VerifiedToken(Result):
    """The payload of a verified token, with its header and the key that was used.

    Attributes:
        payload: the bytes that were signed.
        header: the Header Parameters of the protected header, in their order; read-only.
        key: the key under which a signature is valid. If the message has several signatures, the
            others may be valid or not.
        unauthenticated_header: in a JSON form, the Header Parameters that anyone in transit can
            have written: the signature's unprotected header; read-only.
        ignored_members: in a JSON form, the names of members that no RFC defines. They are not
            authenticated, and were ignored.

    Example:
        >>> import joseal
        >>> shop = joseal.Key.generate("ES256", kid="shop-2027")
        >>> token = joseal.Signer(shop).sign(b"hello", header={"typ": "receipt"})
        >>> verified = joseal.Verifier(shop.public()).open(token)
        >>> verified.payload, verified.header["typ"], verified.key.kid
        (b'hello', 'receipt', 'shop-2027')
    """

    __slots__ = ("header", "ignored_members", "key", "payload", "unauthenticated_header")

    payload: bytes
    header: Mapping[str, object]
    key: Key
    unauthenticated_header: Mapping[str, object]
    ignored_members: tuple[str, ...]

    def __init__(
        self,
        payload: bytes,
        header: dict[str, object],
        key: Key,
        unauthenticated_header: Mapping[str, object] = _NO_HEADER,
        ignored_members: tuple[str, ...] = (),
    ) -> None:
        self._set(payload=payload, header=MappingProxyType(header), key=key)
        self._set(
            unauthenticated_header=unauthenticated_header,
            ignored_members=ignored_members,
        )

    def __repr__(self) -> str:
        return f"VerifiedToken(payload=<{len(self.payload)} bytes>, key={self.key!r})"


@exported
@final
class Verifier(Opaque):
    """Verifies JWS tokens with the keys that the caller trusts.

    Args:
        keys: a `Key`, a `KeySet`, or several keys, each bound to one alg. A token that names a kid
            is tried only with that key; a token without a kid with at most four.
        typ: the `typ` that a token must have; None accepts any.
        cty: the `cty` that a token must have; None accepts any.
        crit: names of Header Parameters that the caller understands and will act on.
        any_kid: also try keys whose kid differs from the one that the token names.
        b64: False requires unencoded payloads (`b64`, RFC 7797); True refuses them.
        form: the serialization accepted: `compact`, or JSON in the `flattened` or the `general`
            form. If there are several signatures, one of them has to be valid under one of the
            keys; to demand two, verify with two objects.
        policy: refuse every name that the policy does not allow.
        limits: bounds on the tokens verified.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `form` is not known.
        InvalidKeyError: there is no key; a key is for encryption; or its `key_ops` or the policy
            don't permit it.

    Example:
        >>> import joseal
        >>> shop = joseal.Key.generate("ES256", kid="shop-2027")
        >>> token = joseal.Signer(shop).sign(b"hello", header={"typ": "receipt"})
        >>> verifier = joseal.Verifier(shop.public(), typ="receipt")
        >>> verifier.verify(token)
        b'hello'

    Source: RFC 7515 section 5.2.
    """

    __slots__ = ("_any_kid", "_b64", "_expected", "_form", "_keys", "_limits", "_mechanisms")

    _keys: KeySet
    _mechanisms: dict[Key, SignatureScheme]
    _expected: Expected
    _any_kid: bool
    _b64: bool
    _form: Form
    _limits: Limits

    @hide_locals
    def __init__(
        self,
        keys: Key | KeySet | Iterable[Key],
        *,
        typ: str | None = None,
        cty: str | None = None,
        crit: Collection[str] = (),
        any_kid: bool = False,
        b64: bool = True,
        form: Form = "compact",
        policy: Policy | None = None,
        limits: Limits = _DEFAULTS,
    ) -> None:
        checks.check(limits, any_kid=any_kid, b64=b64)
        check_form(form)
        strict_json.prepare()
        ring = KeySet._of(keys)
        # b64 is always understood: `_accept` refuses the value that was not asked for.
        understood = headers.expected(typ, cty, crit)
        understood = structs.replace(understood, crit=understood.crit | {"b64"})
        mechanisms = ring._prepare(lambda key: key._for_signatures("verify", policy))
        self._set(_keys=ring, _mechanisms=mechanisms, _expected=understood)
        self._set(_any_kid=any_kid, _b64=b64, _form=form, _limits=limits)

    @hide_locals
    def verify(self, token: str | bytes, *, payload: bytes | None = None) -> bytes:
        """Verify a token and return the payload.

        Args:
            token: the token, in the form that this object accepts.
            payload: the payload of a detached token, which must then be empty in the token.

        Returns:
            The payload.

        Raises:
            TypeError: an argument is of the wrong type.
            MalformedTokenError: it is not a strict JWS in this form, or has a payload although one
                was given; of a JSON form, it has none although none was given.
            TokenTooLargeError: it is over a limit.
            NotAllowedError: alg, typ, cty or b64 is not what this object accepts.
            UnknownKeyError: it names a kid that no key here has.
            VerificationError: no signature is valid under a key that may be tried.

        Example:
            >>> import joseal
            >>> shop = joseal.Key.generate("ES256", kid="shop-2027")
            >>> token = joseal.Signer(shop).sign(b"hello", header={"typ": "receipt"})
            >>> joseal.Verifier(shop.public()).verify(token)
            b'hello'
            >>> detached = joseal.Signer(shop, detached=True).sign(b"hello")
            >>> joseal.Verifier(shop.public()).verify(detached, payload=b"hello")
            b'hello'

        Source: RFC 7515 section 5.2, RFC 7797.
        """
        return self._open(token, payload).payload

    @hide_locals
    def open(self, token: str | bytes, *, payload: bytes | None = None) -> VerifiedToken:
        """Verify a token and return the payload with the header and the key.

        Args:
            token: the token, in the form that this object accepts.
            payload: the payload of a detached token, which must then be empty in the token.

        Returns:
            The payload, the header that is signed with it, and the key.

        Raises:
            TypeError: an argument is of the wrong type.
            MalformedTokenError: it is not a strict JWS in this form, or has a payload although one
                was given; of a JSON form, it has none although none was given.
            TokenTooLargeError: it is over a limit.
            NotAllowedError: alg, typ, cty or b64 is not what this object accepts.
            UnknownKeyError: it names a kid that no key here has.
            VerificationError: no signature is valid under a key that may be tried.

        Example:
            >>> import joseal
            >>> shop = joseal.Key.generate("ES256", kid="shop-2027")
            >>> token = joseal.Signer(shop).sign(b"hello", header={"typ": "receipt"})
            >>> verified = joseal.Verifier(shop.public()).open(token)
            >>> verified.payload, verified.header["typ"], verified.key.kid
            (b'hello', 'receipt', 'shop-2027')

        Source: RFC 7515 section 5.2, RFC 7797.
        """
        return self._open(token, payload)

    def _open(self, token: str | bytes, payload: bytes | None) -> VerifiedToken:
        """RFC 7515 section 5.2."""
        if payload is not None and not isinstance(payload, bytes):
            raise checks.not_bytes("payload", payload)
        if self._form != "compact":
            return self._open_json(signed.parse(token, self._form, self._limits), payload)
        protected, shown, last = compact.split(token, compact.JWS_SEGMENTS, self._limits)
        parsed = headers.parse(compact.decode(protected, "header"))
        self._accept(parsed)
        keys = self._keys._choose(parsed.known, any_kid=self._any_kid)
        if payload is not None and shown:
            raise MalformedTokenError("the token has a payload, but a detached one was given")
        signature = compact.decode(last, "signature")
        content, encoded = self._payload(shown, payload)
        key = self._find(keys[:MOST_TRIES], protected + b"." + encoded, signature)
        if key is None:
            raise VerificationError
        return VerifiedToken(content, parsed.all, key)

    def _open_json(self, message: JsonJws, payload: bytes | None) -> VerifiedToken:
        """RFC 7515 section 5.2, for a message in JSON."""
        parsed = signed.read_headers(message, self._limits)
        selected = self._select(parsed)
        if message.payload and payload is not None:
            raise MalformedTokenError("the token has a payload, but a detached one was given")
        if message.payload is None and payload is None:
            raise MalformedTokenError("the token has no payload, and a detached one was not given")
        signatures = [
            json_members.decode(each.signature, "signature") for each in message.signatures
        ]
        content, encoded = self._payload(message.payload or b"", payload)
        for place, key in selected:
            shown = message.signatures[place]
            if self._find([key], shown.protected + b"." + encoded, signatures[place]) is not None:
                apart = MappingProxyType(shown.header)
                return VerifiedToken(content, parsed[place].all, key, apart, message.ignored)
        raise VerificationError

    def _find(self, keys: Sequence[Key], data: bytes, signature: bytes) -> Key | None:
        """Return the first key under which the signature is valid."""
        for key in keys:
            if self._mechanisms[key].verify(data, signature):
                return key
        return None

    def _select(self, parsed: Sequence[Header]) -> list[tuple[int, Key]]:
        """Return the accepted signatures, by position, each with a key that may verify it.

        Raises:
            UnknownKeyError: each names a kid that no key has.
            NotAllowedError: alg, typ, cty or b64 of those with a known kid is not accepted.
            MalformedTokenError: `crit` of one of those names a parameter that is not understood.
        """
        selected: list[list[tuple[int, Key]]] = [[] for _ in parsed]
        refusal: UnknownKeyError | NotAllowedError | MalformedTokenError = UnknownKeyError()
        for place, each in enumerate(parsed):
            try:
                keys = self._keys._choose(each.known, any_kid=self._any_kid)
                self._accept(each)
                selected[place] = [(place, key) for key in keys[:MOST_TRIES]]
            except UnknownKeyError:
                continue
            except (NotAllowedError, MalformedTokenError) as error:
                refusal = error
        if not any(selected):
            raise refusal.with_traceback(None)
        return in_turn(selected)

    def _accept(self, parsed: Header) -> None:
        b64 = parsed.known.b64
        if (b64 is False) == self._b64:
            raise NotAllowedError("b64", "unencoded payloads go with b64=False, and only with it")
        if b64 is False and (parsed.known.crit is UNSET or "b64" not in parsed.known.crit):
            raise MalformedTokenError("b64 is not listed in crit")
        if b64 is False and headers.has_media_type(parsed.known.typ, "JWT"):
            raise MalformedTokenError("a JWT must not have an unencoded payload")
        self._expected.check(parsed)

    def _payload(self, shown: bytes, detached: bytes | None) -> tuple[bytes, bytes]:
        """Return the payload, and its form in the signing input."""
        content = shown if detached is None else detached
        encoded = content
        if self._b64 and detached is None:
            content = compact.decode(shown, "payload")
        elif self._b64:
            encoded = base64url.encode(content)
        if len(content) > self._limits.plaintext_bytes:
            raise TokenTooLargeError("plaintext_bytes", self._limits.plaintext_bytes, len(content))
        return content, encoded

    def __repr__(self) -> str:
        return f"Verifier({self._keys!r})"
