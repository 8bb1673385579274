"""Bulk on Ray: the guide's executor on a real instance of one process; skipped where Ray is missing."""

import os
import sys
from concurrent.futures import Executor, Future
from pathlib import Path

import pytest
from tests.helpers import bulk_factories as factories

from joseal.bulk import decrypt_many, encrypt_many

# Ray writes what it does home, unless this is set before it is imported.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
ray = pytest.importorskip("ray", reason="Ray is not installed")

pytestmark = pytest.mark.processes

ROWS = [b"row %d" % number for number in range(1_000)]


@pytest.fixture
def executor():
    paths = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)])
    ray.init(
        num_cpus=1,
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        _node_ip_address="127.0.0.1",
        object_store_memory=100 * 2**20,
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )

    @ray.remote
    def call(work, task):
        return work(task)

    class RayExecutor(Executor):
        def submit(self, work: object, task: object) -> Future[object]:
            return call.remote(work, task).future()

    yield RayExecutor()
    ray.shutdown()


def test_ray_does_every_row_in_order(executor):
    with encrypt_many(ROWS, factories.encrypter, executor=executor, in_flight=4) as outcomes:
        tokens = [outcome.value for outcome in outcomes]
    with decrypt_many([*tokens, "a.b"], factories.decrypter, executor=executor) as outcomes:
        found = list(outcomes)
    assert [outcome.value for outcome in found[:-1]] == ROWS
    assert found[-1].code == "malformed"
