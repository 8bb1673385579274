"""What a key is, and what it lets out.

Rules:
- A key that exists is a good one: its material was checked against its one alg.
- What releases a secret says so by name: `to_jwk(private=True)`, `to_pem(private=True)`. Nothing
  else does: no repr, no pickle, no attribute.

Source: RFC 7517, RFC 7518 section 6, RFC 7638, RFC 8725 section 3.1.
"""

from functools import partial
from typing import Final, Literal, Self

from joseal._core import checks
from joseal._core.algorithms.hashes import digest
from joseal._core.algorithms.key_management import KeyManagement
from joseal._core.algorithms.pbes2 import Password
from joseal._core.algorithms.registry import ENCS, Alg, AnyAlg, Enc, Sig, known_alg
from joseal._core.algorithms.signatures import Signature
from joseal._core.keys import jwk as jwks
from joseal._core.keys import material as materials
from joseal._core.keys import pem as pems
from joseal._core.keys import prepare
from joseal._core.keys.external import External, PublicMaterial
from joseal._core.keys.material import Held, Material, PrivateMaterial, Secret
from joseal._core.limits import Limits
from joseal._core.policy import Policy
from joseal._core.secrecy import Opaque, hide_locals
from joseal._core.wire import base64url, strict_json
from joseal.errors import KeyUseError

# A text that is taken for true must neither load nor release anything. The limits are there for
# the check alone: a key has none.
check_switches: Final = partial(checks.check, Limits())


