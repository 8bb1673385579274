"""JSON forms with two live peers, both ways.

Source: https://jwcrypto.readthedocs.io, https://jose.authlib.org.
"""

import functools
import json

import joserfc.jwe
import joserfc.jwk
import joserfc.jws
import jwcrypto.jwe
import jwcrypto.jwk
import jwcrypto.jws
import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    Encrypter,
    Key,
    MultiEncrypter,
    MultiSigner,
    Signer,
    Verifier,
    rewrap,
)

ENC = "A128CBC-HS256"
FORMS = ["flattened", "general"]
ALGS = ["RSA-OAEP-256", "A128KW", "A256GCMKW", "dir", "ECDH-ES", "ECDH-ES+A128KW"]
SEVERAL = [alg for alg in ALGS if alg not in ("dir", "ECDH-ES")]
SIGS = ["RS256", "ES256", "HS256"]
PLAINTEXT = b"each opens what the others made"


@functools.cache
def encryption_key(alg):
    return Key.from_jwk(all_algorithms.key(alg, ENC).to_jwk(private=True) | {"kid": f"key {alg}"})


@functools.cache
def signing_key(alg):
    return Key.from_jwk(
        all_algorithms.signing_key(alg).to_jwk(private=True) | {"kid": f"key {alg}"}
    )


def jwk_of(key):
    return {k: v for k, v in key.to_jwk(private=True).items() if k != "alg"}


@functools.cache
def jwcrypto_key(key):
    return jwcrypto.jwk.JWK(**jwk_of(key))


@functools.cache
def joserfc_key(key):
    return joserfc.jwk.import_key(jwk_of(key))


def joserfc_registry(*algs):
    return joserfc.jwe.JWERegistry(algorithms=[*algs, ENC], strict_check_header=False)


@each_row("form", FORMS)
@each_row("alg", ALGS)
def test_jwcrypto_opens_what_was_made_here_for_one(alg, form):
    key = encryption_key(alg)
    text = Encrypter(forge.sealing(key), enc=ENC, form=form).encrypt(PLAINTEXT, aad=b"order 1")
    found = jwcrypto.jwe.JWE(algs=[alg, ENC])
    found.deserialize(text, key=jwcrypto_key(key))
    assert (found.payload, found.objects["aad"]) == (PLAINTEXT, b"order 1")


def test_jwcrypto_opens_what_was_made_here_for_several():
    keys = [encryption_key(alg) for alg in SEVERAL]
    text = MultiEncrypter([forge.sealing(key) for key in keys], enc=ENC, aad=b"x").encrypt(
        PLAINTEXT
    )
    for key in keys:
        found = jwcrypto.jwe.JWE(algs=[*SEVERAL, ENC])
        found.deserialize(text, key=jwcrypto_key(key))
        assert found.payload == PLAINTEXT


@each_row("aad", [None, b"order 1"])
@each_row("alg", ALGS)
def test_what_jwcrypto_made_for_one_opens_here(alg, aad):
    key = encryption_key(alg)
    protected = json.dumps({"alg": alg, "enc": ENC}, indent=1)
    made = jwcrypto.jwe.JWE(PLAINTEXT, protected=protected, aad=aad, algs=[alg, ENC])
    made.add_recipient(jwcrypto_key(key), header=json.dumps({"kid": key.kid}))
    opened = Decrypter(key, enc=ENC, form="flattened").open(made.serialize())
    assert (opened.plaintext, opened.aad) == (PLAINTEXT, aad or b"")
    assert opened.unauthenticated_header["kid"] == key.kid


def test_what_jwcrypto_made_for_several_opens_here():
    keys = [encryption_key(alg) for alg in SEVERAL]
    made = jwcrypto.jwe.JWE(
        PLAINTEXT,
        protected=json.dumps({"enc": ENC}),
        unprotected=json.dumps({"jku": "https://server.example"}),
        algs=[*SEVERAL, ENC],
    )
    for key in keys:
        made.add_recipient(jwcrypto_key(key), header=json.dumps({"alg": key.alg, "kid": key.kid}))
    for key in keys:
        opened = Decrypter(key, enc=ENC, form="general").open(made.serialize())
        assert opened.plaintext == PLAINTEXT
        assert opened.unauthenticated_header["jku"] == "https://server.example"


@pytest.mark.parametrize("alg", SEVERAL)
def test_jwcrypto_opens_what_was_moved_to_another_key(alg):
    old, new = encryption_key(alg), encryption_key(SEVERAL[SEVERAL.index(alg) - 1])
    made = jwcrypto.jwe.JWE(
        PLAINTEXT, protected=json.dumps({"enc": ENC}), aad=b"order 1", algs=[*SEVERAL, ENC]
    )
    made.add_recipient(jwcrypto_key(old), header=json.dumps({"alg": old.alg, "kid": old.kid}))
    moved = rewrap(
        made.serialize(),
        Decrypter(old, enc=ENC, form="flattened"),
        Encrypter(forge.sealing(new), enc=ENC),
    )
    found = jwcrypto.jwe.JWE(algs=[*SEVERAL, ENC])
    found.deserialize(moved, key=jwcrypto_key(new))
    assert (found.payload, found.objects["aad"]) == (PLAINTEXT, b"order 1")


