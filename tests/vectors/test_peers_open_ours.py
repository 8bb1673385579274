"""Two other libraries open our valid vectors, so that these are not right for joseal alone.

What a peer does not do, or refuses by its own rules, stands here by name and number.
"""

import json
from collections import Counter
from functools import cache

import joserfc.jwe
import joserfc.jws
import jwcrypto.jwa
import jwcrypto.jwe
import jwcrypto.jwk
import jwcrypto.jws
import pytest
from joserfc.jwk import import_key
from nacl.bindings import (
    crypto_aead_chacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_decrypt,
)
from tests.vectors.vector_files import JWE, JWS, Case, cases, group_of

from joseal._core.wire import base64url

OPENS = [case for case in cases(JWE) if case.test["expect"] == "ok"]
VERIFIES = [case for case in cases(JWS) if case.test["expect"] == "ok"]

# Neither library has these algs, or these encs without further packages. HPKE is a draft that both
# lack; a token of its Integrated Encryption has no enc. Its peers are in `tests/interop`.
HPKE = {f"HPKE-{number}": 2 for number in range(8)}
HPKE_KE = {f"HPKE-{number}-KE": 7 for number in range(8)}
NOT_THEIRS = {"RSA-OAEP-384": 16, "RSA-OAEP-512": 16, **HPKE, **HPKE_KE}
NOT_THEIR_ENCS = {"C20P": 52, "XC20P": 46}
# A critical extension has to be taught to a library; both refuse one that they don't know.
CRITICAL = {32800, 32801}
# An epk with a use or key_ops that a JWK must not have, and that an epk has no need of.
EPK_MEMBERS = {132901, 133001, 464100}
# Empty plaintexts, some of them compressed.
EMPTY = {
    *(31600, 31700, 31800, 31900, 32000, 32100, 210105, 210106, 210205, 210206),
    *(410133, 410233, 410333, 410427, 410527, 410627),
}
# A million iterations, which is more than either would do.
COSTLY = {192400}
NOT_JWCRYPTO = CRITICAL | EPK_MEMBERS | EMPTY | COSTLY
# Headers above its own limit.
NOT_JOSERFC = CRITICAL | {70300, 464100} | COSTLY

# jwcrypto decodes what stands in a compact token, even where it was not encoded.
UNENCODED = {
    *(233600, 233601, 233602, 233700, 233701, 233702, 233800, 233801, 233802, 233900, 242700),
    *(480400, 480800, 481200, 481600, 482000, 510500, 511300, 512100, 512900, 513700),
}
NOT_VERIFIED_BY_JWCRYPTO = UNENCODED | {234300, 234301}  # critical ones that it does not know
NOT_VERIFIED_BY_JOSERFC = {233900, 234300, 234301}  # the same

SODIUM = {
    "C20P": crypto_aead_chacha20poly1305_ietf_decrypt,
    "XC20P": crypto_aead_xchacha20poly1305_ietf_decrypt,
}


@cache
def jwk(file: str, group: str) -> str:
    """The group's key without `alg`, which one of them reads in a different way for `dir`."""
    key = group_of(file, group)["key"]
    return json.dumps({name: key[name] for name in key if name not in ("alg", "use")})


@cache
def jwcrypto_key(jwk: str) -> jwcrypto.jwk.JWK:
    return jwcrypto.jwk.JWK.from_json(jwk)


@cache
def joserfc_key(jwk: str):
    return import_key(json.loads(jwk))


def opened_by_jwcrypto(case: Case) -> bytes:
    header = case.test["header"]
    token = jwcrypto.jwe.JWE(algs=[header["alg"], header["enc"]])
    token.deserialize(case.test["token"], jwcrypto_key(jwk(case.file, case.group)))
    return token.payload


