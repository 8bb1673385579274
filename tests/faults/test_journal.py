"""At most once, over crashes: nothing is sent twice without a person's word, and none is forgotten.

Crashes come at every write of the journal and at every call of the client's sockets; and, in
processes of their own, as `kill -9` at any instant.
"""

import contextlib
import gc
import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.faults.world import attempt_at, new_order, settled

from joseal import Key
from joseal.juspay import (
    Client,
    PlannedAttempt,
    SqlitePayoutJournal,
    decide_attempt,
    payout_encrypter,
    reconcile_attempts,
    run_attempts,
)
from joseal.juspay.sandbox import Call, Fault, FaultPlan, Sandbox, TransactionPlan

FAULTS = [
    *(Fault.CUT_IN_REQUEST, Fault.CUT_AFTER_REQUEST, Fault.RESET_AFTER_REQUEST),
    *(Fault.CUT_IN_STATUS, Fault.HTTP_429, Fault.HTTP_503, Fault.HTTP_500_E06),
]
TOGETHER = 3
KEY = Key.generate("RSA-OAEP")
TIMES = itertools.count(10**12, 10**4)

# What a process that is gone leaves open, the system closes; here it is the same process.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """What a crash has left open is closed here, and not in a later test, where it is a fault."""
    yield
    gc.collect()


def later() -> float:
    """Return a time at which each entry may be asked about again."""
    return float(next(TIMES))


class CrashError(BaseException):
    """The process is gone."""


