"""The two steps under `jwe.py` on which everything rests, each a function of all its inputs.

Sealing makes a token of what has been drawn. Unwrapping gives a content encryption key whatever
happens, so that all that can go wrong with a private key ends in the same check of the tag.

Source: RFC 7516 sections 5.1, 5.2 and 11.5.
"""

import os
from itertools import islice
from typing import Final

from joseal._core.algorithms import content_chunked, content_encryption
from joseal._core.algorithms.key_management import Unwrap
from joseal._core.algorithms.registry import Enc
from joseal._core.wire import base64url

# How often a growing token is added to, at most. CPython adds in place; where that is a copy, the
# sum of the copies stays bounded.
_MOST_ADDITIONS: Final = 64


def seal(
    enc: Enc, protected: bytes, cek: bytes, encrypted_key: bytes, *, iv: bytes, plaintext: bytes
) -> str:
    """Make the token from all its inputs. RFC 7516 section 5.1 steps 14 to 19."""
    encode = base64url.encode
    if len(plaintext) >= content_encryption.LARGE_BYTES and content_chunked.can_chunk(enc):
        begin = b".".join((protected, encode(encrypted_key), encode(iv), b"")).decode("ascii")
        return _seal_large(begin, content_chunked.Sealing(enc, cek, iv, protected), plaintext)
    ciphertext, tag = content_encryption.seal(enc, cek, iv, protected, plaintext)
    return b".".join(
        (protected, encode(encrypted_key), encode(iv), encode(ciphertext), encode(tag))
    ).decode("ascii")


def _seal_large(token: str, sealing: content_chunked.Sealing, plaintext: bytes) -> str:
    """Add ciphertext and tag to a token that ends before them."""
    overlap = content_chunked.can_overlap(len(plaintext))
    ciphertext = sealing.encrypt(content_chunked.slices(plaintext), overlap=overlap)
    pieces = base64url.encode_chunks(ciphertext)
    at_a_time = 1 + len(plaintext) // content_chunked.CHUNK_BYTES // _MOST_ADDITIONS
    while some := list(islice(pieces, at_a_time)):
        token += "".join(some)
    token += "." + base64url.encode(sealing.tag).decode("ascii")
    return token


def unwrapped(enc: Enc, unwrap: Unwrap) -> bytes:
    """Return the content encryption key: a random one if it can't be had. RFC 7516 section 11.5."""
    # Drawn before the outcome is known, so that the work is the same for every outcome.
    cek = os.urandom(enc.cek_bytes)
    outcome = unwrap()
    return cek if outcome is None or len(outcome) != enc.cek_bytes else outcome
