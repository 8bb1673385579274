"""Wycheproof's JSON: JWE, JWS and JWK, and the files on primitives that joseal is made of.

Kinds of tests that joseal has no function for are counted, and not run.

Source: github.com/C2SP/wycheproof, schemas/json_web_*_schema_v1.json.
"""

from typing import Final, Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType, field

from joseal._core.secrecy import Hidden
from joseal._core.wire import base64url, strict_json
from joseal._core.wire.strict_json import ShapeError
from joseal.conformance import differences
from joseal.conformance.formats import primitives
from joseal.conformance.formats.cases import FORM, about, case_id, each, listed, members, unhex
from joseal.conformance.formats.ours import notes
from joseal.conformance.model import (
    Case,
    Expected,
    Jwk,
    NotRun,
    Open,
    Task,
    Vectors,
    Verify,
)

_Token: TypeAlias = str | dict[str, object]

_NO_FUNCTION: Final = "joseal has no function for this kind of test"
_TOKENS: Final = ("JsonWebEncryption", "JsonWebSignature", "JsonWebKey", "JsonWebCrypto")


class _Group(Hidden, frozen=True):
    private: Jwk
    tests: list[object]
    public: Jwk | UnsetType = UNSET


class _Test(Hidden, frozen=True, kw_only=True):
    id: int = field(name="tcId")
    result: Literal["valid", "invalid"]
    comment: str = ""
    flags: tuple[str, ...] = ()
    jwe: _Token | UnsetType = UNSET
    jws: _Token | UnsetType = UNSET
    pt: str | UnsetType = UNSET


class _Kind(Struct, frozen=True):
    type: str = ""


def recognise(file: dict[str, object]) -> bool:
    """Tell whether a file is from Wycheproof."""
    return isinstance(file.get("testGroups"), list)


def read(file: dict[str, object]) -> Vectors:
    """Read a Wycheproof file."""
    name = file.get("algorithm", file.get("schema", ""))
    cases = [case for group in listed(file["testGroups"]) for case in _group(members(group), file)]
    return Vectors(f"Wycheproof {case_id(name)}", cases, notes(file.get("notes")))


def _group(group: dict[str, object], file: dict[str, object]) -> list[Case]:
    try:
        kind = strict_json.convert(group, _Kind).type
        if kind in _TOKENS:
            return _tokens(group, str(file.get("schema", "")))
        return primitives.READERS.get(kind, _unknown)(group, str(file.get("algorithm", "")))
    except ShapeError:
        return _unread(group, FORM)


def _unread(group: dict[str, object], reason: str) -> list[Case]:
    """Count the cases of a group that can't be run; a group without any counts as one."""
    tests = [members(test) for test in listed(group.get("tests"))] or [{}]
    return [Case(case_id(test.get("tcId", "?")), "", (), NotRun(reason)) for test in tests]


def _unknown(group: dict[str, object], _algorithm: str) -> list[Case]:
    return _unread(group, _NO_FUNCTION)


def _tokens(value: dict[str, object], schema: str) -> list[Case]:
    """Read a group of tokens.

    Raises:
        ShapeError: it is malformed.
    """
    group = strict_json.convert(value, _Group)

    def make(test: _Test) -> Case:
        named = about(test.id, test.comment, test.flags)
        different = differences.reason(schema, named[0], _text(test))
        return Case(*named, _task(group, test), _expected(test), different)

    return each(group.tests, _Test, make)


def _text(test: _Test) -> str:
    """Return the token; one in JSON serialization is returned as text.

    Raises:
        ShapeError: there is none.
    """
    token = test.jws if test.jwe is UNSET else test.jwe
    written = token if isinstance(token, str) else strict_json.dump(token)
    if token is UNSET or written is None:
        raise ShapeError("$.jwe")
    return written if isinstance(written, str) else written.decode()


def _task(group: _Group, test: _Test) -> Task:
    if test.jwe is not UNSET:
        return Open(group.private, _text(test))
    return Verify(group.private if group.public is UNSET else group.public, _text(test))


def _expected(test: _Test) -> Expected:
    """Read the expected result; a payload is not separate from its token."""
    if test.result == "invalid":
        return Expected()
    if test.jwe is UNSET:
        payload = base64url.decode_text("".join(_text(test).split(".")[1:2]))
        return Expected(payload, any_output=payload is None)
    return Expected(any_output=True) if test.pt is UNSET else Expected(unhex(test.pt))
