"""The bounds that joseal keeps, as ratios to what runs beside it in the same process."""

from typing import Final, NamedTuple

from bench.peers import Joseal, Joserfc
from bench.subjects import RSA_ALONE


class Bound(NamedTuple):
    """How many times as long as `base` a subject of the same group may take.

    Attributes:
        group: where both stand.
        subject: who is bound.
        base: what it is compared with.
        at_most: the ratio of medians that a run may show.
    """

    group: str
    subject: str
    base: str
    at_most: float


BOUNDS: Final = (
    Bound("seal 300 B", Joseal.name, RSA_ALONE, 1.75),
    Bound("seal 300 B", Joseal.name, Joserfc.name, 0.72),
)
