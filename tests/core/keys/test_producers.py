"""Keys and sets as real producers write them: what leaves no doubt loads, the rest is named."""

import base64
import datetime as dt
import hmac
import json
import os
import pickle

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.serialization import Encoding
from tests.helpers import all_algorithms, forge

from joseal import Decrypter, Encrypter, InvalidKeyError, Key, KeySet, Signer, Verifier

ALG = "RSA-OAEP-256"
RSA = forge.rsa_private()
PAIR = Key.from_cryptography(RSA, alg=ALG)
FULL = {name: value for name, value in PAIR.to_jwk(private=True).items() if name != "alg"}
BARE = {name: value for name, value in PAIR.public().to_jwk().items() if name != "alg"}
POINT = Key.from_cryptography(all_algorithms.private("P-256"), alg="ES256").public().to_jwk()


def refused(match, call):
    with pytest.raises(InvalidKeyError, match=match) as caught:
        call()
    text = str(caught.value)
    for value in (FULL["n"], FULL["d"], POINT["x"]):
        assert str(value)[:12] not in text
    return text


def test_n_with_a_sign_byte_is_the_same_key():
    long = {**BARE, "n": forge.b64(b"\0" + forge.unb64(BARE["n"]))}
    assert Key.from_jwk(long, alg=ALG) == PAIR.public()


def test_p_and_q_without_crt_members_are_completed_and_checked():
    key = Key.from_jwk({name: FULL[name] for name in ("kty", "n", "e", "d", "p", "q")}, alg=ALG)
    assert key.to_jwk(private=True) == {**FULL, "alg": ALG}
    swapped = {name: FULL[name] for name in ("kty", "n", "e", "d", "p")} | {"q": FULL["p"]}
    refused("do not fit together", lambda: Key.from_jwk(swapped, alg=ALG))


@pytest.mark.parametrize("left_out", ["dp", "qi", "q"])
def test_some_crt_members_are_refused_by_name(left_out):
    jwk = {name: value for name, value in FULL.items() if name != left_out}
    refused(f"not all: {left_out} is missing$", lambda: Key.from_jwk(jwk, alg=ALG))


@pytest.mark.parametrize(
    ("name", "change", "text"),
    [
        ("x", lambda raw: raw[1:], "x has 31 bytes, P-256 has 32: pad it with leading zeros"),
        (
            "y",
            lambda raw: b"\0" + raw,
            "y has 33 bytes, P-256 has 32: leave out the leading zeros",
        ),
    ],
)
def test_coordinate_of_the_wrong_length_is_named_with_its_length(name, change, text):
    jwk = {**POINT, name: forge.b64(change(forge.unb64(POINT[name])))}
    refused(text, lambda: Key.from_jwk(jwk))


def test_short_d_is_named_with_its_length():
    jwk = Key.from_cryptography(ec.derive_private_key(7, ec.SECP521R1()), alg="ES512").to_jwk(
        private=True
    )
    jwk["d"] = forge.b64(forge.unb64(jwk["d"])[1:])
    refused("d has 65 bytes, P-521 has 66: pad it", lambda: Key.from_jwk(jwk))


@pytest.mark.parametrize(
    ("crv", "text"),
    [("secp256r1", "crv secp256r1 is written P-256"), ("BP-256", "crv has to be one of P-256, ")],
)
def test_curve_by_another_name_is_told_the_right_one(crv, text):
    assert "BP-256" not in refused(text, lambda: Key.from_jwk({**POINT, "crv": crv}))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda n: n + "==", "ends with =; leave the padding out"),
        (lambda n: "+" + n[1:], "is in the alphabet of base64; write - for"),
        (lambda n: n + "\n", "has white space; leave it out"),
    ],
)
def test_alphabet_and_padding_are_named(change, text):
    refused(text, lambda: Key.from_jwk({**BARE, "n": change(BARE["n"])}, alg=ALG))


@pytest.mark.parametrize("name", ["use", "kid", "alg", "key_ops", "d", "oth"])
def test_null_is_named_and_no_protection_is_offered_for_it(name):
    text = refused(
        f"{name} is null: leave it out$", lambda: Key.from_jwk({**BARE, name: None}, alg=ALG)
    )
    assert "dual_use" not in text


def test_dual_use_is_named_where_use_is_the_other_one_alone():
    assert "dual_use" in refused("use", lambda: Key.from_jwk({**BARE, "use": "sig"}, alg=ALG))
    other = refused("use", lambda: Key.from_jwk({**BARE, "use": "encryption"}, alg=ALG))
    assert "dual_use" not in other


