"""Mistakes that users of several libraries have reported in public: what joseal says of each.

One row for each report, named by the rule that it taught; the tests next to the modules go deeper.
"""

import hashlib
import hmac
import json
import pickle
import re
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from tests.core.keys.formats.test_pkcs12 import certificate
from tests.docs import pages
from tests.helpers import all_algorithms, der, forge
from tests.helpers.said import ALG, OF_DOCTOR, PAIR, PEM, PUBLIC, TOKEN, answer, doctor, jwk, token

from joseal import (
    Decrypter,
    DecryptThenVerify,
    Encrypter,
    Key,
    KeySet,
    Signer,
    SignThenEncrypt,
    Verifier,
    profiles,
)
from joseal.cli.program import program

EC = all_algorithms.private("P-256")
EC_PEM = EC.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
NULL_EPK = {"d": None}
PASSWORD = b"a long password"


def to_ec(derive, epk_more=()):
    """A token under ECDH-ES whose CEK is what `derive` makes of the shared secret and the info."""
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    public = Key.from_cryptography(ephemeral.public_key(), alg="ECDH-ES").to_jwk()
    epk = {name: public[name] for name in ("kty", "crv", "x", "y")} | dict(epk_more)
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "epk": epk}
    head = forge.b64(json.dumps(header).encode())
    info = (7).to_bytes(4, "big") + b"A256GCM" + bytes(8) + (256).to_bytes(4, "big")
    cek, iv = derive(ephemeral.exchange(ec.ECDH(), EC.public_key()), info), bytes(12)
    sealed = AESGCM(cek).encrypt(iv, b"{}", head.encode())
    return ".".join([head, "", *map(forge.b64, (iv, sealed[:-16], sealed[-16:]))])


def with_half_a_cbc_key():
    """A token whose tag is right and whose AES key is zero: the sender derived half of the CEK."""
    # The same pair each time: one in 256 leaves good padding, and then the token opens.
    ephemeral = all_algorithms.private("P-256", "ephemeral")
    public = Key.from_cryptography(ephemeral.public_key(), alg="ECDH-ES").to_jwk()
    epk = {name: public[name] for name in ("kty", "crv", "x", "y")}
    header = {"alg": "ECDH-ES", "enc": "A256CBC-HS512", "epk": epk}
    head, name, iv = forge.b64(json.dumps(header).encode()), b"A256CBC-HS512", bytes(16)
    info = len(name).to_bytes(4, "big") + name + bytes(8) + (512).to_bytes(4, "big")
    mac_key = concat(ephemeral.exchange(ec.ECDH(), EC.public_key()), info)
    cipher = Cipher(algorithms.AES(bytes(32)), modes.CBC(iv)).encryptor()
    body = cipher.update(b'{"card":"4111"}\x01') + cipher.finalize()
    signed = head.encode() + iv + body + (8 * len(head)).to_bytes(8, "big")
    tag = hmac.digest(mac_key, signed, "sha512")[:32]
    return ".".join([head, "", *map(forge.b64, (iv, body, tag))])


def concat(z, info):
    return ConcatKDFHash(hashes.SHA256(), 32, info).derive(z)


def doctor_of_ec(text, alg="ECDH-ES"):
    return doctor(text, EC_PEM, "--alg", alg)


def cli(*args, data=None):
    done = CliRunner().invoke(program, [str(arg) for arg in args], input=data)
    return f"ends with {done.exit_code}: {done.stdout}{done.stderr}"


def store_of_two():
    private = {
        alias: all_algorithms.private(curve).private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        )
        for alias, curve in (("year2025", "P-256"), ("year2026", "P-384"))
    }
    return der.encrypted_pkcs12(private, PASSWORD)


def mle_store():
    """The merchant's pair, and next to it the certificate of the recipient."""
    recipient = pkcs12.PKCS12Certificate(certificate(forge.rsa_private("bank")), b"SJC_US")
    return pkcs12.serialize_key_and_certificates(
        b"merchant",
        forge.rsa_private(),
        certificate(forge.rsa_private()),
        [recipient],
        BestAvailableEncryption(PASSWORD),
    )


