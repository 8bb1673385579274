"""`joseal verify-vectors`: run test vectors, and report the results."""

import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import click

from joseal import conformance
from joseal.cli import exit_codes, files, help_pages, json_output, options
from joseal.cli.console import Page
from joseal.conformance import FileReport, Outcome, Report
from joseal.conformance.files import visible
from joseal.conformance.reports.json_text import members
from joseal.conformance.reports.summary import (
    FlagRow,
    by_flag,
    by_reason,
    has_run,
    left_out,
    results,
    verdict,
)

# A report file has all of them.
_MOST_SHOWN: Final = 20
_OTHER: Final = "not looked at: its name does not end in .json"
_LINE: Final = 79
# Without escapes, for NO_COLOR and for logs.
_CLEAR: Final = f"\r{' ' * _LINE}\r"
_SHORT: Final = {
    Outcome.PASSED: "passed",
    Outcome.UNEXPECTED: "unexpected",
    Outcome.DIFFERENT: "known",
    Outcome.NOT_RUN: "not run",
}


def _output(name: str, text: str) -> click.Option:
    return click.Option(
        [name, f"{name.strip('-')}_path"], type=options.PATH, metavar="FILE", help=text
    )


@help_pages.command(
    params=[
        click.Argument(["paths"], nargs=-1, type=options.PATH, metavar="[PATH...]"),
        click.Option(
            ["--backend"],
            default="joseal",
            show_default=True,
            type=click.Choice(list(conformance.BACKENDS)),
            help="The library that runs the vectors.",
        ),
        click.Option(
            ["--exec", "exec_words"],
            metavar="COMMAND",
            help="A command that runs them instead; it gets requests on standard input.",
        ),
        click.Option(
            ["--exec-timeout"],
            type=click.FloatRange(min=0, min_open=True),
            default=10.0,
            show_default=True,
            metavar="SECONDS",
            help="The time that the command has for each case.",
        ),
        click.Option(
            ["--strict"], is_flag=True, help="Fail if a file is not read, or a case not run."
        ),
        _output("--junit", "Write all results as JUnit's XML."),
        _output("--html", "Write a page that needs nothing else."),
        options.json_flag(),
    ],
    examples=(
        "joseal verify-vectors vectors/ --html report.html",
        "joseal verify-vectors --backend jwcrypto --json vectors/jws.json",
        "joseal verify-vectors --exec 'python3 adapter.py' --strict",
    ),
    exits=(exit_codes.Exit.TOKEN,),
)
def command(
    *,
    paths: tuple[Path, ...],
    backend: str,
    exec_words: str | None,
    exec_timeout: float,
    strict: bool,
    junit_path: Path | None,
    html_path: Path | None,
    as_json: bool,
) -> None:
    """Run test vectors, and report the results.

    PATH is a file, or a directory of *.json files. Without a PATH, a few vectors that come with
    joseal are run. The content decides the format: joseal's own, Wycheproof's, the RFC 7520
    cookbook's, JWK Sets, and plain lists of tokens. Each case passed, failed, differs for a known
    reason, or was not run for a named one. No report contains a key, a token or a plaintext. The
    reports of --json, --junit and --html name the time, the versions, and the SHA-256 of each file.

    --exec starts your own command, without a shell, and asks it in JSON, with one line for each
    case. The reference of joseal.conformance has the protocol, and an adapter to begin with.

    The status is 1 if a result is not the one in its file. It is 4 if a file can't be read or is
    not JSON, if a named file has no vectors, or if nothing was run. With --strict it is also 4 if
    anything was left out.

    With --json: {"backend": TEXT, "origin": OBJECT, "verdict": TEXT, "totals": OBJECT, "files":
    [{"path": TEXT, "sha256": TEXT, "totals": OBJECT, "results": LIST, and more}], "other_files":
    LIST}.
    """
    if as_json and files.STANDARD in (junit_path, html_path):
        raise click.UsageError("only one report can go to standard output")
    report = _run(paths or (conformance.SHIPPED,), backend, exec_words, exec_timeout)
    if junit_path is not None:
        files.write(junit_path, conformance.to_junit(report), private=False)
    if html_path is not None:
        files.write(html_path, conformance.to_html(report).encode(), private=False)
    if as_json:
        files.write(files.STANDARD, json_output.line(members(report)), private=False)
    elif files.STANDARD not in (junit_path, html_path):
        show(Page(), report)
    _end(report, strict=strict)


