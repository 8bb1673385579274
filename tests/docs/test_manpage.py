"""The manual page has every command and option, and nothing that roff would take for its own."""

import re
import runpy

import click
from tests.docs import pages

from joseal.cli.program import program

MANPAGE = runpy.run_path(str(pages.DOCS / "manpage.py"))
MACROS = {".TH", ".SH", ".SS", ".nf", ".fi"}


def test_page_has_every_command_with_its_options() -> None:
    page = MANPAGE["page"]()
    assert page.startswith(".TH JOSEAL 1 ")
    for name, command in program.commands.items():
        assert f'.SH "JOSEAL {name.upper()}"' in page
        options = [option for option in command.params if isinstance(option, click.Option)]
        texts = [option.opts[-1].replace("-", "\\-") for option in options]
        assert [text for text in texts if text not in page] == []


def test_only_known_macros_begin_a_line() -> None:
    begins = re.findall(r"^[.'](\S*)", MANPAGE["page"](), re.MULTILINE)
    assert {f".{name}" for name in begins} == MACROS


def test_text_that_roff_would_take_is_escaped() -> None:
    assert MANPAGE["escaped"](".SH x") == "\\&.SH x"
    assert MANPAGE["escaped"]("'a\\b") == "\\&'a\\eb"
