"""The names of algorithms as values of an option: a wrong one is answered with the right one.

Source: none; the format is this project's own.
"""

from typing import final

import click

from joseal._core.algorithms.registry import ALGS, ENCS, SIGS, nearest


@final
class Names(click.Choice[str]):
    """Names of algs or encs, of which an option takes some."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return a known name.

        Raises:
            BadParameter: it is not known to this option.
        """
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            hint = self._hint(value) if isinstance(value, str) else ""
            raise click.BadParameter(f"{hint}{error.message}", ctx, param) from None

    def _hint(self, value: str) -> str:
        own = tuple(str(name) for name in self.choices)
        if value in SIGS and value not in own:
            return f"{value} is an alg for signatures: `joseal sign` and `joseal verify` take it. "
        if value in ENCS and value not in own:
            return f"{value} is an enc: --enc takes it. "
        if value in ALGS and own[0] in ENCS:
            return f"{value} is an alg: --alg takes it. "
        if value in ALGS:
            return f"{value} is an alg that this command does not take. "
        near = nearest(value, own)
        return "" if near is None else f"did you mean {near}? "
