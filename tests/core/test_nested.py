"""Two layers, both named: RFC 7519 sections 5.2, 7.1 and 11.2, RFC 7520 section 6."""

import json
import pickle

import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.forge import unb64
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    DecryptionError,
    DecryptThenVerify,
    Encrypter,
    EncryptThenSign,
    Key,
    Limits,
    MalformedTokenError,
    NestedToken,
    NotAllowedError,
    Signer,
    SignThenEncrypt,
    TokenError,
    TokenTooLargeError,
    VerificationError,
    Verifier,
    VerifyThenDecrypt,
)

ENC = "A128CBC-HS256"
SIGS = ["RS256", "ES256", "Ed25519", "HS256"]
ALGS = ["RSA-OAEP-256", "ECDH-ES+A128KW", "A128KW", "dir"]


def signer(alg="ES256", name="mine", **arguments):
    return Signer(all_algorithms.signing_key(alg, name), **arguments)


def verifier(alg="ES256", name="mine", **arguments):
    return Verifier(all_algorithms.verifying(all_algorithms.signing_key(alg, name)), **arguments)


def encrypter(alg="RSA-OAEP-256", name="mine", **arguments):
    return Encrypter(forge.sealing(all_algorithms.key(alg, ENC, name)), enc=ENC, **arguments)


def decrypter(alg="RSA-OAEP-256", name="mine", **arguments):
    return Decrypter(all_algorithms.key(alg, ENC, name), enc=ENC, **arguments)


def sign_first(cty="JWT"):
    return SignThenEncrypt(signer(), encrypter(), cty=cty), DecryptThenVerify(
        decrypter(), verifier(), cty=cty
    )


def seal_first(cty="JWE"):
    return EncryptThenSign(encrypter(), signer(), cty=cty), VerifyThenDecrypt(
        verifier(), decrypter(), cty=cty
    )


ORDERS = {"sign first": sign_first, "seal first": seal_first}


def header_of(token):
    return json.loads(unb64(token.split(".")[0]))


def code(opener, token):
    try:
        opener.open(token)
    except TokenError as error:
        refusal = error
    else:
        return "ok"
    assert refusal.__cause__ is refusal.__context__ is None
    return refusal.code


@each_row("sig", SIGS)
@each_row("alg", ALGS)
@each_row("payload", [b"", b"x", bytes(range(256)), b"a" * 5000], ids=len)
def test_both_orders_open_with_both_layers(sig, alg, payload):
    token = SignThenEncrypt(signer(sig), encrypter(alg)).encrypt(payload)
    assert token.count(".") == 4
    opened = DecryptThenVerify(decrypter(alg), verifier(sig)).open(token)
    assert (opened.payload, opened.signed_by.alg, opened.decrypted_with.alg) == (payload, sig, alg)
    assert (opened.encrypted_header["cty"], opened.signed_header) == ("JWT", {"alg": sig})
    token = EncryptThenSign(encrypter(alg), signer(sig)).encrypt(payload)
    assert token.count(".") == 2
    opened = VerifyThenDecrypt(verifier(sig), decrypter(alg)).open(token.encode())
    assert (opened.payload, opened.signed_by.alg, opened.decrypted_with.alg) == (payload, sig, alg)
    assert opened.signed_header == {"alg": sig, "cty": "JWE"}
    assert (opened.encrypted_header["alg"], opened.encrypted_header["enc"]) == (alg, ENC)


def test_layers_are_those_of_the_single_objects():
    token = SignThenEncrypt(signer(), encrypter()).encrypt(b"x")
    inner = decrypter().decrypt(token)
    assert verifier().verify(inner) == b"x"
    token = EncryptThenSign(encrypter(), signer()).encrypt(b"x")
    assert decrypter().decrypt(verifier().verify(token)) == b"x"


def test_cty_is_written_last_among_the_members_of_the_token():
    token = SignThenEncrypt(signer(), encrypter(header={"typ": "JOSE"})).encrypt(b"x")
    assert list(header_of(token)) == ["alg", "typ", "cty", "enc"]
    token = EncryptThenSign(encrypter(), signer(header={"typ": "JOSE"})).encrypt(b"x")
    assert list(header_of(token)) == ["alg", "typ", "cty"]


@pytest.mark.parametrize("order", ORDERS)
def test_other_cty_is_written_and_demanded(order):
    seals, opens = ORDERS[order]("example")
    token = seals.encrypt(b"x")
    assert header_of(token)["cty"] == "example"
    assert opens.open(token).payload == b"x"
    _, other = ORDERS[order]("other")
    with pytest.raises(NotAllowedError) as caught:
        other.open(token)
    assert caught.value.parameter == "cty"


