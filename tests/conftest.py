"""Fixtures and Hypothesis profiles that all tests share."""

import os
import signal
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.helpers import collecting, probed

# What a target of the fuzzer checks is checked under `python -O` too.
pytest.register_assert_rewrite("tests.fuzz")

ROOT = Path(__file__).parents[1]
BYTECODE = pytest.StashKey[tempfile.TemporaryDirectory]()
IN_CI = os.environ.get("CI") == "true"

# One authority, of which nobody has the key. No test leaves this machine, and to read the 150 of the
# system takes 20 ms for each client.
os.environ["SSL_CERT_FILE"] = str(ROOT / "tests" / "helpers" / "authority.pem")

# Whoever runs the tests in the background may have had SIGINT ignored, which children inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in each run: what fails or is covered is no matter of chance.
settings.register_profile("dev", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("ci", max_examples=500, deadline=None, derandomize=True)
# For one long run by hand: every example is new.
settings.register_profile("deep", max_examples=100_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "dev"))


def pytest_xdist_auto_num_workers() -> int:
    """Return one more worker than there are cores: a fifth of the time a test waits."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Let a worker that has nothing left take tests from one that has, in place of small portions."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let every worker begin with long tests; the order is otherwise that of the files."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = collecting.ordered(items, workers, key=lambda item: item.nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Give the workers one folder for bytecode, where they may not write it next to the sources."""
    if sys.dont_write_bytecode:
        config = node.config
        if BYTECODE not in config.stash:
            config.stash[BYTECODE] = tempfile.TemporaryDirectory()
            config.add_cleanup(config.stash[BYTECODE].cleanup)
        node.workerinput["bytecode"] = config.stash[BYTECODE].name


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect what other workers collect as well, each the work of the others."""
    worker = getattr(session.config, "workerinput", {})
    with collecting.without_garbage_collection(), collecting.bytecode_in(worker.get("bytecode")):
        if worker:
            number = int(worker["workerid"].removeprefix("gw"))
            collecting.import_share(session.config, number, worker["workercount"])
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def _probed() -> None:
    """Probe every algorithm now, so that no test which replaces a primitive is the first to."""
    probed.probe_all()


@pytest.fixture(scope="session")
def our_vectors() -> Path:
    """The project's own test vectors."""
    return ROOT / "vectors"


@pytest.fixture(scope="session")
def shared_vectors() -> Path:
    """Third-party test vectors, which are read where they lie and never copied."""
    folder = Path(os.environ.get("JOSEAL_VECTORS", ROOT.parent / "shared" / "vectors"))
    if folder.is_dir():
        return folder
    text = "third-party vectors are missing: set JOSEAL_VECTORS to the folder that holds them"
    if IN_CI:
        pytest.fail(text)
    pytest.skip(text)
