"""Try in which way a token opens with a key at hand, and say by which the token differs.

For `joseal doctor` on the machine of the one who has the key, and for nothing else: code that
answers to others must never tell which way opens. RFC 7516 section 11.5. What is opened is not
shown: its size alone, and whether it is a JSON string.

Source: RFC 7516 section 5.2.
"""

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from joseal import Decrypter, Key, Limits, TokenError
from joseal._core.algorithms import deflate
from joseal._core.algorithms.registry import AlgSpec, EncSpec
from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal._core.wire.compact import JWE_SEGMENTS
from joseal.cli.doctor import content_variants, key_variants
from joseal.cli.doctor.causes_with_key import finding
from joseal.cli.doctor.content_variants import Codes
from joseal.diagnosis import Cause
from joseal.diagnosis.headers import algorithms
from joseal.diagnosis.lenient_parse import Reading, undone

_LIMITS: Final = Limits()
_ZLIB: Final = zlib.MAX_WBITS
_GZIP: Final = zlib.MAX_WBITS + 16


class Trial(NamedTuple):
    """What came out.

    Attributes:
        opened: whether the token opened, as it is or in another way.
        causes: what was otherwise than it should be.
        plaintext_bytes: the size of what was opened.
        tried: how many ways.
    """

    opened: bool
    causes: tuple[Cause, ...]
    plaintext_bytes: int | None = None
    tried: int = 1


class _Found(NamedTuple):
    codes: Codes
    plaintext: bytes


@hide_locals
def attempt(reading: Reading, key: Key) -> Trial | None:
    """Open a token with a private or shared key, as it is or in a known other way.

    Returns:
        None where there is too little of a token to try anything.
    """
    alg, enc = algorithms(reading)
    if len(reading.parts) != JWE_SEGMENTS or reading.members is None or enc is None:
        return None
    plaintext = _strictly(reading, key, enc)
    if plaintext is not None:
        return Trial(opened=True, causes=_of_plaintext(plaintext), plaintext_bytes=len(plaintext))
    return None if alg is None else _otherwise(reading, key, alg, enc)


def _strictly(reading: Reading, key: Key, enc: EncSpec) -> bytes | None:
    crit = strict_json.as_list((reading.members or {}).get("crit")) or []
    names = [name for name in crit if isinstance(name, str)]
    opener = Decrypter(key, enc=enc.name, crit=names, any_kid=True, accept_zip=True)
    try:
        return opener.decrypt(reading.text)
    except TokenError:
        return None


def _otherwise(reading: Reading, key: Key, alg: AlgSpec, enc: EncSpec) -> Trial:
    ways = content_variants.ways(enc, reading)
    certain: Codes | None = None
    tried = 0
    for cek in _content_keys(reading, key, alg, enc):
        if cek.is_certain and certain is None:
            certain = cek.codes
        for way in ways:
            tried += 1
            found = content_variants.opened(
                enc, cek.raw, way, reading.part("protected header").size
            )
            if found is not None:
                return _trial(reading, _Found((*cek.codes, *found[0]), found[1]), tried)
    if certain is not None:
        codes = (*certain, ("content_unopened", f"{tried} ways were tried"))
        return Trial(opened=False, causes=_causes(codes), tried=tried)
    return Trial(opened=False, causes=(finding("no_variant"),), tried=tried)


def _content_keys(
    reading: Reading, key: Key, alg: AlgSpec, enc: EncSpec
) -> Iterator[key_variants.ContentKey]:
    part = reading.part("encrypted key")
    inner = undone(part)
    raw = (part.raw or b"") if inner is None else inner
    return key_variants.content_keys(key, alg, enc, reading.members or {}, raw)


def _trial(reading: Reading, found: _Found, tried: int) -> Trial:
    if "zip" in (reading.members or {}):
        found = _inflated(found)
    causes = (*_causes(found.codes), *_of_plaintext(found.plaintext))
    return Trial(opened=True, causes=causes, plaintext_bytes=len(found.plaintext), tried=tried)


def _causes(codes: Codes) -> tuple[Cause, ...]:
    return tuple(finding(code, seen) for code, seen in codes)


def _inflated(found: _Found) -> _Found:
    """Undo the compression, whichever framing it has, within the limit."""
    most = _LIMITS.inflated_bytes
    raw = deflate.inflate(found.plaintext, most)
    if raw is not None and len(raw) <= most:
        return found._replace(plaintext=raw)
    if raw is not None:
        return found._replace(codes=(*found.codes, ("zip_too_large", f"{most} bytes")))
    for code, framing in (("zip_zlib", _ZLIB), ("zip_gzip", _GZIP)):
        raw = _framed(found.plaintext, framing, most)
        if raw is not None:
            return _Found((*found.codes, (code, "")), raw)
    return found._replace(codes=(*found.codes, ("zip_none", "")))


def _framed(raw: bytes, framing: int, most: int) -> bytes | None:
    inflater = zlib.decompressobj(wbits=framing)
    try:
        return inflater.decompress(raw, most)
    except zlib.error:
        return None


def _of_plaintext(plaintext: bytes) -> tuple[Cause, ...]:
    """Say whether the plaintext is a JSON string that holds JSON; nothing else of it is told."""
    if not plaintext.lstrip().startswith(b'"') or len(plaintext) > _LIMITS.inflated_bytes:
        return ()
    members = strict_json.load_object(b'{"":%s}' % plaintext)
    value = None if members is None or len(members) > 1 else members[""]
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return ()
    return (finding("plaintext_json_string"),)