def test_empty_lists_of_dotnet_load_where_use_leaves_no_doubt():
    net = {**BARE, "use": "enc", "kid": "k", "key_ops": [], "oth": [], "x5c": []}
    assert Encrypter(Key.from_jwk(net, alg=ALG), enc="A256GCM").encrypt(b"x")


def test_both_algs_of_a_contradiction_are_named():
    refused(
        "the JWK names RSA-OAEP, the caller RSA-OAEP-256",
        lambda: Key.from_jwk({**BARE, "alg": "RSA-OAEP"}, alg=ALG),
    )


@pytest.mark.parametrize("kty", ["RSA-HSM", "rsa"])
def test_kty_by_another_name_is_told_the_right_one(kty):
    refused(f"{kty} is written RSA$", lambda: Key.from_jwk({**BARE, "kty": kty}, alg=ALG))


def test_jwk_with_a_certificate_alone_is_sent_to_the_certificate():
    refused("Key.from_certificate", lambda: Key.from_jwk({"kty": "RSA", "x5c": ["AAAA"]}, alg=ALG))


def test_operations_of_jose_for_agreement_with_key_wrapping_are_taken():
    """`jose jwk gen` writes them; RFC 7517 section 4.3 leaves it open."""
    jwk = Key.generate("ECDH-ES+A128KW").to_jwk(private=True)
    key = Key.from_jwk({**jwk, "key_ops": ["wrapKey", "unwrapKey"]})
    token = Encrypter(key.public(), enc="A128GCM").encrypt(b"x")
    assert Decrypter(key, enc="A128GCM").decrypt(token) == b"x"
    direct = {**jwk, "alg": "ECDH-ES", "key_ops": ["wrapKey", "unwrapKey"]}
    refused("key_ops exclude", lambda: Key.from_jwk(direct))


def test_short_hmac_secret_verifies_old_tokens_by_legacy_and_signs_nothing():
    old = forge.b64(b"your-256-bit-secret")
    refused(
        "19 bytes are here, HS256 needs 32",
        lambda: Key.from_jwk({"kty": "oct", "k": old}, alg="HS256"),
    )
    key = Key.from_bytes(b"your-256-bit-secret", alg="HS256", legacy=True)
    signed = ".".join(map(forge.b64, (b'{"alg":"HS256"}', b"{}")))
    tag = hmac.digest(b"your-256-bit-secret", signed.encode(), "sha256")
    assert Verifier(key).verify(f"{signed}.{forge.b64(tag)}") == b"{}"
    refused("only verifies old tokens", lambda: Signer(key))
    refused("needs 32", lambda: Key.from_bytes(b"", alg="HS256", legacy=True))


def test_alg_by_kty_or_curve_serves_a_mixed_set():
    point = {name: value for name, value in POINT.items() if name != "alg"}
    keys = KeySet.from_jwks({"keys": [BARE, point]}, alg={"RSA": "RS256", "P-256": "ES256"})
    assert [key.alg for key in keys] == ["RS256", "ES256"]
    assert Key.from_jwk(point, alg={"EC": "ECDH-ES"}).alg == "ECDH-ES"
    refused("alg= has none for its crv or kty", lambda: Key.from_jwk(point, alg={"RSA": "RS256"}))
    with pytest.raises(TypeError, match="must be of str to str"):
        Key.from_jwk(point, alg={"EC": 5})


def test_set_without_a_usable_member_says_why_for_each():
    text = refused(
        "^none of the 3 members of the JWK Set can be used: ",
        lambda: KeySet.from_jwks({"keys": [BARE, {**BARE, "kid": 7, "alg": ALG}, 5]}),
    )
    assert "0: the JWK names no alg: give alg=; 1: the JWK's kid is a number" in text
    assert text.endswith("2: not a JSON object")


def test_exact_copy_is_skipped_and_another_key_of_the_name_is_refused():
    one = {**BARE, "kid": "a", "alg": ALG}
    keys = KeySet.from_jwks({"keys": [one, one]})
    assert (len(keys), keys.skipped) == (1, ((1, "a copy of an earlier member"),))
    raw = forge.unb64(BARE["n"])
    other = {**one, "n": forge.b64(raw[:-1] + bytes((raw[-1] ^ 2,)))}
    refused("^members 0 and 1 have the same kid", lambda: KeySet.from_jwks({"keys": [one, other]}))


