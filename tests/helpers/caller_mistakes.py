"""Mistakes that callers and peers make, each with the exact text that names it.

A text may have what the caller gave by name, and of a token counts, positions and registered names.
`SECRETS` is everything else that was in play: no text has any of it.
"""

import functools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import PosixPath

from tests.helpers import all_algorithms, forge

import joseal
from joseal import Decrypter, Encrypter, Key, KeySet, Limits, Policy, Signer, Verifier
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS

ENC = "A128GCM"
VALUE = "4111111111111111"
PBES2 = "PBES2-HS256+A128KW"
PASSWORD = "correct-horse-battery"
ALG_NAMES = "the known names are " + ", ".join((*ALGS, *SIGS))
ENC_NAMES = "the known names are " + ", ".join(ENCS)

Mistake = tuple[type[Exception], str, Callable[[], object]]


def shared(alg: str = "A128KW", kid: str | None = None) -> Key:
    return all_algorithms.key(alg, kid=kid)


@functools.cache
def pair(alg: str = "RSA-OAEP-256") -> Key:
    return all_algorithms.key(alg)


@functools.cache
def signing() -> Key:
    return all_algorithms.signing_key("ES256")


@functools.cache
def pem() -> str:
    return pair().to_pem(private=True)


@functools.cache
def token() -> str:
    return Encrypter(shared(), enc=ENC).encrypt(VALUE.encode())


@functools.cache
def signed() -> str:
    return Signer(signing()).sign(VALUE.encode())


def encrypter(**settings: object) -> Encrypter:
    return Encrypter(shared(), **{"enc": ENC, **settings})


def decrypts(text: object, key: object = None, **settings: object) -> Callable[[], object]:
    return lambda: Decrypter(shared() if key is None else key, **{"enc": ENC, **settings}).decrypt(
        text() if callable(text) else text
    )


def encrypts(plaintext: object = b"x", header: object = None, **settings: object):
    return lambda: encrypter(**settings).encrypt(plaintext, header=header)


def verifies(text: object, **settings: object) -> Callable[[], object]:
    return lambda: Verifier(signing(), **settings).verify(text() if callable(text) else text)


def with_header(**members: object) -> Callable[[], str]:
    members = {"alg": "A128KW", "enc": ENC, **members}
    kept = {name: value for name, value in members.items() if value is not None}
    return lambda: str(forge.token("A128KW", ENC)._replace(header=json.dumps(kept).encode()))


def segment(number: int, change: Callable[[str], str]) -> Callable[[], str]:
    def changed() -> str:
        parts = token().split(".")
        parts[number] = change(parts[number])
        return ".".join(parts)

    return changed


def few_iterations() -> str:
    made = Encrypter(shared(PBES2), enc=ENC).encrypt(b"x")
    members = {"alg": PBES2, "enc": ENC, "p2s": forge.b64(bytes(16)), "p2c": 999}
    return str(forge.parts(made)._replace(header=json.dumps(members).encode()))


def nested(order: str, outer: str | None = None, **inner: object) -> Callable[[], object]:
    make, open_ = {
        "outer": (joseal.SignThenEncrypt, joseal.DecryptThenVerify),
        "inner": (joseal.EncryptThenSign, joseal.VerifyThenDecrypt),
    }[order]
    first = (Signer(signing()), encrypter())
    both = (
        Decrypter(shared(), enc=inner.get("enc", ENC)),
        Verifier(signing(), typ=inner.get("typ")),
    )
    pairs = (first, both) if order == "outer" else (first[::-1], both[::-1])
    return lambda: open_(*pairs[1]).decrypt(outer or make(*pairs[0]).encrypt(VALUE.encode()))


def jwk(**changes: object) -> dict[str, object]:
    return {**shared().to_jwk(private=True), **changes}


