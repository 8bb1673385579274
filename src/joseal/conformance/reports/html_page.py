"""A report as one HTML page: no scripts, nothing fetched, readable on a phone and on paper.

Rules:
- Everything from a file is escaped where it is inserted, by `_t`.
- The page is a function of the report alone: the same report gives the same page.
"""

from html import escape
from typing import Final

from joseal.conformance.files import visible
from joseal.conformance.reports.html_style import STYLE
from joseal.conformance.reports.summary import (
    FlagRow,
    ReasonRow,
    by_flag,
    by_reason,
    results,
    verdict,
)
from joseal.conformance.running import FileReport, Outcome, Report, Result

_CLASSES: Final = {
    Outcome.PASSED: "ok",
    Outcome.UNEXPECTED: "bad",
    Outcome.DIFFERENT: "known",
    Outcome.NOT_RUN: "skip",
}
_OTHER: Final = "not looked at: its name does not end in .json"
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_PEER: Final = (
    "Files have rules of their own, stricter ones than the RFCs among them. A result that is not "
    "the file's is shown as it came, and is not a judgment on a library."
)


_KNOWN: Final = (
    "joseal does otherwise than these cases say, on purpose, and knows it before they are run. If "
    "it did as the file says, that would be unexpected."
)


def to_html(report: Report) -> str:
    """Write the report as a page.

    Args:
        report: the result of `verify`.

    Returns:
        One page, without scripts.

    Raises:
        Nothing.

    Example:
        >>> from pathlib import Path
        >>> from joseal import conformance
        >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
        >>> size = Path("keys.json").write_text(text)
        >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
        >>> isinstance(conformance.to_html(report), str)
        True
    """
    parts = (
        _head(report),
        _tiles(report),
        _unexpected(report),
        _reasons(report, Outcome.DIFFERENT, "Known differences", _KNOWN),
        _reasons(report, Outcome.NOT_RUN, "Not run", "Every case that is not run has a reason."),
        _flags(report),
        _files(report),
        _problems(report),
        _origin(report),
    )
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_t(verdict(report))}: test vectors, {_t(report.backend)}</title>\n"
        f"<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _t(value: str) -> str:
    """Escape a text for HTML, and make characters visible that could change the text direction."""
    return escape(visible(value))


def _head(report: Report) -> str:
    cases = sum(len(file.results) for file in report.files)
    read = sum(not file.problem for file in report.files)
    good = verdict(report) == "No unexpected result"
    note = "" if report.backend.startswith("joseal") else f"<p>{_PEER}</p>\n"
    return (
        f'<header class="{"good" if good else "alarm"}">\n'
        f"<p class=kicker>Test vectors, run by {_t(report.backend)}</p>\n"
        f"<h1>{_t(verdict(report))}</h1>\n"
        f"<p>{cases:,} cases in {read:,} files.</p>\n{note}</header>"
    )


def _tiles(report: Report) -> str:
    tiles = "".join(
        f'<li class="{_class(outcome, report.count(outcome))}">'
        f"<b>{report.count(outcome):,}</b> {outcome}</li>\n"
        for outcome in Outcome
    )
    return f"<ul class=tiles>\n{tiles}</ul>"


def _class(outcome: Outcome, count: int) -> str:
    return _CLASSES[outcome] if count else "none"


def _unexpected(report: Report) -> str:
    rows = "".join(_case(file, result) for file, result in results(report, Outcome.UNEXPECTED))
    if not rows:
        return ""
    return f"<section>\n<h2>Unexpected</h2>\n<ol class=cases>\n{rows}</ol>\n</section>"


def _case(file: FileReport, result: Result) -> str:
    reason = f"<p>{_t(result.reason)}</p>" if result.reason else ""
    return (
        f"<li><p><b>{_t(result.id)}</b> {_t(result.comment)}</p>"
        f"<p class=dim>{_t(file.path)}{_flag_names(result)}</p>"
        f"<p>expected <code>{_t(result.expected)}</code>, got <code>{_t(result.got)}</code></p>"
        f"{reason}</li>\n"
    )


def _flag_names(result: Result) -> str:
    return "".join(f" &middot; {_t(flag)}" for flag in result.flags)


def _bar(counts: dict[Outcome, int]) -> str:
    """Draw the counts as one bar; the numbers are next to it."""
    whole = sum(counts.values()) or 1
    parts = "".join(
        f'<i class="{_CLASSES[outcome]}" style="flex-grow:{count / whole:.4f}"></i>'
        for outcome, count in counts.items()
        if count
    )
    return f'<span class=bar aria-hidden="true">{parts}</span>'


