"""The examples of RFC 7520 as JSON, and others in the same form.

Each example prints its token in up to three serializations. One with several recipients or
signatures is a case for each of their keys.

Source: github.com/ietf-jose/cookbook; RFC 7520 sections 4 to 6, RFC 7797 section 4.
"""

from typing import Final

from msgspec import UNSET, UnsetType

from joseal._core.secrecy import Hidden
from joseal._core.wire import base64url, strict_json
from joseal._core.wire.strict_json import ShapeError
from joseal.conformance.formats.cases import (
    FORM,
    about,
    each,
    json_settings,
    json_text,
    password,
    settings_for,
)
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

_UNLISTED: Final = "RFC 7797 section 6 demands that crit lists b64"


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

    keys = (strict_json.as_object(forms.get("input")) or {}).get("key")
    count = len(strict_json.as_list(keys) or [keys])

    def make(form: str, place: int) -> list[Case]:
        return each([value], _Example, lambda example: _case(example, form, prefix, place))

    return [case for name in names for place in range(count) for case in make(name, place)]


def _case(example: _Example, form: str, prefix: str, place: int) -> Case:
    told, printed = example.input, example.output.get(form)
    token = printed if isinstance(printed, str) else strict_json.as_object(printed)
    number = f" key {place + 1}" if isinstance(told.key, list) else ""
    named = about(f"{prefix}{form}{number}", example.title, ())
    output = told.plaintext if told.payload is UNSET else told.payload
    if output is UNSET or token is None:
        return Case(*named, NotRun(FORM))
    task, raw = _task(told, token, output.encode(), place), output.encode()
    return Case(*named, task, Expected(raw), _UNLISTED if _is_unlisted(token) else None)


def _is_unlisted(token: str | dict[str, object]) -> bool:
    """Tell whether a message has b64 in a header and does not list it in crit."""
    if isinstance(token, str):
        texts: list[object] = [token.partition(".")[0]]
    else:
        signatures = strict_json.as_list(token.get("signatures")) or [token]
        texts = [(strict_json.as_object(one) or {}).get("protected") for one in signatures]
    headers = [strict_json.load_object(base64url.decode_text(str(text)) or b"") for text in texts]
    return any("b64" in header and "crit" not in header for header in headers if header)


def _task(told: _Input, token: str | dict[str, object], output: bytes, place: int) -> Task:
    keys = told.key if isinstance(told.key, list) else [told.key]
    algs = [told.alg] * len(keys) if isinstance(told.alg, str) else told.alg
    if not place < len(keys) == len(algs):
        raise ShapeError("$")
    alg, key = algs[place], keys[place]
    jwk = password(told.pwd) if key is UNSET else key
    own = None if "alg" in jwk else alg
    if isinstance(token, str):
        text, settings, is_detached = token, settings_for(token), ".." in token
    else:
        text, settings = json_text(token), json_settings(token)
        is_detached = "payload" not in token
    if told.payload is UNSET:
        return Open(jwk, text, own, settings)
    return Verify(jwk, text, own, output if is_detached else None, settings)
