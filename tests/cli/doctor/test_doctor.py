"""`joseal doctor`: the cause first, by structure alone or with the key; never a plaintext."""

import base64
import hmac
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import Result
from cryptography.hazmat.primitives import hashes
from tests.helpers import all_algorithms, forge, mistakes
from tests.helpers.mistakes import HIDDEN, SHOWN, good
from tests.helpers.rows import each_row

from joseal import Encrypter, Key, Signer
from joseal.cli import options
from joseal.cli.doctor import findings
from joseal.cli.exit_codes import Exit
from joseal.cli.key_files import File

Run = Callable[..., Result]
RECORDED = json.loads(
    (Path(__file__).parents[2] / "helpers" / "peer_mistakes" / "tokens.json").read_text("utf-8")
)


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The private key that the tokens of `mistakes` are for, as PEM."""
    path = tmp_path_factory.mktemp("doctor") / "mine.pem"
    path.write_bytes(forge.pem_of(forge.rsa_private()))
    return path


@pytest.fixture(scope="module")
def loaded() -> Key:
    return forge.key("RSA-OAEP-256")


@pytest.fixture
def with_key(run: Run, mine: Path, loaded: Key, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with the key; it is loaded once, since that costs more than the rest."""
    parse = options.parse_key

    def parsed(file: File, **more: str | None) -> Key:
        alg = more["alg"]
        return (
            loaded if alg == loaded.alg and file.raw == mine.read_bytes() else parse(file, **more)
        )

    monkeypatch.setattr(options, "parse_key", parsed)
    return lambda *args, **more: run("doctor", "--key", mine, *args, **more)


def told(done: Result) -> dict[str, object]:
    assert "canary" not in done.output
    assert done.stdout.isascii()
    return json.loads(done.stdout)


def codes(done: Result) -> list[str]:
    return [cause["code"] for cause in told(done)["causes"]]


def noted(done: Result) -> list[str]:
    return [cause["code"] for cause in told(done)["notes"]]


@pytest.mark.parametrize("name", SHOWN)
def test_structure_alone_names_the_cause_first(name: str, run: Run) -> None:
    code, make = SHOWN[name]
    done = run("doctor", "--json", data=make())
    assert codes(done)[0] == code
    assert done.exit_code == Exit.TOKEN
    assert json.loads(done.stderr)["error"]["code"] == code
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", HIDDEN)
def test_key_names_the_cause_first(name: str, with_key: Run) -> None:
    code, make = HIDDEN[name]
    done = with_key("--json", data=make())
    if code == "plaintext_json_string":
        # It opens: what is odd about the plaintext is a note.
        assert (codes(done), noted(done), done.exit_code) == ([], [code], 0)
        return
    # A switch is named where the token would need it even if it were made right.
    off = ["zip_off"] if code.startswith("zip_") and code != "zip_none" else []
    assert codes(done) == [code, *off]
    opened = code not in ("no_variant", "content_unopened")
    size = len(mistakes.PLAINTEXT)
    assert (told(done)["tried"], told(done)["opened"]) == (True, opened)
    assert told(done)["plaintext_bytes"] == (size if opened else None)
    assert done.exit_code == Exit.TOKEN


def test_without_the_key_nothing_is_found(run: Run) -> None:
    done = run("doctor", "--json", data=HIDDEN["no AAD"][1]())
    assert (codes(done), told(done)["tried"], told(done)["opened"]) == ([], False, False)
    assert (done.exit_code, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "name",
    [
        *("json.dumps of the token", "jwcrypto without compact", "lines of 76", "padded segments"),
        *(
            "a 16-byte IV for GCM",
            "Java's doFinal",
            "the tag twice",
            "the IV before the ciphertext",
        ),
        *(
            "the IV twice",
            "a 16-byte tag for HS512",
            "the whole HMAC as tag",
            "hex in the segments",
        ),
        *("standard base64", "UTF-16 of PowerShell", "a sign byte before the modulus"),
        *("segments encoded twice", "URL-encoded padding", "hex of the whole"),
    ],
)
def test_what_structure_shows_is_confirmed_by_opening(name: str, with_key: Run) -> None:
    done = with_key("--json", data=SHOWN[name][1]())
    assert codes(done)[0] == SHOWN[name][0]
    assert told(done)["opened"] is True


