"""`BodyEncrypter` and `BodyDecrypter`: one direction of a profile with its keys, ready for use.

Rules:
- The data in `model.py` drives everything: no code here is specific to one profile.
- Both layers of a nesting are required: a JWE is refused where a JWS is expected, and the reverse.
  `nested.py` puts them together.
- The sizes in `limits` bound the body as well as the token in it.

Source: RFC 7519 sections 5.2 and 11.2, RFC 8725 sections 3.11 and 3.12.
"""

import time
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final, final

from joseal._core.algorithms.registry import has_own_enc
from joseal._core.jwe import Decrypter, Encrypter
from joseal._core.jws import Signer, Verifier
from joseal._core.keys import Key, KeySet
from joseal._core.limits import Limits
from joseal._core.nested import Layer, NestedToken, make_layers, open_layers
from joseal._core.policy import Policy
from joseal._core.secrecy import Opaque, hide_locals
from joseal.errors import InvalidKeyError, NotAllowedError, TokenTooLargeError
from joseal.profiles import envelopes, template
from joseal.profiles.model import Receiving, Sending
from joseal.profiles.template import Clock

DEFAULTS: Final = Limits()
NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})
_FIRST_ERROR: Final = 400
_SIGNED_LAYERS: Final = (("outer", "encrypt-then-sign"), ("inner", "sign-then-encrypt"))


@final
class BodyEncrypter(Opaque):
    """Encrypts bodies as a profile says. Made by `Profile.encrypter`.

    Immutable and safe to share between threads, if `clock` is.

    Args:
        sending: the rules of the profile.
        key: the recipient's public key.
        signing_key: the sender's private key, for a profile that signs.
        reply_key: the sender's own key, for a profile whose header names it: the answer is
            encrypted to it.
        labels: the members next to the token that the envelope names, such as `kid` and `sid`.
        clock: returns the time for `iat`, in seconds.
        policy: refuse every name that the policy does not allow.
        limits: bounds on body and token.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a signing key or a reply key is missing, or is given although the profile needs
            none; or the labels are not those of the envelope.
        InvalidKeyError: a key is bound to a different alg, is the wrong half of its pair, or does
            not have the kid that the header template needs; or the policy refuses.
        TokenTooLargeError: the header is over `header_bytes`.

    Example:
        >>> from pathlib import Path
        >>> from joseal import Key, profiles
        >>> pem = Path("bank.pem").read_bytes()
        >>> visa = Key.from_certificate(pem, alg="RSA-OAEP-256", kid="mle-key")
        >>> body = profiles.VISA_MLE.encrypter(visa).encrypt(b'{"amount": 5}')
        >>> body[:12]
        '{"encData":"'

    Source: RFC 7516 section 5.1, and the pages that the profile names.
    """

    __slots__ = ("_labels", "_layers", "_limits", "_others", "_sending")

    _sending: Sending
    _layers: tuple[Layer, ...]
    _labels: Mapping[str, str]
    _others: Mapping[str, str]
    _limits: Limits

    @hide_locals
    def __init__(
        self,
        sending: Sending,
        key: Key,
        *,
        signing_key: Key | None = None,
        reply_key: Key | None = None,
        labels: Mapping[str, str] = NO_LABELS,
        clock: Clock = time.time,
        policy: Policy | None = None,
        limits: Limits = DEFAULTS,
    ) -> None:
        if (signing_key is None) != (sending.nesting == "none"):
            raise ValueError("signing_key goes with a profile that signs, and only with one")
        if not callable(clock):
            raise TypeError("clock must be callable")
        if reply_key is not None and not isinstance(reply_key, Key):
            raise TypeError("reply_key must be a Key")
        layers = [_encrypting(sending, (key, reply_key), clock, policy, limits)]
        if signing_key is not None:
            first = sending.nesting == "sign-then-encrypt"
            signing = _signing(sending, signing_key, clock, policy, limits)
            layers.insert(0 if first else 1, signing)
        others = envelopes.others(sending.envelope, labels)
        self._set(
            _sending=sending,
            _layers=tuple(layers),
            _labels=MappingProxyType(dict(labels)),
            _others=others,
            _limits=limits,
        )

    @property
    def labels(self) -> Mapping[str, str]:
        """The members next to the token that this object writes into its bodies; read-only."""
        return self._labels

    @hide_locals
    def encrypt(self, payload: bytes) -> str:
        """Encrypt a payload, and return the body to send.

        Args:
            payload: the bytes to encrypt, such as JSON text.

        Returns:
            The body: ASCII, unless a label is not.

        Raises:
            TypeError: `payload` is not bytes.
            TokenTooLargeError: payload, token or body would be over `limits`.
            InvalidKeyError: a fixed AES-GCM key has made its 2^32 tokens.
            KeyUnavailableError: a signing key on a device is unavailable.

        Example:
            >>> from pathlib import Path
            >>> from joseal import Key, profiles
            >>> pem = Path("bank.pem").read_bytes()
            >>> visa = Key.from_certificate(pem, alg="RSA-OAEP-256", kid="mle-key")
            >>> body = profiles.VISA_MLE.encrypter(visa).encrypt(b'{"amount": 5}')
            >>> body[:12]
            '{"encData":"'

        Source: RFC 7516 section 5.1.
        """
        body = self._sending.envelope.wrap(self._make(payload), self._others)
        _check_size(len(body), self._limits)
        return body.decode()

    @hide_locals
    def encrypt_token(self, payload: bytes) -> str:
        """Return the token for a payload without the envelope, for a caller that has its own.

        Args:
            payload: the bytes to encrypt, such as JSON text.

        Returns:
            The token.

        Raises:
            TypeError: `payload` is not bytes.
            TokenTooLargeError: payload, token or body would be over `limits`.
            InvalidKeyError: a fixed AES-GCM key has made its 2^32 tokens.
            KeyUnavailableError: a signing key on a device is unavailable.

        Example:
            >>> from pathlib import Path
            >>> from joseal import Key, profiles
            >>> pem = Path("bank.pem").read_bytes()
            >>> visa = Key.from_certificate(pem, alg="RSA-OAEP-256", kid="mle-key")
            >>> token = profiles.VISA_MLE.encrypter(visa).encrypt_token(b'{"amount": 5}')
            >>> token.count(".")
            4

        Source: RFC 7516 section 5.1.
        """
        return self._make(payload)

    def _make(self, payload: bytes) -> str:
        return make_layers(payload, self._layers, self._wrap_inner)

    def _wrap_inner(self, token: str) -> bytes:
        return self._sending.inner_envelope.wrap(token, NO_LABELS)

    def __repr__(self) -> str:
        return f"BodyEncrypter(layers={len(self._layers)})"


