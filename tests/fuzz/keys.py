"""Any bytes as a key: one that lets out what it was made of, or a `InvalidKeyError`.

The first byte chooses the loader, the second the alg and whether a password is given.
"""

import datetime as dt
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from tests.fuzz.material import MEMBERS, ROOT, jwks, key, texts

from joseal import InvalidKeyError, Key, KeySet
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS
from joseal._core.keys import certificates
from joseal._core.keys import pem as pems
from joseal._core.wire import strict_json

__all__ = ["WORDS", "check", "seeds"]

EVERY_ALG = [None, *ALGS, *SIGS]
TEXTS = [*jwks("jwe_compact_v1"), *jwks("jws_compact_v1")]
PASSWORD = b"never use this one"
WORDS = [
    *(*MEMBERS, *ALGS, *ENCS, *SIGS, "keys", "use", "enc", "sig", "key_ops", "wrapKey", "sign"),
    *("n", "e", "d", "p", "q", "dp", "dq", "qi", "oth", "RSA", "EC", "OKP", "oct", "Ed448", "X448"),
    *("-----BEGIN ", "-----END ", "PRIVATE KEY-----", "CERTIFICATE-----", "ENCRYPTED ", "EC "),
]


def refused(function, *arguments, **named):
    try:
        return function(*arguments, **named)
    except InvalidKeyError as error:
        refusal = error
    assert refusal.__cause__ is refusal.__context__ is None
    assert len(str(refusal)) < 500  # the known names are listed in it
    return None


def check(data):
    if len(data) < 3:
        return
    loader = LOADERS[data[0] % len(LOADERS)]
    alg = EVERY_ALG[(data[1] & 127) % len(EVERY_ALG)]
    loader(data[2:], alg, PASSWORD if data[1] & 128 else None)


def check_key(found):
    """What was loaded comes back from what it lets out."""
    assert repr(found).startswith("Key(")
    half = found.public() if found.is_private else found
    for one in {found, half}:
        members = one.to_jwk(private=one.is_private or one.is_symmetric)
        if members["kty"] != "RSA" or not one.is_private:  # whose checks take their time
            again = Key.from_jwk(members, legacy=True)
            assert again.to_jwk(private=again.is_private or again.is_symmetric) == members
        if not one.is_symmetric:
            text = one.to_pem(private=True) if one.is_private else one.to_pem()
            assert Key.from_pem(text, alg=one.alg, legacy=True).thumbprint() == found.thumbprint()


def check_jwk(data, alg, _):
    found = refused(Key.from_jwk, data, alg=alg, legacy=True)
    if found is None:
        return
    check_key(found)
    given = strict_json.load_object(data)
    members = found.to_jwk(private=found.is_private or found.is_symmetric)
    for name in members.keys() & given.keys() - {"alg", "key_ops", "use"}:
        assert members[name] == given[name], name


def check_jwks(data, alg, _):
    found = refused(KeySet.from_jwks, data, alg=alg, legacy=True)
    if found is None:
        return
    listed = strict_json.load_object(data)["keys"]
    assert len(found) + len(found.skipped) == len(listed)
    assert all(len(reason) < 100 for _, reason in found.skipped)


def check_pem(data, alg, password):
    found = refused(Key.from_pem, data, alg=alg or "ECDH-ES", password=password, legacy=True)
    if found is not None:
        check_key(found)


def check_der(data, alg, password):
    found = refused(Key.from_der, data, alg=alg or "ECDH-ES", password=password, legacy=True)
    if found is not None:
        check_key(found)


def check_pkcs12(data, alg, password):
    found = refused(Key.from_pkcs12, data, alg=alg or "ECDH-ES", password=password, legacy=True)
    if found is not None:
        check_key(found)


def check_serial(data, *_):
    found = refused(certificates.of_text, data)
    assert found is None or isinstance(found[0].serial, str)


def check_env(data, *_):
    raw = refused(pems.unwrap_env, data.decode("utf-8", "surrogateescape"))
    assert raw is None or b"-----BEGIN" in raw or raw.lstrip().startswith(b"{")


LOADERS = [check_jwk, check_jwks, check_pem, check_der, check_pkcs12, check_serial, check_env]
JWK, JWKS, PEM, DER, PKCS12, SERIAL, ENV = range(len(LOADERS))


def seeds():
    # One alg for each key will do: the fuzzer knows the names of the others.
    own = list({kept(text): text for text in TEXTS}.values())
    for text in own + texts("jwk_v1", "jwk"):
        yield bytes((JWK, 0)) + text.encode()
    for text in texts("jwks_v1", "jwks"):
        yield bytes((JWKS, 0)) + text.encode()
    for size in (1, 2, 5):
        listed = ", ".join(own[:: len(own) // size])
        yield bytes((JWKS, 0)) + f'{{"keys": [{listed}]}}'.encode()
    yield bytes((JWKS, 0)) + (ROOT / "vectors" / "keys.json").read_bytes()
    for alg, private in pairs():
        yield from pair_seeds(EVERY_ALG.index(alg), private)


def kept(text):
    """Return what tells a key from others, whatever it is for."""
    return tuple(json.loads(text).get(name) for name in ("n", "x", "k"))


def pairs():
    """Yield one key of every kind of the vectors, and one that joseal does not use."""
    kinds = {}
    for text in sorted(TEXTS, key=len, reverse=True):  # a small one is checked sooner
        jwk = json.loads(text)
        if "d" in jwk and jwk["alg"] in ("RSA-OAEP", "ECDH-ES", "EdDSA", "ES256"):
            kinds[jwk["kty"], jwk.get("crv")] = text
    for text in kinds.values():
        found = key(text)
        yield found.alg, load_pem_private_key(found.to_pem(private=True).encode(), None)
    yield "ES256", ec.derive_private_key(7, ec.SECP256K1())


def pair_seeds(alg, private):
    public = private.public_key()
    for form, number in ((Encoding.PEM, PEM), (Encoding.DER, DER)):
        yield bytes((number, alg)) + public.public_bytes(form, PublicFormat.SubjectPublicKeyInfo)
        yield bytes((number, alg)) + private.private_bytes(
            form, PrivateFormat.PKCS8, NoEncryption()
        )
        yield bytes((number, alg | 128)) + private.private_bytes(
            form, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD)
        )
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    yield bytes((ENV, 0)) + text.replace(b"\n", b"\\n")
    if isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        old = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        yield bytes((PEM, alg)) + old
    if not can_sign(private):
        return
    certificate = certified(private)
    for form, number in ((Encoding.PEM, PEM), (Encoding.DER, DER), (Encoding.DER, SERIAL)):
        yield bytes((number, alg)) + certificate.public_bytes(form)
    bundle = pkcs12.serialize_key_and_certificates(
        b"name", private, certificate, None, NoEncryption()
    )
    yield bytes((PKCS12, alg)) + bundle


def can_sign(private):
    kinds = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)
    return isinstance(private, kinds)


def certified(private):
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "fuzz"),
            x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, "4711"),
        ]
    )
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(12)
    builder = builder.not_valid_before(begin).not_valid_after(begin + dt.timedelta(9))
    digest = None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.public_key(private.public_key()).sign(private, digest)
