"""Private RSA keys that are checked once: OpenSSL looks for 40 ms whether its numbers are prime.

For tests that load the same keys many times, and in which it is not the loading that is tested.
"""

import functools

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPrivateNumbers

from joseal._core.keys.jwk import codec

_load_pem = functools.cache(serialization.load_pem_private_key)
_with_factors = codec._with_factors


@functools.cache
def _private_key(numbers: RSAPrivateNumbers) -> RSAPrivateKey:
    return numbers.private_key()


class _Checked:
    """The numbers of a key, which give the same key each time."""

    def __init__(self, numbers: RSAPrivateNumbers) -> None:
        self._numbers = numbers

    def __getattr__(self, name: str) -> object:
        return getattr(self._numbers, name)

    def private_key(self) -> RSAPrivateKey:
        return _private_key(self._numbers)


@pytest.fixture(autouse=True)
def checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Import this in the `conftest.py` of a folder."""
    monkeypatch.setattr(codec, "_with_factors", lambda *given: _Checked(_with_factors(*given)))
    monkeypatch.setattr(serialization, "load_pem_private_key", _load_pem)