def kid_for_mle():
    bank = Key.from_pkcs12(mle_store(), alg=ALG, password=PASSWORD, alias="SJC_US")
    body = profiles.CYBERSOURCE_MLE.encrypter(bank).encrypt(b"{}")
    mine = Key.from_cryptography(forge.rsa_private("bank"), alg=ALG)
    compact = re.search(r"eyJ[\w-]+(?:\.[\w-]*){4}", str(body))
    opened = Decrypter(mine, enc=profiles.CYBERSOURCE_MLE.send.enc, any_kid=True).open(compact[0])
    return f"kid {opened.header['kid']}, serial {bank.certificate_serial}"


def certificate_alone():
    named = [pkcs12.PKCS12Certificate(certificate(forge.rsa_private()), b"bank")]
    data = pkcs12.serialize_java_truststore(named, NoEncryption())
    return repr(Key.from_pkcs12(data, alg=ALG))


def nested(inner, cty="JWT"):
    signing = Key.generate("HS256")
    sealer = Encrypter(PAIR.public(), enc="A256GCM")
    opener = DecryptThenVerify(Decrypter(PAIR, enc="A256GCM"), Verifier(signing))
    if inner is None:
        return answer(
            lambda: opener.open(SignThenEncrypt(Signer(signing), sealer, cty=cty).encrypt(b"{}"))
        )
    return answer(lambda: opener.open(sealer.encrypt(inner, header={"cty": cty})))


def fifth_of_five():
    ring = [Key.generate("ECDH-ES", curve="P-256").to_jwk(private=True) for _ in range(4)]
    own = Key.from_cryptography(EC, alg="ECDH-ES")
    keys = json.dumps({"keys": [*ring, own.to_jwk(private=True)]})
    return doctor(Encrypter(own.public(), enc="A256GCM").encrypt(b"body"), keys)


def csv(data):
    args = ("--alg", ALG, "--enc", "A256GCM", "--field", "card", "--workers", "1")
    with tempfile.TemporaryDirectory() as name:
        rows, key = Path(name, "in.csv"), Path(name, "bank.pem")
        rows.write_bytes(data)
        key.write_text(PAIR.to_pem())
        return cli("bulk", "encrypt", "--key", key, *args, rows, "-o", Path(name, "out.csv"))


def jwks(*members, **more):
    return answer(lambda: KeySet.from_jwks({"keys": list(members)}, **more))


def pem(text):
    return answer(lambda: Key.from_pem(text, alg=ALG))


def page(name):
    return (pages.DOCS / name).read_text("utf-8")


def json_of_its_own(**outside):
    head, key, iv, body, tag = TOKEN.split(".")
    return json.dumps(
        {"protected": head, "encrypted_key": key, "iv": iv, "ciphertext": body, "tag": tag}
        | outside
    )


def private_without_crt():
    full = Key.from_pem(PEM, alg=ALG).to_jwk(private=True)
    return jwk(**{name: full[name] for name in ("d", "p", "q")})


def forged():
    return OF_DOCTOR["a forged payload"]()


