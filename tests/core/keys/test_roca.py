"""The fingerprint of ROCA: CVE-2017-15361."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.helpers.forge import b64, draw, rsa_private, unb64
from tests.helpers.rows import each_row

from joseal import InvalidKeyError, Key
from joseal._core.keys import roca

GENERATOR = 65537


def primes(most):
    return [n for n in range(2, most) if all(n % d for d in range(2, int(n**0.5) + 1))]


def order(prime):
    """Return the order of the generator modulo a prime, counted and not computed."""
    value, count = GENERATOR % prime, 1
    while value != 1:
        value, count = value * GENERATOR % prime, count + 1
    return count


def test_the_table_is_that_of_the_primes_that_tell_anything():
    """Of the primes in the chip's product, those where the generator misses a residue."""
    telling = [(prime, order(prime)) for prime in primes(168)[1:] if order(prime) < prime - 1]
    assert [entry for entry in telling if entry in roca._ORDERS] == list(roca._ORDERS)
    assert telling == list(roca._ORDERS)


def weak(bits, seed):
    """Make a modulus of the weak form: k * M + 65537^a mod M, without being of two primes."""
    product = 1
    for prime in primes(168):
        product *= prime
    exponent = int.from_bytes(draw(seed, 16), "big")
    k = int.from_bytes(draw(seed + "k", bits // 8), "big") >> product.bit_length()
    return k * product + pow(GENERATOR, exponent, product)


@each_row("seed", [f"seed {count}" for count in range(20)])
def test_modulus_of_the_weak_form_is_found(seed):
    assert roca.has_fingerprint(weak(2048, seed))
    assert not roca.has_fingerprint(weak(2048, seed) + 2)


def test_honest_moduli_pass():
    assert not roca.has_fingerprint(rsa_private().public_key().public_numbers().n)
    honest = [int.from_bytes(draw(f"n {count}", 256), "big") | 1 for count in range(5000)]
    assert not any(roca.has_fingerprint(n) for n in honest)


def published(shared_vectors):
    groups = json.loads((shared_vectors / "wycheproof/json_web_key_test.json").read_text())[
        "testGroups"
    ]
    (group,) = [group for group in groups if group["comment"] == "jws_rsa_roca_key"]
    keys = group.get("public", group["private"])
    return keys["keys"][0]


@pytest.mark.parametrize("alg", ["RS256", "RSA-OAEP"])
def test_published_key_is_refused_in_every_form(shared_vectors, alg):
    members = published(shared_vectors)
    n, e = (int.from_bytes(unb64(members[name]), "big") for name in ("n", "e"))
    public = RSAPublicNumbers(e, n).public_key()
    jwk = {"kty": "RSA", "n": members["n"], "e": members["e"]}
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for load in (
        lambda: Key.from_jwk(jwk, alg=alg),
        lambda: Key.from_pem(pem, alg=alg),
        lambda: Key.from_der(der, alg=alg),
    ):
        with pytest.raises(InvalidKeyError, match="ROCA"):
            load()


def test_made_up_weak_modulus_is_refused():
    n = weak(2056, "seed")
    assert n.bit_length() >= 2048
    jwk = {"kty": "RSA", "n": b64(n.to_bytes((n.bit_length() + 7) // 8, "big")), "e": "AQAB"}
    with pytest.raises(InvalidKeyError, match="ROCA"):
        Key.from_jwk(jwk, alg="RS256")
