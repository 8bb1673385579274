"""A report as JSON: all results of all files, for programs to read.

The members of a result are those of `running.Result`.
"""

from msgspec.structs import asdict

from joseal._core.wire import strict_json
from joseal.conformance.reports.summary import verdict
from joseal.conformance.running import FileReport, Outcome, Report


def to_json(report: Report) -> bytes:
    """Write the report as one JSON object.

    Args:
        report: the result of `verify`.

    Returns:
        UTF-8 text.

    Raises:
        Nothing.

    Example:
        >>> from pathlib import Path
        >>> from joseal import conformance
        >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
        >>> size = Path("keys.json").write_text(text)
        >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
        >>> isinstance(conformance.to_json(report), bytes)
        True
    """
    return strict_json.write(members(report))


def members(report: Report) -> dict[str, object]:
    """Return the members of that object."""
    return {
        "backend": report.backend,
        "origin": asdict(report.origin),
        "verdict": verdict(report),
        "totals": _totals(report),
        "files": [_file(file) for file in report.files],
        "other_files": [*report.others],
    }


def _totals(counted: Report | FileReport) -> dict[str, int]:
    return {outcome.value: counted.count(outcome) for outcome in Outcome}


def _file(file: FileReport) -> dict[str, object]:
    results: list[object] = [{**asdict(result)} for result in file.results]
    return {
        "path": file.path,
        "sha256": file.sha256,
        "form": file.form,
        "problem": file.problem,
        "broken": file.broken,
        "totals": _totals(file),
        "notes": {name: asdict(note) for name, note in file.notes.items()},
        "results": results,
    }