@final
class BodyDecrypter(Opaque):
    """Decrypts bodies as a profile says. Made by `Profile.decrypter`.

    Immutable and safe to share between threads.

    Args:
        receiving: the rules of the profile.
        keys: the recipient's private key, or several during a key change.
        verifying_keys: the sender's public keys, for a profile that is signed.
        any_kid: also try keys whose kid differs from the one that a layer names.
        policy: refuse every name that the policy does not allow.
        limits: bounds on body and token.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: verifying keys are missing, or are given although the profile needs none.
        InvalidKeyError: there is no key, or one is bound to a different alg or is the wrong half of
            its pair; or the policy refuses.

    Example:
        >>> from pathlib import Path
        >>> from joseal import Key, profiles
        >>> data = Path("mine.p12").read_bytes()
        >>> mine = Key.from_pkcs12(
        ...     data, alg="RSA-OAEP-256", kid="mle", password="a long password"
        ... )
        >>> visa = profiles.VISA_MLE.counterpart()
        >>> body = profiles.VISA_MLE.encrypter(mine.public()).encrypt(b'{"amount": 5}')
        >>> visa.decrypter(mine).decrypt(body)
        b'{"amount": 5}'

    Source: RFC 7516 section 5.2, and the pages that the profile names.
    """

    __slots__ = ("_decrypter", "_limits", "_receiving", "_verifier")

    _receiving: Receiving
    _decrypter: Decrypter
    _verifier: Verifier | None
    _limits: Limits

    @hide_locals
    def __init__(
        self,
        receiving: Receiving,
        keys: Key | KeySet | Iterable[Key],
        *,
        verifying_keys: Key | KeySet | Iterable[Key] | None = None,
        any_kid: bool = False,
        policy: Policy | None = None,
        limits: Limits = DEFAULTS,
    ) -> None:
        if (verifying_keys is None) != (receiving.nesting == "none"):
            raise ValueError("verifying_keys go with a profile that is signed, and only with one")
        ring = _bound_to(keys, receiving.algs)
        decrypter = Decrypter(
            ring,
            enc=None if all(has_own_enc(key.alg) for key in ring) else receiving.encs,
            typ=receiving.typ,
            cty=receiving.cty,
            any_kid=any_kid or receiving.kid_names == "sender",
            policy=policy,
            limits=limits,
        )
        verifier = None
        if verifying_keys is not None:
            verifier = Verifier(
                _bound_to(verifying_keys, receiving.verify_algs),
                typ=receiving.signed_typ,
                cty=receiving.signed_cty,
                any_kid=any_kid,
                policy=policy,
                limits=limits,
            )
        self._set(_receiving=receiving, _decrypter=decrypter, _verifier=verifier, _limits=limits)

    @hide_locals
    def decrypt(self, body: str | bytes) -> bytes:
        """Decrypt a body, verify its signature if the profile has one, and return the payload.

        Args:
            body: the body as it was received.

        Returns:
            The payload.

        Raises:
            TypeError: `body` is neither str nor bytes.
            MalformedTokenError: the body does not have the shape of the envelope, as a plain body
                does not; or its token is not a strict compact token of the right kind.
            TokenTooLargeError: it is over a limit.
            NotAllowedError: the profile does not accept the alg, enc, zip, typ, cty or b64.
            UnknownKeyError: a layer names a kid that no key here has.
            DecryptionError: it can't be decrypted; the reason is not given.
            VerificationError: the signature is not valid.
            KeyUnavailableError: a key on a device is unavailable.

        Example:
            >>> from pathlib import Path
            >>> from joseal import Key, profiles
            >>> data = Path("mine.p12").read_bytes()
            >>> mine = Key.from_pkcs12(
            ...     data, alg="RSA-OAEP-256", kid="mle", password="a long password"
            ... )
            >>> visa = profiles.VISA_MLE.counterpart()
            >>> body = profiles.VISA_MLE.encrypter(mine.public()).encrypt(b'{"amount": 5}')
            >>> visa.decrypter(mine).decrypt(body)
            b'{"amount": 5}'

        Source: RFC 7516 section 5.2.
        """
        return self._open(body).payload

    @hide_locals
    def open(self, body: str | bytes) -> NestedToken:
        """Decrypt a body, and return the payload with the headers and keys of its layers.

        Args:
            body: the body as it was received.

        Returns:
            The payload, with what is known about it.

        Raises:
            TypeError: `body` is neither str nor bytes.
            MalformedTokenError: the body does not have the shape of the envelope, as a plain body
                does not; or its token is not a strict compact token of the right kind.
            TokenTooLargeError: it is over a limit.
            NotAllowedError: the profile does not accept the alg, enc, zip, typ, cty or b64.
            UnknownKeyError: a layer names a kid that no key here has.
            DecryptionError: it can't be decrypted; the reason is not given.
            VerificationError: the signature is not valid.
            KeyUnavailableError: a key on a device is unavailable.

        Example:
            >>> from pathlib import Path
            >>> from joseal import Key, profiles
            >>> data = Path("mine.p12").read_bytes()
            >>> mine = Key.from_pkcs12(
            ...     data, alg="RSA-OAEP-256", kid="mle", password="a long password"
            ... )
            >>> visa = profiles.VISA_MLE.counterpart()
            >>> body = profiles.VISA_MLE.encrypter(mine.public()).encrypt(b'{"amount": 5}')
            >>> visa.decrypter(mine).open(body).decrypted_with.kid
            'mle'

        Source: RFC 7516 section 5.2.
        """
        return self._open(body)

    def _open(self, body: str | bytes) -> NestedToken:
        if not isinstance(body, str | bytes):
            raise TypeError("body must be str or bytes")
        _check_size(len(body), self._limits)
        raw = body.encode(errors="replace") if isinstance(body, str) else body
        token = self._receiving.envelope.unwrap(raw)
        try:
            return self._open_token(token)
        except NotAllowedError as error:
            failure = _in_words_of(self._receiving, error)
        raise failure

    def _open_token(self, token: str | bytes) -> NestedToken:
        nesting = self._receiving.nesting
        if self._verifier is None or nesting == "none":
            sealed = self._decrypter.open(token)
            return NestedToken(sealed.plaintext, encrypted=sealed, signed=None)
        unwrap = self._receiving.inner_envelope.unwrap
        return open_layers(token, self._decrypter, self._verifier, nesting, unwrap=unwrap)

    def is_encrypted(self, status: int) -> bool:
        """Tell whether an answer with this HTTP status is encrypted.

        True if the profile's pages don't say: `open` then refuses a plain answer.

        Args:
            status: the HTTP status of the answer.

        Returns:
            Whether to decrypt the answer.

        Raises:
            TypeError: `status` is not a number.

        Example:
            >>> from pathlib import Path
            >>> from joseal import Key, profiles
            >>> data = Path("mine.p12").read_bytes()
            >>> mine = Key.from_pkcs12(
            ...     data, alg="RSA-OAEP-256", kid="mle", password="a long password"
            ... )
            >>> visa = profiles.VISA_MLE.counterpart()
            >>> body = profiles.VISA_MLE.encrypter(mine.public()).encrypt(b'{"amount": 5}')
            >>> visa.decrypter(mine).is_encrypted(200)
            True
        """
        return self._receiving.errors != "plain" or status < _FIRST_ERROR

    def __repr__(self) -> str:
        return f"BodyDecrypter({self._decrypter!r}, {self._verifier!r})"


