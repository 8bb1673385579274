"""A module that is imported when it is used is imported once, whoever comes first."""

import ast
import copy
import os
import pickle
import runpy
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from joseal import Encrypter, Key, Signer
from joseal._core import late as lates
from joseal._core.late import Late, late, load
from joseal._core.wire import base64url
from joseal._core.wire.forms import FORMS

SLOW = """
import time
time.sleep(0.2)
with open(__file__ + ".log", "a") as log:
    log.write("imported ")
value = 5
"""


@pytest.fixture
def slow(tmp_path, monkeypatch):
    """A module that takes its time, and says how often it was imported."""
    (tmp_path / "slow_of_test.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path / "slow_of_test.py.log"
    sys.modules.pop("slow_of_test", None)


def test_module_is_imported_when_something_of_it_is_used(slow):
    waiting = late("slow_of_test")
    assert "slow_of_test" not in sys.modules
    assert waiting.value == 5
    assert waiting.value is sys.modules["slow_of_test"].value
    assert slow.read_text() == "imported "


def test_load_imports_now(slow):
    waiting = late("slow_of_test")
    module = load(waiting)
    assert module is sys.modules["slow_of_test"]
    assert load(waiting) is load(module) is module
    assert slow.read_text() == "imported "


def test_threads_that_come_first_import_it_once(slow):
    waiting = late("slow_of_test")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: waiting.value, range(8)))
    assert found == [5] * 8
    assert slow.read_text() == "imported "


def test_name_that_the_module_does_not_have_is_named():
    with pytest.raises(AttributeError, match="module 'json' has no attribute 'no_such_name'"):
        late("json").no_such_name  # noqa: B018 - what it raises is the test


def test_copy_waits_for_the_same_module(slow):
    waiting = late("slow_of_test")
    copies = copy.copy(waiting), pickle.loads(pickle.dumps(waiting))  # noqa: S301 - made here
    assert "slow_of_test" not in sys.modules
    assert [made.value for made in copies] == [5, 5]
    assert copy.deepcopy(copies[0]).value == 5


def test_no_function_imports_a_module_of_this_package_by_itself():
    """A child that is forked during such an import would wait for a thread that it does not have."""
    sources = sorted(Path(lates.__file__).parent.rglob("*.py"))
    inside = [
        f"{source.name}: {node.lineno}"
        for source in sources
        for function in ast.walk(ast.parse(source.read_bytes()))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("joseal")
    ]
    assert len(sources) > 50
    assert inside == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_child_that_is_forked_during_an_import_has_the_module(slow):
    program = textwrap.dedent(
        """
        import os, sys, threading, time
        sys.path.insert(0, sys.argv[1])
        from joseal._core.late import late
        waiting = late("slow_of_test")
        thread = threading.Thread(target=lambda: waiting.value)
        thread.start()
        while "slow_of_test" not in sys.modules:
            time.sleep(0.001)
        child = os.fork()
        if child == 0:
            os._exit(waiting.value)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(slow.parent)], check=False, timeout=60
    )
    assert done.returncode == 5
    assert slow.read_text() == "imported "


def test_system_without_fork_needs_no_care(monkeypatch):
    monkeypatch.delattr(os, "register_at_fork", raising=False)
    again = runpy.run_path(lates.__file__)
    assert again["load"](again["late"]("json")) is sys.modules["json"]


def test_what_is_imported_late_is_a_module_of_that_name():
    waiting = {
        value._late_name
        for name, module in sorted(sys.modules.items())
        if name.startswith("joseal._core")
        for value in vars(module).values()
        if isinstance(value, Late)
    }
    assert waiting
    assert all(isinstance(load(late(name)), ModuleType) for name in waiting)


ENCRYPTED = [
    ("RSA-OAEP-256", "A256CBC-HS512", True),
    ("ECDH-ES", "A128CBC-HS256", False),
    ("A256KW", "A256GCM", False),
    ("PBES2-HS256+A128KW", "A128GCM", False),
    ("HPKE-0", None, False),
    ("HPKE-0-KE", "C20P", False),
]
PASSWORD = "correct horse battery"

OPENING = """
import sys
from joseal import Decrypter, JoseError, Key, Verifier

def loaded(given, alg):
    if given.startswith("---"):
        return Key.from_pem(given, alg=alg)
    if alg.startswith("PBES2"):
        return Key.from_password(given, alg=alg, iterations=1000)
    return Key.from_bytes(bytes.fromhex(given), alg=alg)

def changed(token):
    other = token.replace('"tag":"', '"tag":"AAAA') if token[0] == "{" else token[:-4] + "AAAA"
    # {"alg": "ES256"} with a space, which no joseal writes.
    spaced = "eyJhbGciOiAiRVMyNTYifQ" + token[token.find(".") :]
    return other, spaced, token[1:], token.replace(".", "..", 1), "{}", "", token.replace("e", "~", 1)

encrypted, signed = eval(sys.argv[1])
calls = []
for given, alg, enc, compress, form, token in encrypted:
    key = loaded(given, alg)
    calls.append((Decrypter(key, enc=enc, accept_zip=compress, form=form).decrypt, token))
for given, alg, token in signed:
    calls.append((Verifier(loaded(given, alg)).verify, token))
before, refused = set(sys.modules), 0
for call, token in calls:
    for bad in changed(token):
        try:
            call(bad)
        except JoseError:
            refused += 1
    assert call(token) == b"x"
print(repr((refused, sorted(set(sys.modules) - before))))
"""


def keys_as_text(alg):
    if alg.startswith("PBES2"):
        return Key.from_password(PASSWORD, alg=alg, iterations=1000), PASSWORD
    key = Key.generate(alg)
    if key.is_symmetric:
        return key, base64url.decode_text(key.to_jwk(private=True)["k"]).hex()
    return key, key.to_pem(private=True)


def is_meant(alg, first):
    """Shared secrets are looked at when they are loaded, which loads much else."""
    return alg == first or (first == "every other" and alg not in ("RSA-OAEP-256", "ES256"))


@pytest.mark.parametrize("first", ["RSA-OAEP-256", "ES256", "every other"])
def test_no_token_waits_for_an_import(first):
    """So that how long a failure takes does not depend on which one came first."""
    encrypted, signed = [], []
    for alg, enc, compress in [each for each in ENCRYPTED if is_meant(each[0], first)]:
        key, text = keys_as_text(alg)
        for form in FORMS:
            sent = key if key.is_symmetric else key.public()
            token = Encrypter(sent, enc=enc, compress=compress, form=form).encrypt(b"x")
            encrypted.append((text, alg, enc, compress, form, token))
    for alg in [each for each in ("ES256", "HS256") if is_meant(each, first)]:
        key, text = keys_as_text(alg)
        signed.append((text, alg, Signer(key).sign(b"x")))
    command = [sys.executable, "-c", OPENING, repr((encrypted, signed))]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    refused, imported = ast.literal_eval(done.stdout)
    assert refused >= 6 * (len(encrypted) + len(signed))
    assert imported == []
