"""`joseal doctor --key` of tokens of HPKE: it names what opens them, and proves nothing else."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.helpers import all_algorithms, forge, hpke_forge
from tests.helpers.forge import b64

Run = Callable[..., Result]
ALGS = ["HPKE-0", "HPKE-9", "HPKE-12", "HPKE-3-KE", "HPKE-8-KE"]


@pytest.fixture
def doctor(run: Run, tmp_path: Path) -> Callable[..., dict[str, object]]:
    """Run the command with the key of an alg, and return what it says and its codes."""

    def doctor(token: str, alg: str, *args: str, name: str = "mine") -> dict[str, object]:
        place = tmp_path / "key.jwk"
        place.write_text(json.dumps(hpke_forge.jwk(alg, name)))
        done = run("doctor", "--json", "--key", place, *args, data=token)
        told = json.loads(done.stdout)
        return {
            **told,
            "codes": [cause["code"] for cause in told["causes"]],
            "exit": done.exit_code,
        }

    return doctor


def legacy(alg: str, info: bytes, aad: bytes | None) -> str:
    """Make a token with Key Encryption whose content key was encrypted in an older way."""
    good = hpke_forge.token(alg, b"canary", encrypted_key=bytes(32))
    suite = hpke_forge.suite_of(alg)
    secret, sent = hpke_forge.encapsulate(alg)
    header = json.dumps({**json.loads(good.header), "ek": b64(sent)}).encode()
    key, nonce = hpke_forge.schedule(suite, secret, info)
    cek = forge.draw("cek", 16)
    used = b64(header).encode() if aad is None else aad
    encrypted = AESGCM(key).encrypt(nonce, cek, used)
    sealed = all_algorithms.seal("A128GCM", cek, good.iv, b64(header).encode(), b"canary")
    return str(forge.Token(header, encrypted, good.iv, *sealed))


@pytest.mark.parametrize("alg", ALGS)
def test_good_token_is_accepted(alg: str, doctor: Callable[..., dict[str, object]]) -> None:
    told = doctor(str(hpke_forge.token(alg)), alg)
    assert (told["accepted"], told["codes"], told["exit"]) == (True, [], 0)
    told = doctor(str(hpke_forge.token(alg, info=b"session")), alg, "--info", "session")
    assert (told["accepted"], told["codes"], told["exit"]) == (True, [], 0)


@pytest.mark.parametrize("alg", ALGS)
def test_missing_info_and_a_wrong_key_are_not_told_apart(
    alg: str, doctor: Callable[..., dict[str, object]]
) -> None:
    missing = doctor(str(hpke_forge.token(alg, info=b"session")), alg)
    stranger = doctor(str(hpke_forge.token(alg, name="other")), alg)
    assert missing["codes"] == stranger["codes"] == ["no_variant"]
    assert missing["causes"] == stranger["causes"]
    assert "--info" in missing["causes"][0]["remedy"]
    assert (missing["tried"], missing["opened"]) == (True, False)


@pytest.mark.parametrize("alg", ALGS)
def test_info_that_only_the_receiver_has_used_is_proved(
    alg: str, doctor: Callable[..., dict[str, object]]
) -> None:
    told = doctor(str(hpke_forge.token(alg)), alg, "--info", "session")
    assert (told["codes"], told["opened"], told["accepted"]) == (["hpke_info"], True, False)
    assert told["causes"][0]["seen"] == "decrypts without an info"


@pytest.mark.parametrize("alg", ["HPKE-0-KE", "HPKE-9-KE"])
def test_key_encryption_of_older_drafts_is_proved(
    alg: str, doctor: Callable[..., dict[str, object]]
) -> None:
    right = hpke_forge.rcpt("A128GCM")
    for info, aad, codes in (
        (b"", b"", ["hpke_info"]),
        (right, None, ["hpke_aad"]),
        (b"", None, ["hpke_info", "hpke_aad"]),
    ):
        told = doctor(legacy(alg, info, aad), alg)
        assert (told["codes"], told["opened"], told["accepted"]) == (codes, True, False)
        assert "canary" not in json.dumps(told)


def test_aad_of_integrated_encryption_is_tried(doctor: Callable[..., dict[str, object]]) -> None:
    suite = hpke_forge.suite_of("HPKE-0")
    secret, sent = hpke_forge.encapsulate("HPKE-0")
    key, nonce = hpke_forge.schedule(suite, secret, b"")
    header = b'{"alg":"HPKE-0"}'
    sealed = AESGCM(key).encrypt(nonce, b"canary", b"")
    told = doctor(str(forge.Token(header, sent, b"", sealed, b"")), "HPKE-0")
    assert (told["codes"], told["opened"]) == (["aad_empty"], True)


@pytest.mark.parametrize(
    ("member", "in_header", "codes"),
    [
        ({"psk_id": "AAAA"}, False, ["hpke_psk"]),
        ({"ek": "AAAA"}, False, ["ek_present"]),
        ({}, True, ["ek_present"]),
    ],
)
def test_member_that_is_wrong_in_integrated_encryption_is_the_only_fault_of_what_opens(
    *,
    member: dict[str, str],
    in_header: bool,
    codes: list[str],
    doctor: Callable[..., dict[str, object]],
) -> None:
    secret, sent = hpke_forge.encapsulate("HPKE-0")
    key, nonce = hpke_forge.schedule(hpke_forge.suite_of("HPKE-0"), secret, b"")
    members = {"alg": "HPKE-0", **({"ek": b64(sent)} if in_header else member)}
    header = json.dumps(members).encode()
    sealed = AESGCM(key).encrypt(nonce, b"canary", b64(header).encode())
    told = doctor(str(forge.Token(header, b"" if in_header else sent, b"", sealed, b"")), "HPKE-0")
    assert told["codes"][: len(codes)] == codes
    assert (told["opened"], told["accepted"]) == (True, False)
    assert "no_variant" not in told["codes"]


def test_tag_that_was_sent_apart_is_confirmed_by_opening(
    doctor: Callable[..., dict[str, object]],
) -> None:
    good = hpke_forge.token("HPKE-9")
    apart = good._replace(iv=bytes(12), ciphertext=good.ciphertext[:-16], tag=good.ciphertext[-16:])
    told = doctor(str(apart), "HPKE-9")
    assert (told["codes"], told["opened"], told["accepted"]) == (["hpke_iv_tag"], True, False)


def test_content_that_was_changed_is_told_from_a_wrong_key_with_key_encryption(
    doctor: Callable[..., dict[str, object]],
) -> None:
    token = hpke_forge.token("HPKE-9-KE")
    told = doctor(str(token._replace(tag=bytes(16))), "HPKE-9-KE")
    assert told["codes"] == ["content_unopened"]


@pytest.mark.parametrize(
    ("token", "key", "codes"),
    [
        # The same pair for the other mode, which a Decrypter refuses.
        ("HPKE-9", "HPKE-9-KE", ["alg_not_the_keys"]),
        ("HPKE-9-KE", "HPKE-9", ["alg_not_the_keys"]),
        ("HPKE-0", "HPKE-7", ["alg_not_the_keys"]),
        ("HPKE-9", "HPKE-12", ["key_of_other_kind"]),
        ("HPKE-8", "HPKE-9", ["key_of_other_kind"]),
        ("HPKE-0", "HPKE-3", ["key_of_other_kind"]),
    ],
)
def test_key_of_a_different_alg_or_kem_is_named(
    token: str, key: str, codes: list[str], doctor: Callable[..., dict[str, object]]
) -> None:
    told = doctor(str(hpke_forge.token(token)), key)
    assert told["codes"][: len(codes)] == codes
    assert told["opened"] is (codes == ["alg_not_the_keys"])
    assert told["accepted"] is False


def test_info_over_its_limit_is_a_usage_error(run: Run) -> None:
    done = run("doctor", "--info", "x" * 32769, data=str(hpke_forge.token("HPKE-0")))
    assert (done.exit_code, "--info must have at most" in done.stderr) == (2, True)


def test_key_file_that_has_an_expanded_key_is_named(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "key.jwk"
    made = hpke_forge.jwk("HPKE-12")
    place.write_text(json.dumps({**made, "priv": b64(bytes(2400))}))
    done = run("doctor", "--json", place)
    assert json.loads(done.stdout)["causes"][1]["code"] == "jwk-akp-seed"
    assert made["priv"] not in done.stdout
