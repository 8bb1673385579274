"""A large ciphertext: never cut out of its token, and decoded where its plaintext will be.

Fresh memory costs more than the cipher, page by page. So there is one buffer, which becomes the
result: it first contains the decoded ciphertext and then, once that is authenticated, the
plaintext.

Rules:
- The plaintext of each piece never overwrites ciphertext that is still needed: it goes `ROOM_BYTES`
  before the piece itself, so that input and output of a call are never the same memory.
- All of the ciphertext is decoded, and found to be canonical, before it is used.
- It does not change until `replace`, which is for a ciphertext that has been authenticated.
- Nothing is kept for the next token.
"""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import AnyStr, Final

from msgspec import Struct

from joseal._core.wire import base64url

# Characters that are decoded at a time: whole quanta, which stay in a second-level cache.
_CHUNK_CHARS: Final = 256 * 1024

# Decrypted at a time: whole blocks. Measured: with more, the room costs more than the calls.
PIECE_BYTES: Final = 64 * 1024

# A cipher may need room for one more block, minus a byte. A cache line is larger than that.
_BLOCK_BYTES: Final = 16
ROOM_BYTES: Final = PIECE_BYTES + 64

# From a piece of ciphertext to its plaintext, which it stores into the second argument.
DecryptInto = Callable[[memoryview, memoryview], object]


class Span(Struct, frozen=True):
    """A segment that is too large to be copied out of its token."""

    token: str | bytes
    start: int
    stop: int


class LargeCiphertext:
    """A decoded ciphertext, in memory that its plaintext will take over.

    Attributes:
        view: the ciphertext.
    """

    __slots__ = ("_memory", "_whole", "view")

    view: memoryview
    _whole: memoryview

    def __init__(self, capacity: int, chunks: Iterable[bytes]) -> None:
        # Sized beforehand, so that it neither grows nor is copied.
        self._memory = BytesIO(bytes(ROOM_BYTES + capacity))
        self._whole = self._memory.getbuffer()
        view, size = self._whole[ROOM_BYTES:], 0
        for chunk in chunks:
            view[size : size + len(chunk)] = chunk
            size += len(chunk)
        self.view = view[:size]

    def __len__(self) -> int:
        return len(self.view)

    def __bytes__(self) -> bytes:
        return bytes(self.view)

    def replace(self, decrypt_into: DecryptInto, size: int) -> bytes:
        """Replace the ciphertext with a plaintext of `size` bytes, and return it.

        Args:
            decrypt_into: decrypts one piece after another, each into as many bytes.
            size: the size of the plaintext, which is never longer than the ciphertext.
        """
        for at in range(0, len(self.view), PIECE_BYTES):
            piece = self.view[at : at + PIECE_BYTES]
            room = self._whole[at : at + len(piece) + _BLOCK_BYTES - 1]
            decrypt_into(piece, room)
            piece.release()
            room.release()
        self.view.release()
        self._whole.release()
        self._memory.truncate(size)
        return self._memory.getvalue()


def split(token: str | bytes) -> tuple[str | bytes, Span]:
    """Return the position of the fourth segment, and the token without its content."""
    if isinstance(token, str):
        start, stop = _fourth(token, ".")
        return token[:start] + token[stop:], Span(token, start, stop)
    start, stop = _fourth(token, b".")
    return token[:start] + token[stop:], Span(token, start, stop)


def decode(span: Span) -> LargeCiphertext | None:
    """Decode a segment as `base64url.decode` does; None if it is not canonical."""
    capacity = (span.stop - span.start) * 3 // 4
    try:
        return LargeCiphertext(capacity, _decoded(span))
    except _NotCanonicalError:
        return None


class _NotCanonicalError(Exception):
    """A chunk is not canonical."""


def _decoded(span: Span) -> Iterator[bytes]:
    text, start, stop = span.token, span.start, span.stop
    last = stop - (stop - start) % _CHUNK_CHARS
    for at in range(start, last, _CHUNK_CHARS):
        yield _canonical(base64url.decode_whole(text[at : at + _CHUNK_CHARS]))
    rest = text[last:stop]
    yield _canonical(base64url.decode(rest if isinstance(rest, bytes) else rest.encode("ascii")))


def _canonical(decoded: bytes | None) -> bytes:
    if decoded is None:
        raise _NotCanonicalError
    return decoded


def _fourth(token: AnyStr, dot: AnyStr) -> tuple[int, int]:
    """Return where the fourth segment begins and ends; without one, the end of the token."""
    at = -1
    for _ in range(3):
        at = token.find(dot, at + 1)
        if at < 0:
            return len(token), len(token)
    stop = token.find(dot, at + 1)
    return at + 1, len(token) if stop < 0 else stop
