"""What the commands of `joseal juspay` share: the account, and how an outcome is told.

Rules:
- The exit code is the outcome's, even where the outcome can't be printed: a payout that was taken
  must not look like one that failed.
- The API's own messages may repeat what was sent, and are not printed.
"""

from pathlib import Path
from typing import TypeVar

import click

from joseal._core.secrecy import hide_locals
from joseal.cli import exit_codes, files, json_output, options
from joseal.juspay import (
    PRODUCTION,
    SANDBOX,
    Account,
    AttemptPath,
    Outcome,
    Proxy,
    Refused,
    Unknown,
)

_T = TypeVar("_T")


def account_options() -> list[click.Parameter]:
    """Return what names the account and the API."""
    return [
        click.Option(
            ["--base-url"],
            required=True,
            metavar="URL",
            help=f"Where the API is: {SANDBOX}, {PRODUCTION}, or what you were told. Plain http is "
            "for loopback hosts.",
        ),
        click.Option(["--merchant-id"], required=True, metavar="NAME", help="Yours."),
        *options.password("api-key", "the account's API key"),
        click.Option(["--routing-id"], metavar="NAME", help="The customer's, for all their calls."),
        click.Option(
            ["--timeout"],
            type=click.FloatRange(0, 3600, min_open=True),
            default=60,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait for the answer.",
        ),
        click.Option(
            ["--proxy", "proxy_url"],
            metavar="URL",
            help="An HTTP proxy to go through: scheme, host, port. The environment's is ignored.",
        ),
    ]


def proxy(url: str | None, base_url: str) -> Proxy | None:
    """Make the proxy.

    Raises:
        UsageError: the URL can't be one, or the account is a plain http one.
    """
    if url is not None and not base_url.startswith("https://"):
        raise click.UsageError("--proxy is for https:// accounts")
    try:
        return None if url is None else Proxy(url)
    except ValueError as error:
        reason = str(error)
    raise click.UsageError(f"--proxy: {reason}")


def attempt_path_option() -> click.Parameter:
    """Return which of the published forms of the path is used."""
    return click.Option(
        ["--attempt-path", "attempt_path"],
        type=click.Choice([path.name.lower() for path in AttemptPath]),
        default=AttemptPath.ORDERS.name.lower(),
        show_default=True,
        metavar="NAME",
        help="Which published form of an attempt's path the account uses: "
        + ", ".join(path.name.lower() for path in AttemptPath)
        + ".",
    )


@hide_locals
def account(
    base_url: str,
    merchant_id: str,
    source: options.Password,
    *,
    kid: str,
    sid: str | None = None,
    routing_id: str | None = None,
) -> Account:
    """Make the account, with an API key from where the user says it is.

    Raises:
        UsageError: no place is named for the API key, or more than one; or a value can't be sent.
        FailureError: the file with the API key can't be read.
    """
    api_key = options.read_password(source, "API key", name="api-key")
    if api_key is None:
        raise click.UsageError("name a place for the API key: --api-key-env, --api-key-file")
    try:
        return Account(
            base_url=base_url,
            merchant_id=merchant_id,
            api_key=api_key.decode(errors="replace"),
            kid=kid,
            sid=sid,
            routing_id=routing_id,
        )
    except ValueError as error:
        reason = str(error)
    raise click.UsageError(reason)


def told(outcome: Outcome[_T]) -> dict[str, object]:
    """Say an outcome for programs."""
    members: dict[str, object] = {"outcome": outcome.kind}
    if isinstance(outcome, Refused):
        members |= {"status": outcome.status, "error_code": outcome.error_code}
        return {**members, "advice": outcome.advice}
    if isinstance(outcome, Unknown):
        return {**members, "reason": outcome.reason, "status": outcome.status}
    reason = getattr(outcome, "reason", None)
    return members if reason is None else {**members, "reason": reason}


def tell(line: bytes) -> None:
    """Print an outcome; where that fails, say so, and let the outcome decide the exit code."""
    try:
        files.write(files.STANDARD, line, private=False)
    except exit_codes.FailureError as error:
        click.echo(f"joseal: {error}", err=True)


def end(outcome: Outcome[_T], what_next: str) -> None:
    """Fail where the outcome does.

    Raises:
        FailureError: it is a refusal; or nothing was sent, or what became of it is unknown.
    """
    if isinstance(outcome, Refused):
        text = f"the API refused the request: {outcome.error_code} (HTTP {outcome.status}): "
        raise exit_codes.FailureError("api", text + outcome.advice, exit_codes.Exit.API)
    if outcome.kind == "not_sent":
        text = f"{outcome.reason}: nothing was sent, and it may be sent again"
        raise exit_codes.FailureError("transport", text, exit_codes.Exit.TRANSPORT)
    if outcome.kind == "unknown":
        text = f"{outcome.reason}: {what_next}"
        raise exit_codes.FailureError("transport", text, exit_codes.Exit.UNKNOWN)


def line_of(members: dict[str, object], *, as_json: bool) -> bytes:
    """Write an outcome as its word, or as JSON."""
    return json_output.line(members) if as_json else f"{members['outcome']}\n".encode("ascii")


def order_argument() -> click.Parameter:
    """Return the order's id."""
    return click.Argument(["order_id"], metavar="ORDER_ID")


def key_options() -> list[click.Parameter]:
    """Return what names the API's key, and the labels of an envelope."""
    return [
        *options.key(),
        click.Option(["--kid"], required=True, metavar="LABEL", help="The label of the API's key."),
        click.Option(["--sid"], metavar="LABEL", help="The label of your own public key."),
        click.Option(
            ["--enc"],
            type=click.Choice(["A256CBC-HS512", "A128CBC-HS256"]),
            default="A256CBC-HS512",
            show_default=True,
            metavar="ENC",
            help="A256CBC-HS512, as in the API's sample, or A128CBC-HS256, as in its guide.",
        ),
    ]


def where(path: Path) -> str:
    """Name an input for a message."""
    return "standard input" if path == files.STANDARD else click.format_filename(path)
