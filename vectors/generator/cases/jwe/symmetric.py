"""AES-GCM key wrap and PBES2 that must be refused."""

from dataclasses import replace

from cryptography.hazmat.primitives.keywrap import aes_key_wrap, aes_key_wrap_with_padding
from vectors.generator.catalogue import (
    MALFORMED,
    NOT_ALLOWED,
    TEXT,
    UNDECRYPTABLE,
    Start,
    VectorFile,
)
from vectors.generator.encoder.jwe import CONTENT, ENCS, Jwk, Recipe, b64, draw, header_bytes, unb64
from vectors.generator.encoder.wrapping import (
    PBES2,
    by_password,
    gcm_wrap,
    gcm_wrapped,
    password_kek,
)
from vectors.generator.flips import flip
from vectors.generator.keyring import GCMKW_ALGS, KW_ALGS, gcmkw, kw, password

_ENC = "A128GCM"
_HS256 = "PBES2-HS256+A128KW"
_MOST_ITERATIONS = 600_000

# AES takes these sizes too: a reader that does not look would open the token.
_OTHER_CEKS = {"A256GCM": (16, 24), "A128GCM": (24, 32)}


def gcmkws() -> VectorFile:
    """Build gcmkw.json."""
    file = VectorFile("gcmkw.json", 18)
    for alg in GCMKW_ALGS:
        made = gcm_wrapped(gcmkw(alg), "A256GCM", f"gcmkw {alg}", TEXT)
        start = file.begin(f"members-{alg}", f"iv and tag of {alg}", made)
        _members(start)
        start = file.begin(f"integrity-{alg}", f"What does not hold under {alg}", made)
        _integrity(start)
    for enc in ENCS:
        made = gcm_wrapped(gcmkw("A256GCMKW"), enc, f"gcmkw {enc}", TEXT)
        size = CONTENT[enc].cek_bytes
        comment = f"A256GCMKW: a key for {enc} takes {size} bytes"
        _keys(file.begin(f"key-{enc}", comment, made))
    _gcmkw_siblings(file)
    for alg in GCMKW_ALGS:
        made = gcm_wrapped(gcmkw(alg), "A256GCM", f"gcmkw sizes {alg}", TEXT)
        _every_size(file.begin(f"sizes-{alg}", f"Every size of iv and tag of {alg}", made))
    return file


def pbes2s() -> VectorFile:
    """Build pbes2.json."""
    file = VectorFile("pbes2.json", 19)
    for alg in PBES2:
        made = by_password(password(alg), _ENC, f"pbes2 {alg}", TEXT)
        _salts(file.begin(f"p2s-{alg}", f"The salt of {alg}", made))
        _counts(file.begin(f"p2c-{alg}", f"The iterations of {alg}", made))
        _wrapped(file.begin(f"key-{alg}", f"The encrypted key of {alg}", made))
        _derivations(file.begin(f"kdf-{alg}", f"The derivation of {alg}", made))
    _limits(file)
    _pbes2_siblings(file)
    for alg in PBES2:
        _bounds(file, password(alg))
    key = password(_HS256)
    made = by_password(key, _ENC, "pbes2 most", TEXT, p2c=_MOST_ITERATIONS)
    comment = "pbes2_iterations is 600,000, which is the default"
    start = file.begin("pbes2_iterations-default", comment, made)
    said = {**made.members, "p2c": _MOST_ITERATIONS + 1}
    start.says("p2c is 600,001", said, NOT_ALLOWED, "OverLimit")
    return file


