"""Plain lists: tokens with their keys and plaintexts, JWKs and JWK Sets, and files without vectors.

A list of tokens is an object with `verified`, an array of objects with `jwe` or `jws`, `jwk`, and
`plaintext_hex`, and with `alg` if the JWK has none.

A list for HPKE is an array of objects with `alg`, `jwk`, `compact` and `flattened`.

Source: RFC 7517 section 5; draft-ietf-jose-hpke-encrypt appendix A, draft-ietf-jose-hpke-pq-pqt.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET, UnsetType

from joseal._core.secrecy import Hidden
from joseal.conformance.formats.cases import (
    FORM,
    NO_KEY,
    about,
    each,
    json_settings,
    json_text,
    listed,
    members,
    password,
    settings_for,
    unhex,
)
from joseal.conformance.model import (
    Case,
    Expected,
    Jwk,
    Load,
    NotRun,
    Open,
    Task,
    Vectors,
    Verify,
)

# The files do not say what the plaintext is: they test that the tokens open.
_OPENS: Final = Expected(any_output=True)
_RECORDED: Final = "a record of what a token of HPKE gives, without the token"
_NO_ALG: Final = "no alg, and none follows from kty, crv and use"
_RECORD: Final = "a record of how figures were recomputed, and no vectors"

# For JWKs without an alg: one that such a key can serve.
_ALGS: Final[Mapping[tuple[str, str], str]] = {
    ("RSA", "enc"): "RSA-OAEP-256",
    ("RSA", "sig"): "RS256",
    ("P-256", "enc"): "ECDH-ES",
    ("P-384", "enc"): "ECDH-ES",
    ("P-521", "enc"): "ECDH-ES",
    ("X25519", "enc"): "ECDH-ES",
    ("X448", "enc"): "ECDH-ES",
    ("P-256", "sig"): "ES256",
    ("P-384", "sig"): "ES384",
    ("P-521", "sig"): "ES512",
    ("secp256k1", "sig"): "ES256K",
    ("Ed25519", "sig"): "EdDSA",
    ("Ed448", "sig"): "EdDSA",
}


class _Token(Hidden, frozen=True, kw_only=True):
    plaintext_hex: str
    id: str = ""
    file: str = ""
    alg: str | UnsetType = UNSET
    jwk: Jwk | list[Jwk] | UnsetType = UNSET
    password: str = ""
    jwe: str | dict[str, object] | UnsetType = UNSET
    jws: str | dict[str, object] | UnsetType = UNSET


def recognise_tokens(file: dict[str, object]) -> bool:
    """Tell whether a file is a list of tokens."""
    return isinstance(file.get("verified"), list)


def read_tokens(file: dict[str, object]) -> Vectors:
    """Read a list of tokens."""
    return Vectors("list of tokens", tokens(listed(file["verified"])))


def tokens(items: list[object]) -> list[Case]:
    """Make cases from tokens with their keys and plaintexts, one for each key."""
    return [
        Case(case.id or str(place), case.comment, case.flags, case.task, case.expected)
        for place, item in enumerate(items, 1)
        for case in each(_by_key(item), _Token, _token)
    ]


def _by_key(item: object) -> list[object]:
    """Split an item with several keys, each with its alg."""
    token = members(item)
    keys, algs = listed(token.get("jwk")), str(token.get("alg", "")).split("|")
    if not keys:
        return [item]
    shared = {name: value for name, value in token.items() if name != "alg"}
    return [
        {
            **shared,
            **({"alg": algs[place % len(algs)]} if "alg" in token else {}),
            "jwk": key,
            "id": f"{token.get('id', '')} key {place + 1}",
        }
        for place, key in enumerate(keys)
    ]


def _token(test: _Token) -> Case:
    return Case(*about(test.id, test.file, ()), _task(test), Expected(unhex(test.plaintext_hex)))


def _task(test: _Token) -> Task:
    jwk = password(test.password) if test.jwk is UNSET else test.jwk
    alg = None if test.alg is UNSET else test.alg
    if isinstance(jwk, list):
        return NotRun(FORM)
    if isinstance(test.jwe, dict):
        return Open(jwk, json_text(test.jwe), alg, json_settings(test.jwe))
    if isinstance(test.jws, dict):
        return Verify(jwk, json_text(test.jws), alg, settings=json_settings(test.jws))
    if test.jwe is not UNSET:
        return Open(jwk, test.jwe, alg)
    if test.jws is not UNSET:
        return Verify(jwk, test.jws, alg, settings=settings_for(test.jws))
    return NotRun(FORM)


def recognise_keys(file: dict[str, object]) -> bool:
    """Tell whether a file is a JWK or a JWK Set."""
    return isinstance(file.get("keys"), list) or isinstance(file.get("kty"), str)


def read_keys(file: dict[str, object]) -> Vectors:
    """Read a JWK or a JWK Set: each key has to load, and to come back the same."""
    single = "kty" in file
    return Vectors("JWK" if single else "JWK Set", keys_of({"keys": [file]} if single else file))


def keys_of(value: object, prefix: str = "") -> list[Case]:
    """Make a case from each key of a set."""
    keys = listed(members(value).get("keys"))
    return [_key(members(key), f"{prefix}key {place}") for place, key in enumerate(keys, 1)]


def _key(jwk: Jwk, name: str) -> Case:
    kind = str(jwk.get("crv", jwk.get("kty")))
    use = jwk.get("use", "sig" if kind in {"Ed25519", "Ed448"} else "enc")
    guess = _ALGS.get((kind, str(use)))
    task: Task = Load(jwk, None if "alg" in jwk else guess)
    if "alg" not in jwk and guess is None:
        task = NotRun(_NO_ALG)
    # The name of a key does not identify it; its file does.
    return Case(name, "loads, and comes back the same", (), task, Expected(b""))


def recognise_hpke(file: dict[str, object]) -> bool:
    """Tell whether a file contains only HPKE tokens, as in the drafts' repositories."""
    items = listed(file.get("array", file.get("results")))
    return bool(items) and all(
        str(members(item).get("alg", "")).startswith("HPKE-") for item in items
    )


