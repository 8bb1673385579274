"""JWS whose signature does not hold."""

from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from vectors.generator.cases.jws.valid import key_for
from vectors.generator.catalogue import (
    TEXT,
    UNVERIFIED,
    SignedStart,
    VectorFile,
)
from vectors.generator.encoder.agreement import EQUATIONS
from vectors.generator.encoder.jwe import b64, draw, header_bytes, rsa_bytes, unb64
from vectors.generator.encoder.jws import (
    LATER,
    SIGNATURES,
    Signed,
    digest,
    digest_info,
    ecdsa_numbers,
    joined,
    pss_block,
    rsa_private,
    signature_block,
    signed,
)
from vectors.generator.flips import flip
from vectors.generator.keyring import curve

_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def jws_forged() -> VectorFile:
    """Build jws_forged.json."""
    file = VectorFile("jws_forged.json", 25, "jws_compact_v1")
    for alg in ("RS256", "PS384", "ES256", "ES384", "ES512", "Ed25519", "EdDSA", "HS256", *LATER):
        _forged(file, alg)
    return file


def jws_padding() -> VectorFile:
    """Build jws_padding.json."""
    file = VectorFile("jws_padding.json", 26, "jws_compact_v1")
    for alg in ("RS256", "RS512"):
        _pkcs1(file, alg)
    for alg in ("PS256", "PS384", "PS512"):
        _pss(file, alg)
    for alg in ("ES256", "ES384", "ES512"):
        _ecdsa(file, alg)
    _edwards(file)
    for alg in ("HS256", "HS384", "HS512"):
        _hmac(file, alg)
    _ecdsa(file, "ES256K")
    return file


