"""A plugin of pytest that runs tests under OpenSSL's FIPS provider.

    JOSEAL_FIPS=FOLDER python -m pytest -p tests.fips.plugin tests/core/jwe

FOLDER is that of `tests.fips`. The run fails where it has no provider.

`APART` has the files and tests that can show nothing under a provider, with the reason.

Many tests make their own tokens with what the provider lacks, such as X25519. Such a test is skipped
with that reason: where the test's own code asks `cryptography` for it, or where joseal refuses a key
or an object with the text that says so. An exception of `cryptography` that comes out of joseal is a
failure like any other, and so is a refusal with another text.
"""

import os
import traceback
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.fips.provider import load

VERSION = load(Path(os.environ["JOSEAL_FIPS"]))

# Imported after the provider was loaded.
import cryptography  # noqa: E402
from cryptography.exceptions import InternalError, UnsupportedAlgorithm  # noqa: E402
from tests.helpers.rows import Offenders  # noqa: E402

import joseal  # noqa: E402

LACKS = "the FIPS provider lacks what the test asks for"
PASSED: set[str] = set()
PACKAGE = str(Path(joseal.__file__).parent)
CRYPTOGRAPHY = str(Path(cryptography.__file__).parent)


# Files and tests that have nothing to show here, by the reason.
APART = {
    "PKCS#12 derives its keys by RFC 7292 appendix B, which is not approved": (
        "tests/core/keys/formats/test_pkcs12.py",
    ),
    "its keys have the traditional encryption of OpenSSL, which is not approved": (
        "tests/core/keys/classifier/test_classify.py",
        "tests/core/keys/formats/test_panics.py",
    ),
    "its module makes X25519 or X448 keys for all of its tests": (
        "tests/core/keys/test_curve_keys.py",
        "tests/core/keys/test_export.py",
        "tests/core/algorithms/test_curves.py",
    ),
    "it calls functions below the check of what OpenSSL supports": (
        "tests/core/algorithms/test_chacha.py",
        "tests/core/algorithms/test_content_encryption.py",
        "tests/core/jwe/test_assembly.py::test_chunks_begin_at_64_kibibytes_for_all_but_the_drafts",
        "tests/core/keys/test_validate.py::test_good_point_loads",
        "tests/core/keys/test_validate.py::test_private_key_of_another_size_is_refused",
        "tests/core/keys/formats/test_pem.py::test_private_key_in_pem_is_loaded",
        "tests/core/keys/formats/test_pem.py::test_pem_is_refused_when_it_is_loaded",
    ),
    "what the provider lacks is refused before what it asks for": (
        "tests/core/test_policy.py::test_policy_binds_",
        "tests/core/keys/test_support.py::test_agreement_that_is_missing_is_refused",
        "tests/core/keys/test_external.py::test_point_of_low_order_is_no_public_half",
        "tests/core/keys/test_fully_specified.py::test_policies_say_what_to_use_instead",
        "tests/core/jwe/test_hpke.py::test_apu_and_apv_are_not_for_hpke",
    ),
}


def apart(nodeid: str) -> str | None:
    """Return the reason why a file or a test is apart, or None."""
    return next((why for why, names in APART.items() if nodeid.startswith(names)), None)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the files that are apart."""
    return True if apart(collection_path.relative_to(Path.cwd()).as_posix()) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that are apart, with their reason."""
    for item in items:
        why = apart(item.nodeid)
        if why is not None:
            item.add_marker(pytest.mark.skip(reason=why))


def pytest_configure() -> None:
    """Refuse to run without the provider, and where a name in `APART` is gone."""
    for names in APART.values():
        for path, _, test in (name.partition("::") for name in names):
            if (
                f"def {test}" not in Path(path).read_text("utf-8")
                if test
                else not Path(path).is_file()
            ):
                pytest.exit(f"{path}::{test} is in APART, and is not there", returncode=1)
    if not VERSION:
        pytest.exit("no FIPS provider can be loaded: JOSEAL_FIPS names its folder", returncode=3)


def pytest_report_header() -> str:
    """Say what runs, and what does not."""
    files = "; ".join(
        f"{', '.join(Path(name).name for name in names if '::' not in name)}: {why}"
        for why, names in APART.items()
        if any("::" not in name for name in names)
    )
    return f"FIPS provider of {os.environ['JOSEAL_FIPS']} under {VERSION}\nnot run: {files}"


def lacks(error: BaseException) -> bool:
    """Tell whether an exception is that of a provider which lacks something, and not joseal's fault."""
    if isinstance(error, Offenders):
        return all(map(lacks, error.exceptions))
    if isinstance(error, joseal.InvalidKeyError):
        return "does not support" in str(error)
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    if any(file.startswith(PACKAGE) for file in files):
        return False
    # ValueError is what cryptography says of a seed for which there is no algorithm.
    from_cryptography = files[-1].startswith(CRYPTOGRAPHY) and isinstance(error, ValueError)
    return from_cryptography or isinstance(error, UnsupportedAlgorithm | InternalError)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn what the provider lacks into a skip that says so."""
    report = yield
    if report.failed and call.excinfo is not None and lacks(call.excinfo.value):
        report.outcome = "skipped"
        report.longrepr = (str(report.fspath), 0, LACKS)
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what passes, in the process that has all reports."""
    if report.passed and report.when == "call":
        PASSED.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where nothing but skips is left: that is a fault of this plugin."""
    if not (PASSED or hasattr(session.config, "workerinput") or session.config.option.collectonly):
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
