"""Keys that never leave their device: what a device is asked, when, and what becomes of its answers.

The device here is plain Python over a key of `cryptography`, and writes down what it is asked.

Source: RFC 7516 section 11.5, RFC 7518 sections 3 and 4, RFC 8037.
"""

import functools
import hashlib
import json
import pickle
import traceback
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from tests.helpers import all_algorithms, forge, hpke_forge
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    KeyUnavailableError,
    MalformedTokenError,
    MultiEncrypter,
    NotAllowedError,
    Signer,
    TokenError,
    VerificationError,
    Verifier,
)
from joseal._core.algorithms import content_encryption

ENC = "A128CBC-HS256"
CEK_BYTES = forge.ENCS[ENC].cek_bytes

# Each alg with each kind of key that it takes; for RSA there is no curve to choose.
KINDS = [
    *((alg, None) for alg in all_algorithms.RSA),
    *((alg, curve) for alg in all_algorithms.ECDH for curve in all_algorithms.CURVES),
]
# One of each mechanism.
FAMILIES = [
    *(("RSA-OAEP", None), ("RSA1_5", None), ("ECDH-ES", "P-256")),
    *(("ECDH-ES+A128KW", "P-521"), ("ECDH-ES+A256KW", "X25519")),
]
SIGNING = [alg for alg in all_algorithms.SIGS if not alg.startswith("HS")]


class Device:
    """An `ExternalKey` that writes down what it is asked, and can be told what to answer."""

    def __init__(self, key, answer=None):
        self.key = key
        self.answer = answer
        self.asked = []

    def _answer(self, *asked, good):
        self.asked.append(asked)
        return good() if self.answer is None else self.answer(good)

    def unwrap(self, alg, encrypted_key):
        return self._answer(
            "unwrap", alg, encrypted_key, good=lambda: self._decrypt(alg, encrypted_key)
        )

    def _decrypt(self, alg, encrypted_key):
        scheme = padding.PKCS1v15()
        if alg in forge.RSA_ALGS:
            scheme = padding.OAEP(
                padding.MGF1(forge.RSA_ALGS[alg]()), forge.RSA_ALGS[alg](), label=None
            )
        try:
            return self.key.decrypt(encrypted_key, scheme)
        except ValueError:
            return None

    def agree(self, peer):
        return self._answer("agree", peer, good=lambda: all_algorithms.agree(self.key, peer))

    def sign(self, alg, data):
        return self._answer("sign", alg, data, good=lambda: self._sign(alg, data))

    def _sign(self, alg, data):
        if alg.startswith(("Ed", "ML-DSA")):
            return self.key.sign(data)
        kind = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}[alg[2:5]]
        if alg.startswith("ES"):
            size = (self.key.key_size + 7) // 8
            r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(kind())))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        scheme = padding.PKCS1v15()
        if alg.startswith("PS"):
            scheme = padding.PSS(padding.MGF1(kind()), kind.digest_size)
        return self.key.sign(data, scheme, kind())


def refuse(good):
    return None


def unavailable(good):
    raise KeyUnavailableError("the device is away")


def private(alg, curve=None):
    return forge.rsa_private() if alg in all_algorithms.RSA else all_algorithms.private(curve)


def held(alg, curve=None, answer=None, kid=None):
    """Return a key whose private half is on a device, and the device."""
    device = Device(private(alg, curve), answer)
    public = all_algorithms.key(alg, curve=curve or "P-256", kid=kid).public()
    return Key.from_external(device, public=public), device


def held_for_signing(alg, answer=None):
    public = all_algorithms.signing_key(alg).public()
    if alg[:2] in ("RS", "PS"):
        own = forge.rsa_private()
    elif alg.startswith("ES"):
        own = all_algorithms.private(all_algorithms.EC_CURVES[alg])
    elif alg == "Ed448":
        own = Ed448PrivateKey.from_private_bytes(forge.unb64(all_algorithms.ed448_jwk()["d"]))
    elif alg in all_algorithms.ML_DSA:
        seed = forge.unb64(all_algorithms.ml_dsa_jwk(alg)["priv"])
        own = all_algorithms.ML_DSA[alg].from_seed_bytes(seed)
    else:
        own = Ed25519PrivateKey.from_private_bytes(forge.unb64(all_algorithms.ed_jwk()["d"]))
    device = Device(own, answer)
    return Key.from_external(device, public=public), device


def opener(key):
    return Decrypter(key, enc=ENC)


