"""joserfc's answers. Imported on demand.

Source: jose.authlib.org, `jwe.decrypt_compact`, `jwe.decrypt_json`, `jws.deserialize_compact`,
`jws.deserialize_json` and `jwk.import_key`.
"""

import importlib
from functools import lru_cache

from joseal._core.wire import base64url, strict_json
from joseal.conformance.backends.peer import PeerBackend, written
from joseal.conformance.model import Jwk, Open, Verify

_jwe = importlib.import_module("joserfc.jwe")
_jwk = importlib.import_module("joserfc.jwk")
_jws = importlib.import_module("joserfc.jws")
_errors = importlib.import_module("joserfc.errors")


@lru_cache(64)
def _key(jwk: bytes) -> object:
    loaded: object = _jwk.import_key(strict_json.load_object(jwk))
    return loaded


def _with_payload(task: Verify) -> dict[str, object] | None:
    """Return a message as an object, with a detached payload if it takes one."""
    message = strict_json.load_object(task.token.encode())
    if message is None or task.detached is None:
        return message
    encoded = base64url.encode(task.detached) if task.settings.b64 else task.detached
    return {**message, "payload": encoded.decode()}


class Peer(PeerBackend):
    """joserfc as a backend."""

    def __init__(self) -> None:
        registry = _jwe.JWERegistry.algorithms
        names = [*registry["alg"], *registry["enc"], *_jws.JWSRegistry.algorithms]
        super().__init__("joserfc", _errors.JoseError, names)

    def open(self, task: Open, jwk: Jwk, alg: str) -> bytes:
        """Decrypt a token with one alg and the accepted encs."""
        encs = self.encs if task.settings.enc is None else task.settings.enc
        algs = [alg, *encs, *(["DEF"] if task.settings.accept_zip else [])]
        registry = _jwe.JWERegistry(algorithms=algs, strict_check_header=False)
        if task.settings.form != "compact":
            message = strict_json.load_object(task.token.encode())
            opened = _jwe.decrypt_json(message, _key(written(jwk)), registry=registry)
        else:
            opened = _jwe.decrypt_compact(task.token, _key(written(jwk)), registry=registry)
        plaintext: bytes = opened.plaintext
        return plaintext

    def verify(self, task: Verify, jwk: Jwk, alg: str) -> bytes:
        """Verify a token under one alg."""
        registry = _jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
        if task.settings.form != "compact":
            message = _with_payload(task)
            found = _jws.deserialize_json(message, _key(written(jwk)), registry=registry)
        else:
            found = _jws.deserialize_compact(
                task.token, _key(written(jwk)), registry=registry, payload=task.detached
            )
        payload: bytes = found.payload
        return payload if task.detached is None else task.detached

    def load(self, jwk: Jwk) -> None:
        """Load a key."""
        _key(written(jwk))

    def thumbprint(self, jwk: Jwk) -> str:
        """Compute a thumbprint."""
        return str(_jwk.import_key(jwk).thumbprint())
