"""What a refusal says: constant text that names the rule, and never what was given.

Texts reach logs and people who look them up, so each is here as it stands. The table is whole: a
text that stands in the source and not in it fails the last test.
"""

import ast
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from tests.helpers import all_algorithms, forge

import joseal
from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    Limits,
    MalformedTokenError,
    NotAllowedError,
    TokenTooLargeError,
    UnknownKeyError,
)
from joseal._core.algorithms import ecdh, rsa
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


def made(alg=ALG, enc=ENC, **members):
    return forge.token(alg, enc, members=members)


def fresh(alg, enc=ENC, **replaced):
    """A token of our own, with parts replaced."""
    key = forge.sealing(all_algorithms.key(alg, enc))
    return forge.parts(Encrypter(key, enc=enc).encrypt(b"x"))._replace(**replaced)


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


def low_order():
    public = X25519PublicKey.from_public_bytes(bytes(32))
    return ecdh.EcdhEs(ALGS["ECDH-ES"], public, None).wrap(WrapSettings(ENCS[ENC], Limits()))


def counted_out():
    encrypter = Encrypter(all_algorithms.key("dir", ENC), enc=ENC)
    object.__setattr__(encrypter, "_tokens", iter([2**32]))
    return encrypter.encrypt(b"x")


CRIT = {
    "crit is empty or repeats a name": [],
    "crit names a registered or an absent member": ["alg"],
    "crit names a member that is not understood: see crit=": ["x"],
}
WRONG_TYPE = "a header member is missing or of the wrong type"
REFUSALS = [
    (TypeError, "the token must be str or bytes", opens(5)),
    (TypeError, "limits must be Limits", seals(limits=5)),
    (TypeError, "limits must be Limits", opens("", limits={})),
    (TypeError, "write_kid must be bool", seals(write_kid=1)),
    (TypeError, "compress must be bool", seals(compress="no")),
    (TypeError, "any_kid must be bool", opens("", any_kid=None)),
    (TypeError, "accept_zip must be bool", opens("", accept_zip="no")),
    (TypeError, "a limit must be an int", lambda: Limits(token_bytes=True)),
    (TypeError, "typ and cty must be str", opens("", typ=b"JWT")),
    (TypeError, "typ and cty must be str", opens("", cty=5)),
    (TypeError, "crit must be a collection of str", opens("", crit="b64")),
    (TypeError, "crit must be a collection of str", opens("", crit=5)),
    (TypeError, "crit must be a collection of str", opens("", crit=[5])),
    (TypeError, "header must be a mapping", seals(header=[("a", 1)])),
    (TypeError, "header must have str names", seals(header={1: 2})),
    (TypeError, "alg must be str", lambda: Key.generate(5)),
    (TypeError, "enc must be str", seals(enc=5)),
    (TypeError, "enc must be str or a collection of str", opens("", enc=5)),
    (TypeError, "enc must be str", opens("", enc=[5])),
    (TypeError, "key must be a Key", lambda: Encrypter("key", enc=ENC)),
    (TypeError, "plaintext must be bytes", seals("text")),
    (TypeError, "apu and apv must be bytes", seals(apu="a")),
    (TypeError, "apu and apv must be bytes", seals(apv=None)),
    (ValueError, "a limit must be from 1 to 2147483647", lambda: Limits(token_bytes=0)),
    (ValueError, "enc is not known", seals(enc="A128CBC")),
    (ValueError, "enc must name at least one content encryption", opens("", enc=[])),
    (ValueError, "apu and apv are for ECDH-ES only, and must differ", seals(apu=b"a")),
    (
        ValueError,
        "apu and apv are for ECDH-ES only, and must differ",
        seals(alg="ECDH-ES", apu=b"a", apv=b"a"),
    ),
    (
        ValueError,
        "a JWT must not have an unencoded payload",
        lambda: joseal.Signer(Key.generate("HS256"), header={"typ": "JWT"}, b64=False),
    ),
    (ValueError, "apu and apv are for ECDH-ES only, and must differ", seals(apv=b"a")),
    (ValueError, "the recipient's public key can't be used", low_order),
    (
        ValueError,
        "header sets a member that is managed: alg, enc, zip, epk or the like",
        seals(header={"p2c": 1}),
    ),
    (ValueError, "header has a value that strict JSON can't carry", seals(header={"a": b"x"})),
    (
        ValueError,
        "header sets a member that every token has already",
        lambda: Encrypter(all_algorithms.key(ALG), enc=ENC, header={"a": 1}).encrypt(
            b"", header={"a": 1}
        ),
    ),
    (ValueError, WRONG_TYPE, seals(header={"typ": 5})),
    (ValueError, "crit is empty or repeats a name", seals(header={"crit": []})),
    (MalformedTokenError, "the token is not ASCII", opens("é....")),
    (MalformedTokenError, "the token has another number of segments", opens(".....")),
    (MalformedTokenError, "the header is not one strict JSON object", opens(with_header(b"[]"))),
    (MalformedTokenError, WRONG_TYPE, opens(with_header(b'{"alg":5}'))),
    *((MalformedTokenError, text, opens(made(crit=names, x=1))) for text, names in CRIT.items()),
    (MalformedTokenError, "the header has no enc", opens(with_header(b'{"alg":"A128KW"}'))),
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
        "epk, apu or apv is not of its form, or epk is no such point",
        opens(fresh("ECDH-ES", header=b'{"alg":"ECDH-ES","enc":"A128GCM"}'), alg="ECDH-ES"),
    ),
    (
        MalformedTokenError,
        "iv, tag or encrypted key does not have the size it needs",
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
        "p2c: under 1000 or over the limit pbes2_iterations",
        opens(
            fresh("PBES2-HS256+A128KW"),
            alg="PBES2-HS256+A128KW",
            limits=Limits(pbes2_iterations=all_algorithms.ITERATIONS - 1),
        ),
    ),
    (NotAllowedError, "enc: not one that enc= names", opens(made(), enc="A256GCM")),
    (NotAllowedError, "enc: not the one that the key is for", mixed),
    (
        NotAllowedError,
        "zip: compressed tokens are refused without accept_zip=True",
        opens(made(zip="DEF")),
    ),
    (NotAllowedError, "zip: DEF is the only one there is", opens(made(zip="def"), accept_zip=True)),
    (NotAllowedError, "typ: not the one that typ= demands", opens(made(), typ="JWT")),
    (NotAllowedError, "cty: not the one that cty= demands", opens(made(), cty="JWT")),
    (InvalidKeyError, "this alg is not known", lambda: Key.generate("none")),
    (InvalidKeyError, "this key has made its 2^32 tokens: change the key", counted_out),
    (
        InvalidKeyError,
        "the policy house refuses A128GCM: why",
        seals(policy=Policy(name="house", refused={"A128GCM": "why"})),
    ),
    (
        InvalidKeyError,
        "RSA1_5 tokens are opened but never made",
        lambda: rsa.RsaEncryption(ALGS["RSA1_5"], forge.rsa_private().public_key(), None).wrap(
            WrapSettings(ENCS[ENC], Limits())
        ),
    ),
    (
        TokenTooLargeError,
        "over the limit token_bytes=9",
        opens("x" * 10, limits=Limits(token_bytes=9)),
    ),
    (TokenTooLargeError, "over the limit token_bytes=9", seals(limits=Limits(token_bytes=9))),
    (
        TokenTooLargeError,
        "over the limit header_bytes=9",
        opens(made(), limits=Limits(header_bytes=9)),
    ),
    (TokenTooLargeError, "over the limit header_bytes=9", seals(limits=Limits(header_bytes=9))),
    (
        TokenTooLargeError,
        "over the limit plaintext_bytes=5",
        opens(made(), limits=Limits(plaintext_bytes=5)),
    ),
    (
        TokenTooLargeError,
        "over the limit plaintext_bytes=5",
        seals(b"forged", limits=Limits(plaintext_bytes=5)),
    ),
    (
        TokenTooLargeError,
        "over the limit inflated_bytes=5",
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
        f"over the limit pbes2_iterations={all_algorithms.ITERATIONS - 1}",
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
        DecryptionError,
        "the token can't be opened with this key",
        opens(made()._replace(tag=bytes(16))),
    ),
]
# What strict_json and the signatures tell themselves: it never leaves them.
INNER = {"duplicate member", "too many digits", "no finite number"}


@pytest.mark.parametrize(("kind", "text", "call"), REFUSALS)
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
        *(PACKAGE / "_core/wire").glob("*.py"),
        *(PACKAGE / "_core/algorithms").glob("*.py"),
    ]
    raised = {text for path in files for text in texts_in(path)} - {
        re.escape(text) for text in INNER
    }
    assert len(raised) > 40
    said = [
        text.partition(": ")[2] if kind is NotAllowedError else text for kind, text, _ in REFUSALS
    ]
    assert {text for text in raised if not any(re.fullmatch(text, own) for own in said)} == set()
