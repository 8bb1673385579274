"""Fingerprints of chunks that are read twice, to tell whether one has changed in between.

Rules:
- A fingerprint is the tag that AES-GCM makes for a chunk that is only authenticated (GMAC), under a
  random key for one source that disappears with it. The iv is the number of the chunk, so a chunk
  in the wrong place counts as changed too.
- Fingerprints are never revealed, so an attacker who changes a chunk has one blind try. A changed
  chunk of 256 KiB, which is 2^14 blocks of GHASH, passes with a probability below 2^-113.

Source: NIST SP 800-38D, where GMAC is GCM without a plaintext.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Final

from joseal._core.algorithms import content_encryption
from joseal._core.algorithms.content_encryption import AeadOutput
from joseal._core.algorithms.registry import ENCS
from joseal.errors import DecryptionError

_GCM: Final = ENCS["A256GCM"]


class Fingerprints:
    """The fingerprints of the chunks of one source: 16 bytes for each."""

    __slots__ = ("_kept", "_key")

    def __init__(self) -> None:
        self._key = os.urandom(_GCM.cek_bytes)
        self._kept = bytearray()

    def taken(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass all chunks on, and remember their fingerprints."""
        for number, chunk in enumerate(chunks):
            _, tag = content_encryption.seal(_GCM, self._key, _iv(number), chunk, b"")
            self._kept += tag
            yield chunk

    def unchanged(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass on the chunks that match the fingerprints.

        Raises:
            DecryptionError: the next one does not.
        """
        for number, chunk in enumerate(chunks):
            at = number * _GCM.tag_bytes
            tag = bytes(self._kept[at : at + _GCM.tag_bytes])
            if (
                content_encryption.open_(_GCM, self._key, AeadOutput(chunk, _iv(number), b"", tag))
                is None
            ):
                raise DecryptionError
            yield chunk


def _iv(number: int) -> bytes:
    return number.to_bytes(_GCM.iv_bytes, "big")
