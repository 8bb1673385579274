"""Compact JWE: every alg with every enc. HPKE has `test_hpke.py`."""

import itertools
import json

import pytest
from tests.helpers import all_algorithms, forge, hpke_forge
from tests.helpers.forge import b64, unb64
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    MalformedTokenError,
    TokenError,
)
from joseal._core.algorithms.registry import ALGS, ENCS

MAKING = [(alg, enc) for alg, enc in all_algorithms.SUITES if alg != "RSA1_5"]
CURVED = [(alg, curve) for alg in all_algorithms.ECDH for curve in all_algorithms.CURVES]


def header_of(token):
    return json.loads(unb64(token.split(".")[0]))


def refusal(opener, token):
    """Return what a token gives: "ok", or the code and the member or limit that is told."""
    try:
        opener.decrypt(token)
    except TokenError as error:
        return error.code, getattr(error, "parameter", getattr(error, "limit", None))
    return "ok"


def test_the_suite_here_is_that_of_the_tables():
    assert sorted([*all_algorithms.ALGS, *hpke_forge.ALGS]) == sorted(ALGS)
    assert sorted(all_algorithms.ENCS) == sorted(ENCS)
    assert len(all_algorithms.SUITES) == (len(ALGS) - len(hpke_forge.ALGS)) * len(ENCS) == 152


@each_row(("alg", "enc"), MAKING)
def test_every_alg_with_every_enc_seals_and_opens(alg, enc):
    key = all_algorithms.key(alg, enc)
    sealing, opener = Encrypter(forge.sealing(key), enc=enc), Decrypter(key, enc=enc)
    for plaintext in (b"", b"x", bytes(range(256)) * 5):
        token = sealing.encrypt(plaintext)
        header = header_of(token)
        assert (header["alg"], header["enc"]) == (alg, enc)
        assert opener.decrypt(token) == plaintext


@each_row(("alg", "enc"), all_algorithms.SUITES)
def test_independently_made_token_opens(alg, enc):
    opened = Decrypter(all_algorithms.key(alg, enc), enc=enc).open(
        str(all_algorithms.token(alg, enc, b"from a peer"))
    )
    assert opened.plaintext == b"from a peer"
    assert opened.header["alg"] == alg


@each_row(("alg", "curve"), CURVED)
def test_every_curve_seals_and_opens(alg, curve):
    key = all_algorithms.key(alg, curve=curve)
    token = Encrypter(key.public(), enc="A128GCM").encrypt(b"x")
    assert header_of(token)["epk"]["crv"] == curve
    assert Decrypter(key, enc="A128GCM").decrypt(token) == b"x"
    assert (
        Decrypter(key, enc="A128GCM").decrypt(
            str(all_algorithms.token(alg, "A128GCM", curve=curve))
        )
        == b"forged"
    )


MANAGED = {
    **{key: ["iv", "tag"] for key in all_algorithms.GCM_WRAPS},
    **{key: ["epk"] for key in all_algorithms.ECDH},
    **{key: ["p2s", "p2c"] for key in all_algorithms.PBES2},
}


@each_row("alg", [alg for alg in all_algorithms.ALGS if alg != "RSA1_5"])
def test_members_stand_in_their_order(alg):
    key = all_algorithms.key(alg, kid="a")
    sealing = Encrypter(forge.sealing(key), enc="A128GCM", header={"typ": "JWT"}, compress=True)
    token = sealing.encrypt(b"x", header={"iat": 5})
    assert list(header_of(token)) == [
        "alg",
        "kid",
        "typ",
        "iat",
        "enc",
        "zip",
        *MANAGED.get(alg, []),
    ]


@each_row("alg", [alg for alg in all_algorithms.ALGS if alg != "RSA1_5"])
def test_everything_that_is_drawn_is_fresh(alg):
    key = all_algorithms.key(alg)
    sealing = Encrypter(forge.sealing(key), enc="A128GCM")
    tokens = [sealing.encrypt(bytes(32)) for _ in range(5)]
    segments = list(zip(*(token.split(".") for token in tokens), strict=True))
    assert len(set(segments[2])) == len(set(segments[3])) == len(set(segments[4])) == 5
    if alg not in ("dir", "ECDH-ES"):
        assert len(set(segments[1])) == 5
    for member in MANAGED.get(alg, []):
        if member != "p2c":
            assert len({str(header_of(token)[member]) for token in tokens}) == 5


@pytest.mark.parametrize(
    ("alg", "enc"),
    [(alg, enc) for alg in all_algorithms.ALGS for enc in ("A256CBC-HS512", "XC20P")],
)
def test_every_segment_is_bound(alg, enc):
    """A character changed anywhere gives another token, and no plaintext."""
    opener = Decrypter(all_algorithms.key(alg, enc), enc=enc)
    token = str(all_algorithms.token(alg, enc))
    step = 1 + len(token) // 60
    for place in range(0, len(token), step):
        other = "A" if token[place] != "A" else "B"
        changed = token[:place] + other + token[place + 1 :]
        if token[place] == ".":
            continue
        with pytest.raises(TokenError):
            opener.decrypt(changed)


