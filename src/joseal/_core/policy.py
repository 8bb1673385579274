"""Policies: which of joseal's algorithms an organization allows.

A policy looks at names alone. It is checked when an object is prepared, never while a token is
handled, and its error names what it refuses.

Source: RFC 8725, RFC 9864, draft-amringer-jose-chacha; NIST SP 800-131A revision 2, SP 800-186 and
FIPS 140-3 Implementation Guidance D.F and D.G for `FIPS_NAMES`.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from joseal._core.naming import exported
from joseal.errors import InvalidKeyError

_SHA1: Final = "it uses SHA-1, which scanners and newer modules refuse"
_PKCS1: Final = "RSAES-PKCS1-v1_5 can't be decrypted safely"
_DRAFT: Final = "it is defined by a draft only"
_DIRECT_GCM: Final = "a fixed AES-GCM key must not make more than 2^32 tokens"
_POLYMORPHIC: Final = "its name does not say its curve: use Ed25519, or Ed448 for an Ed448 key"
_NOT_APPROVED_SCHEDULE: Final = "no NIST publication approves the key schedule of HPKE"
_NOT_APPROVED: Final = "its primitive is not approved by NIST"

_HPKE: Final = tuple(
    f"HPKE-{number}{mode}" for number in (*range(11), 12, 13) for mode in ("", "-KE")
)


@exported
class Policy(Struct, frozen=True, kw_only=True):
    """Algorithm names that are refused, each with the reason.

    Attributes:
        name: its name in error messages.
        refused: a name of an alg or an enc, or `dir+` and the name of an enc, with the reason.

    Example:
        >>> import joseal
        >>> ours = joseal.Policy(name="ours", refused={"RS256": "PS256 is agreed"})
        >>> old = joseal.Key.generate("HS256")
        >>> verifier = joseal.Verifier(old, policy=ours)
    """

    name: str
    refused: Mapping[str, str]

    def _check_encryption(self, alg: str, encs: Iterable[str]) -> None:
        """Check a key management algorithm with the encs it is used for.

        Raises:
            InvalidKeyError: one of them is refused; the message gives the reason.
        """
        names = [alg]
        for enc in encs:
            names += [enc, f"{alg}+{enc}"]
        self._check(names)

    def _check_signature(self, alg: str) -> None:
        """Check a signature algorithm.

        Raises:
            InvalidKeyError: it is refused; the message gives the reason.
        """
        self._check([alg])

    def _check(self, names: Iterable[str]) -> None:
        for name in names:
            if name in self.refused:
                raise InvalidKeyError(
                    f"the policy {self.name} refuses {name}: {self.refused[name]}"
                )


MODERN: Final = Policy(
    name="modern",
    refused=MappingProxyType(
        {
            "RSA-OAEP": _SHA1,
            "RSA1_5": _PKCS1,
            "C20P": _DRAFT,
            "XC20P": _DRAFT,
            **dict.fromkeys(_HPKE, _DRAFT),
            **dict.fromkeys(("dir+A128GCM", "dir+A192GCM", "dir+A256GCM"), _DIRECT_GCM),
            "EdDSA": _POLYMORPHIC,
        }
    ),
)

# It checks names, not modules: the operator has to provide a validated OpenSSL for `cryptography`.
# ECDH-ES is approved on the P curves, which depends on the key and not on the name.
FIPS_NAMES: Final = Policy(
    name="fips_names",
    refused=MappingProxyType(
        {
            "RSA-OAEP": _SHA1,
            "RSA1_5": "SP 800-131A revision 2 disallows it since 2024",
            "C20P": _NOT_APPROVED,
            "XC20P": _NOT_APPROVED,
            "ES256K": "SP 800-186 allows secp256k1 for blockchain applications only",
            **dict.fromkeys(_HPKE, _NOT_APPROVED_SCHEDULE),
        }
    ),
)
