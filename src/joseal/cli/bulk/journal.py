"""The files that a bulk run writes, so that it can be killed at any time and resumed later.

Next to the output are its `.partial` file, those of the rejects, and a `.journal`, all with mode
0600. The journal says how much of the input is done, and how many bytes of the partial files belong
to that. Any bytes beyond were written later, and are cut off when the run is resumed.

Rules:
- The rows that the journal counts are on disk before the journal, which is replaced as a whole.
- A journal is for one input, one set of options and one key; a run with any other is refused.
- One run works on an output at a time. The lock ends with the process, however that ends.
- A missing file is created. An existing one is continued only if it belongs to this user and has no
  second name: others may write to the directory.

Accepted: the journal contains a digest of the input, which can confirm a guess of the whole input.
It is private and is removed with the partial files.
"""

import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeVar, final

import msgspec

from joseal._core.wire import strict_json
from joseal.cli import exit_codes, files, naming
from joseal.cli.bulk.formats.rows import Place
from joseal.cli.exit_codes import Exit, FailureError

if sys.platform != "win32":
    import fcntl

_T = TypeVar("_T")

_JOURNAL_BYTES: Final = 64 * 1024
# Not through a link that someone else may have created. Windows has one flag, other systems the
# other.
_FLAGS: Final = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


_OTHERS: Final = {
    "input": "a different input",
    "options": "other options",
    "key": "a different key",
}


class Fingerprint(msgspec.Struct, frozen=True):
    """The identity of a run: if any of it changes, it is a different run.

    Attributes:
        input: the digest of the input.
        options: the digest of all options that change the output.
        key: the key's thumbprint.
    """

    input: str
    options: str
    key: str


class Journal(msgspec.Struct, frozen=True):
    """The progress of a run.

    Attributes:
        fingerprint: the identity of the run.
        offset: bytes of the input that are done.
        lines: lines of the input that are done.
        output_bytes: bytes of the partial output that belong to them.
        rejects_bytes: bytes of the partial rejects that belong to them.
        rejected_bytes: bytes of the partial file of rejected rows that belong to them.
        rows: how many rows are in the output.
        rejects: how many are not.
        done: whether everything is done except the renaming.
    """

    fingerprint: Fingerprint
    offset: int = 0
    lines: int = 0
    output_bytes: int = 0
    rejects_bytes: int = 0
    rejected_bytes: int = 0
    rows: int = 0
    rejects: int = 0
    done: bool = False

    @property
    def place(self) -> Place:
        """Where the next row begins."""
        return Place(self.offset, self.lines)