def seal(alg, curve, **own):
    return all_algorithms.token(alg, ENC, curve=curve or "P-256", **own)


def failure(key, token):
    """Return all that a caller sees of a failure."""
    with pytest.raises(TokenError) as caught:
        opener(key).decrypt(str(token))
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    return type(error), str(error), error.args, vars(error), frames


@each_row(("alg", "curve"), KINDS)
def test_token_opens_through_the_device(alg, curve):
    key, device = held(alg, curve)
    token = seal(alg, curve, plaintext=b"through")
    assert opener(key).decrypt(str(token)) == b"through"
    (asked,) = device.asked
    if alg in all_algorithms.RSA:
        assert asked == ("unwrap", alg, token.encrypted_key)
    else:
        kind, peer = asked
        epk = json.loads(token.header)["epk"]
        # Python's integers and `cryptography`'s keys compare by value.
        ephemeral = all_algorithms.private(curve, "ephemeral")
        assert kind == "agree"
        assert peer == ephemeral.public_key()
        assert epk == all_algorithms.public_jwk(ephemeral, curve)


@each_row(("alg", "curve"), [kind for kind in KINDS if kind[0] != "RSA1_5"])
def test_token_sealed_to_the_public_half_opens_and_the_device_is_asked_once(alg, curve):
    key, device = held(alg, curve, kid="a")
    token = Encrypter(key.public(), enc=ENC).encrypt(b"x")
    assert device.asked == []
    opened = opener(key).open(token)
    assert (opened.plaintext, opened.key, opened.header["kid"]) == (b"x", key, "a")
    assert len(device.asked) == 1


# What only the device finds out: its refusal, and answers that are no key or another one.
ANSWERS = {
    "refused": refuse,
    "empty": lambda good: b"",
    "short": lambda good: good()[:-1],
    "long": lambda good: good() + b"\0",
    "another": lambda good: hashlib.shake_256(good()).digest(len(good())),
    "zero": lambda good: bytes(len(good())),
}


@pytest.mark.parametrize(("alg", "curve"), FAMILIES)
def test_failure_is_the_same_whatever_the_device_answers(alg, curve):
    token = seal(alg, curve)
    in_memory = failure(
        all_algorithms.key(alg, curve=curve or "P-256"), token._replace(tag=bytes(len(token.tag)))
    )
    assert in_memory[0] is DecryptionError
    for answer in ANSWERS.values():
        key, device = held(alg, curve, answer)
        assert failure(key, token) == in_memory
        assert len(device.asked) == 1
    key, device = held(alg, curve)
    assert failure(key, token._replace(tag=bytes(len(token.tag)))) == in_memory
    assert len(device.asked) == 1


@pytest.mark.parametrize(("alg", "curve"), FAMILIES)
def test_tag_is_checked_under_a_random_key_after_a_refusal(alg, curve, monkeypatch):
    used = []
    open_ = content_encryption.open_

    def recorded(enc, cek, sealed):
        used.append(cek)
        return open_(enc, cek, sealed)

    monkeypatch.setattr(content_encryption, "open_", recorded)
    key, _ = held(alg, curve, refuse)
    for _ in range(2):
        with pytest.raises(DecryptionError):
            opener(key).decrypt(str(seal(alg, curve)))
    assert [len(cek) for cek in used] == [CEK_BYTES] * 2
    assert used[0] != used[1]


@each_row(("alg", "curve"), FAMILIES)
@each_row("method", ["decrypt", "open"])
def test_device_that_is_away_is_no_failure_of_the_token(alg, curve, method):
    key, device = held(alg, curve, unavailable)
    token = str(seal(alg, curve))
    with pytest.raises(KeyUnavailableError, match=r"^the device is away$") as caught:
        getattr(opener(key), method)(token)
    assert not isinstance(caught.value, TokenError)
    device.answer = None
    assert opener(key).decrypt(token) == b"forged"


def test_device_that_is_away_is_not_passed_over_for_the_next_key():
    away, _ = held("RSA-OAEP", answer=unavailable)
    other = Key.generate("RSA-OAEP")
    token = Encrypter(other.public(), enc=ENC).encrypt(b"x")
    with pytest.raises(KeyUnavailableError):
        Decrypter([away, other], enc=ENC).decrypt(token)


def test_next_key_is_tried_after_a_refusal():
    key, device = held("RSA-OAEP")
    other = Key.generate("RSA-OAEP")
    token = Encrypter(other.public(), enc=ENC).encrypt(b"x")
    assert Decrypter([key, other], enc=ENC).decrypt(token) == b"x"
    assert len(device.asked) == 1