TABLE = {
    "a line end after the token is white space, and named": (
        lambda: doctor(TOKEN + "\n", PEM, "--alg", ALG),
        "ends with 1: .* white_space$",
    ),
    "a switch that the user's Decrypter lacks is a cause": (
        lambda: doctor(token(crit=["exp"], exp=1), PEM, "--alg", ALG),
        "ends with 1: .* crit_extension$",
    ),
    "a forged signature never ends with 0": (forged, "ends with 1: It does not verify.*"),
    "half of a CBC key is named, and no plaintext is made of noise": (
        lambda: doctor_of_ec(with_half_a_cbc_key()),
        r"ends with 1: It decrypts, but: \(15 bytes of plaintext\) cbc_half_zero$",
    ),
    "an alg that is not the key's is the one cause": (
        lambda: doctor_of_ec(to_ec(concat), "ECDH-ES+A256KW"),
        "ends with 1: .*alg_not_the_keys$",
    ),
    "an epk with a null d has a member of the wrong type": (
        lambda: doctor_of_ec(to_ec(concat, NULL_EPK.items())),
        "ends with 1: .* member_type$",
    ),
    "several keys in PKCS#12 are not a guess": (
        lambda: answer(lambda: Key.from_pkcs12(store_of_two(), alg="ECDH-ES", password=PASSWORD)),
        "has 2 keys: alias= names one of 'year2025', 'year2026'",
    ),
    "a certificate alone in PKCS#12 gives its key": (certificate_alone, r"Key\(.* public\)"),
    "the caps of peers for PBES2 are told": (
        lambda: page("guides/migrate.md"),
        "PBES2[^\n]*(p2c|iterations)",
    ),
    "zlib in place of DEFLATE is told to movers": (
        lambda: page("guides/migrate.md"),
        "python-jose with `zip`[^\n]*zlib",
    ),
    "the recipient's certificate comes out of PKCS#12 and names the kid": (
        kid_for_mle,
        "^kid 5, serial 5$",
    ),
    "empty lists of .NET are absent members": (
        lambda: jwk(key_ops=[], oth=[], x5c=[]),
        "^accepted$",
    ),
    "a null member is said to be null": (lambda: jwk(use=None), "use is null: leave it out"),
    "a set says why for each member": (
        lambda: jwks(PUBLIC, {**PUBLIC, "alg": ALG, "kid": 5}),
        "none of the 2 members .*0: .*names no alg: give alg=.*1: .*kid is a number, and has to be a string",
    ),
    "a mixed set names the key to leave out": (
        lambda: answer(lambda: Decrypter(KeySet([PAIR, PAIR.public()]), enc="A256GCM")),
        r"keys\[1\]: the key is public",
    ),
    "a short coordinate is told by its length": (
        lambda: jwks({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, alg="ES256"),
        "has 1 bytes?, P-256 has 32",
    ),
    "p and q without CRT members are completed": (private_without_crt, "^accepted$"),
    "several PEM blocks are counted and named": (
        lambda: pem(PEM + PAIR.to_pem()),
        r"2 PEM blocks \(PRIVATE KEY, PUBLIC KEY\): give the one that is meant",
    ),
    "a literal line end is named, not called damage": (
        lambda: pem(PEM.replace("\n", "\\n")),
        r"a literal \\n in place of its line ends",
    ),
    "the JSON serialization is named, and opened by doctor": (
        lambda: doctor(json_of_its_own(aad="AAAA"), PEM, "--alg", ALG),
        "ends with 1: .*json_serialization.*json_aad",
    ),
    "a fault inside of two layers names the inner one": (
        lambda: nested(b'{"a":1}'),
        "^inner layer: expected a compact token, found JSON",
    ),
    "a missing cty is said of the outer layer": (
        lambda: nested(None, cty=None),
        "^outer layer: cty: cty= demands JWT, the token has none$",
    ),
    "a key that is never tried is named by its place": (
        fifth_of_five,
        "ends with 1: .*too_many_keys$",
    ),
    "a hash in place of the KDF is named": (
        lambda: doctor_of_ec(to_ec(lambda z, info: hashlib.sha256(z).digest())),
        "ends with 1: .*kdf_other$",
    ),
    "another shared key asks for no public key": (
        lambda: doctor(
            Encrypter(Key.generate("A256KW"), enc="A256GCM").encrypt(b"body"),
            json.dumps(Key.generate("A256KW").to_jwk(private=True)),
        ),
        "ends with 1: It does not decrypt with this key: no_variant$",
    ),
    "two algs are both named": (
        lambda: jwk(alg="RS256"),
        "the JWK names RS256, the caller RSA-OAEP-256",
    ),
    "what is public pickles": (
        lambda: pickle.loads(pickle.dumps(Encrypter(PAIR.public(), enc="A256GCM"))).encrypt(b""),  # noqa: S301 - our own
        r"^eyJ",
    ),
    "a byte order mark before CSV is skipped": (
        lambda: csv(b"\xef\xbb\xbfcard,id\r\n4111,1\r\n"),
        "ends with 0: .*no rejects",
    ),
    "columns that are separated otherwise are told": (
        lambda: csv(b"id;card\n1;4111\n"),
        "ends with 4: .*give --delimiter ';'",
    ),
}


@pytest.mark.parametrize("rule", TABLE)
def test_a_reported_mistake_is_answered_by_its_rule(rule):
    make, wanted = TABLE[rule]
    assert re.search(wanted, make(), re.DOTALL)


def test_advice_for_another_shared_key_has_no_public_keys(tmp_path):
    (tmp_path / "key").write_text(json.dumps(Key.generate("A256KW").to_jwk(private=True)))
    sealed = Encrypter(Key.generate("A256KW"), enc="A256GCM").encrypt(b"body")
    shown = cli("doctor", "--key", tmp_path / "key", data=sealed)
    assert "Compare a hash of the" in shown
    assert "public keys" not in shown


def test_secret_key_that_can_not_be_pickled_says_how_to_hand_it_over():
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(PAIR)
