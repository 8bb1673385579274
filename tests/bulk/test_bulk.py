"""Many tokens: order, one outcome for each item, bounds, and what happens when processes die."""

import base64
import fcntl
import functools
import itertools
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from functools import partial
from pathlib import Path

import pytest
from tests.helpers import all_algorithms
from tests.helpers import bulk_factories as factories

from joseal import (
    Decrypter,
    Encrypter,
    InvalidKeyError,
    Key,
    MalformedTokenError,
    MultiEncrypter,
    Rewrapper,
    TokenTooLargeError,
)
from joseal.bulk import (
    Item,
    ItemError,
    LostError,
    Outcome,
    decrypt_many,
    encrypt_many,
    many,
    pools,
    rewrap_many,
    worker,
)
from joseal.bulk.pace import Pace
from joseal.bulk.pools import CallerPool, OwnPool
from joseal.bulk.run import BulkRun
from joseal.bulk.worker import BulkTask

ROOT = Path(__file__).parents[2]
ROWS = [b"row %d" % number for number in range(1_000)]
WAYS = ["threads", pytest.param("spawned", marks=pytest.mark.processes)]


@pytest.fixture(scope="module")
def spawned():
    """One process for all tests that need no pool of their own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        yield executor


@pytest.fixture
def executor(way, request):
    return request.getfixturevalue("spawned") if way == "spawned" else None


@pytest.fixture
def tool(way):
    return factories.encrypter if way == "spawned" else factories.encrypter()


def opened(tokens):
    opener = factories.decrypter()
    return [opener.decrypt(token) for token in tokens]


@pytest.mark.parametrize("way", WAYS)
def test_outcomes_come_in_the_order_of_the_items(way, tool, executor):
    with encrypt_many(ROWS, tool, executor=executor, workers=2, chunk_items=7) as outcomes:
        tokens = [outcome.value for outcome in outcomes]
    assert opened(tokens) == ROWS
    tool = factories.decrypter if way == "spawned" else factories.decrypter()
    with decrypt_many(iter(tokens), tool, executor=executor, workers=2) as outcomes:
        assert [outcome.value for outcome in outcomes] == ROWS


def test_equal_items_become_different_tokens():
    tokens = {outcome.value for outcome in encrypt_many([b"same"] * 1_000, factories.encrypter())}
    assert len(tokens) == 1_000


def test_no_items_have_no_outcomes():
    assert list(encrypt_many([], factories.encrypter())) == []
    assert [outcome.value for outcome in encrypt_many([b""], factories.encrypter())] != [None]


BAD = [
    ("text", "item"),
    (bytearray(b"x"), "item"),
    (None, "item"),
    (Item("text"), "item"),
    (Item(b"x", {"alg": "dir"}), "item"),
    (Item(b"x", {"x": b"bytes"}), "item"),
    (Item(b"x", [("x", 1)]), "item"),
    (Item(b"x", {"x": "y" * 17_000}), "too_large"),
]


@pytest.mark.parametrize("way", WAYS)
def test_messages_are_moved_in_their_order_and_a_bad_one_is_an_outcome(way, executor):
    old, new = Key.from_jwk(factories.WRAP), Key.from_jwk(factories.NEXT)
    made = MultiEncrypter([old], enc=factories.ENC, rewrappable=True)
    texts = [made.encrypt(b"%d" % number) for number in range(40)]
    texts[7:7] = ["no message", None]
    prepared = factories.rewrapper if way == "spawned" else factories.rewrapper()
    with rewrap_many(texts, prepared, workers=1, executor=executor, chunk_items=16) as outcomes:
        found = list(outcomes)
    opener = Decrypter(new, enc=factories.ENC, form="general")
    moved = [outcome.value for outcome in found if outcome.error is None]
    assert [opener.decrypt(each) for each in moved] == [b"%d" % number for number in range(40)]
    assert [(at, each.code) for at, each in enumerate(found) if each.error is not None] == [
        (7, "malformed"),
        (8, "item"),
    ]


def test_one_thread_moves_messages_unless_a_private_rsa_key_or_a_password_is_asked():
    wrap = Key.from_jwk(factories.WRAP)
    rsa = all_algorithms.key("RSA-OAEP-256")
    password = Key.from_password(b"correct horse", alg="PBES2-HS256+A128KW", iterations=1000)

    def threads(old, new):
        opener = Decrypter(old, enc=factories.ENC, form="general")
        return many._threads(Rewrapper(opener, Encrypter(new, enc=factories.ENC)))

    assert (threads(wrap, wrap), threads(wrap, rsa.public())) == (1, 1)
    assert (threads(rsa, wrap), threads(password, wrap), threads(wrap, password)) == (None,) * 3


@pytest.mark.parametrize("way", WAYS)
def test_a_bad_item_is_an_outcome_and_not_the_end(way, tool, executor):
    items = [item for bad, _ in BAD for item in (bad, b"good")]
    with encrypt_many(items, tool, executor=executor, workers=1) as outcomes:
        found = list(outcomes)
    assert [outcome.code for outcome in found] == [code for _, bad in BAD for code in (bad, None)]
    assert opened([outcome.value for outcome in found[1::2]]) == [b"good"] * len(BAD)
    assert {type(outcome.error) for outcome in found[::2]} == {ItemError, TokenTooLargeError}
    assert [outcome.value for outcome in found[::2]] == [None] * len(BAD)


def test_a_bad_token_is_an_outcome():
    good = factories.encrypter().encrypt(b"x")
    tokens = [good, "a.b.c", None, good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1]]
    outcomes = list(decrypt_many(tokens, factories.decrypter()))
    assert [outcome.code for outcome in outcomes] == [None, "malformed", "item", "undecryptable"]
    assert outcomes[1].error == MalformedTokenError(
        "expected 5 segments, found 3 (a signed token, JWS?)"
    )


def test_an_items_header_stands_in_its_token():
    items = [Item(b"x", {"iat": 17, "list": [1.5, None]}), Item(b"y")]
    tokens = [outcome.value for outcome in encrypt_many(items, factories.encrypter())]
    headers = [factories.decrypter().open(token).header for token in tokens]
    assert headers == [
        {"alg": "A128KW", "iat": 17, "list": [1.5, None], "enc": "A128GCM"},
        {"alg": "A128KW", "enc": "A128GCM"},
    ]


@pytest.mark.parametrize("in_flight", [1, 3])
def test_items_are_pulled_only_as_outcomes_are_taken(in_flight):
    pulled = 0

    def items():
        nonlocal pulled
        while True:
            pulled += 1
            yield b"%d" % pulled

    with encrypt_many(
        items(), factories.encrypter(), workers=2, in_flight=in_flight, chunk_items=5
    ) as outcomes:
        for taken in range(1, 40):
            next(outcomes)
            chunk_number = (taken - 1) // 5
            assert pulled == 5 * (in_flight + chunk_number)


def test_a_chunk_is_full_by_count_or_by_bytes():
    sizes = []

    class Noting(ThreadPoolExecutor):
        def submit(self, worker, task):
            sizes.append(len(task.items))
            return super().submit(worker, task)

    with Noting(1) as executor:
        items = [bytes(10)] * 5 + [bytes(100)] * 3
        list(
            encrypt_many(
                items, factories.encrypter(), executor=executor, chunk_items=4, chunk_bytes=100
            )
        )
    assert sizes == [0, 4, 2, 1, 1]


@pytest.mark.parametrize(
    ("milliseconds", "sizes"),
    # What a task costs, and how many items it has: 20 times that, at 0.1 ms an item.
    [(0, {256}), (3, {256, 600}), (100, {256, 8_192})],
)
def test_an_executor_whose_tasks_cost_milliseconds_gets_larger_chunks(
    milliseconds, sizes, monkeypatch
):
    clock = [0.0]
    found = []

    class Costly(Executor):
        def submit(self, work, task):
            clock[0] += milliseconds / 1_000 + len(task.items) / 10_000
            found.append(len(task.items))
            future = Future()
            future.set_result(work(task))
            return future

    monkeypatch.setattr("joseal.bulk.run.time.perf_counter", lambda: clock[0])
    items = [b"x"] * 9_000
    with encrypt_many(items, factories.encrypter(), executor=Costly()) as outcomes:
        assert sum(outcome.error is None for outcome in outcomes) == 9_000
    assert found[:4] == [0, 0, 0, 0]
    assert found[4] == 256
    assert set(found[4:-1]) == sizes
    # Given numbers stay.
    found.clear()
    with encrypt_many(
        items[:300], factories.encrypter(), executor=Costly(), chunk_items=100
    ) as outcomes:
        assert len(list(outcomes)) == 300
    assert found == [0, *[100] * 3]


@pytest.mark.parametrize(
    ("first", "most", "seconds", "took", "size"),
    [
        (16, 1_000, 0.1, 0.01, 64),  # at most four times as much
        (16, 40, 0.1, 0.01, 40),
        (16, 1_000, 0.1, 0.05, 32),
        (16, 1_000, 0.1, 1.0, 16),  # and never less than the first
        (16, 1_000, 0.1, 0.0, 16),
    ],
)
def test_the_next_task_takes_as_long_as_it_should(first, most, seconds, took, size):
    pace = Pace(first, most, seconds)
    pace.learn(16, took)
    assert pace.size == size
    pace.learn(0, 1.0)
    assert pace.size == size


def test_an_exception_of_the_iterable_ends_the_run():
    def items():
        yield b"x"
        raise LookupError("of the caller")

    outcomes = encrypt_many(items(), factories.encrypter(), chunk_items=1, in_flight=1)
    assert next(outcomes).error is None
    with pytest.raises(LookupError, match="of the caller"):
        next(outcomes)
    assert list(outcomes) == []


def test_closing_early_ends_the_threads_and_pulls_no_more():
    pulled, others = [], set(threading.enumerate())
    outcomes = encrypt_many(
        (pulled.append(row) or row for row in ROWS),
        factories.encrypter(),
        chunk_items=10,
        workers=2,
    )
    next(outcomes)
    before = len(pulled)
    outcomes.close()
    assert list(outcomes) == []
    assert len(pulled) == before == 80
    assert set(threading.enumerate()) <= others


def test_closing_cancels_what_has_not_begun():
    futures = []

    class Slow(Executor):
        def submit(self, worker, task):
            future = Future()
            futures.append(future)
            if len(futures) < 3:
                future.set_result(worker(task))
            return future

    outcomes = encrypt_many(
        ROWS, factories.encrypter(), executor=Slow(), chunk_items=1, in_flight=5
    )
    next(outcomes)
    outcomes.close()
    assert [future.cancelled() for future in futures] == [False] * 2 + [True] * 4


def test_the_callers_executor_is_left_open():
    with ThreadPoolExecutor(2) as executor:
        for tool in (factories.encrypter(), factories.encrypter):
            with encrypt_many(ROWS[:3], tool, executor=executor) as outcomes:
                assert opened(outcome.value for outcome in outcomes) == ROWS[:3]
        assert executor.submit(int, "7").result() == 7


def test_an_executor_that_cancels_is_an_error():
    class Cancelling(Executor):
        def submit(self, worker, task):
            future = Future()
            if task.items:
                future.cancel()
            else:
                future.set_result([])
            return future

    with pytest.raises(RuntimeError, match="canceled"):
        list(encrypt_many([b"x"], factories.encrypter(), executor=Cancelling()))


@pytest.mark.parametrize("tool", [factories.decrypter(), None])
def test_a_tool_that_is_neither_is_refused(tool):
    with pytest.raises(TypeError, match="give an Encrypter or a MultiEncrypter, or a factory"):
        encrypt_many([b"x"], tool)


@pytest.mark.processes
@pytest.mark.parametrize(
    ("tool", "error"),
    [
        (factories.no_sealer, InvalidKeyError),
        (factories.decrypter, TypeError),
        (lambda: None, (pickle.PicklingError, AttributeError)),
        (factories.encrypter(), TypeError),
    ],
)
def test_a_factory_that_fails_is_known_at_once(tool, error, spawned):
    with pytest.raises(error):
        encrypt_many(iter([b"x"]), tool, executor=spawned)
    assert spawned.submit(int, "7").result() == 7


@pytest.mark.processes
def test_a_pool_of_ours_ends_with_a_factory_that_fails():
    before = multiprocessing.active_children()
    with pytest.raises(BrokenExecutor):
        encrypt_many(iter([b"x"]), factories.fatal_sealer, workers=1)
    assert multiprocessing.active_children() == before


@pytest.mark.parametrize(
    ("sizes", "error"),
    [
        ({"workers": 0}, ValueError),
        ({"in_flight": 0}, ValueError),
        ({"chunk_items": -1}, ValueError),
        ({"chunk_bytes": True}, TypeError),
        ({"workers": "2"}, TypeError),
        ({"executor": "dask"}, TypeError),
        ({"timeout_seconds": 1}, ValueError),
        ({"timeout_seconds": 0, "executor": Executor()}, ValueError),
        ({"timeout_seconds": float("nan"), "executor": Executor()}, ValueError),
        ({"timeout_seconds": float("inf"), "executor": Executor()}, ValueError),
        ({"timeout_seconds": True, "executor": Executor()}, TypeError),
    ],
)
def test_wrong_arguments_are_refused(sizes, error):
    with pytest.raises(error):
        encrypt_many([], factories.encrypter(), **sizes)


@pytest.mark.processes
def test_a_factory_is_called_once_in_each_process_and_run(tmp_path, spawned):
    notes = tmp_path / "notes"
    tool = functools.partial(factories.noted_sealer, notes)
    for _ in range(2):
        with encrypt_many(ROWS, tool, executor=spawned, chunk_items=50) as outcomes:
            assert opened(outcome.value for outcome in outcomes) == ROWS
    assert notes.read_text().split() == [str(spawned.submit(os.getpid).result())] * 2


def test_a_factory_is_called_once_for_all_threads(tmp_path):
    notes = tmp_path / "notes"
    tool = functools.partial(factories.noted_sealer, notes)
    with ThreadPoolExecutor(4) as executor:
        for _ in range(2):
            list(encrypt_many(ROWS, tool, executor=executor, chunk_items=5))
    assert notes.read_text().split() == [str(os.getpid())] * 2


@pytest.mark.processes
def test_a_killed_process_loses_nothing_and_doubles_nothing():
    before = set(multiprocessing.active_children())
    with encrypt_many(
        ROWS, factories.encrypter, workers=2, chunk_items=20, in_flight=4
    ) as outcomes:
        tokens = []
        for outcome in outcomes:
            tokens.append(outcome.value)
            if len(tokens) == 50:
                ours = set(multiprocessing.active_children()) - before
                os.kill(ours.pop().pid, signal.SIGKILL)
    assert opened(tokens) == ROWS
    assert len(set(tokens)) == len(tokens)
    assert set(multiprocessing.active_children()) == before


class KilledWorker(Exception):  # noqa: N818  Dask's name
    """The run knows it by its name."""


class Deadly(Executor):
    """Does each task at once, but for those with one item: the first `deaths` of them end it.

    Args:
        deaths: how many.
        error: what its future says; None where it says nothing.
    """

    def __init__(self, deaths, error):
        self.deaths = deaths
        self.error = error
        self.given = []

    def submit(self, worker, task):
        future = Future()
        if b"row 3" not in task.items or self.deaths == 0:
            future.set_result(worker(task))
            return future
        self.deaths -= 1
        self.given.append(future)
        if self.error is not None:
            future.set_exception(self.error)
        return future


@pytest.mark.parametrize(
    ("pool", "error", "deaths", "lost", "most"),
    [
        # Once among others, once in its chunk alone, twice by itself.
        (OwnPool, BrokenExecutor(), 1, False, 4),
        (OwnPool, BrokenExecutor(), 3, False, 4),
        (OwnPool, BrokenExecutor(), 100, True, 4),
        # Such an executor has tried itself: once in its chunk, once by itself.
        (CallerPool, KilledWorker(), 1, False, 2),
        (CallerPool, KilledWorker(), 100, True, 2),
        (CallerPool, None, 1, False, 2),
        (CallerPool, None, 100, True, 2),
    ],
)
def test_an_item_that_ends_its_worker_is_lost_and_no_other(pool, error, deaths, lost, most):
    deadly = Deadly(deaths, error)
    made = OwnPool(lambda: deadly) if pool is OwnPool else CallerPool(deadly)
    run = BulkRun(
        worker.encrypt_task, factories.encrypter(), made, in_flight=2, timeout_seconds=0.001
    )
    chunks = [ROWS[begin : begin + 2] for begin in range(0, 6, 2)]
    found = [result for results in run.results(iter(chunks)) for result in results]
    assert [type(result) is LostError for result in found] == [
        lost and row == b"row 3" for row in ROWS[:6]
    ]
    assert opened(token for token in found if isinstance(token, str)) == [
        row for row in ROWS[:6] if not (lost and row == b"row 3")
    ]
    assert len(deadly.given) == min(deaths, most)
    assert all(future.done() for future in deadly.given)


def test_an_executor_that_is_silent_ends_the_run():
    class Silent(Executor):
        def submit(self, worker, task):
            future = Future()
            if not task.items and self.answers:
                future.set_result([])
            return future

    executor = Silent()
    for executor.answers in (True, False):
        with pytest.raises(TimeoutError, match="no answer in time") as caught:
            list(
                encrypt_many(
                    ROWS,
                    factories.encrypter(),
                    executor=executor,
                    chunk_items=1,
                    timeout_seconds=0.001,
                )
            )
        assert "row 1" not in repr(caught.value)


@pytest.mark.processes
def test_an_item_that_kills_its_process_is_lost_and_no_other(tmp_path):
    pair = Key.generate("RSA-OAEP")
    sealer = Encrypter(pair.public(), enc=factories.ENC)
    tokens = [sealer.encrypt(row) for row in ROWS[:3]]
    (tmp_path / "key.pem").write_text(pair.to_pem(private=True))
    (tmp_path / "public.pem").write_text(pair.to_pem())
    (tmp_path / "deadly").write_bytes(base64.urlsafe_b64decode(tokens[1].split(".")[1] + "=="))
    (tmp_path / "deaths").write_bytes(bytes(100))
    opener = functools.partial(factories.crashing_opener, tmp_path)
    with decrypt_many(tokens, opener, workers=1, chunk_items=1) as outcomes:
        found = list(outcomes)
    assert [outcome.value for outcome in found] == [ROWS[0], None, ROWS[2]]
    assert type(found[1].error) is LostError
    # Once among others, twice by itself.
    assert (tmp_path / "deaths").stat().st_size == 100 - 3


@pytest.mark.processes
def test_processes_end_with_a_parent_that_is_killed():
    program = (
        "import itertools, multiprocessing, os, signal\n"
        "from joseal.bulk import encrypt_many\n"
        "from tests.helpers.bulk_factories import encrypter\n"
        "outcomes = encrypt_many(itertools.repeat(b'x'), encrypter, workers=1)\n"
        "next(outcomes)\n"
        "print(len(multiprocessing.active_children()), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    # Its processes share its output, which ends when the last of them does.
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        cwd=ROOT,
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"1\n")


@pytest.mark.parametrize("way", WAYS)
def test_messages_for_several_keys_are_made_in_bulk(way, executor):
    """By a factory; in threads by the object, which pickles for processes if its keys are public."""
    made = factories.multi_encrypter if way == "spawned" else factories.multi_encrypter()
    ring = all_algorithms.fresh("ECDH-ES+A256KW", factories.ENC)
    public = MultiEncrypter([ring.public()], enc=factories.ENC)
    items = [b"one", Item(b"two", {"x": 1})]
    for prepared, key in ((made, Key.from_jwk(factories.WRAP)), (public, ring)):
        outcomes = encrypt_many(items, prepared, executor=executor)
        opener = Decrypter(key, enc=factories.ENC, form="general")
        opened_ = [opener.open(outcome.value) for outcome in outcomes]
        assert [each.plaintext for each in opened_] == [b"one", b"two"]
        assert opened_[1].header["x"] == 1


def test_one_with_a_shared_key_is_not_handed_to_processes(spawned):
    with pytest.raises(TypeError, match="can't be pickled"):
        list(encrypt_many([b"x"], factories.multi_encrypter(), executor=spawned))


def test_nothing_shows_an_item():
    # No address of an object has the first letter.
    secret = b"s-4111111111111111"
    item = Item(secret, {"x": "s-4111111111111111"})
    (sealed,) = encrypt_many([item], factories.encrypter())
    (outcome,) = decrypt_many([sealed.value], factories.decrypter())
    task = BulkTask("run", 1, factories.encrypter, [secret])
    assert outcome.value == secret
    for shown in (item, sealed, outcome, task, Outcome(ItemError())):
        assert "s-4111" not in repr(shown)
        assert "s-4111" not in f"{shown}"
    for opaque in (item, outcome):
        with pytest.raises(TypeError, match="pickled"):
            pickle.dumps(opaque)
        with pytest.raises(AttributeError, match="immutable"):
            opaque.value = 1


def test_no_frame_of_ours_keeps_an_item():
    gate = [b"s-4111111111111111", None]

    def items():
        yield gate[0]
        yield gate[0]
        raise LookupError("of the caller")

    with encrypt_many(items(), factories.encrypter(), chunk_items=2) as outcomes:
        try:
            list(outcomes)
        except LookupError as error:
            frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    # By the module: a path tells nothing, because a checkout's folder may be named joseal too.
    inner = [frame for frame in frames if frame.f_globals["__name__"].startswith("joseal.")]
    assert inner
    assert all("s-4111" not in repr(frame.f_locals) for frame in inner)


class BrokenClientError(Exception):
    """What a device's own client may raise: a task ends with it."""


