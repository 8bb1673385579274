"""AKP keys through every loader, and what is wrong with them: JWK, PEM, DER, objects, pickles.

Source: RFC 9964 section 3; RFC 9881 and RFC 9935 for PEM; draft-ietf-jose-hpke-pq-pqt section 4.
"""

import hashlib
import json
import pickle
from unittest.mock import Mock

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem
from tests.helpers import all_algorithms, hpke_forge
from tests.helpers.der import tagged as tlv
from tests.helpers.forge import b64, unb64
from tests.helpers.rows import each_row

from joseal import InvalidKeyError, Key, KeySet

SIGNING = list(all_algorithms.ML_DSA)
WITH_PEM = [*SIGNING, "HPKE-12", "HPKE-12-KE", "HPKE-13", "HPKE-13-KE"]
HYBRID = [alg for alg in hpke_forge.QUANTUM_RESISTANT if alg not in WITH_PEM]
ALGS = [*SIGNING, *hpke_forge.QUANTUM_RESISTANT]
# Object identifiers of ML-DSA-44 and of ML-KEM-768. RFC 9881 section 2, RFC 9935 section 3.
OIDS = {"ML-DSA-44": "608648016503040311", "ML-KEM-768": "608648016503040402"}


def jwk(alg):
    return all_algorithms.ml_dsa_jwk(alg) if alg in SIGNING else hpke_forge.jwk(alg)


def refused(members, match, **arguments):
    with pytest.raises(InvalidKeyError, match=match) as caught:
        Key.from_jwk(members, **arguments)
    shown = str(caught.value)
    for value in members.values():
        assert not isinstance(value, str) or len(value) < 40 or value[:20] not in shown
    return shown


@each_row("alg", ALGS)
def test_jwk_comes_back_the_same(alg):
    members = jwk(alg)
    key = Key.from_jwk(json.dumps(members))
    assert key.to_jwk(private=True) == members
    assert key.to_jwk() == {n: v for n, v in members.items() if n != "priv"}
    assert Key.from_jwk(key.to_jwk()) == key.public()
    assert (key.alg, key.is_private, key.public().is_private) == (alg, True, False)
    assert not key.is_symmetric


@each_row("alg", ALGS)
def test_alg_is_required_and_the_callers_own_is_no_substitute(alg):
    members = {name: value for name, value in jwk(alg).items() if name != "alg"}
    refused(members, "names no alg")
    refused(members, r"alg is missing, which a key of kty AKP must have", alg=alg)


@each_row("alg", ALGS)
@each_row("name", ["pub", "priv"])
def test_member_of_another_form_is_refused(alg, name):
    members = jwk(alg)
    refused({**members, name: members[name] + "="}, f"{name} is not canonical base64url")
    refused({**members, name: 5}, f"{name} is a number, and has to be a string")
    refused({**members, name: None}, name)
    refused({**members, name: ""}, "has 0 bytes")
    refused({**members, name: b64(unb64(members[name])[:-1])}, r"has \d+ bytes")
    refused({**members, name: b64(unb64(members[name]) + b"\0")}, r"has \d+ bytes")


@each_row("alg", ALGS)
def test_pub_is_required_even_for_a_private_key(alg):
    members = {name: value for name, value in jwk(alg).items() if name != "pub"}
    refused(members, "pub is missing")


@each_row("alg", ALGS)
def test_priv_of_another_pair_is_refused(alg):
    members = jwk(alg)
    seed = bytes((unb64(members["priv"])[0] ^ 1,)) + unb64(members["priv"])[1:]
    refused({**members, "priv": b64(seed)}, "priv does not belong to its pub")


@pytest.mark.parametrize(("alg", "size"), [("ML-DSA-44", 2560), ("HPKE-12", 2400)])
def test_expanded_private_key_is_refused(alg, size):
    refused({**jwk(alg), "priv": b64(bytes(size))}, "expanded private keys are not used")


@pytest.mark.parametrize("other", ["ML-DSA-65", "HPKE-12", "ES256", "RSA-OAEP-256", "A128KW"])
def test_pub_of_another_alg_is_refused(other):
    refused({**jwk("ML-DSA-44"), "alg": other}, "pub is not a public key of|takes no key of kty")


@pytest.mark.parametrize("kty", ["EC", "OKP", "RSA", "oct"])
def test_key_of_another_kty_serves_no_akp_alg(kty):
    members = {
        "EC": all_algorithms.private_jwk("P-256"),
        "OKP": all_algorithms.private_jwk("X25519"),
        "RSA": all_algorithms.key("RSA-OAEP-256").to_jwk(),
        "oct": {"kty": "oct", "k": b64(bytes(32))},
    }[kty]
    for alg in ("ML-DSA-44", "HPKE-9"):
        shown = {name: value for name, value in members.items() if name != "alg"}
        refused({**shown, "alg": alg}, "needs an AKP key")


