"""`joseal sandbox`: run a test server for the payouts API until it is stopped."""

import contextlib
import itertools
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from joseal import Key
from joseal._core.algorithms.registry import ALGS, known_alg
from joseal.cli import exit_codes, files, help_pages, key_files, options
from joseal.cli.json_output import line
from joseal.cli.juspay.settings import Group, gathered
from joseal.juspay.sandbox import Call, Fault, FaultPlan, Record, Sandbox, TransactionPlan
from joseal.juspay.sandbox.faults import AT_CONNECTING

_POLL_SECONDS: Final = 0.2
_SID: Final = "JuspaySID"

# The algs whose keys have a public half, which a client encrypts to.
_ALGS: Final = tuple(
    name for name, alg in ALGS.items() if alg.kind in ("RSA", "curve", "AKP") and not alg.legacy
)

# The faults that can happen to a request at any server.
_FAULTS: Final = tuple(
    fault.value
    for fault in Fault
    if fault not in AT_CONNECTING and fault is not Fault.CLIENT_CERTIFICATE
)


class _Labels(Group, frozen=True, kw_only=True):
    """The account that the sandbox has for its client."""

    kid: str
    sid: str | None
    no_sid: bool
    stringified: bool
    merchant_id: str

    @staticmethod
    def params() -> list[click.Parameter]:
        """Return the options."""
        return [
            click.Option(
                ["--kid"], default="JuspayKID", metavar="LABEL", help="The label of its key."
            ),
            click.Option(
                ["--sid"], metavar="LABEL", help=f"The label of your key; the default is {_SID}."
            ),
            click.Option(["--no-sid"], is_flag=True, help="The account has no label for your key."),
            click.Option(
                ["--stringified"],
                is_flag=True,
                help="Payloads contain a JSON string with the body's JSON text.",
            ),
            click.Option(
                ["--merchant-id"], default="sandbox-merchant", metavar="NAME", help="Yours."
            ),
        ]

    @property
    def own(self) -> str | None:
        """The label of the client's key.

        Raises:
            UsageError: one is given and also left out.
        """
        if self.no_sid and self.sid is not None:
            raise click.UsageError("--sid and --no-sid exclude each other")
        label = _SID if self.sid is None else self.sid
        return None if self.no_sid else label


@gathered(labels=_Labels)
@help_pages.command(
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
            help="Where its public key is written; the default is a temporary file.",
        ),
        *_Labels.params(),
        click.Option(["--tls"], is_flag=True, help="Speak HTTPS, on localhost."),
        click.Option(
            ["--ca", "ca_path"],
            type=options.PATH,
            metavar="FILE",
            help="With --tls: where the certificate to trust is written; the default is a "
            "temporary file.",
        ),
        click.Option(
            ["--fault", "faults"],
            type=click.Choice(_FAULTS),
            multiple=True,
            metavar="FAULT",
            help=f"What goes wrong with attempts, may be repeated: {', '.join(_FAULTS)}.",
        ),
        click.Option(
            ["--every"],
            type=click.IntRange(1),
            default=1,
            metavar="N",
            help="Every Nth attempt goes wrong; the default is 1, for all.",
        ),
        click.Option(
            ["--hidden-reads"],
            type=click.IntRange(0),
            default=0,
            metavar="N",
            help="How many reads of a status don't show a new transaction yet.",
        ),
        click.Option(
            ["--webhook", "webhook_url"],
            metavar="URL",
            help="A loopback URL to post webhooks to, with Basic auth: the merchant id and the API "
            "key.",
        ),
        options.key(required=False)[0],
        options.alg(_ALGS),
        *options.password(),
        options.json_flag(),
    ],
    examples=(
        "joseal juspay sandbox",
        "joseal juspay sandbox --port 8080 --fault http-503 --every 3",
        "joseal juspay sandbox --alg HPKE-9 --public-key sandbox.jwk",
    ),
    exits=(exit_codes.Exit.KEY,),
)
def command(
    *,
    port: int,
    public_path: Path | None,
    labels: _Labels,
    tls: bool,
    ca_path: Path | None,
    faults: tuple[str, ...],
    every: int,
    hidden_reads: int,
    webhook_url: str | None,
    key_path: Path | None,
    alg: str | None,
    password_env: str | None,
    password_file: Path | None,
    ask_password: bool,
    as_json: bool,
) -> None:
    """Run a test server for the payouts API on 127.0.0.1, until Ctrl-C.

    It makes a key pair and an API key for this run (--key and --alg change that), prints its
    address and what a client needs, and then a line for every attempt that arrives complete. With
    --alg HPKE-9 it accepts post-quantum payloads, which Juspay does not document: a draft, for
    tests.

    With --json, the first line is {"url": TEXT, "merchant_id": TEXT, "api_key": TEXT, "kid": TEXT,
    "sid": TEXT or null, "alg": TEXT, "public_key": PATH, "authority": PATH or null}, and one for an
    attempt {"order_id": TEXT, "status": TEXT, "fulfillment_id": TEXT or null, "kind": TEXT or null,
    "last_four": TEXT or null}.
    """
    if ca_path is not None and not tls:
        raise click.UsageError("--ca needs --tls")
    own_label = labels.own
    source = options.Password(password_env, password_file, ask=ask_password)
    key = _key(key_path, alg, source)
    course = TransactionPlan(hidden_reads=hidden_reads)
    sandbox = _prepare(
        lambda: Sandbox(
            key=key,
            kid=labels.kid,
            sid=own_label,
            stringified=labels.stringified,
            merchant_id=labels.merchant_id,
            port=port,
            tls=tls,
            plan=_script(faults, every) if faults else None,
            transaction_plan=lambda _order_id, _number: course,
            webhook=webhook_url,
        )
    )
    _run(sandbox, public_path, ca_path, tls=tls, as_json=as_json)


