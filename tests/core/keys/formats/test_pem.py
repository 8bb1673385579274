"""Keys in PEM and DER, and from the environment: RFC 7468, RFC 5208, RFC 5280, RFC 8017 A.1."""

import base64
import datetime as dt
import functools
import os
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from tests.helpers import all_algorithms, forge
from tests.helpers.rows import each_row

from joseal import InvalidKeyError, Key
from joseal._core.keys.formats.certificates import of_text

PASSWORD = "pässword"
PRIVATE = {
    "PKCS#8": (PrivateFormat.PKCS8, None),
    "PKCS#1": (PrivateFormat.TraditionalOpenSSL, None),
    "encrypted PKCS#8": (PrivateFormat.PKCS8, PASSWORD),
    "encrypted PKCS#1": (PrivateFormat.TraditionalOpenSSL, PASSWORD),
}
PUBLIC = {"SubjectPublicKeyInfo": PublicFormat.SubjectPublicKeyInfo, "PKCS#1": PublicFormat.PKCS1}


def private_bytes(form, encoding, key=None):
    how, password = PRIVATE[form]
    protection = NoEncryption() if password is None else BestAvailableEncryption(password.encode())
    return (key or forge.rsa_private()).private_bytes(encoding, how, protection)


def public_bytes(form, encoding):
    return forge.rsa_private().public_key().public_bytes(encoding, PUBLIC[form])


@functools.cache
def certificate(subject=None):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a.example")])
    long_ago = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(name, name, (subject or forge.rsa_private()).public_key(), 1)
    builder = builder.not_valid_before(long_ago).not_valid_after(long_ago)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())


def thumbprint():
    return forge.key("RSA-OAEP").thumbprint()


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("form", PRIVATE)
def test_private_key_in_pem_is_loaded(form, as_text):
    pem = private_bytes(form, Encoding.PEM)
    password = PRIVATE[form][1]
    if as_text:
        key = Key.from_pem(pem.decode(), alg="RSA-OAEP-256", kid="a", password=password)
    else:
        raw = None if password is None else password.encode()
        key = Key.from_pem(pem, alg="RSA-OAEP-256", kid="a", password=raw)
    assert (key.is_private, key.is_symmetric, key.alg, key.kid) == (
        True,
        False,
        "RSA-OAEP-256",
        "a",
    )
    assert key.thumbprint() == thumbprint()


@pytest.mark.parametrize("form", PUBLIC)
def test_public_key_in_pem_is_loaded(form):
    pem = public_bytes(form, Encoding.PEM)
    for key in (Key.from_pem(pem, alg="RSA-OAEP"), Key.from_pem(pem.decode(), alg="RSA-OAEP")):
        assert not key.is_private
        assert key.kid is None
        assert key.thumbprint() == thumbprint()


@pytest.mark.parametrize("form", ["PKCS#8", "PKCS#1", "encrypted PKCS#8"])
def test_private_key_in_der_is_loaded(form):
    key = Key.from_der(
        private_bytes(form, Encoding.DER), alg="RSA-OAEP", kid="a", password=PRIVATE[form][1]
    )
    assert key.is_private
    assert (key.kid, key.thumbprint()) == ("a", thumbprint())


@pytest.mark.parametrize("form", PUBLIC)
def test_public_key_in_der_is_loaded(form):
    key = Key.from_der(public_bytes(form, Encoding.DER), alg="RSA-OAEP")
    assert not key.is_private
    assert key.thumbprint() == thumbprint()


def test_certificate_gives_its_public_key_whatever_its_dates_say():
    for key in (
        Key.from_pem(certificate().public_bytes(Encoding.PEM), alg="RSA-OAEP"),
        Key.from_der(certificate().public_bytes(Encoding.DER), alg="RSA-OAEP"),
    ):
        assert not key.is_private
        assert key.thumbprint() == thumbprint()


def test_text_around_the_block_and_other_line_ends_do_not_matter():
    pem = public_bytes("SubjectPublicKeyInfo", Encoding.PEM).decode()
    for text in (
        f"\n\n{pem}\n",
        f"Bag Attributes\n  friendlyName: a\n{pem}",
        pem.replace("\n", "\r\n"),
    ):
        assert Key.from_pem(text, alg="RSA-OAEP").thumbprint() == thumbprint()


def encrypted(encoding=Encoding.PEM):
    return private_bytes("encrypted PKCS#8", encoding)


