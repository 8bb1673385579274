"""Tracebacks as rich prints them, but for the colors of the source: they took most of the time."""

from typing import ClassVar

import rich.syntax
import rich.traceback


class _Excerpt(rich.syntax.Syntax):
    """The lines that are shown, and not those of the whole file of which rich keeps a few."""

    def __init__(self, code, lexer, *, line_range, **how):
        first, last = max(line_range[0], 1), line_range[1]
        lines = code.splitlines(keepends=True)[first - 1 : last]
        super().__init__("".join(lines).removesuffix("\n"), lexer, start_line=first, **how)

    def stylize_range(self, style, start, end, style_before=False):
        """Leave out the underlining: its places count from the beginning of the file."""


class Traceback(rich.traceback.Traceback):
    LEXERS: ClassVar = {".py": "text"}


rich.traceback.Syntax = _Excerpt
