"""AES-GCM key wrap: RFC 7518 section 4.7."""

import pytest
from tests.helpers import all_algorithms
from tests.helpers.forge import b64, draw, unb64

from joseal import Limits, MalformedTokenError
from joseal._core.algorithms import aes
from joseal._core.algorithms.aes import AesGcmKeyWrap
from joseal._core.algorithms.key_management import UnwrapRequest, WrapSettings
from joseal._core.algorithms.registry import ENCS
from joseal._core.wire.header import parse_parameters


def request(enc, members, encrypted_key):
    known = parse_parameters({"alg": "any", "enc": enc, **members}).known
    return UnwrapRequest(ENCS[enc], known, encrypted_key, Limits())


@pytest.mark.parametrize("enc", all_algorithms.ENCS)
@pytest.mark.parametrize(("alg", "size"), all_algorithms.GCM_WRAPS.items())
def test_wrapped_key_is_fresh_and_unwraps(alg, size, enc):
    mechanism = AesGcmKeyWrap(draw(alg, size))
    made = [mechanism.wrap(WrapSettings(ENCS[enc], Limits())) for _ in range(5)]
    assert len({cek for cek, _, _ in made}) == 5
    assert len({members["iv"] for _, _, members in made}) == 5
    for cek, encrypted_key, members in made:
        assert list(members) == ["iv", "tag"]
        assert (len(unb64(members["iv"])), len(unb64(members["tag"]))) == (12, 16)
        assert len(encrypted_key) == len(cek) == ENCS[enc].cek_bytes
        assert mechanism.check_public(request(enc, members, encrypted_key))() == cek


@pytest.mark.parametrize("enc", all_algorithms.ENCS)
@pytest.mark.parametrize("alg", all_algorithms.GCM_WRAPS)
def test_independently_wrapped_key_unwraps(alg, enc):
    wrapped = all_algorithms.wrap(alg, enc)
    mechanism = AesGcmKeyWrap(all_algorithms.raw(alg, enc))
    assert (
        mechanism.check_public(request(enc, wrapped.members, wrapped.encrypted_key))()
        == wrapped.cek
    )


@pytest.fixture
def unused(monkeypatch):
    used = []
    monkeypatch.setattr(aes, "AESGCM", used.append)
    yield
    assert used == []


@pytest.mark.parametrize("size", [*range(16), 17, 24, 32])
@pytest.mark.usefixtures("unused")
def test_tag_of_another_size_is_malformed_before_the_key_is_used(size):
    """CVE-2025-54887, CVE-2023-37464: the size of a tag is not the token's to choose."""
    members = {"iv": b64(bytes(12)), "tag": b64(bytes(size))}
    with pytest.raises(MalformedTokenError):
        AesGcmKeyWrap(bytes(16)).check_public(request("A128GCM", members, bytes(16)))


@pytest.mark.parametrize("size", [*range(12), 13, 16, 24])
@pytest.mark.usefixtures("unused")
def test_iv_of_another_size_is_malformed_before_the_key_is_used(size):
    members = {"iv": b64(bytes(size)), "tag": b64(bytes(16))}
    with pytest.raises(MalformedTokenError):
        AesGcmKeyWrap(bytes(16)).check_public(request("A128GCM", members, bytes(16)))


@pytest.mark.parametrize("enc", all_algorithms.ENCS)
@pytest.mark.usefixtures("unused")
def test_encrypted_key_of_another_size_is_malformed_before_the_key_is_used(enc):
    members = {"iv": b64(bytes(12)), "tag": b64(bytes(16))}
    right = ENCS[enc].cek_bytes
    for size in {0, 1, 8, 15, 16, 24, 32, 48, 64, right - 1, right + 1, right + 8, right + 16} - {
        right
    }:
        with pytest.raises(MalformedTokenError):
            AesGcmKeyWrap(bytes(16)).check_public(request(enc, members, bytes(size)))


@pytest.mark.parametrize("name", ["iv", "tag"])
@pytest.mark.parametrize(
    "form", [None, "", "=", "A", "*" * 16, "AAAAAAAAAAAAAAAAAAAAAB", "\u00e9" * 16]
)
@pytest.mark.usefixtures("unused")
def test_member_that_is_missing_or_not_canonical_is_malformed(name, form):
    members = {"iv": b64(bytes(12)), "tag": b64(bytes(16)), name: form}
    members = {key: value for key, value in members.items() if value is not None}
    with pytest.raises(MalformedTokenError):
        AesGcmKeyWrap(bytes(16)).check_public(request("A128GCM", members, bytes(16)))


def test_every_changed_bit_is_none():
    wrapped = all_algorithms.wrap("A128GCMKW", "A128GCM")
    mechanism = AesGcmKeyWrap(all_algorithms.raw("A128GCMKW", "A128GCM"))
    parts = {
        "key": wrapped.encrypted_key,
        "iv": unb64(wrapped.members["iv"]),
        "tag": unb64(wrapped.members["tag"]),
    }
    for name, raw in parts.items():
        for place in range(len(raw) * 8):
            changed = bytearray(raw)
            changed[place // 8] ^= 1 << place % 8
            bad = {**parts, name: bytes(changed)}
            members = {"iv": b64(bad["iv"]), "tag": b64(bad["tag"])}
            assert mechanism.check_public(request("A128GCM", members, bad["key"]))() is None
