"""Every order of events at one payout: no attempt is sent while another one may pay.

The truth is a tuple of requests that have left: each is on its way, lost, or has failed or paid,
and a status shows it at once, later or never. The journal and the client see statuses and answers
only. A person knows the truth; a failure is the one thing that a person may take back.

A process is a run or a reconciliation. All that it was told so far is its state: it is replayed up
to there, and goes on. It may be left for a while, or for good, which is a crash. A step is a call
of the journal or of the client. Only the `find` before a `keep` is one step with it: that they are
two transactions is accepted.

A budget bounds how many processes are begun and how often a person decides; within it, all worlds
are visited that can come about. Larger ones take minutes:

    JOSEAL_BUDGETS='whole failed 3 1 2, mixed new 2 1 1' pytest tests/juspay/journal/test_interleavings.py
"""

import contextlib
import math
import os
import time
from collections.abc import Callable, Hashable, Iterator
from types import SimpleNamespace
from typing import NamedTuple

import msgspec
import pytest
from tests.faults.world import attempt_at

from joseal.juspay import (
    AttemptQuery,
    Entry,
    Fulfillment,
    FulfillmentState,
    Known,
    NotSent,
    Order,
    PlannedAttempt,
    Reconciliation,
    Refused,
    Transaction,
    decide_attempt,
    read_reconciliation,
    reconcile_attempts,
    run_attempts,
)
from joseal.juspay.journal.journal import hindrance
from joseal.juspay.outcomes import Accepted, Outcome
from joseal.juspay.reconcile import Failed, of_an_earlier_attempt
from joseal.juspay.responses import Ack
from joseal.juspay.unsettled import Ticket, Unsettled

IN_THE_SUITE = "whole failed 2 2 1, mixed failed 2 0 0, mixed new 1 1 1"
IDS = ("a-1", "a-2", "a-3")
AT = attempt_at("f-1")
PLACE = ("order-1", "f-1")
DECIDED = Known.decided(*PLACE)
# What an attempt is made against: what a run reads, a person's word, and what a plan says still. The
# API's own try has failed, and is shown at once; or it is shown late, and the order is new.
FAILED = Known(
    order_id="order-1",
    fulfillment_id="f-1",
    references=frozenset({"t-0"}),
    status=FulfillmentState.FAILURE,
    reads=2,
)
STATES = {"failed": (None, DECIDED, FAILED), "new": (None, DECIDED, Known.fresh(*PLACE))}
ANSWERS: dict[str, Outcome[Ack]] = {
    "accepted": Accepted(Ack()),
    "not_sent": NotSent("x"),
    "refused": Refused(status=400, error_code="E01"),
}
SHOWN = {"failed": "FAILURE", "paid": "SUCCESS"}


class Sending(NamedTuple):
    """One request that has left: whose it is, what became of it, and whether a status shows it."""

    attempt_id: str
    fate: str = "on its way"
    is_shown: bool = False

    @property
    def may_pay(self) -> bool:
        return self.fate in ("on its way", "paid")


class Process(NamedTuple):
    """A run of an attempt, or a reconciliation, and all that it was told so far."""

    attempt_id: str | None = None
    known: Known | None = None
    has_old_client: bool = False
    told: tuple[Hashable, ...] = ()


class Budget(NamedTuple):
    """How many runs and reconciliations may be begun, and how often a person may decide."""

    runs: int
    questions: int
    decisions: int


class World(NamedTuple):
    """All there is. One client is old: it remembers what it has sent, and what has failed."""

    order: str
    left: Budget
    sendings: tuple[Sending, ...]
    entries: tuple[Entry, ...] = ()
    processes: tuple[Process, ...] = ()
    unsettled: tuple[Known, ...] = ()
    failed: frozenset[str] = frozenset()

    @property
    def ids(self) -> list[str]:
        """Those that were begun, and one new one: which one makes no difference."""
        begun = [each.attempt_id for each in self.entries]
        return begun + [each for each in IDS if each not in begun][:1]


