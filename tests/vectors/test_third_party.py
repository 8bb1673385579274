"""Tokens and keys that others have published: RFCs, Wycheproof, and other libraries' own tests.

What joseal does not do, or refuses on purpose, stands here by name and number: a case that is not
run, or that comes out otherwise than listed, fails.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.vectors.vector_files import cases, outcome

from joseal import Decrypter, Key
from joseal.algorithms.table import ALGS, ENCS

UNSUPPORTED = "unsupported alg: "
NOT_COMPACT = "no compact form"
COMPRESSED = "compressed: "

WYCHEPROOF_NOT_RUN = {
    "A128GCMKW": 2,
    "A192GCMKW": 1,
    "A256GCMKW": 9,
    "ECDH-ES": 7,
    "ECDH-ES+A128KW": 28,
    "ECDH-ES+A192KW": 2,
    "ECDH-ES+A256KW": 7,
    "RSA1_5": 16,
}
WYCHEPROOF_RUN = {"valid": 26, "invalid": 41}
# Valid by the RFC, refused on purpose: tcId 135 is compressed.
WYCHEPROOF_REFUSED = {135: "not_allowed"}

COOKBOOK = {
    "5_1": UNSUPPORTED + "RSA1_5",
    "5_2": "ok",
    "5_3": UNSUPPORTED + "PBES2-HS512+A256KW",
    "5_4": UNSUPPORTED + "ECDH-ES+A128KW",
    "5_5": UNSUPPORTED + "ECDH-ES",
    "5_6": "ok",
    "5_7": UNSUPPORTED + "A256GCMKW",
    "5_8": "ok",
    "5_9": "not_allowed",  # compressed
    "5_10": NOT_COMPACT,
    "5_11": NOT_COMPACT,
    "5_12": NOT_COMPACT,
    "5_13": NOT_COMPACT,
    "6": "ok",
    "curve25519": UNSUPPORTED + "ECDH-ES",
}
RFC_FIGURES = {
    "RFC7516-A.1": "ok",
    "RFC7516-A.2": UNSUPPORTED + "RSA1_5",
    "RFC7516-A.3": "ok",
    "RFC7516-A.4": NOT_COMPACT,
    "RFC7516-A.5": NOT_COMPACT,
    "RFC7517-C": UNSUPPORTED + "PBES2-HS256+A128KW",
    "RFC7519-A.1": UNSUPPORTED + "RSA1_5",
    "RFC7519-A.2": UNSUPPORTED + "RSA1_5",
}
PEERS = {
    "ok": 89,
    COMPRESSED + "not_allowed": 21,
    NOT_COMPACT: 30,
    UNSUPPORTED + "A128GCMKW": 8,
    UNSUPPORTED + "A192GCMKW": 7,
    UNSUPPORTED + "A256GCMKW": 9,
    UNSUPPORTED + "ECDH-ES": 17,
    UNSUPPORTED + "ECDH-ES+A128KW": 8,
    UNSUPPORTED + "ECDH-ES+A192KW": 6,
    UNSUPPORTED + "ECDH-ES+A256KW": 6,
    UNSUPPORTED + "PBES2-HS256+A128KW": 4,
    UNSUPPORTED + "PBES2-HS384+A192KW": 1,
    UNSUPPORTED + "PBES2-HS512+A256KW": 4,
    UNSUPPORTED + "RSA1_5": 27,
    "unsupported enc: XC20P": 1,
}


class Figure(NamedTuple):
    alg: str
    enc: str
    jwk: dict
    token: str
    plaintext: bytes


def read(path: Path) -> dict:
    return json.loads(path.read_bytes())


def result(figure: Figure) -> str:
    """What becomes of a figure; a plaintext that differs is none of the words expected above."""
    if figure.alg not in ALGS:
        return UNSUPPORTED + figure.alg
    if figure.enc not in ENCS:
        return f"unsupported enc: {figure.enc}"
    # An alg that is the name of an enc makes a key for `dir`: RFC 7520 section 5.6.
    key = Key.from_jwk(figure.jwk, alg=None if "alg" in figure.jwk else figure.alg)
    code, opened = outcome(Decrypter(key, enc=figure.enc), figure.token)
    if opened is not None and opened.plaintext != figure.plaintext:
        return "another plaintext"
    return code


def cookbook(folder: Path) -> Iterator[tuple[str, dict]]:
    """The encryption examples of RFC 7520, by section."""
    for path in sorted((folder / "jwe").iterdir()):
        yield path.name.partition(".")[0], read(path)
    yield "6", read(folder / "6.nesting_signatures_and_encryption.json")["encrypt"]
    yield "curve25519", read(folder / "curve25519/ecdh-es.json")


def test_rfc_7520_examples(shared_vectors):
    results = {}
    for section, example in cookbook(shared_vectors / "ietf-jose-cookbook"):
        told = example["input"]
        if "compact" in example["output"]:
            plaintext = told["plaintext"].encode()
            token = example["output"]["compact"]
            # The example of PBES2 has a password instead of a key.
            jwk = told.get("key", {})
            results[section] = result(Figure(told["alg"], told["enc"], jwk, token, plaintext))
        else:
            results[section] = NOT_COMPACT
    assert results == COOKBOOK


def test_rfc_7520_json_serializations_are_malformed(shared_vectors):
    key = Key.from_jwk({"kty": "oct", "alg": "A128KW", "k": "GZy6sIZ6wl9NJOKB-jnmVQ"})
    opener = Decrypter(key, enc=list(ENCS))
    outputs = [
        output
        for _, example in cookbook(shared_vectors / "ietf-jose-cookbook")
        for form, output in example["output"].items()
        if form != "compact"
    ]
    codes = Counter(outcome(opener, json.dumps(output))[0] for output in outputs)
    assert codes == {"malformed": 29}


def test_rfc_7516_7517_and_7519_figures(shared_vectors):
    folder = shared_vectors / "rfc"
    figures = [
        *read(folder / "rfc7516.json")["vectors"],
        read(folder / "rfc7517.json")["appendix_c"],
        *read(folder / "rfc7519.json")["vectors"],
    ]
    results = {}
    for figure in figures:
        if figure["serialization"] != "compact":
            results[figure["id"]] = NOT_COMPACT
            continue
        plaintext = bytes.fromhex(figure["plaintext_hex"])
        jwk = figure.get("jwk", {})
        results[figure["id"]] = result(
            Figure(figure["alg"], figure["enc"], jwk, figure["jwe"], plaintext)
        )
    assert results == RFC_FIGURES


def test_our_transcriptions_are_those_of_the_rfcs(shared_vectors):
    printed = {vector["jwe"] for vector in read(shared_vectors / "rfc/rfc7516.json")["vectors"][:3]}
    printed |= {
        example["output"].get("compact")
        for _, example in cookbook(shared_vectors / "ietf-jose-cookbook")
    }
    ours = {case.test["token"] for case in cases("jwe_compact_v1") if case.file == "rfc.json"}
    assert len(ours) == 5
    assert ours <= printed


def test_wycheproof_json_web_encryption(shared_vectors):
    not_run, run, unexpected = Counter(), Counter(), {}
    for group in read(shared_vectors / "wycheproof/json_web_encryption_test.json")["testGroups"]:
        jwk = group["private"]
        alg = "dir" if jwk["alg"] in ENCS else jwk["alg"]
        for test in group["tests"]:
            if alg not in ALGS:
                not_run[alg] += 1
                continue
            run[test["result"]] += 1
            opened = result(
                Figure(alg, test["enc"], jwk, test["jwe"], bytes.fromhex(test.get("pt", "")))
            )
            refused = opened != "ok"
            if refused is (test["result"] == "valid"):
                unexpected[test["tcId"]] = opened
    assert unexpected == WYCHEPROOF_REFUSED
    assert run == WYCHEPROOF_RUN
    assert not_run == WYCHEPROOF_NOT_RUN


def test_tokens_of_other_libraries(shared_vectors):
    results = Counter()
    for path in sorted((shared_vectors / "peers").glob("*.json")):
        for peer in read(path)["verified"]:
            if peer["serialization"] != "compact":
                results[NOT_COMPACT] += 1
                continue
            plaintext = bytes.fromhex(peer["plaintext_hex"])
            figure = Figure(peer["alg"], peer["enc"], peer["jwk"], peer["jwe"], plaintext)
            compressed = COMPRESSED if "zip" in peer and figure.alg in ALGS else ""
            results[compressed + result(figure)] += 1
    assert results == PEERS