def keys() -> list[Mistake]:
    """Mistakes when a key is loaded or made."""
    key_error = joseal.InvalidKeyError
    return [
        (
            key_error,
            f"alg: RSA-OEAP is not known, did you mean RSA-OAEP ({ALG_NAMES})?",
            lambda: Key.generate("RSA-OEAP"),
        ),
        (
            key_error,
            f"alg: rsa-oaep-256 is not known, did you mean RSA-OAEP-256 ({ALG_NAMES})?",
            lambda: Key.from_pem(pem(), alg="rsa-oaep-256"),
        ),
        (
            key_error,
            f"alg: RSAOAEP256 is not known, did you mean RSA-OAEP-256 ({ALG_NAMES})?",
            lambda: Key.from_pem(pem(), alg="RSAOAEP256"),
        ),
        (
            key_error,
            f"alg: ES265 is not known, did you mean ES256 ({ALG_NAMES})?",
            lambda: Key.generate("ES265"),
        ),
        (
            key_error,
            f"alg: A256GCM is the name of a content encryption (enc): {ALG_NAMES}",
            lambda: Key.generate("A256GCM"),
        ),
        (
            key_error,
            f"alg is not a known name: {ALG_NAMES}",
            lambda: Key.from_pem(pem(), alg=PASSWORD),
        ),
        (
            key_error,
            f"alg is not a known name: {ALG_NAMES}",
            lambda: Key.from_jwk(jwk(alg=None) | {"alg": "A128KW"}, alg=VALUE),
        ),
        (
            key_error,
            f"alg: aes-256-gcm means A256GCM, a content encryption (enc): {ALG_NAMES}",
            lambda: Key.from_jwk(jwk(alg=None), alg="aes-256-gcm"),
        ),
        (
            key_error,
            f"alg: X25519 is the name of a curve (crv): {ALG_NAMES}",
            lambda: Key.from_jwk(jwk(alg=None), alg="X25519"),
        ),
        (
            key_error,
            f"alg: RSA is the name of a kind of key (kty): {ALG_NAMES}",
            lambda: Key.from_jwk(jwk(alg=None), alg="RSA"),
        ),
        (
            key_error,
            (
                "the symmetric key does not have the size that its alg needs: 32 bytes are here, "
                "A128KW needs 16; it is the hex of 16 bytes, decode it"
            ),
            lambda: Key.from_bytes(bytes(range(16, 32)).hex().encode(), alg="A128KW"),
        ),
        (
            key_error,
            (
                "the symmetric key does not have the size that its alg needs: 24 bytes are here, "
                "A128KW needs 16; it is the base64 of 16 bytes, decode it"
            ),
            lambda: Key.from_bytes(b"AAECAwQFBgcICQoLDA0ODw==", alg="A128KW"),
        ),
        (
            key_error,
            (
                "the symmetric key does not have the size that its alg needs: 20 bytes are here, "
                "dir needs 16 or 24 or 32 or 48 or 64"
            ),
            lambda: Key.from_bytes(bytes(range(1, 21)), alg="dir"),
        ),
        (
            key_error,
            f"the JWK's alg is not known: {ALG_NAMES}",
            lambda: Key.from_jwk(jwk(alg=VALUE)),
        ),
        (
            key_error,
            f"the JWK's alg is not known, did you mean RSA-OAEP-256: {ALG_NAMES}",
            lambda: Key.from_jwk(jwk(alg="RSA_OAEP_256")),
        ),
        (
            key_error,
            f"alg: A128KV is not known, did you mean A128KW ({ALG_NAMES})?",
            lambda: KeySet.from_jwks({"keys": [jwk()]}, alg="A128KV"),
        ),
        (
            key_error,
            "alg=A128KW takes no password: PBES2-HS256+A128KW, PBES2-HS384+A192KW, PBES2-HS512+A256KW do",
            lambda: Key.from_password(PASSWORD, alg="A128KW"),
        ),
        (
            key_error,
            "RSA1_5 is off: legacy=True loads a key that decrypts old tokens",
            lambda: Key.from_pem(pem(), alg="RSA1_5"),
        ),
        (
            key_error,
            "this is a path, not the contents: read the file first",
            lambda: Key.from_pem("/etc/keys/mine.pem", alg="RSA-OAEP"),
        ),
        (
            key_error,
            "this is a JWK: use Key.from_jwk",
            lambda: Key.from_pem(json.dumps(jwk()), alg="RSA-OAEP"),
        ),
        (
            key_error,
            "this is a DER file that is cut off: copy the whole file",
            lambda: Key.from_pem(b"0\x82\x01\x22", alg="RSA-OAEP"),
        ),
        (
            key_error,
            "2 PEM blocks (PRIVATE KEY, PRIVATE KEY): give the one that is meant",
            lambda: Key.from_pem(pem() * 2, alg="RSA-OAEP"),
        ),
        (
            key_error,
            "the JWK is not one strict JSON object: this is a private key in PEM: use Key.from_pem",
            lambda: Key.from_jwk(pem()),
        ),
        (
            key_error,
            "public must be a public key: use key.public()",
            lambda: Key.from_external(object(), public=pair()),
        ),
        (key_error, "a set of keys must not be empty", lambda: Decrypter([], enc=ENC)),
        (
            TypeError,
            "pem must be str or bytes, not PosixPath: give the text, not the path of its file",
            lambda: Key.from_pem(PosixPath("a"), alg="RSA-OAEP"),
        ),
        (TypeError, "data must be bytes, not str", lambda: Key.from_der(pem(), alg="RSA-OAEP")),
        (TypeError, "data must be bytes, not str", lambda: Key.from_pkcs12(pem(), alg="RSA-OAEP")),
        (TypeError, "jwk must be a mapping, str or bytes, not list", lambda: Key.from_jwk([jwk()])),
        (TypeError, "alg must be str, not None", lambda: Key.from_pem(pem(), alg=None)),
        (
            ValueError,
            "kid must be text that UTF-8 can carry",
            lambda: Key.generate("A128KW", kid="\ud800"),
        ),
        (TypeError, "kid must be str, not int", lambda: Key.generate("A128KW", kid=5)),
        (TypeError, "size must be int, not str", lambda: Key.generate("RSA-OAEP", size="2048")),
        (
            TypeError,
            "password must be str or bytes, not int",
            lambda: Key.from_password(5, alg="PBES2-HS256+A128KW"),
        ),
        (
            TypeError,
            "iterations must be int, not float",
            lambda: Key.from_password(PASSWORD, alg="PBES2-HS256+A128KW", iterations=1e6),
        ),
        (
            TypeError,
            "salt_bytes must be int, not bool",
            lambda: Key.from_password(PASSWORD, alg="PBES2-HS256+A128KW", salt_bytes=True),
        ),
        (TypeError, "name must be str, not int", lambda: Key.from_env(5, alg="RSA-OAEP")),
        (
            TypeError,
            "legacy must be bool, not str",
            lambda: Key.from_pem(pem(), alg="RSA-OAEP", legacy="no"),
        ),
        (
            TypeError,
            "public must be a Key, not str: load it first, for example with Key.from_pem or Key.from_jwk",
            lambda: Key.from_external(object(), public=pem()),
        ),
        (
            TypeError,
            "keys[1] must be a Key, not dict: load it first, with Key.from_jwk",
            lambda: KeySet([shared(), jwk()]),
        ),
    ]


