"""Bytes that must never be a shared secret: a key pair, a certificate, a JWK, or a file with one.

Rules:
- Bytes that are public in one reading must not be a secret in another: everyone who has the public
  key could make tokens. So every loader of a secret or a password calls this module.
- The classifier is imported here on demand: a program that only uses key pairs never loads it.
- Random bytes pass. Some begin like DER by chance: more than one byte distinguishes them from DER.

Source: RFC 8725 sections 2.1 and 3.1.
"""

import codecs
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from joseal._core.late import late
from joseal.errors import InvalidKeyError

if TYPE_CHECKING:
    from joseal._core.keys.classifier import classify, der
else:
    classify = late("joseal._core.keys.classifier.classify")
    der = late("joseal._core.keys.classifier.der")

# Prefixes of the kinds that are never a shared secret.
_NO_SECRETS: Final = (
    *("pem-", "der-", "ssh", "jwk", "base64-of-", "hex-of-der", "pkcs12", "jks", "jceks"),
)


def check_secret(raw: bytes) -> None:
    """Refuse the bytes of a key pair, a certificate or a JWK as a shared secret.

    Raises:
        InvalidKeyError: they are one of these, or a file with one.
    """
    for text in (raw, *_without_mark(raw)):
        form = classify.classify(text)
        if form.kind == "der-cut" and not der.is_cut_key(text):
            # One in 300 random keys looks like the beginning of a longer sequence.
            continue
        if form.kind.startswith(_NO_SECRETS):
            raise InvalidKeyError(f"expected a shared secret: {form.text}")


def _without_mark(raw: bytes) -> Iterator[bytes]:
    """Yield the bytes as UTF-8 if they are a text with a byte order mark, or UTF-16."""
    if raw.startswith(codecs.BOM_UTF8):
        yield raw.removeprefix(codecs.BOM_UTF8)
    # Bytes that are not UTF-16 do not decode to the text of a key.
    for encoding in ("utf-16-le", "utf-16-be"):
        text = raw.decode(encoding, errors="replace").removeprefix("\ufeff")
        yield text.encode("ascii", errors="replace")