def opened_by_joserfc(case: Case) -> bytes:
    header = case.test["header"]
    algs = [header[name] for name in ("alg", "enc", "zip") if name in header]
    registry = joserfc.jwe.JWERegistry(algorithms=algs, strict_check_header=False)
    key = joserfc_key(jwk(case.file, case.group))
    return joserfc.jwe.decrypt_compact(case.test["token"], key, registry=registry).plaintext


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # of RSA1_5
@pytest.mark.parametrize(
    ("opened", "left_out"),
    [(opened_by_jwcrypto, NOT_JWCRYPTO), (opened_by_joserfc, NOT_JOSERFC)],
    ids=["jwcrypto", "joserfc"],
)
def test_peer_opens_our_tokens(opened, left_out):
    theirs = [
        case
        for case in OPENS
        if case.test["header"]["alg"] not in NOT_THEIRS
        and case.test["header"]["enc"] not in NOT_THEIR_ENCS
    ]
    tried = [case for case in theirs if case.test["id"] not in left_out]
    assert len(theirs) - len(tried) == len(left_out)
    other = [str(case) for case in tried if opened(case) != bytes.fromhex(case.test["plaintext"])]
    assert other == []


def test_libsodium_opens_the_content_of_drafts():
    opened = Counter()
    for case in OPENS:
        enc, inject = case.test["header"].get("enc"), case.test["inject"]
        if enc in SODIUM:
            protected, _, *parts = case.test["token"].split(".")
            iv, ciphertext, tag = (base64url.decode(part.encode()) for part in parts)
            own = group_of(case.file, case.group)["key"].get("k", "")
            cek = (
                bytes.fromhex(inject["cek"]) if "cek" in inject else base64url.decode(own.encode())
            )
            plaintext = SODIUM[enc](ciphertext + tag, protected.encode(), iv, cek)
            assert plaintext.hex() == inject.get("deflated", case.test["plaintext"])
            opened[enc] += 1
    assert opened.keys() == SODIUM.keys()


def test_cases_that_peers_can_not_open_are_counted():
    counts = Counter(case.test["header"]["alg"] for case in OPENS)
    assert {alg: counts[alg] for alg in NOT_THEIRS} == NOT_THEIRS
    assert not NOT_THEIRS.keys() & jwcrypto.jwa.JWA.algorithms_registry.keys()
    assert not NOT_THEIRS.keys() & joserfc.jwe.JWERegistry.algorithms["alg"].keys()
    counts = Counter(case.test["header"].get("enc") for case in OPENS)
    assert counts[None] == sum(HPKE.values())
    assert {enc: counts[enc] for enc in NOT_THEIR_ENCS} == NOT_THEIR_ENCS


def verified_by_jwcrypto(case: Case) -> bytes:
    token = jwcrypto.jws.JWS()
    token.deserialize(case.test["token"])
    token.allowed_algs = [case.test["header"]["alg"]]
    detached = case.test.get("detached")
    payload = None if detached is None else bytes.fromhex(detached)
    token.verify(jwcrypto_key(jwk(case.file, case.group)), detached_payload=payload)
    return token.payload if payload is None else payload


def verified_by_joserfc(case: Case) -> bytes:
    alg = case.test["header"]["alg"]
    registry = joserfc.jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    detached = case.test.get("detached")
    payload = None if detached is None else bytes.fromhex(detached)
    key = joserfc_key(jwk(case.file, case.group))
    found = joserfc.jws.deserialize_compact(
        case.test["token"], key, registry=registry, payload=payload
    )
    return found.payload if payload is None else payload


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # of EdDSA
@pytest.mark.parametrize(
    ("verified", "left_out"),
    [
        (verified_by_jwcrypto, NOT_VERIFIED_BY_JWCRYPTO),
        (verified_by_joserfc, NOT_VERIFIED_BY_JOSERFC),
    ],
    ids=["jwcrypto", "joserfc"],
)
def test_peer_verifies_our_signatures(verified, left_out):
    tried = [case for case in VERIFIES if case.test["id"] not in left_out]
    assert len(VERIFIES) - len(tried) == len(left_out)
    other = [str(case) for case in tried if verified(case) != bytes.fromhex(case.test["payload"])]
    assert other == []
