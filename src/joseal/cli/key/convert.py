"""`joseal key convert`: write keys in a different format."""

from pathlib import Path

import click

from joseal import InvalidKeyError
from joseal._core.algorithms.registry import ALGS, SIGS
from joseal.cli import files, help_pages, key_files, options
from joseal.cli.exit_codes import Exit
from joseal.cli.key import write
from joseal.cli.key_files import Found


@help_pages.command(
    params=[
        write.to(required=True),
        options.alg([*ALGS, *SIGS]),
        click.Option(["--kid"], metavar="NAME", help="The name of a key that has none."),
        click.Option(
            ["--private"], is_flag=True, help="Write private and symmetric keys, as they are."
        ),
        *options.password("new-password", "a password to encrypt the PEM file with"),
        options.json_flag(),
        *write.targets(),
        *write.inputs(several=True),
    ],
    examples=(
        "joseal key convert --to jwk --alg RSA-OAEP-256 --kid bank-1 bank.pem",
        "joseal key convert --to pem --private --ask-password mine.p12 -o mine.pem",
        "joseal key convert --to jwks a.public.jwk b.public.jwk -o public.jwks",
    ),
    exits=(Exit.KEY,),
)
def command(
    *,
    form: str,
    alg: str | None,
    kid: str | None,
    private: bool,
    password_env: str | None,
    password_file: Path | None,
    ask_password: bool,
    new_password_env: str | None,
    new_password_file: Path | None,
    ask_new_password: bool,
    as_json: bool,
    out_path: Path,
    force: bool,
    in_paths: tuple[Path, ...],
) -> None:
    """Write keys in a different format.

    Each KEY_FILE is PEM, DER, PKCS#12, X.509, JWK or JWK Set; the default is standard input. A JWK
    is written with an alg only if the key or --alg names one. From a certificate only the public
    key is taken, and from a JWK only alg, kid, key_ops and the key. Private and symmetric keys are
    refused without --private; `joseal key public` writes public halves.

    With --json: {"form": TEXT, "private": BOOL, "keys": [{"alg": TEXT or null, "kid": TEXT or null,
    "thumbprint": TEXT or null}], "written": TEXT}.
    """
    found = read(
        in_paths, alg, kid, options.Password(password_env, password_file, ask=ask_password)
    )
    if not private and any(one.key.is_private or one.key.is_symmetric for one in found):
        raise InvalidKeyError("this is a secret: --private writes it, key public its public half")
    source = options.Password(new_password_env, new_password_file, ask=ask_new_password)
    password = options.read_password(source, "New password", name="new-password", new=True)
    data = write.write(found, form, private=private, password=password)
    if as_json:
        data = write.report(found, form, data, private=private)
    write.save(out_path, data, private=private, force=force)


def read(
    paths: tuple[Path, ...], alg: str | None, kid: str | None, source: options.Password
) -> list[Found]:
    """Read all keys of all files.

    Raises:
        FailureError: a file can't be read.
        UsageError: one kid is given for several keys, or more than one source for the password.
        InvalidKeyError: something is not a key that joseal can use.
    """
    password = options.read_password(source)
    given = [key_files.read(path) for path in paths or (files.STANDARD,)]
    if kid is not None and (len(given) > 1 or given[0].is_set):
        raise click.UsageError("--kid names one key, and there are several")
    return [
        found
        for file in given
        for found in key_files.load_any(file, alg=alg, kid=kid, password=password)
    ]
