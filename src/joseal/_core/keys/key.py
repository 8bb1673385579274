"""`Key`: opaque, immutable, bound to one algorithm when it is loaded.

Rules:
- A `Key` object is always valid: its material was checked against its one alg.
- A call that releases a secret says so: `to_jwk(private=True)`, `to_pem(private=True)`. No repr,
  pickle or attribute releases one.
- Any fault of a key is an `InvalidKeyError` here, before a token is processed.

Source: RFC 7517, RFC 7518 section 6, RFC 7638, RFC 8725 section 3.1.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, Self, SupportsIndex, final

from joseal._core import checks
from joseal._core.algorithms.akp_keys import AkpPublicKey
from joseal._core.algorithms.hashes import digest
from joseal._core.algorithms.key_management import KeyManagement
from joseal._core.algorithms.pbes2 import Password
from joseal._core.algorithms.registry import (
    ENCS,
    AlgorithmSpec,
    AlgSpec,
    Curve,
    Enc,
    EncSpec,
    KeyAlg,
    PasswordAlg,
    SigSpec,
    lookup_alg,
)
from joseal._core.keys import loading, support
from joseal._core.keys import material as materials
from joseal._core.keys.external import (
    External,
    ExternalKey,
    ExternalSecret,
    PublicMaterial,
    SharedExternal,
    check_pair_device,
    check_secret_device,
)
from joseal._core.keys.jwk.operations import Direction, counterparts, permits
from joseal._core.keys.loading import Loaded, check_switches
from joseal._core.keys.material import Held, Material, PrivateMaterial, Secret
from joseal._core.keys.prepare import prepare_key_management, prepare_signature, unfit
from joseal._core.late import late
from joseal._core.naming import exported
from joseal._core.policy import Policy
from joseal._core.secrecy import Opaque, hide_locals
from joseal._core.wire import base64url
from joseal._core.wire import header as headers
from joseal.errors import InvalidKeyError

if TYPE_CHECKING:
    from joseal._core.algorithms import akp, signatures
    from joseal._core.keys import derived
    from joseal._core.keys.formats import certificates as certs
    from joseal._core.keys.formats import pem as pems
    from joseal._core.keys.jwk import codec as jwks
else:
    akp = late("joseal._core.algorithms.akp")
    signatures = late("joseal._core.algorithms.signatures")
    derived = late("joseal._core.keys.derived")
    certs = late("joseal._core.keys.formats.certificates")
    pems = late("joseal._core.keys.formats.pem")
    jwks = late("joseal._core.keys.jwk.codec")

_SHOWN_KID: Final = 64
_ON_DEVICE: Final = "the secret is on its device and stays there"


@exported
@final
class Key(Opaque):
    """One key for one algorithm. It is made by the `from_` methods and by `generate`.

    Immutable and safe to share between threads. Loading a private key takes tens of milliseconds,
    because it is validated: load it once, use it many times.

    Raises:
        TypeError: an argument is of the wrong type.
        InvalidKeyError: the key can't serve its alg.

    Example:
        >>> import joseal
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine-2027")
        >>> mine
        Key(alg='ECDH-ES+A256KW', kid='mine-2027', P-256 private)
        >>> joseal.Key.from_pem(mine.to_pem(private=True), alg=mine.alg).is_private
        True

    Source: RFC 7517, RFC 7518 sections 3, 4 and 6.
    """

    __slots__ = (
        *("_alg", "_certificates", "_enc", "_is_secret", "_kid", "_management", "_material"),
        *("_operations", "_signature"),
    )

    _alg: AlgorithmSpec
    _enc: str | None
    _is_secret: bool
    _kid: str | None
    _material: Material
    _operations: frozenset[str] | None
    _management: KeyManagement | None
    if TYPE_CHECKING:
        # Annotations of a class are looked up in the module that exports it.
        _certificates: tuple[certs.Certificate, ...]
        _signature: signatures.SignatureScheme | None

    def __init__(self) -> None:
        raise TypeError(
            "make a key with a from_ method of Key, such as Key.from_pem, or Key.generate"
        )

    @classmethod
    def _make(
        cls,
        material: Material,
        alg: str,
        *,
        kid: str | None = None,
        enc: str | None = None,
        operations: frozenset[str] | None = None,
        legacy: bool = False,
        chain: "tuple[certs.Certificate, ...]" = (),
    ) -> Self:
        """Bind material to its one alg, once it has passed every check.

        Raises:
            TypeError: `alg` or `kid` is not str, or `legacy` is not a bool.
            ValueError: UTF-8 can't carry `kid`.
            InvalidKeyError: the material can't serve `alg` or `enc`, or `alg` is off without
                `legacy`.
        """
        check_switches(legacy=legacy)
        known = lookup_alg(alg)
        if isinstance(known, AlgSpec) and known.legacy and not legacy:
            raise InvalidKeyError("RSA1_5 is off: legacy=True loads a key that decrypts old tokens")
        headers.check_kid(kid)
        materials.check(known, material, legacy=legacy)
        support.check_algorithm(known, material)
        if isinstance(material, bytes) and enc and len(material) != ENCS[enc].cek_bytes:
            raise InvalidKeyError("the symmetric key does not have the size that its enc needs")
        key = cls.__new__(cls)
        key._set(
            _alg=known,
            _kid=kid,
            _enc=enc,
            _is_secret=isinstance(material, PrivateMaterial | Secret),
            _material=material,
            _operations=operations,
            _certificates=chain,
            _management=prepare_key_management(known, material)
            if isinstance(known, AlgSpec)
            else None,
            _signature=prepare_signature(known, material) if isinstance(known, SigSpec) else None,
        )
        return key

    @classmethod
    def _bind(cls, loaded: Loaded, kid: str | None, *, legacy: bool = False) -> Self:
        """Bind a loaded key to its alg, under its own name or the caller's.

        Raises:
            TypeError: `kid` is not str, or `legacy` is not a bool.
            ValueError: UTF-8 can't carry `kid`.
            InvalidKeyError: a JWK has a different kid; or the material can't serve its alg or enc.
        """
        own = loaded.kid
        if kid is not None and own is not None and kid != own:
            raise InvalidKeyError("the JWK's own kid contradicts kid=")
        return cls._make(
            loaded.material,
            loaded.alg,
            kid=own if kid is None else kid,
            enc=loaded.enc,
            operations=loaded.operations,
            legacy=legacy,
            chain=loaded.chain,
        )

    @classmethod
    @hide_locals
    def from_pem(
        cls,
        pem: str | bytes,
        *,
        alg: KeyAlg,
        kid: str | None = None,
        password: str | bytes | None = None,
        legacy: bool = False,
    ) -> Self:
        """Load the one key or certificate in a PEM text, or an OpenSSH public key.

        PKCS#1, PKCS#8 (encrypted with a password or not), SubjectPublicKeyInfo and X.509 are read,
        and the one line of an OpenSSH public key: `ssh-rsa`, `ssh-ed25519`, `ecdsa-sha2-nistp*`.
        A certificate gives its public key; its dates and its issuer are not checked. Several
        certificates are accepted as a chain: the first must be the leaf. Any other text with
        several blocks is refused. Loading one pair under two algs is dual use, which RFC 8725
        section 3 advises against.

        Args:
            pem: the text.
            alg: the one algorithm that the key is for.
            kid: the key's name.
            password: for an encrypted private key.
            legacy: allow `RSA1_5`, for decrypting old tokens.

        Returns:
            The key, with the certificates that it came in.

        Raises:
            TypeError: an argument is of the wrong type.
            InvalidKeyError: it is neither, has several blocks or lines, or is damaged; the password
                is wrong, missing or not needed; `alg` does not take this kind or size of key, or is
                not known.

        Example:
            >>> import joseal
            >>> pem = joseal.Key.generate("ES256").to_pem(private=True, password="a long one")
            >>> joseal.Key.from_pem(pem, alg="ES256", kid="mine", password="a long one").kid
            'mine'

        Source: RFC 7468; RFC 4253 section 6.6, RFC 5656 and RFC 8709 for OpenSSH; RFC 7518 section
        4.3 for the least size.
        """
        return cls._bind(loading.of_pem(pem, alg, password), kid, legacy=legacy)

    @classmethod
    @hide_locals
    def from_der(
        cls,
        data: bytes,
        *,
        alg: KeyAlg,
        kid: str | None = None,
        password: str | bytes | None = None,
        legacy: bool = False,
    ) -> Self:
        """Load a key or a certificate from DER bytes.

        PKCS#1, PKCS#8 (encrypted with a password or not), SubjectPublicKeyInfo and X.509 are read.
        A certificate gives its public key; its dates and its issuer are not checked.

        Args:
            data: the bytes of one key or certificate.
            alg: the one algorithm that the key is for.
            kid: the key's name.
            password: for an encrypted private key.
            legacy: allow `RSA1_5`, for decrypting old tokens.

        Returns:
            The key, with the certificate that it came in.

        Raises:
            TypeError: an argument is of the wrong type.
            InvalidKeyError: it is not DER of one key or certificate; the password is wrong, missing
                or not needed; `alg` does not take this kind or size of key, or is not known.

        Example:
            >>> import joseal
            >>> from cryptography.hazmat.primitives import serialization
            >>> from cryptography.hazmat.primitives.asymmetric import ec
            >>> der = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(
            ...     serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            ... )
            >>> joseal.Key.from_der(der, alg="ES256").is_private
            False

        Source: RFC 5280 section 4.1, RFC 5958, RFC 8017 appendix A.1.
        """
        return cls._bind(loading.of_der(data, alg, password), kid, legacy=legacy)

    @classmethod
    @hide_locals
    def from_certificate(
        cls, data: str | bytes, *, alg: str, kid: str | None = None, legacy: bool = False
    ) -> Self:
        """Load the public key of an X.509 certificate, and keep the certificate.

        Its dates, its issuer and its signature are not checked: trust it before you load it.

        Args:
            data: PEM text or DER bytes; of a chain the leaf first.
            alg: the one algorithm that the key is for.
            kid: the key's name.
            legacy: allow `RSA1_5`. A public key can't be used with it: joseal does not encrypt with
                RSA1_5.

        Returns:
            The key, whose `certificate_serial`, `x5t`, `x5t_s256` and `x5c` name the certificate.

        Raises:
            TypeError: an argument is of the wrong type.
            InvalidKeyError: it is not a certificate; there are several that are not a chain; `alg`
                does not take this kind or size of key, or is not known.

        Example:
            >>> from pathlib import Path
            >>> import joseal
            >>> pem = Path("bank.pem").read_bytes()
            >>> bank = joseal.Key.from_certificate(pem, alg="RSA-OAEP-256")
            >>> bank.is_private, len(bank.certificates)
            (False, 1)

        Source: RFC 5280 section 4.1.
        """
        return cls._bind(loading.of_certificate(data, alg), kid, legacy=legacy)

    @classmethod
    @hide_locals
    def from_cryptography(
        cls, key: object, *, alg: str, kid: str | None = None, legacy: bool = False
    ) -> Self:
        """Load a key object of the `cryptography` package, public or private.

        Args:
            key: an RSA, EC, X25519, X448, Ed25519, Ed448, ML-KEM or ML-DSA key.
            alg: the one algorithm that the key is for.
            kid: the key's name.
            legacy: allow `RSA1_5`, for decrypting old tokens.

        Returns:
            The key, after the checks of `from_pem`.

        Raises:
            TypeError: an argument is of the wrong type, or `key` is not a key of `cryptography`.
            InvalidKeyError: `alg` does not take this kind or size of key, or is not known; the
                numbers of the key are not valid.

        Example:
            >>> from cryptography.hazmat.primitives.asymmetric import ec
            >>> import joseal
            >>> private = ec.generate_private_key(ec.SECP256R1())
            >>> joseal.Key.from_cryptography(private, alg="ES256", kid="mine-2027").is_private
            True

        Source: RFC 7518 sections 3.1, 4.1 and 4.3.
        """
        return cls._make(pems.from_object(key), alg, kid=kid, legacy=legacy)

    @classmethod
    @hide_locals
    def from_bytes(
        cls, secret: bytes, *, alg: str, kid: str | None = None, legacy: bool = False
    ) -> Self:
        """Load a shared secret.

        Args:
            secret: the bytes themselves, not hex or base64 of them.
            alg: the algorithm that it is for: AES key wrap, `dir`, or HMAC.
            kid: the key's name.
            legacy: allow an HMAC secret that is shorter than its hash, for verifying old tokens.

        Returns:
            The key.

        Raises:
            TypeError: an argument is of the wrong type.
            InvalidKeyError: the bytes are a public or private key; or they do not have the size
                that `alg` needs.

        Example:
            >>> import secrets
            >>> import joseal
            >>> secret = secrets.token_bytes(32)
            >>> joseal.Key.from_bytes(secret, alg="A256KW", kid="shared-1").is_symmetric
            True

        Source: RFC 7518 sections 3.2, 4.4, 4.5 and 4.7.
        """
        return cls._bind(loading.of_bytes(secret, alg), kid, legacy=legacy)

    @classmethod
    @hide_locals
    def from_env(
        cls,
        name: str,
        *,
        alg: KeyAlg,
        kid: str | None = None,
        password: str | bytes | None = None,
        legacy: bool = False,
    ) -> Self:
        r"""Load a key from an environment variable: PEM, OpenSSH, a JWK, or a shared secret.

        Changes that are common on the way into a variable are undone: a literal `\n` for each line
        end, quotes, or base64 around the whole. If `alg` is for a shared secret, the variable is a
        JWK or the secret in base64 or base64url; any other text is the secret itself, as UTF-8.

        Args:
            name: the name of the variable.
            alg: the one algorithm that the key is for.
            kid: the key's name.
            password: for an encrypted private key.
            legacy: allow `RSA1_5`, and short HMAC secrets, for old tokens.

        Returns:
            The key.

        Raises:
            TypeError: an argument is of the wrong type.
            InvalidKeyError: the variable is not set or is not such a key; a shared secret in base64
                whose text could be the secret itself; the password is wrong, missing or not needed;
                a JWK's own `alg`, `kid`, `use` or `key_ops` contradicts an argument; `alg` does not
                take this kind or size of key, or is not known.

        Example:
            >>> import os
            >>> import joseal
            >>> os.environ["BANK_KEY"] = joseal.Key.generate("ES256").public().to_pem()
            >>> joseal.Key.from_env("BANK_KEY", alg="ES256", kid="bank").kid
            'bank'

        Source: RFC 7468, RFC 7517 section 4.
        """
        return cls._bind(loading.of_env(name, alg, password, legacy=legacy), kid, legacy=legacy)

    @classmethod
    @hide_locals
    def from_jwk(
        cls,
        jwk: Mapping[str, object] | str | bytes,
        *,
        alg: KeyAlg | Mapping[str, KeyAlg] | None = None,
        kid: str | None = None,
        dual_use: bool = False,
        legacy: bool = False,
    ) -> Self:
        """Load a JSON Web Key, given as JSON text or as a mapping.

        The JWK's own `alg`, `use` and `key_ops` are binding. The arguments `alg` and `kid` are for
        a JWK without them. An `oct` key whose `alg` is the name of an enc is a `dir` key for that
        enc only, and one with a PBES2 `alg` contains the bytes of a password.

        Args:
            jwk: the key.
            alg: the one algorithm that the key is for; or a mapping of `crv` or `kty` to it, such
                as `{"RSA": "RS256", "P-256": "ES256"}`, for a JWK that has no `alg`.
            kid: the key's name.
            dual_use: use a pair that is marked for signing to encrypt, or the reverse.
            legacy: allow `RSA1_5`, for decrypting old tokens.

        Returns:
            The key, bound to its one alg.

        Raises:
            TypeError: an argument is of the wrong type.
            InvalidKeyError: it is not a strict JSON object; a member is missing or of the wrong
                form; its numbers are not a valid key; it contradicts `alg` or `kid`; or there is no
                `alg` at all.

        Example:
            >>> import joseal
            >>> jwk = joseal.Key.generate("ES256", kid="mine-2027").to_jwk()
            >>> joseal.Key.from_jwk(jwk).kid
            'mine-2027'

        Source: RFC 7517 section 4, RFC 7518 section 6.
        """
        loaded = loading.of_jwk(jwk, alg, dual_use=dual_use, legacy=legacy)
        return cls._bind(loaded, kid, legacy=legacy)

    @classmethod
    @hide_locals
    def from_pkcs12(
        cls,
        data: bytes,
        *,
        alg: KeyAlg,
        kid: str | None = None,
        password: str | bytes | None = None,
        alias: str | None = None,
        legacy: bool = False,
    ) -> Self:
        """Load a key from a PKCS#12 file: its private key, or that of its only certificate.

        The certificates of the file become the key's `certificates`: the key's own first, then the
        others, such as the other side's.

        Args:
            data: the file.
            alg: the one algorithm that the key is for.
            kid: the key's name.
            password: the password of the file.
            alias: the friendlyName of the key or certificate to load; for a certificate without
                one, the CN of its subject.
            legacy: allow `RSA1_5`, for decrypting old tokens.

        Returns:
            The key.

        Raises:
            TypeError: an argument is of the wrong type.
            InvalidKeyError: the file is damaged or the password is wrong; it has several keys, or
                certificates and no key, and `alias` is missing; `alias` names none of them; `alg`
                does not take this kind or size of key, or is not known.

        Example:
            >>> from pathlib import Path
            >>> import joseal
            >>> data = Path("mine.p12").read_bytes()
            >>> mine = joseal.Key.from_pkcs12(data, alg="RSA-OAEP-256", password="a long password")
            >>> mine.is_private
            True

        Source: RFC 7292.
        """
        return cls._bind(loading.of_pkcs12(data, alg, password, alias), kid, legacy=legacy)

    @classmethod
    @hide_locals
    def from_password(
        cls,
        password: str | bytes,
        *,
        alg: PasswordAlg,
        iterations: int | None = None,
        salt_bytes: int = 16,
        kid: str | None = None,
    ) -> Self:
        """Make a PBES2 key from a password.

        Args:
            password: text, taken as UTF-8, or bytes. The key is only as strong as the password.
            alg: one of the three PBES2 algs.
            iterations: the iterations of PBKDF2 for new tokens; the default is what OWASP advises
                for the hash.
            salt_bytes: the size of the fresh salt of each new token.
            kid: the key's name.

        Returns:
            The key; each token has a fresh salt.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: the password is empty, the iterations are fewer than 1,000, or the salt does
                not have 8 to 1,024 bytes.
            InvalidKeyError: `alg` takes no password; or the password is a public or private key.

        Example:
            >>> import joseal
            >>> words = "correct horse battery staple"
            >>> joseal.Key.from_password(words, alg="PBES2-HS256+A128KW").is_password
            True

        Source: RFC 7518 section 4.8.
        """
        return cls._bind(loading.of_password(password, alg, iterations, salt_bytes), kid)

    @classmethod
    @hide_locals
    def derived(
        cls,
        secret: str | bytes,
        *,
        alg: KeyAlg,
        enc: Enc | None = None,
        salt: bytes = b"",
        info: bytes = b"",
        kid: str | None = None,
    ) -> Self:
        """Derive a symmetric key from a shared secret, with HKDF and SHA-256.

        One secret gives a different key for each `salt` and `info`. HKDF does not make a password
        strong: use `from_password` for that.

        Args:
            secret: text, taken as UTF-8, or bytes: at least 16, and random.
            alg: the algorithm of the derived key: `dir`, AES key wrap or HMAC. The alg or the enc
                says how many bytes are derived.
            enc: for `dir`, the one content encryption that the key is for.
            salt: the HKDF salt; it need not be secret.
            info: the purpose of the key, in the application's own words.
            kid: the key's name.

        Returns:
            The key.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: `enc` is not known; it is missing for `dir`, or given for a different alg.
            InvalidKeyError: the secret has fewer than 16 bytes, or is a public or private key; or
                `alg` takes no shared secret.

        Example:
            >>> import joseal
            >>> secret = "a text of 32 random bytes, base64"
            >>> key = joseal.Key.derived(secret, alg="dir", enc="A256GCM", info=b"sessions")
            >>> key.alg
            'dir'

        Source: RFC 5869.
        """
        raw = derived.derive(secret, lookup_alg(alg), enc, salt=salt, info=info)
        return cls._make(raw, alg, kid=kid, enc=enc)

    @classmethod
    @hide_locals
    def from_external(cls, device: ExternalKey, *, public: "Key") -> Self:
        """Make a private key from a public one and the device that has its private half.

        Args:
            device: an HSM, a KMS or the like; see `ExternalKey`.
            public: the public key, bound to its alg.

        Returns:
            A private key whose operations run on the device.

        Raises:
            TypeError: `public` is not a Key, or `device` lacks the method that its alg needs.
            InvalidKeyError: `public` is not a public key.

        Example:
            >>> import joseal
            >>> inside = joseal.Key.generate("ES256", kid="hsm-1")
            >>> class Device:
            ...     def sign(self, alg: str, data: bytes) -> bytes:
            ...         return bytes(64)  # ask the HSM here
            >>> joseal.Key.from_external(Device(), public=inside.public()).is_private
            True

        Source: RFC 7518 sections 3 and 4.
        """
        if not isinstance(public, Key):
            raise checks.not_key("public", public)
        if public.is_private or public.is_symmetric:
            raise InvalidKeyError("public must be a public key: use key.public()")
        check_pair_device(device, public._alg)
        material = External(public._public_material(), device)
        return cls._make(material, public.alg, kid=public.kid, legacy=True)

    @classmethod
    @hide_locals
    def from_external_secret(
        cls, device: ExternalSecret, *, alg: str, kid: str | None = None
    ) -> Self:
        """Make a symmetric key from a shared secret that stays on its device.

        Args:
            device: an HSM, a KMS or the like; see `ExternalSecret`.
            alg: `A128KW`, `A192KW` or `A256KW`. The device has to check that the secret has the
                right size.
            kid: the key's name.

        Returns:
            A symmetric key, with which the device wraps and unwraps.

        Raises:
            TypeError: `device` lacks a method, or `alg` or `kid` is not str.
            ValueError: UTF-8 can't carry `kid`.
            InvalidKeyError: `alg` is not one of these, or is not known.

        Example:
            >>> import joseal
            >>> class Device:
            ...     def wrap(self, alg, cek):
            ...         return bytes(len(cek) + 8)  # ask the HSM here
            ...
            ...     def unwrap(self, alg, encrypted_key):
            ...         return None  # and here
            >>> joseal.Key.from_external_secret(Device(), alg="A256KW", kid="hsm-2")
            Key(alg='A256KW', kid='hsm-2', external secret)

        Source: RFC 7518 section 4.4, RFC 3394.
        """
        check_secret_device(device)
        return cls._make(SharedExternal(device), alg, kid=kid)

    @classmethod
    @hide_locals
    def generate(
        cls,
        alg: KeyAlg,
        *,
        curve: Curve | None = None,
        size: int | None = None,
        kid: str | None = None,
    ) -> Self:
        """Make a fresh key for any alg.

        Args:
            alg: the algorithm of the key.
            curve: for ECDH-ES and EdDSA; the default is P-256 or Ed25519.
            size: for RSA the modulus in bits (2048 by default); for `dir`, which needs it, and for
                HMAC the key in bytes (for HMAC the size of the hash by default).
            kid: the key's name.

        Returns:
            A private key, or a shared secret.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: `alg` does not take this size or curve, or `dir` has no size.
            InvalidKeyError: `alg` is not known, or joseal makes no keys for it (`RSA1_5`).

        Example:
            >>> import joseal
            >>> joseal.Key.generate("ES256", kid="mine-2027").is_private
            True
            >>> joseal.Key.generate("ECDH-ES+A256KW", curve="X25519").alg
            'ECDH-ES+A256KW'

        Source: RFC 7518 sections 3.1 and 4.1.
        """
        checks.check_ints(**({} if size is None else {"size": size}))
        return cls._make(materials.generate(lookup_alg(alg), size=size, curve=curve), alg, kid=kid)

    @property
    def alg(self) -> KeyAlg:
        """The one algorithm that this key serves."""
        return self._alg.name

    @property
    def kid(self) -> str | None:
        """The key's name, if it has one."""
        return self._kid

    @property
    def is_private(self) -> bool:
        """Whether this is the private half of a pair. False for a symmetric key."""
        return isinstance(self._material, PrivateMaterial)

    @property
    def is_password(self) -> bool:
        """Whether this is a PBES2 key."""
        return isinstance(self._material, Password)

    @property
    def is_symmetric(self) -> bool:
        """Whether this is a shared secret: bytes or a password."""
        return isinstance(self._material, Secret)

    @property
    def certificates(self) -> "tuple[certs.Certificate, ...]":
        """The certificates that the key came with, its own first; empty if there were none."""
        return self._certificates

    @property
    def certificate_serial(self) -> str:
        """The number by which some APIs name a certificate's key, for use as `kid`.

        That is the subject's serialNumber if it has one, and otherwise the certificate's own serial
        number, in decimal.

        Raises:
            InvalidKeyError: the key did not come with its certificate.

        Source: RFC 5280 section 4.1.2.2, X.520 section 6.2.9.
        """
        return self._certificate().serial

    @property
    def x5t(self) -> str:
        """The SHA-1 of the key's certificate, base64url.

        Raises:
            InvalidKeyError: the key did not come with its certificate.

        Source: RFC 7515 section 4.1.7.
        """
        return self._certificate().x5t

    @property
    def x5t_s256(self) -> str:
        """The SHA-256 of the key's certificate, base64url.

        Raises:
            InvalidKeyError: the key did not come with its certificate.

        Source: RFC 7515 section 4.1.8.
        """
        return self._certificate().x5t_s256

    @property
    def x5c(self) -> list[str]:
        """The key's certificate in base64, as in the Header Parameter and the JWK member.

        Raises:
            InvalidKeyError: the key did not come with its certificate.

        Source: RFC 7515 section 4.1.6, RFC 7517 section 4.7.
        """
        return [self._certificate().x5c]

    def _certificate(self) -> "certs.Certificate":
        own = self._certificates[:1]
        if not own or self.is_symmetric or own[0].spki_sha256 != self.spki_sha256():
            raise InvalidKeyError("the key did not come with its certificate")
        return own[0]

    @hide_locals
    def public(self) -> Self:
        """Return the public half, with the same alg and kid.

        Returns:
            The key without its private half, safe to publish.

        Raises:
            InvalidKeyError: a symmetric key has none.

        Example:
            >>> import joseal
            >>> mine = joseal.Key.generate("ES256", kid="mine-2027")
            >>> mine.public().is_private
            False

        Source: RFC 7517 section 4.
        """
        public = materials.public(self._material)
        operations = counterparts(self._operations)
        return self._make(
            public,
            self.alg,
            kid=self._kid,
            operations=operations,
            legacy=True,
            chain=self._certificates,
        )

    @hide_locals
    def thumbprint(self) -> str:
        """Return the SHA-256 thumbprint of the public key, base64url.

        For a symmetric key it is a hash of the secret: publish it only if the key has full entropy.

        Returns:
            43 characters, the same for a private key and its public half.

        Raises:
            InvalidKeyError: the key is a shared secret on a device.

        Example:
            >>> import joseal
            >>> mine = joseal.Key.generate("ES256", kid="mine-2027")
            >>> mine.thumbprint() == mine.public().thumbprint()
            True

        Source: RFC 7638 sections 3 and 7, RFC 9964 section 6 for AKP keys.
        """
        material = self._material
        if isinstance(material, SharedExternal):
            raise InvalidKeyError(_ON_DEVICE)
        shown = material if isinstance(material, Secret) else materials.public(material)
        members = jwks.dump(shown)
        if isinstance(shown, AkpPublicKey):
            # RFC 9964 section 6: alg is one of the required members.
            members["alg"] = self.alg
        return base64url.encode(jwks.thumbprint(members)).decode("ascii")

    @hide_locals
    def thumbprint_uri(self) -> str:
        """Return the thumbprint as a URI.

        Returns:
            The URI, which includes the name of the hash.

        Raises:
            InvalidKeyError: the key is a shared secret on a device.

        Example:
            >>> import joseal
            >>> mine = joseal.Key.generate("ES256", kid="mine-2027")
            >>> mine.thumbprint_uri()
            'urn:ietf:params:oauth:jwk-thumbprint:sha-256:...'

        Source: RFC 9278 section 3.
        """
        return f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{self.thumbprint()}"

    @hide_locals
    def spki_sha256(self) -> str:
        """Return the SHA-256 of the public key's SubjectPublicKeyInfo in hex, as some APIs need it.

        Returns:
            64 hexadecimal digits.

        Raises:
            InvalidKeyError: a symmetric key has none.

        Example:
            >>> import joseal
            >>> mine = joseal.Key.generate("ES256", kid="mine-2027")
            >>> len(mine.spki_sha256())
            64

        Source: RFC 5280 section 4.1.2.7.
        """
        return digest(pems.spki(materials.public(self._material))).hex()

    @hide_locals
    def to_jwk(self, *, private: bool = False) -> dict[str, object]:
        """Return the key as a JWK with its alg, kid and key_ops.

        Args:
            private: release the private half, or the shared secret.

        Returns:
            The members of the JWK, ready for `json.dumps`.

        Raises:
            TypeError: `private` is not a bool.
            InvalidKeyError: `private` is set for a public key or a key on a device, or is not set
                for a symmetric key; or the key is a shared secret on a device.

        Example:
            >>> import joseal
            >>> mine = joseal.Key.generate("ES256", kid="mine-2027")
            >>> sorted(mine.to_jwk())
            ['alg', 'crv', 'kid', 'kty', 'x', 'y']

        Source: RFC 7517 section 4, RFC 7518 section 6.
        """
        check_switches(private=private)
        released = jwks.dump(self._released(private=private))
        shown: dict[str, object] = {**released, "alg": self._enc or self.alg}
        if self._kid is not None:
            shown["kid"] = self._kid
        operations = self._operations if private else counterparts(self._operations)
        return shown if operations is None else {**shown, "key_ops": sorted(operations)}

    @hide_locals
    def to_pem(self, *, private: bool = False, password: str | bytes | None = None) -> str:
        """Return the key as PEM: SubjectPublicKeyInfo or PKCS#8.

        Args:
            private: release the private half.
            password: encrypts the private key. Without one the PEM text itself is the secret.

        Returns:
            The PEM text.

        Raises:
            TypeError: `private` is not a bool, or `password` is neither str nor bytes.
            ValueError: a password without `private`, or an empty one.
            InvalidKeyError: `private` is set for a public key or a key on a device, or the key is
                symmetric.

        Example:
            >>> import joseal
            >>> mine = joseal.Key.generate("ES256", kid="mine-2027")
            >>> mine.to_pem().splitlines()[0]
            '-----BEGIN PUBLIC KEY-----'

        Source: RFC 7468 sections 10, 11 and 13.
        """
        check_switches(private=private)
        if password is not None and not private:
            raise ValueError("password goes with private=True")
        return pems.dump_pem(self._released(private=private), password)

    def _released(self, *, private: bool) -> Held:
        if isinstance(self._material, SharedExternal):
            raise InvalidKeyError(_ON_DEVICE)
        if not private:
            if self.is_symmetric:
                raise InvalidKeyError("a symmetric key is all secret: ask with private=True")
            return materials.public(self._material)
        if isinstance(self._material, External):
            raise InvalidKeyError("the private half is on its device and stays there")
        if not self.is_private and not self.is_symmetric:
            raise InvalidKeyError("this key has no private half")
        return self._material

    def _public_material(self) -> PublicMaterial:
        """Return the public half as a `cryptography` object, for the other modules of `_core`.

        Raises:
            InvalidKeyError: a symmetric key has none.
        """
        return materials.public(self._material)

    def _for_encryption(
        self, direction: Literal["encrypt", "decrypt"], encs: list[EncSpec], policy: Policy | None
    ) -> KeyManagement:
        """Return the prepared mechanism, if the key can be used in this way.

        Raises:
            TypeError: the policy is not a Policy.
            InvalidKeyError: it is for signatures; it is a private key for encryption or a public
                one for decryption; it fits none of `encs`; the installed OpenSSL lacks one of them;
                or `key_ops` or the policy does not permit it.
        """
        if self._management is None:
            way_out = self._in_a_set("use Signer or Verifier; in a set, leave it out")
            raise InvalidKeyError(
                f"the key is for signatures ({self.alg}){way_out or ': use Signer or Verifier'}"
            )
        if direction == "encrypt" and self.is_private:
            raise InvalidKeyError(
                "the key is private: encrypt for its public half, use key.public()"
            )
        if direction == "decrypt" and not self.is_private and not self.is_symmetric:
            way_out = self._in_a_set("decrypting needs the private key; in a set, leave it out")
            raise InvalidKeyError(
                f"the key is public{way_out or ': decrypting needs the private key'}"
            )
        encs = self._contents(encs)
        for enc in encs:
            support.check_content_encryption(enc)
        if not any(self._serves(enc) for enc in encs):
            raise InvalidKeyError(self._unfit(encs))
        if direction == "encrypt" and self.alg == "RSA1_5":
            raise InvalidKeyError("RSA1_5 tokens are decrypted but never made: use RSA-OAEP-256")
        self._check_permitted(direction, policy)
        if policy is not None:
            policy._check_encryption(self.alg, [enc.name for enc in encs])
        return self._management

    def _for_signatures(
        self, direction: Literal["sign", "verify"], policy: Policy | None
    ) -> "signatures.SignatureScheme":
        """Return the prepared mechanism, if the key can be used in this way.

        Raises:
            TypeError: the policy is not a Policy.
            InvalidKeyError: it is for encryption; it is a public key for signing; or `key_ops` or
                the policy does not permit it.
        """
        if self._signature is None:
            raise InvalidKeyError(
                f"the key is for encryption ({self.alg}): use Encrypter or Decrypter"
            )
        if direction == "sign" and not self.is_private and not self.is_symmetric:
            raise InvalidKeyError("the key is public: signing needs the private key")
        short = isinstance(self._material, bytes) and not materials.fits(
            self._alg, len(self._material), legacy=False
        )
        if direction == "sign" and short:
            raise InvalidKeyError(
                "an HMAC key that is shorter than its hash only verifies old tokens"
            )
        self._check_permitted(direction, policy)
        if policy is not None:
            policy._check_signature(self.alg)
        return self._signature

    def _in_a_set(self, advice: str) -> str:
        """Name the key, which is the caller's own, so that it can be found in a set of several."""
        return "" if self._kid is None else f" (kid {self._kid[:_SHOWN_KID]!a}): {advice}"

    def _check_permitted(self, direction: Direction, policy: Policy | None) -> None:
        if not permits(self._alg, self._operations, direction):
            empty = ": the list is empty, which permits nothing; leave it out"
            raise InvalidKeyError(
                f"the key's key_ops don't permit it to {direction}"
                f"{'' if self._operations else empty}"
            )
        if policy is not None and not isinstance(policy, Policy):
            raise checks.wrong_type("policy", "a Policy", policy)

    def _is_counted(self, enc: EncSpec) -> bool:
        """Tell whether the key itself is used with random nonces of 96 bits, which repeat."""
        return self._alg.family == "aes-gcmkw" or (
            self._alg.family == "dir" and enc.family in {"gcm", "chacha"}
        )

    def _serves(self, enc: EncSpec) -> bool:
        """Tell whether the key fits the enc: a `dir` key fits one size, the others fit any."""
        if enc.inner_bytes or self._content is not None:
            return enc is self._content
        if self._alg.family != "dir" or not isinstance(self._material, bytes):
            return True
        return self._enc in (None, enc.name) and len(self._material) == enc.cek_bytes

    @property
    def _content(self) -> EncSpec | None:
        """The content encryption that is part of the alg, if any; messages then have no enc."""
        return self._alg.content if isinstance(self._alg, AlgSpec) else None

    @property
    def _is_hpke(self) -> bool:
        return isinstance(self._alg, AlgSpec) and self._alg.suite is not None

    def _kind(self) -> tuple[str | None, str]:
        """Return everything that the public checks of a token depend on, besides alg and token."""
        return self._enc, materials.describe(self._material)

    def _contents(self, encs: list[EncSpec]) -> list[EncSpec]:
        """Return the content encryption of its own alg, or the encs that the caller accepts."""
        return encs if self._content is None else [self._content]

    def _unfit(self, encs: list[EncSpec]) -> str:
        """Say why a `dir` key fits no accepted enc."""
        return unfit(self._material, self._enc, encs)

    def __repr__(self) -> str:
        return f"Key(alg={self.alg!r}, kid={self._kid!r}, {materials.describe(self._material)})"

    def __eq__(self, other: object) -> bool:
        # Comparing secrets would leak them through its timing: they are equal by identity.
        if self is other or not isinstance(other, Key):
            return self is other
        own = self._public_parts()
        return own is not None and own == other._public_parts()

    def __hash__(self) -> int:
        parts = self._public_parts()
        return object.__hash__(self) if parts is None else hash(parts[:3])

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[object, ...]:
        parts = self._public_parts()
        return super().__reduce_ex__(protocol) if parts is None else (_unpickle, parts)

    def _public_parts(self) -> tuple[object, ...] | None:
        """Return everything that a public key consists of, for `_unpickle`; None for any other."""
        # First, and stored: a Decrypter looks a secret key up for each token.
        if self._is_secret:
            return None
        public = materials.public(self._material)
        # A hybrid key has no SubjectPublicKeyInfo.
        raw = public.raw if isinstance(public, AkpPublicKey) else pems.spki(public)
        operations = None if self._operations is None else tuple(sorted(self._operations))
        return raw, self.alg, self._kid, operations, self._certificates


def _unpickle(
    raw: bytes,
    alg: str,
    kid: str | None,
    operations: tuple[str, ...] | None,
    chain: "tuple[certs.Certificate, ...]",
) -> Key:
    parameters = lookup_alg(alg).parameters
    material = akp.load_public(parameters, raw) if parameters else pems.load_der(raw, None)
    if material is None:
        raise InvalidKeyError("the pickle is not that of a public key")
    permitted = None if operations is None else frozenset(operations)
    return Key._make(material, alg, kid=kid, operations=permitted, legacy=True, chain=chain)
