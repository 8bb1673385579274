"""What must never be a shared secret: a pair, a certificate, a JWK, or a file of one.

Rules:
- What is public in one reading must not be a secret in another: everyone who has the public key
  could make tokens. So every loader of a secret or of a password asks here.
- The classifier is imported here, and not by a program whose keys are pairs.
- Random bytes pass. Those that begin like DER by chance are told from DER by more than one byte.

Source: RFC 8725 sections 2.1 and 3.1.
"""

import codecs
from collections.abc import Iterator
from typing import Final

from joseal.errors import InvalidKeyError

# How the kinds begin that are never a shared secret.
_NO_SECRETS: Final = (
    *("pem-", "der-", "ssh", "jwk", "base64-of-", "hex-of-der", "pkcs12", "jks", "jceks"),
)


def check_secret(raw: bytes) -> None:
    """Refuse the bytes of a pair, of a certificate or of a JWK as a shared secret.

    Raises:
        InvalidKeyError: they are such, or a file of them.
    """
    from joseal._core.keys.classifier import classify, der  # noqa: PLC0415 - see above

    for text in (raw, *_without_mark(raw)):
        form = classify.classify(text)
        if form.kind == "der-cut" and not der.is_cut_key(text):
            # Of random keys, one in 300 claims to be a longer sequence.
            continue
        if form.kind.startswith(_NO_SECRETS):
            raise InvalidKeyError(f"a shared secret is wanted: {form.text}")


def _without_mark(raw: bytes) -> Iterator[bytes]:
    """Yield what the bytes are if they are a text with a byte order mark, or UTF-16."""
    if raw.startswith(codecs.BOM_UTF8):
        yield raw.removeprefix(codecs.BOM_UTF8)
    # What is not UTF-16 decodes to no text of a key.
    for encoding in ("utf-16-le", "utf-16-be"):
        text = raw.decode(encoding, errors="replace").removeprefix("\ufeff")
        yield text.encode("ascii", errors="replace")
