"""Keys, tokens and their two layers, as a type checker sees them."""

from collections.abc import Mapping
from typing import Literal, assert_type

import joseal


def keys(pem: bytes, jwk: dict[str, str]) -> None:
    assert_type(joseal.Key.from_pem(pem, alg="RSA-OAEP"), joseal.Key)
    assert_type(joseal.Key.from_der(pem, alg="RSA-OAEP", kid="a"), joseal.Key)
    assert_type(joseal.Key.from_env("KEY", alg="RSA-OAEP", password="b"), joseal.Key)
    assert_type(joseal.Key.from_jwk(jwk), joseal.Key)
    assert_type(joseal.Key.from_pkcs12(pem, alg="RSA-OAEP"), joseal.Key)
    assert_type(joseal.Key.from_password("b", alg="PBES2-HS256+A128KW"), joseal.Key)
    key = joseal.Key.generate("ECDH-ES", curve="X25519")
    assert_type(key, joseal.Key)
    assert_type(key.public(), joseal.Key)
    assert_type(key.alg, joseal.Alg | joseal.SigAlg)
    joseal.Key.from_pem(pem, alg=key.alg)
    assert_type(key.kid, str | None)
    assert_type(key.thumbprint(), str)
    assert_type(key.to_jwk(private=False), dict[str, object])
    assert_type(joseal.KeySet.from_jwks(pem), joseal.KeySet)
    assert_type(joseal.KeySet([key]).skipped, tuple[tuple[int, str], ...])


