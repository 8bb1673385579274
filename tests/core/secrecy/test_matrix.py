"""Every public function, with every object that a caller hands in, raising every kind of exception.

A row is a public function and an object of the caller's: a mapping, an iterable, a file, a device, a
clock, a factory, an executor, a handler, a store, a path. The object raises, and what leaves has
no local of joseal or of a library that joseal called, and ends at the caller's own line.

The functions are read off the package. One that is new needs a row, or the decorator, or a reason.
"""

import concurrent.futures
import datetime as dt
import functools
import importlib
import inspect
import json
import traceback
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import pytest
from tests.helpers import all_algorithms, hpke_forge
from tests.helpers.rows import each_row

import joseal
from joseal import bulk, claims, conformance, juspay, profiles, remote, stream, web
from joseal._core import secrecy
from joseal.juspay.webhooks.store import Claim

PUBLIC = ["joseal", "joseal.bulk", "joseal.stream", "joseal.profiles", "joseal.juspay"]
PUBLIC += ["joseal.remote", "joseal.diagnosis", "joseal.conformance", "joseal.devices.pkcs11"]
PUBLIC += ["joseal.web", "joseal.claims"]
PUBLIC += ["joseal.devices.aws", "joseal.devices.azure", "joseal.devices.gcp"]
DUNDERS = {"__init__", "__call__", "__iter__", "__next__", "__enter__", "__exit__"}

# Public, and without the decorator.
UNGUARDED = {
    **dict.fromkeys(
        (
            *("joseal.DecryptedToken.__init__", "joseal.VerifiedToken.__init__"),
            *("joseal.NestedToken.__init__", "joseal.bulk.Item.__init__"),
            *("joseal.UntrustedHeader.__init__", "joseal.claims.ClaimSet.__init__"),
            *("joseal.bulk.Outcome.__init__", "joseal.bulk.Outcomes.__init__"),
        ),
        "keeps what it is given, and looks at nothing of it",
    ),
    "joseal.Key.__init__": "there is no public constructor",
    "joseal.remote.KeySource.__init__": "there is no public constructor",
    "joseal.remote.OpenIdIssuer.__init__": "keeps a name that is public",
    "joseal.KeySet.__iter__": "gives objects that show no secret",
    "joseal.bulk.Outcomes.__iter__": "gives itself",
    "joseal.bulk.Outcomes.__enter__": "gives itself",
    "joseal.bulk.Outcomes.__exit__": "does what close does",
    "joseal.web.AsgiMiddleware.__call__": "has plain arguments for the server; what it calls is guarded",
    "joseal.web.Exchange.encrypts": "compares a number",
    "joseal.juspay.Client.__enter__": "gives itself",
    "joseal.juspay.Client.__exit__": "does what close does",
    "joseal.juspay.Accepted.result": "gives what it has",
    "joseal.juspay.Order.fulfillment": "looks a name up; no part of an order's status is secret",
    "joseal.juspay.Order.known": "looks a name up; no part of an order's status is secret",
    "joseal.juspay.protect_loggers": "takes names of loggers",
    **dict.fromkeys(
        ("joseal.juspay.AttemptResults.__iter__", "joseal.juspay.ReconciledEntries.__iter__"),
        "gives itself",
    ),
    "joseal.juspay.SqlitePayoutJournal.entries": "a generator of entries, which show no secret",
    "joseal.profiles.Profile.counterpart": "a profile is public data",
    "joseal.devices.pkcs11.Pkcs11Key.__init__": "keeps a name and an object that shows no secret",
    **dict.fromkeys(
        (
            *("joseal.profiles.Profile.replace", "joseal.profiles.Profile.with_send"),
            "joseal.profiles.Profile.with_receive",
        ),
        "a profile is public data",
    ),
    "joseal.profiles.BodyDecrypter.is_encrypted": "compares the number of an HTTP status",
    "joseal.profiles.kid_of": "public halves, and objects that show no secret",
    **dict.fromkeys(
        (
            *("joseal.conformance.backend", "joseal.conformance.is_installed"),
            *("joseal.conformance.to_html", "joseal.conformance.to_json"),
            *("joseal.conformance.to_junit", "joseal.conformance.FileReport.count"),
            *("joseal.conformance.Report.count", "joseal.conformance.Report.reasons"),
            *("joseal.conformance.Origin.rows", "joseal.conformance.ByCommand.close"),
        ),
        "a report holds names and numbers",
    ),
}


def is_guarded(function):
    return function.__code__.co_name == "guarded"


def public_functions():
    """Yield the name of each public function and method that joseal wrote, and the function."""
    for module_name in PUBLIC:
        module = importlib.import_module(module_name)
        names = getattr(module, "__all__", None) or [
            name
            for name, value in vars(module).items()
            if name[0] != "_" and getattr(value, "__module__", None) == module_name
        ]
        for name in names:
            value = getattr(module, name)
            if inspect.isfunction(value):
                yield f"{module_name}.{name}", value
            elif (
                inspect.isclass(value)
                and not issubclass(value, BaseException)
                and not getattr(value, "_is_protocol", False)
            ):
                yield from methods(value, f"{module_name}.{name}")


