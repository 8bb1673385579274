"""`joseal sandbox`: run the stand-in for the payouts server until it is stopped."""

import contextlib
import signal
import tempfile
import time
from pathlib import Path
from typing import Final

import click

from joseal import Key
from joseal.cli import failures, files, options
from joseal.juspay.sandbox import Record, Sandbox

_POLL_SECONDS: Final = 0.2


@click.command(
    params=[
        click.Option(
            ["--port"],
            type=click.IntRange(0, 65535),
            default=0,
            metavar="PORT",
            help="0 means any.",
        ),
        click.Option(
            ["--public-key", "public_path"],
            type=options.PATH,
            metavar="FILE",
            help="Where its public key is written; a temporary file unless named.",
        ),
        click.Option(["--kid"], default="JuspayKID", metavar="LABEL", help="The label of its key."),
        click.Option(["--sid"], default="JuspaySID", metavar="LABEL", help="The label of yours."),
        click.Option(["--merchant-id"], default="sandbox-merchant", metavar="NAME", help="Yours."),
        *options.key(required=False),
        *options.password(),
    ]
)
def command(
    *,
    port: int,
    public_path: Path | None,
    kid: str,
    sid: str,
    merchant_id: str,
    key_path: Path | None,
    alg: str | None,
    password_env: str | None,
    password_file: Path | None,
    ask_password: bool,
) -> None:
    """Run a stand-in for the payouts server on 127.0.0.1, until Ctrl-C.

    It makes a key pair and an API key for this run (--key and --alg name other ones), says where
    it is and what a client needs, and prints a line for every attempt that arrives.
    """
    source = options.Password(password_env, password_file, ask=ask_password)
    key = _key(key_path, alg, source)
    sandbox = _prepare(key, kid=kid, sid=sid, merchant_id=merchant_id, port=port)
    with contextlib.ExitStack() as stack:
        # To be stopped by a service manager is as good as Ctrl-C.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        stack.callback(signal.signal, signal.SIGTERM, before)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="joseal-")))
        path = folder / "public.pem" if public_path is None else public_path
        files.write(path, sandbox.public_pem.encode(), private=False)
        _start(sandbox, stack)
        # Ctrl-C is how this command ends, and no failure.
        with contextlib.suppress(KeyboardInterrupt):
            _introduce(sandbox, path)
            _follow(sandbox)


def _key(path: Path | None, alg: str | None, source: options.Password) -> Key:
    """Load the key pair, or make one.

    Raises:
        UsageError: a password without a key.
    """
    if path is not None:
        return options.load_key(path, alg=alg, password=options.read_password(source))
    if source.is_named():
        raise click.UsageError("a password needs --key")
    return Key.generate("RSA-OAEP" if alg is None else alg)


def _prepare(key: Key, *, kid: str, sid: str, merchant_id: str, port: int) -> Sandbox:
    """Make the sandbox; what it says of a label is said of the usage.

    Raises:
        UsageError: a label or the merchant id can't be sent.
        KeyUseError: `key` opens nothing.
    """
    try:
        return Sandbox(key=key, kid=kid, sid=sid, merchant_id=merchant_id, port=port)
    except ValueError as error:
        reason = str(error)
    raise click.UsageError(reason)


def _start(sandbox: Sandbox, stack: contextlib.ExitStack) -> None:
    """Begin to listen, until `stack` ends.

    Raises:
        FailureError: the port can't be had.
    """
    try:
        stack.enter_context(sandbox)
    except OSError as error:
        failure = failures.of_file("listen on", "the port", error)
    else:
        return
    raise failure


def _introduce(sandbox: Sandbox, public_path: Path) -> None:
    """Print what a client needs, each on a line that can be copied."""
    click.echo("A stand-in for the payouts server is running. Ctrl-C stops it.")
    for name, value in (
        ("url", sandbox.url),
        ("merchant id", sandbox.merchant_id),
        ("API key", sandbox.api_key),
        ("kid", sandbox.kid),
        ("sid", sandbox.sid),
        ("alg", sandbox.public_key.alg),
        ("public key", click.format_filename(public_path)),
    ):
        click.echo(f"{name:<12} {value}")


def _follow(sandbox: Sandbox) -> None:
    """Print a line for each attempt, for ever."""
    shown = 0
    while True:
        for record in sandbox.received[shown:]:
            click.echo(_line(record))
            shown += 1
        time.sleep(_POLL_SECONDS)


def _line(record: Record) -> str:
    if record.kind is None:
        return f"{record.status}  {record.order_id}"
    card = f"{record.kind} ending {record.last_four}"
    return f"{record.status}  {record.order_id}  {record.fulfillment_id}  {card}"