def read_hpke(file: dict[str, object]) -> Vectors:
    """Read the tokens of an HPKE file, in both serializations."""
    items = listed(file.get("array", file.get("results")))
    return Vectors("HPKE", [case for item in items for case in _hpke(members(item))])


def _hpke(item: dict[str, object]) -> list[Case]:
    name, jwk = str(item["alg"]), members(item.get("jwk"))
    cases = [
        Case(*about(f"{name} {form}", "", ()), _token_of_hpke(jwk, item[form]), _OPENS)
        for form in ("compact", "flattened")
        if form in item
    ]
    return cases or [Case(*about(name, "", ()), NotRun(_RECORDED))]


def _token_of_hpke(jwk: Jwk, token: object) -> Task:
    in_json = members(token)
    if jwk and in_json:
        return Open(jwk, json_text(in_json), None, json_settings(in_json))
    return Open(jwk, token) if jwk and isinstance(token, str) else NotRun(FORM)


def recognise_json_token(file: dict[str, object]) -> bool:
    """Tell whether a file is a token in JSON serialization."""
    return isinstance(file.get("ciphertext"), str) or isinstance(file.get("signatures"), list)


def read_json_token(file: dict[str, object]) -> Vectors:
    """Count a token in JSON serialization."""
    del file
    return Vectors("token in JSON serialization", [Case("1", "", (), NotRun(NO_KEY))])


def recognise_record(file: dict[str, object]) -> bool:
    """Tell whether a file says how figures were recomputed."""
    items = listed(file.get("array"))
    return bool(items) and all({"check", "as_expected"} <= members(item).keys() for item in items)


def read_record(file: dict[str, object]) -> Vectors:
    """Count what is checked; nothing in it can be run."""
    items = listed(file["array"])
    names = [str(members(item)["check"]) for item in items]
    return Vectors(
        "record", [Case(*about(n, name, ()), NotRun(_RECORD)) for n, name in enumerate(names, 1)]
    )
