"""The test vectors of both drafts of HPKE for JOSE: all tokens, in both serializations.

The flattened ones have a JWE AAD.

Source: draft-ietf-jose-hpke-encrypt appendix A, draft-ietf-jose-hpke-pq-pqt.
"""

import json

import pytest
from tests.vectors.vector_files import run

from joseal import Decrypter, DecryptionError, Encrypter, Key, MalformedTokenError
from joseal._core.algorithms.registry import ALGS
from joseal.conformance import Outcome

FILES = {"jose-hpke/examples/jose-vectors.json": 16, "jose-hpke-pq/vectors.json": 10}
ENC_NAMES = ["A128GCM", "A256GCM", "A128CBC-HS256"]


@pytest.fixture(params=FILES)
def vectors(request, shared_vectors):
    items = json.loads((shared_vectors / request.param).read_bytes())
    assert len(items) == FILES[request.param]
    return items


def opener(key):
    return Decrypter(key, enc=None if key._content else ENC_NAMES)


def open_flattened(key, token):
    enc = None if key._content else ENC_NAMES
    return Decrypter(key, enc=enc, form="flattened").decrypt(json.dumps(token))


def test_every_compact_token_opens_and_is_made_again(vectors):
    for vector in vectors:
        key = Key.from_jwk(vector["jwk"])
        plaintext = opener(key).decrypt(vector["compact"])
        sealer = Encrypter(key.public(), enc=None if key._content else "A128GCM")
        assert opener(key).decrypt(sealer.encrypt(plaintext)) == plaintext


def test_every_flattened_token_opens(vectors):
    for vector in vectors:
        key = Key.from_jwk(vector["jwk"])
        assert open_flattened(key, vector["flattened"]) == opener(key).decrypt(vector["compact"])
        with pytest.raises(DecryptionError):
            open_flattened(key, {**vector["flattened"], "aad": "eA"})


def test_plaintexts_are_those_that_others_found(shared_vectors):
    told = json.loads((shared_vectors / "jose-hpke/verified_plaintexts.json").read_bytes())
    items = json.loads((shared_vectors / "jose-hpke/examples/jose-vectors.json").read_bytes())
    found = {}
    for vector in items:
        key = Key.from_jwk(vector["jwk"])
        found[vector["alg"], "compact"] = opener(key).decrypt(vector["compact"]).hex()
        found[vector["alg"], "flattened"] = open_flattened(key, vector["flattened"]).hex()
    wanted = {(each["alg"], each["form"]): each["plaintext_hex"] for each in told["results"]}
    assert found == wanted
    assert len(found) == 32


def test_kids_are_thumbprints(vectors):
    for vector in vectors:
        assert Key.from_jwk(vector["jwk"]).thumbprint() == vector["jwk"]["kid"]


def test_the_files_have_every_alg_of_hpke(shared_vectors):
    algs = [
        vector["alg"]
        for name in FILES
        for vector in json.loads((shared_vectors / name).read_bytes())
    ]
    assert sorted(algs) == sorted(name for name, alg in ALGS.items() if alg.suite)


def test_no_token_opens_with_the_key_of_another_vector(vectors):
    for vector, other in zip(vectors, [*vectors[1:], vectors[0]], strict=True):
        key = Key.from_jwk({**other["jwk"], "alg": other["alg"]}, kid=None)
        named = {**vector["jwk"], "kid": key.kid}
        token = vector["compact"].split(".")
        if named["kty"] == "AKP" or named.get("crv") != other["jwk"].get("crv"):
            continue
        mixed = Key.from_jwk({**other["jwk"], "alg": vector["alg"], "kid": vector["jwk"]["kid"]})
        with pytest.raises((DecryptionError, MalformedTokenError)):
            opener(mixed).decrypt(".".join(token))


@pytest.mark.parametrize("name", FILES)
def test_verify_vectors_reads_the_files(shared_vectors, name):
    report = run(shared_vectors / name)
    assert report.form == "HPKE"
    assert report.count(Outcome.PASSED) == len(report.results) == 2 * FILES[name]
