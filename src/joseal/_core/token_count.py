"""The number of tokens that one object has made with a fixed key; it stops at the bound.

Source: NIST SP 800-38D section 8.3.
"""

from collections.abc import Iterator
from typing import Final

from joseal.errors import InvalidKeyError

# For random initialization vectors under one key.
MOST_TOKENS: Final = 2**32


def count(tokens: Iterator[int] | None) -> None:
    """Count one more token of an object; None if its key needs no bound.

    Raises:
        InvalidKeyError: the key has made its 2^32 tokens.
    """
    if tokens is not None and next(tokens) >= MOST_TOKENS:
        raise InvalidKeyError("this key has made its 2^32 tokens: change the key")
