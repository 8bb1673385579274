"""The examples of RFC 7520 as JSON, and others in the same form.

Each example prints its token in up to three serializations. The compact one is run; the others are
counted, and not run.

Source: github.com/ietf-jose/cookbook; RFC 7520 sections 4 to 6, RFC 7797 section 4.
"""

from msgspec import UNSET, UnsetType

from joseal._core.wire import strict_json
from joseal.conformance.formats.cases import JSON_FORM, about, each, password, settings_for
from joseal.conformance.model import (
    Case,
    Expected,
    Hidden,
    Jwk,
    NotRun,
    Open,
    Task,
    Vectors,
    Verify,
)


class _Input(Hidden, frozen=True):
    alg: str | list[str]
    key: Jwk | list[Jwk] | UnsetType = UNSET
    pwd: str = ""
    plaintext: str | UnsetType = UNSET
    payload: str | UnsetType = UNSET


class _Example(Hidden, frozen=True):
    input: _Input
    output: dict[str, object]
    title: str = ""


def recognise(file: dict[str, object]) -> bool:
    """Tell whether a file is an example, or a signature that was encrypted (section 6)."""
    return _is_example(file) or (_is_example(file.get("sign")) and _is_example(file.get("encrypt")))


def read(file: dict[str, object]) -> Vectors:
    """Read one example, or both steps of a nested one."""
    if _is_example(file):
        return Vectors("RFC 7520 cookbook", _cases(file, ""))
    both = [case for step in ("sign", "encrypt") for case in _cases(file[step], f"{step} ")]
    return Vectors("RFC 7520 cookbook", both)


def _is_example(value: object) -> bool:
    members = strict_json.as_object(value)
    return (
        members is not None
        and strict_json.as_object(members.get("input")) is not None
        and strict_json.as_object(members.get("output")) is not None
    )


def _cases(value: object, prefix: str) -> list[Case]:
    forms = strict_json.as_object(value) or {}
    names = strict_json.as_object(forms.get("output")) or {}

    def make(form: str) -> list[Case]:
        return each([value], _Example, lambda example: _case(example, form, prefix))

    return [case for name in names for case in make(name)]


def _case(example: _Example, form: str, prefix: str) -> Case:
    named = about(f"{prefix}{form}", example.title, ())
    token = example.output.get(form)
    if not isinstance(token, str) or form != "compact":
        return Case(*named, NotRun(JSON_FORM))
    told = example.input
    output = told.plaintext if told.payload is UNSET else told.payload
    if output is UNSET or not isinstance(told.alg, str) or isinstance(told.key, list):
        return Case(*named, NotRun("an example of several recipients has no compact form"))
    return Case(*named, _task(told, token, output.encode()), Expected(output.encode()))


def _task(told: _Input, token: str, output: bytes) -> Task:
    alg = told.alg if isinstance(told.alg, str) else None
    jwk = told.key if isinstance(told.key, dict) else password(told.pwd)
    if told.payload is UNSET:
        return Open(jwk, token, alg)
    detached = output if ".." in token else None
    return Verify(jwk, token, alg, detached, settings_for(token))
