"""Live peers with every alg and enc, both ways: jwcrypto, joserfc, PyNaCl.

None of them has HPKE: its peers are in `test_hpke_peers.py`.

Source: https://jwcrypto.readthedocs.io, https://jose.authlib.org, https://pynacl.readthedocs.io.
"""

import functools
import itertools
import json

import joserfc.errors
import joserfc.jwe
import joserfc.jwk
import joserfc.jws
import jwcrypto.jwa
import jwcrypto.jwe
import jwcrypto.jwk
import jwcrypto.jws
import nacl.bindings
import nacl.exceptions
import nacl.signing
import pytest
from tests.helpers import all_algorithms, forge, hpke_forge

from joseal import Decrypter, Encrypter, InvalidKeyError, Key, Signer, Verifier

# jwcrypto refuses to open what asks for more work than 16,384 iterations.
ITERATIONS = 8192
DRAFTS = ["C20P", "XC20P"]
# What neither peer has, or has only with a further library: the younger hashes of OAEP, and the
# two drafts. There the bare primitives are the peer, in `tests/core/jwe/test_every_alg.py`.
MISSING_ALGS = ["RSA-OAEP-384", "RSA-OAEP-512"]
# joserfc has no keys of kty AKP, and with them no ML-DSA.
MISSING_SIGS = {"jwcrypto": [], "joserfc": [*all_algorithms.ML_DSA]}
SUITES = [
    (alg, enc)
    for alg, enc in all_algorithms.SUITES
    if alg not in MISSING_ALGS and enc not in DRAFTS
]
CURVES = {
    "jwcrypto": ["P-256", "P-384", "P-521", "X25519", "X448"],
    "joserfc": ["P-256", "P-384", "P-521", "X25519", "X448"],
}
PLAINTEXT = bytes(range(256)) * 3
SIGNED = [b"x", bytes(range(256))]


def jwk_of(key):
    """Return the JWK without `alg`, except where it says what the key is: RFC 9964 section 3."""
    members = key.to_jwk(private=True)
    if members["kty"] == "AKP":
        return members
    return {name: value for name, value in members.items() if name != "alg"}


@functools.cache
def key_for(alg, enc, curve="P-256"):
    if alg in all_algorithms.PBES2:
        return Key.from_password(all_algorithms.raw(alg, enc), alg=alg, iterations=ITERATIONS)
    return all_algorithms.key(alg, enc, curve=curve)


@functools.cache
def material(peer, alg, enc, curve="P-256"):
    return peer.load(jwk_of(key_for(alg, enc, curve)))


class Jwcrypto:
    name = "jwcrypto"
    registry = jwcrypto.jwa.JWA.algorithms_registry
    algs = sigs = encs = frozenset(registry)

    @staticmethod
    def load(jwk):
        return jwcrypto.jwk.JWK(**jwk)

    @staticmethod
    def open(key, alg, enc, token):
        found = jwcrypto.jwe.JWE(algs=[alg, enc])
        found.deserialize(token, key=key)
        return found.payload

    @staticmethod
    def encrypt(key, alg, enc, plaintext, members):
        header = json.dumps({"alg": alg, "enc": enc, **members})
        made = jwcrypto.jwe.JWE(plaintext, protected=header, algs=[alg, enc])
        made.add_recipient(key)
        return made.serialize(compact=True)

    @staticmethod
    def verify(key, alg, token):
        found = jwcrypto.jws.JWS()
        found.allowed_algs = [alg]
        found.deserialize(token, key)
        return found.payload

    @staticmethod
    def sign(key, alg, payload):
        made = jwcrypto.jws.JWS(payload)
        made.allowed_algs = [alg]
        made.add_signature(key, alg, protected=json.dumps({"alg": alg}))
        return made.serialize(compact=True)


