"""The alg that a caller gives for a JWK: one name, or a table by `crv` or `kty`.

Source: RFC 7517 section 4.4: `alg` is optional, and many JWK Sets leave it out.
"""

from collections.abc import Mapping

from joseal._core.algorithms.registry import lookup_alg
from joseal.errors import InvalidKeyError


def check(alg: str | Mapping[str, str] | None) -> None:
    """Check a caller's `alg`.

    Raises:
        TypeError: it is neither str nor a mapping of str to str.
        InvalidKeyError: a name in it is not known.
    """
    if alg is None:
        return
    if isinstance(alg, str):
        lookup_alg(alg)
        return
    if not isinstance(alg, Mapping):
        raise TypeError("alg must be str, or a mapping of crv or kty to str")
    if not all(isinstance(part, str) for pair in alg.items() for part in pair):
        raise TypeError("a mapping given as alg must be of str to str")
    for name in alg.values():
        lookup_alg(name)


def choose(alg: str | Mapping[str, str] | None, members: Mapping[str, object]) -> str | None:
    """Return the alg for a JWK: its curve comes before its kty.

    Returns:
        The caller's alg; None if the table leaves the JWK to its own alg.

    Raises:
        InvalidKeyError: the table has neither the curve nor the kty, and the JWK names no alg.
    """
    if alg is None or isinstance(alg, str):
        return alg
    if "alg" in members:
        return None
    for name in (members.get("crv"), members.get("kty")):
        if isinstance(name, str) and name in alg:
            return alg[name]
    raise InvalidKeyError("the JWK names no alg, and alg= has none for its crv or kty")