@pytest.mark.parametrize("order", ORDERS)
def test_cty_of_none_is_neither_written_nor_looked_at(order):
    silent, lax = ORDERS[order](None)
    loud, strict = ORDERS[order]()
    assert "cty" not in header_of(silent.encrypt(b"x"))
    assert lax.open(silent.encrypt(b"x")).payload == lax.open(loud.encrypt(b"x")).payload == b"x"
    assert code(strict, silent.encrypt(b"x")) == "not_allowed"


@pytest.mark.parametrize("cty", ["JWT", "jwt", "application/jwt", "Application/JWT"])
def test_cty_is_a_media_type(cty):
    """RFC 7515 section 4.1.10."""
    token = SignThenEncrypt(signer(), encrypter(), cty=cty).encrypt(b"x")
    assert DecryptThenVerify(decrypter(), verifier()).open(token).payload == b"x"


@pytest.mark.parametrize("cty", ["JWS", "JW", "text/jwt", "", "JWT "])
def test_another_media_type_is_refused(cty):
    token = SignThenEncrypt(signer(), encrypter(), cty=cty).encrypt(b"x")
    assert code(DecryptThenVerify(decrypter(), verifier()), token) == "not_allowed"


def test_typ_is_demanded_of_the_layer_that_it_is_demanded_of():
    """RFC 8725 section 3.11: the inner token says what kind it is, whatever the outer one says."""
    kind, other = {"typ": "example+jwt"}, {"typ": "other+jwt"}
    opener = DecryptThenVerify(decrypter(), verifier(typ="example+jwt"))
    for inner, outer, outcome in (
        (kind, None, "ok"),
        (kind, other, "ok"),
        (None, kind, "not_allowed"),
        (other, kind, "not_allowed"),
        (None, None, "not_allowed"),
    ):
        seals = SignThenEncrypt(signer(header=inner), encrypter(header=outer))
        assert code(opener, seals.encrypt(b"x")) == outcome


def test_token_without_a_signature_is_never_taken_for_a_signed_one():
    """CVE-2022-3102, CVE-2023-51774: with a public key anyone can seal."""
    opener = DecryptThenVerify(decrypter(), verifier())
    seal = encrypter(header={"cty": "JWT"}).encrypt
    for plaintext in (
        b"x",
        b'{"admin":true}',
        b"",
        b"a.b.c",
        encrypter().encrypt(b"x").encode(),
        b"\xff",
    ):
        assert code(opener, seal(plaintext)) == "malformed"
    for header in ({"alg": "none"}, {"alg": "HS256"}):
        inner = all_algorithms.jws(header, b"x", lambda data: b"")
        assert code(opener, seal(inner.encode())) == "not_allowed"
    inner = signer(name="attacker").sign(b"x")
    assert code(opener, seal(inner.encode())) == "unverified"
    assert code(opener, signer().sign(b"x")) == "malformed"


def test_token_without_a_seal_is_never_taken_for_a_sealed_one():
    opener = VerifyThenDecrypt(verifier(), decrypter())
    for payload in (b"x", b"", signer().sign(b"x").encode(), b"a.b.c.d.e", b"\xff"):
        assert code(opener, signer(header={"cty": "JWE"}).sign(payload)) == "malformed"
    for_another = encrypter(name="other").encrypt(b"x")
    assert code(opener, signer(header={"cty": "JWE"}).sign(for_another.encode())) == "undecryptable"
    assert code(opener, encrypter().encrypt(b"x")) == "malformed"


def test_one_order_does_not_open_the_other():
    for mine, other in (("sign first", "seal first"), ("seal first", "sign first")):
        token = ORDERS[mine]()[0].encrypt(b"x")
        assert code(ORDERS[other]()[1], token) == "malformed"


@pytest.mark.parametrize("order", ORDERS)
def test_outer_layer_fails_as_it_does_alone(order):
    seals, opens = ORDERS[order]()
    head, *rest = seals.encrypt(b"x").split(".")
    outer = DecryptionError if order == "sign first" else VerificationError
    last = rest[-1]
    rest[-1] = ("A" if last[0] != "A" else "B") + last[1:]
    with pytest.raises(outer):
        opens.open(".".join([head, *rest]))
    with pytest.raises(MalformedTokenError):
        opens.open(".".join([head, *rest, ""]))
    with pytest.raises(TypeError, match="token must be"):
        opens.open(5)


def test_signature_of_the_outer_layer_is_checked_before_anything_is_deciphered(monkeypatch):
    used = []
    key = Key.from_pem(forge.pem_of(forge.rsa_private()), alg="RSA-OAEP-256")
    object.__setattr__(key._management, "_decrypt", used.append)
    opener = VerifyThenDecrypt(verifier(), Decrypter(key, enc=ENC))
    bad = EncryptThenSign(encrypter(), signer(name="attacker")).encrypt(b"x")
    with pytest.raises(VerificationError):
        opener.open(bad)
    assert used == []
    with pytest.raises(DecryptionError):
        opener.open(EncryptThenSign(encrypter(), signer()).encrypt(b"x"))
    assert len(used) == 1