class LeftAsideError(BaseException):
    """The process has made its steps."""


class Journal:
    """A journal in memory."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.kept = {each.attempt_id: each for each in entries}

    def begin(self, entry: Entry) -> Entry | None:
        same = self.kept.get(entry.attempt_id)
        found = hindrance(entry, same, [each for each in self.kept.values() if each is not same])
        if found is None:
            self.kept.pop(entry.attempt_id, None)
            self.kept[entry.attempt_id] = entry
        return found

    def keep(self, entry: Entry) -> None:
        """Keep an entry without times and counts, so that there are not endless worlds."""
        question = entry.question
        if question is not None:
            question = msgspec.structs.replace(question, asked=0)
        timeless = msgspec.structs.replace(entry, ask_at=0.0, question=question)
        self.kept[entry.attempt_id] = timeless

    def keep_if_unchanged(self, before: Entry, after: Entry) -> bool:
        is_unchanged = self.kept.get(before.attempt_id) == before
        if is_unchanged:
            self.keep(after)
        return is_unchanged

    def find(self, attempt_id: str) -> Entry | None:
        return self.kept.get(attempt_id)

    def entries(self) -> tuple[Entry, ...]:
        return tuple(self.kept.values())


class Network:
    """What a client sees of the truth, with the memory that it has."""

    def __init__(self, world: World, process: Process, answer: str) -> None:
        self.sendings = list(world.sendings)
        self.answer = answer
        self.attempt_id = process.attempt_id
        self.memory = Unsettled()
        if process.has_old_client:
            self.memory._attempts = {PLACE: tuple(Ticket(each) for each in world.unsettled)}
            self.memory._failed = {PLACE: world.failed}

    def shown(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (f"t-{number}", SHOWN.get(each.fate, "PENDING"))
            for number, each in enumerate(self.sendings)
            if each.is_shown
        )

    def reconcile(self, question: Known | AttemptQuery) -> Reconciliation:
        status = Accepted(order_of(self.shown()))
        found = read_reconciliation(status, question, apart_seconds=0, now=0)
        known = question if isinstance(question, Known) else question.known
        if isinstance(found, Failed) and not self.memory.settle(known, found.known):
            return of_an_earlier_attempt(question)
        return found

    def attempt(self, known: Known) -> Outcome[Ack] | ValueError:
        try:
            ticket = self.memory.begin(known)
        except ValueError as error:
            return error
        if self.answer != "accepted":
            self.memory.end(ticket)
        else:
            if not known.is_decided:
                assert not any(each.may_pay for each in self.sendings), "it may be paid twice"
            self.sendings.append(Sending(self.attempt_id or ""))
        return ANSWERS[self.answer]


class Step:
    """Replays a process in a world, and lets it go on there: its journal and its client."""

    apart_seconds = 0.0

    def __init__(
        self, world: World, process: Process, answer: str = "accepted", most: float = 1
    ) -> None:
        self._world = world
        self._process = process
        self._journal = Journal(world.entries)
        self._network = Network(world, process, answer)
        self._replayed = 0
        self._most = most
        self.made = 0
        self.told = process.told
        self.is_over = False

    def go(self) -> World:
        with contextlib.suppress(LeftAsideError):
            if self._process.attempt_id is None:
                list(reconcile_attempts(self, self, now=1.0))
            else:
                planned = PlannedAttempt(
                    self._process.attempt_id, "order-1", AT, self._process.known
                )
                list(run_attempts(self, self, [planned], apart_seconds=0))
            self.is_over = True
        later = self._world._replace(
            sendings=tuple(self._network.sendings), entries=self._journal.entries()
        )
        if not self._process.has_old_client:
            return later
        memory = self._network.memory
        return later._replace(
            unsettled=tuple(each.known for each in memory._attempts.get(PLACE, ())),
            failed=memory._failed.get(PLACE, frozenset()),
        )

    @property
    def process(self) -> Process:
        return self._process._replace(told=self.told)

    @property
    def had_a_choice(self) -> bool:
        """Whether the client was asked to send the attempt, so that its answer may differ."""
        new = self.told[len(self._process.told) :]
        return any(isinstance(each, Accepted | NotSent | Refused) for each in new)

    def _one(self, work: Callable[[], Hashable]) -> object:
        if self._replayed < len(self._process.told):
            told = self._process.told[self._replayed]
            self._replayed += 1
        elif self.made < self._most:
            self.made += 1
            told = work()
            self.told = (*self.told, told)
        else:
            raise LeftAsideError
        if isinstance(told, ValueError):
            raise told
        return told

    def begin(self, entry: Entry) -> Entry | None:
        return self._one(lambda: self._journal.begin(entry))

    def keep(self, entry: Entry) -> None:
        self._one(lambda: self._journal.keep(entry))

    def keep_if_unchanged(self, before: Entry, after: Entry) -> bool:
        return self._one(lambda: self._journal.keep_if_unchanged(before, after))

    def find(self, attempt_id: str) -> Entry | None:
        return self._one(lambda: self._journal.find(attempt_id))

    def entries(self) -> Iterator[Entry]:
        return iter(self._one(self._journal.entries))

    def order_status(self, order_id: str) -> Outcome[Order]:
        del order_id
        return Accepted(order_of(self._one(self._network.shown)))

    def reconcile(self, question: Known | AttemptQuery) -> Reconciliation:
        return self._one(lambda: self._network.reconcile(question))

    def attempt(self, order_id: str, attempt: object, *, known: Known) -> Outcome[Ack]:
        del order_id, attempt
        return self._one(lambda: self._network.attempt(known))


def order_of(shown: tuple[tuple[str, str], ...]) -> Order:
    states = [state for _, state in shown]
    status = next((each for each in ("SUCCESS", "PENDING") if each in states), "FAILURE")
    status = status if states else "CREATED"
    part = Fulfillment(
        id="f-1",
        status=FulfillmentState(status),
        transactions=tuple(Transaction(transaction_ref=ref, status=each) for ref, each in shown),
    )
    return Order(order_id="order-1", status="X", fulfillments=(part,))


def instead(world: World, process: Process, *then: Process) -> World:
    """Replace a process, or remove it."""
    at = world.processes.index(process)
    return among(world._replace(processes=world.processes[:at] + world.processes[at + 1 :]), *then)


def among(world: World, *processes: Process) -> World:
    """Add processes. In which order they were begun makes no difference."""
    return world._replace(processes=tuple(sorted((*world.processes, *processes), key=hash)))


def after_an_event(world: World) -> Iterator[World]:
    for number, each in enumerate(world.sendings):
        later = []
        if each.fate == "on its way":
            later += [each._replace(fate=fate) for fate in ("failed", "paid")]
            later += [] if each.is_shown else [each._replace(fate="lost")]
        if each.fate != "lost" and not each.is_shown:
            later.append(each._replace(is_shown=True))
        for one in later:
            sendings = (*world.sendings[:number], one, *world.sendings[number + 1 :])
            yield world._replace(sendings=sendings)


def after_a_decision(world: World) -> Iterator[World]:
    """A person waits for the end of the run that has begun the attempt, as `decide_attempt` asks."""
    if world.left.decisions == 0:
        return
    left = world.left._replace(decisions=world.left.decisions - 1)
    at_work = {each.attempt_id for each in world.processes}
    for entry in world.entries:
        fates = {each.fate for each in world.sendings if each.attempt_id == entry.attempt_id}
        decisions = ["accepted"]
        if fates <= {"lost"} or entry.state == "failed":
            decisions.append("not_sent")
        if "failed" in fates and fates <= {"lost", "failed"}:
            decisions.append("failed")
        for decision in decisions if entry.attempt_id not in at_work else ():
            journal = Journal(world.entries)
            with contextlib.suppress(ValueError):
                decide_attempt(journal, entry.attempt_id, decision)
                yield world._replace(entries=journal.entries(), left=left)


def after_a_whole_run(world: World) -> Iterator[World]:
    """A run from its beginning to its end, or killed right before the request left, or after."""
    if world.left.runs == 0:
        return
    left = world.left._replace(runs=world.left.runs - 1)
    for process in (Process(each, known) for each in world.ids for known in STATES[world.order]):
        for answer in ANSWERS:
            step = Step(world, process, answer, math.inf)
            later = step.go()
            if later != world:
                yield later._replace(left=left)
            if not step.had_a_choice:
                break
            # A step less and the outcome is not kept; two, and the request has not left.
            for fewer in (1, 2) if answer == "accepted" else ():
                killed = Step(world, process, answer, step.made - fewer)
                yield killed.go()._replace(left=left)


def after_two_questions(world: World) -> Iterator[World]:
    if world.left.questions == 0:
        return
    left = world.left._replace(questions=world.left.questions - 1)
    for _ in range(2):
        later = Step(world, Process(), most=math.inf).go()
        if later == world:
            break
        yield later._replace(left=left)
        world = later


def after_a_step(world: World) -> Iterator[World]:
    for process in world.processes:
        for answer in ANSWERS:
            step = Step(world, process, answer)
            later = step.go()
            yield instead(later, process, *([] if step.is_over else [step.process]))
            if not step.had_a_choice:
                break


def after_a_crash(world: World) -> Iterator[World]:
    for process in world.processes:
        yield instead(world, process)


def after_a_beginning(world: World) -> Iterator[World]:
    runs, questions, _ = world.left
    processes = []
    if runs:
        processes += [Process(each, known) for each in world.ids for known in STATES[world.order]]
    if questions:
        processes.append(Process())
    for process in processes if len(world.processes) < 2 else ():
        # Whoever decides that an attempt may be made has no run at work then.
        others = [each for each in world.processes if each.attempt_id and process.attempt_id]
        if any(DECIDED in (process.known, each.known) for each in others):
            continue
        is_run = process.attempt_id is not None
        left = world.left._replace(runs=runs - is_run, questions=questions - (not is_run))
        for is_old in (False, True):
            yield among(world._replace(left=left), process._replace(has_old_client=is_old))


WAYS = {
    "whole": (after_an_event, after_a_decision, after_a_whole_run, after_two_questions),
    "mixed": (after_an_event, after_a_decision, after_a_step, after_a_crash, after_a_beginning),
}


def check(world: World) -> None:
    for entry in world.entries:
        sent = [each for each in world.sendings if each.attempt_id == entry.attempt_id]
        if entry.state == "failed" and entry.reason != "decided by a person":
            assert sent, "said to have failed, and was never sent"
            assert sent[-1].fate == "failed", "said to have failed, and may pay"
        if any(each.may_pay for each in sent):
            assert entry.is_unsettled, "forgotten"


def worlds(way: str, order: str, budget: Budget) -> int:
    """Check every world that can come about; return how many there are."""
    before = Sending("before", "failed", is_shown=order == "failed")
    front = [World(order, budget, (before,))]
    seen = set(front)
    while front:
        made = {later for world in front for step in WAYS[way] for later in step(world)} - seen
        for world in made:
            check(world)
        seen |= made
        front = list(made)
    return len(seen)


def budgets() -> list[tuple[str, str, Budget]]:
    named = os.environ.get("JOSEAL_BUDGETS", IN_THE_SUITE)
    words = (each.split() for each in named.split(","))
    return [(way, order, Budget(*map(int, numbers))) for way, order, *numbers in words]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    clock = SimpleNamespace(time=time.time, sleep=lambda _: None)
    monkeypatch.setattr("joseal.juspay.journal.run.time", clock)


@pytest.mark.parametrize(("way", "order", "budget"), budgets(), ids=str)
def test_no_order_of_events_sends_an_attempt_while_another_may_pay_or_says_falsely_that_it_failed(
    way, order, budget
):
    assert worlds(way, order, budget) > 1000