def with_member(token, **members):
    header = {**json.loads(token.header), **members}
    return token._replace(header=json.dumps(header).encode())


def without_member(token, name):
    header = {key: value for key, value in json.loads(token.header).items() if key != name}
    return token._replace(header=json.dumps(header).encode())


def with_epk(token, **members):
    return with_member(token, epk={**json.loads(token.header)["epk"], **members})


# What the token and the public key decide.
LENGTHS = {
    "encrypted key short": lambda t: t._replace(encrypted_key=t.encrypted_key[:-1]),
    "encrypted key long": lambda t: t._replace(encrypted_key=t.encrypted_key + b"\0"),
    "iv short": lambda t: t._replace(iv=t.iv[:-1]),
    "iv empty": lambda t: t._replace(iv=b""),
    "tag short": lambda t: t._replace(tag=t.tag[:-1]),
    "ciphertext no blocks": lambda t: t._replace(ciphertext=t.ciphertext + b"\0"),
    "ciphertext empty": lambda t: t._replace(ciphertext=b""),
}
HEADERS = {
    "another alg": lambda t: with_member(t, alg="A128KW"),
    "another enc": lambda t: with_member(t, enc="A128GCM"),
    "zip": lambda t: with_member(t, zip="DEF"),
}
WRAPPED = {"encrypted key empty": lambda t: t._replace(encrypted_key=b"")}
EPKS = {
    "no epk": lambda t: without_member(t, "epk"),
    "epk no object": lambda t: with_member(t, epk="x"),
    "epk with d": lambda t: with_epk(t, d=forge.b64(bytes(32))),
    "epk of another kty": lambda t: with_epk(t, kty="RSA"),
    "epk of another curve": lambda t: with_epk(t, crv="P-384"),
    "epk of another key": lambda t: with_member(
        t, epk=all_algorithms.public_jwk(all_algorithms.private("P-384"), "P-384")
    ),
    "x short": lambda t: with_epk(t, x=forge.b64(bytes(31))),
    "x no base64url": lambda t: with_epk(t, x="+"),
    "apu no base64url": lambda t: with_member(t, apu="="),
    "apv no string": lambda t: with_member(t, apv=1),
}
WEIERSTRASS_EPKS = {
    "off the curve": lambda t: with_epk(t, y=forge.b64(b"\1" * 32)),
    "no y": lambda t: with_member(
        t, epk={k: v for k, v in json.loads(t.header)["epk"].items() if k != "y"}
    ),
    "at infinity": lambda t: with_epk(t, x=forge.b64(bytes(32)), y=forge.b64(bytes(32))),
}
# Points of small order on Curve25519, RFC 7748 section 6.1: each gives an all-zero secret.
LOW_ORDER = [
    bytes(32),
    b"\1" + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
]
MONTGOMERY_EPKS = {
    **{
        f"low order {point.hex()[:8]}": functools.partial(with_epk, x=forge.b64(point))
        for point in LOW_ORDER
    },
    "y on a curve without": lambda t: with_epk(t, y=forge.b64(bytes(32))),
}
PUBLIC_FAULTS = [
    (alg, curve, name, fault)
    for alg, curve, faults in [
        ("RSA-OAEP", None, {**LENGTHS, **HEADERS, **WRAPPED}),
        ("RSA-OAEP-256", None, {**LENGTHS, **WRAPPED}),
        ("RSA1_5", None, {**LENGTHS, **WRAPPED}),
        ("ECDH-ES", "P-256", {**LENGTHS, **HEADERS, **EPKS, **WEIERSTRASS_EPKS}),
        ("ECDH-ES+A128KW", "P-256", {**LENGTHS, **WRAPPED, **EPKS, **WEIERSTRASS_EPKS}),
        ("ECDH-ES+A256KW", "X25519", {**LENGTHS, **WRAPPED, **EPKS, **MONTGOMERY_EPKS}),
    ]
    for name, fault in faults.items()
    if (alg, name) != ("ECDH-ES", "encrypted key short")
]


