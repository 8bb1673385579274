"""The bounds that joseal keeps, as ratios to what runs beside it, and what it aims at.

Those of the client stand in `posting.py`, beside the server that they need.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from bench.bulk import workers
from bench.large import gcm, memory, streams
from bench.large.streaming import AIM_MIB, AT_MOST_MIB
from bench.measure import Ratio, Samples, ratio
from bench.tokens import families, importing
from bench.tokens.cjose import Cjose
from bench.tokens.peers import Joseal, Joserfc, Jwcrypto
from bench.tokens.subjects import CHUNKED, RSA_ALONE


class Bound(NamedTuple):
    """How many times as much as `base` a subject of the same group may take.

    Attributes:
        group: where both stand.
        subject: who is bound.
        base: what it is compared with.
        limit: the ratio of low percentiles that a run may show.
        aim: what it should show on an idle machine.
        at_least: the limit is a lower one.
        unit: what the ratio counts, where the base is a unit.
    """

    group: str
    subject: str
    base: str
    limit: float
    aim: float | None = None
    at_least: bool = False
    unit: str = ""

    @property
    def title(self) -> str:
        """Say what is compared with what."""
        base = self.unit or f"/ {self.base}"
        return f"{self.group}: {self.subject}{', ' if self.unit else ' '}{base}"

    def is_kept(self, found: float) -> bool:
        """Tell whether a ratio is on the right side of the limit."""
        return found >= self.limit if self.at_least else found <= self.limit

    def is_reached(self, found: float) -> bool:
        """Tell whether a ratio is on the right side of the aim."""
        return self.aim is not None and self._replace(limit=self.aim).is_kept(found)


class Verdict(NamedTuple):
    """A bound, and what was measured; None where it was not."""

    bound: Bound
    found: Ratio | None

    @property
    def word(self) -> str:
        """Say how it stands."""
        if self.found is None:
            return "not measured"
        if not self.found.is_steady:
            return "too noisy"
        if not self.bound.is_kept(self.found.value):
            return "missed"
        return "aim reached" if self.bound.is_reached(self.found.value) else "kept"


_US: Final = Joseal.name

BOUNDS: Final = (
    Bound("encrypt 300 B", _US, RSA_ALONE, 1.60, 1.48),
    Bound("decrypt 300 B", _US, RSA_ALONE, 1.12, 1.08),
    Bound("encrypt 300 B", _US, Joserfc.name, 0.66, 0.60),
    Bound("encrypt 300 B", _US, Jwcrypto.name, 0.33, 0.28),
    Bound("encrypt 4 KiB", _US, Cjose.name, 1.00),
    *(
        bound
        for alg, aim in (("dir", 0.5), ("A256KW", 0.5))
        for bound in (
            Bound(f"decrypt 300 B, {alg}", _US, Joserfc.name, aim, 0.4),
            Bound(f"encrypt 300 B, {alg}", _US, Joserfc.name, aim, 0.4),
        )
    ),
    Bound("decrypt 300 B, ECDH-ES+A256KW, P-256", _US, families.BARE, 1.40),
    Bound("decrypt 300 B, ECDH-ES+A256KW, X25519", _US, families.BARE, 1.60),
    Bound("encrypt 1 MiB", _US, CHUNKED, 1.30, 1.20),
    Bound("decrypt 1 MiB", _US, CHUNKED, 1.35),
    Bound("encrypt 16 MiB", _US, CHUNKED, 1.35, 1.25),
    Bound("decrypt 16 MiB", _US, CHUNKED, 1.50, 1.30),
    Bound("encrypt 16 MiB", _US, Joserfc.name, 0.50, 0.40),
    Bound("decrypt 16 MiB", _US, Joserfc.name, 0.30, 0.22),
    Bound(gcm.SEAL, _US, gcm.ALONE, 3, 2),
    Bound(memory.SEAL, _US, memory.MADE, 2.2, 2.1),
    Bound(memory.OPEN, _US, memory.MADE, 1.2, 1.05),
    *(
        Bound(streams.MEMORY, subject, streams.UNIT, AT_MOST_MIB, AIM_MIB, unit="MiB")
        for subject in streams.SUBJECTS
    ),
    Bound(workers.GROUP, workers.processes(1), workers.processes(2), 1.8, 1.9, at_least=True),
    Bound(importing.GROUP, importing.US, importing.BASE, 1.3, 1.15),
)


def verdicts(measured: Mapping[str, Samples]) -> list[Verdict]:
    """Compare what was measured with the bounds."""
    return [Verdict(bound, _found(bound, measured.get(bound.group, {}))) for bound in BOUNDS]


def _found(bound: Bound, samples: Samples) -> Ratio | None:
    if bound.subject not in samples or bound.base not in samples:
        return None
    return ratio(samples, bound.subject, bound.base)
