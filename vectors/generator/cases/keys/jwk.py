"""JWKs that must load, and those that must be refused when they are loaded or put to use."""

import json
from collections.abc import Mapping

from vectors.generator.catalogue import VectorFile
from vectors.generator.encoder.agreement import MONTGOMERY, WEIERSTRASS
from vectors.generator.encoder.jwe import CONTENT, KEY_WRAP_BYTES, Jwk, b64, draw
from vectors.generator.encoder.jws import SIGNATURES
from vectors.generator.encoder.wrapping import GCMKW_BYTES
from vectors.generator.families import family_keys
from vectors.generator.keyring import (
    MAC_BYTES,
    curve,
    direct,
    gcmkw,
    key_text,
    kw,
    mac,
    password,
    rsa,
    shown_half,
    without,
)

# The curves of the algs that take one.
_CURVES: Mapping[str, frozenset[str]] = {
    "ECDH-ES": frozenset({*WEIERSTRASS, *MONTGOMERY}),
    "ECDH-ES+A128KW": frozenset({*WEIERSTRASS, *MONTGOMERY}),
    "ES256": frozenset({"P-256"}),
    "EdDSA": frozenset({"Ed25519", "Ed448"}),
}


def jwk() -> VectorFile:
    """Build jwk.json: what holds for a JWK of any kind, and for bytes."""
    file = VectorFile("jwk.json", 52, "jwk_v1")
    _json(file)
    _members(file)
    _bytes(file)
    return file


def jwk_alg() -> VectorFile:
    """Build jwk_alg.json: what a key is for."""
    file = VectorFile("jwk_alg.json", 53, "jwk_v1")
    _algs(file)
    _bindings(file)
    _uses(file)
    return file


def _json(file: VectorFile) -> None:
    for key in (kw("A128KW"), curve("ECDH-ES", "P-256")):
        start = file.loading(f"json-{key['kty']}", "The JSON of a JWK", key)
        whole = key_text(key)
        cut = whole[:-1]
        texts = {
            "nothing": "",
            "an array": f"[{whole}]",
            "a string": json.dumps(whole),
            "null": "null",
            "a set": json.dumps({"keys": [key]}),
            "it ends before its brace": cut,
            "it goes on with a second object": whole + "{}",
            "it goes on with a NUL": whole + "\x00",
            "it begins with a byte order mark": "\ufeff" + whole,
            "it has a NaN": cut + ',"x":NaN}',
            "it has a number that overflows to infinity": cut + ',"x":1e999}',
            "it has a lone surrogate": cut + r',"x":"\ud800"}',
        }
        for fault, text in texts.items():
            start.denies(fault, text, "KeyJson")
        for name in ("kty", "alg", "x" if "x" in key else "k"):
            twice = cut + f',"{name}":{json.dumps(key[name])}}}'
            start.denies(f"it has {name} twice", twice, "DuplicateMember")
        escaped = cut + r',"\u0061lg":"dir"}'
        start.denies("it has alg twice, once with an escape", escaped, "DuplicateMember")
        start.loads(
            cut + ',"x5c":[],"ext":true,"urn:x":{"y":[1]}}',
            "Members not understood",
            "UnusualHeader",
        )
        start.loads(cut + ',"x1":' + "[" * 15 + "]" * 15 + "}", "16 levels", "AtLimit")
        start.denies("17 levels", cut + ',"x1":' + "[" * 16 + "]" * 16 + "}", "Nesting")
        start.loads(cut + ',"x1":' + "9" * 32 + "}", "A number of 32 digits", "AtLimit")
        start.denies("a number of 33 digits", cut + ',"x1":' + "9" * 33 + "}", "Digits")


def _members(file: VectorFile) -> None:
    keys = (
        kw("A128KW"),
        mac("HS256"),
        password("PBES2-HS256+A128KW"),
        shown_half(rsa("RSA-OAEP")),
        curve("ECDH-ES", "P-256"),
        curve("ECDH-ES", "X25519"),
    )
    for key in keys:
        name = f"members-{key['alg']}-{key.get('crv', key['kty'])}"
        start = file.loading(name, f"Members of a key for {key['alg']}", key)
        for member in sorted(key.keys() - {"d"}):
            start.denies(f"{member} is missing", key_text(without(key, member)), "KeyShape")
        for member in sorted(key.keys()):
            for what, value in (("null", None), ("a number", 1), ("a list", [key[member]])):
                text = key_text({**key, member: value})
                start.denies(f"{member} is {what}", text, "KeyShape")
        for member in sorted(key.keys() - {"kty", "alg", "crv"}):
            text = key[member]
            texts = {
                "empty": "",
                "padded": text + "=" * (-len(text) % 4 or 4),
                "with a line feed": text + "\n",
                "with a foreign character": "!" + text[1:],
                "with a letter outside of ASCII": "\u00e9" + text[1:],
            }
            for what, changed in texts.items():
                flag = "KeyShape" if what == "empty" else "Base64url"
                start.denies(f"{member} is {what}", key_text({**key, member: changed}), flag)
        for kty in ("", "ec", "RSA " if key["kty"] == "RSA" else "RSA", "AKP"):
            start.denies(f"kty is {kty!a}", key_text({**key, "kty": kty}), "KeyShape")
        for what, value in (("null", None), ("a number", 1), ("a list", ["a"])):
            start.denies(f"kid is {what}", key_text({**key, "kid": value}), "KeyShape")


