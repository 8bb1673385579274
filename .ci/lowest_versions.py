"""Print pip constraints that pin what pyproject.toml asks for at run time to its lowest version.

    python .ci/lowest_versions.py >lowest.txt
    pip install -c lowest.txt -e '.[test]'

A bound promises that joseal works from there on, so the tests run there. What only tests, benches
or documents need is left as it is: a user never installs it.
"""

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
RUN_TIME_EXTRAS = ("cli", "pkcs11", "sandbox")
FORM = re.compile(r"([A-Za-z0-9-]+)>=([0-9][0-9.]*)")


def constraints(text: str) -> list[str]:
    """Return `name==version` for each requirement; one without a lower bound is an error."""
    project = tomllib.loads(text)["project"]
    wanted = list(project["dependencies"])
    for extra in RUN_TIME_EXTRAS:
        wanted += project["optional-dependencies"][extra]
    found = []
    for requirement in wanted:
        bound = FORM.fullmatch(requirement)
        if bound is None:
            raise SystemExit(f"not of the form name>=version: {requirement}")
        found.append(f"{bound[1]}=={bound[2]}")
    return found


if __name__ == "__main__":
    print("\n".join(constraints(PYPROJECT.read_text("utf-8"))))
