"""What a message really passes: the files and functions of a task, with their lines of code.

    python -m tests.house.reading_sets           # writes them into docs/audit.md

A task is run under a trace, in a process of its own so that nothing is cached. Each function of
joseal that was entered counts, with what is defined within it. A table, such as those of
`registry.py`, is read and not entered: it is not counted.
"""

import ast
import functools
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType

from tests.house.test_source import MODULES, PACKAGE, ROOT, code_lines, name_of

import joseal

PAGE = ROOT / "docs" / "audit.md"
CORE = ("errors", "_core")
SETS = ("<!-- reading sets -->", "<!-- end of the reading sets -->")
FILES = ("<!-- files of the core -->", "<!-- end of the files -->")

Task = Callable[[], object]


def rsa_oaep() -> tuple[joseal.Key, joseal.Key]:
    key = joseal.Key.generate("RSA-OAEP", kid="k-1")
    return key, key.public()


def decrypt_rsa_oaep() -> Task:
    private, public = rsa_oaep()
    token = joseal.Encrypter(public, enc="A256CBC-HS512").encrypt(b"hello")
    return lambda: joseal.Decrypter(private, enc="A256CBC-HS512").decrypt(token)


def encrypt_rsa_oaep() -> Task:
    _, public = rsa_oaep()
    return lambda: joseal.Encrypter(public, enc="A256CBC-HS512").encrypt(b"hello")


def verify_es256() -> Task:
    key = joseal.Key.generate("ES256", kid="k-1")
    token, public = joseal.Signer(key).sign(b"hello"), key.public()
    return lambda: joseal.Verifier(public).verify(token)


def decrypt_ecdh_es() -> Task:
    key = joseal.Key.generate("ECDH-ES+A256KW", kid="k-1")
    token = joseal.Encrypter(key.public(), enc="A256GCM").encrypt(b"hello")
    return lambda: joseal.Decrypter(key, enc="A256GCM").decrypt(token)


def open_nested() -> Task:
    signing, key = joseal.Key.generate("PS256"), joseal.Key.generate("RSA-OAEP-256")
    signer, encrypter = joseal.Signer(signing), joseal.Encrypter(key.public(), enc="A256GCM")
    token, public = joseal.SignThenEncrypt(signer, encrypter).encrypt(b"hello"), signing.public()

    def task() -> object:
        decrypter = joseal.Decrypter(key, enc="A256GCM")
        return joseal.DecryptThenVerify(decrypter, joseal.Verifier(public)).open(token)

    return task


def load_jwk() -> Task:
    text = json.dumps(joseal.Key.generate("RSA-OAEP-256").to_jwk(private=True))
    return lambda: joseal.Key.from_jwk(text, alg="RSA-OAEP-256")


# The name of the task, and what makes it ready.
TASKS: dict[str, Callable[[], Task]] = {
    "Decrypt RSA-OAEP with A256CBC-HS512": decrypt_rsa_oaep,
    "Encrypt RSA-OAEP with A256CBC-HS512": encrypt_rsa_oaep,
    "Verify ES256": verify_es256,
    "Decrypt ECDH-ES+A256KW with A256GCM": decrypt_ecdh_es,
    "Open a nested token: RSA-OAEP-256 with A256GCM around PS256": open_nested,
    "Load a private RSA key from a JWK": load_jwk,
}


def entered(task: Task) -> dict[str, list[str]]:
    """Run a task; return each file's functions, all in the order in which they are entered."""
    codes: dict[CodeType, None] = {}

    def trace(frame: FrameType, event: str, argument: object) -> None:
        codes.setdefault(frame.f_code)

    sys.settrace(trace)
    try:
        task()
    finally:
        sys.settrace(None)
    files: dict[str, list[str]] = {}
    for code in codes:
        path = Path(code.co_filename)
        if path.is_relative_to(PACKAGE):
            # What is defined within a function, comprehensions too, belongs to it.
            name = code.co_qualname.partition(".<locals>")[0]
            functions = files.setdefault(name_of(path), [])
            if name in spans(name_of(path)) and name not in functions:
                functions.append(name)
    return {file: functions for file, functions in files.items() if functions}


@functools.cache
def spans(file: str) -> dict[str, int]:
    """Return the lines of code of each function and method of a file, by its qualified name."""
    source = (PACKAGE / file).read_text("utf-8")
    lines = source.splitlines(keepends=True)

    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, int]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                yield from walk(child, f"{prefix}{child.name}.")
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
                text = "".join(lines[first - 1 : child.end_lineno])
                yield f"{prefix}{child.name}", code_lines(textwrap.dedent(text))

    return dict(walk(ast.parse(source), ""))


def in_own_process(name: str) -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.house.reading_sets", name],
        check=True,
        capture_output=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "0"},
        timeout=60,
    )
    return json.loads(done.stdout)


def set_of(name: str) -> Iterator[str]:
    """Write the section of a task."""
    files = in_own_process(name)
    counts = {
        file: sum(spans(file)[function] for function in functions)
        for file, functions in files.items()
    }
    functions = sum(map(len, files.values()))
    yield f"#### {name}\n"
    yield f"{sum(counts.values()):,} lines in {functions} functions of {len(files)} files.\n"
    yield "| file | lines | functions, in the order in which they are entered |"
    yield "|---|--:|---|"
    for file, names in files.items():
        yield f"| `{file}` | {counts[file]} | {', '.join(f'`{each}`' for each in names)} |"
    yield ""


def core() -> dict[str, int]:
    """The files between a stranger's bytes and `cryptography`, with their lines of code."""
    counts = {
        name_of(path): code_lines(path.read_text("utf-8"))
        for path in MODULES
        if name_of(path).partition("/")[0].removesuffix(".py") in CORE
    }
    return {name: count for name, count in counts.items() if count}


def files_of_the_core() -> Iterator[str]:
    counts = core()
    total = sum(counts.values())
    yield f"{total:,} lines of code in {len(counts)} files, docstrings and comments not counted.\n"
    yield "| file | lines | what it is |"
    yield "|---|--:|---|"
    for name, count in counts.items():
        docstring = ast.get_docstring(ast.parse((PACKAGE / name).read_text("utf-8"))) or ""
        about = docstring.partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
        yield f"| `{name}` | {count} | {about} |"
    yield ""


def between(text: str, marks: tuple[str, str], lines: Iterator[str]) -> str:
    """Replace what stands between two markers of a page."""
    first, last = map(re.escape, marks)
    body = "\n".join(lines)
    pattern = re.compile(rf"(?<={first}\n\n).*?(?={last})", re.DOTALL)
    return pattern.sub(lambda _: f"{body}\n", text)


def written(page: str) -> str:
    """Return the page with its reading sets and its files as they are now."""
    sets = (line for name in TASKS for line in set_of(name))
    return between(between(page, SETS, sets), FILES, files_of_the_core())


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(entered(TASKS[sys.argv[1]]())))
    else:
        PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
