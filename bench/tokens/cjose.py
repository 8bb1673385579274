"""libcjose behind the calls of a peer, where it is installed: `apt-get install libcjose0`.

Rules:
- Everything that libcjose lets its user prepare once is prepared once: the key and the header.
- It is called by `ctypes`, five calls for a token in either direction, which are part of its time:
  `calls_seconds` measures what they cost without its work.
- It runs on the OpenSSL of the system, and not on the one that `cryptography` brings along.

Source: https://github.com/OpenIDC/cjose, cjose/jwe.h.
"""

import ctypes
import json
from ctypes.util import find_library
from functools import cache
from time import thread_time
from typing import Final

import joseal

_ALG_AND_ENC: Final = ("RSA-OAEP", "A256CBC-HS512")

ABSENT: Final = "libcjose is not installed (Debian: libcjose0)"

_TIMES: Final = 20_000
_CALLS_FOR_A_TOKEN: Final = 5
_POINTER: Final = ctypes.c_void_p
_SIZE: Final = ctypes.c_size_t

# What each function returns, and takes before the pointer for its error.
_FUNCTIONS: Final = {
    "cjose_header_new": (_POINTER, ()),
    "cjose_header_set": (ctypes.c_bool, (_POINTER, ctypes.c_char_p, ctypes.c_char_p)),
    "cjose_jwk_import": (_POINTER, (ctypes.c_char_p, _SIZE)),
    "cjose_jwe_encrypt": (_POINTER, (_POINTER, _POINTER, ctypes.c_char_p, _SIZE)),
    "cjose_jwe_export": (_POINTER, (_POINTER,)),
    "cjose_jwe_import": (_POINTER, (ctypes.c_char_p, _SIZE)),
    "cjose_jwe_decrypt": (_POINTER, (_POINTER, _POINTER, ctypes.POINTER(_SIZE))),
}


class _Error(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_int),
        ("message", ctypes.c_char_p),
        ("function", ctypes.c_char_p),
        ("file", ctypes.c_char_p),
        ("line", ctypes.c_ulong),
    )


class CjoseError(Exception):
    """libcjose has refused."""


class Cjose:
    """RSA-OAEP with A256CBC-HS512, as the other peers have it."""

    name = "cjose"
    opens_bytes = 128 * 1024 * 1024

    def __init__(self, private: joseal.Key) -> None:
        libcjose = library()
        if libcjose is None:
            raise CjoseError(ABSENT)
        self._encrypt, self._export = libcjose.cjose_jwe_encrypt, libcjose.cjose_jwe_export
        self._import, self._decrypt = libcjose.cjose_jwe_import, libcjose.cjose_jwe_decrypt
        self._release, self._free = libcjose.cjose_jwe_release, libcjose.cjose_get_dealloc()
        self._error = _Error()
        self._at = ctypes.byref(self._error)
        self._size = _SIZE()
        self._size_at = ctypes.byref(self._size)
        self._public = self._key(libcjose, private.public().to_jwk())
        self._private = self._key(libcjose, private.to_jwk(private=True))
        self._header = self._made(libcjose.cjose_header_new(self._at))
        alg, enc = _ALG_AND_ENC
        for name, value in {"alg": alg, "typ": "JWT", "enc": enc}.items():
            self._made(
                libcjose.cjose_header_set(self._header, name.encode(), value.encode(), self._at)
            )

    def encrypt(self, plaintext: bytes) -> bytes:
        made = self._made(
            self._encrypt(self._public, self._header, plaintext, len(plaintext), self._at)
        )
        try:
            text = self._made(self._export(made, self._at))
            token = ctypes.string_at(text)
            self._free(text)
        finally:
            self._release(made)
        return token

    def decrypt(self, token: str | bytes) -> bytes:
        text = token.encode() if isinstance(token, str) else token
        read = self._made(self._import(text, len(text), self._at))
        try:
            found = self._made(self._decrypt(read, self._private, self._size_at, self._at))
            plaintext = ctypes.string_at(found, self._size.value)
            self._free(found)
        finally:
            self._release(read)
        return plaintext

    def _key(self, libcjose: ctypes.PyDLL, members: dict[str, object]) -> int:
        text = json.dumps(members).encode()
        return self._made(libcjose.cjose_jwk_import(text, len(text), self._at))

    def _made(self, result: int | None) -> int:
        if not result:
            raise CjoseError((self._error.message or b"").decode())
        return result


def version() -> str:
    """Return the version of libcjose; where there is none, say so."""
    libcjose = library()
    return ABSENT if libcjose is None else libcjose.cjose_version().decode()


def is_here() -> bool:
    """Tell whether libcjose is installed."""
    return library() is not None


@cache
def library() -> ctypes.PyDLL | None:
    """Load libcjose, and say how its functions are called; None where there is none."""
    name = find_library("cjose")
    if name is None:
        return None
    # The lock stays held, as it does in calls of `cryptography` on few bytes.
    libcjose = ctypes.PyDLL(name)
    for function, (result, arguments) in _FUNCTIONS.items():
        found = getattr(libcjose, function)
        found.restype = result
        found.argtypes = (*arguments, ctypes.POINTER(_Error))
    libcjose.cjose_version.restype = ctypes.c_char_p
    libcjose.cjose_jwe_release.argtypes = (_POINTER,)
    libcjose.cjose_jwe_release.restype = None
    libcjose.cjose_get_dealloc.restype = ctypes.PYFUNCTYPE(None, _POINTER)
    return libcjose


def calls_seconds() -> float:
    """Return what the calls for one token take when the functions behind them do nothing.

    Raises:
        CjoseError: libcjose is not installed.
    """
    libcjose = library()
    if libcjose is None:
        raise CjoseError(ABSENT)
    nothing = libcjose.cjose_jwe_release
    start = thread_time()
    for _ in range(_TIMES):
        for _ in range(_CALLS_FOR_A_TOKEN):
            nothing(None)
    return (thread_time() - start) / _TIMES
