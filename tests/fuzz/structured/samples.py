"""What is changed: keys of every kind in every form that has one, the same in every process.

A private RSA key that is whole costs 40 ms, because OpenSSL looks whether p and q are prime. So there
is a second one, whose p and q are multiples of 3 and refused for that at once: the usual one. All
else about it is true.
"""

import datetime as dt
import json
import math
from functools import cache
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import (
    dsa,
    ec,
    ed448,
    ed25519,
    mldsa,
    mlkem,
    rsa,
    x448,
    x25519,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from tests.fuzz import material
from tests.fuzz.structured import members, sealing
from tests.fuzz.structured.trees import CANARY, Tree
from tests.helpers import der, forge

from joseal import InvalidKeyError, Key

OWN = ("RSA-OAEP", "RSA-OAEP-256", "RS256", "PS256", "RSA1_5")
AGREEMENT = ("ECDH-ES", "ECDH-ES+A128KW")


class Sample(NamedTuple):
    """DER of one form: the label that it has in PEM, and the algs that such a key serves."""

    form: str
    tree: Tree
    label: bytes
    algs: tuple


class Pair(NamedTuple):
    """Both halves of a key, and the algs for it."""

    private: object
    algs: tuple
    is_costly: bool = False


@cache
def pairs():
    curves = {
        ec.SECP256R1: (*AGREEMENT, "ES256", "HPKE-0"),
        ec.SECP384R1: (*AGREEMENT, "ES384", "HPKE-1"),
        ec.SECP521R1: (*AGREEMENT, "ES512"),
        ec.SECP256K1: ("ES256K",),
        ec.SECP224R1: ("ES256",),
        ec.BrainpoolP256R1: ("ES256",),
    }
    found = [Pair(rsa_private(), OWN, is_costly=True), Pair(composite(), OWN)]
    for curve, algs in curves.items():
        scalar = int.from_bytes(forge.draw(curve.name, 24), "big")
        try:
            found.append(Pair(ec.derive_private_key(scalar, curve()), algs))
        except UnsupportedAlgorithm:
            continue
    for kind, size, algs in (
        (x25519.X25519PrivateKey, 32, (*AGREEMENT, "HPKE-3")),
        (x448.X448PrivateKey, 56, AGREEMENT),
        (ed25519.Ed25519PrivateKey, 32, ("EdDSA", "Ed25519")),
        (ed448.Ed448PrivateKey, 57, ("EdDSA", "Ed448")),
    ):
        found.append(Pair(kind.from_private_bytes(forge.draw(kind.__name__, size)), algs))
    return tuple(found)


def rsa_private():
    """Return the smallest key of the vectors: one that was made here would be new each time."""
    texts = [text for text in material.jwks("jwe_compact_v1") if json.loads(text)["kty"] == "RSA"]
    pem = material.key(min(texts, key=len)).to_pem(private=True)
    return load_pem_private_key(pem.encode(), None)


def composite():
    """Return RSA numbers of which nothing is false but that p and q are prime."""
    p = _multiple_of(3, 5)
    q = _multiple_of(5, p)
    d = pow(65537, -1, math.lcm(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)


def _multiple_of(factor, coprime):
    found = int.from_bytes(forge.draw(f"multiple of {factor}", 128), "big") | 3 << 1022 | 1
    while found % factor or math.gcd(found, coprime) != 1 or math.gcd(found - 1, 65537) != 1:
        found += 2
    return found


def halves(pair):
    """Return DER of every form that a key has, by its name: form, label, bytes."""
    private = pair.private
    if isinstance(private, rsa.RSAPrivateNumbers):
        yield from _of_numbers(private)
        return
    public, plain = private.public_key(), NoEncryption()
    own = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, plain)
    yield "pkcs8", b"PRIVATE KEY", own
    yield (
        "spki",
        b"PUBLIC KEY",
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )
    if isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        kind = b"RSA" if isinstance(private, rsa.RSAPrivateKey) else b"EC"
        old = private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, plain)
        yield "traditional", kind + b" PRIVATE KEY", old
    if isinstance(private, rsa.RSAPrivateKey):
        yield "pkcs1", b"RSA PUBLIC KEY", public.public_bytes(Encoding.DER, PublicFormat.PKCS1)


def _of_numbers(numbers):
    n, e = numbers.public_numbers.n, numbers.public_numbers.e
    names = ("p", "q", "d", "dp", "dq", "qi")
    values = (numbers.p, numbers.q, numbers.d, numbers.dmp1, numbers.dmq1, numbers.iqmp)
    old = der.rsa_private(n=n, e=e, **dict(zip(names, values, strict=True)))
    yield "traditional", b"RSA PRIVATE KEY", old
    yield "pkcs8", b"PRIVATE KEY", der.pkcs8(old)


