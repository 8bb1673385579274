"""JWS that must verify: each alg, payloads of every shape, detached and unencoded ones."""

from dataclasses import replace

from vectors.generator.catalogue import TEXT, VectorFile
from vectors.generator.encoder.agreement import EQUATIONS
from vectors.generator.encoder.jwe import Jwk, b64, draw, header_bytes
from vectors.generator.encoder.jws import (
    FIRST,
    LATER,
    SIGNATURES,
    Signed,
    ecdsa_numbers,
    joined,
    signed,
)
from vectors.generator.keyring import curve, mac, rsa

_PAYLOADS = {
    "empty": b"",
    "one byte": b"\x00",
    "no UTF-8": bytes.fromhex("fffe80c0af00eda080"),
    "JSON": b'{"iss":"joe","exp":1300819380}',
    "300 random bytes": draw("longer payload", 300),
}
_HEADERS = {
    "white space of every kind": b' {\t"alg" :\r\n"HS256"\r}\t\n',
    "escapes in a name and in a value": rb'{"\u0061lg":"HS\u003256"}',
    "members of every type": b'{"alg":"HS256","a":null,"b":true,"d":0,"e":-1.5e+3,"g":[],"h":{}}',
    "a key and addresses of keys, which are data": b'{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"},'
    b'"jku":"https://keys.example/set","x5u":"https://keys.example/c","x5c":["AAAA"]}',
    "members of a JWE, which are data": b'{"alg":"HS256","enc":"A128GCM","zip":"DEF"}',
    "typ, cty and a time": b'{"typ":"JWT","alg":"HS256","cty":"JWT","iat":1700000000000}',
}
_B64 = {"b64": False, "crit": ["b64"]}


def key_for(alg: str, name: str = "a") -> Jwk:
    """Return a private or shared key for an alg."""
    kind = SIGNATURES[alg]
    if kind.family == "hmac":
        return mac(alg, name)
    if kind.crv:
        return curve(alg, kind.crv, name)
    return rsa(alg, f"rsa-2048-{name}")


def unencoded(key: Jwk, label: str, payload: bytes, **members: object) -> Signed:
    """Sign a payload as it is. RFC 7797."""
    return replace(signed(key, label, payload, {**members, **_B64}), encoded=False)


def jws() -> VectorFile:
    """Build jws.json."""
    file = VectorFile("jws.json", 23, "jws_compact_v1")
    for alg in FIRST:
        _alg(file, key_for(alg), alg)
    _alg(file, curve("EdDSA", "Ed448"), "EdDSA-Ed448")
    _alg(file, rsa("PS256", "rsa-3072"), "PS256-3072")
    _alg(file, rsa("RS512", "rsa-3072"), "RS512-3072")
    _ecdsa(file, ("ES256", "ES384", "ES512"))
    _long_keys(file)
    _headers(file)
    _detached(file)
    _unencoded(file)
    _settings(file)
    for alg in LATER:
        _alg(file, key_for(alg), alg)
    _ecdsa(file, ("ES256K",))
    return file


def _alg(file: VectorFile, key: Jwk, name: str) -> None:
    group = file.signatures(name, f"{key['alg']}: payloads of every shape", key)
    for shape, payload in _PAYLOADS.items():
        made = signed(key, f"jws {name} {shape}", payload)
        group.verifies(made, f"The payload: {shape}", "Signed")


def _ecdsa(file: VectorFile, algs: tuple[str, ...]) -> None:
    for alg in algs:
        key = key_for(alg)
        hash_name = SIGNATURES[alg].hash
        order = EQUATIONS[key["crv"]].order
        group = file.signatures(f"numbers-{alg}", f"r and s of {alg} of unusual form", key)
        for index, what in enumerate(("r", "s")):
            # P-521 has 7 bits that are always zero.
            small = order >> (16 if alg == "ES512" else 8)
            made = next(
                made
                for made in (
                    signed(key, f"numbers {alg} {what} {count}", TEXT) for count in range(20_000)
                )
                if ecdsa_numbers(key, made.data, made.label, hash_name)[index] <= small
            )
            group.verifies(made, f"{what} begins with a zero byte", "LeadingZero")
        made = signed(key, f"numbers {alg}", TEXT)
        r, s = ecdsa_numbers(key, made.data, made.label, hash_name)
        both = {"the lower": min(s, order - s), "the higher": max(s, order - s)}
        for what, value in both.items():
            group.add(
                {
                    "comment": f"Of s and the order less s, {what}: both are good",
                    "token": made.token(joined(key, r, value)),
                    "expect": "ok",
                    "payload": TEXT.hex(),
                    "header": {"alg": alg},
                },
                "Signed",
            )