def test_a_good_token_opens_as_it_is(with_key: Run) -> None:
    done = with_key(data=str(good()))
    assert (done.exit_code, done.stderr) == (0, "")
    size = len(mistakes.PLAINTEXT)
    assert done.stdout.startswith(f"It decrypts as it is: {size} bytes of plaintext.\n")
    assert "canary" not in done.stdout


@pytest.mark.parametrize(
    ("alg", "enc"),
    [("A256KW", "A128GCM"), ("dir", "C20P"), ("dir", "XC20P"), ("A128GCMKW", "A192GCM")],
)
def test_symmetric_keys_open_good_tokens_and_name_what_is_wrong(
    alg: str, enc: str, run: Run, tmp_path: Path
) -> None:
    secret = all_algorithms.raw(alg, enc)
    (tmp_path / "key").write_text(json.dumps({"kty": "oct", "k": forge.b64(secret)}))
    token = all_algorithms.token(alg, enc, mistakes.PLAINTEXT)
    assert codes(run("doctor", "--json", "--key", tmp_path / "key", data=str(token))) == []
    changed = str(token._replace(tag=bytes(16)))
    done = run("doctor", "--json", "--key", tmp_path / "key", data=changed)
    assert codes(done) == ["no_variant" if alg == "dir" else "content_unopened"]
    other = str(all_algorithms.token(alg, enc, name="stranger"))
    assert codes(run("doctor", "--json", "--key", tmp_path / "key", data=other)) == ["no_variant"]


@pytest.fixture(scope="module")
def on_curve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("curve") / "mine.jwk"
    path.write_text(json.dumps(all_algorithms.private_jwk("P-256")))
    return path


def test_a_key_on_a_curve_opens(run: Run, on_curve: Path) -> None:
    token = str(all_algorithms.token("ECDH-ES+A128KW", "A128GCM"))
    assert run("doctor", "--key", on_curve, data=token).exit_code == 0


@pytest.mark.parametrize("alg", ["ECDH-ES", "ECDH-ES+A256KW"])
@pytest.mark.parametrize("seen", mistakes.AGREED)
def test_other_inputs_of_the_derivation_are_named(
    seen: str, alg: str, on_curve: Path, run: Run
) -> None:
    token = str(mistakes.agreed(alg, mistakes.AGREED[seen]))
    done = run("doctor", "--json", "--key", on_curve, data=token)
    assert [(cause["code"], cause["seen"]) for cause in told(done)["causes"]] == [
        ("derivation", seen)
    ]
    assert told(done)["opened"] is True


@pytest.mark.parametrize(("alg", "name"), [("ECDH-ES", "ECDH-ES"), ("ECDH-ES+A256KW", "A128GCM")])
def test_the_name_of_the_other_algorithm_in_the_derivation_is_named(
    alg: str, name: str, on_curve: Path, run: Run
) -> None:
    token = mistakes.agreed(
        alg, lambda _, u, v, size: mistakes.counted(name.encode(), u, v) + mistakes.bits(size)
    )
    (cause,) = told(run("doctor", "--json", "--key", on_curve, data=str(token)))["causes"]
    assert (cause["code"], cause["seen"]) == ("derivation", f"with the name {name}")


def test_one_screen_with_the_causes_on_top(with_key: Run) -> None:
    done = with_key(data=json.dumps(HIDDEN["no AAD"][1]()), COLUMNS="200")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 30
    assert lines[0] == f"It decrypts, but: ({len(mistakes.PLAINTEXT)} bytes of plaintext)"
    assert lines[1].split()[:3] == ["1.", "The", "token"]
    assert "[json_string]" in done.stdout
    assert "[aad_empty]" in done.stdout
    assert [line for line in lines if line != line.rstrip()] == []


def test_without_causes_the_possible_ones_are_named(run: Run) -> None:
    done = run("doctor", data=str(good()))
    assert done.stdout.startswith("No fault was found.")
    for code in ("other_key", "oaep_hash", "mgf1", "aad"):
        assert f"   {code} " in done.stdout
    assert len(done.stdout.splitlines()) <= 30


