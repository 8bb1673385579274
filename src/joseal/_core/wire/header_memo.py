"""The last authentic protected header, and its meaning for one opener.

Senders write the same header into token after token. With a shared key, parsing it again takes a
third of the time of a token.

Rules:
- Filled only after a good authentication tag: a token that fails neither fills nor empties it.
- The same bytes have the same meaning: the stored value is a pure function of them and of its
  owner's constant settings.
- One header at a time, of bounded size, without a value that can be changed.
- Read and written at once, as a whole: a thread or a forked process sees the old value or the new
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
    """A place for one header and its meaning for its owner."""

    __slots__ = ("_last",)

    _last: tuple[bytes, _T] | None

    def __init__(self) -> None:
        self._last = None

    def recall(self, protected: bytes) -> _T | None:
        """Return the meaning of these bytes; None if they are not the stored ones."""
        last = self._last
        return None if last is None or last[0] != protected else last[1]

    def remember(self, protected: bytes, header: Header, meaning: _T) -> None:
        """Store an authenticated header, unless it is long or has lists or objects.

        A caller could change a list or an object, and `epk` is fresh in each token.
        """
        if len(protected) > MOST_BYTES:
            return
        for value in header.all.values():
            if isinstance(value, _CHANGEABLE):
                return
        self._last = (protected, meaning)