class BoundKey(Opaque):
    """Key material that was bound to one alg.

    Raises:
        TypeError: `alg` or `kid` is not str, or `legacy` no bool.
        ValueError: UTF-8 can't carry `kid`.
        KeyUseError: the material can't serve `alg` or `enc`, or `alg` is off without `legacy`.
    """

    __slots__ = ("_alg", "_enc", "_kid", "_management", "_material", "_operations", "_signature")

    _alg: AnyAlg
    _enc: str | None
    _kid: str | None
    _material: Material
    _operations: frozenset[str] | None
    _management: KeyManagement | None
    _signature: Signature | None

    @hide_locals
    def __init__(
        self,
        material: Material,
        alg: str,
        *,
        kid: str | None = None,
        enc: str | None = None,
        operations: frozenset[str] | None = None,
        legacy: bool = False,
    ) -> None:
        # Not for callers, who have the methods below.
        check_switches(legacy=legacy)
        known = known_alg(alg)
        if isinstance(known, Alg) and known.legacy and not legacy:
            raise KeyUseError("this alg is off: legacy=True loads a key that opens old tokens")
        if kid is not None and not isinstance(kid, str):
            raise TypeError("kid must be str")
        if kid is not None and not strict_json.is_text(kid):
            raise ValueError("kid must be text that UTF-8 can carry")
        materials.check(known, material)
        if isinstance(material, bytes) and enc and len(material) != ENCS[enc].cek_bytes:
            raise KeyUseError("the symmetric key does not have the size that its enc needs")
        management = prepare.management(known, material) if isinstance(known, Alg) else None
        signature = prepare.signature(known, material) if isinstance(known, Sig) else None
        self._set(_alg=known, _kid=kid, _enc=enc, _material=material, _operations=operations)
        self._set(_management=management, _signature=signature)

    @property
    def alg(self) -> str:
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
        """Whether this is a shared secret: octets or a password."""
        return isinstance(self._material, Secret)

    @hide_locals
    def public(self) -> Self:
        """Return the public half, with the same alg and kid.

        Raises:
            KeyUseError: a symmetric key has none.
        """
        public = materials.public(self._material)
        operations = jwks.counterparts(self._operations)
        return type(self)(public, self.alg, kid=self._kid, operations=operations, legacy=True)

    def thumbprint(self) -> str:
        """Return the SHA-256 thumbprint of the public key, base64url.

        For a symmetric key it is a hash of the secret: publish it for keys of full entropy only.

        Source: RFC 7638 sections 3 and 7.
        """
        material = self._material
        shown = material if isinstance(material, Secret) else materials.public(material)
        return base64url.encode(jwks.thumbprint(jwks.dump(shown))).decode("ascii")

    def thumbprint_uri(self) -> str:
        """Return the thumbprint as a URI.

        Source: RFC 9278 section 3.
        """
        return f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{self.thumbprint()}"

    def spki_sha256(self) -> str:
        """Return the SHA-256 of the public key's SubjectPublicKeyInfo in hex, as some APIs name it.

        Raises:
            KeyUseError: a symmetric key has none.
        """
        return digest(pems.spki(materials.public(self._material))).hex()

    @hide_locals
    def to_jwk(self, *, private: bool = False) -> dict[str, object]:
        """Return the key as a JWK with its alg, kid and key_ops.

        Raises:
            TypeError: `private` is no bool.
            KeyUseError: `private` is asked of a public key or of one on a device, or is not given
                for a symmetric one.
        """
        check_switches(private=private)
        released = jwks.dump(self._released(private=private))
        shown: dict[str, object] = {**released, "alg": self._enc or self.alg}
        if self._kid is not None:
            shown["kid"] = self._kid
        operations = self._operations if private else jwks.counterparts(self._operations)
        return shown if operations is None else {**shown, "key_ops": sorted(operations)}

    @hide_locals
    def to_pem(self, *, private: bool = False, password: str | bytes | None = None) -> str:
        """Return the key as PEM: SubjectPublicKeyInfo or PKCS#8.

        Args:
            private: release the private half.
            password: encrypt it. Without one the file itself is the secret.

        Raises:
            TypeError: `private` is no bool, or `password` neither str nor bytes.
            ValueError: a password without `private`, or an empty one.
            KeyUseError: `private` is asked of a public key or of one on a device, or the key is
                symmetric.
        """
        check_switches(private=private)
        if password is not None and not private:
            raise ValueError("password goes with private=True")
        return pems.dump_pem(self._released(private=private), password)

    def _released(self, *, private: bool) -> Held:
        if not private:
            if self.is_symmetric:
                raise KeyUseError("a symmetric key is all secret: ask with private=True")
            return materials.public(self._material)
        if isinstance(self._material, External):
            raise KeyUseError("the private half is on its device and stays there")
        if not self.is_private and not self.is_symmetric:
            raise KeyUseError("this key has no private half")
        return self._material

    def public_material(self) -> PublicMaterial:
        """Return the public half as `cryptography` has it, for the modules of this room.

        Raises:
            KeyUseError: a symmetric key has none.
        """
        return materials.public(self._material)

    def for_encryption(
        self, direction: Literal["encrypt", "decrypt"], encs: list[Enc], policy: Policy | None
    ) -> KeyManagement:
        """Return the prepared mechanism, if this key can do that at all.

        For the rooms above this one, and not for callers.

        Raises:
            TypeError: the policy is none.
            KeyUseError: it is for signatures; it is a private key to encrypt or a public one to
                decrypt with; it fits none of `encs`; `key_ops` or the policy are against it.
        """
        if self._management is None:
            raise KeyUseError("this key is for signatures")
        if direction == "encrypt" and self.is_private:
            raise KeyUseError("this key is private: seal to its public half, use key.public()")
        if direction == "decrypt" and not self.is_private and not self.is_symmetric:
            raise KeyUseError("this key is public: it opens nothing")
        if not any(self.serves(enc) for enc in encs):
            raise KeyUseError("the key's size or enc does not fit enc=")
        if direction == "encrypt" and self.alg == "RSA1_5":
            raise KeyUseError("RSA1_5 tokens are opened but never made")
        self._check_permitted(direction, policy)
        if policy is not None:
            policy.check_encryption(self.alg, [enc.name for enc in encs])
        return self._management

    def for_signatures(
        self, direction: Literal["sign", "verify"], policy: Policy | None
    ) -> Signature:
        """Return the prepared mechanism, if this key can do that at all.

        For the rooms above this one, and not for callers.

        Raises:
            TypeError: the policy is none.
            KeyUseError: it is for encryption; it is a public key to sign with; `key_ops` or the
                policy are against it.
        """
        if self._signature is None:
            raise KeyUseError("this key is for encryption")
        if direction == "sign" and not self.is_private and not self.is_symmetric:
            raise KeyUseError("this key is public: it signs nothing")
        self._check_permitted(direction, policy)
        if policy is not None:
            policy.check_signature(self.alg)
        return self._signature

    def _check_permitted(self, direction: jwks.Direction, policy: Policy | None) -> None:
        if not jwks.permits(self._alg, self._operations, direction):
            raise KeyUseError("the key's key_ops don't permit this")
        if policy is not None and not isinstance(policy, Policy):
            raise TypeError("policy must be a Policy")

    def is_counted(self, enc: Enc) -> bool:
        """Tell whether the key itself is used with random nonces of 96 bits, which repeat."""
        return self._alg.family == "aes-gcmkw" or (
            self._alg.family == "dir" and enc.family in {"gcm", "chacha"}
        )

    def serves(self, enc: Enc) -> bool:
        """Tell whether the key fits the enc: a `dir` key fits one size, the others fit any."""
        if self._alg.family != "dir" or not isinstance(self._material, bytes):
            return True
        return self._enc in (None, enc.name) and len(self._material) == enc.cek_bytes

    def __repr__(self) -> str:
        return f"Key(alg={self.alg!r}, kid={self._kid!r}, {materials.describe(self._material)})"
