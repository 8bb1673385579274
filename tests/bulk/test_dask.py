"""Bulk on a Dask cluster: a real scheduler and two worker processes on loopback.

One test, because each would start a cluster of its own. The workers have no nannies, which would
start a third one.
"""

import asyncio
import multiprocessing
import os
import signal

import pytest
from distributed import Client, LocalCluster, Worker
from tests.helpers import bulk_factories as factories

from joseal import InvalidKeyError
from joseal.bulk import decrypt_many, encrypt_many

pytestmark = pytest.mark.processes

ROWS = [b"row %d" % number for number in range(200)]


def serve(scheduler):
    async def work():
        async with Worker(scheduler, nthreads=1, dashboard=False) as worker:
            await worker.finished()

    asyncio.run(work())


@pytest.fixture
def client():
    context = multiprocessing.get_context("spawn")
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        workers = [
            context.Process(target=serve, args=(cluster.scheduler_address,), daemon=True)
            for _ in range(2)
        ]
        for worker in workers:
            worker.start()
        client.wait_for_workers(2, timeout=60)
        yield client
        for worker in workers:
            worker.kill()
            worker.join()


def test_a_cluster_that_loses_a_worker_loses_no_row_and_doubles_none(client):
    executor = client.get_executor()
    with pytest.raises(InvalidKeyError):
        encrypt_many(ROWS, factories.no_sealer, executor=executor)

    with encrypt_many(
        [b"same"] * 1_000, factories.encrypter, executor=executor, chunk_items=50
    ) as outcomes:
        same = {outcome.value for outcome in outcomes}
    assert len(same) == 1_000

    pids = client.run(os.getpid)
    assert len(set(pids.values())) == 2
    tokens = []
    with encrypt_many(
        ROWS, factories.encrypter, executor=executor, chunk_items=2, in_flight=20
    ) as outcomes:
        for outcome in outcomes:
            tokens.append(outcome.value)
            if len(tokens) == 50:
                os.kill(next(iter(pids.values())), signal.SIGKILL)
    assert len(set(tokens)) == len(ROWS)

    with decrypt_many([*same, *tokens], factories.decrypter, executor=executor) as outcomes:
        assert [outcome.value for outcome in outcomes] == [b"same"] * 1_000 + ROWS