def methods(kind, path):
    # Also those that a private base class has for several public ones.
    bases = [base for base in kind.__mro__ if base is kind or base.__name__[0] == "_"]
    for name, attribute in (pair for base in bases for pair in vars(base).items()):
        function = getattr(attribute, "__func__", attribute)
        of_ours = inspect.isfunction(function) and function.__module__.startswith("joseal")
        if of_ours and (name in DUNDERS or name[0] != "_"):
            yield f"{path}.{name}", function


FUNCTIONS = dict(public_functions())


class ForeignError(Exception):
    """A class that joseal can't know, such as that of a KMS client."""


class ForeignPanic(BaseException):
    """What passes every `except Exception`."""


RAISED = [
    joseal.KeyUnavailableError,
    *(KeyError, OSError, ValueError, TypeError, RuntimeError, AttributeError, ForeignError),
    *(ForeignPanic, KeyboardInterrupt, SystemExit, GeneratorExit),
]
LAST_LINE = "raise self.error  # the caller's last line"


class Trap:
    """What all objects of the caller have in common."""

    def __init__(self, error):
        self.error = error

    def spring(self, *given, **named):
        mine = "the caller's own"
        if mine:
            raise self.error  # the caller's last line


class TrapMapping(Trap, Mapping):
    def __getitem__(self, name):
        return self.spring()

    def __iter__(self):
        return self.spring()

    def __len__(self):
        return 1


class TrapCollection(Trap, Collection):
    def __contains__(self, value):
        return self.spring()

    def __iter__(self):
        return self.spring()

    def __len__(self):
        return 1


class TrapIterable(Trap, Iterable):
    def __iter__(self):
        return self.spring()


class TrapHeaders(Trap):
    def items(self):
        return self.spring()


class TrapPath(Trap):
    def __fspath__(self):
        return self.spring()


class TrapFile(Trap):
    def __init__(self, error, fails=("read", "write", "seek"), raw=b""):
        super().__init__(error)
        self.fails, self.raw, self.at = fails, raw, 0

    def read(self, size):
        if "read" in self.fails:
            self.spring()
        chunk = self.raw[self.at : self.at + size]
        self.at += len(chunk)
        return chunk

    def write(self, raw):
        return self.spring() if "write" in self.fails else len(raw)

    def seek(self, offset, whence=0):
        if "seek" in self.fails:
            self.spring()
        self.at = {0: 0, 1: self.at, 2: len(self.raw)}[whence] + offset
        return self.at

    def seekable(self):
        return True


class TrapDevice(Trap):
    """An `ExternalKey` or `ExternalSecret` whose client raises its own class."""

    def wrap(self, alg, cek):
        return self.spring()

    def unwrap(self, alg, encrypted_key):
        return self.spring()

    def agree(self, peer):
        return self.spring()

    def decapsulate(self, encapsulated):
        return self.spring()

    def sign(self, alg, data):
        return self.spring()


class TrapExecutor(Trap, concurrent.futures.Executor):
    def submit(self, work, /, *given, **named):
        return self.spring()


class TrapStore(Trap):
    def __init__(self, error, fails):
        super().__init__(error)
        self.fails = fails

    def claim(self, webhook_id):
        return self.spring() if self.fails == "claim" else Claim(webhook_id, 1)

    def confirm(self, claim):
        return self.spring() if self.fails == "confirm" else True

    def release(self, claim):
        return self.spring() if self.fails == "release" else None


class TrapBackend(Trap):
    name = "trap"
    is_joseal = False

    def run(self, task):
        return self.spring()


def one_then(error):
    """An iterable of the caller's that is a generator, and raises at the second item."""
    yield b"plaintext"
    trap = Trap(error)
    yield trap.spring()


VECTORS = next(Path(__file__).resolve().parents[3].glob("vectors/base64url_by_alg.json"))
PLAINTEXT = b'{"cardNumber":"4111111111111111"}'
WEBHOOK = b'{"id":"w-1","label":"ORDER","value":"x","category":"INFO","info":{"orderId":"order-1"}}'


@functools.cache
def private(alg):
    return all_algorithms.key(alg) if alg in all_algorithms.ALGS else joseal.Key.generate(alg)


def device_key(alg, error):
    return joseal.Key.from_external(TrapDevice(error), public=private(alg).public())


def secret_on_device(error):
    return joseal.Key.from_external_secret(TrapDevice(error), alg="A256KW")


def encrypter(alg="RSA-OAEP-256"):
    key = private(alg)
    return joseal.Encrypter(key if key.is_symmetric else key.public(), enc="A128GCM")


def decrypter(error, alg="RSA-OAEP-256", form="compact"):
    return joseal.Decrypter(device_key(alg, error), enc="A128GCM", form=form)


def rewrapper(error):
    return joseal.Rewrapper(decrypter(error, form="general"), encrypter())


@functools.cache
def movable():
    key = private("RSA-OAEP-256").public()
    return joseal.MultiEncrypter([key], enc="A128GCM", rewrappable=True).encrypt(PLAINTEXT)


@functools.cache
def token(alg="RSA-OAEP-256"):
    return encrypter(alg).encrypt(PLAINTEXT)


@functools.cache
def signer():
    return joseal.Signer(private("RS256"))


def device_signer(error):
    return joseal.Signer(device_key("RS256", error))


