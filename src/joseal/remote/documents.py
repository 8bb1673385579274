"""From the bytes of a JWK Set to its usable keys, or the reason why it is refused.

Rules:
- A set with a fault of the whole is refused as a whole: not strict JSON, too many members, a
  private or a symmetric member in a public set, two members with the same kid and alg.
- A member that is for something else is skipped with its position, as RFC 7517 section 5 advises: a
  different alg than the caller's, a different use, a kind of key that joseal does not know.
- The caller chooses the algs. A member of the set can only narrow it.

Source: RFC 7517 section 5, RFC 8725 sections 2.1 and 3.1.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from joseal._core import checks
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS, KeyAlg, lookup_alg
from joseal._core.jwe import Decrypter, Encrypter
from joseal._core.jws import Signer, Verifier
from joseal._core.keys import Key, KeySet
from joseal._core.keys.jwk import algs as jwk_algs
from joseal._core.keys.keyset import reasons
from joseal._core.wire import strict_json
from joseal.errors import InvalidKeyError
from joseal.remote.outcomes import MOST_BYTES, MOST_KEYS, Failure

Use: TypeAlias = Literal["sig", "enc"]
Algs: TypeAlias = KeyAlg | Mapping[str, KeyAlg]

_SECRET_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})


class Rules(NamedTuple):
    """The requirements on a set.

    Attributes:
        alg: for members without an `alg`; only keys for the names in it are used.
        use: the use of the keys.
        private: whether the set has this side's private keys.
    """

    alg: Algs
    use: Use
    private: bool


def rules(alg: Algs, use: Use, *, private: bool) -> Rules:
    """Check a caller's requirements on a set.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `use` is not one of the two, an alg is for the other use, or is for a shared
            secret in a public set.
        InvalidKeyError: an alg is not known.
    """
    # For callers without a type checker: a set of names is not a valid choice.
    jwk_algs.check(alg)
    if not isinstance(alg, str | Mapping):
        raise checks.wrong_type("alg", "str, or a mapping of crv or kty to str", alg)
    if not names_of(alg):
        raise ValueError("alg names none")
    if use not in ("sig", "enc"):
        raise ValueError("use must be 'sig' or 'enc'")
    for name in names_of(alg):
        if (name in SIGS) != (use == "sig"):
            raise ValueError(f"alg {name} is not for use {use!r}")
        if not private and lookup_alg(name).kind in ("oct", "password"):
            raise ValueError(f"alg {name} is for a shared secret, which is never published")
    return Rules(alg if isinstance(alg, str) else dict(alg), use, private)


def names_of(alg: Algs) -> frozenset[str]:
    """Return the names of the algs that a caller accepts."""
    return frozenset({alg} if isinstance(alg, str) else alg.values())


def read(raw: bytes, wanted: Rules) -> KeySet | Failure:
    """Read a JWK Set."""
    members = _members(raw, private=wanted.private)
    if isinstance(members, Failure):
        return members
    try:
        found = KeySet.from_jwks({"keys": members}, alg=wanted.alg)
    except InvalidKeyError as error:
        return Failure("refused", str(error))
    return _chosen(found, len(members), wanted)


def _members(raw: bytes, *, private: bool) -> list[object] | Failure:
    """Return the members of a set without a fault of the whole."""
    if len(raw) > MOST_BYTES:
        return Failure("too_large", f"the JWK Set has more than {MOST_BYTES} bytes")
    members = strict_json.load_object(raw)
    listed = None if members is None else strict_json.as_list(members.get("keys"))
    if members is None or listed is None:
        return Failure("malformed", "it is not one strict JSON object with a list of keys")
    if len(listed) > MOST_KEYS:
        text = f"the JWK Set has {len(listed)} members, and {MOST_KEYS} is the most"
        return Failure("too_many_keys", text)
    secret = [str(place) for place, member in enumerate(listed) if _is_secret(member)]
    if secret and not private:
        text = f"members {', '.join(secret[:8])} of the JWK Set are private or symmetric keys"
        return Failure("secret_member", f"{text}: they are known to everyone who could read it")
    if not listed:
        return Failure("no_key", "the JWK Set is empty")
    return listed


def _is_secret(member: object) -> bool:
    jwk = strict_json.as_object(member)
    return jwk is not None and (jwk.get("kty") == "oct" or not _SECRET_MEMBERS.isdisjoint(jwk))


def _chosen(found: KeySet, count: int, wanted: Rules) -> KeySet | Failure:
    """Return the usable keys of a set, with all others among the skipped ones."""
    skipped = dict(found.skipped)
    places = (place for place in range(count) if place not in skipped)
    algs = names_of(wanted.alg)
    chosen: list[Key] = []
    for place, key in zip(places, found, strict=True):
        reason = _unfit(key, algs, wanted)
        if reason is None:
            chosen.append(key)
        else:
            skipped[place] = reason
    if not chosen:
        text = f"none of the {count} members of the JWK Set serves: "
        return Failure("no_key", text + reasons(sorted(skipped.items())))
    return KeySet(chosen, skipped=sorted(skipped.items()))


def _unfit(key: Key, algs: frozenset[str], wanted: Rules) -> str | None:
    """Return why a key can't be used; None if it can."""
    if key.alg not in algs:
        return f"its alg is {key.alg}, which was not asked for"
    if wanted.private and not (key.is_private or key.is_symmetric):
        return "it is a public key"
    try:
        _use(key, wanted)
    except InvalidKeyError as error:
        return str(error)
    return None


def _use(key: Key, wanted: Rules) -> None:
    """Prepare the key for its use.

    Raises:
        InvalidKeyError: its `key_ops` don't permit it.
    """
    if wanted.use == "sig":
        Signer(key) if wanted.private else Verifier(key)
        return
    own = ALGS[key.alg].content is not None
    if wanted.private:
        Decrypter(key, enc=None if own else [enc.name for enc in ENCS.values()])
    else:
        Encrypter(key, enc=None if own else "A256GCM")
