"""The rules of what is sealed, each tried with every family of algs and with every enc."""

import datetime as dt
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from vectors.generator.catalogue import (
    MALFORMED,
    NOT_ALLOWED,
    TEXT,
    TOO_LARGE,
    UNDECRYPTABLE,
    Start,
    VectorFile,
)
from vectors.generator.encoder.deflate import run_of_zeros, stored
from vectors.generator.encoder.jwe import (
    ALL_ENCS,
    BLOCK_BYTES,
    CBC_ENCS,
    CONTENT,
    Jwk,
    Recipe,
    Token,
    b64,
    draw,
    header_bytes,
    seal,
    seal_padded,
    unb64,
)
from vectors.generator.encoder.wrapping import sealed
from vectors.generator.families import families, family_keys, opened_with
from vectors.generator.flips import flip
from vectors.generator.keyring import GCMKW_ALGS, KW_ALGS, direct, gcmkw, kw

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENC = "A128CBC-HS256"
_DIRECT = ("dir", "ECDH-ES")
_PADDINGS = {
    "0 as the last byte": b"fifteen octets." + b"\x00",
    "17 as the last byte": b"fifteen octets." + b"\x11",
    "3, after a 3 and a 2": b"13 octets...." + b"\x02\x03\x03",
    "nothing": b"sixteen octets..",
}


def sizes_by_alg() -> VectorFile:
    """Build sizes_by_alg.json."""
    file = VectorFile("sizes_by_alg.json", 35)
    for alg, made in families(_ENC, "sizes by alg").items():
        comment = f"IV, ciphertext and tag under {alg}"
        start = file.begin(f"sizes-{alg}", comment, made, **opened_with(alg))
        _sizes(start, (0, 12, 15, 17), (0, 4, 12, 15, 17, 32))
        _blocks(start)
        _paddings(start)
    return file


def tag_by_alg() -> VectorFile:
    """Build tag_by_alg.json."""
    file = VectorFile("tag_by_alg.json", 36)
    for alg, made in families(_ENC, "tag by alg").items():
        comment = f"What the tag protects under {alg}"
        _bound(file.begin(f"tag-{alg}", comment, made, **opened_with(alg)))
    return file


def zip_by_alg() -> VectorFile:
    """Build zip_by_alg.json."""
    file = VectorFile("zip_by_alg.json", 37)
    limits = {"inflated_bytes": 1000}
    for alg, made in families(_ENC, "zip by alg").items():
        name, comment = f"zip-{alg}", f"Compressed plaintexts under {alg}"
        settings = {**opened_with(alg), "accept_zip": True, "limits": limits}
        _streams(file.begin(name, comment, made, **settings))
    for enc in ALL_ENCS:
        made = sealed(kw("A256KW"), enc, f"zip by enc {enc}", TEXT)
        name, comment = f"zip-{enc}", f"Compressed plaintexts under {enc}"
        _streams(file.begin(name, comment, made, accept_zip=True, limits=limits))
    return file


def keys_by_alg() -> VectorFile:
    """Build keys_by_alg.json."""
    file = VectorFile("keys_by_alg.json", 38)
    others = family_keys(_ENC, "b")
    for alg, made in families(_ENC, "keys by alg").items():
        comment = f"Keys that the header brings, under {alg}"
        start = file.begin(f"brought-{alg}", comment, made, **opened_with(alg))
        _brought(start, others[alg])
        if "k" not in made.key:
            _confused(start)
    return file


def keys_by_enc() -> VectorFile:
    """Build keys_by_enc.json."""
    file = VectorFile("keys_by_enc.json", 39)
    for alg in ("A128KW", "A128GCMKW", *_DIRECT, "ECDH-ES+A128KW", "PBES2-HS256+A128KW"):
        for enc in ALL_ENCS:
            made = sealed(family_keys(enc)[alg], enc, f"keys by enc {alg} {enc}", TEXT)
            comment = f"The encrypted key of {alg} with {enc}"
            _keys(file.begin(f"key-{alg}-{enc}", comment, made))
    for key in (*(gcmkw(alg) for alg in GCMKW_ALGS[1:]), *(kw(alg) for alg in KW_ALGS[1:])):
        made = sealed(key, _ENC, f"keys by alg {key['alg']}", TEXT)
        _keys(file.begin(f"key-{key['alg']}", f"The encrypted key of {key['alg']}", made))
    return file


def sizes_by_enc() -> VectorFile:
    """Build sizes_by_enc.json."""
    file = VectorFile("sizes_by_enc.json", 40)
    for enc in ALL_ENCS:
        made = sealed(kw("A256KW"), enc, f"sizes by enc {enc}", TEXT)
        size = CONTENT[enc]
        ivs = {*range(size.iv_bytes + 2), 12, 15, 16, 17, 24} - {size.iv_bytes}
        tags = set(range(size.tag_bytes + 2)) - {size.tag_bytes}
        _sizes(file.begin(f"sizes-{enc}", f"IV and tag of {enc}", made), ivs, tags)
    return file


