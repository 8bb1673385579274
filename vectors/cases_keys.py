"""JWKs that must load, and those that must be refused when they are loaded or put to use."""

import json
from collections.abc import Mapping

from agreement import MONTGOMERY, WEIERSTRASS
from catalogue import VectorFile
from encoder import CONTENT, KEY_WRAP_BYTES, Jwk, b64, draw, header_octets, unb64
from families import family_keys
from keyring import MAC_BYTES, curve, direct, gcmkw, kw, mac, password, rsa
from signing import SIGNATURES
from wrapping import GCMKW_BYTES

_P25519 = 2**255 - 19
_P448 = 2**448 - 2**224 - 1
_EIGHT = 325606250916557431795983626356110631294008115727848805560023387167927233504
# y-coordinates of points of order 1, 2, 4 and 8, and of one that stands for no point at all.
_ED25519 = {
    "of order one": 1,
    "of order two": _P25519 - 1,
    "of order four": 0,
    "of order eight": 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7,
    "no point at all": 2,
    "of order one, not reduced": _P25519 + 1,
}
_X25519 = {"zero": 0, "one": 1, "of order eight": _EIGHT, "the prime less one": _P25519 - 1}
_X448 = {"zero": 0, "one": 1, "the prime less one": _P448 - 1}
_ED448 = {"of order one": 1, "of order two": _P448 - 1, "of order four": 0}

# The curves of the algs that take one.
_CURVES: Mapping[str, frozenset[str]] = {
    "ECDH-ES": frozenset({*WEIERSTRASS, *MONTGOMERY}),
    "ECDH-ES+A128KW": frozenset({*WEIERSTRASS, *MONTGOMERY}),
    "ES256": frozenset({"P-256"}),
    "EdDSA": frozenset({"Ed25519", "Ed448"}),
}

# The moduli of ROCA are powers of 65537 modulo this product.
_ROCA_PRIMES = 167


def jwk() -> VectorFile:
    """Build jwk.json: what holds for a JWK of any kind, and for octets."""
    file = VectorFile("jwk.json", 52, "jwk_v1")
    _json(file)
    _members(file)
    _octets(file)
    return file


def jwk_alg() -> VectorFile:
    """Build jwk_alg.json: what a key is for."""
    file = VectorFile("jwk_alg.json", 53, "jwk_v1")
    _algs(file)
    _bindings(file)
    _uses(file)
    return file


def jwk_rsa() -> VectorFile:
    """Build jwk_rsa.json."""
    file = VectorFile("jwk_rsa.json", 54, "jwk_v1")
    for alg in ("RSA-OAEP", "RS256"):
        _rsa_members(file, alg)
    _rsa_numbers(file)
    _rsa_sizes(file)
    return file


def jwk_curves() -> VectorFile:
    """Build jwk_curves.json."""
    file = VectorFile("jwk_curves.json", 55, "jwk_v1")
    for alg, crv in (
        *(("ECDH-ES", crv) for crv in (*WEIERSTRASS, *MONTGOMERY)),
        ("ES256", "P-256"),
        ("ES384", "P-384"),
        ("ES512", "P-521"),
        ("EdDSA", "Ed25519"),
        ("EdDSA", "Ed448"),
    ):
        _coordinates(file, alg, crv)
    _low_orders(file)
    return file


def _text(key: Mapping[str, object]) -> str:
    return header_octets(key).decode()


def _without(key: Jwk, *names: str) -> dict[str, str]:
    return {name: value for name, value in key.items() if name not in names}


def _shown(key: Jwk) -> dict[str, str]:
    """Return the public half."""
    return _without(key, "d", "p", "q", "dp", "dq", "qi")


