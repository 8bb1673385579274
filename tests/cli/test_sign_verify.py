"""`joseal sign` and `joseal verify`: every form of a token there and back, and what is refused."""

import hmac
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.helpers.forge import b64

from joseal import Key, Signer
from joseal.cli.exit_codes import Exit

Run = Callable[..., Result]

PAYLOAD = b'{"a":1}\xff\n'
PLAIN = b"$1,02"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pair in PEM, one as a JWK with a kid, a shared secret, and sets."""
    folder = tmp_path_factory.mktemp("signing")
    one, two, sealing = (
        Key.generate("ES256"),
        Key.generate("ES256", kid="two"),
        Key.generate("dir", size=32),
    )
    jwks = [{**one.to_jwk(), "kid": "one"}, two.to_jwk(), Key.generate("ECDH-ES").public().to_jwk()]
    for name, text in {
        "one.pem": one.to_pem(private=True),
        "one.pub": one.to_pem(),
        "two.jwk": json.dumps(two.to_jwk(private=True)),
        "two.pub": json.dumps(two.to_jwk()),
        "mac.jwk": json.dumps(Key.generate("HS256").to_jwk(private=True)),
        "seal.jwk": json.dumps(sealing.to_jwk(private=True)),
        "all.jwks": json.dumps({"keys": jwks}),
        "payload": PLAIN.decode(),
    }.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("signing", "verifying", "alg"),
    [("one.pem", "one.pub", "ES256"), ("two.jwk", "two.pub", None), ("mac.jwk", "mac.jwk", None)],
)
def test_what_was_signed_is_verified(
    signing: str, verifying: str, alg: str | None, keys: Path, run: Run
) -> None:
    named = ("--alg", alg) if alg else ()
    signed = run("sign", "--key", keys / signing, *named, data=PAYLOAD)
    assert (signed.exit_code, signed.stderr, signed.stdout.count("\n")) == (0, "", 0)
    done = run("verify", "--key", keys / verifying, *named, data=f" {signed.stdout}\n")
    assert (done.exit_code, done.stderr, done.stdout_bytes) == (0, "", PAYLOAD)


def test_a_short_secret_verifies_old_tokens_with_legacy_alone(tmp_path: Path, run: Run) -> None:
    secret = b"sixteen bytes ok"
    short = Key.from_bytes(secret, alg="HS256", legacy=True)
    (tmp_path / "short.jwk").write_text(json.dumps(short.to_jwk(private=True)))
    head = b64(b'{"alg":"HS256"}') + "." + b64(b"x")
    token = head + "." + b64(hmac.digest(secret, head.encode(), "sha256"))
    args = ("verify", "--key", tmp_path / "short.jwk")
    assert run(*args, data=token).exit_code == Exit.KEY
    done = run(*args, "--legacy", data=token)
    assert (done.exit_code, done.stderr, done.stdout_bytes) == (0, "", b"x")


def test_header_members_and_names_are_written(keys: Path, run: Run) -> None:
    args = ("sign", "--key", keys / "two.jwk", "--header", "typ=x", "--header", "iat:=1")
    shown = [
        json.loads(
            run(
                "verify",
                "--key",
                keys / "two.pub",
                "--json",
                data=run(*args, *more, data=b"x").stdout,
            ).stdout
        )["header"]
        for more in ((), ("--no-kid",))
    ]
    assert list(shown[0].items()) == [("alg", "ES256"), ("kid", "two"), ("typ", "x"), ("iat", 1)]
    assert "kid" not in shown[1]


@pytest.mark.parametrize("unencoded", [(), ("--unencoded",)])
def test_a_detached_payload_is_given_apart_and_not_repeated(
    unencoded: tuple[str, ...], keys: Path, run: Run, tmp_path: Path
) -> None:
    signed = run("sign", "--key", keys / "two.jwk", "--detached", *unencoded, keys / "payload")
    assert signed.stdout.split(".")[1] == ""
    verify = ("verify", "--key", keys / "two.pub", "--payload", keys / "payload", *unencoded)
    done = run(*verify, data=signed.stdout)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    shown = json.loads(run(*verify, "--json", data=signed.stdout).stdout)
    assert (shown["payload"], shown["key"]["kid"]) == (None, "two")
    (tmp_path / "other").write_bytes(b"$1,03")
    forged = (tmp_path / "other" if part == keys / "payload" else part for part in verify)
    other = run(*forged, data=signed.stdout)
    assert (other.exit_code, other.stderr.split(": ")[1]) == (Exit.TOKEN, "unverified")


def test_an_unencoded_payload_stands_in_the_token_as_it_is(keys: Path, run: Run) -> None:
    signed = run("sign", "--key", keys / "two.jwk", "--unencoded", data=PLAIN)
    assert signed.stdout.split(".")[1] == PLAIN.decode()
    done = run("verify", "--key", keys / "two.pub", "--unencoded", data=signed.stdout)
    assert done.stdout_bytes == PLAIN
    refused = run("verify", "--key", keys / "two.pub", data=signed.stdout)
    assert (refused.exit_code, refused.stderr.split(": ")[1]) == (Exit.TOKEN, "not_allowed")


def test_json_shows_payload_header_and_key(keys: Path, run: Run) -> None:
    signed = json.loads(run("sign", "--key", keys / "two.jwk", "--json", data=PLAIN).stdout)
    assert (signed["detached"], signed["b64"]) == (False, True)
    done = run("verify", "--key", keys / "two.pub", "--json", data=signed["token"])
    shown = json.loads(done.stdout)
    assert shown["payload"] == {"text": "$1,02", "base64url": "JDEsMDI"}
    key = Key.from_jwk((keys / "two.pub").read_text())
    assert shown["key"] == {"alg": "ES256", "kid": "two", "thumbprint": key.thumbprint()}


def test_several_keys_and_sets_are_tried_by_name(keys: Path, run: Run, tmp_path: Path) -> None:
    signed = run("sign", "--key", keys / "two.jwk", data=PLAIN).stdout
    several = ("--key", keys / "one.pub", "--key", keys / "two.pub", "--alg", "ES256")
    for named in (several, ("--key", keys / "all.jwks")):
        assert run("verify", *named, data=signed).stdout_bytes == PLAIN
    other = run("sign", "--key", keys / "one.pem", "--alg", "ES256", "--kid", "x", data=PLAIN)
    done = run("verify", "--key", keys / "all.jwks", data=other.stdout)
    assert (done.exit_code, done.stderr.split(": ")[1]) == (Exit.TOKEN, "unknown_key")
    done = run("verify", "--key", keys / "all.jwks", "--any-kid", data=other.stdout)
    assert done.stdout_bytes == PLAIN


def test_a_payload_file_is_private_and_needs_a_signature(
    keys: Path, run: Run, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    signed = run("sign", "--key", keys / "two.jwk", data=PLAIN).stdout
    run("verify", "--key", keys / "two.pub", "-o", target, data=signed)
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (PLAIN, 0o600)
    target.unlink()
    done = run("verify", "--key", keys / "one.pub", "--alg", "ES256", "-o", target, data=signed)
    assert (done.exit_code, done.stdout, target.exists()) == (Exit.TOKEN, "", False)


def test_a_critical_member_has_to_be_heeded(keys: Path, run: Run) -> None:
    key = Key.from_jwk((keys / "two.jwk").read_text())
    token = Signer(key, header={"exp": 1, "crit": ["exp"]}).sign(PLAIN)
    refused = run("verify", "--key", keys / "two.pub", data=token)
    assert (refused.exit_code, refused.stderr.split(": ")[1]) == (Exit.TOKEN, "malformed")
    assert run("verify", "--key", keys / "two.pub", "--crit", "exp", data=token).exit_code == 0


REFUSED: dict[str, tuple[str, tuple[str, ...], Exit]] = {
    "a public key": ("sign", ("two.pub",), Exit.KEY),
    "a key for encryption": ("sign", ("seal.jwk",), Exit.KEY),
    "a set without a name": ("sign", ("all.jwks",), Exit.KEY),
    "a payload with a dot": ("sign", ("two.jwk", "--unencoded"), Exit.USAGE),
    "a managed member": ("sign", ("two.jwk", "--header", "b64:=true"), Exit.USAGE),
    "a key that encrypts": ("verify", ("seal.jwk",), Exit.KEY),
    "a folder": ("verify", (".",), Exit.FILE),
    "an alg that encrypts": ("verify", ("one.pub", "--alg", "RSA-OAEP"), Exit.USAGE),
    "no alg": ("verify", ("one.pub",), Exit.USAGE),
    "a token as the payload": ("verify", ("two.pub", "--payload", "-"), Exit.USAGE),
    "two results": ("verify", ("two.pub", "--payload", "/nowhere", "-o", "/nowhere"), Exit.USAGE),
    "no token": ("verify", ("two.pub",), Exit.TOKEN),
    "no payload": ("verify", ("two.pub", "--payload", "/nowhere"), Exit.FILE),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_one_line(case: str, keys: Path, run: Run) -> None:
    command, (name, *args), code = REFUSED[case]
    done = run(command, "--key", keys / name, *args, data=b"a.b")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (code, "", 1)
