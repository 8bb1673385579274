"""Test vectors: read them in any of the known formats, run them, and report the results.

    >>> from pathlib import Path
    >>> from joseal import conformance
    >>> report = conformance.verify([Path("vectors")], conformance.backend("joseal"))

Rules:
- Every file and every case that is found is in the report: run, or not run for a named reason.
- A report contains names, numbers and fixed words: no key, no token, no plaintext.
- Whatever a file contains, reading and running it is bounded and raises nothing.

Source: vectors/README.md has joseal's own format and the origin of the others.
"""

from joseal.conformance.backends.command import ByCommand
from joseal.conformance.backends.registry import BACKENDS, Backend, backend, is_installed
from joseal.conformance.files import SHIPPED, verify
from joseal.conformance.origin import Origin
from joseal.conformance.reports.html_page import to_html
from joseal.conformance.reports.json_text import to_json
from joseal.conformance.reports.junit import to_junit
from joseal.conformance.running import FileReport, Outcome, Report, Result

__all__ = [
    "BACKENDS",
    "SHIPPED",
    "Backend",
    "ByCommand",
    "FileReport",
    "Origin",
    "Outcome",
    "Report",
    "Result",
    "backend",
    "is_installed",
    "to_html",
    "to_json",
    "to_junit",
    "verify",
]
