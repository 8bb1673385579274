"""Two live peers: each opens what was sealed here, and what it seals opens here.

Source: https://jwcrypto.readthedocs.io, https://jose.authlib.org.
"""

import functools
import json

import joserfc.jwe
import joserfc.jwk
import jwcrypto.jwa
import jwcrypto.jwe
import jwcrypto.jwk
import pytest
from tests.helpers import forge

from joseal import Decrypter, Encrypter

# What neither peer has: the two younger hashes of OAEP. There `tests/core/jwe/test_jwe.py` has the bare
# primitives as its peer.
MISSING = [(alg, enc) for alg in ("RSA-OAEP-384", "RSA-OAEP-512") for enc in forge.ENCS]
SUITES = [suite for suite in forge.SUITES if suite not in MISSING]
PLAINTEXTS = [b"x", b"0123456789abcdef", bytes(range(256)) * 80]
MEMBERS = {"typ": "JWT", "kid": "a", "iat": 1700000000000, "x": {"é": [1, None, "\U0001f600"]}}


def jwk_of(alg, enc):
    members = forge.key(alg, enc).to_jwk(private=True)
    return {name: value for name, value in members.items() if name != "alg"}


@functools.cache
def jwcrypto_key(alg, enc):
    return jwcrypto.jwk.JWK(**jwk_of(alg, enc))


@functools.cache
def joserfc_key(alg, enc):
    return joserfc.jwk.import_key(jwk_of(alg, enc))


class Jwcrypto:
    name = "jwcrypto"

    @staticmethod
    def has():
        registry = jwcrypto.jwa.JWA.algorithms_registry
        return lambda alg, enc: alg in registry and enc in registry

    @staticmethod
    def open(alg, enc, token):
        key = jwcrypto_key(alg, enc)
        found = jwcrypto.jwe.JWE(algs=[alg, enc])
        found.deserialize(token, key=key)
        return found.payload, found.jose_header

    @staticmethod
    def encrypt(alg, enc, plaintext, members):
        header = json.dumps({"alg": alg, **members, "enc": enc})
        made = jwcrypto.jwe.JWE(plaintext, protected=header, algs=[alg, enc])
        made.add_recipient(jwcrypto_key(alg, enc))
        return made.serialize(compact=True)


class Joserfc:
    name = "joserfc"

    @staticmethod
    def has():
        known = joserfc.jwe.JWERegistry.algorithms
        return lambda alg, enc: alg in known["alg"] and enc in known["enc"]

    @staticmethod
    def registry(alg, enc):
        return joserfc.jwe.JWERegistry(algorithms=[alg, enc], strict_check_header=False)

    @classmethod
    def open(cls, alg, enc, token):
        key = joserfc_key(alg, enc)
        found = joserfc.jwe.decrypt_compact(token, key, registry=cls.registry(alg, enc))
        return found.plaintext, found.headers()

    @classmethod
    def encrypt(cls, alg, enc, plaintext, members):
        key = joserfc_key(alg, enc)
        header = {"alg": alg, **members, "enc": enc}
        return joserfc.jwe.encrypt_compact(header, plaintext, key, registry=cls.registry(alg, enc))


PEERS = [Jwcrypto, Joserfc]
every_peer = pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)


@every_peer
def test_peer_has_all_suites_but_those_that_are_counted(peer):
    has = peer.has()
    assert [suite for suite in forge.SUITES if not has(*suite)] == MISSING
    assert (len(SUITES), len(MISSING), len(forge.SUITES)) == (36, 12, 48)


@every_peer
@pytest.mark.parametrize(("alg", "enc"), SUITES)
def test_peer_opens_what_was_sealed_here(peer, alg, enc):
    ours = Encrypter(forge.sealing(forge.key(alg, enc)), enc=enc)
    for plaintext in PLAINTEXTS:
        for members in ({}, MEMBERS):
            token = ours.encrypt(plaintext, header=members)
            assert peer.open(alg, enc, token) == (plaintext, {"alg": alg, **members, "enc": enc})


@every_peer
@pytest.mark.parametrize(("alg", "enc"), SUITES)
def test_what_the_peer_sealed_opens_here(peer, alg, enc):
    ours = Decrypter(forge.key(alg, enc), enc=enc)
    for plaintext in PLAINTEXTS:
        for members in ({}, MEMBERS):
            opened = ours.open(peer.encrypt(alg, enc, plaintext, members))
            assert opened.plaintext == plaintext
            assert opened.header == {"alg": alg, **members, "enc": enc}


@pytest.mark.parametrize(("alg", "enc"), forge.FAMILIES)
def test_empty_plaintext_goes_both_ways_with_joserfc(alg, enc):
    """With jwcrypto it goes neither way: there an empty plaintext is none."""
    key = forge.key(alg, enc)
    assert Decrypter(key, enc=enc).decrypt(Joserfc.encrypt(alg, enc, b"", {})) == b""
    assert Joserfc.open(alg, enc, Encrypter(forge.sealing(key), enc=enc).encrypt(b""))[0] == b""