class Joserfc:
    name = "joserfc"
    algs = frozenset(joserfc.jwe.JWERegistry.algorithms["alg"])
    encs = frozenset(joserfc.jwe.JWERegistry.algorithms["enc"])
    sigs = frozenset(joserfc.jws.JWSRegistry.algorithms)

    @staticmethod
    def load(jwk):
        return joserfc.jwk.import_key(jwk)

    @staticmethod
    def _registry(alg, enc):
        return joserfc.jwe.JWERegistry(algorithms=[alg, enc, "DEF"], strict_check_header=False)

    @classmethod
    def open(cls, key, alg, enc, token):
        return joserfc.jwe.decrypt_compact(token, key, registry=cls._registry(alg, enc)).plaintext

    @classmethod
    def encrypt(cls, key, alg, enc, plaintext, members):
        header = {"alg": alg, "enc": enc, **members}
        return joserfc.jwe.encrypt_compact(header, plaintext, key, registry=cls._registry(alg, enc))

    @staticmethod
    def verify(key, alg, token):
        return joserfc.jws.deserialize_compact(token, key, algorithms=[alg]).payload

    @staticmethod
    def sign(key, alg, payload):
        return joserfc.jws.serialize_compact({"alg": alg}, payload, key, algorithms=[alg])


PEERS = [Jwcrypto, Joserfc]
every_peer = pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
every_suite = pytest.mark.parametrize(("alg", "enc"), SUITES)
every_sig = pytest.mark.parametrize(
    ("peer", "alg"),
    [
        pytest.param(peer, alg, id=f"{peer.name}-{alg}")
        for peer in PEERS
        for alg in all_algorithms.SIGS
        if alg not in MISSING_SIGS[peer.name]
    ],
)


@every_peer
def test_what_a_peer_lacks_is_counted(peer):
    assert [alg for alg in all_algorithms.ALGS if alg not in peer.algs] == MISSING_ALGS
    assert [enc for enc in all_algorithms.ENCS if enc not in peer.encs] == DRAFTS
    assert [alg for alg in hpke_forge.ALGS if alg in peer.algs] == []
    assert [sig for sig in all_algorithms.SIGS if sig not in peer.sigs] == MISSING_SIGS[peer.name]
    lacking = {*all_algorithms.SUITES} - {*itertools.product(peer.algs, peer.encs)}
    assert (len(all_algorithms.SUITES), len(SUITES), len(lacking)) == (152, 102, 50)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@every_peer
@every_suite
def test_peer_opens_what_was_sealed_here(peer, alg, enc):
    if alg == "RSA1_5":
        # Opened here and never made: there is nothing that a peer could open.
        with pytest.raises(InvalidKeyError, match="never made"):
            Encrypter(key_for(alg, enc).public(), enc=enc)
        return
    token = Encrypter(forge.sealing(key_for(alg, enc)), enc=enc).encrypt(PLAINTEXT)
    assert peer.open(material(peer, alg, enc), alg, enc, token) == PLAINTEXT


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@every_peer
@every_suite
def test_what_the_peer_sealed_opens_here(peer, alg, enc):
    members = {"p2c": ITERATIONS} if alg in all_algorithms.PBES2 else {}
    token = peer.encrypt(material(peer, alg, enc), alg, enc, PLAINTEXT, members)
    assert Decrypter(key_for(alg, enc), enc=enc).decrypt(token) == PLAINTEXT


@every_peer
@pytest.mark.parametrize("curve", all_algorithms.CURVES)
@pytest.mark.parametrize("alg", all_algorithms.ECDH)
def test_every_curve_goes_both_ways(peer, alg, curve):
    assert curve in CURVES[peer.name]
    enc, key = "A256CBC-HS512", key_for(alg, "A256CBC-HS512", curve)
    theirs = material(peer, alg, enc, curve)
    token = Encrypter(key.public(), enc=enc).encrypt(PLAINTEXT)
    assert peer.open(theirs, alg, enc, token) == PLAINTEXT
    assert (
        Decrypter(key, enc=enc).decrypt(peer.encrypt(theirs, alg, enc, PLAINTEXT, {})) == PLAINTEXT
    )


@every_peer
@pytest.mark.parametrize("alg", all_algorithms.ECDH)
def test_parties_go_both_ways(peer, alg):
    enc, key = "A128GCM", key_for(alg, "A128GCM", "X25519")
    theirs = material(peer, alg, enc, "X25519")
    token = Encrypter(key.public(), enc=enc, apu=b"Alice", apv=b"Bob").encrypt(b"x")
    assert peer.open(theirs, alg, enc, token) == b"x"
    members = {"apu": forge.b64(b"Alice"), "apv": forge.b64(b"Bob")}
    assert Decrypter(key, enc=enc).decrypt(peer.encrypt(theirs, alg, enc, b"x", members)) == b"x"


