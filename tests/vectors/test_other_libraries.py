"""Tokens of other libraries' tests: every one opens in its form, those of HPKE are refused."""

import json
from collections import Counter

from tests.helpers import all_algorithms
from tests.vectors.vector_files import run

from joseal import Decrypter, JoseError
from joseal._core.algorithms.registry import ALGS, ENCS
from joseal.conformance import Outcome


def outcome(run):
    """Return what came out, or the error; nothing outside our family is caught."""
    try:
        return run()
    except JoseError as error:
        refusal = error
    assert refusal.__cause__ is refusal.__context__ is None
    return refusal


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
    assert algs == set(ALGS)
    assert encs == set(ENCS) - {"C20P"}


# HPKE has no alg here: each of its tokens is refused, whatever key it is shown.
HPKE = {"compact": 16, "flattened": 16}


def test_hpke_is_not_supported(shared_vectors):
    opener = Decrypter(all_algorithms.key("ECDH-ES"), enc=list(ENCS))
    seen, codes = Counter(), Counter()
    for path in sorted((shared_vectors / "jose-hpke/examples/jwe").iterdir()):
        seen[path.stem.rpartition("-")[2]] += 1
        codes[outcome(lambda: opener.decrypt(path.read_text().strip())).code] += 1  # noqa: B023
        assert path.stem.rpartition("-")[0] not in ALGS
    assert seen == HPKE
    # Those that encrypt directly have no enc, which we demand of every header.
    assert codes == {"malformed": 24, "not_allowed": 8}
