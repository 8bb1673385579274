"""What a refusal says: constant text that names the rule, and never what was given.

Texts reach logs and people who look them up, so each is here as it stands. The table is whole: a
text that stands in the source and not in it fails the last test.
"""

import ast
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from tests.helpers import all_algorithms, caller_mistakes, forge, hpke_forge
from tests.helpers.rows import each_row

import joseal
from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    KeyUnavailableError,
    Limits,
    MalformedTokenError,
    NotAllowedError,
    TokenTooLargeError,
    UnknownKeyError,
)
from joseal._core.algorithms import akp, curves, ecdh, rsa, signatures
from joseal._core.algorithms.aes import Direct
from joseal._core.algorithms.hpke import key_schedule, ml_kem
from joseal._core.algorithms.key_management import WrapSettings
from joseal._core.algorithms.registry import ALGS, ENCS
from joseal._core.policy import Policy

ALG, ENC = "A128KW", "A128GCM"
PACKAGE = Path(joseal.__file__).parent


def seals(plaintext=b"", *, alg=ALG, enc=ENC, **settings):
    key = forge.sealing(all_algorithms.key(alg))
    return lambda: Encrypter(key, enc=enc, **settings).encrypt(plaintext)


def opens(token, *, alg=ALG, enc=ENC, **settings):
    key = all_algorithms.key(alg)
    text = str(token) if isinstance(token, tuple) else token
    return lambda: Decrypter(key, enc=enc, **settings).decrypt(text)


def seals_with_aad(aad, *, form):
    return Encrypter(all_algorithms.key(ALG), enc=ENC, form=form).encrypt(b"", aad=aad)


def made(alg=ALG, enc=ENC, **members):
    return forge.token(alg, enc, members=members)


def fresh(alg, enc=ENC, **replaced):
    """A token of our own, with parts replaced."""
    key = forge.sealing(all_algorithms.key(alg, enc))
    return forge.parts(Encrypter(key, enc=enc).encrypt(b"x"))._replace(**replaced)


def opens_hpke(alg, **own):
    enc = ENC if alg.endswith("-KE") else None
    return lambda: Decrypter(hpke_forge.key(alg), enc=enc).decrypt(
        str(hpke_forge.token(alg, **own))
    )


def with_header(header):
    return made()._replace(header=header)


def segments(number):
    """A token with one segment that is not canonical."""
    parts = str(made()).split(".")
    return ".".join([*parts[:number], "_", *parts[number + 1 :]])


def mixed():
    """Two keys for dir, of which the one that the token names is for another enc."""
    keys = [all_algorithms.key("dir", enc, kid=enc) for enc in (ENC, "A256GCM")]
    token = forge.token("dir", ENC, members={"kid": "A256GCM"})
    return Decrypter(keys, enc=[ENC, "A256GCM"]).decrypt(str(token))


def unbound():
    """Keys for HPKE and for another alg, and an info for a token of the other alg."""
    keys = [hpke_forge.key("HPKE-0"), all_algorithms.key("ECDH-ES")]
    return Decrypter(keys, enc=ENC).decrypt(str(made("ECDH-ES")), info=b"session")


def low_order():
    public = X25519PublicKey.from_public_bytes(bytes(32))
    return ecdh.EcdhEs(ALGS["ECDH-ES"], public, None).wrap(WrapSettings(ENCS[ENC], Limits()))


def unsupported_curve():
    raise curves.unsupported("X448")


def counted_out():
    encrypter = Encrypter(all_algorithms.key("dir", ENC), enc=ENC)
    object.__setattr__(encrypter, "_tokens", iter([2**32]))
    return encrypter.encrypt(b"x")


