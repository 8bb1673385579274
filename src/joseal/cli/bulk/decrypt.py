"""`joseal bulk decrypt`: open the rows of a file."""

from typing import Unpack

from joseal.cli import help_pages
from joseal.cli.bulk import options as bulk_task
from joseal.cli.bulk.options import GivenToOpen
from joseal.cli.exit_codes import Exit


@help_pages.command(
    params=[
        *bulk_task.opening(),
        *bulk_task.common("decrypt"),
    ],
    examples=(
        "joseal bulk decrypt --key mine.pem --alg RSA-OAEP-256 --enc A256GCM \\",
        "    --field card encrypted.csv -o cards.csv",
        "joseal bulk decrypt --key old.jwk --key new.jwks --enc A256GCM \\",
        "    --field card encrypted.csv -o cards.csv",
    ),
    exits=(Exit.TOKEN, Exit.KEY),
)
def command(**given: Unpack[GivenToOpen]) -> None:
    """Decrypt fields of JSON Lines, columns of CSV, or whole lines.

    The plaintext replaces each token in IN. It becomes a JSON string, unless --json-values. A
    plaintext that is not UTF-8, or that the format can't represent, is refused.

    With several keys, a token that names a kid is tried only with that key, and a token without a
    kid with at most four.

    Rows that fail are left out of the output. The file of rejects lists them with line number and
    code, and the status is 1.

    With --json: {"rows": NUMBER, "rejects": NUMBER}.
    """
    source, settings = bulk_task.opening_of(given)
    bulk_task.run(given, source, settings, {"decrypt": settings._asdict()})
