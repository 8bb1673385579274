"""The figures of the RFCs and of the cookbook, for every alg.

What is refused on purpose stands here by number, with its reason. A case that comes out otherwise
than listed fails, and so does one that is not run.
"""

import functools
import json
from collections import Counter

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from tests.helpers import all_algorithms
from tests.helpers.forge import b64, unb64
from tests.vectors.vector_files import run

from joseal import (
    Decrypter,
    JoseError,
    Key,
    Limits,
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
from joseal.conformance.formats.cases import JSON_FORM


def read(folder, name):
    return json.loads((folder / name).read_text())


def wycheproof(folder, name):
    """Give the cases of a file, each with its group."""
    for group in read(folder, f"wycheproof/{name}_test.json")["testGroups"]:
        for case in group["tests"]:
            yield group, case


def text(token):
    """Cases in JSON serialization are given to us as what they are: text that is no compact token."""
    return token if isinstance(token, str) else json.dumps(token)


def outcome(run):
    """Return what came out, or the error; nothing outside our family is caught."""
    try:
        return run()
    except JoseError as error:
        refusal = error
    assert refusal.__cause__ is refusal.__context__ is None
    return refusal


@functools.cache
def loaded(jwk, alg, *, legacy):
    """Load a key once: a private RSA key takes its time."""
    return Key.from_jwk(jwk, alg=alg, legacy=legacy)


def opened(jwk, token, *, everything):
    key = loaded(json.dumps(jwk), None, legacy=everything)
    encs = [name for name, enc in ENCS.items() if key._serves(enc)]
    return Decrypter(key, enc=encs, accept_zip=everything).decrypt(text(token))


# Cases that pass, and cases of which joseal does otherwise on purpose, with the number of each.
WYCHEPROOF = {
    "json_web_encryption": (139, {}),
    "json_web_key": (26, {}),
    "json_web_crypto": (83, {}),
    "json_web_signature": (
        393,
        {
            "a key is bound to its own alg, PS256, and the token's is PS384": {"346", "350"},
            "the key's own alg, ES521, does not exist": {"347", "351"},
            "a character that is not of base64url stands in a segment": {"372", "373"},
            "marked invalid, but byte for byte the valid case 357, with the same key": {
                *("367", "370"),
            },
        },
    ),
}


@pytest.mark.parametrize(
    ("name", "passed", "differences"), [(n, *c) for n, c in WYCHEPROOF.items()]
)
def test_wycheproof_with_everything_switched_on(shared_vectors, name, passed, differences):
    report = run(shared_vectors / f"wycheproof/{name}_test.json")
    found = {}
    for result in report.results:
        if result.outcome is Outcome.DIFFERENT:
            found.setdefault(result.reason, set()).add(result.id)
    assert found == differences
    assert report.count(Outcome.PASSED) == passed
    assert report.count(Outcome.UNEXPECTED) == report.count(Outcome.NOT_RUN) == 0


def test_cases_that_contradict_themselves_are_listed(shared_vectors):
    """They are to the byte the token of the valid case, with the same key."""
    tokens = {
        case["tcId"]: (text(case["jws"]), json.dumps(group["private"]))
        for group, case in wycheproof(shared_vectors, "json_web_signature")
    }
    assert tokens[357] == tokens[367] == tokens[370]


# Valid cases that defaults refuse: RSA1_5 and compression are off unless they are named.
OFF_BY_DEFAULT = {"this alg is off: legacy=True loads a key that opens old tokens": 8}
COMPRESSED = {135: "zip"}


def test_wycheproof_encryption_with_defaults(shared_vectors):
    off, compressed, right = Counter(), {}, 0
    for group, case in wycheproof(shared_vectors, "json_web_encryption"):
        found = outcome(lambda: opened(group["private"], case["jwe"], everything=False))  # noqa: B023
        if isinstance(found, bytes) is (case["result"] == "valid"):
            right += 1
        elif isinstance(found, NotAllowedError):
            compressed[case["tcId"]] = found.member
        else:
            assert group["private"]["alg"] == "RSA1_5", case["tcId"]
            off[str(found)] += 1
    assert compressed == COMPRESSED
    assert off == OFF_BY_DEFAULT
    assert right == 139 - 1 - off.total()


def test_every_compact_token_of_other_libraries_opens(shared_vectors):
    seen, algs, encs, passed, without = Counter(), set(), set(), 0, Counter()
    for path in sorted((shared_vectors / "peers").glob("*.json")):
        report = run(path)
        assert report.count(Outcome.UNEXPECTED) == report.count(Outcome.DIFFERENT) == 0, path.name
        passed += report.count(Outcome.PASSED)
        without += Counter(r.reason for r in report.results if r.outcome is Outcome.NOT_RUN)
        for peer in json.loads(path.read_text())["verified"]:
            seen[peer["serialization"]] += 1
            if peer["serialization"] == "compact":
                algs.add(peer["alg"])
                encs.add(peer["enc"])
    assert seen == {"compact": 208, "flattened": 16, "general": 14}
    assert passed == seen["compact"]
    assert without == {JSON_FORM: 30}
    assert algs == set(ALGS)
    assert encs == set(ENCS) - {"C20P"}


# HPKE has no alg here: each of its tokens is refused, whatever key it is shown.
HPKE = {"compact": 16, "flattened": 16}


def test_hpke_is_not_supported(shared_vectors):
    opener = Decrypter(all_algorithms.key("ECDH-ES"), enc=list(ENCS))
    seen, codes = Counter(), Counter()
    for path in sorted((shared_vectors / "jose-hpke/examples/jwe").iterdir()):
        seen[path.stem.rpartition("-")[2]] += 1
        codes[outcome(lambda: opener.decrypt(path.read_text().strip())).code] += 1  # noqa: B023
        assert path.stem.rpartition("-")[0] not in ALGS
    assert seen == HPKE
    # Those that encrypt directly have no enc, which we demand of every header.
    assert codes == {"malformed": 24, "not_allowed": 8}


# RFC 7520 section 5, and RFC 7516, 7517, 7519: every compact figure, and every figure of a step.

NO_COMPACT_FORM = {"5_10", "5_11", "5_12", "5_13"}
FIGURES = {
    "rfc7516": (4, 2),  # A.1 to A.3 and appendix B; A.4 and A.5 have no compact form
    "rfc7517": (7, 1),  # of the keys of appendix A, one names no alg and no use
    "rfc7518_appendix_b": (3, 0),
    "rfc7518_appendix_c": (1, 0),
    "rfc7519": (2, 0),
    "rfc7638": (1, 0),
    "rfc7797": (2, 2),
    "rfc8037": (4, 0),
    "draft-amringer-jose-chacha": (2, 2),
}


def counts(report):
    assert report.count(Outcome.UNEXPECTED) == report.count(Outcome.DIFFERENT) == 0
    return report.count(Outcome.PASSED), report.count(Outcome.NOT_RUN)


def test_rfc_7520_section_5(shared_vectors):
    without, opened_ = set(), set()
    folder = shared_vectors / "ietf-jose-cookbook"
    for path in [*sorted((folder / "jwe").iterdir()), folder / "curve25519/ecdh-es.json"]:
        passed, _ = counts(run(path))
        (opened_ if passed else without).add(path.name.partition(".")[0])
    assert without == NO_COMPACT_FORM
    assert opened_ == {*(f"5_{number}" for number in range(1, 10)), "ecdh-es"}


def test_rfc_7520_section_6(shared_vectors):
    path = shared_vectors / "ietf-jose-cookbook/6.nesting_signatures_and_encryption.json"
    assert counts(run(path)) == (2, 2)


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


def test_rfc_7515_appendix_a_5_is_unsecured_and_refused():
    token = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    for alg in ("HS256", "RS256", "ES256"):
        with pytest.raises(NotAllowedError):
            Verifier(all_algorithms.signing_key(alg)).verify(token)
