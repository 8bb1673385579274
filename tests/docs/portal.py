"""The files that a portal gives its customers, and the modules that pages of the cookbook share."""

import datetime as dt
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from tests.docs import pages

PASSWORD = "changeit"
COOKBOOK = pages.DOCS / "cookbook"


GUIDES = {"flask.md", "fastapi.md", "django.md", "celery.md", "aws-lambda.md", "kubernetes.md"}
# What the pages read or set: each is put back after its page.
VARIABLES = {"AUTH_SECRET", "BANK_URL", "KEY_FILE", "QUEUE_PUBLIC_KEY", "QUEUE_PRIVATE_KEY"}


def is_recipe(path: Path) -> bool:
    """Whether a page expects the files."""
    return path.parent == COOKBOOK or path.name in GUIDES


def environment() -> dict[str, str]:
    """Return the variables that the pages expect."""
    texts = {"PRIVATE_KEY": "mine.pem", "BANK_CERTIFICATE": "api.pem"}
    return {
        **dict.fromkeys(VARIABLES, "a text that the page replaces"),
        **{name: files()[file].decode() for name, file in texts.items()},
        "KEY_PASSWORD": PASSWORD,
    }


def furnish(folder: Path) -> None:
    """Write the files."""
    for name, data in files().items():
        (folder / name).write_bytes(data)


@cache
def files() -> dict[str, bytes]:
    """Make them once for all pages."""
    api, mine = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
    shared = {
        block.title: block.text.encode()
        for block in pages.blocks((COOKBOOK / "index.md").read_text("utf-8"))
        if block.title
    }
    return {
        "api.pem": certificate(api).public_bytes(Encoding.PEM),
        "mine.pem": mine.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "mine.p12": pkcs12.serialize_key_and_certificates(
            b"mine", mine, certificate(mine), None, BestAvailableEncryption(PASSWORD.encode())
        ),
        **shared,
    }


def certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "api.example")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + dt.timedelta(days=365))
    return builder.sign(key, hashes.SHA256())
