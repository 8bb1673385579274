"""joseal's own answers about keys: what loads, what it becomes, and what it may be used for.

Source: RFC 7517 sections 4 and 5, RFC 7638.
"""

from typing import Final

from joseal._core.algorithms.registry import ENCS, Alg, SigAlg, known_alg, lookup_encs
from joseal._core.jwe import Decrypter, Encrypter
from joseal._core.jws import Signer, Verifier
from joseal._core.keys import Key, KeySet
from joseal._core.wire import base64url
from joseal.conformance.model import (
    Answer,
    Lacking,
    Load,
    Loader,
    LoadKey,
    LoadKeys,
    Output,
    Refusal,
)

_LOADER: Final = "a setting for keys that joseal does not have"


def answer(task: Load | LoadKey | LoadKeys) -> Answer:
    """Do a task about keys.

    Raises:
        InvalidKeyError: nothing loads, or the key is not for this use.
    """
    match task:
        case Load():
            return _written_again(task)
        case LoadKey():
            return _key(task)
        case LoadKeys():
            return _keys(task)


def _written_again(task: Load) -> Answer:
    """Load a key and write it again: the common members must be the same."""
    key = Key.from_jwk(task.jwk, alg=_known(task.alg), legacy=True)
    shown = key.to_jwk(private=key.is_private or key.is_symmetric)
    both = shown.keys() & task.jwk.keys()
    same = all(shown[name] == task.jwk[name] for name in both - {"key_ops"})
    return Output(b"") if same else Refusal("another", "it is written as a different key")


def _key(task: LoadKey) -> Answer:
    """Load a key as the caller says, and use it."""
    told = task.loader
    if not _has_use(told):
        return Lacking(_LOADER)
    found = Key.from_jwk(
        task.text,
        alg=_known(told.alg),
        kid=told.kid,
        dual_use=told.dual_use,
        legacy=told.legacy,
    )
    _put_to_use(found, told)
    return Output(_thumbprint(found), {"private": found.is_private})


def _keys(task: LoadKeys) -> Answer:
    """Load a set of keys, and return which of its members were skipped."""
    told = task.loader
    if told != Loader(alg=told.alg, legacy=told.legacy):
        return Lacking(_LOADER)
    found = KeySet.from_jwks(task.text, alg=_known(told.alg), legacy=told.legacy)
    skipped: list[object] = [place for place, _ in found.skipped]
    return Output(b"".join(map(_thumbprint, found)), {"skipped": skipped})


def _known(alg: str | None) -> Alg | SigAlg | None:
    return None if alg is None else known_alg(alg)


def _has_use(told: Loader) -> bool:
    """Tell whether joseal supports such a task, whatever the key."""
    known = set(told.enc) <= ENCS.keys()
    match told.use:
        case "encrypt":
            return known and len(told.enc) == 1
        case "decrypt":
            return known and len(told.enc) > 0
        case _:
            return not told.enc


def _put_to_use(found: Key, told: Loader) -> None:
    match told.use:
        case "encrypt":
            Encrypter(found, enc=lookup_encs(told.enc)[0].name)
        case "decrypt":
            Decrypter(found, enc=[enc.name for enc in lookup_encs(told.enc)])
        case "sign":
            Signer(found)
        case "verify":
            Verifier(found)
        case None:
            pass


def _thumbprint(found: Key) -> bytes:
    return base64url.decode_text(found.thumbprint()) or b""