def _forged(file: VectorFile, alg: str) -> None:
    key = key_for(alg)
    made = signed(key, f"forged {alg}", TEXT, {"typ": "JWT"})
    start = file.sign(f"forged-{alg}", f"{alg}: bits, other keys, other lengths", made)
    signature = made.sign()
    header, payload, last = made.token().split(".")
    said = b64(header_bytes({"alg": alg, "typ": "JWS"}))
    tokens = {
        "a different header": f"{said}.{payload}.{last}",
        "a space in the header": f"{b64(made.header + b' ')}.{payload}.{last}",
        "the first bit of the payload changed": f"{header}.{b64(flip(TEXT, 0))}.{last}",
        "the last bit of the payload changed": f"{header}.{b64(flip(TEXT, -1))}.{last}",
        "a byte less of the payload": f"{header}.{b64(TEXT[:-1])}.{last}",
        "payload and header in each other's place": f"{header}.{header}.{last}",
    }
    for fault, token in tokens.items():
        start.refuses(fault, token, UNVERIFIED, "Unverified")
    for what, bit in (("first", 0), ("last", -1), ("middle", 4 * len(signature))):
        fault = f"the {what} bit of the signature changed"
        start.unverified(fault, flip(signature, bit), "FlippedBit")
    lengths = {
        "no byte at all": b"",
        "its first byte alone": signature[:1],
        "its last byte cut": signature[:-1],
        "its first byte cut": signature[1:],
        "half of it": signature[: len(signature) // 2],
        "a byte more": signature + b"\x00",
        "a zero in front": b"\x00" + signature,
        "twice": signature * 2,
    }
    for fault, raw in lengths.items():
        start.unverified(f"the signature: {fault}", raw, "SignatureLength")
    zeros = bytes(len(signature))
    start.unverified("the signature: all zeros", zeros, "Unverified")
    start.unverified("the signature: all ones", b"\xff" * len(zeros), "Unverified")
    inputs = {
        "the payload alone": b64(TEXT).encode(),
        "the payload without its encoding": b64(made.header).encode() + b"." + TEXT,
        "no dot": made.data.replace(b".", b""),
        "the header's JSON": made.header + b"." + b64(TEXT).encode(),
        "a dot more": made.data + b".",
    }
    for what, data in inputs.items():
        other = _over(made, data)
        start.unverified(f"signed over {what}", other, "Unverified")
    foreign = signed(key_for(alg, "b"), f"forged {alg} b", TEXT, {"typ": "JWT"})
    start.refuses("signed with a different key", foreign, UNVERIFIED, "WrongKey")
    shown = ("kty", "crv", "n", "e", "x", "y", "k")
    brought = {name: foreign.key[name] for name in shown if name in foreign.key}
    carrying = replace(foreign, header=header_bytes({"alg": alg, "jwk": brought}))
    fault = "signed with a different key, which the header brings"
    start.refuses(fault, carrying, UNVERIFIED, "HeaderKey")


def _over(made: Signed, data: bytes) -> bytes:
    """Sign other bytes than the signing input."""
    return replace(made, over=data).sign()


def _pkcs1(file: VectorFile, alg: str) -> None:
    key = key_for(alg)
    made = signed(key, f"pkcs1 {alg}", TEXT)
    start = file.sign(f"pkcs1-{alg}", f"Padding of {alg} with one fault", made)
    hash_name = SIGNATURES[alg].hash
    size = rsa_bytes(key)
    info = digest_info(hash_name, made.data)
    hashed = digest(hash_name, made.data)
    good = signature_block(info, size)
    # Without the NULL, and with the two lengths around it put right.
    bare = bytearray(info.replace(b"\x05\x00", b"", 1))
    bare[1] -= 2
    bare[3] -= 2
    short = size - len(info) - 3 - 11
    garbage = draw("pkcs1 garbage", 11)
    blocks = {
        "its block type is 2": b"\x00\x02" + good[2:],
        "its block type is 0": b"\x00\x00" + good[2:],
        "a byte of the filler is not 255": good[:10] + b"\xfe" + good[11:],
        "a separator that is not zero": good.replace(b"\xff\x00", b"\xff\x01", 1),
        "eight bytes of filler, and garbage behind the digest": (
            b"\x00\x01" + b"\xff" * 8 + b"\x00" + info + draw("pkcs1 tail", size - 11 - len(info))
        ),
        "garbage behind the digest": b"\x00\x01" + b"\xff" * short + b"\x00" + info + garbage,
        "garbage between filler and digest": (
            b"\x00\x01" + b"\xff" * short + b"\x00" + garbage + info
        ),
        "the digest alone, not named": signature_block(hashed, size),
        "the name of the hash has no NULL": signature_block(bytes(bare), size),
        "a different hash, well named": signature_block(digest_info("sha384", made.data), size),
        "SHA-1, well named": signature_block(digest_info("sha1", made.data), size),
        "one hash under the name of another": signature_block(
            digest_info("sha384", made.data)[:19] + hashed, size
        ),
        "padded as PSS": pss_block(made.data, made.salt, size, hash_name),
    }
    for fault, block in blocks.items():
        signature = rsa_private(key, block)
        start.unverified(f"the padded block: {fault}", signature, "SignaturePadding")
    start.unverified("the padded block itself", good, "SignaturePadding")
    _too_large(start)
    if alg in {"RS256", "PS256"}:
        _shortened(start)


def _too_large(start: SignedStart) -> None:
    """Add the modulus to a signature that leaves room for it. RFC 8017 section 5.2.2 step 1."""
    made = start.made
    size = rsa_bytes(made.key)
    modulus = int.from_bytes(unb64(made.key["n"]))
    for count in range(1000):
        other = replace(made, payload=f"{count}".encode(), label=f"{made.label} {count}")
        number = int.from_bytes(other.sign()) + modulus
        if number < 256**size:
            base = start.group.verifies(other, "A small signature", "Signed")
            fault = "the modulus added to the signature"
            token = other.token(number.to_bytes(size))
            start.group.rejects(base, fault, token, UNVERIFIED, "SignaturePadding")
            return
    raise ValueError("no signature is small enough")


def _shortened(start: SignedStart) -> None:
    """Cut a zero off that the signature begins with. RFC 8017 section 8.1.2 step 1."""
    for count in range(10_000):
        other = replace(start.made, payload=f"{count}".encode(), label=f"short {count}")
        signature = other.sign()
        if signature[0] == 0:
            base = start.group.verifies(other, "A signature that begins with a zero byte", "Signed")
            fault = "the zero cut off"
            token = other.token(signature[1:])
            start.group.rejects(base, fault, token, UNVERIFIED, "SignatureLength")
            return
    raise ValueError("no signature begins with a zero byte")


def _pss(file: VectorFile, alg: str) -> None:
    key = key_for(alg)
    made = signed(key, f"pss {alg}", TEXT)
    start = file.sign(f"pss-{alg}", f"Padding of {alg} with one fault", made)
    name = SIGNATURES[alg].hash
    size = rsa_bytes(key)
    salt, data = made.salt, made.data
    good = pss_block(data, salt, size, name)
    blocks = {
        "no salt": pss_block(data, b"", size, name),
        "a salt that is a byte shorter": pss_block(data, salt[:-1], size, name),
        "a salt that is a byte longer": pss_block(data, salt + b"\x00", size, name),
        "a salt as long as possible": pss_block(
            data, draw("pss salt", size - len(salt) - 2), size, name
        ),
        "MGF1 with SHA-1": pss_block(data, salt, size, name, "sha1"),
        "its last byte is 0": good[:-1] + b"\x00",
        "its last byte is 0xcc": good[:-1] + b"\xcc",
        "its first byte is changed": bytes([good[0] ^ 1]) + good[1:],
        "padded as PKCS #1 v1.5": signature_block(digest_info(name, data), size),
    }
    for other in ("sha256", "sha384", "sha512"):
        if other != name:
            own = draw(f"pss {other}", len(digest(other, b"")))
            blocks[f"{other} for everything"] = pss_block(data, own, size, other)
            blocks[f"MGF1 with {other}"] = pss_block(data, salt, size, name, other)
    for fault, block in blocks.items():
        signature = rsa_private(key, block)
        start.unverified(f"the padded block: {fault}", signature, "SignaturePadding")
    _too_large(start)
    if alg in {"RS256", "PS256"}:
        _shortened(start)


def _ecdsa(file: VectorFile, alg: str) -> None:
    key = key_for(alg)
    made = signed(key, f"ecdsa {alg}", TEXT)
    start = file.sign(f"ecdsa-{alg}", f"r and s of {alg} with one fault", made)
    curve_ = EQUATIONS[key["crv"]]
    order, size = curve_.order, curve_.size
    hash_name = SIGNATURES[alg].hash
    r, s = ecdsa_numbers(key, made.data, made.label, hash_name)
    numbers = {
        "r is zero": (0, s),
        "s is zero": (r, 0),
        "both are zero": (0, 0),
        "r is the order": (order, s),
        "s is the order": (r, order),
        "both are the order": (order, order),
        "r is one": (1, s),
        "both are one": (1, 1),
        "r is the prime of the field": (curve_.prime, s),
        "the order less r": (order - r, s),
        "each in the other's place": (s, r),
        "r twice": (r, r),
    }
    for what, added in (("r", (r + order, s)), ("s", (r, s + order))):
        if max(added) < 256**size:
            numbers[f"the order added to {what}"] = added
    for what, pair in numbers.items():
        start.unverified(f"the numbers: {what}", joined(key, *pair), "EcdsaNumbers")
    der = encode_dss_signature(r, s)
    forms = {
        "in DER": der,
        "in DER, cut to their size": der[: 2 * size],
        "in little-endian": r.to_bytes(size, "little") + s.to_bytes(size, "little"),
        "each with a zero in front": b"\x00" + r.to_bytes(size) + b"\x00" + s.to_bytes(size),
        "as text": f"{r:x}.{s:x}".encode(),
    }
    for what, raw in forms.items():
        start.unverified(f"the numbers {what}", raw, "SignatureLength")
    for other in ("sha1", "sha256", "sha384", "sha512"):
        if other != hash_name:
            pair = ecdsa_numbers(key, made.data, f"{made.label} {other}", other)
            start.unverified(f"signed with {other}", joined(key, *pair), "Unverified")


def _edwards(file: VectorFile) -> None:
    for alg in ("Ed25519", "EdDSA"):
        made = signed(key_for(alg), f"edwards {alg}", TEXT)
        start = file.sign(f"edwards-{alg}", f"R and S of {alg} with one fault", made)
        signature = made.sign()
        nonce, number = signature[:32], int.from_bytes(signature[32:], "little")
        numbers = {
            "S is zero": 0,
            "the order added to S": number + _ED25519_ORDER,
            "S is the order": _ED25519_ORDER,
            "the order less S": _ED25519_ORDER - number,
            "the highest bit of S set": number | 1 << 255,
        }
        for what, value in numbers.items():
            raw = nonce + value.to_bytes(32, "little")
            start.unverified(what, raw, "Unverified")
        forms = {
            "R and S in each other's place": signature[32:] + nonce,
            "R is zero": bytes(32) + signature[32:],
            "R is the neutral point": b"\x01" + bytes(31) + signature[32:],
            "the sign of R changed": nonce[:31] + bytes([nonce[31] ^ 128]) + signature[32:],
            "R is the neutral point and S zero": b"\x01" + bytes(63),
        }
        for what, raw in forms.items():
            start.unverified(what, raw, "Unverified")
    wide = signed(curve("EdDSA", "Ed448"), "edwards Ed448", TEXT)
    start = file.sign("edwards-Ed448", "EdDSA with Ed448", wide)
    other = signed(curve("EdDSA", "Ed25519"), "edwards small", TEXT)
    start.refuses("signed on Ed25519", other, UNVERIFIED, "WrongKey")
    for what, raw in (("cut to 64 bytes", wide.sign()[:64]), ("all zeros", bytes(114))):
        start.unverified(f"the signature: {what}", raw, "SignatureLength")


def _hmac(file: VectorFile, alg: str) -> None:
    made = signed(key_for(alg), f"hmac {alg}", TEXT)
    start = file.sign(f"hmac-{alg}", f"{alg}: cut, or made otherwise", made)
    signature = made.sign()
    for size in (1, 4, 8, 10, 12, 16, len(signature) // 2 + 1, len(signature) - 4):
        start.unverified(f"cut to {size} bytes", signature[:size], "SignatureLength")
    for other in ("HS256", "HS384", "HS512"):
        if other != alg:
            raw = replace(made, alg=other).sign()
            start.unverified(f"made by {other}", raw, "Unverified")
            start.unverified(
                f"made by {other}, in this one's size",
                (raw * 2)[: len(signature)],
                "Unverified",
            )
    hashed = digest(SIGNATURES[alg].hash, unb64(made.key["k"]) + made.data)
    start.unverified("a hash of key and token, no HMAC", hashed, "Unverified")
    digits = signature.hex().encode()
    start.unverified("in hexadecimal digits", digits, "SignatureLength")
    encoded = replace(made, key={**made.key, "k": b64(made.key["k"].encode())})
    start.unverified("under the key still encoded", encoded.sign(), "WrongKey")
    empty = replace(made, key={**made.key, "k": ""})
    start.unverified("under an empty key", empty.sign(), "WrongKey")