def tag_by_enc() -> VectorFile:
    """Build tag_by_enc.json."""
    file = VectorFile("tag_by_enc.json", 41)
    for enc in ALL_ENCS:
        made = sealed(kw("A256KW"), enc, f"tag by enc {enc}", TEXT)
        start = file.begin(f"tag-{enc}", f"What the tag of {enc} protects", made)
        _bound(start)
        if enc in CBC_ENCS:
            _blocks(start)
            _paddings(start)
        else:
            _streams_of_any_size(start)
        plaintexts = {"empty": b"", "one byte": b"x", "1,000 zeros": bytes(1000)}
        for what, plaintext in plaintexts.items():
            shaped = sealed(made.key, enc, f"tag by enc {enc} {what}", plaintext)
            start.group.opens(shaped, f"The plaintext: {what}", "PlaintextShape")
    return file


def _bound(start: Start) -> None:
    made = start.made
    _flips(start)
    _headers(start)
    _aads(start)
    _splices(start, sealed(made.key, made.enc, f"second {made.alg} {made.enc}", TEXT[::-1]))


def _sizes(start: Start, ivs: set[int] | tuple[int, ...], tags: set[int] | tuple[int, ...]) -> None:
    token = start.made.make()
    for size in sorted(ivs):
        changed = replace(token, iv=(token.iv + bytes(16))[:size])
        start.refuses(f"an IV of {size} bytes", changed, MALFORMED, "IvLength")
    for size in sorted(tags):
        changed = replace(token, tag=(token.tag + bytes(16))[:size])
        start.refuses(f"a tag of {size} bytes", changed, MALFORMED, "TagLength")


def _blocks(start: Start) -> None:
    """Give CBC a ciphertext of no whole blocks, or none. Such a length needs no key."""
    token = start.made.make()
    for size in (0, 1, 15, 17, len(token.ciphertext) - 1):
        changed = replace(token, ciphertext=token.ciphertext[:size])
        fault = f"a ciphertext of {size} bytes"
        start.refuses(fault, changed, MALFORMED, "CiphertextLength")


def _streams_of_any_size(start: Start) -> None:
    token = start.made.make()
    sizes = {
        "no ciphertext": b"",
        "a ciphertext without its last byte": token.ciphertext[:-1],
        "a ciphertext with a byte more": token.ciphertext + b"\x00",
    }
    for fault, raw in sizes.items():
        changed = replace(token, ciphertext=raw)
        start.refuses(fault, changed, UNDECRYPTABLE, "CiphertextLength")


def _paddings(start: Start) -> None:
    made = start.made
    for what, padded in _PADDINGS.items():
        ciphertext, tag = seal_padded(made.enc, made.cek, made.iv, made.aad, padded)
        wrong = replace(made.make(), ciphertext=ciphertext, tag=tag)
        start.refuses(f"padded with {what}", wrong, UNDECRYPTABLE, "CbcPadding")


def _flips(start: Start) -> None:
    token = start.made.make()
    # The highest bits of an RSA encrypted key could lift it above the modulus.
    first = {"encrypted_key": 8 if start.made.key["kty"] == "RSA" else 0}
    for name in ("encrypted_key", "iv", "ciphertext", "tag"):
        raw = getattr(token, name)
        for what, bit in (("an early", first.get(name, 0)), ("the last", -1)):
            if raw:
                changed = replace(token, **{name: flip(raw, bit)})
                fault = f"{what} bit of the {name.replace('_', ' ')} changed"
                start.refuses(fault, changed, UNDECRYPTABLE, "FlippedBit")


def _headers(start: Start) -> None:
    """Put a different header before segments that were made for the first one."""
    made = start.made
    token = made.make()
    same = {
        "a space after a colon": made.header.replace(b":", b": ", 1),
        "a line feed at the end": made.header + b"\n",
        "its members in a different order": header_bytes(dict(reversed(made.members.items()))),
        "an escape for a letter": made.header.replace(b"alg", rb"al\u0067", 1),
    }
    for what, raw in same.items():
        fault = f"the same header, with {what}"
        start.refuses(fault, replace(token, header=raw), UNDECRYPTABLE, "HeaderReencoded")
    changed = replace(token, header=header_bytes({**made.members, "x": 1}))
    start.refuses("one member more in the header", changed, UNDECRYPTABLE, "FlippedBit")


def _sealed_over(made: Recipe, aad: bytes) -> Token:
    ciphertext, tag = seal(made.enc, made.cek, made.iv, aad, made.plaintext)
    return replace(made.make(), ciphertext=ciphertext, tag=tag)


def _aads(start: Start) -> None:
    made = start.made
    aads = {
        "nothing": b"",
        "the header's JSON": made.header,
        "the header's JSON written again": json.dumps(made.members).encode(),
        "the encoded header and an equals sign": made.aad + b"=",
    }
    for what, aad in aads.items():
        fault = f"{what} authenticated"
        start.refuses(fault, _sealed_over(made, aad), UNDECRYPTABLE, "WrongAad")


