"""The ways in which ciphertext and tag may have been made, tried with a content key.

Only for `joseal doctor` on the machine of the key's owner: code that answers others must never
reveal which variant decrypts. RFC 7516 section 11.5.

Source: RFC 7518 sections 5.2 and 5.3.
"""

import hmac
import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from msgspec import structs

from joseal._core.algorithms import content_encryption
from joseal._core.algorithms.content_encryption import AeadOutput
from joseal._core.algorithms.registry import EncSpec
from joseal._core.wire import base64url
from joseal._core.wire.compact import JWE_SEGMENTS
from joseal.diagnosis.lenient_parse import Part, Reading, undone

Codes = tuple[tuple[str, str], ...]

# In ciphertexts above this size, combinations of two faults are not tried.
_LARGE_BYTES: Final = 1024 * 1024
_BLOCK: Final = 16
_LEAST_TAG: Final = 16
# This many random bytes are never printable text; half as many never have one certain value.
_LEAST_PLAIN: Final = 8
# The first byte of a padding of ISO 7816-4.
_ISO_7816: Final = b"\x80"
# The IV sizes that AES-GCM accepts.
_GCM_IVS: Final = range(8, 129)


class Way(NamedTuple):
    """One reading of the token: its AAD, iv, ciphertext and tag."""

    codes: Codes
    sealed: AeadOutput


class Opened(NamedTuple):
    """The outcome of a reading; without a plaintext, only the tag was valid."""

    codes: Codes
    plaintext: bytes | None


class _Mac(NamedTuple):
    """One way to make the tag of CBC-HMAC."""

    codes: Codes
    mac_key: bytes
    aes_key: bytes
    hash_name: str
    raw: bytes


def ways(enc: EncSpec, reading: Reading) -> list[Way]:
    """Return the readings of a token, those with the fewest faults first."""
    found = [
        Way((*shape.codes, *codes), structs.replace(shape.sealed, aad=aad))
        for shape in _shapes(enc, reading)
        for codes, aad in _aads(reading)
    ]
    most = 1 if reading.part("ciphertext").size > _LARGE_BYTES else 2
    found = sorted((way for way in found if len(way.codes) <= most), key=lambda way: len(way.codes))
    # A reading with the same inputs as an earlier one is the same.
    return list({way.sealed: way for way in reversed(found)}.values())[::-1]


def opened(enc: EncSpec, cek: bytes, way: Way, header_bytes: int) -> Opened | None:
    """Try one reading; return the differences, and the plaintext."""
    sealed = way.sealed
    if enc.family == "cbc-hmac":
        found = _cbc(enc, cek, sealed, header_bytes)
        return None if found is None else Opened((*way.codes, *found.codes), found.plaintext)
    fits = len(sealed.iv) in _GCM_IVS if enc.family == "gcm" else len(sealed.iv) == enc.iv_bytes
    if not fits or len(sealed.tag) != enc.tag_bytes:
        return None
    plaintext = content_encryption.open_(enc, cek, sealed)
    return None if plaintext is None else Opened(way.codes, plaintext)


def _aads(reading: Reading) -> Iterator[tuple[Codes, bytes]]:
    header = reading.part("protected header")
    raw = header.raw or b""
    encoded = base64url.encode(raw)
    sent = header.text.encode("ascii", "replace")
    if reading.outside.aad is not None:
        # RFC 7516 section 5.1 step 14. Another check reports that there is one.
        yield (), sent + b"." + reading.outside.aad.encode("ascii", "replace")
    yield (), sent
    if encoded != sent:
        # Another check reports that the segment is not canonical.
        yield (), encoded
    yield (("aad_decoded", ""),), raw
    yield (("aad_empty", ""),), b""
    yield (("aad_utf16", ""),), sent.decode("ascii").encode("utf-16-le")
    if len(encoded) % 4:
        yield (("aad_padded", ""),), encoded + b"=" * (-len(encoded) % 4)
    for seen, text in _rewritten(reading):
        if text != raw:
            yield (("aad_reserialised", seen),), base64url.encode(text)


