"""AES Key Wrap and direct use: RFC 3394, RFC 7518 sections 4.4 and 4.5."""

import json
from functools import partial

import pytest
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import Limits
from joseal._core.algorithms import aes
from joseal._core.algorithms.key_management import UnwrapRequest, WrapSettings
from joseal._core.algorithms.registry import ENCS
from joseal._core.wire.header import Members
from joseal.errors import MalformedTokenError


def request(enc, encrypted_key):
    return UnwrapRequest(ENCS[enc], Members(alg="any"), encrypted_key, Limits())


def settings(enc):
    return WrapSettings(ENCS[enc], Limits())


def test_wycheproof_aes_wrap(shared_vectors):
    groups = json.loads((shared_vectors / "wycheproof/aes_wrap_test.json").read_text())[
        "testGroups"
    ]
    assert [group["keySize"] for group in groups] == [128, 192, 256]
    results = {"valid": 0, "invalid": 0, "acceptable": 0}
    for case in (case for group in groups for case in group["tests"]):
        kek, key, wrapped = (bytes.fromhex(case[name]) for name in ("key", "msg", "ct"))
        unwrapped = aes.unwrap(kek, wrapped)
        results[case["result"]] += 1
        if case["result"] == "valid":
            assert unwrapped == key, case["tcId"]
        elif case["result"] == "invalid":
            assert unwrapped is None, case["tcId"]
        else:
            # Keys of 8 bytes, which no enc has.
            assert len(key) == 8
    assert results == {"valid": 36, "invalid": 126, "acceptable": 3}


@each_row("enc", ENCS)
@each_row(("alg", "size"), forge.KW_ALGS.items())
def test_wrapped_key_is_fresh_and_unwraps(alg, size, enc):
    mechanism = aes.AesKeyWrap(forge.draw(alg, size))
    first, second = mechanism.wrap(settings(enc)), mechanism.wrap(settings(enc))
    assert first[0] != second[0]
    for cek, encrypted_key, members in (first, second):
        assert len(cek) == ENCS[enc].cek_bytes
        assert len(encrypted_key) == len(cek) + 8
        assert members == {}
        assert mechanism.check_public(request(enc, encrypted_key))() == cek


@pytest.mark.parametrize("enc", ENCS)
def test_size_of_the_wrapped_key_is_checked_before_the_key_is_used(enc, monkeypatch):
    used = []
    monkeypatch.setattr(aes, "aes_key_unwrap", lambda *args: used.append(args))
    mechanism = aes.AesKeyWrap(bytes(16))
    good = ENCS[enc].cek_bytes + 8
    for size in (*range(good), *range(good + 1, good + 20), 1000):
        with pytest.raises(MalformedTokenError):
            mechanism.check_public(request(enc, bytes(size)))
    unwrap = mechanism.check_public(request(enc, bytes(good)))
    assert used == []
    unwrap()
    assert len(used) == 1


def test_bad_integrity_is_none_for_every_bit():
    mechanism = aes.AesKeyWrap(bytes(16))
    _, encrypted_key, _ = mechanism.wrap(settings("A128GCM"))
    for place in range(len(encrypted_key)):
        for bit in range(8):
            raw = bytearray(encrypted_key)
            raw[place] ^= 1 << bit
            assert mechanism.check_public(request("A128GCM", bytes(raw)))() is None


def test_direct_gives_the_key_itself_and_nothing_to_send():
    mechanism = aes.Direct(b"k" * 16)
    assert mechanism.wrap(settings("A128GCM")) == (b"k" * 16, b"", {})
    assert mechanism.check_public(request("A128GCM", b""))() == b"k" * 16


@pytest.mark.parametrize("encrypted_key", [b"\x00", b"x" * 24])
def test_direct_refuses_an_encrypted_key(encrypted_key):
    """RFC 7516 section 5.2 step 10."""
    with pytest.raises(MalformedTokenError, match="empty encrypted key"):
        aes.Direct(b"k" * 16).check_public(request("A128GCM", encrypted_key))


@each_row("enc", ENCS)
def test_device_wraps_the_cek_that_is_given_or_a_fresh_one(enc):
    kek, drawn = bytes(range(16)), forge.draw("cek", ENCS[enc].cek_bytes)
    device = aes.ExternalKeyWrap(partial(aes.aes_key_wrap, kek), partial(aes.unwrap, kek))
    assert device.wrap(settings(enc), drawn) == (drawn, aes.aes_key_wrap(kek, drawn), {})
    fresh = {device.wrap(settings(enc))[:2] for _ in range(5)}
    assert len(fresh) == 5
    for cek, wrapped in fresh:
        assert len(cek) == ENCS[enc].cek_bytes
        assert aes.unwrap(kek, wrapped) == cek