def test_nothing_of_a_token_reaches_the_terminal_raw(run: Run) -> None:
    header = '{"alg":"\\u001b[31m\x7f","enc":"\u009b2J","[bold]\\u0007":"\u202e"}'.encode()
    for more in ((), ("--json",)):
        done = run("doctor", *more, data=str(good()._replace(header=header)))
        assert done.output.isascii()
        assert [char for char in done.output if not (char.isprintable() or char == "\n")] == []


def keys_file(path: Path, **kids: str) -> Path:
    """A JWK Set with the public keys of these names."""
    keys = []
    for name, kid in kids.items():
        numbers = forge.rsa_private(name).public_key().public_numbers()
        jwk = {"kty": "RSA", "e": "AQAB", "n": forge.b64(numbers.n.to_bytes(256, "big"))}
        keys.append({**jwk, "kid": kid, "alg": "RSA-OAEP-256"})
    path.write_text(json.dumps({"keys": keys}))
    return path


def named(kid: str) -> str:
    return str(mistakes.gcm(members={"kid": kid}))


def test_kid_of_the_other_pair_is_told_from_an_unknown_one(
    with_key: Run, run: Run, tmp_path: Path
) -> None:
    others = keys_file(tmp_path / "others", stranger="theirs")
    done = run("doctor", "--json", "--other-key", others, data=named("theirs"))
    assert codes(done) == ["kid_of_other_pair"]
    done = with_key("--json", "--other-key", others, data=named("theirs"))
    assert (codes(done), noted(done), told(done)["accepted"]) == ([], ["kid_of_other_pair"], True)
    assert done.exit_code == 0
    jwks = keys_file(tmp_path / "mine", mine="mine")
    assert codes(run("doctor", "--json", "--key", jwks, data=named("mine"))) == ["key_public"]
    done = run("doctor", "--json", "--key", jwks, data=named("old"))
    assert codes(done) == ["kid_unknown", "key_public"]


def test_kid_that_is_a_hash_of_a_key_is_known(with_key: Run, loaded: Key) -> None:
    for kid in (loaded.thumbprint(), loaded.spki_sha256()):
        assert codes(with_key("--json", data=named(kid))) == []


def test_a_jwk_set_opens_with_whichever_key_fits(run: Run, tmp_path: Path) -> None:
    sets = {"keys": [forge.key("A128KW", name=name).to_jwk(private=True) for name in ("a", "b")]}
    (tmp_path / "set").write_text(json.dumps(sets))
    token = str(forge.token("A128KW", "A128GCM", name="b"))
    assert run("doctor", "--key", tmp_path / "set", data=token).exit_code == 0


def test_an_rsa_key_of_another_size_is_named(with_key: Run) -> None:
    token = str(good()._replace(encrypted_key=bytes(512)))
    (cause,) = told(with_key("--json", data=token))["causes"]
    assert cause["code"] == "rsa_size"
    assert cause["seen"] == "512 bytes, and your modulus has 256"


def test_an_epk_on_another_curve_is_named(run: Run, on_curve: Path) -> None:
    token = str(all_algorithms.token("ECDH-ES", "A128GCM", curve="X25519"))
    (cause,) = told(run("doctor", "--json", "--key", on_curve, data=token))["causes"]
    assert (cause["code"], cause["seen"]) == ("epk_curve", "X25519, and yours is on P-256")


def test_alg_that_is_not_the_keys_is_named_and_tried(with_key: Run) -> None:
    token = str(good("RSA-OAEP"))
    done = with_key("--json", "--alg", "RSA-OAEP-256", data=token)
    assert codes(done) == ["alg_not_the_keys"]
    assert told(done)["opened"] is True


def test_alg_in_another_spelling_is_one_cause_and_not_two(with_key: Run) -> None:
    header = json.dumps({"alg": "rsa-oaep-256", "enc": "a256gcm"}).encode()
    done = with_key("--json", data=str(mistakes.gcm(header=header)))
    assert codes(done) == ["alg_spelling", "enc_spelling"]
    assert told(done)["opened"] is True


def test_a_key_of_another_kind_is_named(with_key: Run) -> None:
    token = str(all_algorithms.token("A256KW", "A128GCM"))
    assert codes(with_key("--json", data=token))[0] == "key_of_other_kind"


