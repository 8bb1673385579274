"""The documented states of orders, fulfillments, transactions and validations.

Rules:
- A state that the API adds later is not an error: it becomes a value of the same type, equal to its
  text, whose `documented` is false.
- No state is final: REVERSED is a success that turned into a failure, CONFLICTED the opposite.

Source: the order status, webhook and beneficiary pages of the payouts API.
"""

import enum
import re
from typing import Final, Self

_STATE: Final = re.compile("[A-Z][A-Z0-9_]{0,63}")


class State(enum.StrEnum):
    """The base class of all states. A member is a string equal to the word that the API uses."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str) or _STATE.fullmatch(value) is None:
            return None
        state = str.__new__(cls, value)
        state._name_ = value
        state._value_ = value
        return state

    def __reduce_ex__(self, proto: object) -> tuple[type[Self], tuple[str]]:
        # Some versions of Python 3.11 pickle members by name, which a new state does not have.
        return type(self), (self.value,)

    @property
    def documented(self) -> bool:
        """Whether this version of joseal knows the state."""
        return self.name in type(self).__members__


class OrderState(State):
    """The state of an order.

    Example:
        >>> from joseal.juspay import OrderState
        >>> OrderState.CREATED == "CREATED", OrderState("A_NEW_WORD") == "A_NEW_WORD"
        (True, True)
    """

    CREATED = "CREATED"
    """On an older page only."""
    READY_FOR_FULFILLMENT = "READY_FOR_FULFILLMENT"
    FULFILLMENTS_SCHEDULED = "FULFILLMENTS_SCHEDULED"
    FULFILLED_PARTIALLY = "FULFILLED_PARTIALLY"
    """In webhooks."""
    FULFILLMENTS_SUCCESSFUL = "FULFILLMENTS_SUCCESSFUL"
    FULFILLMENTS_FAILURE = "FULFILLMENTS_FAILURE"
    FULFILLMENTS_CANCELLED = "FULFILLMENTS_CANCELLED"
    FULFILLMENTS_MANUAL_REVIEW = "FULFILLMENTS_MANUAL_REVIEW"


class FulfillmentState(State):
    """The state of one payout of an order.

    Example:
        >>> from joseal.juspay import FulfillmentState
        >>> FulfillmentState.SUCCESS == "SUCCESS", FulfillmentState("A_NEW_WORD") == "A_NEW_WORD"
        (True, True)
    """

    CREATED = "CREATED"
    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    MANUAL_REVIEW = "MANUAL_REVIEW"
    CANCELLED = "CANCELLED"
    DISCARDED = "DISCARDED"


class TransactionState(State):
    """The state of one attempt at a payout.

    Example:
        >>> from joseal.juspay import TransactionState
        >>> TransactionState.PENDING == "PENDING", TransactionState("A_NEW_WORD") == "A_NEW_WORD"
        (True, True)
    """

    CREATED = "CREATED"
    INITIATED = "INITIATED"
    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    MANUAL_REVIEW = "MANUAL_REVIEW"
    REVERSED = "REVERSED"
    """A success that turned into a failure."""
    CONFLICTED = "CONFLICTED"
    """A failure that turned into a success."""


# States in which no money moves, or it has been taken back.
FAILED: Final = frozenset({TransactionState.FAILURE, TransactionState.REVERSED})


class ValidationState(State):
    """The result of validating a beneficiary.

    Example:
        >>> from joseal.juspay import ValidationState
        >>> ValidationState.VALID == "VALID", ValidationState("A_NEW_WORD") == "A_NEW_WORD"
        (True, True)
    """

    VALID = "VALID"
    INVALID = "INVALID"
    ERROR = "ERROR"
    TIMEOUT = "TIMEOUT"
    PENDING = "PENDING"
