"""Webhooks are handled once: among threads and processes, through crashes, and when a disk fails."""

import asyncio
import contextlib
import copy
import logging
import os
import pickle
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.pretty import pretty_repr

from joseal import JoseError
from joseal.juspay.webhooks.sqlite import SqliteWebhookStore
from joseal.juspay.webhooks.store import (
    Claim,
    Delivery,
    MemoryWebhookStore,
    WebhookStoreError,
    handle_once,
)

HANDLED, OVERTAKEN, DUPLICATE, IN_PROGRESS = (
    *(Delivery.HANDLED, Delivery.OVERTAKEN),
    *(Delivery.DUPLICATE, Delivery.IN_PROGRESS),
)
LEASE_SECONDS = 60.0
WEBHOOK = SimpleNamespace(id="evt-1")


class Clock:
    def __init__(self):
        self.now = 1_700_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path, clock):
    settings = {"lease_seconds": LEASE_SECONDS, "clock": clock}
    if request.param == "memory":
        return MemoryWebhookStore(**settings)
    # SQLite's turns are not fair, and a busy disk takes its time for each.
    return SqliteWebhookStore(tmp_path / "store.db", busy_timeout_seconds=60, **settings)


# What a store promises


def test_id_is_claimed_once_and_stays_handled(store, clock):
    claim = store.claim("evt-1")
    assert claim == Claim("evt-1", 1)
    assert store.claim("evt-1") is IN_PROGRESS
    assert store.claim("evt-2") == Claim("evt-2", 1)
    assert store.confirm(claim) is True
    clock.now += 10 * LEASE_SECONDS
    assert store.claim("evt-1") is DUPLICATE


def test_claim_runs_out_at_the_end_of_its_lease(store, clock):
    store.claim("evt-1")
    clock.now += LEASE_SECONDS - 0.001
    assert store.claim("evt-1") is IN_PROGRESS
    clock.now += 0.001
    assert store.claim("evt-1") == Claim("evt-1", 2)
    assert store.claim("evt-1") is IN_PROGRESS


def test_released_id_can_be_claimed_at_once(store):
    store.release(store.claim("evt-1"))
    assert store.claim("evt-1") == Claim("evt-1", 2)


def test_release_of_a_claim_that_was_taken_over_frees_nothing(store, clock):
    late = store.claim("evt-1")
    clock.now += LEASE_SECONDS
    current = store.claim("evt-1")
    store.release(late)
    assert store.claim("evt-1") is IN_PROGRESS
    # Nor does it after the one that took over was released in its turn.
    store.release(current)
    assert store.claim("evt-1") == Claim("evt-1", 3)
    store.release(late)
    store.release(current)
    assert store.claim("evt-1") is IN_PROGRESS


def test_handler_that_returned_late_counts(store, clock):
    late = store.claim("evt-1")
    clock.now += LEASE_SECONDS
    current = store.claim("evt-1")
    assert store.confirm(late) is False
    assert store.claim("evt-1") is DUPLICATE
    assert store.confirm(current) is False
    store.release(current)
    assert store.claim("evt-1") is DUPLICATE


def test_late_confirmation_holds_if_nobody_took_over(store, clock):
    claim = store.claim("evt-1")
    clock.now += 100 * LEASE_SECONDS
    assert store.confirm(claim) is True
    assert store.claim("evt-1") is DUPLICATE


@pytest.mark.parametrize("step_seconds", [-0.5, -59.9, 0.0])
def test_clock_that_is_set_back_a_little_frees_no_claim(store, clock, step_seconds):
    store.claim("evt-1")
    clock.now += step_seconds
    assert store.claim("evt-1") is IN_PROGRESS


@pytest.mark.parametrize("step_seconds", [-60.0, -86_400.0, -1.7e9, 86_400.0])
def test_claim_of_the_dead_does_not_outlive_a_clock_that_is_set(store, clock, step_seconds):
    store.claim("evt-1")
    clock.now += step_seconds
    assert store.claim("evt-1") == Claim("evt-1", 2)


def test_nothing_that_was_handled_is_handled_again_whatever_the_clock_says(store, clock):
    store.confirm(store.claim("evt-1"))
    for step_seconds in (-1e9, 1e9, 1e9):
        clock.now += step_seconds
        assert store.claim("evt-1") is DUPLICATE


@pytest.mark.parametrize("moment", [float("nan"), float("inf"), float("-inf")])
def test_clock_has_to_give_a_time(store, clock, moment):
    clock.now = moment
    with pytest.raises(ValueError, match=r"^the clock must return a finite number$"):
        store.claim("evt-1")