def _run(paths: tuple[Path, ...], name: str, words: str | None, timeout: float) -> Report:
    """Return a library or a command as backend.

    Raises:
        FailureError: the library is not installed.
        UsageError: the command is not valid.
    """
    on_file = _progress()
    try:
        if words is None:
            report = conformance.verify(paths, _library(name), on_file=on_file)
        else:
            with contextlib.closing(_command(words, timeout)) as asked:
                report = conformance.verify(paths, asked, on_file=on_file)
    finally:
        if on_file is not None:
            click.echo(_CLEAR, err=True, nl=False)
    return report


def _library(name: str) -> conformance.Backend:
    if not conformance.is_installed(name):
        text = f"this backend needs: pip install {conformance.BACKENDS[name]}"
        raise exit_codes.FailureError("missing", text, exit_codes.Exit.USAGE)
    return conformance.backend(name)


def _command(words: str, timeout: float) -> conformance.ByCommand:
    try:
        return conformance.ByCommand(words, timeout=timeout)
    except ValueError as error:
        reason = str(error)
    raise click.UsageError(f"--exec: {reason}")


def _progress() -> Callable[[str], None] | None:
    """Show the name of each file on standard error while it is run, if that is a terminal."""
    return _name_file if sys.stderr.isatty() else None


def _name_file(name: str) -> None:
    click.echo(f"{_CLEAR}{plain(name)[-_LINE:]}", err=True, nl=False)


def _end(report: Report, *, strict: bool) -> None:
    """Fail if the report does.

    Raises:
        FailureError: a result was unexpected, a file can't be read, or nothing was run; or, with
            `strict`, something was left out.
    """
    if report.count(Outcome.UNEXPECTED):
        raise exit_codes.FailureError("unexpected", verdict(report), exit_codes.Exit.TOKEN)
    if any(file.broken for file in report.files) or not has_run(report):
        raise exit_codes.FailureError("file", verdict(report), exit_codes.Exit.FILE)
    if strict and left_out(report):
        raise exit_codes.FailureError("left_out", left_out(report), exit_codes.Exit.FILE)


def plain(text: str) -> str:
    """Write a text from a file so that it can't control a terminal: printable ASCII."""
    return visible(text).encode("ascii", "backslashreplace").decode("ascii")


def show(page: Page, report: Report) -> None:
    """Print the tables, and the verdict last, where it is easy to see."""
    page.title("By file")
    page.table(("file", *_SHORT.values()), [_file_row(file) for file in report.files if file.form])
    page.title("By flag")
    page.table(("flag", *_SHORT.values()), [_flag_row(row) for row in by_flag(report)])
    for outcome in (Outcome.DIFFERENT, Outcome.NOT_RUN):
        _show_reasons(page, report, outcome)
    _show_files(page, report)
    _show_unexpected(page, report)
    page.title(f"{verdict(report)}: {plain(report.backend)}")
    page.rows((outcome.value, f"{report.count(outcome):,}") for outcome in Outcome)


def _file_row(file: FileReport) -> tuple[str | int, ...]:
    return plain(file.path), *(file.count(outcome) for outcome in _SHORT)


def _flag_row(row: FlagRow) -> tuple[str | int, ...]:
    return plain(row.flag), *(row.counts[outcome] for outcome in _SHORT)


def _show_reasons(page: Page, report: Report, outcome: Outcome) -> None:
    rows = by_reason(report, outcome)
    if rows:
        page.title(outcome.value.capitalize())
        page.rows((f"{len(row.cases):,}", plain(row.reason)) for row in rows)


def _show_files(page: Page, report: Report) -> None:
    """List the files of which nothing was run, those with a fault first."""
    problems = [file for file in report.files if file.problem]
    broken = [(file.path, file.problem) for file in problems if file.broken]
    empty = [(file.path, file.problem) for file in problems if not file.broken]
    empty += [(path, _OTHER) for path in report.others]
    _show_paths(page, "Files that can't be read", broken)
    _show_paths(page, "Files without vectors", empty)


def _show_paths(page: Page, title: str, rows: Sequence[tuple[str, str]]) -> None:
    if rows:
        page.title(title)
    for path, reason in rows[:_MOST_SHOWN]:
        page.say(f"{plain(path)}: {reason}")
    if len(rows) > _MOST_SHOWN:
        page.say(f"and {len(rows) - _MOST_SHOWN:,} more: --json, --junit or --html has them all")


def _show_unexpected(page: Page, report: Report) -> None:
    found = list(results(report, Outcome.UNEXPECTED))
    if found:
        page.title("Unexpected")
    for file, result in found[:_MOST_SHOWN]:
        page.say(plain(f"{file.path}: {result.id} {result.comment}"))
        reason = f" ({result.reason})" if result.reason else ""
        page.say(plain(f"   expected {result.expected}, got {result.got}{reason}"))
    if len(found) > _MOST_SHOWN:
        page.say(f"and {len(found) - _MOST_SHOWN:,} more: --json, --junit or --html has them all")
