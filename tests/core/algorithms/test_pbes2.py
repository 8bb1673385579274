"""PBES2: RFC 7518 section 4.8, RFC 8018."""

import hashlib
import json

import pytest
from tests.helpers import all_algorithms
from tests.helpers.forge import b64, unb64
from tests.helpers.rows import each_row

from joseal import Limits, MalformedTokenError, NotAllowedError, TokenTooLargeError
from joseal._core.algorithms.key_management import UnwrapRequest, WrapSettings
from joseal._core.algorithms.pbes2 import Password, Pbes2
from joseal._core.algorithms.registry import ALGS, ENCS
from joseal._core.wire.header import parse_parameters

ALG = "PBES2-HS256+A128KW"
GOOD = {"p2s": b64(bytes(8)), "p2c": 1000}


def request(alg, enc, members, encrypted_key, **limits):
    known = parse_parameters({"alg": alg, "enc": enc, **members}).known
    return UnwrapRequest(ENCS[enc], known, encrypted_key, Limits(**limits))


@pytest.fixture
def work(monkeypatch):
    """Write down the iterations that were asked for."""
    done = []
    derive = hashlib.pbkdf2_hmac

    def counted(*arguments):
        done.append(arguments[3])
        return derive(*arguments)

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", counted)
    return done


@pytest.mark.parametrize(
    ("alg", "iterations"),
    [
        ("PBES2-HS256+A128KW", 600_000),
        ("PBES2-HS384+A192KW", 310_000),
        ("PBES2-HS512+A256KW", 210_000),
    ],
)
def test_table_has_the_work_that_owasp_advises(alg, iterations):
    assert ALGS[alg].iterations == iterations


@each_row("enc", all_algorithms.ENCS)
@each_row("alg", all_algorithms.PBES2)
def test_independently_wrapped_key_unwraps(alg, enc):
    wrapped = all_algorithms.wrap(alg, enc, p2s=b"12345678", p2c=1001)
    mechanism = Pbes2(ALGS[alg], Password(all_algorithms.raw(alg, enc), 1000))
    assert (
        mechanism.check_public(request(alg, enc, wrapped.members, wrapped.encrypted_key))()
        == wrapped.cek
    )


@pytest.mark.parametrize("alg", all_algorithms.PBES2)
def test_what_is_wrapped_is_what_the_rfc_derives(alg):
    mechanism = Pbes2(ALGS[alg], Password(all_algorithms.raw(alg, "A128GCM"), 1003, 9))
    cek, encrypted_key, members = mechanism.wrap(WrapSettings(ENCS["A128GCM"], Limits()))
    assert list(members) == ["p2s", "p2c"]
    salt = unb64(members["p2s"])
    assert (len(salt), members["p2c"]) == (9, 1003)
    assert (
        all_algorithms.wrap(alg, "A128GCM", cek, p2s=salt, p2c=1003).encrypted_key == encrypted_key
    )


def test_salt_and_key_are_fresh():
    mechanism = Pbes2(ALGS[ALG], Password(b"x", 1000))
    made = [mechanism.wrap(WrapSettings(ENCS["A128GCM"], Limits())) for _ in range(10)]
    assert len({members["p2s"] for _, _, members in made}) == 10
    assert len({cek for cek, _, _ in made}) == 10


@pytest.mark.parametrize("p2c", [True, False, 1000.0, 1e300, "1000", None, [1000], {"n": 1000}])
def test_iterations_are_a_real_integer(p2c, work):
    with pytest.raises(MalformedTokenError):
        request(ALG, "A128GCM", {**GOOD, "p2c": p2c}, bytes(24))
    assert work == []


@pytest.mark.parametrize("p2c", [-(2**63), -1, 0, 1, 999, 1_000_001, 2**31, 2**63, 2**64, 10**31])
def test_work_out_of_bounds_is_refused_before_any_of_it(p2c, work):
    mechanism = Pbes2(ALGS[ALG], Password(b"x", 1000))
    with pytest.raises(NotAllowedError, match=r"^p2c: ") as caught:
        mechanism.check_public(request(ALG, "A128GCM", {**GOOD, "p2c": p2c}, bytes(24)))
    assert caught.value.parameter == "p2c"
    assert work == []


@pytest.mark.parametrize("p2c", [1000, 600_000])
def test_bounds_themselves_are_accepted(p2c, work):
    mechanism = Pbes2(ALGS[ALG], Password(b"x", 1000))
    mechanism.check_public(request(ALG, "A128GCM", {**GOOD, "p2c": p2c}, bytes(24)))
    assert work == []


