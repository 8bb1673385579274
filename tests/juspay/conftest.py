"""Keys and certificates that the tests of the client share."""

import ssl

import pytest
import trustme

from joseal import Key
from joseal.juspay import (
    payout_encrypter,
)


@pytest.fixture(scope="module")
def key():
    return Key.generate("RSA-OAEP")


@pytest.fixture(scope="module")
def sealer(key):
    return payout_encrypter(key.public())


@pytest.fixture(scope="module")
def ca():
    return trustme.CA()


@pytest.fixture
def trust(ca):
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    ca.configure_trust(context)
    return context