@functools.cache
def nested(outer):
    if outer == "jwe":
        return joseal.SignThenEncrypt(signer(), encrypter()).encrypt(PLAINTEXT)
    return joseal.EncryptThenSign(encrypter(), signer()).encrypt(PLAINTEXT)


def verifier():
    return joseal.Verifier(private("RS256").public())


@functools.cache
def merchant_body():
    key = private("RSA-OAEP-256").public()
    return profiles.MASTERCARD.encrypter(mastercard(key)).encrypt(PLAINTEXT)


@functools.cache
def mastercard(key):
    return joseal.Key.from_jwk(key.to_jwk(), alg="RSA-OAEP-256", kid="k-1")


def body_decrypter(error):
    return profiles.MASTERCARD.decrypter(device_key("RSA-OAEP-256", error), any_kid=True)


def with_clock(error):
    """An encrypter for a profile whose header has the time."""
    return profiles.VISA_MLE.encrypter(visa_key(), clock=Trap(error).spring)


@functools.cache
def visa_key():
    return joseal.Key.from_jwk(private("RSA-OAEP-256").public().to_jwk(), kid="k-1")


@functools.cache
def bank():
    return joseal.Key.from_jwk(private("RSA-OAEP").public().to_jwk(), kid="bank")


def payout_keys(error):
    signing = joseal.Key.from_external(TrapDevice(error), public=labelled_signer())
    return juspay.PayoutKeys(bank(), signers=signing, nesting="sign-then-encrypt")


@functools.cache
def labelled_signer():
    return joseal.Key.from_jwk(private("RS256").public().to_jwk(), alg="RS256", kid="ours")


def account():
    return juspay.Account(
        base_url="https://localhost:1",
        api_key="a" * 16,
        merchant_id="m",
        kid="bank",
        sid="ours",
        routing_id="r",
    )


def client(error):
    return juspay.Client(account(), payout_keys(error))


class TrapJournal(Trap):
    def find(self, attempt_id):
        return self.spring()

    def entries(self):
        return self.spring()


class LateTrapJournal(TrapJournal):
    """Finds nothing, and can't begin: by then a card is on its way."""

    def find(self, attempt_id):
        return None

    def begin(self, entry):
        return self.spring()


ATTEMPT = juspay.Attempt(
    fulfillment_id="f-1", card_info=juspay.CardInfo(card_number="4929471234567898")
)
KNOWN = juspay.Known.fresh("order-1", "f-1")
PLANNED = [juspay.PlannedAttempt("a-1", "order-1", ATTEMPT, KNOWN)]


def receiver():
    return juspay.WebhookReceiver(basic=("juspay", "password"))


def webhook():
    return juspay.read_webhook(WEBHOOK)


RULES = claims.Claims(expires=False)


def trapped_rules(error):
    return claims.Claims(expires=False, now=Trap(error).spring)


@functools.cache
def jwt():
    return joseal.Signer(private("RS256")).sign(RULES.issue({"sub": "u-1"}))


@functools.cache
def session():
    return claims.AuthJsSession("a text of 32 random bytes, base64")


@functools.cache
def kid_token():
    return joseal.Signer(private("RS256"), header={"kid": "a"}).sign(PLAINTEXT)


def in_threads(many, items, error):
    """A factory of the caller's that raises in a thread of the caller's executor."""
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        many(items, Trap(error).spring, workers=1, executor=executor)


# Loading such keys costs nothing.
AGREEMENT = "ECDH-ES+A256KW"


def file_keys(use="enc", **settings):
    """Keys of a file in the folder of the test, private ones."""
    alg = {"enc": AGREEMENT, "sig": "ES256"}[use]
    keys = joseal.KeySet([private(alg)]).to_jwks(private=True)
    Path("keys.jwks").write_text(json.dumps(keys), "utf-8")
    return remote.FileKeys("keys.jwks", **{"alg": alg, "use": use, "private": True, **settings})


DAY = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def named(key):
    """Return a key as the members of a ring are: with a kid, which no token here names."""
    if key._material.__class__.__name__ == "External":
        return joseal.Key._make(key._material, key.alg, kid="k")
    return joseal.Key.from_jwk(key.to_jwk(private=True), kid="k")


def ring(key=None, **settings):
    member = named(private(AGREEMENT) if key is None else key)
    return remote.KeyRing([remote.RingKey(member, announced=DAY, primary=DAY)], **settings)


