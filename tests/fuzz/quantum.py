"""Keys of kty AKP, and tokens of HPKE that are safe against a quantum computer, as seeds.

The vectors have none: their generator has neither ML-KEM nor ML-DSA.
"""

import json
from functools import cache

from tests.helpers import all_algorithms, hpke_forge
from tests.helpers.forge import b64

from joseal import Key


@cache
def openers():
    """Return the private keys of HPKE with ML-KEM, as JSON text."""
    return [json.dumps(hpke_forge.jwk(alg)) for alg in hpke_forge.QUANTUM_RESISTANT]


def tokens():
    """Yield the number of a key of `openers` and a token for it, good or with one fault."""
    for number, alg in enumerate(hpke_forge.QUANTUM_RESISTANT):
        kem = hpke_forge.suite_of(alg).kem
        yield number, hpke_forge.token(alg)
        yield number, hpke_forge.token(alg, name="other")
        for kind, size in hpke_forge.SECRET_BYTES.items():
            if kind in (*hpke_forge.KEMS, kem):
                yield number, hpke_forge.token(alg, sent=bytes(size))
        for members in ({"enc": "A256GCM"}, {"ek": "AA"}, {"psk_id": "AA"}, {"enc": None}):
            yield number, hpke_forge.token(alg, members=members)


def jwks():
    """Yield JWKs of kty AKP that load, and some that do not, as JSON text."""
    yield from openers()
    for alg in all_algorithms.ML_DSA:
        yield json.dumps(Key.generate(alg).to_jwk(private=True))
    for alg in ("HPKE-9", "HPKE-12", "HPKE-13-KE"):
        whole = hpke_forge.jwk(alg)
        for changed in ({"alg": "HPKE-8"}, {"priv": b64(bytes(2400))}, {"pub": "AA"}):
            yield json.dumps({**whole, **changed})
        yield json.dumps({name: value for name, value in whole.items() if name != "alg"})
