"""Sealing and opening, each beside its baselines and peers."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.subject import Subject
from bench.tokens.subjects import subjects


def _id(subject: Subject) -> str:
    return f"{subject.group}, {subject.name}"


@pytest.mark.parametrize("subject", subjects(), ids=_id)
def bench_token(benchmark: BenchmarkFixture, subject: Subject) -> None:
    subject.prove()
    benchmark.group = subject.group
    benchmark(subject.call)
