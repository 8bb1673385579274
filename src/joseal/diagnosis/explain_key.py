"""Classify bytes that were given as a key, from the bytes alone.

Rules:
- No key is made or kept: the result is a name from a table, with a remedy.
- No input of str or bytes raises an exception, and no byte of the input is part of a text.

Source: none; the names are this project's own.
"""

import textwrap
from typing import Final

from msgspec import Struct

from joseal._core.keys.classifier import classify
from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal.diagnosis import hpke

# Kinds that a loader reads.
_READ: Final = {
    **dict.fromkeys(("pem-private", "pem-public", "ssh-public"), "Key.from_pem"),
    **dict.fromkeys(("pem-certificate", "der-certificate"), "Key.from_certificate"),
    **dict.fromkeys(
        ("der-pkcs8", "der-pkcs8-encrypted", "der-pkcs1-private", "der-pkcs1-public"),
        "Key.from_der",
    ),
    **dict.fromkeys(("der-sec1", "der-spki"), "Key.from_der"),
    "pkcs12": "Key.from_pkcs12",
    "jwk": "Key.from_jwk",
    "jwks": "KeySet.from_jwks",
}
# Kinds that are not keys: a token or any other text.
_NO_KEYS: Final = frozenset(
    {
        "jws",
        "jwe",
        "token-part",
        "json-token",
        "json-other",
        "json-list",
        "json-broken",
        "json-error",
    }
    | {"text", "unknown", "base64", "base64-of-json", "hex", "empty", "blank", "zeros", "path"}
    | {"html", "xml", "url", "assignment", "paseto", "placeholder", "bom", "utf-16", "utf-32"}
    | {"json-repr", "json-string", "json-escaped", "json-cut", "json-followed", "jwk-within"}
    | {"jwks-within", "absent", "quoted", "bytes-repr", "url-encoded", "xml-error", "xml-other"}
    | {"zip", "gzip", "pdf", "pem-pgp-message", "fingerprint", "data-url"}
)
_LINE: Final = 100


class KeyExplanation(Struct, frozen=True, kw_only=True):
    """The kind of the bytes of a key file, without any of these bytes.

    Attributes:
        kind: the stable word for it.
        sentence: what the bytes are.
        remedy: what to do about it.
        labels: the registered labels among those of its PEM blocks.
        loader: joseal's function that reads such bytes; empty if there is none.
        is_key: whether they are a key, a certificate or a container of them, in any form.

    Example:
        >>> from joseal.diagnosis import explain_key
        >>> explain_key("ssh-rsa AAAAB3NzaC1yc2E= me").kind
        'ssh-public'
    """

    kind: str
    sentence: str
    remedy: str
    labels: tuple[str, ...] = ()
    loader: str = ""
    is_key: bool = False

    def __str__(self) -> str:
        """Return it as lines for people."""
        return "\n".join(
            line
            for text in (f"{self.kind}: {self.sentence}", self.remedy)
            for line in textwrap.wrap(text, _LINE, subsequent_indent="   ")
        )


@hide_locals
def explain_key(data: str | bytes) -> KeyExplanation:
    """Say what kind of bytes were given as a key.

    Args:
        data: bytes that a loader refused, or a whole key file.

    Returns:
        The kind, with what to do about it.

    Raises:
        TypeError: `data` is neither str nor bytes.

    Example:
        >>> from joseal.diagnosis import explain_key
        >>> print(explain_key("ssh-rsa AAAAB3NzaC1yc2E= me"))
        ssh-public: this is an OpenSSH public key
        use Key.from_pem
    """
    if not isinstance(data, str | bytes):
        raise TypeError("the key must be str or bytes")
    raw = data.encode("utf-8", errors="replace") if isinstance(data, str) else data
    form = classify.classify(raw)
    fault = hpke.jwk_fault(strict_json.load_object(raw) or {}) if form.kind == "jwk" else None
    if fault is not None:
        kind, sentence, remedy = fault
        return KeyExplanation(kind=kind, sentence=sentence, remedy=remedy, is_key=True)
    return KeyExplanation(
        kind=form.kind,
        sentence=form.sentence,
        remedy=form.remedy,
        labels=form.labels,
        loader=_READ.get(form.kind, ""),
        is_key=form.kind not in _NO_KEYS,
    )