ROWS = {
    "joseal.remote.RemoteKeys.__init__: alg": lambda e: remote.RemoteKeys(
        "https://localhost:1/", alg=TrapMapping(e), use="enc"
    ),
    "joseal.remote.FileKeys.__init__: alg": lambda e: file_keys(alg=TrapMapping(e)),
    "joseal.remote.FileKeys.__init__: path": lambda e: remote.FileKeys(
        TrapPath(e), alg="ES256", use="sig"
    ),
    "joseal.remote.FileKeys.decrypter: enc": lambda e: file_keys().decrypter(TrapCollection(e)),
    "joseal.remote.FileKeys.decrypter: clock": lambda e: file_keys(clock=Trap(e).spring).decrypter(
        "A128GCM"
    ),
    "joseal.remote.FileKeys.signer: clock": lambda e: file_keys(
        "sig", clock=Trap(e).spring
    ).signer(),
    "joseal.remote.KeyRing.__init__: keys": lambda e: remote.KeyRing(TrapIterable(e)),
    "joseal.remote.KeyRing.states: clock": lambda e: ring(clock=Trap(e).spring).states(),
    "joseal.remote.KeyRing.encrypter: header": lambda e: ring().encrypter(
        "A128GCM", header=TrapMapping(e)
    ),
    "joseal.remote.KeyRing.decrypter: enc": lambda e: ring().decrypter(TrapCollection(e)),
    "joseal.remote.KeyRing.open: on_use": lambda e: ring(on_use=Trap(e).spring).open(
        token(AGREEMENT), "A128GCM"
    ),
    "joseal.remote.KeyRing.open: on_use, refused": lambda e: ring(on_use=Trap(e).spring).open(
        "rubbish", "A128GCM"
    ),
    "joseal.remote.KeyRing.open: device": lambda e: ring(device_key(AGREEMENT, e)).open(
        token(AGREEMENT), "A128GCM"
    ),
    "joseal.remote.KeyRing.signer: clock": lambda e: ring(
        private("ES256"), clock=Trap(e).spring
    ).signer(),
    "joseal.remote.KeyRing.verifier: crit": lambda e: ring(private("ES256")).verifier(
        crit=TrapCollection(e)
    ),
    "joseal.remote.KeyRing.to_jwks: clock": lambda e: ring(clock=Trap(e).spring).to_jwks(),
    "joseal.remote.KeyRing.promote: clock": lambda e: ring(clock=Trap(e).spring).promote("k", DAY),
    "joseal.remote.KeyRing.remove: clock": lambda e: ring(clock=Trap(e).spring).remove("k"),
    "joseal.remote.KeyRing.may_destroy: fetched": lambda e: ring().may_destroy(
        "k", quiet=dt.timedelta(), last_used=None, fetched=TrapMapping(e)
    ),
    "joseal.remote.KeySource.key_set: clock": lambda e: file_keys(clock=Trap(e).spring).key_set(),
    "joseal.remote.KeySource.refresh: on_fetch": lambda e: file_keys(
        on_fetch=Trap(e).spring
    ).refresh(),
    "joseal.remote.KeySource.health: clock": lambda e: file_keys(clock=Trap(e).spring).health(),
    "joseal.remote.KeySource.verifier: crit": lambda e: file_keys("sig").verifier(
        crit=TrapCollection(e)
    ),
    "joseal.remote.KeySource.encrypter: header": lambda e: file_keys().encrypter(
        "A128GCM", header=TrapMapping(e)
    ),
    "joseal.Encrypter.__init__: header": lambda e: joseal.Encrypter(
        private("RSA-OAEP-256").public(), enc="A128GCM", header=TrapMapping(e)
    ),
    "joseal.MultiEncrypter.__init__: keys": lambda e: joseal.MultiEncrypter(
        TrapIterable(e), enc="A128GCM"
    ),
    "joseal.MultiEncrypter.__init__: header": lambda e: joseal.MultiEncrypter(
        [all_algorithms.key("A128KW")], enc="A128GCM", header=TrapMapping(e)
    ),
    "joseal.MultiEncrypter.encrypt: header": lambda e: joseal.MultiEncrypter(
        [all_algorithms.key("A128KW")], enc="A128GCM"
    ).encrypt(PLAINTEXT, header=TrapMapping(e)),
    "joseal.MultiSigner.__init__: keys": lambda e: joseal.MultiSigner(TrapIterable(e)),
    "joseal.MultiSigner.__init__: header": lambda e: joseal.MultiSigner(
        [private("RS256")], header=TrapMapping(e)
    ),
    "joseal.MultiSigner.sign: header": lambda e: joseal.MultiSigner([private("RS256")]).sign(
        PLAINTEXT, header=TrapMapping(e)
    ),
    "joseal.MultiSigner.sign: device": lambda e: joseal.MultiSigner([device_key("RS256", e)]).sign(
        PLAINTEXT
    ),
    "joseal.Encrypter.encrypt: header": lambda e: encrypter().encrypt(
        PLAINTEXT, header=TrapMapping(e)
    ),
    "joseal.Rewrapper.rewrap: device": lambda e: rewrapper(e).rewrap(movable()),
    "joseal.Rewrapper.rewrap: device, compact": lambda e: joseal.Rewrapper(
        decrypter(e), encrypter()
    ).rewrap(token()),
    "joseal.rewrap: device": lambda e: joseal.rewrap(
        movable(), decrypter(e, form="general"), encrypter()
    ),
    "joseal.remove_recipients: kids": lambda e: joseal.remove_recipients(
        movable(), TrapCollection(e)
    ),
    "joseal.Decrypter.__init__: keys": lambda e: joseal.Decrypter(TrapIterable(e), enc="A128GCM"),
    "joseal.Decrypter.__init__: enc": lambda e: joseal.Decrypter(
        private("RSA-OAEP-256"), enc=TrapCollection(e)
    ),
    "joseal.Decrypter.__init__: crit": lambda e: joseal.Decrypter(
        private("RSA-OAEP-256"), enc="A128GCM", crit=TrapCollection(e)
    ),
    "joseal.Decrypter.decrypt: device, RSA": lambda e: decrypter(e).decrypt(token()),
    "joseal.Decrypter.decrypt: device, ECDH": lambda e: decrypter(e, "ECDH-ES+A256KW").decrypt(
        token("ECDH-ES+A256KW")
    ),
    "joseal.Decrypter.decrypt: device, HPKE": lambda e: joseal.Decrypter(
        joseal.Key.from_external(TrapDevice(e), public=hpke_forge.key("HPKE-0").public())
    ).decrypt(str(hpke_forge.token("HPKE-0"))),
    "joseal.Decrypter.decrypt: device, AES": lambda e: joseal.Decrypter(
        secret_on_device(e), enc="A128GCM"
    ).decrypt(token("A256KW")),
    "joseal.Encrypter.encrypt: device, AES": lambda e: joseal.Encrypter(
        secret_on_device(e), enc="A128GCM"
    ).encrypt(PLAINTEXT),
    "joseal.Decrypter.open: device": lambda e: decrypter(e).open(token()),
    "joseal.Signer.__init__: header": lambda e: joseal.Signer(
        private("RS256"), header=TrapMapping(e)
    ),
    "joseal.Signer.sign: header": lambda e: signer().sign(PLAINTEXT, header=TrapMapping(e)),
    "joseal.Signer.sign: device": lambda e: device_signer(e).sign(PLAINTEXT),
    "joseal.KeyResolver.open: find": lambda e: joseal.KeyResolver(Trap(e).spring).open(kid_token()),
    "joseal.KeyResolver.open: clock": lambda e: joseal.KeyResolver(
        lambda _kid: None, clock=Trap(e).spring
    ).open(kid_token()),
    "joseal.Verifier.__init__: keys": lambda e: joseal.Verifier(TrapIterable(e)),
    "joseal.Verifier.__init__: crit": lambda e: joseal.Verifier(
        private("RS256").public(), crit=TrapCollection(e)
    ),
    "joseal.SignThenEncrypt.encrypt: device": lambda e: joseal.SignThenEncrypt(
        device_signer(e), encrypter()
    ).encrypt(PLAINTEXT),
    "joseal.EncryptThenSign.encrypt: device": lambda e: joseal.EncryptThenSign(
        encrypter(), device_signer(e)
    ).encrypt(PLAINTEXT),
    "joseal.DecryptThenVerify.decrypt: device": lambda e: joseal.DecryptThenVerify(
        decrypter(e), verifier()
    ).decrypt(nested("jwe")),
    "joseal.DecryptThenVerify.open: device": lambda e: joseal.DecryptThenVerify(
        decrypter(e), verifier()
    ).open(nested("jwe")),
    "joseal.VerifyThenDecrypt.decrypt: device": lambda e: joseal.VerifyThenDecrypt(
        verifier(), decrypter(e)
    ).decrypt(nested("jws")),
    "joseal.VerifyThenDecrypt.open: device": lambda e: joseal.VerifyThenDecrypt(
        verifier(), decrypter(e)
    ).open(nested("jws")),
    "joseal.Key.from_jwk: mapping": lambda e: joseal.Key.from_jwk(TrapMapping(e)),
    "joseal.KeySet.__init__: keys": lambda e: joseal.KeySet(TrapIterable(e)),
    "joseal.KeySet.__init__: skipped": lambda e: joseal.KeySet(
        [private("RS256")], skipped=TrapIterable(e)
    ),
    "joseal.KeySet.from_jwks: mapping": lambda e: joseal.KeySet.from_jwks(TrapMapping(e)),
    "joseal.bulk.encrypt_many: executor": lambda e: bulk.encrypt_many(
        [PLAINTEXT], encrypter(), executor=TrapExecutor(e)
    ),
    "joseal.bulk.decrypt_many: executor": lambda e: bulk.decrypt_many(
        [token()], encrypter, executor=TrapExecutor(e)
    ),
    "joseal.bulk.encrypt_many: factory": lambda e: in_threads(bulk.encrypt_many, [PLAINTEXT], e),
    "joseal.bulk.decrypt_many: factory": lambda e: in_threads(bulk.decrypt_many, [token()], e),
    "joseal.bulk.rewrap_many: executor": lambda e: bulk.rewrap_many(
        [movable()], rewrapper(e), executor=TrapExecutor(e)
    ),
    "joseal.bulk.rewrap_many: factory": lambda e: in_threads(bulk.rewrap_many, [movable()], e),
    "joseal.bulk.Outcomes.__next__: messages": lambda e: list(
        bulk.rewrap_many(TrapIterable(e), rewrapper(e), workers=1)
    ),
    "joseal.bulk.Outcomes.__next__: iterable": lambda e: list(
        bulk.encrypt_many(TrapIterable(e), encrypter(), workers=1)
    ),
    "joseal.bulk.Outcomes.__next__: generator": lambda e: list(
        bulk.encrypt_many(one_then(e), encrypter(), workers=1)
    ),
    "joseal.bulk.Outcomes.__next__: tokens": lambda e: list(
        bulk.decrypt_many(TrapIterable(e), decrypter(e), workers=1)
    ),
    "joseal.stream.encrypt_stream: source": lambda e: stream.encrypt_stream(
        encrypter(), TrapFile(e, ["read"]), TrapFile(e, [])
    ),
    "joseal.stream.encrypt_stream: target": lambda e: stream.encrypt_stream(
        encrypter(), TrapFile(e, [], PLAINTEXT), TrapFile(e, ["write"])
    ),
    "joseal.stream.encrypt_stream: header": lambda e: stream.encrypt_stream(
        encrypter(), TrapFile(e, []), TrapFile(e, []), header=TrapMapping(e)
    ),
    "joseal.stream.decrypt_stream: read": lambda e: stream.decrypt_stream(
        joseal.Decrypter(private("RSA-OAEP-256"), enc="A128GCM"),
        TrapFile(e, ["read"], token().encode()),
        TrapFile(e, []),
    ),
    "joseal.stream.decrypt_stream: seek": lambda e: stream.decrypt_stream(
        joseal.Decrypter(private("RSA-OAEP-256"), enc="A128GCM"),
        TrapFile(e, ["seek"], token().encode()),
        TrapFile(e, []),
    ),
    "joseal.stream.decrypt_stream: target": lambda e: stream.decrypt_stream(
        joseal.Decrypter(private("RSA-OAEP-256"), enc="A128GCM"),
        TrapFile(e, [], token().encode()),
        TrapFile(e, ["write"]),
    ),
    "joseal.stream.decrypt_stream: device": lambda e: stream.decrypt_stream(
        decrypter(e), TrapFile(e, [], token().encode()), TrapFile(e, [])
    ),
    "joseal.stream.encrypt_file: path": lambda e: stream.encrypt_file(
        encrypter(), TrapPath(e), "not there"
    ),
    "joseal.stream.decrypt_file: path": lambda e: stream.decrypt_file(
        decrypter(e), TrapPath(e), "not there"
    ),
    "joseal.profiles.Profile.encrypter: labels": lambda e: profiles.JUSPAY_PAYOUTS.encrypter(
        bank(), labels=TrapMapping(e)
    ),
    "joseal.web.Exchange.__init__: keys": lambda e: web.Exchange(
        profiles.VISA_MLE, TrapIterable(e)
    ),
    "joseal.web.WsgiMiddleware.__call__: applies": lambda e: web.WsgiMiddleware(
        print,
        web.Exchange(profiles.VISA_MLE, private("RSA-OAEP-256")),
        applies=Trap(e).spring,
    )({}, print),
    "joseal.profiles.Profile.decrypter: keys": lambda e: profiles.MASTERCARD.decrypter(
        TrapIterable(e)
    ),
    "joseal.profiles.BodyEncrypter.__init__: labels": lambda e: profiles.BodyEncrypter(
        profiles.JUSPAY_PAYOUTS.send, bank(), labels=TrapMapping(e)
    ),
    "joseal.profiles.BodyDecrypter.__init__: keys": lambda e: profiles.BodyDecrypter(
        profiles.MASTERCARD.receive, TrapIterable(e)
    ),
    "joseal.profiles.BodyEncrypter.encrypt: clock": lambda e: with_clock(e).encrypt(PLAINTEXT),
    "joseal.profiles.BodyDecrypter.decrypt: device": lambda e: body_decrypter(e).decrypt(
        merchant_body()
    ),
    "joseal.profiles.BodyDecrypter.open: device": lambda e: body_decrypter(e).open(merchant_body()),
    "joseal.juspay.PayoutKeys.__init__: recipients": lambda e: juspay.PayoutKeys(TrapIterable(e)),
    "joseal.juspay.PayoutKeys.__init__: signers": lambda e: juspay.PayoutKeys(
        bank(), signers=TrapIterable(e), nesting="sign-then-encrypt"
    ),
    "joseal.juspay.PayoutKeys.encrypt: device": lambda e: payout_keys(e).encrypt(
        ATTEMPT, kid="bank", sid="ours"
    ),
    "joseal.juspay.Client.attempt: device": lambda e: client(e).attempt(
        "order-1", ATTEMPT, known=KNOWN
    ),
    "joseal.juspay.Client.order_status: expand": lambda e: client(e).order_status(
        "order-1", expand=TrapCollection(e)
    ),
    "joseal.juspay.order_status_request: expand": lambda e: juspay.order_status_request(
        account(), "order-1", expand=TrapCollection(e)
    ),
    "joseal.juspay.Known.decided: references": lambda e: juspay.Known.decided(
        "order-1", "f-1", TrapCollection(e)
    ),
    "joseal.juspay.run_attempts: attempts": lambda e: juspay.run_attempts(
        client(e), LateTrapJournal(e), TrapIterable(e)
    ),
    "joseal.juspay.AttemptResults.__next__: journal, before": lambda e: next(
        juspay.run_attempts(client(e), TrapJournal(e), PLANNED)
    ),
    "joseal.juspay.AttemptResults.__next__: journal, beginning": lambda e: next(
        juspay.run_attempts(client(e), LateTrapJournal(e), PLANNED, apart_seconds=0)
    ),
    "joseal.juspay.AttemptResults.__next__: attempts": lambda e: next(
        juspay.run_attempts(client(e), LateTrapJournal(e), map(Trap(e).spring, PLANNED))
    ),
    "joseal.juspay.ReconciledEntries.__next__: journal": lambda e: next(
        juspay.reconcile_attempts(client(e), TrapJournal(e))
    ),
    "joseal.juspay.decide_attempt: journal": lambda e: juspay.decide_attempt(
        TrapJournal(e), "a-1", "failed"
    ),
    "joseal.juspay.SqlitePayoutJournal.__init__: path": lambda e: juspay.SqlitePayoutJournal(
        TrapPath(e)
    ),
    "joseal.juspay.RedactionFilter.__init__: secrets": lambda e: juspay.RedactionFilter(
        secrets=TrapIterable(e)
    ),
    "joseal.juspay.WebhookReceiver.__init__: keys": lambda e: juspay.WebhookReceiver(
        keys=TrapIterable(e), verifying_keys=private("RS256").public()
    ),
    "joseal.juspay.WebhookReceiver.receive: headers": lambda e: receiver().receive(
        TrapHeaders(e), WEBHOOK
    ),
    "joseal.juspay.WebhookReceiver.receive: pairs": lambda e: receiver().receive(
        TrapIterable(e), WEBHOOK
    ),
    "joseal.juspay.WebhookReceiver.open: headers": lambda e: receiver().open(
        TrapHeaders(e), WEBHOOK
    ),
    "joseal.juspay.handle_once: handler": lambda e: juspay.handle_once(
        juspay.MemoryWebhookStore(), webhook(), Trap(e).spring
    ),
    "joseal.juspay.handle_once: store, claim": lambda e: juspay.handle_once(
        TrapStore(e, "claim"), webhook(), str
    ),
    "joseal.juspay.handle_once: store, confirm": lambda e: juspay.handle_once(
        TrapStore(e, "confirm"), webhook(), str
    ),
    "joseal.juspay.handle_once: store, release": lambda e: juspay.handle_once(
        TrapStore(e, "release"), webhook(), Trap(e).spring
    ),
    "joseal.juspay.MemoryWebhookStore.claim: clock": lambda e: juspay.MemoryWebhookStore(
        clock=Trap(e).spring
    ).claim("w-1"),
    "joseal.juspay.MemoryWebhookStore.forget: clock": lambda e: juspay.MemoryWebhookStore(
        clock=Trap(e).spring
    ).forget(1.0),
    "joseal.juspay.SqliteWebhookStore.__init__: path": lambda e: juspay.SqliteWebhookStore(
        TrapPath(e)
    ),
    "joseal.juspay.SqliteWebhookStore.claim: clock": lambda e: juspay.SqliteWebhookStore(
        "store.db", clock=Trap(e).spring
    ).claim("w-1"),
    "joseal.juspay.SqliteWebhookStore.forget: clock": lambda e: juspay.SqliteWebhookStore(
        "store.db", clock=Trap(e).spring
    ).forget(1.0),
    "joseal.juspay.SqliteWebhookStore.handle_in_transaction: handler": lambda e: (
        juspay.SqliteWebhookStore("store.db").handle_in_transaction(webhook(), Trap(e).spring)
    ),
    "joseal.claims.Claims.read: now": lambda e: trapped_rules(e).read(
        joseal.Verifier(private("RS256").public()).open(jwt())
    ),
    "joseal.claims.Claims.issue: claims": lambda e: RULES.issue(TrapMapping(e)),
    "joseal.claims.Claims.issue: now": lambda e: trapped_rules(e).issue({"sub": "u-1"}),
    "joseal.claims.JwtVerifier.__init__: keys": lambda e: claims.JwtVerifier(
        TrapIterable(e), RULES
    ),
    "joseal.claims.JwtVerifier.read: now": lambda e: claims.JwtVerifier(
        private("RS256").public(), trapped_rules(e)
    ).read(jwt()),
    "joseal.claims.EncryptedJwt.__init__: keys": lambda e: claims.EncryptedJwt(
        RULES, enc="A128GCM", decryption_keys=TrapIterable(e), verifying_keys=private("RS256")
    ),
    "joseal.claims.EncryptedJwt.issue: claims": lambda e: claims.EncryptedJwt(
        RULES,
        enc="A128GCM",
        signing_key=private("RS256"),
        encryption_key=private("RSA-OAEP").public(),
    ).issue(TrapMapping(e)),
    "joseal.claims.AuthJsSession.read: cookies": lambda e: session().read(TrapMapping(e)),
    "joseal.claims.AuthJsSession.issue: claims": lambda e: session().issue(TrapMapping(e)),
    "joseal.claims.MemorySeenOnce.claim: clock": lambda e: claims.MemorySeenOnce(
        clock=Trap(e).spring
    ).claim(claims.ClaimSet({"jti": "a", "exp": 1})),
    "joseal.claims.SqliteSeenOnce.__init__: path": lambda e: claims.SqliteSeenOnce(TrapPath(e)),
    "joseal.claims.SqliteSeenOnce.claim: clock": lambda e: claims.SqliteSeenOnce(
        "seen.db", clock=Trap(e).spring
    ).claim(claims.ClaimSet({"jti": "a", "exp": 1})),
    "joseal.conformance.verify: paths": lambda e: conformance.verify(
        TrapIterable(e), conformance.backend("joseal")
    ),
    "joseal.conformance.verify: on_file": lambda e: conformance.verify(
        [VECTORS], conformance.backend("joseal"), on_file=Trap(e).spring
    ),
    "joseal.conformance.verify: backend": lambda e: conformance.verify([VECTORS], TrapBackend(e)),
    "joseal.devices.pkcs11.Pkcs11Token.__init__: library": lambda e: importlib.import_module(
        "joseal.devices.pkcs11"
    ).Pkcs11Token(TrapPath(e), label="x", pin="1234"),
}