def _numbers(counts: dict[Outcome, int]) -> str:
    return "".join(
        f'<td class="n {_class(outcome, count)}" data-name="{outcome}">{count:,}</td>'
        for outcome, count in counts.items()
    )


def _table(heading: str, first: str, rows: str) -> str:
    names = "".join(f"<th>{outcome}</th>" for outcome in Outcome)
    return (
        f"<section>\n<h2>{heading}</h2>\n<table>\n"
        f"<thead><tr><th>{first}</th><th></th>{names}</tr></thead>\n"
        f"<tbody>\n{rows}</tbody>\n</table>\n</section>"
    )


def _files(report: Report) -> str:
    rows = "".join(_file(file) for file in report.files if not file.problem)
    return _table("By file", "file", rows) if rows else ""


def _file(file: FileReport) -> str:
    counts = {outcome: file.count(outcome) for outcome in Outcome}
    folder, _, name = file.path.rpartition("/")
    place = f"{_t(folder)}: " if folder else ""
    return (
        f"<tr><th scope=row>{_t(name)}<span class=dim>{place}{_t(file.form)}</span></th>"
        f"<td class=chart>{_bar(counts)}</td>{_numbers(counts)}</tr>\n"
    )


def _flags(report: Report) -> str:
    rows = "".join(_flag(row) for row in by_flag(report))
    return _table("By flag", "flag", rows) if rows else ""


def _flag(row: FlagRow) -> str:
    counts = dict(row.counts)
    refs = "".join(f"<li>{_t(ref)}</li>" for ref in row.note.refs)
    bug = f" <em>{_t(row.note.bug)}</em>" if row.note.bug else ""
    about = f"<p>{_t(row.note.description)}</p>" if row.note.description else ""
    shown = f"<ul class=refs>{refs}</ul>" if refs else ""
    return (
        f"<tr><th scope=row>{_t(row.flag)}{bug}<div class=dim>{about}{shown}</div></th>"
        f"<td class=chart>{_bar(counts)}</td>{_numbers(counts)}</tr>\n"
    )


def _reasons(report: Report, outcome: Outcome, heading: str, text: str) -> str:
    rows = "".join(_reason(row) for row in by_reason(report, outcome))
    if not rows:
        return ""
    return f"<section>\n<h2>{heading}</h2>\n<p>{text}</p>\n{rows}</section>"


def _reason(row: ReasonRow) -> str:
    files: dict[str, list[Result]] = {}
    for file, result in row.cases:
        files.setdefault(file.path, []).append(result)
    rows = "".join(_where(path, found) for path, found in files.items())
    return (
        f"<details><summary><b>{len(row.cases):,}</b> {_t(row.reason)}</summary>\n"
        f"<ul class=where>\n{rows}</ul></details>\n"
    )


def _where(path: str, found: list[Result]) -> str:
    names = ", ".join(_t(result.id) for result in found)
    return f"<li><span>{_t(path)}</span> <span class=dim>{names}</span></li>\n"


def _problems(report: Report) -> str:
    rows = "".join(
        f'<li class="{"bad" if file.broken else "skip"}">{_t(file.path)} '
        f"<span class=dim>{_t(file.problem)}</span></li>\n"
        for file in report.files
        if file.problem
    )
    if not rows and not report.others:
        return ""
    rows += "".join(
        f"<li class=skip>{_t(path)} <span class=dim>{_OTHER}</span></li>\n"
        for path in report.others
    )
    shown = f"<ul class=where>\n{rows}</ul>\n" if rows else ""
    return f"<section>\n<h2>Files without vectors</h2>\n{shown}</section>"


def _origin(report: Report) -> str:
    """Say when and by which versions it was made, and from which bytes."""
    made = "".join(
        f"<tr><th scope=row>{_t(name)}</th><td>{_t(value)}</td></tr>\n"
        for name, value in report.origin.rows()
    )
    hashes = "".join(
        f"<li>{_t(file.path)}<br><code>{file.sha256}</code></li>\n"
        for file in report.files
        if file.sha256
    )
    return (
        f"<section>\n<h2>How it was made</h2>\n<table><tbody>\n{made}</tbody></table>\n"
        f"<details><summary>SHA-256 of each file</summary>\n<ul class=where>\n{hashes}</ul>"
        "</details>\n</section>"
    )