def plain(encoding=Encoding.PEM):
    return private_bytes("PKCS#8", encoding)


def public(encoding=Encoding.PEM):
    return public_bytes("SubjectPublicKeyInfo", encoding)


def damaged(pem):
    """Change one character in the middle of the base64."""
    place = len(pem) // 2
    return pem[:place] + (b"A" if pem[place : place + 1] != b"A" else b"B") + pem[place + 1 :]


def relabelled(pem, old, new):
    return pem.replace(old.encode(), new.encode())


def other_kind(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def other_public(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def weak():
    return forge.rsa_private("weak", 1024)


EC = ec.derive_private_key(7, ec.SECP256R1())
REFUSED_PEM = {
    "empty": (lambda: b"", None),
    "no PEM": (lambda: b"hello", None),
    "only base64": (lambda: base64.b64encode(plain(Encoding.DER)), None),
    "DER": (lambda: plain(Encoding.DER), None),
    "a JWK": (lambda: b'{"kty":"oct","k":"AAAA"}', None),
    "two public keys": (lambda: public() + public(), None),
    "both halves": (lambda: plain() + public(), None),
    "two certificates": (lambda: certificate().public_bytes(Encoding.PEM) * 2, None),
    "key and certificate": (lambda: plain() + certificate().public_bytes(Encoding.PEM), None),
    "begin alone": (lambda: plain().split(b"\n")[0], None),
    "no end": (lambda: plain().rsplit(b"\n", 2)[0], None),
    "empty block": (lambda: b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", None),
    "damaged private key": (lambda: damaged(plain()), None),
    "damaged public key": (lambda: public().replace(b"MIIB", b"MIIC"), None),
    "damaged certificate": (lambda: damaged(certificate().public_bytes(Encoding.PEM))[:300], None),
    "truncated": (lambda: plain()[:500] + plain()[-30:], None),
    "unknown label": (lambda: relabelled(public(), "PUBLIC KEY", "SOME KEY"), None),
    "certificate request": (
        lambda: relabelled(public(), "PUBLIC KEY", "CERTIFICATE REQUEST"),
        None,
    ),
    "public as private": (lambda: relabelled(public(), "PUBLIC KEY", "PRIVATE KEY"), None),
    "private as public": (lambda: relabelled(plain(), "PRIVATE KEY", "PUBLIC KEY"), None),
    "public as certificate": (lambda: relabelled(public(), "PUBLIC KEY", "CERTIFICATE"), None),
    "wrong password": (encrypted, "wrong"),
    "wrong password, legacy": (lambda: private_bytes("encrypted PKCS#1", Encoding.PEM), "wrong"),
    "missing password": (encrypted, None),
    "missing password, legacy": (lambda: private_bytes("encrypted PKCS#1", Encoding.PEM), None),
    "empty password": (encrypted, ""),
    "needless password": (plain, PASSWORD),
    "needless password, PKCS#1": (lambda: private_bytes("PKCS#1", Encoding.PEM), PASSWORD),
    "needless empty password": (plain, b""),
    "password for a public key": (public, PASSWORD),
    "password for a certificate": (lambda: certificate().public_bytes(Encoding.PEM), PASSWORD),
    "damaged and encrypted": (lambda: damaged(encrypted()), PASSWORD),
    "EC": (lambda: other_kind(EC), None),
    "EC, traditional": (
        lambda: EC.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        None,
    ),
    "EC public": (lambda: other_public(EC), None),
    "EC certificate": (lambda: certificate(EC).public_bytes(Encoding.PEM), None),
    "Ed25519": (lambda: other_kind(ed25519.Ed25519PrivateKey.generate()), None),
    "X25519": (lambda: other_kind(x25519.X25519PrivateKey.generate()), None),
    "X25519 public": (lambda: other_public(x25519.X25519PrivateKey.generate()), None),
    "DSA": (lambda: other_kind(dsa.generate_private_key(2048)), None),
    "OpenSSH": (
        lambda: forge.rsa_private().private_bytes(
            Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()
        ),
        None,
    ),
    "RSA of 1024 bits": (lambda: other_kind(weak()), None),
    "public RSA of 1024 bits": (lambda: other_public(weak()), None),
    "RSA of 2046 bits": (lambda: other_kind(forge.rsa_private("weak", 2046)), None),
}


def check_refusal(caught):
    """It says why in a constant text, and brings nothing along."""
    error = caught.value
    assert type(error) is InvalidKeyError
    assert error.__cause__ is error.__context__ is None
    assert len(error.args) == 1
    assert len(str(error)) < 200
    assert PASSWORD not in str(error)


@pytest.mark.parametrize("name", REFUSED_PEM)
def test_pem_is_refused_when_it_is_loaded(name):
    make, password = REFUSED_PEM[name]
    with pytest.raises(InvalidKeyError) as caught:
        Key.from_pem(make(), alg="RSA-OAEP", password=password)
    check_refusal(caught)


@each_row("password", ["pass\n", " pass", b"pass\r\n"])
def test_a_refused_password_with_white_space_around_it_is_named(password):
    """A file with a secret ends with a line end, and whoever reads it may forget to strip it."""
    private, protection = all_algorithms.private("P-256"), BestAvailableEncryption(b"pass")
    locked = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    store = pkcs12.serialize_key_and_certificates(b"n", private, None, None, protection)
    hint = r"wrong password, or damaged \(the password that was given has white space around it\)$"
    for load, data in ((Key.from_pem, locked), (Key.from_pkcs12, store)):
        assert load(data, alg="ES256", password="pass").is_private
        with pytest.raises(InvalidKeyError, match=hint):
            load(data, alg="ES256", password=password)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("two public keys", "^2 PEM blocks .PUBLIC KEY, PUBLIC KEY.: give the one"),
        ("missing password", "is encrypted: give password="),
        ("wrong password", "wrong password, or damaged"),
        ("needless password", "is not encrypted"),
        ("password for a public key", "is not encrypted"),
        ("DSA", "does not use keys of this kind"),
        ("EC", "needs an RSA key"),
        ("X25519 public", "needs an RSA key"),
        ("RSA of 1024 bits", "2048 to 16384 bits"),
    ],
)
def test_refusal_says_what_to_do(name, message):
    make, password = REFUSED_PEM[name]
    with pytest.raises(InvalidKeyError, match=message):
        Key.from_pem(make(), alg="RSA-OAEP", password=password)


REFUSED_DER = {
    "empty": (lambda: b"", None),
    "PEM": (plain, None),
    "damaged": (lambda: plain(Encoding.DER)[:-1], None),
    "trailing": (lambda: public(Encoding.DER) + b"\x00", None),
    "trailing, private": (lambda: plain(Encoding.DER) + b"\x00", None),
    "wrong password": (lambda: encrypted(Encoding.DER), "wrong"),
    "missing password": (lambda: encrypted(Encoding.DER), None),
    "empty password": (lambda: encrypted(Encoding.DER), ""),
    "needless password": (lambda: plain(Encoding.DER), PASSWORD),
    "password for a public key": (lambda: public(Encoding.DER), PASSWORD),
    "password for a certificate": (lambda: certificate().public_bytes(Encoding.DER), PASSWORD),
    "EC": (lambda: EC.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), None),
    "EC public": (
        lambda: EC.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        None,
    ),
    "EC certificate": (lambda: certificate(EC).public_bytes(Encoding.DER), None),
    "RSA of 1024 bits": (
        lambda: weak().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        None,
    ),
    "symmetric bytes": (lambda: bytes(32), None),
}


