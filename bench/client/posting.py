"""What the client adds to a POST: an attempt beside a bare urllib3 POST of the same body.

    python -m bench.client.posting

Sealing is apart: the envelope is made before the clock starts, and `bench.report` has what it
costs. What is timed as joseal's is the rest of an attempt: the request is built and checked, sent
once over a connection that marks the first byte and meters the answer, and the answer is read.
A row of its own has the same with a journal in a file, which is synced to the disk; it is measured
apart, because what waits for a disk slows down its neighbors.
Besides the time on the clock there is the processor's, of the thread that calls: on a machine that
others keep busy it is the one that says something, and it is what the bound is asked of.
The exit status is 1 where a bound was missed.
"""

import argparse
import itertools
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

import trustme
from rich.console import Console
from rich.table import Table
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout

import joseal
from bench.measure import Call, Samples, collector_at_rest, interleave, ratio
from bench.report.ratios import Bound
from bench.subject import Subject
from bench.surroundings import describe
from joseal import juspay
from joseal._http.origin import Timeouts
from joseal.juspay.http.transport import Reply, Transport

BARE: Final = "bare urllib3"
OURS: Final = "joseal"
JOURNALED: Final = "joseal, with a journal"
GROUPS: Final = ("POST over HTTP", "POST over TLS")

_CONNECT_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 60.0
_CALLS_IN_A_TURN: Final = 20

BOUNDS: Final = tuple(Bound(group, OURS, BARE, 1.15) for group in GROUPS)


def main() -> int:
    """Run the report."""
    parser = argparse.ArgumentParser(prog="python -m bench.client.posting")
    parser.add_argument("--rounds", type=int, default=200, help="turns of each subject, from 2")
    rounds = parser.parse_args().rounds
    if rounds < 2:
        parser.error("quartiles need two rounds")
    console = Console()
    surroundings = Table.grid(padding=(0, 2))
    for row in describe():
        surroundings.add_row(*row)
    console.print(surroundings)
    kept = True
    with subjects() as made:
        for bound in BOUNDS:
            group = [subject for subject in made if subject.group == bound.group]
            for subject in group:
                subject.prove()
            calls = {subject.name: subject.call for subject in group}
            journaled = interleave({JOURNALED: calls.pop(JOURNALED)}, rounds, clock=perf_counter)
            samples = interleave(calls, rounds, clock=perf_counter)
            processor = _processor(calls, rounds * _CALLS_IN_A_TURN)
            console.print(_table(bound, {**samples, **journaled}, processor))
            kept = kept and ratio(processor, OURS, BARE).value <= bound.limit
    return 0 if kept else 1


def _processor(calls: Mapping[str, Call], rounds: int) -> Samples:
    """Take the processor's time of single calls, in turns."""
    samples: dict[str, list[float]] = {name: [] for name in calls}
    with collector_at_rest():
        for _ in range(rounds):
            for name, call in calls.items():
                start = time.thread_time()
                call()
                samples[name].append(time.thread_time() - start)
    return samples


def _table(bound: Bound, samples: Samples, processor: Samples) -> Table:
    table = Table("", "median, us", f"/ {BARE}", title=bound.group, title_justify="left")
    for heading in ("processor, us", f"/ {BARE}", "at most"):
        table.add_column(heading)
    for name, seconds in samples.items():
        row = [name, f"{median(seconds) * 1e6:.1f}", _shown(samples, name)]
        if name in processor:
            row += [f"{median(processor[name]) * 1e6:.1f}", _shown(processor, name)]
        table.add_row(*row, *([f"{bound.limit:.2f}"] if name == bound.subject else []))
    return table


def _shown(samples: Samples, name: str) -> str:
    found = ratio(samples, name, BARE)
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


@contextmanager
def subjects() -> Iterator[tuple[Subject, ...]]:
    """Yield all subjects, with the servers that they need."""
    ca = trustme.CA()
    bank = joseal.Key.generate("RSA-OAEP").public()
    attempt = juspay.Attempt(
        fulfillment_id="c14b43505a545b3a65c416634009a2-f1",
        card_info=juspay.CardInfo(card_number="5513651111111111"),
    )
    envelope = juspay.encrypt_body(juspay.payout_encrypter(bank), attempt, kid="K", sid="S")
    with ExitStack() as servers:
        folder = Path(servers.enter_context(tempfile.TemporaryDirectory()))
        made: list[Subject] = []
        for group, tls in zip(GROUPS, (False, True), strict=True):
            port = servers.enter_context(_server(ca if tls else None))
            made += _posts(group, port, envelope, ca if tls else None, folder)
        yield tuple(made)


def _posts(
    group: str, port: int, envelope: juspay.Envelope, ca: trustme.CA | None, folder: Path
) -> Iterator[Subject]:
    base_url = f"{'http' if ca is None else 'https'}://localhost:{port}"
    account = juspay.Account(merchant_id="m", api_key="k", kid="K", sid="S", base_url=base_url)
    request = juspay.attempt_request(account, "order-1", envelope)
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca is not None:
        ca.configure_trust(context)
    # The same time-outs: a socket without one saves a system call each time it is used.
    timeout = Timeout(connect=_CONNECT_SECONDS, read=_ANSWER_SECONDS)
    pool = (
        HTTPConnectionPool("localhost", port, timeout=timeout)
        if ca is None
        else HTTPSConnectionPool("localhost", port, timeout=timeout, ssl_context=context)
    )
    transport = Transport(
        base_url,
        Timeouts(_CONNECT_SECONDS, _ANSWER_SECONDS, _CONNECT_SECONDS + _ANSWER_SECONDS),
        connections=10,
        idle_seconds=60,
        ssl_context=context,
    )
    path = request.url.removeprefix(base_url)
    journal = juspay.SqlitePayoutJournal(folder / f"{port}.db")
    numbers = itertools.count()
    sent = dict(request.headers)

    def bare() -> object:
        return pool.urlopen("POST", path, body=request.body, headers=sent, retries=False).data

    def ours() -> juspay.Outcome[juspay.Ack]:
        built = juspay.attempt_request(account, "order-1", envelope)
        answer = transport.exchange(built)
        if isinstance(answer, Reply):
            return juspay.read_attempt_response(answer.status, answer.body)
        return answer

    def journaled() -> object:
        name = f"order-{next(numbers)}"
        entry = juspay.Entry(attempt_id=name, known=juspay.Known.fresh(name, "fulfillment-1"))
        if journal.begin(entry) is not None:
            return None
        outcome = ours()
        journal.keep(entry.ended(outcome))
        return outcome

    yield Subject(group, JOURNALED, journaled, lambda made: made == juspay.Accepted(juspay.Ack()))
    yield Subject(group, BARE, bare, lambda made: made == b"ACK")
    yield Subject(group, OURS, ours, lambda made: made == juspay.Accepted(juspay.Ack()))


@contextmanager
def _server(ca: trustme.CA | None) -> Iterator[int]:
    """Run a server for the block, and yield its port."""
    with tempfile.TemporaryDirectory() as place:
        arguments = [sys.executable, "-m", "bench.client.post_server"]
        if ca is not None:
            pem = Path(place) / "server.pem"
            ca.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(pem))
            arguments.append(str(pem))
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield int(process.stdout.readline() if process.stdout else "0")
            finally:
                process.kill()


if __name__ == "__main__":
    sys.exit(main())
