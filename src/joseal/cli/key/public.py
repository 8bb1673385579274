"""`joseal key public`: write the public half of a key."""

from pathlib import Path

import click

from joseal._core.algorithms.registry import ALGS, SIGS
from joseal.cli import files, help_pages, key_files, options
from joseal.cli.exit_codes import Exit
from joseal.cli.key import write
from joseal.cli.key_files import File, Found


@help_pages.command(
    params=[
        write.to(),
        options.alg([*ALGS, *SIGS]),
        click.Option(["--kid"], metavar="NAME", help="The name of a key that has none."),
        options.json_flag(),
        *write.targets(),
        *write.inputs(several=False),
    ],
    examples=(
        "joseal key public mine.jwk -o mine.public.jwk",
        "joseal key public --to jwk --alg ES256 --ask-password mine.pem",
    ),
    exits=(Exit.KEY,),
)
def command(
    *,
    form: str | None,
    alg: str | None,
    kid: str | None,
    password_env: str | None,
    password_file: Path | None,
    ask_password: bool,
    as_json: bool,
    out_path: Path,
    force: bool,
    in_paths: tuple[Path, ...],
) -> None:
    """Write the public half of a key.

    KEY_FILE is PEM, DER, PKCS#12, X.509, JWK or JWK Set; the default is standard input. Without
    --to, the form is that of KEY_FILE, and PEM for DER and PKCS#12. A JWK is written with an alg
    only if the key or --alg names one.

    With --json: the same as `joseal key convert`.
    """
    if len(in_paths) > 1:
        raise click.UsageError("one KEY_FILE is wanted")
    source = options.Password(password_env, password_file, ask=ask_password)
    file = key_files.read(in_paths[0] if in_paths else files.STANDARD)
    if kid is not None and file.is_set:
        raise click.UsageError("--kid names one key, and there are several")
    password = options.read_password(source)
    loaded = key_files.load_any(file, alg=alg, kid=kid, password=password)
    found = [Found(one.key.public(), one.is_bound) for one in loaded]
    chosen = _form_of(file) if form is None else form
    data = write.write(found, chosen, private=False)
    if as_json:
        data = write.report(found, chosen, data, private=False)
    write.save(out_path, data, private=False, force=force)


def _form_of(file: File) -> str:
    if file.is_json:
        return "jwks" if file.is_set else "jwk"
    return "pem"
