"""Every example of every page does what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.docs import pages, portal
from tests.helpers import softhsm
from tests.helpers.rows import each_row

import joseal

PAGES = sorted(path for path in pages.DOCS.rglob("*.md") if any(pages.blocks(path.read_text())))
# SoftHSM reads its settings once in a process, and other tests have settings of their own.
APART = {"hsm.md"}
MIGRATE = (pages.DOCS / "guides" / "migrate.md").read_text("utf-8")


def name_of(path: Path) -> str:
    return path.relative_to(pages.DOCS).as_posix()


@each_row("path", sorted(pages.DOCS.rglob("*.md")), ids=name_of)
def test_blocks_are_of_kinds_that_are_checked(path: Path) -> None:
    assert pages.faults(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", [path for path in PAGES if path.name not in APART], ids=name_of)
def test_examples_do_what_the_page_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if path.name == "celery.md":
        pytest.importorskip("celery", reason="celery is not installed")
    if portal.is_recipe(path):
        portal.furnish(tmp_path)
        for name, value in portal.environment().items():
            monkeypatch.setenv(name, value)
    pages.run_in(path, tmp_path)


def test_examples_with_a_device_do_what_the_page_says(tmp_path: Path) -> None:
    softhsm.require()
    device = tmp_path / "device"
    device.mkdir()
    settings = device / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {device}\nobjectstore.backend = file\n", "utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-m",
            "tests.docs.pages",
            pages.DOCS / "guides/hsm.md",
            tmp_path,
        ],
        check=False,
        cwd=pages.ROOT,
        env=os.environ
        | {
            "SOFTHSM2_CONF": str(settings),
            "PKCS11_MODULE": softhsm.library(),
            "HSM_PIN": softhsm.PIN,
        }
        | {"PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(pages.ROOT)])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("library", ["joserfc", "jwcrypto"])
def test_calls_side_by_side_do_the_same(library: str) -> None:
    shared: dict[str, object] = {}
    first = next(block for block in pages.blocks(MIGRATE) if block.language == "python")
    exec(first.text, shared)  # noqa: S102 - our own page
    theirs, ours = dict(shared), dict(shared)
    rows = pages.rows(MIGRATE, library)
    assert len(rows) > 12
    for left, right in rows:
        exec(left, theirs)  # noqa: S102
        exec(right, ours)  # noqa: S102
    opener = joseal.Decrypter(ours["mine"], enc="A256GCM")
    assert opener.decrypt(theirs["token"]) == ours["plaintext"] == theirs["plaintext"] == b"hello"
    assert ours["verified"] == theirs["verified"] == b"hello"
    assert ours["header"].items() <= (theirs["header"] | {"typ": None}).items()
    assert ours["name"] == theirs["name"]
    assert theirs["public"].keys() <= ours["public"].keys() | {"kid"}


@pytest.mark.parametrize(
    ("library", "module"), [("python-jose", "jose.jwe"), ("PyJWT", "jwt"), ("PyJWT", None)]
)
def test_calls_beside_those_of_other_libraries_work(library: str, module: str | None) -> None:
    """The left column too, where its library is installed."""
    space: dict[str, object] = {}
    first = next(block for block in pages.blocks(MIGRATE) if block.language == "python")
    exec(first.text, space)  # noqa: S102 - our own page
    theirs, ours = dict(space), dict(space)
    if module is not None:
        pytest.importorskip(module, reason=f"{library} is not installed")
    for left, right in pages.rows(MIGRATE, library):
        exec(right, ours)  # noqa: S102
        if module is not None:
            exec(left, theirs)  # noqa: S102
    said = {
        name: ours[name] for name in ("plaintext", "claims", "verified", "found") if name in ours
    }
    assert set(map(str, said.values())) <= {str(b"hello"), "{'sub': 'a'}"}
    if module is not None:
        shown = {name: theirs[name] for name in said}
        assert {str(value) for value in shown.values()} == {str(value) for value in said.values()}


def test_only_test_cards_stand_in_the_pages() -> None:
    numbers = {
        number
        for path in pages.DOCS.rglob("*.md")
        for number in re.findall(r"(?<![\w.])\d{12,19}(?![\w.])", path.read_text("utf-8"))
    }
    assert numbers <= {"5513651111111111", "4111111111111111"}


WRONG = [
    ("```python\nprint(1)\n```\n\n```text\n2\n```\n", AssertionError),
    ("```python\nraise KeyError\n```\n", KeyError),
    ("```sh\njoseal inspect no-such-file\n```\n", AssertionError),
    ("```sh\njoseal --help # status 2\n```\n", AssertionError),
    ("```sh\njoseal inspect --no-such-option path/to/a\n```\n", click.UsageError),
    ("```sh\nfor x in\n```\n", subprocess.CalledProcessError),
    ("```sh\npip install 'joseal[no-such-extra]'\n```\n", AssertionError),
    ('```json\n{"a": 1,}\n```\n', ValueError),
]


@pytest.mark.parametrize(("page", "error"), WRONG)
def test_wrong_example_is_noticed(page: str, error: type[Exception], tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(page, "utf-8")
    with pytest.raises(error):
        pages.run_in(path, tmp_path)


@pytest.mark.parametrize(
    "page", ["```py\n1\n```\n", "``` python\n1\n```\n", "- a\n  ```sh\n  b\n  ```\n", "```sh\na\n"]
)
def test_block_that_would_not_run_is_noticed(page: str) -> None:
    assert pages.faults(page)


def test_three_dots_stand_for_anything() -> None:
    assert pages.is_like("a 1 b\nc\n", "a ... b\nc")
    assert not pages.is_like("a 1 c\n", "a ... b")


def test_pipe_passes_on_what_was_printed(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    page = """```python
import json
import joseal
from pathlib import Path
jwk = joseal.Key.generate("A256KW").to_jwk(private=True)
Path("key.jwk").write_text(json.dumps(jwk))
```

```sh
echo hello | joseal encrypt --key key.jwk --enc A256GCM \\
  | joseal decrypt --key key.jwk --enc A256GCM
```

```text
hello
```
"""
    path.write_text(page, "utf-8")
    pages.run_in(path, tmp_path)