def _json(file: VectorFile) -> None:
    for key in (kw("A128KW"), curve("ECDH-ES", "P-256")):
        start = file.loading(f"json-{key['kty']}", "The JSON of a JWK", key)
        whole = _text(key)
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
        _shown(rsa("RSA-OAEP")),
        curve("ECDH-ES", "P-256"),
        curve("ECDH-ES", "X25519"),
    )
    for key in keys:
        name = f"members-{key['alg']}-{key.get('crv', key['kty'])}"
        start = file.loading(name, f"Members of a key for {key['alg']}", key)
        for member in sorted(key.keys() - {"d"}):
            start.denies(f"{member} is missing", _text(_without(key, member)), "KeyShape")
        for member in sorted(key.keys()):
            for what, value in (("null", None), ("a number", 1), ("a list", [key[member]])):
                text = _text({**key, member: value})
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
                start.denies(f"{member} is {what}", _text({**key, member: changed}), flag)
        for kty in ("", "ec", "RSA " if key["kty"] == "RSA" else "RSA", "AKP"):
            start.denies(f"kty is {kty!a}", _text({**key, "kty": kty}), "KeyShape")
        for what, value in (("null", None), ("a number", 1), ("a list", ["a"])):
            start.denies(f"kid is {what}", _text({**key, "kid": value}), "KeyShape")


