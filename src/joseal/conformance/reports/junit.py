"""A report as JUnit's XML, which CI servers show: a suite for each file, a case for each case.

An unexpected result is a failure; a case that was not run, or differs for a known reason, is
skipped with its reason; a file that can't be read is an error.

Source: the schema that Jenkins and GitLab read, `testsuites` of `testsuite` of `testcase`.
"""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from joseal.conformance.files import visible
from joseal.conformance.running import FileReport, Outcome, Report, Result

_DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>'
_NOT_READ: Final = "not looked at: its name does not end in .json"


def to_junit(report: Report) -> bytes:
    """Write the report as XML.

    Args:
        report: the result of `verify`.

    Returns:
        UTF-8 text, as readers of JUnit XML expect it.

    Raises:
        Nothing.

    Example:
        >>> from pathlib import Path
        >>> from joseal import conformance
        >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
        >>> size = Path("keys.json").write_text(text)
        >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
        >>> isinstance(conformance.to_junit(report), bytes)
        True
    """
    made = report.origin.rows()
    suites = "".join(_suite(file, made) for file in report.files)
    suites += "".join(_unread(path) for path in report.others)
    name = _attribute(f"joseal verify-vectors, {report.backend}")
    text = (
        f"{_DECLARATION}\n<testsuites name={name} timestamp={_attribute(report.origin.date)}>\n"
        f"{suites}</testsuites>\n"
    )
    return text.encode()


def _unread(path: str) -> str:
    """Report a file as not looked at."""
    case = f'<testcase name="file"><skipped message={_attribute(_NOT_READ)}/></testcase>'
    counts = 'tests="1" failures="0" errors="0" skipped="1"'
    return f"<testsuite name={_attribute(path)} {counts}>\n{case}\n</testsuite>\n"


def _properties(file: FileReport, made: Sequence[tuple[str, str]]) -> str:
    """Write versions and the hash of the file; the schema has a place for them only in a suite."""
    rows = "".join(
        f"<property name={_attribute(name)} value={_attribute(value)}/>\n"
        for name, value in (*made, ("sha256", file.sha256))
    )
    return f"<properties>\n{rows}</properties>\n"


def _suite(file: FileReport, made: Sequence[tuple[str, str]]) -> str:
    cases = "".join(_case(file, result) for result in file.results)
    failures, errors = file.count(Outcome.UNEXPECTED), int(file.broken)
    skipped = file.count(Outcome.NOT_RUN) + file.count(Outcome.DIFFERENT)
    if file.problem:
        kind = "error" if file.broken else "skipped"
        skipped += int(not file.broken)
        cases = f'<testcase name="file"><{kind} message={_attribute(file.problem)}/></testcase>\n'
    tests = len(file.results) or int(bool(file.problem))
    counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    opened = f"<testsuite name={_attribute(file.path)} {counts}>"
    return f"{opened}\n{_properties(file, made)}{cases}</testsuite>\n"


def _case(file: FileReport, result: Result) -> str:
    name = _attribute(f"{result.id} {result.comment}".strip())
    opened = f"<testcase classname={_attribute(file.path)} name={name}"
    if result.outcome is Outcome.PASSED:
        return f"{opened}/>\n"
    if result.outcome is Outcome.UNEXPECTED:
        message = _attribute(f"expected: {result.expected}; got: {result.got}")
        reason = _text(result.reason)
        return f"{opened}><failure message={message}>{reason}</failure></testcase>\n"
    message = _attribute(f"{result.outcome}: {result.reason}")
    return f"{opened}><skipped message={message}/></testcase>\n"


def _attribute(value: str) -> str:
    """Quote a value; XML can't represent most control characters, so they are made visible."""
    return quoteattr(visible(value))


def _text(value: str) -> str:
    return escape(visible(value))