def test_ceiling_is_the_limit_of_the_caller():
    mechanism = Pbes2(ALGS[ALG], Password(b"x", 1000))
    for most, p2c in ((1000, 1000), (5000, 5000), (2**31 - 1, 2**31 - 1)):
        limits = {"pbes2_iterations": most}
        mechanism.check_public(request(ALG, "A128GCM", {**GOOD, "p2c": p2c}, bytes(24), **limits))
        with pytest.raises(NotAllowedError):
            mechanism.check_public(
                request(ALG, "A128GCM", {**GOOD, "p2c": p2c + 1}, bytes(24), **limits)
            )


@pytest.mark.parametrize(
    "p2s",
    [
        None,
        "",
        b64(b"1234567"),
        b64(bytes(8)) + "=",
        "AAAAAAAAAAB",
        "A" * 13,
        "*" * 11,
        "\u00e9" * 12,
    ],
)
def test_salt_that_is_missing_short_or_not_canonical_is_malformed(p2s, work):
    members = {"p2c": 1000} if p2s is None else {**GOOD, "p2s": p2s}
    mechanism = Pbes2(ALGS[ALG], Password(b"x", 1000))
    with pytest.raises(MalformedTokenError):
        mechanism.check_public(request(ALG, "A128GCM", members, bytes(24)))
    assert work == []


def test_missing_iterations_are_malformed(work):
    with pytest.raises(MalformedTokenError):
        Pbes2(ALGS[ALG], Password(b"x", 1000)).check_public(
            request(ALG, "A128GCM", {"p2s": GOOD["p2s"]}, bytes(24))
        )
    assert work == []


@pytest.mark.parametrize("enc", all_algorithms.ENCS)
def test_size_of_the_encrypted_key_is_checked_before_any_work(enc, work):
    mechanism = Pbes2(ALGS[ALG], Password(b"x", 1000))
    right = ENCS[enc].cek_bytes + 8
    for size in {0, 1, 8, 16, right - 8, right - 1, right + 1, right + 8, 1000} - {right}:
        with pytest.raises(MalformedTokenError):
            mechanism.check_public(request(ALG, enc, GOOD, bytes(size)))
    unwrap = mechanism.check_public(request(ALG, enc, GOOD, bytes(right)))
    assert work == []
    assert unwrap() is None
    assert work == [1000]


def test_sender_makes_no_more_work_than_the_limits_let_an_opener_do(work):
    mechanism = Pbes2(ALGS[ALG], Password(b"x", 2001))
    with pytest.raises(TokenTooLargeError) as caught:
        mechanism.wrap(WrapSettings(ENCS["A128GCM"], Limits(pbes2_iterations=2000)))
    assert (caught.value.limit, caught.value.maximum) == ("pbes2_iterations", 2000)
    assert work == []


def test_work_at_the_limit_is_done():
    limits = Limits(pbes2_iterations=1001)
    _, _, members = Pbes2(ALGS[ALG], Password(b"x", 1001)).wrap(
        WrapSettings(ENCS["A128GCM"], limits)
    )
    assert members["p2c"] == 1001


def test_salt_has_sixteen_bytes_unless_said():
    """RFC 8018 section 4.1 asks for eight at least."""
    _, _, members = Pbes2(ALGS[ALG], Password(b"x", 1000)).wrap(
        WrapSettings(ENCS["A128GCM"], Limits())
    )
    assert len(unb64(members["p2s"])) == 16


def test_password_shows_nothing_of_itself():
    shown = repr(Password(b"canary", 1000))
    assert "canary" not in shown


def test_wycheproof_pbkdf2(shared_vectors):
    """The KEK of RFC 7518 is what PBKDF2 gives for a salt that begins with the alg."""
    (group,) = json.loads((shared_vectors / "wycheproof/pbkdf2_hmacsha256_test.json").read_text())[
        "testGroups"
    ]
    seen = 0
    for case in group["tests"]:
        if case["iterationCount"] > 5000:
            continue
        password, salt = bytes.fromhex(case["password"]), bytes.fromhex(case["salt"])
        given = hashlib.pbkdf2_hmac("sha256", password, salt, case["iterationCount"], case["dkLen"])
        assert given.hex() == case["dk"]
        # The same call of ours differs from it by the prefix of the salt alone.
        derived = Pbes2(ALGS[ALG], Password(password, 1000))._derive(salt, case["iterationCount"])
        prefixed = ALG.encode() + b"\0" + salt
        assert derived == hashlib.pbkdf2_hmac(
            "sha256", password, prefixed, case["iterationCount"], 16
        )
        seen += 1
    assert seen >= 40
