"""Keys on a real PKCS#11 token: SoftHSM2, whose tokens and keys are made here.

What SoftHSM 2.6.1 answers is measured where a rule of `joseal.devices.pkcs11` rests on it.

Source: PKCS #11 version 2.40, RFC 7516 section 11.5, RFC 7518.
"""

import gc
import json
import os
import pickle
import struct
import subprocess
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwcrypto.jwe
import jwcrypto.jwk
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from tests.helpers import all_algorithms, forge, softhsm
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
    Signer,
    Verifier,
)

softhsm.require()

import pkcs11  # noqa: E402  the lines above skip this module where it is missing
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass  # noqa: E402
from pkcs11.exceptions import (  # noqa: E402
    ArgumentsBad,
    DataInvalid,
    DataLenRange,
    DeviceError,
    EncryptedDataInvalid,
    EncryptedDataLenRange,
    FunctionFailed,
    GeneralError,
    UserNotLoggedIn,
    WrappedKeyInvalid,
    WrappedKeyLenRange,
)
from pkcs11.mechanisms import MGF  # noqa: E402

from joseal.devices import pkcs11 as module  # noqa: E402
from joseal.devices.pkcs11 import Pkcs11Key, Pkcs11Token  # noqa: E402

ENC = "A128CBC-HS256"
# One for what changes nothing, the others for tests that break something.
TOKENS = ["main", "lost", "gone", "renewed", "doubled", "doubled"]
OAEP = {
    "RSA-OAEP": (Mechanism.SHA_1, MGF.SHA1, hashes.SHA1),
    "RSA-OAEP-256": (Mechanism.SHA256, MGF.SHA256, hashes.SHA256),
    "RSA-OAEP-384": (Mechanism.SHA384, MGF.SHA384, hashes.SHA384),
    "RSA-OAEP-512": (Mechanism.SHA512, MGF.SHA512, hashes.SHA512),
}
# CKA_EC_PARAMS: an object identifier, or a name.
CURVES = {
    "P-256": "06082a8648ce3d030107",
    "P-384": "06052b81040022",
    "P-521": "06052b81040023",
    "Ed25519": "06032b6570",
    "X25519": "06032b656e",
}
NAMED = {"Ed25519": b"\x13\x0cedwards25519", "X25519": b"\x13\x0acurve25519"}
WRAPPING = {"A128KW": b"\1" * 16, "A192KW": b"\2" * 24, "A256KW": b"\3" * 32}
AGREEING = ["P-256", "P-384", "P-521", "X25519"]
SIGNING = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "rsa"),
    "ES256": "P-256",
    "ES384": "P-384",
    "ES512": "P-521",
    **dict.fromkeys(("Ed25519", "EdDSA"), "Ed25519"),
}


def generate_curve(session, curve, label, parameters=None):
    edwards = curve in NAMED
    domain = session.create_domain_parameters(
        KeyType.EC_EDWARDS if edwards else KeyType.EC,
        {Attribute.EC_PARAMS: parameters or bytes.fromhex(CURVES[curve])},
        local=True,
    )
    return domain.generate_keypair(
        label=label,
        store=True,
        capabilities=MechanismFlag.SIGN | MechanismFlag.DERIVE,
        mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN if edwards else None,
    )


def generate_rsa(session, label, key_id=b"\1", **own):
    return session.generate_keypair(KeyType.RSA, 2048, label=label, id=key_id, store=True, **own)


def import_private(session, label, attributes):
    """Put a known private key on the token, so that its answers can be foretold."""
    session.create_object(
        {
            Attribute.CLASS: ObjectClass.PRIVATE_KEY,
            Attribute.TOKEN: True,
            Attribute.LABEL: label,
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
            **attributes,
        }
    )