@every_peer
@pytest.mark.parametrize("enc", ["A128GCM", "A128CBC-HS256"])
def test_compression_goes_both_ways(peer, enc):
    key = key_for("A128KW", enc)
    theirs = material(peer, "A128KW", enc)
    token = Encrypter(key, enc=enc, compress=True).encrypt(PLAINTEXT)
    assert peer.open(theirs, "A128KW", enc, token) == PLAINTEXT
    made = peer.encrypt(theirs, "A128KW", enc, PLAINTEXT, {"zip": "DEF"})
    assert Decrypter(key, enc=enc, accept_zip=True).decrypt(made) == PLAINTEXT


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@every_sig
@pytest.mark.parametrize("payload", SIGNED, ids=len)
def test_signatures_go_both_ways(peer, alg, payload):
    key = all_algorithms.signing_key(alg)
    theirs = peer.load(jwk_of(key))
    assert peer.verify(theirs, alg, Signer(key).sign(payload)) == payload
    assert (
        Verifier(all_algorithms.verifying(key)).verify(peer.sign(theirs, alg, payload)) == payload
    )


@pytest.mark.parametrize("alg", MISSING_SIGS["joserfc"])
def test_joserfc_has_no_key_for_ml_dsa(alg):
    """This fails when joserfc learns AKP: then its row in `MISSING_SIGS` goes."""
    with pytest.raises(joserfc.errors.InvalidKeyTypeError, match="AKP"):
        Joserfc.load(jwk_of(all_algorithms.signing_key(alg)))


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@every_peer
def test_ed448_goes_both_ways(peer):
    key = Key.generate("EdDSA", curve="Ed448")
    theirs = peer.load(jwk_of(key))
    assert peer.verify(theirs, "EdDSA", Signer(key).sign(b"x")) == b"x"
    assert Verifier(key.public()).verify(peer.sign(theirs, "EdDSA", b"x")) == b"x"


@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA"])
@pytest.mark.parametrize("payload", [b"", b"x", bytes(1000)], ids=len)
def test_ed25519_with_libsodium(alg, payload):
    key = all_algorithms.signing_key(alg)
    theirs = nacl.signing.SigningKey(forge.draw("Ed25519 mine", 32))
    token = Signer(key).sign(payload)
    data, _, tail = token.rpartition(".")
    assert theirs.verify_key.verify(data.encode(), forge.unb64(tail)) == data.encode()
    made = all_algorithms.jws({"alg": alg}, payload, lambda raw: theirs.sign(raw).signature)
    assert Verifier(key.public()).verify(made) == payload
    other = nacl.signing.SigningKey(forge.draw("Ed25519 other", 32))
    with pytest.raises(nacl.exceptions.BadSignatureError):
        other.verify_key.verify(data.encode(), forge.unb64(tail))


def test_x25519_with_libsodium():
    """ECDH-ES by hand: libsodium agrees, a hash derives, libsodium seals."""
    scalar = nacl.bindings.crypto_scalarmult
    mine = forge.draw("X25519 mine", 32)
    key = all_algorithms.key("ECDH-ES", curve="X25519")
    public = nacl.bindings.crypto_scalarmult_base(mine)
    assert key.to_jwk()["x"] == forge.b64(public)
    # Sealed here, opened by libsodium.
    token = forge.parts(Encrypter(key.public(), enc="C20P", apu=b"Alice").encrypt(b"x"))
    epk = forge.unb64(json.loads(token.header)["epk"]["x"])
    cek = all_algorithms.concat_kdf(scalar(mine, epk), "C20P", 32, b"Alice")
    decrypt = nacl.bindings.crypto_aead_chacha20poly1305_ietf_decrypt
    aad = forge.b64(token.header).encode()
    assert decrypt(token.ciphertext + token.tag, aad, token.iv, cek) == b"x"
    # Sealed by libsodium, opened here.
    ephemeral = forge.draw("ephemeral of libsodium", 32)
    cek = all_algorithms.concat_kdf(scalar(ephemeral, public), "XC20P", 32)
    shown = forge.b64(nacl.bindings.crypto_scalarmult_base(ephemeral))
    members = {"epk": {"kty": "OKP", "crv": "X25519", "x": shown}}
    wrapped = all_algorithms.Wrapped(cek, b"", members)
    made = str(all_algorithms.token("ECDH-ES", "XC20P", b"y", wrapped=wrapped, curve="X25519"))
    assert Decrypter(key, enc="XC20P").decrypt(made) == b"y"