def uses() -> list[Mistake]:
    """Mistakes when an object is prepared or something is encrypted or signed."""
    key_error = joseal.InvalidKeyError
    fits = "which does not fit A256GCM (32 bytes)"
    return [
        (
            ValueError,
            f"enc: A128-GCM is not known, did you mean A128GCM ({ENC_NAMES})?",
            encrypts(enc="A128-GCM"),
        ),
        (
            ValueError,
            f"enc: A256CBC is not known, did you mean A256CBC-HS512 ({ENC_NAMES})?",
            encrypts(enc="A256CBC"),
        ),
        (
            ValueError,
            f"enc: RSA-OAEP is the name of a key management algorithm (alg of an encryption key): {ENC_NAMES}",
            encrypts(enc="RSA-OAEP"),
        ),
        (
            ValueError,
            f"enc: RS256 is the name of a signature algorithm (alg of a signing key): {ENC_NAMES}",
            decrypts("", enc=["RS256"]),
        ),
        (ValueError, f"enc is not a known name: {ENC_NAMES}", encrypts(enc=PASSWORD)),
        (ValueError, "enc must name at least one content encryption", decrypts("", enc=[])),
        (TypeError, "enc must be str, not list", encrypts(enc=[ENC])),
        # None is the default, for a key whose alg has no enc: to this key it is missing.
        (
            TypeError,
            "enc is missing: a key for A128KW needs one, such as A256GCM",
            decrypts("", enc=None),
        ),
        (TypeError, "enc must be str or a collection of str, not int", decrypts("", enc=256)),
        (
            TypeError,
            "key must be a Key, not str: load it first, for example with Key.from_pem or Key.from_jwk",
            lambda: Encrypter(pem(), enc=ENC),
        ),
        (
            TypeError,
            "key must be a Key, not dict: load it first, with Key.from_jwk",
            lambda: Encrypter(jwk(), enc=ENC),
        ),
        (
            TypeError,
            "key must be a Key, not KeySet: choose one key",
            lambda: Encrypter(KeySet([shared()]), enc=ENC),
        ),
        (TypeError, "key must be a Key, not list: choose one key", lambda: Signer([signing()])),
        (
            TypeError,
            "key must be a Key, not RSAPrivateKey: load its PEM, with Key.from_pem",
            lambda: Signer(forge.rsa_private()),
        ),
        (
            TypeError,
            "keys must be a Key, not str: load it first, for example with Key.from_pem or Key.from_jwk",
            lambda: Decrypter(pem(), enc=ENC),
        ),
        (
            TypeError,
            "keys must be a Key, a KeySet or several keys, not None",
            lambda: Verifier(None),
        ),
        (TypeError, "plaintext must be bytes, not str: write plaintext.encode()", encrypts(VALUE)),
        (
            TypeError,
            "plaintext must be bytes, not dict: write json.dumps(plaintext).encode()",
            encrypts({"pan": VALUE}),
        ),
        (
            TypeError,
            "plaintext must be bytes, not bytearray: write bytes(plaintext)",
            encrypts(bytearray(VALUE.encode())),
        ),
        (TypeError, "plaintext must be bytes, not None", encrypts(None)),
        (
            TypeError,
            "payload must be bytes, not dict: write json.dumps(payload).encode()",
            lambda: Signer(signing()).sign({"pan": VALUE}),
        ),
        (TypeError, "header must be a mapping, not str", encrypts(header="typ")),
        (TypeError, "a name in header must be str, not int", encrypts(header={1: VALUE})),
        (
            ValueError,
            "header: alg is managed by joseal: it comes from the key",
            encrypts(header={"alg": VALUE}),
        ),
        (
            ValueError,
            "header: enc is managed by joseal: give enc=",
            encrypts(header={"enc": VALUE}),
        ),
        (
            ValueError,
            "header: zip is managed by joseal: give compress=",
            encrypts(header={"zip": "DEF"}),
        ),
        (ValueError, "header: epk is managed by joseal", encrypts(header={"epk": {}})),
        (
            ValueError,
            "header: b64 is managed by joseal: give b64=",
            lambda: Signer(signing(), header={"b64": False}),
        ),
        (
            ValueError,
            "header: strict JSON can't carry iat (datetime)",
            encrypts(header={"typ": "JWT", "iat": datetime(2027, 1, 1, tzinfo=UTC)}),
        ),
        (
            ValueError,
            "header: strict JSON can't carry one of its values (bytes)",
            encrypts(header={VALUE: b"x"}),
        ),
        (
            ValueError,
            "header: iat is set for every token already",
            lambda: encrypter(header={"iat": 1}).encrypt(b"", header={"iat": 2}),
        ),
        (ValueError, "the Header Parameter typ has the wrong type", encrypts(header={"typ": 5})),
        (ValueError, "apu and apv are for ECDH-ES, the key is bound to A128KW", encrypts(apu=b"a")),
        (TypeError, "apu must be bytes, not str: write apu.encode()", encrypts(apu="a")),
        (TypeError, "policy must be a Policy, not str", encrypts(policy="modern")),
        (
            TypeError,
            "limits must be Limits, not int: write Limits(token_bytes=...)",
            encrypts(limits=5),
        ),
        (TypeError, "compress must be bool, not int", encrypts(compress=1)),
        (TypeError, "typ must be str, not int", decrypts("", typ=5)),
        (TypeError, "cty must be str, not int", decrypts("", cty=5)),
        (TypeError, "crit must be a collection of str, not str", decrypts("", crit="exp")),
        (
            TypeError,
            "crit must be a collection of str, and a name in it, not int",
            decrypts("", crit=[5]),
        ),
        (
            key_error,
            "the key is private: encrypt for its public half, use key.public()",
            lambda: Encrypter(pair(), enc=ENC),
        ),
        (
            key_error,
            "the key is public: decrypting needs the private key",
            lambda: Decrypter(pair().public(), enc=ENC),
        ),
        (
            key_error,
            "keys[1]: the key is public: decrypting needs the private key",
            lambda: Decrypter([pair(), pair("RSA-OAEP").public()], enc=ENC),
        ),
        (
            key_error,
            "the key is public: signing needs the private key",
            lambda: Signer(signing().public()),
        ),
        (
            key_error,
            "the key is for signatures (ES256): use Signer or Verifier",
            lambda: Encrypter(signing().public(), enc=ENC),
        ),
        (
            key_error,
            "the key is for encryption (A128KW): use Encrypter or Decrypter",
            lambda: Verifier(shared()),
        ),
        (
            key_error,
            "keys[1]: the key is for encryption (RSA-OAEP-256): use Encrypter or Decrypter",
            lambda: Verifier([signing(), pair()]),
        ),
        (
            key_error,
            f"the dir key has 16 bytes, {fits}",
            lambda: Encrypter(all_algorithms.key("dir", ENC), enc="A256GCM"),
        ),
        (
            key_error,
            "the policy house refuses A128GCM: why",
            encrypts(policy=Policy(name="house", refused={ENC: "why"})),
        ),
        (
            TypeError,
            "signer must be a Signer, not Encrypter",
            lambda: joseal.SignThenEncrypt(encrypter(), Signer(signing())),
        ),
        (
            TypeError,
            "encrypter must be an Encrypter, not Key",
            lambda: joseal.SignThenEncrypt(Signer(signing()), shared()),
        ),
        (
            TypeError,
            "decrypter must be a Decrypter, not Verifier",
            lambda: joseal.DecryptThenVerify(Verifier(signing()), Verifier(signing())),
        ),
        (
            ValueError,
            "signer is detached, so the payload would be lost: leave out detached=",
            lambda: joseal.SignThenEncrypt(Signer(signing(), detached=True), encrypter()),
        ),
        (
            joseal.TokenTooLargeError,
            "over the limit plaintext_bytes=5: found 16",
            encrypts(VALUE.encode(), limits=Limits(plaintext_bytes=5)),
        ),
    ]