def import_rsa(session, label):
    numbers = forge.rsa_private().private_numbers()
    raw = {
        Attribute.MODULUS: numbers.public_numbers.n,
        Attribute.PUBLIC_EXPONENT: numbers.public_numbers.e,
        Attribute.PRIVATE_EXPONENT: numbers.d,
        Attribute.PRIME_1: numbers.p,
        Attribute.PRIME_2: numbers.q,
        Attribute.EXPONENT_1: numbers.dmp1,
        Attribute.EXPONENT_2: numbers.dmq1,
        Attribute.COEFFICIENT: numbers.iqmp,
    }
    values = {name: n.to_bytes((n.bit_length() + 7) // 8, "big") for name, n in raw.items()}
    own = {Attribute.KEY_TYPE: KeyType.RSA, Attribute.DECRYPT: True, Attribute.SIGN: True}
    import_private(session, label, {**own, **values})


def import_p256(session, label):
    value = all_algorithms.private("P-256").private_numbers().private_value
    import_private(
        session,
        label,
        {
            Attribute.KEY_TYPE: KeyType.EC,
            Attribute.EC_PARAMS: bytes.fromhex(CURVES["P-256"]),
            Attribute.VALUE: value.to_bytes(32, "big"),
            Attribute.DERIVE: True,
        },
    )


def import_secret(session, label, secret, kind=KeyType.AES, **own):
    given = {"WRAP": True, "UNWRAP": True, **own}
    session.create_object(
        {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: kind,
            Attribute.TOKEN: True,
            Attribute.LABEL: label,
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
            Attribute.VALUE: secret,
            **{Attribute[name]: value for name, value in given.items()},
        }
    )


def fill(session):
    generate_rsa(session, "rsa")
    for curve in CURVES:
        generate_curve(session, curve, curve)
    for curve, parameters in NAMED.items():
        generate_curve(session, curve, f"{curve} by name", parameters)
    import_rsa(session, "known rsa")
    import_p256(session, "known P-256")
    generate_rsa(session, "twice", b"\2")
    generate_rsa(session, "twice", b"\3")
    generate_rsa(session, "signs only", b"\4", capabilities=MechanismFlag.SIGN)
    _, first = generate_rsa(session, "first", b"\5")
    public, second = generate_rsa(session, "second", b"\6")
    generate_curve(session, "secp256k1", "secp256k1", bytes.fromhex("06052b8104000a"))
    for alg, secret in WRAPPING.items():
        import_secret(session, alg, secret)
    for key_id in (b"\x21", b"\x22"):
        import_secret(session, "same label", key_id * 16, ID=key_id)
    import_secret(session, "wraps only", bytes(32), UNWRAP=False)
    import_secret(session, "unwraps only", bytes(32), WRAP=False)
    import_secret(session, "not of AES", bytes(32), KeyType.GENERIC_SECRET)
    for _ in range(2):
        import_secret(session, "twice AES", bytes(32))
    import_rsa(session, "even exponent")
    session.create_object(
        {
            Attribute.CLASS: ObjectClass.PUBLIC_KEY,
            Attribute.KEY_TYPE: KeyType.RSA,
            Attribute.TOKEN: True,
            Attribute.LABEL: "even exponent",
            Attribute.MODULUS: b"\xff" * 256,
            Attribute.PUBLIC_EXPONENT: b"\2",
        }
    )
    first[Attribute.LABEL] = "mixed"
    public[Attribute.LABEL] = "mixed"
    second[Attribute.LABEL] = "left over"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A library with fresh tokens, filled by a process of its own and none of it in memory here."""
    folder = tmp_path_factory.mktemp("softhsm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        softhsm.make_tokens(folder, TOKENS)
        loaded = pkcs11.lib(softhsm.library())
        # Another module of tests may have had the library, with another configuration.
        loaded.reinitialize()
        with bare(loaded, "main", rw=True) as session:
            fill(session)
        yield loaded
        gc.collect()
        loaded.finalize()


def private_key(session, label):
    (key,) = session.get_objects({Attribute.LABEL: label, Attribute.CLASS: ObjectClass.PRIVATE_KEY})
    return key


def bare(loaded, label, *, rw=False):
    """Open a session without joseal."""
    return loaded.get_token(token_label=label).open(rw=rw, user_pin=softhsm.PIN)


def open_token(label="main"):
    return Pkcs11Token(softhsm.library(), label=label, pin=softhsm.PIN)


@pytest.fixture(scope="module")
def hsm(library):
    token = open_token()
    yield token
    token.close()


@pytest.fixture
def another(library, hsm):
    """Give tokens, each with one RSA pair, and put an end to all sessions."""
    opened = []

    def give(label):
        with bare(library, label, rw=True) as session:
            for old in list(session.get_objects({Attribute.LABEL: "rsa"})):
                old.destroy()
            generate_rsa(session, "rsa")
        opened.append(open_token(label))
        return opened[-1]

    yield give
    for token in (*opened, hsm):
        token.close()


def known_key(hsm, alg="RSA-OAEP"):
    """Return a key whose other half is in memory too."""
    label = "known rsa" if alg in all_algorithms.RSA else "known P-256"
    return Key.from_external(hsm.find(label=label), public=all_algorithms.key(alg).public())


def decrypter(key):
    return Decrypter(key, enc=ENC)


def test_joseal_is_imported_without_the_extra():
    program = "import joseal, sys; sys.exit('pkcs11' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize("enc", all_algorithms.ENCS)
def test_rsa_oaep_token_opens_in_the_token(hsm, enc):
    key = hsm.load(alg="RSA-OAEP", label="rsa", kid="a")
    token = Encrypter(key.public(), enc=enc).encrypt(b"in the token")
    assert Decrypter(key, enc=enc).decrypt(token) == b"in the token"
    assert repr(key) == "Key(alg='RSA-OAEP', kid='a', RSA-2048 external)"


@pytest.mark.parametrize("alg", all_algorithms.ECDH)
@pytest.mark.parametrize("label", [*AGREEING, "X25519 by name"])
def test_ecdh_token_opens_in_the_token(hsm, alg, label):
    key = hsm.load(alg=alg, label=label)
    token = Encrypter(key.public(), enc=ENC, apu=b"u", apv=b"v").encrypt(b"in the token")
    assert decrypter(key).decrypt(token) == b"in the token"
    assert repr(key) == f"Key(alg={alg!r}, kid=None, {label.split()[0]} external)"


@pytest.mark.parametrize(
    ("alg", "label"),
    [("RSA-OAEP", "rsa"), ("ECDH-ES", "P-256"), ("ECDH-ES+A256KW", "P-521"), ("ECDH-ES", "X25519")],
)
def test_token_of_a_peer_opens_in_the_token(hsm, alg, label):
    """The sender is jwcrypto, which has the public half as a JWK."""
    key = hsm.load(alg=alg, label=label)
    public = {name: value for name, value in key.to_jwk().items() if name != "alg"}
    made = jwcrypto.jwe.JWE(b"peer", json.dumps({"alg": alg, "enc": ENC}))
    made.add_recipient(jwcrypto.jwk.JWK(**public))
    assert decrypter(key).decrypt(made.serialize(compact=True)) == b"peer"


@pytest.mark.parametrize("alg", ["RSA-OAEP", *all_algorithms.ECDH])
def test_token_and_memory_agree_on_a_known_key(hsm, alg):
    token = str(all_algorithms.token(alg, ENC))
    assert decrypter(known_key(hsm, alg)).decrypt(token) == b"forged"
    assert decrypter(all_algorithms.key(alg)).decrypt(token) == b"forged"


def test_shared_secret_keeps_its_leading_zeros(hsm):
    own = all_algorithms.private("P-256")
    for _ in range(20_000):
        peer = ec.generate_private_key(ec.SECP256R1()).public_key()
        secret = own.exchange(ec.ECDH(), peer)
        if secret[0] == 0:
            break
    assert secret[0] == 0
    assert hsm.find(label="known P-256").agree(peer) == secret


def test_secrets_do_not_pile_up_in_the_token(hsm):
    device = hsm.find(label="known P-256")
    secret_keys = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.TOKEN: False}
    device.agree(all_algorithms.private("P-256", "peer").public_key())
    assert hsm._run(lambda session: list(session.get_objects(secret_keys))) == []


def verify(alg, public, data, signature):
    if alg.startswith("Ed"):
        return public.verify(signature, data)
    kind = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[alg[2:]]
    if alg.startswith("ES"):
        half = len(signature) // 2
        r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
        return public.verify(encode_dss_signature(r, s), data, ec.ECDSA(kind))
    scheme = padding.PKCS1v15()
    if alg.startswith("PS"):
        scheme = padding.PSS(padding.MGF1(kind), kind.digest_size)
    return public.verify(signature, data, scheme, kind)


@each_row(("alg", "label"), SIGNING.items())
@each_row("payload", [b"", b"payload", bytes(100_000)], ids=len)
def test_signature_of_the_token_verifies(hsm, alg, label, payload):
    key = hsm.load(alg=alg, label=label)
    token = Signer(key).sign(payload)
    assert Verifier(key.public()).verify(token) == payload
    data, _, signature = token.rpartition(".")
    public = load_pem_public_key(key.to_pem().encode())
    verify(alg, public, data.encode(), forge.unb64(signature))
    with pytest.raises(InvalidSignature):
        verify(alg, public, data.encode() + b"x", forge.unb64(signature))


def test_edwards_key_by_name_signs(hsm):
    key = hsm.load(alg="Ed25519", label="Ed25519 by name")
    assert Verifier(key.public()).verify(Signer(key).sign(b"x")) == b"x"


def test_type_of_key_that_python_pkcs11_does_not_know_is_a_number():
    """CKK_EC_MONTGOMERY, of version 3.0, which SoftHSM 2.6.1 does not have."""
    raw = struct.pack("L", 0x41)
    assert module.MAPPER.unpack_attributes(Attribute.KEY_TYPE, raw) == 0x41


@pytest.mark.parametrize("alg", OAEP)
def test_oaep_parameters_are_those_of_the_alg(alg):
    mechanism, mgf, _ = OAEP[alg]
    assert module._OAEP[alg] == (mechanism, mgf, None)


@pytest.mark.parametrize("alg", OAEP)
def test_mechanism_is_oaep_with_the_parameters_of_the_alg(hsm, alg, monkeypatch):
    """Whatever the token makes of it: this is what it is asked for, and never raw RSA."""
    asked = []

    class Recorder(pkcs11.types.DecryptMixin):
        def __init__(self):
            pass

        def decrypt(self, data, **own):
            asked.append((data, own))
            return b"cek"

    device = hsm.find(label="rsa")
    monkeypatch.setitem(hsm._found, device._name, Recorder())
    assert device.unwrap(alg, b"encrypted") == b"cek"
    mechanism, mgf, _ = OAEP[alg]
    own = {"mechanism": Mechanism.RSA_PKCS_OAEP, "mechanism_param": (mechanism, mgf, None)}
    assert asked == [(b"encrypted", own)]


@pytest.mark.parametrize("alg", [alg for alg in OAEP if alg != "RSA-OAEP"])
def test_oaep_with_sha_2_opens_or_is_refused_when_the_key_is_loaded(hsm, alg):
    """SoftHSM 2.6.1 has OAEP with SHA-1 only, and says so at the first use alone."""
    mechanism, mgf, _ = OAEP[alg]

    def is_refused(session):
        try:
            private_key(session, "known rsa").decrypt(
                all_algorithms.wrap(alg, ENC).encrypted_key,
                mechanism=Mechanism.RSA_PKCS_OAEP,
                mechanism_param=(mechanism, mgf, None),
            )
        except ArgumentsBad:
            return True
        return False

    refused = hsm._run(is_refused)
    token = str(all_algorithms.token(alg, ENC))
    if not refused:
        assert decrypter(known_key(hsm, alg)).decrypt(token) == b"forged"
        assert hsm.load(alg=alg, label="rsa").is_private
        return
    with pytest.raises(KeyUnavailableError):
        decrypter(known_key(hsm, alg)).decrypt(token)
    with pytest.raises(InvalidKeyError, match="does not do this"):
        hsm.load(alg=alg, label="rsa")
    pytest.skip(f"{alg} is not run on a token: this SoftHSM has OAEP with SHA-1 only")


def encrypted_keys():
    good = all_algorithms.wrap("RSA-OAEP", ENC).encrypted_key
    sha256 = all_algorithms.wrap("RSA-OAEP-256", ENC).encrypted_key
    pkcs1 = all_algorithms.wrap("RSA1_5", ENC).encrypted_key
    modulus = forge.rsa_private().public_key().public_numbers().n
    return {
        "changed": good[:100] + bytes([good[100] ^ 1]) + good[101:],
        "for another hash": sha256,
        "PKCS #1 v1.5": pkcs1,
        "zero": bytes(256),
        "one": bytes(255) + b"\1",
        "modulus": modulus.to_bytes(256, "big"),
        "most": b"\xff" * 256,
        "short cek": all_algorithms.wrap("RSA-OAEP", ENC, b"short").encrypted_key,
        "long cek": all_algorithms.wrap("RSA-OAEP", ENC, bytes(64)).encrypted_key,
        "empty cek": all_algorithms.wrap("RSA-OAEP", ENC, b"").encrypted_key,
        "another cek": all_algorithms.wrap("RSA-OAEP", ENC, bytes(32)).encrypted_key,
    }


def seen(key, token):
    with pytest.raises(DecryptionError) as caught:
        decrypter(key).decrypt(str(token))
    error = caught.value
    assert (error.__cause__, error.__context__) == (None, None)
    frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    return type(error), str(error), error.args, vars(error), frames


def test_failure_is_the_same_whatever_is_wrong_and_wherever_the_key_is(hsm):
    """Nor does a refusal leave an operation behind: the next good token opens."""
    token = all_algorithms.token("RSA-OAEP", ENC)
    key = known_key(hsm)
    broken = [token._replace(encrypted_key=raw) for raw in encrypted_keys().values()]
    broken.append(token._replace(tag=bytes(len(token.tag))))
    expected = seen(all_algorithms.key("RSA-OAEP"), broken[0])
    for one in broken:
        assert seen(key, one) == expected
        assert decrypter(key).decrypt(str(token)) == b"forged"


def test_softhsm_refuses_a_bad_ciphertext_without_a_cause(hsm):
    """The reason why a general error has to be a refusal."""

    def work(session):
        with pytest.raises(GeneralError):
            private_key(session, "known rsa").decrypt(
                bytes(256),
                mechanism=Mechanism.RSA_PKCS_OAEP,
                mechanism_param=(Mechanism.SHA_1, MGF.SHA1, None),
            )

    hsm._run(work)


def ask(device, operation):
    return device._token.ask(device._name, operation)


def raising(code):
    def operation(key):
        raise code

    return operation


@pytest.mark.parametrize(
    "code",
    [
        *(EncryptedDataInvalid, EncryptedDataLenRange, DataInvalid, DataLenRange),
        *(FunctionFailed, GeneralError),
    ],
)
def test_what_may_depend_on_the_ciphertext_is_a_refusal(hsm, code):
    assert ask(hsm.find(label="rsa"), raising(code)) is None


@pytest.mark.parametrize("code", [DeviceError, UserNotLoggedIn, ArgumentsBad, pkcs11.PKCS11Error])
def test_anything_else_is_a_token_that_can_not_be_asked(hsm, code):
    with pytest.raises(KeyUnavailableError) as caught:
        ask(hsm.find(label="rsa"), raising(code))
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_refusal_of_a_device_that_has_failed_is_none(another, library):
    """A general error is believed only as long as the key can still be read."""
    device = another("gone").find(label="rsa")
    assert ask(device, raising(GeneralError)) is None

    def fail(key):
        with library.get_token(token_label="gone").open(rw=True) as writing:
            private_key(writing, "rsa").destroy()
        raise GeneralError

    with pytest.raises(KeyUnavailableError):
        ask(device, fail)


def close_session(token, library):
    token._session.close()


def finalize(token, library):
    library.finalize()


def reinitialize(token, library):
    library.reinitialize()


@pytest.mark.parametrize("lose", [close_session, finalize, reinitialize])
def test_session_that_was_lost_is_opened_again(another, library, lose):
    token = another("lost")
    opening = decrypter(token.load(alg="RSA-OAEP", label="rsa"))
    signing = token.load(alg="RS256", label="rsa")
    public = token.load(alg="RSA-OAEP", label="rsa").public()
    sealed = Encrypter(public, enc=ENC).encrypt(b"x")
    lose(token, library)
    assert opening.decrypt(sealed) == b"x"
    lose(token, library)
    assert Verifier(signing.public()).verify(Signer(signing).sign(b"y")) == b"y"


def test_login_that_others_have_ended_is_made_again(another, library):
    another("lost").close()
    with bare(library, "lost"):
        token = open_token("lost")
        key = token.load(alg="RSA-OAEP", label="rsa")
        sealed = Encrypter(key.public(), enc=ENC).encrypt(b"x")
        assert decrypter(key).decrypt(sealed) == b"x"
    assert decrypter(key).decrypt(sealed) == b"x"
    token.close()


def test_closed_token_opens_again_when_it_is_used(another):
    token = another("lost")
    key = token.load(alg="RSA-OAEP", label="rsa")
    sealed = Encrypter(key.public(), enc=ENC).encrypt(b"x")
    token.close()
    token.close()
    assert decrypter(key).decrypt(sealed) == b"x"


def test_token_that_can_not_be_opened_is_asked_once(another, monkeypatch):
    token = another("lost")
    token.close()
    asked = []

    def lib(name):
        asked.append(name)
        raise GeneralError

    monkeypatch.setattr(module.pkcs11, "lib", lib)
    with pytest.raises(KeyUnavailableError):
        token.load(alg="A128KW", label="A128KW")
    assert len(asked) == 1


def test_two_objects_share_one_login(another):
    """A token logs a process in, not a session: whoever leaves first takes nothing away."""
    first = another("lost")
    second = open_token("lost")
    keys = [token.load(alg="RSA-OAEP", label="rsa") for token in (first, second)]
    sealed = Encrypter(keys[0].public(), enc=ENC).encrypt(b"x")
    for leaving in (first, second, first):
        assert [decrypter(key).decrypt(sealed) for key in keys] == [b"x", b"x"]
        leaving.close()
    assert [decrypter(key).decrypt(sealed) for key in keys] == [b"x", b"x"]
    second.close()


def test_key_that_was_deleted_is_no_failure_of_the_token(another, library):
    token = another("gone")
    key = token.load(alg="RSA-OAEP", label="rsa")
    signing = token.load(alg="RS256", label="rsa")
    sealed = Encrypter(key.public(), enc=ENC).encrypt(b"x")
    with library.get_token(token_label="gone").open(rw=True) as writing:
        for found in list(writing.get_objects({Attribute.LABEL: "rsa"})):
            found.destroy()
    for _ in range(2):
        with pytest.raises(KeyUnavailableError):
            decrypter(key).decrypt(sealed)
        with pytest.raises(KeyUnavailableError):
            Signer(signing).sign(b"x")


def test_device_that_lost_its_memory_is_no_failure_of_the_token(another, library):
    token = another("gone")
    key = token.load(alg="RSA-OAEP", label="rsa")
    sealed = Encrypter(key.public(), enc=ENC).encrypt(b"x")
    folder = Path(os.environ["SOFTHSM2_CONF"]).parent
    objects = folder.glob("*/token.object")
    (own,) = (path.parent for path in objects if b"gone" in path.read_bytes())
    away = own.rename(folder.parent / f"{folder.name} away")
    try:
        with pytest.raises(KeyUnavailableError):
            decrypter(key).decrypt(sealed)
    finally:
        away.rename(own)
        library.reinitialize()
    assert decrypter(key).decrypt(sealed) == b"x"


def test_threads_take_turns(hsm):
    opening = decrypter(hsm.load(alg="RSA-OAEP", label="rsa"))
    agreeing = decrypter(hsm.load(alg="ECDH-ES", label="P-256"))
    signing = hsm.load(alg="ES256", label="P-256")
    tokens = [
        Encrypter(hsm.load(alg=alg, label=label).public(), enc=ENC).encrypt(b"x")
        for alg, label in (("RSA-OAEP", "rsa"), ("ECDH-ES", "P-256"))
    ]
    inside, most = [], []

    def watched(session):
        inside.append(1)
        most.append(len(inside))
        inside.pop()

    def work(number):
        hsm._run(watched)
        verified = Verifier(signing.public()).verify(Signer(signing).sign(b"%d" % number))
        return opening.decrypt(tokens[0]), agreeing.decrypt(tokens[1]), verified

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(64)))
    assert results == [(b"x", b"x", b"%d" % number) for number in range(64)]
    assert max(most) == 1


def test_lock_is_one_for_all_tokens(hsm, another):
    """The library has no locks of its own, so two tokens of it must not be asked at once."""
    other, entered = another("lost"), threading.Event()

    def work(session):
        thread = threading.Thread(target=other._run, args=(lambda _: entered.set(),))
        thread.start()
        return thread, entered.wait(0.2)

    thread, too_early = hsm._run(work)
    thread.join(10)
    assert not too_early
    assert entered.is_set()


def test_forked_process_does_not_use_the_token(hsm, monkeypatch):
    key = hsm.load(alg="RSA-OAEP", label="rsa")
    sealed = Encrypter(key.public(), enc=ENC).encrypt(b"x")
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(KeyUnavailableError, match="before a fork"):
        decrypter(key).decrypt(sealed)


def test_forked_process_that_closes_a_token_leaves_it_to_its_parent(hsm, monkeypatch):
    hsm.load(alg="RSA-OAEP", label="rsa")
    session = hsm._session
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)
        hsm.close()
    assert session is not None
    assert hsm._session is session


def shown(error):
    """Return all that a traceback keeps, our own frames and those of the tests left out."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if frame.f_globals["__name__"].startswith("joseal")]
    return repr([frame.f_locals for frame in ours]) + repr(error) + repr(vars(error))


def test_wrong_pin_is_the_callers_fault_and_not_shown(another):
    another("renewed").close()
    with pytest.raises(InvalidKeyError, match="refuses the PIN") as caught:
        Pkcs11Token(softhsm.library(), label="renewed", pin="wrong-pin")
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert "wrong-pin" not in shown(caught.value)


def test_refused_pin_is_not_tried_again(another, library):
    """Else a few tokens of anybody would lock the token of the one who forgot to renew the PIN."""
    token = another("renewed")
    key = token.load(alg="RSA-OAEP", label="rsa")
    sealed = Encrypter(key.public(), enc=ENC).encrypt(b"x")

    def renew(old, new):
        token.close()
        with library.get_token(token_label="renewed").open(rw=True, user_pin=old) as session:
            session.set_pin(old, new)

    renew(softhsm.PIN, "9876-renewed")
    with pytest.raises(KeyUnavailableError) as caught:
        decrypter(key).decrypt(sealed)
    assert softhsm.PIN not in shown(caught.value)
    renew("9876-renewed", softhsm.PIN)
    with pytest.raises(KeyUnavailableError):
        decrypter(key).decrypt(sealed)
    assert token._pin is None


def test_pin_is_shown_nowhere(hsm):
    device = hsm.find(label="rsa", key_id=b"\1")
    assert repr(hsm) == "Pkcs11Token(label='main')"
    assert repr(device) == "Pkcs11Key('rsa', b'\\x01')"
    for one in (hsm, device):
        assert softhsm.PIN not in repr(one)
        assert not hasattr(one, "__dict__")
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(one)
        with pytest.raises(AttributeError, match="immutable"):
            one._pin = "x"


@pytest.mark.parametrize(
    ("path", "label"),
    [("missing.so", "main"), (sys.executable, "main"), (None, "missing"), (None, "doubled")],
)
def test_token_that_is_not_there_can_not_be_asked(library, path, label):
    with pytest.raises(KeyUnavailableError, match="has not one such token") as caught:
        Pkcs11Token(path or softhsm.library(), label=label, pin=softhsm.PIN)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert softhsm.PIN not in shown(caught.value)


@pytest.mark.parametrize(
    "own",
    [{"label": 1}, {"pin": b"1234"}, {"pin": None}, {"library": b"x.so"}, {"library": None}],
)
def test_token_takes_text(own):
    arguments = {"library": "x.so", "label": "main", "pin": softhsm.PIN, **own}
    with pytest.raises(TypeError):
        Pkcs11Token(arguments.pop("library"), **arguments)


def test_library_may_be_a_path(library):
    token = Pkcs11Token(Path(softhsm.library()), label="main", pin=softhsm.PIN)
    assert isinstance(token.find(label="rsa"), Pkcs11Key)
    token.close()


@pytest.mark.parametrize(
    "name", [{"label": "rsa"}, {"key_id": b"\1"}, {"label": "rsa", "key_id": b"\1"}]
)
def test_key_is_found_by_label_or_id(hsm, name):
    assert (
        hsm.load(alg="RSA-OAEP", **name).thumbprint()
        == hsm.load(alg="RS256", label="rsa").thumbprint()
    )


@each_row(
    "name",
    [
        {"label": "missing"},
        {"label": "twice"},
        {"key_id": b"\0"},
        {"label": "rsa", "key_id": b"\2"},
    ],
)
@each_row("method", ["find", "load"])
def test_key_must_be_one(hsm, name, method):
    own = {"alg": "RSA-OAEP"} if method == "load" else {}
    with pytest.raises(InvalidKeyError, match="not one private key"):
        getattr(hsm, method)(**name, **own)


def test_key_without_a_public_half_is_for_from_external(hsm):
    with pytest.raises(InvalidKeyError, match="not one public key"):
        hsm.load(alg="RSA-OAEP", label="known rsa")
    assert known_key(hsm).is_private


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ({}, ValueError),
        ({"label": None, "key_id": None}, ValueError),
        ({"label": b"rsa"}, TypeError),
        ({"key_id": "1"}, TypeError),
        ({"label": 1, "key_id": b"\1"}, TypeError),
    ],
)
def test_name_of_a_key_is_text_or_bytes(hsm, name, error):
    with pytest.raises(error):
        hsm.find(**name)
    with pytest.raises(error):
        hsm.load(alg="RSA-OAEP", **name)