def _members(start: Start) -> None:
    made = start.made
    members = made.members
    for member, sizes in (("iv", (0, 1, 8, 11, 13, 16)), ("tag", (0, 1, 8, 12, 15, 17, 32))):
        text = str(members[member])
        absent = {name: value for name, value in members.items() if name != member}
        start.says(f"the header has no {member}", absent, MALFORMED, "GcmKeyWrap")
        for size in sizes:
            fault = f"the header's {member} has {size} bytes"
            changed = made
            if member == "iv" and size >= 8:
                # The key's tag holds for it: only the size is wrong.
                label = f"iv of {size} {made.alg}"
                changed = gcm_wrapped(made.key, made.enc, label, TEXT, iv_bytes=size)
            else:
                raw = (unb64(text) + bytes(32))[:size]
                changed = made.said(header_bytes({**members, member: b64(raw)}))
            start.refuses(fault, changed, MALFORMED, "GcmKeyWrap")
        texts = {
            "padded": text + "=" * (-len(text) % 4 or 4),
            "with a foreign character": "!" + text[1:],
            "with a letter outside of ASCII": "\u00e9" + text[1:],
            "with a line feed": text + "\n",
            "with one character left over": text[: len(text) // 4 * 4] + "A",
        }
        for what, wrong in texts.items():
            fault = f"the header's {member} {what}"
            start.says(fault, {**members, member: wrong}, MALFORMED, "Base64url")
    swapped = {**members, "iv": members["tag"], "tag": members["iv"]}
    start.says("iv and tag in each other's place", swapped, MALFORMED, "GcmKeyWrap")


def _every_size(start: Start) -> None:
    """Cut the header's iv and tag to each size, and lengthen them by one byte."""
    members = start.made.members
    for member, right in (("iv", 12), ("tag", 16)):
        raw = unb64(str(members[member])) + bytes(1)
        for size in sorted(set(range(right + 2)) - {right}):
            changed = {**members, member: b64(raw[:size])}
            start.says(f"the header's {member} has {size} bytes", changed, MALFORMED, "GcmKeyWrap")


def _integrity(start: Start) -> None:
    made = start.made
    members = made.members
    wrapped = made.wrap()
    for member in ("iv", "tag"):
        raw = unb64(str(members[member]))
        for what, bit in (("first", 0), ("last", -1)):
            changed = {**members, member: b64(flip(raw, bit))}
            fault = f"the {what} bit of the header's {member} changed"
            start.says(fault, changed, UNDECRYPTABLE, "KeyIntegrity")
        zeros = {**members, member: b64(bytes(len(raw)))}
        start.says(f"the header's {member} all zeros", zeros, UNDECRYPTABLE, "KeyIntegrity")
    own = gcm_wrap(made.key, draw(f"gcmkw {made.alg} kw iv", 12), made.cek)
    if own[0] != wrapped:
        raise ValueError("the label of the start has changed")
    keys = {
        "the first bit changed": flip(wrapped, 0),
        "the last bit changed": flip(wrapped, -1),
        "wrapped by the rules of AES Key Wrap, cut": aes_key_wrap(unb64(made.key["k"]), made.cek)[
            : len(wrapped)
        ],
        "not wrapped at all": made.cek,
    }
    for what, raw in keys.items():
        token = replace(made.make(), encrypted_key=raw)
        start.refuses(f"the encrypted key: {what}", token, UNDECRYPTABLE, "KeyIntegrity")
    header = header_bytes({"alg": made.alg, "enc": made.enc})
    for what, aad in (("the header", header), ("the encoded header", b64(header).encode())):
        changed = gcm_wrapped(made.key, made.enc, f"gcmkw {made.alg} {what}", TEXT, aad=aad)
        fault = f"{what} authenticated with the key, where nothing is due"
        start.refuses(fault, changed, UNDECRYPTABLE, "WrongAad")
    other = gcm_wrapped(gcmkw(made.alg, "b"), made.enc, f"gcmkw {made.alg} b", TEXT)
    start.refuses("made for a different key", other, UNDECRYPTABLE, "WrongKey")
    for name in ("iv", "ciphertext", "tag"):
        token = made.make()
        changed_token = replace(token, **{name: flip(getattr(token, name), -1)})
        fault = f"the last bit of the token's {name} changed"
        start.refuses(fault, changed_token, UNDECRYPTABLE, "FlippedBit")


def _keys(start: Start) -> None:
    made = start.made
    token = made.make()
    size = len(made.cek)
    for other in (0, 1, size - 8, size - 1, size + 1, size + 8):
        raw = (token.encrypted_key + bytes(8))[:other]
        changed = replace(token, encrypted_key=raw)
        fault = f"an encrypted key of {other} bytes"
        start.refuses(fault, changed, MALFORMED, "EncryptedKeyLength")
    tag = unb64(str(made.members["tag"]))
    appended = replace(token, encrypted_key=token.encrypted_key + tag)
    fault = "the key's tag behind the encrypted key as well"
    start.refuses(fault, appended, MALFORMED, "EncryptedKeyLength")
    for other in _OTHER_CEKS.get(made.enc, ()):
        label = f"gcmkw cek {made.enc} {other}"
        wrong = gcm_wrapped(made.key, made.enc, label, TEXT, cek=draw(label, other))
        fault = f"a CEK of {other} bytes, well wrapped and used"
        start.refuses(fault, wrong, MALFORMED, "EncryptedKeyLength")


def _gcmkw_siblings(file: VectorFile) -> None:
    starts = {
        alg: file.begin(
            f"sibling-{alg}",
            f"Tokens of the siblings of {alg}",
            gcm_wrapped(gcmkw(alg), _ENC, f"sibling {alg}", TEXT),
        )
        for alg in GCMKW_ALGS
    }
    for (alg, start), plain in zip(starts.items(), KW_ALGS, strict=True):
        for other in starts.values():
            if other is not start:
                fault = f"a key bound to {alg}"
                start.group.refuses(other.base, fault, other.made, NOT_ALLOWED, "AlgNotAccepted")
        members = {**start.made.members, "alg": plain}
        start.says(f"alg is {plain}", members, NOT_ALLOWED, "AlgNotAccepted")
        other_kind = file.start(f"sibling-{plain}", f"A key for {plain}", kw(plain), _ENC)
        members = {"alg": alg, "enc": _ENC, "iv": b64(bytes(12)), "tag": b64(bytes(16))}
        other_kind.says(f"alg is {alg}", members, NOT_ALLOWED, "AlgNotAccepted")


def _salts(start: Start) -> None:
    made = start.made
    members = made.members
    text = str(members["p2s"])
    absent = {name: value for name, value in members.items() if name != "p2s"}
    start.says("the header has no p2s", absent, MALFORMED, "Salt")
    for size in (0, 1, 7):
        changed = by_password(made.key, made.enc, f"salt {size} {made.alg}", TEXT, salt_bytes=size)
        start.refuses(f"a salt of {size} bytes, well used", changed, MALFORMED, "Salt")
    texts = {
        "padded": text + "==",
        "with a trailing bit set": text[:-1] + chr(ord(text[-1]) + 1),
        "with a foreign character": "+" + text[1:],
        "with a letter outside of ASCII": "\u00e9" + text[1:],
        "with a space": text + " ",
    }
    for what, wrong in texts.items():
        start.says(f"p2s {what}", {**members, "p2s": wrong}, MALFORMED, "Base64url")
    changed = {**members, "p2s": b64(flip(unb64(text), -1))}
    fault = "the last bit of p2s changed, and nothing derived again"
    start.says(fault, changed, UNDECRYPTABLE, "KeyIntegrity")


def _counts(start: Start) -> None:
    members = start.made.members
    absent = {name: value for name, value in members.items() if name != "p2c"}
    start.says("the header has no p2c", absent, MALFORMED, "WorkFactor")
    shapes: dict[str, object] = {
        "a string": "1000",
        "a fraction": 1000.5,
        "a fraction that is whole": 1000.0,
        "true": True,
        "null": None,
        "a list": [1000],
    }
    for what, value in shapes.items():
        start.says(f"p2c is {what}", {**members, "p2c": value}, MALFORMED, "HeaderShape")
    raw = start.made.header.replace(b'"p2c":1000', b'"p2c":1e3')
    changed = replace(start.made, header=raw)
    start.refuses("p2c is written with an exponent", changed, MALFORMED, "HeaderShape")
    numbers = (-1000, -1, 0, 1, 999, 1_000_001, 2**31 - 1, 2**31, 2**32 + 1000, 2**63, 2**64 + 1000)
    for number in numbers:
        fault = f"p2c is {number:,}"
        start.says(fault, {**members, "p2c": number}, NOT_ALLOWED, "WorkFactor")
    digits = {**members, "p2c": 10**32}
    start.says("p2c has 33 digits", digits, MALFORMED, "Digits")
    fault = "p2c is 1,001, and nothing derived again"
    start.says(fault, {**members, "p2c": 1001}, UNDECRYPTABLE, "KeyIntegrity")


def _kek(made: Recipe, **other: str) -> bytes:
    return password_kek(made.key, unb64(str(made.members["p2s"])), 1000, **other)


def _wrapped(start: Start) -> None:
    made = start.made
    token = made.make()
    wrapped = token.encrypted_key
    size = len(wrapped)
    for other in (0, 1, 8, size - 8, size - 1, size + 1, size + 8):
        changed = replace(token, encrypted_key=(wrapped + bytes(8))[:other])
        fault = f"an encrypted key of {other} bytes"
        start.refuses(fault, changed, MALFORMED, "EncryptedKeyLength")
    for what, bit in (("first", 0), ("last", -1)):
        changed = replace(token, encrypted_key=flip(wrapped, bit))
        fault = f"the {what} bit of the encrypted key changed"
        start.refuses(fault, changed, UNDECRYPTABLE, "FlippedBit")
    padded = replace(token, encrypted_key=aes_key_wrap_with_padding(_kek(made), made.cek))
    fault = "the key wrapped with padding, as RFC 5649 has it"
    start.refuses(fault, padded, UNDECRYPTABLE, "SiblingAlg")
    for name in ("iv", "ciphertext", "tag"):
        changed = replace(token, **{name: flip(getattr(token, name), -1)})
        fault = f"the last bit of the token's {name} changed"
        start.refuses(fault, changed, UNDECRYPTABLE, "FlippedBit")
    other_password = password(made.alg, "another password")
    other_made = by_password(other_password, made.enc, f"other password {made.alg}", TEXT)
    start.refuses("made with a different password", other_made, UNDECRYPTABLE, "WrongKey")


def _derivations(start: Start) -> None:
    made = start.made
    salt = unb64(str(made.members["p2s"]))
    sibling = next(alg for alg in PBES2 if alg != made.alg)
    hash_name = PBES2[sibling].hash
    keks = {
        "with the name of a sibling": _kek(made, name=sibling),
        "with an empty name": _kek(made, name=""),
        "with the name in small letters": _kek(made, name=made.alg.lower()),
        f"with {hash_name}": _kek(made, hash_name=hash_name),
        "with the salt still encoded": password_kek(made.key, b64(salt).encode(), 1000),
        "with the salt in front of the name": password_kek(
            made.key, b"\0" + made.alg.encode(), 1000, name=salt.hex()
        ),
        "with a space behind the password": password_kek(
            {**made.key, "k": b64(unb64(made.key["k"]) + b" ")}, salt, 1000
        ),
    }
    for what, kek in keks.items():
        changed = replace(made.make(), encrypted_key=aes_key_wrap(kek, made.cek))
        start.refuses(f"the key derived {what}", changed, UNDECRYPTABLE, "PasswordDerivation")


def _limits(file: VectorFile) -> None:
    key = password(_HS256)
    for count in (1000, 1500):
        made = by_password(key, _ENC, f"pbes2 limit {count}", TEXT, p2c=count)
        comment = f"pbes2_iterations is {count}"
        limits = {"pbes2_iterations": count}
        group = file.group(f"pbes2_iterations-{count}", comment, key, _ENC, limits=limits)
        base = group.opens(made, f"p2c is {count}", "AtLimit")
        over = by_password(key, _ENC, f"pbes2 limit {count}", TEXT, p2c=count + 1)
        group.refuses(base, f"p2c is {count + 1}", over, NOT_ALLOWED, "OverLimit")


def _bounds(file: VectorFile, key: Jwk) -> None:
    """Stand at the bounds of the salt and of the iterations, and one beyond."""
    alg = key["alg"]
    made = by_password(key, _ENC, f"pbes2 bounds {alg}", TEXT, salt_bytes=8)
    comment = f"The least salt and the least iterations of {alg}"
    start = file.begin(f"least-{alg}", comment, made)
    short = by_password(key, _ENC, f"pbes2 short {alg}", TEXT, salt_bytes=7)
    start.refuses("a salt of 7 bytes", short, MALFORMED, "Salt")
    fewer = by_password(key, _ENC, f"pbes2 fewer {alg}", TEXT, p2c=999)
    start.refuses("p2c is 999, and well used", fewer, NOT_ALLOWED, "WorkFactor")
    limits = {"pbes2_iterations": 1100}
    made = by_password(key, _ENC, f"pbes2 at {alg}", TEXT, p2c=1100)
    comment = f"pbes2_iterations is 1,100, with {alg}"
    start = file.begin(f"pbes2_iterations-{alg}", comment, made, limits=limits)
    over = by_password(key, _ENC, f"pbes2 over {alg}", TEXT, p2c=1101)
    start.refuses("p2c is 1,101, and well used", over, NOT_ALLOWED, "OverLimit")


def _pbes2_siblings(file: VectorFile) -> None:
    starts = {
        alg: file.begin(
            f"sibling-{alg}",
            f"Tokens of the siblings of {alg}",
            by_password(password(alg), _ENC, f"sibling {alg}", TEXT),
        )
        for alg in PBES2
    }
    for alg, start in starts.items():
        for other in starts.values():
            if other is not start:
                fault = f"a key bound to {alg}"
                start.group.refuses(other.base, fault, other.made, NOT_ALLOWED, "AlgNotAccepted")
        members = {**start.made.members, "alg": alg.partition("+")[2]}
        fault = f"alg is {members['alg']}, with the password as the key"
        start.says(fault, members, NOT_ALLOWED, "AlgNotAccepted")
