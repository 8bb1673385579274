"""Mutation testing of what handles tokens: python tests/mutation/run.py FOLDER [PATTERN...].

mutmut makes the mutants and finds out which tests reach which function, in a copy of the tree in
FOLDER. Then every mutant that has no verdict yet, or whose name fits a pattern, is tried. The
verdicts stand where mutmut keeps its own, so that `mutmut results` and `mutmut show` work there.

Two things mutmut does not do by itself:
- It leaves decorated functions out. In the copy, decorators are put on in a statement of their own.
- It starts pytest anew for every mutant, which takes most of its time. Here pytest collects once,
  and every mutant is tried in a fork of that process.

With MUTATION_SECONDS=N in the environment a mutant is tried by N seconds of its tests, the quickest
first. Those that live are then tried by all of theirs, by their names as patterns. Tests that were
added since, put into the copy under FOLDER/mutants/tests, are tried first where they are those of
the module by their file's name.
MUTATION_WORKERS is how many mutants are tried at a time, two unless it is set.
"""

import ast
import fnmatch
import gc
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parents[2]
LIVES, KILLED, UNTESTED, TIMEOUT = 0, 1, 33, 36  # the numbers are mutmut's
KEPT = {LIVES: "lives", UNTESTED: "untested"}
TOO_LONG = {-signal.SIGXCPU, -signal.SIGALRM}
WORKERS = int(os.environ.get("MUTATION_WORKERS", "2"))

# They run while their module is imported, before a fork could choose: a process of its own each.
AT_IMPORT = {f"joseal._core.algorithms.registry.x__{name}" for name in ("cbc", "ecdh", "pbes2")}
# Modules whose tests have another name; they come first where seconds are counted.
MIRRORS = {
    "encrypted": "test_json_forms",
    "gcp": "test_key_services",
    "key_service": "test_key_services",
    "members": "test_json_forms",
    "multi_jwe": "test_json_forms",
    "multi_jws": "test_jws_json",
    "signed": "test_jws_json",
}
FOR_THESE = [
    "tests/core/algorithms",
    "tests/core/jwe/test_every_alg.py",
    "tests/core/jwe/test_parties.py",
]


def settings():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]


def prepare(folder):
    """Copy the tree, and let mutmut make the mutants and run all tests once without any."""
    skipped = shutil.ignore_patterns(".git", ".venv*", ".*_cache", "__pycache__")
    shutil.copytree(ROOT, folder, ignore=skipped)
    for pattern in settings()["only_mutate"]:
        for path in folder.glob(pattern):
            path.write_text(undecorated(path.read_text("utf-8")), "utf-8")
    (folder / "mutants" / "src").mkdir(parents=True)  # or the import system takes it for missing
    mutmut = [sys.executable, "-m", "mutmut", "run", "none of them"]
    subprocess.run(mutmut, cwd=folder, env=environment(folder), check=False)
    if not (folder / "mutants" / "mutmut-stats.json").is_file():
        sys.exit("the tests fail without a mutant")


def undecorated(source):
    """Turn `@hide_locals def f` into `def f` and `f = hide_locals(f)`; `@contextmanager` likewise."""
    lines = source.split("\n")
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for node in sorted(found, key=lambda node: -node.lineno):
        names = [ast.unparse(decorator) for decorator in node.decorator_list]
        if names in (["hide_locals"], ["contextmanager"]):
            lines.insert(
                node.end_lineno, " " * node.col_offset + f"{node.name} = {names[0]}({node.name})"
            )
            del lines[node.decorator_list[0].lineno - 1]
    return "\n".join(lines)


def environment(folder):
    own = {"PYTHONPATH": str((folder / "mutants" / "src").resolve()), "CI": ""}
    vectors = os.environ.get("JOSEAL_VECTORS", ROOT.parent / "shared" / "vectors")
    return {**os.environ, **own, "JOSEAL_VECTORS": str(Path(vectors).resolve())}


def function_of(mutant):
    return mutant.rpartition("__mutmut_")[0]


