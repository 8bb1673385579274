"""The payouts API over the network: one method for each call of `api`.

Rules:
- Each call ends in an outcome, and raises for nothing but the caller's own arguments and keys,
  before anything is sent.
- What a method sends, it sends once. What `transport` says of it is not second-guessed.

Source: the attempt, order and cancel pages of the payouts API.
"""

import math
import ssl
from collections.abc import Callable, Collection
from functools import partial
from types import TracebackType
from typing import Self, TypeVar, final

from joseal._core.jwe import Encrypter
from joseal._core.secrecy import Opaque, hide_locals
from joseal.juspay.account import Account
from joseal.juspay.http.transport import Transport
from joseal.juspay.log_filter import protect_loggers
from joseal.juspay.models.attempt import Attempt
from joseal.juspay.models.base import Body
from joseal.juspay.models.envelope import Envelope, encrypt_body
from joseal.juspay.models.order import NewOrder
from joseal.juspay.models.order_status import Cancellation, Order
from joseal.juspay.outcomes import Outcome
from joseal.juspay.reconcile import AttemptQuery, Reconciliation, read_reconciliation
from joseal.juspay.requests import (
    EVERYTHING,
    AttemptPath,
    Expansions,
    Request,
    attempt_request,
    cancel_request,
    create_order_request,
    create_plain_order_request,
    order_status_request,
)
from joseal.juspay.responses import (
    Ack,
    read_attempt_response,
    read_cancel_response,
    read_create_order_response,
    read_order_status_response,
)
from joseal.juspay.signing import PayoutKeys

_T = TypeVar("_T")


