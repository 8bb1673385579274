"""Peers in other languages do what they are timed for: joseal and they open each other's tokens."""

import secrets
import subprocess
from unittest.mock import patch

import pytest

import joseal
from bench.report import document
from bench.report.ratios import BOUNDS, Verdict
from bench.tokens import cjose, npm_jose, other_languages
from bench.tokens.peers import ALG, Joseal

needs_cjose = pytest.mark.skipif(not cjose.is_here(), reason=cjose.ABSENT)
needs_npm = pytest.mark.skipif(npm_jose.absent() is not None, reason=str(npm_jose.absent()))
KEY, STRANGER = joseal.Key.generate(ALG), joseal.Key.generate(ALG)
SIZES = {"nothing": 0, "one byte": 1, "a block": 16, "300 B": 300, "64 KiB": 65536}


@needs_cjose
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def bench_cjose_and_joseal_open_each_other(size: int) -> None:
    own, theirs = Joseal(KEY), cjose.Cjose(KEY)
    plaintext = secrets.token_bytes(size)
    assert own.decrypt(theirs.encrypt(plaintext)) == plaintext
    assert theirs.decrypt(own.encrypt(plaintext)) == plaintext
    assert theirs.encrypt(plaintext) != theirs.encrypt(plaintext)


@needs_cjose
def bench_cjose_refuses_the_token_of_the_wrong_key_and_lets_go_of_it() -> None:
    token = Joseal(STRANGER).encrypt(b"")
    theirs = cjose.Cjose(KEY)
    with patch.object(theirs, "_release") as release, pytest.raises(cjose.CjoseError):
        theirs.decrypt(token)
    release.assert_called_once()


@needs_npm
def bench_npm_jose_and_joseal_open_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npm_jose, "_TURN_SECONDS", 0.0)
    measured = dict(npm_jose.measure(SIZES, 1))
    groups = {f"{act} {size}, {npm_jose.NAME}" for act in ("encrypt", "decrypt") for size in SIZES}
    assert measured.keys() == groups
    for samples in measured.values():
        assert list(samples) == [npm_jose.RSA_ALONE, npm_jose.NAME]
        assert all(seconds > 0 for (seconds,) in samples.values())


@needs_npm
def bench_npm_jose_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npm_jose, "_MOST_SECONDS", 0.001)
    with pytest.raises(subprocess.TimeoutExpired):
        list(npm_jose.measure({"a": 300}, 1))


@needs_npm
def bench_npm_jose_that_gives_another_plaintext_is_not_timed() -> None:
    answer = {"token": Joseal(KEY).encrypt(b""), "plaintext": "AA"}
    with (
        patch.object(npm_jose, "_run", lambda _: {"a": answer}),
        pytest.raises(RuntimeError, match="the result is wrong"),
    ):
        list(npm_jose.measure({"a": 300}, 1))


def bench_missing_peers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cjose, "find_library", lambda _: None)
    cjose.library.cache_clear()
    monkeypatch.delenv("JOSEAL_AUTHJS", raising=False)
    try:
        assert other_languages.absent().keys() == {cjose.Cjose.name, npm_jose.NAME}
        with pytest.raises(cjose.CjoseError, match="not installed"):
            cjose.Cjose(KEY)
    finally:
        cjose.library.cache_clear()
    (bound,) = (bound for bound in BOUNDS if bound.base == cjose.Cjose.name)
    assert Verdict(bound, None).word == "not measured"


def bench_rows_of_cjose_are_in_the_page() -> None:
    samples = {name: [1e-5] for name in ("RSA-OAEP alone", "joseal", cjose.Cjose.name)}
    measured = {
        f"{act} {size}": samples for act in ("encrypt", "decrypt") for size in document.SIZES
    }
    page = document.tables([], measured, [])
    assert page.count(f"| encrypt 4 KiB: {cjose.Cjose.name} | 10.0 us | 1 |") == 1
    assert f"| encrypt 4 KiB: {Joseal.name} |" not in page
