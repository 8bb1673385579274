"""Many tokens: order, one outcome for each item, bounds, and what happens when processes die."""

import base64
import functools
import itertools
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from pathlib import Path

import pytest
from tests import bulk_factories as factories

from joseal import Encrypter, Key, KeyUseError, MalformedTokenError, TokenTooLargeError
from joseal.bulk import Item, ItemError, LostError, Outcome, decrypt_many, encrypt_many
from joseal.bulk.work import Job

ROOT = Path(__file__).parents[1]
ROWS = [b"row %d" % number for number in range(1_000)]


def opened(tokens):
    opener = factories.opener()
    return [opener.decrypt(token) for token in tokens]


@pytest.mark.parametrize("tool", [factories.sealer(), factories.sealer], ids=["threads", "spawned"])
def test_outcomes_come_in_the_order_of_the_items(tool):
    with encrypt_many(ROWS, tool, workers=2, chunk_items=7) as outcomes:
        tokens = [outcome.value for outcome in outcomes]
    assert opened(tokens) == ROWS
    tool = factories.opener if tool is factories.sealer else factories.opener()
    with decrypt_many(iter(tokens), tool, workers=2) as outcomes:
        assert [outcome.value for outcome in outcomes] == ROWS


def test_equal_items_become_different_tokens():
    tokens = {outcome.value for outcome in encrypt_many([b"same"] * 1_000, factories.sealer())}
    assert len(tokens) == 1_000


def test_no_items_have_no_outcomes():
    assert list(encrypt_many([], factories.sealer())) == []
    assert [outcome.value for outcome in encrypt_many([b""], factories.sealer())] != [None]


BAD = [
    ("text", "item"),
    (bytearray(b"x"), "item"),
    (None, "item"),
    (Item("text"), "item"),
    (Item(b"x", {"alg": "dir"}), "item"),
    (Item(b"x", {"x": b"octets"}), "item"),
    (Item(b"x", [("x", 1)]), "item"),
    (Item(b"x", {"x": "y" * 17_000}), "too_large"),
    (bytes(16 * 1024**2 + 1), "too_large"),
]


@pytest.mark.parametrize("tool", [factories.sealer(), factories.sealer], ids=["threads", "spawned"])
def test_a_bad_item_is_an_outcome_and_not_the_end(tool):
    items = [item for bad, _ in BAD for item in (bad, b"good")]
    with encrypt_many(items, tool, workers=1) as outcomes:
        found = list(outcomes)
    assert [outcome.code for outcome in found] == [code for _, bad in BAD for code in (bad, None)]
    assert opened([outcome.value for outcome in found[1::2]]) == [b"good"] * len(BAD)
    assert {type(outcome.error) for outcome in found[::2]} == {ItemError, TokenTooLargeError}
    assert [outcome.value for outcome in found[::2]] == [None] * len(BAD)


def test_a_bad_token_is_an_outcome():
    good = factories.sealer().encrypt(b"x")
    tokens = [good, "a.b.c", None, good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1]]
    outcomes = list(decrypt_many(tokens, factories.opener()))
    assert [outcome.code for outcome in outcomes] == [None, "malformed", "item", "undecryptable"]
    assert outcomes[1].error == MalformedTokenError("the token has another number of segments")


def test_an_items_header_stands_in_its_token():
    items = [Item(b"x", {"iat": 17, "list": [1.5, None]}), Item(b"y")]
    tokens = [outcome.value for outcome in encrypt_many(items, factories.sealer())]
    headers = [factories.opener().open(token).header for token in tokens]
    assert headers == [
        {"alg": "A128KW", "iat": 17, "list": [1.5, None], "enc": "A128GCM"},
        {"alg": "A128KW", "enc": "A128GCM"},
    ]


@pytest.mark.parametrize("in_flight", [1, 3])
def test_items_are_pulled_only_as_outcomes_are_taken(in_flight):
    pulled = itertools.count()
    items = (b"%d" % number for number in pulled)
    with encrypt_many(
        items, factories.sealer(), workers=2, in_flight=in_flight, chunk_items=5
    ) as outcomes:
        assert next(pulled) == 0
        for taken in range(1, 40):
            next(outcomes)
            chunk_number = (taken - 1) // 5
            # The counter's own look at itself is one of its steps.
            assert pulled.__reduce__()[1][0] == 1 + 5 * (in_flight + chunk_number)


