"""Fixtures and Hypothesis profiles that all tests share."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings
from tests.helpers import probed

# What a target of the fuzzer checks is checked under `python -O` too.
pytest.register_assert_rewrite("tests.fuzz")

ROOT = Path(__file__).parents[1]
IN_CI = os.environ.get("CI") == "true"

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
