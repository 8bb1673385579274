"""What is written is whole and private, or is not there."""

import errno
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.helpers.rows import each_row

from joseal.cli import files
from joseal.cli.exit_codes import Exit, FailureError
from joseal.cli.program import program

SECRET = b"a plaintext\r\n\x00\xff"


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.usefixtures("no_umask")
@pytest.mark.parametrize(("private", "expected"), [(True, 0o600), (False, 0o644)])
def test_the_mode_does_not_depend_on_the_umask(
    private: bool, expected: int, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    files.write(target, SECRET, private=private)
    assert (mode(target), target.read_bytes()) == (expected, SECRET)


def test_a_public_file_keeps_what_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        files.write(tmp_path / "out", SECRET, private=False)
    finally:
        os.umask(before)
    assert mode(tmp_path / "out") == 0o600


@pytest.mark.usefixtures("no_umask")
def test_an_open_file_is_replaced_by_a_private_one(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"older and longer than what comes")
    target.chmod(0o666)
    with target.open("rb") as reader:
        files.write(target, SECRET, private=True)
        assert reader.read() == b"older and longer than what comes"
    assert (mode(target), target.read_bytes()) == (0o600, SECRET)
    assert names_in(tmp_path) == ["out"]


def test_what_must_not_be_replaced_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even what appears at the last moment is replaced, and nothing is left behind."""
    target = tmp_path / "out"
    files.write(target, SECRET, private=True, replace=False)
    assert (mode(target), target.read_bytes(), names_in(tmp_path)) == (0o600, SECRET, ["out"])
    target.unlink()
    monkeypatch.setattr(os, "fsync", lambda descriptor: target.write_bytes(b"older"))
    with pytest.raises(FailureError, match="already exists: --force") as caught:
        files.write(target, SECRET, private=True, replace=False)
    assert caught.value.exit == Exit.FILE
    assert (names_in(tmp_path), target.read_bytes()) == (["out"], b"older")


def _link(path: Path) -> Path:
    path.symlink_to(path.with_name("elsewhere"))
    path.with_name("elsewhere").write_bytes(b"untouched")
    return path


def _dangling(path: Path) -> Path:
    path.symlink_to(path.with_name("nowhere"))
    return path


def _fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize("make", [_link, _dangling, _fifo, _folder, lambda path: Path("/dev/null")])
def test_what_is_no_regular_file_is_refused(make: Callable[[Path], Path], tmp_path: Path) -> None:
    target = make(tmp_path / "out")
    before = target.lstat()
    names = names_in(tmp_path)
    with pytest.raises(FailureError, match="regular") as caught:
        files.write(target, SECRET, private=True)
    assert caught.value.exit == Exit.FILE
    after = target.lstat()
    assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode)
    assert names_in(tmp_path) == names
    if make is _link:
        assert (tmp_path / "elsewhere").read_bytes() == b"untouched"


def test_a_link_that_appears_at_the_last_moment_is_replaced_and_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, victim = tmp_path / "out", tmp_path / "victim"
    victim.write_bytes(b"untouched")
    monkeypatch.setattr(os, "fsync", lambda descriptor: target.symlink_to(victim))
    files.write(target, SECRET, private=True)
    assert (target.is_symlink(), target.read_bytes()) == (False, SECRET)
    assert victim.read_bytes() == b"untouched"


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_everything_as_it_was(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise error

    (tmp_path / "out").write_bytes(b"older")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises((FailureError, KeyboardInterrupt)):
        files.write(tmp_path / "out", SECRET, private=True)
    assert names_in(tmp_path) == ["out"]
    assert (tmp_path / "out").read_bytes() == b"older"


def test_a_full_disk_leaves_nothing_behind(
    shell: Callable[..., subprocess.CompletedProcess[bytes]], folder: Path, tmp_path: Path
) -> None:
    done = shell(
        *("encrypt", "--key", folder / "public.pem", "--alg", "RSA-OAEP-256", "--enc", "A256GCM"),
        *("-o", tmp_path / "out"),
        data=SECRET,
        prelude="ulimit -f 0",
    )
    assert done.returncode == Exit.FILE
    assert done.stderr.startswith(b"joseal: file: can't write ")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("name", ["missing/out", "file/out"])
def test_a_folder_that_is_none_is_a_failure(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FailureError, match="can't write"):
        files.write(tmp_path / name, SECRET, private=True)


def test_reading_stops_one_byte_over_the_bound(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(b"0123456789")
    assert [files.read(path, most) for most in (3, 9, 10)] == [
        b"0123",
        b"0123456789",
        b"0123456789",
    ]


def test_a_file_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(FailureError, match="can't read") as caught:
            files.read(path, 10)
        assert caught.value.exit == Exit.FILE
        assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "command", ["encrypt", "inspect", "inspect --json", "demo", "--help", "help algs"]
)
def test_a_reader_that_has_gone_ends_the_command_silently(
    command: str, folder: Path, shell: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    """A pipe without a reader fails at the write or the flush, and must not at the exit again."""
    key = ("--key", folder / "public.pem", "--alg", "RSA-OAEP-256", "--enc", "A256GCM")
    token = shell("encrypt", *key, data=SECRET).stdout
    reader, writer = os.pipe()
    os.close(reader)
    try:
        args = key if command == "encrypt" else ()
        done = shell(*command.split(), *args, data=token * 10 if args else token, stdout=writer)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (Exit.CLOSED_PIPE, b"")


def test_a_full_device_is_one_line(
    folder: Path, shell: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    args = ("encrypt", "--key", folder / "public.pem", "--alg", "RSA-OAEP-256", "--enc", "A256GCM")
    with Path("/dev/full").open("wb") as full:
        done = shell(*args, data=SECRET, stdout=full.fileno())
    assert done.returncode == Exit.FILE
    assert done.stderr == b"joseal: file: can't write standard output: No space left on device\n"


@each_row("command", ["encrypt", "decrypt", "sign", "verify"])
@each_row("name", ["IN", "--key"])
def test_a_result_never_replaces_what_its_command_reads(
    command: str, name: str, tmp_path: Path
) -> None:
    """Not even through a link, which is another name of the same file."""
    read, key = tmp_path / f"in {command} {name}", tmp_path / f"key {command} {name}"
    out = tmp_path / f"out {command} {name}"
    for path in (read, key):
        path.write_bytes(SECRET)
    out.hardlink_to(read if name == "IN" else key)
    result = CliRunner().invoke(program, [command, f"--key={key}", f"--output={out}", str(read)])
    assert (result.exit_code, result.stdout) == (Exit.USAGE, "")
    assert f"--output is the file of {name}, which it would replace" in result.stderr
    assert (read.read_bytes(), key.read_bytes()) == (SECRET, SECRET)
