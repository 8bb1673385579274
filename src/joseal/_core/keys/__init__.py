"""Keys: opaque, immutable, each bound to one algorithm when it is loaded."""

from joseal._core.keys.key import Key
from joseal._core.keys.keyset import KeySet

__all__ = ["Key", "KeySet"]