class Crashes:
    """Counts what could be the last thing that a process does, and makes one of them that."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.count = 0

    def moment(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        self.count += 1
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise CrashError


CRASHES = Crashes()


@contextlib.contextmanager
def crashing_sockets():
    """Let a crash come before and after each call of a socket that this thread makes."""
    names = ("connect", "sendall", "recv_into", "shutdown")
    kept = {name: socket.socket.__dict__.get(name) for name in names}

    def around(name):
        base = getattr(socket.socket, name)

        def call(self, *args):
            CRASHES.moment()
            done = base(self, *args)
            CRASHES.moment()
            return done

        return call

    for name in names:
        setattr(socket.socket, name, around(name))
    try:
        yield
    finally:
        for name, method in kept.items():
            if method is None:
                delattr(socket.socket, name)
            else:
                setattr(socket.socket, name, method)


class CrashingJournal:
    """A journal on the disk, with a crash before and after each of its calls."""

    def __init__(self, path: Path) -> None:
        self._journal = SqlitePayoutJournal(path)

    def _around(self, call, *args):
        CRASHES.moment()
        done = call(*args)
        CRASHES.moment()
        return done

    def begin(self, entry):
        return self._around(self._journal.begin, entry)

    def keep(self, entry):
        return self._around(self._journal.keep, entry)

    def find(self, attempt_id):
        return self._around(self._journal.find, attempt_id)

    def entries(self):
        return self._around(self._journal.entries)


class Bank:
    """One sandbox for all examples; what is to go wrong is set order by order."""

    def __init__(self) -> None:
        self.faults: dict[str, FaultPlan] = {}
        self.plans: dict[str, TransactionPlan] = {}
        self.numbers = itertools.count()
        self.sandbox = Sandbox(key=KEY, plan=self._plan, transaction_plan=self._transaction)

    def _plan(self, call: Call) -> FaultPlan | None:
        return self.faults.pop(call.target, None) if call.name == "attempt" else None

    def _transaction(self, order_id: str, number: int) -> TransactionPlan:
        if number == 0:
            return TransactionPlan(settles="FAILURE")
        return self.plans.get(order_id, TransactionPlan())

    def client(self) -> Client:
        encrypter = payout_encrypter(self.sandbox.public_key)
        return Client(self.sandbox.account, encrypter, apart_seconds=0, answer_timeout_seconds=20)


@pytest.fixture(scope="module")
def bank():
    bank = Bank()
    with bank.sandbox, crashing_sockets():
        yield bank


def settle(sandbox: Sandbox) -> None:
    """Wait until all that has left a process is carried out, which may be after its end."""
    with Client(sandbox.account, payout_encrypter(sandbox.public_key)) as client:
        # Connections are accepted in their order: each one from before has a thread after this.
        client.order_status("order-x")
    assert settled(connections_served, []) == []


def connections_served() -> list[str]:
    names = (thread.name for thread in threading.enumerate())
    return [name for name in names if "process_request_thread" in name]


class Machine(RuleBasedStateMachine):
    """A batch of attempts, run and reconciled again and again, with crashes in between."""

    bank: Bank

    @initialize()
    def start(self) -> None:
        CRASHES.left = None
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "journal.db"
        self.planned, self.decided, self.begun = [], {}, set()
        with self.bank.client() as client:
            for _ in range(TOGETHER):
                order_id = f"order-{next(self.bank.numbers)}"
                part = client.create_plain_order(new_order(order_id)).result().fulfillments[0].id
                self.planned.append(PlannedAttempt(f"a-{order_id}", order_id, attempt_at(part)))
                self.decided[order_id] = 0

    def _process(self, work, crash_at: int | None) -> bool:
        """Do some work in a process of its own, as it were; tell whether it crashed."""
        CRASHES.left = None
        client, journal = self.bank.client(), CrashingJournal(self.path)
        CRASHES.left = crash_at
        try:
            work(client, journal)
        except CrashError:
            crashed = True
        else:
            crashed = False
        finally:
            CRASHES.left = None
            client.close()
        if crashed:
            # A person who decides is told the truth, and not what has happened so far.
            settle(self.bank.sandbox)
        return crashed

    @rule(
        order=st.integers(0, TOGETHER - 1),
        fault=st.sampled_from(FAULTS),
        heard=st.booleans(),
    )
    def break_the_next_attempt(self, order: int, fault: Fault, heard: bool) -> None:
        heard = heard or fault is Fault.CUT_IN_STATUS
        plan = FaultPlan(fault=fault, carried_out=heard)
        self.bank.faults[self.planned[order].order_id] = plan

    @rule(
        order=st.integers(0, TOGETHER - 1),
        settles=st.sampled_from(["SUCCESS", "FAILURE", "PENDING"]),
        hidden=st.integers(0, 3),
    )
    def let_it_go_otherwise(self, order: int, settles: str, hidden: int) -> None:
        plan = TransactionPlan(settles=settles, hidden_reads=hidden)
        self.bank.plans[self.planned[order].order_id] = plan

    @rule(crash_at=st.none() | st.integers(0, 60))
    def run(self, crash_at: int | None) -> None:
        def work(client, journal):
            for result in run_attempts(client, journal, self.planned):
                self.begun.add(result.attempt_id)

        self._process(work, crash_at)

    @rule(crash_at=st.none() | st.integers(0, 30))
    def reconcile(self, crash_at: int | None) -> None:
        self._process(
            lambda client, journal: list(reconcile_attempts(client, journal, now=later())), crash_at
        )

    @precondition(lambda self: any(self._open()))
    @rule(data=st.data())
    def let_a_person_decide(self, data) -> None:
        """The API's support has said that it never arrived, and it is true."""
        entry = data.draw(st.sampled_from(self._open()))
        decide_attempt(SqlitePayoutJournal(self.path), entry.attempt_id, "not_sent")
        self.decided[entry.order_id] += 1

    def _entries(self):
        if not hasattr(self, "path") or not self.path.exists():
            return []
        return list(SqlitePayoutJournal(self.path).entries())

    def _open(self):
        return [
            entry
            for entry in self._entries()
            if entry.standing == "to_reconcile" and not self._paid(entry.order_id)
        ]

    def _paid(self, order_id: str) -> int:
        return len(self.bank.sandbox.transactions(order_id)) - 1

    @invariant()
    def nothing_is_sent_twice_without_a_persons_word(self) -> None:
        for planned in getattr(self, "planned", []):
            most = 1 + self.decided[planned.order_id]
            assert self.bank.sandbox.attempts(planned.order_id) <= most
            assert self._paid(planned.order_id) <= 1

    @invariant()
    def none_is_forgotten_and_none_is_said_wrongly(self) -> None:
        entries = {entry.attempt_id: entry for entry in self._entries()}
        for planned in getattr(self, "planned", []):
            entry = entries.get(planned.attempt_id)
            arrived = self.bank.sandbox.attempts(planned.order_id)
            assert entry is not None or (arrived == 0 and planned.attempt_id not in self.begun)
            if entry is None:
                continue
            paid = self._paid(planned.order_id)
            if entry.standing in ("accepted", "failed"):
                assert paid == 1
            if entry.standing in ("not_sent", "refused"):
                assert paid == 0
            if entry.state in ("succeeded", "failed"):
                (truth,) = self.bank.sandbox.transactions(planned.order_id)[1:]
                assert truth.state == ("SUCCESS" if entry.state == "succeeded" else "FAILURE")

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


