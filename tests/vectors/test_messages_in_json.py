"""Some thousand messages in JSON, each rule broken by one fault: joseal does what the table says.

What other libraries do is shown by `joseal verify-vectors --backend`; the table is docs/reference/json-messages.md.
"""

import json
from collections import Counter

import pytest
from tests.vectors.vector_files import OURS, VECTORS
from vectors.generator import messages

from joseal.conformance import Outcome
from joseal.conformance.formats import registry as formats
from joseal.conformance.running import run

SCHEMAS = ["jwe_json_v1", "jws_json_v1"]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_message_ends_as_the_table_says(schema):
    raw = messages.file_of(schema)
    results = run(formats.read(formats.load(raw)).cases, OURS)
    assert len(results) >= 1800
    wrong = [
        (r.id, r.comment, r.expected, r.got) for r in results if r.outcome is not Outcome.PASSED
    ]
    assert wrong == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_rule_has_messages_and_is_the_only_fault_of_each(schema):
    tests = [case for group in messages.cases(schema) for case in group["tests"]]
    used = Counter(case["comment"] for case in tests)
    assert set(used) == {f"{rule.what} (section {rule.section})" for rule in messages.RULES[schema]}
    assert len({case["id"] for case in tests}) == len(tests)
    good = [case["expect"] for case in tests if case["flags"] == ["Good"]]
    assert set(good) == {"ok"}
    refusals = Counter(case["expect"] for case in tests)
    assert len(refusals) >= 5


def test_same_bytes_come_out_of_every_run():
    assert messages.file_of("jws_json_v1") == messages.file_of("jws_json_v1")


def test_published_table_is_that_of_the_program():
    page = (VECTORS.parent / "docs/reference/json-messages.md").read_text("utf-8")
    assert page.partition("messages.py -->\n")[2].strip() == messages.table().strip()


def test_wrong_table_is_noticed():
    content = json.loads(messages.file_of("jws_json_v1"))
    del content["groups"][1:]
    for case in content["groups"][0]["tests"]:
        case["expect"] = "unverified"
    results = run(formats.read(content).cases, OURS)
    assert Counter(r.outcome for r in results)[Outcome.UNEXPECTED] > len(results) // 2