class BrokenDevice:
    def wrap(self, alg, cek):
        raise BrokenClientError

    unwrap = wrap


@pytest.mark.parametrize("do", ["encrypt_task", "decrypt_task", "results_of"])
def test_no_frame_of_ours_in_a_worker_keeps_an_item(do):
    key = Key.from_external_secret(BrokenDevice(), alg="A256KW")
    encrypter, decrypter = Encrypter(key, enc="A256GCM"), Decrypter(key, enc="A256GCM")
    plaintext = b"4111111111111111"
    token = Encrypter(Key.generate("A256KW"), enc="A256GCM").encrypt(plaintext)
    items, calls = [plaintext, worker.PlaintextWithHeader(plaintext, b"{}")], []
    if do == "encrypt_task":
        calls = [partial(worker.encrypt_task, BulkTask("run", 1, encrypter, [x])) for x in items]
    elif do == "decrypt_task":
        calls = [partial(worker.decrypt_task, BulkTask("run", 1, decrypter, [token]))]
    else:
        calls = [partial(worker.results_of, encrypter, [plaintext])]
    for call in calls:
        with pytest.raises(BrokenClientError) as caught:
            call()
        frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
        inner = [frame for frame in frames if frame.f_globals["__name__"].startswith("joseal.")]
        assert len(inner) > 1
        assert not any(shown in repr(each.f_locals) for each in inner for shown in ("4111", token))
    assert "4111" not in repr(items[1])


