"""`KeySet`: several keys, selected by the kid that a token names, never by a key inside it.

Rules:
- Keys in a set are unique by (kid, alg); one key pair may occur under two algs.
- Which keys are tried depends on `kid` and `alg` alone, so that the work is bounded and there is
  still only one failure.

Source: RFC 7517 section 5, RFC 7516 section 5.2 step 6, RFC 8725 section 3.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Self, TypeVar, final

from msgspec import UNSET

from joseal._core import checks
from joseal._core.algorithms.registry import ALGS, KeyAlg, said
from joseal._core.keys.key import Key
from joseal._core.keys.loading import check_switches
from joseal._core.late import late
from joseal._core.naming import exported
from joseal._core.secrecy import Opaque, hide_locals
from joseal._core.wire import strict_json
from joseal._core.wire.header import Members
from joseal.errors import InvalidKeyError, NotAllowedError, UnknownKeyError

if TYPE_CHECKING:
    from joseal._core.keys.jwk import algs as jwk_algs
    from joseal._core.keys.jwk import codec as jwk_codec
else:
    jwk_algs = late("joseal._core.keys.jwk.algs")
    jwk_codec = late("joseal._core.keys.jwk.codec")

_N = TypeVar("_N")

# The most keys that a token without a kid is tried with: each try costs a private operation.
MOST_TRIES: Final = 4

_T = TypeVar("_T")
# The most members that an error names.
_MOST_SHOWN: Final = 8
_COPY: Final = "a copy of an earlier member"


@exported
@final
class KeySet(Opaque):
    """An immutable set of keys, such as those of a JWK Set. Safe to share between threads.

    Attributes:
        skipped: for a set from a JWK Set, the position and the reason of each member that could not
            be used. RFC 7517 section 5 says to ignore such members, but an operator wants to know.

    Raises:
        TypeError: something in `keys` is not a `Key`.
        InvalidKeyError: no keys, two with the same kid and alg, or symmetric and asymmetric ones.

    Example:
        >>> import joseal
        >>> old = joseal.Key.generate("ECDH-ES+A256KW", kid="2026")
        >>> new = joseal.Key.generate("ECDH-ES+A256KW", kid="2027")
        >>> keys = joseal.KeySet([old, new])
        >>> token = joseal.Encrypter(new.public(), enc="A256GCM").encrypt(b"hello")
        >>> joseal.Decrypter(keys, enc="A256GCM").open(token).key.kid
        '2027'

    Source: RFC 7517 section 5.
    """

    __slots__ = ("_algs", "_by_alg", "_by_kid", "_keys", "skipped")

    _keys: tuple[Key, ...]
    _algs: tuple[KeyAlg, ...]
    _by_kid: dict[str | None, list[Key]]
    _by_alg: dict[str, list[Key]]
    skipped: tuple[tuple[int, str], ...]

    @hide_locals
    def __init__(self, keys: Iterable[Key], *, skipped: Iterable[tuple[int, str]] = ()) -> None:
        members = distinct(keys)
        if len({key.is_symmetric for key in members}) != 1:
            # Bytes that are a public key in one reading must not be a secret in another. RFC 8725
            # section 2.1.
            raise InvalidKeyError("a set must not mix symmetric and asymmetric keys")
        # A password costs half a second each time: it is tried only if the token is for it.
        guessed = [key for key in members if len(members) == 1 or not key.is_password]
        by_alg = _grouped(guessed, lambda key: key.alg)
        self._set(
            _keys=members,
            _algs=_algs_of(members),
            _by_kid=_grouped(members, lambda key: key.kid),
            _by_alg={alg: _candidates(found) for alg, found in by_alg.items()},
            skipped=tuple(skipped),
        )

    @classmethod
    def _of(cls, keys: "Key | KeySet | Iterable[Key]") -> "KeySet":
        """Return a set from the caller's argument: a key, a set, or several keys.

        Raises:
            TypeError: it is none of these.
            InvalidKeyError: as for `KeySet`.
        """
        if isinstance(keys, KeySet):
            return keys
        if isinstance(keys, Key):
            return cls([keys])
        if issubclass(type(keys), str | bytes | Mapping):
            raise checks.not_key("keys", keys)
        if not isinstance(keys, Iterable):
            raise checks.wrong_type("keys", "a Key, a KeySet or several keys", keys)
        return cls(keys)

    @classmethod
    @hide_locals
    def from_jwks(
        cls,
        jwks: Mapping[str, object] | str | bytes,
        *,
        alg: KeyAlg | Mapping[str, KeyAlg] | None = None,
        legacy: bool = False,
    ) -> Self:
        """Load a JWK Set, given as JSON text or as a mapping.

        Members that can't be used are skipped and listed in `skipped`, and so are exact copies of
        one that is used. For a set that someone else publishes use `joseal.remote`, which refuses
        private members: loading a private RSA key of 8,192 bits or more takes seconds.

        Args:
            jwks: the set.
            alg: for members that have no `alg`: one name, or a mapping of `crv` or
                `kty` to names, such as `{"RSA": "RS256", "P-256": "ES256"}`.
            legacy: allow `RSA1_5`, for decrypting old tokens.

        Returns:
            The set of the members that can be used.

        Raises:
            TypeError: an argument is of the wrong type.
            InvalidKeyError: it is not a strict JSON object with a list of `keys`; no member is
                usable, and the message says why by position; two have the same kid and alg; or
                symmetric and asymmetric ones are mixed.

        Example:
            >>> import joseal
            >>> old = joseal.Key.generate("ECDH-ES+A256KW", kid="2026")
            >>> new = joseal.Key.generate("ECDH-ES+A256KW", kid="2027")
            >>> keys = joseal.KeySet([old, new])
            >>> len(joseal.KeySet.from_jwks(keys.to_jwks()))
            2

        Source: RFC 7517 section 5.
        """
        check_switches(legacy=legacy)
        jwk_algs.check(alg)
        listed = _members(jwk_codec.members_of(jwks, "jwks"))
        seen: set[str] = set()
        loaded = [_load(member, alg, legacy=legacy, seen=seen) for member in listed]
        _check_named_once(listed, loaded, alg)
        keys = [key for key in loaded if isinstance(key, Key)]
        skipped = [(i, why) for i, why in enumerate(loaded) if isinstance(why, str)]
        if not keys and skipped:
            raise InvalidKeyError(_none_usable(skipped))
        _check_unmixed([(i, key) for i, key in enumerate(loaded) if isinstance(key, Key)])
        return cls(keys, skipped=skipped)

    @hide_locals
    def to_jwks(self, *, private: bool = False) -> dict[str, list[dict[str, object]]]:
        """Return the set as a JWK Set, to serve to the other side or to store.

        A public member states its purpose: its `alg`, and `use` if it has no `key_ops`.
        OpenID Connect demands `use` in a set that has keys for signatures and for encryption.

        Args:
            private: release private halves and shared secrets. Without it, the public half of a
                private key is written, and a shared secret is refused.

        Returns:
            An object with the member `keys`, in the order of the set.

        Raises:
            TypeError: `private` is not a bool.
            InvalidKeyError: the set has a shared secret, without `private`; or a key on a device,
                with it. Public keys are written as they are.

        Example:
            >>> import joseal
            >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> [(jwk["kid"], jwk["use"]) for jwk in joseal.KeySet([mine]).to_jwks()["keys"]]
            [('2027-05', 'enc')]

        Source: RFC 7517 sections 4.2 and 5, OpenID Connect Core 1.0 section 10.
        """
        check_switches(private=private)
        return {"keys": [_jwk(key, private=private) for key in self._keys]}

    def _choose(self, header: Members, *, any_kid: bool) -> Sequence[Key]:
        """Return the keys that may be used for a token; at most `MOST_TRIES` of them are tried.

        Raises:
            UnknownKeyError: the token names a kid that no key has.
            NotAllowedError: the keys that may be used are bound to other algs.
        """
        kid = None if header.kid is UNSET else header.kid
        named = [] if kid is None else self._by_kid.get(kid, [])
        # A single key without a kid matches every kid.
        nameless = len(self._keys) == 1 and self._keys[0].kid is None
        if not (named or kid is None or any_kid or nameless):
            raise UnknownKeyError
        if named:
            tried: Sequence[Key] = [key for key in named if key.alg == header.alg]
        else:
            tried = self._by_alg.get(header.alg, [])
        if not tried:
            raise NotAllowedError("alg", self._unbound(header.alg, named))
        return tried

    def _unbound(self, alg: str, named: Sequence[Key] = ()) -> str:
        """Say why no key, or no key with the named kid, may be used for a token of this alg."""
        # A set may have thousands of keys, and a stranger's few bytes must not cost a look at each.
        count, kid, bound = len(self._keys), "", self._algs
        if 0 < len(named) < count:
            count, kid, bound = len(named), " of that kid", _algs_of(named)
        if alg in bound:
            return "of several keys, a password is tried only if the token names its kid"
        keys = f"the key{kid} is" if count == 1 else f"the keys{kid} are"
        return f"{said('alg', alg)}, {keys} bound to {', '.join(bound)}"

    def _prepare(self, prepare: Callable[[Key], _T]) -> dict[Key, _T]:
        """Prepare each key for its use.

        Raises:
            InvalidKeyError: a key can't be used; if there are several, the text says which.
        """
        prepared: dict[Key, _T] = {}
        for place, key in enumerate(self._keys):
            try:
                prepared[key] = prepare(key)
            except InvalidKeyError as error:
                if len(self._keys) == 1:
                    raise
                raise InvalidKeyError(f"keys[{place}]: {error}") from None
        return prepared

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"KeySet({list(self._keys)!r}, skipped={len(self.skipped)})"


def in_turn(tries: Sequence[Sequence[_T]]) -> list[_T]:
    """Return what is tried for a message with several recipients, or signatures, in this order.

    The first of each comes before the second of any. However many keys there are, there are no more
    than recipients, or than `MOST_TRIES` if that is more.

    Args:
        tries: for each recipient, in the order of the keys.
    """
    deepest = max(map(len, tries), default=0)
    ordered = [own[turn] for turn in range(deepest) for own in tries if turn < len(own)]
    return ordered[: max(MOST_TRIES, len(tries))]


def distinct(keys: Iterable[Key]) -> tuple[Key, ...]:
    """Return keys that a caller gave.

    Raises:
        TypeError: they are not several keys.
        InvalidKeyError: there are none, or two with the same kid and alg.
    """
    if not isinstance(keys, Iterable):
        raise checks.wrong_type("keys", "several keys", keys)
    members = tuple(keys)
    for place, key in enumerate(members):
        if not isinstance(key, Key):
            raise checks.not_key(f"keys[{place}]", key)
    if not members:
        raise InvalidKeyError("a set of keys must not be empty")
    named = [(key.kid, key.alg) for key in members if key.kid is not None]
    if len(set(named)) != len(named):
        raise InvalidKeyError("two keys have the same kid and alg")
    return members


def _jwk(key: Key, *, private: bool) -> dict[str, object]:
    if private and (key.is_private or key.is_symmetric):
        return key.to_jwk(private=True)
    members = key.to_jwk()
    # RFC 7517 section 4.3 advises against both.
    marked = "key_ops" in members
    return members if marked else {**members, "use": "enc" if key.alg in ALGS else "sig"}


def _algs_of(keys: Iterable[Key]) -> tuple[KeyAlg, ...]:
    return tuple(dict.fromkeys(key.alg for key in keys))


def _candidates(keys: list[Key]) -> list[Key]:
    """Return the keys of one alg that a token without a kid may be tried with, in their order.

    The public checks of a token have the same outcome for all keys of a kind, and at most
    `MOST_TRIES` keys are tried: no others can be among them. So a token that no key passes costs a
    look at a few of them, however many there are.
    """
    if len(keys) <= MOST_TRIES:
        return keys
    chosen: list[Key] = []
    counts: dict[object, int] = {}
    for key in keys:
        kind = key._kind()
        counts[kind] = counts.get(kind, 0) + 1
        if counts[kind] <= MOST_TRIES:
            chosen.append(key)
    return chosen


def _grouped(keys: Iterable[Key], name: Callable[[Key], _N]) -> dict[_N, list[Key]]:
    """Return the keys by kid, in their order."""
    found: dict[_N, list[Key]] = {}
    for key in keys:
        found.setdefault(name(key), []).append(key)
    return found


def _members(jwks: Mapping[str, object]) -> list[object]:
    """Return the members of a JWK Set.

    Raises:
        InvalidKeyError: there is no list of members.
    """
    listed = strict_json.as_list(jwks.get("keys"))
    if listed is not None:
        return listed
    if "kty" in jwks:
        raise InvalidKeyError("the JWK Set has no list of keys: this is one JWK, use Key.from_jwk")
    raise InvalidKeyError("the JWK Set has no list of keys")


def _none_usable(skipped: list[tuple[int, str]]) -> str:
    return f"none of the {len(skipped)} members of the JWK Set can be used: {reasons(skipped)}"


def reasons(skipped: Sequence[tuple[int, str]]) -> str:
    """Say why the first members can't be used; only one of the reasons may list known names."""
    if len(skipped) > 1:
        skipped = [(place, why.partition(": the known names are ")[0]) for place, why in skipped]
    more = ["..."] if len(skipped) > _MOST_SHOWN else []
    return "; ".join([*(f"{place}: {why}" for place, why in skipped[:_MOST_SHOWN]), *more])


