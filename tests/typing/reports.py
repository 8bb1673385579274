"""What is told about tokens and test vectors, as a type checker sees it."""

from collections import Counter
from pathlib import Path
from typing import Literal, assert_type

from joseal import conformance
from joseal.diagnosis import Cause, ProfileMatch, Segment, explain


def diagnosis(key: bytes) -> None:
    told = explain("a.b.c.d.e", expect="jws")
    assert_type(told.form, Literal["jwe", "jws", "unknown"])
    assert_type(told.causes, tuple[Cause, ...])
    assert_type(told.causes[0].code, str)
    assert_type(told.segments, tuple[Segment, ...])
    assert_type(told.segments[0].bytes, int | None)
    assert_type(told.header, tuple[tuple[str, str], ...])
    assert_type(told.profiles, tuple[ProfileMatch, ...])
    assert_type(str(told), str)
    explain(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    explain("a.b.c", expect="jwt")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    explain("a.b.c", key)  # type: ignore[call-arg, arg-type]  # pyright: ignore[reportCallIssue]
    told.form = "jwe"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def vectors(paths: list[Path]) -> None:
    report = conformance.verify(paths, conformance.backend("joseal"))
    assert_type(report, conformance.Report)
    assert_type(report.count(conformance.Outcome.PASSED), int)
    assert_type(report.reasons(conformance.Outcome.NOT_RUN), Counter[str])
    assert_type(report.files[0].results[0].outcome, conformance.Outcome)
    assert_type(conformance.to_html(report), str)
    assert_type(conformance.to_json(report), bytes)
    assert_type(conformance.to_junit(report), bytes)
    assert_type(conformance.is_installed("jwcrypto"), bool)
    conformance.verify(paths, "joseal")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    conformance.verify(["vectors"], conformance.backend("joseal"))  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    conformance.to_html(report.files)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    report.count("passed")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