def test_errors_pickle_and_come_back_equal():
    for error in (ItemError(), LostError("a text")):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own pickle
        assert (again, str(again), again.code) == (error, str(error), error.code)


def test_a_task_is_named_after_its_number_and_not_its_content():
    from dask.base import tokenize

    names = {
        tokenize(BulkTask(run, number, factories.encrypter, [item]))
        for run, number, item in itertools.product("ab", (1, 2), (b"x", b"y"))
    }
    assert len(names) == 4


class Breaking(ThreadPoolExecutor):
    """Fails one task with an exception of its own, as a cluster does whose messages break."""

    def submit(self, function, /, *arguments):
        self.tasks = getattr(self, "tasks", 0) + 1
        if self.tasks == 3:
            failed = Future()
            failed.set_exception(ValueError("not enough values to unpack"))
            return failed
        return super().submit(function, *arguments)


def test_an_executor_that_loses_a_job_loses_no_item():
    plaintexts = [b"%d" % number for number in range(20)]
    with Breaking(1) as executor:
        with encrypt_many(
            plaintexts, factories.encrypter, executor=executor, chunk_items=4
        ) as outcomes:
            tokens = [outcome.value for outcome in outcomes]
        with decrypt_many(tokens, factories.decrypter, executor=executor) as outcomes:
            assert [outcome.value for outcome in outcomes] == plaintexts