def row_function(row):
    return row.partition(":")[0]


@each_row("name", FUNCTIONS)
def test_every_public_function_is_guarded_or_says_why_not(name):
    assert is_guarded(FUNCTIONS[name]) is (name not in UNGUARDED)


def test_rows_and_reasons_name_functions_that_exist():
    assert {row_function(row) for row in ROWS} <= FUNCTIONS.keys()
    assert UNGUARDED.keys() <= FUNCTIONS.keys()


# What tells from a signature that the caller's own code may be run.
FOREIGN_TYPES = (
    "Mapping",
    "Iterable",
    "Iterator",
    "Collection",
    "Callable",
    "PathLike",
    "Executor",
)
FOREIGN_TYPES += (
    "ExternalKey",
    "ExternalSecret",
    "Source",
    "Target",
    "Clock",
    "Pairs",
    "Store",
    "Headers",
)
# Such arguments of functions that never look at them, or only through a row above.
NOT_ASKED = {
    **dict.fromkeys(
        ("joseal.Key.from_external", "joseal.Key.from_external_secret"),
        "keeps the device, and asks it nothing",
    ),
    "joseal.juspay.Client.__init__": "keeps on_call, which a call asks behind a handler of its own",
    "joseal.juspay.Client.send": "asks read behind a handler of its own: an outcome must not be lost",
    **dict.fromkeys(
        ("joseal.web.AsgiMiddleware.__init__", "joseal.web.WsgiMiddleware.__init__"),
        "keeps the application and applies, and asks them nothing",
    ),
    "joseal.claims.MemorySeenOnce.__init__": "keeps the clock, and asks it nothing",
    "joseal.claims.AuthJsSession.__init__": "keeps the clock, and asks it nothing",
    "joseal.KeyResolver.__init__": "keeps what finds and the clock, and asks them nothing",
    "joseal.juspay.MemoryWebhookStore.__init__": "keeps the clock, and asks it nothing",
    "joseal.devices.pkcs11.Pkcs11Token.ask": "for Pkcs11Key, whose operations are joseal's own",
    **dict.fromkeys(
        (f"joseal.profiles.{kind}.wrap" for kind in ("Raw", "InMember", "Fields")),
        "BodyEncrypter reads the labels when it is made",
    ),
}


