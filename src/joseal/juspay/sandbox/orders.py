"""The orders of the sandbox: the payouts that were made, and how a status shows them.

The truth and the view are separate. A transaction exists, and moves money, from the moment its
attempt arrives; the status may show it only some reads later, as the real one may.

Where the public pages leave a point open, the sandbox decides; the real server may differ:

- every accepted attempt starts one more transaction, even a repeated one: a test server that
  tolerated it would hide a payout that is sent twice;
- an attempt at an order that was never created makes the order;
- an order id that was used before is E01, and so is an attempt at a canceled payout;
- an order or a fulfillment that does not exist, or belongs to a different order, is E09;
- a payout that was started can no longer be canceled; the response is the same 200 either way.

Rules:
- No card and no password gets here: `checks` passes the data without them.
- Time is counted in reads of the status, not in seconds, so that tests are deterministic.

Source: the order create, order status, cancel and webhook pages of the payouts API.
"""

import datetime as dt
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from joseal._core import checks
from joseal.juspay.sandbox.checks import NewSheet, Refusal

Settled: TypeAlias = Literal["SUCCESS", "FAILURE", "MANUAL_REVIEW", "PENDING"]

METHOD: Final = "DUMMY_VISADIRECT"


class TransactionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How one transaction goes, and when a status shows it.

    Attributes:
        settles: its final state; `PENDING` means that it never settles.
        hidden_reads: how many reads of the order's status do not show it at all.
        pending_reads: how many reads after those show it as `PENDING`.

    Example:
        >>> from joseal.juspay.sandbox import TransactionPlan
        >>> TransactionPlan(settles="FAILURE", hidden_reads=2).settles
        'FAILURE'
    """

    settles: Settled = "SUCCESS"
    hidden_reads: int = 0
    pending_reads: int = 0


TransactionPlans: TypeAlias = Callable[[str, int], TransactionPlan | None]


class Event(NamedTuple):
    """The event that a webhook reports."""

    label: Literal["ORDER", "FULFILLMENT_ORDER", "FULFILLMENT_TXN"]
    value: str
    info: Mapping[str, object]


class Transaction(NamedTuple):
    """The true state of a transaction, whatever a status shows.

    Attributes:
        ref: its `transactionRef`.
        fulfillment_id: the fulfillment that it belongs to.
        state: its state.

    Example:
        >>> from joseal.juspay.sandbox import Transaction
        >>> Transaction("t-1", "f-1", "SUCCESS").state
        'SUCCESS'
    """

    ref: str
    fulfillment_id: str
    state: str


class _Transaction(msgspec.Struct, kw_only=True):
    ref: str
    id: str
    created: str
    amount: float
    settles: Settled
    hidden_reads: int
    pending_reads: int

    @property
    def state(self) -> str:
        return "PENDING" if self.pending_reads else self.settles

    def step(self) -> bool:
        """Count one read of the status; tell whether the transaction settles with it."""
        if self.hidden_reads:
            self.hidden_reads -= 1
            return False
        if not self.pending_reads:
            return False
        self.pending_reads -= 1
        return not self.pending_reads and self.settles != "PENDING"

    def view(self) -> dict[str, object]:
        return {
            "transactionRef": self.ref,
            "gatewayRefId": self.ref,
            "status": self.state,
            "fulfillmentMethod": METHOD,
            "txnResponse": {"status": self.state, "requestId": self.ref, "amount": self.amount},
            "createdAt": self.created,
            "updatedAt": self.created,
            "timeStamp": self.created,
            "amount": self.amount,
        }


class _Fulfillment(msgspec.Struct, kw_only=True):
    id: str
    created: str
    amount: float
    members: Mapping[str, object]
    transactions: list[_Transaction]
    cancelled: bool = False

    def state(self, shown: list[_Transaction]) -> str:
        """Return the state that follows from these of its transactions."""
        states = [transaction.state for transaction in shown]
        for state in ("SUCCESS", "PENDING", "MANUAL_REVIEW", "FAILURE"):
            if state in states:
                return state
        return "CANCELLED" if self.cancelled else "CREATED"

    def shown(self) -> list[_Transaction]:
        """Return what the next read of the status shows."""
        return [each for each in self.transactions if not each.hidden_reads]

    def view(self, *, whole: bool) -> dict[str, object]:
        """Return the `whole` truth without transactions, or the state that a status shows."""
        shown = self.transactions if whole else self.shown()
        members: dict[str, object] = {
            "id": self.id,
            "type": "ORDER",
            "status": self.state(shown),
            "createdAt": self.created,
            "updatedAt": self.created,
            "updatedBy": "DEFAULT",
            "statusUpdatedAt": self.created,
            "fulfillmentMethodList": [METHOD] if shown else [],
            "amount": self.amount,
            **self.members,
        }
        # The newest one is first, as in the samples.
        return members if whole else {**members, "transactions": _views(reversed(shown))}


class _Order(msgspec.Struct, kw_only=True):
    id: str
    created: str
    members: Mapping[str, object]
    fulfillments: list[_Fulfillment]
    started: int = 0

    def state(self, states: list[str]) -> str:
        """Return the state that follows from these of its fulfillments."""
        if "MANUAL_REVIEW" in states:
            return "FULFILLMENTS_MANUAL_REVIEW"
        if "PENDING" in states:
            return "FULFILLMENTS_SCHEDULED"
        if "CREATED" in states:
            return "READY_FOR_FULFILLMENT"
        if "SUCCESS" in states:
            whole = set(states) == {"SUCCESS"}
            return "FULFILLMENTS_SUCCESSFUL" if whole else "FULFILLED_PARTIALLY"
        return "FULFILLMENTS_FAILURE" if "FAILURE" in states else "FULFILLMENTS_CANCELLED"

    def view(self, parts: list[dict[str, object]]) -> dict[str, object]:
        return {
            "orderId": self.id,
            "status": self.state([str(part["status"]) for part in parts]),
            "createdAt": self.created,
            "updatedAt": self.created,
            "payments": [],
            **self.members,
        }


class Orders:
    """All orders of one sandbox, safe for several threads.

    Args:
        transaction_plan: returns the plan of each transaction, from the order's id and the number
            of transactions that the order had before. None means the plain plan; for an order's
            first transactions, which its creation starts, it means that none is started.
        notify: gets the data of each webhook.

    Raises:
        TypeError: `transaction_plan` can't be called.
    """

    def __init__(self, transaction_plan: TransactionPlans, notify: Callable[[Event], None]) -> None:
        if not callable(transaction_plan):
            raise checks.wrong_type("transaction_plan", "a function", transaction_plan)
        self._courses = transaction_plan
        self._notify = notify
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._orders: dict[str, _Order] = {}
        self._attempts: dict[str, int] = {}

    def create(self, sheet: NewSheet) -> dict[str, object] | Refusal:
        """Create an order, start its planned transactions, and return the documented response."""
        with self._lock:
            if sheet.order_id in self._orders:
                return Refusal("E01", "orderId was used before")
            order = self._add(sheet)
            answer = self._answer(order, whole=True)
            for part in order.fulfillments:
                plan = self._courses(order.id, order.started)
                if plan is not None:
                    self._start(order, part, plan)
            return answer

    def attempt(self, order_id: str, fulfillment_id: str) -> Refusal | None:
        """Start one more transaction."""
        with self._lock:
            order = self._orders.get(order_id)
            if order is None:
                order = self._add(NewSheet(order_id, {}, ((1.0, {}),)), fulfillment_id)
            for part in order.fulfillments:
                if part.id == fulfillment_id:
                    if part.cancelled:
                        return Refusal("E01", "the fulfillment is canceled")
                    self._attempts[order_id] = self._attempts.get(order_id, 0) + 1
                    plan = self._courses(order_id, order.started)
                    self._start(order, part, TransactionPlan() if plan is None else plan)
                    return None
            return Refusal("E09", "the order has no such fulfillment")

    def status(self, order_id: str, *, expand: bool) -> dict[str, object] | Refusal:
        """Return the status of an order, and count the read."""
        with self._lock:
            order = self._orders.get(order_id)
            if order is None:
                return Refusal("E09", "there is no such order")
            answer = self._answer(order, whole=False)
            for part in order.fulfillments:
                for transaction in part.transactions:
                    if transaction.step():
                        self._tell(order, part, transaction)
            return answer if expand else {k: v for k, v in answer.items() if k != "fulfillments"}

    def cancel(self, fulfillment_id: str) -> dict[str, object] | Refusal:
        """Cancel a payout that was not started; return its state."""
        with self._lock:
            for order in self._orders.values():
                for part in order.fulfillments:
                    if part.id == fulfillment_id:
                        part.cancelled = part.cancelled or not part.transactions
                        return part.view(whole=True)
            return Refusal("E09", "there is no such fulfillment")

    def transactions(self, order_id: str) -> tuple[Transaction, ...]:
        """Return the truth about one order, oldest first."""
        with self._lock:
            order = self._orders.get(order_id)
            parts = [] if order is None else order.fulfillments
            return tuple(
                Transaction(each.ref, part.id, each.settles)
                for part in parts
                for each in part.transactions
            )

    def attempts(self, order_id: str) -> int:
        """Return how many attempts at an order were carried out."""
        with self._lock:
            return self._attempts.get(order_id, 0)

    def _add(self, sheet: NewSheet, fulfillment_id: str | None = None) -> _Order:
        now = _now()
        stem = f"{next(self._numbers):030x}"
        order = _Order(
            id=sheet.order_id,
            created=now,
            members=sheet.members,
            fulfillments=[
                _Fulfillment(
                    id=f"{stem}-f{number}" if fulfillment_id is None else fulfillment_id,
                    created=now,
                    amount=amount,
                    members=members,
                    transactions=[],
                )
                for number, (amount, members) in enumerate(sheet.parts, 1)
            ],
        )
        self._orders[order.id] = order
        return order

    def _start(self, order: _Order, part: _Fulfillment, plan: TransactionPlan) -> None:
        transaction = _Transaction(
            ref=f"{next(self._numbers):030x}",
            id=f"{part.id}-t{len(part.transactions) + 1}",
            created=_now(),
            amount=part.amount,
            settles=plan.settles,
            hidden_reads=plan.hidden_reads,
            pending_reads=plan.pending_reads,
        )
        part.transactions.append(transaction)
        order.started += 1
        self._notify(_of_transaction(part, transaction, "INITIATED"))
        if not plan.pending_reads and plan.settles != "PENDING":
            self._tell(order, part, transaction)

    def _tell(self, order: _Order, part: _Fulfillment, transaction: _Transaction) -> None:
        """Notify of a settled transaction, and of the states that follow from it."""
        self._notify(_of_transaction(part, transaction, transaction.settles))
        view = part.view(whole=True)
        self._notify(Event("FULFILLMENT_ORDER", str(view["status"]), view))
        whole = order.view([each.view(whole=True) for each in order.fulfillments])
        info = {
            "id": part.id.rpartition("-")[0],
            "merchantOrderId": order.id,
            "status": whole["status"],
            "orderType": whole.get("type", "FULFILL_ONLY"),
            "createdAt": order.created,
            "updatedAt": order.created,
        }
        self._notify(Event("ORDER", str(whole["status"]), info))

    def _answer(self, order: _Order, *, whole: bool) -> dict[str, object]:
        parts = [part.view(whole=whole) for part in order.fulfillments]
        return {**order.view(parts), "fulfillments": parts}


def _of_transaction(part: _Fulfillment, transaction: _Transaction, state: str) -> Event:
    view = transaction.view()
    view |= {"id": transaction.id, "status": state, "attempted": True, "FulfillmentId": part.id}
    return Event("FULFILLMENT_TXN", state, view)


def _views(transactions: Iterator[_Transaction]) -> list[dict[str, object]]:
    return [transaction.view() for transaction in transactions]


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