@pytest.mark.parametrize(
    ("alg", "kind"),
    [("HPKE-12", mlkem.MLKEM768PublicKey), ("HPKE-13-KE", mlkem.MLKEM1024PublicKey)],
)
def test_public_key_of_ml_kem_is_checked_whatever_has_read_it(alg, kind, monkeypatch):
    """OpenSSL checks it too where it reads PEM and DER, and must not be the only one."""
    raw = unb64(jwk(alg)["pub"])
    given = Mock(spec=kind)
    monkeypatch.setattr(serialization, "load_der_public_key", lambda _: given)
    # Coefficients of 4095 are not reduced. FIPS 203 section 7.2.
    for bad in (b"\xff" * 3 + raw[3:], raw[:-1], raw + b"\0"):
        given.public_bytes_raw.return_value = bad
        with pytest.raises(InvalidKeyError, match="the key is not a public key of ML-KEM-"):
            Key.from_der(b"", alg=alg)
    given.public_bytes_raw.return_value = raw
    assert Key.from_der(b"", alg=alg).to_jwk()["pub"] == b64(raw)


def test_public_key_of_ml_dsa_has_its_size_whatever_has_read_it(monkeypatch):
    raw = unb64(jwk("ML-DSA-44")["pub"])
    given = Mock(spec=mldsa.MLDSA44PublicKey)
    monkeypatch.setattr(serialization, "load_der_public_key", lambda _: given)
    given.public_bytes_raw.return_value = raw[:-1]
    with pytest.raises(InvalidKeyError, match="the key is not a public key of ML-DSA-44"):
        Key.from_der(b"", alg="ML-DSA-44")
    given.public_bytes_raw.return_value = raw
    assert Key.from_der(b"", alg="ML-DSA-44").to_jwk()["pub"] == b64(raw)


@pytest.mark.parametrize("kty", ["akp", "Akp"])
def test_kty_that_is_misspelled_is_told(kty):
    refused({**jwk("ML-DSA-44"), "kty": kty}, "is written AKP")


@each_row("alg", ALGS)
def test_use_and_key_ops_bind(alg):
    own, other = ("sig", "enc") if alg in SIGNING else ("enc", "sig")
    good = {"sig": ["sign"], "enc": ["deriveBits"]}
    Key.from_jwk({**jwk(alg), "use": own})
    Key.from_jwk({**jwk(alg), "key_ops": good[own]})
    refused({**jwk(alg), "use": other}, "use contradicts the alg")
    refused({**jwk(alg), "key_ops": good[other]}, "key_ops exclude")


@pytest.mark.parametrize("alg", WITH_PEM)
def test_pem_and_der_come_back_the_same(alg):
    key = Key.from_jwk(jwk(alg))
    for private in (False, True):
        again = Key.from_pem(key.to_pem(private=private), alg=alg)
        assert again.to_jwk(private=private) == key.to_jwk(private=private)
    locked = key.to_pem(private=True, password="correct horse")
    assert Key.from_pem(locked, alg=alg, password="correct horse").public() == key.public()
    public = serialization.load_pem_public_key(key.to_pem().encode())
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert Key.from_der(der, alg=alg) == key.public()
    assert len(key.spki_sha256()) == 64


@pytest.mark.parametrize("alg", HYBRID)
def test_hybrid_key_has_no_pem(alg):
    key = Key.from_jwk(jwk(alg))
    for private in (False, True):
        with pytest.raises(InvalidKeyError, match="hybrid key has no registered PEM form"):
            key.to_pem(private=private)
    with pytest.raises(InvalidKeyError, match="hybrid key has no registered PEM form"):
        key.spki_sha256()


@pytest.mark.parametrize(("alg", "other"), [("ML-DSA-44", "ML-DSA-65"), ("HPKE-12", "HPKE-13")])
def test_pem_of_another_set_of_parameters_is_refused(alg, other):
    pem = Key.from_jwk(jwk(alg)).to_pem(private=True)
    with pytest.raises(InvalidKeyError, match=r"the key is of ML-.*, .* needs ML-"):
        Key.from_pem(pem, alg=other)
    with pytest.raises(InvalidKeyError, match=r"needs (a key on a curve|an RSA key)"):
        Key.from_pem(pem, alg="ES256" if alg in SIGNING else "RSA-OAEP-256")


