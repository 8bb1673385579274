"""Content encryption: RFC 7518 sections 5.2 and 5.3, appendix B, and Wycheproof."""

import json
import tracemalloc

import pytest
from msgspec import structs
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal._core.algorithms import content_chunked, content_encryption
from joseal._core.algorithms.content_encryption import AeadOutput
from joseal._core.algorithms.registry import ENCS
from joseal._core.wire.large import LargeCiphertext

AAD = b"eyJhbGciOiJkaXIifQ"

# Around the block, and around the size above which data is no longer joined for one call.
SIZES = [0, 1, 15, 16, 17, 31, 32, 16367, 16368, 16383, 16384, 16385, 40_000]


def material(name, size=0):
    enc = ENCS[name]
    plaintext = forge.draw("plaintext", size)
    return enc, forge.draw("cek", enc.cek_bytes), forge.draw("iv", enc.iv_bytes), plaintext


def test_figures_of_rfc_7518_appendix_b(shared_vectors):
    cases = json.loads((shared_vectors / "rfc/rfc7518_appendix_b.json").read_text())["tests"]
    assert [case["enc"] for case in cases] == forge.CBC_ENCS
    for case in cases:
        enc = ENCS[case["enc"]]
        key, plaintext, iv, aad, ciphertext, tag = (
            bytes.fromhex(case[name]) for name in ("K", "P", "IV", "A", "E", "T")
        )
        assert content_encryption.seal(enc, key, iv, aad, plaintext) == (ciphertext, tag)
        assert content_encryption.open_(enc, key, AeadOutput(aad, iv, ciphertext, tag)) == plaintext


@pytest.mark.parametrize(
    ("file", "name"),
    [(f"{name.lower().replace('-', '_')}_test.json", name) for name in forge.CBC_ENCS],
)
def test_wycheproof_cbc_hmac(shared_vectors, file, name):
    groups = json.loads((shared_vectors / "wycheproof" / file).read_text())["testGroups"]
    results = {"valid": 0, "invalid": 0}
    for case in (case for group in groups for case in group["tests"]):
        key, iv, aad, plaintext, ciphertext, tag = (
            bytes.fromhex(case[part]) for part in ("key", "iv", "aad", "msg", "ct", "tag")
        )
        sealed = AeadOutput(aad, iv, ciphertext, tag)
        assert content_encryption.lengths_fit(ENCS[name], sealed), case["tcId"]
        opened = content_encryption.open_(ENCS[name], key, sealed)
        assert opened == (plaintext if case["result"] == "valid" else None), case["tcId"]
        if case["result"] == "valid":
            assert content_encryption.seal(ENCS[name], key, iv, aad, plaintext) == (ciphertext, tag)
        results[case["result"]] += 1
    assert results == {"valid": 67, "invalid": 27}


def test_wycheproof_gcm(shared_vectors):
    """Those with an IV of 96 bits; JWE has no others, and the lengths tell them apart."""
    groups = json.loads((shared_vectors / "wycheproof/aes_gcm_test.json").read_text())["testGroups"]
    results = {"valid": 0, "invalid": 0, "other iv": 0}
    for group in groups:
        enc = ENCS[f"A{group['keySize']}GCM"]
        for case in group["tests"]:
            key, iv, aad, plaintext, ciphertext, tag = (
                bytes.fromhex(case[part]) for part in ("key", "iv", "aad", "msg", "ct", "tag")
            )
            sealed = AeadOutput(aad, iv, ciphertext, tag)
            if group["ivSize"] != 96:
                assert not content_encryption.lengths_fit(enc, sealed)
                results["other iv"] += 1
                continue
            assert content_encryption.lengths_fit(enc, sealed)
            opened = content_encryption.open_(enc, key, sealed)
            assert opened == (plaintext if case["result"] == "valid" else None), case["tcId"]
            if case["result"] == "valid":
                assert content_encryption.seal(enc, key, iv, aad, plaintext) == (ciphertext, tag)
            results[case["result"]] += 1
    assert sum(results.values()) == 316
    assert all(count > 50 for count in results.values()), results