@each_row("name", REFUSED_DER)
def test_der_is_refused_when_it_is_loaded(name):
    make, password = REFUSED_DER[name]
    with pytest.raises(InvalidKeyError) as caught:
        Key.from_der(make(), alg="RSA-OAEP", password=password)
    check_refusal(caught)


# X25519, X448, Ed25519 and Ed448 by the last byte of their names. RFC 8410 section 3.
CURVE_BYTES = {0x6E: 32, 0x6F: 56, 0x70: 32, 0x71: 57}


def curve_der(number, size):
    inner = bytes.fromhex("020100 3005 0603 2b65") + bytes((number, 4, size + 2, 4, size))
    return bytes((0x30, len(inner) + size)) + inner + bytes(range(size))


@pytest.mark.parametrize("number", CURVE_BYTES)
def test_key_of_the_size_of_its_curve_is_loaded(number):
    alg = "ECDH-ES" if number < 0x70 else "EdDSA"
    assert Key.from_der(curve_der(number, CURVE_BYTES[number]), alg=alg).is_private


@pytest.mark.parametrize("number", CURVE_BYTES)
def test_key_of_another_size_than_its_curve_is_refused(number):
    for size in {0, 1, 31, 32, 33, 55, 56, 57, 58, 66} - {CURVE_BYTES[number]}:
        der = curve_der(number, size)
        pem = b"-----BEGIN PRIVATE KEY-----\n%s-----END PRIVATE KEY-----\n"
        for load, raw in ((Key.from_der, der), (Key.from_pem, pem % base64.encodebytes(der))):
            with pytest.raises(InvalidKeyError) as caught:
                load(raw, alg="ECDH-ES")
            check_refusal(caught)


