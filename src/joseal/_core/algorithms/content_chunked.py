"""Content encryption chunk by chunk, for large messages: AES-CBC with HMAC, and AES-GCM.

This module does in steps that stay in the processor's cache what `content_encryption` does at once,
because a fresh buffer of the plaintext's size costs as much as the cipher.

Rules:
- Pure functions of their input, as in `content_encryption`; chunks may have any sizes.
- Opening has two steps: `authenticate` checks the whole ciphertext and returns the plaintext's
  size, and `decrypt_authenticated` then decrypts it. Between the two there is no plaintext.

Source: RFC 7518 sections 5.2 and 5.3; RFC 5652 section 6.3 for the padding.
"""

import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES, AES128, AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC, GCM
from cryptography.hazmat.primitives.hmac import HMAC

from joseal._core.algorithms.hashes import HASHES, same
from joseal._core.algorithms.registry import EncSpec
from joseal._core.wire.large import LargeCiphertext

BytesLike: TypeAlias = bytes | memoryview

# Measured: large enough to outweigh the calls, and small enough for a second-level cache. Whole
# blocks of AES, whole quanta of base64.
CHUNK_BYTES: Final = 192 * 1024

# Measured: below this size a second thread costs more than it saves.
_OVERLAP_BYTES: Final = 4 * 1024 * 1024

# How many chunks the cipher may be ahead of the MAC: the bound on their memory.
_AHEAD: Final = 4

BLOCK_BYTES: Final = 16

# By the size of the key. Measured: a class for a single size looks it up less often; there is none
# for 24 bytes.
AES_OF: Final[Mapping[int, type[AES | AES128 | AES256]]] = MappingProxyType(
    {16: AES128, 24: AES, 32: AES256}
)

# PKCS #7 padding by its size.
PADDINGS: Final = tuple(bytes((size,)) * size for size in range(BLOCK_BYTES + 1))


def can_chunk(enc: EncSpec) -> bool:
    """Tell whether the functions below know `enc`."""
    return enc.family in {"cbc-hmac", "gcm"}


def slices(raw: BytesLike) -> Iterator[memoryview]:
    """Cut bytes in memory into chunks, without a copy."""
    view = memoryview(raw)
    return (view[at : at + CHUNK_BYTES] for at in range(0, len(raw), CHUNK_BYTES))


def can_overlap(size: int) -> bool:
    """Tell whether a second thread would speed up the work on this many bytes."""
    return size >= _OVERLAP_BYTES and _cores() > 1


class ChunkedEncryption:
    """The encryption of one plaintext, chunk by chunk.

    Attributes:
        tag: the tag, once all of the ciphertext has been taken.
    """

    __slots__ = ("_aad", "_cek", "_enc", "_iv", "tag")

    tag: bytes

    def __init__(self, enc: EncSpec, cek: bytes, iv: bytes, aad: bytes) -> None:
        self._enc, self._cek, self._iv, self._aad = enc, cek, iv, aad

    def encrypt(self, chunks: Iterable[BytesLike], *, overlap: bool) -> Iterator[bytes]:
        """Encrypt a plaintext; with `overlap`, compute CBC-HMAC's tag in a second thread."""
        if self._enc.family == "gcm":
            return self._gcm(chunks)
        return self._cbc_hmac(chunks, overlap=overlap)

    def _gcm(self, chunks: Iterable[BytesLike]) -> Iterator[bytes]:
        cipher = Cipher(AES(self._cek), GCM(self._iv)).encryptor()
        cipher.authenticate_additional_data(self._aad)
        for chunk in chunks:
            yield cipher.update(chunk)
        cipher.finalize()
        self.tag = cipher.tag

    def _cbc_hmac(self, chunks: Iterable[BytesLike], *, overlap: bool) -> Iterator[bytes]:
        """RFC 7518 section 5.2.2.1."""
        enc = self._enc
        cipher = Cipher(
            AES_OF[enc.tag_bytes](self._cek[enc.tag_bytes :]), CBC(self._iv)
        ).encryptor()
        mac = _begin_mac(enc, self._cek, self._iv, self._aad)
        size = 0
        with _fed(mac, overlap=overlap) as feed:
            for chunk in chunks:
                size += len(chunk)
                ciphertext = cipher.update(chunk)
                feed(ciphertext)
                yield ciphertext
            ciphertext = cipher.update(PADDINGS[BLOCK_BYTES - size % BLOCK_BYTES])
            feed(ciphertext)
            yield ciphertext
        self.tag = _end_mac(enc, mac, self._aad)


