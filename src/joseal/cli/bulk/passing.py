"""Rows to standard output, as they are finished: nothing can be resumed, and written rows stay.

The rejects go to their files when the run is over, or not at all.
"""

import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, final

from joseal.cli import files, naming
from joseal.cli.bulk.journal import Fingerprint, Journal
from joseal.cli.exit_codes import Exit, FailureError


@final
class PassedOn:
    """The outputs of a run whose rows go to standard output. Leaving its `with` block closes them.

    Args:
        targets: standard output, the list of refused rows, and perhaps the file for them.
        force: existing targets may be replaced.

    Attributes:
        partials: as in `Books`; no rows are held back, so these are the targets.
    """

    def __init__(self, targets: Sequence[Path], *, force: bool = False) -> None:
        self.partials = tuple(targets)
        self._force = force
        self._stack = ExitStack()
        self._held = dict.fromkeys(self.partials[1:], b"")
        self._files: dict[Path, BinaryIO] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, traceback)

    def replaces_output(self) -> bool:
        """Return that there is no output to replace."""
        return False

    def can_go_on(self) -> bool:
        """Return False: there is nothing to continue."""
        return False

    def open(self, fingerprint: Fingerprint, *, resume: bool) -> Journal:
        """Begin.

        Raises:
            FailureError: a file of rejects exists and may not be replaced.
        """
        del resume  # Refused with the arguments.
        for path in self.partials[1:]:
            files.check_replaceable(path)
            if path.exists() and not self._force:
                text = f"{naming.name(path)} already exists: --force replaces it"
                raise FailureError("file", text, Exit.FILE)
        return Journal(fingerprint)

    def write(self, *pieces: Iterable[bytes]) -> list[int]:
        """Pass rows on, and return the number of bytes of each kind.

        Raises:
            FailureError: something can't be written.
        """
        sizes = [0] * len(pieces)
        for index, path in enumerate(self.partials):
            for data in pieces[index]:
                self._append(path, data)
                sizes[index] += len(data)
        if sizes[1]:
            self._begin_rejects()
        return sizes

    def keep(self, journal: Journal) -> None:
        """Flush the rows out of this process.

        Raises:
            FailureError: they can't.
        """
        del journal
        self._append(files.STANDARD, b"")

    def finish(self, journal: Journal) -> None:
        """Remove the rejects of an earlier run if this one has none."""
        for path in self.partials[1:]:
            if journal.rejects == 0 and self._force:
                path.unlink(missing_ok=True)

    def _begin_rejects(self) -> None:
        """Create the files of the rejects, with their beginning."""
        for path, data in self._held.items():
            file = self._stack.enter_context(files.writing(path, private=True))
            file.write(data)
            self._files[path] = file
        self._held.clear()

    def _append(self, path: Path, data: bytes) -> None:
        if path in self._files:
            self._files[path].write(data)
            return
        if path != files.STANDARD:
            # Without rejects there should be no file.
            self._held[path] += data
            return
        try:
            stream = files.standard(sys.stdout).buffer
            stream.write(data)
            stream.flush()
        except OSError as error:
            raise files.standard_output_failed(error) from None
