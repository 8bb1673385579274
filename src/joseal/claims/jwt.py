"""One call for the usual JWTs: signed, and signed then encrypted.

Both combine existing classes, which do all opening and checking. Build anything else from the same
parts, with `Claims.read`.

Source: RFC 7519 sections 5.2 and 11.2; RFC 8725 section 3.11.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, TypeVar, final, overload

from msgspec import Struct

from joseal._core import checks
from joseal._core.algorithms.registry import Enc
from joseal._core.jwe import Decrypter, Encrypter
from joseal._core.jws import Signer, Verifier
from joseal._core.keys import Key, KeySet
from joseal._core.keys.arguments import enc_in_use, key_set
from joseal._core.limits import Limits
from joseal._core.nested import DecryptThenVerify, SignThenEncrypt
from joseal._core.policy import Policy
from joseal._core.secrecy import Opaque, hide_locals
from joseal.claims.rules import Claims
from joseal.claims.values import ClaimSet

_DEFAULTS: Final = Limits()
_T = TypeVar("_T", bound=Struct)


@final
class JwtVerifier(Opaque):
    """Verifies signed JWTs and reads their claims.

    Args:
        keys: a `Key`, a `KeySet`, or several keys, each bound to one alg.
        claims: the rules.
        policy: refuse every name that the policy does not allow.
        limits: bounds on the tokens.

    Raises:
        TypeError: an argument is of the wrong type.
        InvalidKeyError: there is no key; a key is for encryption; or `key_ops` or the policy does
            not permit it.

    Example:
        >>> import joseal
        >>> from joseal.claims import Claims, JwtVerifier
        >>> key = joseal.Key.generate("ES256")
        >>> rules = Claims(issuer="https://login.example", audience="orders")
        >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
        >>> JwtVerifier(key.public(), rules).read(token).audience
        ('orders',)

    Source: RFC 7519 section 7.2.
    """

    __slots__ = ("_claims", "_verifier")

    _claims: Claims
    _verifier: Verifier

    @hide_locals
    def __init__(
        self,
        keys: Key | KeySet | Iterable[Key],
        claims: Claims,
        *,
        policy: Policy | None = None,
        limits: Limits = _DEFAULTS,
    ) -> None:
        rules = _checked(claims)
        verifier = Verifier(keys, typ=rules.typ, policy=policy, limits=limits)
        self._set(_claims=rules, _verifier=verifier)

    @overload
    def read(self, token: str | bytes) -> ClaimSet: ...

    @overload
    def read(self, token: str | bytes, shape: type[_T]) -> _T: ...

    @hide_locals
    def read(self, token: str | bytes, shape: type[_T] | None = None) -> ClaimSet | _T:
        """Verify a token and read its claims.

        Args:
            token: the compact token.
            shape: a msgspec `Struct` to return the claims as.

        Returns:
            The claims, or an instance of `shape`.

        Raises:
            TypeError: an argument is of the wrong type.
            MalformedTokenError: it is not a strict compact JWS.
            TokenTooLargeError: it is over a limit.
            NotAllowedError: the alg, `typ` or b64 is not accepted.
            UnknownKeyError: it names a kid that no key here has.
            VerificationError: no signature is valid under a key that may be tried.
            ClaimsError: the payload is not one strict JSON object; a claim is missing, of the wrong
                type, not the required one, or says that the token is not valid now.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, JwtVerifier
            >>> key = joseal.Key.generate("ES256")
            >>> rules = Claims(issuer="https://login.example")
            >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
            >>> claims = JwtVerifier(key.public(), rules).read(token)
            >>> claims.issuer
            'https://login.example'

        Source: RFC 7519 section 7.2.
        """
        opened = self._verifier.open(token)
        return self._claims.read(opened) if shape is None else self._claims.read(opened, shape)

    def __repr__(self) -> str:
        return f"JwtVerifier({self._verifier!r})"


@final
class EncryptedJwt(Opaque):
    """JWTs that are signed, then encrypted: in both directions, or in the one with keys.

    Args:
        claims: the rules. Their `typ` is written into the signed token and required in it.
        enc: the content encryption to write, or those to accept, for keys that need one. Omit it if
            all keys for encryption are for integrated HPKE (`HPKE-0`).
        decryption_keys: the receiver's private keys, for reading.
        verifying_keys: the sender's public keys, for reading.
        signing_key: the sender's private key, for issuing.
        encryption_key: the receiver's public key, for issuing.
        policy: refuse every name that the policy does not allow.
        limits: bounds on the tokens.

    Raises:
        TypeError: an argument is of the wrong type, or `enc` is missing.
        ValueError: neither both keys for reading nor both for issuing are given, or one is given
            without the other; there are several `enc` for issuing; an `enc` is not known; or none
            of the keys needs one.
        InvalidKeyError: a key is the wrong half of its pair, is for the wrong use, can't serve the
            `enc`, or is refused by its `key_ops` or the policy.

    Example:
        >>> import joseal
        >>> from joseal.claims import Claims, EncryptedJwt
        >>> mine, theirs = joseal.Key.generate("ES256"), joseal.Key.generate("ECDH-ES+A256KW")
        >>> rules = Claims(issuer="https://login.example", audience="orders")
        >>> sender = EncryptedJwt(
        ...     rules, enc="A256GCM", signing_key=mine, encryption_key=theirs.public()
        ... )
        >>> receiver = EncryptedJwt(
        ...     rules, enc="A256GCM", decryption_keys=theirs, verifying_keys=mine.public()
        ... )
        >>> receiver.read(sender.issue({"sub": "u-1"}, lifetime_seconds=60)).subject
        'u-1'

    Source: RFC 7519 section 11.2.
    """

    __slots__ = ("_claims", "_decrypter", "_encrypter")

    _claims: Claims
    _decrypter: DecryptThenVerify | None
    _encrypter: SignThenEncrypt | None

    @hide_locals
    def __init__(
        self,
        claims: Claims,
        *,
        enc: Enc | Collection[Enc] | None = None,
        decryption_keys: Key | KeySet | Iterable[Key] | None = None,
        verifying_keys: Key | KeySet | Iterable[Key] | None = None,
        signing_key: Key | None = None,
        encryption_key: Key | None = None,
        policy: Policy | None = None,
        limits: Limits = _DEFAULTS,
    ) -> None:
        rules = _checked(claims)
        if (decryption_keys is None) != (verifying_keys is None):
            raise ValueError("decryption_keys and verifying_keys go together")
        if (signing_key is None) != (encryption_key is None):
            raise ValueError("signing_key and encryption_key go together")
        decrypter = encrypter = None
        mine = None if decryption_keys is None else key_set(decryption_keys)
        reading = [] if mine is None else [key.alg for key in mine]
        # The Encrypter refuses anything that is not a key.
        issuing = [encryption_key.alg] if isinstance(encryption_key, Key) else []
        known = [*reading, *issuing]
        if mine is not None and verifying_keys is not None:
            accepted = enc_in_use(enc, reading, known)
            decrypter = DecryptThenVerify(
                Decrypter(mine, enc=accepted, policy=policy, limits=limits),
                Verifier(verifying_keys, typ=rules.typ, policy=policy, limits=limits),
            )
        if signing_key is not None and encryption_key is not None:
            header = None if rules.typ is None else {"typ": rules.typ}
            written = _one(enc_in_use(enc, issuing, known))
            encrypter = SignThenEncrypt(
                Signer(signing_key, header=header, policy=policy, limits=limits),
                Encrypter(encryption_key, enc=written, policy=policy, limits=limits),
            )
        if decrypter is None and encrypter is None:
            raise ValueError("give the keys to read with, the keys to issue with, or both")
        self._set(_claims=rules, _decrypter=decrypter, _encrypter=encrypter)

    @overload
    def read(self, token: str | bytes) -> ClaimSet: ...

    @overload
    def read(self, token: str | bytes, shape: type[_T]) -> _T: ...

    @hide_locals
    def read(self, token: str | bytes, shape: type[_T] | None = None) -> ClaimSet | _T:
        """Decrypt a token, verify the token inside, and read its claims.

        Args:
            token: the compact token.
            shape: a msgspec `Struct` to return the claims as.

        Returns:
            The claims, or an instance of `shape`.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: the keys for reading were not given.
            MalformedTokenError: one of the two layers is missing or is not strict.
            TokenTooLargeError: a layer is over a limit.
            NotAllowedError: the alg, enc, zip, `typ`, cty or b64 of a layer is not accepted.
            UnknownKeyError: a layer names a kid that no key here has.
            DecryptionError: it can't be decrypted; the reason is not given.
            VerificationError: no signature is valid under a key that may be tried.
            ClaimsError: the payload is not one strict JSON object; a claim is missing, of the wrong
                type, not the required one, or says that the token is not valid now.
            KeyUnavailableError: a key on a device is unavailable.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, EncryptedJwt
            >>> mine, theirs = joseal.Key.generate("ES256"), joseal.Key.generate("ECDH-ES+A256KW")
            >>> both = EncryptedJwt(
            ...     Claims(issuer="https://login.example"),
            ...     enc="A256GCM",
            ...     signing_key=mine,
            ...     verifying_keys=mine.public(),
            ...     encryption_key=theirs.public(),
            ...     decryption_keys=theirs,
            ... )
            >>> token = both.issue({"sub": "u-1"}, lifetime_seconds=60)
            >>> both.read(token).subject
            'u-1'

        Source: RFC 7519 section 7.2.
        """
        if self._decrypter is None:
            raise ValueError("decryption_keys and verifying_keys are needed to read")
        opened = self._decrypter.open(token)
        return self._claims.read(opened) if shape is None else self._claims.read(opened, shape)

    @hide_locals
    def issue(
        self, claims: Mapping[str, object] | None = None, *, lifetime_seconds: float | None = None
    ) -> str:
        """Issue a token: its claims are completed by the rules, signed, then encrypted.

        Args:
            claims: further claims.
            lifetime_seconds: until the token expires.

        Returns:
            The compact token.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: the keys for issuing were not given; strict JSON can't carry `claims`; a
                claim is missing, of the wrong type or against the rules; `exp` is missing; or a
                string with a colon is not a URI (RFC 7519 section 2).
            TokenTooLargeError: the token would be over `limits`.
            KeyUnavailableError: a key on a device is unavailable.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, EncryptedJwt
            >>> mine, theirs = joseal.Key.generate("ES256"), joseal.Key.generate("ECDH-ES+A256KW")
            >>> both = EncryptedJwt(
            ...     Claims(issuer="https://login.example"),
            ...     enc="A256GCM",
            ...     signing_key=mine,
            ...     verifying_keys=mine.public(),
            ...     encryption_key=theirs.public(),
            ...     decryption_keys=theirs,
            ... )
            >>> token = both.issue({"sub": "u-1"}, lifetime_seconds=60)
            >>> both.read(token).subject
            'u-1'

        Source: RFC 7519 section 7.1.
        """
        if self._encrypter is None:
            raise ValueError("signing_key and encryption_key are needed to issue")
        return self._encrypter.encrypt(
            self._claims.issue(claims, lifetime_seconds=lifetime_seconds)
        )

    def __repr__(self) -> str:
        return f"EncryptedJwt({self._decrypter!r}, {self._encrypter!r})"


def _checked(claims: object) -> Claims:
    if not isinstance(claims, Claims):
        raise checks.wrong_type("claims", "Claims", claims, "write Claims(issuer=...)")
    return claims


def _one(enc: Enc | Collection[Enc] | None) -> Enc | None:
    """Return the one content encryption to write; None without one.

    Raises:
        ValueError: there are several.
    """
    if enc is None or isinstance(enc, str):
        return enc
    if len(enc) != 1:
        raise ValueError("enc must be one name to issue with")
    return next(iter(enc))
