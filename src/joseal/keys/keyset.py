"""`KeySet`: several keys, chosen by the name that a token gives, never by what a token brings.

Rules:
- A set is unique by (kid, alg); a pair of keys may stand in it under two algs.
- Which keys are tried depends on `kid` and `alg` alone, so that the work is bounded and the
  failure stays one.

Source: RFC 7517 section 5, RFC 7516 section 5.2 step 6, RFC 8725 section 3.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Self, final

from joseal.errors import KeyUseError
from joseal.frames import Opaque, no_locals
from joseal.keys.jwk import members_of
from joseal.keys.key import Key
from joseal.wire import strict_json

# A token without a kid is tried with so many keys at most: each try costs a private operation.
MOST_TRIES: Final = 4


@final
class KeySet(Opaque):
    """An immutable set of keys, such as those of a JWKS. Safe to share between threads.

    Attributes:
        skipped: for a set from a JWKS, the position and the reason of each member that could not
            be used. RFC 7517 section 5 wants such members ignored; an operator wants to know.

    Raises:
        TypeError: something in `keys` is no `Key`.
        KeyUseError: no keys, or two with the same kid and alg.
    """

    __slots__ = ("_keys", "skipped")

    _keys: tuple[Key, ...]
    skipped: tuple[tuple[int, str], ...]

    def __init__(self, keys: Iterable[Key], *, skipped: Iterable[tuple[int, str]] = ()) -> None:
        members = tuple(keys)
        if not all(isinstance(key, Key) for key in members):
            raise TypeError("keys must be Key objects")
        if not members:
            raise KeyUseError("a set of keys must not be empty")
        named = [(key.kid, key.alg) for key in members if key.kid is not None]
        if len(set(named)) != len(named):
            raise KeyUseError("two keys have the same kid and alg")
        self._set(_keys=members, skipped=tuple(skipped))

    @classmethod
    @no_locals
    def from_jwks(cls, jwks: Mapping[str, object] | str | bytes, *, alg: str | None = None) -> Self:
        """Load a JWK Set, given as JSON text or as a mapping.

        Members that can't be used are skipped and listed in `skipped`.

        Args:
            jwks: the set.
            alg: for members without an `alg` of their own.

        Raises:
            TypeError: an argument is of another type.
            KeyUseError: no strict JSON object with a list of `keys`, none of them usable, or two
                with the same kid and alg.

        Source: RFC 7517 section 5.
        """
        listed = strict_json.as_list(members_of(jwks).get("keys"))
        if listed is None:
            raise KeyUseError("the JWK Set has no list of keys")
        keys: list[Key] = []
        skipped: list[tuple[int, str]] = []
        for position, member in enumerate(listed):
            outcome = _load(member, alg)
            if isinstance(outcome, Key):
                keys.append(outcome)
            else:
                skipped.append((position, outcome))
        return cls(keys, skipped=skipped)

    def candidates(self, kid: str | None, alg: str, *, any_kid: bool) -> list[Key] | None:
        """Return the few keys to try for a token; None where no key has its kid.

        The list is empty where the keys of that name are bound to other algs.
        """
        named = () if kid is None else tuple(key for key in self._keys if key.kid == kid)
        # A single key without a name answers to every name.
        nameless = len(self._keys) == 1 and self._keys[0].kid is None
        if named or kid is None or any_kid or nameless:
            return [key for key in named or self._keys if key.alg == alg][:MOST_TRIES]
        return None

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"KeySet({list(self._keys)!r}, skipped={len(self.skipped)})"


def _load(member: object, alg: str | None) -> Key | str:
    """Load one member of a JWK Set, or say why not."""
    jwk = strict_json.as_object(member)
    if jwk is None:
        return "no JSON object"
    try:
        return Key.from_jwk(jwk, alg=None if "alg" in jwk else alg)
    except KeyUseError as error:
        return str(error)