@final
class Books:
    """The partial files and the journal of one run. Leaving its `with` closes them as they are.

    Args:
        targets: where the rows, the list of rejects, and perhaps the rejected rows go.
        force: existing targets may be replaced.
        once: the input can be read only once, so no run can be continued.

    Attributes:
        partials: their names until the run is done, in the same order.
    """

    def __init__(self, targets: Sequence[Path], *, force: bool = False, once: bool = False) -> None:
        self._targets = tuple(targets)
        self.partials = tuple(_beside(target, "partial") for target in targets)
        self._journal = _beside(targets[0], "journal")
        self._force = force
        self._once = once
        self._descriptors: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)

    def files(self) -> list[Path]:
        """Return every file that a run makes or removes."""
        return [*self._targets, *self.partials, self._journal, _beside(self._journal, "new")]

    def replaces_output(self) -> bool:
        """Tell whether there is an output that the run would replace."""
        return self._targets[0].exists() and self.partials[0].exists()

    def can_go_on(self) -> bool:
        """Tell whether there is a run that `--resume` can continue."""
        return not self._once and self._journal.exists()

    def open(self, fingerprint: Fingerprint, *, resume: bool) -> Journal:
        """Begin a run, or find where an unfinished one stopped, and cut off everything after that.

        Raises:
            FailureError: there is an unfinished run, and `resume` is not set; it has a different
                input, options or key; another process is working on it; or a file can't be used, or
                exists and may not be replaced.
        """
        for target in self._targets:
            files.check_replaceable(target)
        if not resume and any(path.exists() for path in (self._journal, *self.partials)):
            way = "" if self._once else ": continue with --resume"
            raise self._refused(f"a run was not finished{way}")
        journal = self._read()
        if journal is not None:
            self._check(journal.fingerprint, fingerprint)
        self._check_free(journal)
        # The files of a finished run may already have their names.
        self._open_partials(make=journal is None or not journal.done)
        # Another process may have continued, or even finished, before this one got the lock.
        if self._read() != journal:
            raise _at_work()
        if journal is None:
            journal = Journal(fingerprint)
            self._enter(journal)
        if not journal.done:
            self._cut(journal)
        return journal

    def write(self, *pieces: Iterable[bytes]) -> list[int]:
        """Append to each partial file, and return how many bytes that was.

        Args:
            pieces: of the rows, the rejects and the rejected rows; the last only if they go to a
                file.

        Raises:
            FailureError: a file can't be written.
        """
        sizes = [0] * len(pieces)
        for index, (path, descriptor) in enumerate(
            zip(self.partials, self._descriptors, strict=True)
        ):
            for data in pieces[index]:
                _append(path, descriptor, data)
                sizes[index] += len(data)
        return sizes

    def keep(self, journal: Journal) -> None:
        """Flush what was written to disk, and then record it in the journal.

        Raises:
            FailureError: a file can't be written.
        """
        for path, descriptor in zip(self.partials, self._descriptors, strict=True):
            _writing(path, partial(os.fsync, descriptor))
        self._enter(journal)

    def finish(self, journal: Journal) -> None:
        """Give the files their names, once a journal that says `done` is on disk.

        Without rejects there is no such file, and one from an earlier run that is replaced is
        removed. If the run is killed in between, a resumed run continues here.

        Raises:
            FailureError: a file can't be renamed, or one has appeared that may not be replaced.
        """
        self._check_free(journal)
        # The output is the last to appear.
        for source, target in reversed([*zip(self.partials, self._targets, strict=True)]):
            if journal.rejects == 0 and target != self._targets[0]:
                if source.exists() and self._force:
                    _writing(target, partial(target.unlink, missing_ok=True))
                _writing(source, partial(source.unlink, missing_ok=True))
            elif source.exists():
                _writing(target, partial(source.replace, target))
        _writing(self._journal, partial(self._journal.unlink, missing_ok=True))

    def _check_free(self, journal: Journal | None) -> None:
        """Refuse to replace an existing file, unless a finished run has given it its name.

        Raises:
            FailureError: a target exists.
        """
        for source, target in zip(self.partials, self._targets, strict=True):
            named = journal is not None and journal.done and not source.exists()
            if target.exists() and not (self._force or named):
                text = f"{naming.name(target)} already exists: --force replaces it"
                raise FailureError("file", text, Exit.FILE)

    def _enter(self, journal: Journal) -> None:
        """Replace the journal. A leftover from a killed run is removed by the next one."""
        new = _beside(self._journal, "new")
        _writing(new, partial(new.unlink, missing_ok=True))
        descriptor = _made(new)
        try:
            _append(new, descriptor, _written(journal))
            _writing(new, partial(os.fsync, descriptor))
        finally:
            os.close(descriptor)
        _writing(self._journal, partial(new.replace, self._journal))

    def _open_partials(self, *, make: bool) -> None:
        for path in self.partials:
            if path.exists():
                self._descriptors.append(_found(path))
            elif make:
                self._descriptors.append(_made(path))
        if self._descriptors and not _locked(self.partials[0], self._descriptors[0]):
            raise _at_work()

    def _cut(self, journal: Journal) -> None:
        sizes = (journal.output_bytes, journal.rejects_bytes, journal.rejected_bytes)
        # The last of them is needed only if rejected rows are wanted.
        for path, descriptor, raw in zip(self.partials, self._descriptors, sizes, strict=False):
            if os.fstat(descriptor).st_size < raw:
                raise self._refused("the partial file is shorter than its journal says")
            _writing(path, partial(os.ftruncate, descriptor, raw))
            os.lseek(descriptor, raw, os.SEEK_SET)

    def _check(self, found: Fingerprint, wanted: Fingerprint) -> None:
        for name in Fingerprint.__struct_fields__:
            if getattr(found, name) != getattr(wanted, name):
                raise self._refused(f"the unfinished run was started with {_OTHERS[name]}")

    def _read(self) -> Journal | None:
        if not self._journal.exists():
            return None
        with os.fdopen(_found(self._journal), "rb") as file:
            members = strict_json.load_object(file.read(_JOURNAL_BYTES))
        try:
            return strict_json.convert(members, Journal)
        except strict_json.ShapeError:
            failure = self._refused("the journal of the unfinished run can't be read")
        raise failure

    def _refused(self, reason: str) -> FailureError:
        left = ", ".join(
            naming.name(path) for path in (self._journal, *self.partials) if path.exists()
        )
        return FailureError("resume", f"{reason}; to start again, remove {left}", Exit.FILE)


def _at_work() -> FailureError:
    """Say that a run is in progress, whose files nobody may remove."""
    return FailureError("resume", "a different run is still working: let it end first", Exit.FILE)


def _made(path: Path) -> int:
    """Make a file.

    Raises:
        FailureError: it can't be created, or already exists.
    """
    return _writing(path, partial(os.open, path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600))


def _found(path: Path) -> int:
    """Open a file that an earlier run left.

    Raises:
        FailureError: it can't be opened, or may belong to someone else.
    """
    descriptor = _writing(path, partial(os.open, path, _FLAGS))
    state = os.fstat(descriptor)
    owned = sys.platform == "win32" or state.st_uid == os.geteuid()
    if stat.S_ISREG(state.st_mode) and owned and state.st_nlink == 1:
        return descriptor
    os.close(descriptor)
    text = f"{naming.name(path)} is not a regular file, or not this user's alone"
    raise FailureError("file", text, Exit.FILE)


def digest_of(options: dict[str, object]) -> str:
    """Return the SHA-256 of plain options."""
    return hashlib.sha256(strict_json.write(options)).hexdigest()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")


def _written(journal: Journal) -> bytes:
    members = msgspec.structs.asdict(journal)
    return strict_json.write(
        {**members, "fingerprint": msgspec.structs.asdict(journal.fingerprint)}
    )


def _writing(path: Path, act: Callable[[], _T]) -> _T:
    """Do something with a file that is being written.

    Raises:
        FailureError: it can't be done.
    """
    try:
        return act()
    except OSError as error:
        failure = exit_codes.of_file("write", naming.name(path), error)
    raise failure


def _append(path: Path, descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[_writing(path, partial(os.write, descriptor, left)) :]


def _locked(path: Path, descriptor: int) -> bool:
    """Take the lock that ends with this process; True if the system has no locks.

    False if another process has it, or had it until it renamed the file.
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except (BlockingIOError, FileNotFoundError):
        return False
