"""Several keys: JWK Sets that must load or not, and which key of a set a token is tried with."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from vectors.generator.cases.jws.valid import key_for
from vectors.generator.catalogue import (
    NOT_ALLOWED,
    TEXT,
    UNDECRYPTABLE,
    UNKNOWN_KEY,
    UNVERIFIED,
    Group,
    SetGroup,
    VectorFile,
)
from vectors.generator.encoder.jwe import Jwk, Recipe, b64, header_bytes
from vectors.generator.encoder.jws import Signed, signed
from vectors.generator.encoder.wrapping import sealed
from vectors.generator.families import named
from vectors.generator.keyring import curve, direct, gcmkw, kw, mac, password, rsa

_ENC = "A128GCM"
_MOST_TRIES = 4


def jwks() -> VectorFile:
    """Build jwks.json."""
    file = VectorFile("jwks.json", 56, "jwks_v1")
    one, two = kw("A128KW", "a", kid="one"), kw("A128KW", "b", kid="two")
    start = file.loading_set("sets", "Two keys with names", [one, two])
    _shapes(start, one, two)
    _skipped(start, one, two)
    _named_twice(start, one, two)
    pair = curve("ECDH-ES", "P-256", kid="pair")
    start.denies("a shared secret next to a pair", [one, pair], "KeySet")
    unnamed = {name: value for name, value in pair.items() if name != "kid"}
    start.denies("a shared secret next to a pair without a name", [one, unnamed], "KeySet")
    bare = [{name: key[name] for name in ("kty", "kid", "k")} for key in (one, two)]
    start = file.loading_set("alg", "The caller names the alg", bare, alg="A128KW")
    start.loads([bare[0], {**bare[1], "alg": "dir"}], "One names its own alg", "KeySet")
    start.denies("two with the same kid, one of which names the alg", [bare[0], one], "KeySet")
    return file


def jwe_keys() -> VectorFile:
    """Build jwe_keys.json."""
    file = VectorFile("jwe_keys.json", 57, "jwe_keys_v1")
    for alg, keys in _five_of_a_kind().items():
        made = sealed(keys[-1], _ENC, f"tries {alg}", TEXT)
        comment = f"Four keys for {alg}: the last one opens"
        most = _group(file, f"tries-{alg}-4", comment, keys[-_MOST_TRIES:])
        base = most.opens(made, "The token names no kid, and four keys are tried", "AtLimit")
        comment = f"Five keys for {alg}: the last one would open"
        more = _group(file, f"tries-{alg}-5", comment, keys)
        more.refuses(base, "one key more before its own", made, UNDECRYPTABLE, "KeyChoice")
        earlier = sealed(keys[-2], _ENC, f"tries {alg} earlier", TEXT)
        more.opens(earlier, "A token for the fourth of five", "AtLimit")
        mine = [{**key, "kid": f"key {number}"} for number, key in enumerate(keys)]
        comment = f"Five keys with names for {alg}"
        owned = _group(file, f"named-{alg}", comment, mine)
        _chosen(owned, named(made, "key 4"))
    _password(file)
    _two_algs(file)
    return file


def jws_keys() -> VectorFile:
    """Build jws_keys.json."""
    file = VectorFile("jws_keys.json", 58, "jws_keys_v1")
    for alg in ("ES256", "EdDSA", "HS256"):
        keys = [key_for(alg, name) for name in "edcba"]
        made = signed(keys[-1], f"tries {alg}", TEXT)
        comment = f"Four keys for {alg}: the last one verifies"
        most = _group(file, f"tries-{alg}-4", comment, keys[-_MOST_TRIES:])
        base = most.verifies(made, "The token names no kid, and four keys are tried", "AtLimit")
        comment = f"Five keys for {alg}: the last one would verify"
        more = _group(file, f"tries-{alg}-5", comment, keys)
        fault = "one key more before its own"
        more.rejects(base, fault, made.token(), UNVERIFIED, "KeyChoice")
        earlier = signed(keys[-2], f"tries {alg} earlier", TEXT)
        more.verifies(earlier, "A token for the fourth of five", "AtLimit")
        mine = [{**key, "kid": f"key {number}"} for number, key in enumerate(keys)]
        owned = _group(file, f"named-{alg}", f"Five keys with names for {alg}", mine)
        _chosen_to_verify(owned, made)
    return file


def _group(
    file: VectorFile, name: str, comment: str, keys: Sequence[Jwk], **opener: object
) -> Group:
    settings: Mapping[str, object] = opener
    if file.name == "jwe_keys.json":
        settings = {"enc": [_ENC], **opener}
    held = {"id": name, "comment": comment, "keys": {"keys": list(keys)}, "opener": settings}
    return file.add(held)


def _five_of_a_kind() -> dict[str, list[Jwk]]:
    names = "edcba"
    return {
        "A128KW": [kw("A128KW", name) for name in names],
        "A128GCMKW": [gcmkw("A128GCMKW", name) for name in names],
        "dir": [direct(_ENC, name) for name in names],
        "ECDH-ES": [curve("ECDH-ES", "P-256", name) for name in names],
        "ECDH-ES+A128KW": [curve("ECDH-ES+A128KW", "X25519", name) for name in names],
    }


def _chosen(group: Group, made: Recipe) -> None:
    base = group.opens(made, "The token names the fifth key, which alone is tried", "KeyChoice")
    kids = {"key 0": UNDECRYPTABLE, "key 5": UNKNOWN_KEY, "": UNKNOWN_KEY, "KEY 4": UNKNOWN_KEY}
    for kid, expect in kids.items():
        said = made.said(header_bytes({**made.members, "kid": kid}))
        group.refuses(base, f"the token names {kid!a}", said, expect, "KeyChoice")
    other = {"alg": "A256KW" if made.alg != "A256KW" else "A128KW"}
    said = made.said(header_bytes({**made.members, **other}))
    group.refuses(
        base, "the key that is named is for a different alg", said, NOT_ALLOWED, "KeyChoice"
    )
    members = {name: value for name, value in made.members.items() if name != "kid"}
    shown = {name: made.key[name] for name in ("kty", "crv", "x", "y", "k") if name in made.key}
    said = made.said(header_bytes({**members, "jwk": shown}))
    fault = "the token brings the fifth key, and names none"
    group.refuses(base, fault, said, UNDECRYPTABLE, "KeyChoice")


def _chosen_to_verify(group: Group, made: Signed) -> None:
    alg = made.alg

    def said(**members: object) -> Signed:
        return replace(made, header=header_bytes({"alg": alg, **members}))

    comment = "The token names the fifth key, which alone is tried"
    base = group.verifies(said(kid="key 4"), comment, "KeyChoice")
    kids = {"key 0": UNVERIFIED, "key 5": UNKNOWN_KEY, "": UNKNOWN_KEY, "KEY 4": UNKNOWN_KEY}
    for kid, expect in kids.items():
        token = said(kid=kid).token()
        group.rejects(base, f"the token names {kid!a}", token, expect, "KeyChoice")
    token = replace(made, header=header_bytes({"alg": "HS512", "kid": "key 4"})).token()
    fault = "the key that is named is for a different alg"
    group.rejects(base, fault, token, NOT_ALLOWED, "KeyChoice")
    shown = ("kty", "crv", "x", "y", "k")
    jwk = {name: made.key[name] for name in shown if name in made.key}
    fault = "the token brings the fifth key, and names none"
    group.rejects(base, fault, said(jwk=jwk).token(), UNVERIFIED, "KeyChoice")


def _password(file: VectorFile) -> None:
    """A password is tried only where it is meant: each try costs what the token asks for."""
    alg = "PBES2-HS256+A128KW"
    keys = [{**password(alg), "kid": "secret"}, {**kw("A128KW"), "kid": "key"}]
    group = _group(file, "password", "A password next to a different key", keys)
    made = sealed(password(alg), _ENC, "password in a set", TEXT)
    base = group.opens(named(made, "secret"), "The token names the password", "KeyChoice")
    group.refuses(base, "the token names no kid", made, NOT_ALLOWED, "KeyChoice")
    said = made.said(header_bytes({**made.members, "kid": "key"}))
    group.refuses(base, "the token names the other key", said, NOT_ALLOWED, "KeyChoice")
    any_kid = _group(file, "password-any", "Any kid is accepted", keys, any_kid=True)
    said = made.said(header_bytes({**made.members, "kid": "other"}))
    fault = "the token names a kid that no key has"
    plain = sealed(kw("A128KW"), _ENC, "no password in a set", TEXT)
    header = header_bytes({**plain.members, "kid": "other"})
    base = any_kid.opens(plain.said(header), "Any kid, for the other key", "KeyChoice")
    any_kid.refuses(base, f"{fault}, for the password", said, NOT_ALLOWED, "KeyChoice")


def _two_algs(file: VectorFile) -> None:
    """One pair may stand in a set under two algs; the token's alg must be one of them."""
    keys = [rsa("RSA-OAEP", kid="pair"), rsa("RSA-OAEP-256", kid="pair")]
    group = _group(file, "two-algs", "One pair under two algs", keys)
    for key in keys:
        made = named(sealed(key, _ENC, f"two algs {key['alg']}", TEXT), "pair")
        base = group.opens(made, f"The token is for {key['alg']}", "KeyChoice")
    other = rsa("RSA-OAEP-512", kid="pair")
    made = named(sealed(other, _ENC, "two algs other", TEXT), "pair")
    group.refuses(base, "a third alg", made, NOT_ALLOWED, "KeyChoice")