def _algs(file: VectorFile) -> None:
    """Hold each kind of key against the algs of the other kinds."""
    keys: dict[str, Jwk] = {**family_keys("A128GCM")}
    keys |= {key["alg"]: key for key in (rsa("RS256"), rsa("PS256"), mac("HS256"))}
    keys |= {key["alg"]: key for key in (curve("ES256", "P-256"), curve("EdDSA", "Ed25519"))}
    keys = {alg: key if key["kty"] == "oct" else shown_half(key) for alg, key in keys.items()}
    kinds = {
        "an RSA key": shown_half(rsa("RSA-OAEP")),
        "a symmetric key": kw("A128KW"),
        **{
            f"a point on {crv}": shown_half(curve(alg, crv))
            for alg, crv in (
                *(("ECDH-ES", crv) for crv in ("P-256", "P-521", "X25519", "X448")),
                *(("EdDSA", crv) for crv in ("Ed25519", "Ed448")),
            )
        },
    }
    for alg, key in keys.items():
        settings = {"legacy": True} if alg == "RSA1_5" else {}
        start = file.loading(f"alg-{alg}", f"Keys that serve {alg}, and others", key, **settings)
        taken = _CURVES.get(alg, {None})
        for what, foreign in kinds.items():
            same_kty = "crv" in key or foreign["kty"] == key["kty"]
            if not same_kty or foreign.get("crv") not in taken:
                start.denies(what, key_text({**foreign, "alg": alg}), "KeyKind")
        names = ("", "none", alg.swapcase(), f"{alg} ", "ES256K", "HPKE-11", "RSA-OAEP-224")
        for name in names:
            start.denies(f"alg is {name!a}", key_text({**key, "alg": name}), "KeyBinding")
    key = rsa("RSA1_5")
    start = file.loading("legacy", "RSA1_5 is off", rsa("RSA-OAEP"))
    start.denies("alg is RSA1_5", key_text(key), "KeyBinding")


def _bindings(file: VectorFile) -> None:
    """Contradict alg, use and key_ops."""
    for key in (
        kw("A128KW"),
        shown_half(rsa("RSA-OAEP")),
        curve("ECDH-ES", "X25519"),
        mac("HS256"),
        shown_half(rsa("PS256")),
    ):
        alg = key["alg"]
        signs = alg in SIGNATURES
        own, other = ("sig", "enc") if signs else ("enc", "sig")
        start = file.loading(f"binding-{alg}", f"What a JWK for {alg} says of its use", key)
        start.loads(key_text({**key, "use": own}), f"use is {own}", "KeyBinding")
        for use in (other, "", own.upper(), "tls"):
            start.denies(f"use is {use!a}", key_text({**key, "use": use}), "KeyBinding")
        start.denies("use is null", key_text({**key, "use": None}), "KeyShape")
        permitted = {"A128KW": "unwrapKey", "RSA-OAEP": "wrapKey", "ECDH-ES": "deriveBits"}
        good = permitted.get(alg, "verify")
        start.loads(key_text({**key, "key_ops": [good]}), f"key_ops is {good}", "KeyBinding")
        excluded = "encrypt" if signs else "sign"
        lists: dict[str, object] = {
            f"{excluded} alone": [excluded],
            "an unknown operation alone": ["urn:x"],
            f"{good} twice": [good, good],
        }
        for what, value in lists.items():
            start.denies(f"key_ops is {what}", key_text({**key, "key_ops": value}), "KeyBinding")
        shapes: dict[str, object] = {"a string": good, "null": None, "of numbers": [1]}
        for what, value in shapes.items():
            start.denies(f"key_ops is {what}", key_text({**key, "key_ops": value}), "KeyShape")
        twice = {**key, "use": own, "key_ops": [excluded]}
        start.denies("use and key_ops contradict each other", key_text(twice), "KeyBinding")
        name = f"named-{alg}"
        start = file.loading(name, f"The caller names {alg}", without(key, "alg"), alg=alg)
        start.loads(key_text(key), "The JWK names it as well", "KeyBinding")
        for contrary in ("RSA-OAEP-256", "A256KW", "ECDH-ES+A128KW", "HS512", "none"):
            text = key_text({**key, "alg": contrary})
            start.denies(f"the JWK's alg is {contrary}", text, "KeyBinding")
    key = kw("A128KW", kid="our key")
    start = file.loading("kid", "The caller names the key", key, kid="our key")
    start.denies("the JWK has a different name", key_text({**key, "kid": "other"}), "KeyBinding")
    marked = {**without(shown_half(rsa("RS256")), "alg"), "use": "sig"}
    start = file.loading("dual-use", "Dual use is asked for", marked, alg="RSA-OAEP", dual_use=True)
    start.loads(
        key_text({**marked, "alg": "RS256"}), "A pair for signing, used to encrypt", "KeyBinding"
    )
    contrary = {**marked, "alg": "RSA-OAEP-256"}
    start.denies(
        "the JWK's alg is a different one to encrypt with", key_text(contrary), "KeyBinding"
    )
    start = file.loading(
        "no-dual-use", "Dual use is not asked for", without(marked, "use"), alg="RSA-OAEP"
    )
    start.denies("a pair for signing", key_text(marked), "KeyBinding")
    fault = "a pair for RS256"
    start.denies(fault, key_text({**without(marked, "use"), "alg": "RS256"}), "KeyBinding")
    pair = without(shown_half(rsa("RSA-OAEP")), "alg")
    start = file.loading(
        "dual-use-oct", "Dual use is for pairs", pair, alg="RSA-OAEP", dual_use=True
    )
    start.denies("a shared secret", key_text(without(kw("A256KW"), "alg")), "KeyKind")