def test_no_attempt_is_sent_twice_or_forgotten_wherever_a_process_crashes(bank) -> None:
    Machine.bank = bank
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=int(os.environ.get("JOSEAL_CRASH_EXAMPLES", "15")),
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_each_single_moment_of_a_run_can_be_the_last(bank, tmp_path) -> None:
    """One attempt, crashed at every moment in turn: a second run never sends it again."""
    standings = set()
    for moment in itertools.count():
        order_id = f"order-{next(bank.numbers)}"
        with bank.client() as client:
            part = client.create_plain_order(new_order(order_id)).result().fulfillments[0].id
        planned = [PlannedAttempt(f"a-{order_id}", order_id, attempt_at(part))]
        path = tmp_path / f"{moment}.db"
        CRASHES.left = None
        client, journal = bank.client(), CrashingJournal(path)
        CRASHES.left = moment
        try:
            list(run_attempts(client, journal, planned))
        except CrashError:
            crashed = True
        else:
            crashed = False
        finally:
            CRASHES.left = None
            client.close()
        before = SqlitePayoutJournal(path).find(f"a-{order_id}")
        with bank.client() as client:
            (result,) = run_attempts(client, SqlitePayoutJournal(path), planned)
        # Sent by the second run if, and only if, the first one had not begun.
        assert result.sent_now == (before is None)
        assert bank.sandbox.attempts(order_id) <= 1
        standings.add(result.standing)
        if not crashed:
            break
    assert moment > 15
    assert standings == {"accepted", "to_reconcile"}


PROGRAM = """
import sys
from joseal import Key
from joseal.juspay import *
from tests.faults.world import attempt_at
url, kid, sid, api_key, merchant, pem, path, *rest = sys.argv[1:]
account = Account(merchant_id=merchant, api_key=api_key, kid=kid, sid=sid, base_url=url)
encrypter = payout_encrypter(Key.from_pem(open(pem).read(), alg="RSA-OAEP"))
planned = [PlannedAttempt(f"a-{o}", o, attempt_at(f)) for o, f in (r.split(",") for r in rest)]
with Client(account, encrypter, apart_seconds=0) as client:
    print("ready", flush=True)
    for result in run_attempts(client, SqlitePayoutJournal(path), planned):
        print(result.attempt_id, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this platform has no SIGKILL")
def test_a_run_that_is_killed_at_any_instant_goes_on_and_sends_nothing_twice(tmp_path) -> None:
    orders = 30
    first = TransactionPlan(settles="FAILURE")
    with Sandbox(
        key=KEY,
        plan=lambda call: FaultPlan(delay_seconds=0.01) if call.name == "attempt" else None,
        transaction_plan=lambda _, number: first if number == 0 else None,
    ) as sandbox:
        account, path = sandbox.account, tmp_path / "journal.db"
        (tmp_path / "key.pem").write_text(sandbox.public_pem)
        names = [f"order-{number}" for number in range(orders)]
        with Client(account, payout_encrypter(sandbox.public_key)) as client:
            parts = [
                client.create_plain_order(new_order(name)).result().fulfillments[0].id
                for name in names
            ]
        args = [
            *(sandbox.url, account.kid, account.sid, sandbox.api_key, account.merchant_id),
            *(str(tmp_path / "key.pem"), str(path)),
            *(f"{name},{part}" for name, part in zip(names, parts, strict=True)),
        ]
        for turn in range(6):
            with subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *args], stdout=subprocess.PIPE, env=os.environ
            ) as child:
                child.stdout.readline()
                time.sleep(0.15 + 0.037 * turn)
                child.send_signal(signal.SIGKILL)
        settle(sandbox)
        with Client(account, payout_encrypter(sandbox.public_key), apart_seconds=0) as client:
            journal = SqlitePayoutJournal(path)
            begun = {entry.attempt_id for entry in journal.entries()}
            assert {f"a-{name}" for name in names if sandbox.attempts(name)} <= begun
            planned = [
                PlannedAttempt(f"a-{name}", name, attempt_at(part))
                for name, part in zip(names, parts, strict=True)
            ]
            results = list(run_attempts(client, journal, planned))
            assert len(results) == orders
            assert {result.standing for result in results} <= {"accepted", "to_reconcile"}
            for _ in range(3):
                list(reconcile_attempts(client, journal, now=later()))
        assert max(sandbox.attempts(name) for name in names) == 1
        for entry in journal.entries():
            paid = len(sandbox.transactions(entry.order_id)) - 1
            assert (entry.state == "succeeded") == (paid == 1)
            assert paid or entry.standing == "to_reconcile"
