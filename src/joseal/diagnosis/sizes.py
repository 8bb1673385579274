"""Whether the encrypted key has a size that fits the alg, and iv, ciphertext and tag fit the enc.

Source: RFC 7518 sections 4.2 to 4.8, 5.2 and 5.3, RFC 3394.
"""

from collections.abc import Iterator
from typing import Final

from joseal._core.algorithms.hpke.suites import TAG_BYTES
from joseal._core.algorithms.registry import ENCS, AlgSpec, EncSpec
from joseal.diagnosis.causes import cause
from joseal.diagnosis.lenient_parse import Part, Reading, undone
from joseal.diagnosis.model import Cause

# RFC 3394 adds one block.
_WRAP_BYTES: Final = 8
_RSA_LEAST_BYTES: Final = 256
_RSA_MOST_BYTES: Final = 2048
# The sizes of RSA keys are multiples of this.
_RSA_STEP: Final = 32
_RSA_SMALL: Final = (64, 96, 128, 192)
_GCM_TAG_BYTES: Final = 16
_SHORT_TAGS: Final = (4, 8, 12)
_CEKS: Final = frozenset(enc.cek_bytes for enc in ENCS.values())
_FAMILY: Final = {"cbc-hmac": 16, "gcm": 12}

# ECDSA: r and s together. RFC 7518 section 3.4.
_SIGNATURE_BYTES: Final = {
    "ES256": 64,
    "ES384": 96,
    "ES512": 132,
    "ES256K": 64,
    "Ed25519": 64,
    "Ed448": 114,
    "HS256": 32,
    "HS384": 48,
    "HS512": 64,
}
_DER_SEQUENCE: Final = 0x30

# Limits on the way of a token: columns, headers, URLs, log lines.
_USUAL_LIMITS: Final = frozenset(
    {
        *(100, 128, 200, 250, 254, 255, 256, 500, 511, 512, 1000, 1023, 1024, 1500, 2000, 2047),
        *(2048, 2083, 3000, 4000, 4095, 4096, 8000, 8190, 8191, 8192, 16383, 16384, 32767, 65535),
    }
)


def usual_limit(text: str) -> str:
    """Say that a text has exactly the length of a common limit, if it does."""
    return f"its {len(text)} characters are a usual limit" if len(text) in _USUAL_LIMITS else ""


def key_size(alg: AlgSpec, enc: EncSpec | None, part: Part) -> Iterator[Cause]:
    """Yield what is wrong with the size of the encrypted key."""
    if not _is_plain(part):
        return
    size, seen = part.size, f"{part.size} bytes"
    if alg.family == "dir" or alg.name == "ECDH-ES":
        if size:
            yield cause("direct_with_key", seen)
    elif not size:
        yield cause("encrypted_key_missing")
    elif alg.kind == "RSA":
        yield from _rsa(size, f"{seen}; an RSA-2048 key gives 256")
    elif enc is not None:
        yield from _wrapped(alg, enc, size)


def _rsa(size: int, seen: str) -> Iterator[Cause]:
    if _RSA_LEAST_BYTES <= size <= _RSA_MOST_BYTES and size % _RSA_STEP == 0:
        return
    if size in _RSA_SMALL:
        yield cause("rsa_small_key", seen)
    elif size - _WRAP_BYTES in _CEKS:
        yield cause("wrapped_for_other_alg", seen)
    elif size >= _RSA_LEAST_BYTES - 1 and (size + 1) % _RSA_STEP in (0, 2):
        yield cause("rsa_leading_zero", seen)
    # A modulus with a different number of bits is unusual but not wrong.
    elif not _RSA_LEAST_BYTES <= size <= _RSA_MOST_BYTES:
        yield cause("encrypted_key_size", seen)


def _wrapped(alg: AlgSpec, enc: EncSpec, size: int) -> Iterator[Cause]:
    more = {"aes-gcmkw": 0, "hpke-ke": TAG_BYTES}.get(alg.family, _WRAP_BYTES)
    seen = f"{size} bytes, and {alg.name} with {enc.name} makes {enc.cek_bytes + more}"
    if size == enc.cek_bytes + more:
        return
    if size - more in _CEKS:
        yield cause("key_for_other_enc", seen)
    elif size >= _RSA_LEAST_BYTES and size % _RSA_STEP == 0:
        yield cause("rsa_for_other_alg", seen)
    else:
        yield cause("encrypted_key_size", seen)


