"""The file that keeps, between two commands, the state that an attempt was made against.

Rules:
- It is on disk before the first byte of the attempt leaves, and is never made twice: while it
  exists, an attempt may be in progress.
- Once a call has been made, a file that can't be written or removed is named on standard error, and
  the outcome of the call decides how the command ends.
- It contains ids, references and states; no card and no name.
"""

import errno
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeGuard

import click
import msgspec

from joseal._core.wire import strict_json
from joseal.cli import files, json_output, naming
from joseal.cli.exit_codes import Exit, FailureError, of_file
from joseal.juspay import AttemptQuery, Known

_MOST_BYTES: Final = 1024 * 1024
# Some file systems have nothing to sync for a folder, and say so.
_NOTHING_TO_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})


def to_members(question: AttemptQuery | Known) -> dict[str, object]:
    """Return a question, or the known state, for programs."""
    made: object = msgspec.to_builtins(question)
    return dict(made) if _is_members(made) else {}


def begin(path: Path | None, known: Known) -> None:
    """Store the state that an attempt is made against, before it is sent.

    Raises:
        UsageError: the file already exists, or is standard output.
        FailureError: it can't be written.
    """
    if path is None:
        return
    if path == files.STANDARD:
        raise click.UsageError("--known needs a file: --json prints the same")
    try:
        if not path.exists():
            _write(path, AttemptQuery(known=known), replace=False)
            _sync(path)
            return
    except FailureError:
        # Unless a further attempt has created it since.
        if not path.exists():
            raise
    raise click.UsageError(
        f"{naming.name(path)} already exists, so an attempt may be under way: ask "
        "`joseal juspay reconcile`, and name a new file for a new attempt"
    )


def keep(path: Path, question: AttemptQuery) -> None:
    """Store the next question; if that fails, say so."""
    try:
        _write(path, question, replace=True)
    except FailureError as error:
        files.tell_error(f"joseal: {error}")


def forget(path: Path | None) -> None:
    """Remove the file of an attempt that was not started; if that fails, say so."""
    if path is None:
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        failure = of_file("remove", click.format_filename(path), error)
        files.tell_error(f"joseal: {failure}: remove it, because no attempt was started")


def read(path: Path) -> AttemptQuery:
    """Read what `begin` and `keep` wrote, or what `--json` printed.

    Raises:
        FailureError: it can't be read, or does not contain a question.
    """
    members = strict_json.load_object(files.read(path, _MOST_BYTES)) or {}
    again = strict_json.as_object(members.get("again"))
    names = AttemptQuery.__struct_fields__
    chosen = members if again is None else again
    try:
        return strict_json.convert({n: chosen[n] for n in names if n in chosen}, AttemptQuery)
    except strict_json.ShapeError:
        text = "not what `joseal juspay attempt` wrote with --known or printed with --json"
    raise FailureError("malformed", text, Exit.TOKEN)


def _write(path: Path, question: AttemptQuery, *, replace: bool) -> None:
    files.write(path, json_output.line(to_members(question)), private=True, replace=replace)


def _sync(path: Path) -> None:
    """Sync a new file's folder to disk, so that the file is there even after a power failure.

    Raises:
        FailureError: that is not certain. The file was removed: nothing was sent.
    """
    if sys.platform == "win32":  # which can't open folders
        return
    failure = None
    try:
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NOTHING_TO_SYNC:
            failure = of_file("write", click.format_filename(path), error)
    if failure is not None:
        with suppress(OSError):
            path.unlink()
        raise failure


def _is_members(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)
