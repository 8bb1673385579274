"""Show what was given as the name of a file or as an argument, unless it is a key or a token.

A shell variable that contains a key is easily given where a path is wanted, and standard error
often ends in a log.

Source: none.
"""

import os
import re
from pathlib import Path
from typing import Final

import click

# Longer than the name of a curve, of an alg or of most files.
_LEAST_SECRET: Final = 32
_MOST_NAME: Final = 4096
_QUOTED: Final = re.compile(r"'[^']*'|\([^()]*\)")
_TEXTS: Final = ("pem", "jwk", "json", "base64-of", "hex-of", "jws", "jwe", "token")
_BARE: Final = ("base64", "hex")
_HIDDEN: Final = "not shown"


def name(path: Path | str) -> str:
    """Return the name of a file for a message."""
    told = contents(os.fspath(path))
    return click.format_filename(path) if told is None else f"the file ({_HIDDEN}: {told})"


def contents(text: str) -> str | None:
    """Say what a text is that was given as a name; None if it may be shown."""
    # Only a mistake needs it.
    from joseal.diagnosis import explain_key  # noqa: PLC0415

    if len(text) > _MOST_NAME:
        return "this is longer than a path"
    text = text.lstrip("-") if text.startswith("--") and text[2:3] != "-" else text
    found = explain_key(text.encode("utf-8", "replace"))
    told = "this is PEM" if "pem" in found.kind else found.sentence.removesuffix(", not a key")
    if found.kind in _BARE:
        # The name of a file may be in this alphabet as well.
        is_long = len(text) >= _LEAST_SECRET and re.search(r"[0-9]", text) is not None
        return told if is_long and not _is_in_a_folder(text) else None
    if found.kind in ("jws", "jwe", "token-part") and not text.startswith("eyJ"):
        return None
    return told if found.kind.startswith(_TEXTS) else None


def _is_in_a_folder(text: str) -> bool:
    # One secret in 64 begins with a slash.
    folder = os.path.dirname(text)  # noqa: PTH120 - a Path would drop a slash at its end
    return os.path.exists(text) or (folder not in ("", "/") and os.path.isdir(folder))  # noqa: PTH110, PTH112 - nor raise


def argument(text: str) -> str:
    """Return what the user gave for a message."""
    return text if contents(text) is None else f"({_HIDDEN})"


def without_contents(message: str) -> str:
    """Return a message without the quoted arguments that are keys or tokens."""
    return _QUOTED.sub(
        lambda found: found[0] if contents(found[0][1:-1]) is None else f"({_HIDDEN})",
        message,
    )
