"""PKCS#12: RFC 7292."""

import base64
import datetime as dt
import hashlib
import hmac

import pytest
from cryptography import x509
from cryptography.exceptions import InternalError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from tests.helpers import all_algorithms, forge
from tests.helpers import der as asn1

from joseal import InvalidKeyError, Key
from joseal._core.keys.formats import encrypted_parts
from joseal._core.keys.formats import pkcs12 as pkcs12_parts


def certificate(private):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "joseal test")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(
        name, name, private.public_key(), 5, start, start + dt.timedelta(days=1)
    )
    return builder.sign(private, hashes.SHA256())


def file(private=None, signed_by=None, password=b"pass", further=None):
    protection = NoEncryption() if password is None else BestAvailableEncryption(password)
    own = None if signed_by is None else certificate(signed_by)
    return pkcs12.serialize_key_and_certificates(b"name", private, own, further, protection)


@pytest.mark.parametrize("password", ["pass", b"pass"])
def test_private_key_is_loaded(password):
    private = forge.rsa_private()
    key = Key.from_pkcs12(file(private, private), alg="RSA-OAEP-256", kid="a", password=password)
    assert (key.alg, key.kid, key.is_private) == ("RSA-OAEP-256", "a", True)
    assert key.thumbprint() == forge.key("RSA-OAEP-256").thumbprint()


def test_private_key_without_a_certificate_is_loaded():
    key = Key.from_pkcs12(file(all_algorithms.private("P-256")), alg="ECDH-ES", password="pass")
    assert key.to_jwk(private=True) == {**all_algorithms.private_jwk("P-256"), "alg": "ECDH-ES"}


def test_file_without_a_password_is_loaded():
    private = all_algorithms.private("P-256")
    key = Key.from_pkcs12(file(private, private, password=None), alg="ES256")
    assert key.is_private


def test_file_of_a_certificate_alone_gives_its_public_key():
    """Its dates are long over, and not checked."""
    private = all_algorithms.private("P-384")
    data = pkcs12.serialize_key_and_certificates(
        None, None, certificate(private), None, BestAvailableEncryption(b"pass")
    )
    key = Key.from_pkcs12(data, alg="ES384", password="pass")
    assert not key.is_private
    assert key.certificate_serial == "5"


def test_key_counts_and_not_the_certificates_beside_it():
    private = all_algorithms.private("P-256")
    further = [certificate(all_algorithms.private("P-384")), certificate(forge.rsa_private())]
    key = Key.from_pkcs12(file(private, private, further=further), alg="ES256", password="pass")
    assert (
        key.thumbprint()
        == Key.from_jwk(all_algorithms.private_jwk("P-256"), alg="ES256").thumbprint()
    )


@pytest.mark.parametrize("password", ["wrong", b"other", None, "pass "])
def test_wrong_password_is_a_key_error(password):
    with pytest.raises(InvalidKeyError) as caught:
        Key.from_pkcs12(file(forge.rsa_private()), alg="RSA-OAEP", password=password)
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"-----BEGIN PRIVATE KEY-----", bytes(1000), b"\x30\x80"]
)
def test_damage_is_a_key_error(data):
    with pytest.raises(InvalidKeyError):
        Key.from_pkcs12(data, alg="RSA-OAEP", password="pass")


def test_every_truncation_is_a_key_error():
    whole = file(all_algorithms.private("P-256"))
    for end in range(0, len(whole), 40):
        with pytest.raises(InvalidKeyError):
            Key.from_pkcs12(whole[:end], alg="ES256", password="pass")


def test_certificates_without_a_key_are_refused_unless_one_is_named():
    held = [certificate(forge.rsa_private()), certificate(all_algorithms.private("P-256"))]
    named = [
        pkcs12.PKCS12Certificate(one, name)
        for one, name in zip(held, (b"bank", b"mine"), strict=True)
    ]
    data = pkcs12.serialize_key_and_certificates(
        None, None, None, named, BestAvailableEncryption(b"pass")
    )
    with pytest.raises(InvalidKeyError, match=r"^the PKCS#12 file has 2 certificates and no key: "):
        Key.from_pkcs12(data, alg="RSA-OAEP", password="pass")
    key = Key.from_pkcs12(data, alg="RSA-OAEP", password="pass", alias="bank")
    assert key.thumbprint() == forge.key("RSA-OAEP").thumbprint()
    assert key.certificates[0].der == held[0].public_bytes(Encoding.DER)
    assert len(key.certificates) == 2
    with pytest.raises(
        InvalidKeyError, match=r"^alias= does not name exactly one key of the PKCS#12 file: "
    ):
        Key.from_pkcs12(data, alg="RSA-OAEP", password="pass", alias="other")