def test_forgets_what_was_handled_long_ago_and_nothing_else(store, clock):
    store.confirm(store.claim("old"))
    store.claim("unfinished")
    clock.now += 1000
    store.confirm(store.claim("new"))
    assert store.forget(1000) == 0
    assert store.forget(999) == 1
    assert store.claim("old") == Claim("old", 1)
    assert store.claim("new") is DUPLICATE
    assert store.claim("unfinished") == Claim("unfinished", 2)


@pytest.mark.parametrize("webhook_id", ["", "a b", "x" * 257, "a\nb", "\ud800", "ü"])
def test_what_can_be_no_id_is_refused(store, webhook_id):
    with pytest.raises(ValueError, match=r"^webhook_id must be at most 256 characters"):
        store.claim(webhook_id)


@pytest.mark.parametrize("webhook_id", [None, 5, b"evt-1"])
def test_id_of_another_type_is_refused(store, webhook_id):
    with pytest.raises(TypeError, match=r"^webhook_id must be a string$"):
        store.claim(webhook_id)


def test_ids_that_sql_would_misread_are_ids(store):
    for webhook_id in ("'; DROP TABLE joseal_deliveries; --", "%", "_", '"', "A", "a"):
        webhook_id = webhook_id.replace(" ", "")  # noqa: PLW2901
        store.confirm(store.claim(webhook_id))
        assert store.claim(webhook_id) is DUPLICATE


# Handling


def test_handler_runs_once(store):
    seen = []
    assert handle_once(store, WEBHOOK, seen.append) is HANDLED
    assert handle_once(store, WEBHOOK, seen.append) is DUPLICATE
    assert seen == [WEBHOOK]


def test_second_delivery_while_the_first_is_handled_does_nothing(store):
    inner = []
    outcome = handle_once(
        store, WEBHOOK, lambda webhook: inner.append(handle_once(store, webhook, pytest.fail))
    )
    assert (outcome, inner) == (HANDLED, [IN_PROGRESS])


@pytest.mark.parametrize(
    "kind", [ValueError, sqlite3.OperationalError, KeyboardInterrupt, SystemExit]
)
def test_exception_of_a_handler_passes_and_the_webhook_is_handled_again(store, kind):
    error = kind("of the handler")

    def fail(_webhook):
        raise error

    with pytest.raises(kind) as caught:
        handle_once(store, WEBHOOK, fail)
    assert caught.value is error
    assert caught.value.__context__ is None
    seen = []
    assert handle_once(store, WEBHOOK, seen.append) is HANDLED
    assert seen == [WEBHOOK]


def test_handler_that_outlives_its_claim_is_told(store, clock, caplog):
    def slow(webhook):
        clock.now += LEASE_SECONDS
        assert handle_once(store, webhook, lambda _webhook: None) is HANDLED

    with caplog.at_level(logging.INFO, "joseal.juspay"):
        assert handle_once(store, WEBHOOK, slow) is OVERTAKEN
    assert [record.getMessage() for record in caplog.records] == [
        "a webhook is handled again: attempt 2",
        "a webhook's handler took longer than its claim held: it may have run twice",
    ]


def test_async_handler_is_refused_and_nothing_is_confirmed(store):
    async def handler(_webhook):
        pytest.fail("it must not run")

    class Later:
        def __await__(self):
            return iter(())

    for wrong in (handler, lambda _webhook: Later()):
        with pytest.raises(TypeError, match=r"^handler must not be async"):
            handle_once(store, WEBHOOK, wrong)
    assert handle_once(store, WEBHOOK, lambda _webhook: None) is HANDLED


def test_async_program_handles_in_a_thread(store):
    seen = []
    assert asyncio.run(asyncio.to_thread(handle_once, store, WEBHOOK, seen.append)) is HANDLED
    assert seen == [WEBHOOK]


def test_only_what_is_in_progress_is_not_acknowledged():
    assert [one for one in Delivery if not one.acknowledge] == [IN_PROGRESS]


class Failing:
    """A store whose methods fail, as one of the caller's own may."""

    def __init__(self, inner, *failing):
        self._inner = inner
        self._failing = failing

    def __getattr__(self, name):
        if name in self._failing:
            return self._fail
        return getattr(self._inner, name)

    def _fail(self, _):
        raise WebhookStoreError("gone")


