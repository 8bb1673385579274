"""C20P and XC20P: draft-amringer-jose-chacha, RFC 8439, draft-irtf-cfrg-xchacha."""

import json
import subprocess
import sys
from collections import Counter

import pytest
from msgspec import structs
from tests.helpers import all_algorithms
from tests.helpers.forge import draw
from tests.helpers.rows import each_row

from joseal._core.algorithms import content_encryption
from joseal._core.algorithms.content_encryption import AeadOutput, lengths_fit
from joseal._core.algorithms.registry import ENCS

CHACHA = ["C20P", "XC20P"]
FILES = {"C20P": "chacha20_poly1305_test.json", "XC20P": "xchacha20_poly1305_test.json"}
COUNTS = {
    "C20P": {"valid": 256, "invalid": 60, "not of this size": 9},
    "XC20P": {"valid": 246, "invalid": 60, "not of this size": 9},
}


def test_both_are_marked_as_drafts_and_nothing_else_is():
    assert [name for name, enc in ENCS.items() if enc.draft] == CHACHA


@each_row("name", CHACHA)
@each_row("size", [0, 1, 15, 16, 17, 64, 1000])
def test_sealed_bytes_are_those_of_the_primitive(name, size):
    cek, iv, plaintext = (
        draw("cek", 32),
        draw("iv", all_algorithms.IV_BYTES[name]),
        draw("text", size),
    )
    ciphertext, tag = content_encryption.seal(ENCS[name], cek, iv, b"aad", plaintext)
    assert (len(ciphertext), len(tag)) == (size, 16)
    assert (ciphertext, tag) == all_algorithms.seal(name, cek, iv, b"aad", plaintext)
    sealed = AeadOutput(b"aad", iv, ciphertext, tag)
    assert lengths_fit(ENCS[name], sealed)
    assert content_encryption.open_(ENCS[name], cek, sealed) == plaintext


@pytest.mark.parametrize("name", CHACHA)
def test_every_changed_byte_is_none(name):
    cek, iv = draw("cek", 32), draw("iv", all_algorithms.IV_BYTES[name])
    good = AeadOutput(b"aad", iv, *all_algorithms.seal(name, cek, iv, b"aad", b"plaintext"))
    for field in AeadOutput.__struct_fields__:
        raw = getattr(good, field)
        for place in range(len(raw)):
            changed = raw[:place] + bytes((raw[place] ^ 0x80,)) + raw[place + 1 :]
            assert (
                content_encryption.open_(ENCS[name], cek, structs.replace(good, **{field: changed}))
                is None
            )
    assert content_encryption.open_(ENCS[name], draw("other", 32), good) is None


@pytest.mark.parametrize("name", CHACHA)
def test_other_lengths_do_not_fit(name):
    iv_bytes = all_algorithms.IV_BYTES[name]
    for size in {0, 8, 11, 12, 13, 16, 23, 24, 25, 32} - {iv_bytes}:
        assert not lengths_fit(ENCS[name], AeadOutput(b"", bytes(size), b"x", bytes(16)))
    for size in (*range(16), 17, 32):
        assert not lengths_fit(ENCS[name], AeadOutput(b"", bytes(iv_bytes), b"x", bytes(size)))
    assert lengths_fit(ENCS[name], AeadOutput(b"", bytes(iv_bytes), b"", bytes(16)))


@pytest.mark.parametrize("name", CHACHA)
def test_wycheproof(shared_vectors, name):
    groups = json.loads((shared_vectors / "wycheproof" / FILES[name]).read_text())["testGroups"]
    seen = Counter()
    for case in (case for group in groups for case in group["tests"]):
        key, iv, aad, msg, ct, tag = (
            bytes.fromhex(case[part]) for part in ("key", "iv", "aad", "msg", "ct", "tag")
        )
        sealed = AeadOutput(aad, iv, ct, tag)
        if not lengths_fit(ENCS[name], sealed):
            assert case["result"] == "invalid"
            seen["not of this size"] += 1
            continue
        seen[case["result"]] += 1
        expected = msg if case["result"] == "valid" else None
        assert content_encryption.open_(ENCS[name], key, sealed) == expected, case["tcId"]
        if expected is not None:
            assert content_encryption.seal(ENCS[name], key, iv, aad, msg) == (ct, tag)
    assert seen == COUNTS[name]


def test_wycheproof_gcm_of_the_sizes_that_jose_uses(shared_vectors):
    groups = json.loads((shared_vectors / "wycheproof/aes_gcm_test.json").read_text())["testGroups"]
    names = {128: "A128GCM", 192: "A192GCM", 256: "A256GCM"}
    seen = Counter()
    for group in groups:
        enc = ENCS[names[group["keySize"]]]
        for case in group["tests"]:
            key, iv, aad, msg, ct, tag = (
                bytes.fromhex(case[part]) for part in ("key", "iv", "aad", "msg", "ct", "tag")
            )
            sealed = AeadOutput(aad, iv, ct, tag)
            if not lengths_fit(enc, sealed):
                seen["not of this size"] += 1
                continue
            seen[case["result"]] += 1
            expected = msg if case["result"] == "valid" else None
            assert content_encryption.open_(enc, key, sealed) == expected, case["tcId"]
    assert seen["valid"] > 100
    assert seen["invalid"] > 50


def test_content_step_of_the_draft(shared_vectors):
    """The printed tokens wrap the plaintext and not the CEK: the step that is right is this one."""
    figures = json.loads((shared_vectors / "rfc/draft-amringer-jose-chacha.json").read_text())
    for figure in figures["examples"]:
        cek, iv, ciphertext, tag = (
            bytes.fromhex(figure[part]) for part in ("cek", "iv", "ciphertext", "tag")
        )
        sealed = AeadOutput(figure["aad_ascii"].encode(), iv, ciphertext, tag)
        assert content_encryption.open_(ENCS["XC20P"], cek, sealed).hex() == figure["plaintext_hex"]
    assert len(figures["examples"]) == 2


def test_libsodium_is_loaded_by_its_first_use_alone():
    program = (
        "import sys, joseal; k = joseal.Key.generate('dir', size=32); assert 'nacl' not in sys.modules;"
        "t = joseal.Encrypter(k, enc='C20P').encrypt(b'x'); assert 'nacl' not in sys.modules;"
        "t = joseal.Encrypter(k, enc='XC20P').encrypt(b'x'); assert 'nacl' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
