"""Tokens of other libraries' tests: every one opens in its form."""

import json
from collections import Counter

from tests.helpers import all_algorithms
from tests.vectors.vector_files import run

from joseal._core.algorithms.registry import ENCS
from joseal.conformance import Outcome


def test_every_token_of_other_libraries_opens_in_its_form(shared_vectors):
    seen, algs, encs, passed, without = Counter(), set(), set(), 0, Counter()
    for path in sorted((shared_vectors / "peers").glob("*.json")):
        report = run(path)
        assert report.count(Outcome.UNEXPECTED) == report.count(Outcome.DIFFERENT) == 0, path.name
        passed += report.count(Outcome.PASSED)
        without += Counter(r.reason for r in report.results if r.outcome is Outcome.NOT_RUN)
        for peer in json.loads(path.read_text())["verified"]:
            seen[peer["serialization"]] += 1
            if peer["serialization"] == "compact":
                algs.add(peer["alg"])
                encs.add(peer["enc"])
    assert seen == {"compact": 208, "flattened": 16, "general": 14}
    assert (passed, without) == (seen.total(), {})
    assert algs == {*all_algorithms.ALGS}
    assert encs == set(ENCS) - {"C20P"}