@each_row("form", FORMS)
@each_row("alg", ALGS)
def test_joserfc_opens_what_was_made_here(alg, form):
    key = encryption_key(alg)
    text = Encrypter(forge.sealing(key), enc=ENC, form=form).encrypt(PLAINTEXT)
    found = joserfc.jwe.decrypt_json(
        json.loads(text), joserfc_key(key), registry=joserfc_registry(alg)
    )
    assert found.plaintext == PLAINTEXT


@pytest.mark.parametrize("alg", ALGS)
def test_what_joserfc_made_opens_here(alg):
    key = encryption_key(alg)
    made = joserfc.jwe.FlattenedJSONEncryption({"enc": ENC, "alg": alg}, PLAINTEXT, aad=b"order 1")
    made.add_recipient({"kid": key.kid}, joserfc_key(key))
    text = json.dumps(joserfc.jwe.encrypt_json(made, None, registry=joserfc_registry(alg)))
    opened = Decrypter(key, enc=ENC, form="flattened").open(text)
    assert (opened.plaintext, opened.aad) == (PLAINTEXT, b"order 1")


def test_what_joserfc_made_for_several_opens_here():
    keys = [encryption_key(alg) for alg in SEVERAL]
    made = joserfc.jwe.GeneralJSONEncryption({"enc": ENC}, PLAINTEXT)
    for key in keys:
        made.add_recipient({"alg": key.alg, "kid": key.kid}, joserfc_key(key))
    text = json.dumps(joserfc.jwe.encrypt_json(made, None, registry=joserfc_registry(*SEVERAL)))
    for key in keys:
        assert Decrypter(key, enc=ENC, form="general").decrypt(text) == PLAINTEXT


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("alg", SIGS)
def test_either_peer_verifies_what_was_signed_here(alg, form):
    key = signing_key(alg)
    text = Signer(key, form=form).sign(PLAINTEXT)
    found = jwcrypto.jws.JWS()
    found.deserialize(text, key=jwcrypto_key(key))
    assert found.payload == PLAINTEXT
    registry = joserfc.jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    peer = joserfc.jws.deserialize_json(json.loads(text), joserfc_key(key), registry=registry)
    assert peer.payload == PLAINTEXT


@pytest.mark.parametrize("alg", SIGS)
def test_what_either_peer_signed_verifies_here(alg):
    key = signing_key(alg)
    made = jwcrypto.jws.JWS(PLAINTEXT)
    made.add_signature(
        jwcrypto_key(key), None, json.dumps({"alg": alg}), json.dumps({"kid": key.kid})
    )
    text = made.serialize()
    assert Verifier(key, form="flattened").verify(text) == PLAINTEXT
    registry = joserfc.jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    member = {"protected": {"alg": alg}, "header": {"kid": key.kid}}
    for form, members in (("flattened", member), ("general", [member])):
        peer = joserfc.jws.serialize_json(members, PLAINTEXT, joserfc_key(key), registry=registry)
        assert Verifier(key, form=form).verify(json.dumps(peer)) == PLAINTEXT


def test_several_signatures_go_both_ways_with_jwcrypto():
    keys = [signing_key(alg) for alg in SIGS]
    ours, theirs = MultiSigner(keys).sign(PLAINTEXT), jwcrypto.jws.JWS(PLAINTEXT)
    for key in keys:
        protected = json.dumps({"alg": key.alg, "kid": key.kid})
        theirs.add_signature(jwcrypto_key(key), None, protected)
    for key in keys:
        found = jwcrypto.jws.JWS()
        found.deserialize(ours, key=jwcrypto_key(key))
        assert found.payload == PLAINTEXT
        assert Verifier(key, form="general").verify(theirs.serialize()) == PLAINTEXT


def test_unencoded_and_detached_payloads_go_both_ways_with_jwcrypto():
    key = signing_key("HS256")
    text = Signer(key, form="flattened", b64=False).sign(PLAINTEXT)
    found = jwcrypto.jws.JWS()
    found.deserialize(text, key=jwcrypto_key(key))
    payload = found.objects["payload"]
    assert (payload.encode() if isinstance(payload, str) else payload) == PLAINTEXT
    protected = json.dumps({"alg": "HS256", "b64": False, "crit": ["b64"]})
    made = jwcrypto.jws.JWS(PLAINTEXT)
    made.add_signature(jwcrypto_key(key), None, protected)
    made.detach_payload()
    verifier = Verifier(key, form="flattened", b64=False)
    assert verifier.verify(made.serialize(), payload=PLAINTEXT) == PLAINTEXT
