"""The most work that a stranger's bytes can ask for, by input: time, size, and time for each byte.

    python -m bench.timing.worst

Every input is refused, or is one that costs the most before it is. Each is measured as the least
thread CPU time of several runs, so that a busy machine gives the same figures. SECURITY.md has the
table as it was measured once.
"""

import json
import math
import sys
import time
import zlib
from contextlib import suppress

from cryptography.hazmat.primitives.asymmetric import rsa

from joseal import (
    Decrypter,
    Encrypter,
    JoseError,
    Key,
    KeySet,
    Limits,
    Signer,
    VerifiedToken,
    Verifier,
    profiles,
)
from joseal._core.wire import base64url
from joseal.claims import Claims
from joseal.juspay.log_filter import redact
from joseal.remote import documents

MIB = 1024 * 1024
RUNS = 5
ENC = "A128GCM"
CURVES = ("P-256", "P-384", "P-521", "X25519", "X448")


def text(raw):
    return base64url.encode(raw).decode()


def token(header, encrypted_key=b"", ciphertext=b""):
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    parts = (head, encrypted_key, bytes(12), ciphertext, bytes(16))
    return ".".join(map(text, parts))


def headed(members):
    return {"alg": "dir", "enc": ENC, **members}


def epk(key):
    return {name: value for name, value in key.to_jwk().items() if name in ("kty", "crv", "x", "y")}


def tokens():
    """Yield what it is, the call, and the input."""
    direct = Key.generate("dir", size=16)
    opener = Decrypter(direct, enc=ENC)
    yield "16 MiB of dots", opener.decrypt, "." * (16 * MIB)
    yield "16 MiB, the last character not ASCII", opener.decrypt, "a" * (16 * MIB - 1) + "\xe9"
    yield "16 MiB, a bad tag segment", opener.decrypt, token(headed({})) + "a" * (16 * MIB) + "!"
    yield "16 MiB, bad tag", opener.decrypt, token(headed({}), ciphertext=bytes(12 * MIB - 99))
    depth = b"[" * 8000 + b"]" * 8000
    yield "header of brackets, 16 KB", opener.decrypt, token(depth)
    many = {f"m{i}": i for i in range(1100)}
    yield "header of 1,100 members, 16 KB", opener.decrypt, token(headed(many))
    yield "header of one string, 16 KB", opener.decrypt, token(headed({"x": "a" * 16000}))
    digits = b'{"alg":"dir","x":' + b"9" * 16000 + b"}"
    yield "header of one number, 16 KB", opener.decrypt, token(digits)
    yield "RSA-OAEP, 2048 bits", *rsa_token(2048)
    yield "RSA-OAEP, 4096 bits", *rsa_token(4096)
    for curve in CURVES:
        key = Key.generate("ECDH-ES", curve=curve)
        members = {"alg": "ECDH-ES", "enc": ENC, "epk": epk(Key.generate("ECDH-ES", curve=curve))}
        yield f"ECDH-ES, {curve}", Decrypter(key, enc=ENC).decrypt, token(members)
    keys = [Key.generate("ECDH-ES", curve="X448") for _ in range(1000)]
    low = {"kty": "OKP", "crv": "X448", "x": text(bytes(56))}
    members = {"alg": "ECDH-ES", "enc": ENC, "epk": low}
    yield "ECDH-ES, low order, 1,000 keys", Decrypter(keys, enc=ENC).decrypt, token(members)
    members["epk"] = epk(Key.generate("ECDH-ES", curve="X448"))
    yield "ECDH-ES, X448, 1,000 keys (4 tried)", Decrypter(keys, enc=ENC).decrypt, token(members)
    for alg in ("PBES2-HS256+A128KW", "PBES2-HS512+A256KW"):
        members = {"alg": alg, "enc": ENC, "p2s": text(bytes(8)), "p2c": Limits().pbes2_iterations}
        opener = Decrypter(Key.from_password("x", alg=alg), enc=ENC)
        yield f"{alg}, p2c 600,000", opener.decrypt, token(members, bytes(24))
    yield "zip, where it is accepted", *zip_token(direct)
    for alg in ("HPKE-0", "HPKE-2", "HPKE-9", "HPKE-13"):
        key = Key.generate(alg)
        sealed = Encrypter(key.public()).encrypt(b"x").split(".")
        sealed[3] = text(bytes(17))
        yield alg, Decrypter(key).decrypt, ".".join(sealed)


