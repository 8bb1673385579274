"""The rules that a header breaks. Each function yields causes, the most likely first.

Source: RFC 7515 section 4, RFC 7516 section 4, RFC 7518 sections 4.6 to 4.8.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from joseal._core.algorithms import curves
from joseal._core.algorithms.curve_spellings import CURVE_SPELLINGS
from joseal._core.algorithms.pbes2 import LEAST_ITERATIONS, LEAST_SALT_BYTES
from joseal._core.algorithms.registry import (
    ALGS,
    ENCS,
    MONTGOMERY,
    SIGS,
    WEIERSTRASS,
    AlgSpec,
    EncSpec,
)
from joseal._core.limits import Limits
from joseal._core.wire import header as headers
from joseal._core.wire import strict_json
from joseal._core.wire.header import Members
from joseal.diagnosis import hpke
from joseal.diagnosis.causes import cause
from joseal.diagnosis.lenient_parse import READ_BYTES, Part, Reading, is_utf16
from joseal.diagnosis.model import Cause, plain
from joseal.errors import MalformedTokenError

# RFC 7518 sections 4.7.1.1 and 4.7.1.2.
_GCMKW_BYTES: Final = (12, 16)

# Names of other standards and libraries, without their punctuation.
_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "RSAOAEPSHA1": "RSA-OAEP",
        "RSAOAEPSHA256": "RSA-OAEP-256",
        "RSAOAEPWITHSHA256": "RSA-OAEP-256",
        "OAEPWITHSHA256ANDMGF1PADDING": "RSA-OAEP-256",
        "RSAECBOAEPWITHSHA256ANDMGF1PADDING": "RSA-OAEP-256",
        "RSAECBPKCS1PADDING": "RSA1_5",
        "HTTPWWWW3ORG200104XMLENCRSAOAEP": "RSA-OAEP",
        "HTTPWWWW3ORG200104XMLENCRSAOAEPMGF1P": "RSA-OAEP",
        "HTTPWWWW3ORG200104XMLENCRSA15": "RSA1_5",
        "DIRECT": "dir",
        "AES128GCM": "A128GCM",
        "AES192GCM": "A192GCM",
        "AES256GCM": "A256GCM",
        "AESGCM256": "A256GCM",
        "A128CBC": "A128CBC-HS256",
        "A256CBC": "A256CBC-HS512",
        "HTTPWWWW3ORG200911XMLENC11AES128GCM": "A128GCM",
        "HTTPWWWW3ORG200911XMLENC11AES256GCM": "A256GCM",
    }
)


def _simple(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


_BY_SIMPLE: Final[Mapping[str, str]] = MappingProxyType(
    {_simple(name): name for name in (*ALGS, *ENCS)} | dict(_ALIASES)
)


def meant(name: str | None) -> str | None:
    """Return the registered name that a name probably means; None if no name is similar."""
    return None if name is None else _BY_SIMPLE.get(_simple(name[:100]))


def algorithms(reading: Reading) -> tuple[AlgSpec | None, EncSpec | None]:
    """Return the alg and the enc that a header means, however it names them."""
    alg, enc = meant(reading.text_of("alg")), meant(reading.text_of("enc"))
    if alg in ENCS and (enc in ALGS or enc is None):
        alg, enc = enc, alg
    known = ALGS.get(alg or "")
    if known is not None and known.content is not None:
        return known, known.content
    return known, ENCS.get(enc or "")


def unreadable(part: Part) -> Iterator[Cause]:
    """Say why a header segment is not a header."""
    text, raw = part.text.lstrip(), part.raw
    if raw is not None and raw.startswith(b"\xef\xbb\xbf"):
        yield cause("header_bom")
        return
    if raw is not None and is_utf16(raw):
        yield cause("header_utf16")
        return
    if part.size > READ_BYTES:
        yield cause("header_too_large", f"{part.size} bytes")
    elif text.startswith(("{", "%7B")):
        yield cause("header_raw_json")
    elif raw is None:
        return
    elif raw.lstrip().startswith(b'"'):
        yield cause("header_json_string")
    elif re.match(rb"\s*\{\s*'", raw) is not None:
        yield cause("header_python_dict")
    elif "double_base64" not in part.faults and "hex_segment" not in part.faults:
        yield from _no_object(raw)


def _no_object(raw: bytes) -> Iterator[Cause]:
    named = re.findall(rb'"(alg|enc|kid|typ|cty|zip|iat)"\s{0,8}:', raw)
    twice = sorted({name.decode() for name in named if named.count(name) > 1})
    if twice:
        yield cause("member_twice", ", ".join(twice))
    else:
        yield cause("header_not_json")


def broken(reading: Reading, limits: Limits) -> Iterator[Cause]:
    """Yield the rules that the header of a JWE breaks."""
    if reading.members is None:
        return
    size = reading.part("protected header").size
    if size > limits.header_bytes:
        yield cause("header_too_large", f"{size} bytes")
    yield from _names(reading)
    wrong = list(shape(reading.members))
    yield from wrong
    if [one for one in wrong if one.code == "member_type"]:
        return
    yield from _typed(
        headers.parse_parameters({"alg": "", **reading.members}), *algorithms(reading), limits
    )


def shape(members: dict[str, object]) -> Iterator[Cause]:
    """Yield the faults in the types of members and in `crit`, for JWE and JWS."""
    wrong = _wrong_type(members)
    if wrong is not None:
        yield cause("member_type", wrong)
        return
    try:
        headers.check_crit(headers.parse_parameters({"alg": "", **members}), members)
    except MalformedTokenError:
        yield cause("crit")


def _names(reading: Reading) -> Iterator[Cause]:
    alg, enc = reading.text_of("alg"), reading.text_of("enc")
    if meant(alg) in ENCS and (meant(enc) in ALGS or enc is None):
        yield cause("alg_enc_swapped", f"alg {plain(alg or '')}, enc {plain(enc or '')}")
        return
    if alg is None:
        yield from _missing("alg", reading)
    elif alg not in ALGS:
        yield _wrong_alg(alg)
    known = ALGS.get(alg or "")
    if known is not None and known.suite is not None:
        yield from hpke.names(known, reading.members or {})
        if known.content is not None:
            return
        if enc is None:
            # Already reported, or a member of the wrong type.
            return
    if enc is None:
        yield from _missing("enc", reading)
    elif enc not in ENCS:
        code = "enc_spelling" if meant(enc) in ENCS else "enc_unknown"
        yield cause(code, _difference(enc))


def _missing(name: str, reading: Reading) -> Iterator[Cause]:
    members = reading.members or {}
    if name not in members:
        other = next((each for each in members if each.lower() == name), None)
        yield cause(f"{name}_missing", "" if other is None else f"there is {plain(other)}")


def _wrong_alg(alg: str) -> Cause:
    if alg.lower() == "none":
        return cause("alg_none")
    if alg in SIGS:
        return cause("alg_signature", alg)
    return cause("alg_spelling" if meant(alg) in ALGS else "alg_unknown", _difference(alg))


def _difference(name: str) -> str:
    known = meant(name)
    return plain(name) if known is None else f"{plain(name)} instead of {known}"


def _wrong_type(members: dict[str, object]) -> str | None:
    try:
        strict_json.convert({"alg": "", **members}, Members)
    except strict_json.ShapeError as error:
        return plain(error.path.removeprefix("$."))
    return None


def _typed(
    header: headers.Header, alg: AlgSpec | None, enc: EncSpec | None, limits: Limits
) -> Iterator[Cause]:
    known, members = header.known, header.all
    if members.get("zip", "DEF") != "DEF":
        yield cause("zip_unknown", plain(str(members["zip"])))
    if alg is None or enc is None:
        return
    if alg.family == "ecdh-es":
        yield from _ecdh(known, members)
    elif alg.family == "aes-gcmkw":
        yield from _gcmkw(known)
    elif alg.family == "pbes2":
        yield from _pbes2(known, members, limits)
    elif alg.suite is not None:
        yield from hpke.header(alg, known)


def _ecdh(known: Members, members: dict[str, object]) -> Iterator[Cause]:
    epk = strict_json.as_object(members.get("epk"))
    if epk is None:
        yield cause("epk_missing")
    elif epk.get("d", "") is None:
        yield cause("member_type", "epk.d: null")
    elif "d" in epk:
        yield cause("epk_private")
    elif str(epk.get("crv")) in CURVE_SPELLINGS:
        curve = str(epk["crv"])
        yield cause("curve_spelling", f"{curve} instead of {CURVE_SPELLINGS[curve]}")
    elif _is_unknown_curve(epk):
        yield cause("curve_unknown", plain(str(epk["crv"])))
    elif not _is_point(epk):
        yield cause("epk_form", _epk_sizes(epk))
    parties = (("apu", known.apu), ("apv", known.apv))
    wrong = [name for name, text in parties if headers.from_member(text) is None]
    if wrong:
        yield cause("party_form", ", ".join(wrong))


def _is_unknown_curve(epk: dict[str, object]) -> bool:
    curve = epk.get("crv")
    known = isinstance(curve, str) and curve in (*WEIERSTRASS, *MONTGOMERY)
    return isinstance(curve, str) and not known and epk.get("kty") in ("EC", "OKP")


def _is_point(epk: dict[str, object]) -> bool:
    """Tell whether an epk is a point; this is public arithmetic, and needs no key."""
    curve, raw = epk.get("crv"), _coordinates(epk)
    if not isinstance(curve, str) or curve not in (*WEIERSTRASS, *MONTGOMERY):
        return False
    if epk.get("kty") != curves.kty(curve) or raw is None or raw[0] is None:
        return False
    key = curves.load_public(curve, raw[0], raw[1])
    return key is not None and not curves.has_low_order(key)


def _coordinates(epk: dict[str, object]) -> tuple[bytes | None, bytes | None] | None:
    x, y = epk.get("x"), epk.get("y")
    if not isinstance(x, str) or not isinstance(y, str | None):
        return None
    raw = headers.from_member(x), None if y is None else headers.from_member(y)
    return None if raw[0] is None or (y is not None and raw[1] is None) else raw


def _epk_sizes(epk: dict[str, object]) -> str:
    raw = _coordinates(epk)
    sizes = _listed(raw or ())
    return f"crv {plain(str(epk.get('crv')))}" + (
        f", coordinates of {sizes} bytes" if sizes else ""
    )


def _listed(raw: Iterable[bytes | None]) -> str:
    return " and ".join(str(len(part)) for part in raw if part is not None)


def _gcmkw(known: Members) -> Iterator[Cause]:
    iv, tag = headers.from_member(known.iv), headers.from_member(known.tag)
    sizes = (len(iv or b""), len(tag or b""))
    if sizes != _GCMKW_BYTES:
        yield cause("gcmkw_members", f"iv of {sizes[0]} bytes, tag of {sizes[1]}")


def _pbes2(known: Members, members: dict[str, object], limits: Limits) -> Iterator[Cause]:
    salt, work = headers.from_member(known.p2s), members.get("p2c")
    if salt is None or len(salt) < LEAST_SALT_BYTES or not isinstance(work, int):
        yield cause("pbes2_members", f"p2s of {len(salt or b'')} bytes")
    if isinstance(work, int) and work < LEAST_ITERATIONS:
        yield cause("p2c_low", str(work))
    if isinstance(work, int) and work > limits.pbes2_iterations:
        yield cause("p2c_high", f"{work}, and {limits.pbes2_iterations} are the limit")