def tokens() -> list[Mistake]:
    """What is wrong with a token that came."""
    malformed, refused = joseal.MalformedTokenError, joseal.NotAllowedError
    space = "there is white space or a line end"
    return [
        (TypeError, "token must be str or bytes, not None", decrypts(lambda: None)),
        (
            TypeError,
            "token must be str or bytes, not dict",
            decrypts(lambda: {"ciphertext": VALUE}),
        ),
        (malformed, "expected 5 segments, found 3 (a signed token, JWS?)", decrypts(signed)),
        (malformed, "expected 3 segments, found 5 (an encrypted token, JWE?)", verifies(token)),
        (malformed, "expected 5 segments, found 1", decrypts(VALUE)),
        (malformed, "expected 5 segments, found 0 (an empty token)", decrypts("")),
        (
            malformed,
            "expected a compact token, found JSON (the JSON serialization?)",
            decrypts(lambda: json.dumps({"ciphertext": VALUE})),
        ),
        (
            malformed,
            "expected a compact token, found JSON (the JSON serialization?)",
            verifies(lambda: json.dumps({"payload": VALUE, "n": 0.1})),
        ),
        (malformed, f"{space} after the token", decrypts(lambda: token() + "\n")),
        (malformed, f"{space} before the token", decrypts(lambda: "  " + token())),
        (malformed, f"{space} after the token", verifies(lambda: signed() + "\r\n")),
        (malformed, "the token is in quotes", decrypts(lambda: f'"{token()}"')),
        (
            malformed,
            "the token begins with the word Bearer, which is not part of it",
            decrypts(lambda: "Bearer " + token()),
        ),
        (
            malformed,
            "the token is not ASCII: see position 3",
            decrypts(lambda: token()[:3] + "\u00e9" + token()[3:]),
        ),
        (
            malformed,
            "the token begins with a byte order mark",
            decrypts(lambda: "\ufeff" + token()),
        ),
        (
            malformed,
            "the token begins with a byte order mark",
            decrypts(lambda: b"\xef\xbb\xbf" + token().encode()),
        ),
        (
            malformed,
            "the encrypted key is padded with =, which base64url in a token never is",
            decrypts(segment(1, lambda text: text + "=")),
        ),
        (
            malformed,
            "the iv has white space or a line end in it",
            decrypts(segment(2, lambda text: text[:4] + "\n" + text[4:])),
        ),
        (
            malformed,
            "the ciphertext is base64 (+ and /), not base64url (- and _)",
            decrypts(segment(3, lambda text: "+/" + text[2:])),
        ),
        (
            malformed,
            "the tag is not canonical base64url",
            decrypts(segment(4, lambda text: text + "~")),
        ),
        (
            malformed,
            "the header is not one strict JSON object",
            decrypts(segment(0, lambda text: text[4:])),
        ),
        (malformed, "the header has no alg", decrypts(with_header(alg=None))),
        (
            malformed,
            "the header has no enc (that of a signed token, JWS?)",
            decrypts(with_header(enc=None)),
        ),
        (malformed, "the Header Parameter kid has the wrong type", decrypts(with_header(kid=5))),
        (malformed, "crit names enc, which it must not list", decrypts(with_header(crit=["enc"]))),
        (
            malformed,
            "crit[0] names a Header Parameter that is absent",
            decrypts(with_header(crit=[VALUE])),
        ),
        (
            malformed,
            "crit[0] names an extension that is not understood: crit= does not name it",
            decrypts(with_header(crit=["exp"], exp=1)),
        ),
        (
            refused,
            "alg: the token says A128KW, the key is bound to RSA-OAEP-256",
            decrypts(token, pair()),
        ),
        (
            refused,
            "alg: the token says A128KW, the keys are bound to RSA-OAEP-256, RSA-OAEP",
            decrypts(token, [pair(), pair("RSA-OAEP")]),
        ),
        (
            refused,
            "alg: the token has an alg that joseal does not know, the key is bound to A128KW",
            decrypts(with_header(alg=VALUE)),
        ),
        (
            refused,
            "alg: the token says none, the key is bound to ES256",
            verifies(lambda: all_algorithms.jws({"alg": "none"}, b"x", lambda _: b"")),
        ),
        (
            refused,
            "enc: the token says A128GCM, enc= accepts A256GCM, A128CBC-HS256",
            decrypts(token, enc=["A256GCM", "A128CBC-HS256"]),
        ),
        (
            refused,
            "enc: the token has an enc that joseal does not know, enc= accepts A128GCM",
            decrypts(with_header(enc=VALUE)),
        ),
        (
            refused,
            "zip: compressed tokens are refused without accept_zip=True",
            decrypts(with_header(zip="DEF")),
        ),
        (
            refused,
            "zip: DEF is the only registered value",
            decrypts(with_header(zip=VALUE), accept_zip=True),
        ),
        (
            refused,
            "p2c: the token asks for fewer than 1000 iterations",
            decrypts(few_iterations, all_algorithms.key(PBES2)),
        ),
        (refused, "typ: typ= demands JWT, the token has none", decrypts(token, typ="JWT")),
        (
            refused,
            "typ: typ= demands JWT, the token has a different one",
            decrypts(with_header(typ=VALUE), typ="JWT"),
        ),
        (
            joseal.TokenTooLargeError,
            f"over the limit token_bytes=100: found {len(token())}",
            decrypts(token, limits=Limits(token_bytes=100)),
        ),
        (
            joseal.UnknownKeyError,
            "no key here has the kid that the token names",
            decrypts(with_header(kid=VALUE), shared(kid="a")),
        ),
        (
            refused,
            "outer layer: enc: the token says A128GCM, enc= accepts A256GCM",
            nested("outer", enc="A256GCM"),
        ),
        (
            refused,
            "inner layer: typ: typ= demands JWT, the token has none",
            nested("outer", typ="JWT"),
        ),
        (
            refused,
            "inner layer: enc: the token says A128GCM, enc= accepts A256GCM",
            nested("inner", enc="A256GCM"),
        ),
        (
            malformed,
            "outer layer: expected 5 segments, found 3 (a signed token, JWS?)",
            nested("outer", signed()),
        ),
        (
            malformed,
            "outer layer: expected 3 segments, found 5 (an encrypted token, JWE?)",
            nested("inner", token()),
        ),
        (
            malformed,
            "inner layer: expected 3 segments, found 1",
            lambda: joseal.DecryptThenVerify(
                Decrypter(shared(), enc=ENC), Verifier(signing()), cty=None
            ).decrypt(token()),
        ),
        (
            refused,
            "outer layer: cty: cty= demands JWT, the token has none",
            lambda: joseal.DecryptThenVerify(
                Decrypter(shared(), enc=ENC), Verifier(signing())
            ).decrypt(token()),
        ),
        (
            joseal.DecryptionError,
            "the token can't be opened with this key: `joseal doctor --key` can tell why",
            decrypts(segment(4, lambda text: "AAAA" + text[4:])),
        ),
        (
            joseal.VerificationError,
            "the signature is not valid under this key: `joseal doctor --key` can tell why",
            verifies(lambda: signed()[:-8] + "AAAAAAAA"),
        ),
    ]


MISTAKES = [*keys(), *uses(), *tokens()]


def secrets() -> list[str]:
    """Return all that no text may have: token, keys, password and value."""
    parts = [*token().split("."), *signed().split(".")]
    return [
        VALUE,
        PASSWORD,
        str(shared().to_jwk(private=True)["k"]),
        *parts,
        *pem().split("\n")[1:3],
    ]
