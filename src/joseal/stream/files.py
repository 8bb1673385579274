"""Whole files: the new one is private and complete, or does not exist.

Rules:
- A file is written next to its target and renamed onto it. Nobody sees a partial file, no symbolic
  link is followed, and an error leaves the target as it was and nothing else behind.
- The mode is set when the file is created, so there is no moment when others can open it.
- A renamed file is on disk: first the file is flushed, then its directory.

Source: none; POSIX `open`, `fsync` and `rename`.
"""

import io
import os
import stat
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from tempfile import mkstemp
from typing import TypeAlias

from joseal._core.jwe import Decrypter, Encrypter
from joseal._core.secrecy import hide_locals
from joseal.stream.tokens import decrypt_stream, encrypt_stream

AnyPath: TypeAlias = str | PathLike[str]


@hide_locals
def encrypt_file(
    encrypter: Encrypter,
    source: AnyPath,
    target: AnyPath,
    *,
    header: Mapping[str, object] | None = None,
    plaintext_bytes: int | None = None,
) -> None:
    """Encrypt a file into a new file, which replaces `target` when it is complete.

    It is written next to the target with mode 0600, flushed to disk and renamed. An exception
    leaves the target as it was and nothing else behind. Both may be the same file.

    Args:
        encrypter: encrypts with AES-CBC-HMAC or AES-GCM, without compression.
        source: the path of the plaintext.
        target: the path of the new file.
        header: Header Parameters for this token only, after those of the object.
        plaintext_bytes: the most to encrypt. The default is AES-GCM's own limit, 2^36 - 32.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the target is not a regular file, such as a link or a directory; the
            encrypter is for C20P or XC20P, compresses, or has a JSON form; `plaintext_bytes` is
            negative; or `header` has a parameter that joseal sets itself, that is already set, or
            that strict JSON can't carry.
        TokenTooLargeError: header or plaintext is over its limit.
        InvalidKeyError: a fixed key has made its 2^32 tokens.
        KeyUnavailableError: a secret on a device is unavailable.
        OSError: a file can't be read or written.

    Example:
        >>> from pathlib import Path
        >>> import joseal
        >>> from joseal.stream import decrypt_file, encrypt_file
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine")
        >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
        >>> size = Path("report.csv").write_bytes(b"hello")
        >>> encrypt_file(encrypter, "report.csv", "report.jwe")
        >>> decrypt_file(joseal.Decrypter(mine, enc="A256GCM"), "report.jwe", "report.out")
        >>> Path("report.out").read_bytes()
        b'hello'

    Source: RFC 7516 section 5.1.
    """
    with _reading(source) as plaintext, _replacing(target) as token:
        encrypt_stream(encrypter, plaintext, token, header=header, plaintext_bytes=plaintext_bytes)


@hide_locals
def decrypt_file(
    decrypter: Decrypter,
    source: AnyPath,
    target: AnyPath,
    *,
    plaintext_bytes: int | None = None,
) -> None:
    """Decrypt the token in a file into a new file, which replaces `target` when it is complete.

    It is written next to the target with mode 0600, flushed to disk and renamed. An exception
    leaves the target as it was and nothing else behind. If the process is killed, the target stays
    as it was, but a file `.joseal-*` with plaintext is left next to it: delete it.

    Args:
        decrypter: decides which keys and encs are accepted, and what the header must have.
        source: the path of the token.
        target: the path of the new file.
        plaintext_bytes: the most to decrypt. The default is AES-GCM's own limit, 2^36 - 32.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the target is not a regular file, such as a link or a directory; the
            source is not seekable; `plaintext_bytes` is negative; the decrypter has a JSON form.
        MalformedTokenError: it is not a strict compact JWE.
        TokenTooLargeError: header or plaintext is over its limit.
        NotAllowedError: the decrypter does not accept the alg, enc, typ, cty or p2c, enc is C20P or
            XC20P, or the token is compressed.
        UnknownKeyError: it names a kid that no key has.
        DecryptionError: it can't be decrypted, or the source has changed in the meantime.
        KeyUnavailableError: a key on a device is unavailable.
        OSError: a file can't be read or written.

    Example:
        >>> from pathlib import Path
        >>> import joseal
        >>> from joseal.stream import decrypt_file, encrypt_file
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine")
        >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
        >>> size = Path("report.csv").write_bytes(b"hello")
        >>> encrypt_file(encrypter, "report.csv", "report.jwe")
        >>> decrypt_file(joseal.Decrypter(mine, enc="A256GCM"), "report.jwe", "report.out")
        >>> Path("report.out").read_bytes()
        b'hello'

    Source: RFC 7516 section 5.2.
    """
    with _reading(source) as token, _replacing(target) as plaintext:
        decrypt_stream(decrypter, token, plaintext, plaintext_bytes=plaintext_bytes)


def _reading(path: AnyPath) -> io.FileIO:
    return Path(fspath(path)).open("rb", buffering=0)


@contextmanager
def _replacing(path: AnyPath) -> Generator[io.FileIO]:
    """Yield a new private file, which replaces the target if nothing goes wrong."""
    target = Path(fspath(path))
    if not _can_be_replaced(target):
        raise ValueError("the target is not a regular file")
    with _flushed(target.parent):
        # It creates a new file or fails, and follows no link.
        descriptor, name = mkstemp(prefix=".joseal-", dir=target.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                yield file
                os.fsync(descriptor)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def _can_be_replaced(path: Path) -> bool:
    """Tell whether the target is free or a regular file; a link is not followed."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return True


@contextmanager
def _flushed(path: Path) -> Generator[None]:
    """Flush the rename to disk, where directories can be opened."""
    if sys.platform == "win32":
        yield
        return
    # Opened first, so that a directory that can't be opened is noticed while the target is
    # unchanged.
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
