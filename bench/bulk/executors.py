"""What handing out an item costs: `encrypt_many` on processes, on Dask with TLS, and on Ray.

    python -m bench.bulk.executors [processes] [dask] [ray] [--items 100000] [--help]

CPU is that of this process, which is the parent, or the client and Dask's scheduler, in a run of
items after one that is not measured; so it does not depend on how busy the machine is.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import joseal
from joseal.bulk import encrypt_many

_ITEM: Final = bytes(300)
_WORKERS: Final = 2


def load_sealer() -> joseal.Encrypter:
    """Make what each worker works with: a quick key, so that handing out is what counts."""
    key = joseal.Key.from_jwk({"kty": "oct", "alg": "A128KW", "k": "AAECAwQFBgcICQoLDA0ODw"})
    return joseal.Encrypter(key, enc="A128GCM")


@contextmanager
def _processes() -> Generator[None]:
    """Processes of our own."""
    yield None


@contextmanager
def _dask() -> Generator[Executor]:
    """A scheduler in this process, and two worker processes, with TLS."""
    from distributed import Client, LocalCluster  # noqa: PLC0415
    from distributed.security import Security  # noqa: PLC0415

    security = Security.temporary()
    with (
        LocalCluster(
            n_workers=_WORKERS,
            threads_per_worker=1,
            host="tls://127.0.0.1",
            dashboard_address="127.0.0.1:0",
            security=security,
        ) as cluster,
        Client(cluster, security=security) as client,
    ):
        yield client.get_executor()


@contextmanager
def _ray() -> Generator[Executor]:
    """Two workers, on loopback."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray  # noqa: PLC0415

    paths = {"PYTHONPATH": os.pathsep.join([str(Path.cwd()), *filter(None, sys.path)])}
    ray.init(
        num_cpus=_WORKERS,
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        _node_ip_address="127.0.0.1",
        object_store_memory=200 * 2**20,
        runtime_env={"env_vars": paths},
    )
    call = ray.remote(lambda work, task: work(task))

    class RayExecutor(Executor):
        def submit(self, work: object, task: object) -> Future[object]:
            return call.remote(work, task).future()

    yield RayExecutor()
    ray.shutdown()


WAYS: Final[dict[str, Callable[[], object]]] = {
    "processes": _processes,
    "dask": _dask,
    "ray": _ray,
}


def measure(executor: Executor | None, items: int, chunk: int | None) -> str:
    """Return a line."""
    start = _cpu(), time.perf_counter()
    begun = 0

    def counted() -> Generator[bytes]:
        nonlocal begun
        for _ in range(items):
            begun += 1
            yield _ITEM

    with encrypt_many(
        counted(),
        load_sealer,
        workers=None if executor else _WORKERS,
        executor=executor,
        in_flight=2 * _WORKERS + 2,
        chunk_items=chunk,
    ) as outcomes:
        next(outcomes)
        start, before = (_cpu(), time.perf_counter()), begun
        for outcome in outcomes:
            if outcome.error is not None:
                raise RuntimeError("a good item was not encrypted")
    cpu, wall = _cpu() - start[0], time.perf_counter() - start[1]
    count = items - before
    return (
        f"chunks {'as measured' if chunk is None else f'of {chunk}'}: {count / wall:,.0f} items/s, "
        f"{cpu / count * 1e6:.2f} us CPU here an item"
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Print a line for each way and chunk size."""
    parser = argparse.ArgumentParser(prog="python -m bench.bulk.executors", description=__doc__)
    parser.add_argument("ways", nargs="*", choices=[*WAYS, []], default=["processes"])
    parser.add_argument("--items", type=int, default=100_000)
    options = parser.parse_args()
    for way in options.ways:
        with WAYS[way]() as executor:
            for chunk in (256, None):
                sys.stdout.write(f"{way}, {measure(executor, options.items, chunk)}\n")
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
