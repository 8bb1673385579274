"""The clause trail leads somewhere: symbols, tests, flags and keyword counts. docs/clauses/*.toml."""

import ast
import importlib
import json
import runpy
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.helpers.rows import each_row

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "clauses"
TRAILS = sorted(FOLDER.glob("*.toml"))
LEVELS = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT"}
STATUSES = {"kept", "not applicable", "different"}
TOP = {"rfc": str, "title": str, "date": str, "keywords": dict, "clause": list}
NEEDED = {"section": str, "level": str, "text": str, "status": str}
OPTIONAL = {"words": int, "reason": str, "code": list, "tests": list}
ALL = {
    *("rfc7515", "rfc7516", "rfc7517", "rfc7518", "rfc7519", "rfc7638", "rfc7797", "rfc8037"),
    *("rfc8725", "rfc8725bis"),
    *("rfc9964", "hpke-encrypt", "hpke-pq-pqt"),
}


def resolves(symbol: str) -> bool:
    """Tell whether a dotted name is a module of joseal's, or something in one."""
    parts = symbol.split(".")
    if parts[0] != "joseal":
        return False
    for end in range(len(parts), 0, -1):
        name = ".".join(parts[:end])
        try:
            value = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            if not hasattr(value, part):
                return False
            value = getattr(value, part)
        return True
    return False


