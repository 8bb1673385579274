"""How many cores, keys and devices so many tokens a day take: a small simulation on measured costs.

    python -m bench.bulk.fleet [--tokens 1e9] [--peak 3] [--hsm-ops N] [--help]

What one token costs one core comes from the last `python -m bench.report`, or is measured now. A
day goes by in steps: tokens arrive as a day's curve has them, cores and the device work them off in
the order of arrival, and at the busiest hour a machine is gone for a while. Where nothing is left
over at the end of a step, the waiting is that of random arrivals (Erlang's C formula), which takes
times of service for more varied than they are, and so errs on the safe side. Percentiles are those
of tokens, not of means. Waiting in one queue for all cores and in one for each core are two rows.

What is assumed and not measured is an option: the curve, its peak, what else the cores have to do,
how full they may be, and how long a machine is gone.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.report import document

# A day of payments, by hour and in no unit: nights are quiet, evenings are not. An assumption.
_HOURS: Final = (
    3,
    2,
    1,
    1,
    1,
    2,
    4,
    7,
    10,
    12,
    13,
    14,
    14,
    13,
    12,
    12,
    13,
    14,
    15,
    15,
    13,
    10,
    7,
    4,
)
_MOST_PEAK: Final = 10
_HOUR: Final = 3600
_STEP: Final = 10
# No token waits for more than a year, and percentiles are exact to this part.
_LONGEST: Final = 365 * 24 * _HOUR
_EXACT: Final = 1e-6
DAY: Final = 24 * _HOUR

# NIST SP 800-38D section 8.3: tokens under one fixed key of AES-GCM.
KEY_TOKENS: Final = 2**32


class Fleet(NamedTuple):
    """What works, and what it has to do.

    Attributes:
        tokens: a day.
        peak: how many times the mean the busiest hour is.
        core_seconds: what a token costs a core.
        cores: how many there are.
        device_ops: private operations a second that a device allows; none, infinity.
        lost_cores: how many are gone at the busiest hour.
        lost_seconds: and how long.
        pooled: tokens wait in one queue for all cores, and not in one for each.
    """

    tokens: float
    peak: float
    core_seconds: float
    cores: int
    device_ops: float = math.inf
    lost_cores: int = 0
    lost_seconds: float = 0.0
    pooled: bool = True


class Wait(NamedTuple):
    """How long the tokens of a step wait: so long, and some of them for longer, at random.

    Attributes:
        seconds: all of them.
        count: how many tokens.
        chance: that a token waits for longer.
        rate: how fast the chance of still waiting then decays; that of an exponential distribution.
    """

    seconds: float
    count: float
    chance: float = 0.0
    rate: float = math.inf

    def late(self, seconds: float) -> float:
        """Return how many of the tokens wait for longer than this."""
        more = seconds - self.seconds
        if more < 0 or self.seconds == math.inf:
            return self.count
        return self.count * self.chance * math.exp(-self.rate * more) if self.chance else 0.0


class Day(NamedTuple):
    """How a day went.

    Attributes:
        done: tokens worked off.
        left: tokens left over at the end.
        utilisation: the share of what the cores could have done.
        waits: how long tokens waited, by step.
    """

    done: float
    left: float
    utilisation: float
    waits: Sequence[Wait]

    @property
    def longest(self) -> float:
        """The longest that a token waited for a backlog, apart from chance."""
        return max(wait.seconds for wait in self.waits)

    def wait(self, share: float) -> float:
        """Return the seconds that this share of the tokens did not wait longer than."""
        whole = sum(wait.count for wait in self.waits)
        late = whole - share * whole
        low, high = 0.0, _LONGEST
        if self._late(high) > late:
            return math.inf
        if self._late(low) <= late:
            return low
        while high - low > _EXACT * high:
            middle = (low + high) / 2
            low, high = (low, middle) if self._late(middle) <= late else (middle, high)
        return high

    def _late(self, seconds: float) -> float:
        return sum(wait.late(seconds) for wait in self.waits)


def curve(peak: float) -> list[float]:
    """Return arrivals by step, in parts of the mean, with this peak.

    Raises:
        ValueError: no peak, or one that no day has.
    """
    if not 1 <= peak <= _MOST_PEAK:
        raise ValueError("the peak is from 1 to 10 times the mean")
    low, high = 0.0, 64.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if max(_curved(middle)) < peak else (low, middle)
    hours = _curved(low)
    return [hours[second // _HOUR] for second in range(0, DAY, _STEP)]


def _curved(exponent: float) -> list[float]:
    hours = [(hour / max(_HOURS)) ** exponent for hour in _HOURS]
    return [hour * len(hours) / sum(hours) for hour in hours]


def cores_needed(tokens: float, peak: float, core_seconds: float, fill: float) -> int:
    """Return how many cores are filled so far, and no further, at the peak."""
    return math.ceil(tokens / DAY * peak * core_seconds / fill)


def key_days(tokens: float) -> float:
    """Return how many days a fixed AES-GCM key lasts, over all workers."""
    return KEY_TOKENS / tokens


def erlang_chance(load: float, servers: int) -> float:
    """Return the chance that a token waits, when tokens come at random (Erlang C).

    Args:
        load: how many servers are busy in the mean, below how many there are.
        servers: how many there are.
    """
    blocked = 1.0
    for busy in range(1, servers + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked / (1 - (load / servers) * (1 - blocked))


def erlang_wait(rate: float, service: float, servers: int) -> float:
    """Return the mean seconds that a token waits when tokens come at random (Erlang C).

    Infinite where the servers can't keep up.
    """
    load = rate * service
    if load >= servers:
        return math.inf
    return erlang_chance(load, servers) * service / (servers - load)


class _Step(NamedTuple):
    """One step of a day: rates by the second, and tokens from midnight to its end."""

    rate: float
    cores: int
    capacity: float
    backlog: float
    arrived: float
    done: float


def simulate(fleet: Fleet) -> Day:
    """Let a day go by."""
    steps = list(_steps(fleet))
    able = sum(step.cores for step in steps) * _STEP / fleet.core_seconds
    last = steps[-1]
    waits, end = [], 0
    for at, step in enumerate(steps):
        # Half of a step's tokens have come in its middle. They are done in their order.
        target = step.arrived - step.rate * _STEP / 2
        end = max(at, end)
        while end < len(steps) - 1 and steps[end].done < target:
            end += 1
        if step.backlog == 0 and step.rate <= step.capacity:
            waits.append(_at_random(fleet, step))
        else:
            missing = target - steps[end].done
            capacity = steps[end].capacity
            late = missing / capacity if capacity else math.inf
            wait = max(0.0, (end - at + 0.5) * _STEP + late)
            waits.append(Wait(wait, step.rate * _STEP))
    used = last.done / able if able else 0.0
    return Day(last.done, last.arrived - last.done, used, waits)


def _steps(fleet: Fleet) -> Iterator[_Step]:
    shape = curve(fleet.peak)
    first = shape.index(max(shape))
    lost = range(first, first + math.ceil(fleet.lost_seconds / _STEP))
    arrived = done = 0.0
    for at, part in enumerate(shape):
        rate = fleet.tokens / DAY * part
        cores = fleet.cores - (fleet.lost_cores if at in lost else 0)
        capacity = min(cores / fleet.core_seconds, fleet.device_ops)
        backlog = arrived - done
        arrived += rate * _STEP
        done = min(arrived, done + capacity * _STEP)
        yield _Step(rate, cores, capacity, backlog, arrived, done)


def _at_random(fleet: Fleet, step: _Step) -> Wait:
    """Return the wait where nothing is left over: for a core, and in the mean for a device."""
    by_device = fleet.device_ops < math.inf
    device = erlang_wait(step.rate, 1 / fleet.device_ops, 1) if by_device else 0.0
    servers = step.cores if fleet.pooled else 1
    load = step.rate * fleet.core_seconds * servers / max(1, step.cores)
    if load >= servers:
        return Wait(math.inf, step.rate * _STEP)
    decay = (servers - load) / fleet.core_seconds
    return Wait(device, step.rate * _STEP, erlang_chance(load, servers), decay)


def main() -> int:
    """Print what a day takes, for encrypting and for decrypting."""
    options = _options()
    console = Console()
    title = f"{options.tokens:,.0f} tokens a day, {options.peak:g} times the mean at the peak"
    table = Table("", "encrypting", "decrypting", title=title, title_justify="left")
    columns = [_column(work, cost, options) for work, cost in _costs(options.json).items()]
    rows = list(zip(columns[0], *(column.values() for column in columns), strict=True))
    for row in rows:
        table.add_row(*row)
    console.print(table)
    if options.docs:
        document.rewrite("scaling.md", document.table(["", "encrypting", "decrypting"], rows))
    days = key_days(options.tokens)
    console.print(
        f"A fixed AES-GCM key (dir, A*GCMKW) lasts {days:.1f} days over all workers: "
        f"{1 / days:.2f} keys a day.\nRSA-OAEP, ECDH-ES and A*KW draw a key for each token, "
        "and have no such limit."
    )
    return 0


def _column(work: str, cost: float, options: argparse.Namespace) -> dict[str, str]:
    whole = cost / (1 - options.other)
    cores = cores_needed(options.tokens, options.peak, whole, options.fill) + options.spare_cores
    # A device does the private operation; a public key needs none.
    device = options.hsm_ops if work == "decrypt" and options.hsm_ops else math.inf
    fleet = Fleet(options.tokens, options.peak, whole, cores, device, pooled=False)
    day = simulate(fleet)
    pooled = simulate(fleet._replace(pooled=True))
    bad = simulate(fleet._replace(lost_cores=options.lost_cores, lost_seconds=options.lost_seconds))
    return {
        "a token on one core, measured": f"{cost * 1e6:.0f} us",
        "with what else the core has to do": f"{whole * 1e6:.0f} us",
        "tokens a second, mean": f"{options.tokens / DAY:,.0f}",
        "tokens a second, at the peak": f"{options.tokens / DAY * options.peak:,.0f}",
        f"cores, with {options.spare_cores} to spare": f"{cores}",
        "utilisation over the day": f"{day.utilisation:.0%}",
        "a queue for each core: half of the tokens wait below": _time(day.wait(0.5)),
        "99 % below": _time(day.wait(0.99)),
        "99.99 % below": _time(day.wait(0.9999)),
        "one queue for all cores: 99 % below": _time(pooled.wait(0.99)),
        "99.99 % below, pooled": _time(pooled.wait(0.9999)),
        f"99.99 % below, {options.lost_cores} cores gone for {options.lost_seconds:g} s": _time(
            bad.wait(0.9999)
        ),
        "left over at midnight": f"{day.left:,.0f}",
        "private operations of a device, at the peak": _devices(work, options),
    }


def _devices(work: str, options: argparse.Namespace) -> str:
    return f"{options.tokens / DAY * options.peak:,.0f} a second" if work == "decrypt" else "none"


def _time(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1e6:.0f} us" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"
    return f"{seconds:,.0f} s" if seconds < math.inf else "for ever"


def _costs(report: Path) -> dict[str, float]:
    """Return the seconds for a token, by work: as they were reported, or measured now."""
    if report.exists():
        figures = json.loads(report.read_text("utf-8"))["figures"]
        return {work: figures[f"{work} 300 B"]["joseal"] for work in ("encrypt", "decrypt")}
    return dict(_measured())


def _measured() -> Iterator[tuple[str, float]]:
    # Not needed where there is a report.
    from statistics import median  # noqa: PLC0415

    from bench.measure import interleave  # noqa: PLC0415
    from bench.tokens.subjects import groups  # noqa: PLC0415

    for work in ("encrypt", "decrypt"):
        calls = {subject.name: subject.call for subject in groups()[f"{work} 300 B"]}
        yield work, median(interleave({"joseal": calls["joseal"]}, 50)["joseal"])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.bulk.fleet")
    for name, default, text in (
        ("--tokens", 1e9, "a day"),
        ("--peak", 3.0, "the busiest hour, in parts of the mean"),
        ("--other", 0.3, "the share of a core that is for anything else"),
        ("--fill", 0.7, "how full the cores may be at the peak"),
        ("--hsm-ops", 0.0, "private operations a second of a device; 0 for none"),
        ("--lost-seconds", 300.0, "how long a machine is gone at the busiest hour"),
    ):
        parser.add_argument(name, type=float, default=default, help=f"{text} (default {default:g})")
    for name, text in (("--lost-cores", "of that machine"), ("--spare-cores", "for such a case")):
        parser.add_argument(name, type=int, default=2, help=f"{text} (default 2)")
    parser.add_argument("--docs", action="store_true", help="write docs/scaling.md anew")
    parser.add_argument("--json", type=Path, default=Path(".benchmarks") / "report.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
