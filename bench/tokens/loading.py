"""Loading a private key of RSA-2048, from PEM and from JWK.

Libraries check different things about a key here, and some of them only when it is used first. The
baseline is `cryptography`'s loader for PEM, which checks that the key is a key, in both groups.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import RSAKey
from jwcrypto.jwk import JWK

import joseal
from bench.subject import Subject
from bench.tokens.peers import ALG, Authlib, Joseal, Joserfc, JsonWebKey, Jwcrypto

LOADER_ALONE: Final = "load_pem_private_key alone"
PEM: Final = "load a key from PEM"
JWK_GROUP: Final = "load a key from JWK"


def subjects(key: joseal.Key) -> Iterator[Subject]:
    """Yield the loaders, for one key."""
    pem, members = key.to_pem(private=True), key.to_jwk(private=True)
    yield from _group(
        PEM,
        pem,
        {
            Joseal.name: partial(joseal.Key.from_pem, pem, alg=ALG),
            Joserfc.name: partial(RSAKey.import_key, pem),
            Jwcrypto.name: partial(JWK.from_pem, pem.encode()),
            Authlib.name: partial(JsonWebKey.import_key, pem, {"kty": "RSA"}),
        },
    )
    yield from _group(
        JWK_GROUP,
        pem,
        {
            Joseal.name: partial(joseal.Key.from_jwk, members),
            Joserfc.name: partial(RSAKey.import_key, members),
            Jwcrypto.name: lambda: JWK(**members),
            Authlib.name: partial(JsonWebKey.import_key, members),
        },
    )


def _group(group: str, pem: str, loaders: dict[str, Callable[[], object]]) -> Iterator[Subject]:
    alone = partial(load_pem_private_key, pem.encode(), None)
    yield Subject(group, LOADER_ALONE, alone, lambda made: isinstance(made, RSAPrivateKey))
    thumbprint = joseal.Key.from_pem(pem, alg=ALG).thumbprint()
    for name, call in loaders.items():
        yield Subject(group, name, call, lambda made: made.thumbprint() == thumbprint)