CRIT = {
    "crit is empty or repeats a name": [],
    "crit names alg, which it must not list": ["alg"],
    "crit[1] names a Header Parameter that is absent": ["x", "y"],
    "crit[0] names an extension that is not understood: crit= does not name it": ["x"],
}
REFUSALS = [
    (TypeError, "token must be str or bytes, not int", opens(5)),
    (TypeError, "limits must be Limits, not int: write Limits(token_bytes=...)", seals(limits=5)),
    (
        TypeError,
        "limits must be Limits, not dict: write Limits(token_bytes=...)",
        opens("", limits={}),
    ),
    (TypeError, "write_kid must be bool, not int", seals(write_kid=1)),
    (TypeError, "compress must be bool, not str", seals(compress="no")),
    (TypeError, "any_kid must be bool, not None", opens("", any_kid=None)),
    (TypeError, "accept_zip must be bool, not str", opens("", accept_zip="no")),
    (TypeError, "a limit must be an int", lambda: Limits(token_bytes=True)),
    (TypeError, "typ must be str, not bytes", opens("", typ=b"JWT")),
    (TypeError, "cty must be str, not int", opens("", cty=5)),
    (TypeError, "crit must be a collection of str, not str", opens("", crit="b64")),
    (TypeError, "crit must be a collection of str, not int", opens("", crit=5)),
    (TypeError, "crit must be a collection of str, and a name in it, not int", opens("", crit=[5])),
    (TypeError, "header must be a mapping, not list", seals(header=[("a", 1)])),
    (TypeError, "a name in header must be str, not int", seals(header={1: 2})),
    (TypeError, "alg must be str, not int", lambda: Key.generate(5)),
    (TypeError, "enc must be str, not int", seals(enc=5)),
    (TypeError, "enc must be str or a collection of str, not int", opens("", enc=5)),
    (TypeError, "enc must be str, not int", opens("", enc=[5])),
    (
        KeyUnavailableError,
        "the device gave an encrypted key of the wrong size",
        lambda: Encrypter(
            Key.from_external_secret(SimpleNamespace(wrap=lambda *_: b"", unwrap=id), alg="A256KW"),
            enc=ENC,
        ).encrypt(b""),
    ),
    (
        TypeError,
        "key must be a Key, not str: load it first, for example with Key.from_pem or Key.from_jwk",
        lambda: Encrypter("key", enc=ENC),
    ),
    (TypeError, "plaintext must be bytes, not str: write plaintext.encode()", seals("text")),
    (TypeError, "apu must be bytes, not str: write apu.encode()", seals(apu="a")),
    (TypeError, "apv must be bytes, not None", seals(apv=None)),
    (ValueError, "a limit must be from 1 to 2147483647", lambda: Limits(token_bytes=0)),
    (
        ValueError,
        "enc: A128CBC is not known, did you mean A128CBC-HS256 (the known names are A128CBC-HS256, A192CBC-HS384, A256CBC-HS512, A128GCM, A192GCM, A256GCM, C20P, XC20P)?",
        seals(enc="A128CBC"),
    ),
    (ValueError, "enc must name at least one content encryption", opens("", enc=[])),
    (ValueError, "apu and apv are for ECDH-ES, the key is bound to A128KW", seals(apu=b"a")),
    (
        ValueError,
        "apu and apv must differ",
        seals(alg="ECDH-ES", apu=b"a", apv=b"a"),
    ),
    (
        ValueError,
        "a JWT must not have an unencoded payload",
        lambda: joseal.Signer(Key.generate("HS256"), header={"typ": "JWT"}, b64=False),
    ),
    (ValueError, "apu and apv are for ECDH-ES, the key is bound to A128KW", seals(apv=b"a")),
    (ValueError, "the recipient's public key can't be used", low_order),
    (
        ValueError,
        "the key makes the CEK, so it can't wrap that of other recipients",
        lambda: Direct(bytes(16)).wrap(WrapSettings(ENCS[ENC], Limits()), bytes(16)),
    ),
    (
        ValueError,
        "form must be one of compact, flattened, general",
        lambda: seals_with_aad(None, form="json"),
    ),
    (
        ValueError,
        "aad goes with form='flattened' or form='general'",
        lambda: seals_with_aad(b"x", form="compact"),
    ),
    (
        ValueError,
        "aad must not be empty: leave it out",
        lambda: seals_with_aad(b"", form="general"),
    ),
    (
        MalformedTokenError,
        "expected JSON, found a compact token: leave out form=",
        opens(made(), form="flattened"),
    ),
    (
        MalformedTokenError,
        "the message is not one strict JSON object",
        opens("{", form="flattened"),
    ),
    (
        NotAllowedError,
        "aad: aad= demands different additional data",
        lambda: Decrypter(all_algorithms.key(ALG), enc=ENC, form="general").decrypt(
            seals_with_aad(b"x", form="general"), aad=b"y"
        ),
    ),
    (InvalidKeyError, "the installed OpenSSL does not support X448", unsupported_curve),
    (
        ValueError,
        "header: p2c is managed by joseal",
        seals(header={"p2c": 1}),
    ),
    (ValueError, "header: strict JSON can't carry a (bytes)", seals(header={"a": b"x"})),
    (
        ValueError,
        "header: a is set for every token already",
        lambda: Encrypter(all_algorithms.key(ALG), enc=ENC, header={"a": 1}).encrypt(
            b"", header={"a": 1}
        ),
    ),
    (ValueError, "the Header Parameter typ has the wrong type", seals(header={"typ": 5})),
    (ValueError, "crit is empty or repeats a name", seals(header={"crit": []})),
    (MalformedTokenError, "the token is not ASCII: see position 0", opens("é....")),
    (MalformedTokenError, "expected 5 segments, found 6", opens(".....")),
    (MalformedTokenError, "the header is not one strict JSON object", opens(with_header(b"[]"))),
    (
        MalformedTokenError,
        "the Header Parameter alg has the wrong type",
        opens(with_header(b'{"alg":5}')),
    ),
    (
        MalformedTokenError,
        "the header has no alg",
        opens(with_header(b'{"enc":"A128GCM"}')),
    ),
    *((MalformedTokenError, text, opens(made(crit=names, x=1))) for text, names in CRIT.items()),
    (
        MalformedTokenError,
        "the header has no enc (that of a signed token, JWS?)",
        opens(with_header(b'{"alg":"A128KW"}')),
    ),
    *(
        (MalformedTokenError, f"the {name} is not canonical base64url", opens(segments(number)))
        for number, name in enumerate(("header", "encrypted key", "iv", "ciphertext", "tag"))
    ),
    (
        MalformedTokenError,
        "iv, ciphertext or tag has a length that enc does not make",
        opens(made()._replace(iv=b"")),
    ),
    (
        MalformedTokenError,
        "the encrypted key does not have the size that enc asks for",
        opens(made()._replace(encrypted_key=b"")),
    ),
    (
        MalformedTokenError,
        "the encrypted key does not have the size of the modulus",
        opens(fresh("RSA-OAEP", encrypted_key=b"x"), alg="RSA-OAEP"),
    ),
    (
        MalformedTokenError,
        "dir takes an empty encrypted key",
        opens(fresh("dir", encrypted_key=b"x"), alg="dir"),
    ),
    (
        MalformedTokenError,
        "ECDH-ES takes an empty encrypted key",
        opens(fresh("ECDH-ES", encrypted_key=b"x"), alg="ECDH-ES"),
    ),
    (
        MalformedTokenError,
        "epk, apu or apv has the wrong form, or epk is not on the curve",
        opens(fresh("ECDH-ES", header=b'{"alg":"ECDH-ES","enc":"A128GCM"}'), alg="ECDH-ES"),
    ),
    (
        MalformedTokenError,
        "iv, tag or encrypted key has the wrong size",
        opens(fresh("A128GCMKW", encrypted_key=b"x"), alg="A128GCMKW"),
    ),
    (
        MalformedTokenError,
        "p2s or p2c is missing, too short or not of its form",
        opens(
            fresh("PBES2-HS256+A128KW", header=b'{"alg":"PBES2-HS256+A128KW","enc":"A128GCM"}'),
            alg="PBES2-HS256+A128KW",
        ),
    ),
    (
        NotAllowedError,
        "p2c: the token asks for more than pbes2_iterations=999",
        opens(
            fresh("PBES2-HS256+A128KW"),
            alg="PBES2-HS256+A128KW",
            limits=Limits(pbes2_iterations=all_algorithms.ITERATIONS - 1),
        ),
    ),
    (
        NotAllowedError,
        "enc: the token says A128GCM, enc= accepts A256GCM",
        opens(made(), enc="A256GCM"),
    ),
    (
        NotAllowedError,
        "enc: the dir key has 32 bytes, which does not fit A128GCM (16 bytes)",
        mixed,
    ),
    (NotAllowedError, "info: info= demands HPKE, ECDH-ES does not bind it", unbound),
    (
        NotAllowedError,
        "zip: compressed tokens are refused without accept_zip=True",
        opens(made(zip="DEF")),
    ),
    (
        NotAllowedError,
        "zip: DEF is the only registered value",
        opens(made(zip="def"), accept_zip=True),
    ),
    (NotAllowedError, "typ: typ= demands JWT, the token has none", opens(made(), typ="JWT")),
    (NotAllowedError, "cty: cty= demands JWT, the token has none", opens(made(), cty="JWT")),
    (
        InvalidKeyError,
        f"alg is not a known name: {caller_mistakes.ALG_NAMES}",
        lambda: Key.generate("none"),
    ),
    (InvalidKeyError, "this key has made its 2^32 tokens: change the key", counted_out),
    (
        InvalidKeyError,
        "the policy house refuses A128GCM: why",
        seals(policy=Policy(name="house", refused={"A128GCM": "why"})),
    ),
    (
        InvalidKeyError,
        "RSA1_5 tokens are decrypted but never made",
        lambda: rsa.RsaEncryption(ALGS["RSA1_5"], forge.rsa_private().public_key(), None).wrap(
            WrapSettings(ENCS[ENC], Limits())
        ),
    ),
    (
        TokenTooLargeError,
        "over the limit token_bytes=9: found 10",
        opens("x" * 10, limits=Limits(token_bytes=9)),
    ),
    (
        TokenTooLargeError,
        "over the limit token_bytes=9: found 117",
        seals(limits=Limits(token_bytes=9)),
    ),
    (
        TokenTooLargeError,
        "over the limit header_bytes=9: found 35",
        opens(made(), limits=Limits(header_bytes=9)),
    ),
    (
        TokenTooLargeError,
        "over the limit header_bytes=9: found 32",
        seals(limits=Limits(header_bytes=9)),
    ),
    (
        TokenTooLargeError,
        "over the limit plaintext_bytes=5: found 6",
        opens(made(), limits=Limits(plaintext_bytes=5)),
    ),
    (
        TokenTooLargeError,
        "over the limit plaintext_bytes=5: found 6",
        seals(b"forged", limits=Limits(plaintext_bytes=5)),
    ),
    (
        TokenTooLargeError,
        "over the limit inflated_bytes=5: found 6",
        seals(b"forged", compress=True, limits=Limits(inflated_bytes=5)),
    ),
    (
        TokenTooLargeError,
        "over the limit inflated_bytes=5",
        opens(
            Encrypter(all_algorithms.key(ALG), enc=ENC, compress=True).encrypt(b"forged"),
            accept_zip=True,
            limits=Limits(inflated_bytes=5),
        ),
    ),
    (
        TokenTooLargeError,
        "over the limit pbes2_iterations=999: found 1000",
        seals(
            alg="PBES2-HS256+A128KW", limits=Limits(pbes2_iterations=all_algorithms.ITERATIONS - 1)
        ),
    ),
    (
        UnknownKeyError,
        "no key here has the kid that the token names",
        lambda: Decrypter(all_algorithms.key(ALG, kid="a"), enc=ENC).decrypt(str(made(kid="b"))),
    ),
    (
        TypeError,
        "enc is missing: a key for A128KW needs one, such as A256GCM",
        lambda: Decrypter(all_algorithms.key(ALG)),
    ),
    (
        ValueError,
        "enc must not be given: HPKE-0 encrypts the plaintext itself",
        lambda: Encrypter(hpke_forge.key("HPKE-0").public(), enc=ENC),
    ),
    (
        ValueError,
        "enc must not be given: HPKE-0 has no enc",
        lambda: Decrypter(hpke_forge.key("HPKE-0"), enc=ENC),
    ),
    (
        ValueError,
        "info is for HPKE, the key is bound to A128KW",
        lambda: Decrypter(all_algorithms.key(ALG), enc=ENC).decrypt("", info=b"x"),
    ),
    (
        NotAllowedError,
        "psk_id: joseal has no pre-shared keys for HPKE",
        opens_hpke("HPKE-0", members={"psk_id": "AAAA"}),
    ),
    (
        MalformedTokenError,
        "HPKE-0 has no enc, and the header has one",
        opens_hpke("HPKE-0", members={"enc": ENC}),
    ),
    (
        MalformedTokenError,
        "ek is for key encryption: the encrypted key is the secret",
        opens_hpke("HPKE-0", members={"ek": "AAAA"}),
    ),
    (
        MalformedTokenError,
        "the header has no ek, which HPKE key encryption needs",
        opens_hpke("HPKE-0-KE", members={"ek": None}),
    ),
    (
        MalformedTokenError,
        "ek: the encapsulated secret does not have the length, or is not a key, of its KEM",
        opens_hpke("HPKE-0-KE", sent=b"", secret=bytes(32)),
    ),
    (
        MalformedTokenError,
        "the encrypted key does not have the size that enc makes",
        opens_hpke("HPKE-0-KE", encrypted_key=b""),
    ),
    (
        MalformedTokenError,
        "not all recipients are quantum-resistant, and one of them is",
        lambda: Decrypter(hpke_forge.key("HPKE-9-KE"), enc=ENC, form="general").decrypt(
            json.dumps(
                {
                    "protected": forge.b64(b'{"enc":"A128GCM"}'),
                    "recipients": [{"header": {"alg": alg}} for alg in ("HPKE-9-KE", "RSA-OAEP")],
                    "ciphertext": "",
                }
            )
        ),
    ),
    (
        ValueError,
        "integrated HPKE has no other recipients",
        lambda: (
            hpke_forge.key("HPKE-0")
            .public()
            ._management.wrap(WrapSettings(ENCS[ENC], Limits()), bytes(16))
        ),
    ),
    (
        ValueError,
        "a KEM on a curve has HKDF",
        lambda: key_schedule.extract_and_expand(ALGS["HPKE-9"].suite, b"", b""),
    ),
    (
        TypeError,
        "the key is not an ML-KEM key",
        lambda: ml_kem.MlKem(akp.generate("ML-DSA-44").public_key(), None),
    ),
    (
        TypeError,
        "the key is not an ML-DSA key",
        lambda: signatures.ml_dsa_check(akp.generate("ML-KEM-768").public_key()),
    ),
    (
        DecryptionError,
        "the token can't be opened with this key: `joseal doctor --key` can tell why",
        opens(made()._replace(tag=bytes(16))),
    ),
]
# What strict_json and the signatures tell themselves: it never leaves them.
INNER = {"duplicate member", "too many digits", "no finite number"}


