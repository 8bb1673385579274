"""The figures of the RFCs and of the cookbook, for every alg.

What is refused on purpose stands here by number, with its reason. A case that comes out otherwise
than listed fails, and so does one that is not run.
"""

import json

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from tests.helpers import all_algorithms
from tests.helpers.forge import b64, unb64
from tests.vectors.vector_files import run

from joseal import (
    Decrypter,
    Key,
    Limits,
    MalformedTokenError,
    NotAllowedError,
    Signer,
    VerificationError,
    Verifier,
)
from joseal._core.algorithms import ecdh
from joseal._core.algorithms.key_management import UnwrapRequest
from joseal._core.algorithms.registry import ALGS, ENCS
from joseal._core.wire.header import parse_parameters
from joseal.conformance import Outcome


def read(folder, name):
    return json.loads((folder / name).read_text())


# RFC 7520 section 5, and RFC 7516, 7517, 7519: every figure, and every figure of a step.

FIGURES = {
    "rfc7516": (7, 0),
    "rfc7517": (7, 1),  # of the keys of appendix A, one names no alg and no use
    "rfc7518_appendix_b": (3, 0),
    "rfc7518_appendix_c": (1, 0),
    "rfc7519": (2, 0),
    "rfc7638": (1, 0),
    "rfc7797": (4, 0),
    "rfc8037": (4, 0),
    "draft-amringer-jose-chacha": (2, 2),
}


def counts(report):
    assert report.count(Outcome.UNEXPECTED) == report.count(Outcome.DIFFERENT) == 0
    return report.count(Outcome.PASSED), report.count(Outcome.NOT_RUN)


def test_rfc_7520_section_5(shared_vectors):
    opened_ = set()
    folder = shared_vectors / "ietf-jose-cookbook"
    for path in [*sorted((folder / "jwe").iterdir()), folder / "curve25519/ecdh-es.json"]:
        passed, not_run = counts(run(path))
        assert (passed > 0, not_run) == (True, 0)
        opened_.add(path.name.partition(".")[0])
    assert opened_ == {*(f"5_{number}" for number in range(1, 14)), "ecdh-es"}


def test_rfc_7520_section_6(shared_vectors):
    path = shared_vectors / "ietf-jose-cookbook/6.nesting_signatures_and_encryption.json"
    assert counts(run(path)) == (4, 0)


@pytest.mark.parametrize(("name", "expected"), FIGURES.items())
def test_figures_of_the_rfcs(shared_vectors, name, expected):
    assert counts(run(shared_vectors / f"rfc/{name}.json")) == expected


def test_rfc_7519_appendix_a_2_is_signed_inside(shared_vectors):
    figure = read(shared_vectors, "rfc/rfc7519.json")["vectors"][1]
    key = Key.from_jwk(figure["jwk"], alg=figure["alg"], legacy=True)
    token = Decrypter(key, enc=figure["enc"]).decrypt(figure["jwe"])
    signing = Verifier(Key.from_jwk(RFC_7515_A_2, alg="RS256"))
    assert json.loads(signing.verify(token))["iss"] == "joe"


# RFC 7515 appendix A.2.1.
RFC_7515_A_2 = {
    "kty": "RSA",
    "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    "e": "AQAB",
}


# RFC 7520 section 4, RFC 7515 appendix A, RFC 7797, RFC 8037: every compact signature.


def signatures(folder):
    for path in sorted((folder / "ietf-jose-cookbook/jws").iterdir()):
        yield path.name.partition(".")[0], json.loads(path.read_text())
    yield "curve25519", read(folder, "ietf-jose-cookbook/curve25519/jws.json")


def test_rfc_7520_section_4(shared_vectors):
    without, verified, reproduced = set(), set(), set()
    for section, example in signatures(shared_vectors):
        if "compact" not in example["output"]:
            without.add(section)
            continue
        told, token = example["input"], example["output"]["compact"]
        alg = told["alg"]
        key = Key.from_jwk(told["key"], alg=alg)
        payload = told["payload"].encode()
        beside = payload if section == "4_5" else None
        assert Verifier(all_algorithms.verifying(key)).verify(token, payload=beside) == payload, (
            section
        )
        verified.add(section)
        signer = Signer(
            key, detached=section == "4_5", write_kid="kid" in example["signing"]["protected"]
        )
        if example.get("reproducible"):
            assert signer.sign(payload) == token, section
            reproduced.add(section)
    assert verified == {"4_1", "4_2", "4_3", "4_4", "4_5", "curve25519"}
    assert without == {"4_6", "4_7", "4_8"}
    assert reproduced == {"4_1", "4_4", "4_5", "curve25519"}


def test_rfc_7797_section_4(shared_vectors):
    figure = read(shared_vectors, "rfc/rfc7797.json")
    key = Key.from_jwk(figure["jwk"], alg="HS256")
    payload = figure["payload"].encode()
    plain, detached = figure["b64_true"]["compact"], figure["b64_false"]["compact_detached"]
    assert Verifier(key).verify(plain) == payload
    assert Verifier(key, b64=False).verify(detached, payload=payload) == payload
    assert Signer(key).sign(payload) == plain
    assert Signer(key, b64=False, detached=True).sign(payload) == detached


def test_cookbook_of_rfc_7797(shared_vectors):
    compact = read(shared_vectors, "ietf-jose-cookbook/rfc7797/hmac-sha2_b64_false.json")
    names = [
        compact,
        read(shared_vectors, "ietf-jose-cookbook/rfc7797/4.2.hmac-sha2_b64_false.json"),
    ]
    (example,) = [example for example in names if "compact" in example["output"]]
    key = Key.from_jwk(example["input"]["key"])
    payload = example["input"]["payload"].encode()
    token = example["output"]["compact"]
    assert Verifier(key, b64=False).verify(token) == payload
    assert Signer(key, b64=False).sign(payload) == token


