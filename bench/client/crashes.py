"""Ten thousand attempts through the journal, by processes that are killed: none twice, none lost?

    python -m bench.client.crashes

As in `bench.client.attempts`, a tenth goes wrong on the way, another tenth shows late in the
status, connections are cut, and some attempts never arrive whole. Several processes send them
through one journal. Each is killed with SIGKILL many times, after a number of attempts that differs
each time, and started again. In the end one process asks what became of the rest. Every entry is
compared with what the sandbox has done in truth.

An attempt that was begun in a process that was killed, or whose request broke off, and that never
arrived: nobody can tell that it did not. It stays to be reconciled, with a reason, and is for the
API's support. The exit status is 1 where one was sent twice, is lost, has another end than the true
one, or stays without a reason.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.client.attempts import Plan, created, number_of
from joseal import Key
from joseal.juspay import Client, Entry, SqlitePayoutJournal
from joseal.juspay.sandbox import Sandbox

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a disk's syncs would be most of the time
_ANSWER_SECONDS: Final = 1.0
_TURNS: Final = 12

Payouts = Sequence[tuple[str, str]]


class Size(NamedTuple):
    """How large a run is.

    Attributes:
        orders: with one attempt each.
        unheard: more, whose attempts never arrive whole.
        senders: processes that send at once.
        kills: how often each of them is killed.
    """

    orders: int
    unheard: int
    senders: int
    kills: int


class Found(NamedTuple):
    """How one attempt ended.

    Attributes:
        fault: what was to go wrong with it; `none` for most.
        state: its state in the journal; `lost` where it is not there.
        arrived: whether the API has seen all of it.
        wrong: what must not be, in words; empty if all is well.
    """

    fault: str
    state: str
    arrived: bool
    wrong: str


def run(size: Size, seed: int) -> tuple[list[Found], int]:
    """Attempt all, and return how each ended, and how many processes were killed."""
    plan = Plan(size.orders, size.unheard)
    place = _MEMORY if _MEMORY.is_dir() else None
    with (
        tempfile.TemporaryDirectory(dir=place) as folder,
        Sandbox(
            key=Key.generate("RSA-OAEP"),
            tls=True,
            plan=plan.script,
            transaction_plan=lambda order_id, nth: plan.course(number_of(order_id), nth),
        ) as sandbox,
    ):
        path = Path(folder) / "payouts.db"
        SqlitePayoutJournal(path)
        payouts = _orders(sandbox, plan, size.senders)
        with ThreadPoolExecutor(size.senders) as pool:
            parts = [payouts[first :: size.senders] for first in range(size.senders)]
            jobs = [
                pool.submit(
                    _until_done,
                    _job(sandbox, path, part, turns=0),
                    _kills(seed + nth, size.kills, len(part)),
                )
                for nth, part in enumerate(parts)
            ]
            killed = sum(job.result() for job in jobs)
        killed += _until_done(_job(sandbox, path, [], turns=_TURNS), [size.orders // 3])
        entries = {entry.order_id: entry for entry in SqlitePayoutJournal(path).entries()}
        return [_judged(sandbox, plan, number, entries) for number in plan.numbers], killed


def _kills(seed: int, count: int, attempts: int) -> list[int]:
    """Return after how many attempts a process is killed each time: never the same."""
    span = 2 * attempts // (count + 1) + 1
    return [(seed * 7919 + number * 104729) % span for number in range(count)]


def _orders(sandbox: Sandbox, plan: Plan, threads: int) -> list[tuple[str, str]]:
    with (
        Client(sandbox.account, ssl_context=sandbox.client_context, connections=threads) as client,
        ThreadPoolExecutor(threads) as pool,
    ):
        names = [f"order-{number}" for number in plan.numbers]
        return list(zip(names, pool.map(lambda name: created(client, name), names), strict=True))


def _job(sandbox: Sandbox, journal: Path, payouts: Payouts, *, turns: int) -> bytes:
    account = sandbox.account
    members = ("merchant_id", "api_key", "kid", "sid", "base_url")
    job = {
        "account": {name: getattr(account, name) for name in members},
        "bank": sandbox.public_pem,
        "ca": sandbox.ca_pem,
        "journal": str(journal),
        "payouts": payouts,
        "answer_seconds": _ANSWER_SECONDS,
        # What is certain not to have been sent is sent by the next run.
        "runs": 8 if payouts else 0,
        "turns": turns,
    }
    return json.dumps(job).encode()


def _until_done(job: bytes, kills: list[int]) -> int:
    """Run a sender until it is done, and kill it first as often as `kills` says after how many."""
    for count in kills:
        with _sender(job) as process:
            lines = iter(process.stdout or ())
            for line, _ in zip(lines, range(count + 1), strict=False):
                if line == b"done\n":
                    break
            process.kill()
    with _sender(job) as process:
        output, _ = process.communicate()
    if not output.endswith(b"done\n"):
        raise RuntimeError("a sender that nobody killed has failed")
    return len(kills)


def _sender(job: bytes) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench.client.sending"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if process.stdin is not None:
        process.stdin.write(job)
        process.stdin.close()
        process.stdin = None
    return process


def _judged(sandbox: Sandbox, plan: Plan, number: int, entries: dict[str, Entry]) -> Found:
    """Compare what the journal says of one attempt with the truth."""
    order_id = f"order-{number}"
    fault = plan.play(number).fault if plan.is_heard(number) else None
    name = "unheard" if not plan.is_heard(number) else "none" if fault is None else fault.value
    arrived, paid = sandbox.attempts(order_id), sandbox.transactions(order_id)[1:]
    entry = entries.get(order_id)
    state = "lost" if entry is None else entry.state
    return Found(name, state, bool(paid), judge(entry, arrived, [each.state for each in paid]))


def judge(entry: Entry | None, arrived: int, paid: list[str]) -> str:
    """Compare an entry with what has arrived and the states of what was paid."""
    if arrived > 1 or len(paid) > 1:
        return "sent twice"
    if entry is None:
        return "lost"
    if paid:
        right = {"SUCCESS": "succeeded", "FAILURE": "failed"}[paid[0]]
        return "" if entry.state == right else "another end than the true one"
    if entry.standing != "to_reconcile":
        return "said what nobody knows"
    return "" if entry.reason else "stuck without a reason"


def table(found: list[Found], killed: int, seconds: float) -> Table:
    """Return what happened, a row for each fault."""
    title = f"{len(found)} attempts, {killed} processes killed, {seconds:.0f} s"
    made = Table("fault", "attempts", title=title, title_justify="left")
    for name in ("arrived", "succeeded", "failed", "to reconcile", "wrong"):
        made.add_column(name, justify="right")
    for fault in dict.fromkeys(each.fault for each in found):
        made.add_row(*_row(fault, [each for each in found if each.fault == fault]))
    made.add_section()
    made.add_row(*_row("all", found))
    return made


def _row(name: str, found: list[Found]) -> Iterator[str]:
    states = Counter(each.state for each in found)
    yield from (name, str(len(found)), str(sum(each.arrived for each in found)))
    yield from (str(states["succeeded"]), str(states["failed"]))
    yield str(states["sending"] + states["unknown"])
    yield str(sum(each.wrong != "" for each in found))


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(prog="python -m bench.client.crashes")
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--unheard", type=int, default=100, help="more, that never arrive whole")
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--kills", type=int, default=20, help="of each sender")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    console = Console()
    start = time.monotonic()
    size = Size(chosen.orders, chosen.unheard, chosen.senders, chosen.kills)
    found, killed = run(size, chosen.seed)
    console.print(table(found, killed, time.monotonic() - start))
    for wrong, count in Counter(each.wrong for each in found if each.wrong).items():
        console.print(f"{count} attempts: {wrong}")
    return 0 if all(each.wrong == "" for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
