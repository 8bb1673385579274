"""`joseal key jwks`: what is served is public, named, marked, and in the order given."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from joseal import Key, KeySet
from joseal.cli.exit_codes import Exit

Run = Callable[..., Result]

MINE = Key.generate("ECDH-ES+A256KW", kid="2027")
NEXT = Key.generate("ECDH-ES+A256KW", curve="X25519")
SIGNING = Key.generate("ES256", kid="s")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, key in {"mine": MINE, "next": NEXT, "signing": SIGNING}.items():
        (tmp_path / f"{name}.jwk").write_text(json.dumps(key.to_jwk(private=True)), "utf-8")
    (tmp_path / "plain.pem").write_text(SIGNING.to_pem(private=True), "utf-8")
    secret = Key.generate("A256KW", kid="o").to_jwk(private=True)
    (tmp_path / "secret.jwk").write_text(json.dumps(secret), "utf-8")
    return tmp_path


def test_the_set_has_public_halves_in_the_order_given(folder: Path, run: Run) -> None:
    names = [str(folder / f"{name}.jwk") for name in ("next", "mine", "signing")]
    done = run("key", "jwks", *names)
    assert done.exit_code == 0
    expected = [NEXT.thumbprint(), "2027", "s"]
    served = json.loads(done.stdout)["keys"]
    assert [jwk["kid"] for jwk in served] == expected
    assert [jwk["use"] for jwk in served] == ["enc", "enc", "sig"]
    assert not any("d" in jwk for jwk in served)
    assert list(KeySet.from_jwks(done.stdout))[1:] == [MINE.public(), SIGNING.public()]


def test_alg_and_kid_are_for_a_key_without_them(folder: Path, run: Run) -> None:
    done = run("key", "jwks", "--alg", "ES256", "--kid", "k", str(folder / "plain.pem"))
    assert [(jwk["alg"], jwk["kid"]) for jwk in json.loads(done.stdout)["keys"]] == [("ES256", "k")]


def test_the_file_that_is_written_has_nothing_private(folder: Path, run: Run) -> None:
    out = folder / "jwks.json"
    assert run("key", "jwks", str(folder / "mine.jwk"), "-o", str(out)).exit_code == 0
    assert MINE.to_jwk(private=True)["d"] not in out.read_text("utf-8")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["secret.jwk"], "never part of a served JWK Set"),
        (["plain.pem"], "name it by --alg"),
        (["mine.jwk", "mine.jwk"], "two keys have the same kid and alg"),
    ],
)
def test_what_must_not_be_served_is_refused(
    names: list[str], text: str, folder: Path, run: Run
) -> None:
    done = run("key", "jwks", *(str(folder / name) for name in names))
    assert (done.exit_code, done.stdout) == (Exit.KEY, "")
    assert text in done.stderr
