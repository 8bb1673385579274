"""The last protected header that proved to be authentic, and its meaning to one opener.

Senders write the same header into token after token, and reading it again costs a third of a token
with a shared key.

Rules:
- Filled only after a good authentication tag: a token that fails neither fills nor empties it.
- The same bytes mean the same: what is kept is a pure function of them and of what is constant in
  its owner.
- One header at a time, of bounded size, without a value that can be changed.
- Read once and written once, as a whole: a thread or a forked process sees the old one or the new
  one. It takes no lock.
"""

from typing import Final, Generic, TypeVar

from joseal._core.wire.header import Header

# In base64url. Longer ones carry certificates, and are parsed each time.
MOST_BYTES: Final = 1024

# Measured: a union made for each member costs more than the rest.
_CHANGEABLE: Final = (dict, list)

_T = TypeVar("_T")


class HeaderMemo(Generic[_T]):
    """A place for one header, and for what it means to its owner."""

    __slots__ = ("_last",)

    _last: tuple[bytes, _T] | None

    def __init__(self) -> None:
        self._last = None

    def recall(self, protected: bytes) -> _T | None:
        """Return what these bytes mean; None if they are not the ones kept."""
        last = self._last
        return None if last is None or last[0] != protected else last[1]

    def remember(self, protected: bytes, header: Header, meaning: _T) -> None:
        """Keep an authenticated header; one that is long, or has lists or objects, is passed over.

        A list or an object could be changed by whoever got it, and `epk` is fresh in each token.
        """
        if len(protected) > MOST_BYTES:
            return
        for value in header.all.values():
            if isinstance(value, _CHANGEABLE):
                return
        self._last = (protected, meaning)
