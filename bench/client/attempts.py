"""Ten thousand payouts through the client, where a tenth goes wrong: is each one known, and once?

    python -m bench.client.attempts

Orders are created whose first transaction fails; each is attempted again, once. In a tenth of
these attempts something goes wrong on the way, one fault after the other, and in another tenth,
and in half of the first one, the status shows the new transaction only some reads later. Beside
that connections are cut before the handshake. What the client says in the end is compared with
what the sandbox has done in truth. The exit status is 1 where an order's end is not known or not
the true one, or where anything was sent twice or is lost.

One group stands apart: attempts that never arrive whole, and of which no status can ever tell.
There the right end is that it stays unknown and is not sent again.
"""

import argparse
import functools
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table

from joseal import Key
from joseal.juspay import (
    Attempt,
    BankAccount,
    Beneficiary,
    CardInfo,
    Client,
    NewFulfillment,
    NewOrder,
    NotSent,
    Outcome,
    StillUnknown,
    payout_encrypter,
)
from joseal.juspay.sandbox import Call, Fault, FaultPlan, Sandbox, TransactionPlan
from joseal.juspay.sandbox.faults import AT_CONNECTING

# Those after which a status can tell what happened. CLIENT_CERTIFICATE needs another server.
FAULTS: Final = tuple(
    fault
    for fault in Fault
    if fault not in {*AT_CONNECTING, Fault.CUT_IN_REQUEST, Fault.CLIENT_CERTIFICATE}
)
UNHEARD: Final = (
    FaultPlan(fault=Fault.CUT_IN_REQUEST),
    FaultPlan(fault=Fault.HTTP_503, carried_out=False),
    FaultPlan(fault=Fault.RESET_AFTER_REQUEST, carried_out=False),
)

_CARD: Final = "4111111111111111"
_AMOUNT: Final = Decimal("10.50")
# An attempt may run into this time-out. A question may not: no fault keeps it waiting.
_ANSWER_SECONDS: Final = 1.0
_PATIENT_SECONDS: Final = 60.0
_CUT_EVERY: Final = 3  # connections
_MOST_ASKED: Final = 60
_PAUSE_SECONDS: Final = 0.005
_HIDDEN_READS: Final = 3

_T = TypeVar("_T")


class End(NamedTuple):
    """How one order ended.

    Attributes:
        fault: what was to go wrong with its attempt; `none` for most.
        outcome: the kind of the attempt's outcome.
        end: the last word of `Client.reconcile`: the fulfillment's state, or `unknown`.
        unsent: how often it was certain that nothing was sent, and the call was made again.
        asked: how often the status was asked for until then.
        wrong: what must not be, in words; empty if all is well.
    """

    fault: str
    outcome: str
    end: str
    unsent: int
    asked: int
    wrong: str