@pytest.mark.parametrize("serial", [0x00, 0xFF])
def test_certificate_that_is_warned_of_is_refused_where_warnings_are_errors(serial):
    """Serial numbers are positive, says RFC 5280 section 4.1.2.2; the suite makes warnings errors."""
    der = certificate().public_bytes(Encoding.DER)
    der = der.replace(b"\x02\x01\x01", bytes((2, 1, serial)), 1)
    pem = b"-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % base64.encodebytes(der)
    for load in (
        lambda: Key.from_der(der, alg="RSA-OAEP"),
        lambda: Key.from_pem(pem, alg="RSA-OAEP"),
        lambda: of_text(der)[0].serial,
        lambda: of_text(pem)[0].serial,
    ):
        with pytest.raises(InvalidKeyError) as caught:
            load()
        check_refusal(caught)
        with pytest.warns(UserWarning, match="serial"):
            load()


@pytest.mark.parametrize("alg", ["A128KW", "A192KW", "A256KW", "A128GCMKW", "dir", "HS256"])
@pytest.mark.parametrize("make", [plain, public, lambda: certificate().public_bytes(Encoding.PEM)])
def test_bytes_of_a_pair_never_become_a_shared_secret(make, alg):
    """The text of a public key is known to everyone."""
    pem = make()
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    for load, raw in ((Key.from_pem, pem), (Key.from_der, der)):
        with pytest.raises(InvalidKeyError, match="needs a symmetric key"):
            load(raw, alg=alg)


@pytest.mark.parametrize("alg", ["", "RSA1_6", "none", "rsa-oaep", "RSA-OAEP ", "RS224", "A256GCM"])
def test_alg_that_is_not_known_is_refused(alg):
    for load, raw in ((Key.from_pem, public()), (Key.from_der, public(Encoding.DER))):
        with pytest.raises(InvalidKeyError, match=r"(not known|not a known name|is the name of)"):
            load(raw, alg=alg)


@pytest.mark.parametrize(
    ("alg", "message"),
    [
        ("RSA1_5", "^RSA1_5 is off: legacy=True"),
        ("ECDH-ES", "needs a key on a curve"),
        ("ES256", "needs a key on a curve"),
        ("HS256", "needs a symmetric key"),
        ("A128GCMKW", "needs a symmetric key"),
        ("PBES2-HS256+A128KW", "needs a key made for it"),
    ],
)
def test_alg_that_the_key_can_not_serve_is_refused(alg, message):
    for raw in (plain, public):
        for load, encoding in ((Key.from_pem, Encoding.PEM), (Key.from_der, Encoding.DER)):
            with pytest.raises(InvalidKeyError, match=message):
                load(raw(encoding), alg=alg)


@pytest.mark.parametrize(
    ("load", "make", "further"),
    [
        (Key.from_pem, lambda: None, {}),
        (Key.from_pem, lambda: bytearray(plain()), {}),
        (Key.from_pem, lambda: 5, {}),
        (Key.from_der, lambda: "text", {}),
        (Key.from_der, lambda: None, {}),
        (Key.from_der, lambda: bytearray(plain(Encoding.DER)), {}),
        (Key.from_pem, plain, {"alg": None}),
        (Key.from_pem, plain, {"alg": b"RSA-OAEP"}),
        (Key.from_pem, plain, {"alg": ["RSA-OAEP"]}),
        (Key.from_pem, plain, {"kid": 5}),
        (Key.from_pem, plain, {"kid": b"a"}),
        (Key.from_pem, encrypted, {"password": 5}),
        (Key.from_pem, encrypted, {"password": bytearray(b"x")}),
        (Key.from_der, lambda: encrypted(Encoding.DER), {"password": ["x"]}),
    ],
)
def test_argument_of_another_type_is_a_type_error(load, make, further):
    with pytest.raises(TypeError, match=" must be ") as caught:
        load(make(), **{"alg": "RSA-OAEP", **further})
    assert caught.value.__cause__ is caught.value.__context__ is None