def test_a_direct_key_of_another_size_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(json.dumps({"kty": "oct", "k": forge.b64(bytes(16))}))
    token = str(all_algorithms.token("dir", "A256GCM"))
    assert codes(run("doctor", "--json", "--key", tmp_path / "key", data=token)) == ["key_unusable"]


def test_two_mistakes_at_once_are_both_named(with_key: Run) -> None:
    token = mistakes.gcm(
        encrypted_key=mistakes.wrapping(lambda cek: cek.hex().encode()),
        aad=lambda _: b"",
        iv=bytes(16),
    )
    assert codes(with_key("--json", data=str(token))) == ["gcm_iv_16", "cek_hex", "aad_empty"]


def test_a_stream_that_inflates_too_far_is_named(with_key: Run) -> None:
    bomb = mistakes.zlib.compressobj(wbits=-15)
    plaintext = bomb.compress(bytes(300_000)) + bomb.flush()
    token = mistakes.gcm(members={"zip": "DEF"}, plaintext=plaintext)
    assert codes(with_key("--json", data=str(token))) == ["zip_too_large", "zip_off"]


def test_every_finding_can_come(with_key: Run) -> None:
    elsewhere = {
        *(
            "key_public",
            "kid_of_other_pair",
            "kid_unknown",
            "alg_not_the_keys",
            "key_of_other_kind",
        ),
        *("key_unusable", "rsa_size", "zip_too_large", "derivation", "epk_curve"),
    }
    seen = {code for code, _ in HIDDEN.values()} | elsewhere
    tokens = {
        "mac_whole_key": mistakes.cbc(mac_key=slice(0, 64)),
        "iv_cut": mistakes.gcm(iv=bytes(12))._replace(iv=bytes(16)),
        "tag_prepended": good()._replace(ciphertext=good().tag + good().ciphertext, tag=b""),
    }
    for code, token in tokens.items():
        assert code in codes(with_key("--json", data=str(token)))
    recorded = {token["code"] for token in RECORDED["tokens"]} & {*findings.CODES}
    assert seen | set(tokens) | recorded | ELSEWHERE == set(findings.CODES)


# Each of them has its own test below, or in `test_is_the_decrypter.py`, `test_hpke.py` and
# `test_inputs.py`.
ELSEWHERE = {
    *("hpke_info", "hpke_aad", "oaep_used"),
    *("gcmkw_in_key", "gcmkw_swapped", "password_stripped", "password_encoding"),
    *("payload_encoded", "payload_line_end", "b64_ignored", "b64_not_critical"),
    *("input_line_end", "input_without_dot"),
    *("hmac_short", "kid_not_compared"),
    *("too_many_keys", "enc_not_expected", "refused_as_it_stands", "kid_is_fingerprint"),
    *("secret_decoded", "secret_size", "signature_numbers", "signature_cut", "signature_reversed"),
    *("input_decoded", "input_standard_base64", "b64_unencoded", "payload_given_twice"),
}


def test_the_fifth_key_is_one_too_many(run: Run, tmp_path: Path) -> None:
    names = ["a", "b", "c", "d", "e"]
    ring = [forge.key("A128KW", name=name).to_jwk(private=True) for name in names]
    (tmp_path / "set").write_text(json.dumps({"keys": ring}))
    for name in names:
        token = str(forge.token("A128KW", "A128GCM", name=name))
        done = run("doctor", "--json", "--key", tmp_path / "set", data=token)
        assert codes(done) == (["too_many_keys"] if name == "e" else [])


def test_an_enc_that_is_not_named_is_a_cause(with_key: Run) -> None:
    done = with_key("--json", "--enc", "A128GCM", data=str(good()))
    assert (codes(done), told(done)["opened"]) == (["enc_not_expected"], True)
    assert codes(with_key("--json", "--enc", "A128GCM", "--enc", "A256GCM", data=str(good()))) == []


def test_a_kid_that_is_a_fingerprint_of_a_named_key_is_told(
    run: Run, mine: Path, loaded: Key
) -> None:
    args = ("doctor", "--json", "--key", mine, "--kid", "bank-1")
    done = run(*args, data=named(loaded.thumbprint()))
    assert codes(done) == ["kid_is_fingerprint"]


