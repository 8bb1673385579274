"""The public face: what the façade offers, what importing it costs, and what its docstrings say."""

import ast
import importlib
import importlib.metadata
import inspect
import json
import pickle
import pkgutil
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from tests.helpers.rows import each_row

import joseal

PACKAGE = Path(joseal.__file__).parent
ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(PACKAGE.rglob("*.py"))
PACKAGES = sorted(path.parent for path in PACKAGE.rglob("__init__.py"))
# One would run the command line; pytest wants to be the first to import the other.
NOT_IMPORTED = ("joseal.__main__", "joseal.juspay.pytest_plugin")
MODULES = [info.name for info in pkgutil.walk_packages([str(PACKAGE)], "joseal.")]
NAMES = ["joseal", *sorted(name for name in MODULES if name not in NOT_IMPORTED)]
CONTRACT = {
    *("Decrypter", "Encrypter", "Key", "KeySet", "Limits", "DecryptedToken", "Signer", "Verifier"),
    *("ApiError", "DecryptionError", "JoseError", "KeyUnavailableError", "InvalidKeyError"),
    *("MalformedTokenError", "NotAllowedError", "TokenError", "TokenTooLargeError"),
    *("TransportError", "UnknownKeyError", "VerificationError"),
}
EXPENSIVE = (
    *("click", "cryptography.hazmat.primitives.serialization.pkcs12", "cryptography.x509"),
    *("http.client", "nacl", "pkcs11", "rich", "starlette", "urllib3", "uvicorn"),
)


def module_name(folder: Path) -> str:
    return ".".join(("joseal", *folder.relative_to(PACKAGE).parts))


def imported_from_here(folder: Path) -> set[str]:
    """Names that a package's `__init__` takes from joseal's own modules, some for checkers alone."""
    body = ast.parse((folder / "__init__.py").read_text("utf-8")).body
    late = [node for block in body if isinstance(block, ast.If) for node in block.body]
    return {
        alias.asname or alias.name
        for node in (*body, *late)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("joseal")
        for alias in node.names
    }


def loaded_by(statement: str) -> list[str]:
    program = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    return json.loads(done.stdout)


def expensive(modules: list[str]) -> list[str]:
    return [
        name
        for name in modules
        if any(name == root or name.startswith(f"{root}.") for root in EXPENSIVE)
    ]


def test_facade_offers_the_contract() -> None:
    assert set(joseal.__all__) >= CONTRACT


@each_row("folder", PACKAGES, ids=module_name)
def test_public_names_are_exactly_all(folder: Path) -> None:
    module = importlib.import_module(module_name(folder))
    names = list(getattr(module, "__all__", ()))
    offered = {name for name in imported_from_here(folder) if name[0] != "_"}
    assert set(names) - {"__version__"} == offered
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(module, name)] == []


def test_facade_is_without_logic() -> None:
    body = ast.parse((PACKAGE / "__init__.py").read_text("utf-8")).body
    assert isinstance(body[0], ast.Expr), "the module's docstring comes first"
    assert {type(node) for node in body[1:]} == {
        *(ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.For, ast.FunctionDef, ast.If)
    }
    nodes = [inner for node in body for inner in ast.walk(node)]
    functions = [node.name for node in nodes if isinstance(node, ast.FunctionDef)]
    assert functions == ["__dir__", "__getattr__"]
    (loop,) = (node for node in body if isinstance(node, ast.For))
    assert [ast.unparse(line) for line in loop.body] == ["_exported.__module__ = __name__"]


