"""`joseal key jwks`: write the JWK Set that the other side fetches."""

from pathlib import Path

import click

from joseal import InvalidKeyError, Key, KeySet
from joseal._core.algorithms.registry import ALGS, SIGS
from joseal.cli import help_pages, json_output, options
from joseal.cli.exit_codes import Exit
from joseal.cli.key import convert, write
from joseal.cli.key_files import Found


@help_pages.command(
    params=[
        options.alg([*ALGS, *SIGS]),
        click.Option(["--kid"], metavar="NAME", help="The name of a key that has none."),
        options.json_flag(),
        *write.targets(),
        *write.inputs(several=True),
    ],
    examples=(
        "joseal key jwks next.jwk current.jwk -o jwks.json",
        "joseal key jwks --alg RSA-OAEP-256 --ask-password mine.pem",
    ),
    exits=(Exit.KEY,),
)
def command(
    *,
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
    """Write the public JWK Set that you publish.

    Each KEY_FILE is PEM, DER, PKCS#12, X.509, JWK or JWK Set; the default is standard input. The
    set has the public halves in the given order: the key to encrypt to comes first. Each has its
    alg, its use, and its kid, which is the thumbprint of RFC 7638 if the key has no name. A
    symmetric key is refused, and so are two keys with the same kid and alg.

    With --json: the same as `joseal key convert`.
    """
    source = options.Password(password_env, password_file, ask=ask_password)
    keys = [_published(found) for found in convert.read(in_paths, alg, kid, source)]
    data = json_output.line(KeySet(keys).to_jwks())
    if as_json:
        data = write.report(
            [Found(key, is_bound=True) for key in keys], "jwks", data, private=False
        )
    write.save(out_path, data, private=False, force=force)


def _published(found: Found) -> Key:
    """Return the public half, bound to its alg and named.

    Raises:
        InvalidKeyError: the key is a shared secret, or has no alg.
    """
    if found.key.is_symmetric:
        raise InvalidKeyError("a symmetric key is all secret: it is never part of a served JWK Set")
    if not found.is_bound:
        raise InvalidKeyError("a key names no alg: name it by --alg")
    public = found.key.public()
    if public.kid is not None:
        return public
    return Key.from_jwk(public.to_jwk(), kid=public.thumbprint(), legacy=True)
