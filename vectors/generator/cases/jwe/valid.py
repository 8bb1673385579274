"""What must open: each alg with each enc, plaintexts and headers of unusual form."""

from vectors.generator.catalogue import TEXT, VectorFile
from vectors.generator.encoder.jwe import (
    CBC_ENCS,
    ENCS,
    GCM_ENCS,
    Recipe,
    draw,
    header_bytes,
    recipe,
)
from vectors.generator.keyring import KW_ALGS, RSA_ALGS, direct, kw, rsa

_SHAPES = {
    "empty": b"",
    "one byte": b"\x00",
    "one byte less than a block": b"fifteen octets.",
    "one block": b"sixteen octets..",
    "one byte more than a block": b"seventeen octets.",
    "three blocks": b"sixteen octets.." * 3,
    "no UTF-8": bytes.fromhex("fffe80c0af00eda080"),
    "ends like padding": b"fourteen octets\x02\x02"[1:],
}

# Everything here is legal JSON, and gives `alg` A128KW and `enc` A128GCM.
_HEADERS = {
    "white space of every kind": b' {\t"alg" :\r\n"A128KW" , "enc"\n:  "A128GCM"\r}\t\n',
    "enc before alg": b'{"enc":"A128GCM","alg":"A128KW"}',
    "escapes in a value": rb'{"alg":"A\u00312\u0038KW","enc":"A128GCM"}',
    "escapes in a name": rb'{"\u0061lg":"A128KW","e\u006ec":"A128GCM"}',
    "every short escape": rb'{"alg":"A128KW","enc":"A128GCM","x":"\"\\\/\b\f\n\r\t"}',
    "a surrogate pair": rb'{"alg":"A128KW","enc":"A128GCM","x":"\ud83d\udd11"}',
    "four bytes of UTF-8": '{"alg":"A128KW","enc":"A128GCM","x":"\U0001f511"}'.encode(),
    "an escaped NUL": rb'{"alg":"A128KW","enc":"A128GCM","x":"\u0000"}',
    "an empty member name": b'{"alg":"A128KW","enc":"A128GCM","":""}',
    "names that differ in case only": b'{"alg":"A128KW","enc":"A128GCM","ALG":"dir","Enc":"x"}',
    "members of every type": b'{"alg":"A128KW","enc":"A128GCM","a":null,"b":true,"c":false,"d":0,'
    b'"e":-1.5e+3,"f":1E2,"g":[],"h":{},"i":[{"j":[null]}],"k":1700000000000}',
    "equal names in different objects": b'{"alg":"A128KW","enc":"A128GCM","x":{"alg":"dir"},'
    b'"y":{"alg":"dir"}}',
    "typ and cty": b'{"alg":"A128KW","typ":"JWT","cty":"application/json","enc":"A128GCM"}',
    "a key and addresses of keys, which are data": b'{"alg":"A128KW","jwk":{"kty":"oct",'
    b'"k":"AAAAAAAAAAAAAAAAAAAAAA"},"jku":"https://keys.example/set","x5u":"https://keys.example/c",'
    b'"x5c":["AAAA"],"x5t#S256":"AAAA","enc":"A128GCM"}',
    "a member that another opener might find critical": b'{"alg":"A128KW","enc":"A128GCM",'
    b'"exp":1700000000}',
}


def valid() -> VectorFile:
    """Build valid.json."""
    file = VectorFile("valid.json", 3)
    _pairs(file)
    _plaintexts(file)
    _headers(file)
    _settings(file)
    return file