def _run(
    sandbox: Sandbox, public_path: Path | None, ca_path: Path | None, *, tls: bool, as_json: bool
) -> None:
    """Run the sandbox until Ctrl-C, and leave nothing behind that was not requested.

    Raises:
        FailureError: a file can't be written, or the port is not available.
    """
    with contextlib.ExitStack() as stack:
        # A stop by a service manager counts as Ctrl-C.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        stack.callback(signal.signal, signal.SIGTERM, before)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="joseal-")))
        name, text = _public(sandbox)
        path = folder / name if public_path is None else public_path
        files.write(path, text.encode(), private=False)
        _start(sandbox, stack)
        trusted = _write_authority(sandbox, folder, ca_path) if tls else None
        # Ctrl-C is the normal end of this command, not a failure.
        with contextlib.suppress(KeyboardInterrupt):
            told = _needed(sandbox, path, trusted)
            _introduce(told, as_json=as_json)
            _follow(sandbox, as_json=as_json)


def _public(sandbox: Sandbox) -> tuple[str, str]:
    """Return a name for the file of the public key, and its text; a hybrid key has no PEM form."""
    if key_files.spki_sha256(sandbox.public_key) is None:
        return "public.jwk", f"{sandbox.public_jwk}\n"
    return "public.pem", sandbox.public_pem


def _key(path: Path | None, alg: str | None, source: options.Password) -> Key:
    """Load the key pair, or make one.

    Raises:
        UsageError: a password without a key.
    """
    if path is not None:
        return options.load_key(path, alg=alg, password=options.read_password(source))
    if source.is_named():
        raise click.UsageError("a password needs --key")
    return Key.generate("RSA-OAEP" if alg is None else known_alg(alg))


def _script(names: tuple[str, ...], every: int) -> Callable[[Call], FaultPlan | None]:
    """Return a plan in which every Nth attempt goes wrong, each in the next way."""
    plays = itertools.cycle([FaultPlan(fault=Fault(name)) for name in names])
    attempts = itertools.count(1)

    def script(call: Call) -> FaultPlan | None:
        if call.name != "attempt" or next(attempts) % every:
            return None
        return next(plays)

    return script


def _prepare(make: Callable[[], Sandbox]) -> Sandbox:
    """Make the sandbox; errors about a label or a URL become usage errors.

    Raises:
        UsageError: a label or the merchant id can't be sent, or the webhook's URL is refused.
        InvalidKeyError: the key can't decrypt.
    """
    try:
        return make()
    except ValueError as error:
        reason = str(error)
    raise click.UsageError(reason)


def _start(sandbox: Sandbox, stack: contextlib.ExitStack) -> None:
    """Listen until `stack` ends.

    Raises:
        FailureError: the port is not available.
    """
    try:
        stack.enter_context(sandbox)
    except OSError as error:
        failure = exit_codes.of_file("listen on", "the port", error)
    else:
        return
    raise failure


def _write_authority(sandbox: Sandbox, folder: Path, named: Path | None) -> Path:
    """Write the certificate that a client has to trust, and return its path."""
    path = folder / "ca.pem" if named is None else named
    files.write(path, sandbox.ca_pem.encode(), private=False)
    return path


def _needed(sandbox: Sandbox, public_path: Path, trusted: Path | None) -> dict[str, str | None]:
    """Return the settings for a client."""
    return {
        "url": sandbox.url,
        "merchant_id": sandbox.merchant_id,
        "api_key": sandbox.api_key,
        "kid": sandbox.kid,
        "sid": sandbox.sid,
        "alg": sandbox.public_key.alg,
        "public_key": click.format_filename(public_path),
        "authority": None if trusted is None else click.format_filename(trusted),
    }


def _introduce(told: dict[str, str | None], *, as_json: bool) -> None:
    """Print the settings for a client, each on a line that can be copied."""
    if as_json:
        click.echo(line(told), nl=False)
        return
    click.echo("A stand-in for the payouts server is running. Ctrl-C stops it.")
    for name, value in told.items():
        if value is not None:
            shown = name.replace("_", " ").replace("api", "API")
            click.echo(f"{shown:<12} {value}")


def _follow(sandbox: Sandbox, *, as_json: bool) -> None:
    """Print a line for each attempt, forever."""
    shown = 0
    while True:
        for record in sandbox.received[shown:]:
            click.echo(line(record._asdict()) if as_json else f"{_line(record)}\n", nl=False)
            shown += 1
        time.sleep(_POLL_SECONDS)


def _line(record: Record) -> str:
    if record.fulfillment_id is None:
        return f"{record.status}  {record.order_id}"
    card = "no card" if record.kind is None else f"{record.kind} ending {record.last_four}"
    return f"{record.status}  {record.order_id}  {record.fulfillment_id}  {card}"
