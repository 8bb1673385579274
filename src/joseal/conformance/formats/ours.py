"""The project's own format: tokens, content encryption, keys, and sets of keys.

If an item has a member that the format does not have, its case, or all cases of its group, are not
run.

Source: vectors/README.md.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, TypeVar

from msgspec import UNSET, UnsetType, field

from joseal import errors
from joseal._core.secrecy import Hidden
from joseal._core.wire import base64url, strict_json
from joseal._core.wire.strict_json import ShapeError
from joseal.conformance.formats.cases import (
    FORM,
    about,
    case_id,
    each,
    listed,
    members,
    text,
    unhex,
)
from joseal.conformance.model import (
    Case,
    Content,
    Expected,
    Jwk,
    Loader,
    LoadKey,
    LoadKeys,
    Note,
    NotRun,
    Open,
    Settings,
    Vectors,
    Verify,
)

_Reader: TypeAlias = Callable[[object], list[Case]]

_TOKEN_CODES: Final = frozenset(
    {
        errors.MalformedTokenError.code,
        errors.TokenTooLargeError.code,
        errors.NotAllowedError.code,
        errors.UnknownKeyError.code,
        errors.DecryptionError.code,
        errors.VerificationError.code,
    }
)
_KEY_CODES: Final = frozenset({errors.InvalidKeyError.code})


class _Test(Hidden, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: int
    comment: str
    expect: str
    flags: tuple[str, ...]


class _Token(_Test, frozen=True, forbid_unknown_fields=True, kw_only=True):
    token: str
    header: dict[str, object] | UnsetType = UNSET
    plaintext: str | UnsetType = UNSET
    payload: str | UnsetType = UNSET
    detached: str | UnsetType = UNSET
    # The inputs that the token was made from: the generator's tests use them, a recipient does not
    # need them.
    inject: dict[str, object] | UnsetType = UNSET


class _Aead(_Test, frozen=True, forbid_unknown_fields=True, kw_only=True):
    key: str
    iv: str
    aad: str
    plaintext: str
    ciphertext: str
    tag: str


class _Key(_Test, frozen=True, forbid_unknown_fields=True, kw_only=True):
    jwk: str
    thumbprint: str | UnsetType = UNSET
    private: bool | UnsetType = UNSET


class _Keys(_Test, frozen=True, forbid_unknown_fields=True, kw_only=True):
    jwks: str
    thumbprints: tuple[str, ...] | UnsetType = UNSET
    skipped: list[int] | UnsetType = UNSET


class _Group(Hidden, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str
    comment: str
    tests: list[object]


class _KeyGroup(_Group, frozen=True, forbid_unknown_fields=True, kw_only=True):
    key: Jwk
    opener: Settings


class _KeysGroup(_KeyGroup, frozen=True, forbid_unknown_fields=True, kw_only=True):
    key: Jwk = field(name="keys")


class _AeadGroup(_Group, frozen=True, forbid_unknown_fields=True, kw_only=True):
    enc: str


class _LoaderGroup(_Group, frozen=True, forbid_unknown_fields=True, kw_only=True):
    loader: Loader


_G = TypeVar("_G", bound=_Group)
_T = TypeVar("_T", bound=_Test)


class _Note(Hidden, frozen=True):
    description: str = ""
    bug: str = ""
    refs: tuple[str, ...] = ()
    cves: tuple[str, ...] = ()


def recognise(file: dict[str, object]) -> bool:
    """Tell whether a file is in joseal's format."""
    return str(file.get("schema")) in _READERS and isinstance(file.get("groups"), list)


def read(file: dict[str, object]) -> Vectors:
    """Read a file in joseal's format."""
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


def _reader(group_shape: type[_G], shape: type[_T], make: Callable[[_G, _T], Case]) -> _Reader:
    """Return the reader for the groups of one kind of file."""

    def read_group(value: object) -> list[Case]:
        try:
            group = strict_json.convert(value, group_shape)
        except ShapeError:
            return _unread(value)
        return each(group.tests, shape, lambda test: make(group, test), f"{case_id(group.id)} ")

    return read_group


