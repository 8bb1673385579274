"""What joseal accepts, other libraries accept too; and the page of the table is that of its cases."""

import importlib.util
import os
import shutil
import time
from pathlib import Path

import pytest
from tests.claims import peers
from tests.claims.table import CASES

GOOD = [case for case in CASES if case.expect == "ok"]
ASKED = {"jwt": peers.by_pyjwt, "joserfc": peers.by_joserfc}


@pytest.mark.parametrize("name", ASKED)
def test_peer_accepts_what_is_accepted_here(name):
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"the Python package {name} is not installed")
    # Each token has its own moment: a peer may be slow to load, and its clock can't be set.
    peer = ASKED[name]
    peer(GOOD[0], peers.token_of(GOOD[0], int(time.time())))
    answers = {case.name: peer(case, peers.token_of(case, int(time.time()))) for case in GOOD}
    assert [case for case, answer in answers.items() if answer is False] == []
    assert list(answers.values()).count(True) > len(GOOD) // 2


def test_peer_on_node_accepts_what_is_accepted_here():
    folder = os.environ.get("JOSEAL_AUTHJS")
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if folder is None or not (Path(folder) / "node_modules/jose").is_dir():
        pytest.skip("JOSEAL_AUTHJS names no folder with the npm package jose")
    answers = peers.by_node(int(time.time()), folder)
    told = zip(CASES, answers, strict=True)
    assert [case.name for case, answer in told if case.expect == "ok" and not answer] == []


def test_page_has_every_case_with_its_answer():
    lines = peers.PAGE.read_text("utf-8").splitlines()
    shown = [line.split(" | ")[:3] for line in lines if line.startswith("| ")][1:]
    wanted = [
        line.split(" | ")[:3]
        for line in peers.page([(None,) * 3] * len(CASES)).splitlines()
        if line.startswith("| ")
    ][1:]
    assert shown == wanted
