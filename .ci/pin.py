"""Print the tools of CI as a requirements file, each with its version and its SHA-256.

Usage: python .ci/pin.py [GROUP...] > .ci/requirements.txt

It asks pip what it would install for the extra `test` and for dependency groups (`lint` unless
given), with this interpreter and on this platform, and installs nothing. The file serves that
version of Python and platform alone. pip has to be 25.1 or later, which reads dependency groups.
"""

import json
import platform
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def resolved(groups: list[str]) -> list[dict]:
    """Return what pip would install, but for joseal itself."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"),
            *("--ignore-installed", "--report", "-", f"{ROOT}[test]"),
            *(f"--group={ROOT / 'pyproject.toml'}:{group}" for group in groups),
        ],
        check=True,
        capture_output=True,
    )
    found = json.loads(done.stdout)["install"]
    return [item for item in found if plain(item["metadata"]["name"]) != "joseal"]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def lines(items: list[dict]) -> list[str]:
    """Write each requirement in the order of the names. One without a SHA-256 is an error."""
    found = {
        plain(item["metadata"]["name"]): (
            item["metadata"]["version"],
            item["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for item in items
    }
    return [
        f"{name}=={version} \\\n    --hash=sha256:{digest}"
        for name, (version, digest) in sorted(found.items())
    ]


def main() -> int:
    groups = sys.argv[1:] or ["lint"]
    version = ".".join(platform.python_version_tuple()[:2])
    place = f"Python {version} on {sysconfig.get_platform()}"
    print(f"# For {place}; made by .ci/pin.py {' '.join(groups)}")
    print(*lines(resolved(groups)), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
