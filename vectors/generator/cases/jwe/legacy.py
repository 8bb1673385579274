"""What is off unless it is named: RSA1_5, and compressed plaintexts."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from vectors.generator.catalogue import (
    MALFORMED,
    NOT_ALLOWED,
    TEXT,
    TOO_LARGE,
    UNDECRYPTABLE,
    Start,
    VectorFile,
)
from vectors.generator.encoder.deflate import before_the_start, fixed, run_of_zeros, stored
from vectors.generator.encoder.jwe import (
    ALL_ENCS,
    Recipe,
    draw,
    header_bytes,
    oaep_wrap,
    recipe,
    rsa_bytes,
    rsa_raw,
    unb64,
)
from vectors.generator.encoder.wrapping import pkcs1_block, pkcs1_filler, pkcs1_wrapped
from vectors.generator.flips import flip
from vectors.generator.keyring import direct, kw, rsa

_ENC = "A128GCM"
_USABLE = {"A256GCM": frozenset({16, 24}), "A256CBC-HS512": frozenset()}


def rsa1_5() -> VectorFile:
    """Build rsa1_5.json."""
    file = VectorFile("rsa1_5.json", 20)
    key = rsa("RSA1_5")
    for enc in ("A256GCM", "A256CBC-HS512"):
        made = pkcs1_wrapped(key, enc, f"rsa1_5 {enc}", TEXT)
        comment = f"Padding, with {enc}"
        _paddings(file.begin(f"padding-{enc}", comment, made, legacy=True))
        sizes = (0, 1, 16, 24, 31, 33, 48) if enc == "A256GCM" else (0, 32, 48, 63, 65)
        comment = f"CEKs of the wrong length for {enc}"
        _cek_lengths(file.begin(f"cek-{enc}", comment, made, legacy=True), sizes)
        comment = f"A bad encrypted key, and a CEK that anyone can guess, with {enc}"
        _guessable(file.begin(f"guess-{enc}", comment, made, legacy=True))
    made = pkcs1_wrapped(key, "A256GCM", "rsa1_5 others", TEXT)
    _numbers(file.begin("numbers", "Encrypted keys that are special numbers", made, legacy=True))
    _lengths(file.begin("lengths", "The modulus has 256 bytes", made, legacy=True))
    _others(file.begin("others", "Flipped bits and a different key", made, legacy=True))
    _siblings(file)
    return file


def compression() -> VectorFile:
    """Build compression.json."""
    file = VectorFile("compression.json", 21)
    _streams(file)
    for enc in ALL_ENCS:
        _one_pair(file, enc)
    _caps(file)
    _not_accepted(file)
    return file


def _blocks(made: Recipe) -> Mapping[str, bytes]:
    """Pad the CEK with one fault each."""
    size = rsa_bytes(made.key)
    filler = pkcs1_filler("rsa1_5 blocks", size - 3 - len(made.cek))
    good = pkcs1_block(made.cek, filler)
    separator = size - 1 - len(made.cek)

    def changed(index: int, one_byte: int) -> bytes:
        return good[:index] + bytes([one_byte]) + good[index + 1 :]

    long_filler = pkcs1_filler("rsa1_5 long", size - 2)
    return {
        "its first byte is 1": b"\x01" + good[1:],
        "its block type is 0": changed(1, 0),
        "its block type is 1": changed(1, 1),
        "its block type is 3": changed(1, 3),
        "a zero as the first byte of the filler": changed(2, 0),
        "a zero as the eighth byte of the filler": changed(9, 0),
        "a zero in the middle of the filler": changed(separator // 2, 0),
        "no separator": changed(separator, 1),
        "no zero at all": b"\x00\x02" + long_filler,
        "a zero at the end alone": b"\x00\x02" + long_filler[:-1] + b"\x00",
        "all zeros behind the block type": b"\x00\x02" + bytes(size - 2),
        "it is padded as a signature is": b"\x00\x01" + b"\xff" * len(filler) + b"\x00" + made.cek,
    }


def _paddings(start: Start) -> None:
    made = start.made
    for fault, block in _blocks(made).items():
        wrong = replace(made.make(), encrypted_key=rsa_raw(made.key, block))
        start.refuses(f"the padded block: {fault}", wrong, UNDECRYPTABLE, "Pkcs1Padding")
    for hash_name in ("sha1", "sha256"):
        seed = draw("rsa1_5 oaep", 20 if hash_name == "sha1" else 32)
        wrapped = oaep_wrap(made.key, made.cek, seed, hash_name)
        wrong = replace(made.make(), encrypted_key=wrapped)
        fault = f"the key encrypted by OAEP with {hash_name}"
        start.refuses(fault, wrong, UNDECRYPTABLE, "SiblingAlg")


def _cek_lengths(start: Start, sizes: Collection[int]) -> None:
    made = start.made
    for size in sizes:
        cek = (made.cek + draw("longer cek", size))[:size]
        other = made
        if size in _USABLE[made.enc]:
            other = pkcs1_wrapped(made.key, made.enc, f"cek {size}", TEXT, cek=cek)
        filler = pkcs1_filler(f"filler {size}", rsa_bytes(made.key) - 3 - size)
        wrapped = rsa_raw(made.key, pkcs1_block(cek, filler))
        wrong = replace(other.make(), encrypted_key=wrapped)
        start.refuses(f"a CEK of {size} bytes", wrong, UNDECRYPTABLE, "CekLength")


def _guessable(start: Start) -> None:
    made = start.made
    size = len(made.cek)
    bad = flip(made.wrap(), -1)
    guesses = {
        "zeros": bytes(size),
        "ones": b"\xff" * size,
        "the start of the encrypted key": bad[:size],
        "the end of the encrypted key": bad[-size:],
    }
    for what, cek in guesses.items():
        wrong = replace(replace(made, cek=cek).make(), encrypted_key=bad)
        start.refuses(f"the CEK is {what}", wrong, UNDECRYPTABLE, "GuessableCek")
    filler = pkcs1_filler("rsa1_5 empty", rsa_bytes(made.key) - 3)
    wrapped = rsa_raw(made.key, pkcs1_block(b"", filler))
    wrong = replace(replace(made, cek=bytes(size)).make(), encrypted_key=wrapped)
    fault = "an empty CEK, well encrypted, and zeros used"
    start.refuses(fault, wrong, UNDECRYPTABLE, "GuessableCek")


def _numbers(start: Start) -> None:
    made = start.made
    modulus = int.from_bytes(unb64(made.key["n"]))
    size = rsa_bytes(made.key)
    numbers = {
        "0": 0,
        "1": 1,
        "the modulus less 1": modulus - 1,
        "the modulus": modulus,
        "all ones": 256**size - 1,
    }
    for what, number in numbers.items():
        wrong = replace(made.make(), encrypted_key=number.to_bytes(size))
        start.refuses(f"the encrypted key is {what}", wrong, UNDECRYPTABLE, "Pkcs1Padding")


def _lengths(start: Start) -> None:
    token = start.made.make()
    wrapped = token.encrypted_key
    for size in (0, 1, 128, 255, 257, 512):
        changed = replace(token, encrypted_key=(wrapped * 2)[:size])
        fault = f"an encrypted key of {size} bytes"
        start.refuses(fault, changed, MALFORMED, "EncryptedKeyLength")
    longer = replace(token, encrypted_key=b"\x00" + wrapped)
    fault = "a zero in front of the encrypted key"
    start.refuses(fault, longer, MALFORMED, "EncryptedKeyLength")


def _others(start: Start) -> None:
    made = start.made
    token = made.make()
    # The highest bits of an encrypted key could lift it above the modulus.
    flips = {"encrypted_key": 8, "iv": 0, "ciphertext": 0, "tag": 0}
    for name, first in flips.items():
        for what, bit in (("an early", first), ("the last", -1)):
            changed = replace(token, **{name: flip(getattr(token, name), bit)})
            fault = f"{what} bit of the {name.replace('_', ' ')} changed"
            start.refuses(fault, changed, UNDECRYPTABLE, "FlippedBit")
    other = pkcs1_wrapped(rsa("RSA1_5", "rsa-2048-b"), made.enc, "rsa1_5 other", TEXT)
    start.refuses("made for a different key", other, UNDECRYPTABLE, "WrongKey")


def _siblings(file: VectorFile) -> None:
    old = file.begin(
        "sibling-RSA1_5",
        "A key for RSA1_5",
        pkcs1_wrapped(rsa("RSA1_5"), _ENC, "sibling RSA1_5", TEXT),
        legacy=True,
    )
    for alg in ("RSA-OAEP", "RSA-OAEP-256"):
        start = file.start(f"sibling-{alg}", f"A key for {alg}", rsa(alg), _ENC)
        fault = f"a key bound to {alg}"
        start.group.refuses(old.base, fault, old.made, NOT_ALLOWED, "AlgNotAccepted")
        fault = "a key bound to RSA1_5"
        old.group.refuses(start.base, fault, start.made, NOT_ALLOWED, "AlgNotAccepted")


def _compressed(start: Start, plaintext: bytes) -> Recipe:
    """Return the token of a different plaintext, which is sealed as it is under `zip`."""
    header = header_bytes({**start.made.members, "zip": "DEF"})
    return replace(start.made, plaintext=plaintext, header=header)


def _inflates(start: Start, plaintext: bytes, stream: bytes, comment: str, flag: str) -> int:
    made = _compressed(start, stream)
    inject = {**made.inject(), "deflated": stream.hex()}
    return start.group.opens_token(str(made.make()), plaintext, inject, comment, flag)


def _streams(file: VectorFile) -> None:
    for enc in (_ENC, "A256CBC-HS512"):
        comment = f"Streams under {enc}"
        start = file.start(f"streams-{enc}", comment, kw("A128KW"), enc, accept_zip=True)
        good = {
            "one stored block": (TEXT, stored(TEXT)),
            "two stored blocks": (TEXT, stored(TEXT[:7], TEXT[7:])),
            "an empty stored block behind it": (TEXT, stored(TEXT, b"")),
            "fixed codes": (TEXT, fixed(TEXT)),
            "an empty plaintext in a stored block": (b"", stored(b"")),
            "an empty plaintext in fixed codes": (b"", fixed(b"")),
            "1,000 zeros": (bytes(1000), run_of_zeros(1000)),
        }
        numbers = {
            what: _inflates(start, *pair, f"The stream: {what}", "Deflate")
            for what, pair in good.items()
        }
        whole = stored(TEXT)
        bad = {
            "nothing": b"",
            "the text itself": TEXT,
            "a byte behind its end": whole + b"\x00",
            "a second stream behind it": whole + whole,
            "cut by one byte": whole[:-1],
            "cut after its first byte": whole[:1],
            "no block is the last": b"\x00" + whole[1:],
            "a length that does not fit its complement": whole[:3] + b"\x00" + whole[4:],
            "a block of the reserved type": b"\x07" + whole[1:],
            "codes that refer to bytes before the start": before_the_start(),
            "with the frame of zlib": b"\x78\x01" + whole + b"\x00\x00\x00\x00",
            "with the frame of gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + whole,
        }
        base = numbers["one stored block"]
        for what, stream in bad.items():
            changed = _compressed(start, stream)
            start.group.refuses(base, f"the stream: {what}", changed, UNDECRYPTABLE, "Deflate")
        cut = _compressed(start, fixed(TEXT, ""))
        fault = "the stream: no mark of its end"
        start.group.refuses(numbers["fixed codes"], fault, cut, UNDECRYPTABLE, "Deflate")
        token = _compressed(start, whole).make()
        changed_token = replace(token, tag=flip(token.tag, -1))
        fault = "the last bit of the tag changed"
        start.group.refuses(base, fault, changed_token, UNDECRYPTABLE, "FlippedBit")


def _one_pair(file: VectorFile, enc: str) -> None:
    start = file.start(f"dir-{enc}", f"dir with {enc}", direct(enc), enc, accept_zip=True)
    _inflates(start, TEXT, stored(TEXT), f"Compressed, under {enc}", "Deflate")


def _caps(file: VectorFile) -> None:
    key = kw("A128KW")
    comment = "inflated_bytes is 100"
    limits = {"inflated_bytes": 100}
    start = file.start("inflated_bytes-100", comment, key, _ENC, accept_zip=True, limits=limits)
    base = _inflates(start, bytes(100), run_of_zeros(100), "100 zeros", "AtLimit")
    for count in (101, 358, 400):
        changed = _compressed(start, run_of_zeros(count))
        start.group.refuses(base, f"{count} zeros", changed, TOO_LARGE, "Inflated")
    raw = draw("cap", 101)
    base = _inflates(start, raw[1:], stored(raw[1:]), "100 stored bytes", "AtLimit")
    changed = _compressed(start, stored(raw))
    start.group.refuses(base, "101 stored bytes", changed, TOO_LARGE, "Inflated")
    comment = "inflated_bytes is 262144, which is the default"
    start = file.start("inflated_bytes-default", comment, key, _ENC, accept_zip=True)
    base = _inflates(start, TEXT, stored(TEXT), "A stored block", "Deflate")
    for count in (256 * 1024 + 1, 1024 * 1024):
        changed = _compressed(start, run_of_zeros(count))
        start.group.refuses(base, f"{count:,} zeros", changed, TOO_LARGE, "Inflated")
    comment = "plaintext_bytes is 100, which is less than inflated_bytes"
    limits = {"plaintext_bytes": 100}
    start = file.start(
        "plaintext_bytes", comment, kw("A128KW"), _ENC, accept_zip=True, limits=limits
    )
    base = _inflates(start, bytes(100), run_of_zeros(100), "100 zeros", "AtLimit")
    changed = _compressed(start, run_of_zeros(101))
    start.group.refuses(base, "101 zeros", changed, TOO_LARGE, "Inflated")
    comment = "inflated_bytes is 10: it does not count what is not compressed"
    file.start("not-inflated", comment, kw("A128KW"), _ENC, limits={"inflated_bytes": 10})


def _not_accepted(file: VectorFile) -> None:
    start = file.start("accepted", "zip is accepted", kw("A128KW"), _ENC, accept_zip=True)
    members = start.made.members
    for name in ("", "def", "DEF ", "GZIP", "NONE", "DEFLATE"):
        said = {**members, "zip": name}
        start.says(f"zip is {name!a}", said, NOT_ALLOWED, "Compression")
    shapes: dict[str, object] = {"null": None, "a number": 1, "true": True, "a list": ["DEF"]}
    for what, value in shapes.items():
        start.says(f"zip is {what}", {**members, "zip": value}, MALFORMED, "HeaderShape")
    off = file.start("off", "zip is not accepted", kw("A128KW"), _ENC)
    fault = "compressed, and well"
    off.refuses(fault, _compressed(off, stored(TEXT)), NOT_ALLOWED, "Compression")
    fault = "compressed, and a bomb"
    off.refuses(fault, _compressed(off, run_of_zeros(100_000)), NOT_ALLOWED, "Compression")
    plain = recipe(kw("A128KW"), _ENC, "zip in crit", TEXT)
    said = {**plain.members, "zip": "DEF", "crit": ["zip"]}
    changed = replace(plain, header=header_bytes(said), plaintext=stored(TEXT))
    fault = "crit names zip, which is not an extension"
    start.refuses(fault, changed, MALFORMED, "Critical")
