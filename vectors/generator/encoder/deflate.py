"""Raw DEFLATE for test vectors, by hand: the bytes of a compressor differ from one to the next.

Source: RFC 1951 section 3.2.
"""

_FINAL_FIXED = "1" + "10"  # the last block; type 01, its low bit first
_END = "0000000"
_LONGEST_RUN = 258


def stored(*blocks: bytes) -> bytes:
    """Write blocks that are not compressed. RFC 1951 section 3.2.4."""
    stream = b""
    for number, block in enumerate(blocks, 1):
        size = len(block)
        final = bytes([number == len(blocks)])
        stream += final + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + block
    return stream


def _packed(bits: str) -> bytes:
    padded = bits + "0" * (-len(bits) % 8)
    return int(padded[::-1], 2).to_bytes(len(padded) // 8, "little")


def literal(one_byte: int) -> str:
    """Return the fixed code of a byte below 144. RFC 1951 section 3.2.6."""
    return f"{0x30 + one_byte:08b}"


def run_of_zeros(size: int) -> bytes:
    """Write zeros in as few bytes as fixed codes need."""
    runs, rest = divmod(size - 1, _LONGEST_RUN)
    # Length 258 is symbol 285, distance 1 is symbol 0.
    repeated = ("11000101" + "00000") * runs
    return _packed(_FINAL_FIXED + literal(0) * (1 + rest) + repeated + _END)


def fixed(text: bytes, after: str = _END) -> bytes:
    """Write ASCII with fixed codes; `after` is what stands behind it."""
    return _packed(_FINAL_FIXED + "".join(map(literal, text)) + after)


def before_the_start() -> bytes:
    """Write a stream that repeats a byte which was never there."""
    # Length 3 is symbol 257, distance 1 is symbol 0.
    return _packed(_FINAL_FIXED + "0000001" + "00000" + _END)