def pkcs8(name, private):
    algorithm = tlv(0x30, tlv(0x06, bytes.fromhex(OIDS[name])))
    return tlv(0x30, tlv(0x02, b"\0") + algorithm + tlv(0x04, private))


@pytest.mark.parametrize(("name", "size"), [("ML-DSA-44", 2560), ("ML-KEM-768", 2400)])
def test_pkcs8_with_an_expanded_key_is_refused_and_says_so(name, size):
    alg = name if name in SIGNING else "HPKE-12"
    expanded = tlv(0x04, bytes(size))
    both = tlv(0x30, tlv(0x04, bytes(32 if alg in SIGNING else 64)) + tlv(0x04, bytes(size)))
    for private in (expanded, both):
        with pytest.raises(InvalidKeyError, match="only the seed is read"):
            Key.from_der(pkcs8(name, private), alg=alg)


def test_pkcs8_with_the_seed_loads():
    seed = unb64(jwk("ML-DSA-44")["priv"])
    key = Key.from_der(pkcs8("ML-DSA-44", tlv(0x80, seed)), alg="ML-DSA-44")
    assert key.to_jwk(private=True) == jwk("ML-DSA-44")


def test_objects_of_cryptography_load():
    for alg, made in (
        ("ML-DSA-87", mldsa.MLDSA87PrivateKey.generate()),
        ("HPKE-13-KE", mlkem.MLKEM1024PrivateKey.generate()),
    ):
        key = Key.from_cryptography(made, alg=alg)
        assert unb64(key.to_jwk(private=True)["priv"]) == made.private_bytes_raw()
        assert Key.from_cryptography(made.public_key(), alg=alg) == key.public()


@each_row("alg", ALGS)
def test_public_key_pickles_and_a_private_one_does_not(alg):
    key = Key.from_jwk({**jwk(alg), "kid": "a"})
    again = pickle.loads(pickle.dumps(key.public()))  # noqa: S301 - our own
    assert again == key.public()
    assert hash(again) == hash(key.public())
    assert again.to_jwk() == key.to_jwk()
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(key)


def test_pickle_that_was_changed_is_refused():
    function, parts = Key.from_jwk(jwk("HPKE-9")).public().__reduce_ex__(5)
    with pytest.raises(InvalidKeyError, match="not that of a public key"):
        function(parts[0][:-1], *parts[1:])


@each_row("alg", ALGS)
def test_thumbprint_has_the_alg(alg):
    key = Key.from_jwk(jwk(alg))
    required = {"alg": alg, "kty": "AKP", "pub": jwk(alg)["pub"]}
    text = json.dumps(required, separators=(",", ":"), sort_keys=True)

    assert key.thumbprint() == key.public().thumbprint()
    assert key.thumbprint() == b64(hashlib.sha256(text.encode()).digest())


def test_figure_of_rfc_9964():
    """The seed of zeros, whose public key begins and ends so, and whose thumbprint is its kid."""
    made = mldsa.MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    key = Key.from_cryptography(made, alg="ML-DSA-44")
    members = key.to_jwk(private=True)
    assert members["priv"] == "A" * 43
    assert members["pub"].startswith("unH59k4Ru")
    assert members["pub"].endswith("DZgbTP07e7gEWzw4MFRrndjbDQ")
    assert key.thumbprint() == "T4xl70S7MT6Zeq6r9V9fPJGVn76wfnXJ21-gyo0Gu6o"


def test_set_of_keys_is_read_and_written():
    keys = [{**jwk(alg), "kid": alg} for alg in ("ML-DSA-65", "HPKE-9", "HPKE-9-KE")]
    found = KeySet.from_jwks({"keys": keys})
    assert [key.alg for key in found] == ["ML-DSA-65", "HPKE-9", "HPKE-9-KE"]
    assert found.to_jwks(private=True) == {"keys": keys}


@pytest.mark.parametrize("alg", ["ML-DSA-44", "HPKE-9"])
def test_environment_variable_holds_a_jwk(alg, monkeypatch):
    monkeypatch.setenv("OUR_KEY", json.dumps(jwk(alg)))
    assert Key.from_env("OUR_KEY", alg=alg).to_jwk(private=True) == jwk(alg)


@each_row("alg", ALGS)
def test_description_shows_the_parameters_and_no_bytes(alg):
    key = Key.from_jwk(jwk(alg))
    name = alg if alg in SIGNING else hpke_forge.suite_of(alg).kem
    assert repr(key) == f"Key(alg={alg!r}, kid=None, {name} private)"
    assert repr(key.public()) == f"Key(alg={alg!r}, kid=None, {name} public)"