@each_row(
    ("alg", "curve", "name", "fault"),
    PUBLIC_FAULTS,
    ids=[f"{alg}-{name}" for alg, _, name, _ in PUBLIC_FAULTS],
)
def test_device_is_not_asked_what_the_public_key_decides(alg, curve, name, fault):
    key, device = held(alg, curve)
    broken = fault(seal(alg, curve))
    with pytest.raises((MalformedTokenError, NotAllowedError)) as caught:
        opener(key).decrypt(str(broken))
    assert device.asked == []
    with pytest.raises(type(caught.value)) as in_memory:
        opener(all_algorithms.key(alg, curve=curve or "P-256")).decrypt(str(broken))
    assert in_memory.value == caught.value


def test_point_of_low_order_is_no_public_half():
    """The recipient's own key, too, is refused before a device has anything to do with it."""
    for point in LOW_ORDER:
        jwk = {"kty": "OKP", "crv": "X25519", "x": forge.b64(point)}
        with pytest.raises(InvalidKeyError, match="low order"):
            Key.from_jwk(jwk, alg="ECDH-ES")


@each_row("alg", SIGNING)
def test_device_signs_the_signing_input_and_nothing_else(alg):
    key, device = held_for_signing(alg)
    token = Signer(key, header={"typ": "JWT"}).sign(b"payload")
    data, _, signature = token.rpartition(".")
    assert device.asked == [("sign", alg, data.encode())]
    assert Verifier(key.public()).verify(token) == b"payload"
    # The key itself verifies with its public half, here.
    assert Verifier(key).verify(token) == b"payload"
    assert len(device.asked) == 1
    with pytest.raises(VerificationError):
        Verifier(key).verify(f"{data}.{forge.b64(bytes(len(forge.unb64(signature))))}")


@each_row("alg", SIGNING)
def test_signer_passes_on_that_the_device_is_away(alg):
    key, device = held_for_signing(alg, unavailable)
    with pytest.raises(KeyUnavailableError, match=r"^the device is away$"):
        Signer(key).sign(b"payload")
    assert len(device.asked) == 1


def test_private_half_is_shown_nowhere():
    key, device = held("RSA-OAEP", kid="a")
    public = key.public()
    assert (key.is_private, key.is_symmetric, public.is_private) == (True, False, False)
    assert repr(key) == "Key(alg='RSA-OAEP', kid='a', RSA-2048 external)"
    assert key.to_jwk() == public.to_jwk()
    assert key.to_pem() == public.to_pem()
    assert key.thumbprint() == public.thumbprint()
    for release in (
        lambda: key.to_jwk(private=True),
        lambda: key.to_pem(private=True),
        lambda: key.to_pem(private=True, password="secret"),
    ):
        with pytest.raises(InvalidKeyError, match="on its device and stays there"):
            release()
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(key)
    assert device.asked == []


def test_external_key_is_private_for_an_encrypter():
    key, _ = held("RSA-OAEP")
    with pytest.raises(InvalidKeyError, match=r"use key.public\(\)"):
        Encrypter(key, enc=ENC)


@pytest.mark.parametrize("alg", ["RSA-OAEP", "A128KW", "dir", "PBES2-HS256+A128KW"])
def test_public_half_must_be_public(alg):
    with pytest.raises(InvalidKeyError, match="must be a public key"):
        Key.from_external(Device(forge.rsa_private()), public=all_algorithms.key(alg))


def test_external_key_is_not_made_of_an_external_one():
    key, device = held("RSA-OAEP")
    with pytest.raises(InvalidKeyError, match="must be a public key"):
        Key.from_external(device, public=key)


@pytest.mark.parametrize(
    ("alg", "lacks"),
    [
        ("RSA-OAEP", "unwrap"),
        ("ECDH-ES", "agree"),
        ("HPKE-0", "agree"),
        ("HPKE-12", "decapsulate"),
        ("ES256", "sign"),
        ("RS256", "sign"),
        ("ML-DSA-44", "sign"),
    ],
)
@pytest.mark.parametrize("device", [object(), None, b"secret", SimpleNamespace(sign=1, agree=1)])
def test_device_with_a_private_half_has_the_method_of_its_alg(alg, lacks, device):
    find = all_algorithms.signing_key if alg in all_algorithms.SIGS else all_algorithms.key
    public = (hpke_forge.key if alg.startswith("HPKE") else find)(alg).public()
    text = f"^device must be an ExternalKey: it has no method {lacks}$"
    with pytest.raises(TypeError, match=text):
        Key.from_external(device, public=public)
    needed = SimpleNamespace(**{lacks: lambda *_: None})
    assert Key.from_external(needed, public=public).is_private


# A shared secret on a device


