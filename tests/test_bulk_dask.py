"""Bulk on a Dask cluster: a real scheduler and two worker processes on loopback.

One test, because each would start a cluster of its own.
"""

import os
import signal

import pytest
from distributed import Client, LocalCluster
from tests import bulk_factories as factories

from joseal import KeyUseError
from joseal.bulk import decrypt_many, encrypt_many

ROWS = [b"row %d" % number for number in range(1_000)]


@pytest.fixture
def client():
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_a_cluster_that_loses_a_worker_loses_no_row_and_doubles_none(client):
    executor = client.get_executor()
    with pytest.raises(KeyUseError):
        encrypt_many(ROWS, factories.no_sealer, executor=executor)

    with encrypt_many(
        [b"same"] * 1_000, factories.sealer, executor=executor, chunk_items=10
    ) as outcomes:
        same = {outcome.value for outcome in outcomes}
    assert len(same) == 1_000

    pids = client.run(os.getpid)
    assert len(set(pids.values())) == 2
    tokens = []
    with encrypt_many(
        ROWS, factories.sealer, executor=executor, chunk_items=5, in_flight=20
    ) as outcomes:
        for outcome in outcomes:
            tokens.append(outcome.value)
            if len(tokens) == 200:
                os.kill(next(iter(pids.values())), signal.SIGKILL)
    assert len(set(tokens)) == len(ROWS)

    with decrypt_many([*same, *tokens], factories.opener, executor=executor) as outcomes:
        assert [outcome.value for outcome in outcomes] == [b"same"] * 1_000 + ROWS
