"""The generator: the same octets on each run, without joseal, and right by the RFCs' figures."""

import ast
import os
import subprocess
import sys
from types import ModuleType

import pytest
from tests.vectors.vector_files import PATHS, VECTORS, group_of, load

MODULES = sorted(VECTORS.glob("*.py"))
FIGURES = [group["id"] for group in load(VECTORS / "rfc.json")["groups"]]


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(VECTORS)
    import encoder

    return encoder


def test_generator_writes_the_same_octets(tmp_path):
    # Another seed for hashes than the one before shows any order that depends on it.
    environment = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, VECTORS / "generate.py", "--output", tmp_path]
    subprocess.run(command, check=True, env=environment, timeout=120)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(written) == {path.name for path in PATHS}
    assert [path.name for path in PATHS if written[path.name] != path.read_bytes()] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_generator_never_imports_joseal(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    ours = {module.stem for module in MODULES}
    assert imported <= ours | {"cryptography"} | set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", FIGURES)
def test_encoder_makes_the_tokens_of_the_rfcs(encoder, name):
    """All of a token, but the encrypted key of RSA-OAEP, whose seed the RFCs do not tell."""
    group = group_of("rfc.json", name)
    (test,) = group["tests"]
    drawn = encoder.recipe(group["key"], test["header"]["enc"], "any", b"")
    cek = test["inject"].get("cek")
    made = encoder.Recipe(
        key=group["key"],
        alg=test["header"]["alg"],
        enc=test["header"]["enc"],
        header=encoder.unb64(test["token"].partition(".")[0]),
        plaintext=bytes.fromhex(test["plaintext"]),
        cek=drawn.cek if cek is None else bytes.fromhex(cek),
        iv=bytes.fromhex(test["inject"]["iv"]),
        seed=drawn.seed,
    )
    compared = (0, 2, 3, 4) if "RSA" in made.alg else range(5)
    wanted = test["token"].split(".")
    segments = made.make().segments()
    assert [segments[index] for index in compared] == [wanted[index] for index in compared]
