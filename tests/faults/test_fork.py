"""Whatever is shared by a parent and its forked child: neither takes what is the other's."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.faults.forking import Child, in_child, needs_fork
from tests.faults.world import PATIENT_SECONDS, attempt_at

from joseal import Decrypter, Encrypter, JoseError, Key
from joseal._core import processes
from joseal._core.processes import LockOfProcess
from joseal.bulk import pools, worker
from joseal.claims import ClaimSet, MemorySeenOnce
from joseal.juspay import (
    Claim,
    Client,
    Delivery,
    Entry,
    Known,
    MemoryWebhookStore,
    SqlitePayoutJournal,
    SqliteWebhookStore,
    WebhookStoreError,
    payout_encrypter,
)
from joseal.juspay.sandbox import Call, FaultPlan, Sandbox

pytestmark = needs_fork
ENC = "A256GCM"


def slowly(call: Call) -> FaultPlan:
    """Give both processes the time to have a request under way at once."""
    return FaultPlan(delay_seconds=0.2 if call.name in ("attempt", "status") else 0)


def attempted(client: Client, order_id: str) -> str:
    return client.attempt(
        order_id,
        attempt_at(f"f-{order_id}"),
        known=Known.decided(order_id, attempt_at(f"f-{order_id}").fulfillment_id),
    ).kind


def asked(client: Client, order_id: str) -> str:
    outcome = client.order_status(order_id)
    return outcome.value.order_id if outcome.kind == "accepted" else outcome.error_code


@pytest.mark.parametrize("tls", [False, True], ids=["http", "tls"])
@pytest.mark.parametrize("turn", range(4))
def test_an_attempt_in_a_child_gets_its_own_answer(tls: bool, turn: int) -> None:
    with Sandbox(tls=tls, plan=slowly) as sandbox, _used(sandbox, tls) as client:
        # An order of another payout: the sandbox refuses an attempt at "theirs" with E09.
        client.attempt(
            "theirs",
            attempt_at("f-0"),
            known=Known.decided("theirs", attempt_at("f-0").fulfillment_id),
        )
        child = Child(lambda: _delayed(turn % 2, lambda: attempted(client, "theirs")))
        own = _delayed(turn // 2, lambda: attempted(client, "mine-1"))
        assert (own, child.said()) == ("accepted", repr("refused"))
        assert (sandbox.attempts("mine-1"), sandbox.attempts("theirs")) == (1, 2)
        assert len(sandbox.transactions("mine-1")) == len(sandbox.transactions("theirs")) == 1
        # The parent's connection is still good.
        assert attempted(client, "more") == "accepted"


@pytest.mark.parametrize("tls", [False, True], ids=["http", "tls"])
@pytest.mark.parametrize("turn", range(4))
def test_a_status_in_a_child_is_of_its_own_order(tls: bool, turn: int) -> None:
    with Sandbox(tls=tls, plan=slowly) as sandbox, _used(sandbox, tls) as client:
        attempted(client, "mine-1")
        child = Child(lambda: _delayed(turn % 2, lambda: asked(client, "theirs")))
        own = _delayed(turn // 2, lambda: asked(client, "mine-1"))
        assert (own, child.said()) == ("mine-1", repr("E09"))


def _used(sandbox: Sandbox, tls: bool) -> Client:
    client = Client(
        sandbox.account,
        payout_encrypter(sandbox.public_key),
        answer_timeout_seconds=PATIENT_SECONDS,
        idle_seconds=60,
        **({"ssl_context": sandbox.client_context} if tls else {}),
    )
    client.order_status("warm")  # a connection is kept now
    return client


def _delayed(late: int, work):
    time.sleep(0.05 * late)
    return work()


def test_a_grandchild_is_another_process_too() -> None:
    with Sandbox() as sandbox, _used(sandbox, tls=False) as client:
        attempted(client, "mine-1")
        said = in_child(
            lambda: (asked(client, "mine-1"), in_child(lambda: asked(client, "mine-1")))
        )
        assert said == repr(("mine-1", repr("mine-1")))


def test_a_child_is_not_held_up_by_a_lock_that_its_parent_held() -> None:
    with Sandbox() as sandbox, _used(sandbox, tls=False) as client:
        attempted(client, "mine-1")
        pool = client._transport._origin._pool.current()
        with pool.pool.mutex, processes.process_lock():
            child = Child(lambda: asked(client, "mine-1"))
        assert child.said() == repr("mine-1")


def test_a_client_that_was_closed_before_the_fork_sends_nothing_after_it() -> None:
    with Sandbox() as sandbox:
        client = _used(sandbox, tls=False)
        client.close()
        assert in_child(lambda: attempted(client, "mine-1")) == repr("not_sent")
        assert sandbox.attempts("mine-1") == 0


def test_a_child_that_closes_its_client_leaves_the_parents_connection_open() -> None:
    with Sandbox() as sandbox, _used(sandbox, tls=False) as client:
        attempted(client, "mine-1")
        kept = client._transport._origin._pool.current().pool.queue[-1].sock
        in_child(client.close)
        assert asked(client, "mine-1") == "mine-1"
        assert client._transport._origin._pool.current().pool.queue[-1].sock is kept


def test_a_process_with_the_pid_of_its_ancestor_is_another_one(monkeypatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 7)
    assert in_child(processes.process_id) != repr(processes.process_id())


def test_where_there_is_no_hook_the_pid_tells(monkeypatch) -> None:
    before = processes.process_id()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert processes.process_id() != before


def test_encrypters_in_parent_and_child_make_different_tokens() -> None:
    """CEK and IV come from the system's random numbers; the count is each process's own."""
    key = Key.generate("A256GCMKW")
    encrypter = Encrypter(key, enc=ENC)
    child = Child(lambda: [encrypter.encrypt(b"x") for _ in range(20)])
    own = [encrypter.encrypt(b"x") for _ in range(20)]
    theirs = eval(child.said())  # noqa: S307 - a list of str that the test wrote itself
    assert len({*own, *theirs}) == 40
    parts = {token.split(".")[2] for token in [*own, *theirs]}
    assert len(parts) == 40
    assert {Decrypter(key, enc=ENC).decrypt(token) for token in theirs} == {b"x"}


def test_a_bulk_run_is_refused_in_a_child_rather_than_waiting_for_ever() -> None:
    pool = pools.threads(1)
    started = threading.Event()
    pool.submit(lambda _: started.set(), None).result(10)

    def use() -> str:
        try:
            pool.submit(lambda _: None, None)
        except RuntimeError as error:
            pool.close()
            return str(error)
        return "taken"

    assert "before a fork" in in_child(use)
    assert pool.submit(lambda number: number, 7).result(10) == 7
    pool.close()


class _Interrupted:
    """A thread that is in the middle of a step while the process forks."""

    def __init__(self, lock: LockOfProcess) -> None:
        self._lock = lock.current()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_error: object) -> None:
        self._lock.release()


def test_a_store_in_memory_serves_a_child_whatever_a_thread_of_the_parent_was_doing() -> None:
    seen, webhooks = MemorySeenOnce(), MemoryWebhookStore()
    token = ClaimSet({"jti": "t-1", "exp": int(time.time()) + 60})

    def use() -> tuple[int, str]:
        signal.alarm(20)  # A child that waits for ever ends.
        return seen.claim(token).attempt, type(webhooks.claim("w-1")).__name__

    with _Interrupted(seen._claims._lock), _Interrupted(webhooks._claims._lock):
        assert in_child(use) == repr((1, "Claim"))


class _AtWork:
    """A thread that is in the middle of a write to an SQLite store."""

    def __init__(self, write: Callable[[Callable[..., None]], object]) -> None:
        self._begun, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: write(self._wait))

    def _wait(self, *_: object) -> None:
        self._begun.set()
        self._over.wait(PATIENT_SECONDS)

    def __enter__(self) -> None:
        self._thread.start()
        assert self._begun.wait(PATIENT_SECONDS)

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.parametrize("kind", ["journal", "webhooks"])
def test_a_child_forked_while_a_thread_wrote_to_a_store_does_nothing_twice_and_is_told_why(
    kind: str, tmp_path: Path
) -> None:
    """SQLite takes the locks of the thread that is gone for the child's own, for good."""
    entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
    journal = SqlitePayoutJournal(tmp_path / "journal.db", busy_timeout_seconds=0.05)
    webhooks = SqliteWebhookStore(tmp_path / "webhooks.db", busy_timeout_seconds=0.05)
    done = SimpleNamespace(id="w-1")
    write, use = {
        "journal": (journal._in_transaction, lambda: journal.begin(entry)),
        "webhooks": (
            lambda wait: webhooks.handle_in_transaction(done, wait),
            lambda: webhooks.claim("w-1"),
        ),
    }[kind]

    over = tmp_path / "over"

    def used() -> str:
        signal.alarm(20)  # A child that waits for ever ends.
        while not over.exists():
            time.sleep(0.01)
        try:
            return repr(use())
        except JoseError as error:
            return str(error)
        finally:
            signal.alarm(0)

    with _AtWork(write):
        child = Child(used)
    over.touch()
    assert "was in use when this process was forked" in child.said()
    assert used() == {"journal": "None", "webhooks": repr(Delivery.DUPLICATE)}[kind]


def test_a_child_forked_while_a_thread_had_a_store_open_handles_nothing_a_second_time(
    tmp_path: Path,
) -> None:
    """A thread that waits for its turn has no lock on what it will write; its file is open."""
    webhooks = SqliteWebhookStore(tmp_path / "webhooks.db")

    def claimed() -> str:
        try:
            return repr(webhooks.claim("w-1"))
        except WebhookStoreError as error:
            return str(error)

    with contextlib.closing(webhooks._claims._connect()) as waiting:
        waiting.execute("SELECT count(*) FROM joseal_deliveries").fetchone()
        assert in_child(claimed) == repr(
            "the store of deliveries was in use when this process was forked"
        )
    assert in_child(claimed) == repr(repr(Claim("w-1", 1)))
    assert claimed() == repr(Delivery.IN_PROGRESS)


def test_a_factory_is_called_in_a_child_though_a_thread_of_the_parent_was_calling_one() -> None:
    key = Key.generate("A256KW")

    def use() -> str:
        signal.alarm(20)
        made = worker.prepare("a run", lambda: Encrypter(key, enc=ENC), (Encrypter,))
        return type(made).__name__

    with _Interrupted(worker._lock):
        assert in_child(use) == repr("Encrypter")
