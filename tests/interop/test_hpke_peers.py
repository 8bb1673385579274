"""HPKE and ML-DSA against live peers, both ways: `cryptography`'s Suite, pyhpke, jwcrypto.

`cryptography`'s Suite takes no AAD, so that it serves for Key Encryption alone; it has neither X448
nor ML-KEM-768 with P-256. pyhpke has all of RFC 9180, AAD included, and nothing that is newer.

Source: https://cryptography.io (hpke), https://github.com/dajiaji/pyhpke, https://jwcrypto.readthedocs.io.
"""

import importlib.util
import json

import jwcrypto.jwk
import jwcrypto.jws
import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM
from tests.helpers import all_algorithms, forge, hpke_forge
from tests.helpers.forge import b64, unb64
from tests.helpers.rows import each_row

from joseal import Decrypter, Encrypter, Key, Signer, Verifier

PLAINTEXT = b"opened on the other side"
KEMS = {
    "P-256": KEM.P256,
    "P-384": KEM.P384,
    "P-521": KEM.P521,
    "X25519": KEM.X25519,
    "ML-KEM-768": KEM.MLKEM768,
    "ML-KEM-1024": KEM.MLKEM1024,
    "MLKEM768-X25519": KEM.MLKEM768_X25519,
    "MLKEM1024-P384": KEM.MLKEM1024_P384,
}
KDFS = {1: KDF.HKDF_SHA256, 2: KDF.HKDF_SHA384, 3: KDF.HKDF_SHA512, 0x11: KDF.SHAKE256}
AEADS = {1: AEAD.AES_128_GCM, 2: AEAD.AES_256_GCM, 3: AEAD.CHACHA20_POLY1305}
SERVED = [alg for alg in hpke_forge.KEY_ENCRYPTION if hpke_forge.suite_of(alg).kem in KEMS]
ENC = "A256GCM"


def suite(alg):
    found = hpke_forge.suite_of(alg)
    return hpke.Suite(KEMS[found.kem], KDFS[found.kdf_id], AEADS[found.aead_id])


def private(alg):
    kem = hpke_forge.suite_of(alg).kem
    own = hpke_forge.pair(kem)
    if own.kem is None or own.scalar is None:
        return own.scalar if own.kem is None else own.kem
    kinds = {
        "MLKEM768-X25519": hpke.MLKEM768X25519PrivateKey,
        "MLKEM1024-P384": hpke.MLKEM1024P384PrivateKey,
    }
    return kinds[kem](own.kem, own.scalar)


def test_suite_serves_for_all_but_x448_and_one_hybrid():
    missing = {hpke_forge.suite_of(alg).kem for alg in hpke_forge.KEY_ENCRYPTION} - set(KEMS)
    assert missing == {"X448", "MLKEM768-P256"}


@each_row("alg", SERVED)
def test_suite_opens_the_encrypted_key_of_a_token(alg):
    token = Encrypter(hpke_forge.key(alg).public(), enc=ENC).encrypt(PLAINTEXT, info=b"session")
    header, parts = json.loads(unb64(token.partition(".")[0])), forge.parts(token)
    sent = unb64(header["ek"]) + parts.encrypted_key
    cek = suite(alg).decrypt(sent, private(alg), info=hpke_forge.rcpt(ENC, b"session"))
    sealed = all_algorithms.seal(ENC, cek, parts.iv, b64(parts.header).encode(), PLAINTEXT)
    assert sealed == (parts.ciphertext, parts.tag)


@each_row("alg", SERVED)
def test_key_that_suite_encrypted_is_opened(alg):
    cek = forge.draw("suite cek", 32)
    public = private(alg).public_key()
    sent = suite(alg).encrypt(cek, public, info=hpke_forge.rcpt(ENC))
    ek, encrypted_key = sent[:-48], sent[-48:]
    header = json.dumps({"alg": alg, "ek": b64(ek), "enc": ENC}).encode()
    iv = forge.draw("iv", 12)
    sealed = all_algorithms.seal(ENC, cek, iv, b64(header).encode(), PLAINTEXT)
    token = forge.Token(header, encrypted_key, iv, *sealed)
    assert Decrypter(hpke_forge.key(alg), enc=ENC).decrypt(str(token)) == PLAINTEXT


HAS_PYHPKE = importlib.util.find_spec("pyhpke") is not None
with_pyhpke = pytest.mark.skipif(not HAS_PYHPKE, reason="pyhpke is not installed (extra test)")


