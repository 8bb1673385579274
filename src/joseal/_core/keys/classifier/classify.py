"""Recognize bytes that were given as a key: one classifier for every loader and for `doctor`.

Rules:
- It is pure: no cryptography, no key, nothing raised. The work is linear in the bytes.
- A text contains names from the table and registered PEM labels. No byte of the input is part of a
  text.
- It is called after a loader has refused the bytes, so it never decides whether a key is loaded.

Source: RFC 7468, RFC 7517, RFC 4716, RFC 4251; the formats of OpenSSH, PuTTY, PGP and Java.
"""

import re
from typing import Final, NamedTuple

from joseal._core.keys.classifier import damage, der, json_forms
from joseal._core.keys.classifier.mistakes import MISTAKES
from joseal._core.keys.classifier.pem_labels import PEM_LABELS
from joseal._core.keys.classifier.prefixes import PREFIXES
from joseal._core.wire import base64url

# Far above any key; longer input is classified by its beginning.
_MOST_BYTES: Final = 1 << 20
_SHOWN_BLOCKS: Final = 6

# The bytes that `bytes.split` skips; a list of the pieces would take far more memory.
_SPACE: Final = b" \t\n\r\x0b\x0c"

_BEGIN: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,64})-----")
_END: Final = re.compile(rb"-----END ([A-Z0-9 ]{1,64})-----")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
# A group that is repeated is possessive: the engine would keep a hundred bytes for each repetition.
_HEX: Final = re.compile(rb"(?:[0-9A-Fa-f]{2}[ :]?){16,}+")
_PATH: Final = re.compile(
    rb"(?:[A-Za-z]:[\\/]|\.{0,2}/|~/)[^\n\r\0]{1,4095}|[^\s\0]+\.[A-Za-z0-9]{2,8}"
)
_COMPACT: Final = re.compile(rb"[A-Za-z0-9_=-]*+(?:\.[A-Za-z0-9_=-]*+)++")
_PLACEHOLDER: Final = re.compile(
    rb"<[^<>\n]{1,80}>|\$\{?[A-Za-z_][A-Za-z0-9_]*\}?|%[A-Za-z_]+%|\{\{[^\n]{1,80}\}\}"
)
_ASSIGNMENT: Final = re.compile(rb"[A-Z][A-Z0-9_]*=[^\n]")
_PYTHON_BYTES: Final = re.compile(rb"\s*b['\"]")
_QUOTED: Final = re.compile(rb"(['\"]).+\1", re.DOTALL)
_PERCENT: Final = re.compile(rb"(?:[\w.~+/=:-]++|%[0-9A-Fa-f]{2})++")
_MARKUP: Final = re.compile(rb"<[^<>]+>[^<>]*<|<[?!]")
_LOWER_CASE: Final = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----", re.IGNORECASE)
_ABSENT: Final = (b"none", b"null", b"undefined", b"nil", b"nan")
_CONTROL: Final = re.compile(rb"[\0-\x08\x0e-\x1f]")
_DASHES: Final = re.compile(r"[-\u2010-\u2015\u2212]{2,} ?BEGIN [A-Z0-9 ]+", re.ASCII)