def _shapes(start: SetGroup, one: Jwk, two: Jwk) -> None:
    whole = json.dumps({"keys": [one, two]})
    texts = {
        "a list alone": json.dumps([one, two]),
        "one key alone": json.dumps(one),
        "no list of keys": "{}",
        "keys is an object": json.dumps({"keys": {"one": one}}),
        "keys is null": json.dumps({"keys": None}),
        "keys is a string": json.dumps({"keys": "one"}),
        "no keys in the list": json.dumps({"keys": []}),
        "keys occurs twice": whole[:-1] + ',"keys":[]}',
        "a member of a key occurs twice": whole.replace('"kid"', '"kty":"oct","kid"', 1),
        "it goes on with a second object": whole + "{}",
        "nothing": "",
    }
    for fault, text in texts.items():
        start.denies_text(fault, text, "KeySet")


def _skipped(start: SetGroup, one: Jwk, two: Jwk) -> None:
    """Members that can't be used do not spoil the others."""
    unusable: dict[str, object] = {
        "of an unknown kty": {"kty": "XKP", "alg": "ML-DSA-44", "pub": "AAAA"},
        "for an unknown alg": {**two, "alg": "A128GCMSIVKW"},
        "that names no alg": {"kty": "oct", "k": two["k"]},
        "without k": {"kty": "oct", "alg": "A128KW"},
        "that is too short": {**two, "k": b64(bytes(15))},
        "for signatures, marked for encryption": {**mac("HS256"), "use": "enc"},
        "for RSA1_5": rsa("RSA1_5"),
        "that is not an object": "one",
        "that is null": None,
    }
    for what, member in unusable.items():
        start.skips([member, one], f"A member {what}", "KeySet", skipped=[0])
        start.denies(f"nothing but a member {what}", [member], "KeySet")
    start.loads([one, two, mac("HS256")], "A key for signatures as well", "KeySet")


def _named_twice(start: SetGroup, one: Jwk, two: Jwk) -> None:
    same = {**two, "kid": "one"}
    start.denies("two with the same kid and alg", [one, same], "KeySet")
    start.skips([one, one], "One key twice", "KeySet", skipped=[1])
    broken = {**same, "k": b64(bytes(15))}
    start.denies("two with the same kid and alg, one of them unusable", [one, broken], "KeySet")
    other = {**direct(_ENC), "kid": "one"}
    start.loads([one, other], "The same kid under two algs", "KeySet")
    nameless = [{name: key[name] for name in ("kty", "alg", "k")} for key in (one, two)]
    start.loads(nameless, "No names at all", "KeySet")