@each_row(("alg", "enc"), all_algorithms.SUITES)
def test_public_lengths_are_checked_first(alg, enc):
    """A length that no key could make is malformed; CVE-2026-34986 began with an empty one."""
    opener = Decrypter(all_algorithms.key(alg, enc), enc=enc)
    good = all_algorithms.token(alg, enc)
    for part in ("encrypted_key", "iv", "ciphertext", "tag"):
        raw = getattr(good, part)
        wrong = {b"", raw[:-1], raw + b"\0", raw * 2, bytes(8)} - {raw}
        if part == "ciphertext" and enc not in forge.CBC_ENCS:
            continue
        for one in wrong:
            if part == "ciphertext" and len(one) % 16 == 0 and one:
                continue
            assert refusal(opener, str(good._replace(**{part: one})))[0] == "malformed", (
                part,
                len(one),
            )


@each_row("alg", all_algorithms.ALGS)
def test_enc_is_one_that_the_caller_names(alg):
    for enc, accepted in (
        ("A128GCM", "A256GCM"),
        ("C20P", "XC20P"),
        ("A128CBC-HS256", ["A128GCM", "C20P"]),
    ):
        key = all_algorithms.key(alg, accepted if isinstance(accepted, str) else "A128GCM")
        assert refusal(Decrypter(key, enc=accepted), str(all_algorithms.token(alg, enc))) == (
            "not_allowed",
            "enc",
        )


@each_row(
    ("alg", "other"), list(itertools.permutations([*all_algorithms.ECDH, "A128KW", "RSA-OAEP"], 2))
)
def test_alg_is_the_one_that_the_key_is_bound_to(alg, other):
    token = str(all_algorithms.token(other, "A128GCM"))
    assert refusal(Decrypter(all_algorithms.key(alg), enc="A128GCM"), token) == (
        "not_allowed",
        "alg",
    )


@pytest.mark.parametrize("alg", ["none", "HPKE-11", "ECDH-1PU", "A256GCM", "XC20PKW", "RS256"])
def test_alg_that_is_no_such_alg_is_refused(alg):
    token = str(all_algorithms.token("A128KW", "A128GCM", members={"alg": alg}))
    assert refusal(Decrypter(all_algorithms.key("A128KW"), enc="A128GCM"), token) == (
        "not_allowed",
        "alg",
    )


# Names of the parties: RFC 7518 sections 4.6.1.2 and 4.6.1.3.


# Compression: off unless named for one object.


# A fixed AES-GCM key stops after 2^32 tokens: NIST SP 800-38D section 8.3.


# The rest of what the table adds.


@pytest.mark.parametrize("alg", all_algorithms.ECDH)
def test_low_order_epk_is_malformed(alg):
    key = all_algorithms.key(alg, curve="X25519")
    for point in (bytes(32), b"\1" + bytes(31)):
        wrapped = all_algorithms.wrap(alg, "A128GCM", curve="X25519")
        epk = {"kty": "OKP", "crv": "X25519", "x": b64(point)}
        token = all_algorithms.token(alg, "A128GCM", wrapped=wrapped, members={"epk": epk})
        assert refusal(Decrypter(key, enc="A128GCM"), str(token)) == ("malformed", None)


@each_row("member", ["jwk", "jku", "x5u", "x5c", "kid"])
@each_row("alg", ["ECDH-ES", "A128GCMKW", "PBES2-HS256+A128KW", "RSA1_5"])
def test_key_that_a_token_brings_is_not_followed(alg, member):
    brought = (
        all_algorithms.private_jwk("P-256", "attacker")
        if member == "jwk"
        else "https://attacker.example/"
    )
    own = all_algorithms.token(alg, "A128GCM", members={member: brought})
    assert Decrypter(all_algorithms.key(alg), enc="A128GCM").decrypt(str(own)) == b"forged"
    attackers = all_algorithms.token(alg, "A128GCM", name="attacker", members={member: brought})
    with pytest.raises(DecryptionError):
        Decrypter(all_algorithms.key(alg), enc="A128GCM").decrypt(str(attackers))


def test_members_of_other_algs_are_data_but_keep_their_types():
    """RFC 7516 section 4: a member that the alg does not use is ignored, if it is of its type."""
    opener = Decrypter(all_algorithms.key("A128KW"), enc="A128GCM")
    data = {"epk": {"kty": "x"}, "p2c": 10**9, "p2s": "!", "iv": "!", "tag": "!", "apu": "!"}
    assert opener.decrypt(str(all_algorithms.token("A128KW", "A128GCM", members=data))) == b"forged"
    for name in data:
        for value in (None, True, [], 1.5):
            with pytest.raises(MalformedTokenError):
                opener.decrypt(
                    str(all_algorithms.token("A128KW", "A128GCM", members={name: value}))
                )


def test_direct_key_for_chacha_serves_the_encs_of_its_size():
    key = Key.generate("dir", size=32)
    for enc in ("C20P", "XC20P", "A256GCM", "A128CBC-HS256"):
        token = Encrypter(key, enc=enc).encrypt(b"x")
        assert Decrypter(key, enc=enc).decrypt(token) == b"x"
    own = Key.from_jwk({"kty": "oct", "k": b64(bytes(32)), "alg": "XC20P"})
    assert (own.alg, own.to_jwk(private=True)["alg"]) == ("dir", "XC20P")
    with pytest.raises(InvalidKeyError, match="does not fit"):
        Encrypter(own, enc="C20P")