_MAGIC: Final = (
    (b"\xfe\xed\xfe\xed", "jks"),
    (b"\xce\xce\xce\xce", "jceks"),
    (b"openssh-key-v1\0", "openssh-binary"),
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3\0", "nss-database"),
    (b"Salted__", "openssl-enc"),
    (b"%PDF-", "pdf"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    # The mark of UTF-16, read as Latin-1 and written as UTF-8.
    ("\u00ff\u00fe".encode(), "utf-16"),
    ("\u00fe\u00ff".encode(), "utf-16"),
    (b"\xef\xbb\xbf", "bom"),
)

# In the order in which they are looked for.
_ELEMENTS: Final = (
    ("html", (b"<html", b"<!doctype html", b"<head", b"<body")),
    ("xml-rsa", (b"<rsakeyvalue", b"<rsaparameters", b"<modulus")),
    ("xml", (b"x509certificate>",)),
    ("xml-error", (b"<error", b"<fault", b":fault", b"<code>")),
)

# The required kind of the body of a block with this label.
_BODIES: Final = {
    "PRIVATE KEY": ("der-pkcs8",),
    "ENCRYPTED PRIVATE KEY": ("der-pkcs8-encrypted",),
    "RSA PRIVATE KEY": ("der-pkcs1-private",),
    "EC PRIVATE KEY": ("der-sec1",),
    "PUBLIC KEY": ("der-spki",),
    "RSA PUBLIC KEY": ("der-pkcs1-public",),
    "CERTIFICATE": ("der-certificate",),
    "X509 CERTIFICATE": ("der-certificate",),
}
_RIGHT_LABELS: Final = {kinds[0]: label for label, kinds in reversed(_BODIES.items())}


class Form(NamedTuple):
    """The result: the kind of some bytes.

    Attributes:
        kind: the stable word for it.
        labels: the registered labels among those of the PEM blocks.
        sentence: what the bytes are.
        remedy: what to do about it.
    """

    kind: str
    labels: tuple[str, ...]
    sentence: str
    remedy: str

    @property
    def text(self) -> str:
        """The sentence and the remedy as one message."""
        return f"{self.sentence}: {self.remedy}"


def classify(data: bytes) -> Form:
    """Classify the bytes; `unknown` if nothing is recognized."""
    kind, labels = _kind(data[:_MOST_BYTES])
    sentence, remedy = MISTAKES[kind]
    if kind == "pem-several":
        shown = ", ".join(labels[:_SHOWN_BLOCKS]) + (", ..." if labels[_SHOWN_BLOCKS:] else "")
        sentence = f"{len(labels)} PEM blocks ({shown})"
    elif kind.startswith("pem-label-"):
        sentence = sentence.replace("LABEL", labels[0])
    return Form(kind, labels, sentence, remedy)


def _kind(data: bytes) -> tuple[str, tuple[str, ...]]:
    text = data.strip()
    binary = _binary_kind(data, text)
    if binary is not None:
        return binary, ()
    if text[:1] in (b"{", b"["):
        return json_forms.kind_of(text), ()
    return _pem_kind(data) if _BEGIN.search(data) is not None else (_text_kind(text), ())


def _binary_kind(data: bytes, text: bytes) -> str | None:
    """Classify binary data by its beginning or by its outline."""
    if not text:
        return "blank" if data else "empty"
    damaged = damage.of_der(data)
    if damaged is not None:
        return damaged
    magic = next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)
    if magic is not None:
        return magic
    if not any(data[:64:2]) or not any(data[1:64:2]):
        return "utf-16" if len(data) > 1 and any(data) else "zeros" if data[0] == 0 else None
    return _der_kind(data) if data[0] == der.SEQUENCE else None


def _der_kind(data: bytes) -> str | None:
    kind = der.kind(data)
    if kind is not None:
        return "der-followed" if der.is_followed(data) and kind != "pkcs12" else kind
    return "der-cut" if der.is_cut(data) and not data.isascii() else None


def _pem_kind(data: bytes) -> tuple[str, tuple[str, ...]]:
    found = [*_BEGIN.finditer(data)]
    labels = tuple(_known_label(begin[1]) for begin in found)
    counted = tuple(label for label in labels if label != "EC PARAMETERS") or labels
    if _PYTHON_BYTES.match(data) is not None:
        return "pem-repr", counted
    if data.strip()[:1] in (b'"', b"'"):
        return "pem-quoted", counted
    if b"\\n" in data:
        return ("pem-escaped-twice" if b"\\\\n" in data else "pem-escaped"), counted
    if len(counted) > 1:
        return "pem-several", counted
    # An END line before the block belongs to a different block.
    ends = tuple(_known_label(label) for label in _END.findall(data, found[-1].end()))
    if labels[-1] not in ends:
        return ("pem-ends-otherwise" if ends else "pem-cut"), counted
    return _block_kind(data, counted), counted


def _known_label(label: bytes) -> str:
    text = label.decode("ascii")
    return text if text in PEM_LABELS else "an unknown label"


def _block_kind(data: bytes, labels: tuple[str, ...]) -> str:
    label = labels[0]
    named = PEM_LABELS.get(label, "pem-label-unknown")
    if label not in _BODIES or b"Proc-Type:" in data:
        return named
    body = _body(data, label)
    raw = _decoded(body)
    damaged = damage.of_body(body) or ("pem-body" if raw is None else None)
    if damaged is not None or raw is None:
        return damaged or "pem-body"
    if b"\n" not in body.strip() and len(body) > 80:  # noqa: PLR2004 - RFC 7468 has 64
        return "pem-one-line"
    return _content_kind(raw, label, named)


def _content_kind(raw: bytes, label: str, named: str) -> str:
    """Compare the content of a block with its label."""
    if b"-----BEGIN" in raw or der.kind(_decoded(raw) or b"") is not None:
        return "pem-twice"
    kind = der.kind(raw)
    if kind == _BODIES[label][0]:
        return named
    if kind in _RIGHT_LABELS:
        return f"pem-label-{kind}"
    return "pem-content-cut" if der.is_cut(raw) else "pem-content"


def _body(data: bytes, label: str) -> bytes:
    """Return the body of a block; empty if there is no whole one."""
    _, begin, rest = data.partition(b"-----BEGIN " + label.encode() + b"-----")
    body, end, _ = rest.partition(b"-----END")
    return body if begin and end else b""


