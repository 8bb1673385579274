"""Two other libraries open our valid vectors, so that these are not right for joseal alone.

What a peer does not do, or refuses by its own rules, stands here by name and number.
"""

from collections import Counter
from functools import cache

import joserfc.jwe
import jwcrypto.jwe
import jwcrypto.jwk
import pytest
from joserfc.jwk import import_key
from tests.vectors.vector_files import JWE, Case, cases, group_of

OPENS = [case for case in cases(JWE) if case.test["expect"] == "ok"]

# Neither library has these algs.
NOT_THEIRS = {"RSA-OAEP-384": 14, "RSA-OAEP-512": 14}
# A critical extension has to be taught to a library; both refuse one that they don't know.
CRITICAL = {32800, 32801}
# Empty plaintexts.
NOT_JWCRYPTO = CRITICAL | {31600, 31700, 31800, 31900, 32000, 32100}
# A header above its own limit.
NOT_JOSERFC = CRITICAL | {70300}


@cache
def jwk(file: str, group: str) -> dict[str, str]:
    """The group's key without `alg`, which one of them reads in another way for `dir`."""
    key = group_of(file, group)["key"]
    return {name: key[name] for name in key if name not in ("alg", "use")}


@cache
def jwcrypto_key(file: str, group: str) -> jwcrypto.jwk.JWK:
    return jwcrypto.jwk.JWK(**jwk(file, group))


@cache
def joserfc_key(file: str, group: str):
    return import_key(jwk(file, group))


def opened_by_jwcrypto(case: Case) -> bytes:
    header = case.test["header"]
    token = jwcrypto.jwe.JWE(algs=[header["alg"], header["enc"]])
    token.deserialize(case.test["token"], jwcrypto_key(case.file, case.group))
    return token.payload


def opened_by_joserfc(case: Case) -> bytes:
    header = case.test["header"]
    registry = joserfc.jwe.JWERegistry(
        algorithms=[header["alg"], header["enc"]], strict_check_header=False
    )
    key = joserfc_key(case.file, case.group)
    return joserfc.jwe.decrypt_compact(case.test["token"], key, registry=registry).plaintext


@pytest.mark.parametrize(
    ("opened", "left_out"),
    [(opened_by_jwcrypto, NOT_JWCRYPTO), (opened_by_joserfc, NOT_JOSERFC)],
    ids=["jwcrypto", "joserfc"],
)
def test_peer_opens_our_tokens(opened, left_out):
    theirs = [case for case in OPENS if case.test["header"]["alg"] not in NOT_THEIRS]
    tried = [case for case in theirs if case.test["id"] not in left_out]
    assert len(theirs) - len(tried) == len(left_out)
    other = [str(case) for case in tried if opened(case) != bytes.fromhex(case.test["plaintext"])]
    assert other == []


def test_cases_that_peers_can_not_open_are_counted():
    counts = Counter(case.test["header"]["alg"] for case in OPENS)
    assert {alg: counts[alg] for alg in NOT_THEIRS} == NOT_THEIRS
