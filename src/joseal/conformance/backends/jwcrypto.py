"""jwcrypto's answers. Imported on demand.

Source: jwcrypto.readthedocs.io, `jwe.JWE`, `jws.JWS` and `jwk.JWK`.
"""

import importlib
from functools import lru_cache

from joseal.conformance.backends.peer import PeerBackend, written
from joseal.conformance.model import Jwk, Open, Verify

_jwe = importlib.import_module("jwcrypto.jwe")
_jwk = importlib.import_module("jwcrypto.jwk")
_jws = importlib.import_module("jwcrypto.jws")
_jwa = importlib.import_module("jwcrypto.jwa")
_common = importlib.import_module("jwcrypto.common")


@lru_cache(64)
def _key(jwk: bytes) -> object:
    loaded: object = _jwk.JWK.from_json(jwk.decode())
    return loaded


class Peer(PeerBackend):
    """jwcrypto as a backend."""

    def __init__(self) -> None:
        super().__init__("jwcrypto", _common.JWException, _jwa.JWA.algorithms_registry)

    def open(self, task: Open, jwk: Jwk, alg: str) -> bytes:
        """Decrypt a token with one alg and the accepted encs."""
        encs = self.encs if task.settings.enc is None else task.settings.enc
        token = _jwe.JWE(algs=[alg, *encs])
        token.deserialize(task.token, _key(written(jwk)))
        payload: bytes = token.payload
        return payload

    def verify(self, task: Verify, jwk: Jwk, alg: str) -> bytes:
        """Verify a token under one alg."""
        token = _jws.JWS()
        token.deserialize(task.token)
        token.allowed_algs = [alg]
        token.verify(_key(written(jwk)), detached_payload=task.detached)
        payload: bytes = token.payload
        return payload if task.detached is None else task.detached

    def load(self, jwk: Jwk) -> None:
        """Load a key."""
        _key(written(jwk))

    def thumbprint(self, jwk: Jwk) -> str:
        """Compute a thumbprint."""
        loaded = _jwk.JWK.from_json(written(jwk).decode())
        return str(loaded.thumbprint())