def takes_objects(function):
    annotations = inspect.signature(function).parameters.values()
    texts = [str(each.annotation) for each in annotations if each.name not in ("self", "cls")]
    return any(kind in text for text in texts for kind in FOREIGN_TYPES)


@each_row("name", [name for name in FUNCTIONS if name not in UNGUARDED])
def test_every_function_that_takes_an_object_of_the_caller_has_a_row(name):
    if takes_objects(FUNCTIONS[name]) and name not in NOT_ASKED:
        assert name in {row_function(row) for row in ROWS}


def frames_of(error):
    """Return the frames of an exception and of all that led to it, below the test's own."""
    pending, seen = [error], set()
    while pending:
        link = pending.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        for frame, _ in traceback.walk_tb(link.__traceback__):
            yield frame
        pending += [link.__cause__, link.__context__]
        pending += getattr(link, "exceptions", ())


def shown_by(error):
    """Return each local that a frame of joseal or of its libraries shows, but for the guard's own."""
    for frame in frames_of(error):
        root = str(frame.f_globals.get("__name__")).partition(".")[0]
        held = dict(frame.f_locals)
        if frame.f_code.co_name == "guarded":
            held.pop("function", None)
        if root == "joseal" or root in secrecy._LIBRARIES:
            yield from ((frame.f_code.co_qualname, name) for name in held)