def _splices(start: Start, other: Recipe) -> None:
    start.group.opens(other, "A second token for the same key, with a text of the same length")
    one, two = start.made.make(), other.make()
    names = ["header", "encrypted_key", "iv", "ciphertext", "tag"]
    for name in names:
        # ECDH-ES, GCMKW and PBES2 have what is random in the header.
        if getattr(one, name) != getattr(two, name):
            changed = replace(one, **{name: getattr(two, name)})
            fault = f"the {name.replace('_', ' ')} of a different token"
            start.refuses(fault, changed, UNDECRYPTABLE, "Spliced")
    content = {name: getattr(two, name) for name in ("iv", "ciphertext", "tag")}
    changed = replace(one, **content)
    if changed != two:
        start.refuses("the content of a different token", changed, UNDECRYPTABLE, "Spliced")


def _streams(start: Start) -> None:
    made = start.made
    header = header_bytes({**made.members, "zip": "DEF"})

    def compressed(stream: bytes) -> Recipe:
        return replace(made, plaintext=stream, header=header)

    whole = stored(TEXT)
    good = compressed(whole)
    inject = {**good.inject(), "deflated": whole.hex()}
    comment = "The same, compressed"
    base = start.group.opens_token(str(good.make()), TEXT, inject, comment, "Deflate")
    bad = {
        "nothing": b"",
        "the text itself": TEXT,
        "cut by one byte": whole[:-1],
        "a byte behind its end": whole + b"\x00",
        "a second stream behind it": whole + whole,
        "with the frame of zlib": b"\x78\x01" + whole + b"\x00\x00\x00\x00",
    }
    for what, stream in bad.items():
        start.group.refuses(
            base, f"the stream: {what}", compressed(stream), UNDECRYPTABLE, "Deflate"
        )
    full = run_of_zeros(1000)
    made_full = compressed(full)
    inject = {**made_full.inject(), "deflated": full.hex()}
    token = str(made_full.make())
    base = start.group.opens_token(token, bytes(1000), inject, "1,000 zeros", "AtLimit")
    for count in (1001, 60_000):
        changed = compressed(run_of_zeros(count))
        start.group.refuses(base, f"{count:,} zeros", changed, TOO_LARGE, "Inflated")


def _shown(key: Jwk) -> dict[str, str]:
    names = ("kty", "crv", "n", "e", "x", "y", "k")
    return {name: key[name] for name in names if name in key}


def _brought(start: Start, other: Jwk) -> None:
    """Seal for a different key, and say in the header where that one is."""
    made = start.made
    wrong = sealed(other, made.enc, f"brought {made.alg}", TEXT)
    start.refuses("made for a different key", wrong, UNDECRYPTABLE, "WrongKey")
    shown = _shown(other)
    jwks = header_bytes({"keys": [shown]})
    address = f"data:application/jwk-set+json;base64,{b64(jwks)}"
    brings: dict[str, object] = {
        "jwk": shown,
        "jku": address,
        "x5u": "https://keys.example/certificate",
    }
    if other["kty"] == "RSA":
        brings["x5c"] = [_certificate(other)]
    for member, value in brings.items():
        said = wrong.said(header_bytes({**wrong.members, member: value}))
        fault = f"made for a different key, which {member} brings"
        start.refuses(fault, said, UNDECRYPTABLE, "HeaderKey")


def _certificate(key: Jwk) -> str:
    """Sign a certificate with its own key, as PKCS #1 v1.5 does it: without randomness."""
    d, p, q, dp, dq, qi, e, n = (
        int.from_bytes(unb64(key[name])) for name in ("d", "p", "q", "dp", "dq", "qi", "e", "n")
    )
    private = RSAPrivateNumbers(p, q, d, dp, dq, qi, RSAPublicNumbers(e, n)).private_key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "never use this one")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .sign(private, SHA256())
    )
    text = made.public_bytes(Encoding.PEM).decode()
    return "".join(text.splitlines()[1:-1])


def _confused(start: Start) -> None:
    """Use bytes that everybody knows of a pair as a shared key."""
    made = start.made
    known = unb64(made.key["n" if "n" in made.key else "x"])
    keys: Mapping[str, Jwk] = {
        "dir": {**direct(made.enc), "k": b64(known[: CONTENT[made.enc].cek_bytes])},
        "A128KW": {**kw("A128KW"), "k": b64(known[:BLOCK_BYTES])},
    }
    for alg, key in keys.items():
        changed = sealed(key, made.enc, f"confused {made.alg} {alg}", TEXT)
        fault = f"{alg} under bytes of the public key"
        start.refuses(fault, changed, NOT_ALLOWED, "KeyConfusion")


def _keys(start: Start) -> None:
    token = start.made.make()
    size = len(token.encrypted_key)
    if start.made.alg in _DIRECT:
        sizes = {1, 16, CONTENT[start.made.enc].cek_bytes + 8}
    else:
        sizes = {0, size - 8, size - 1, size + 1, size + 8}
    for other in sorted(sizes):
        raw = (token.encrypted_key + draw("more bytes", 80))[:other]
        changed = replace(token, encrypted_key=raw)
        fault = f"an encrypted key of {other} bytes"
        start.refuses(fault, changed, MALFORMED, "EncryptedKeyLength")
