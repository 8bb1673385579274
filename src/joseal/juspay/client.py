"""The payouts API over the network: one method for each call of `api`.

Rules:
- Each call ends in an outcome, and raises only for the caller's own arguments and keys, before
  anything is sent.
- A method sends its request once, and relies on `transport` for the result.

Source: the attempt, order and cancel pages of the payouts API.
"""

import ssl
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self, TypeVar, final

import msgspec

from joseal._core.jwe import Encrypter
from joseal._core.secrecy import Opaque, hide_locals
from joseal._http.origin import Timeouts
from joseal._http.proxy import Proxy
from joseal._http.tls import ClientCertificate
from joseal.juspay import call_log
from joseal.juspay.account import Account
from joseal.juspay.call_details import CallDetails
from joseal.juspay.call_log import CallHook
from joseal.juspay.http.transport import Reply, Transport
from joseal.juspay.log_filter import protect_loggers
from joseal.juspay.models.attempt import Attempt
from joseal.juspay.models.base import Body
from joseal.juspay.models.envelope import Envelope, encrypt_body
from joseal.juspay.models.known import Known
from joseal.juspay.models.order import NewOrder
from joseal.juspay.models.order_status import Cancellation, Order
from joseal.juspay.outcomes import Accepted, NotSent, Outcome, Refused, Unknown
from joseal.juspay.preconditions import (
    check_attempt,
    check_numbers,
    check_request,
    check_types,
    read_safely,
)
from joseal.juspay.reconcile import (
    APART_SECONDS,
    AttemptQuery,
    Failed,
    Reconciliation,
    of_an_earlier_attempt,
    read_reconciliation,
)
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
from joseal.juspay.unsettled import Unsettled
from joseal.profiles import BodyEncrypter

_T = TypeVar("_T")


