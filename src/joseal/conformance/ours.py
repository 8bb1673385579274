"""The project's own format: `jwe_compact_v1`, `jws_compact_v1` and `aead_v1`.

A member that the format does not have makes its case, or all cases of its group, not run.

Source: vectors/README.md.
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import UNSET, UnsetType

from joseal import errors
from joseal.conformance.cases import FORM, about, case_id, each, listed, members, text, unhex
from joseal.conformance.model import (
    Case,
    Content,
    Expected,
    Hidden,
    Jwk,
    Note,
    NotRun,
    Open,
    Settings,
    Vectors,
    Verify,
)
from joseal.wire import strict_json
from joseal.wire.strict_json import ShapeError

_CODES: Final = frozenset(
    {
        errors.MalformedTokenError.code,
        errors.TokenTooLargeError.code,
        errors.NotAllowedError.code,
        errors.UnknownKeyError.code,
        errors.DecryptionError.code,
        errors.VerificationError.code,
    }
)


class _Test(Hidden, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: int
    comment: str
    token: str
    expect: str
    flags: tuple[str, ...]
    header: dict[str, object] | UnsetType = UNSET
    plaintext: str | UnsetType = UNSET
    payload: str | UnsetType = UNSET
    detached: str | UnsetType = UNSET
    # What the token was made from: the generator's tests make it again, an opener needs none of it.
    inject: dict[str, object] | UnsetType = UNSET


class _Group(Hidden, frozen=True, forbid_unknown_fields=True):
    id: str
    comment: str
    key: Jwk
    opener: Settings
    tests: list[object]


class _AeadTest(Hidden, frozen=True, forbid_unknown_fields=True):
    id: int
    comment: str
    key: str
    iv: str
    aad: str
    plaintext: str
    ciphertext: str
    tag: str
    expect: str
    flags: tuple[str, ...]


class _AeadGroup(Hidden, frozen=True, forbid_unknown_fields=True):
    id: str
    comment: str
    enc: str
    tests: list[object]


class _Note(Hidden, frozen=True):
    description: str = ""
    bug: str = ""
    refs: tuple[str, ...] = ()
    cves: tuple[str, ...] = ()


def recognise(file: dict[str, object]) -> bool:
    """Tell whether a file is in our format."""
    return str(file.get("schema")) in _READERS and isinstance(file.get("groups"), list)


def read(file: dict[str, object]) -> Vectors:
    """Read a file in our format."""
    schema = str(file["schema"])
    cases = [case for group in listed(file["groups"]) for case in _READERS[schema](group)]
    return Vectors(f"joseal {schema}", cases, notes(file.get("notes")))


def notes(value: object) -> dict[str, Note]:
    """Read the notes of a file; Wycheproof's have the same form."""
    return {case_id(name): _note(note) for name, note in members(value).items()}


def _note(value: object) -> Note:
    named = members(value)
    if "links" in named or "bugType" in named:
        named = {**named, "refs": named.get("links", []), "bug": named.get("bugType", "")}
    try:
        note = strict_json.convert(named, _Note)
    except ShapeError:
        return Note()
    refs = tuple(text(ref) for ref in (*note.refs, *note.cves))
    return Note(text(note.description), text(note.bug), refs)


def _jwe_group(value: object) -> list[Case]:
    try:
        group = strict_json.convert(value, _Group)
    except ShapeError:
        return _unread(value)

    def make(test: _Test) -> Case:
        task = Open(group.key, test.token, settings=group.opener)
        named = about(test.id, test.comment, test.flags)
        return Case(*named, task, _expected(test, test.plaintext))

    return each(group.tests, _Test, make, f"{case_id(group.id)} ")


def _jws_group(value: object) -> list[Case]:
    try:
        group = strict_json.convert(value, _Group)
    except ShapeError:
        return _unread(value)

    def make(test: _Test) -> Case:
        detached = None if test.detached is UNSET else unhex(test.detached)
        task = Verify(group.key, test.token, detached=detached, settings=group.opener)
        named = about(test.id, test.comment, test.flags)
        return Case(*named, task, _expected(test, test.payload))

    return each(group.tests, _Test, make, f"{case_id(group.id)} ")


def _aead_group(value: object) -> list[Case]:
    try:
        group = strict_json.convert(value, _AeadGroup)
    except ShapeError:
        return _unread(value)

    def make(test: _AeadTest) -> Case:
        key, iv, aad = unhex(test.key), unhex(test.iv), unhex(test.aad)
        task = Content(group.enc, key, iv, aad, unhex(test.ciphertext), unhex(test.tag))
        named = about(test.id, test.comment, test.flags)
        if test.expect == "ok":
            return Case(*named, task, Expected(unhex(test.plaintext)))
        return Case(*named, task, _refused(test.expect))

    return each(group.tests, _AeadTest, make, f"{case_id(group.id)} ")


_READERS: Final[Mapping[str, Callable[[object], list[Case]]]] = {
    "jwe_compact_v1": _jwe_group,
    "jws_compact_v1": _jws_group,
    "aead_v1": _aead_group,
}


def _expected(test: _Test, output: str | UnsetType) -> Expected:
    """Read what must come out.

    Raises:
        ShapeError: `ok` without what was opened, or a code that no opener has.
    """
    if test.expect == "ok" and output is not UNSET and test.header is not UNSET:
        return Expected(unhex(output), header=test.header)
    return _refused(test.expect)


def _refused(code: str) -> Expected:
    """Read the error that must come.

    Raises:
        ShapeError: it is none that an opener has.
    """
    if code not in _CODES:
        raise ShapeError("$.expect")
    return Expected(code=code)


def _unread(value: object) -> list[Case]:
    """Count the cases of a group that is not of its form; a group without any is one."""
    group = members(value)
    name = case_id(group.get("id", "?"))
    count = len(listed(group.get("tests"))) or 1
    return [Case(f"{name} {place}", "", (), NotRun(FORM)) for place in range(1, count + 1)]
