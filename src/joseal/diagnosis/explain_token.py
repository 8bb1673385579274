"""`explain`: combines the findings of the stages before it, the outermost first.

Source: RFC 7516 section 5.2, which has this order of checks.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, Literal, NamedTuple

from joseal._core.algorithms.registry import SIGS, AlgSpec, EncSpec
from joseal._core.limits import Limits
from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal._core.wire.compact import JWE_SEGMENTS, JWS_SEGMENTS
from joseal._core.wire.header import has_media_type
from joseal.diagnosis import headers, hpke, lenient_parse, sizes, wrappers
from joseal.diagnosis.causes import cause
from joseal.diagnosis.lenient_parse import JWE_NAMES, Outside, Part, Reading
from joseal.diagnosis.model import Cause, Explanation, Segment, plain
from joseal.diagnosis.profile_match import matching
from joseal.diagnosis.wrappers import Layer

Expect = Literal["jwe", "jws"]

_LIMITS: Final = Limits()
# Encodings around a token can double its size.
MOST_BYTES: Final = 2 * _LIMITS.token_bytes
_MOST_MEMBERS: Final = 32
_NO_DOTS: Final = 1

_ENCODINGS: Final = (
    *("foreign_characters", "standard_base64", "padded"),
    *("text_latin1", "text_lost", "double_base64", "hex_segment"),
)
_INNER: Final = ("double_base64", "hex_segment")
# The consequences of a truncated token come after the truncation itself.
_SYMPTOMS: Final = ("trailing_bits",)


@hide_locals
def explain(token: str | bytes, *, expect: Expect = "jwe") -> Explanation:
    """Say what a token is, and what is wrong with it, from its bytes alone.

    No key is used. Header values are shown, as printable ASCII and truncated to a fixed size;
    anyone who has the token can read them. If nothing is found to be wrong, that does not prove
    that the token opens, or who made it.

    Args:
        token: a token, or a text that should be one; any content is allowed.
        expect: the kind of token that was expected.

    Returns:
        The form of the token, its parts, and its faults, the most likely first.

    Raises:
        TypeError: `token` is neither str nor bytes.
        ValueError: `expect` is neither `jwe` nor `jws`.

    Example:
        >>> from joseal.diagnosis import explain
        >>> found = explain("eyJhbGciOiJkaXIi")
        >>> found.causes != ()
        True

    Source: RFC 7516 section 5.2, RFC 7515 section 5.2.
    """
    return examine(token, expect=expect).explanation


class Examination(NamedTuple):
    """An explanation, and the token as it was parsed for it."""

    explanation: Explanation
    reading: Reading


def examine(token: str | bytes, *, expect: Expect) -> Examination:
    """Explain a token; the parsed token is for the trials of the command line.

    Raises:
        TypeError: `token` is neither str nor bytes.
        ValueError: `expect` is neither `jwe` nor `jws`.
    """
    if not isinstance(token, str | bytes):
        raise TypeError("the token must be str or bytes")
    if expect not in ("jwe", "jws"):
        raise ValueError("expect must be jwe or jws")
    if len(token) > MOST_BYTES:
        return _unread(token, cause("too_large", f"{len(token)} characters"))
    layers, text = wrappers.unwrap_text(token)
    if not text:
        return _unread(token, *_layers(layers), *([] if layers else [cause("empty")]))
    outside = next((layer.outside for layer in layers if layer.outside is not None), Outside())
    found = lenient_parse.read(text, outside)
    return Examination(_explained(token, layers, found, expect), found)


def _unread(token: str | bytes, *causes: Cause) -> Examination:
    explanation = Explanation(form="unknown", characters=len(token), causes=causes)
    return Examination(explanation, lenient_parse.read(""))


def _explained(
    token: str | bytes, layers: list[Layer], found: Reading, expect: Expect
) -> Explanation:
    causes = _unique(chain(_layers(layers), _inside(found, expect)))
    member = next((layer.member for layer in layers if layer.member is not None), None)
    return Explanation(
        form=found.form,
        characters=len(token),
        segments=tuple(_segment(part) for part in found.parts),
        header=_shown(found.members),
        causes=causes,
        possible=() if causes else tuple(_possible(found)),
        profiles=matching(found, member) if found.form == "jwe" and found.members else (),
    )


def _layers(layers: list[Layer]) -> Iterator[Cause]:
    for layer in layers:
        yield cause(layer.code, layer.seen)


def _unique(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """Keep the first of each code."""
    kept: dict[str, Cause] = {}
    for one in causes:
        kept.setdefault(one.code, one)
    return tuple(kept.values())


def _segment(part: Part) -> Segment:
    return Segment(
        name=part.name,
        characters=len(part.text),
        bytes=None if part.raw is None else part.size,
        canonical=not {*_ENCODINGS[:3], *_SYMPTOMS} & {*part.faults},
    )


def _shown(members: dict[str, object] | None) -> tuple[tuple[str, str], ...]:
    shown: list[tuple[str, str]] = []
    for name, value in list((members or {}).items())[:_MOST_MEMBERS]:
        # As JSON, because a value may be of any type.
        text = strict_json.write({"": value}).decode("utf-8", "replace")
        shown.append((plain(name), plain(text[len('{"":') : -1])))
    return tuple(shown)


def _inside(found: Reading, expect: Expect) -> Iterator[Cause]:
    if found.form == "unknown":
        yield from _no_token(found)
        return
    if found.form != expect:
        yield cause(found.form, _what(found))
        if found.form == "jws":
            return
    yield from _outside(found)
    head = found.part("protected header")
    if found.members is None or not _is_strict(head):
        yield from headers.unreadable(head)
    yield from _number(found)
    yield from _encodings(found.parts, _ENCODINGS)
    if found.form == "jws":
        yield from _jws(found)
        yield from _encodings(found.parts, _SYMPTOMS)
        return
    yield from headers.broken(found, _LIMITS)
    if len(found.parts) == JWE_SEGMENTS:
        yield from _fitting(found, *headers.algorithms(found))
    yield from _encodings(found.parts, _SYMPTOMS)
    if len(found.text) > _LIMITS.token_bytes:
        yield cause("too_large", f"{len(found.text)} characters")


def _outside(found: Reading) -> Iterator[Cause]:
    """List what a JSON serialization has outside the protected header."""
    names = {name for recipient in found.outside.recipients for name in recipient.members}
    if names:
        yield cause("json_header", plain(", ".join(sorted(names))))
    if found.outside.aad is not None:
        yield cause("json_aad", f"{len(found.outside.aad)} characters")


def _is_strict(head: Part) -> bool:
    """Tell whether a header that could be read is JSON without repair."""
    inner = [code for code in _INNER if code in head.faults]
    return not head.text or bool(inner) or strict_json.load_object(head.raw or b"") is not None


def _what(found: Reading) -> str:
    """Say more about a token of the other kind: whether it is nested, as far as that is visible."""
    payload = found.part("payload").raw or b""
    if found.form == "jws" and payload.count(b".") == JWE_SEGMENTS - 1 and payload[:3] == b"eyJ":
        return "its payload is a JWE: encrypted, then signed"
    if has_media_type((found.members or {}).get("cty"), "JWT"):
        return "its cty is JWT: the other token is inside"
    return f"{len(found.parts)} segments"


def _no_token(found: Reading) -> Iterator[Cause]:
    """Say what a text with too few or too many dots may be."""
    head = found.part("protected header")
    if len(found.parts) > JWE_SEGMENTS and found.members is not None:
        yield cause("too_many_segments")
    elif found.members is not None and "alg" in found.members:
        yield cause("truncated", sizes.usual_limit(found.text) or "there is a header and no more")
    elif len(found.parts) == _NO_DOTS and head.text.startswith("eyJ"):
        yield cause("truncated", sizes.usual_limit(found.text) or "there is a part of a header")
    else:
        yield cause("not_a_token", f"{len(found.parts) - 1} dots")


def _number(found: Reading) -> Iterator[Cause]:
    """Compare the number of segments with what the header says."""
    count = len(found.parts)
    if found.form == "jws" or count == JWE_SEGMENTS:
        return
    alg, enc = headers.algorithms(found)
    direct = alg is not None and (alg.family == "dir" or alg.name == "ECDH-ES")
    if count > JWE_SEGMENTS:
        yield cause("too_many_segments")
    elif direct and enc is not None and found.part("encrypted key").size == enc.iv_bytes:
        yield cause("empty_segment_lost", f"{count} segments")
    elif count == JWE_SEGMENTS - 1 and _lacks_key(found):
        yield cause("encrypted_key_lost")
    elif count == JWE_SEGMENTS - 1 and not sizes.usual_limit(found.text) and _is_whole(found):
        yield cause("four_segments", f"ciphertext of {found.part('ciphertext').size} bytes")
    else:
        seen = f"{count} of 5 segments"
        limit = sizes.usual_limit(found.text)
        yield cause("truncated", f"{seen}; {limit}" if limit else seen)


def _lacks_key(found: Reading) -> bool:
    """Tell whether four segments have the sizes of IV, ciphertext and tag, behind a header."""
    _, enc = headers.algorithms(found)
    second, last = found.parts[1], found.parts[-1]
    return enc is not None and (second.size, last.size) == (enc.iv_bytes, enc.tag_bytes)


def _is_whole(found: Reading) -> bool:
    """Tell whether there can be a tag at the end of the ciphertext."""
    _, enc = headers.algorithms(found)
    return enc is not None and found.part("ciphertext").size >= enc.tag_bytes


def _encodings(parts: tuple[Part, ...], codes: tuple[str, ...]) -> Iterator[Cause]:
    """List each encoding fault once, with all segments that have it."""
    for code in codes:
        names = [part.name for part in parts if code in part.faults]
        # The payload of a JWS may be any text, including one that looks encoded.
        if names and (names != ["payload"] or code not in _INNER):
            yield cause(code, ", ".join(names[: len(JWE_NAMES)]))


def _fitting(found: Reading, alg: AlgSpec | None, enc: EncSpec | None) -> Iterator[Cause]:
    if alg is not None and alg.content is not None:
        yield from hpke.integrated_sizes(alg, found)
        return
    if alg is not None:
        yield from sizes.key_size(alg, enc, found.part("encrypted key"))
    if enc is not None:
        yield from sizes.content_sizes(enc, found)


def _jws(found: Reading) -> Iterator[Cause]:
    alg = found.text_of("alg")
    if found.members is None:
        return
    yield from headers.shape(found.members)
    if alg is None:
        if "alg" not in found.members:
            yield cause("alg_missing")
    elif alg.lower() == "none":
        yield cause("alg_none")
    elif alg not in SIGS:
        yield cause("alg_unknown", plain(alg))
    elif len(found.parts) == JWS_SEGMENTS:
        yield from sizes.signature_size(alg, found.part("signature"))


def _possible(found: Reading) -> Iterator[Cause]:
    """List what a correct structure does not show, for the algorithms of the token."""
    alg, _ = headers.algorithms(found)
    if "crit" in (found.members or {}):
        yield cause("crit_extension")
    if found.form != "jwe" or alg is None:
        yield cause("other_key")
        yield cause("changed")
        return
    if alg.legacy:
        yield cause("rsa1_5_off")
    if found.text_of("zip") is not None:
        yield cause("zip_off")
        yield cause("zip_framing")
    yield cause("other_key" if alg.kind in ("RSA", "curve") else "other_secret")
    if alg.family == "rsa-oaep":
        yield cause("oaep_hash")
    if alg.family == "rsa-oaep" and alg.hash != "sha1":
        yield cause("mgf1")
    if alg.family == "ecdh-es":
        yield cause("derivation")
    yield cause("aad")
    yield cause("changed")
    nested = has_media_type(found.text_of("cty"), "JWT")
    yield cause("nested" if nested else "plaintext_json_string")