def misused_keys(pem: bytes, key: joseal.Key) -> None:
    joseal.Key.from_pem(pem)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    joseal.Key.from_pem(pem, "RSA-OAEP")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    joseal.Key.from_pem(None, alg="RSA-OAEP")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Key.from_der("MII", alg="RSA-OAEP")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Key.generate("RSA-OAEP", size="2048")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.KeySet(key)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    key.kid = "b"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def misspelled_algorithms(pem: bytes, key: joseal.Key, ring: joseal.KeySet, name: str) -> None:
    joseal.Key.generate("RSA-OEAP")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Key.generate("A256GCM")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Key.generate("ECDH-ES", curve="P256")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Key.generate(name)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Key.from_pem(pem, alg="RS265")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Key.from_der(pem, alg="rsa-oaep")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Key.from_env("KEY", alg="OAEP")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Key.from_jwk(pem, alg="none")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Key.from_pkcs12(pem, alg="ES-256")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Key.from_password("b", alg="A128KW")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.KeySet.from_jwks(pem, alg="HS-256")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Encrypter(key, enc="A256-GCM")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Encrypter(key, enc="RSA-OAEP")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Decrypter(ring, enc="A256-GCM")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Decrypter(ring, enc=["A256GCM", "A256CBC"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]


def names_as_types(key: joseal.Key, alg: joseal.Alg, enc: joseal.Enc, sig: joseal.SigAlg) -> None:
    assert_type(joseal.Key.generate(alg), joseal.Key)
    assert_type(joseal.Key.generate(sig), joseal.Key)
    assert_type(joseal.Encrypter(key, enc=enc), joseal.Encrypter)
    assert_type(joseal.Decrypter(key, enc=[enc, "A256GCM"]), joseal.Decrypter)
    assert_type(joseal.__version__, str)
    joseal.Encryptor(key)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def jwe(key: joseal.Key, ring: joseal.KeySet, token: str | bytes) -> None:
    sealer = joseal.Encrypter(key, enc="A256GCM", header={"typ": "JWT", "iat": 1, "x5c": ["a"]})
    assert_type(sealer.encrypt(b"a", header={"iat": 1}), str)
    opener = joseal.Decrypter(ring, enc={"A256GCM", "A128GCM"})
    assert_type(opener.decrypt(token), bytes)
    opened = opener.open(token)
    assert_type(opened, joseal.DecryptedToken)
    assert_type(opened.plaintext, bytes)
    assert_type(opened.header, Mapping[str, object])
    assert_type(opened.key, joseal.Key)
    joseal.Decrypter([key], enc="A256GCM", policy=joseal.MODERN, limits=joseal.Limits())


def hpke_takes_no_enc_and_an_info(key: joseal.Key) -> None:
    assert_type(joseal.Encrypter(key).encrypt(b"a", info=b"session"), str)
    assert_type(joseal.Decrypter(key).decrypt("a...b.", info=b"session"), bytes)
    assert_type(joseal.Key.generate("HPKE-9-KE"), joseal.Key)
    assert_type(joseal.Key.generate("ML-DSA-65"), joseal.Key)


def misused_jwe(key: joseal.Key, sealer: joseal.Encrypter, opener: joseal.Decrypter) -> None:
    joseal.Encrypter("-----BEGIN", enc="A256GCM")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Encrypter(key, enc=["A256GCM"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Decrypter(key, enc="A256")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sealer.encrypt(b"a", info="session")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    opener.open("a.b.c.d.e", info=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Limits(1024)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sealer.encrypt("text")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sealer.encrypt({"pan": "1"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sealer.encrypt(b"a", {"iat": 1})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sealer.decrypt("a.b.c.d.e")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    opener.decrypt(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    opener.decrypt("a.b.c.d.e").encode()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    opener.decrypt("a.b.c.d.e", key)  # type: ignore[call-arg, arg-type]  # pyright: ignore[reportCallIssue]


def untyped_header_is_narrowed_first(opened: joseal.DecryptedToken) -> None:
    opened.header["iat"] + 1  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]
    issued = opened.header["iat"]
    if isinstance(issued, int):
        assert_type(issued + 1, int)


def jws(key: joseal.Key, token: str | bytes) -> None:
    assert_type(joseal.Signer(key, detached=True).sign(b"a"), str)
    verifier = joseal.Verifier(key, typ="JWT")
    assert_type(verifier.verify(token, payload=b"a"), bytes)
    verified = verifier.open(token)
    assert_type(verified, joseal.VerifiedToken)
    assert_type(verified.payload, bytes)
    assert_type(verified.header, Mapping[str, object])
    assert_type(verified.key, joseal.Key)
    joseal.Signer(key).sign("a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    verifier.verify(token, b"a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    joseal.Verifier(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def before_a_token_is_opened(
    token: str, verifiers: Mapping[str, joseal.Verifier], decrypter: joseal.Decrypter
) -> None:
    header = joseal.peek(token)
    assert_type(header, joseal.UntrustedHeader)
    assert_type(header.kid, str | None)
    assert_type(header.form, Literal["JWE", "JWS"])
    assert_type(header.parameters, Mapping[str, object])
    joseal.Verifier(header)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(joseal.KeyResolver(verifiers.get).open(token), joseal.VerifiedToken)
    resolver = joseal.KeyResolver(lambda _kid: decrypter, capacity=10)
    assert_type(resolver.open(token), joseal.DecryptedToken)
    joseal.KeyResolver(token)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def nested(
    signer: joseal.Signer,
    verifier: joseal.Verifier,
    encrypter: joseal.Encrypter,
    decrypter: joseal.Decrypter,
) -> None:
    token = joseal.SignThenEncrypt(signer, encrypter).encrypt(b"a")
    assert_type(token, str)
    opened = joseal.DecryptThenVerify(decrypter, verifier).open(token)
    assert_type(opened, joseal.NestedToken)
    assert_type(opened.payload, bytes)
    assert_type(opened.signed_by, joseal.Key | None)
    assert_type(joseal.EncryptThenSign(encrypter, signer, cty=None).encrypt(b"a"), str)
    assert_type(joseal.VerifyThenDecrypt(verifier, decrypter).open(token), joseal.NestedToken)
    joseal.SignThenEncrypt(encrypter, signer)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.DecryptThenVerify(verifier, decrypter)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def errors(opener: joseal.Decrypter, token: str) -> None:
    try:
        opener.decrypt(token)
    except joseal.TokenTooLargeError as error:
        assert_type(error.limit, str)
        assert_type(error.maximum, int)
        assert_type(error.found, int | None)
        assert_type(error.layer, Literal["outer", "inner"] | None)
    except joseal.NotAllowedError as error:
        assert_type(error.parameter, str)
    except joseal.JoseError as error:
        assert_type(error.code, str)


def errors_of_an_api(error: joseal.ApiError, unsent: joseal.TransportError) -> None:
    assert_type(error.status, int)
    assert_type(error.error_code, str)
    assert_type(unsent.maybe_sent, bool)
