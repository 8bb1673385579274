"""What can go wrong between a client and the sandbox, as data: the names of faults and plans.

Rules:
- A fault happens at one point of an exchange, and the list is in the order of these points.
- Whether the call was carried out is a separate question, and for most faults it can go either way:
  a client that sees a 503 does not know. `FaultPlan.carried_out` decides.

Source: RFC 9112 (HTTP/1.1), RFC 8446 (TLS 1.3).
"""

import enum
import re
import threading
from collections.abc import Callable
from typing import Final, Literal, NamedTuple, Self, TypeAlias

import msgspec

from joseal._core import checks


class Fault(enum.Enum):
    """One thing that goes wrong.

    Example:
        >>> from joseal.juspay.sandbox import Fault
        >>> Fault("http-503") is Fault.HTTP_503
        True

    Source: RFC 9112, RFC 8446.
    """

    CUT_BEFORE_HANDSHAKE = "cut-before-handshake"
    """The connection is closed before anything is sent."""
    CUT_BEFORE_REQUEST = "cut-before-request"
    """It is closed after the TLS handshake, and nothing is read."""
    CUT_IN_REQUEST = "cut-in-request"
    """It is closed when the header was read and the body was not."""
    CUT_AFTER_REQUEST = "cut-after-request"
    """The whole request is read, and the connection is closed without a response."""
    RESET_AFTER_REQUEST = "reset-after-request"
    """The same, but the connection is reset."""
    TLS_GARBAGE = "tls-garbage"
    """The whole request is read; the bytes that come back are not a valid TLS record."""
    CLIENT_CERTIFICATE = "client-certificate"
    """The whole request is read; then the server asks for the client's certificate (TLS 1.3). The
    server's context has to allow it."""
    SILENCE = "silence"
    """No response comes, and the connection stays open."""
    CUT_IN_STATUS = "cut-in-status"
    """The response breaks off in its first line."""
    CUT_IN_HEADER = "cut-in-header"
    """It breaks off in its header."""
    CUT_IN_BODY = "cut-in-body"
    """Its last byte is missing."""
    CUT_AFTER_ANSWER = "cut-after-answer"
    """The response is complete, and the connection is closed without a TLS alert."""
    SLOW_HEADER = "slow-header"
    """An endless header arrives byte by byte."""
    SLOW_BODY = "slow-body"
    """A body arrives byte by byte."""
    HUGE_HEADER = "huge-header"
    """An endless header arrives as fast as possible."""
    HUGE_BODY = "huge-body"
    """A body of ten gigabytes is announced and begins to arrive."""
    GZIP_BOMB = "gzip-bomb"
    """A small body that decompresses to an `ACK` with megabytes of blanks."""
    WRONG_TYPE = "wrong-type"
    """The true response is labeled as HTML."""
    HTML_PAGE = "html-page"
    """200 with a web page, as from a captive portal."""
    ECHO = "echo"
    """502 with the whole request in the body, as from a debugging proxy."""
    REDIRECT = "redirect"
    """307 to the same place: a client that follows it sends the request twice."""
    HTTP_201 = "http-201"
    HTTP_202 = "http-202"
    HTTP_400 = "http-400"
    """400 without a documented body."""
    HTTP_408 = "http-408"
    HTTP_429 = "http-429"
    HTTP_500_E06 = "http-500-e06"
    HTTP_500_E90 = "http-500-e90"
    HTTP_502 = "http-502"
    HTTP_503 = "http-503"
    HTTP_504 = "http-504"


AT_CONNECTING: Final = frozenset({Fault.CUT_BEFORE_HANDSHAKE, Fault.CUT_BEFORE_REQUEST})
# Faults that send the true response, or a part of it: the response has to exist.
WITH_ANSWER: Final = frozenset(
    {
        Fault.CUT_IN_STATUS,
        Fault.CUT_IN_HEADER,
        Fault.CUT_IN_BODY,
        Fault.CUT_AFTER_ANSWER,
        Fault.WRONG_TYPE,
        None,
    }
)


class FaultPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The planned fault of one exchange.

    Attributes:
        fault: what goes wrong; None if nothing does.
        carried_out: whether the call is carried out, if the fault leaves a choice: it has to be if
            a part of the true response is sent, and it never is if the request is incomplete.
        delay_seconds: how long the request waits before it is carried out.

    Raises:
        ValueError: the fault needs the true response, and `carried_out` is false.

    Example:
        >>> from joseal.juspay.sandbox import FaultPlan
        >>> FaultPlan(delay_seconds=0.5).fault is None
        True
    """

    fault: Fault | None = None
    carried_out: bool = True
    delay_seconds: float = 0.0

    def __post_init__(self) -> None:
        if not self.carried_out and self.fault in WITH_ANSWER:
            raise ValueError("there is no true answer to a call that is not carried out")


Name: TypeAlias = Literal["connect", "create", "attempt", "status", "cancel", "other"]

_PATHS: Final[tuple[tuple[Name, re.Pattern[bytes]], ...]] = (
    ("create", re.compile(rb"POST /payout/merchant/v1(?:\.1)?/orders()")),
    ("attempt", re.compile(rb"POST /payout/merchant/v1/(?:orders/)?([^/?]+)/attempt")),
    ("status", re.compile(rb"GET /payout/merchant/v1/orders/([^/?]+)(?:\?\S*)?")),
    ("cancel", re.compile(rb"POST /payout/merchant/v1/fulfillment/([^/?]+)/cancel")),
)


class Call(NamedTuple):
    """A moment at which something can go wrong.

    Attributes:
        name: the name of the call; `connect` for a connection, before anything is read from it.
        target: the id of the order, or of the fulfillment; empty if there is none.
        number: its number among the calls of this name and target, from 1.

    Example:
        >>> from joseal.juspay.sandbox import Call, Fault, FaultPlan, Sandbox
        >>> def second(call: Call) -> FaultPlan | None:
        ...     goes_wrong = call.name == "attempt" and call.number == 2
        ...     return FaultPlan(fault=Fault.HTTP_503) if goes_wrong else None
        >>> sandbox = Sandbox(plan=second)
    """

    name: Name
    target: str
    number: int

    @classmethod
    def of(cls, request_line: bytes) -> Self:
        """Return which call a request is; its number is left at 0.

        Args:
            request_line: the first line of the request, without its end.

        Returns:
            The call; `other` if it is not a call of this API.

        Raises:
            Nothing.

        Example:
            >>> from joseal.juspay.sandbox import Call
            >>> Call.of(b"POST /payout/merchant/v1/orders/order-1/attempt HTTP/1.1")
            Call(name='attempt', target='order-1', number=0)

        Source: RFC 9112 section 3.
        """
        what, _, _ = request_line.rpartition(b" ")
        for name, pattern in _PATHS:
            found = pattern.fullmatch(what)
            if found is not None:
                return cls(name, found[1].decode("latin-1"), 0)
        return cls("other", "", 0)


FaultPlans: TypeAlias = Callable[[Call], FaultPlan | None]

_PLAIN: Final = FaultPlan()


class FaultInjector:
    """Counts the calls that arrive, and names the fault of each. Safe for several threads.

    Args:
        plan: the plan of the caller; it is called for one moment at a time.

    Raises:
        TypeError: the plan can't be called.
    """

    def __init__(self, plan: FaultPlans | None) -> None:
        if plan is not None and not callable(plan):
            raise checks.wrong_type("plan", "a function", plan)
        self._script = plan
        # The plan may ask for a count.
        self._lock = threading.RLock()
        self._counts: dict[tuple[str, str], int] = {}

    def next(self, call: Call) -> FaultPlan:
        """Count a call and return the plan for it.

        Raises:
            ValueError: the plan named a fault that can't happen at this moment.
        """
        place = (call.name, call.target)
        with self._lock:
            number = self.count(*place) + 1
            self._counts[place] = number
            wanted = None if self._script is None else self._script(call._replace(number=number))
        if wanted is None:
            return _PLAIN
        at_connecting = wanted.fault in AT_CONNECTING
        if wanted.fault is not None and at_connecting != (call.name == "connect"):
            raise ValueError(f"the fault {wanted.fault.value} can't happen at this moment")
        return wanted

    def count(self, name: str, target: str) -> int:
        """Return how many calls of this name and target have begun to arrive."""
        with self._lock:
            return self._counts.get((name, target), 0)
