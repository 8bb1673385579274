"""Keys: opaque, immutable, each bound to one algorithm when it is loaded."""

from joseal.keys.key import Key
from joseal.keys.keyset import KeySet

__all__ = ["Key", "KeySet"]