def _check_unmixed(loaded: list[tuple[int, Key]]) -> None:
    """Refuse shared secrets next to key pairs: the same bytes could be both public and secret."""
    symmetric = [str(place) for place, key in loaded if key.is_symmetric]
    if symmetric and len(symmetric) != len(loaded):
        raise InvalidKeyError(
            "a set must not mix symmetric and asymmetric keys: the shared secrets are at index "
            f"{', '.join(symmetric[:_MOST_SHOWN])}; put them in a set of their own"
        )


def _check_named_once(
    listed: list[object], loaded: list[Key | str], alg: str | Mapping[str, str] | None
) -> None:
    """Refuse two members with the same kid and alg, usable or not: either could be meant."""
    places: dict[tuple[str, str], int] = {}
    for place, (member, found) in enumerate(zip(listed, loaded, strict=True)):
        name = _name_of(member, found, alg)
        if name is None:
            continue
        if name in places:
            raise InvalidKeyError(
                f"members {places[name]} and {place} have the same kid and alg: "
                "leave out the one that is not meant"
            )
        places[name] = place


def _name_of(
    member: object, found: Key | str, alg: str | Mapping[str, str] | None
) -> tuple[str, str] | None:
    jwk = strict_json.as_object(member)
    if jwk is None or found == _COPY or jwk.get("kid") is None:
        return None
    if isinstance(found, Key):
        return str(found.kid), str(jwk.get("alg", found.alg))
    if "alg" not in jwk and not isinstance(alg, str):
        return None
    named = str(jwk.get("alg", alg))
    # `alg=` does not apply to a member that is marked for the other use.
    other = "sig" if named in ALGS else "enc"
    return None if "alg" not in jwk and jwk.get("use") == other else (str(jwk["kid"]), named)


def _load(
    member: object,
    alg: KeyAlg | Mapping[str, KeyAlg] | None,
    *,
    legacy: bool,
    seen: set[str],
) -> Key | str:
    """Load one member of a JWK Set, or say why not; add it to those that were seen."""
    jwk = strict_json.as_object(member)
    if jwk is None:
        return "not a JSON object"
    # As a text, because comparing each member with all before it would take quadratic time.
    text = strict_json.sorted_text(jwk)
    if text in seen:
        return _COPY
    seen.add(text)
    try:
        return Key.from_jwk(jwk, alg=None if "alg" in jwk else alg, legacy=legacy)
    except InvalidKeyError as error:
        return str(error)
