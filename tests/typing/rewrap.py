"""Messages that move to other keys, as a type checker sees them."""

from collections.abc import Callable
from typing import assert_type

from joseal import Decrypter, Encrypter, Key, MultiEncrypter, Rewrapper, remove_recipients, rewrap
from joseal.bulk import Outcomes, rewrap_many
from joseal.remote import KeyRing


def moved(old: Decrypter, new: Encrypter, several: MultiEncrypter, key: Key) -> None:
    rewrapper = Rewrapper(old, new, keep_old=True, verify=True)
    assert_type(rewrapper.rewrap(b"{}"), str)
    assert_type(rewrap("{}", old, several), str)
    assert_type(remove_recipients("{}", ["auditor"]), str)
    MultiEncrypter([key], enc="A256GCM", rewrappable=True)
    Rewrapper(key, new)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Rewrapper(old, old)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    rewrapper.rewrap({})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def many(rewrapper: Rewrapper, make: Callable[[], Rewrapper], old: Decrypter) -> None:
    assert_type(rewrap_many(["{}", b"{}"], rewrapper), Outcomes[str])
    assert_type(rewrap_many(["{}"], make, workers=2), Outcomes[str])
    rewrap_many(["{}"], old)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def ring(keys: KeyRing) -> Rewrapper:
    return Rewrapper(keys.decrypter("A256GCM", form="general"), keys.encrypter("A256GCM"))
