"""Reports: whole, bounded, escaped, and without a secret."""

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.conformance import samples
from tests.conformance.samples import CANARY, JWE, JWS

from joseal import conformance
from joseal.conformance import Outcome
from joseal.conformance.formats.cases import MOST_FLAGS, MOST_ID, MOST_TEXT

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\"'&\x00]]>"
TEST = ("groups", 0, "tests", 0)
VOID = {"meta", "br"}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """One case of every outcome, and whatever a hostile file can say of itself."""
    folder = tmp_path_factory.mktemp("vectors")
    wrong = samples.changed(JWE, *TEST, "plaintext", to=b"other".hex())
    wrong["groups"][0]["tests"][0] |= {"comment": HOSTILE, "flags": [HOSTILE]}
    wrong["notes"] = {HOSTILE: {"bug": HOSTILE, "description": HOSTILE, "refs": [HOSTILE]}}
    samples.write(folder, wrong, "<b>\x1b[1m\u202e.json")
    samples.write(folder, JWS, "good.json")
    samples.write(folder, {"verified": [{"jwe": 7, "plaintext_hex": ""}]}, "not_run.json")
    samples.write(folder, b"{", "broken.json")
    samples.write(folder, {"other": HOSTILE}, "unknown.json")
    samples.write(folder, b"", "readme.txt")
    return conformance.verify([folder], conformance.backend("joseal"))


@pytest.fixture(scope="module")
def differing(shared_vectors):
    path = shared_vectors / "wycheproof/json_web_signature_test.json"
    return conformance.verify([path], conformance.backend("joseal"))


def test_json_has_every_result(report):
    shown = json.loads(conformance.to_json(report))
    assert shown["totals"] == {"passed": 2, "unexpected": 1, "known difference": 0, "not run": 1}
    results = [result for file in shown["files"] for result in file["results"]]
    assert len(results) == 4
    (bad,) = [result for result in results if result["outcome"] == "unexpected"]
    assert (bad["comment"], bad["expected"], bad["got"]) == (HOSTILE, "ok", "other bytes")
    assert [Path(path).name for path in shown["other_files"]] == ["readme.txt"]
    assert shown["verdict"] == "1 result not as the files say"


def test_junit_is_xml_with_every_result(report):
    root = ET.fromstring(conformance.to_junit(report))  # noqa: S314  our own
    suites = root.findall("testsuite")
    assert len(suites) == len(report.files) + 1 == 6
    for suite in suites:
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.get(name)) == len(suite.findall(f"testcase/{kind}"))
    assert len(root.findall(".//failure")) == len(root.findall(".//error")) == 1
    assert root.find(".//failure").get("message") == "expected: ok; got: other bytes"
    assert len(root.findall(".//skipped")) == 3


def test_every_report_has_its_date_versions_and_hashes(report):
    hashes = {file.sha256 for file in report.files}
    values = [value for _, value in report.origin.rows()]
    assert all(values)
    assert all(len(text) == 64 for text in hashes)
    page = Page(conformance.to_html(report)).text
    told = conformance.to_json(report).decode()
    root = ET.fromstring(conformance.to_junit(report))  # noqa: S314  our own
    named = {element.get("value") for element in root.iter("property")}
    assert root.get("timestamp") == report.origin.date
    for text in (*hashes, *values):
        assert text in page
        assert text in told
        assert text in named


class Page(HTMLParser):
    """Checks that what was opened is closed, and keeps tags, attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], set(), [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_html_is_whole_and_fetches_nothing(report):
    text = conformance.to_html(report)
    page = Page(text)
    names = {name for name, _ in page.attributes}
    assert not page.tags & {"script", "link", "img", "iframe", "object", "a", "base", "b "}
    assert not names & {"src", "href", "srcset", "action", "data", "background"}
    assert not [name for name in names if name.startswith("on")]
    assert re.findall(r"https?:|//|url\(|@import", text.replace("</", "")) == []
    assert "default-src 'none'" in text
    assert "width=device-width" in text


def test_html_shows_what_went_wrong(report):
    page = Page(conformance.to_html(report))
    for shown in ("1 result not as the files say", "other bytes", "not one strict JSON value"):
        assert shown in page.text
    assert r"<script>alert(1)</script>\x1b[31m\u202e" + "\"'&" + r"\x00]]>" in page.text
    assert "the case is not of the form of its file" in page.text
    assert re.search(r"readme\.txt not looked at: its name does not end in \.json", page.text)


def test_html_shows_known_differences(differing):
    page = Page(conformance.to_html(differing))
    assert "Known differences" in page.text
    assert "a key is bound to its own alg, PS256, and the token's is PS384" in page.text
    assert "Unexpected" not in page.text


def test_reports_are_the_same_each_time(report):
    assert conformance.to_html(report) == conformance.to_html(report)
    assert conformance.to_json(report) == conformance.to_json(report)


def all_reports(report):
    return [
        conformance.to_html(report),
        conformance.to_junit(report).decode(),
        conformance.to_json(report).decode(),
    ]


def test_no_report_steers_a_terminal_or_a_page(report):
    for text in all_reports(report)[:2]:
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", text)
        assert "<script" not in text
        assert "<b>\\x1b" not in text
    assert b"\x1b" not in conformance.to_json(report)


def test_no_report_shows_a_secret(tmp_path):
    cases = [file for _, file, _ in samples.FORMS]
    wrong = [
        samples.changed(JWE, *TEST, "plaintext", to="00"),
        samples.changed(JWE, *TEST, "x", to=1),
    ]
    for count, file in enumerate([*cases, *wrong]):
        samples.write(tmp_path, file, f"{count}.json")
    for backend in conformance.BACKENDS:
        report = conformance.verify([tmp_path], conformance.backend(backend))
        assert report.count(Outcome.UNEXPECTED)
        secrets = [CANARY, CANARY.encode().hex(), samples.KEK["k"], samples.MAC_KEY["k"]]
        secrets += [samples.CEK.hex(), samples.TOKEN, *samples.TOKEN.split(".")]
        for text in [*all_reports(report), repr(report)]:
            assert [secret for secret in secrets if secret in text] == []


def test_what_a_file_says_of_itself_is_cut(tmp_path):
    file = samples.changed(JWE, *TEST, "comment", to="c" * 10_000)
    file["groups"][0]["tests"][0]["flags"] = [f"{number}" + "f" * 1000 for number in range(1000)]
    report = conformance.verify([samples.write(tmp_path, file)], conformance.backend("joseal"))
    result = report.files[0].results[0]
    assert len(result.comment) == MOST_TEXT + len("...")
    assert len(result.flags) == MOST_FLAGS
    assert {len(flag) for flag in result.flags} == {MOST_ID}