class Trial:
    """A pytest plugin: in place of the tests, the mutants are run, each against its own tests."""

    def __init__(self, patterns):
        self.patterns = patterns
        stats = json.loads(Path("mutmut-stats.json").read_text("utf-8"))
        self.tests = stats["tests_by_mangled_function_name"]
        self.seconds = stats["duration_by_test"]
        self.running = {}

    def pytest_runtestloop(self, session):
        items = {item.nodeid: item for item in session.items}
        from tests.helpers import probed  # that of the copy, which pytest has found by now

        # Once for all forks, which then share their memory for as long as they can.
        probed.probe_all()
        gc.collect()
        gc.freeze()
        for path in sorted(Path("src").rglob("*.meta")):
            for mutant, verdict in json.loads(path.read_text("utf-8"))["exit_code_by_key"].items():
                if self.wanted(mutant, verdict):
                    if len(self.running) == WORKERS:
                        self.reap()
                    tests = self.choose(path, function_of(mutant), items)
                    self.running[self.fork(mutant, tests)] = (path, mutant)
        while self.running:
            self.reap()
        return True

    def wanted(self, mutant, verdict):
        if self.patterns:
            return any(fnmatch.fnmatch(mutant, pattern) for pattern in self.patterns)
        return verdict is None

    def choose(self, path, function, items):
        """Return the tests that reach a function: those of its module first, then the quick ones.

        Before them come those of its module that mutmut has not seen.
        """
        module = path.name.removesuffix(".py.meta")
        mirrors = f"/test_{module}.", f"/{MIRRORS.get(module)}."

        def is_own(name):
            return any(each in name for each in mirrors)

        names = sorted(
            items.keys() & self.tests.get(function, ()),
            key=lambda name: (not is_own(name), self.seconds[name]),
        )
        new = items.keys() - self.seconds.keys()
        chosen = [items[name] for name in sorted(new) if is_own(name)]
        left = float(os.environ.get("MUTATION_SECONDS", "inf"))
        for name in names:
            if left < 0:
                break
            left -= self.seconds[name]
            chosen.append(items[name])
        return chosen

    def fork(self, mutant, items):
        if child := os.fork():
            return child
        if not items:
            os._exit(UNTESTED)
        most_seconds = int(30 + 10 * sum(self.seconds.get(item.nodeid, 1) for item in items))
        resource.setrlimit(resource.RLIMIT_CPU, (most_seconds, most_seconds + 5))
        signal.alarm(20 * most_seconds)  # who waits for ever uses no CPU
        os.environ["MUTANT_UNDER_TEST"] = mutant
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        if function_of(mutant) in AT_IMPORT:
            arguments = [sys.executable, "-m", "pytest", "-x", "-q", *FOR_THESE]
            os.execv(sys.executable, arguments)  # noqa: S606  in place of the fork
        for item, following in zip(items, [*items[1:], None], strict=True):
            reports = runtestprotocol(item, nextitem=following, log=False)
            if any(report.failed for report in reports):
                os._exit(KILLED)
        os._exit(LIVES)

    def reap(self):
        child, status = os.wait()
        path, mutant = self.running.pop(child)
        ended = os.waitstatus_to_exitcode(status)
        verdict = TIMEOUT if ended in TOO_LONG else ended if ended in KEPT else KILLED
        meta = json.loads(path.read_text("utf-8"))
        meta["exit_code_by_key"][mutant] = verdict
        path.write_text(json.dumps(meta, indent=4), "utf-8")
        if verdict != KILLED:
            print(mutant, KEPT.get(verdict, "timeout"), flush=True)


def main():
    folder, *patterns = sys.argv[1:]
    folder = Path(folder).resolve()
    if not folder.exists():
        prepare(folder)
    own = environment(folder)
    if os.environ.get("PYTHONPATH") != own["PYTHONPATH"]:
        os.execve(sys.executable, [sys.executable, *sys.argv], own)  # noqa: S606  ourselves
    os.chdir(folder / "mutants")
    chosen = settings()
    arguments = [*chosen["pytest_add_cli_args"], *chosen["pytest_add_cli_args_test_selection"]]
    # Nobody reads why a mutant was killed.
    quick = ["--rootdir=.", "-q", "-s", "--tb=native", "--assert=plain"]
    return pytest.main([*quick, *arguments], plugins=[Trial(patterns)])


if __name__ == "__main__":
    sys.exit(main())