def test_one_kid_for_sig_and_enc_is_told_apart_by_use():
    members = [{**BARE, "kid": "a", "use": use} for use in ("enc", "sig")]
    keys = KeySet.from_jwks({"keys": members}, alg=ALG)
    assert (len(keys), [place for place, _ in keys.skipped]) == (1, [1])


def test_mixed_set_names_the_shared_secrets():
    secret = Key.generate("A256KW", kid="o").to_jwk(private=True)
    refused(
        "the shared secrets are at index 1;",
        lambda: KeySet.from_jwks({"keys": [{**BARE, "alg": ALG}, secret]}),
    )


def test_set_is_written_and_comes_back():
    keys = KeySet(
        [PAIR, Key.from_cryptography(all_algorithms.private("P-256"), alg="ES256", kid="s")]
    )
    assert KeySet.from_jwks(keys.to_jwks()).to_jwks() == keys.to_jwks()
    assert all("d" not in one for one in keys.to_jwks()["keys"])
    assert all(key.is_private for key in KeySet.from_jwks(keys.to_jwks(private=True)))
    refused("ask with private=True", lambda: KeySet([Key.generate("A128KW")]).to_jwks())


def test_a_served_set_says_what_each_key_is_for():
    with_ops = Key.from_jwk({**PAIR.to_jwk(), "key_ops": ["wrapKey"]}, kid="ops")
    signing = Key.from_cryptography(all_algorithms.private("P-256"), alg="ES256", kid="s")
    served = KeySet([PAIR, signing, with_ops]).to_jwks()["keys"]
    assert [(jwk.get("use"), jwk.get("key_ops")) for jwk in served] == [
        ("enc", None),
        ("sig", None),
        (None, ["wrapKey"]),
    ]
    assert list(KeySet.from_jwks({"keys": served})) == [PAIR.public(), signing.public(), with_ops]


def chain():
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    root = all_algorithms.private("P-256")
    made = []
    for subject, issuer, key in (("leaf", "root", RSA), ("root", "root", root)):
        names = [
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
            for name in (subject, issuer)
        ]
        builder = x509.CertificateBuilder(
            names[1], names[0], key.public_key(), 77, day, day + dt.timedelta(days=9)
        )
        made.append(builder.sign(root, hashes.SHA256()))
    return made


def test_leaf_of_a_chain_is_its_first_certificate():
    leaf, root = (one.public_bytes(Encoding.PEM) for one in chain())
    for key in (Key.from_pem(leaf + root, alg=ALG), Key.from_certificate(leaf + root, alg=ALG)):
        assert key.thumbprint() == PAIR.thumbprint()
        assert [one.subject for one in key.certificates] == ["CN=leaf", "CN=root"]
    for wrong in (root + leaf, leaf + leaf, leaf + root + leaf):
        refused("not a chain from its leaf", lambda wrong=wrong: Key.from_pem(wrong, alg=ALG))


def test_certificate_gives_the_names_that_apis_ask_for():
    leaf = chain()[0]
    key = Key.from_certificate(leaf.public_bytes(Encoding.DER), alg=ALG, kid="a")
    assert key.certificate_serial == "77"
    assert forge.unb64(key.x5t_s256) == leaf.fingerprint(hashes.SHA256())
    assert forge.unb64(key.x5t) == leaf.fingerprint(hashes.SHA1())  # noqa: S303
    assert Key.from_der(base64.b64decode(key.x5c[0]), alg=ALG).x5t == key.x5t
    assert pickle.loads(pickle.dumps(key)) == key  # noqa: S301
    refused("did not come with its certificate", lambda: PAIR.x5t)


def test_shared_secret_is_loaded_from_bytes_and_a_key_never_is():
    assert Key.from_bytes(bytes(range(32)), alg="A256KW", kid="a").kid == "a"
    for raw in (
        PAIR.to_pem().encode(),
        PAIR.to_pem(private=True).encode(),
        json.dumps(BARE).encode(),
    ):
        refused(
            "^expected a shared secret: this is a",
            lambda raw=raw: Key.from_bytes(raw, alg="HS256"),
        )
    refused("size that its alg needs", lambda: Key.from_bytes(b"short", alg="A256KW"))
    with pytest.raises(TypeError, match="must be bytes"):
        Key.from_bytes("text", alg="HS256")


