"""Changes of single bits."""


def flip(raw: bytes, bit: int) -> bytes:
    """Change one bit; 0 is the first byte's highest, -1 the last byte's lowest."""
    shift = -1 - bit if bit < 0 else 8 * len(raw) - 1 - bit
    return (int.from_bytes(raw) ^ 1 << shift).to_bytes(len(raw))
