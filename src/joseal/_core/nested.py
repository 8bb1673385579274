"""Two layers, both named: sign-then-encrypt and encrypt-then-sign.

Opening requires both layers: a JWE is refused where a JWS is expected, and the reverse. So a token
that anyone can make with a public key never passes for a signed one.

About the order: signing first hides the signature inside, as RFC 7519 section 11.2 advises.
Encrypting first lets everyone see the sender, and the signature does not prove that the signer knew
the content.

Both orders are made and read here, for these classes and for the profiles, whose inner token may
have its own envelope and whose header may contain the time.

Source: RFC 7519 sections 5.2, 7.1 and 11.2; RFC 7520 section 6; RFC 8725 section 3.11.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal, NamedTuple, Protocol, TypeAlias, TypeVar, final

from msgspec import UNSET

from joseal._core import checks
from joseal._core.jwe import DecryptedToken, Decrypter, Encrypter
from joseal._core.jws import Signer, VerifiedToken, Verifier
from joseal._core.keys import Key
from joseal._core.naming import exported
from joseal._core.secrecy import Opaque, Result, hide_locals
from joseal._core.wire.header import demanded, has_media_type
from joseal.errors import DecryptionError, NotAllowedError, TokenError, VerificationError

_Opened = TypeVar("_Opened")

Order: TypeAlias = Literal["sign-then-encrypt", "encrypt-then-sign"]


@exported
class NestedToken(Result):
    """The payload of a nested token, with the headers and keys of both layers.

    Attributes:
        payload: the bytes inside both layers.
        encrypted_header: the protected header of the JWE, read-only.
        decrypted_with: the key that decrypted the JWE.
        signed_header: the protected header of the JWS, read-only; None without a signature.
        signed_by: the key that verified the signature; None without one. Anyone who has the public
            key can make an unsigned message.

    Example:
        >>> import joseal
        >>> shop = joseal.Key.generate("ES256", kid="shop")
        >>> bank = joseal.Key.generate("ECDH-ES+A256KW", kid="bank")
        >>> signer = joseal.Signer(shop)
        >>> encrypter = joseal.Encrypter(bank.public(), enc="A256GCM")
        >>> token = joseal.SignThenEncrypt(signer, encrypter).encrypt(b"hello")
        >>> verifier = joseal.Verifier(shop.public())
        >>> decrypter = joseal.Decrypter(bank, enc="A256GCM")
        >>> opened = joseal.DecryptThenVerify(decrypter, verifier).open(token)
        >>> opened.payload, opened.signed_header["alg"], opened.decrypted_with.kid
        (b'hello', 'ES256', 'bank')

    Source: RFC 7519 sections 5.2 and 11.2, RFC 7516 section 5.
    """

    __slots__ = ("decrypted_with", "encrypted_header", "payload", "signed_by", "signed_header")

    payload: bytes
    encrypted_header: Mapping[str, object]
    decrypted_with: Key
    signed_header: Mapping[str, object] | None
    signed_by: Key | None

    def __init__(
        self, payload: bytes, *, encrypted: DecryptedToken, signed: VerifiedToken | None
    ) -> None:
        self._set(
            payload=payload,
            encrypted_header=encrypted.header,
            decrypted_with=encrypted.key,
            signed_header=None if signed is None else signed.header,
            signed_by=None if signed is None else signed.key,
        )

    def __repr__(self) -> str:
        return f"NestedToken(payload=<{len(self.payload)} bytes>, signed_by={self.signed_by!r})"


class Make(Protocol):
    """The signature that `Encrypter.encrypt` and `Signer.sign` share."""

    def __call__(self, data: bytes, /, *, header: Mapping[str, object] | None = None) -> str:
        """Return a token."""
        ...


class Layer(NamedTuple):
    """One layer of a message to be made.

    Attributes:
        make: makes its token.
        header: returns the Header Parameters for one token only; or None.
    """

    make: Make
    header: Callable[[], Mapping[str, object] | None]


def make_layers(
    payload: bytes, layers: Sequence[Layer], wrap: Callable[[str], bytes] = str.encode
) -> str:
    """Return the token of one layer, or of several.

    Args:
        payload: the content inside all layers.
        layers: the innermost first.
        wrap: puts an inner token into its envelope.

    Raises: as `Signer.sign` and `Encrypter.encrypt` do, and what `wrap` raises.
    """
    first, *others = layers
    token = first.make(payload, header=first.header())
    for layer in others:
        token = layer.make(wrap(token), header=layer.header())
    return token


def open_layers(
    token: str | bytes,
    decrypter: Decrypter,
    verifier: Verifier,
    order: Order,
    *,
    cty: str | None = None,
    unwrap: Callable[[bytes], str | bytes] = bytes,
) -> NestedToken:
    """Open a token of two layers; a token of one is refused.

    Args:
        token: the outer token.
        decrypter: opens the JWE.
        verifier: verifies the JWS.
        order: decides which of the two is the inner one.
        cty: the `cty` that the outer header must have. None accepts any.
        unwrap: takes an inner token out of its envelope.

    Raises:
        NotAllowedError: the outer `cty` is not the required one.

    Further exceptions are those of `Decrypter.open` and `Verifier.open`, and of `unwrap`.
    """
    if order == "sign-then-encrypt":
        encrypted = _in_layer("outer", decrypter.open, token)
        _check_cty(encrypted.header, cty)
        signed = _in_layer("inner", verifier.open, unwrap(encrypted.plaintext))
        return NestedToken(signed.payload, encrypted=encrypted, signed=signed)
    signed = _in_layer("outer", verifier.open, token)
    _check_cty(signed.header, cty)
    encrypted = _in_layer("inner", decrypter.open, unwrap(signed.payload))
    return NestedToken(encrypted.plaintext, encrypted=encrypted, signed=signed)


def _check_cty(header: Mapping[str, object], cty: str | None) -> None:
    if cty is not None and not has_media_type(header.get("cty"), cty):
        error = NotAllowedError("cty", demanded("cty", cty, header.get("cty", UNSET)))
        error.layer = "outer"
        raise error


class _NestedEncrypter(Opaque):
    """The steps that both orders share when a message is made."""

    __slots__ = ("_encrypter", "_layers", "_signer")

    _ORDER: ClassVar[Order]
    _signer: Signer
    _encrypter: Encrypter
    _layers: tuple[Layer, Layer]

    def _prepare(self, signer: Signer, encrypter: Encrypter, cty: str | None) -> None:
        if not isinstance(signer, Signer):
            raise checks.wrong_type("signer", "a Signer", signer)
        if not isinstance(encrypter, Encrypter):
            raise checks.wrong_type("encrypter", "an Encrypter", encrypter)
        if signer.is_detached:
            raise ValueError(
                "signer is detached, so the payload would be lost: leave out detached="
            )
        outer = None if _text(cty) is None else {"cty": cty}
        makes: tuple[Make, Make] = (signer.sign, encrypter.encrypt)
        first, second = makes if self._ORDER == "sign-then-encrypt" else makes[::-1]
        self._set(
            _signer=signer,
            _encrypter=encrypter,
            _layers=(Layer(first, lambda: None), Layer(second, lambda: outer)),
        )

    @hide_locals
    def encrypt(self, payload: bytes) -> str:
        """Return the token of both layers.

        Args:
            payload: the bytes to sign and encrypt; empty ones are allowed.

        Returns:
            The token, in the form of the outer layer.

        Raises:
            TypeError: `payload` is not bytes.
            ValueError: the signer leaves payloads unencoded (`b64`), and the compact form can't
                carry this one.
            TokenTooLargeError: the payload, or the token of a layer, would be over `limits`.
            InvalidKeyError: a fixed key has made its 2^32 tokens.
            KeyUnavailableError: a key on a device is unavailable.

        Example:
            >>> import joseal
            >>> shop = joseal.Key.generate("ES256", kid="shop")
            >>> bank = joseal.Key.generate("ECDH-ES+A256KW", kid="bank")
            >>> signer = joseal.Signer(shop)
            >>> encrypter = joseal.Encrypter(bank.public(), enc="A256GCM")
            >>> token = joseal.SignThenEncrypt(signer, encrypter).encrypt(b"hello")
            >>> verifier = joseal.Verifier(shop.public())
            >>> decrypter = joseal.Decrypter(bank, enc="A256GCM")
            >>> joseal.DecryptThenVerify(decrypter, verifier).decrypt(token)
            b'hello'

        Source: RFC 7519 sections 5.2 and 11.2, RFC 7516 section 5.
        """
        return make_layers(payload, self._layers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._signer!r}, {self._encrypter!r})"


class _NestedDecrypter(Opaque):
    """The steps that both orders share when a message is read."""

    __slots__ = ("_cty", "_decrypter", "_verifier")

    _ORDER: ClassVar[Order]
    _decrypter: Decrypter
    _verifier: Verifier
    _cty: str | None

    def _prepare(self, decrypter: Decrypter, verifier: Verifier, cty: str | None) -> None:
        if not isinstance(decrypter, Decrypter):
            raise checks.wrong_type("decrypter", "a Decrypter", decrypter)
        if not isinstance(verifier, Verifier):
            raise checks.wrong_type("verifier", "a Verifier", verifier)
        self._set(_decrypter=decrypter, _verifier=verifier, _cty=_text(cty))

    @hide_locals
    def decrypt(self, token: str | bytes) -> bytes:
        """Decrypt and verify a token, and return the payload.

        Args:
            token: the token, in the form that the outer layer accepts.

        Returns:
            The payload, after both layers have been checked.

        Raises:
            TypeError: `token` is neither str nor bytes.
            MalformedTokenError: one of the two layers is missing, or is not a strict token in the
                accepted form.
            TokenTooLargeError: a layer is over a limit.
            NotAllowedError: the outer `cty` is not the required one; or a layer's object does not
                accept its alg, enc, zip, typ, cty, p2c or b64.
            UnknownKeyError: a layer names a kid that no key here has.
            DecryptionError: the JWE can't be decrypted; the reason is not given.
            VerificationError: no signature is valid under a key that may be tried.
            KeyUnavailableError: a key on a device is unavailable.

        Example:
            >>> import joseal
            >>> shop = joseal.Key.generate("ES256", kid="shop")
            >>> bank = joseal.Key.generate("ECDH-ES+A256KW", kid="bank")
            >>> signer = joseal.Signer(shop)
            >>> encrypter = joseal.Encrypter(bank.public(), enc="A256GCM")
            >>> token = joseal.SignThenEncrypt(signer, encrypter).encrypt(b"hello")
            >>> verifier = joseal.Verifier(shop.public())
            >>> decrypter = joseal.Decrypter(bank, enc="A256GCM")
            >>> joseal.DecryptThenVerify(decrypter, verifier).decrypt(token)
            b'hello'

        Source: RFC 7519 sections 5.2 and 11.2, RFC 7516 section 5.
        """
        return self._open(token).payload

    @hide_locals
    def open(self, token: str | bytes) -> NestedToken:
        """Decrypt and verify a token; return the payload with both headers and both keys.

        Args:
            token: the token, in the form that the outer layer accepts.

        Returns:
            The payload, with the headers and keys of both layers.

        Raises:
            TypeError: `token` is neither str nor bytes.
            MalformedTokenError: one of the two layers is missing, or is not a strict token in the
                accepted form.
            TokenTooLargeError: a layer is over a limit.
            NotAllowedError: the outer `cty` is not the required one; or a layer's object does not
                accept its alg, enc, zip, typ, cty, p2c or b64.
            UnknownKeyError: a layer names a kid that no key here has.
            DecryptionError: the JWE can't be decrypted; the reason is not given.
            VerificationError: no signature is valid under a key that may be tried.
            KeyUnavailableError: a key on a device is unavailable.

        Example:
            >>> import joseal
            >>> shop = joseal.Key.generate("ES256", kid="shop")
            >>> bank = joseal.Key.generate("ECDH-ES+A256KW", kid="bank")
            >>> signer = joseal.Signer(shop)
            >>> encrypter = joseal.Encrypter(bank.public(), enc="A256GCM")
            >>> token = joseal.SignThenEncrypt(signer, encrypter).encrypt(b"hello")
            >>> verifier = joseal.Verifier(shop.public())
            >>> decrypter = joseal.Decrypter(bank, enc="A256GCM")
            >>> joseal.DecryptThenVerify(decrypter, verifier).open(token).signed_by.kid
            'shop'

        Source: RFC 7519 sections 5.2 and 11.2, RFC 7516 section 5.
        """
        return self._open(token)

    def _open(self, token: str | bytes) -> NestedToken:
        return open_layers(token, self._decrypter, self._verifier, self._ORDER, cty=self._cty)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._decrypter!r}, {self._verifier!r})"


def _in_layer(
    layer: Literal["outer", "inner"], open_: Callable[[str | bytes], _Opened], token: str | bytes
) -> _Opened:
    """Open one layer; an error names the layer.

    The one failure of a layer is not changed: its class alone shows which layer it was.
    """
    try:
        return open_(token)
    except (DecryptionError, VerificationError):
        raise
    except TokenError as error:
        error.layer = layer
        raise


def _text(cty: str | None) -> str | None:
    if cty is not None and not isinstance(cty, str):
        raise checks.wrong_type("cty", "str", cty)
    return cty


@exported
@final
class SignThenEncrypt(_NestedEncrypter):
    """Signs a payload, then encrypts the signed token.

    Args:
        signer: the inner layer, attached.
        encrypter: the outer layer.
        cty: the `cty` of the outer header: `JWT`, as RFC 7519 section 5.2 requires for nested JWTs.
            None writes none.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the signer is detached, so that the payload would be lost; or
            `cty` is JWT and the signer leaves its payload unencoded (RFC 7797 section 7) or has a
            JSON form (RFC 7519 section 1).

    Example:
        >>> import joseal
        >>> shop = joseal.Key.generate("ES256", kid="shop")
        >>> bank = joseal.Key.generate("ECDH-ES+A256KW", kid="bank")
        >>> signer = joseal.Signer(shop)
        >>> encrypter = joseal.Encrypter(bank.public(), enc="A256GCM")
        >>> token = joseal.SignThenEncrypt(signer, encrypter).encrypt(b"hello")
        >>> verifier = joseal.Verifier(shop.public())
        >>> decrypter = joseal.Decrypter(bank, enc="A256GCM")
        >>> joseal.DecryptThenVerify(decrypter, verifier).decrypt(token)
        b'hello'

    Source: RFC 7519 sections 5.2 and 11.2, RFC 7516 section 5.
    """

    __slots__ = ()

    _ORDER = "sign-then-encrypt"

    @hide_locals
    def __init__(self, signer: Signer, encrypter: Encrypter, *, cty: str | None = "JWT") -> None:
        self._prepare(signer, encrypter, cty)
        if not signer.is_encoded and has_media_type(cty, "JWT"):
            raise ValueError("a JWT must not have an unencoded payload: give a different cty")
        if not signer.is_compact and has_media_type(cty, "JWT"):
            raise ValueError("a JWT is compact: give a different cty, or leave out form=")


@exported
@final
class DecryptThenVerify(_NestedDecrypter):
    """Opens tokens from `SignThenEncrypt`: decrypts, and requires a signature inside.

    Args:
        decrypter: the outer layer.
        verifier: the inner layer.
        cty: the `cty` that the outer header must have. None accepts any.

    Raises:
        TypeError: an argument is of the wrong type.

    Example:
        >>> import joseal
        >>> shop = joseal.Key.generate("ES256", kid="shop")
        >>> bank = joseal.Key.generate("ECDH-ES+A256KW", kid="bank")
        >>> signer = joseal.Signer(shop)
        >>> encrypter = joseal.Encrypter(bank.public(), enc="A256GCM")
        >>> token = joseal.SignThenEncrypt(signer, encrypter).encrypt(b"hello")
        >>> verifier = joseal.Verifier(shop.public())
        >>> decrypter = joseal.Decrypter(bank, enc="A256GCM")
        >>> joseal.DecryptThenVerify(decrypter, verifier).decrypt(token)
        b'hello'

    Source: RFC 7519 sections 5.2 and 11.2, RFC 7516 section 5.
    """

    __slots__ = ()

    _ORDER = "sign-then-encrypt"

    @hide_locals
    def __init__(
        self, decrypter: Decrypter, verifier: Verifier, *, cty: str | None = "JWT"
    ) -> None:
        self._prepare(decrypter, verifier, cty)


@exported
@final
class EncryptThenSign(_NestedEncrypter):
    """Encrypts a payload, then signs the encrypted token.

    Args:
        encrypter: the inner layer.
        signer: the outer layer, attached.
        cty: the `cty` of the outer header; None writes none.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the signer is detached, so that the payload would be lost.

    Example:
        >>> import joseal
        >>> shop = joseal.Key.generate("ES256", kid="shop")
        >>> bank = joseal.Key.generate("ECDH-ES+A256KW", kid="bank")
        >>> signer = joseal.Signer(shop)
        >>> encrypter = joseal.Encrypter(bank.public(), enc="A256GCM")
        >>> token = joseal.EncryptThenSign(encrypter, signer).encrypt(b"hello")
        >>> verifier = joseal.Verifier(shop.public())
        >>> decrypter = joseal.Decrypter(bank, enc="A256GCM")
        >>> joseal.VerifyThenDecrypt(verifier, decrypter).decrypt(token)
        b'hello'

    Source: RFC 7519 sections 5.2 and 11.2, RFC 7516 section 5.
    """

    __slots__ = ()

    _ORDER = "encrypt-then-sign"

    @hide_locals
    def __init__(self, encrypter: Encrypter, signer: Signer, *, cty: str | None = "JWE") -> None:
        self._prepare(signer, encrypter, cty)


@exported
@final
class VerifyThenDecrypt(_NestedDecrypter):
    """Opens tokens from `EncryptThenSign`: verifies, and requires an encrypted token inside.

    Args:
        verifier: the outer layer.
        decrypter: the inner layer.
        cty: the `cty` that the outer header must have. None accepts any.

    Raises:
        TypeError: an argument is of the wrong type.

    Example:
        >>> import joseal
        >>> shop = joseal.Key.generate("ES256", kid="shop")
        >>> bank = joseal.Key.generate("ECDH-ES+A256KW", kid="bank")
        >>> signer = joseal.Signer(shop)
        >>> encrypter = joseal.Encrypter(bank.public(), enc="A256GCM")
        >>> token = joseal.EncryptThenSign(encrypter, signer).encrypt(b"hello")
        >>> verifier = joseal.Verifier(shop.public())
        >>> decrypter = joseal.Decrypter(bank, enc="A256GCM")
        >>> joseal.VerifyThenDecrypt(verifier, decrypter).decrypt(token)
        b'hello'

    Source: RFC 7519 sections 5.2 and 11.2, RFC 7516 section 5.
    """

    __slots__ = ()

    _ORDER = "encrypt-then-sign"

    @hide_locals
    def __init__(
        self, verifier: Verifier, decrypter: Decrypter, *, cty: str | None = "JWE"
    ) -> None:
        self._prepare(decrypter, verifier, cty)