@each_row(("kind", "text", "call"), REFUSALS)
def test_refusal_says_exactly_this(kind, text, call):
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert str(caught.value) == text


def texts_in(path):
    """Yield every constant text that is raised, and for f-strings what is constant of them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error") and node.args:
            match node.args[-1]:
                case ast.Constant(value=str(text)):
                    yield re.escape(text)
                case ast.JoinedStr(values=values):
                    parts = (getattr(value, "value", None) for value in values)
                    yield "".join(
                        re.escape(part) if isinstance(part, str) else ".+" for part in parts
                    )


def test_table_of_refusals_is_whole():
    files = [
        PACKAGE / "_core/jwe.py",
        PACKAGE / "_core/decryption.py",
        PACKAGE / "_core/json_decryption.py",
        *(PACKAGE / "_core/wire").glob("*.py"),
        *(PACKAGE / "_core/algorithms").glob("*.py"),
    ]
    raised = {text for path in files for text in texts_in(path)} - {
        re.escape(text) for text in INNER
    }
    assert len(raised) > 30
    said = [
        text.partition(": ")[2] if kind is NotAllowedError else text
        for kind, text, _ in [*REFUSALS, *caller_mistakes.MISTAKES]
    ]
    assert {text for text in raised if not any(re.fullmatch(text, own) for own in said)} == set()
