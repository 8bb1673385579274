"""The ways in which a shared key or a password may have become a different key, tried with it.

Only for `joseal doctor` on the machine of the key's owner: code that answers others must never
reveal which variant decrypts. RFC 7516 section 11.5.

Source: RFC 7518 sections 4.4, 4.5, 4.7 and 4.8.
"""

import unicodedata
from collections.abc import Container, Iterator
from contextlib import suppress
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from joseal import Key, Limits
from joseal._core.algorithms import aes
from joseal._core.algorithms.hashes import HASHES
from joseal._core.algorithms.pbes2 import LEAST_ITERATIONS, LEAST_SALT_BYTES
from joseal._core.algorithms.registry import AlgSpec, EncSpec
from joseal._core.wire import base64url
from joseal._core.wire import header as headers
from joseal.diagnosis.lenient_parse import member_bytes, repaired

Codes = tuple[tuple[str, str], ...]

_AES: Final = (16, 24, 32)
# RFC 3394 needs at least two blocks, and the integrity block.
_LEAST_WRAPPED: Final = 24
_GCM_IV: Final = 12
_GCM_TAG: Final = 16
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")


def secret_of(key: Key) -> bytes:
    """Return the bytes of a shared key, or of a password."""
    member = key.to_jwk(private=True).get("k")
    return (base64url.decode_text(member) or b"") if isinstance(member, str) else b""


def content_keys(
    key: Key, alg: AlgSpec, enc: EncSpec, members: dict[str, object], encrypted_key: bytes
) -> Iterator[tuple[Codes, bytes]]:
    """Yield the differences with the shared key, and the content key that results."""
    if alg.family == "pbes2":
        keks = _stretched(key, alg, members)
    else:
        keks = _sized(secret_of(key), alg.key_bytes or enc.cek_bytes, is_direct=alg.family == "dir")
    for codes, kek in keks:
        if alg.family == "dir":
            yield codes, kek
            continue
        for more, cek in _unwrapped(kek, alg, members, encrypted_key):
            yield (*codes, *more), cek


def _sized(secret: bytes, size: int, *, is_direct: bool) -> Iterator[tuple[Codes, bytes]]:
    if is_direct and len(secret) != size:
        # Without a code: the size itself is the difference, and the caller reports it.
        yield (), secret
    for codes, raw in forms(secret):
        if len(raw) == size:
            yield codes, raw
        elif len(raw) > size:
            yield (*codes, ("secret_size", f"the first {size} of {len(raw)} bytes")), raw[:size]
        elif raw:
            seen = f"{len(raw)} bytes and zeros, {size} in all"
            yield (*codes, ("secret_size", seen)), raw.ljust(size, b"\0")
            yield (*codes, ("secret_size", seen)), raw.rjust(size, b"\0")


def forms(secret: bytes) -> Iterator[tuple[Codes, bytes]]:
    """Yield the bytes that the other side may have used as a shared secret."""
    yield (), secret
    encoded = base64url.encode(secret)
    padding = b"=" * (-len(encoded) % 4)
    for seen, text in (
        ("base64url", encoded),
        ("base64url with padding", encoded + padding),
        ("base64", encoded.translate(_STANDARD) + padding),
        ("base64 without padding", encoded.translate(_STANDARD)),
        ("hex", secret.hex().encode()),
        ("hex in upper case", secret.hex().upper().encode()),
    ):
        yield (("secret_text", seen),), text
    if secret.isascii():
        yield from _decoded(secret.decode("ascii").strip())
    for line_end in (b"\n", b"\r\n"):
        yield (("password_line_end", ""),), secret + line_end
    digest = hashes.Hash(hashes.SHA256())
    digest.update(secret)
    yield (("secret_hashed", "SHA-256"),), digest.finalize()


def _decoded(text: str) -> Iterator[tuple[Codes, bytes]]:
    if len(text) % 2 == 0 and all(digit in "0123456789abcdefABCDEF" for digit in text):
        yield (("secret_decoded", "from hex"),), bytes.fromhex(text)
    raw = repaired("payload", text).raw
    if raw:
        yield (("secret_decoded", "from base64"),), raw