def content(data: bytes) -> bytes:
    """Return the DER in the only PEM block, whose kind `classify` returns; empty without one."""
    form = classify(data)
    if form.labels[:1] and form.labels[0] in _BODIES and b"Proc-Type:" not in data:
        return _decoded(_body(data, form.labels[0])) or b""
    return b""


def _text_kind(text: bytes) -> str:
    lowered = text[:64].lower()
    named = _enclosed_kind(text) or next(
        (kind for begin, kind in PREFIXES if lowered.startswith(begin.lower())), None
    )
    damaged = named or _damaged_pem_kind(text)
    if damaged is not None:
        return damaged
    if _PLACEHOLDER.fullmatch(text) is not None:
        return "placeholder"
    if _HEX.fullmatch(text) is not None:
        return _hex_kind(text)
    return _token_kind(text) or _wrapped_kind(text) or _plain_kind(text)


def _enclosed_kind(text: bytes) -> str | None:
    """Classify text that a program or a serializer has put around something."""
    if text.lower() in _ABSENT:
        return "absent"
    if _PYTHON_BYTES.match(text) is not None:
        return "bytes-repr"
    if _QUOTED.fullmatch(text) is not None:
        return "json-string" if text[1:2] in (b"{", b"[") else "quoted"
    if text.count(b"%") > 1 and _PERCENT.fullmatch(text) is not None:
        return "url-encoded"
    is_markup = text[:1] == b"<" and _MARKUP.match(text) is not None
    return _markup_kind(text[:4096].lower()) if is_markup else None


def _markup_kind(lowered: bytes) -> str:
    """Classify XML and HTML by the elements at its beginning."""
    for kind, marks in _ELEMENTS:
        if any(mark in lowered for mark in marks):
            return kind
    return "xml-other"


def _damaged_pem_kind(text: bytes) -> str | None:
    if _DASHES.search(text[:4096].decode("utf-8", errors="replace")) is not None:
        return "pem-dashes"
    if _LOWER_CASE.search(text) is not None:
        return "pem-lower-case"
    return "pem-without-begin" if _END.search(text) is not None else None


def _token_kind(text: bytes) -> str | None:
    if not text.startswith(b"ey") or _COMPACT.fullmatch(text) is None:
        return None
    return {2: "jws", 4: "jwe"}.get(text.count(b"."), "token-part")


def _plain_kind(text: bytes) -> str:
    if _PATH.fullmatch(text) is not None:
        return "path"
    if _ASSIGNMENT.match(text) is not None:
        return "assignment"
    return "text" if text.isascii() and _CONTROL.search(text) is None else "unknown"


def _hex_kind(text: bytes) -> str:
    digits = text.translate(None, b" :")
    if b":" in text and len(digits) <= 64:  # noqa: PLR2004 - SHA-256
        return "fingerprint"
    raw = bytes.fromhex(digits.decode("ascii"))
    return "hex-of-der" if der.kind(raw) is not None else "hex"


def _wrapped_kind(text: bytes) -> str | None:
    """Classify the content of base64, through one more layer at most."""
    raw = _decoded(text)
    if raw is None or len(raw) < 16:  # noqa: PLR2004 - the least AES key; less is a word
        return None
    kind = der.kind(raw)
    if kind is not None:
        return "base64-of-pkcs12" if kind == "pkcs12" else "base64-of-der"
    if _BEGIN.search(raw) is not None:
        return "base64-of-pem"
    if raw.strip()[:1] == b"{":
        inner = f"base64-of-{json_forms.kind_of(raw.strip())}"
        return inner if inner in MISTAKES else "base64-of-json"
    keystore = next((name for magic, name in _MAGIC[:3] if raw.startswith(magic)), None)
    return f"base64-of-{keystore}" if keystore else _wrapped_otherwise(raw)


def _wrapped_otherwise(raw: bytes) -> str:
    again = _decoded(raw) or b""
    if der.kind(again) is not None or _BEGIN.search(again) is not None:
        return "base64-twice"
    # Longer than any shared secret.
    return "base64-of-cut-der" if der.is_cut(raw) and len(raw) > 64 else "base64"  # noqa: PLR2004


def _decoded(text: bytes) -> bytes | None:
    """Decode base64 of either alphabet, with or without padding and white space."""
    joined = text.translate(None, _SPACE)
    if _BASE64.fullmatch(joined) is None:
        return None
    return base64url.decode(joined.rstrip(b"=").replace(b"+", b"-").replace(b"/", b"_"))


def refusal(data: bytes, wanted: frozenset[str], otherwise: str) -> str:
    """Return the text for bytes that a loader has refused.

    Args:
        data: the bytes that it was given.
        wanted: the kinds that the loader reads, for which the classifier has no better reason.
        otherwise: the text for those, and for bytes that are not recognized.
    """
    form = classify(data)
    return otherwise if form.kind in wanted or form.kind == "unknown" else form.text