@each_row(
    ("kind", "arguments"),
    [
        (SignThenEncrypt, (encrypter(), signer())),
        (SignThenEncrypt, (verifier(), encrypter())),
        (SignThenEncrypt, (signer(), None)),
        (DecryptThenVerify, (verifier(), decrypter())),
        (DecryptThenVerify, (encrypter(), verifier())),
        (EncryptThenSign, (signer(), encrypter())),
        (EncryptThenSign, ("x", signer())),
        (VerifyThenDecrypt, (decrypter(), verifier())),
        (VerifyThenDecrypt, (verifier(), all_algorithms.key("RSA-OAEP"))),
        (DecryptThenVerify, (decrypter(), decrypter())),
        (VerifyThenDecrypt, (verifier(), verifier())),
    ],
)
def test_layers_are_not_mixed_up(kind, arguments):
    with pytest.raises(
        TypeError, match=r"^(signer|encrypter|decrypter|verifier) must be an? \w+, not \w+$"
    ):
        kind(*arguments)


@pytest.mark.parametrize("cty", ["JWT", "jwt", "application/jwt"])
def test_nested_jwt_never_has_an_unencoded_payload(cty):
    """RFC 7797 section 7: another type may have one."""
    with pytest.raises(ValueError, match=r"^a JWT must not have an unencoded payload"):
        SignThenEncrypt(signer(b64=False), encrypter(), cty=cty)
    for other in ("JOSE", None):
        token = SignThenEncrypt(signer(b64=False), encrypter(), cty=other).encrypt(b"{}")
        opener = DecryptThenVerify(decrypter(), verifier(b64=False), cty=other)
        assert opener.open(token).payload == b"{}"


@pytest.mark.parametrize("cty", [5, b"JWT", ["JWT"], True])
def test_cty_of_another_type_is_a_type_error(cty):
    for order in ORDERS.values():
        with pytest.raises(TypeError, match=r"^cty must be str, not "):
            order(cty)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("payload", ["x", None, 5])
def test_payload_of_another_type_is_a_type_error(order, payload):
    with pytest.raises(TypeError, match="must be bytes"):
        ORDERS[order]()[0].encrypt(payload)


def test_limits_of_both_layers_hold():
    small = Limits(plaintext_bytes=200)
    token = SignThenEncrypt(signer(), encrypter()).encrypt(bytes(300))
    for opener in (
        DecryptThenVerify(decrypter(limits=small), verifier()),
        DecryptThenVerify(decrypter(), verifier(limits=small)),
    ):
        with pytest.raises(TokenTooLargeError):
            opener.open(token)
    with pytest.raises(TokenTooLargeError):
        SignThenEncrypt(signer(), encrypter(limits=small)).encrypt(bytes(150))


@pytest.mark.parametrize("order", ORDERS)
def test_objects_are_immutable_silent_and_never_pickled(order):
    seals, opens = ORDERS[order]()
    opened = opens.open(seals.encrypt(b"canary"))
    assert type(opened) is NestedToken
    for value in (seals, opens, opened):
        assert "canary" not in repr(value)
        with pytest.raises(AttributeError, match="immutable"):
            value.payload = b"y"
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(value)
    assert repr(opened).startswith("NestedToken(payload=<6 bytes>, signed_by=Key(")


def test_rfc_7520_section_6(shared_vectors):
    """A signed token in a sealed one; the cookbook gives no cty that demands itself: it is JWT."""
    example = json.loads(
        (shared_vectors / "ietf-jose-cookbook/6.nesting_signatures_and_encryption.json").read_text()
    )
    signed, sealed = example["sign"], example["encrypt"]
    signing = Key.from_jwk(signed["input"]["key"], alg=signed["input"]["alg"])
    opening = Key.from_jwk(sealed["input"]["key"], alg=sealed["input"]["alg"])
    opener = DecryptThenVerify(
        Decrypter(opening, enc=sealed["input"]["enc"]), Verifier(signing.public())
    )
    opened = opener.open(sealed["output"]["compact"])
    payload = signed["input"]["payload"]
    assert json.loads(opened.payload) == (
        json.loads(payload) if isinstance(payload, str) else payload
    )
    assert opened.encrypted_header["cty"] == "JWT"
    assert opened.signed_by.kid == signed["input"]["key"].get("kid")


HS = all_algorithms.signing_key("HS256")

KW = all_algorithms.key("A128KW")


def test_signer_of_a_nested_token_is_attached():
    """A detached one would lose the payload without a word."""
    detached = Signer(HS, detached=True)
    sealing = Encrypter(KW, enc="A128GCM")
    with pytest.raises(ValueError, match="detached"):
        SignThenEncrypt(detached, sealing)
    with pytest.raises(ValueError, match="detached"):
        EncryptThenSign(sealing, detached)
    assert DecryptThenVerify(Decrypter(KW, enc="A128GCM"), Verifier(HS))
