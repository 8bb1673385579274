"""The keys that encrypt a body, and that sign it if the account requires signatures."""

from pathlib import Path
from typing import Literal

import click

from joseal import Encrypter, Key
from joseal._core.secrecy import hide_locals
from joseal.cli import options
from joseal.cli.juspay.settings import Group
from joseal.juspay import PayoutKeys, payout_encrypter


class Encryption(Group, frozen=True, kw_only=True):
    """The keys, and the form of the plaintext."""

    key_path: Path | None
    alg: str | None
    alias: str | None
    kid: str | None
    sid: str | None
    enc: Literal["A256CBC-HS512", "A128CBC-HS256"] | None
    stringified: bool
    signing_path: Path | None
    signing_password_env: str | None
    signing_password_file: Path | None
    ask_signing_password: bool
    nesting: Literal["encrypt-then-sign", "sign-then-encrypt"] | None

    @staticmethod
    def params(*, required: bool = True) -> list[click.Parameter]:
        """Return the options."""
        return [
            *options.key(required=required),
            options.alias(handed_on=True),
            click.Option(
                ["--kid"], required=required, metavar="LABEL", help="The label of the API's key."
            ),
            click.Option(["--sid"], metavar="LABEL", help="The label of your own public key."),
            click.Option(
                ["--enc"],
                type=click.Choice(["A256CBC-HS512", "A128CBC-HS256"]),
                metavar="ENC",
                help="A256CBC-HS512, the default and as in the API's sample, or A128CBC-HS256, "
                "as in its guide. A key for HPKE-9 takes none, and is only for the sandbox.",
            ),
            click.Option(
                ["--stringified"],
                is_flag=True,
                help="Encrypt a JSON string that contains the body's JSON text.",
            ),
            *_signing_options(),
        ]

    @hide_locals
    def encrypter(self) -> Encrypter | PayoutKeys:
        """Load the keys.

        Raises:
            UsageError: a key, a label or the nesting is missing.
            FailureError: a file can't be read.
            InvalidKeyError: a key can't be used.
        """
        if self.key_path is None or self.kid is None:
            raise click.UsageError("--key and --kid are needed: the API's key and its label")
        if self.signing_path is None:
            if self.nesting is not None or self._signing_password().is_named():
                raise click.UsageError("--nesting and the password are for a --signing-key")
            return self._unsigned(self._bank(self.key_path))
        if self.sid is None or self.nesting is None:
            raise click.UsageError("--signing-key needs --sid, its label, and --nesting")
        password = options.read_password(self._signing_password(), name="signing-password")
        ours = options.load_key(self.signing_path, alg="RS256", kid=self.sid, password=password)
        bank = self._bank(self.key_path, self.kid)
        enc = "A256CBC-HS512" if self.enc is None else self.enc
        return PayoutKeys(bank, signers=ours, nesting=self.nesting, enc=enc)

    def _bank(self, path: Path, kid: str | None = None) -> Key:
        return options.load_key(path, alg=self.alg, kid=kid, alias=self.alias)

    def _unsigned(self, bank: Key) -> Encrypter:
        if self.enc is not None:
            options.check_enc([bank], self.enc)
        return payout_encrypter(bank, enc=self.enc)

    def _signing_password(self) -> options.Password:
        return options.Password(
            self.signing_password_env, self.signing_password_file, self.ask_signing_password
        )


def _signing_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--signing-key", "signing_path"],
            type=options.PATH,
            metavar="FILE",
            help="Your private RSA key, to sign with RS256 if the account's requests are signed.",
        ),
        *options.password("signing-password", "the signing key's password"),
        click.Option(
            ["--nesting"],
            type=click.Choice(["encrypt-then-sign", "sign-then-encrypt"]),
            metavar="ORDER",
            help="Which comes first: encrypt-then-sign or sign-then-encrypt.",
        ),
    ]