def _in_words_of(receiving: Receiving, error: NotAllowedError) -> NotAllowedError:
    """Name the profile's setting that requires a typ or a cty: `decrypter` has no such argument."""
    parameter = error.parameter
    # The outer layer is the JWS in one nesting, and the JWE in the other.
    is_signed = (error.layer, receiving.nesting) in _SIGNED_LAYERS
    setting = f"with_receive(signed_{parameter}=)" if is_signed else f"with_receive({parameter}=)"
    text = str(error.args[1]).replace(f"{parameter}= demands", f"the profile ({setting}) demands")
    failure = NotAllowedError(parameter, text)
    failure.layer = error.layer
    return failure


def _encrypting(
    sending: Sending,
    keys: tuple[Key, Key | None],
    clock: Clock,
    policy: Policy | None,
    limits: Limits,
) -> Layer:
    key, reply_key = keys
    header = template.fill(sending.header, _checked(key, sending.algs), reply_key)
    encrypter = Encrypter(
        key,
        enc=None if has_own_enc(key.alg) else sending.enc,
        header=header.constant,
        write_kid=False,
        policy=policy,
        limits=limits,
    )
    return Layer(encrypter.encrypt, partial(header.members, clock))


def _signing(
    sending: Sending, key: Key, clock: Clock, policy: Policy | None, limits: Limits
) -> Layer:
    header = template.fill(sending.sign_header, _checked(key, sending.sign_algs))
    signer = Signer(key, header=header.constant, write_kid=False, policy=policy, limits=limits)
    return Layer(signer.sign, partial(header.members, clock))


def _bound_to(keys: Key | KeySet | Iterable[Key], algs: Collection[str]) -> KeySet:
    ring = KeySet._of(keys)
    for key in ring:
        _checked(key, algs)
    return ring


def _checked(key: Key, algs: Collection[str]) -> Key:
    if not isinstance(key, Key):
        raise TypeError("key must be a Key")
    if key.alg not in algs:
        raise InvalidKeyError("the key is bound to an alg that the profile does not use here")
    return key


def _check_size(size_bytes: int, limits: Limits) -> None:
    if size_bytes > limits.token_bytes:
        raise TokenTooLargeError("token_bytes", limits.token_bytes)
