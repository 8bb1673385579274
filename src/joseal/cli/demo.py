"""`joseal demo`: the whole path of a payout, step by step, on this machine alone."""

from joseal import ApiError, Encrypter, Key
from joseal.cli import anatomy, exit_codes, files, help_pages, inspect, options
from joseal.cli.console import Page
from joseal.cli.json_output import line
from joseal.juspay import Attempt, AttemptPath, Client, Envelope, Known, payout_encrypter
from joseal.juspay.sandbox import Record, Sandbox

# The two bodies of the API's own page, leading blank included.
_BY_NUMBER = b"""{
    "fulfillmentId": "c14b43505a545b3a65c416634009a2-f1",
    "cardInfo": {
        "cardNumber": " 5513651111111111",
        "cardSecurityCode": "123",
        "cardExpiry": {"month": "02", "year": "2028"}
    }
}"""
_BY_TOKEN = b"""{
    "fulfillmentId": "c14b43505a545b3a65c416634009a2-f1",
    "cardInfo": {"cardToken": "1111111111111111"}
}"""

_EXPECTED = (
    Record("demo-order-1", "ACK", "c14b43505a545b3a65c416634009a2-f1", "card", "1111"),
    Record("demo-order-2", "ACK", "c14b43505a545b3a65c416634009a2-f1", "token", "1111"),
    Record("demo-order-3", "E03"),
    Record("demo-order-4", "E03"),
)

_TAG = "The tag no longer fits the ciphertext, and so nothing is decrypted at all."
_KEY = "The content key can't be unwrapped. A random one takes its place, and the tag fails."


@help_pages.command(
    params=[options.json_flag()], examples=("joseal demo",), exits=(exit_codes.Exit.DEMO,)
)
def command(*, as_json: bool) -> None:
    """Encrypt two payouts, send them over HTTP, and see two forged ones refused.

    Everything happens on this machine, with keys made for this run and the sample cards of the
    API's own page. Exit code 0 means that everything went as expected.

    With --json: {"received": [{"order_id": TEXT, "status": TEXT, "fulfillment_id": TEXT or null,
    "kind": TEXT or null, "last_four": TEXT or null}]}.
    """
    page, wire = Page(silent=as_json), _Wire()
    page.title("joseal demo: two payouts that are acknowledged, and two that are refused")
    with Sandbox(on_the_way=wire.carry) as sandbox:
        tour = _Tour(page, sandbox, wire)
        tour.introduce()
        bank = payout_encrypter(sandbox.public_key)
        tour.acknowledge("demo-order-1", bank, _BY_NUMBER, "A payout to a card number")
        tour.acknowledge("demo-order-2", bank, _BY_TOKEN, "A payout to a card token")
        wire.damages = True
        tour.refuse("demo-order-3", bank, "One character of the token is changed on the way", _TAG)
        wire.damages = False
        stranger = payout_encrypter(Key.generate("RSA-OAEP").public())
        tour.refuse("demo-order-4", stranger, "A payout is encrypted with a wrong key", _KEY)
        tour.conclude()
        if as_json:
            received = [record._asdict() for record in sandbox.received]
            files.write(files.STANDARD, line({"received": received}), private=False)


class _Wire:
    """The traffic on the wire, as an attacker there sees it, and may change it."""

    def __init__(self) -> None:
        self.seen: list[Envelope] = []
        self.damages = False

    def carry(self, body: bytes) -> bytes:
        """Look at a body, and pass it on."""
        envelope = Envelope.from_json(body)
        self.seen.append(envelope)
        return _damage(envelope).to_json() if self.damages else body


def _damage(envelope: Envelope) -> Envelope:
    """Change the first character of the ciphertext, and nothing else."""
    *before, ciphertext, tag = envelope.payload.split(".")
    other = "B" if ciphertext.startswith("A") else "A"
    return Envelope(
        payload=".".join([*before, other + ciphertext[1:], tag]),
        kid=envelope.kid,
        sid=envelope.sid,
        format=envelope.format,
    )


class _Tour:
    """The steps: each one does something, shows it, and fails if the outcome is different."""

    def __init__(self, page: Page, sandbox: Sandbox, wire: _Wire) -> None:
        self._page = page
        self._sandbox = sandbox
        self._wire = wire
        self._steps = 0

    def introduce(self) -> None:
        """Show who the peer is."""
        self._step("A stand-in for the payouts server")
        self._page.say("It runs here as long as the demo does, and really decrypts and checks.")
        self._page.rows(
            [
                ("address", self._sandbox.url),
                ("its key", "a fresh RSA-2048 pair; anyone who has the public half can encrypt"),
                ("labels", f"kid {self._sandbox.kid}, sid {self._sandbox.sid}"),
            ]
        )

    def acknowledge(self, order_id: str, sealer: Encrypter, body: bytes, text: str) -> None:
        """Send an attempt that should be acknowledged, and show the traffic."""
        self._step(text)
        attempt = Attempt.from_json(body)
        self._page.say(f"The body, as joseal prints it: {attempt!r}")
        with Client(self._sandbox.account, sealer) as client:
            client.attempt(
                order_id, attempt, known=Known.fresh(order_id, attempt.fulfillment_id)
            ).result()
        envelope = self._wire.seen[-1]
        token = anatomy.read(envelope.payload)
        self._part("The token's protected header")
        inspect.show_header(self._page, token)
        self._part("Its five segments")
        inspect.show_segments(self._page, token)
        self._part(f"The envelope, posted to {AttemptPath.ORDERS.value.format(order_id)}")
        self._page.rows(
            [
                ("payload", f"{envelope.payload[:24]}... ({len(envelope.payload)} characters)"),
                ("kid", f"{envelope.kid} (whose key decrypts it)"),
                ("sid", f"{envelope.sid} (whose key would verify a signature)"),
                ("format", envelope.format),
            ]
        )
        record = self._sandbox.received[-1]
        self._part("The answer: ACK")
        self._page.say(f"The server opened it: a {record.kind} ending in {record.last_four}.")

    def refuse(self, order_id: str, sealer: Encrypter, text: str, reason: str) -> None:
        """Send an attempt that should be refused."""
        self._step(text)
        refusal = None
        with Client(self._sandbox.account, sealer) as client:
            try:
                attempt = Attempt.from_json(_BY_NUMBER)
                known = Known.fresh(order_id, attempt.fulfillment_id)
                client.attempt(order_id, attempt, known=known).result()
            except ApiError as error:
                refusal = error
        if refusal is None:
            raise exit_codes.FailureError("demo", "a bad token was accepted", exit_codes.Exit.DEMO)
        self._page.say(reason)
        self._part(f"The answer: {refusal.error_code}, HTTP {refusal.status}")
        self._page.say(refusal.error_message)

    def conclude(self) -> None:
        """Compare the server's records with the expected ones."""
        if self._sandbox.received != _EXPECTED:
            text = "the server did not receive what was sent"
            raise exit_codes.FailureError("demo", text, exit_codes.Exit.DEMO)
        self._page.say()
        self._page.say(
            "The two refusals are the same, on purpose: an attacker learns nothing from them."
        )
        self._page.say()
        self._page.title("Two were acknowledged and two refused, as they should be.")

    def _step(self, text: str) -> None:
        self._steps += 1
        self._page.say()
        self._page.title(f"{self._steps}  {text}")

    def _part(self, text: str) -> None:
        self._page.say()
        self._page.say(text)