class SharedDevice:
    """An `ExternalSecret` that writes down what it is asked, and can be told what to answer."""

    def __init__(self, secret, answer=None):
        self.secret = secret
        self.answer = answer
        self.asked = []

    def _answer(self, *asked, good):
        self.asked.append(asked)
        return good() if self.answer is None else self.answer(good)

    def wrap(self, alg, cek):
        return self._answer("wrap", alg, cek, good=lambda: aes_key_wrap(self.secret, cek))

    def unwrap(self, alg, encrypted_key):
        return self._answer("unwrap", alg, encrypted_key, good=lambda: self._open(encrypted_key))

    def _open(self, encrypted_key):
        try:
            return aes_key_unwrap(self.secret, encrypted_key)
        except InvalidUnwrap:
            return None


WRAPPING = {"A128KW": bytes(16), "A192KW": bytes(24), "A256KW": bytes(32)}


def shared(alg="A256KW", answer=None, kid=None):
    device = SharedDevice(WRAPPING[alg], answer)
    return Key.from_external_secret(device, alg=alg, kid=kid), device


@each_row("enc", all_algorithms.ENCS)
@each_row("alg", WRAPPING)
def test_device_and_memory_agree_on_a_shared_secret(alg, enc):
    mine, device = shared(alg, kid="a")
    memory = Key.from_bytes(WRAPPING[alg], alg=alg, kid="a")
    made = Encrypter(mine, enc=enc).encrypt(b"text")
    assert Decrypter(memory, enc=enc).decrypt(made) == b"text"
    theirs = Encrypter(memory, enc=enc).encrypt(b"text")
    assert Decrypter(mine, enc=enc).decrypt(theirs) == b"text"
    (wrap, named, cek), (unwrap, also, encrypted_key) = device.asked
    assert (wrap, named, unwrap, also) == ("wrap", alg, "unwrap", alg)
    assert len(cek) == len(encrypted_key) - 8
    assert mine.is_symmetric
    assert not mine.is_private
    assert repr(mine) == f"Key(alg='{alg}', kid='a', external secret)"


def test_every_token_of_a_device_has_a_cek_of_its_own():
    mine, device = shared()
    encrypter = Encrypter(mine, enc=ENC)
    assert len({encrypter.encrypt(b"") for _ in range(8)}) == 8
    assert len({cek for _, _, cek in device.asked}) == 8


def test_device_wraps_the_cek_that_other_recipients_have():
    mine, device = shared(kid="mine")
    theirs = Key.generate("A128KW", kid="theirs")
    message = MultiEncrypter([theirs, mine], enc=ENC).encrypt(b"text")
    assert len(device.asked) == 1
    for key in (mine, theirs):
        assert Decrypter(key, enc=ENC, form="general").decrypt(message) == b"text"


def test_failure_of_a_shared_secret_is_the_same_wherever_it_is():
    memory = Key.from_bytes(WRAPPING["A256KW"], alg="A256KW")
    header, key, *rest = Encrypter(memory, enc=ENC).encrypt(b"text").split(".")
    bad_key = ".".join((header, forge.b64(bytes(len(forge.unb64(key)))), *rest))
    bad_tag = ".".join((header, key, *rest[:-1], forge.b64(bytes(16))))
    expected = failure(memory, bad_key)
    assert expected[0] is DecryptionError
    for opened in (memory, shared()[0], shared(answer=refuse)[0]):
        assert failure(opened, bad_key) == failure(opened, bad_tag) == expected
    # A CEK of another size is a failure of the same kind.
    for size in (0, 16, 64):
        answer = shared(answer=lambda _, size=size: bytes(size))[0]
        assert failure(answer, bad_tag) == expected


def test_device_with_a_shared_secret_is_not_asked_before_the_size_was_checked():
    mine, device = shared()
    header, key, *rest = Encrypter(mine, enc=ENC).encrypt(b"text").split(".")
    for size in (0, 8, len(forge.unb64(key)) - 8, len(forge.unb64(key)) + 8):
        with pytest.raises(MalformedTokenError, match="size that enc asks for"):
            opener(mine).decrypt(".".join((header, forge.b64(bytes(size)), *rest)))
    assert len(device.asked) == 1


@pytest.mark.parametrize("size", [0, CEK_BYTES, CEK_BYTES + 7, CEK_BYTES + 9])
def test_wrapped_key_of_the_wrong_size_makes_no_token(size):
    mine, _ = shared(answer=lambda _: bytes(size))
    with pytest.raises(KeyUnavailableError, match="an encrypted key of the wrong size"):
        Encrypter(mine, enc=ENC).encrypt(b"text")


