"""Encryption in one pass, and decryption in two.

Decryption reads its source twice: first the tag is checked over all of it, and every chunk leaves a
fingerprint; then each chunk is decrypted if its fingerprint is still the same.

Rules:
- No byte is released that has not been authenticated, whatever happens to the source in the
  meantime.
- Checks, errors and their order are those of `Decrypter`. The only exception: whether the
  ciphertext is canonical base64url is checked while the tag is computed, and does not depend on the
  key.
- Memory does not grow with the token, except for the fingerprints: 16 bytes for 192 KiB.
- `token_bytes` and `plaintext_bytes` of `Limits` are for data in memory and do not apply here; the
  other limits do.

Source: RFC 7516 sections 5.1 and 5.2.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from msgspec import UNSET

from joseal._core.algorithms import content_chunked
from joseal._core.algorithms.key_management import Unwrap, UnwrapRequest
from joseal._core.algorithms.registry import EncSpec
from joseal._core.decryption import DecryptionSettings, cek_or_random
from joseal._core.jwe import (
    Decrypter,
    Encrypter,
    begin_token,
    decryption_settings,
    encryption_settings,
)
from joseal._core.limits import Limits
from joseal._core.secrecy import hide_locals
from joseal._core.wire import base64url, compact
from joseal._core.wire.compact import CompactJwe
from joseal._core.wire.forms import Form
from joseal.errors import (
    DecryptionError,
    MalformedTokenError,
    NotAllowedError,
    TokenError,
    TokenTooLargeError,
)
from joseal.stream import binary
from joseal.stream.binary import SeekableSource, Source, Target
from joseal.stream.fingerprints import Fingerprints

# The most bytes that one key and initialization vector may encrypt: NIST SP 800-38D section
# 5.2.1.1; for HMAC, the bits that SHA-256 can count, FIPS 180-4 section 1, with room for the other
# inputs.
_MOST_BYTES: Final = {"gcm": 2**36 - 32, "cbc-hmac": 2**60}

# Characters of a whole chunk of ciphertext.
_CHUNK_CHARS: Final = content_chunked.CHUNK_BYTES // 3 * 4

# The encrypted key of the largest RSA key, 16,384 bits, and an iv, with their dots.
_KEY_AND_IV_CHARS: Final = base64url.encoded_bytes(2048) + base64url.encoded_bytes(16) + 3

# The longest tag, with its dot.
_TAG_CHARS: Final = base64url.encoded_bytes(32) + 1


@hide_locals
def encrypt_stream(
    encrypter: Encrypter,
    source: Source,
    target: Target,
    *,
    header: Mapping[str, object] | None = None,
    plaintext_bytes: int | None = None,
) -> None:
    """Encrypt the rest of a binary file, and write the token to a second one.

    Neither is flushed or closed. After an exception the target contains the beginning of a token,
    which nobody can decrypt.

    Args:
        encrypter: encrypts with AES-CBC-HMAC or AES-GCM, without compression.
        source: the plaintext; any binary file, including a pipe.
        target: any binary file except the source.
        header: Header Parameters for this token only, as in `Encrypter.encrypt`.
        plaintext_bytes: the most to encrypt. The default is AES-GCM's own limit, 2^36 - 32.

    Raises:
        TypeError: an argument is of the wrong type; a file is in text mode.
        ValueError: the encrypter is for C20P or XC20P, compresses, or has a JSON form;
            `plaintext_bytes` is negative; or `header` has a parameter that joseal sets itself, that
            is already set, or that strict JSON can't carry.
        TokenTooLargeError: header or plaintext is over its limit.
        InvalidKeyError: a fixed key has made its 2^32 tokens.
        KeyUnavailableError: a secret on a device is unavailable.
        BlockingIOError: a file does not block, and has nothing or accepts nothing now.
        OSError: a file raised it; its exceptions pass through.

    Example:
        >>> import io
        >>> import joseal
        >>> from joseal.stream import decrypt_stream, encrypt_stream
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine")
        >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
        >>> token, plaintext = io.BytesIO(), io.BytesIO()
        >>> encrypt_stream(encrypter, io.BytesIO(b"hello"), token)
        >>> token.seek(0)
        0
        >>> decrypt_stream(joseal.Decrypter(mine, enc="A256GCM"), token, plaintext)
        >>> plaintext.getvalue()
        b'hello'

    Source: RFC 7516 section 5.1.
    """
    if not isinstance(encrypter, Encrypter):
        raise TypeError("encrypter must be an Encrypter")
    binary.check(source, target)
    enc = _enc_of(encrypter)
    most_bytes = _most_bytes(enc, plaintext_bytes)
    # A token of this kind begins like any other, and is counted as one.
    start = begin_token(encrypter, header)
    binary.write(target, start.encode())
    sealing = content_chunked.ChunkedEncryption(enc, start.cek, start.iv, start.protected)
    overlap = content_chunked.can_overlap(most_bytes)
    ciphertext = sealing.encrypt(_plaintext(source, most_bytes), overlap=overlap)
    for text in base64url.encode_chunks(ciphertext):
        binary.write(target, text.encode("ascii"))
    binary.write(target, b"." + base64url.encode(sealing.tag))


@hide_locals
def decrypt_stream(
    decrypter: Decrypter,
    source: SeekableSource,
    target: Target,
    *,
    plaintext_bytes: int | None = None,
) -> None:
    """Decrypt the rest of a binary file, and write the plaintext to a second one.

    Nothing is written unless the tag is valid over header, iv and ciphertext. If the source changes
    after that, only a part of the authenticated plaintext is written, and `DecryptionError`
    says that the rest is missing. Neither file is flushed or closed.

    Args:
        decrypter: decides which keys and encs are accepted, and what the header must have.
        source: the token up to its last byte; it is read at least twice.
        target: any binary file except the source.
        plaintext_bytes: the most to decrypt. The default is AES-GCM's own limit, 2^36 - 32.

    Raises:
        TypeError: an argument is of the wrong type; a file is in text mode.
        ValueError: the source is not seekable; `plaintext_bytes` is negative; the decrypter has a
            JSON form.
        MalformedTokenError: it is not a strict compact JWE.
        TokenTooLargeError: header or plaintext is over its limit.
        NotAllowedError: the decrypter does not accept the alg, enc, typ, cty or p2c, enc is C20P or
            XC20P, or the token is compressed.
        UnknownKeyError: it names a kid that no key has.
        DecryptionError: it can't be decrypted, or the source has changed in the meantime.
        KeyUnavailableError: a key on a device is unavailable.
        BlockingIOError: a file does not block, and has nothing or accepts nothing now.
        OSError: a file raised it; its exceptions pass through.

    Example:
        >>> import io
        >>> import joseal
        >>> from joseal.stream import decrypt_stream, encrypt_stream
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine")
        >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
        >>> token, plaintext = io.BytesIO(), io.BytesIO()
        >>> encrypt_stream(encrypter, io.BytesIO(b"hello"), token)
        >>> token.seek(0)
        0
        >>> decrypt_stream(joseal.Decrypter(mine, enc="A256GCM"), token, plaintext)
        >>> plaintext.getvalue()
        b'hello'

    Source: RFC 7516 section 5.2.
    """
    if not isinstance(decrypter, Decrypter):
        raise TypeError("decrypter must be a Decrypter")
    binary.check(source, target)
    if not binary.is_seekable(source):
        raise ValueError("the source must be seekable: it is read twice")
    settings = decryption_settings(decrypter)
    _check_form(settings.form)
    limits = settings.limits
    begin = source.seek(0, os.SEEK_CUR)
    frame = _frame(source, begin, limits)
    token = _accept(settings, frame, plaintext_bytes)
    cek, size, seen = _authenticate(token, source, frame)
    _check_size(size, token.enc, plaintext_bytes)
    if not _has_frame(source, begin, limits, frame):
        raise DecryptionError
    ciphertext = _decoded(seen.unchanged(_text(source, frame)))
    for plaintext in content_chunked.decrypt_authenticated(
        token.enc, cek, ciphertext, iv=token.iv, size=size
    ):
        binary.write(target, plaintext)


class _Span(NamedTuple):
    """Where the ciphertext is in its file."""

    start: int
    stop: int


# A token without its ciphertext, which stays in the file.
_Frame: TypeAlias = CompactJwe[_Span]


class _Accepted(NamedTuple):
    """A token after every public check."""

    enc: EncSpec
    unwraps: list[Unwrap]
    iv: bytes
    tag: bytes


def _enc_of(encrypter: Encrypter) -> EncSpec:
    settings = encryption_settings(encrypter)
    enc = settings.wrap.enc
    if not content_chunked.can_chunk(enc):
        raise ValueError(
            "the encrypter uses C20P, XC20P or integrated HPKE, which no stream can have"
        )
    if settings.compress:
        raise ValueError("the encrypter compresses, which no stream can")
    _check_form(settings.form)
    return enc


def _check_form(form: Form) -> None:
    if form != "compact":
        raise ValueError("a stream has a compact token: leave out form=")


def _most_bytes(enc: EncSpec, plaintext_bytes: int | None) -> int:
    if plaintext_bytes is None:
        return _MOST_BYTES[enc.family]
    if type(plaintext_bytes) is not int:
        raise TypeError("plaintext_bytes must be an int")
    if plaintext_bytes < 0:
        raise ValueError("plaintext_bytes must not be negative")
    return min(plaintext_bytes, _MOST_BYTES[enc.family])


def _check_size(size: int, enc: EncSpec, plaintext_bytes: int | None) -> None:
    most_bytes = _most_bytes(enc, plaintext_bytes)
    if size > most_bytes:
        raise TokenTooLargeError("plaintext_bytes", most_bytes)


def _frame(source: SeekableSource, begin: int, limits: Limits) -> _Frame:
    """Read everything except the ciphertext, and no more than a header and a key can have."""
    header_chars = base64url.encoded_bytes(limits.header_bytes)
    source.seek(begin, os.SEEK_SET)
    head = binary.read(source, header_chars + _KEY_AND_IV_CHARS).split(b".", 3)
    if len(head[0]) > header_chars:
        raise TokenTooLargeError("header_bytes", limits.header_bytes)
    if len(head) < compact.JWE_SEGMENTS - 1:
        raise MalformedTokenError("the token does not begin with header, encrypted key and iv")
    protected, encrypted_key, iv, _ = head
    start = begin + len(protected) + len(encrypted_key) + len(iv) + 3
    tail_at = max(start, source.seek(0, os.SEEK_END) - _TAG_CHARS)
    source.seek(tail_at, os.SEEK_SET)
    end, dot, tag = binary.read(source, _TAG_CHARS + 1).rpartition(b".")
    if not dot:
        raise MalformedTokenError("the token does not end with a tag")
    return CompactJwe(protected, encrypted_key, iv, _Span(start, tail_at + len(end)), tag)


def _has_frame(source: SeekableSource, begin: int, limits: Limits, frame: _Frame) -> bool:
    try:
        return _frame(source, begin, limits) == frame
    except TokenError:
        return False


def _accept(settings: DecryptionSettings, frame: _Frame, plaintext_bytes: int | None) -> _Accepted:
    """Do every public check. RFC 7516 section 5.2."""
    parsed, enc, keys = settings.match(frame.protected)
    if parsed.known.zip is not UNSET:
        raise NotAllowedError("zip", "compressed tokens can't be opened as a stream")
    if not content_chunked.can_chunk(enc):
        raise NotAllowedError("enc", "C20P, XC20P and integrated HPKE can't be opened as a stream")
    encrypted_key = compact.decode(frame.encrypted_key, "encrypted key")
    iv, tag = compact.decode(frame.iv, "iv"), compact.decode(frame.tag, "tag")
    size = (frame.ciphertext.stop - frame.ciphertext.start) * 3 // 4
    padding_bytes = 0 if enc.block_bytes == 1 else enc.block_bytes
    if (len(iv), len(tag)) != (enc.iv_bytes, enc.tag_bytes) or (
        size % enc.block_bytes or size < padding_bytes
    ):
        raise MalformedTokenError("iv, ciphertext or tag has a length that enc does not make")
    _check_size(size - padding_bytes, enc, plaintext_bytes)
    request = UnwrapRequest(enc, parsed.known, encrypted_key, settings.limits, {})
    steps = settings.check_public(keys, request)
    return _Accepted(enc, [unwrap for _, unwrap in steps], iv, tag)


def _authenticate(
    token: _Accepted, source: SeekableSource, frame: _Frame
) -> tuple[bytes, int, Fingerprints]:
    """Return the content encryption key, the plaintext's size, and the fingerprints."""
    for unwrap in token.unwraps:
        cek, seen = cek_or_random(token.enc, unwrap), Fingerprints()
        ciphertext = _decoded(seen.taken(_text(source, frame)))
        aad, iv, tag = frame.protected, token.iv, token.tag
        size = content_chunked.authenticate(token.enc, cek, ciphertext, iv=iv, aad=aad, tag=tag)
        if size is not None:
            return cek, size, seen
    raise DecryptionError


def _text(source: SeekableSource, frame: _Frame) -> Iterator[bytes]:
    """Read the encoded ciphertext, in the same chunks each time."""
    start, stop = frame.ciphertext
    source.seek(start, os.SEEK_SET)
    for at in range(start, stop, _CHUNK_CHARS):
        size = min(_CHUNK_CHARS, stop - at)
        text = binary.read(source, size)
        if len(text) != size:
            # It was longer a moment ago.
            raise DecryptionError
        yield text


def _decoded(texts: Iterable[bytes]) -> Iterator[bytes]:
    return (compact.decode(text, "ciphertext") for text in texts)


def _plaintext(source: Source, most_bytes: int) -> Iterator[bytes]:
    left = most_bytes
    while chunk := binary.read(source, content_chunked.CHUNK_BYTES):
        left -= len(chunk)
        if left < 0:
            raise TokenTooLargeError("plaintext_bytes", most_bytes)
        yield chunk
