"""Memory that a thread keeps for the large ciphertexts it decodes, one after the other.

Fresh memory costs as much as the cipher, page by page.

Rules:
- Only what stood in a token is ever in it, no plaintext.
- What is lent is not lent again while anyone looks at it.
"""

import threading
from typing import Final

# The most that a thread keeps, until it ends: the ciphertext of 16 MiB.
MOST_BYTES: Final = 17 * 1024 * 1024


class _Local(threading.local):
    def __init__(self) -> None:
        self.kept = bytearray(1)


_LOCAL: Final = _Local()


def lend(size: int) -> memoryview:
    """Lend memory of this size, whatever was in it before."""
    kept = _LOCAL.kept
    try:
        # Refused while a memoryview on it is alive. In this order no interrupt can empty it.
        kept.append(0)
        kept.pop()
    except BufferError:
        return memoryview(bytearray(size))
    if len(kept) < size:
        kept = bytearray(size)
        if size <= MOST_BYTES:
            _LOCAL.kept = kept
    return memoryview(kept)[:size]