def test_failing_store_leaves_the_webhook_to_be_sent_again(store, clock):
    seen = []
    with pytest.raises(WebhookStoreError):
        handle_once(Failing(store, "claim"), WEBHOOK, seen.append)
    assert seen == []
    with pytest.raises(WebhookStoreError):
        handle_once(Failing(store, "confirm"), WEBHOOK, seen.append)
    assert len(seen) == 1
    assert handle_once(store, WEBHOOK, seen.append) is IN_PROGRESS
    clock.now += LEASE_SECONDS
    assert handle_once(store, WEBHOOK, seen.append) is HANDLED


def test_failing_release_does_not_hide_what_the_handler_raised(store):
    def fail(_webhook):
        raise KeyError("of the handler")

    with pytest.raises(KeyError):
        handle_once(Failing(store, "release"), WEBHOOK, fail)


@pytest.mark.parametrize("kind", [MemoryWebhookStore, SqliteWebhookStore])
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"lease_seconds": 0}, ValueError),
        ({"lease_seconds": -1.0}, ValueError),
        ({"lease_seconds": float("nan")}, ValueError),
        ({"lease_seconds": float("inf")}, ValueError),
        ({"lease_seconds": "60"}, TypeError),
        ({"lease_seconds": True}, TypeError),
        ({"clock": 5}, TypeError),
    ],
)
def test_terms_are_checked(kind, arguments, error, tmp_path):
    path = [] if kind is MemoryWebhookStore else [tmp_path / "store.db"]
    with pytest.raises(error):
        kind(*path, **arguments)


@pytest.mark.parametrize(
    ("path", "arguments", "error"),
    [
        ("store.db", {"busy_timeout_seconds": 0}, ValueError),
        ("store.db", {"busy_timeout_seconds": 1e9}, ValueError),
        ("store.db", {"busy_timeout_seconds": "5"}, TypeError),
        ("a\0b", {}, ValueError),
        (b"store.db", {}, TypeError),
        (None, {}, TypeError),
    ],
)
def test_arguments_of_the_file_are_checked(path, arguments, error, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error):
        SqliteWebhookStore(path, **arguments)


# Threads


def test_of_many_threads_one_handles(store):
    threads, ids = 8, [f"evt-{number}" for number in range(15)]
    started = threading.Barrier(threads)
    seen = []

    def deliver(_):
        started.wait(30)
        return [handle_once(store, SimpleNamespace(id=name), seen.append) for name in ids]

    with ThreadPoolExecutor(threads) as pool:
        outcomes = [outcome for some in pool.map(deliver, range(threads)) for outcome in some]
    assert sorted(webhook.id for webhook in seen) == sorted(ids)
    assert Counter(outcomes)[HANDLED] == len(ids)
    assert set(outcomes) <= {HANDLED, DUPLICATE, IN_PROGRESS}


def test_file_may_be_made_by_many_at_once(tmp_path):
    threads = 6
    for number in range(25):
        path = tmp_path / f"store-{number}.db"
        started = threading.Barrier(threads)

        def make(path=path, started=started):
            started.wait(30)
            return SqliteWebhookStore(path, busy_timeout_seconds=30).claim("evt-1")

        with ThreadPoolExecutor(threads) as pool:
            made = [pool.submit(make) for _ in range(threads)]
        assert Counter(one.result() for one in made)[Claim("evt-1", 1)] == 1


# Processes: programs of their own, on one file