def _rewritten(reading: Reading) -> Iterator[tuple[str, bytes]]:
    """Yield the header as other JSON writers would write it."""
    for order in ("", " and sorted"):
        for spaces, separators in (("compact", (",", ":")), ("with blanks", (", ", ": "))):
            text = json.dumps(reading.members, separators=separators, sort_keys=bool(order))
            yield f"{spaces}{order}", text.encode()


def _shapes(enc: EncSpec, reading: Reading) -> Iterator[Way]:
    iv, ciphertext, tag = (_bytes(reading.part(name)) for name in ("iv", "ciphertext", "tag"))
    appended: Codes = () if len(reading.parts) == JWE_SEGMENTS else (("tag_appended", ""),)
    if len(iv) == enc.tag_bytes and len(tag) == enc.iv_bytes and iv != tag:
        # If the sizes differ, the structure check has reported it.
        swapped: Codes = () if enc.tag_bytes != enc.iv_bytes else (("iv_tag_swapped", ""),)
        yield Way(swapped, AeadOutput(b"", tag, ciphertext, iv))
    for codes, rest, last in _tags(enc, ciphertext, tag, appended):
        for more, vector, body in _ivs(enc, reading.part("iv"), iv, rest):
            yield Way((*codes, *more), AeadOutput(b"", vector, body, last))


def _bytes(part: Part) -> bytes:
    inner = undone(part)
    return (part.raw or b"") if inner is None else inner


def _tags(
    enc: EncSpec, ciphertext: bytes, tag: bytes, codes: Codes
) -> Iterator[tuple[Codes, bytes, bytes]]:
    """Yield ciphertext and tag; another check reports a missing or repeated tag."""
    size = enc.tag_bytes
    if not size:
        # For HPKE, whose tag is the end of the ciphertext. Another check reports that it was sent
        # separately.
        yield (), ciphertext + tag, b""
        return
    if tag:
        yield (), ciphertext, tag
    if tag and ciphertext.endswith(tag):
        yield (), ciphertext[: -len(tag)], tag
    if not tag and len(ciphertext) >= size:
        # With an empty fifth segment, the structure check has reported it; without one it could
        # not.
        yield codes, ciphertext[:-size], ciphertext[-size:]
        yield (("tag_prepended", ""),), ciphertext[size:], ciphertext[:size]


def _ivs(
    enc: EncSpec, part: Part, iv: bytes, ciphertext: bytes
) -> Iterator[tuple[Codes, bytes, bytes]]:
    size = enc.iv_bytes
    if not size:
        # HPKE derives it. Another check reports that one was sent.
        yield (), b"", ciphertext
        return
    if iv:
        yield (), iv, ciphertext
    if iv and ciphertext.startswith(iv):
        yield (), iv, ciphertext[len(iv) :]
    if not iv:
        for prepended in {size, _BLOCK}:
            yield (), ciphertext[:prepended], ciphertext[prepended:]
    if len(iv) > size:
        yield (("iv_cut", f"{size} of {len(iv)} bytes"),), iv[:size], ciphertext
    text = part.text.encode("ascii", "replace")
    for length in sorted({len(text), size, _BLOCK}):
        if 0 < length <= len(text):
            yield (("iv_undecoded", f"{length} characters"),), text[:length], ciphertext
    if part.raw is not None and part.raw != iv:
        yield (("iv_undecoded", f"{part.size} characters"),), part.raw, ciphertext
    yield (("iv_zero", ""),), bytes(size), ciphertext


