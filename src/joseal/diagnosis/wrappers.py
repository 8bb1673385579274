"""The wrappers around a token: quotes, envelopes, encodings, other text. Removed layer by layer.

Rules:
- Each step is linear in the text, makes it shorter, and there are at most `_MOST_LAYERS` of them.
- A clean compact token has no layer. A layer that can't be removed stays, and the next
  stage names it.

Source: RFC 8259, RFC 7516 section 7.2, RFC 6750 section 2.1, RFC 3986 section 2.1.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from joseal._core.wire import base64url, strict_json
from joseal.diagnosis.explain_key import explain_key
from joseal.diagnosis.lenient_parse import Outside, Recipient
from joseal.diagnosis.model import plain
from joseal.profiles import PROFILES
from joseal.profiles.envelopes import Fields

_MOST_LAYERS: Final = 8
# Longer text is not read as JSON, because its values would take a multiple of its size in memory.
_JSON_BYTES: Final = 1024 * 1024

_CLEAN: Final = re.compile(r"[\w-]++(?:\.[\w-]*+){2,}+", re.ASCII)
_RUN: Final = re.compile(r"[\w.+/=-]+", re.ASCII)
_SPACED: Final = re.compile(r"[\w.+/=\s-]+", re.ASCII)
_BASE64: Final = re.compile(r"[\w+/-]+={0,2}", re.ASCII)
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})++", re.IGNORECASE | re.ASCII)
_SCHEME: Final = re.compile(
    r"(?:[A-Za-z][A-Za-z-]{0,40}:\s{0,8})?(?:bearer|dpop|jwt|jwe|jose|token)(?:\s{1,8}|:\s{0,8})"
    r"|[A-Za-z][A-Za-z-]{0,40}:\s{1,8}(?=eyJ)",
    re.IGNORECASE | re.ASCII,
)
_FIELD: Final = re.compile(r"(?:^|[?&;])([A-Za-z_][\w-]{0,40})=(?=eyJ)([^&;\s]*)", re.ASCII)
_PERCENT: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_PYTHON: Final = re.compile(r"b'[^']*'|b\"[^\"]*\"")
_BORDER: Final = re.compile(r"[\s;,'\"<>)\]}&|\\]")
_BREAK: Final = re.compile(r"\\r\\n|\\n|\\r")

_SOFT_BREAK: Final = re.compile(r"=\r?\n(?!\.)")

# The members by which a JSON serialization shows what it is, in JSON and in the repr of a dict.
_NAMED: Final = frozenset({"ciphertext", "tag", "encrypted_key", "recipients", "signature"})
_NAMES: Final = re.compile(rf"""["'](?:{"|".join(sorted(_NAMED))})["']\s*:""")
_PASETO: Final = re.compile(r"v[1-4]\.(?:local|public)\.")
_FORMATS: Final = (
    ("CMS", "-----BEGIN CMS"),
    ("PKCS #7", "-----BEGIN PKCS7"),
    ("age", "age-encryption.org/"),
    ("age", "-----BEGIN AGE "),
    ("XML Encryption", "<EncryptedData"),
    ("XML Encryption", "<xenc:EncryptedData"),
    ("Fernet", "gAAAAA"),
)
_MOST_RECIPIENTS: Final = 16
_MOST_ENCODINGS: Final = 2
_STANDARD: Final = bytes.maketrans(b"+/", b"-_")

# The first byte of a key in DER.
_SEQUENCE: Final = b"\x30"
_BOM: Final = "\ufeff"
_BEGIN: Final = "eyJ"


class Layer(NamedTuple):
    """One wrapper around a token.

    Attributes:
        code: the code of the cause.
        seen: where it was.
        rest: the text without it.
        member: the member of a JSON object that the rest was taken from.
        outside: the parts of a JSON serialization that have no place in the rest.
    """

    code: str
    seen: str
    rest: str
    member: str | None = None
    outside: Outside | None = None


def unwrap_text(token: str | bytes) -> tuple[list[Layer], str]:
    """Remove the text around a token; return the layers, the outermost first, and the rest."""
    binary = _der(token)
    if binary is not None:
        return [binary], ""
    text, layers = _decoded(token)
    bare = text.strip()
    spaces = [Layer("white_space", "around the token", bare)] if bare != text else []
    text = bare
    while len(layers) < _MOST_LAYERS and _is_wrapped(text):
        layer = _next(text)
        if layer is None:
            break
        layers.append(layer)
        text = layer.rest
    # A line end after a body belongs to the body, and is not a fault.
    return layers or spaces, text


def _is_wrapped(text: str) -> bool:
    return "..." in text or _PASETO.match(text) is not None or _CLEAN.fullmatch(text) is None


def _der(token: str | bytes) -> Layer | None:
    """Name the binary form of a key: its last byte may look like white space."""
    if isinstance(token, str) or not token.startswith(_SEQUENCE):
        return None
    kind = explain_key(token).kind
    if kind == "der-pkcs7":
        return Layer("other_format", "PKCS #7", "")
    named = "PKCS#12" if kind == "pkcs12" else "DER" if kind.startswith("der-") else None
    return None if named is None else Layer("key_instead", named, "")


def _decoded(token: str | bytes) -> tuple[str, list[Layer]]:
    """Return bytes as text, with visible substitutes for those that are not UTF-8."""
    if isinstance(token, str):
        return token, []
    wide = _utf16(token)
    if wide is not None:
        return wide, [Layer("utf16", "", wide)]
    return token.decode("utf-8", "replace"), []


def _utf16(raw: bytes) -> str | None:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace").strip()
    head = raw[:64]
    if len(head) < 4 or head.count(0) * 2 < len(head) - 1:  # noqa: PLR2004 - two characters
        return None
    return raw.decode("utf-16-be" if head[0] == 0 else "utf-16-le", "replace").strip()


def _next(text: str) -> Layer | None:
    found = (step(text) for step in _STEPS)
    return next((layer for layer in found if layer is not None), None)


def _mark(text: str) -> Layer | None:
    if text.startswith(_BOM):
        return Layer("byte_order_mark", "", text.lstrip(_BOM).strip())
    if text.startswith("\u00ef\u00bb\u00bf"):
        return Layer("byte_order_mark", "", text[3:].strip())
    return Layer("utf16", "", text.replace("\0", "").strip()) if "\0" in text[:4] else None


def _string(text: str) -> Layer | None:
    for mark in ('\\"', '"'):
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            inner = _unescaped(text) if mark == '"' else None
            rest = text[len(mark) : -len(mark)].strip() if inner is None else inner.strip()
            return Layer("json_string", "", rest)
    if len(text) > 1 and text[0] == text[-1] == "'":
        return Layer("surrounded", "quotes", text[1:-1].strip())
    return None


def _unescaped(text: str) -> str | None:
    members = _object(f'{{"value":{text}}}') or {}
    value = members.get("value")
    return value if isinstance(value, str) and len(members) == 1 else None


def _object(text: str) -> dict[str, object] | None:
    if not text.startswith("{") or not text.endswith("}") or len(text) > _JSON_BYTES:
        return None
    return strict_json.load_object(text.encode("utf-8", "replace"))


def _bytes(text: str) -> Layer | None:
    if _PYTHON.fullmatch(text) is None:
        return None
    return Layer("python_bytes", "", text[2:-1].strip())


def _json(text: str) -> Layer | None:
    members = _object(text)
    if members is None:
        is_meant = text.startswith("{") and len(text) <= _JSON_BYTES and text.count(".") <= 1
        return Layer("json_broken", "", "") if is_meant and _NAMES.search(text) else None
    if "kty" in members or ("keys" in members and "payload" not in members):
        return Layer("key_instead", "a JWK or a JWK Set", "")
    return _serialized(members) or _enveloped(members)


def _serialized(members: dict[str, object]) -> Layer | None:
    """Make one token from a JSON serialization, or from the members that some APIs use for it."""
    names = ("protected", "encrypted_key", "iv", "ciphertext", "tag")
    if "ciphertext" in members and "tag" in members:
        recipients = _recipients(members)
        texts = _with_own(_texts(members, names), recipients[0])
        aad = members.get("aad")
        outside = Outside(recipients, aad if isinstance(aad, str) else None)
        seen = f"{len(recipients)} recipient(s)"
        return Layer("json_serialization", seen, ".".join(texts), outside=outside)
    for envelope in _FIELDS:
        if set(envelope.names) <= set(members):
            seen = f"the members {', '.join(envelope.names)}"
            return Layer("envelope", seen, ".".join(_texts(members, envelope.names)))
    if "signatures" in members or {"payload", "signature"} <= set(members):
        signatures = _signatures(members)
        texts = _with_own(_texts(members, ("", "payload", "")), signatures[0])
        seen = f"of a JWS, {len(signatures)} signature(s)"
        return Layer("json_serialization", seen, ".".join(texts), outside=Outside(signatures))
    if "protected" in members and not _NAMED.isdisjoint(members):
        missing = ("ciphertext", "tag") if "signature" not in members else ("payload",)
        seen = ", ".join(name for name in missing if name not in members)
        return Layer("json_incomplete", f"without {seen}", "")
    return None


def _with_own(texts: list[str], recipient: Recipient) -> list[str]:
    """Put the segments of one recipient into their places."""
    own = dict(recipient.own)
    return [own.get(place, text) for place, text in enumerate(texts)]


def _signatures(members: dict[str, object]) -> tuple[Recipient, ...]:
    """Return each signature with its own headers. RFC 7515 section 7.2.1."""
    listed = strict_json.as_list(members.get("signatures")) or [members]
    objects = [strict_json.as_object(one) or {} for one in listed[:_MOST_RECIPIENTS]]
    return tuple(
        Recipient(
            strict_json.as_object(one.get("header")) or {},
            tuple(zip((0, 2), _texts(one, ("protected", "signature")), strict=True)),
        )
        for one in objects
    )


def _recipients(members: dict[str, object]) -> tuple[Recipient, ...]:
    """For each recipient, join the shared header with its own. RFC 7516 section 7.2.1."""
    listed = strict_json.as_list(members.get("recipients")) or [members]
    shared = strict_json.as_object(members.get("unprotected")) or {}
    objects = [strict_json.as_object(one) or {} for one in listed[:_MOST_RECIPIENTS]]
    return tuple(
        Recipient(
            {**shared, **(strict_json.as_object(one.get("header")) or {})},
            ((1, _texts(one, ("encrypted_key",))[0]),),
        )
        for one in objects
    )


def _texts(members: dict[str, object], names: tuple[str, ...]) -> list[str]:
    values = (members.get(name, "") for name in names)
    return [value if isinstance(value, str) else "" for value in values]


def _enveloped(members: dict[str, object]) -> Layer | None:
    for path, value in _strings(members, ""):
        if value.count(".") > 1 and _BEGIN in value[:32]:
            member = path.removeprefix(".")
            return Layer("envelope", f"in the member {plain(member)}", value.strip(), member)
    return None


def _strings(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield each string in a JSON value with its path. The parser has bounded the depth."""
    if isinstance(value, str):
        yield path, value
    for name, inner in (strict_json.as_object(value) or {}).items():
        yield from _strings(inner, f"{path}.{name}")
    for place, inner in enumerate(strict_json.as_list(value) or []):
        yield from _strings(inner, f"{path}[{place}]")


def _other(text: str) -> Layer | None:
    """Recognize messages in other formats."""
    found = _PASETO.match(text)
    if found is not None:
        return Layer("paseto", found[0], "")
    if text.startswith("-----BEGIN PGP "):
        return Layer("pgp", "", "")
    seen = next((name for name, begin in _FORMATS if text.startswith(begin)), None)
    return None if seen is None else Layer("other_format", seen, "")


def _key(text: str) -> Layer | None:
    return Layer("key_instead", "PEM", "") if text.startswith("-----BEGIN ") else None


def _scheme(text: str) -> Layer | None:
    found = _SCHEME.match(text)
    if found is None:
        return None
    return Layer("auth_scheme", f'"{plain(found[0].strip())}"', text[found.end() :].strip())


def _field(text: str) -> Layer | None:
    found = _FIELD.search(text)
    return None if found is None else Layer("form_field", f"the field {found[1]}", found[2])


def _percent(text: str) -> Layer | None:
    decoded, count = _PERCENT.subn(lambda found: chr(int(found[1], 16)), text)
    return Layer("url_encoded", f"{count} times", decoded.strip()) if count else None


def _whole(text: str) -> Layer | None:
    """Undo hex or base64 around the whole."""
    if _HEX.fullmatch(text) is not None:
        rest = _token(bytes.fromhex(text))
        return None if rest is None else Layer("hex_token", "", rest)
    joined = "".join(text.split())
    if _BASE64.fullmatch(joined) is None:
        return None
    raw = base64url.decode_text(joined.rstrip("=").replace("+", "-").replace("/", "_"))
    rest = None if raw is None else _token(raw)
    return None if rest is None else Layer("base64_token", "", rest)


def _token(raw: bytes, depth: int = 0) -> str | None:
    if depth < _MOST_ENCODINGS and raw.isascii() and b"." not in raw:
        # Encoded once more.
        again = base64url.decode(raw.strip().rstrip(b"=").translate(_STANDARD))
        return None if again is None else _token(again, depth + 1)
    if not raw.isascii() or raw.count(b".") < 2 or _BEGIN.encode() not in raw[:32]:  # noqa: PLR2004
        return None
    return raw.decode("ascii").strip()


def _broken_lines(text: str) -> Layer | None:
    flat, literal = _BREAK.subn("", text)
    if literal and "." in flat:
        return Layer("line_breaks", r"as the characters \n", flat)
    soft, count = _SOFT_BREAK.subn("", text)
    if count and not re.search(r"\s", soft):
        return Layer("quoted_printable", f"{count} times", soft)
    parts = text.split()
    if len(parts) < 2 or text.count(".") < 2 or _SPACED.fullmatch(text) is None:  # noqa: PLR2004
        return None
    # Words before or after it are a different case.
    if not parts[0].startswith(_BEGIN):
        return None
    plus, characters = text.replace(" ", "+"), frozenset(text)
    standard = not characters.isdisjoint("/=") and characters.isdisjoint("-_")
    if standard and len(plus.split()) == 1:
        return Layer("plus_lost", f"{text.count(' ')} times", plus)
    code = "line_breaks" if "\n" in text or "\r" in text else "white_space"
    return Layer(code, f"{len(parts) - 1} times", "".join(parts))


def _among(text: str) -> Layer | None:
    """Find a token in other text: the first run of its characters with enough dots."""
    if _SPACED.fullmatch(text) is not None and not re.search(r"\s", text):
        return None
    for run in _RUN.finditer(text):
        at = run[0].find(_BEGIN)
        if at < 0 or run[0].count(".", at) < 2:  # noqa: PLR2004 - dots of a JWS
            continue
        begin = run.start() + at
        # A foreign character between two characters of the token is damage inside it.
        if begin == 0 and _BORDER.match(text, run.end()) is None:
            return None
        return Layer("surrounded", f"it begins at character {begin + 1}", run[0][at:])
    return None


def _shortened(text: str) -> Layer | None:
    """Find an ellipsis. Three dots alone are one, unless they follow a whole header."""
    at = text.find("...")
    if "\u2026" in text or (at >= 0 and not _is_header(text[:at])):
        return Layer("shortened", "", "")
    return None


def _is_header(text: str) -> bool:
    raw = base64url.decode_text(text) if len(text) <= _JSON_BYTES else None
    return raw is not None and strict_json.load_object(raw) is not None


_FIELDS: Final = tuple(
    dict.fromkeys(
        envelope
        for profile in PROFILES.values()
        for direction in (profile.send, profile.receive)
        if direction is not None
        for envelope in (direction.envelope, direction.inner_envelope)
        if isinstance(envelope, Fields)
    )
)
_STEPS: Final[tuple[Callable[[str], Layer | None], ...]] = (
    *(_mark, _other, _key, _string, _bytes, _json, _scheme, _field, _percent, _whole),
    *(_shortened, _broken_lines, _among),
)