def test_cookbook_of_rfc_7797_that_does_not_list_b64_is_a_known_difference_in_each_form(
    shared_vectors,
):
    folder = shared_vectors / "ietf-jose-cookbook/rfc7797"
    report = run(folder / "4.2.hmac-sha2_b64_false.json")
    assert report.count(Outcome.UNEXPECTED) == 0
    assert report.count(Outcome.DIFFERENT) == 2
    assert run(folder / "hmac-sha2_b64_false.json").count(Outcome.PASSED) == 3


def test_rfc_8037_appendix_a(shared_vectors):
    figure = read(shared_vectors, "rfc/rfc8037.json")
    signing = Key.from_jwk(figure["ed25519"]["jwk"], alg="EdDSA")
    payload = figure["ed25519"]["payload"].encode()
    assert Signer(signing).sign(payload) == figure["ed25519"]["jws_compact"]
    assert Verifier(signing.public()).verify(figure["ed25519"]["jws_compact"]) == payload
    other = Verifier(Key.from_jwk(figure["ed25519"]["public_jwk"], alg="Ed25519"))
    with pytest.raises(NotAllowedError):
        other.verify(figure["ed25519"]["jws_compact"])
    # Appendix A.6 and A.7: what the recipient derives from the printed epk and Z.
    for name, curve in (("x25519", "X25519"), ("x448", "X448")):
        header = figure[name]["header"]
        z = bytes.fromhex(figure[name]["Z"])
        key = Key.from_jwk(figure[name]["recipient_public_jwk"], alg=header["alg"])
        assert key.kid == header["kid"]
        size = all_algorithms.ECDH[header["alg"]]
        kek = all_algorithms.concat_kdf(z, header["alg"], size)
        mechanism = Key.from_jwk(all_algorithms.private_jwk(curve), alg=header["alg"])
        # The printed recipient has no private half: the agreed secret stands for it.
        device = ecdh.EcdhEs(ALGS[header["alg"]], mechanism._public_material(), lambda _, z=z: z)
        enc = ENCS[header["enc"]]
        cek = bytes(range(enc.cek_bytes))
        request = UnwrapRequest(
            enc, parse_parameters(header).known, aes_key_wrap(kek, cek), Limits()
        )
        assert device.check_public(request)() == cek


RFC_7515 = {
    "A.1": (
        "HS256",
        {
            "kty": "oct",
            "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        },
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ),
    "A.3": (
        "ES256",
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        },
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    ),
}


@pytest.mark.parametrize("section", RFC_7515)
def test_rfc_7515_appendix_a(section):
    alg, jwk, token = RFC_7515[section]
    payload = b'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'
    assert Verifier(Key.from_jwk(jwk, alg=alg)).verify(token) == payload
    head, shown, tail = token.split(".")
    changed = b64(unb64(shown).replace(b"joe", b"eve"))
    with pytest.raises(VerificationError):
        Verifier(Key.from_jwk(jwk, alg=alg)).verify(f"{head}.{changed}.{tail}")


# RFC 7515 appendix A.6.4: signed with the keys of A.2 and of A.3, whose kid nothing authenticates.
RFC_7515_A_6 = {
    "payload": "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    "signatures": [
        {
            "protected": "eyJhbGciOiJSUzI1NiJ9",
            "header": {"kid": "2010-12-29"},
            "signature": "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        },
        {
            "protected": "eyJhbGciOiJFUzI1NiJ9",
            "header": {"kid": "e9bc097a-ce51-4036-9562-d2ade882db0d"},
            "signature": "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        },
    ],
}
# Appendix A.7: the second of the signatures, flattened.
RFC_7515_A_7 = {"payload": RFC_7515_A_6["payload"], **RFC_7515_A_6["signatures"][1]}
KEYS_OF_A_6 = [(RFC_7515_A_2, "RS256"), (RFC_7515["A.3"][1], "ES256")]


def eve(message):
    """The message with a different payload."""
    return json.dumps(
        {**message, "payload": b64(unb64(message["payload"]).replace(b"joe", b"eve"))}
    )


@pytest.mark.parametrize("place", [0, 1])
def test_rfc_7515_appendix_a_6_verifies_with_the_key_of_each_signature(place):
    jwk, alg = KEYS_OF_A_6[place]
    own = RFC_7515_A_6["signatures"][place]
    key = Key.from_jwk({**jwk, **own["header"]}, alg=alg)
    verifier = Verifier(key, form="general")
    found = verifier.open(json.dumps(RFC_7515_A_6))
    assert (found.payload, found.key) == (unb64(RFC_7515_A_6["payload"]), key)
    with pytest.raises(VerificationError):
        verifier.verify(eve(RFC_7515_A_6))


def test_rfc_7515_appendix_a_7_verifies_flattened():
    jwk, alg = KEYS_OF_A_6[1]
    key = Key.from_jwk({**jwk, **RFC_7515_A_7["header"]}, alg=alg)
    verifier = Verifier(key, form="flattened")
    assert verifier.verify(json.dumps(RFC_7515_A_7)) == unb64(RFC_7515_A_6["payload"])
    with pytest.raises(VerificationError):
        verifier.verify(eve(RFC_7515_A_7))
    with pytest.raises(MalformedTokenError):
        verifier.verify(json.dumps(RFC_7515_A_6))


def test_rfc_7515_appendix_a_5_is_unsecured_and_refused():
    token = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    for alg in ("HS256", "RS256", "ES256"):
        with pytest.raises(NotAllowedError):
            Verifier(all_algorithms.signing_key(alg)).verify(token)