@final
class Client(Opaque):
    """Sends payouts over HTTPS. A context manager: leaving it closes the connections.

    One client serves many threads: it is immutable, and its pool of connections takes care of
    itself. In a forked process it opens connections of its own: nothing is shared with the parent.

    Every call ends in an `Outcome`, and raises for nothing but the caller's own arguments, before
    anything is sent. Making one puts the redaction filter on urllib3's loggers, and on ours.

    Args:
        account: whose payouts they are, and where they go.
        encrypter: prepared by `payout_encrypter`; or `PayoutKeys`, which sign too and hold the keys
            of a rotation, of which the account's `kid` and `sid` name the ones in use.
        attempt_path: which of the published forms of the path the account uses.
        connect_timeout_seconds: for connecting to one address, for the TLS handshake, and for
            handing the request over, each.
        answer_timeout_seconds: for the whole answer, counted from when the request was handed over.
        connections: how many are kept open between calls; more threads may send at once.
        idle_seconds: for how long after a call its connection is used again; 0 opens one for each
            call. Keep it below what gateways on the way remember: a request that is sent over a
            connection that they have forgotten ends as `Unknown`.
        ssl_context: trust roots of another kind, or a client certificate. It has to verify
            certificates and host names, and its own `minimum_version` has to refuse what is older
            than TLS 1.2, whatever the system's settings are. The default is the system's trust in
            Python's default context.

    Raises:
        TypeError: an argument is of another type.
        ValueError: a number is not positive and finite (`idle_seconds` may be 0), or `ssl_context`
            verifies too little.
        RuntimeError: another package is installed in urllib3's place, such as urllib3-future, which
            niquests brings: what it sends can't be observed.
    """

    __slots__ = ("_account", "_attempt_path", "_encrypter", "_transport")

    _account: Account
    _encrypter: Encrypter | PayoutKeys
    _attempt_path: AttemptPath
    _transport: Transport

    def __init__(
        self,
        account: Account,
        encrypter: Encrypter | PayoutKeys,
        *,
        attempt_path: AttemptPath = AttemptPath.ORDERS,
        connect_timeout_seconds: float = 10.0,
        answer_timeout_seconds: float = 60.0,
        connections: int = 10,
        idle_seconds: float = 4.0,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if not isinstance(account, Account):
            raise TypeError("account must be an Account")
        if not isinstance(encrypter, Encrypter | PayoutKeys):
            raise TypeError("encrypter must be an Encrypter or PayoutKeys")
        if not isinstance(attempt_path, AttemptPath):
            raise TypeError("attempt_path must be an AttemptPath")
        if type(connections) is not int:
            raise TypeError("connections must be an int")
        for number in (connect_timeout_seconds, answer_timeout_seconds, connections):
            if not 0 < number < math.inf:
                raise ValueError("time-outs and connections must be positive and finite")
        if not 0 <= idle_seconds < math.inf:
            raise ValueError("idle_seconds must be 0 or more, and finite")
        protect_loggers()
        self._set(
            _account=account,
            _encrypter=encrypter,
            _attempt_path=attempt_path,
            _transport=Transport(
                account.base_url,
                connect_timeout_seconds=connect_timeout_seconds,
                answer_timeout_seconds=answer_timeout_seconds,
                connections=connections,
                idle_seconds=idle_seconds,
                ssl_context=ssl_context,
            ),
        )

    def __repr__(self) -> str:
        return f"Client({self._account!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. A closed client sends nothing more."""
        self._transport.close()

    @hide_locals
    def attempt(
        self, order_id: str, attempt: Attempt, *, routing_id: str | None = None
    ) -> Outcome[Ack]:
        """Seal one more attempt at an order's payout and send it, once.

        After `Unknown` ask `resolve`. To be able to, read the status before, and keep
        `Order.known` of it.

        Args:
            order_id: 4 to 64 letters, digits and `_`, `-`, `@`.
            attempt: the card and the fulfillment that it is for.
            routing_id: the customer's, in place of the account's.

        Raises:
            TypeError: an argument is of another type.
            ValueError: `order_id` or `routing_id` is not as above, or not printable ASCII.
            TokenTooLargeError: the attempt is over the encrypter's limits.
        """
        if not isinstance(attempt, Attempt):
            raise TypeError("attempt must be an Attempt")
        request = attempt_request(
            self._account,
            order_id,
            self._encrypt(attempt),
            routing_id=routing_id,
            path=self._attempt_path,
        )
        return self._call(request, read_attempt_response)

    @hide_locals
    def create_order(self, order: NewOrder, *, routing_id: str | None = None) -> Outcome[Order]:
        """Seal an order and send it to be created, once.

        After `Unknown` ask `order_status`: where that is `Accepted`, the order was created. Nothing
        else says that it was not.

        Args:
            order: of any type of beneficiary.
            routing_id: the customer's, in place of the account's.

        Raises:
            TypeError: an argument is of another type.
            ValueError: `routing_id` is not printable ASCII.
            TokenTooLargeError: the order is over the encrypter's limits.
        """
        if not isinstance(order, NewOrder):
            raise TypeError("order must be a NewOrder")
        request = create_order_request(self._account, self._encrypt(order), routing_id=routing_id)
        return self._call(request, partial(read_create_order_response, order_id=order.order_id))

    @hide_locals
    def create_plain_order(
        self, order: NewOrder, *, routing_id: str | None = None
    ) -> Outcome[Order]:
        """Send an order to be created, once, without sealing it. The rest is as of `create_order`.

        Args:
            order: of any type of beneficiary but PLAIN_CARD.
            routing_id: the customer's, in place of the account's.

        Raises:
            TypeError: an argument is of another type.
            ValueError: a payout goes to a PLAIN_CARD, or `routing_id` is not printable ASCII.
        """
        request = create_plain_order_request(self._account, order, routing_id=routing_id)
        return self._call(request, partial(read_create_order_response, order_id=order.order_id))

    @hide_locals
    def order_status(
        self,
        order_id: str,
        *,
        expand: Expansions = EVERYTHING,
        routing_id: str | None = None,
    ) -> Outcome[Order]:
        """Ask how an order stands. It changes nothing: after any outcome it may be asked again.

        Args:
            order_id: 4 to 64 letters, digits and `_`, `-`, `@`.
            expand: which parts to tell. Without `fulfillment` there are no transactions.
            routing_id: the customer's, in place of the account's.

        Raises:
            TypeError: an argument is of another type.
            ValueError: an argument is not as above, or not printable ASCII.
        """
        request = order_status_request(
            self._account, order_id, expand=expand, routing_id=routing_id
        )
        return self._call(request, partial(read_order_status_response, order_id=order_id))

    @hide_locals
    def cancel(
        self, fulfillment_id: str, *, routing_id: str | None = None
    ) -> Outcome[Cancellation]:
        """Ask to cancel one payout. Even `Accepted` promises nothing: read the status later.

        Args:
            fulfillment_id: as the answer to the order's creation named it.
            routing_id: the customer's, in place of the account's.

        Raises:
            TypeError: an argument is of another type.
            ValueError: `fulfillment_id` or `routing_id` can't go into a path or a header.
        """
        request = cancel_request(self._account, fulfillment_id, routing_id=routing_id)
        return self._call(request, read_cancel_response)

    @hide_locals
    def reconcile(
        self,
        order_id: str,
        fulfillment_id: str,
        *,
        known: Collection[str],
        asked: int = 0,
        routing_id: str | None = None,
    ) -> Reconciliation:
        """Find out what became of an attempt whose outcome was `Unknown`. Sends no payout.

        Reads the order's status once, and compares; `read_reconciliation` says how.

        Args:
            order_id: as of the attempt.
            fulfillment_id: as of the attempt.
            known: the references of the transactions before the attempt, from `Order.known`.
            asked: how often this was asked before, for `StillUnknown.ask_again_seconds`.
            routing_id: the customer's, in place of the account's.

        Raises:
            TypeError: an argument is of another type.
            ValueError: an argument is not as above, or not printable ASCII.
        """
        question = AttemptQuery(fulfillment_id, known, asked)
        return read_reconciliation(self.order_status(order_id, routing_id=routing_id), question)

    def _encrypt(self, body: Body) -> Envelope:
        kid, sid = self._account.kid, self._account.sid
        if isinstance(self._encrypter, PayoutKeys):
            return self._encrypter.encrypt(body, kid=kid, sid=sid)
        return encrypt_body(self._encrypter, body, kid=kid, sid=sid)

    def _call(self, request: Request, read: Callable[[int, bytes], Outcome[_T]]) -> Outcome[_T]:
        """Send a request once, and read its answer."""
        answer = self._transport.exchange(request)
        return read(*answer) if isinstance(answer, tuple) else answer