def der(tag, *parts):
    body = b"".join(parts)
    size = len(body).to_bytes(4, "big").lstrip(b"\0") or b"\0"
    head = bytes([len(body)]) if len(body) < 128 else bytes([128 + len(size)]) + size
    return bytes([tag]) + head + body


def with_two_keys(one, two):
    """Make a file of two shrouded keys and a MAC by hand: no library here writes such."""
    oid = {
        "data": bytes.fromhex("2a864886f70d010701"),
        "shrouded": bytes.fromhex("2a864886f70d010c0a0102"),
        "name": bytes.fromhex("2a864886f70d010914"),
    }

    def bag(private, name):
        value = private.private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"pass")
        )
        text = der(0x31, der(0x1E, name.encode("utf-16-be")))
        attributes = der(0x31, der(0x30, der(6, oid["name"]), text))
        return der(0x30, der(6, oid["shrouded"]), der(0xA0, value), attributes)

    bags = der(0x30, bag(one, "year2025"), bag(two, "year2026"))
    safe = der(0x30, der(0x30, der(6, oid["data"]), der(0xA0, der(4, bags))))
    salt, rounds = bytes(range(8)), 2048
    # RFC 7292 appendix B.2 with SHA-256 and the identifier 3.
    word = "pass\0".encode("utf-16-be")
    filled = [(each * 64)[: 64 * -(-len(each) // 64)] for each in (salt, word)]
    key = bytes([3]) * 64 + b"".join(filled)
    for _ in range(rounds):
        key = hashlib.sha256(key).digest()
    mac = hmac.digest(key, safe, "sha256")
    sha256 = der(0x30, der(6, bytes.fromhex("608648016503040201")), der(5))
    data = der(
        0x30, der(0x30, sha256, der(4, mac)), der(4, salt), der(2, rounds.to_bytes(2, "big"))
    )
    return der(0x30, der(2, b"\3"), der(0x30, der(6, oid["data"]), der(0xA0, der(4, safe))), data)


def test_several_private_keys_are_refused_unless_one_is_named():
    """After a renewal a keystore has two: taking the first one is a guess."""
    first, second = all_algorithms.private("P-256"), ec.derive_private_key(7, ec.SECP256R1())
    data = with_two_keys(first, second)
    with pytest.raises(
        InvalidKeyError,
        match=r"^the PKCS#12 file has 2 keys: alias= names one of 'year2025', 'year2026'$",
    ):
        Key.from_pkcs12(data, alg="ES256", password="pass")
    for name, private in (("year2025", first), ("year2026", second)):
        key = Key.from_pkcs12(data, alg="ES256", password="pass", alias=name)
        assert key.thumbprint() == Key.from_cryptography(private, alg="ES256").thumbprint()
    with pytest.raises(InvalidKeyError, match="wrong password"):
        Key.from_pkcs12(data, alg="ES256", password="wrong", alias="year2025")


def test_certificate_of_the_key_comes_first_and_the_others_can_be_taken_out():
    own, other = all_algorithms.private("P-256"), forge.rsa_private()
    data = file(own, own, further=[certificate(other)])
    key = Key.from_pkcs12(data, alg="ES256", password="pass")
    assert [one.serial for one in key.certificates] == ["5", "5"]
    assert key.x5t_s256 == key.certificates[0].x5t_s256
    bank = Key.from_certificate(key.certificates[1].der, alg="RSA-OAEP")
    assert bank.thumbprint() == forge.key("RSA-OAEP").thumbprint()


@pytest.mark.parametrize(
    ("make", "alg", "message"),
    [
        (lambda: dsa.generate_private_key(2048), "ES256", "keys of this kind"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "ES256", "not on a curve"),
        (lambda: all_algorithms.private("P-256"), "RSA-OAEP", "needs an RSA key"),
        (forge.rsa_private, "A128KW", "needs a symmetric key"),
    ],
)
def test_key_of_another_kind_is_a_key_error(make, alg, message):
    with pytest.raises(InvalidKeyError, match=message):
        Key.from_pkcs12(file(make()), alg=alg, password="pass")


@pytest.mark.parametrize(
    ("data", "arguments"),
    [
        ("text", {"alg": "ES256"}),
        (None, {"alg": "ES256"}),
        (bytearray(b"x"), {"alg": "ES256"}),
        (b"x", {"alg": "ES256", "password": 5}),
    ],
)
def test_another_type_is_a_type_error(data, arguments):
    with pytest.raises(TypeError, match="must be"):
        Key.from_pkcs12(data, **arguments)


def test_legacy_alg_is_off_here_too():
    data = file(forge.rsa_private())
    with pytest.raises(InvalidKeyError, match="legacy=True"):
        Key.from_pkcs12(data, alg="RSA1_5", password="pass")
    assert Key.from_pkcs12(data, alg="RSA1_5", password="pass", legacy=True).alg == "RSA1_5"


def test_file_that_is_no_der_is_refused_where_warnings_are_errors():
    """The suite turns warnings into errors, as many a service does."""
    data = pkcs12.serialize_key_and_certificates(
        None, all_algorithms.private("P-256"), None, None, NoEncryption()
    )
    for damaged in (b"", b"\x30\x80" + data[2:], data[:-3], data + b"\0", b"\x31" + data[1:]):
        with pytest.raises(InvalidKeyError):
            Key.from_pkcs12(damaged, alg="ES256")


@pytest.mark.parametrize("password", ["a\0b", b"\0", b"\xff"])
def test_password_that_pkcs12_cannot_have_is_an_error_of_ours(password):
    data = pkcs12.serialize_key_and_certificates(
        None, all_algorithms.private("P-256"), None, None, BestAvailableEncryption(b"pass")
    )
    with pytest.raises((InvalidKeyError, ValueError)):
        Key.from_pkcs12(data, alg="ES256", password=password)


def pkcs8_of(curve):
    return all_algorithms.private(curve).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )


TWO = {"year2025": pkcs8_of("P-256"), "year2026": pkcs8_of("P-384")}


@pytest.mark.parametrize("piece", [None, 100])
@pytest.mark.parametrize("prf", ["sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("size", [16, 24, 32])
def test_keys_in_an_encrypted_part_are_counted(size, prf, piece):
    data = asn1.encrypted_pkcs12(TWO, b"pass", prf, size, piece)
    with pytest.raises(
        InvalidKeyError,
        match=r"^the PKCS#12 file has 2 keys: alias= names one of 'year2025', 'year2026'$",
    ):
        Key.from_pkcs12(data, alg="ES256", password="pass")
    for alias, curve, alg in (("year2025", "P-256", "ES256"), ("year2026", "P-384", "ES384")):
        key = Key.from_pkcs12(data, alg=alg, password="pass", alias=alias)
        assert key.to_jwk(private=True) == {**all_algorithms.private_jwk(curve), "alg": alg}


def test_the_only_key_of_an_encrypted_part_needs_no_name():
    data = asn1.encrypted_pkcs12({"one": TWO["year2025"]}, b"pass")
    assert Key.from_pkcs12(data, alg="ES256", password="pass").is_private
    for password in ("other", None):
        with pytest.raises(InvalidKeyError):
            Key.from_pkcs12(data, alg="ES256", password=password)


def test_an_encrypted_part_of_another_form_is_not_looked_into():
    content = asn1.encrypted_pkcs12(TWO, b"pass")
    for at in range(len(content)):
        changed = content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :]
        for _ in pkcs12_parts._contents(changed, b"pass"):
            pass
    assert encrypted_parts.decrypted(b"", b"pass") is None
    assert encrypted_parts.decrypted(b"\x30", b"pass") is None
    assert encrypted_parts.decrypted(content, None) is None


def test_an_encrypted_part_that_openssl_does_not_read_is_not_looked_into(monkeypatch):
    """Its FIPS provider takes no salt of 8 bytes, and says so as an error within."""
    data = asn1.encrypted_pkcs12({"one": TWO["year2025"]}, b"pass")

    def refuse(*_):
        raise InternalError("invalid salt length", [])

    monkeypatch.setattr(encrypted_parts, "PBKDF2HMAC", refuse)
    assert list(pkcs12_parts._contents(data, b"pass"))
    assert Key.from_pkcs12(data, alg="ES256", password="pass").is_private


def with_attributes(*bags):
    """Make a file of keys, each with the attributes that are given."""
    made = [
        asn1.sequence(asn1.oid(asn1.KEY_BAG), asn1.tagged(0xA0, key), asn1.tagged(0x31, *given))
        for key, *given in bags
    ]
    inner = asn1.sequence(asn1._content(asn1.sequence(*made)))
    return asn1.sequence(asn1.integer(3), asn1._content(inner))


LOCAL_KEY_ID = asn1.sequence(
    asn1.oid("2a864886f70d010915"), asn1.tagged(0x31, asn1.byte_string(b"1"))
)


def test_name_of_a_key_is_found_among_its_attributes():
    """The attributes are a set: localKeyId may come first, or alone. RFC 7292 section 4.2."""
    keys = list(TWO.values())
    data = with_attributes((keys[0], LOCAL_KEY_ID, asn1._friendly("mine")), (keys[1], LOCAL_KEY_ID))
    assert [bag.name for bag in pkcs12_parts._bags(data, None)] == ["mine", ""]
    assert Key.from_pkcs12(data, alg="ES256", alias="mine").is_private


def test_part_under_an_older_encryption_is_left_out_and_its_key_loaded():
    private = all_algorithms.private("P-256")
    protection = (
        PrivateFormat.PKCS12.encryption_builder()
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303 - as older software writes it
        .build(b"pass")
    )
    data = pkcs12.serialize_key_and_certificates(
        b"name", private, certificate(private), None, protection
    )
    assert b"" in pkcs12_parts._contents(data, b"pass")
    key = Key.from_pkcs12(data, alg="ES256", password="pass", alias="name")
    assert (key.is_private, key.certificate_serial) == (True, "5")


def test_file_without_key_and_certificate_is_refused():
    with pytest.raises(
        InvalidKeyError, match=r"^the PKCS#12 file has neither a private key nor a "
    ):
        Key.from_pkcs12(with_attributes(), alg="ES256")


def test_what_was_read_shows_no_key():
    data = asn1.encrypted_pkcs12({"one": TWO["year2025"]}, b"pass")
    assert repr(list(pkcs12_parts._bags(data, b"pass"))) == "[Bag(<hidden>)]"
    assert repr(pkcs12_parts.load(data, "pass", None)) == "Loaded(<hidden>)"


@pytest.mark.parametrize("alias", [5, b"one", ["one"]])
def test_alias_of_another_type_is_a_type_error(alias):
    with pytest.raises(TypeError, match=r"^alias must be str$"):
        Key.from_pkcs12(b"", alg="ES256", alias=alias)


@pytest.mark.parametrize("alg", ["ECDH-ES", "HPKE-3", "HPKE-5"])
@pytest.mark.parametrize("alias", [None, "name"])
def test_key_that_no_reader_of_such_files_takes_is_refused_by_its_kind(alg, alias):
    """`cryptography` opens the file, and raises a TypeError for the kind of its key."""
    curve = {"curve": "X25519"} if alg == "ECDH-ES" else {}
    lines = Key.generate(alg, **curve).to_pem(private=True).splitlines()[1:-1]
    file = asn1.pkcs12(base64.b64decode("".join(lines)))
    with pytest.raises(InvalidKeyError, match="of a kind that is not read from PKCS#12") as caught:
        Key.from_pkcs12(file, alg=alg, alias=alias)
    assert caught.value.__cause__ is caught.value.__context__ is None