def _bytes(file: VectorFile) -> None:
    """Give each alg a key that is too short or too long by a byte."""
    keys: dict[str, tuple[Jwk, int]] = {
        alg: (kw(alg), size) for alg, size in KEY_WRAP_BYTES.items()
    }
    keys |= {alg: (gcmkw(alg), size) for alg, size in GCMKW_BYTES.items()}
    keys |= {alg: (mac(alg), size) for alg, size in MAC_BYTES.items()}
    keys |= {enc: (direct(enc, alg=enc), size.cek_bytes) for enc, size in CONTENT.items()}
    for alg, (key, size) in keys.items():
        start = file.loading(f"bytes-{alg}", f"{alg} takes {size} bytes", key)
        raw = draw(f"bytes {alg}", 200)
        for other in (0, 1, size - 1, size + 1, size // 2, 2 * size):
            text = key_text({**key, "k": b64(raw[:other])})
            if alg in MAC_BYTES and other > size:
                start.loads(text, f"{other} bytes, which are more than its hash", "WeakKey")
            else:
                start.denies(f"a key of {other} bytes", text, "WeakKey")
    start = file.loading("bytes-dir", "dir takes a key that fits some enc", direct("A128GCM"))
    raw = draw("bytes dir", 70)
    for size in (0, 1, 8, 15, 17, 33, 40, 56, 63, 65):
        text = key_text({**direct("A128GCM"), "k": b64(raw[:size])})
        start.denies(f"a key of {size} bytes", text, "WeakKey")


def _uses(file: VectorFile) -> None:
    """Load a good key, and ask of it what it is not for."""
    gcm = ["A128GCM"]
    pair, point = rsa("RSA-OAEP"), curve("ECDH-ES", "P-256")
    for key in (pair, point):
        alg, shown = key["alg"], shown_half(key)
        comment = f"A key for {alg} that must encrypt"
        start = file.loading(f"encrypt-{alg}", comment, shown, use="encrypt", enc=gcm)
        start.denies("a private key", key_text(key), "KeyDirection")
        comment = f"A key for {alg} that must decrypt"
        start = file.loading(f"decrypt-{alg}", comment, key, use="decrypt", enc=gcm)
        start.denies("a public key", key_text(shown), "KeyDirection")
    for alg in ("PS256", "ES256"):
        key = rsa(alg) if alg == "PS256" else curve(alg, "P-256")
        start = file.loading(f"sign-{alg}", f"A key for {alg} that must sign", key, use="sign")
        shown = shown_half(key)
        start.denies("a public key", key_text(shown), "KeyDirection")
        start.denies("key_ops is verify", key_text({**key, "key_ops": ["verify"]}), "KeyDirection")
        start.denies("a key to encrypt with", key_text(pair), "KeyDirection")
    signing = mac("HS256")
    start = file.loading("verify", "A key that must verify", signing, use="verify")
    start.denies("key_ops is sign", key_text({**signing, "key_ops": ["sign"]}), "KeyDirection")
    start.denies("a key to encrypt with", key_text(kw("A256KW")), "KeyDirection")
    wrapping = kw("A128KW")
    start = file.loading("unwrap", "A key that must decrypt", wrapping, use="decrypt", enc=gcm)
    start.denies(
        "key_ops is wrapKey", key_text({**wrapping, "key_ops": ["wrapKey"]}), "KeyDirection"
    )
    start.denies("a key for signatures", key_text(signing), "KeyDirection")
    start.denies("a dir key of a different size", key_text(direct("A256GCM")), "KeyDirection")
    start.denies("a key for one enc", key_text(direct("C20P", alg="C20P")), "KeyDirection")
    file.loading("old", "RSA1_5, to decrypt", rsa("RSA1_5"), use="decrypt", enc=gcm, legacy=True)
    shown = shown_half(rsa("RSA-OAEP"))
    start = file.loading("old-made", "To encrypt", shown, use="encrypt", enc=gcm, legacy=True)
    start.denies("RSA1_5", key_text({**shown, "alg": "RSA1_5"}), "KeyDirection")