def start(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output_of(process):
    out, err = process.communicate(timeout=60)
    assert err == ""
    return out.split()


RACER = """
    import sys, threading
    from types import SimpleNamespace
    from joseal.juspay.webhooks.store import Delivery, handle_once
    from joseal.juspay.webhooks.sqlite import SqliteWebhookStore
    print("ready", flush=True)
    sys.stdin.read()
    store = SqliteWebhookStore(sys.argv[1], busy_timeout_seconds=30)
    handled = []
    def deliver():
        for number in range(12):
            handle_once(store, SimpleNamespace(id=f"evt-{number}"), lambda w: handled.append(w.id))
    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(*handled)
"""


def test_of_processes_and_threads_that_race_from_the_first_moment_one_handles(tmp_path):
    racers = [start(RACER, tmp_path / "store.db") for _ in range(3)]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.close()
        racer.stdin = None  # `communicate` would flush it
    handled = [name for racer in racers for name in output_of(racer)]
    assert sorted(handled) == sorted(f"evt-{number}" for number in range(12))


CRASHER = """
    import os, signal, sys, time
    from types import SimpleNamespace
    from joseal.juspay.webhooks.store import handle_once
    from joseal.juspay.webhooks.sqlite import SqliteWebhookStore
    def crash(webhook):
        if sys.argv[2] == "exit":
            os._exit(7)
        print("at work", flush=True)
        time.sleep(60)
    store = SqliteWebhookStore(sys.argv[1], lease_seconds=60, clock=lambda: 1_700_000_000.0)
    handle_once(store, SimpleNamespace(id="evt-1"), crash)
"""


@pytest.mark.parametrize("manner", ["exit", "kill"])
def test_crash_in_a_handler_neither_loses_nor_doubles_a_webhook(tmp_path, clock, manner):
    path = tmp_path / "store.db"
    crasher = start(CRASHER, path, manner)
    if manner == "kill":
        assert crasher.stdout.readline() == "at work\n"
        crasher.send_signal(signal.SIGKILL)
    crasher.communicate(timeout=60)
    assert crasher.returncode == (7 if manner == "exit" else -signal.SIGKILL)

    store = SqliteWebhookStore(path, lease_seconds=LEASE_SECONDS, clock=clock)
    seen = []
    clock.now += LEASE_SECONDS / 2
    assert handle_once(store, WEBHOOK, seen.append) is IN_PROGRESS
    clock.now += LEASE_SECONDS / 2
    assert handle_once(store, WEBHOOK, seen.append) is HANDLED
    assert handle_once(store, WEBHOOK, seen.append) is DUPLICATE
    assert seen == [WEBHOOK]


def test_lease_is_that_of_the_one_who_claimed(tmp_path, clock):
    patient = SqliteWebhookStore(tmp_path / "store.db", lease_seconds=600, clock=clock)
    hasty = SqliteWebhookStore(tmp_path / "store.db", lease_seconds=1, clock=clock)
    patient.claim("evt-1")
    clock.now += 599
    assert hasty.claim("evt-1") is IN_PROGRESS
    clock.now += 1
    assert hasty.claim("evt-1") == Claim("evt-1", 2)


def test_what_was_confirmed_is_there_for_the_next_process(tmp_path):
    program = """
        import os, sys
        from types import SimpleNamespace
        from joseal.juspay.webhooks.store import handle_once
        from joseal.juspay.webhooks.sqlite import SqliteWebhookStore
        store = SqliteWebhookStore(sys.argv[1])
        print(handle_once(store, SimpleNamespace(id="evt-1"), lambda webhook: None).value, flush=True)
        os._exit(0)
    """
    path = tmp_path / "store.db"
    assert [output_of(start(program, path)) for _ in range(2)] == [["handled"], ["duplicate"]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_store_may_be_carried_over_a_fork(tmp_path):
    program = """
        import os, sys
        from joseal.juspay.webhooks.sqlite import SqliteWebhookStore
        store = SqliteWebhookStore(sys.argv[1])
        claim = store.claim("evt-1")
        child = os.fork()
        if child == 0:
            print(store.claim("evt-1").value, store.claim("evt-2").attempt, flush=True)
            os._exit(0)
        os.waitpid(child, 0)
        print(store.confirm(claim), store.claim("evt-2").value)
    """
    assert output_of(start(program, tmp_path / "store.db")) == [
        *("in_progress", "1", "True", "in_progress")
    ]


# Exactly once, in one transaction


@pytest.fixture
def ledger(tmp_path, clock):
    store = SqliteWebhookStore(tmp_path / "store.db", lease_seconds=LEASE_SECONDS, clock=clock)
    with contextlib.closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        connection.execute("CREATE TABLE ledger (entry TEXT)")
        connection.commit()
    return store


def entries(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        return [entry for (entry,) in connection.execute("SELECT entry FROM ledger")]


def book(webhook, connection):
    connection.execute("INSERT INTO ledger VALUES (?)", (webhook.id,))


def test_effect_and_confirmation_are_kept_together(ledger, tmp_path):
    assert ledger.handle_in_transaction(WEBHOOK, book) is HANDLED
    assert ledger.handle_in_transaction(WEBHOOK, book) is DUPLICATE
    assert handle_once(ledger, WEBHOOK, pytest.fail) is DUPLICATE
    assert entries(tmp_path) == ["evt-1"]


def test_effect_goes_with_the_exception_of_its_handler(ledger, tmp_path):
    def fail(webhook, connection):
        book(webhook, connection)
        connection.execute("INSERT INTO no_such_table VALUES (1)")

    with pytest.raises(sqlite3.OperationalError, match="no_such_table"):
        ledger.handle_in_transaction(WEBHOOK, fail)
    assert entries(tmp_path) == []
    assert ledger.handle_in_transaction(WEBHOOK, book) is HANDLED


def test_claim_of_handle_once_holds_for_transactions_too(ledger, clock, tmp_path):
    claim = ledger.claim("evt-1")
    assert ledger.handle_in_transaction(WEBHOOK, book) is IN_PROGRESS
    clock.now += LEASE_SECONDS
    assert ledger.handle_in_transaction(WEBHOOK, book) is HANDLED
    assert ledger.confirm(claim) is False
    assert entries(tmp_path) == ["evt-1"]


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_handler_that_ends_the_transaction_confirms_nothing(ledger, end):
    def handler(webhook, connection):
        connection.execute(end)

    with pytest.raises(WebhookStoreError, match=r"^the handler ended the transaction"):
        ledger.handle_in_transaction(WEBHOOK, handler)
    assert ledger.claim("evt-1") == Claim("evt-1", 1)


def test_async_handler_of_a_transaction_is_refused(ledger, tmp_path):
    async def handler(_webhook, _connection):
        pytest.fail("it must not run")

    with pytest.raises(TypeError, match=r"^handler must not be async"):
        ledger.handle_in_transaction(WEBHOOK, handler)
    assert ledger.handle_in_transaction(WEBHOOK, book) is HANDLED


BOOKKEEPER = """
    import os, signal, sys, time
    from types import SimpleNamespace
    from joseal.juspay.webhooks.sqlite import SqliteWebhookStore
    def handler(webhook, connection):
        connection.execute("INSERT INTO ledger VALUES (?)", (webhook.id,))
        print("booked", flush=True)
        if sys.argv[2] == "wait":
            time.sleep(60)
    store = SqliteWebhookStore(sys.argv[1], clock=lambda: 1_700_000_000.0)
    store.handle_in_transaction(SimpleNamespace(id="evt-1"), handler)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("manner", "kept"), [("wait", []), ("commit", ["evt-1"])])
def test_process_that_is_killed_leaves_both_or_neither(ledger, tmp_path, manner, kept):
    process = start(BOOKKEEPER, tmp_path / "store.db", manner)
    assert process.stdout.readline() == "booked\n"
    if manner == "wait":
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert entries(tmp_path) == kept
    # No lease has to run out: the lock went with its process.
    assert ledger.handle_in_transaction(WEBHOOK, book) is (DUPLICATE if kept else HANDLED)
    assert entries(tmp_path) == ["evt-1"]


# A disk that fails


FULL = """
    import resource, sys
    from pathlib import Path
    from types import SimpleNamespace
    from joseal.juspay.webhooks.store import WebhookStoreError, handle_once
    from joseal.juspay.webhooks.sqlite import SqliteWebhookStore
    path, moment = sys.argv[1:]
    if moment != "at first":
        store = SqliteWebhookStore(path)
    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
    def work(webhook):
        print("ran")
        if moment == "in the handler":
            fill()
    try:
        if moment != "in the handler":
            fill()
        if moment == "at first":
            store = SqliteWebhookStore(path)
        print(handle_once(store, SimpleNamespace(id="evt-1"), work).value)
    except WebhookStoreError as error:
        print("refused:", error, error.__context__)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    again = SqliteWebhookStore(path, clock=lambda: 9e9)
    print(handle_once(again, SimpleNamespace(id="evt-1"), lambda webhook: print("ran")).value)
"""


@pytest.mark.parametrize(
    ("moment", "ran_before"), [("at first", 0), ("at the claim", 0), ("in the handler", 1)]
)
def test_webhook_is_not_acknowledged_while_there_is_no_space(tmp_path, moment, ran_before):
    """A limit on the size of files stands for a full disk: no write gets through."""
    out, err = start(FULL, tmp_path / "store.db", moment).communicate(timeout=60)
    assert err == ""
    lines = out.splitlines()
    assert lines[:ran_before] == ["ran"] * ran_before
    assert lines[ran_before].startswith("refused: ")
    assert lines[ran_before].endswith(" None")
    # With space again, and the lease over, it is handled: that is once more where it had run.
    assert lines[ran_before + 1 :] == ["ran", "handled"]


def garbage(path):
    path.write_bytes(b"this is no database " * 500)


def damaged(path):
    SqliteWebhookStore(path).confirm(SqliteWebhookStore(path).claim("evt-0"))
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    path.write_bytes(raw)


def other_table(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE joseal_deliveries (x)")
        connection.commit()


def folder(path):
    path.mkdir()


def no_folder(path):
    path.parent.rmdir()


def other_name(path):
    """SQLite's error repeats a name that is not UTF-8."""
    SqliteWebhookStore(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET name = CAST(x'ff' AS TEXT), sql = 'x'")


@pytest.mark.parametrize("spoil", [garbage, damaged, other_table, other_name, folder, no_folder])
def test_store_that_can_not_be_used_is_one_error_without_details(tmp_path, spoil):
    path = tmp_path / "store" / "evt-store.db"
    path.parent.mkdir()
    spoil(path)
    seen = []

    def deliver():
        handle_once(SqliteWebhookStore(path), WEBHOOK, seen.append)

    with pytest.raises(WebhookStoreError, match=r"^the store of deliveries ") as caught:
        deliver()
    error = caught.value
    assert seen == []
    assert (error.__cause__, error.__context__) == (None, None)
    assert "evt" not in f"{error}{error.args}"
    assert "sqlite" not in f"{error!r}".lower()
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made in this test
    assert (again, again.code) == (error, "store")
    assert isinstance(error, JoseError)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")
def test_device_is_no_store():
    with pytest.raises(WebhookStoreError):
        SqliteWebhookStore("/dev/full", busy_timeout_seconds=0.1)


def test_file_that_vanishes_makes_nothing_handled(tmp_path):
    store = SqliteWebhookStore(tmp_path / "store.db")
    store.confirm(store.claim("evt-1"))
    for file in tmp_path.iterdir():
        file.unlink()
    with pytest.raises(WebhookStoreError):
        store.claim("evt-2")


def test_lock_that_others_hold_too_long_is_an_error(tmp_path):
    store = SqliteWebhookStore(tmp_path / "store.db", busy_timeout_seconds=0.05)
    with contextlib.closing(sqlite3.connect(tmp_path / "store.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        for call in (
            lambda: store.claim("evt-1"),
            lambda: store.confirm(Claim("evt-1", 1)),
            lambda: store.release(Claim("evt-1", 1)),
            lambda: store.forget(1),
            lambda: store.handle_in_transaction(WEBHOOK, book),
        ):
            with pytest.raises(WebhookStoreError, match=r"in use for longer than its time-out$"):
                call()
    assert store.claim("evt-1") == Claim("evt-1", 1)


def test_writes_are_on_the_disk_and_readers_do_not_wait(tmp_path, monkeypatch):
    statements = []
    connect = sqlite3.connect

    def traced(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    store = SqliteWebhookStore(tmp_path / "store.db")
    store.claim("evt-1")
    begin = statements.index("BEGIN IMMEDIATE")
    assert "PRAGMA synchronous = FULL" in statements[:begin]
    with contextlib.closing(connect(tmp_path / "store.db")) as reader:
        assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_path_means_the_same_file_wherever_the_program_goes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("store.db", ":memory:", "file:x?mode=memory"):
        store = SqliteWebhookStore(name)
        (tmp_path / "below").mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / "below")
        store.confirm(store.claim("evt-1"))
        monkeypatch.chdir(tmp_path)
        assert SqliteWebhookStore(name).claim("evt-1") is DUPLICATE
        assert (tmp_path / name).is_file()


# Nothing is shown


def test_stores_are_neither_pickled_nor_changed(store):
    store.claim("evt-1")
    assert "evt-1" not in repr(store) + pretty_repr(store)
    assert copy.deepcopy(store) is store
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(store)
    with pytest.raises(AttributeError):
        store.lease_seconds = 5


def test_traceback_of_a_handler_keeps_its_frames(store):
    def fail(_webhook):
        raise KeyError("of the handler")

    with pytest.raises(KeyError) as caught:
        handle_once(store, WEBHOOK, fail)
    assert "in fail" in "".join(traceback.format_exception(caught.value))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_private(tmp_path):
    path = tmp_path / "store.db"
    SqliteWebhookStore(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o664)
    SqliteWebhookStore(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own")
def test_a_link_is_not_a_store(tmp_path):
    SqliteWebhookStore(tmp_path / "store.db")
    (tmp_path / "link.db").symlink_to(tmp_path / "store.db")
    (tmp_path / "dangling.db").symlink_to(tmp_path / "nowhere.db")
    for name in ("link.db", "dangling.db"):
        with pytest.raises(
            WebhookStoreError, match=r"^the store of deliveries is a link, or not a"
        ):
            SqliteWebhookStore(tmp_path / name)
    assert not (tmp_path / "nowhere.db").exists()
