"""Check that the bill of materials names every dependency of a release, each with its licence.

Usage: python .ci/check_sbom.py FILE
"""

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def demanded() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {plain(re.split(r"[<>=\[;! ]", item)[0]) for item in project["dependencies"]}


def faults(bill: dict) -> list[str]:
    components = {plain(part["name"]): part for part in bill["components"]}
    found = [f"{name} is missing" for name in sorted(demanded() - components.keys())]
    for name, part in sorted(components.items()):
        found += [f"{name} has no {what}" for what in ("version", "licenses") if not part.get(what)]
    if bill["metadata"]["component"]["name"] != "joseal":
        found.append("the bill is not joseal's")
    return found


def main() -> int:
    bill = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    found = faults(bill)
    names = ", ".join(f"{part['name']} {part.get('version')}" for part in bill["components"])
    print(f"{bill['bomFormat']} {bill['specVersion']}: {names}", *found, sep="\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
