"""Tokens and keys that others have published: RFCs, Wycheproof, and other libraries' own tests.

Everything is as it is by default. What joseal does not do, or refuses on purpose, stands here by
name and number: a case that is not run, or that comes out otherwise than listed, fails.
"""

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.vectors.vector_files import cases, outcome

from joseal import Decrypter, InvalidKeyError, Key
from joseal._core.algorithms.registry import ENCS
from joseal._core.wire import base64url

OFF = "key: RSA1_5"  # off unless it is named for one key
NOT_COMPACT = "no compact form"
COMPRESSED = "compressed: "

WYCHEPROOF_RUN = {"valid": 65, "invalid": 74}
# Valid by the RFC, refused on purpose: tcId 135 is compressed.
WYCHEPROOF_REFUSED = {
    **dict.fromkeys([*range(100, 106), 112, 128], OFF),
    135: "not_allowed",
}

COOKBOOK = {
    "5_1": OFF,
    "5_2": "ok",
    "5_3": "ok",
    "5_4": "ok",
    "5_5": "ok",
    "5_6": "ok",
    "5_7": "ok",
    "5_8": "ok",
    "5_9": "not_allowed",  # compressed
    "5_10": NOT_COMPACT,
    "5_11": NOT_COMPACT,
    "5_12": NOT_COMPACT,
    "5_13": NOT_COMPACT,
    "6": "ok",
    "curve25519": "ok",
}
RFC_FIGURES = {
    "RFC7516-A.1": "ok",
    "RFC7516-A.2": OFF,
    "RFC7516-A.3": "ok",
    "RFC7516-A.4": NOT_COMPACT,
    "RFC7516-A.5": NOT_COMPACT,
    "RFC7517-C": "ok",
    "RFC7519-A.1": OFF,
    "RFC7519-A.2": OFF,
}
PEERS = {
    "ok": 142,
    COMPRESSED + "not_allowed": 39,
    COMPRESSED + OFF: 2,
    NOT_COMPACT: 30,
    OFF: 25,
}


class Figure(NamedTuple):
    alg: str
    enc: str
    jwk: dict
    token: str
    plaintext: bytes


def read(path: Path) -> dict:
    return json.loads(path.read_bytes())


@cache
def loaded(jwk: str, alg: str | None) -> Key:
    # A private RSA key takes long to load, and many figures share one.
    return Key.from_jwk(jwk, alg=alg)


def result(figure: Figure) -> str:
    """What becomes of a figure; a plaintext that differs is none of the words expected above."""
    # An alg that is the name of an enc makes a key for `dir`: RFC 7520 section 5.6.
    try:
        key = loaded(json.dumps(figure.jwk), None if "alg" in figure.jwk else figure.alg)
    except InvalidKeyError as error:
        return f"{error.code}: {figure.alg}"
    code, opened = outcome(Decrypter(key, enc=figure.enc), figure.token)
    if opened is not None and opened.plaintext != figure.plaintext:
        return "a different plaintext"
    return code


def password(text: str) -> dict:
    """The key that some figures have as text instead."""
    return {"kty": "oct", "k": base64url.encode(text.encode()).decode()}


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
            jwk = told["key"] if "key" in told else password(told["pwd"])
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
        jwk = figure["jwk"] if "jwk" in figure else password(figure["password"])
        results[figure["id"]] = result(
            Figure(figure["alg"], figure["enc"], jwk, figure["jwe"], plaintext)
        )
    assert results == RFC_FIGURES


def test_our_transcriptions_are_those_of_the_rfcs(shared_vectors):
    printed = {
        vector["jwe"]
        for name in ("rfc7516", "rfc7519")
        for vector in read(shared_vectors / f"rfc/{name}.json")["vectors"]
        if vector["serialization"] == "compact"
    }
    printed.add(read(shared_vectors / "rfc/rfc7517.json")["appendix_c"]["jwe"])
    printed |= {
        example["output"].get("compact")
        for _, example in cookbook(shared_vectors / "ietf-jose-cookbook")
    }
    ours = {case.test["token"] for case in cases("jwe_compact_v1") if case.file == "rfc.json"}
    assert len(ours) >= 15
    assert ours <= printed


def test_wycheproof_json_web_encryption(shared_vectors):
    run, unexpected = Counter(), {}
    for group in read(shared_vectors / "wycheproof/json_web_encryption_test.json")["testGroups"]:
        jwk = group["private"]
        alg = "dir" if jwk["alg"] in ENCS else jwk["alg"]
        for test in group["tests"]:
            run[test["result"]] += 1
            opened = result(
                Figure(alg, test["enc"], jwk, test["jwe"], bytes.fromhex(test.get("pt", "")))
            )
            refused = opened != "ok"
            if refused is (test["result"] == "valid"):
                unexpected[test["tcId"]] = opened
    assert unexpected == WYCHEPROOF_REFUSED
    assert run == WYCHEPROOF_RUN


def test_tokens_of_other_libraries(shared_vectors):
    results = Counter()
    for path in sorted((shared_vectors / "peers").glob("*.json")):
        for peer in read(path)["verified"]:
            if peer["serialization"] != "compact":
                results[NOT_COMPACT] += 1
                continue
            plaintext = bytes.fromhex(peer["plaintext_hex"])
            figure = Figure(peer["alg"], peer["enc"], peer["jwk"], peer["jwe"], plaintext)
            compressed = COMPRESSED if "zip" in peer else ""
            results[compressed + result(figure)] += 1
    assert results == PEERS
