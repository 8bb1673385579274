"""Tracebacks as rich prints them, but for the colors of the source: they took most of the time."""

from typing import ClassVar

import rich.traceback


class Traceback(rich.traceback.Traceback):
    LEXERS: ClassVar = {".py": "text"}