@pytest.mark.parametrize("kind", [OSError, ValueError])
def test_a_factory_that_fails_on_a_later_worker_ends_the_run(kind):
    calls = itertools.count()

    def factory():
        if next(calls):
            raise kind("there is no key on this machine")
        return factories.encrypter()

    class Forgetful(ThreadPoolExecutor):
        def submit(self, function, /, *arguments):
            worker._kept.clear()
            return super().submit(function, *arguments)

    with (
        Forgetful(1) as executor,
        pytest.raises(kind, match="no key on this machine"),
        encrypt_many([b"a"] * 20, factory, executor=executor, chunk_items=2) as outcomes,
    ):
        list(outcomes)


@pytest.mark.parametrize(
    ("alg", "encrypting", "decrypting"),
    [("dir", 1, 1), ("ECDH-ES", 1, 1), ("RSA-OAEP", 1, 7), ("PBES2-HS256+A128KW", 7, 7)],
)
def test_threads_are_used_where_they_gain_something(alg, encrypting, decrypting, monkeypatch):
    made = []

    def noting(workers):
        made.append(workers)
        return OwnPool(lambda: ThreadPoolExecutor(1))

    monkeypatch.setattr(pools, "usable_cores", lambda: 7)
    monkeypatch.setattr(pools, "threads", noting)
    key = all_algorithms.key(alg)
    public = key if key.is_symmetric else key.public()
    enc = "A128GCM"
    with encrypt_many([], Encrypter(public, enc=enc)) as outcomes:
        assert list(outcomes) == []
    with decrypt_many([], Decrypter(key, enc=enc)) as outcomes:
        assert list(outcomes) == []
    with decrypt_many([], Decrypter(key, enc=enc), workers=3) as outcomes:
        assert list(outcomes) == []
    assert made == [encrypting, decrypting, 3]


@pytest.mark.skipif(sys.platform != "linux", reason="pipes have one size elsewhere")
def test_results_come_through_a_wide_pipe_where_the_system_gives_one(monkeypatch):
    queue = pools._Spawning().SimpleQueue()
    size = fcntl.fcntl(queue._reader.fileno(), fcntl.F_GETPIPE_SZ)
    allowed = int(Path("/proc/sys/fs/pipe-max-size").read_text())
    assert size == min(allowed, 1024 * 1024)
    queue.close()

    def refuse(*args):
        raise PermissionError

    monkeypatch.setattr(pools.fcntl, "fcntl", refuse)
    queue = pools._Spawning().SimpleQueue()
    queue.put("x")
    assert queue.get() == "x"
    queue.close()
