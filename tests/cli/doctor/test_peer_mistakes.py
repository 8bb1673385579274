"""`joseal doctor` and `explain` on what Node, npm's jose, Java and OpenSSL really make.

The tokens are those of `tests/helpers/peer_mistakes`, which has the program that writes them.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.helpers.rows import each_row

from joseal.cli.exit_codes import Exit
from joseal.diagnosis import explain

Run = Callable[..., Result]
RECORDED = json.loads(
    (Path(__file__).parents[2] / "helpers" / "peer_mistakes" / "tokens.json").read_text("utf-8")
)
BROKEN = [token for token in RECORDED["tokens"] if token["code"]]
GOOD = [token for token in RECORDED["tokens"] if not token["code"]]


def named(token: dict[str, object]) -> str:
    return f"{token['by']}: {token['name']}"


def ask(run: Run, folder: Path, token: dict[str, object]) -> tuple[Result, dict[str, object]]:
    key = RECORDED["keys"][token["key"]]
    args = ["--expect", token.get("expect", "jwe")]
    more = {}
    if "password" in key:
        args, more = [*args, "--password-env", "PW"], {"PW": key["password"]}
    else:
        (folder / "key.jwk").write_text(json.dumps(key))
        args += ["--key", folder / "key.jwk"]
    done = run("doctor", "--json", *args, data=token["token"], **more)
    assert "canary" not in done.output
    return done, json.loads(done.stdout)


def test_there_are_at_least_forty_of_at_least_three_peers() -> None:
    assert len({named(token) for token in BROKEN}) >= 40
    assert {token["by"] for token in BROKEN} == {"node", "jose", "java", "openssl"}


@each_row("token", BROKEN, ids=named)
def test_structure_names_the_cause_first_or_nothing(token: dict[str, object]) -> None:
    found = explain(token["token"], expect=token.get("expect", "jwe")).causes
    assert [cause.code for cause in found][:1] == ([] if token.get("hidden") else [token["code"]])


@pytest.mark.parametrize("token", BROKEN, ids=named)
def test_the_cause_stands_first_with_the_key(
    token: dict[str, object], run: Run, tmp_path: Path
) -> None:
    done, told = ask(run, tmp_path, token)
    assert told["causes"][0]["code"] == token["code"]
    assert (told["opened"], told["accepted"]) == (token.get("opens", False), False)
    assert done.exit_code == Exit.TOKEN


@pytest.mark.parametrize("token", GOOD, ids=named)
def test_good_tokens_of_peers_have_no_cause(
    token: dict[str, object], run: Run, tmp_path: Path
) -> None:
    assert explain(token["token"], expect=token.get("expect", "jwe")).causes == ()
    done, told = ask(run, tmp_path, token)
    assert (told["causes"], told["accepted"], done.exit_code) == ([], True, 0)