def test_device_with_a_shared_secret_that_is_away_is_told_both_ways():
    mine, device = shared()
    token = Encrypter(mine, enc=ENC).encrypt(b"text")
    device.answer = unavailable
    for use, given in ((opener(mine).decrypt, token), (Encrypter(mine, enc=ENC).encrypt, b"text")):
        with pytest.raises(KeyUnavailableError, match="away"):
            use(given)


@pytest.mark.parametrize(
    "alg", ["RSA-OAEP-256", "ECDH-ES", "A256GCMKW", "dir", "HS256", "PBES2-HS256+A128KW", "HPKE-0"]
)
def test_shared_secret_on_a_device_serves_aes_key_wrap_alone(alg):
    with pytest.raises(InvalidKeyError, match="is only for A128KW, A192KW and A256KW"):
        Key.from_external_secret(SharedDevice(bytes(32)), alg=alg)


def test_shared_secret_on_a_device_leaves_it_in_no_form():
    mine, device = shared()
    for release in (
        lambda: mine.to_jwk(private=True),
        mine.to_jwk,
        lambda: mine.to_pem(private=True),
        mine.to_pem,
        mine.thumbprint,
        mine.thumbprint_uri,
    ):
        with pytest.raises(InvalidKeyError, match="the secret is on its device and stays there"):
            release()
    with pytest.raises(InvalidKeyError, match="no public half"):
        mine.public()
    with pytest.raises(TypeError):
        pickle.dumps(mine)
    assert mine != shared()[0]
    assert device.asked == []


@pytest.mark.parametrize(
    ("device", "lacks"),
    [(object(), "wrap"), (SimpleNamespace(wrap=id), "unwrap"), (b"secret", "wrap"), (None, "wrap")],
)
def test_device_with_a_shared_secret_has_both_methods(device, lacks):
    text = f"device must be an ExternalSecret: it has no method {lacks}$"
    with pytest.raises(TypeError, match=text):
        Key.from_external_secret(device, alg="A256KW")


def test_shared_secret_on_a_device_does_not_sign():
    mine, _ = shared()
    with pytest.raises(InvalidKeyError, match="for encryption"):
        Signer(mine)


# Answers of the wrong type


WRONG = ["x" * CEK_BYTES, bytearray(CEK_BYTES), memoryview(bytes(CEK_BYTES)), CEK_BYTES, [b"x"]]


@each_row("answer", WRONG, ids=lambda answer: type(answer).__name__)
@each_row(("alg", "curve"), FAMILIES)
def test_answer_of_the_wrong_type_is_the_fault_of_the_device(alg, curve, answer):
    key, _ = held(alg, curve, lambda _: answer)
    step = "agree" if curve else "unwrap"
    kind = type(answer).__name__
    with pytest.raises(KeyUnavailableError) as caught:
        opener(key).decrypt(str(seal(alg, curve)))
    assert str(caught.value) == f"{step} of the device gave {kind}, not bytes"


@pytest.mark.parametrize("answer", [*WRONG, None], ids=lambda answer: type(answer).__name__)
def test_device_that_must_answer_has_no_other_type_than_bytes(answer):
    kind = type(answer).__name__
    signing, _ = held_for_signing("ES256", lambda _: answer)
    with pytest.raises(KeyUnavailableError, match=f"^sign of the device gave {kind}, "):
        Signer(signing).sign(b"text")
    wrapping, _ = shared(answer=lambda _: answer)
    with pytest.raises(KeyUnavailableError, match=f"^wrap of the device gave {kind}, "):
        Encrypter(wrapping, enc=ENC).encrypt(b"text")


@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: type(answer).__name__)
def test_shared_secret_and_encapsulation_have_the_same_rule(answer):
    kind = type(answer).__name__
    wrapping, device = shared()
    token = Encrypter(wrapping, enc=ENC).encrypt(b"text")
    device.answer = lambda _: answer
    with pytest.raises(KeyUnavailableError, match=f"^unwrap of the device gave {kind}, "):
        opener(wrapping).decrypt(token)
    inside = Key.generate("HPKE-9")
    lying = SimpleNamespace(decapsulate=lambda _: answer)
    away = Key.from_external(lying, public=inside.public())
    sealed = Encrypter(inside.public()).encrypt(b"text")
    with pytest.raises(KeyUnavailableError, match=f"^decapsulate of the device gave {kind}, "):
        Decrypter(away).decrypt(sealed)
