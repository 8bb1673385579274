"""The common part of the adapters for other libraries: the tasks they get, and how they refuse.

Rules:
- They are tested with whole tokens and keys, through their public interfaces, bound to one alg like
  a joseal key. Single steps are internal to them.
- An alg or a setting that a library does not support is reported as such, and not as a refusal.
- Of a library's exception only the class name is reported, never the text.

Source: RFC 8725 section 3.1, for binding a key to one alg.
"""

import zlib
from abc import ABC, abstractmethod
from collections.abc import Collection
from importlib import metadata
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidKey, InvalidSignature, InvalidTag, UnsupportedAlgorithm
from msgspec.structs import replace

from joseal._core.algorithms.registry import ALGS, ENCS, SIGS
from joseal._core.wire import base64url, strict_json
from joseal.conformance.model import (
    EVERYTHING,
    Answer,
    Jwk,
    Lacking,
    Load,
    Loader,
    LoadKey,
    LoadKeys,
    Open,
    Output,
    Refusal,
    Settings,
    Task,
    Thumbprint,
    Verify,
)

Asked: TypeAlias = Open | Verify | Load | Thumbprint

_STEP: Final = "a single step, which this library is not asked for"
_SET: Final = "a set of keys, which this library is not asked for"
_SETTINGS: Final = "a setting that the adapter does not pass on"
_TEXT: Final = "a text that is not a strict JSON object, and the adapter passes on objects"
_NO_ALG: Final = "an alg or enc that this library does not have"

# Errors of lower layers that the libraries let through, in addition to their own.
_LET_THROUGH: Final[tuple[type[Exception], ...]] = (
    *(InvalidKey, InvalidSignature, InvalidTag, UnsupportedAlgorithm, zlib.error),
    *(ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError),
    *(TypeError, ValueError),
)


class PeerBackend(ABC):
    """Another library as a backend."""

    is_joseal = False

    def __init__(self, distribution: str, error: type[Exception], names: Collection[str]) -> None:
        self._name = f"{distribution} {metadata.version(distribution)}"
        self._errors = (error, *_LET_THROUGH)
        self._names = frozenset(names)
        self.encs: list[str] = [name for name in ENCS if name in self._names]

    @property
    def name(self) -> str:
        """The library's name and version."""
        return self._name

    def run(self, task: Task) -> Answer:
        """Do the task. No content of a file makes it raise."""
        asked = asked_of(task)
        if isinstance(asked, Lacking):
            return asked
        reason = self._why_not(asked)
        if reason is not None:
            return Lacking(reason)
        try:
            return Output(self._ask(asked))
        except self._errors as error:
            raised = type(error).__name__
        return Refusal(raised)

    def _ask(self, task: Asked) -> bytes:
        match task:
            case Open():
                return self.open(task, _own(task.jwk), bound_alg(task))
            case Verify():
                return self.verify(task, _own(task.jwk), bound_alg(task))
            case Load():
                self.load(_own(task.jwk))
                return b""
            case Thumbprint():
                return base64url.decode_text(self.thumbprint(_own(task.jwk))) or b""

    def _why_not(self, task: Asked) -> str | None:
        if "keys" in task.jwk:
            return _SET
        if isinstance(task, Open | Verify) and not is_plain(task.settings):
            return _SETTINGS
        names = {bound_alg(task)}
        if isinstance(task, Open | Verify):
            names |= _names_in(task.token)
        ours = ALGS.keys() | SIGS.keys() | ENCS.keys()
        return None if names & ours <= self._names else _NO_ALG

    @abstractmethod
    def open(self, task: Open, jwk: Jwk, alg: str) -> bytes:
        """Open a token."""

    @abstractmethod
    def verify(self, task: Verify, jwk: Jwk, alg: str) -> bytes:
        """Verify a token; return its payload, or the detached one."""

    @abstractmethod
    def load(self, jwk: Jwk) -> None:
        """Load a key."""

    @abstractmethod
    def thumbprint(self, jwk: Jwk) -> str:
        """Compute a thumbprint."""


def asked_of(task: Task) -> Asked | Lacking:
    """Return the task for a library: for the text of a JWK its thumbprint; or why there is none."""
    if isinstance(task, LoadKeys):
        return Lacking(_SET)
    if not isinstance(task, LoadKey):
        return task if isinstance(task, Asked) else Lacking(_STEP)
    if task.loader != Loader(legacy=task.loader.legacy):
        return Lacking(_SETTINGS)
    jwk = strict_json.load_object(task.text.encode())
    return Lacking(_TEXT) if jwk is None else Thumbprint(jwk)


def bound_alg(task: Asked) -> str:
    """Return the one alg that the key is for; an enc's name stands for `dir`."""
    own = task.jwk.get("alg") if task.alg is None else task.alg
    name = own if isinstance(own, str) else ""
    return "dir" if name in ENCS else name


def written(jwk: Jwk) -> bytes:
    """Write a JWK as JSON; one that strict JSON can't carry is not a JWK at all."""
    return strict_json.dump(jwk) or b""


def _own(jwk: Jwk) -> Jwk:
    """Leave out an alg that is the name of an enc, which not every library reads as `dir`."""
    return {name: jwk[name] for name in jwk if name != "alg" or jwk[name] not in ENCS}


def is_plain(told: Settings) -> bool:
    """Tell whether the settings are those that every library has."""
    shared = replace(
        EVERYTHING,
        enc=told.enc,
        accept_zip=told.accept_zip,
        legacy=told.legacy,
        b64=told.b64,
        form=told.form,
        accept_unprotected=told.accept_unprotected,
    )
    return told == shared


def _names_in(token: str) -> set[str]:
    """Return the alg and the enc in a compact token's header, if it can be read."""
    raw = base64url.decode_text(token.partition(".")[0]) or b""
    header = strict_json.load_object(raw) or {}
    return {str(header[name]) for name in ("alg", "enc") if name in header}