@final
class Client(Opaque):
    """Sends payouts over HTTPS. It is a context manager: leaving it closes the connections.

    One client serves many threads: it is immutable, and its connection pool is safe to share. In a
    forked process it opens its own connections, and shares nothing with the parent.

    Every call ends in an `Outcome`, and raises only for the caller's own arguments, before anything
    is sent. Making a client puts the redaction filter on urllib3's and joseal's loggers.

    Args:
        account: the account of the payouts, and where they go.
        encrypter: prepared by `payout_encrypter`; or a profile's, which can sign too, made with the
            account's `kid` and `sid` as its labels; or `PayoutKeys`, which sign too and contain the
            keys of a rotation, of which the account's `kid` and `sid` name the ones in use. None
            for a client without a key: it reads statuses, cancels, and sends bodies that are
            already encrypted.
        stringified: encrypt a JSON string that contains the body's JSON text, as for
            `Body.to_json`.
        attempt_path: which of the published forms of the path the account uses.
        connect_timeout_seconds: for each of connecting to one address, the TLS handshake, and
            handing over the request.
        answer_timeout_seconds: for the whole answer, counted from when the request has been handed
            over.
        deadline_seconds: for the whole call, including name resolution, whatever the time-outs of
            its steps.
        connections: how many are kept open between calls; more threads may send at once.
        idle_seconds: how long after a call its connection may be used again; 0 opens one for each
            call. Keep it below the time that gateways on the way remember connections: a request
            over a forgotten connection ends as `Unknown`.
        apart_seconds: the time between two reads of a status that confirm each other; it has to be
            longer than the API's status lags behind.
        ssl_context: for different trust roots, or a client certificate. It has to verify
            certificates and host names, and its own `minimum_version` has to refuse versions before
            TLS 1.2, whatever the system's settings are. The default is the system's trust in
            Python's default context. SSLKEYLOGFILE is not honored.
        client_certificate: presented by the default context to a server that asks for one.
        proxy: an HTTP proxy that every connection goes through. The environment's (HTTPS_PROXY) is
            ignored. No part of a request leaves before the tunnel is made: until then a call ends
            as `NotSent`.
        on_call: called after each call with its name, the kind of its outcome, and the seconds that
            it took: for metrics. Its exceptions are dropped: the outcome must not be lost.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a number is not positive and finite (the last two may be 0), or `ssl_context`
            verifies too little, logs keys, or is given with `client_certificate`; or a proxy is
            given for a plain http account, or an encrypter for an account without `kid`.
        InvalidKeyError: the TLS library refuses the client certificate.
        RuntimeError: a different package is installed in place of urllib3, such as urllib3-future,
            which niquests installs: its sending can't be observed.

    Example:
        >>> from joseal.juspay import Client
        >>> from joseal.juspay.sandbox import Sandbox
        >>> with Sandbox() as sandbox, Client(sandbox.account) as client:
        ...     client.order_status("order-1").error_code
        'E09'
    """

    __slots__ = (
        "_account",
        "_apart_seconds",
        "_attempt_path",
        "_encrypter",
        "_on_call",
        "_stringified",
        "_transport",
        "_unsettled",
    )

    _account: Account
    _encrypter: Encrypter | BodyEncrypter | PayoutKeys | None
    _stringified: bool
    _attempt_path: AttemptPath
    _transport: Transport
    _apart_seconds: float
    _on_call: CallHook | None
    _unsettled: Unsettled

    @hide_locals
    def __init__(
        self,
        account: Account,
        encrypter: Encrypter | BodyEncrypter | PayoutKeys | None = None,
        *,
        stringified: bool = False,
        attempt_path: AttemptPath = AttemptPath.ORDERS,
        connect_timeout_seconds: float = 10.0,
        answer_timeout_seconds: float = 60.0,
        deadline_seconds: float = 120.0,
        connections: int = 10,
        idle_seconds: float = 4.0,
        apart_seconds: float = APART_SECONDS,
        ssl_context: ssl.SSLContext | None = None,
        client_certificate: ClientCertificate | None = None,
        proxy: Proxy | None = None,
        on_call: CallHook | None = None,
    ) -> None:
        check_types(account, encrypter, attempt_path, on_call)
        timeouts = Timeouts(connect_timeout_seconds, answer_timeout_seconds, deadline_seconds)
        check_numbers(connections, timeouts, idle_seconds, apart_seconds)
        protect_loggers()
        self._set(
            _account=account,
            _encrypter=encrypter,
            _stringified=stringified,
            _attempt_path=attempt_path,
            _on_call=on_call,
            _apart_seconds=apart_seconds,
            _unsettled=Unsettled(),
            _transport=Transport(
                account.base_url,
                timeouts,
                connections=connections,
                idle_seconds=idle_seconds,
                ssl_context=ssl_context,
                proxy=proxy,
                client_certificate=client_certificate,
            ),
        )

    def __repr__(self) -> str:
        return f"Client({self._account!r})"

    @property
    def apart_seconds(self) -> float:
        """The time between two reads of a status that confirm each other."""
        return self._apart_seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @hide_locals
    def close(self) -> None:
        """Close the connections. A closed client sends nothing more.

        Example:
            >>> from joseal.juspay import SANDBOX, Account, Client
            >>> account = Account(merchant_id="merchant", api_key="an-api-key", base_url=SANDBOX)
            >>> client = Client(account)
            >>> client.close()
        """
        self._transport.close()

    @hide_locals
    def attempt(
        self,
        order_id: str,
        attempt: Attempt | Envelope,
        *,
        known: Known,
        routing_id: str | None = None,
    ) -> Outcome[Ack]:
        """Encrypt one more attempt at an order's payout and send it, once.

        Whatever the outcome is, `reconcile(known)` finds out what became of the attempt. One more
        attempt at the same payout is refused until that has returned `Failed`, unless nothing was
        started: after `NotSent` and `Refused`.

        Args:
            order_id: 4 to 64 letters, digits and `_`, `-`, `@`.
            attempt: the card and its fulfillment; or an envelope that a different service has
                encrypted, which can't be checked to be for the fulfillment of `known`.
            known: the state before, from `Client.known`, `Order.known` or `Failed.known`;
                `Known.fresh` for an order that was just created.
            routing_id: the customer's, in place of the account's.

        Returns:
            `Accepted` with the API's acknowledgment, `Refused`, `NotSent` or `Unknown`.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: `order_id` or `routing_id` is not as above, or not printable ASCII; `known`
                is for a different payout, or says that this one has not failed; an earlier attempt
                of this client is not known to have failed, or has failed since `known` was read; or
                there is no encrypter.
            TokenTooLargeError: the attempt is over the encrypter's limits.

        Example:
            >>> from joseal.juspay import Attempt, CardInfo, Client, Known, payout_encrypter
            >>> from joseal.juspay.sandbox import Sandbox
            >>> card = CardInfo(card_number="4111111111111111")
            >>> attempt = Attempt(fulfillment_id="f-1", card_info=card)
            >>> with Sandbox() as sandbox:
            ...     client = Client(sandbox.account, payout_encrypter(sandbox.public_key))
            ...     known = Known.fresh("order-1", "f-1")
            ...     client.attempt("order-1", attempt, known=known).result()
            Ack(...)
        """
        check_attempt(order_id, attempt, known)
        request = attempt_request(
            self._account,
            order_id,
            attempt if isinstance(attempt, Envelope) else self._encrypt(attempt),
            routing_id=routing_id,
            path=self._attempt_path,
        )
        ticket = self._unsettled.begin(known)
        outcome = self._call("attempt", request, read_attempt_response)
        if isinstance(outcome, NotSent | Refused):
            self._unsettled.end(ticket)
        return outcome

    @hide_locals
    def create_order(self, order: NewOrder, *, routing_id: str | None = None) -> Outcome[Order]:
        """Encrypt an order and send it to be created, once.

        After `Unknown`, call `order_status`: if that is `Accepted`, the order was created. No other
        outcome proves that it was not.

        Args:
            order: with any type of beneficiary.
            routing_id: the customer's, in place of the account's.

        Returns:
            `Accepted` with the order, `Refused`, `NotSent` or `Unknown`.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: `routing_id` is not printable ASCII, or there is no encrypter.
            TokenTooLargeError: the order is over the encrypter's limits.

        Example:
            >>> from decimal import Decimal
            >>> from joseal.juspay import Beneficiary, Client, NewFulfillment, NewOrder, UpiId
            >>> from joseal.juspay import payout_encrypter
            >>> from joseal.juspay.sandbox import Sandbox
            >>> upi = UpiId(name="A Payee", vpa="payee@bank")
            >>> payee = Beneficiary(type="UPI_ID", details=upi)
            >>> part = NewFulfillment(amount=Decimal("10.00"), beneficiary_details=payee)
            >>> order = NewOrder(
            ...     order_id="order-1",
            ...     amount=Decimal("10.00"),
            ...     customer_id="customer-1",
            ...     customer_phone="9999999999",
            ...     customer_email="payee@example.com",
            ...     type="FULFILL_ONLY",
            ...     fulfillments=(part,),
            ... )
            >>> with Sandbox() as sandbox:
            ...     client = Client(sandbox.account, payout_encrypter(sandbox.public_key))
            ...     client.create_order(order).result().order_id
            'order-1'

        Source: the encrypted order page of the payouts API.
        """
        if not isinstance(order, NewOrder):
            raise TypeError("order must be a NewOrder")
        request = create_order_request(self._account, self._encrypt(order), routing_id=routing_id)
        return self._call(
            "create_order", request, partial(read_create_order_response, order_id=order.order_id)
        )

    @hide_locals
    def create_plain_order(
        self, order: NewOrder, *, routing_id: str | None = None
    ) -> Outcome[Order]:
        """Send an order to be created, once and unencrypted; otherwise as `create_order`.

        Args:
            order: with any type of beneficiary except PLAIN_CARD.
            routing_id: the customer's, in place of the account's.

        Returns:
            `Accepted` with the order, `Refused`, `NotSent` or `Unknown`.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: a payout goes to a PLAIN_CARD, or `routing_id` is not printable ASCII.

        Example:
            >>> from decimal import Decimal
            >>> from joseal.juspay import Beneficiary, Client, NewFulfillment, NewOrder, UpiId
            >>> from joseal.juspay.sandbox import Sandbox
            >>> upi = UpiId(name="A Payee", vpa="payee@bank")
            >>> payee = Beneficiary(type="UPI_ID", details=upi)
            >>> part = NewFulfillment(amount=Decimal("10.00"), beneficiary_details=payee)
            >>> order = NewOrder(
            ...     order_id="order-1",
            ...     amount=Decimal("10.00"),
            ...     customer_id="customer-1",
            ...     customer_phone="9999999999",
            ...     customer_email="payee@example.com",
            ...     type="FULFILL_ONLY",
            ...     fulfillments=(part,),
            ... )
            >>> with Sandbox() as sandbox, Client(sandbox.account) as client:
            ...     client.create_plain_order(order).result().order_id
            'order-1'

        Source: the order page of the payouts API.
        """
        request = create_plain_order_request(self._account, order, routing_id=routing_id)
        return self._call(
            "create_plain_order",
            request,
            partial(read_create_order_response, order_id=order.order_id),
        )

    @hide_locals
    def order_status(
        self,
        order_id: str,
        *,
        expand: Expansions = EVERYTHING,
        routing_id: str | None = None,
    ) -> Outcome[Order]:
        """Read the status of an order. This changes nothing, and may be repeated after any outcome.

        Args:
            order_id: 4 to 64 letters, digits and `_`, `-`, `@`.
            expand: which parts to include. Without `fulfillment` there are no transactions.
            routing_id: the customer's, in place of the account's.

        Returns:
            `Accepted` with the order, `Refused`, `NotSent` or `Unknown`.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: an argument is not as above, or not printable ASCII.

        Example:
            >>> from joseal.juspay import Client
            >>> from joseal.juspay.sandbox import Sandbox
            >>> with Sandbox() as sandbox, Client(sandbox.account) as client:
            ...     client.order_status("order-1").error_code
            'E09'
        """
        request = order_status_request(
            self._account, order_id, expand=expand, routing_id=routing_id
        )
        return self._call(
            "order_status", request, partial(read_order_status_response, order_id=order_id)
        )

    @hide_locals
    def cancel(
        self, fulfillment_id: str, *, routing_id: str | None = None
    ) -> Outcome[Cancellation]:
        """Ask to cancel one payout. Even `Accepted` promises nothing: read the status later.

        Args:
            fulfillment_id: as the answer to the order's creation named it.
            routing_id: the customer's, in place of the account's.

        Returns:
            `Accepted`, `Refused`, `NotSent` or `Unknown`.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: `fulfillment_id` or `routing_id` can't go into a path or a header.

        Example:
            >>> from joseal.juspay import Client
            >>> from joseal.juspay.sandbox import Sandbox
            >>> with Sandbox() as sandbox, Client(sandbox.account) as client:
            ...     client.cancel("f-1").error_code
            'E09'
        """
        request = cancel_request(self._account, fulfillment_id, routing_id=routing_id)
        return self._call("cancel", request, read_cancel_response)

    @hide_locals
    def known(
        self, order_id: str, fulfillment_id: str, *, routing_id: str | None = None
    ) -> Outcome[Known]:
        """Read the status of a payout, twice and `apart_seconds` apart, for an attempt at it.

        It blocks for that long. Two equal reads confirm each other, and only against a confirmed
        state `reconcile` can say `Failed`; after two that differ the second one is returned alone.

        Args:
            order_id: 4 to 64 letters, digits and `_`, `-`, `@`.
            fulfillment_id: as the answer to the order's creation named it.
            routing_id: the customer's, in place of the account's.

        Returns:
            The state, or why it could not be read.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: an argument is not as above, or not printable ASCII.

        Example:
            >>> from joseal.juspay import Client
            >>> from joseal.juspay.sandbox import Sandbox
            >>> with Sandbox() as sandbox, Client(sandbox.account) as client:
            ...     client.known("order-1", "f-1").error_code
            'E09'
        """
        first = self._known(order_id, fulfillment_id, routing_id)
        if not isinstance(first, Accepted):
            return first
        time.sleep(self._apart_seconds)
        second = self._known(order_id, fulfillment_id, routing_id)
        if not isinstance(second, Accepted):
            return second
        return Accepted(first.value.confirmed_by(second.value))

    def _known(self, order_id: str, fulfillment_id: str, routing_id: str | None) -> Outcome[Known]:
        outcome = self.order_status(order_id, routing_id=routing_id)
        if not isinstance(outcome, Accepted):
            return outcome
        try:
            return Accepted(outcome.value.known(fulfillment_id))
        except (LookupError, ValueError) as error:
            # joseal's own constant texts.
            return Unknown(str(error))

    @hide_locals
    def reconcile(
        self, question: Known | AttemptQuery, *, routing_id: str | None = None
    ) -> Reconciliation:
        """Find out what became of an attempt, whatever its outcome was. Sends no payout.

        Reads the order's status once, and compares; `read_reconciliation` says how.

        Args:
            question: the `known` of the attempt; after that `StillUnknown.again`, and after
                `Arrived` the `known` again: a failure that was seen before it counts no more.
            routing_id: the customer's, in place of the account's.

        Returns:
            `Arrived`, `Failed` or `StillUnknown`. It is never `Failed` while a different attempt of
            this client, made against a different state, is in progress.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: `routing_id` is not printable ASCII.

        Example:
            >>> from joseal.juspay import Client, Known
            >>> from joseal.juspay.sandbox import Sandbox
            >>> with Sandbox() as sandbox, Client(sandbox.account) as client:
            ...     type(client.reconcile(Known.fresh("order-1", "f-1"))).__name__
            'StillUnknown'
        """
        if not isinstance(question, Known | AttemptQuery):
            raise TypeError("question must be a Known or an AttemptQuery")
        known = question if isinstance(question, Known) else question.known
        status = self.order_status(known.order_id, routing_id=routing_id)
        found = read_reconciliation(status, question, apart_seconds=self._apart_seconds)
        if isinstance(found, Failed) and not self._unsettled.settle(known, found.known):
            return of_an_earlier_attempt(question)
        return found

    @hide_locals
    def send(
        self, request: Request, read: Callable[[int, bytes], Outcome[_T]], *, name: str = "send"
    ) -> Outcome[_T]:
        """Send a ready request, once, and read its answer: for requests that were built elsewhere.

        For an attempt, prefer `attempt`, which also accepts a ready envelope: this method does not
        know the state of a payout, and does not refuse a second attempt.

        Args:
            request: made by `attempt_request` or a similar function.
            read: makes an outcome from the HTTP status and the body, such as
                `read_attempt_response`. If it raises, the exception is dropped and the outcome is
                `Unknown`, because the request was sent.
            name: the name of the call, for `on_call` and the log.

        Returns:
            The result of `read` for the answer, or the reason why there is none.

        Raises:
            TypeError: an argument, or a member of the request, is of the wrong type.
            ValueError: the request does not go to the account's base URL.

        Example:
            request = create_order_request(account, envelope)
            read = functools.partial(read_create_order_response, order_id="order-1")
            outcome = client.send(request, read)
        """
        check_request(self._account, request, read)
        return self._call(name, request, partial(read_safely, read))

    def _encrypt(self, body: Body) -> Envelope:
        kid, sid, stringified = self._account.kid, self._account.sid, self._stringified
        if self._encrypter is None or kid is None:
            raise ValueError("this client has no encrypter: make it with one")
        if isinstance(self._encrypter, PayoutKeys):
            return self._encrypter.encrypt(body, kid=kid, sid=sid, stringified=stringified)
        return encrypt_body(self._encrypter, body, kid=kid, sid=sid, stringified=stringified)

    def _call(
        self, name: str, request: Request, read: Callable[[int, bytes], Outcome[_T]]
    ) -> Outcome[_T]:
        """Send a request once, read its answer, and report the call."""
        begun = time.monotonic()
        answer = self._transport.exchange(request)
        outcome: Outcome[_T]
        if isinstance(answer, Reply):
            outcome = read(answer.status, answer.body)
            details = CallDetails(headers=answer.headers)
        else:
            outcome, details = answer, answer.call
        seconds = time.monotonic() - begun
        details = msgspec.structs.replace(details, seconds=seconds)
        status = answer.status if isinstance(answer, Reply) else None
        call_log.tell(name, outcome.kind, status, seconds, self._on_call)
        return msgspec.structs.replace(outcome, call=details)