def _jwe(group: _KeyGroup, test: _Token) -> Case:
    task = Open(group.key, test.token, settings=group.opener)
    return Case(*_about(test), task, _opened(test, test.plaintext))


def _jws(group: _KeyGroup, test: _Token) -> Case:
    detached = None if test.detached is UNSET else unhex(test.detached)
    task = Verify(group.key, test.token, detached=detached, settings=group.opener)
    return Case(*_about(test), task, _opened(test, test.payload))


def _aead(group: _AeadGroup, test: _Aead) -> Case:
    key, iv, aad = unhex(test.key), unhex(test.iv), unhex(test.aad)
    task = Content(group.enc, key, iv, aad, unhex(test.ciphertext), unhex(test.tag))
    if test.expect == "ok":
        return Case(*_about(test), task, Expected(unhex(test.plaintext)))
    return Case(*_about(test), task, _refused(test.expect, _TOKEN_CODES))


def _jwk(group: _LoaderGroup, test: _Key) -> Case:
    task = LoadKey(test.jwk, group.loader)
    if test.expect == "ok" and test.thumbprint is not UNSET and test.private is not UNSET:
        told: dict[str, object] = {"private": test.private}
        return Case(*_about(test), task, Expected(_bytes(test.thumbprint), told=told))
    return Case(*_about(test), task, _refused(test.expect, _KEY_CODES))


def _jwks(group: _LoaderGroup, test: _Keys) -> Case:
    task = LoadKeys(test.jwks, group.loader)
    if test.expect == "ok" and test.thumbprints is not UNSET and test.skipped is not UNSET:
        told: dict[str, object] = {"skipped": test.skipped}
        thumbprints = b"".join(map(_bytes, test.thumbprints))
        return Case(*_about(test), task, Expected(thumbprints, told=told))
    return Case(*_about(test), task, _refused(test.expect, _KEY_CODES))


_READERS: Final[Mapping[str, _Reader]] = {
    "jwe_compact_v1": _reader(_KeyGroup, _Token, _jwe),
    "jwe_json_v1": _reader(_KeyGroup, _Token, _jwe),
    "jws_json_v1": _reader(_KeyGroup, _Token, _jws),
    "jwe_keys_v1": _reader(_KeysGroup, _Token, _jwe),
    "jws_compact_v1": _reader(_KeyGroup, _Token, _jws),
    "jws_keys_v1": _reader(_KeysGroup, _Token, _jws),
    "aead_v1": _reader(_AeadGroup, _Aead, _aead),
    "jwk_v1": _reader(_LoaderGroup, _Key, _jwk),
    "jwks_v1": _reader(_LoaderGroup, _Keys, _jwks),
}


def _about(test: _Test) -> tuple[str, str, tuple[str, ...]]:
    return about(test.id, test.comment, test.flags)


def _opened(test: _Token, output: str | UnsetType) -> Expected:
    """Read the expected result of a token.

    Raises:
        ShapeError: `ok` has no plaintext or payload, or the code does not exist.
    """
    if test.expect == "ok" and output is not UNSET and test.header is not UNSET:
        return Expected(unhex(output), told=test.header)
    return _refused(test.expect, _TOKEN_CODES)


def _refused(code: str, codes: frozenset[str]) -> Expected:
    """Read the expected error.

    Raises:
        ShapeError: it is none of these.
    """
    if code not in codes:
        raise ShapeError("$.expect")
    return Expected(code=code)


def _bytes(thumbprint: str) -> bytes:
    """Return the bytes of a thumbprint.

    Raises:
        ShapeError: it is not base64url.
    """
    raw = base64url.decode_text(thumbprint)
    if raw is None:
        raise ShapeError("$.thumbprint")
    return raw


def _unread(value: object) -> list[Case]:
    """Count the cases of a malformed group; a group without any counts as one."""
    group = members(value)
    name = case_id(group.get("id", "?"))
    count = len(listed(group.get("tests"))) or 1
    return [Case(f"{name} {place}", "", (), NotRun(FORM)) for place in range(1, count + 1)]