def _unwrapped(
    kek: bytes, alg: AlgSpec, members: dict[str, object], encrypted_key: bytes
) -> Iterator[tuple[Codes, bytes]]:
    if len(kek) not in _AES:
        return
    if alg.family == "aes-gcmkw":
        yield from _gcm_unwrapped(kek, members, encrypted_key)
    elif len(encrypted_key) >= _LEAST_WRAPPED and len(encrypted_key) % 8 == 0:
        cek = aes.unwrap(kek, encrypted_key)
        if cek is not None:
            yield (), cek


def _gcm_unwrapped(
    kek: bytes, members: dict[str, object], encrypted_key: bytes
) -> Iterator[tuple[Codes, bytes]]:
    """Look for IV and tag in the header, and then at the ends of the encrypted key."""
    iv, tag = (_member(members, name, (_GCM_IV, _GCM_TAG)) for name in ("iv", "tag"))
    codes: Codes = ()
    if (len(iv), len(tag)) == (_GCM_TAG, _GCM_IV):
        codes, iv, tag = (("gcmkw_swapped", ""),), tag, iv
    if not iv:
        codes = (("gcmkw_in_key", "the iv"),)
        iv, encrypted_key = encrypted_key[:_GCM_IV], encrypted_key[_GCM_IV:]
    if not tag or encrypted_key.endswith(tag):
        codes = (("gcmkw_in_key", "the iv and the tag" if codes else "the tag"),)
        tag = b""
    if len(iv) != _GCM_IV or len(tag) not in (0, _GCM_TAG):
        return
    with suppress(InvalidTag):
        yield codes, AESGCM(kek).decrypt(iv, encrypted_key + tag, None)


def _stretched(key: Key, alg: AlgSpec, members: dict[str, object]) -> Iterator[tuple[Codes, bytes]]:
    """Yield the results of PBKDF2 with one difference. Each costs as much as the right one."""
    salt, work, secret = _member(members, "p2s"), members.get("p2c"), secret_of(key)
    most = Limits().pbes2_iterations
    if not isinstance(work, int) or not 1 <= work <= most:
        return
    right, text = alg.name.encode() + b"\0" + salt, str(members.get("p2s", "")).encode()
    for codes, password, used in (
        # What the key itself refuses, for a reason that another check reports.
        *([] if _is_regular(members) else [((), secret, right)]),
        ((("pbes2_salt", "p2s alone"),), secret, salt),
        ((("pbes2_salt", "without the zero byte"),), secret, alg.name.encode() + salt),
        ((("pbes2_salt", "the text of p2s"),), secret, right[: -len(salt) or None] + text),
        *(((code,), password, right) for code, password in _passwords(secret)),
    ):
        kdf = PBKDF2HMAC(HASHES[alg.hash], alg.key_bytes, used, work)
        yield codes, kdf.derive(password)


def _is_regular(members: dict[str, object]) -> bool:
    salt, work = members.get("p2s"), members.get("p2c")
    raw = headers.from_member(salt) if isinstance(salt, str) else None
    is_enough = isinstance(work, int) and work >= LEAST_ITERATIONS
    return is_enough and raw is not None and len(raw) >= LEAST_SALT_BYTES


def _passwords(secret: bytes) -> Iterator[tuple[tuple[str, str], bytes]]:
    """Yield what an editor, a shell or a different encoding makes of a password."""
    yield ("password_line_end", ""), secret + b"\n"
    yield ("password_line_end", ""), secret + b"\r\n"
    bare = secret.strip()
    if bare != secret:
        yield ("password_stripped", ""), bare
    try:
        text = secret.decode("utf-8")
    except UnicodeDecodeError:
        return
    yield ("password_encoding", "UTF-16"), text.encode("utf-16-le")
    if text.isascii():
        return
    for form in ("NFC", "NFD"):
        written = unicodedata.normalize(form, text).encode()
        if written != secret:
            yield ("password_encoding", f"the normal form {form}"), written
    for encoding in ("latin-1", "cp1252"):
        with suppress(UnicodeEncodeError):
            composed = unicodedata.normalize("NFC", text)
            yield ("password_encoding", encoding), composed.encode(encoding)


def _member(members: dict[str, object], name: str, sizes: Container[int] | None = None) -> bytes:
    # Another check reports a member that is not base64url.
    return member_bytes(members.get(name), sizes) or b""
