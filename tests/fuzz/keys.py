"""Any bytes as a key: one that lets out what it was made of, or a `InvalidKeyError`.

The first byte chooses the loader, the second the alg and whether a password is given.
"""

import datetime as dt
import json
from functools import cache

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
from tests.fuzz import quantum, structure
from tests.fuzz.material import MEMBERS, MOST_BYTES, ROOT, jwks, key, texts
from tests.fuzz.structured import samples, sealing
from tests.helpers import der

from joseal import InvalidKeyError, Key, KeySet
from joseal._core.algorithms import akp
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS
from joseal._core.keys.formats import certificates
from joseal._core.keys.formats import pem as pems
from joseal._core.wire import strict_json

__all__ = ["WORDS", "check", "seeds"]

EVERY_ALG = [None, *ALGS, *SIGS]
# They have no PEM form.
HYBRIDS = {name for name, alg in ALGS.items() if alg.parameters in akp.HYBRIDS}
TEXTS = [*jwks("jwe_compact_v1"), *jwks("jws_compact_v1")]
PASSWORD = sealing.PASSWORD
# Of a refusal: the names that are known are listed in some.
# A list of every known alg has 640.
MOST_CHARACTERS = 800
WORDS = [
    *(*MEMBERS, *ALGS, *ENCS, *SIGS, "keys", "use", "enc", "sig", "key_ops", "wrapKey", "sign"),
    *("n", "e", "d", "p", "q", "dp", "dq", "qi", "oth", "RSA", "EC", "OKP", "oct", "Ed448", "X448"),
    *("Proc-Type: 4,ENCRYPTED", "DEK-Info: ", "AES-256-CBC,", "DES-EDE3-CBC,"),
    *("-----BEGIN ", "-----END ", "PRIVATE KEY-----", "CERTIFICATE-----", "ENCRYPTED ", "EC "),
]


def refused(function, *arguments, **named):
    try:
        return function(*arguments, **named)
    except InvalidKeyError as error:
        refusal = error
    assert refusal.__cause__ is refusal.__context__ is None
    assert len(str(refusal)) < 4 * MOST_CHARACTERS  # of a set, several reasons
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
        if not one.is_symmetric and one.alg not in HYBRIDS:
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
    assert all(len(reason) < MOST_CHARACTERS for _, reason in found.skipped)


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


def check_structure(data, alg, password):
    """DER of every kind with changed nodes, as PEM with changed fields too."""
    if len(data) < 2:
        return
    made = structure.recipe(data)
    kinds = templates()
    number, label, raw = kinds[made.template % len(kinds)]
    changed = structure.changed(raw, made.edits, [other for _, _, other in kinds])
    if len(changed) > 4 * MOST_BYTES or sealing.costs_too_much(changed):
        return
    if number == PEM:
        check_pem(structure.as_pem(label, made.head, changed), alg, password)
    else:
        LOADERS[number](changed, alg, password)


@cache
def templates():
    """Return DER of every kind with its loader, and the label that it has in PEM.

    Its passwords and its RSA keys cost little: see `tests.fuzz.structured.samples`.
    """
    found = []
    for _, private in pairs():
        is_rsa = isinstance(private, rsa.RSAPrivateKey)
        own = [(label, raw) for _, label, raw in samples.halves(samples.Pair(private, ()))]
        if is_rsa:
            composite = samples.halves(samples.Pair(samples.composite(), ()))
            own = [one for one in own if b"PRIVATE" not in one[0]]
            own = [*((label, raw) for _, label, raw in composite), *own]
        plain = dict(own)[b"PRIVATE KEY"]
        own.append((b"ENCRYPTED PRIVATE KEY", sealing.pbes2_pkcs8(plain)))
        found.append((PKCS12, b"", der.pkcs12(plain)))
        if can_sign(private):
            certificate = certified(private)
            own.append((b"CERTIFICATE", certificate.public_bytes(Encoding.DER)))
            found.append((SERIAL, b"", own[-1][1]))
        if can_sign(private) and not is_rsa:
            for protection in (NoEncryption(), sealing.CHEAP):
                bundle = pkcs12.serialize_key_and_certificates(
                    b"name", private, certificate, None, protection
                )
                found.append((PKCS12, b"", bundle))
        found += [(number, *one) for one in own for number in (PEM, DER)]
    return found


LOADERS = [
    *(check_jwk, check_jwks, check_pem, check_der, check_pkcs12, check_serial, check_env),
    check_structure,
]
JWK, JWKS, PEM, DER, PKCS12, SERIAL, ENV, STRUCTURE = range(len(LOADERS))
HEADS = [
    b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566AA",
    b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC," + b"0A" * 16,
    b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC," + b"0A" * 16,
    b"Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC," + b"0A" * 8,
    b"Proc-Type: 4,ENCRYPTED",
    b"Proc-Type: 4,MIC-ONLY\nDEK-Info: DES-CBC,00",
    b"Comment: x\n y: z",
]


def structure_seeds():
    for number in range(len(templates())):
        for what in range(9):
            where = bytes((number % 5, 7 * what & 255))
            edits = b"".join((where, bytes((what, 3 * number & 255, 2)), b"\1\2"))
            alg = (number + what) % len(EVERY_ALG) | (128 if what % 2 else 0)
            yield bytes((STRUCTURE, alg, number, 1)) + edits
        for i, head in enumerate(HEADS):
            yield bytes((STRUCTURE, i | 128, number, 0)) + head


def seeds():
    # One alg for each key will do: the fuzzer knows the names of the others.
    own = list({kept(text): text for text in TEXTS}.values())
    for text in own + texts("jwk_v1", "jwk") + list(quantum.jwks()):
        yield bytes((JWK, 0)) + text.encode()
    for text in texts("jwks_v1", "jwks"):
        yield bytes((JWKS, 0)) + text.encode()
    for size in (1, 2, 5):
        listed = ", ".join(own[:: len(own) // size])
        yield bytes((JWKS, 0)) + f'{{"keys": [{listed}]}}'.encode()
    yield bytes((JWKS, 0)) + (ROOT / "vectors" / "keys.json").read_bytes()
    yield from structure_seeds()
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