@cache
def samples():
    """Return the samples that are usual, and those that cost much."""
    usual, rare = [], []
    for pair in pairs():
        for form, label, raw in halves(pair):
            is_costly = pair.is_costly and form in ("pkcs8", "traditional")
            (rare if is_costly else usual).append(Sample(form, Tree(raw), label, pair.algs))
        if not isinstance(pair.private, rsa.RSAPrivateNumbers):
            usual.append(
                Sample("certificate", Tree(certificate(pair.private)), b"CERTIFICATE", pair.algs)
            )
    usual += _post_quantum()
    usual += _others()
    return tuple(usual), tuple(rare)


def _post_quantum():
    """Keys of a seed, and one that is expanded, which is not read."""
    kinds = (
        (mldsa, "MLDSA44", 32, "ML-DSA-44"),
        (mldsa, "MLDSA65", 32, "ML-DSA-65"),
        (mlkem, "MLKEM768", 64, "HPKE-8"),
    )
    for module, name, size, alg in kinds:
        try:
            private = getattr(module, f"{name}PrivateKey").from_seed_bytes(forge.draw(name, size))
        except UnsupportedAlgorithm:
            continue
        for form, label, raw in halves(Pair(private, (alg,))):
            yield Sample(form, Tree(raw), label, (alg,))
    named = der.sequence(der.oid("608648016503040311"))
    expanded = der.byte_string(der.byte_string(forge.draw("expanded", 2560)))
    yield Sample(
        "pkcs8", Tree(der.sequence(der.integer(0), named, expanded)), b"PRIVATE KEY", ("ML-DSA-44",)
    )


def _others():
    """Kinds that joseal does not use, and what is no key."""
    pair = pairs()[2].private
    numbers = dsa.DSAParameterNumbers((1 << 2047) + 973, (1 << 255) + 95, 4)
    public = der.sequence(*(der.integer(one) for one in (numbers.p, numbers.q, numbers.g)))
    algorithm = der.sequence(der.oid("2a8648ce380401"), public)
    yield Sample(
        "spki", Tree(der.sequence(algorithm, der.bits(der.integer(7)))), b"PUBLIC KEY", ("ES256",)
    )
    yield Sample("spki", Tree(explicit_curve(pair)), b"PUBLIC KEY", ("ES256",))
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fuzz")])
    signer = ed25519.Ed25519PrivateKey.from_private_bytes(forge.draw("signer", 32))
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(signer, None)
    raw = request.public_bytes(Encoding.DER)
    yield Sample("other", Tree(raw), b"CERTIFICATE REQUEST", ("EdDSA",))
    builder = x509.CertificateRevocationListBuilder().issuer_name(name)
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    revoked = builder.last_update(begin).next_update(begin + dt.timedelta(9)).sign(signer, None)
    yield Sample("other", Tree(revoked.public_bytes(Encoding.DER)), b"X509 CRL", ("EdDSA",))


def explicit_curve(private):
    """Return a key on P-256 whose parameters are written out. RFC 3279 section 2.3.5."""
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    base = ec.derive_private_key(1, ec.SECP256R1()).public_key()
    point, generator = (
        key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        for key in (private.public_key(), base)
    )
    field = der.sequence(der.oid("2a8648ce3d0101"), der.integer(prime))
    curve = der.sequence(
        der.byte_string((prime - 3).to_bytes(32, "big")), der.byte_string(b.to_bytes(32, "big"))
    )
    numbers = (der.byte_string(generator), der.integer(order), der.integer(1))
    parameters = der.sequence(der.integer(1), field, curve, *numbers)
    return der.sequence(der.sequence(der.oid(der.EC), parameters), der.bits(point))


def certificate(private):
    """Return a certificate with the extensions that most have. Its signature is always the same."""
    signer = ed25519.Ed25519PrivateKey.from_private_bytes(forge.draw("signer", 32))
    attributes = {x509.NameOID.COMMON_NAME: "fuzz", x509.NameOID.SERIAL_NUMBER: "4711"}
    name = x509.Name([x509.NameAttribute(*one) for one in attributes.items()])
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(12)
    builder = builder.not_valid_before(begin).not_valid_after(begin + dt.timedelta(9))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.DNSName("a.example")]), critical=False
    )
    return builder.public_key(private.public_key()).sign(signer, None).public_bytes(Encoding.DER)


