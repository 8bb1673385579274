"""The arithmetic of `bench.bulk.fleet`, on figures that are known."""

from math import inf, log

import pytest

from bench.bulk.fleet import (
    DAY,
    Day,
    Fleet,
    Wait,
    cores_needed,
    curve,
    erlang_wait,
    key_days,
    simulate,
)

STEP = DAY / len(curve(1))


@pytest.mark.parametrize("peak", [1.0, 1.5, 4.0])
def bench_curve_has_its_mean_and_its_peak(peak: float) -> None:
    shape = curve(peak)
    assert sum(shape) / len(shape) == pytest.approx(1)
    assert max(shape) == pytest.approx(peak)
    assert min(shape) >= 0


@pytest.mark.parametrize("peak", [0.5, 11.0])
def bench_curve_refuses_what_no_day_has(peak: float) -> None:
    with pytest.raises(ValueError, match="peak"):
        curve(peak)


def bench_cores_are_rounded_up() -> None:
    # 1,000 tokens a second of 1 ms, twice that at the peak, at most half full: four cores.
    assert cores_needed(1000 * DAY, 2, 0.001, 0.5) == 4
    assert cores_needed(1000 * DAY, 2, 0.00101, 0.5) == 5


def bench_key_lasts_four_days() -> None:
    assert key_days(1e9) == pytest.approx(4.295, abs=0.001)


@pytest.mark.parametrize(
    ("load", "servers", "waiting"), [(0.5, 1, 1.0), (0.9, 1, 9.0), (1.0, 2, 1 / 3), (2.0, 3, 4 / 9)]
)
def bench_erlang_is_the_textbooks(load: float, servers: int, waiting: float) -> None:
    # In times of service: for one server load / (1 - load).
    assert erlang_wait(load, 1.0, servers) == pytest.approx(waiting)


def bench_servers_that_cannot_keep_up_make_wait_for_ever() -> None:
    assert erlang_wait(3.0, 1.0, 3) == inf


def bench_every_token_is_worked_off() -> None:
    day = simulate(Fleet(tokens=1e9, peak=1.5, core_seconds=0.0003, cores=8))
    assert day.done == pytest.approx(1e9)
    assert day.left == 0
    assert day.utilisation == pytest.approx(1e9 * 0.0003 / (8 * DAY))
    assert day.longest == 0
    assert day.wait(0.9999) < 0.001


@pytest.mark.parametrize("gone", [1, 2])
def bench_lost_machine_is_waited_for(gone: int) -> None:
    # An even day, 1,000 tokens a second, cores for 1,500 of them: for 100 s there are 750, or none.
    fleet = Fleet(1000 * DAY, 1, 1 / 750, 2, lost_cores=gone, lost_seconds=100)
    day = simulate(fleet)
    assert (day.left, day.done) == (0, pytest.approx(1000 * DAY))
    behind = 100 * (1000 - 750 * (2 - gone))
    # With one left, 75,000 are done at the return: the last of them came after 75 s. With none, the
    # first ones wait for the return, and are seen in the middle of their step of 10 s.
    longest = {1: 100 - 75, 2: 100 - 5 + 5 * 1000 / 1500}[gone]
    assert day.longest == pytest.approx(longest, rel=0.1)
    late = sum(wait.count for wait in day.waits if wait.seconds > 0.1)
    caught_up = behind / 500
    assert late == pytest.approx(1000 * (100 + caught_up), rel=0.1)


def bench_cores_that_are_none_end_the_day() -> None:
    day = simulate(Fleet(1000 * DAY, 1, 0.001, 2, lost_cores=2, lost_seconds=DAY))
    assert day.done == 0
    assert day.left == pytest.approx(1000 * DAY)
    assert day.wait(0.5) == inf


def bench_device_bounds_the_day() -> None:
    day = simulate(Fleet(1000 * DAY, 1, 0.0001, 10, device_ops=900))
    assert day.done == pytest.approx(900 * DAY)
    assert day.left == pytest.approx(100 * DAY)
    assert day.wait(0.5) == pytest.approx(DAY / 2 * 100 / 900, rel=0.001)


def bench_waits_are_shares_of_tokens() -> None:
    day = Day(10, 0, 1, [Wait(5.0, 1), Wait(1.0, 9)])
    found = [day.wait(share) for share in (0.5, 0.9, 0.95, 1)]
    assert found == pytest.approx([1, 1, 5, 5], rel=1e-5)
    # Half of the tokens wait at all, a second in the mean: a quarter for more than 0.69 s.
    day = Day(10, 0, 1, [Wait(0.0, 10, 0.5, 1.0)])
    assert [day.wait(share) for share in (0.5, 0.75)] == pytest.approx([0, log(2)], rel=1e-5)


def bench_a_queue_for_each_core_is_waited_in_for_longer() -> None:
    # Twenty cores, 64 % full, of 0.4 ms: as one queue hardly any token waits, in one each many do.
    fleet = Fleet(32_000 * DAY, 1, 0.0004, 20)
    pooled, each = simulate(fleet), simulate(fleet._replace(pooled=False))
    chance = 0.64
    decay = (1 - chance) / 0.0004
    assert each.wait(0.99) == pytest.approx(log(chance / 0.01) / decay, rel=1e-4)
    assert pooled.wait(0.99) < each.wait(0.99) / 10
