"""What only the private key can tell: OAEP padding, the length of the CEK, CBC padding.

All of it must fail in one way (RFC 7516 section 11.5). Who holds the public key alone can make
every one of these tokens.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace

from vectors.generator.catalogue import UNDECRYPTABLE, VectorFile
from vectors.generator.encoder.jwe import (
    BLOCK_BYTES,
    CBC_ENCS,
    OAEP_HASH,
    Jwk,
    Recipe,
    draw,
    oaep_data,
    oaep_mask,
    oaep_wrap,
    rsa_bytes,
    rsa_raw,
    seal_padded,
    unb64,
)
from vectors.generator.keyring import RSA_ALGS, kw, rsa

# AES takes these sizes, and so do the halves of a CEK: then only the length is wrong.
_USABLE = {"A256GCM": frozenset({16, 24}), "A256CBC-HS512": frozenset({32, 48})}


def private() -> VectorFile:
    """Build private_key.json."""
    file = VectorFile("private_key.json", 10)
    for alg in RSA_ALGS:
        _oaep_paddings(file, alg)
        _cek_lengths(file, alg, "A256GCM", (0, 1, 16, 24, 31, 33, 48))
    _cek_lengths(file, "RSA-OAEP-256", "A256CBC-HS512", (0, 16, 32, 48, 63, 65))
    _oaep_numbers(file)
    for alg in RSA_ALGS:
        _oaep_hashes(file, alg)
    for enc in ("A256CBC-HS512", "A256GCM"):
        _guessable(file, rsa("RSA-OAEP-256"), enc)
        _guessable(file, kw("A256KW"), enc)
    return file


def padding() -> VectorFile:
    """Build cbc_padding.json."""
    file = VectorFile("cbc_padding.json", 11)
    for enc in CBC_ENCS:
        _cbc_paddings(file, rsa("RSA-OAEP"), enc)
        _cbc_paddings(file, kw("A128KW"), enc)
    return file


def _pkcs1(cek: bytes, size: int) -> bytes:
    """Pad as RSAES-PKCS1-v1_5 does. RFC 8017 section 7.2.1."""
    filler = bytes(one_byte or 1 for one_byte in draw("pkcs1 filler", size - 3 - len(cek)))
    return b"\x00\x02" + filler + b"\x00" + cek


def _oaep_blocks(made: Recipe) -> Mapping[str, bytes]:
    """Pad the CEK with one fault each."""
    name = OAEP_HASH[made.alg]
    size = rsa_bytes(made.key)
    good = oaep_data(made.cek, size, name)
    hash_bytes = len(made.seed)
    separator = len(good) - len(made.cek) - 1

    def masked(data: bytes) -> bytes:
        return oaep_mask(data, made.seed, name)

    def changed(index: int, one_byte: int) -> bytes:
        return masked(good[:index] + bytes([one_byte]) + good[index + 1 :])

    last = hash_bytes - 1
    return {
        "its first byte is 1": b"\x01" + masked(good)[1:],
        "the first byte of the label's hash is changed": changed(0, good[0] ^ 1),
        "the last byte of the label's hash is changed": changed(last, good[last] ^ 1),
        "the hash is that of a different label": masked(oaep_data(made.cek, size, name, b"JWE")),
        "the hash is all zeros": masked(bytes(hash_bytes) + good[hash_bytes:]),
        "the separator is 2": changed(separator, 2),
        "no separator, zeros to the end": masked(good[:separator] + bytes(len(good) - separator)),
        "a byte before the separator is 2": changed(separator - 1, 2),
        "the first byte after the hash is 255": changed(hash_bytes, 255),
        "it is not masked": b"\x00" + made.seed + good,
        "it is padded as PKCS #1 v1.5": _pkcs1(made.cek, size),
    }


def _oaep_paddings(file: VectorFile, alg: str) -> None:
    key = rsa(alg)
    group, made, base = file.start(f"oaep-{alg}", f"The padding of {alg}", key, "A256GCM")
    for fault, block in _oaep_blocks(made).items():
        wrong = replace(made.make(), encrypted_key=rsa_raw(key, block))
        group.refuses(base, f"the padded block: {fault}", wrong, UNDECRYPTABLE, "OaepPadding")


def _cek_lengths(file: VectorFile, alg: str, enc: str, sizes: Collection[int]) -> None:
    key = rsa(alg)
    comment = f"CEKs of the wrong length for {enc}, under {alg}"
    group, made, base = file.start(f"cek-{alg}-{enc}", comment, key, enc)
    for size in sizes:
        cek = (made.cek + draw("longer cek", size))[:size]
        used = replace(made, cek=cek) if size in _USABLE[enc] else made
        wrapped = oaep_wrap(key, cek, made.seed, OAEP_HASH[alg])
        wrong = replace(used.make(), encrypted_key=wrapped)
        group.refuses(base, f"a CEK of {size} bytes", wrong, UNDECRYPTABLE, "CekLength")


def _oaep_numbers(file: VectorFile) -> None:
    """Give numbers of the right size that no encryption makes. RFC 8017 section 5.1.2."""
    key = rsa("RSA-OAEP-256")
    comment = "Encrypted keys that are special numbers"
    group, made, base = file.start("oaep-numbers", comment, key, "A256GCM")
    modulus = int.from_bytes(unb64(key["n"]))
    size = rsa_bytes(key)
    numbers = {
        "0": 0,
        "1": 1,
        "the modulus less 1": modulus - 1,
        # The public key tells these two apart, but they are no other failure than a token for
        # a different key of this size, which can lie above the modulus as well as below.
        "the modulus": modulus,
        "all ones": 256**size - 1,
    }
    for what, number in numbers.items():
        wrong = replace(made.make(), encrypted_key=number.to_bytes(size))
        fault = f"the encrypted key is {what}"
        group.refuses(base, fault, wrong, UNDECRYPTABLE, "OaepPadding")


def _oaep_hashes(file: VectorFile, alg: str) -> None:
    """Encrypt the key in the way of a sibling, under a header that says otherwise."""
    key = rsa(alg)
    name = OAEP_HASH[alg]
    comment = f"Hashes that are not those of {alg}"
    group, made, base = file.start(f"hash-{alg}", comment, key, "A256GCM")
    ours = oaep_data(made.cek, rsa_bytes(key), name)
    for other in OAEP_HASH.values():
        if other == name:
            continue
        seed = draw(f"seed {other}", hashlib.new(other, usedforsecurity=False).digest_size)
        theirs = oaep_data(made.cek, rsa_bytes(key), other)
        blocks = {
            f"OAEP and MGF1 with {other}": oaep_mask(theirs, seed, other),
            f"OAEP with {name}, MGF1 with {other}": oaep_mask(ours, made.seed, other),
            f"OAEP with {other}, MGF1 with {name}": oaep_mask(theirs, seed, name),
        }
        for what, block in blocks.items():
            wrong = replace(made.make(), encrypted_key=rsa_raw(key, block))
            fault = f"the key encrypted by {what}"
            group.refuses(base, fault, wrong, UNDECRYPTABLE, "SiblingAlg")


def _guessable(file: VectorFile, key: Jwk, enc: str) -> None:
    """Seal under a CEK that an opener might put in the place of one that it can't unwrap."""
    comment = "A bad encrypted key, and a CEK that anyone can guess"
    group, made, base = file.start(f"guess-{key['alg']}-{enc}", comment, key, enc)
    size = len(made.cek)
    bad = made.wrap()[:-1] + bytes([made.wrap()[-1] ^ 1])
    guesses = {
        "zeros": bytes(size),
        "ones": b"\xff" * size,
        "the start of the encrypted key": bad[:size],
        "the end of the encrypted key": bad[-size:],
    }
    for what, cek in guesses.items():
        wrong = replace(replace(made, cek=cek).make(), encrypted_key=bad)
        group.refuses(base, f"the CEK is {what}", wrong, UNDECRYPTABLE, "GuessableCek")
    if key["kty"] == "RSA":
        empty = oaep_wrap(key, b"", made.seed, OAEP_HASH[key["alg"]])
        wrong = replace(replace(made, cek=bytes(size)).make(), encrypted_key=empty)
        fault = "an empty CEK, well encrypted, and zeros used"
        group.refuses(base, fault, wrong, UNDECRYPTABLE, "GuessableCek")


