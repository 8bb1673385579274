"""Changes of single bits."""


def flip(octets: bytes, bit: int) -> bytes:
    """Change one bit; 0 is the first octet's highest, -1 the last octet's lowest."""
    shift = -1 - bit if bit < 0 else 8 * len(octets) - 1 - bit
    return (int.from_bytes(octets) ^ 1 << shift).to_bytes(len(octets))
