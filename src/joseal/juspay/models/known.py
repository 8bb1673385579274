"""The known state of a payout before an attempt: the state that the attempt is made against.

Rules:
- An attempt is for a payout that has failed. If it has not, or if that is unknown, the state says
  why no attempt may be made.
- One read of a status proves little, because a status may lag behind. A state is confirmed by a
  second read that is equal and some time apart.
- It contains no card and no name: it may be stored in a file.

Source: the order status page of the payouts API, and its list of error codes (E06, E90).
"""

from collections.abc import Collection
from typing import Final, Self

import msgspec

from joseal._core.secrecy import hide_locals
from joseal.juspay.models.fields import ORDER_ID, WORD
from joseal.juspay.models.states import FulfillmentState

_TO_BE_ATTEMPTED: Final = frozenset({FulfillmentState.CREATED, FulfillmentState.FAILURE})
_CONFIRMING_READS: Final = 2


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The state before an attempt. Made by `Order.known`, `Client.known`, `Failed.known`.

    Attributes:
        order_id: the order that it is about.
        fulfillment_id: the payout of the order.
        references: those of all the payout's transactions.
        status: the status of the payout; None if it has not been read.
        is_open: whether one of the transactions had not failed.
        reads: how many equal reads of the status there were.
        is_decided: whether a person has decided that an attempt may be made.

    Example:
        >>> from joseal.juspay import Known
        >>> Known.fresh("order-1", "f-1").fulfillment_id
        'f-1'
    """

    order_id: str
    fulfillment_id: str
    references: frozenset[str] = frozenset()
    status: FulfillmentState | None = None
    is_open: bool = False
    reads: int = 0
    is_decided: bool = False

    @classmethod
    @hide_locals
    def fresh(cls, order_id: str, fulfillment_id: str) -> Self:
        """State that nothing was ever attempted: for an order that was just created.

        Args:
            order_id: the id of the order.
            fulfillment_id: as the answer to the order's creation named it.

        Returns:
            The state, without transactions.

        Raises:
            TypeError: an argument is not a string.
            ValueError: an argument is not a valid id.

        Example:
            >>> from joseal.juspay import Known
            >>> Known.fresh("order-1", "f-1").references
            frozenset()
        """
        return cls(
            order_id=ORDER_ID.apply("order_id", order_id),
            fulfillment_id=WORD.apply("fulfillment_id", fulfillment_id),
        )

    @classmethod
    @hide_locals
    def decided(cls, order_id: str, fulfillment_id: str, references: Collection[str] = ()) -> Self:
        """State that a person has decided: one more attempt may be made, whatever came before.

        For facts that no program can find out, such as an attempt that stays unknown, which the
        API's support says never arrived. Never use it in a loop, nor before each run and call that
        has begun an attempt at the payout has ended: it may still send it.

        Args:
            order_id: the id of the order.
            fulfillment_id: the id of the payout.
            references: those of the payout's transactions so far.

        Returns:
            The state, marked as decided.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: an id is not valid.

        Example:
            >>> from joseal.juspay import Known
            >>> Known.decided("order-1", "f-1").is_decided
            True
        """
        if isinstance(references, str) or not all(isinstance(each, str) for each in references):
            raise TypeError("references must be a collection of strings")
        return cls(
            order_id=ORDER_ID.apply("order_id", order_id),
            fulfillment_id=WORD.apply("fulfillment_id", fulfillment_id),
            references=frozenset(references),
            is_decided=True,
        )

    @property
    def hindrance(self) -> str | None:
        """Why no attempt may be made; None if one may."""
        if self.is_decided or (self.status is None and not self.is_open):
            return None
        if self.is_open:
            return "a transaction of this payout has not failed"
        if self.status not in _TO_BE_ATTEMPTED:
            return f"this payout is {self.status}, and only one that has failed is attempted again"
        return None

    @property
    def is_confirmed(self) -> bool:
        """Whether a failure that is new after this can be distinguished from one shown late.

        Never where a person has decided: an earlier attempt may still be under way. Nor if there is
        no transaction: the one that has failed was not shown, and would be new later.
        """
        has_failed = self.status is FulfillmentState.FAILURE and not self.is_decided
        return has_failed and bool(self.references) and self.reads >= _CONFIRMING_READS

    @hide_locals
    def confirmed_by(self, later: "Known") -> "Known":
        """Return a later read, confirmed by this one if the two are equal.

        Args:
            later: read some time after this one; the longer, the more it proves.

        Returns:
            The later read; one more read counts if they are equal.

        Raises:
            TypeError: `later` is not a `Known`.

        Example:
            >>> from joseal.juspay import Known
            >>> first = Known(order_id="order-1", fulfillment_id="f-1", reads=1)
            >>> first.confirmed_by(first).reads
            2
        """
        if not isinstance(later, Known):
            raise TypeError("later must be a Known")
        same = msgspec.structs.replace(self, reads=later.reads) == later
        return msgspec.structs.replace(later, reads=self.reads + later.reads) if same else later
