"""The common part of all reports: results by flag, by reason, and the result of the whole run."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from joseal.conformance.model import Note
from joseal.conformance.running import FileReport, Outcome, Report, Result

NO_FLAG: Final = "(no flag)"


class FlagRow(NamedTuple):
    """The cases of one flag; the same name with a different description is a different flag."""

    flag: str
    note: Note
    files: int
    counts: Mapping[Outcome, int]


class ReasonRow(NamedTuple):
    """The cases that were not run, or differ, for one reason."""

    reason: str
    cases: list[tuple[FileReport, Result]]


def by_flag(report: Report) -> list[FlagRow]:
    """Count the results of each flag; a case of several flags counts in each of them."""
    groups: dict[tuple[str, str], list[tuple[FileReport, Result]]] = {}
    notes: dict[tuple[str, str], Note] = {}
    for file, result in results(report):
        for flag in result.flags or (NO_FLAG,):
            note = file.notes.get(flag, Note())
            groups.setdefault((flag, note.description), []).append((file, result))
            notes.setdefault((flag, note.description), note)
    return [_row(key, notes[key], cases) for key, cases in sorted(groups.items())]


def by_reason(report: Report, outcome: Outcome) -> list[ReasonRow]:
    """Group the cases of an outcome by their reason, the most frequent first."""
    rows: dict[str, list[tuple[FileReport, Result]]] = {}
    for file, result in results(report, outcome):
        rows.setdefault(result.reason, []).append((file, result))
    ordered = sorted(rows.items(), key=lambda row: (-len(row[1]), row[0]))
    return [ReasonRow(reason, cases) for reason, cases in ordered]


def results(report: Report, outcome: Outcome | None = None) -> Iterator[tuple[FileReport, Result]]:
    """Yield each result with its file: all, or those with one outcome."""
    for file in report.files:
        for result in file.results:
            if outcome is None or result.outcome is outcome:
                yield file, result


def has_run(report: Report) -> bool:
    """Tell whether any case was run at all."""
    return any(report.count(outcome) for outcome in Outcome if outcome is not Outcome.NOT_RUN)


def verdict(report: Report) -> str:
    """Sum up the run in one line."""
    unexpected, broken = report.count(Outcome.UNEXPECTED), sum(file.broken for file in report.files)
    if unexpected:
        return f"{_count(unexpected, 'result')} not as the files say"
    if broken:
        return f"{_count(broken, 'file')} that can't be read"
    if not has_run(report):
        return "No case was run"
    return "No unexpected result"


def left_out(report: Report) -> str:
    """Say what was not run, for a run that must leave nothing out; empty if there is nothing."""
    files, cases = len(report.unread), report.count(Outcome.NOT_RUN)
    parts = [
        *([f"{_count(files, 'file')} not read"] if files else []),
        *([f"{_count(cases, 'case')} not run"] if cases else []),
    ]
    return ", ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _row(key: tuple[str, str], note: Note, cases: list[tuple[FileReport, Result]]) -> FlagRow:
    counts = {outcome: sum(r.outcome is outcome for _, r in cases) for outcome in Outcome}
    return FlagRow(key[0], note, len({file.path for file, _ in cases}), counts)
