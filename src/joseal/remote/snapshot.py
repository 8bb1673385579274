"""`Snapshot`: the keys of one good fetch, and the objects that were prepared with them.

Rules:
- An object belongs to one snapshot and never changes. A later fetch makes a new snapshot.
- The number of cached objects is bounded, and one is reused only for settings that are identical in
  every part.
"""

from collections.abc import Callable, Collection, Mapping
from types import NoneType
from typing import Final, TypeVar, final

from joseal._core.keys import KeySet
from joseal._core.limits import Limits
from joseal._core.policy import Policy
from joseal._core.secrecy import Opaque

_T = TypeVar("_T")

# A program has a handful of different settings. Those that change with each call are not cached.
_MOST_KEPT: Final = 32
_FIXED: Final = (str, bytes, int, NoneType, tuple, frozenset, Limits, Policy)


@final
class Snapshot(Opaque):
    """The keys of one good fetch from a source."""

    __slots__ = ("_kept", "keys", "kids")

    _kept: dict[object, tuple[object, object]]
    keys: KeySet
    kids: frozenset[str]

    def __init__(self, keys: KeySet) -> None:
        kids = frozenset(key.kid for key in keys if key.kid is not None)
        self._set(keys=keys, kids=kids, _kept={})

    def lacks(self, kids: Collection[str]) -> bool:
        """Tell whether these keys can't serve a token with these kids."""
        if not self.kids and len(self.keys) == 1:
            # A single key without a kid matches every kid.
            return False
        return len(kids) > 0 and self.kids.isdisjoint(kids)

    def prepared(
        self, kind: type[_T], options: Mapping[str, object], prepare: Callable[[], _T]
    ) -> _T:
        """Return the object of this kind with these settings, cached if that is safe."""
        name = _name(kind, options)
        if name is None:
            return prepare()
        found = self._kept.get(name)
        if found is not None and isinstance(found[1], kind):
            return found[1]
        made = prepare()
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        # The settings are kept too: the identity of a policy is valid only while it exists.
        self._kept[name] = (dict(options), made)
        return made

    def __repr__(self) -> str:
        return f"Snapshot({self.keys!r})"


def _name(kind: type, options: Mapping[str, object]) -> object:
    """Return a key that distinguishes these settings from all others; None if one may change."""
    if not all(isinstance(value, _FIXED) for value in options.values()):
        return None
    name = (kind, *((each, *_part(options[each])) for each in sorted(options)))
    try:
        hash(name)
    except TypeError:
        # A tuple of something else.
        return None
    return name


def _part(value: object) -> tuple[type, object]:
    """Return a key that distinguishes a setting from all others, also True from 1."""
    return type(value), id(value) if isinstance(value, Policy) else value