@each_row("size", SIZES)
@each_row("name", forge.ENCS)
def test_seal_and_open_agree_with_bare_primitives(name, size):
    enc, cek, iv, plaintext = material(name, size)
    sealed = content_encryption.seal(enc, cek, iv, AAD, plaintext)
    assert sealed == forge.seal(name, cek, iv, AAD, plaintext)
    whole = AeadOutput(AAD, iv, *sealed)
    assert content_encryption.lengths_fit(enc, whole)
    assert content_encryption.open_(enc, cek, whole) == plaintext


@each_row("name", ENCS)
def test_every_part_is_authenticated(name):
    enc, cek, iv, plaintext = material(name, 40)
    good = AeadOutput(AAD, iv, *content_encryption.seal(enc, cek, iv, AAD, plaintext))
    for part in AeadOutput.__struct_fields__:
        raw = getattr(good, part)
        for place in range(len(raw)):
            for bit in range(8):
                bad = raw[:place] + bytes((raw[place] ^ 1 << bit,)) + raw[place + 1 :]
                assert (
                    content_encryption.open_(enc, cek, structs.replace(good, **{part: bad})) is None
                )
    for place in range(len(cek)):
        if name in forge.CBC_ENCS and place >= enc.tag_bytes:
            break  # The second half only deciphers: the tag does not depend on it.
        bad = cek[:place] + bytes((cek[place] ^ 1,)) + cek[place + 1 :]
        assert content_encryption.open_(enc, bad, good) is None


@each_row("name", ENCS)
def test_bytes_can_not_move_between_aad_iv_and_ciphertext(name):
    enc, cek, iv, plaintext = material(name, 40)
    aad = AAD + bytes(16)
    ciphertext, tag = content_encryption.seal(enc, cek, iv, aad, plaintext)
    assert (
        content_encryption.open_(
            enc, cek, AeadOutput(aad[:-16], aad[-16:][: enc.iv_bytes], iv + ciphertext, tag)
        )
        is None
    )
    assert (
        content_encryption.open_(
            enc, cek, AeadOutput(aad + iv, ciphertext[: enc.iv_bytes], ciphertext[16:], tag)
        )
        is None
    )


@pytest.fixture
def deciphered(monkeypatch):
    """Count the uses of the CBC cipher."""
    calls = []
    cipher = content_encryption.Cipher

    def counting(*args):
        calls.append(args)
        return cipher(*args)

    monkeypatch.setattr(content_encryption, "Cipher", counting)
    return calls


@pytest.mark.parametrize("name", forge.CBC_ENCS)
def test_cbc_is_never_deciphered_under_a_bad_tag(name, deciphered):
    enc, cek, iv, plaintext = material(name, 40)
    good = AeadOutput(AAD, iv, *forge.seal(name, cek, iv, AAD, plaintext))
    for place in range(enc.tag_bytes):
        bad = good.tag[:place] + bytes((good.tag[place] ^ 0x80,)) + good.tag[place + 1 :]
        assert content_encryption.open_(enc, cek, structs.replace(good, tag=bad)) is None
    assert content_encryption.open_(enc, cek, structs.replace(good, aad=AAD + b"A")) is None
    assert content_encryption.open_(enc, cek, structs.replace(good, iv=bytes(16))) is None
    assert (
        content_encryption.open_(enc, cek, structs.replace(good, ciphertext=good.ciphertext[16:]))
        is None
    )
    assert content_encryption.open_(enc, bytes(enc.cek_bytes), good) is None
    assert deciphered == []
    assert content_encryption.open_(enc, cek, good) == plaintext
    assert len(deciphered) == 1


BAD_PADDINGS = {
    "zero": b"A" * 15 + b"\x00",
    "seventeen": b"A" * 15 + b"\x11",
    "largest": b"A" * 15 + b"\xff",
    "high bit": b"A" * 15 + b"\x81",
    "first byte of two": b"A" * 14 + b"\x01\x02",
    "first byte of sixteen": b"\x0f" + b"\x10" * 15,
    "last but one of sixteen": b"\x10" * 14 + b"\x0f\x10",
    "middle byte of five": b"A" * 11 + b"\x05\x05\x04\x05\x05",
    "longer than the only block": b"\x20" * 16,
    "ISO 10126": b"A" * 11 + b"\x00\x00\x00\x00\x05",
    "ANSI X9.23 of sixteen": b"\x00" * 15 + b"\x10",
}