_TWO_BLOCKS = b"sixteen octets.." * 2

# Padded plaintexts of three blocks with one fault in their padding.
_PADDINGS = {
    "0 as the last byte": _TWO_BLOCKS + b"fifteen octets." + b"\x00",
    "17 as the last byte": _TWO_BLOCKS + b"fifteen octets." + b"\x11",
    "17 bytes of 17": _TWO_BLOCKS[:31] + b"\x11" * 17,
    "32 bytes of 32": _TWO_BLOCKS[:16] + b"\x20" * 32,
    "255 as the last byte": _TWO_BLOCKS + b"fifteen octets." + b"\xff",
    "2, after a 1": _TWO_BLOCKS + b"fourteen octet" + b"\x01\x02",
    "3, after a 3 and a 2": _TWO_BLOCKS + b"13 octets...." + b"\x02\x03\x03",
    "16, where the first of the block differs": _TWO_BLOCKS + b"\x0f" + b"\x10" * 15,
    "16, where one in the middle differs": _TWO_BLOCKS + b"\x10" * 8 + b"\x11" + b"\x10" * 7,
    "random bytes before the length": _TWO_BLOCKS + b"11 octets.." + b"\x9a\x31\x07\xe2\x05",
    "128 and zeros": _TWO_BLOCKS + b"13 octets...." + b"\x80\x00\x00",
    "zeros": _TWO_BLOCKS + b"13 octets...." + b"\x00\x00\x00",
    "nothing": _TWO_BLOCKS + b"sixteen octets..",
}


def _cbc_paddings(file: VectorFile, key: Jwk, enc: str) -> None:
    comment = f"Padding of {enc} under good tags"
    group, made, base = file.start(f"padding-{key['alg']}-{enc}", comment, key, enc)
    for what, padded in _PADDINGS.items():
        if len(padded) != 3 * BLOCK_BYTES:
            raise ValueError("a padded plaintext has three blocks")
        ciphertext, tag = seal_padded(enc, made.cek, made.iv, made.aad, padded)
        wrong = replace(made.make(), ciphertext=ciphertext, tag=tag)
        group.refuses(base, f"padded with {what}", wrong, UNDECRYPTABLE, "CbcPadding")