def _algs(file: VectorFile) -> None:
    """Hold each kind of key against the algs of the other kinds."""
    keys: dict[str, Jwk] = {**family_keys("A128GCM")}
    keys |= {key["alg"]: key for key in (rsa("RS256"), rsa("PS256"), mac("HS256"))}
    keys |= {key["alg"]: key for key in (curve("ES256", "P-256"), curve("EdDSA", "Ed25519"))}
    keys = {alg: key if key["kty"] == "oct" else _shown(key) for alg, key in keys.items()}
    kinds = {
        "an RSA key": _shown(rsa("RSA-OAEP")),
        "octets": kw("A128KW"),
        **{
            f"a point on {crv}": _shown(curve(alg, crv))
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
                start.denies(what, _text({**foreign, "alg": alg}), "KeyKind")
        names = ("", "none", alg.swapcase(), f"{alg} ", "ES256K", "HPKE-0", "RSA-OAEP-224")
        for name in names:
            start.denies(f"alg is {name!a}", _text({**key, "alg": name}), "KeyBinding")
    key = rsa("RSA1_5")
    start = file.loading("legacy", "RSA1_5 is off", rsa("RSA-OAEP"))
    start.denies("alg is RSA1_5", _text(key), "KeyBinding")


def _bindings(file: VectorFile) -> None:
    """Contradict alg, use and key_ops."""
    for key in (
        kw("A128KW"),
        _shown(rsa("RSA-OAEP")),
        curve("ECDH-ES", "X25519"),
        mac("HS256"),
        _shown(rsa("PS256")),
    ):
        alg = key["alg"]
        signs = alg in SIGNATURES
        own, other = ("sig", "enc") if signs else ("enc", "sig")
        start = file.loading(f"binding-{alg}", f"What a JWK for {alg} says of its use", key)
        start.loads(_text({**key, "use": own}), f"use is {own}", "KeyBinding")
        for use in (other, "", own.upper(), "tls"):
            start.denies(f"use is {use!a}", _text({**key, "use": use}), "KeyBinding")
        start.denies("use is null", _text({**key, "use": None}), "KeyShape")
        permitted = {"A128KW": "unwrapKey", "RSA-OAEP": "wrapKey", "ECDH-ES": "deriveBits"}
        good = permitted.get(alg, "verify")
        start.loads(_text({**key, "key_ops": [good]}), f"key_ops is {good}", "KeyBinding")
        excluded = "encrypt" if signs else "sign"
        lists: dict[str, object] = {
            f"{excluded} alone": [excluded],
            "an unknown operation alone": ["urn:x"],
            f"{good} twice": [good, good],
        }
        for what, value in lists.items():
            start.denies(f"key_ops is {what}", _text({**key, "key_ops": value}), "KeyBinding")
        shapes: dict[str, object] = {"a string": good, "null": None, "of numbers": [1]}
        for what, value in shapes.items():
            start.denies(f"key_ops is {what}", _text({**key, "key_ops": value}), "KeyShape")
        twice = {**key, "use": own, "key_ops": [excluded]}
        start.denies("use and key_ops contradict each other", _text(twice), "KeyBinding")
        name = f"named-{alg}"
        start = file.loading(name, f"The caller names {alg}", _without(key, "alg"), alg=alg)
        start.loads(_text(key), "The JWK names it as well", "KeyBinding")
        for contrary in ("RSA-OAEP-256", "A256KW", "ECDH-ES+A128KW", "HS512", "none"):
            text = _text({**key, "alg": contrary})
            start.denies(f"the JWK's alg is {contrary}", text, "KeyBinding")
    key = kw("A128KW", kid="our key")
    start = file.loading("kid", "The caller names the key", key, kid="our key")
    start.denies("the JWK has another name", _text({**key, "kid": "other"}), "KeyBinding")
    marked = {**_without(_shown(rsa("RS256")), "alg"), "use": "sig"}
    start = file.loading("dual-use", "Dual use is asked for", marked, alg="RSA-OAEP", dual_use=True)
    start.loads(
        _text({**marked, "alg": "RS256"}), "A pair for signing, used to encrypt", "KeyBinding"
    )
    contrary = {**marked, "alg": "RSA-OAEP-256"}
    start.denies("the JWK's alg is another one to encrypt with", _text(contrary), "KeyBinding")
    start = file.loading(
        "no-dual-use", "Dual use is not asked for", _without(marked, "use"), alg="RSA-OAEP"
    )
    start.denies("a pair for signing", _text(marked), "KeyBinding")
    fault = "a pair for RS256"
    start.denies(fault, _text({**_without(marked, "use"), "alg": "RS256"}), "KeyBinding")
    pair = _without(_shown(rsa("RSA-OAEP")), "alg")
    start = file.loading(
        "dual-use-oct", "Dual use is for pairs", pair, alg="RSA-OAEP", dual_use=True
    )
    start.denies("a shared secret", _text(_without(kw("A256KW"), "alg")), "KeyKind")


def _octets(file: VectorFile) -> None:
    """Give each alg a key that is too short or too long by an octet."""
    keys: dict[str, tuple[Jwk, int]] = {
        alg: (kw(alg), size) for alg, size in KEY_WRAP_BYTES.items()
    }
    keys |= {alg: (gcmkw(alg), size) for alg, size in GCMKW_BYTES.items()}
    keys |= {alg: (mac(alg), size) for alg, size in MAC_BYTES.items()}
    keys |= {enc: (direct(enc, alg=enc), size.cek_bytes) for enc, size in CONTENT.items()}
    for alg, (key, size) in keys.items():
        start = file.loading(f"octets-{alg}", f"{alg} takes {size} octets", key)
        octets = draw(f"octets {alg}", 200)
        for other in (0, 1, size - 1, size + 1, size // 2, 2 * size):
            text = _text({**key, "k": b64(octets[:other])})
            if alg in MAC_BYTES and other > size:
                start.loads(text, f"{other} octets, which are more than its hash", "WeakKey")
            else:
                start.denies(f"a key of {other} octets", text, "WeakKey")
    start = file.loading("octets-dir", "dir takes a key that fits some enc", direct("A128GCM"))
    octets = draw("octets dir", 70)
    for size in (0, 1, 8, 15, 17, 33, 40, 56, 63, 65):
        text = _text({**direct("A128GCM"), "k": b64(octets[:size])})
        start.denies(f"a key of {size} octets", text, "WeakKey")


def _uses(file: VectorFile) -> None:
    """Load a good key, and ask of it what it is not for."""
    gcm = ["A128GCM"]
    pair, point = rsa("RSA-OAEP"), curve("ECDH-ES", "P-256")
    for key in (pair, point):
        alg, shown = key["alg"], _shown(key)
        comment = f"A key for {alg} that must encrypt"
        start = file.loading(f"encrypt-{alg}", comment, shown, use="encrypt", enc=gcm)
        start.denies("a private key", _text(key), "KeyDirection")
        comment = f"A key for {alg} that must decrypt"
        start = file.loading(f"decrypt-{alg}", comment, key, use="decrypt", enc=gcm)
        start.denies("a public key", _text(shown), "KeyDirection")
    for alg in ("PS256", "ES256"):
        key = rsa(alg) if alg == "PS256" else curve(alg, "P-256")
        start = file.loading(f"sign-{alg}", f"A key for {alg} that must sign", key, use="sign")
        shown = _shown(key)
        start.denies("a public key", _text(shown), "KeyDirection")
        start.denies("key_ops is verify", _text({**key, "key_ops": ["verify"]}), "KeyDirection")
        start.denies("a key to encrypt with", _text(pair), "KeyDirection")
    signing = mac("HS256")
    start = file.loading("verify", "A key that must verify", signing, use="verify")
    start.denies("key_ops is sign", _text({**signing, "key_ops": ["sign"]}), "KeyDirection")
    start.denies("a key to encrypt with", _text(kw("A256KW")), "KeyDirection")
    wrapping = kw("A128KW")
    start = file.loading("unwrap", "A key that must decrypt", wrapping, use="decrypt", enc=gcm)
    start.denies("key_ops is wrapKey", _text({**wrapping, "key_ops": ["wrapKey"]}), "KeyDirection")
    start.denies("a key for signatures", _text(signing), "KeyDirection")
    start.denies("a dir key of another size", _text(direct("A256GCM")), "KeyDirection")
    start.denies("a key for one enc", _text(direct("C20P", alg="C20P")), "KeyDirection")
    file.loading("old", "RSA1_5, to decrypt", rsa("RSA1_5"), use="decrypt", enc=gcm, legacy=True)
    shown = _shown(rsa("RSA-OAEP"))
    start = file.loading("old-made", "To encrypt", shown, use="encrypt", enc=gcm, legacy=True)
    start.denies("RSA1_5", _text({**shown, "alg": "RSA1_5"}), "KeyDirection")


def _number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8))


def _value(key: Jwk, name: str) -> int:
    return int.from_bytes(unb64(key[name]))


def _rsa_members(file: VectorFile, alg: str) -> None:
    key = rsa(alg)
    start = file.loading(f"members-{alg}", f"Members of an RSA key for {alg}", key)
    private = ("d", "p", "q", "dp", "dq", "qi")
    start.loads(_text(_without(key, *private)), "The public half", "GoodKey")
    start.loads(_text(_without(key, *private[1:])), "d alone, without the primes", "GoodKey")
    for name in private:
        start.denies(f"{name} is missing", _text(_without(key, name)), "KeyNumbers")
    for name in ("n", "e", *private):
        text = _text({**key, name: b64(b"\x00" + unb64(key[name]))})
        start.denies(f"{name} has a zero in front", text, "KeyShape")
        text = _text({**key, name: b64(b"\x00")})
        start.denies(f"{name} is zero", text, "KeyShape")
        start.denies(f"{name} is null", _text({**key, name: None}), "KeyShape")
    start.denies("more than two primes", _text({**key, "oth": []}), "KeyNumbers")
    for name in private:
        changed = {**key, name: _number(_value(key, name) ^ 2)}
        start.denies(f"{name} with a bit changed", _text(changed), "KeyNumbers")
    other = rsa(alg, "rsa-2048-b")
    start.denies("n of another key", _text({**key, "n": other["n"]}), "KeyNumbers")
    start.denies("d of another key", _text({**key, "d": other["d"]}), "KeyNumbers")
    swapped = {**key, "p": key["q"], "q": key["p"]}
    start.denies("p and q in each other's place", _text(swapped), "KeyNumbers")
    alone = {**_without(key, *private), "d": other["d"]}
    start.denies("d of another key, without the primes", _text(alone), "KeyNumbers")
    trivial = {**key, "p": key["n"], "q": b64(b"\x01")}
    start.denies("p is the modulus, and q one", _text(trivial), "KeyNumbers")


def _rsa_numbers(file: VectorFile) -> None:
    key = _shown(rsa("RSA-OAEP"))
    start = file.loading("numbers", "Modulus and exponent of a public key", key)
    start.loads(_text({**key, "e": _number(3)}), "e is 3", "GoodKey")
    modulus = _value(key, "n")
    exponents = {"1": 1, "2": 2, "even": 65538, "the modulus": modulus, "above it": modulus + 2}
    for what, value in exponents.items():
        start.denies(f"e is {what}", _text({**key, "e": _number(value)}), "KeyNumbers")
    start.denies("an even modulus", _text({**key, "n": _number(modulus - 1)}), "KeyNumbers")
    start.denies(
        "the modulus has the mark of ROCA", _text({**key, "n": _number(_roca())}), "WeakKey"
    )


def _roca() -> int:
    """Make a modulus that is a power of 65537 modulo all small primes. CVE-2017-15361."""
    primes = [n for n in range(2, _ROCA_PRIMES + 1) if all(n % d for d in range(2, n))]
    product = 1
    for prime in primes:
        product *= prime
    lowest = (1 << 2047) // product + 1
    return pow(65537, 4711, product) + product * lowest


def _modulus(bits: int) -> int:
    """Draw an odd number; who loads a public key can't tell that it is no product of two primes."""
    drawn = int.from_bytes(draw(f"modulus {bits}", (bits + 7) // 8))
    return drawn % (1 << (bits - 1)) | 1 << (bits - 1) | 1


def _rsa_sizes(file: VectorFile) -> None:
    for alg in ("RSA-OAEP", "RS256"):
        key = _shown(rsa(alg))
        start = file.loading(f"sizes-{alg}", f"Moduli of other sizes, for {alg}", key)
        for bits in (2048, 2049, 4096, 16384):
            text = _text({**key, "n": _number(_modulus(bits))})
            start.loads(text, f"A modulus of {bits} bits", "AtLimit")
        for bits in (8, 512, 1024, 1536, 2040, 2047, 16385, 16392):
            text = _text({**key, "n": _number(_modulus(bits))})
            start.denies(f"a modulus of {bits} bits", text, "WeakKey")


def _coordinates(file: VectorFile, alg: str, crv: str) -> None:
    key = curve(alg, crv)
    other = curve(alg, crv, "b")
    start = file.loading(f"{alg}-{crv}", f"A key for {alg} on {crv}", key)
    start.loads(_text(_without(key, "d")), "The public half", "GoodKey")
    for member in [name for name in ("x", "y", "d") if name in key]:
        octets = unb64(key[member])
        sizes = {
            "without its last octet": octets[:-1],
            "without its first octet": octets[1:],
            "with a zero in front": b"\x00" + octets,
            "with a zero at the end": octets + b"\x00",
            "of one octet": b"\x00",
        }
        for what, changed in sizes.items():
            text = _text({**key, member: b64(changed)})
            start.denies(f"{member} {what}", text, "KeyLength")
    start.denies("d of another key", _text({**key, "d": other["d"]}), "KeyPair")
    public = {name: other[name] for name in ("x", "y") if name in other}
    start.denies("the public half of another key", _text({**key, **public}), "KeyPair")
    for name in (
        "",
        crv.lower(),
        "P-192",
        "secp256k1",
        "Ed25519" if crv != "Ed25519" else "X25519",
    ):
        start.denies(f"crv is {name!a}", _text({**key, "crv": name}), "KeyCurve")
    kty = "OKP" if key["kty"] == "EC" else "EC"
    start.denies(f"kty is {kty}", _text({**key, "kty": kty}), "KeyCurve")
    if crv not in WEIERSTRASS:
        start.denies(
            "kty is EC, and there is a y", _text({**key, "kty": "EC", "y": key["x"]}), "KeyCurve"
        )
        return
    start.denies("y is missing", _text(_without(key, "y")), "KeyShape")
    values = WEIERSTRASS[crv]
    numbers = {
        "zero": 0,
        "the order": values.order,
        "the order less d": values.order - _value(key, "d"),
    }
    for what, value in numbers.items():
        text = _text({**key, "d": b64(value.to_bytes(values.size))})
        start.denies(f"d is {what}", text, "KeyPair")
    shown = _without(key, "d")
    x, y = _value(key, "x"), _value(key, "y")
    small = next((number, root) for number in range(1, 100) if (root := values.y(number)))
    points = {
        "with the lowest bit of y changed": (x, y ^ 1),
        "with x and y in each other's place": (y, x),
        "at zero, which stands for infinity in some encodings": (0, 0),
        "at one and one, on a curve with another b": (1, 1),
        "with x above the prime": (small[0] + values.prime, small[1]),
    }
    for what, (left, right) in points.items():
        changed = {"x": b64(left.to_bytes(values.size)), "y": b64(right.to_bytes(values.size))}
        start.denies(f"a point {what}", _text({**shown, **changed}), "KeyCurve")


def _low_orders(file: VectorFile) -> None:
    points = (
        ("ECDH-ES", "X25519", 32, _X25519),
        ("ECDH-ES", "X448", 56, _X448),
        ("EdDSA", "Ed25519", 32, _ED25519),
        ("EdDSA", "Ed448", 57, _ED448),
    )
    for alg, crv, size, numbers in points:
        key = _without(curve(alg, crv), "d")
        start = file.loading(f"low-{crv}", f"Points of low order on {crv}", key)
        for what, number in numbers.items():
            text = _text({**key, "x": b64(number.to_bytes(size, "little"))})
            start.denies(f"x is {what}", text, "KeyLowOrder")
