"""Public keys in the one line that OpenSSH writes: the type, base64, a comment.

Rules:
- One line is one key. `cryptography` reads the first line of several and skips what is not base64;
  here both are refused.
- OpenSSH certificates, keys on security keys and DSA keys have other types and are refused.

Source: RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4; sshd(8) for the line.
"""

import re
from typing import Final

from cryptography.hazmat.primitives import serialization

from joseal._core.algorithms import foreign
from joseal.errors import InvalidKeyError

_TYPES: Final = rb"(?:ssh-rsa|ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521))"
_BEGIN: Final = re.compile(_TYPES + rb"[ \t]")
_LINE: Final = re.compile(_TYPES + rb"[ \t]+[A-Za-z0-9+/]+={0,2}(?:[ \t][^\r\n]*)?")


def is_openssh(raw: bytes) -> bool:
    """Tell whether bytes begin like such a line, with a type that has an alg in JOSE."""
    return _BEGIN.match(raw.lstrip()) is not None


def load(raw: bytes) -> object:
    """Read the key; the caller checks which kinds are used.

    Raises:
        InvalidKeyError: there are several lines, or the line is damaged.
    """
    line = raw.strip()
    if len(line.splitlines()) > 1:
        raise InvalidKeyError(
            f"{len(line.splitlines())} lines of OpenSSH public keys: give the one that is meant"
        )
    if _LINE.fullmatch(line) is not None:
        # NotImplementedError means a compressed point, which OpenSSH does not write.
        with foreign.Suppress(NotImplementedError):
            return serialization.load_ssh_public_key(line)
    raise InvalidKeyError("the OpenSSH public key is cut or damaged: copy its whole line")
