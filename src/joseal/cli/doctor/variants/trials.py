"""Try the ways in which a token may open with a given key, and report the differences.

Only for `joseal doctor` on the machine of the key's owner: code that answers others must never
reveal which variant decrypts. RFC 7516 section 11.5. The plaintext is not shown, only its size and
whether it is a JSON string.

Source: RFC 7516 section 5.2.
"""

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from joseal import Key, Limits
from joseal._core.algorithms import deflate
from joseal._core.algorithms.registry import AlgSpec, EncSpec
from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal._core.wire.compact import JWE_SEGMENTS
from joseal.cli.doctor.findings import finding
from joseal.cli.doctor.variants import content as content_variants
from joseal.cli.doctor.variants import encrypted_keys
from joseal.cli.doctor.variants.content import Codes
from joseal.diagnosis import Cause
from joseal.diagnosis.headers import algorithms
from joseal.diagnosis.lenient_parse import Reading, undone

_LIMITS: Final = Limits()
_ZLIB: Final = zlib.MAX_WBITS
_GZIP: Final = zlib.MAX_WBITS + 16


class Trial(NamedTuple):
    """The result of a trial.

    Attributes:
        opened: whether the token opened in some way.
        causes: the differences.
        plaintext_bytes: the size of the plaintext.
        rank: how much a failed trial has proved; a higher number means more.
    """

    opened: bool
    causes: tuple[Cause, ...]
    plaintext_bytes: int | None = None
    rank: int = 0


class _Found(NamedTuple):
    codes: Codes
    plaintext: bytes


@hide_locals
def attempt(reading: Reading, key: Key, info: bytes = b"") -> Trial | None:
    """Open a token with a private or shared key, in the known different ways.

    Args:
        reading: the token.
        key: bound to its alg.
        info: the receiver's input to the key schedule of HPKE.

    Returns:
        None if there is not enough of a token to try anything.
    """
    alg, enc = algorithms(reading)
    enough = len(reading.parts) in (JWE_SEGMENTS, JWE_SEGMENTS - 1) and reading.members is not None
    if not enough or alg is None or enc is None:
        return None
    tried = _content_keys(reading, key, alg, enc, info)
    return _otherwise(reading, tried, _nothing(key, alg))


def _otherwise(
    reading: Reading, tried: Iterator[encrypted_keys.ContentKey], nothing: Cause
) -> Trial:
    ways: dict[str, list[content_variants.Way]] = {}
    header_bytes = reading.part("protected header").size
    certain: Codes | None = None
    half: Codes | None = None
    for cek in tried:
        if cek.is_certain and certain is None:
            certain = cek.codes
        if cek.enc.name not in ways:
            ways[cek.enc.name] = content_variants.ways(cek.enc, reading)
        for way in ways[cek.enc.name]:
            found = content_variants.opened(cek.enc, cek.raw, way, header_bytes)
            if found is not None and found.plaintext is not None:
                return _trial(reading, _Found((*cek.codes, *found.codes), found.plaintext))
            if found is not None and half is None:
                half = (*cek.codes, *found.codes)
    if half is not None:
        return Trial(opened=False, causes=_causes(half), rank=2)
    if certain is not None:
        # The form of the content key is not known, because no variant decrypted.
        proved = [(code, seen.partition(": ")[0]) for code, seen in certain]
        return Trial(opened=False, causes=_causes((*proved, ("content_unopened", ""))), rank=1)
    return Trial(opened=False, causes=(nothing,))


def _nothing(key: Key, alg: AlgSpec) -> Cause:
    if alg.suite is not None:
        return finding("no_variant_hpke")
    if key.is_password:
        return finding("no_variant_password")
    return finding("no_variant_shared" if key.is_symmetric else "no_variant")


def _content_keys(
    reading: Reading, key: Key, alg: AlgSpec, enc: EncSpec, info: bytes
) -> Iterator[encrypted_keys.ContentKey]:
    part = reading.part("encrypted key")
    inner = undone(part)
    raw = (part.raw or b"") if inner is None else inner
    header = reading.part("protected header").raw or b""
    sealed = encrypted_keys.Sealed(_usable(reading.members or {}), raw, header, info)
    return encrypted_keys.content_keys(key, alg, enc, sealed)


def _usable(members: dict[str, object]) -> dict[str, object]:
    """Leave out null members of an epk, which another check reports."""
    epk = strict_json.as_object(members.get("epk"))
    if epk is None:
        return members
    return {**members, "epk": {name: value for name, value in epk.items() if value is not None}}


def _trial(reading: Reading, found: _Found) -> Trial:
    if "zip" in (reading.members or {}):
        found = _inflated(found)
    causes = (*_causes(found.codes), *of_plaintext(found.plaintext))
    return Trial(opened=True, causes=causes, plaintext_bytes=len(found.plaintext))


def _causes(codes: Codes) -> tuple[Cause, ...]:
    return tuple(finding(code, seen) for code, seen in codes)


def _inflated(found: _Found) -> _Found:
    """Undo the compression, with any framing, within the limit."""
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


def of_plaintext(plaintext: bytes) -> tuple[Cause, ...]:
    """Tell whether the plaintext is a JSON string that contains JSON, and nothing else about it."""
    if not plaintext.lstrip().startswith(b'"') or len(plaintext) > _LIMITS.inflated_bytes:
        return ()
    members = strict_json.load_object(b'{"":%s}' % plaintext)
    value = None if members is None or len(members) > 1 else members[""]
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return ()
    return (finding("plaintext_json_string"),)
