"""What must be refused because a tag or a key does not hold. All of it must fail alike."""

from dataclasses import replace

from vectors.generator.catalogue import TEXT, UNDECRYPTABLE, VectorFile
from vectors.generator.encoder.jwe import (
    BLOCK_BYTES,
    CBC_ENCS,
    CONTENT,
    ENCS,
    Jwk,
    Recipe,
    Token,
    b64,
    cbc,
    cbc_mac,
    cbc_mac_input,
    header_bytes,
    pkcs7,
    recipe,
    seal,
)
from vectors.generator.flips import flip
from vectors.generator.keyring import KW_ALGS, RSA_ALGS, direct, kw, rsa


def authenticity() -> VectorFile:
    """Build authenticity.json."""
    file = VectorFile("authenticity.json", 8)
    for enc in ENCS:
        _flips(file, f"flips-dir-{enc}", direct(enc), enc)
    for alg in KW_ALGS:
        _flips(file, f"flips-{alg}", kw(alg), "A256GCM")
    for alg in RSA_ALGS:
        _flips(file, f"flips-{alg}", rsa(alg), "A256CBC-HS512")
    _headers(file)
    _splices(file)
    for key, other, encs in _key_pairs():
        for enc in encs:
            _other_key(file, key, other, enc)
    return file


def construction() -> VectorFile:
    """Build construction.json: tags that hold over other bytes, or were computed otherwise."""
    file = VectorFile("construction.json", 9)
    for enc in ENCS:
        _aads(file, enc)
    for enc in CBC_ENCS:
        _macs(file, enc)
    return file


def _flips(file: VectorFile, name: str, key: Jwk, enc: str) -> None:
    comment = f"Single bits, {key['alg']} with {enc}"
    group, made, base = file.start(name, comment, key, enc)
    token = made.make()
    # The highest bits of an RSA encrypted key could lift it above the modulus.
    early = 8 if key["kty"] == "RSA" else 0
    flips = [
        ("the first bit of the IV", replace(token, iv=flip(token.iv, 0))),
        ("the last bit of the IV", replace(token, iv=flip(token.iv, -1))),
        (
            "the first bit of the ciphertext",
            replace(token, ciphertext=flip(token.ciphertext, 0)),
        ),
        (
            "the last bit of the ciphertext",
            replace(token, ciphertext=flip(token.ciphertext, -1)),
        ),
        (
            # Where nothing is authenticated, this one reaches the last byte of the padding.
            "the last bit of the last block but one",
            replace(token, ciphertext=flip(token.ciphertext, -8 * BLOCK_BYTES - 1)),
        ),
        ("the first bit of the tag", replace(token, tag=flip(token.tag, 0))),
        ("the last bit of the tag", replace(token, tag=flip(token.tag, -1))),
    ]
    if token.encrypted_key:
        wrapped = token.encrypted_key
        flips += [
            (
                "an early bit of the encrypted key",
                replace(token, encrypted_key=flip(wrapped, early)),
            ),
            ("the last bit of the encrypted key", replace(token, encrypted_key=flip(wrapped, -1))),
        ]
    for what, changed in flips:
        group.refuses(base, f"{what} changed", changed, UNDECRYPTABLE, "FlippedBit")


def _headers(file: VectorFile) -> None:
    """Put a different header before segments that were made for the first one."""
    enc = "A128CBC-HS256"
    says = header_bytes({"alg": "A128KW", "typ": "JWT", "enc": enc})
    comment = "A different header, and nothing made again"
    group, made, base = file.start("header", comment, kw("A128KW"), enc, says)
    same = {
        "a space after a colon": says.replace(b":", b": ", 1),
        "a line feed at the end": says + b"\n",
        "its members in a different order": header_bytes(
            {"typ": "JWT", "alg": "A128KW", "enc": enc}
        ),
        "an escape for a letter": says.replace(b"typ", rb"t\u0079p"),
    }
    for what, raw in same.items():
        changed = replace(made.make(), header=raw)
        fault = f"the same header, with {what}"
        group.refuses(base, fault, changed, UNDECRYPTABLE, "HeaderReencoded")
    other = {
        "typ has a different value": says.replace(b"JWT", b"jwt"),
        "without typ": header_bytes({"alg": "A128KW", "enc": enc}),
        "with one member more": header_bytes({"alg": "A128KW", "typ": "JWT", "enc": enc, "x": 1}),
        "with a cty": header_bytes({"alg": "A128KW", "typ": "JWT", "enc": enc, "cty": "JWT"}),
    }
    for what, raw in other.items():
        changed = replace(made.make(), header=raw)
        group.refuses(base, f"a different header: {what}", changed, UNDECRYPTABLE, "FlippedBit")


def _splices(file: VectorFile) -> None:
    key = kw("A128KW")
    group, made, base = file.start("spliced", "Segments of two tokens", key, "A128CBC-HS256")
    second = recipe(key, "A128CBC-HS256", "second token", TEXT[::-1])
    group.opens(second, "A second token for the same key, with a plaintext of the same length")
    one, two = made.make(), second.make()
    blocks = [one.ciphertext[at : at + BLOCK_BYTES] for at in range(0, 48, BLOCK_BYTES)]
    mixed = {
        "the encrypted key of the second": replace(one, encrypted_key=two.encrypted_key),
        "the IV of the second": replace(one, iv=two.iv),
        "the ciphertext of the second": replace(one, ciphertext=two.ciphertext),
        "the tag of the second": replace(one, tag=two.tag),
        "ciphertext and tag of the second": replace(one, ciphertext=two.ciphertext, tag=two.tag),
        "all but the encrypted key of the second": replace(two, encrypted_key=one.encrypted_key),
        "IV and tag in each other's place": replace(one, iv=one.tag, tag=one.iv),
        "two blocks in each other's place": replace(
            one, ciphertext=blocks[1] + blocks[0] + blocks[2]
        ),
        "without the last block": replace(one, ciphertext=blocks[0] + blocks[1]),
        "the first block as the IV": replace(one, iv=blocks[0], ciphertext=blocks[1] + blocks[2]),
    }
    for fault, token in mixed.items():
        group.refuses(base, fault, token, UNDECRYPTABLE, "Spliced")


