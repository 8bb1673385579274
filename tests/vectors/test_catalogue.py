"""The catalogue of what must be refused is complete: no rule without its cases in each cell."""

import functools
import re
from collections import defaultdict
from pathlib import Path

import pytest
from tests.vectors.rules import Fault, Rule
from tests.vectors.rules_jwe import JWE_RULES
from tests.vectors.rules_others import ELSEWHERE, OTHER_RULES
from tests.vectors.vector_files import PATHS, Case, load

from joseal import Limits
from joseal._core.algorithms import pbes2
from joseal._core.algorithms.registry import ENCS
from joseal._core.keys import keyset, validate
from joseal._core.wire import strict_json

RULES = [*JWE_RULES, *OTHER_RULES]
SCHEMAS = {
    "jwe_compact_v1": "jwe",
    "jws_compact_v1": "jws",
    "jwe_keys_v1": "jwe_keys",
    "jws_keys_v1": "jws_keys",
    "jwk_v1": "jwk",
    "jwks_v1": "jwks",
}
# What is over this limit is refused as what the opener does not allow.
OVER = {"pbes2_iterations": "not_allowed"}
ROOT = Path(__file__).parents[2]


def faults() -> dict[str, list[Fault]]:
    """All negative cases with the valid ones that they were made from, by kind of file."""
    found: dict[int, tuple[str, Case]] = {}
    for path in PATHS:
        content = load(path)
        for group in content["groups"]:
            for test in group["tests"]:
                kind = SCHEMAS.get(content["schema"], "")
                found[test["id"]] = kind, Case(path.name, group["id"], test)
    by_kind = defaultdict(list)
    for kind, case in found.values():
        named = re.match(r"From (\d+): ", case.test["comment"])
        if named and int(named[1]) in found:
            by_kind[kind].append(Fault(case, found[int(named[1])][1]))
    return by_kind


FAULTS = faults()


@functools.cache
def flagged(schema: str, code: str, pattern: str) -> list[Fault]:
    """The cases with a code and a flag, in which many faults are looked for."""
    return [
        found
        for found in FAULTS[schema]
        if found.case.test["expect"] == code
        and any(re.fullmatch(pattern, flag) for flag in found.case.test["flags"])
    ]


def covered(rule: Rule, fault: str) -> set:
    """The cells of a rule in which one of its faults has a case."""
    pattern = re.compile(fault)
    return {
        rule.axis.cell(found)
        for found in flagged(rule.schema, rule.code, rule.flag)
        if pattern.fullmatch(found.words)
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.schema}: {rule.told}")
def test_rule_has_its_cases_in_each_cell(rule):
    """And what it excepts are cells that have none, with the reason next to them."""
    cells = set(rule.axis.cells)
    assert rule.excepted.keys() <= cells
    found = {fault: covered(rule, fault) & cells for fault in rule.faults}
    wanted = cells - rule.excepted.keys()
    assert {fault: wanted - held for fault, held in found.items() if wanted - held} == {}
    assert {fault: held - wanted for fault, held in found.items() if held - wanted} == {}


def test_every_flag_of_a_negative_case_has_a_rule():
    for kind, found in FAULTS.items():
        used = {flag for fault in found for flag in fault.case.test["flags"]}
        flags = [rule.flag for rule in RULES if rule.schema == kind]
        assert [flag for flag in used if not any(re.fullmatch(one, flag) for one in flags)] == []


def test_negative_case_that_is_made_of_none_is_a_printed_one():
    negative = {
        (path.name, test["id"])
        for path in PATHS
        for group in load(path)["groups"]
        for test in group["tests"]
        if test["expect"] != "ok"
    }
    made = {(fault.case.file, fault.case.test["id"]) for kind in FAULTS.values() for fault in kind}
    assert {file for file, _ in negative - made} == {"sample.json"}


@pytest.mark.parametrize("size", [0, 1])
def test_plaintext_of_no_byte_and_of_one_opens_with_each_enc(size):
    opened = {
        test["header"]["enc"]
        for path in PATHS
        for group in load(path)["groups"]
        for test in group["tests"]
        if test["expect"] == "ok" and len(test.get("plaintext", "none")) == 2 * size
        if "enc" in test.get("header", {})
    }
    assert opened == set(ENCS)


# A compact token has one recipient: tests/core/jwe/test_json_forms.py has those of messages in JSON.
@pytest.mark.parametrize(
    "name", [name for name in Limits.__struct_fields__ if name != "recipients"]
)
def test_limit_that_a_caller_can_move_has_a_case_at_it_and_one_over_it(name):
    for path, kind in ((path, SCHEMAS.get(load(path)["schema"], "")) for path in PATHS):
        for group in load(path)["groups"]:
            limits = group.get("opener", {}).get("limits", {})
            found = {test["expect"] for test in group["tests"]}
            if name in limits and {"ok", OVER.get(name, "too_large")} <= found:
                assert kind in {"jwe", "jws"}
                return
    pytest.fail("no group has this limit")


def test_bounds_are_those_at_which_the_vectors_stand():
    """Who moves one of these moves the cases: each has one at it and one beyond it."""
    assert (strict_json.MAX_DEPTH, strict_json.MAX_DIGITS) == (16, 32)
    assert (pbes2.LEAST_ITERATIONS, pbes2.LEAST_SALT_BYTES) == (1000, 8)
    assert (validate.RSA_LEAST_BITS, validate.RSA_MOST_BITS) == (2048, 16384)
    assert keyset.MOST_TRIES == 4
    defaults = {"header_bytes": 16 * 1024, "inflated_bytes": 256 * 1024}
    defaults["pbes2_iterations"] = 600_000
    assert {name: getattr(Limits(), name) for name in defaults} == defaults


def test_what_vectors_can_not_show_is_shown_by_tests_that_are_there():
    named = [path for why in ELSEWHERE.values() for path in re.findall(r"tests/\S+\.py", why)]
    assert len(named) >= 5
    assert [path for path in named if not (ROOT / path).is_file()] == []
