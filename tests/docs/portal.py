"""The files that a portal gives its customers, for the pages of the cookbook; and their `peer.py`."""

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


def is_recipe(path: Path) -> bool:
    """Whether a page expects the files."""
    return path.parent == COOKBOOK


def furnish(folder: Path) -> None:
    """Write the files."""
    for name, data in files().items():
        (folder / name).write_bytes(data)


@cache
def files() -> dict[str, bytes]:
    """Make them once for all pages."""
    api, mine = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
    (peer,) = (
        block.text
        for block in pages.blocks((COOKBOOK / "index.md").read_text("utf-8"))
        if block.title == "peer.py"
    )
    return {
        "api.pem": certificate(api).public_bytes(Encoding.PEM),
        "mine.pem": mine.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "mine.p12": pkcs12.serialize_key_and_certificates(
            b"mine", mine, certificate(mine), None, BestAvailableEncryption(PASSWORD.encode())
        ),
        "peer.py": peer.encode(),
    }


def certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "api.example")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + dt.timedelta(days=365))
    return builder.sign(key, hashes.SHA256())