def open_(
    enc: EncSpec, cek: bytes, ciphertext: LargeCiphertext, *, iv: bytes, aad: bytes, tag: bytes
) -> bytes | None:
    """Check the tag and decrypt, in the ciphertext's memory; None if anything is not valid."""
    size = authenticate(enc, cek, slices(ciphertext.view), iv=iv, aad=aad, tag=tag)
    if size is None:
        return None
    return ciphertext.replace(_decryptor(enc, cek, iv).update_into, size)


def authenticate(
    enc: EncSpec, cek: bytes, chunks: Iterable[BytesLike], *, iv: bytes, aad: bytes, tag: bytes
) -> int | None:
    """Return the size of the plaintext, or None if the tag or the padding is not valid."""
    if enc.family == "gcm":
        return _check_gcm(cek, chunks, iv=iv, aad=aad, tag=tag)
    mac = _begin_mac(enc, cek, iv, aad)
    size, end = 0, iv
    for chunk in chunks:
        mac.update(chunk)
        size += len(chunk)
        end = (end + bytes(chunk[-2 * BLOCK_BYTES :]))[-2 * BLOCK_BYTES :]
    if not same(_end_mac(enc, mac, aad), tag):
        return None
    # In CBC the last block needs only the one before it.
    mode = CBC(end[:BLOCK_BYTES])
    block = (
        Cipher(AES_OF[enc.tag_bytes](cek[enc.tag_bytes :]), mode)
        .decryptor()
        .update(end[BLOCK_BYTES:])
    )
    padding_bytes = block[-1]
    if not 1 <= padding_bytes <= BLOCK_BYTES or not block.endswith(PADDINGS[padding_bytes]):
        return None
    return size - padding_bytes


def _check_gcm(
    cek: bytes, chunks: Iterable[BytesLike], *, iv: bytes, aad: bytes, tag: bytes
) -> int | None:
    cipher = Cipher(AES(cek), GCM(iv, tag)).decryptor()
    cipher.authenticate_additional_data(aad)
    size = 0
    for chunk in chunks:
        # GCM authenticates while it decrypts. The output is dropped.
        size += len(cipher.update(chunk))
    try:
        cipher.finalize()
    except InvalidTag:
        return None
    return size


def decrypt_authenticated(
    enc: EncSpec, cek: bytes, chunks: Iterable[BytesLike], *, iv: bytes, size: int
) -> Iterator[bytes]:
    """Decrypt a ciphertext for which `authenticate` has returned the plaintext's size."""
    cipher = _decryptor(enc, cek, iv)
    for chunk in chunks:
        plaintext = cipher.update(chunk)
        yield plaintext if len(plaintext) <= size else plaintext[:size]
        size -= len(plaintext)


def _decryptor(enc: EncSpec, cek: bytes, iv: bytes) -> CipherContext:
    """Return a cipher for a ciphertext that was authenticated: with GCM, it checks no tag."""
    if enc.family == "gcm":
        return Cipher(AES(cek), GCM(iv)).decryptor()
    return Cipher(AES_OF[enc.tag_bytes](cek[enc.tag_bytes :]), CBC(iv)).decryptor()


def _begin_mac(enc: EncSpec, cek: bytes, iv: bytes, aad: bytes) -> HMAC:
    mac = HMAC(cek[: enc.tag_bytes], HASHES[enc.hash])
    mac.update(aad + iv)
    return mac


def _end_mac(enc: EncSpec, mac: HMAC, aad: bytes) -> bytes:
    """RFC 7518 section 5.2.2.1: the size of the AAD in bits comes last."""
    mac.update((8 * len(aad)).to_bytes(8, "big"))
    return mac.finalize()[: enc.tag_bytes]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


@contextmanager
def _fed(mac: HMAC, *, overlap: bool) -> Generator[Callable[[bytes], object]]:
    """Give a function that feeds the MAC, here or in a second thread."""
    if not overlap:
        yield mac.update
        return
    # Most programs never need a second thread.
    from queue import SimpleQueue  # noqa: PLC0415
    from threading import Thread  # noqa: PLC0415

    # An interrupt inside a `threading.Semaphore` can leave its lock taken; this can't.
    chunks: SimpleQueue[bytes] = SimpleQueue()
    room: SimpleQueue[None] = SimpleQueue()
    for _ in range(_AHEAD):
        room.put(None)

    def work() -> None:
        while chunk := chunks.get():
            mac.update(chunk)
            room.put(None)

    def feed(chunk: bytes) -> None:
        if chunk:
            room.get()
            chunks.put(chunk)

    given: Callable[[bytes], object] = mac.update
    thread = Thread(target=work, name="joseal HMAC", daemon=True)
    try:
        # If the system provides no more threads, the work is done here.
        with suppress(RuntimeError):
            thread.start()
            given = feed
        yield given
    finally:
        # It ends even if an interrupt came before `start` had told that it runs.
        chunks.put(b"")
        if thread.is_alive():
            thread.join()