@cache
def bags():
    """Return SafeContents: what PKCS#12 files have in them, as trees."""
    found = []
    for pair in pairs():
        if pair.is_costly:
            continue
        private = next(raw for form, _, raw in halves(pair) if form == "pkcs8")
        own = [bag(der.KEY_BAG, private, "name")]
        if not isinstance(pair.private, rsa.RSAPrivateNumbers):
            wrapped = der.byte_string(certificate(pair.private))
            inner = der.sequence(der.oid("2a864886f70d01091601"), der.tagged(0xA0, wrapped))
            own.append(bag("2a864886f70d010c0a0103", inner, "name"))
        found.append((Tree(der.sequence(*own)), pair.algs))
    both = [found[i][0].root.inside[0].inside[0].whole for i in (1, 2)]
    nested = bag("2a864886f70d010c0a0106", der.sequence(both[0]), "nested")
    found.append((Tree(der.sequence(*both)), pairs()[2].algs))
    found.append((Tree(der.sequence(nested)), pairs()[2].algs))
    return tuple(found)


def bag(oid, value, name):
    text = der.tagged(0x1E, name.encode("utf-16-be"))
    named = der.sequence(der.oid("2a864886f70d010914"), der.tagged(0x31, text))
    mark = der.sequence(der.oid("2a864886f70d010915"), der.tagged(0x31, der.byte_string(b"\1")))
    return der.sequence(der.oid(oid), der.tagged(0xA0, value), der.tagged(0x31, named, mark))


@cache
def openssh():
    """Return lines of public keys, with the algs that such a key serves."""
    found = []
    for pair in pairs():
        if isinstance(pair.private, rsa.RSAPrivateNumbers):
            continue
        try:
            line = pair.private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        except (ValueError, UnsupportedAlgorithm, TypeError):
            continue
        found.append((line, pair.algs))
    return tuple(found)


@cache
def jwks():
    """Return JWKs that are usual, as members, with algs; and those that cost much."""
    usual, rare = [], []
    for pair in pairs():
        if isinstance(pair.private, rsa.RSAPrivateNumbers):
            continue
        text = pair.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            key = Key.from_pem(text, alg=pair.algs[0])
        except InvalidKeyError:
            continue  # of a kind that joseal does not use
        for half in (key.to_jwk(private=True), key.public().to_jwk()):
            is_costly = pair.is_costly and "d" in half
            (rare if is_costly else usual).append(({**half, "kid": CANARY}, pair.algs))
    for alg, size in (("HS256", 32), ("A128KW", 16), ("dir", 32), ("A256GCMKW", 32)):
        key = Key.from_bytes(forge.draw(alg, size), alg=alg)
        usual.append((key.to_jwk(private=True), (alg,)))
    usual.append(({"kty": "oct", "k": "bmV2ZXIgdXNlIHRoaXMgb25l"}, ("PBES2-HS256+A128KW",)))
    for sample in _post_quantum():
        if (
            sample.form == "pkcs8"
            and len(sample.tree.whole) < 200
            and sample.algs[0].startswith("ML-DSA")
        ):
            key = Key.from_der(sample.tree.whole, alg=sample.algs[0])
            usual += [
                (half, sample.algs) for half in (key.to_jwk(private=True), key.public().to_jwk())
            ]
    usual.append((_composite_members(), OWN))
    return tuple(
        tuple((members.written(own), algs) for own, algs in half) for half in (usual, rare)
    )


def _composite_members():
    numbers = composite()
    public = numbers.public_numbers
    values = {"n": public.n, "e": public.e, "d": numbers.d, "p": numbers.p, "q": numbers.q}
    values |= {"dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
    return {"kty": "RSA", **{name: number(value) for name, value in values.items()}}


def number(value):
    return forge.b64(value.to_bytes((value.bit_length() + 7) // 8 or 1, "big"))


@cache
def secrets():
    """Return the texts that no refusal may show."""
    raw = [sealing.PASSWORD]
    for pair in pairs():
        if isinstance(pair.private, rsa.RSAPrivateNumbers):
            numbers = [pair.private.d, pair.private.p, pair.private.q]
        elif isinstance(pair.private, rsa.RSAPrivateKey):
            own = pair.private.private_numbers()
            numbers = [own.d, own.p, own.q, own.dmp1, own.dmq1, own.iqmp]
        elif isinstance(pair.private, ec.EllipticCurvePrivateKey):
            numbers = [pair.private.private_numbers().private_value]
        else:
            numbers = [int.from_bytes(pair.private.private_bytes_raw(), "big")]
        raw += [one.to_bytes((one.bit_length() + 7) // 8, "big") for one in numbers]
    return frozenset(text for one in raw for text in _texts_of(one[:12]))


def _texts_of(head):
    listed = str(list(head))[1:-1]
    yield from (
        repr(head)[2:-1],
        head.hex(),
        head.hex(":"),
        listed,
        forge.b64(head),
        str(int.from_bytes(head, "big")),
    )