ENVIRONMENT = {
    "as it is": lambda pem: pem,
    "literal line ends": lambda pem: pem.replace("\n", "\\n"),
    "literal line ends of another system": lambda pem: pem.replace("\n", "\\r\\n"),
    "quoted": lambda pem: f'"{pem}"',
    "quoted literal line ends": lambda pem: "'" + pem.replace("\n", "\\n") + "'",
    "base64": lambda pem: base64.b64encode(pem.encode()).decode(),
    "base64 in lines": lambda pem: base64.encodebytes(pem.encode()).decode(),
    "base64 with white space": lambda pem: f"  {base64.b64encode(pem.encode()).decode()}\n",
}


@pytest.mark.parametrize("way", ENVIRONMENT)
def test_environment_variable_is_undone(way, monkeypatch):
    monkeypatch.setenv("A_KEY", ENVIRONMENT[way](public().decode()))
    assert Key.from_env("A_KEY", alg="RSA-OAEP", kid="a").thumbprint() == thumbprint()
    monkeypatch.setenv("A_KEY", ENVIRONMENT[way](encrypted().decode()))
    key = Key.from_env("A_KEY", alg="RSA-OAEP", kid="a", password=PASSWORD)
    assert (key.is_private, key.kid, key.thumbprint()) == (True, "a", thumbprint())


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "hello",
        "é",
        "AAAA",
        "AAAA=",
        base64.b64encode(b"hello").decode(),
        "-----END PUBLIC KEY-----",
    ],
)
def test_environment_variable_without_pem_is_refused(value, monkeypatch):
    monkeypatch.setenv("A_KEY", value)
    with pytest.raises(InvalidKeyError, match="has no key") as caught:
        Key.from_env("A_KEY", alg="RSA-OAEP")
    check_refusal(caught)


def test_environment_variable_with_two_blocks_is_refused(monkeypatch):
    monkeypatch.setenv("A_KEY", (public() * 2).decode())
    with pytest.raises(InvalidKeyError, match=r"^2 PEM blocks \(PUBLIC KEY, PUBLIC KEY\): "):
        Key.from_env("A_KEY", alg="RSA-OAEP")


def test_environment_variable_that_is_not_set_is_refused(monkeypatch):
    monkeypatch.delenv("A_KEY", raising=False)
    with pytest.raises(InvalidKeyError, match=r"^the environment variable is not set$") as caught:
        Key.from_env("A_KEY", alg="RSA-OAEP")
    check_refusal(caught)


@pytest.mark.parametrize("name", [None, 5, b"A_KEY"])
def test_name_of_an_environment_variable_is_text(name):
    with pytest.raises(TypeError, match="str"):
        Key.from_env(name, alg="RSA-OAEP")


SERIAL = 2**159 + 1  # RFC 5280 section 4.1.2.2: up to 20 bytes


@functools.cache
def certificate_named(*serials):
    """Make a certificate whose subject has these serialNumbers."""
    own = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, text) for text in serials])
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(name, name, own.public_key(), SERIAL)
    return builder.not_valid_before(day).not_valid_after(day).sign(own, hashes.SHA256())


@pytest.mark.parametrize(
    ("named", "serial"),
    [((), str(SERIAL)), (("1676479612",), "1676479612"), (("00a b", "second"), "00a b")],
)
def test_serial_is_the_subjects_or_else_the_certificates_own(named, serial):
    pem = certificate_named(*named).public_bytes(Encoding.PEM)
    der = certificate_named(*named).public_bytes(Encoding.DER)
    assert [of_text(data)[0].serial for data in (pem, pem.decode(), der)] == [serial] * 3


def test_what_is_no_certificate_has_no_serial():
    pem, der = (certificate_named().public_bytes(form) for form in (Encoding.PEM, Encoding.DER))
    version = bytes.fromhex("a003020102")  # version 3
    assert der.count(version) == 1
    others = ("", b"", "é", pem[:-40], der[:-1], der + b"x", public(), plain())
    for data in (*others, der.replace(version, version[:-1] + b"\5")):
        with pytest.raises(
            InvalidKeyError,
            match=r"^(expected a certificate: |the certificate can.t be read: |\d certificates )",
        ) as caught:
            of_text(data)
        check_refusal(caught)


