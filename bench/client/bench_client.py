"""A POST by the client's own way, beside a bare one."""

from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.client.posting import BARE, GROUPS, OURS, subjects
from bench.subject import Subject


@pytest.fixture(scope="module", name="posts")
def _posts() -> Iterator[dict[tuple[str, str], Subject]]:
    with subjects() as made:
        yield {(subject.group, subject.name): subject for subject in made}


@pytest.mark.parametrize("name", [BARE, OURS])
@pytest.mark.parametrize("group", GROUPS)
def bench_post(
    benchmark: BenchmarkFixture,
    posts: dict[tuple[str, str], Subject],
    group: str,
    name: str,
) -> None:
    subject = posts[group, name]
    subject.prove()
    benchmark.group = group
    benchmark(subject.call)
