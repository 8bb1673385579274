"""Texts without the addresses of objects, whose digits are now and then those of a secret."""

import re

_ADDRESS = re.compile(r"\b0x[0-9a-f]+\b")


def without_addresses(text: str) -> str:
    """Return a text with every address of an object as 0x."""
    return _ADDRESS.sub("0x", text)
