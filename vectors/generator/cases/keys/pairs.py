"""JWKs of key pairs that must load, and those whose numbers or points must be refused."""

from vectors.generator.catalogue import VectorFile
from vectors.generator.encoder.agreement import EQUATIONS, MONTGOMERY, WEIERSTRASS
from vectors.generator.encoder.jwe import Jwk, b64, draw, unb64
from vectors.generator.keyring import curve, key_text, rsa, shown_half, without

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

# The moduli of ROCA are powers of 65537 modulo this product.
_ROCA_PRIMES = 167


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
    _coordinates(file, "ES256K", "secp256k1")
    return file


def _number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8))


def _value(key: Jwk, name: str) -> int:
    return int.from_bytes(unb64(key[name]))


def _rsa_members(file: VectorFile, alg: str) -> None:
    key = rsa(alg)
    start = file.loading(f"members-{alg}", f"Members of an RSA key for {alg}", key)
    private = ("d", "p", "q", "dp", "dq", "qi")
    start.loads(key_text(without(key, *private)), "The public half", "GoodKey")
    start.loads(key_text(without(key, *private[1:])), "d alone, without the primes", "GoodKey")
    for name in private:
        start.denies(f"{name} is missing", key_text(without(key, name)), "KeyNumbers")
    for name in ("n", "e", *private):
        text = key_text({**key, name: b64(b"\x00" + unb64(key[name]))})
        # Before n it is the sign byte of a two's complement, which implementations may accept.
        if name != "n":
            start.denies(f"{name} has a zero in front", text, "KeyShape")
        text = key_text({**key, name: b64(b"\x00")})
        start.denies(f"{name} is zero", text, "KeyShape")
        start.denies(f"{name} is null", key_text({**key, name: None}), "KeyShape")
    start.loads(key_text({**key, "oth": []}), "oth is empty", "KeyNumbers")
    third = {"r": "Aw", "d": "Aw", "t": "Aw"}
    start.denies("more than two primes", key_text({**key, "oth": [third]}), "KeyNumbers")
    for name in private:
        changed = {**key, name: _number(_value(key, name) ^ 2)}
        start.denies(f"{name} with a bit changed", key_text(changed), "KeyNumbers")
    other = rsa(alg, "rsa-2048-b")
    start.denies("n of a different key", key_text({**key, "n": other["n"]}), "KeyNumbers")
    start.denies("d of a different key", key_text({**key, "d": other["d"]}), "KeyNumbers")
    swapped = {**key, "p": key["q"], "q": key["p"]}
    start.denies("p and q in each other's place", key_text(swapped), "KeyNumbers")
    alone = {**without(key, *private), "d": other["d"]}
    start.denies("d of a different key, without the primes", key_text(alone), "KeyNumbers")
    trivial = {**key, "p": key["n"], "q": b64(b"\x01")}
    start.denies("p is the modulus, and q one", key_text(trivial), "KeyNumbers")