def raised_by(row, error):
    try:
        ROWS[row](error)
    except BaseException as found:  # noqa: BLE001 - whatever it is, it is looked at
        return found


def made(kind):
    return kind("the caller's text")


@pytest.mark.parametrize("row", ROWS)
def test_what_the_callers_object_raises_leaves_with_its_places_and_no_value(
    row, tmp_path, monkeypatch
):
    for kind in RAISED:
        place = tmp_path / kind.__name__
        place.mkdir()
        monkeypatch.chdir(place)
        error = made(kind)
        found = raised_by(row, error)
        assert found is error, kind
        assert (kind, list(shown_by(found))) == (kind, [])
        last = traceback.extract_tb(found.__traceback__)[-1]
        assert (kind, last.filename, last.line) == (kind, __file__, LAST_LINE)
        (*_, frame) = (frame for frame, _ in traceback.walk_tb(found.__traceback__))
        assert frame.f_locals["mine"] == "the caller's own", kind


def test_a_local_that_is_left_is_found():
    """The search itself finds a local of joseal's frames."""
    defined = {"__name__": "joseal.leaky"}
    exec("def leaky():\n    kept = 1\n    raise ValueError(kept)\n", defined)  # noqa: S102 - above
    with pytest.raises(ValueError, match="1") as caught:
        defined["leaky"]()
    assert list(shown_by(caught.value)) == [("leaky", "kept")]
