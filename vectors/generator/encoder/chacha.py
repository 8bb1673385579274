"""ChaCha20-Poly1305 with a nonce of 24 bytes, written from the draft.

Source: draft-irtf-cfrg-xchacha sections 2.2 and 2.3.
"""

import struct

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

_CONSTANT = b"expand 32-byte k"
_QUARTERS = (
    *((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)),
    *((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)),
)


def _quarter_round(state: list[int], a: int, b: int, c: int, d: int) -> None:
    """RFC 8439 section 2.1."""
    for first, second, last, count in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[first] = state[first] + state[second] & 0xFFFFFFFF
        mixed = state[last] ^ state[first]
        state[last] = (mixed << count | mixed >> 32 - count) & 0xFFFFFFFF


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    """Derive a key from a key and 16 bytes of nonce."""
    state = list(struct.unpack("<16I", _CONSTANT + key + nonce))
    for _ in range(10):
        for quarter in _QUARTERS:
            _quarter_round(state, *quarter)
    return struct.pack("<8I", *state[:4], *state[12:])


def xchacha_seal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Encrypt: ciphertext and tag."""
    derived = hchacha20(key, nonce[:16])
    return ChaCha20Poly1305(derived).encrypt(bytes(4) + nonce[16:], plaintext, aad)