def late_imports() -> dict[str, str]:
    """What a checker reads in the façade: each name, and the module that it is taken from."""
    (block, _) = (
        node
        for node in ast.parse((PACKAGE / "__init__.py").read_text("utf-8")).body
        if isinstance(node, ast.If)
    )
    return {
        alias.name: (node.module or "").removeprefix("joseal._core.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_facade_loads_what_checkers_read() -> None:
    assert late_imports() == joseal._HOMES


@each_row("name", joseal._HOMES)
def test_name_is_that_of_its_module(name: str) -> None:
    module = importlib.import_module(f"joseal._core.{joseal._HOMES[name]}")
    assert getattr(joseal, name) is getattr(module, name)
    assert vars(joseal)[name] is getattr(module, name), "it is kept: the second use is a plain one"


def test_facade_loads_no_primitive_until_a_name_is_used() -> None:
    modules = loaded_by("import joseal; joseal.TokenError")
    ours = {name for name in modules if name.startswith("joseal")}
    assert ours == {"joseal", "joseal.errors"}
    assert not {"cryptography", "msgspec", "asyncio"} & {*modules}


def test_facade_is_whole_for_a_star() -> None:
    names: dict[str, object] = {}
    exec("from joseal import *", names)  # noqa: S102
    assert set(names) >= set(joseal.__all__)


def test_class_has_its_public_name_whoever_loads_it() -> None:
    program = "from joseal._core.jwe import Decrypter as one; print(one.__module__, one)"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "joseal <class 'joseal.Decrypter'>\n"


def test_what_may_be_pickled_is_so_by_its_public_name() -> None:
    data = pickle.dumps((joseal.Limits(), joseal.Policy, joseal.peek))
    assert b"_core" not in data
    done = subprocess.run(
        [sys.executable, "-c", "import pickle, sys; print(pickle.load(sys.stdin.buffer)[0])"],
        check=True,
        capture_output=True,
        input=data,
        timeout=60,
    )
    assert done.stdout.decode() == f"{joseal.Limits()}\n"


def test_dir_is_the_public_face_and_nothing_else() -> None:
    assert dir(joseal) == sorted(joseal.__all__)


def test_classes_of_the_facade_are_named_after_it() -> None:
    classes = [getattr(joseal, name) for name in joseal.__all__]
    found = {kind.__module__ for kind in classes if inspect.isclass(kind)}
    assert found == {"joseal"}


def test_version_is_that_of_the_project_and_costs_nothing_at_import() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert joseal.__version__ == project["version"]
    assert "importlib.metadata" not in loaded_by("import joseal")
    with pytest.raises(AttributeError, match="has no attribute 'version'"):
        _ = joseal.version


def test_names_of_a_copy_without_metadata_can_be_listed(monkeypatch) -> None:
    def version(_name):
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert not hasattr(joseal, "__version__")
    assert "Key" in dict(inspect.getmembers(joseal))


def private_names(source: str) -> list[str]:
    """Names beginning with an underscore that a module takes from another package of joseal."""
    return [
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("joseal")
        for alias in node.names
        if any(
            part[0] == "_" and part not in {"_core", "_http", "_once"}
            for part in f"{node.module}.{alias.name}".split(".")
        )
    ]


def test_module_imports_no_private_name() -> None:
    assert [name for path in FILES for name in private_names(path.read_text("utf-8"))] == []


def test_import_of_a_private_name_is_noticed() -> None:
    assert private_names("from joseal._core.jwe import _parties") == ["joseal._core.jwe._parties"]
    assert private_names("from joseal._core.jwe import Encrypter") == []


def test_documented_path_has_no_underscore() -> None:
    pages = [*(ROOT / "docs" / "reference").glob("*.md"), ROOT / "README.md"]
    texts = [page.read_text("utf-8") for page in pages]
    paths = {path for text in texts for path in re.findall(r"\bjoseal(?:\.\w+)+", text)}
    assert paths
    hidden = [path for path in paths if any(part.startswith("_") for part in path.split("."))]
    assert set(hidden) <= {"joseal.__version__"}


def test_importing_the_facade_loads_nothing_expensive() -> None:
    assert expensive(loaded_by("import joseal")) == []


def test_classifier_is_loaded_where_a_key_is_refused() -> None:
    public = joseal.Key.generate("ECDH-ES").public()
    loads = (
        f"import joseal; joseal.Key.from_pem({public.to_pem()!r}, alg='ECDH-ES')\n"
        f"joseal.Key.from_jwk({public.to_jwk()!r})\n"
    )
    refuses = f"{loads}try: joseal.Key.from_pem('a', alg='ECDH-ES')\nexcept joseal.JoseError: 0"
    classifier = "joseal._core.keys.classifier.classify"
    assert classifier not in loaded_by(loads)
    assert classifier in loaded_by(refuses)


def test_expensive_modules_are_noticed() -> None:
    assert expensive(loaded_by("import urllib3")) != []


def public_members(module: ModuleType) -> dict[str, object]:
    """Public classes, their public methods, and functions that are defined in a module."""
    members: dict[str, object] = {}
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value):
            members[name] = value
            members |= {
                f"{name}.{inner}": inspect.unwrap(method)
                for inner, method in inspect.getmembers_static(value)
                if inner in vars(value) and not inner.startswith("_")
                for method in [getattr(method, "__func__", getattr(method, "fget", method))]
                if inspect.isfunction(inspect.unwrap(method))
            }
        elif inspect.isfunction(inspect.unwrap(value)):
            members[name] = inspect.unwrap(value)
    return members


MEMBERS = {
    f"{name}.{member}": value
    for name in NAMES
    for member, value in public_members(importlib.import_module(name)).items()
}


def raised_here(function: object) -> set[str]:
    """Names of the exceptions that a function raises in its own body."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    nodes = (node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc)
    names = (ast.unparse(node.func if isinstance(node, ast.Call) else node) for node in nodes)
    return {name.rpartition(".")[2] for name in names if re.fullmatch(r"[\w.]*\b[A-Z]\w*", name)}


def undocumented(value: object) -> set[str]:
    """Exceptions that a public object raises itself and does not name in its docstring."""
    functions = [value]
    if inspect.isclass(value):
        makers = (vars(value).get(name) for name in ("__init__", "__new__", "__post_init__"))
        functions = [
            inspect.unwrap(maker)
            for maker in makers
            if inspect.isfunction(maker) and maker.__module__.startswith("joseal")
        ]
    texts = [value.__doc__ or "", *(function.__doc__ or "" for function in functions)]
    words = set(re.findall(r"\w+", " ".join(texts)))
    return {name for function in functions for name in raised_here(function)} - words


def says_too_little(limit: int) -> int:
    """Return the limit.

    Raises:
        KeyError: never.
    """
    if limit:
        raise ValueError("unnamed")
    raise KeyError("named")


def test_module_begins_with_a_docstring() -> None:
    texts = {path: ast.get_docstring(ast.parse(path.read_text("utf-8"))) for path in FILES}
    assert [path for path, text in texts.items() if not (text or "").strip()] == []


def test_public_object_has_a_docstring() -> None:
    assert len(MEMBERS) > 1000
    assert [name for name, value in MEMBERS.items() if not (value.__doc__ or "").strip()] == []


def test_docstring_names_what_is_raised() -> None:
    faults = {name: undocumented(value) for name, value in MEMBERS.items()}
    assert {name: found for name, found in faults.items() if found} == {}


def test_an_unnamed_exception_is_noticed() -> None:
    assert undocumented(says_too_little) == {"ValueError"}