def _long_keys(file: VectorFile) -> None:
    for alg in ("HS256", "HS384", "HS512"):
        for size in (65, 128, 129):
            key = {**mac(alg), "k": b64(draw(f"mac key {alg} {size}", size))}
            name = f"{alg}-{size}"
            group = file.signatures(name, f"{alg} with a key of {size} bytes", key)
            group.verifies(signed(key, name, TEXT), "A key longer than its hash", "Signed")


def _headers(file: VectorFile) -> None:
    key = mac("HS256")
    group = file.signatures("header", "Headers of unusual but legal form", key)
    for what, header in _HEADERS.items():
        made = replace(signed(key, f"header {what}", TEXT), header=header)
        group.verifies(made, f"The header: {what}", "UnusualHeader")


def _detached(file: VectorFile) -> None:
    for alg in ("RS256", "PS256", "ES256", "EdDSA", "HS256"):
        key = key_for(alg)
        group = file.signatures(f"detached-{alg}", f"Detached payloads under {alg}", key)
        for shape, payload in _PAYLOADS.items():
            made = replace(signed(key, f"detached {alg} {shape}", payload), detached=True)
            group.verifies(made, f"The payload: {shape}", "Detached")


def _unencoded(file: VectorFile) -> None:
    for alg in ("HS256", "ES256", "EdDSA"):
        key = key_for(alg)
        group = file.signatures(f"b64-{alg}", f"Unencoded payloads under {alg}", key, b64=False)
        shapes = {"text": b"$-02", "JSON without a dot": b'{"a":1}', "base64url": b"AAAA"}
        for shape, payload in shapes.items():
            made = unencoded(key, f"b64 {alg} {shape}", payload)
            group.verifies(made, f"In the token: {shape}", "Unencoded")
        shapes = {**_PAYLOADS, "with dots": b"$.02", "two line feeds": b"\n\n"}
        for shape, payload in shapes.items():
            made = replace(unencoded(key, f"b64 {alg} {shape}", payload), detached=True)
            group.verifies(made, f"Detached: {shape}", "Unencoded", "Detached")
    key = mac("HS256")
    group = file.signatures("b64-crit", "A different critical member", key, b64=False, crit=["exp"])
    made = unencoded(key, "b64 crit", b"$-02", exp=1700000000)
    header = header_bytes({**_B64, "alg": "HS256", "exp": 1700000000, "crit": ["exp", "b64"]})
    group.verifies(replace(made, header=header), "b64 and exp are critical", "Unencoded")


def _settings(file: VectorFile) -> None:
    key = mac("HS256", kid="our key")

    def made(label: str, **members: object) -> Signed:
        return signed(key, f"settings {label}", TEXT, members)

    group = file.signatures("kid", "A key with a kid", key)
    group.verifies(made("kid", kid="our key"), "The token names the key's kid", "KeyId")
    group.verifies(made("no kid"), "The token names no kid", "KeyId")
    group = file.signatures("kid-without", "A key without a kid", mac("HS256"))
    group.verifies(made("kid alone", kid="any"), "The key has no name to differ from", "KeyId")
    group = file.signatures("any-kid", "Any kid is accepted", key, any_kid=True)
    group.verifies(made("any kid", kid="other"), "The token names a different kid", "KeyId")
    crit = ["exp", "urn:x"]
    group = file.signatures("crit", "Two critical members are understood", key, crit=crit)
    exp = {"exp": 1700000000}
    group.verifies(made("crit", crit=["exp"], **exp), "One of them is critical", "Critical")
    both = made("crit two", crit=["urn:x", "exp"], **exp, **{"urn:x": None})
    group.verifies(both, "Both are", "Critical")
    group.verifies(made("crit none", **exp), "None is: no list at all", "Critical")
    group = file.signatures("typ", "Only typ JWT is accepted", key, typ="JWT")
    group.verifies(made("typ", typ="JWT"), "typ is JWT", "MediaType")
    group.verifies(
        made("typ case", typ="jwt"), "Media types are compared without case", "MediaType"
    )
    group.verifies(
        made("typ full", typ="application/jwt"), "The prefix may be written", "MediaType"
    )
    group = file.signatures("cty", "Only cty JWT is accepted", key, cty="JWT")
    group.verifies(made("cty", cty="JWT"), "cty is JWT", "MediaType")
    group = file.signatures("b64-true", "b64 is true, and critical", key)
    group.verifies(made("b64 true", b64=True, crit=["b64"]), "b64 is true and critical", "Critical")
    group = file.signatures("b64-true-alone", "b64 is true", key)
    group.verifies(
        made("b64 true alone", b64=True), "b64 is true, as if it were absent", "Critical"
    )