def test_a_chunk_is_full_by_count_or_by_octets():
    sizes = []

    class Noting(ThreadPoolExecutor):
        def submit(self, work, job):
            sizes.append(len(job.items))
            return super().submit(work, job)

    with Noting(1) as executor:
        items = [bytes(10)] * 5 + [bytes(100)] * 3
        list(
            encrypt_many(
                items, factories.sealer(), executor=executor, chunk_items=4, chunk_bytes=100
            )
        )
    assert sizes == [0, 4, 2, 1, 1]


def test_an_exception_of_the_iterable_ends_the_run():
    def items():
        yield b"x"
        raise LookupError("of the caller")

    outcomes = encrypt_many(items(), factories.sealer(), chunk_items=1, in_flight=1)
    assert next(outcomes).error is None
    with pytest.raises(LookupError, match="of the caller"):
        next(outcomes)
    assert list(outcomes) == []


def test_closing_early_ends_the_threads_and_pulls_no_more():
    pulled = []
    outcomes = encrypt_many(
        (pulled.append(row) or row for row in ROWS), factories.sealer(), chunk_items=10, workers=2
    )
    next(outcomes)
    before = len(pulled)
    outcomes.close()
    assert list(outcomes) == []
    assert len(pulled) == before == 80
    assert not [thread for thread in threading.enumerate() if "joseal" in thread.name]


def test_closing_cancels_what_has_not_begun():
    futures = []

    class Slow(Executor):
        def submit(self, work, job):
            future = Future()
            futures.append(future)
            if len(futures) < 3:
                future.set_result(work(job))
            return future

    outcomes = encrypt_many(ROWS, factories.sealer(), executor=Slow(), chunk_items=1, in_flight=5)
    next(outcomes)
    outcomes.close()
    assert [future.cancelled() for future in futures] == [False] * 2 + [True] * 4


def test_the_callers_executor_is_left_open():
    with ThreadPoolExecutor(2) as executor:
        for tool in (factories.sealer(), factories.sealer):
            with encrypt_many(ROWS[:3], tool, executor=executor) as outcomes:
                assert opened(outcome.value for outcome in outcomes) == ROWS[:3]
        assert executor.submit(int, "7").result() == 7


def test_an_executor_that_cancels_is_an_error():
    class Cancelling(Executor):
        def submit(self, work, job):
            future = Future()
            if job.items:
                future.cancel()
            else:
                future.set_result([])
            return future

    with pytest.raises(RuntimeError, match="cancelled"):
        list(encrypt_many([b"x"], factories.sealer(), executor=Cancelling()))


@pytest.mark.parametrize(
    ("tool", "error"),
    [
        (factories.no_sealer, KeyUseError),
        (factories.opener, TypeError),
        (functools.partial(factories.sealer), None),
        (lambda: None, (pickle.PicklingError, AttributeError)),
        (factories.fatal_sealer, BrokenExecutor),
        (factories.opener(), TypeError),
        (None, TypeError),
    ],
)
def test_a_factory_that_fails_is_known_at_once(tool, error):
    if error is None:
        encrypt_many([b"x"], tool, workers=1).close()
        return
    with pytest.raises(error):
        encrypt_many(iter([b"x"]), tool, workers=1)
    assert multiprocessing.active_children() == []


def test_a_prepared_object_goes_to_no_process():
    with (
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor,
        pytest.raises(TypeError, match="can't be pickled"),
    ):
        encrypt_many([b"x"], factories.sealer(), executor=executor)


@pytest.mark.parametrize(
    ("sizes", "error"),
    [
        ({"workers": 0}, ValueError),
        ({"in_flight": 0}, ValueError),
        ({"chunk_items": -1}, ValueError),
        ({"chunk_bytes": True}, TypeError),
        ({"workers": "2"}, TypeError),
        ({"executor": "dask"}, TypeError),
    ],
)
def test_wrong_arguments_are_refused(sizes, error):
    with pytest.raises(error):
        encrypt_many([], factories.sealer(), **sizes)


def test_a_factory_is_called_once_in_each_process_and_run(tmp_path, monkeypatch):
    notes = tmp_path / "notes"
    monkeypatch.setenv("BULK_NOTES", str(notes))
    with encrypt_many(ROWS, factories.noted_sealer, workers=2, chunk_items=5) as outcomes:
        assert opened(outcome.value for outcome in outcomes) == ROWS
    pids = notes.read_text().split()
    assert len(pids) == len(set(pids)) in (1, 2)
    assert str(os.getpid()) not in pids
    with ThreadPoolExecutor(4) as executor:
        for _ in range(2):
            list(encrypt_many(ROWS, factories.noted_sealer, executor=executor, chunk_items=5))
    assert notes.read_text().split()[len(pids) :] == [str(os.getpid())] * 2


