"""The checks of a `Client`, for its settings and for each call, before anything is sent.

Rules:
- Each check names the caller's argument, and never its value.
"""

from collections.abc import Callable, Mapping
from typing import TypeGuard, TypeVar

from joseal._core import checks
from joseal._core.jwe import Encrypter
from joseal._http.origin import Timeouts
from joseal.juspay.account import Account
from joseal.juspay.models.attempt import Attempt
from joseal.juspay.models.envelope import Envelope
from joseal.juspay.models.fields import ORDER_ID
from joseal.juspay.models.known import Known
from joseal.juspay.outcomes import Accepted, Outcome, Refused, Unknown
from joseal.juspay.requests import AttemptPath, Request
from joseal.juspay.signing import PayoutKeys
from joseal.profiles import BodyEncrypter

_T = TypeVar("_T")


def check_types(account: object, encrypter: object, path: object, on_call: object) -> None:
    """Check the arguments of a client.

    Raises:
        TypeError: one is of the wrong type.
        ValueError: the account has no `kid` for encrypted bodies.
    """
    if not isinstance(account, Account):
        raise TypeError("account must be an Account")
    if not isinstance(encrypter, Encrypter | BodyEncrypter | PayoutKeys | None):
        raise TypeError("encrypter must be an Encrypter, a BodyEncrypter or PayoutKeys, or None")
    if encrypter is not None and account.kid is None:
        raise ValueError("account needs a kid: it is the label of the key that is encrypted to")
    if not isinstance(path, AttemptPath):
        raise TypeError("attempt_path must be an AttemptPath")
    if on_call is not None and not callable(on_call):
        raise TypeError("on_call must be a function")


def check_numbers(connections: int, timeouts: Timeouts, *pauses: float) -> None:
    """Check the numbers of a client.

    Raises:
        TypeError: `connections` is not an int.
        ValueError: a number is out of its range.
    """
    if type(connections) is not int:
        raise TypeError("connections must be an int")
    if not all(checks.is_finite(number) and number > 0 for number in (*timeouts, connections)):
        raise ValueError("time-outs and connections must be positive and finite")
    if not all(checks.is_finite(number) and number >= 0 for number in pauses):
        raise ValueError("idle_seconds and apart_seconds must be 0 or more, and finite")


def check_attempt(order_id: str, attempt: Attempt | Envelope, known: Known) -> None:
    """Refuse an attempt against a state in which it may not be made.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `known` is for a different payout, or says that no attempt may be made.
    """
    if not isinstance(attempt, Attempt | Envelope):
        raise TypeError("attempt must be an Attempt, or the Envelope of one")
    if not isinstance(known, Known):
        raise TypeError("known must be a Known")
    ORDER_ID.apply("order_id", order_id)
    # An envelope does not show its payout.
    of = known.fulfillment_id if isinstance(attempt, Envelope) else attempt.fulfillment_id
    if (known.order_id, known.fulfillment_id) != (order_id, of):
        raise ValueError("known is for a different order or fulfillment than the attempt")
    if known.hindrance is not None:
        raise ValueError(known.hindrance)


def check_request(account: Account, request: object, read: object) -> None:
    """Refuse a request that does not go where the account's calls go, or that can't be sent whole.

    A member of the wrong type would fail later, when a part of the request has already left.

    Raises:
        TypeError: an argument, or a member of the request, is of the wrong type.
        ValueError: its URL is not below the account's `base_url`.
    """
    if not isinstance(request, Request):
        raise TypeError("request must be a Request")
    if not callable(read):
        raise TypeError("read must be a function")
    _check_members(request.method, request.url, request.headers, request.body)
    if not request.url.startswith(account.base_url + "/"):
        raise ValueError("request must go to the base_url of this client's account")


def _check_members(method: object, url: object, headers: object, body: object) -> None:
    if not isinstance(method, str) or not isinstance(url, str):
        raise TypeError("the method and the url of a request must be str")
    if not isinstance(body, bytes | None):
        raise TypeError("the body of a request must be bytes or None")
    if not _is_mapping(headers) or not all(
        isinstance(text, str) for pair in headers.items() for text in pair
    ):
        raise TypeError("the headers of a request must be a mapping of str to str")


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def read_safely(read: Callable[[int, bytes], Outcome[_T]], status: int, body: bytes) -> Outcome[_T]:
    """Read an answer with the caller's function, whose failure must not lose the outcome."""
    try:
        outcome: object = read(status, body)
    except Exception:  # noqa: BLE001 - the request was sent, whatever fails now
        return Unknown("read failed, after the request was sent", status)
    if isinstance(outcome, Accepted | Refused | Unknown):
        return outcome
    return Unknown("read returned no outcome of a request that was sent", status)
