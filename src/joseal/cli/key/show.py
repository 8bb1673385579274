"""`joseal key show`: the content of a key file, without its secrets."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from joseal import InvalidKeyError, Key
from joseal._core.algorithms.registry import ALGS, SIGS, lookup_alg
from joseal._core.keys.formats.certificates import Certificate
from joseal._core.secrecy import hide_locals
from joseal._core.wire import base64url, strict_json
from joseal.cli import files, help_pages, json_output, key_files, options
from joseal.cli.console import Page
from joseal.cli.exit_codes import Exit
from joseal.cli.key import convert, write
from joseal.cli.key_files import Found, warn_of_dates
from joseal.diagnosis.model import plain


@help_pages.command(
    params=[options.json_flag(), *write.inputs(several=True)],
    examples=("joseal key show bank.pem", "joseal key show --json senders.jwks"),
    exits=(Exit.KEY,),
)
def command(
    *,
    as_json: bool,
    password_env: str | None,
    password_file: Path | None,
    ask_password: bool,
    in_paths: tuple[Path, ...],
) -> None:
    """Show what keys are: kind, size, the algs they can serve, names and certificates.

    No secret is shown. Each KEY_FILE is PEM, DER, PKCS#12, X.509, JWK or JWK Set; the default is
    standard input. A warning on standard error names an expired certificate.

    With --json: {"keys": [{"kind": TEXT, "alg": TEXT or null, "algs": LIST, "kid": TEXT or null,
    "thumbprint": TEXT or null, "spki_sha256": TEXT or null, "certificates": LIST}]}.
    """
    source = options.Password(password_env, password_file, ask=ask_password)
    found = convert.read(in_paths, None, None, source)
    for one in found:
        warn_of_dates(one.key)
    told = [_told(one) for one in found]
    if as_json:
        files.write(files.STANDARD, json_output.line({"keys": told}), private=False)
        return
    page = Page()
    for number, shown in enumerate(told, 1):
        page.title(f"Key {number}")
        page.rows(_rows(shown))


def _told(found: Found) -> dict[str, object]:
    key = found.key
    return {
        "kind": _kind(key),
        "alg": key.alg if found.is_bound else None,
        "algs": _algs(key),
        "kid": key.kid,
        "thumbprint": None if key.is_symmetric else key.thumbprint(),
        "spki_sha256": None if key.is_symmetric else key_files.spki_sha256(key),
        "certificates": [_certificate(one) for one in key.certificates],
    }


@hide_locals
def _kind(key: Key) -> str:
    """Describe the kind, the size and the half."""
    if key.is_password:
        return "password"
    half = "private" if key.is_private else "public"
    members = _members(key)
    raw = base64url.decode_text(str(members.get("n", members.get("k", "")))) or b""
    if key.is_symmetric:
        return f"shared secret of {len(raw)} bytes"
    if members["kty"] == "RSA":
        return f"RSA of {int.from_bytes(raw, 'big').bit_length()} bits, {half}"
    if members["kty"] == "AKP":
        return f"AKP of {len(base64url.decode_text(str(members['pub'])) or b'')} bytes, {half}"
    return f"{members['kty']} on {members['crv']}, {half}"


@hide_locals
def _members(key: Key) -> dict[str, object]:
    """Return the part that decides which algs a key can serve: its public half if it has one."""
    members = key.to_jwk(private=True) if key.is_symmetric else key.public().to_jwk()
    return {name: value for name, value in members.items() if name not in {"alg", "key_ops"}}


@hide_locals
def _algs(key: Key) -> list[str]:
    """Return the algs that the public half can serve; a shared secret serves those of its size."""
    if key.is_password:
        return [key.alg]
    members = _members(key)
    if members["kty"] == "AKP":
        own = lookup_alg(key.alg).parameters
        found = [name for name, alg in ALGS.items() if alg.parameters == own]
        return found or [name for name, sig in SIGS.items() if sig.parameters == own]
    names = [name for table in (ALGS, SIGS) for name in table if "PBES2" not in name]
    return [name for name in names if _serves(members, name)]


@hide_locals
def _serves(members: dict[str, object], alg: str) -> bool:
    try:
        Key.from_jwk(members, alg=lookup_alg(alg).name, legacy=alg == "RSA1_5")
    except InvalidKeyError:
        return False
    return True


def _certificate(one: Certificate) -> dict[str, object]:
    expired = one.is_expired(dt.datetime.now(dt.UTC))
    return {
        "subject": one.subject,
        "issuer": one.issuer,
        "serial": one.serial,
        "not_before": one.not_before.isoformat(),
        "not_after": one.not_after.isoformat(),
        "expired": expired,
        "sha256": one.sha256,
        "x5t": one.x5t,
        "x5t#S256": one.x5t_s256,
    }


def _rows(told: dict[str, object]) -> Iterator[tuple[str, str]]:
    shown = {name: value for name, value in told.items() if value is not None}
    for name, value in shown.items():
        listed = strict_json.as_list(value)
        if listed is None:
            yield name.replace("_", " "), plain(f"{value}")
        elif name == "algs":
            yield name, ", ".join(map(str, listed))
        for one in listed or []:
            for part, item in (strict_json.as_object(one) or {}).items():
                yield f"certificate {part.replace('_', ' ')}", plain(f"{item}")
