"""`joseal key thumbprint`: names of keys that are computed from their content."""

from pathlib import Path
from typing import Final

import click

from joseal import InvalidKeyError, Key
from joseal.cli import files, help_pages, json_output, key_files, options
from joseal.cli.exit_codes import Exit
from joseal.cli.key import convert, write

# For --uri, --spki and --serial.
_NAMES: Final = {
    (False, False, False): "thumbprint",
    (True, False, False): "uri",
    (False, True, False): "spki_sha256",
    (False, False, True): "serial",
}


@help_pages.command(
    params=[
        click.Option(["--uri"], is_flag=True, help="Print the URI of RFC 9278."),
        click.Option(
            ["--spki"],
            is_flag=True,
            help="Print the SHA-256 of the SubjectPublicKeyInfo in hex, as some APIs name keys.",
        ),
        click.Option(
            ["--serial"],
            is_flag=True,
            help="Print the serial number of the key's certificate, as CyberSource names keys.",
        ),
        options.json_flag(),
        *write.inputs(several=True),
    ],
    examples=(
        "joseal key thumbprint mine.jwk",
        "joseal key thumbprint --json senders.jwks",
    ),
    exits=(Exit.KEY,),
)
def command(
    *,
    uri: bool,
    spki: bool,
    serial: bool,
    as_json: bool,
    password_env: str | None,
    password_file: Path | None,
    ask_password: bool,
    in_paths: tuple[Path, ...],
) -> None:
    """Show the thumbprints of keys.

    A thumbprint (RFC 7638) is a SHA-256 in base64url, one line for each key. A private key has the
    same one as its public half. A symmetric key is refused, because its thumbprint is a hash of the
    secret. Each KEY_FILE is PEM, DER, PKCS#12, X.509, JWK or JWK Set; the default is standard
    input.

    With --json: {"keys": [{"kid": TEXT or null, "thumbprint": TEXT, "uri": TEXT, "spki_sha256":
    TEXT or null, "serial": TEXT or null}]}.
    """
    if uri + spki + serial > 1:
        raise click.UsageError("--uri, --spki and --serial each choose the name: give one")
    source = options.Password(password_env, password_file, ask=ask_password)
    keys = [found.key for found in convert.read(in_paths, None, None, source)]
    if any(key.is_symmetric for key in keys):
        raise InvalidKeyError("the thumbprint of a symmetric key would be a hash of the secret")
    if as_json:
        data = json_output.line({"keys": [_names(key) for key in keys]})
    else:
        name = _NAMES[uri, spki, serial]
        data = "".join(f"{_line(key, name)}\n" for key in keys).encode()
    files.write(files.STANDARD, data, private=False)


def _line(key: Key, name: str) -> str:
    if name == "spki_sha256":
        # The error says why, for a hybrid key.
        return key.spki_sha256()
    if name != "serial":
        return str(_names(key)[name])
    # The issuer chooses a subject's serialNumber freely.
    if not key.certificate_serial.isprintable():
        raise InvalidKeyError("the serial number does not fit on a line: --json writes it")
    return key.certificate_serial


def _names(key: Key) -> dict[str, object]:
    return {
        "kid": key.kid,
        "thumbprint": key.thumbprint(),
        "uri": key.thumbprint_uri(),
        "spki_sha256": key_files.spki_sha256(key),
        "serial": _serial(key),
    }


def _serial(key: Key) -> str | None:
    try:
        return key.certificate_serial
    except InvalidKeyError:
        return None