def pyhpke_suite(alg):
    import pyhpke

    found = hpke_forge.suite_of(alg)
    return pyhpke.CipherSuite.new(
        pyhpke.KEMId(found.kem_id), pyhpke.KDFId(found.kdf_id), pyhpke.AEADId(found.aead_id)
    )


def pyhpke_key(alg):
    import pyhpke

    return pyhpke.KEMKey.from_jwk(hpke_forge.jwk(alg))


@with_pyhpke
@pytest.mark.parametrize("alg", hpke_forge.ON_CURVES)
def test_pyhpke_opens_a_token(alg):
    is_ke = alg.endswith("-KE")
    encrypter = Encrypter(hpke_forge.key(alg).public(), enc=ENC if is_ke else None)
    token = encrypter.encrypt(PLAINTEXT, info=b"session")
    header, parts = json.loads(unb64(token.partition(".")[0])), forge.parts(token)
    aad = b64(parts.header).encode()
    sent = unb64(header["ek"]) if is_ke else parts.encrypted_key
    info = hpke_forge.rcpt(ENC, b"session") if is_ke else b"session"
    context = pyhpke_suite(alg).create_recipient_context(sent, pyhpke_key(alg), info=info)
    if not is_ke:
        assert context.open(parts.ciphertext, aad=aad) == PLAINTEXT
        return
    cek = context.open(parts.encrypted_key)
    sealed = all_algorithms.seal(ENC, cek, parts.iv, aad, PLAINTEXT)
    assert sealed == (parts.ciphertext, parts.tag)


@with_pyhpke
@pytest.mark.parametrize("alg", [alg for alg in hpke_forge.ON_CURVES if alg[-1] != "E"])
def test_token_of_pyhpke_opens(alg):
    header = json.dumps({"alg": alg}).encode()
    public = pyhpke_key_of_public(alg)
    sent, context = pyhpke_suite(alg).create_sender_context(public, info=b"session")
    ciphertext = context.seal(PLAINTEXT, aad=b64(header).encode())
    token = forge.Token(header, sent, b"", ciphertext, b"")
    opened = Decrypter(hpke_forge.key(alg)).decrypt(str(token), info=b"session")
    assert opened == PLAINTEXT


@with_pyhpke
@pytest.mark.parametrize("alg", [alg for alg in hpke_forge.ON_CURVES if alg[-1] == "E"])
def test_key_that_pyhpke_encrypted_is_opened(alg):
    cek = forge.draw("pyhpke cek", 32)
    info = hpke_forge.rcpt(ENC, b"session")
    ek, context = pyhpke_suite(alg).create_sender_context(pyhpke_key_of_public(alg), info=info)
    header = json.dumps({"alg": alg, "ek": b64(ek), "enc": ENC}).encode()
    iv = forge.draw("iv", 12)
    sealed = all_algorithms.seal(ENC, cek, iv, b64(header).encode(), PLAINTEXT)
    token = forge.Token(header, context.seal(cek), iv, *sealed)
    opener = Decrypter(hpke_forge.key(alg), enc=ENC)
    assert opener.decrypt(str(token), info=b"session") == PLAINTEXT


def pyhpke_key_of_public(alg):
    import pyhpke

    return pyhpke.KEMKey.from_jwk(hpke_forge.jwk(alg, private=False))


@pytest.mark.parametrize("alg", all_algorithms.ML_DSA)
def test_jwcrypto_verifies_ml_dsa(alg):
    key = all_algorithms.signing_key(alg)
    token = Signer(key).sign(PLAINTEXT)
    peer = jwcrypto.jws.JWS()
    peer.allowed_algs = [alg]
    peer.deserialize(token, jwcrypto.jwk.JWK(**key.to_jwk()))
    assert peer.payload == PLAINTEXT
    assert jwcrypto.jwk.JWK(**key.to_jwk()).thumbprint() == key.thumbprint()


@pytest.mark.parametrize("alg", all_algorithms.ML_DSA)
def test_ml_dsa_of_jwcrypto_verifies(alg):
    made = jwcrypto.jwk.JWK.generate(kty="AKP", alg=alg)
    peer = jwcrypto.jws.JWS(PLAINTEXT)
    peer.allowed_algs = [alg]
    peer.add_signature(made, alg, protected=json.dumps({"alg": alg}))
    key = Key.from_jwk(made.export_public())
    assert Verifier(key).verify(peer.serialize(compact=True)) == PLAINTEXT
    again = Key.from_jwk(made.export_private())
    assert again.public() == key
    assert Verifier(key).verify(Signer(again).sign(b"x")) == b"x"