def _key_pairs() -> list[tuple[Jwk, Jwk, tuple[str, ...]]]:
    """Give two keys of each kind, and the encs to try them with."""
    both = ("A256CBC-HS512", "A256GCM")
    return [
        *((rsa(alg), rsa(alg, "rsa-2048-b"), both) for alg in RSA_ALGS),
        *((kw(alg), kw(alg, "b"), both) for alg in KW_ALGS),
        *((direct(enc), direct(enc, "b"), (enc,)) for enc in ENCS),
    ]


def _other_key(file: VectorFile, key: Jwk, other: Jwk, enc: str) -> None:
    name = f"key-{key['alg']}-{enc}"
    group, _, base = file.start(name, "A different key of the same kind", key, enc)
    wrong = recipe(other, enc, name, TEXT)
    group.refuses(base, "made for a different key", wrong, UNDECRYPTABLE, "WrongKey")
    brought = {name: other[name] for name in ("kty", "n", "e", "k") if name in other}
    header = header_bytes({"alg": key["alg"], "jwk": brought, "enc": enc})
    fault = "made for a different key, which the header brings"
    carrying = replace(wrong, header=header)
    group.refuses(base, fault, carrying, UNDECRYPTABLE, "HeaderKey")


def _sealed_over(made: Recipe, aad: bytes) -> Token:
    ciphertext, tag = seal(made.enc, made.cek, made.iv, aad, made.plaintext)
    return replace(made.make(), ciphertext=ciphertext, tag=tag)


def _aads(file: VectorFile, enc: str) -> None:
    key = kw("A256KW")
    group, made, base = file.start(f"aad-{enc}", f"What {enc} authenticates", key, enc)
    aads = {
        "nothing": b"",
        "the header's JSON": made.header,
        "the encoded header and a dot": made.aad + b".",
        "the encoded header without its last character": made.aad[:-1],
        "the encoded header and an equals sign": made.aad + b"=",
        "the encoded header in UTF-16": made.aad.decode().encode("utf-16-le"),
        "the encoded header and the encoded IV": made.aad + b"." + b64(made.iv).encode(),
    }
    for what, aad in aads.items():
        token = _sealed_over(made, aad)
        group.refuses(base, f"{what} authenticated", token, UNDECRYPTABLE, "WrongAad")


def _mac_inputs(aad: bytes, iv: bytes, ciphertext: bytes) -> dict[str, bytes]:
    """Leave out, move or rewrite one part of what is authenticated."""
    bits = len(aad) * 8
    return {
        "over the ciphertext alone": ciphertext,
        "over no AAD": iv + ciphertext + bits.to_bytes(8),
        "over no IV": aad + ciphertext + bits.to_bytes(8),
        "over no length": aad + iv + ciphertext,
        "over the AAD's length in bytes": aad + iv + ciphertext + len(aad).to_bytes(8),
        "over a length of 32 bits": aad + iv + ciphertext + bits.to_bytes(4),
        "over a length in little-endian": aad + iv + ciphertext + bits.to_bytes(8, "little"),
        "over the length in front": bits.to_bytes(8) + aad + iv + ciphertext,
        "over the IV in front of the AAD": iv + aad + ciphertext + bits.to_bytes(8),
        "over the plaintext": aad + iv + pkcs7(TEXT) + bits.to_bytes(8),
    }


def _macs(file: VectorFile, enc: str) -> None:
    key = kw("A256KW")
    group, made, base = file.start(f"mac-{enc}", f"How {enc} computes its tag", key, enc)
    token = made.make()
    size = CONTENT[enc].tag_bytes
    good = cbc_mac_input(made.aad, made.iv, token.ciphertext)
    swapped = made.cek[size:] + made.cek[:size]
    sibling = "A256CBC-HS512" if enc == "A128CBC-HS256" else "A128CBC-HS256"
    inputs = _mac_inputs(made.aad, made.iv, token.ciphertext)
    tags = {what: cbc_mac(enc, made.cek, raw)[:size] for what, raw in inputs.items()} | {
        "from the end of the HMAC": cbc_mac(enc, made.cek, good)[-size:],
        "under the other half of the CEK": cbc_mac(enc, swapped, good)[:size],
        "under the whole CEK": cbc_mac(enc, made.cek + made.cek, good)[:size],
        "with the hash of a different enc": (cbc_mac(sibling, made.cek, good) * 2)[:size],
        "of zeros": bytes(size),
    }
    for what, tag in tags.items():
        group.refuses(base, f"a tag {what}", replace(token, tag=tag), UNDECRYPTABLE, "WrongMac")
    ciphertext = cbc(swapped, made.iv, pkcs7(TEXT))
    tag = cbc_mac(enc, swapped, cbc_mac_input(made.aad, made.iv, ciphertext))[:size]
    wrong = replace(token, ciphertext=ciphertext, tag=tag)
    fault = "the halves of the CEK in each other's place, for both uses"
    group.refuses(base, fault, wrong, UNDECRYPTABLE, "WrongMac")