def _pairs(file: VectorFile) -> None:
    for alg in RSA_ALGS:
        group = file.group(alg, f"{alg} with each enc, 2048 bits", rsa(alg), ENCS)
        for enc in ENCS:
            made = recipe(rsa(alg), enc, f"{alg} {enc}", TEXT)
            group.opens(made, f"{alg} with {enc}", "Pair")
    for alg in KW_ALGS:
        group = file.group(alg, f"{alg} with each enc", kw(alg), ENCS)
        for enc in ENCS:
            made = recipe(kw(alg), enc, f"{alg} {enc}", TEXT)
            group.opens(made, f"{alg} with {enc}", "Pair")
    for enc in ENCS:
        group = file.group(f"dir-{enc}", f"dir with {enc}", direct(enc), enc)
        group.opens(recipe(direct(enc), enc, f"dir {enc}", TEXT), f"dir with {enc}", "Pair")
    big = rsa("RSA-OAEP-256", "rsa-3072")
    group = file.group("RSA-OAEP-256-3072", "RSA-OAEP-256 with 3072 bits", big, ENCS)
    for enc in ("A256CBC-HS512", "A256GCM"):
        group.opens(recipe(big, enc, f"3072 {enc}", TEXT), f"3072 bits with {enc}")
    named = direct("A256GCM", alg="A256GCM")
    group = file.group(
        "dir-named",
        "The key's alg is the name of an enc: dir, and only for that enc",
        named,
        "A256GCM",
    )
    group.opens(recipe(named, "A256GCM", "named", TEXT), "dir with a key whose alg is A256GCM")


def _plaintexts(file: VectorFile) -> None:
    key = kw("A256KW")
    for enc in ENCS:
        group = file.group(f"plaintext-{enc}", f"Plaintexts of every shape under {enc}", key, enc)
        for shape, plaintext in _SHAPES.items():
            made = recipe(key, enc, f"shape {enc} {shape}", plaintext)
            group.opens(made, f"The plaintext: {shape}", "PlaintextShape")
    for enc in (CBC_ENCS[2], GCM_ENCS[2]):
        group = file.group(f"longer-{enc}", f"A longer plaintext under {enc}", key, enc)
        made = recipe(key, enc, f"longer {enc}", draw("longer plaintext", 2000))
        group.opens(made, "The plaintext: 2,000 random bytes", "PlaintextShape")


def _headers(file: VectorFile) -> None:
    key = kw("A128KW")
    group = file.group("header", "Headers of unusual but legal form", key, "A128GCM")
    for what, header in _HEADERS.items():
        made = recipe(key, "A128GCM", f"header {what}", TEXT, header)
        group.opens(made, f"The header: {what}", "UnusualHeader")


def _settings(file: VectorFile) -> None:
    """Settings of the opener that let a token pass."""
    named = kw("A128KW", kid="our key")

    def made(label: str, **members: object) -> Recipe:
        header = header_bytes({"alg": "A128KW", **members, "enc": "A128GCM"})
        return recipe(named, "A128GCM", f"settings {label}", TEXT, header)

    group = file.group("kid", "A key with a kid", named, "A128GCM")
    group.opens(made("kid", kid="our key"), "The token names the key's kid", "KeyId")
    group.opens(made("no kid"), "The token names no kid", "KeyId")
    group = file.group("kid-without", "A key without a kid", kw("A128KW"), "A128GCM")
    group.opens(made("kid alone", kid="any name"), "The key has no name to differ from", "KeyId")
    group = file.group("any-kid", "Any kid is accepted", named, "A128GCM", any_kid=True)
    group.opens(made("any kid", kid="other"), "The token names a different kid", "KeyId")
    group = file.group(
        "crit", "Two critical members are understood", named, "A128GCM", crit=["exp", "urn:x"]
    )
    exp = {"exp": 1700000000}
    group.opens(made("crit", crit=["exp"], **exp), "One of them is critical", "Critical")
    group.opens(
        made("crit two", crit=["urn:x", "exp"], **exp, **{"urn:x": None}), "Both are", "Critical"
    )
    group.opens(made("crit none", **exp), "None is: no list at all", "Critical")
    group = file.group("typ", "Only typ JWT is accepted", named, "A128GCM", typ="JWT")
    group.opens(made("typ", typ="JWT"), "typ is JWT", "MediaType")
    group.opens(made("typ case", typ="jwt"), "Media types are compared without case", "MediaType")
    group.opens(made("typ full", typ="application/jwt"), "The prefix may be written", "MediaType")
    group = file.group("cty", "Only cty JWT is accepted", named, "A128GCM", cty="JWT")
    group.opens(made("cty", cty="JWT"), "cty is JWT", "MediaType")