def content_sizes(enc: EncSpec, reading: Reading) -> Iterator[Cause]:
    """Yield what is wrong with the sizes of iv, ciphertext and tag."""
    iv, ciphertext, tag = (reading.part(name) for name in ("iv", "ciphertext", "tag"))
    swapped = (iv.size, tag.size) == (enc.tag_bytes, enc.iv_bytes) and iv.size != tag.size
    if swapped and _is_plain(iv) and _is_plain(tag):
        yield cause("iv_tag_swapped", f"iv of {iv.size} bytes and tag of {tag.size}")
        return
    other = _other_enc(enc, iv, tag)
    if other is not None:
        seen = f"iv of {iv.size} bytes and tag of {tag.size}, as {other} has them"
        yield cause("enc_mismatch", seen)
        return
    if _is_plain(tag) and 0 < tag.size < enc.tag_bytes:
        limit = usual_limit(reading.text)
        if limit:
            yield cause("truncated", limit)
    yield from _repeated(iv, ciphertext, tag)
    yield from _iv(enc, iv, ciphertext)
    yield from _tag(enc, ciphertext, tag)
    appended = 0 if tag.size or not _is_plain(tag) else enc.tag_bytes
    blocks = (ciphertext.size - appended) % enc.block_bytes
    prepended = enc.iv_bytes if not iv.size else 0
    if _is_plain(ciphertext) and (blocks - prepended) % enc.block_bytes:
        yield cause("ciphertext_blocks", f"{ciphertext.size} bytes")
    elif enc.block_bytes > 1 and not ciphertext.size and not ciphertext.faults:
        yield cause("ciphertext_blocks", "it is empty")


def _repeated(iv: Part, ciphertext: Part, tag: Part) -> Iterator[Cause]:
    raw = ciphertext.raw or b""
    # Short ones match by chance.
    if tag.size >= _GCM_TAG_BYTES and raw.endswith(tag.raw or b""):
        yield cause("tag_repeated", f"the last {tag.size} bytes of the ciphertext")
    if iv.size >= _FAMILY["gcm"] and raw.startswith(iv.raw or b""):
        yield cause("iv_repeated", f"the first {iv.size} bytes of the ciphertext")


def _is_plain(part: Part) -> bool:
    """Tell whether the size of a part means anything."""
    return part.raw is not None and undone(part) is None and "text_lost" not in part.faults


def _other_enc(enc: EncSpec, iv: Part, tag: Part) -> str | None:
    """Name the enc that the iv and tag fit, if they don't fit that of the header."""
    if not _is_plain(iv) or not _is_plain(tag) or iv.size == enc.iv_bytes:
        return None
    fitting = [
        other
        for other in ENCS.values()
        if (other.iv_bytes, other.tag_bytes) == (iv.size, tag.size)
        # A 16-byte IV with GCM is a separate mistake, and so is a 12-byte one with CBC.
        and other.family != enc.family
        and (other.tag_bytes != enc.tag_bytes or iv.size not in _FAMILY.values())
    ]
    registered = [other for other in fitting if not other.draft] or fitting
    if not registered:
        return None
    # All of AES-GCM have the same sizes.
    return "AES-GCM" if registered[0].family == "gcm" else registered[0].name


def _iv(enc: EncSpec, iv: Part, ciphertext: Part) -> Iterator[Cause]:
    if not _is_plain(iv) or iv.size == enc.iv_bytes:
        return
    seen = f"{iv.size} bytes, and {enc.name} takes {enc.iv_bytes}"
    if not iv.size and ciphertext.size >= enc.iv_bytes:
        yield cause("iv_prepended", f"ciphertext of {ciphertext.size} bytes")
    elif enc.family == "gcm" and iv.size == _FAMILY["cbc-hmac"]:
        yield cause("gcm_iv_16", seen)
    elif enc.family == "cbc-hmac" and iv.size == _FAMILY["gcm"]:
        yield cause("cbc_iv_12", seen)
    else:
        yield cause("iv_size", seen)


def _tag(enc: EncSpec, ciphertext: Part, tag: Part) -> Iterator[Cause]:
    if not _is_plain(tag) or tag.size == enc.tag_bytes:
        return
    seen = f"{tag.size} bytes, and {enc.name} has {enc.tag_bytes}"
    if not tag.size:
        code = "tag_appended" if ciphertext.size >= enc.tag_bytes else "truncated"
        yield cause(code, f"ciphertext of {ciphertext.size} bytes")
    elif tag.size == _GCM_TAG_BYTES:
        yield cause("tag_16", seen)
    elif enc.family == "cbc-hmac" and tag.size == 2 * enc.tag_bytes:
        yield cause("tag_whole_hmac", seen)
    elif tag.size in _SHORT_TAGS and not tag.faults:
        yield cause("tag_short", seen)
    else:
        yield cause("truncated" if tag.size < enc.tag_bytes else "tag_size", seen)


def signature_size(alg: str, part: Part) -> Iterator[Cause]:
    """Yield what is wrong with the size of a signature."""
    size, known = part.size, _SIGNATURE_BYTES.get(alg)
    if not _is_plain(part):
        return
    if alg.startswith("ES") and size != known and (part.raw or b"")[:1] == bytes((_DER_SEQUENCE,)):
        yield cause("ecdsa_der", f"{size} bytes that begin with 30")
    elif known is not None and size != known:
        yield cause("signature_size", f"{size} bytes, and {alg} has {known}")
    elif alg[:2] in ("RS", "PS") and size < _RSA_LEAST_BYTES:
        yield cause("signature_size", f"{size} bytes, and an RSA-2048 key gives 256")