def test_key_object_of_cryptography_is_loaded():
    assert Key.from_cryptography(RSA.public_key(), alg=ALG) == PAIR.public()
    refused(
        "keys of this kind", lambda: Key.from_cryptography(dsa.generate_private_key(2048), alg=ALG)
    )
    with pytest.raises(TypeError, match="of the cryptography package"):
        Key.from_cryptography("text", alg=ALG)


@pytest.mark.parametrize(
    ("value", "alg"),
    [
        (json.dumps(FULL), ALG),
        (base64.b64encode(json.dumps(FULL).encode()).decode(), ALG),
        (json.dumps({"kty": "oct", "k": forge.b64(bytes(32))}), "A256KW"),
        (base64.b64encode(bytes(range(32))).decode(), "A256KW"),
        (forge.b64(bytes(range(32))), "A256KW"),
        ("0123456789abcdef", "A128KW"),
        (PAIR.to_pem().replace("\n", "\\\\n"), ALG),
    ],
)
def test_environment_variable_holds_what_people_put_there(value, alg, monkeypatch):
    monkeypatch.setenv("A_KEY", value)
    assert Key.from_env("A_KEY", alg=alg, kid="a").kid == "a"


def test_environment_variable_of_two_readings_is_refused(monkeypatch):
    monkeypatch.setenv("A_KEY", "A" * 43)
    refused("as base64 and as the secret itself", lambda: Key.from_env("A_KEY", alg="HS256"))
    monkeypatch.setenv("A_KEY", "short")
    refused("not a shared secret of the size", lambda: Key.from_env("A_KEY", alg="HS256"))
    monkeypatch.setenv("A_KEY", json.dumps(FULL))
    with pytest.raises(InvalidKeyError, match="not encrypted"):
        Key.from_env("A_KEY", alg=ALG, password="p")


def test_public_keys_are_equal_by_content_and_secrets_by_identity():
    again = Key.from_cryptography(RSA, alg=ALG)
    assert again.public() == PAIR.public()
    assert len({again.public(), PAIR.public()}) == 1
    assert again != PAIR
    assert PAIR == PAIR  # noqa: PLR0124
    assert Key.from_cryptography(RSA, alg="RSA-OAEP").public() != PAIR.public()
    with pytest.raises(TypeError, match="pass a function that makes it"):
        pickle.dumps(PAIR)
    assert Encrypter(again.public(), enc="A256GCM") == Encrypter(PAIR.public(), enc="A256GCM")
    assert Encrypter(again.public(), enc="A128GCM") != Encrypter(PAIR.public(), enc="A256GCM")


def test_alg_of_the_jwk_comes_before_the_table():
    table = {"RSA": "RS256", "EC": "ECDH-ES"}
    assert Key.from_jwk({**BARE, "alg": ALG}, alg=table).alg == ALG
    assert Key.from_jwk(BARE, alg=table).alg == "RS256"


@pytest.mark.parametrize("name", ["d", "p", "q"])
@pytest.mark.parametrize("number", [b"\0", b"\1"])
def test_members_that_make_no_crt_member_do_not_fit(name, number):
    jwk = {member: FULL[member] for member in ("kty", "n", "e", "d", "p", "q")}
    jwk[name] = forge.b64(number)
    refused("do not fit together", lambda: Key.from_jwk(jwk, alg=ALG))


def test_environment_variable_that_utf_8_can_not_carry_is_no_secret(monkeypatch):
    monkeypatch.setitem(os.environ, "A_KEY", "0123456789abcde\udcff")
    refused(
        "^the environment variable is not text that UTF-8 can carry$",
        lambda: Key.from_env("A_KEY", alg="A128KW"),
    )


@pytest.mark.parametrize("kid", [None, "mine"])
def test_a_public_key_is_told_what_decrypting_needs_whether_named_or_not(kid):
    public = Key.generate("ECDH-ES", kid=kid).public()
    with pytest.raises(InvalidKeyError, match="decrypting needs the private key") as caught:
        Decrypter(public, enc="A256GCM")
    assert ("'mine'" in str(caught.value)) == (kid is not None)


@pytest.mark.parametrize("kid", [None, "mine"])
def test_a_key_for_signatures_is_told_its_classes_whether_named_or_not(kid):
    signing = Key.generate("ES256", kid=kid)
    with pytest.raises(InvalidKeyError, match="use Signer or Verifier"):
        Decrypter(signing, enc="A256GCM")