class Plan:
    """What happens to which order, by its number, so that every run has the same."""

    def __init__(self, orders: int, unheard: int) -> None:
        self.numbers = range(orders + unheard)
        self._heard = orders

    def is_heard(self, number: int) -> bool:
        """Tell whether the attempt arrives whole, at least the second time."""
        return number < self._heard

    def play(self, number: int) -> FaultPlan:
        """Return what goes wrong with the attempt."""
        if not self.is_heard(number):
            return UNHEARD[number % len(UNHEARD)]
        return FaultPlan(fault=FAULTS[number // 10 % len(FAULTS)] if number % 10 == 0 else None)

    def course(self, number: int, transaction: int) -> TransactionPlan:
        """Return how a transaction goes: the first one fails, as attempts are for."""
        if transaction == 0:
            return TransactionPlan(settles="FAILURE")
        late = number % 10 == 1 or number % 20 == 0
        return TransactionPlan(
            settles="FAILURE" if number % 7 == 0 else "SUCCESS",
            hidden_reads=_HIDDEN_READS if late else 0,
            pending_reads=1 if late else 0,
        )

    def script(self, call: Call) -> FaultPlan | None:
        """Say what is to go wrong, for the sandbox."""
        if call.name == "connect":
            cut = call.number % _CUT_EVERY == 0
            return FaultPlan(fault=Fault.CUT_BEFORE_HANDSHAKE) if cut else None
        return self.play(number_of(call.target)) if call.name == "attempt" else None


def run(orders: int, unheard: int, threads: int, follow: Callable[..., Sequence[int]]) -> list[End]:
    """Attempt that many payouts, from several threads with one client, and tell how each ended."""
    plan = Plan(orders, unheard)
    with Sandbox(
        key=Key.generate("RSA-OAEP"),
        tls=True,
        plan=plan.script,
        transaction_plan=lambda order_id, transaction: plan.course(
            number_of(order_id), transaction
        ),
    ) as sandbox:
        sealer, context = payout_encrypter(sandbox.public_key), sandbox.client_context
        # Attempts have connections of their own, so that some are made when an attempt is sent.
        sender, asker = (
            Client(
                sandbox.account,
                sealer,
                answer_timeout_seconds=seconds,
                connections=threads,
                apart_seconds=0,
                ssl_context=context,
            )
            for seconds in (_ANSWER_SECONDS, _PATIENT_SECONDS)
        )
        with sender, asker, ThreadPoolExecutor(threads) as pool:
            work = functools.partial(_payout, sender, asker, sandbox, plan)
            futures = [pool.submit(work, number) for number in plan.numbers]
            return [futures[number].result() for number in follow(plan.numbers)]


def _payout(sender: Client, asker: Client, sandbox: Sandbox, plan: Plan, number: int) -> End:
    order_id = f"order-{number}"
    fulfillment_id = created(asker, order_id)
    known = _sure(lambda: asker.known(order_id, fulfillment_id))
    body = Attempt(fulfillment_id=fulfillment_id, card_info=CardInfo(card_number=_CARD))
    outcome, unsent = _sent(lambda: sender.attempt(order_id, body, known=known))
    end, asked, question = "unknown", 0, known
    while end in ("unknown", "PENDING") and asked < (_MOST_ASKED if plan.is_heard(number) else 5):
        # The real API wants the pause that the answer names; this one counts reads, and the short
        # pause is for an attempt that is still on its way when the client has given up.
        resolution = asker.reconcile(question)
        question = resolution.again if isinstance(resolution, StillUnknown) else known
        end = resolution.kind if resolution.kind == "unknown" else str(resolution.status)
        asked += 1
        time.sleep(_PAUSE_SECONDS * asked)
    _wait_for_arrival(sandbox, order_id)
    wrong = judge(sandbox, plan, number, end)
    name = "unheard" if not plan.is_heard(number) else _named(plan.play(number).fault)
    return End(name, outcome.kind, end, unsent, asked, wrong)


def _wait_for_arrival(sandbox: Sandbox, order_id: str) -> None:
    """Wait for a request that was still on its way when the client gave up."""
    until = time.monotonic() + _PATIENT_SECONDS
    while sandbox.attempts(order_id) == 0 and time.monotonic() < until:
        time.sleep(_PAUSE_SECONDS)


def _named(fault: Fault | None) -> str:
    return "none" if fault is None else fault.value


def judge(sandbox: Sandbox, plan: Plan, number: int, end: str) -> str:
    """Compare what the client says of one order with the truth."""
    order_id = f"order-{number}"
    arrived = sandbox.attempts(order_id)
    paid = sandbox.transactions(order_id)[1:]
    if arrived > 1 or len(paid) > 1:
        return "sent twice"
    if not plan.is_heard(number):
        return "" if (end, arrived, len(paid)) == ("unknown", 1, 0) else "said what nobody knows"
    if not paid:
        return "lost"
    return "" if end == paid[0].state else "another end than the true one"


def created(client: Client, order_id: str) -> str:
    """Create an order of one payout, and return the id of that."""
    payee = BankAccount(name="A Payee", account="026291800001191", ifsc="YESB0000262")
    part = NewFulfillment(
        amount=_AMOUNT, beneficiary_details=Beneficiary(type="ACCOUNT_IFSC", details=payee)
    )
    order = NewOrder(
        order_id=order_id,
        amount=_AMOUNT,
        customer_id="customer-1",
        customer_phone="9999999999",
        customer_email="a@example.com",
        type="FULFILL_ONLY",
        fulfillments=(part,),
    )
    outcome, _ = _sent(lambda: client.create_plain_order(order))
    if outcome.kind == "unknown":
        return _sure(lambda: client.order_status(order_id)).fulfillments[0].id
    return outcome.result().fulfillments[0].id


def _sent(call: Callable[[], Outcome[_T]]) -> tuple[Outcome[_T], int]:
    """Make a call, and again for as long as it is certain that nothing was sent."""
    outcome = call()
    for again in range(_MOST_ASKED):
        if not isinstance(outcome, NotSent):
            return outcome, again
        outcome = call()
    return outcome, _MOST_ASKED


def _sure(question: Callable[[], Outcome[_T]]) -> _T:
    """Ask until there is an answer: a question may be repeated."""
    outcome = question()
    for _ in range(_MOST_ASKED):
        if outcome.kind not in ("not_sent", "unknown"):
            break
        outcome = question()
    return outcome.result()


def number_of(order_id: str) -> int:
    """Return the number of an order."""
    return int(order_id.rpartition("-")[2])


_COLUMNS: Final = (
    "not sent",
    "accepted",
    "unknown",
    "SUCCESS",
    "FAILURE",
    "still unknown",
    "asked",
    "wrong",
)


def table(ends: list[End], seconds: float) -> Table:
    """Return what happened, a row for each fault."""
    title = f"{len(ends)} attempts in {seconds:.0f} s"
    found = Table("fault", "attempts", title=title, title_justify="left")
    for name in _COLUMNS:
        found.add_column(name, justify="right")
    for fault in dict.fromkeys(end.fault for end in ends):
        _add(found, fault, [end for end in ends if end.fault == fault])
    found.add_section()
    _add(found, "all", ends)
    return found


def _add(table: Table, name: str, ends: list[End]) -> None:
    outcomes = Counter(end.outcome for end in ends)
    states = Counter(end.end for end in ends)
    table.add_row(
        name,
        str(len(ends)),
        str(sum(end.unsent for end in ends)),
        *(str(outcomes[kind]) for kind in ("accepted", "unknown")),
        *(str(states[state]) for state in ("SUCCESS", "FAILURE", "unknown")),
        f"{max(end.asked for end in ends)}",
        str(sum(end.wrong != "" for end in ends)),
    )


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(prog="python -m bench.client.attempts")
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--unheard", type=int, default=100, help="more, that never arrive whole")
    parser.add_argument("--threads", type=int, default=8)
    chosen = parser.parse_args()
    console = Console()
    start = time.monotonic()
    ends = run(
        chosen.orders,
        chosen.unheard,
        chosen.threads,
        lambda numbers: track(numbers, "attempting", console=console, transient=True),
    )
    console.print(table(ends, time.monotonic() - start))
    for wrong, count in Counter(end.wrong for end in ends if end.wrong).items():
        console.print(f"{count} orders: {wrong}")
    console.print(
        "not sent: made again, because it was certain that nothing had been sent. asked: the most "
        "questions that one order took. still unknown: attempts that never arrived whole, and were "
        "left alone."
    )
    return 0 if all(end.wrong == "" for end in ends) else 1


if __name__ == "__main__":
    sys.exit(main())
