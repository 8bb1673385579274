"""Decrypts with the keys of a mounted file, and serves their public halves."""

import json
import os

from joseal.remote import FileKeys

keys = FileKeys(
    os.environ.get("KEY_FILE", "/run/keys/mine.jwks"),
    alg="ECDH-ES+A256KW",
    use="enc",
    private=True,
    check_seconds=10,
)


def decrypt(token):
    return keys.decrypter("A256GCM", token).decrypt(token)


def application(environ, start_response):
    """Serve `/.well-known/jwks.json` and `/ready` (WSGI)."""
    if environ["PATH_INFO"] == "/ready":
        start_response("200 OK" if keys.health().is_usable else "503 Service Unavailable", [])
        return []
    headers = [("Content-Type", "application/jwk-set+json"), ("Cache-Control", "max-age=300")]
    start_response("200 OK", headers)
    return [json.dumps(keys.key_set().to_jwks()).encode()]
