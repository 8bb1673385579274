"""A report as JUnit's XML, which CI servers show: a suite for each file, a case for each case.

An unexpected result is a failure; what was not run, or differs for a known reason, is skipped with
its reason; a file that can't be read is an error.

Source: the schema that Jenkins and GitLab read, `testsuites` of `testsuite` of `testcase`.
"""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

from joseal.conformance.files import visible
from joseal.conformance.running import FileReport, Outcome, Report, Result

_DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>'


def to_junit(report: Report) -> bytes:
    """Write the report as XML."""
    suites = "".join(_suite(file) for file in report.files)
    name = _attribute(f"joseal verify-vectors, {report.backend}")
    text = (
        f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites name={name}>\n{suites}</testsuites>\n'
    )
    return text.encode()


def _suite(file: FileReport) -> str:
    cases = "".join(_case(file, result) for result in file.results)
    failures, errors = file.count(Outcome.UNEXPECTED), int(file.broken)
    skipped = file.count(Outcome.NOT_RUN) + file.count(Outcome.DIFFERENT)
    if file.problem:
        kind = "error" if file.broken else "skipped"
        skipped += int(not file.broken)
        cases = f'<testcase name="file"><{kind} message={_attribute(file.problem)}/></testcase>\n'
    tests = len(file.results) or int(bool(file.problem))
    counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    return f"<testsuite name={_attribute(file.path)} {counts}>\n{cases}</testsuite>\n"


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
    """Quote a value; XML has no way to write most control characters, so they are made visible."""
    return quoteattr(visible(value))


def _text(value: str) -> str:
    return escape(visible(value))