@cache
def functions(file: str) -> frozenset[str]:
    """The test functions of a file; none if there is no such file."""
    path = ROOT / file
    if not file.startswith("tests/") or not path.is_file():
        return frozenset()
    body = ast.parse(path.read_text("utf-8")).body
    return frozenset(
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


@cache
def flags(file: str) -> frozenset[str]:
    """The flags that a case of a file of vectors has; none if there is no such file."""
    path = ROOT / file
    if not file.startswith("vectors/") or not path.is_file():
        return frozenset()
    groups = json.loads(path.read_bytes()).get("groups", [])
    return frozenset(flag for group in groups for test in group["tests"] for flag in test["flags"])


def exists(reference: str) -> bool:
    """Tell whether a test is there, or a case with a flag."""
    file, flagged, name = reference.partition("#flag:")
    if flagged:
        return name in flags(file)
    file, _, name = reference.partition("::")
    return name in functions(file)


def ill_typed(table: dict, needed: dict[str, type], optional: dict[str, type]) -> Iterator[str]:
    kinds = needed | optional
    yield from (f"{name} is missing" for name in needed.keys() - table.keys())
    for name, value in table.items():
        if name not in kinds:
            yield f"{name} is not known"
        elif type(value) is not kinds[name] or (value in ("", [], {})):
            yield f"{name} is empty or of another type"


def faults_of(clause: dict) -> Iterator[str]:
    """What is wrong with one clause."""
    if clause["level"] not in LEVELS:
        yield "unknown level"
    if clause["status"] not in STATUSES:
        yield "unknown status"
    if clause.get("words", 1) < 0:
        yield "words below zero"
    if any(word in clause["text"] for word in ("MUST", "SHOULD", "SHALL", "REQUIRED")):
        yield "text is not in our own words"
    if clause["status"] == "kept":
        yield from (f"kept without {name}" for name in ("code", "tests") if name not in clause)
    elif "reason" not in clause:
        yield "no reason"
    yield from (f"no such code: {name}" for name in clause.get("code", []) if not resolves(name))
    yield from (f"no such test: {name}" for name in clause.get("tests", []) if not exists(name))


def disagreements(trail: dict) -> Iterator[str]:
    """Where the clauses do not add up to the keywords of the document."""
    counted: Counter[tuple[str, str]] = Counter()
    for clause in trail["clause"]:
        counted[clause["section"], clause["level"]] += clause.get("words", 1)
    stated = {
        (section, level): words
        for section, levels in trail["keywords"].items()
        for level, words in levels.items()
    }
    for section, level in sorted(counted.keys() | stated.keys()):
        found, said = counted[section, level], stated.get((section, level), 0)
        if found != said:
            yield f"section {section}: {level} stands there {said} times, the clauses have {found}"


def faults(text: str, stem: str) -> list[str]:
    """What is wrong with a whole trail."""
    trail = tomllib.loads(text)
    found = list(ill_typed(trail, TOP, {}))
    if found:
        return found
    if stem not in trail["rfc"].lower().replace(" ", ""):
        found.append("the file has the name of another document")
    for clause in trail["clause"]:
        shape = list(ill_typed(clause, NEEDED, OPTIONAL))
        where = f"section {clause.get('section')}, {clause.get('text')!r}"
        found += [f"{where}: {fault}" for fault in shape or faults_of(clause)]
        if shape:
            return found
    texts = Counter(clause["text"] for clause in trail["clause"])
    found += [f"{text!r} stands there twice" for text, number in texts.items() if number > 1]
    return found + list(disagreements(trail))


GOOD = """
rfc = "RFC 1"
title = "Host Software"
date = "1969-04"

[keywords]
"1" = { MUST = 2 }
"2" = { "SHOULD NOT" = 1 }

[[clause]]
section = "1"
level = "MUST"
words = 2
text = "Segments are base64url."
status = "kept"
code = ["joseal._core.wire.base64url.decode", "joseal._core.jwe.Decrypter.decrypt", "joseal._core.wire"]
tests = [
    "tests/core/wire/test_base64url.py::test_trailing_bits_must_be_zero",
    "vectors/grammar.json#flag:Base64url",
]

[[clause]]
section = "1"
level = "MUST"
words = 0
text = "A step without a keyword."
status = "different"
reason = "It is done otherwise."

[[clause]]
section = "2"
level = "SHOULD NOT"
text = "Nobody telephones."
status = "not applicable"
reason = "There is no telephone."
"""

BAD = [
    ('title = "Host Software"\n', "", "title is missing"),
    ('date = "1969-04"', "date = 1969", "date is empty or of another type"),
    ('rfc = "RFC 1"', 'rfc = "RFC 2"', "another document"),
    ('rfc = "RFC 1"', 'rfc = "RFC 1"\nauthor = "Crocker"', "author is not known"),
    ('section = "1"\n', "", "section is missing"),
    ('status = "kept"', 'status = "kept"\nnote = "x"', "note is not known"),
    ("words = 2", 'words = "2"', "words is empty or of another type"),
    ("words = 2", "words = true", "words is empty or of another type"),
    ("words = 2", "words = -2", "words below zero"),
    ("words = 2", "words = 1", "MUST stands there 2 times, the clauses have 1"),
    ("MUST = 2", "MUST = 3", "MUST stands there 3 times, the clauses have 2"),
    ("MUST = 2", "MUST = 2, SHOULD = 1", "SHOULD stands there 1 times, the clauses have 0"),
    ('"2" = { "SHOULD NOT" = 1 }', "", "SHOULD NOT stands there 0 times, the clauses have 1"),
    ('level = "MUST"', 'level = "MAY"', "unknown level"),
    ('status = "kept"', 'status = "done"', "unknown status"),
    ('reason = "It is done otherwise."', "", "no reason"),
    ('reason = "It is done otherwise."', 'reason = ""', "reason is empty"),
    ("code = [", "# code = [", "kept without code"),
    ("tests = [", "code_ = [", "code_ is not known"),
    ('status = "different"\nreason', 'status = "kept"\nreason', "kept without tests"),
    (
        "base64url.decode",
        "base64url.decipher",
        "no such code: joseal._core.wire.base64url.decipher",
    ),
    ("joseal._core.jwe.Decrypter", "joseal._core.jwe.Decryptor", "no such code"),
    ('"joseal._core.wire"', '"json.loads"', "no such code: json.loads"),
    ("test_trailing_bits_must", "test_leading_bits_must", "no such test"),
    ("tests/core/wire/test_base64url.py", "tests/wire/test_base65.py", "no such test"),
    ("test_trailing_bits_must_be_zero", "", "no such test"),
    ("#flag:Base64url", "#flag:Base65url", "no such test"),
    ("grammar.json", "grammer.json", "no such test"),
    ("Nobody telephones.", "One SHOULD NOT telephone.", "not in our own words"),
    ("Nobody telephones.", "Segments are base64url.", "stands there twice"),
]


def test_good_trail_has_no_fault():
    assert faults(GOOD, "rfc1") == []


@each_row(("old", "new", "fault"), BAD, ids=[fault for _, _, fault in BAD])
def test_wrong_trail_is_noticed(old, new, fault):
    assert old in GOOD
    assert [one for one in faults(GOOD.replace(old, new, 1), "rfc1") if fault in one]


def test_every_document_has_its_trail():
    assert {path.stem for path in TRAILS} == ALL


@pytest.mark.parametrize("path", TRAILS, ids=lambda path: path.stem)
def test_trail_leads_to_code_and_tests(path):
    assert faults(path.read_text("utf-8"), path.stem) == []


def test_page_is_what_the_trails_say():
    """If this fails, run `python docs/clauses/render.py`."""
    renderer = runpy.run_path(str(FOLDER / "render.py"))
    assert renderer["PAGE"].read_text("utf-8") == renderer["page"]()