@pytest.mark.parametrize("padding", BAD_PADDINGS)
@pytest.mark.parametrize("name", forge.CBC_ENCS)
def test_bad_padding_under_a_good_tag_is_none(name, padding, deciphered):
    """RFC 7518 section 5.2.2.2 step 3; any sender can make it."""
    enc, cek, iv, _ = material(name)
    for before in (b"", b"\x10" * 16, b"B" * 32):
        sealed = forge.seal_padded(name, cek, iv, AAD, before + BAD_PADDINGS[padding])
        assert content_encryption.open_(enc, cek, AeadOutput(AAD, iv, *sealed)) is None
    assert len(deciphered) == 3


@each_row("size", range(1, 17))
@each_row("name", forge.CBC_ENCS)
def test_every_good_padding_opens(name, size):
    enc, cek, iv, _ = material(name)
    block = b"\x00" * (16 - size) + bytes((size,)) * size
    sealed = forge.seal_padded(name, cek, iv, AAD, block)
    assert content_encryption.open_(enc, cek, AeadOutput(AAD, iv, *sealed)) == b"\x00" * (16 - size)


@pytest.mark.parametrize("name", forge.ENCS)
def test_lengths_fit_only_those_that_enc_makes(name):
    enc, cek, iv, _ = material(name)
    good = AeadOutput(AAD, iv, *content_encryption.seal(enc, cek, iv, AAD, b"x" * 20))
    assert content_encryption.lengths_fit(enc, good)
    for size in range(70):
        assert content_encryption.lengths_fit(enc, structs.replace(good, iv=bytes(size))) is (
            size == enc.iv_bytes
        )
        assert content_encryption.lengths_fit(enc, structs.replace(good, tag=bytes(size))) is (
            size == enc.tag_bytes
        )
        blocks = size > 0 and size % 16 == 0
        fits = content_encryption.lengths_fit(enc, structs.replace(good, ciphertext=bytes(size)))
        assert fits is (blocks if forge.ENCS[name].mac else True)


def large_of(ciphertext):
    return LargeCiphertext(len(ciphertext), [ciphertext])


@pytest.mark.parametrize("name", ENCS)
def test_large_ciphertext_is_opened_chunk_by_chunk_for_all_but_the_drafts(name, monkeypatch):
    checked = []
    check = content_chunked.authenticate
    monkeypatch.setattr(
        content_chunked,
        "authenticate",
        lambda *args, **names: checked.append(1) or check(*args, **names),
    )
    for size in (0, 1, 16, 70_001):
        enc, cek, iv, plaintext = material(name, size)
        ciphertext, tag = content_encryption.seal(enc, cek, iv, AAD, plaintext)
        sealed = AeadOutput(AAD, iv, ciphertext, tag)
        assert content_encryption.open_(enc, cek, sealed) == plaintext
        assert checked == []
        bad = AeadOutput(AAD, iv, large_of(ciphertext), bytes(len(tag)))
        assert content_encryption.open_(enc, cek, bad) is None
        # The ciphertext is still there for the next key.
        assert content_encryption.open_(enc, cek, structs.replace(bad, tag=tag)) == plaintext
        assert len(checked) == (0 if name in {"C20P", "XC20P"} else 2)
        checked.clear()


@pytest.mark.parametrize("name", ["A256CBC-HS512", "A256GCM"])
def test_a_large_plaintext_takes_over_the_memory_of_its_ciphertext(name):
    enc, cek, iv, plaintext = material(name, 24 * content_chunked.CHUNK_BYTES + 5)
    ciphertext, tag = content_encryption.seal(enc, cek, iv, AAD, plaintext)
    tracemalloc.start()
    try:
        sealed = AeadOutput(AAD, iv, large_of(ciphertext), tag)
        opened = content_encryption.open_(enc, cek, sealed)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert opened == plaintext
    assert peak < len(plaintext) + 3 * content_chunked.CHUNK_BYTES