def rsa_token(bits):
    key = Key.generate("RSA-OAEP", size=bits)
    members = {"alg": "RSA-OAEP", "enc": ENC}
    return Decrypter(key, enc=ENC).decrypt, token(members, bytes(bits // 8 - 1) + b"\1")


def zip_token(key):
    """Only who has the key can make one: a compressed token is inflated after its tag."""
    plaintext = bytes(Limits().inflated_bytes)
    sealed = Encrypter(key, enc=ENC, compress=True).encrypt(plaintext)
    assert len(zlib.compress(plaintext)) < len(sealed) < 1000
    return Decrypter(key, enc=ENC, accept_zip=True).decrypt, sealed


def message(recipients):
    common = {"iv": text(bytes(12)), "ciphertext": "AAAA", "tag": text(bytes(16))}
    return json.dumps({"protected": text(b'{"enc":"A128GCM"}'), "recipients": recipients, **common})


def general(keys, own, encrypted_key):
    """Return a call and a message with as many recipients as are taken, none of which opens."""
    one = {"header": own, "encrypted_key": text(encrypted_key)}
    opener = Decrypter(keys, enc=ENC, form="general")
    return opener.decrypt, message([one] * Limits().recipients)


def messages():
    """JSON forms: work for each recipient, and texts that are refused for their size."""
    key = Key.generate("RSA-OAEP", size=4096)
    own = {"alg": "RSA-OAEP"}
    yield "JSON, 16 recipients, RSA-OAEP, 4096 bits", *general(key, own, bytes(511) + b"\1")
    keys = [Key.generate("ECDH-ES+A128KW", curve="P-384") for _ in range(100)]
    own = {"alg": "ECDH-ES+A128KW", "epk": epk(Key.generate("ECDH-ES", curve="P-384"))}
    yield "JSON, 16 recipients, ECDH-ES, P-384, 100 keys", *general(keys, own, bytes(24))
    keys = [Key.generate("A128KW") for _ in range(1000)]
    yield "JSON, 16 recipients, A128KW, 1,000 keys", *general(keys, {"alg": "A128KW"}, b"")
    alg = "PBES2-HS512+A256KW"
    own = {"alg": alg, "p2s": text(bytes(8)), "p2c": Limits().pbes2_iterations // 16}
    key = Key.from_password("x", alg=alg)
    yield "JSON, 16 recipients, PBES2-HS512, p2c 600,000", *general(key, own, bytes(24))
    opener = Decrypter(Key.generate("dir", size=16), enc=ENC, form="general")
    many = message([{"header": {"alg": "dir"}}] * 5001)
    yield "JSON, 5,001 recipients", opener.decrypt, many
    yield "JSON, 24 MiB of quotes", opener.decrypt, '"' * (24 * MIB)
    yield "JSON, 24 MiB of brackets", opener.decrypt, "[" * (24 * MIB)
    blanks = '{"a":' + "[" * 20 + "]" * 20 + " " * (24 * MIB - 46) + "}"
    yield "JSON, 24 MiB of blanks, 20 brackets", opener.decrypt, blanks
    empty = '{"a":' + "[" * 20 + '""' * (12 * MIB - 13)
    yield "JSON, 24 MiB of empty strings, 20 brackets", opener.decrypt, empty
    one = {"protected": text(b'{"alg":"ES512"}'), "signature": text(bytes(131) + b"\1")}
    keys = [Key.generate("ES512", kid=str(number)).public() for number in range(100)]
    signed = json.dumps({"payload": "AAAA", "signatures": [one] * Limits().recipients})
    yield "JSON, 16 signatures, ES512, 100 keys", Verifier(keys, form="general").verify, signed


def remote_and_claims():
    rules = documents.rules({"P-521": "ES512", "Ed448": "EdDSA"}, "sig", private=False)
    for alg, curve in (("ES512", "P-521"), ("EdDSA", "Ed448")):
        listed = [{**Key.generate(alg, curve=curve).to_jwk(), "kid": str(i)} for i in range(100)]
        given = json.dumps({"keys": listed}).encode()
        yield (
            f"remote JWK Set of 100 keys on {curve}",
            lambda raw: documents.read(raw, rules),
            given,
        )
    brackets = b"[" * (256 * 1024)
    yield "remote JWK Set, 256 KiB of brackets", lambda raw: documents.read(raw, rules), brackets
    key = Key.generate("HS256")
    claims = Claims(any_audience=True, expires=False, require=())

    def read(payload):
        return claims.read(VerifiedToken(payload, {}, key))

    yield "claims, 8,000 empty objects", read, b'{"a":[' + b"{}," * 8_000 + b"{}]}"
    yield "claims, 16 MiB of empty objects", read, b'{"a":[' + b"{}," * (5 * MIB) + b"{}]}"
    yield "claims, 16 MiB of quotes", read, b'{"a":"' + b'\\"' * (8 * MIB - 10) + b'"}'
    yield "claims, one text of 16 MiB", read, b'{"a":"' + b"a" * (16 * MIB - 10) + b'"}'
    opener = profiles.VISA_MLE.counterpart().decrypter(Key.generate("RSA-OAEP-256"))
    yield (
        "body, 24 MiB of empty objects",
        opener.decrypt,
        b'{"a":[' + b"{}," * (8 * MIB - 9) + b"0]}",
    )


def signatures():
    for alg, curve in (
        ("RS256", None),
        ("ES256", None),
        ("ES512", None),
        ("EdDSA", "Ed448"),
        ("ML-DSA-87", None),
    ):
        key = Key.generate(alg, curve=curve)
        signed = Signer(key).sign(b"x")
        bent = signed[:-8] + ("AAAAAAAA" if signed[-8:] != "AAAAAAAA" else "BBBBBBBB")
        yield f"JWS, {alg} {curve or ''}".rstrip(), Verifier(key.public()).verify, bent


def load(**settings):
    def run(data):
        if isinstance(data, bytes):
            return Key.from_der(data, **settings)
        return Key.from_pem(data, **settings)

    return run


def long_rsa_jwk():
    """Return a private key of two Mersenne primes, which need not be searched for."""
    p, q, e = 2**4253 - 1, 2**4423 - 1, 65537
    private = pow(e, -1, math.lcm(p - 1, q - 1))
    crt = (private % (p - 1), private % (q - 1), pow(q, -1, p))
    values = dict(zip(("d", "p", "q", "dp", "dq", "qi"), (private, p, q, *crt), strict=True))
    own = {
        name: text(value.to_bytes((value.bit_length() + 7) // 8, "big"))
        for name, value in values.items()
    }
    return {**rsa_jwk_of(p * q), **own}


def keys():
    for bits in (2048, 4096):
        pem = Key.generate("RSA-OAEP", size=bits).to_pem(private=True)
        yield f"private RSA key, {bits} bits", load(alg="RSA-OAEP"), pem
    yield "private RSA key, 8676 bits", from_jwk("RSA-OAEP"), json.dumps(long_rsa_jwk())
    public = rsa.generate_private_key(65537, 4096).public_key().public_numbers()
    short = rsa_jwk_of(public.n)
    short["d"] = text((public.n - 2).to_bytes(512, "big"))
    yield "RSA JWK with a wrong d alone, 4096 bits", from_jwk("RSA-OAEP"), json.dumps(short)
    number = (1 << 16383) | rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
    yield "public RSA key, 16384 bits", from_jwk("RSA-OAEP"), json.dumps(rsa_jwk_of(number))
    for curve in ("P-521", "X448"):
        jwk = Key.generate("ECDH-ES", curve=curve).to_jwk(private=True)
        yield f"private key on {curve}", from_jwk("ECDH-ES"), json.dumps(jwk)
    jwk = Key.generate("EdDSA", curve="Ed448").to_jwk()
    yield "public key on Ed448", from_jwk("EdDSA"), json.dumps(jwk)
    listed = [{**Key.generate("ES512").to_jwk(), "kid": str(i)} for i in range(500)]
    yield "JWK Set of 500 keys on P-521", KeySet.from_jwks, json.dumps({"keys": listed})
    yield "1 MiB of brackets as JWK Set", KeySet.from_jwks, "[" * MIB
    yield "1 MiB of PEM", load(alg="ES256"), pem_of(MIB)
    begins = "-----BEGIN CERTIFICATE-----" * (MIB // 27)
    yield "1 MiB of certificates that don't end", load(alg="ES256"), begins
    members = json.dumps({"keys": [{"n": number} for number in range(MIB // 15)]})
    yield "1 MiB of members without a key, as JWK Set", KeySet.from_jwks, members
    yield "1 MiB of hyphens, in a log record", redact, "-" * MIB


def rsa_jwk_of(number):
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return {"kty": "RSA", "e": "AQAB", "n": text(raw)}


def from_jwk(alg):
    return lambda given: Key.from_jwk(given, alg=alg)


def pem_of(size):
    body = "\n".join(["A" * 64] * (size // 65))
    return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"


def least_seconds(call, given):
    best = float("inf")
    for _ in range(RUNS):
        began = time.thread_time_ns()
        with suppress(JoseError):
            call(given)
        best = min(best, (time.thread_time_ns() - began) / 1e9)
    return best


def main():
    print("| input | bytes | ms | us for each byte |\n|---|--:|--:|--:|")
    for what, call, given in (*tokens(), *messages(), *signatures(), *keys(), *remote_and_claims()):
        seconds = least_seconds(call, given)
        each = seconds * 1e6 / len(given)
        print(f"| {what} | {len(given):,} | {seconds * 1e3:,.3f} | {each:,.3f} |")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