def test_what_a_strict_reader_refuses_has_a_cause(with_key: Run) -> None:
    header = b'{"alg":"RSA-OAEP-256","enc":"A256GCM","zip":"def"}'
    assert codes(with_key("--json", data=str(mistakes.gcm(header=header)))) == [
        *("zip_unknown", "zip_none")
    ]
    nested = b'{"alg":"RSA-OAEP-256","enc":"A256GCM","b64":false}'
    done = with_key("--json", data=str(mistakes.gcm(header=nested)))
    assert (codes(done) != []) is (done.exit_code == Exit.TOKEN)


@pytest.mark.parametrize(
    ("code", "mine_is", "theirs_is"),
    [
        (
            "secret_decoded",
            b"00112233445566778899aabbccddeeff",
            bytes.fromhex("00112233445566778899aabbccddeeff"),
        ),
        ("secret_size", b"0123456789abcdefghijklmn", b"0123456789abcdef"),
        ("secret_text", bytes(range(16)), bytes(range(16)).hex().encode()),
    ],
)
def test_a_shared_key_taken_otherwise_is_named(
    code: str, mine_is: bytes, theirs_is: bytes, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(json.dumps({"kty": "oct", "k": forge.b64(mine_is)}))
    enc = {16: "A128GCM", 32: "A256GCM"}[len(theirs_is)]
    sealer = Key.from_jwk({"kty": "oct", "k": forge.b64(theirs_is)}, alg="dir")
    token = Encrypter(sealer, enc=enc).encrypt(b"{}")
    done = run("doctor", "--json", "--key", tmp_path / "key", data=token)
    assert (codes(done), told(done)["opened"]) == ([code], True)


HS256_HEAD = forge.b64(b'{"alg":"HS256"}')


def hs256(change: Callable[[bytes], bytes], segment: Callable[[bytes], bytes]) -> tuple[str, dict]:
    secret, head = bytes(range(32)), HS256_HEAD
    payload = b'{"a":"???>>>~~~"}'
    made = hmac.digest(secret, segment(payload), "sha256")
    token = f"{head}.{forge.b64(payload)}.{forge.b64(change(made))}"
    return token, {"kty": "oct", "k": forge.b64(secret)}


@pytest.mark.parametrize(
    ("code", "change", "segment"),
    [
        (
            "signature_cut",
            lambda made: made[:16],
            lambda payload: f"{HS256_HEAD}.{forge.b64(payload)}".encode(),
        ),
        ("input_decoded", bytes, lambda payload: b'{"alg":"HS256"}.' + payload),
        (
            "input_standard_base64",
            bytes,
            lambda payload: HS256_HEAD.encode() + b"." + base64.b64encode(payload),
        ),
    ],
)
def test_an_hmac_over_other_bytes_is_named(
    code: str,
    change: Callable[[bytes], bytes],
    segment: Callable[[bytes], bytes],
    run: Run,
    tmp_path: Path,
) -> None:
    token, jwk = hs256(change, segment)
    (tmp_path / "key").write_text(json.dumps(jwk))
    done = run("doctor", "--json", "--expect", "jws", "--key", tmp_path / "key", data=token)
    assert codes(done)[-1] == code
    assert told(done)["opened"] is True
    assert done.exit_code == Exit.TOKEN


def test_signatures_with_their_bytes_in_another_order_are_named(run: Run, tmp_path: Path) -> None:
    for alg, code, change in (
        ("RS256", "signature_reversed", lambda raw: raw[::-1]),
        ("ES256", "signature_numbers", lambda raw: raw[:32][::-1] + raw[32:][::-1]),
    ):
        key = Key.generate(alg)
        (tmp_path / "key").write_text(json.dumps(key.public().to_jwk()))
        head, payload, signature = Signer(key).sign(b"{}").split(".")
        token = f"{head}.{payload}.{forge.b64(change(forge.unb64(signature)))}"
        done = run("doctor", "--json", "--expect", "jws", "--key", tmp_path / "key", data=token)
        assert codes(done) == [code]


def test_a_detached_payload_is_taken_and_b64_is_a_switch(run: Run, tmp_path: Path) -> None:
    key = Key.generate("ES256")
    (tmp_path / "key").write_text(json.dumps(key.public().to_jwk()))
    (tmp_path / "payload").write_bytes(b"body")
    args = ("doctor", "--json", "--expect", "jws", "--key", tmp_path / "key")
    given = (*args, "--payload", tmp_path / "payload")
    detached = Signer(key, detached=True).sign(b"body")
    assert codes(run(*args, data=detached)) == ["payload_detached"]
    done = run(*given, data=detached)
    assert (codes(done), done.exit_code) == ([], 0)
    assert codes(run(*given, data=Signer(key).sign(b"body"))) == ["payload_given_twice"]
    plain = Signer(key, detached=True, b64=False).sign(b"body")
    assert codes(run(*given, data=plain)) == ["b64_unencoded"]


def test_fingerprints_of_the_key_that_was_tried_are_shown(with_key: Run, loaded: Key) -> None:
    shown = told(with_key("--json", data=str(good())))["key"]
    assert shown == {
        "alg": "RSA-OAEP-256",
        "spki_sha256": loaded.spki_sha256(),
        "thumbprint": loaded.thumbprint(),
    }


def test_a_password_needs_a_key(run: Run) -> None:
    done = run("doctor", "--password-env", "PW", data="x", PW="secret")
    assert done.exit_code == Exit.USAGE
    assert "a password needs --key" in done.stderr


def test_encrypted_key_file_is_opened_with_its_password(run: Run, folder: Path, pair: Key) -> None:
    token = Encrypter(pair.public(), enc="A256GCM").encrypt(b"x")
    args = ("--key", folder / "encrypted.pem", "--password-file", folder / "password")
    assert run("doctor", *args, data=token).exit_code == 0


def test_a_file_that_is_no_key_is_refused(run: Run, folder: Path) -> None:
    done = run("doctor", "--key", folder / "password", data=str(good()))
    assert (done.exit_code, done.stderr.count("\n")) == (Exit.KEY, 1)


def test_a_public_key_compares_and_opens_nothing(run: Run, folder: Path) -> None:
    done = run("doctor", "--json", "--key", folder / "public.pem", data=str(good()))
    assert (codes(done), told(done)["tried"]) == (["key_public"], False)
    assert done.exit_code == Exit.TOKEN


def test_a_jws_can_be_expected(run: Run) -> None:
    token = mistakes.signed_by_joserfc()
    assert run("doctor", "--expect", "jws", data=token).exit_code == 0
    assert codes(run("doctor", "--json", "--expect", "jws", data=str(good()))) == ["jwe"]


def test_a_key_for_signatures_expects_a_jws(run: Run, tmp_path: Path) -> None:
    key, path = Key.generate("ES256", kid="sign"), tmp_path / "key"
    signed = Signer(key).sign(b"{}")
    jwk, encrypting = (made.public().to_jwk() for made in (key, Key.generate("ECDH-ES")))
    for text in (json.dumps(jwk), json.dumps({"keys": [jwk, {**jwk, "kid": "old"}]})):
        path.write_text(text)
        assert codes(run("doctor", "--json", "--key", path, data=signed)) == []
        done = run("doctor", "--json", "--expect", "jwe", "--key", path, data=signed)
        assert codes(done)[0] == "jws"
    path.write_text(key.public().to_pem())
    assert codes(run("doctor", "--json", "--key", path, "--alg", "ES256", data=signed)) == []
    # A key that names no alg, or one set for both, leaves the default.
    assert codes(run("doctor", "--json", "--key", path, data=signed))[0] == "jws"
    path.write_text(json.dumps({"keys": [jwk, encrypting]}))
    assert codes(run("doctor", "--json", "--key", path, data=signed))[0] == "jws"


def test_a_set_without_keys_leaves_the_expected_kind(run: Run, tmp_path: Path) -> None:
    (tmp_path / "key").write_text('{"keys": []}')
    args = ("--key", tmp_path / "key")
    plain, named = (run("doctor", *more, *args, data="") for more in ((), ("--expect", "jwe")))
    assert (plain.exit_code, plain.output) == (named.exit_code, named.output)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_key_is_read_once_so_that_it_may_come_through_a_pipe(run: Run, tmp_path: Path) -> None:
    key = Key.generate("ES256")
    os.mkfifo(tmp_path / "key")
    text = json.dumps(key.public().to_jwk())
    with ThreadPoolExecutor(1) as pool:
        pool.submit((tmp_path / "key").write_text, text)
        done = run("doctor", "--json", "--key", tmp_path / "key", data=Signer(key).sign(b"{}"))
    assert codes(done) == []


def test_oaep_under_the_name_of_rsa1_5_is_named_and_no_switch_is_advised(with_key: Run) -> None:
    token = good()._replace(header=b'{"alg":"RSA1_5","enc":"A256GCM"}')
    done = with_key("--json", "--alg", "RSA-OAEP-256", data=str(token))
    assert codes(done) == ["alg_not_the_keys", "oaep_used", "content_unopened"]
    mixed = mistakes.gcm(
        members={"alg": "RSA1_5"}, encrypted_key=mistakes.oaep(hashes.SHA256(), mistakes.SHA1)
    )
    done = with_key("--json", "--alg", "RSA-OAEP-256", data=str(mixed))
    assert codes(done) == ["alg_not_the_keys", "oaep_used", "oaep_mixed"]


@each_row("key", [(), ("--key", "private.pem", "--alg", "RSA-OAEP-256")])
@each_row(
    ("name", "kind", "loader"),
    [
        ("private.pem", "pem-private", "Key.from_pem"),
        ("public.pem", "pem-public", "Key.from_pem"),
        ("private.der", "der-pkcs8", "Key.from_der"),
        ("public.jwk", "jwk", "Key.from_jwk"),
        ("encrypted.pem", "pem-private", "Key.from_pem"),
    ],
)
def test_a_key_file_is_no_token_and_says_how_it_is_loaded(
    *, key: tuple[str, ...], name: str, kind: str, loader: str, run: Run, folder: Path
) -> None:
    args = [folder / arg if arg.endswith(".pem") else arg for arg in key]
    done = run("doctor", "--json", *args, folder / name)
    assert (done.exit_code, codes(done), noted(done)) == (
        Exit.TOKEN,
        ["key_instead", kind],
        [],
    )
    assert told(done)["accepted"] is False
    key_file = json.loads(done.stdout)
    assert (key_file["kind"], key_file["loader"]) == (kind, loader)
    assert key_file["verdict"] == f"This is not a token: {key_file['sentence']}."
    page = run("doctor", *args, folder / name)
    assert page.exit_code == Exit.TOKEN
    assert key_file["remedy"] in " ".join(page.stdout.split())
    assert page.stderr.startswith("joseal: key_instead: ")


def test_a_key_file_that_cannot_be_loaded_is_no_token_either(run: Run) -> None:
    done = run("doctor", "--json", data=b"\xfe\xed\xfe\xed" + bytes(40))
    assert (done.exit_code, codes(done)[0]) == (Exit.TOKEN, "key_instead")
    assert json.loads(done.stdout)["loader"] == ""


def test_a_kid_that_is_compared_with_nothing_is_a_note(run: Run, tmp_path: Path) -> None:
    jwk = forge.key("RSA-OAEP-256").to_jwk(private=True)
    (tmp_path / "bare.jwk").write_text(json.dumps(jwk))
    token = str(good(members={"kid": "bank-2"}))
    done = run("doctor", "--json", "--key", tmp_path / "bare.jwk", data=token)
    assert (done.exit_code, codes(done), noted(done)) == (0, [], ["kid_not_compared"])
    given = ("--key", tmp_path / "bare.jwk", "--kid", "bank-1")
    done = run("doctor", "--json", *given, data=token)
    assert (done.exit_code, codes(done), noted(done)) == (1, ["kid_unknown"], [])
    done = run("doctor", "--json", *given[:-1], "bank-2", data=token)
    assert (done.exit_code, codes(done), noted(done)) == (0, [], [])


@pytest.mark.parametrize("alg", ["ML-DSA-44", "ML-DSA-87", "HPKE-12", "HPKE-13-KE"])
def test_a_pem_file_of_an_akp_key_is_told_as_one_of_another_kind(
    run: Run, tmp_path: Path, alg: str
) -> None:
    path, token = tmp_path / "akp.pem", tmp_path / "token"
    path.write_text(Key.generate(alg).to_pem(private=True))
    token.write_text(Encrypter(Key.generate("A256KW"), enc="A256GCM").encrypt(b"x"))
    done = run("doctor", "--key", path, "--json", token)
    assert done.exit_code == 1
    assert codes(done)[0] == "key_of_other_kind"