def _rsa_numbers(file: VectorFile) -> None:
    key = shown_half(rsa("RSA-OAEP"))
    start = file.loading("numbers", "Modulus and exponent of a public key", key)
    start.loads(key_text({**key, "e": _number(3)}), "e is 3", "GoodKey")
    modulus = _value(key, "n")
    exponents = {"1": 1, "2": 2, "even": 65538, "the modulus": modulus, "above it": modulus + 2}
    for what, value in exponents.items():
        start.denies(f"e is {what}", key_text({**key, "e": _number(value)}), "KeyNumbers")
    start.denies("an even modulus", key_text({**key, "n": _number(modulus - 1)}), "KeyNumbers")
    start.denies(
        "the modulus has the mark of ROCA", key_text({**key, "n": _number(_roca())}), "WeakKey"
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
        key = shown_half(rsa(alg))
        start = file.loading(f"sizes-{alg}", f"Moduli of other sizes, for {alg}", key)
        for bits in (2048, 2049, 4096, 16384):
            text = key_text({**key, "n": _number(_modulus(bits))})
            start.loads(text, f"A modulus of {bits} bits", "AtLimit")
        for bits in (8, 512, 1024, 1536, 2040, 2047, 16385, 16392):
            text = key_text({**key, "n": _number(_modulus(bits))})
            start.denies(f"a modulus of {bits} bits", text, "WeakKey")


def _coordinates(file: VectorFile, alg: str, crv: str) -> None:
    key = curve(alg, crv)
    other = curve(alg, crv, "b")
    start = file.loading(f"{alg}-{crv}", f"A key for {alg} on {crv}", key)
    start.loads(key_text(without(key, "d")), "The public half", "GoodKey")
    for member in [name for name in ("x", "y", "d") if name in key]:
        raw = unb64(key[member])
        sizes = {
            "without its last byte": raw[:-1],
            "without its first byte": raw[1:],
            "with a zero in front": b"\x00" + raw,
            "with a zero at the end": raw + b"\x00",
            "of one byte": b"\x00",
        }
        for what, changed in sizes.items():
            text = key_text({**key, member: b64(changed)})
            start.denies(f"{member} {what}", text, "KeyLength")
    start.denies("d of a different key", key_text({**key, "d": other["d"]}), "KeyPair")
    public = {name: other[name] for name in ("x", "y") if name in other}
    start.denies("the public half of a different key", key_text({**key, **public}), "KeyPair")
    for name in (
        "",
        crv.lower() if crv != "secp256k1" else "P-256K",
        "P-192",
        "secp256k1" if crv != "secp256k1" else "secp256r1",
        "Ed25519" if crv != "Ed25519" else "X25519",
    ):
        start.denies(f"crv is {name!a}", key_text({**key, "crv": name}), "KeyCurve")
    kty = "OKP" if key["kty"] == "EC" else "EC"
    start.denies(f"kty is {kty}", key_text({**key, "kty": kty}), "KeyCurve")
    if crv not in EQUATIONS:
        start.denies(
            "kty is EC, and there is a y", key_text({**key, "kty": "EC", "y": key["x"]}), "KeyCurve"
        )
        return
    start.denies("y is missing", key_text(without(key, "y")), "KeyShape")
    values = EQUATIONS[crv]
    numbers = {
        "zero": 0,
        "the order": values.order,
        "the order less d": values.order - _value(key, "d"),
    }
    for what, value in numbers.items():
        text = key_text({**key, "d": b64(value.to_bytes(values.size))})
        start.denies(f"d is {what}", text, "KeyPair")
    shown = without(key, "d")
    x, y = _value(key, "x"), _value(key, "y")
    small = next((number, root) for number in range(1, 100) if (root := values.y(number)))
    points = {
        "with the lowest bit of y changed": (x, y ^ 1),
        "with x and y in each other's place": (y, x),
        "at zero, which stands for infinity in some encodings": (0, 0),
        "at one and one, on a curve with a different b": (1, 1),
        "with x above the prime": (small[0] + values.prime, small[1]),
    }
    for what, (left, right) in points.items():
        changed = {"x": b64(left.to_bytes(values.size)), "y": b64(right.to_bytes(values.size))}
        start.denies(f"a point {what}", key_text({**shown, **changed}), "KeyCurve")


def _low_orders(file: VectorFile) -> None:
    points = (
        ("ECDH-ES", "X25519", 32, _X25519),
        ("ECDH-ES", "X448", 56, _X448),
        ("EdDSA", "Ed25519", 32, _ED25519),
        ("EdDSA", "Ed448", 57, _ED448),
    )
    for alg, crv, size, numbers in points:
        key = without(curve(alg, crv), "d")
        start = file.loading(f"low-{crv}", f"Points of low order on {crv}", key)
        for what, number in numbers.items():
            text = key_text({**key, "x": b64(number.to_bytes(size, "little"))})
            start.denies(f"x is {what}", text, "KeyLowOrder")
