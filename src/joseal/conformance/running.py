"""Run cases and judge the results.

Rules:
- Every case ends as one of four outcomes; none is dropped.
- A difference counts as intentional only if the table or the case's inputs said so before it was
  run.
- Where a peer differs from a file, that is shown as it is: files have their own rules.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from joseal.conformance.backends.registry import Backend
from joseal.conformance.model import (
    Answer,
    Case,
    Expected,
    Lacking,
    Note,
    NotRun,
    Output,
    Refusal,
    Silent,
)
from joseal.conformance.origin import Origin
from joseal.errors import InvalidKeyError


class Outcome(StrEnum):
    """The result of a case. A known difference is intentional, and joseal explains it.

    Example:
        >>> from joseal.conformance import Outcome
        >>> Outcome.PASSED in Outcome
        True
    """

    PASSED = "passed"
    UNEXPECTED = "unexpected"
    DIFFERENT = "known difference"
    NOT_RUN = "not run"


class Result(Struct, frozen=True):
    """A report's entry for one case, without any of its bytes.

    Attributes:
        id: the case's name in the file.
        comment: the file's comment on it.
        flags: the names of the file's notes that it belongs to.
        outcome: how it ended.
        expected: what the file says, in words.
        got: the actual result, in words.
        reason: why it was not run, or why it differs on purpose.

    Example:
        >>> from pathlib import Path
        >>> from joseal import conformance
        >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
        >>> size = Path("keys.json").write_text(text)
        >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
        >>> [result.id for file in report.files for result in file.results if not result.expected]
        []
    """

    id: str
    comment: str
    flags: tuple[str, ...]
    outcome: Outcome
    expected: str
    got: str
    reason: str = ""


class FileReport(Struct, frozen=True):
    """A report's entry for one file.

    Attributes:
        path: the file's name, printable.
        form: its format; empty if there are no vectors in it.
        results: one for each case.
        notes: what the file says about its flags.
        problem: why the file was not read.
        broken: whether that is a fault, and not just a different kind of file.
        sha256: the hash of the file's bytes, in hex; empty if they could not be read.

    Example:
        >>> from pathlib import Path
        >>> from joseal import conformance
        >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
        >>> size = Path("keys.json").write_text(text)
        >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
        >>> report.files[0].path
        'keys.json'
    """

    path: str
    form: str = ""
    results: tuple[Result, ...] = ()
    notes: Mapping[str, Note] = {}
    problem: str = ""
    broken: bool = False
    sha256: str = ""

    def count(self, outcome: Outcome) -> int:
        """Count the cases with an outcome.

        Args:
            outcome: the outcome to count.

        Returns:
            The number of cases of this file.

        Raises:
            Nothing.

        Example:
            >>> from pathlib import Path
            >>> from joseal import conformance
            >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
            >>> size = Path("keys.json").write_text(text)
            >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
            >>> report.files[0].count(conformance.Outcome.UNEXPECTED)
            0
        """
        return sum(result.outcome is outcome for result in self.results)


class Report(Struct, frozen=True):
    """The results for all files.

    Attributes:
        backend: the tested library, with its version.
        files: one for each file, in the order in which they were found.
        others: the files that were not looked at, because their names don't end in `.json`.
        origin: when it was made, and by which versions.

    Example:
        >>> from pathlib import Path
        >>> from joseal import conformance
        >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
        >>> size = Path("keys.json").write_text(text)
        >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
        >>> len(report.files), report.others
        (1, ())
    """

    backend: str
    files: tuple[FileReport, ...]
    others: tuple[str, ...] = ()
    origin: Origin = Origin()

    @property
    def unread(self) -> tuple[str, ...]:
        """The files of which no case was run: those with other names, or of no known format."""
        return (*(file.path for file in self.files if file.problem), *self.others)

    def count(self, outcome: Outcome) -> int:
        """Count the cases with an outcome.

        Args:
            outcome: the outcome to count.

        Returns:
            The number of cases in all files.

        Raises:
            Nothing.

        Example:
            >>> from pathlib import Path
            >>> from joseal import conformance
            >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
            >>> size = Path("keys.json").write_text(text)
            >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
            >>> report.count(conformance.Outcome.UNEXPECTED)
            0
        """
        return sum(file.count(outcome) for file in self.files)

    def reasons(self, outcome: Outcome) -> Counter[str]:
        """Count the reasons of the cases with an outcome.

        Args:
            outcome: the outcome to count.

        Returns:
            Each reason, with the number of its cases.

        Raises:
            Nothing.

        Example:
            >>> from pathlib import Path
            >>> from joseal import conformance
            >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
            >>> size = Path("keys.json").write_text(text)
            >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
            >>> report.reasons(conformance.Outcome.UNEXPECTED)
            Counter()
        """
        return Counter(
            result.reason
            for file in self.files
            for result in file.results
            if result.outcome is outcome
        )


def run(cases: Iterable[Case], backend: Backend) -> tuple[Result, ...]:
    """Run cases, in their order."""
    return tuple(_result(case, backend) for case in cases)


def _result(case: Case, backend: Backend) -> Result:
    task = case.task
    answer = Lacking(task.reason) if isinstance(task, NotRun) else backend.run(task)
    outcome, reason = _judge(case, answer, own=backend.is_joseal)
    words = (case.expected.say(), _say(case.expected, answer))
    return Result(case.id, case.comment, case.flags, outcome, *words, reason)


def _judge(case: Case, answer: Answer, *, own: bool) -> tuple[Outcome, str]:
    if isinstance(answer, Silent) or (isinstance(answer, Lacking) and not answer.refused):
        missing = isinstance(answer, Lacking)
        return Outcome.NOT_RUN if missing else Outcome.UNEXPECTED, answer.reason
    agrees, opened = _agrees(case.expected, answer, own=own), isinstance(answer, Output)
    if case.different is not None:
        if opened is not case.expected.opens:
            return Outcome.DIFFERENT, case.different
        if own:
            return Outcome.UNEXPECTED, "listed as a known difference, but it is none"
    if agrees:
        return Outcome.PASSED, ""
    if isinstance(answer, Lacking):
        return Outcome.NOT_RUN, answer.reason
    return Outcome.UNEXPECTED, ""


def _agrees(expected: Expected, answer: Answer, *, own: bool) -> bool:
    if isinstance(answer, Output):
        return _fits(expected, answer)
    if expected.opens:
        return expected.may_refuse
    code = answer.code if isinstance(answer, Refusal) else InvalidKeyError.code
    return expected.code is None or not own or code == expected.code


def _fits(expected: Expected, answer: Output) -> bool:
    if not expected.opens:
        # An empty message is not a secret that could leak.
        return expected.but_not == b"" or expected.but_not not in {None, answer.raw}
    return _same_bytes(expected, answer) and _same_told(expected, answer)


def _same_bytes(expected: Expected, answer: Output) -> bool:
    return expected.any_output or answer.raw == expected.output


def _same_told(expected: Expected, answer: Output) -> bool:
    if expected.told is None or answer.told is None:
        return True
    # Mappings are equal in any order, but the order of a header is part of what is protected.
    return expected.told == answer.told and list(expected.told) == list(answer.told)


def _say(expected: Expected, answer: Answer) -> str:
    """Describe the result in words, without any of its bytes."""
    if isinstance(answer, Lacking):
        return InvalidKeyError.code if answer.refused else ""
    if isinstance(answer, Silent):
        return "no answer"
    if isinstance(answer, Refusal):
        return f"{answer.code}: {answer.detail}" if answer.detail else answer.code
    if not expected.opens or _fits(expected, answer):
        return "ok"
    return "other members" if _same_bytes(expected, answer) else "other bytes"
