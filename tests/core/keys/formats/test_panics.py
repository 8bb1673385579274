"""A panic of a loader is a refusal: Rust's own exception never leaves, nor what it would show."""

import base64
import traceback

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from tests.helpers import der
from tests.helpers.rows import each_row

from joseal import InvalidKeyError, Key
from joseal._core.algorithms import curves
from joseal._core.keys.formats import pem as pems

PASSWORD = "a password that no traceback shows"
PAIR = ec.derive_private_key(7, ec.SECP256R1())
TRADITIONAL = PAIR.private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(PASSWORD.encode())
).decode()


def with_dek_info(value):
    lines = TRADITIONAL.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("DEK-Info"))
    return "\n".join([*lines[:at], f"DEK-Info: {value}", *lines[at + 1 :], ""])


def test_encrypted_traditional_key_is_read():
    assert Key.from_pem(TRADITIONAL, alg="ES256", password=PASSWORD).is_private


IVS = [
    "AES-256-CBC,00112233445566AA",
    "AES-256-CBC,",
    "AES-256-CBC",
    "AES-128-CBC,00",
    "AES-256-CBC," + "00" * 17,
    "AES-256-CBC," + "0G" * 16,
    "DES-EDE3-CBC,00112233",
    "AES-256-GCM," + "00" * 16,
    "",
    ",",
]


@pytest.mark.parametrize("value", IVS)
@pytest.mark.parametrize("password", [None, PASSWORD])
def test_dek_info_that_is_not_of_its_form_is_refused(value, password, capfd):
    with pytest.raises(InvalidKeyError) as caught:
        Key.from_pem(with_dek_info(value), alg="ES256", password=password)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    # No loader saw it: a panic writes to standard error.
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["AES-192-CBC", "aes-192-cbc"])
def test_cipher_that_openssl_writes_and_no_loader_reads_is_named_and_not_a_wrong_password(name):
    with pytest.raises(InvalidKeyError, match="AES-128-CBC, AES-256-CBC or DES-EDE3-CBC") as caught:
        Key.from_pem(with_dek_info(f"{name}," + "0A" * 16), alg="ES256", password=PASSWORD)
    assert "wrong password" not in str(caught.value)


@pytest.mark.parametrize("spelling", ["dek-info: ", " DEK-Info : ", "DEK-Info:"])
def test_dek_info_is_found_however_it_is_spelled(spelling):
    text = with_dek_info("AES-256-CBC,0011").replace("DEK-Info: ", spelling)
    with pytest.raises(InvalidKeyError, match="DEK-Info"):
        Key.from_pem(text, alg="ES256", password=PASSWORD)


def panic(*arguments, **named):
    """What PyO3 raises, and the arguments in its frame."""
    raise type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})("boom")


def pem(label, raw):
    text = base64.encodebytes(raw).decode()
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n"


PUBLIC = PAIR.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
CERTIFICATE = pem("CERTIFICATE", der.certificate(PUBLIC))
STORE = der.pkcs12(PAIR.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
JWK_RSA = Key.generate("RSA-OAEP").to_jwk(private=True)
JWK_RSA = {name: JWK_RSA[name] for name in ("kty", "n", "e", "d")}
JWK_EC = Key.generate("ES256").to_jwk()

LOADERS = {
    "load_pem_private_key": (serialization, lambda: Key.from_pem(TRADITIONAL, alg="ES256", password=PASSWORD)),
    "load_der_private_key": (serialization, lambda: Key.from_der(b"x", alg="ES256", password=PASSWORD)),
    "load_pem_public_key": (serialization, lambda: Key.from_pem(Key.generate("ES256").public().to_pem(), alg="ES256")),
    "load_der_public_key": (serialization, lambda: Key.from_der(b"x", alg="ES256")),
    "load_der_x509_certificate": (x509, lambda: Key.from_der(b"x", alg="ES256")),
    "load_pem_x509_certificate": (x509, lambda: Key.from_pem(CERTIFICATE, alg="ES256")),
    "load_pkcs12": (pkcs12, lambda: Key.from_pkcs12(STORE, alg="ES256")),
    "rsa_recover_prime_factors": (rsa, lambda: Key.from_jwk(JWK_RSA, alg="RSA-OAEP")),
    "derive_private_key": (ec, lambda: Key.from_jwk(Key.generate("ES256").to_jwk(private=True))),
    "EllipticCurvePublicKey": (curves.ec, lambda: Key.from_jwk(JWK_EC)),
}  # fmt: skip


@pytest.mark.parametrize("name", LOADERS)
def test_panic_of_any_loader_is_a_refusal(name, monkeypatch):
    module, load = LOADERS[name]
    if name == "EllipticCurvePublicKey":
        panics = type(name, (), {"from_encoded_point": staticmethod(panic)})
        monkeypatch.setattr(module, name, panics)
    else:
        monkeypatch.setattr(module, name, panic)
    with pytest.raises(InvalidKeyError) as caught:
        load()
    assert caught.value.__cause__ is caught.value.__context__ is None
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [frame for frame in frames if frame.f_globals["__name__"].startswith("joseal.")]
    assert ours
    assert PASSWORD not in str([dict(frame.f_locals) for frame in ours])


@pytest.mark.parametrize("curve", ["X25519", "X448", "Ed25519", "Ed448"])
@pytest.mark.parametrize("half", [0, 1])
def test_panic_on_a_raw_key_is_a_refusal(curve, half, monkeypatch):
    pair = curves.generate(curve)
    kinds = list(curves._OKP[curve])
    x, d = curves.coordinates(pair.public_key())[0], curves.scalar(pair)
    kinds[half] = type(
        "Panics",
        (),
        dict.fromkeys(["from_private_bytes", "from_public_bytes"], staticmethod(panic)),
    )
    public = pair.public_key()
    monkeypatch.setattr(curves, "_OKP", curves._OKP | {curve: tuple(kinds)})
    if half:
        assert curves.load_public(curve, x, None) is None
    else:
        monkeypatch.setattr(curves, "coordinates", lambda key: (x, None))
        assert curves.load_private(curve, d, public) is None


OWN_SPKI = der.spki(der.rsa_public(2**2047 + 1, 65537))
DAMAGED = {
    "a tag that no string has": der.certificate(OWN_SPKI, 0x57),
    "a bit string": der.certificate(OWN_SPKI, 0x03, b"\0x"),
    "text that is not UTF-8": der.certificate(OWN_SPKI, 0x0C, b"\xff"),
}
NAMED = {
    "DER": lambda raw: Key.from_der(raw, alg="RSA-OAEP"),
    "PEM": lambda raw: Key.from_pem(pem("CERTIFICATE", raw), alg="RSA-OAEP"),
    "a chain": lambda raw: Key.from_pem(2 * pem("CERTIFICATE", raw), alg="RSA-OAEP"),
    "from_certificate": lambda raw: Key.from_certificate(raw, alg="RSA-OAEP"),
}


@each_row("loader", NAMED)
@each_row("damage", DAMAGED)
def test_name_of_a_certificate_that_can_not_be_parsed_is_a_refusal(loader, damage):
    """`cryptography` reads the certificate, and fails when its subject is asked for."""
    with pytest.raises(InvalidKeyError):
        NAMED[loader](DAMAGED[damage])


def test_jwk_in_an_environment_variable_that_utf_8_can_not_carry_is_refused():
    for value in ('{"a": "\udce1"}', "{\ud800"):
        with pytest.raises(InvalidKeyError, match="environment variable"):
            pems.unwrap_env(value)