@pytest.mark.parametrize("data", [None, 5, bytearray(b"x"), [b"x"]])
def test_serial_of_another_type_is_a_type_error(data):
    with pytest.raises(TypeError, match=r"^the certificate must be str or bytes$"):
        of_text(data)


def test_environment_variable_that_is_no_text_is_refused(monkeypatch):
    monkeypatch.setitem(os.environ, "A_KEY", "\udcff" + forge.pem_of(forge.rsa_private()).decode())
    with pytest.raises(InvalidKeyError):
        Key.from_env("A_KEY", alg="RSA-OAEP")


def test_certificate_of_an_unknown_version_is_refused():
    der = certificate().public_bytes(Encoding.DER)
    place = der.index(bytes.fromhex("a003020102")) + 4
    der = der[:place] + b"\x07" + der[place + 1 :]
    pem = (
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
    )
    for load, data in ((Key.from_der, der), (Key.from_pem, pem)):
        with pytest.raises(InvalidKeyError):
            load(data, alg="RSA-OAEP")


def test_empty_password_for_an_encrypted_key_is_told_rightly():
    with pytest.raises(InvalidKeyError) as caught:
        Key.from_pem(encrypted(), alg="RSA-OAEP", password="")
    assert "not encrypted" not in str(caught.value)


@pytest.mark.parametrize("load", [Key.from_pem, Key.from_certificate])
def test_work_on_certificates_that_do_not_end_is_linear(load):
    begin = "-----BEGIN CERTIFICATE-----"

    def seconds(count):
        start = time.thread_time()
        with pytest.raises(InvalidKeyError):
            load(begin * count, alg="RS256")
        return time.thread_time() - start

    # The first one also imports what refuses it.
    few, many = (min(seconds(count) for _ in range(3)) for count in (1_000, 16_000))
    # Sixteen times as much: quadratic work would take 256 times as long.
    assert many < 100 * max(few, 0.001)


def test_certificate_after_one_that_is_cut_off_is_refused():
    whole = certificate().public_bytes(Encoding.PEM).decode()
    with pytest.raises(InvalidKeyError):
        Key.from_pem(whole[: whole.index("-----END")] + whole, alg="RS256")


@pytest.mark.parametrize("chain", [1, 2])
@pytest.mark.parametrize("damage", ["bit string", "bad text", "bad date"])
def test_certificate_whose_names_or_dates_can_not_be_read_is_refused(damage, chain):
    found = certificate().public_bytes(Encoding.DER)
    text = b"\x0c\x09a.example"
    assert text in found
    if damage == "bit string":
        found = found.replace(text, b"\x03" + text[1:2] + b"\0" + text[3:])
    elif damage == "bad text":
        found = found.replace(text, text[:2] + b"\xff" + text[3:])
    else:
        found = found.replace(b"\x17\x0d0", b"\x17\x0dX")
    body = base64.encodebytes(found).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"
    for load in (Key.from_pem, Key.from_certificate):
        with pytest.raises(InvalidKeyError):
            load(pem * chain, alg="RS256")
    for load in (Key.from_der, Key.from_certificate):
        with pytest.raises(InvalidKeyError):
            load(found, alg="RS256")


@pytest.mark.parametrize(
    "form",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: b"\xef\xbb\xbf" + "".join(text.splitlines()[1:-1]).encode(),
        lambda text: base64.b64decode("".join(text.splitlines()[1:-1])).hex().encode(),
    ],
    ids=["byte order mark", "UTF-16", "UTF-16 without a mark", "base64 behind a mark", "hex"],
)
def test_public_key_in_another_encoding_never_becomes_a_shared_secret(form):
    with pytest.raises(InvalidKeyError, match="expected a shared secret"):
        Key.from_bytes(form(forge.key("RSA-OAEP").public().to_pem()), alg="HS256")


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
def test_secret_that_begins_like_a_mark_is_loaded(start):
    assert Key.from_bytes(start + bytes(range(100, 161)), alg="HS256").is_symmetric


def test_text_next_to_a_block_may_be_what_utf_8_does_not_carry():
    pem = Key.generate("ES256").public().to_pem()
    assert Key.from_pem("\ud800\n" + pem, alg="ES256") == Key.from_pem(pem, alg="ES256")
