"""`joseal doctor`: why a token does not open, by its structure, and with a key by trial."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec

from joseal.cli import files, help_pages, json_output, options
from joseal.cli.console import Page
from joseal.cli.doctor import key_file, keys
from joseal.cli.doctor.keys import Findings, Given
from joseal.cli.exit_codes import Exit, FailureError
from joseal.diagnosis import Cause, Explanation, ProfileMatch
from joseal.diagnosis.explain_token import MOST_BYTES, examine


@help_pages.command(
    params=[
        *options.key(required=False, legacy=True),
        *options.password(),
        click.Option(["--kid"], metavar="NAME", help="The name that your key has."),
        click.Option(
            ["--other-key", "other_path"],
            type=options.PATH,
            metavar="FILE",
            help="The other side's public key or JWK Set: is it the one that the token names?",
        ),
        click.Option(
            ["--expect"],
            type=click.Choice(["jwe", "jws"]),
            default="jwe",
            show_default=True,
            help="What should have come.",
        ),
        options.json_flag(),
        click.Argument(["in_path"], default="-", type=options.PATH, metavar="[TOKEN_FILE]"),
    ],
    examples=(
        "joseal doctor token.txt",
        "joseal doctor --key mine.pem --alg RSA-OAEP-256 --json < token.txt",
    ),
    exits=(Exit.TOKEN, Exit.KEY),
)
def command(
    *,
    key_path: Path | None,
    alg: str | None,
    password_env: str | None,
    password_file: Path | None,
    ask_password: bool,
    kid: str | None,
    other_path: Path | None,
    expect: str,
    as_json: bool,
    in_path: Path,
) -> None:
    """Say why a token does not open, and what to do.

    TOKEN_FILE is standard input unless named. Without a key, the structure tells: what stands
    around the token, its segments, its header and its sizes. With a private or shared key, known
    mistakes of other libraries are tried, and the one that opens is named. The plaintext is never
    shown. The header is. --key also takes a JWK Set, and a public key, with which names and sizes
    are compared.

    A key file in place of a token is named as what it is, with the way to load it.

    Ends with 0 if nothing is found to be wrong, and 1 otherwise.

    With --json: {"verdict": TEXT, "causes": [{"code": TEXT, "sentence": TEXT, "remedy": TEXT,
    "seen": TEXT or null}], "header": OBJECT, "segments": LIST, "profiles": LIST, and more}.
    """
    source = options.Password(password_env, password_file, ask=ask_password)
    if source.is_named() and key_path is None:
        raise click.UsageError("a password needs --key")
    token = options.read_token(in_path, MOST_BYTES)
    given_key = key_file.show(token, as_json=as_json)
    if given_key is not None:
        if given_key.loader:
            return
        raise FailureError(given_key.kind, given_key.sentence, Exit.KEY)
    seen, reading = examine(token, expect="jws" if expect == "jws" else "jwe")
    given = Given(key_path, other_path, alg, kid, options.read_password(source))
    found = keys.examine(reading, given)
    causes = _merged(seen.causes, found.causes)
    if as_json:
        _print_json(seen, found, causes)
    else:
        _print_page(Page(), seen, found, causes)
    if causes:
        raise FailureError(causes[0].code, causes[0].sentence, Exit.TOKEN)


def _merged(seen: Iterable[Cause], found: Iterable[Cause]) -> tuple[Cause, ...]:
    """Put what the structure shows first, each code once."""
    merged: dict[str, Cause] = {}
    for cause in (*seen, *found):
        merged.setdefault(cause.code, cause)
    return tuple(merged.values())


def _verdict(found: Findings, causes: tuple[Cause, ...]) -> str:
    """Say it in one sentence."""
    size = f"{found.plaintext_bytes} bytes of plaintext"
    if found.opened:
        return f"It opens as it is: {size}." if not causes else f"It opens, but: ({size})"
    if found.tried:
        return "It does not open with this key:"
    if causes:
        return "Something is wrong with it, the most likely cause first:"
    return "Nothing is seen to be wrong with it. Only a private or shared key can tell more."


def _print_json(seen: Explanation, found: Findings, causes: tuple[Cause, ...]) -> None:
    told: dict[str, object] = {
        **msgspec.structs.asdict(seen),
        "header": dict(seen.header),
        "causes": causes,
        "possible": () if found.tried else seen.possible,
        "tried": found.tried,
        "opened": found.opened,
        "plaintext_bytes": found.plaintext_bytes,
        "verdict": _verdict(found, causes),
    }
    files.write(files.STANDARD, json_output.line(msgspec.to_builtins(told)), private=False)


def _print_page(page: Page, seen: Explanation, found: Findings, causes: tuple[Cause, ...]) -> None:
    """Print one screen, with the causes on top."""
    page.title(_verdict(found, causes))
    page.rows(row for number, cause in enumerate(causes, 1) for row in _cause_rows(number, cause))
    if not causes and not found.tried:
        page.say("If it does not open all the same, one of these may be why:")
        page.rows((cause.code, cause.sentence) for cause in seen.possible)
    if seen.segments:
        page.title("Segments")
        page.table(("segment", "characters", "bytes", ""), [*_segment_rows(seen)])
    if seen.header:
        page.title("Header, which anyone can write and read")
        page.rows(seen.header)
    if seen.profiles:
        page.title("Profiles")
        page.rows(_profile_rows(seen.profiles))


def _cause_rows(number: int, cause: Cause) -> Iterator[tuple[str, str]]:
    yield f"{number}.", cause.sentence
    if cause.seen:
        yield "", f"Seen: {cause.seen}."
    yield "", cause.remedy
    yield "", f"[{cause.code}]"


def _segment_rows(seen: Explanation) -> Iterator[tuple[str | int, ...]]:
    for part in seen.segments:
        size = "none" if part.bytes is None else part.bytes
        yield part.name, part.characters, size, "" if part.canonical else "not canonical"


def _profile_rows(matches: Iterable[ProfileMatch]) -> Iterator[tuple[str, str]]:
    """Give the profiles that match in one row; those that nearly do only if none does."""
    full = [f"{match.profile} ({match.direction})" for match in matches if not match.misses]
    if full:
        yield "matches", ", ".join(full)
        return
    for match in matches:
        yield f"nearly {match.profile} ({match.direction})", "; ".join(match.misses)
