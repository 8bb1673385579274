"""What CI installs for its run at the lowest versions is what pyproject.toml promises."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
# The extras that a user installs to run something.
EXTRAS = {"cli", "pkcs11", "sandbox"}
# `test` is the one extra for work on joseal: the pip of a stable Debian reads no dependency groups.
DEVELOPMENT = {"test"}
GROUPS = {"test-kms", "bench", "docs", "fuzz", "lint"}
# They name the packages of clients that a caller brings: nothing in src/ imports them.
CLIENTS = {"aws", "azure", "gcp"}


def printed():
    program = [sys.executable, ROOT / ".ci" / "lowest_versions.py"]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_every_run_time_requirement_is_pinned_to_its_bound():
    asked = [*PROJECT["dependencies"]]
    for extra in EXTRAS:
        asked += PROJECT["optional-dependencies"][extra]
    assert sorted(printed()) == sorted(one.replace(">=", "==") for one in asked)
    assert len(asked) == len(set(asked)) > 10


def test_every_extra_is_either_for_running_or_for_development():
    assert set(PROJECT["optional-dependencies"]) == EXTRAS | DEVELOPMENT | CLIENTS


def test_groups_never_name_joseal_itself():
    """pip would take it from an index where the checkout is not named in the same command."""
    assert set(PYPROJECT["dependency-groups"]) == GROUPS
    items = [item for group in GROUPS for item in PYPROJECT["dependency-groups"][group]]
    assert not [item for item in items if isinstance(item, str) and item.startswith("joseal")]


def test_requirement_without_a_lower_bound_is_an_error(tmp_path):
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    name = PROJECT["dependencies"][0].partition(">=")[0]
    folder = tmp_path / ".ci"
    folder.mkdir()
    program = folder / "lowest_versions.py"
    program.write_text((ROOT / ".ci" / "lowest_versions.py").read_text("utf-8"), "utf-8")
    for unbound in (name, f"{name}<99", f"{name}>=1,<99"):
        bent = re.sub(rf'"{name}>=[0-9.]+"', f'"{unbound}"', text, count=1)
        (tmp_path / "pyproject.toml").write_text(bent, "utf-8")
        with pytest.raises(subprocess.CalledProcessError):
            subprocess.run([sys.executable, program], capture_output=True, check=True)


def test_ci_runs_the_tests_with_them():
    text = (ROOT / ".ci" / "run").read_text("utf-8")
    assert ".ci/lowest_versions.py" in text
    assert len(re.findall(r"\bmodes=\(.*\[3\.[0-9]+\]=lowest\b", text)) == 1
    assert re.search(r'if \[ "\$3" = lowest \]; then\n +constraints=\$work/lowest.txt\n', text)
    assert 'pip" install -c "$constraints" "${wheels[0]}[test]"' in text
