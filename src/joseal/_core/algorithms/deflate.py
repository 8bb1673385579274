"""`zip: DEF`: raw DEFLATE, with a cap on what comes out.

Off unless named for one object. Compressing before encrypting tells the length of the compressed
text. If an attacker chose a part of that text, the length also tells something about the rest.

Source: RFC 7516 section 4.1.3, RFC 1951, RFC 8725 section 3.6.
"""

import zlib

_RAW = -zlib.MAX_WBITS


def deflate(data: bytes) -> bytes:
    """Compress to one raw DEFLATE stream."""
    compressor = zlib.compressobj(wbits=_RAW)
    return compressor.compress(data) + compressor.flush()


def inflate(data: bytes, most_bytes: int) -> bytes | None:
    """Inflate one whole stream with nothing behind it; anything else is None.

    Of a stream that is over the cap, one byte more than `most_bytes` is returned, and no more than
    that was inflated: the caller can tell it by its length.
    """
    inflater = zlib.decompressobj(wbits=_RAW)
    try:
        plaintext = inflater.decompress(data, most_bytes + 1)
    except zlib.error:
        return None
    if len(plaintext) > most_bytes:
        return plaintext
    return plaintext if inflater.eof and not inflater.unused_data else None
