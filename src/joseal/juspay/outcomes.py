"""The four outcomes of a call, each of which says whether the call may be repeated.

    match client.attempt("order-1", attempt, known=known):
        case Accepted(value): ...   # a documented success
        case Refused(): ...         # a documented refusal: nothing was started
        case NotSent(): ...         # no byte of the request left: safe to send again
        case Unknown(): ...         # it may have arrived: `Client.reconcile`, never send again

Rules:
- `Unknown` is the rule and the other three are exceptions to it, each with its own proof.
- A `repr` leaves out the other side's text, because it may repeat what was sent.
- A pickle of an outcome contains no more than its `repr` and `call`, or can't be made.

Source: the list of error codes of the payouts API.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final, Generic, Literal, Never, TypeAlias, TypeVar

import msgspec

from joseal._core.secrecy import hide_locals
from joseal.errors import ApiError, TransportError
from joseal.juspay.call_details import CallDetails
from joseal.juspay.models.base import Guarded

_T = TypeVar("_T")

_NO_DETAILS: Final = CallDetails()

_ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "E01": "correct the member that error_message names, and send a new request",
        "E02": "check the account's api_key, and whether its host is for tests or for production",
        "E03": "check kid and sid, the recipient's key, and the alg and enc of the account",
        "E04": "send the Authorization header: something on the way has dropped it",
        "E05": "check the path, the query and the form of the request with the API's support",
        "E07": "ask the API's support whether this API key may make this call",
        "E08": "ask the API's support whether this merchant may make this call from this address",
        "E09": "check the id; if the order was created just now, ask for its status again later",
    }
)
_NO_ADVICE: Final = "do not send it again as it is; pass error_message on to the API's support"


class _Outcome(msgspec.Struct, frozen=True):
    """The common part of the plain outcomes: they show all but the details of the call."""

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [member for member in super().__rich_repr__() if member[0] != "call"]

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({members})"


class Accepted(_Outcome, Generic[_T], frozen=True):
    """The API accepted the request, with a documented success answer.

    Attributes:
        value: its answer, such as an `Ack`.
        call: how long the call took, and headers of the answer.

    Example:
        >>> from joseal.juspay import Accepted
        >>> Accepted(value="an answer").result()
        'an answer'
    """

    kind: ClassVar[Literal["accepted"]] = "accepted"

    value: _T
    call: CallDetails = _NO_DETAILS

    def result(self) -> _T:
        """Return the value.

        Returns:
            The value of the answer.

        Example:
            >>> from joseal.juspay import Accepted
            >>> Accepted(value="an answer").result()
            'an answer'
        """
        return self.value


class Refused(Guarded, frozen=True, kw_only=True):
    """The API refused the request, with a documented error answer. It started nothing.

    Attributes:
        status: the HTTP status: 400, 401, 403 or 404.
        error_code: the API's own code, such as `E01`.
        error_message: for the API's support, not for a customer. It may repeat what was sent.
        user_message: the API's text for people, or an empty string.
        call: how long the call took, and headers of the answer.

    Example:
        >>> from joseal import ApiError
        >>> from joseal.juspay import Refused
        >>> outcome = Refused(status=400, error_code="E01")
        >>> try:
        ...     outcome.result()
        ... except ApiError as error:
        ...     print(error.error_code)
        E01
    """

    kind: ClassVar[Literal["refused"]] = "refused"
    _SHOWN: ClassVar[frozenset[str]] = frozenset({"status", "error_code"})

    status: int
    error_code: str
    error_message: str = ""
    user_message: str = ""
    call: CallDetails = _NO_DETAILS

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [member for member in super().__rich_repr__() if member[0] != "call"]

    @property
    def advice(self) -> str:
        """The recommended next step, in one fixed sentence."""
        return _ADVICE.get(self.error_code, _NO_ADVICE)

    @hide_locals
    def result(self) -> Never:
        """Raise the error for this outcome.

        Returns:
            Never.

        Raises:
            ApiError: always.

        Example:
            >>> from joseal import ApiError
            >>> from joseal.juspay import Refused
            >>> outcome = Refused(status=400, error_code="E01")
            >>> try:
            ...     outcome.result()
            ... except ApiError as error:
            ...     print(error.error_code)
            E01
        """
        raise ApiError(self.status, self.error_code, self.error_message, self.user_message)


class NotSent(_Outcome, frozen=True):
    """No byte of the request was handed to the network: it is safe to send it again.

    Attributes:
        reason: constant text.
        call: how long the call took, and what went wrong.

    Example:
        >>> from joseal import TransportError
        >>> from joseal.juspay import NotSent
        >>> try:
        ...     NotSent(reason="an example").result()
        ... except TransportError as error:
        ...     print(error.maybe_sent)
        False
    """

    kind: ClassVar[Literal["not_sent"]] = "not_sent"

    reason: str
    call: CallDetails = _NO_DETAILS

    @hide_locals
    def result(self) -> Never:
        """Raise the error for this outcome.

        Returns:
            Never.

        Raises:
            TransportError: always, with `maybe_sent` false.

        Example:
            >>> from joseal import TransportError
            >>> from joseal.juspay import NotSent
            >>> try:
            ...     NotSent(reason="an example").result()
            ... except TransportError as error:
            ...     print(error.maybe_sent)
            False
        """
        raise TransportError(self.reason, maybe_sent=False)


class Unknown(_Outcome, frozen=True):
    """The request may have arrived, and may have been carried out. It must not be sent again.

    Attributes:
        reason: constant text, with the HTTP status if there was one.
        status: the HTTP status of an answer that is not a documented one; None without an answer.
        call: how long the call took, headers of the answer, and what went wrong.

    Example:
        >>> from joseal import TransportError
        >>> from joseal.juspay import Unknown
        >>> try:
        ...     Unknown(reason="an example").result()
        ... except TransportError as error:
        ...     print(error.maybe_sent)
        True
    """

    kind: ClassVar[Literal["unknown"]] = "unknown"

    reason: str
    status: int | None = None
    call: CallDetails = _NO_DETAILS

    @hide_locals
    def result(self) -> Never:
        """Raise the error for this outcome.

        Returns:
            Never.

        Raises:
            TransportError: always, with `maybe_sent` true.

        Example:
            >>> from joseal import TransportError
            >>> from joseal.juspay import Unknown
            >>> try:
            ...     Unknown(reason="an example").result()
            ... except TransportError as error:
            ...     print(error.maybe_sent)
            True
        """
        raise TransportError(self.reason, maybe_sent=True)


Outcome: TypeAlias = Accepted[_T] | Refused | NotSent | Unknown
