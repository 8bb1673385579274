"""Every example in a public docstring does what it says.

An example runs as `doctest` would run it, in a namespace of its own, and in a folder of its own with
the files `bank.pem`, a certificate, and `mine.p12`, whose password is "a long password".
"""

import contextlib
import doctest
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from tests.helpers import forge
from tests.house import docstrings

PARSER = doctest.DocTestParser()
EXAMPLES = {
    test.name: test
    for name, text in docstrings.texts()
    if (test := PARSER.get_doctest(text, {}, name, None, 0)).examples
}


@cache
def files() -> dict[str, bytes]:
    private = forge.rsa_private()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bank.example")])
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(private, hashes.SHA256())
    )
    secrecy = serialization.BestAvailableEncryption(b"a long password")
    return {
        "bank.pem": certificate.public_bytes(serialization.Encoding.PEM),
        "mine.p12": pkcs12.serialize_key_and_certificates(
            b"mine", private, certificate, None, secrecy
        ),
    }


def faults(test: doctest.DocTest) -> list[str]:
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    return said


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_does_what_it_says(name: str, tmp_path: Path) -> None:
    for file, content in files().items():
        (tmp_path / file).write_bytes(content)
    with contextlib.chdir(tmp_path):
        assert not faults(EXAMPLES[name])


def test_wrong_example_is_noticed() -> None:
    assert faults(PARSER.get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0))
    assert faults(PARSER.get_doctest(">>> 1 / 0\n", {}, "raises", None, 0))
    assert not faults(PARSER.get_doctest(">>> 1 + 1\n2\n", {}, "right", None, 0))
