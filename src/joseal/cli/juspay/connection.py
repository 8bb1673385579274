"""The address of the API, and how it is reached: the account, TLS and a proxy.

Rules:
- Secrets come from files, variables and prompts, as everywhere on the command line.
"""

import ssl
from pathlib import Path
from typing import Final

import click

from joseal._core.secrecy import hide_locals
from joseal._http.tls import trusting
from joseal.cli import exit_codes, files, options
from joseal.cli.juspay.encryption import Encryption
from joseal.cli.juspay.settings import PATHS, Group, Seconds
from joseal.juspay import (
    PRODUCTION,
    SANDBOX,
    Account,
    AttemptPath,
    Client,
    ClientCertificate,
    Proxy,
)

_CERTIFICATE_BYTES: Final = 256 * 1024

# The deadline of a whole call: that of `Client`, or later, so that it does not cut off an awaited
# answer.
_CALL_SECONDS: Final = 120.0
_SECONDS_BEFORE_ANSWER: Final = 60.0


class Connection(Group, frozen=True, kw_only=True):
    """The account, and the connection to the API."""

    base_url: str
    merchant_id: str
    api_key_env: str | None
    api_key_file: Path | None
    ask_api_key: bool
    routing_id: str | None
    timeout: float
    ca_path: Path | None
    certificate_path: Path | None
    certificate_password_env: str | None
    certificate_password_file: Path | None
    ask_certificate_password: bool
    proxy_url: str | None
    proxy_user: str | None
    proxy_password_env: str | None
    proxy_password_file: Path | None
    ask_proxy_password: bool

    @staticmethod
    def params() -> list[click.Parameter]:
        """Return the options."""
        return [
            click.Option(
                ["--base-url"],
                required=True,
                metavar="URL",
                help=f"Where the API is: {SANDBOX}, {PRODUCTION}, or the address you got. Plain "
                "http is for loopback hosts.",
            ),
            click.Option(["--merchant-id"], required=True, metavar="NAME", help="Yours."),
            *options.password("api-key", "the account's API key"),
            click.Option(
                ["--routing-id"], metavar="NAME", help="The customer's, for all their calls."
            ),
            click.Option(
                ["--timeout"],
                type=Seconds(0, 3600, min_open=True),
                default=60,
                show_default=True,
                metavar="SECONDS",
                help="How long to wait for the answer.",
            ),
            *_tls_options(),
            *_proxy_options(),
        ]

    @hide_locals
    def account(self, *, kid: str | None = None, sid: str | None = None) -> Account:
        """Make the account, with the API key from where the user says it is.

        Raises:
            UsageError: no source is given for the API key, or more than one; or a value can't be
                sent.
            FailureError: the file with the API key can't be read.
        """
        source = options.Password(self.api_key_env, self.api_key_file, self.ask_api_key)
        api_key = options.read_password(source, "API key", name="api-key")
        if api_key is None:
            raise click.UsageError("name a place for the API key: --api-key-env, --api-key-file")
        try:
            return Account(
                base_url=self.base_url,
                merchant_id=self.merchant_id,
                api_key=api_key.decode(errors="replace"),
                kid=kid,
                sid=sid,
                routing_id=self.routing_id,
            )
        except ValueError as error:
            reason = str(error)
        raise click.UsageError(reason)

    @hide_locals
    def client(
        self,
        encryption: Encryption | None = None,
        *,
        attempt_path: str = PATHS[0],
        apart: float = 0.0,
    ) -> Client:
        """Make the client, without a key if nothing has to be encrypted.

        Raises:
            UsageError: a value can't be used, or one is missing.
            FailureError: a file can't be read.
            InvalidKeyError: a key or a certificate can't be used.
        """
        encrypter = None if encryption is None else encryption.encrypter()
        labels = {} if encryption is None else {"kid": encryption.kid, "sid": encryption.sid}
        account = self.account(**labels)
        context, certificate = self._context(), self._certificate()
        if context is not None and certificate is not None:
            certificate.load_into(context)
        return Client(
            account,
            encrypter,
            stringified=encryption is not None and encryption.stringified,
            answer_timeout_seconds=self.timeout,
            deadline_seconds=max(_CALL_SECONDS, self.timeout + _SECONDS_BEFORE_ANSWER),
            attempt_path=AttemptPath[attempt_path.upper()],
            apart_seconds=apart,
            ssl_context=context,
            client_certificate=certificate if context is None else None,
            proxy=self._proxy(),
        )

    def _context(self) -> ssl.SSLContext | None:
        """Return a context that trusts only the given authorities; None for the system's."""
        if self.ca_path is None:
            return None
        try:
            return trusting(files.read(self.ca_path, _CERTIFICATE_BYTES))
        except ValueError as error:
            reason = str(error)
        raise exit_codes.FailureError("key", f"--ca-file: {reason}", exit_codes.Exit.KEY)

    @hide_locals
    def _certificate(self) -> ClientCertificate | None:
        source = options.Password(
            self.certificate_password_env,
            self.certificate_password_file,
            self.ask_certificate_password,
        )
        password = options.read_password(
            source, "Password of the client certificate", name="certificate-password"
        )
        if self.certificate_path is None:
            if source.is_named():
                raise click.UsageError("a password is named, but no --client-certificate")
            return None
        data = files.read(self.certificate_path, _CERTIFICATE_BYTES)
        return ClientCertificate.from_pkcs12(data, password)

    @hide_locals
    def _proxy(self) -> Proxy | None:
        """Make the proxy.

        Raises:
            UsageError: the URL is not valid, the account uses plain http, or the credentials are
                not complete.
        """
        source = options.Password(
            self.proxy_password_env, self.proxy_password_file, self.ask_proxy_password
        )
        if (self.proxy_user is None) is source.is_named():
            raise click.UsageError("--proxy-user and a place for its password go together")
        if self.proxy_url is None:
            if source.is_named():
                raise click.UsageError("--proxy-user is for --proxy")
            return None
        if not self.base_url.startswith("https://"):
            raise click.UsageError("--proxy is for https:// accounts")
        password = options.read_password(source, "Password at the proxy", name="proxy-password")
        try:
            return Proxy(
                self.proxy_url,
                username=self.proxy_user,
                password=None if password is None else password.decode(errors="replace"),
                ssl_context=self._context(),
            )
        except ValueError as error:
            reason = str(error)
        raise click.UsageError(f"--proxy: {reason}")


def _tls_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--ca-file", "ca_path"],
            type=options.PATH,
            metavar="FILE",
            help="Certificates to trust, as PEM, in place of the system's; for a proxy too.",
        ),
        click.Option(
            ["--client-certificate", "certificate_path"],
            type=options.PATH,
            metavar="FILE",
            help="Your own certificate and its key, PKCS#12, for an API that asks for one.",
        ),
        *options.password("certificate-password", "the PKCS#12 file's password"),
    ]


def _proxy_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--proxy", "proxy_url"],
            metavar="URL",
            help="An HTTP proxy to go through: scheme, host, port. The environment's is ignored.",
        ),
        click.Option(["--proxy-user"], metavar="NAME", help="Your name at the proxy."),
        *options.password("proxy-password", "your password at the proxy"),
    ]