def _cbc(enc: EncSpec, cek: bytes, sealed: AeadOutput, header_bytes: int) -> Opened | None:
    tag, whole = sealed.tag, len(sealed.ciphertext) % _BLOCK == 0 and len(sealed.ciphertext) > 0
    if len(sealed.iv) != _BLOCK or len(tag) < _LEAST_TAG or not whole:
        return None
    for mac in _macs(enc, cek, sealed, header_bytes):
        made = hmac.digest(mac.mac_key, mac.raw, mac.hash_name)
        half = made[len(made) // 2 :]
        if made.startswith(tag):
            return _decrypted(mac.codes, mac.aes_key, sealed)
        if half == tag:
            return _decrypted((*mac.codes, ("tag_last_half", "")), mac.aes_key, sealed)
    return None


def _macs(enc: EncSpec, cek: bytes, sealed: AeadOutput, header_bytes: int) -> Iterator[_Mac]:
    """Yield the RFC's way, and then those with one fault."""
    half, hash_name = enc.tag_bytes, enc.hash
    first, last = cek[:half], cek[half:]
    aad, bits = sealed.aad, 8 * len(sealed.aad)
    ciphertext = bytes(sealed.ciphertext)
    begin = b"".join((aad, sealed.iv, ciphertext))
    right = begin + bits.to_bytes(8, "big")
    yield _Mac((), first, last, hash_name, right)
    yield _Mac((("cbc_keys_swapped", ""),), last, first, hash_name, right)
    yield _Mac((("mac_whole_key", ""),), cek, last, hash_name, right)
    yield _Mac((("cbc_half_zero", "the MAC half"),), bytes(half), last, hash_name, right)
    for code, al in (
        ("al_bytes", len(aad).to_bytes(8, "big")),
        ("al_32", bits.to_bytes(4, "big")),
        ("al_little", bits.to_bytes(8, "little")),
        ("al_decoded", (8 * header_bytes).to_bytes(8, "big")),
        ("al_missing", b""),
    ):
        yield _Mac(((code, ""),), first, last, hash_name, begin + al)
    without_iv = b"".join((aad, ciphertext, bits.to_bytes(8, "big")))
    yield _Mac((("mac_without_iv", ""),), first, last, hash_name, without_iv)
    for other in ("sha256", "sha384", "sha512"):
        if other != hash_name:
            yield _Mac((("mac_hash", other),), first, last, other, right)


def _decrypted(codes: Codes, aes_key: bytes, sealed: AeadOutput) -> Opened:
    """Decrypt with the AES key, then with an IV of zeros; good padding or readable text decides."""
    padded = _cbc_decrypted(aes_key, sealed)
    plaintext = _unpadded(padded)
    if plaintext is not None:
        return Opened(codes, plaintext)
    zero = _unpadded(_cbc_decrypted(bytes(len(aes_key)), sealed))
    if zero is not None:
        return Opened((*codes, ("cbc_half_zero", "the AES half")), zero)
    for seen, text, fixed in _other_paddings(padded):
        if max(len(text), 2 * fixed) >= _LEAST_PLAIN and _is_text(text):
            return Opened((*codes, ("cbc_padding", seen)), text)
    return Opened((*codes, ("cbc_aes_key", "the result has no padding and is not text")), None)


def _cbc_decrypted(aes_key: bytes, sealed: AeadOutput) -> bytes:
    return Cipher(AES(aes_key), CBC(sealed.iv)).decryptor().update(bytes(sealed.ciphertext))


def _unpadded(padded: bytes) -> bytes | None:
    size = padded[-1]
    good = 1 <= size <= _BLOCK and padded.endswith(bytes((size,)) * size)
    return padded[:-size] if good else None


def _other_paddings(padded: bytes) -> Iterator[tuple[str, bytes, int]]:
    """Yield the plaintexts that paddings of other standards would leave.

    With each comes how many bytes of the padding have the only value that they can have.
    """
    bare = padded.rstrip(b"\0")
    if padded[-1] == 0:
        yield "zeros", bare, len(padded) - len(bare)
    if bare.endswith(_ISO_7816) and len(padded) - len(bare) < _BLOCK:
        yield "ISO 7816-4: 80 and zeros", bare[:-1], len(padded) - len(bare) + 1
    size = padded[-1]
    if 1 <= size <= _BLOCK:
        zeros = padded[:-1].endswith(bytes(size - 1))
        seen = "ANSI X9.23: zeros and their number" if zeros else "only the last byte is its number"
        yield seen, padded[:-size], size if zeros else 1
    yield "none", padded, 0


def _is_text(raw: bytes) -> bool:
    """Tell whether a plaintext is text, which the result of a wrong key is not."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(char.isprintable() or char.isspace() for char in text)
