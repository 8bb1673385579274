"""What the fault tests share: orders at a sandbox, a switch for what goes wrong, and the secrets."""

import itertools
import threading
import time
from collections.abc import Callable
from decimal import Decimal

from joseal.juspay import (
    Attempt,
    AttemptQuery,
    BankAccount,
    Beneficiary,
    CardInfo,
    Client,
    Expiry,
    Known,
    NewFulfillment,
    NewOrder,
    Outcome,
    payout_encrypter,
)
from joseal.juspay.sandbox import Call, FaultPlan, Sandbox, TransactionPlan
from joseal.juspay.sandbox.faults import AT_CONNECTING

PAN = "4929471234567898"
CVV = "907"
API_KEY = "1D6A8F2C4B9E4CF5A921C3E5406AC0FB"

# Long enough for a loaded machine; what is to run into a time-out gets a short one.
PATIENT_SECONDS = 30.0
HASTY_SECONDS = 0.4


def settled(seen: Callable[[], object], wanted: object) -> object:
    """Return what is seen: after a time-out of the client the server may still be at work."""
    until = time.monotonic() + PATIENT_SECONDS
    while (found := seen()) != wanted and time.monotonic() < until:
        time.sleep(0.01)
    return found


class Switch:
    """The script of the sandbox: while it is on, one kind of call goes wrong."""

    def __init__(self) -> None:
        self._played = threading.Event()
        self.off()

    def off(self) -> None:
        self.play: FaultPlan | None = None
        self.name = ""

    def on(self, play: FaultPlan, name: str = "attempt") -> None:
        self._played.clear()
        self.name = "connect" if play.fault in AT_CONNECTING else name
        self.play = play

    def off_after_the_call(self) -> None:
        """Stay on until the call came, which may be after the client has given up."""
        assert self._played.wait(PATIENT_SECONDS)
        self.off()

    def __call__(self, call: Call) -> FaultPlan | None:
        if call.name != self.name:
            return None
        play = self.play
        self._played.set()
        return play


class World:
    """A sandbox where something can go wrong, and orders whose first payout has failed."""

    def __init__(self, sandbox: Sandbox, switch: Switch, wire: list[bytes]) -> None:
        self.sandbox = sandbox
        self.switch = switch
        self.wire = wire
        self.sealer = payout_encrypter(sandbox.public_key)
        self._numbers = itertools.count()

    def client(self, seconds: float = PATIENT_SECONDS, **settings: object) -> Client:
        times = {
            "connect_timeout_seconds": PATIENT_SECONDS,
            "answer_timeout_seconds": seconds,
            "apart_seconds": 0,
        }
        context = {"ssl_context": self.sandbox.client_context}
        return Client(self.sandbox.account, self.sealer, **{**times, **context, **settings})

    def order(self, name: str) -> "Order":
        """Create an order; its first transaction has failed, as attempts are for."""
        self.switch.off()
        order_id = f"{name[:50]}-{next(self._numbers)}"
        with self.client() as client:
            created = client.create_plain_order(new_order(order_id)).result()
            fulfillment_id = created.fulfillments[0].id
            known = client.known(order_id, fulfillment_id).result()
        assert len(known.references) == 1
        return Order(self, order_id, fulfillment_id, known)


class Order:
    """One order of a `World`, and what can be done with it."""

    def __init__(self, world: World, order_id: str, fulfillment_id: str, known: Known) -> None:
        self.id = order_id
        self.fulfillment_id = fulfillment_id
        self.known = known
        self._world = world

    def attempt(
        self, play: FaultPlan | None, seconds: float = PATIENT_SECONDS, **settings: object
    ) -> Outcome[object]:
        """Attempt the payout once, while this goes wrong; an answer has so many seconds."""
        with self._world.client(seconds, **settings) as client:
            if play is not None:
                self._world.switch.on(play)
            outcome = client.attempt(self.id, attempt_at(self.fulfillment_id), known=self.known)
            if play is not None:
                self._world.switch.off_after_the_call()
        return outcome

    def resolution(self, asked: int = 0) -> object:
        with self._world.client() as client:
            return client.reconcile(AttemptQuery(known=self.known, asked=asked))

    @property
    def arrivals(self) -> int:
        return self._world.sandbox.attempts(self.id)

    @property
    def payouts(self) -> int:
        """How often money moved because of an attempt: the first transaction was not one."""
        return len(self._world.sandbox.transactions(self.id)) - 1


def attempt_at(fulfillment_id: str) -> Attempt:
    card = CardInfo(
        card_number=PAN, card_security_code=CVV, card_expiry=Expiry(month="02", year="2031")
    )
    return Attempt(fulfillment_id=fulfillment_id, card_info=card)


def new_order(order_id: str) -> NewOrder:
    payee = BankAccount(name="A Payee", account="026291800001191", ifsc="YESB0000262")
    part = NewFulfillment(
        amount=Decimal("10.50"),
        beneficiary_details=Beneficiary(type="ACCOUNT_IFSC", details=payee),
    )
    return NewOrder(
        order_id=order_id,
        amount=Decimal("10.50"),
        customer_id="customer-1",
        customer_phone="9999999999",
        customer_email="a@example.com",
        type="FULFILL_ONLY",
        fulfillments=(part,),
    )


def first_fails(order_id: str, number: int) -> TransactionPlan:
    del order_id
    return TransactionPlan(settles="FAILURE" if number == 0 else "SUCCESS")
