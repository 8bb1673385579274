"""The interface that every mechanism of key management implements.

A mechanism is prepared once from key material and used for many tokens. To encrypt, call `wrap`. To
decrypt, call `check_public`, which checks everything that depends only on the token and the
*public* key, and returns the one private step, which the caller then runs. So the types enforce
the order that keeps failures uniform; the caller need not remember it.

Source: RFC 7516 sections 5.1, 5.2 and 11.5.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from joseal._core.algorithms.curves import PublicCurveKey
from joseal._core.algorithms.registry import EncSpec
from joseal._core.limits import Limits
from joseal._core.wire.header import Members

# The private step: the content encryption key, or None. It does not say why, and it may give a key
# of the wrong length; its caller continues with a random one in both cases.
Unwrap = Callable[[], bytes | None]

# The result of wrapping: the CEK, the encrypted key, and the Header Parameters for the rest.
Wrapped = tuple[bytes, bytes, Mapping[str, object]]

NO_MEMBERS: Mapping[str, object] = {}


class UnwrapRequest(Struct, frozen=True):
    """A token's description of its content encryption key, and what the decrypter allows in it."""

    enc: EncSpec
    members: Members
    encrypted_key: bytes
    limits: Limits
    # The epk by its curve, or None if it is bad: read once for a token, and not for each key. A
    # request without a dict, which is fresh for each token, keeps nothing.
    points: dict[str, PublicCurveKey | None] | None = None
    # The application's input to the key schedule, for HPKE.
    info: bytes = b""


class WrapSettings(Struct, frozen=True):
    """The settings of one `Encrypter`, the same for all of its tokens.

    `apu` and `apv` are agreed names of the parties, for ECDH-ES only. RFC 7518 section 4.6.1.
    `info` is what the application puts into the key schedule of one token, for HPKE only.
    """

    enc: EncSpec
    limits: Limits
    apu: bytes = b""
    apv: bytes = b""
    info: bytes = b""


def check_own(cek: bytes | None) -> None:
    """Check that a mechanism that makes the CEK was not given one.

    Raises:
        ValueError: it was.
    """
    if cek is not None:
        raise ValueError("the key makes the CEK, so it can't wrap that of other recipients")


class KeyManagement(Protocol):
    """One mechanism with its key."""

    def wrap(self, settings: WrapSettings, cek: bytes | None = None) -> Wrapped:
        """Wrap a content encryption key: the one drawn for a message, or a fresh one.

        Raises:
            TokenTooLargeError: it takes more work than the limits let a recipient do.
            ValueError: there is a CEK, and the mechanism makes its own.
        """
        ...

    def check_public(self, request: UnwrapRequest) -> Unwrap:
        """Check everything that is public, and return the private step.

        Raises:
            MalformedTokenError: no key could accept a length or a member.
            NotAllowedError: the caller's limits don't accept a member.
        """
        ...
