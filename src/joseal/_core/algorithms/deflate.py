"""`zip: DEF`: raw DEFLATE, with a cap on what comes out.

Off unless an object names it. Compressing before encrypting reveals the length of the compressed
text. If an attacker chose a part of that text, the length also reveals something about the rest.

Source: RFC 7516 section 4.1.3, RFC 1951, RFC 8725 section 3.6.
"""

import zlib

_RAW = -zlib.MAX_WBITS


def deflate(data: bytes) -> bytes:
    """Compress to one raw DEFLATE stream."""
    compressor = zlib.compressobj(wbits=_RAW)
    return compressor.compress(data) + compressor.flush()


def inflate(data: bytes, most_bytes: int) -> bytes | None:
    """Inflate one whole stream with nothing after it; anything else is None.

    For a stream over the cap, `most_bytes` plus one byte are inflated and returned: the caller
    recognizes it by its length.
    """
    inflater = zlib.decompressobj(wbits=_RAW)
    try:
        plaintext = inflater.decompress(data, most_bytes + 1)
    except zlib.error:
        return None
    if len(plaintext) > most_bytes:
        return plaintext
    return plaintext if inflater.eof and not inflater.unused_data else None