def test_a_killed_process_loses_nothing_and_doubles_nothing():
    with encrypt_many(ROWS, factories.sealer, workers=2, chunk_items=4, in_flight=4) as outcomes:
        tokens = []
        for outcome in outcomes:
            tokens.append(outcome.value)
            if len(tokens) in (50, 500):
                os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
    assert opened(tokens) == ROWS
    assert len(set(tokens)) == len(tokens)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(("deaths", "lost"), [(1, []), (100, [3])])
def test_an_item_that_kills_its_process_is_lost_and_no_other(deaths, lost, tmp_path, monkeypatch):
    pair = Key.generate("RSA-OAEP")
    tokens = [
        outcome.value
        for outcome in encrypt_many(ROWS[:6], Encrypter(pair.public(), enc=factories.ENC))
    ]
    (tmp_path / "key.pem").write_text(pair.to_pem(private=True))
    (tmp_path / "public.pem").write_text(pair.to_pem())
    (tmp_path / "deadly").write_bytes(base64.urlsafe_b64decode(tokens[3].split(".")[1] + "=="))
    (tmp_path / "deaths").write_bytes(bytes(deaths))
    monkeypatch.setenv("BULK_DEVICE", str(tmp_path))
    with decrypt_many(tokens, factories.crashing_opener, workers=1, chunk_items=2) as outcomes:
        found = list(outcomes)
    assert [index for index, outcome in enumerate(found) if outcome.error is not None] == lost
    assert [type(found[index].error) for index in lost] == [LostError] * len(lost)
    assert [outcome.value for outcome in found] == [
        None if index in lost else row for index, row in enumerate(ROWS[:6])
    ]
    # Once among others, once in its chunk alone, twice by itself.
    assert deaths - (tmp_path / "deaths").stat().st_size == min(deaths, 4)


def test_processes_end_with_a_parent_that_is_killed(tmp_path):
    program = (
        "import itertools, multiprocessing, os, signal\n"
        "from joseal.bulk import encrypt_many\n"
        "from tests.bulk_factories import sealer\n"
        "outcomes = encrypt_many(itertools.repeat(b'x'), sealer, workers=1)\n"
        "next(outcomes)\n"
        "print(multiprocessing.active_children()[0].pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL
    worker = int(done.stdout)
    limit = time.monotonic() + 20
    while _runs(worker):
        assert time.monotonic() < limit
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_nothing_shows_an_item():
    secret = b"4111111111111111"
    item = Item(secret, {"x": "4111111111111111"})
    (sealed,) = encrypt_many([item], factories.sealer())
    (outcome,) = decrypt_many([sealed.value], factories.opener())
    job = Job("run", 1, factories.sealer, [secret])
    assert outcome.value == secret
    for shown in (item, sealed, outcome, job, Outcome(ItemError())):
        assert "4111" not in repr(shown)
        assert "4111" not in f"{shown}"
    for opaque in (item, outcome):
        with pytest.raises(TypeError, match="pickled"):
            pickle.dumps(opaque)
        with pytest.raises(AttributeError, match="immutable"):
            opaque.value = 1


def test_no_frame_of_ours_keeps_an_item():
    gate = [b"4111111111111111", None]

    def items():
        yield gate[0]
        yield gate[0]
        raise LookupError("of the caller")

    with encrypt_many(items(), factories.sealer(), chunk_items=2) as outcomes:
        try:
            list(outcomes)
        except LookupError as error:
            frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    inner = [frame for frame in frames if "joseal" in frame.f_code.co_filename]
    assert inner
    assert all("4111" not in repr(frame.f_locals) for frame in inner)


def test_errors_pickle_and_come_back_equal():
    for error in (ItemError(), LostError("a text")):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own pickle
        assert (again, str(again), again.code) == (error, str(error), error.code)


def test_a_task_is_named_after_its_number_and_not_its_content():
    from dask.base import tokenize

    names = {
        tokenize(Job(run, number, factories.sealer, [item]))
        for run, number, item in itertools.product("ab", (1, 2), (b"x", b"y"))
    }
    assert len(names) == 4