@each_row(
    ("alg", "label", "message"),
    [
        ("RSA1_5", "rsa", "off"),
        ("A128KW", "rsa", "symmetric"),
        ("dir", "rsa", "symmetric"),
        ("HS256", "rsa", "symmetric"),
        ("PBES2-HS256+A128KW", "rsa", "PBES2"),
        ("none", "rsa", "not a known name"),
        ("ECDH-ES", "rsa", "on a curve"),
        ("ECDH-ES", "Ed25519", "not on a curve"),
        ("EdDSA", "X25519", "not on a curve"),
        ("ES256", "P-384", "not on a curve"),
        ("RSA-OAEP", "P-256", "RSA key"),
        ("RSA-OAEP", "signs only", "does not do this"),
        ("ES256", "secp256k1", "can be read"),
        ("RSA-OAEP", "even exponent", "can be read"),
        ("RSA-OAEP", "mixed", "halves don't fit"),
        ("RS256", "mixed", "halves don't fit"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_when_it_is_loaded(hsm, alg, label, message):
    with pytest.raises(InvalidKeyError, match=message) as caught:
        hsm.load(alg=alg, label=label)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_refusal_to_sign_is_no_signature(hsm):
    """SoftHSM takes a key for agreement to sign with, and then gives up without a cause."""
    with pytest.raises(KeyUnavailableError, match="refuses to sign"):
        hsm.find(label="X25519").sign("EdDSA", b"x")


@each_row("enc", all_algorithms.ENCS)
@each_row("alg", WRAPPING)
def test_token_and_memory_agree_on_an_aes_key(hsm, alg, enc):
    """Every size of CEK, both ways."""
    mine = hsm.load(alg=alg, label=alg, kid="a")
    assert repr(mine) == f"Key(alg={alg!r}, kid='a', external secret)"
    memory = Key.from_bytes(WRAPPING[alg], alg=alg)
    for maker, opener in ((mine, memory), (memory, mine), (mine, mine)):
        token = Encrypter(maker, enc=enc).encrypt(b"text")
        assert Decrypter(opener, enc=enc).decrypt(token) == b"text"


@pytest.mark.parametrize("key_id", [b"\x21", b"\x22"])
def test_aes_key_is_found_by_its_id_too(hsm, key_id):
    memory = Key.from_bytes(key_id * 16, alg="A128KW")
    token = Encrypter(memory, enc=ENC).encrypt(b"text")
    for name in ({"key_id": key_id}, {"key_id": key_id, "label": "same label"}):
        assert decrypter(hsm.load(alg="A128KW", **name)).decrypt(token) == b"text"


def test_several_recipients_share_a_cek_that_the_token_wraps(hsm):
    theirs = Key.generate("ECDH-ES+A256KW", kid="theirs")
    mine = hsm.load(alg="A256KW", label="A256KW", kid="mine")
    message = MultiEncrypter([theirs.public(), mine], enc=ENC).encrypt(b"text")
    for key in (theirs, mine):
        assert Decrypter(key, enc=ENC, form="general").decrypt(message) == b"text"


def test_failure_of_a_wrapped_key_is_the_same_wherever_the_key_is(hsm):
    mine = hsm.load(alg="A256KW", label="A256KW")
    memory = Key.from_bytes(WRAPPING["A256KW"], alg="A256KW")
    header, key, *rest = Encrypter(memory, enc=ENC).encrypt(b"text").split(".")
    broken = [
        ".".join((header, forge.b64(bytes(len(forge.unb64(key)))), *rest)),
        ".".join((header, key, *rest[:-1], forge.b64(bytes(16)))),
    ]
    expected = seen(memory, broken[0])
    for one in broken:
        assert seen(mine, one) == expected
        assert decrypter(mine).decrypt(".".join((header, key, *rest))) == b"text"
    with pytest.raises(MalformedTokenError, match="size that enc asks for"):
        decrypter(mine).decrypt(".".join((header, forge.b64(bytes(32)), *rest)))


def test_softhsm_refuses_a_bad_wrapped_key_without_a_cause_and_a_bad_size_with_one(hsm):
    """Why both have to be refusals."""

    def work(session):
        (key,) = session.get_objects({Attribute.LABEL: "A256KW"})
        for raw, code in ((bytes(40), GeneralError), (bytes(33), WrappedKeyLenRange)):
            with pytest.raises(code):
                key.unwrap_key(
                    ObjectClass.SECRET_KEY,
                    KeyType.GENERIC_SECRET,
                    raw,
                    mechanism=Mechanism.AES_KEY_WRAP,
                )

    hsm._run(work)
    assert {GeneralError, WrappedKeyLenRange, WrappedKeyInvalid} <= set(module._REFUSED)


def test_ceks_are_objects_of_the_session_and_do_not_pile_up_in_it(hsm, monkeypatch):
    secret_keys = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.TOKEN: False}
    listed = []

    def able(key, kind):
        listed.append(len(list(key.session.get_objects(secret_keys))))
        if kind is module.WrapMixin and refused:
            raise GeneralError
        return key

    refused = False
    mine = hsm.load(alg="A256KW", label="A256KW")
    monkeypatch.setattr(module, "able", able)
    token = Encrypter(mine, enc=ENC).encrypt(b"text")
    assert decrypter(mine).decrypt(token) == b"text"
    refused = True
    with pytest.raises(KeyUnavailableError, match="refuses to wrap"):
        Encrypter(mine, enc=ENC).encrypt(b"text")
    # Twice while it wraps, once before it unwraps, and once in what is refused.
    assert listed == [1, 1, 0, 1]
    assert hsm._run(lambda session: list(session.get_objects(secret_keys))) == []


@each_row(
    ("alg", "label", "message"),
    [
        ("A256KW", "missing", "not one symmetric key of this name"),
        ("A256KW", "twice AES", "not one symmetric key of this name"),
        ("A256KW", "rsa", "not one symmetric key of this name"),
        ("A256KW", "A128KW", "A256KW needs an AES key of 32 bytes"),
        ("A128KW", "A256KW", "A128KW needs an AES key of 16 bytes"),
        ("A256KW", "not of AES", "A256KW needs an AES key of 32 bytes"),
        ("A256KW", "wraps only", "does not wrap and unwrap"),
        ("A256KW", "unwraps only", "does not wrap and unwrap"),
        ("A256GCMKW", "A256KW", "not one private key"),
    ],
)
def test_what_is_wrong_with_an_aes_key_is_said_when_it_is_loaded(hsm, alg, label, message):
    with pytest.raises(InvalidKeyError, match=message) as caught:
        hsm.load(alg=alg, label=label)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_aes_key_that_gives_another_cek_back_is_refused_when_it_is_loaded(hsm, monkeypatch):
    monkeypatch.setattr(module._Pkcs11Secret, "unwrap", lambda *_: bytes(32))
    with pytest.raises(InvalidKeyError, match="does not wrap and unwrap"):
        hsm.load(alg="A256KW", label="A256KW")


@pytest.mark.parametrize("code", [DeviceError, GeneralError])
def test_token_that_does_not_wrap_is_unavailable(hsm, code, monkeypatch):
    mine = hsm.load(alg="A256KW", label="A256KW")
    encrypter = Encrypter(mine, enc=ENC)

    def fail(*_):
        raise code

    monkeypatch.setattr(module, "able", fail)
    with pytest.raises(KeyUnavailableError, match=r"can't be asked|refuses to wrap"):
        encrypter.encrypt(b"text")


def test_secret_on_a_token_shows_its_name_and_no_more(hsm):
    mine = hsm.load(alg="A256KW", label="A256KW")
    assert repr(mine._material.device) == "Pkcs11Secret('A256KW')"
    with pytest.raises(InvalidKeyError, match="stays there"):
        mine.to_jwk(private=True)


@pytest.mark.parametrize("alg", ["RSA1_5", "A128KW", "x"])
def test_token_is_not_asked_for_other_paddings(hsm, alg, monkeypatch):
    device = hsm.find(label="known rsa")
    monkeypatch.setattr(Pkcs11Token, "_run", None)
    with pytest.raises(KeyUnavailableError, match="not for this alg"):
        device.unwrap(alg, bytes(256))
    with pytest.raises(KeyUnavailableError, match="does not sign"):
        device.sign(alg, b"x")


def test_rsa1_5_is_not_opened_by_a_token(hsm):
    """Loading it by hand does not help either."""
    key = known_key(hsm, "RSA1_5")
    with pytest.raises(KeyUnavailableError, match="not for this alg"):
        decrypter(key).decrypt(str(all_algorithms.token("RSA1_5", ENC)))


def test_token_is_not_asked_before_lengths_and_points_were_checked(hsm, monkeypatch):
    """The table of what is checked stands with the recording device in `test_external`."""
    keys = {alg: known_key(hsm, alg) for alg in ("RSA-OAEP", "ECDH-ES")}
    monkeypatch.setattr(Pkcs11Token, "_run", None)
    token = all_algorithms.token("RSA-OAEP", ENC)
    short = token._replace(encrypted_key=token.encrypted_key[:-1])
    header = json.loads(all_algorithms.token("ECDH-ES", ENC).header)
    header["epk"]["y"] = forge.b64(bytes(32))
    off = all_algorithms.token("ECDH-ES", ENC)._replace(header=json.dumps(header).encode())
    for alg, broken in (("RSA-OAEP", short), ("ECDH-ES", off)):
        with pytest.raises(MalformedTokenError):
            decrypter(keys[alg]).decrypt(str(broken))


def test_token_has_no_key_encapsulation(hsm):
    device = hsm.find(label="rsa")
    with pytest.raises(KeyUnavailableError, match="no key encapsulation"):
        device.decapsulate(b"")
