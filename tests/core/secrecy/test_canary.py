"""No secret in what Python shows: reprs, errors, captured locals, log records, pickles.

The secrets lie in `VAULT`, whose own repr is silent, so that no frame of the tests holds them.
"""

import base64
import collections.abc
import copy
import functools
import io
import logging
import os
import pickle
import pprint
import reprlib
import traceback

import msgspec
import pytest
import rich.console
import rich.pretty
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from tests.helpers import forge, rich_tracebacks
from tests.helpers.rows import each_row

import joseal
from joseal._core.algorithms.key_management import UnwrapRequest
from joseal._core.algorithms.registry import ENCS
from joseal._core.secrecy import Opaque
from joseal._core.wire.header import Members

# Wide enough that a secret is not broken over two lines.
WIDE = 2_000


# What prints bytes here does so on purpose: that is how they leak.
pytestmark = pytest.mark.filterwarnings("ignore::BytesWarning")


class Vault:
    """All secrets of this module."""

    def __init__(self):
        self.pan = "4111" * 4
        self.plaintext = b'{"name":"A Cardholder","cardNumber":"' + self.pan.encode() + b'"}'
        self.password = forge.draw("password", 12).hex()
        self.shared = {alg: forge.secret(alg, "A128GCM") for alg in ("A128KW", "dir")}
        self.private = forge.rsa_private()
        numbers = self.private.private_numbers()
        self.numbers = [numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
        self.pem = forge.pem_of(self.private)
        self.encrypted_pem = self.private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(self.password.encode())
        )
        self.der = base64.b64decode(b"".join(self.pem.splitlines()[1:-1]))
        self.pem_64 = base64.b64encode(self.pem).decode()
        self.jwk = forge.key("RSA-OAEP").to_jwk(private=True)
        self.oct = forge.key("A128KW").to_jwk(private=True)
        self.drawn = []

    def __repr__(self):
        return "<vault>"

    def needles(self):
        """Return every form in which a secret may show, by its name."""
        drawn = {f"drawn {place}": forms(secret) for place, secret in enumerate(self.drawn)}
        return self.constant_needles | drawn

    @functools.cached_property
    def constant_needles(self):
        raw = {
            "plaintext": self.plaintext,
            "PAN": self.pan.encode(),
            "password": self.password.encode(),
            **{f"shared {alg}": secret for alg, secret in self.shared.items()},
            **{
                f"number {place}": number.to_bytes((number.bit_length() + 7) // 8, "big")
                for place, number in enumerate(self.numbers)
            },
            "DER": self.der[100:],
        }
        found = {name: forms(secret) for name, secret in raw.items()}
        found["numbers"] = {
            form for number in self.numbers for form in (str(number), f"{number:x}")
        }
        for name, text in (("PEM", self.pem), ("encrypted PEM", self.encrypted_pem)):
            found[name] = set(text.decode().splitlines()[4:-2])
        found["PEM in base64"] = {self.pem_64[at : at + 40] for at in range(100, 1500, 40)}
        return found


def plain(text):
    """Undo the escapes that a repr of a repr adds."""
    while "\\\\" in text:
        text = text.replace("\\\\", "\\")
    return text.replace("\\'", "'").replace('\\"', '"')


def forms(secret):
    """Return the texts of the first bytes; longer forms of the same kind begin with them."""
    head = secret[:12]
    listed = str(list(head))[1:-1]
    return {
        plain(repr(head)[2:-1]),
        head.hex(),
        head.hex().upper(),
        head.hex(" "),
        head.hex(":"),
        base64.b64encode(head).decode(),
        base64.urlsafe_b64encode(head).decode(),
        listed,
        listed.replace(" ", ""),
        str(int.from_bytes(secret, "big")),
    }


@functools.cache
def vault():
    return Vault()


def leaks(text, needles=None):
    """Return the names of the secrets that a text shows."""
    seen = plain(text)
    found = vault().needles() if needles is None else needles
    return sorted(name for name, shown in found.items() if any(form in seen for form in shown))


def rich_text(value):
    console = rich.console.Console(file=io.StringIO(), width=WIDE, color_system=None)
    console.print(value, soft_wrap=True)
    return console.file.getvalue()


def short(value):
    shortener = reprlib.Repr()
    shortener.maxother = shortener.maxstring = WIDE
    return shortener.repr(value)


def views(value):
    """Return every text that people and tools make of a value."""
    shown = [repr(value), ascii(value)]
    if not isinstance(value, bytes):  # which -bb keeps from being mixed with text
        shown += [str(value), f"{value}", "%s %r" % (value, value)]  # noqa: UP031
    shown += [pprint.pformat([value]), short(value)]
    shown += [rich.pretty.pretty_repr(value, max_string=WIDE), rich_text(value), rich_text([value])]
    return "\n".join(shown)


def views_of_error(error):
    """Return what tracebacks, crash reporters and processes make of an error.

    What the frames of the callers in this module hold is their own.
    """
    below = error.__traceback__
    while below is not None and below.tb_frame.f_code in CALLERS:
        below = below.tb_next
    capture = traceback.TracebackException(type(error), error, below, capture_locals=True)
    console = rich.console.Console(file=io.StringIO(), width=WIDE, color_system=None)
    console.print(
        rich_tracebacks.Traceback.from_exception(
            type(error),
            error,
            below,
            show_locals=True,
            locals_max_length=WIDE,
            locals_max_string=WIDE,
            locals_hide_dunder=False,
            locals_hide_sunder=False,
        )
    )
    shown = ["".join(capture.format()), console.file.getvalue(), views(error)]
    shown += [repr(getattr(error, name)) for name in dir(error) if not name.startswith("__")]
    chain = [error]
    while chain:
        link = chain.pop()
        shown += [repr(link.args), repr(vars(link)), pickle.dumps(link, 0).decode("latin-1")]
        frames = traceback.walk_tb(below if link is error else link.__traceback__)
        shown += [repr(frame.f_locals) for frame, _ in frames]
        chain += [further for further in (link.__cause__, link.__context__) if further is not None]
    return "\n".join(shown)


@pytest.fixture(autouse=True)
def _watched(monkeypatch):
    """Write down what is drawn, and all log records and warnings."""
    urandom = os.urandom  # noqa: TID251 - what is watched

    def recorded(size):
        raw = urandom(size)
        vault().drawn.append(raw)
        # A CEK and an iv are drawn together.
        vault().drawn += {
            raw[: enc.cek_bytes]
            for enc in ENCS.values()
            if len(raw) == enc.cek_bytes + enc.iv_bytes
        }
        return raw

    vault().drawn.clear()
    monkeypatch.setattr(os, "urandom", recorded)


@pytest.fixture
def records():
    """Return the list to which every log record of the test is added."""
    found = []

    class Keeper(logging.Handler):
        def emit(self, record):
            found.append(self.format(record) + repr(vars(record)))

    keeper = Keeper(0)
    root = logging.getLogger()
    before = root.level
    root.addHandler(keeper)
    root.setLevel(0)
    yield found
    root.removeHandler(keeper)
    root.setLevel(before)


def rsa(**arguments):
    if not arguments:
        return forge.key("RSA-OAEP")
    return joseal.Key.from_pem(vault().pem, alg="RSA-OAEP", **arguments)


def kw(**arguments):
    return joseal.Key.from_jwk(vault().oct, **arguments)


def direct():
    raw = forge.b64(vault().shared["dir"])
    return joseal.Key.from_jwk({"kty": "oct", "k": raw}, alg="dir", kid="a")


def sealed(key, enc="A128GCM", **arguments):
    return joseal.Encrypter(forge.sealing(key), enc=enc).encrypt(vault().plaintext, **arguments)


def request(encrypted_key):
    return UnwrapRequest(ENCS["A128GCM"], Members(alg="x"), encrypted_key, joseal.Limits())


def step(key, encrypted_key):
    """Return the private step for a token."""
    mechanism = key._for_encryption("decrypt", [ENCS["A128GCM"]], None)
    return mechanism.check_public(request(encrypted_key))


OBJECTS = {
    "private key": rsa,
    "public key": lambda: rsa().public(),
    "shared key": kw,
    "direct key": direct,
    "generated pair": lambda: joseal.Key.generate("RSA-OAEP"),
    "generated secret": lambda: joseal.Key.generate("A256KW"),
    "set of pairs": lambda: joseal.KeySet([rsa(kid="a"), rsa()]),
    "set of secrets": lambda: joseal.KeySet([kw(), direct()]),
    "set of pairs from a JWKS": lambda: joseal.KeySet.from_jwks(
        {"keys": [vault().jwk, {**vault().oct, "use": "sig"}, {**vault().jwk, "d": "AQ"}]}
    ),
    "set of secrets from a JWKS": lambda: joseal.KeySet.from_jwks(
        {"keys": [vault().oct, {**vault().oct, "use": "sig"}, {**vault().jwk, "d": "AQ"}]}
    ),
    "sealing for a pair": lambda: joseal.Encrypter(rsa().public(), enc="A128GCM"),
    "sealing with a secret": lambda: joseal.Encrypter(
        kw(), enc="A256CBC-HS512", header={"typ": "x"}
    ),
    "sealing directly": lambda: joseal.Encrypter(direct(), enc="A128GCM"),
    "opening with a pair": lambda: joseal.Decrypter([rsa()], enc=["A128GCM", "A256CBC-HS512"]),
    "opening with secrets": lambda: joseal.Decrypter([kw(), direct()], enc=["A128GCM"]),
    "opened": lambda: joseal.Decrypter(rsa(), enc="A128GCM").open(sealed(rsa())),
    "opened, CBC": lambda: joseal.Decrypter(kw(), enc="A128CBC-HS256").open(
        sealed(kw(), "A128CBC-HS256")
    ),
    "limits": joseal.Limits,
    "private step of a pair": lambda: step(rsa(), bytes(256)),
    "private step of a secret": lambda: step(kw(), bytes(24)),
    "private step of a direct key": lambda: step(direct(), b""),
    "method of a key": lambda: rsa().to_jwk,
    "method of an opener": lambda: joseal.Decrypter(kw(), enc="A128GCM").decrypt,
    "class": lambda: joseal.Key,
    "module": lambda: joseal,
}


def ours(value):
    return type(value).__module__.partition(".")[0] == "joseal"


def parts_of(value):
    """Return the objects of joseal inside an object, however deep and private."""
    if isinstance(value, list | tuple | set | frozenset):
        inner = list(value)
    elif isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, functools.partial):
        inner = [value.func, *value.args]
    elif hasattr(value, "__self__"):
        inner = [value.__self__]
    elif isinstance(value, msgspec.Struct):
        inner = [getattr(value, name) for name in value.__struct_fields__]
    elif ours(value):
        names = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
        inner = [getattr(value, name) for name in names]
    else:
        inner = []
    return [found for one in inner for found in ([one] if ours(one) else []) + parts_of(one)]


@pytest.mark.parametrize("name", OBJECTS)
def test_object_shows_no_secret(name, records):
    for value in [made := OBJECTS[name](), *parts_of(made)]:
        assert leaks(views(value)) == [], type(value)
    assert leaks("\n".join(records)) == []


def is_public(value):
    key = value._settings.key if isinstance(value, joseal.Encrypter) else value
    return isinstance(key, joseal.Key) and not (key.is_private or key.is_symmetric)


@pytest.mark.parametrize("name", OBJECTS)
def test_object_that_may_hold_a_secret_is_neither_pickled_nor_copied(name):
    for value in [made := OBJECTS[name](), *parts_of(made)]:
        if not isinstance(value, Opaque):
            continue
        assert copy.deepcopy(value) is value
        if is_public(value):
            # What everyone may know: the private half stays behind.
            assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - made in this line
            continue
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="can't be pickled"):
                pickle.dumps(value, protocol)


def test_parts_of_an_object_are_found():
    pair, secrets = (
        {type(value).__name__ for value in parts_of(OBJECTS[f"opening with {what}"]())}
        for what in ("a pair", "secrets")
    )
    assert pair >= {"KeySet", "Key", "RsaEncryption", "Limits", "AlgSpec", "EncSpec"}
    assert secrets >= {"KeySet", "Key", "AesKeyWrap", "Direct", "Limits", "AlgSpec", "EncSpec"}


def environment(value, **arguments):
    os.environ["A_CANARY"] = value
    try:
        return joseal.Key.from_env("A_CANARY", **{"alg": "RSA-OAEP", **arguments})
    finally:
        del os.environ["A_CANARY"]


def opener(key, enc="A128GCM", **arguments):
    return joseal.Decrypter(key, enc=enc, **arguments)


def sealer(key, enc="A128GCM", **arguments):
    return joseal.Encrypter(forge.sealing(key), enc=enc, **arguments)


def broken(key, part, enc="A128GCM"):
    token = forge.parts(sealed(key, enc))
    raw = getattr(token, part)
    return str(token._replace(**{part: raw[:-1] + bytes((raw[-1] ^ 1,))}))


class Strange(collections.abc.Mapping):
    """A mapping that fails when it is read."""

    def __init__(self, members):
        self._members = members

    def __getitem__(self, name):
        raise LookupError("strange")

    def __iter__(self):
        return iter(self._members)

    def __len__(self):
        return len(self._members)


class Unready(dict):
    def items(self):
        raise LookupError("not yet")

    def __iter__(self):
        raise LookupError("not yet")


FAILING = {
    # Loading
    "damaged PEM": lambda: joseal.Key.from_pem(vault().pem[:900], alg="RSA-OAEP"),
    "PEM with a damaged end": lambda: joseal.Key.from_pem(
        vault().pem.replace(b"END", b"END "), alg="RSA-OAEP"
    ),
    "PEM twice": lambda: joseal.Key.from_pem(vault().pem * 2, alg="RSA-OAEP"),
    "PEM for a secret": lambda: joseal.Key.from_pem(vault().pem, alg="A128KW"),
    "PEM for an unknown alg": lambda: joseal.Key.from_pem(vault().pem, alg="none"),
    "PEM for no alg": lambda: joseal.Key.from_pem(vault().pem, alg=None),
    "PEM with a bad kid": lambda: joseal.Key.from_pem(vault().pem, alg="RSA-OAEP", kid=5),
    "PEM as a bytearray": lambda: joseal.Key.from_pem(bytearray(vault().pem), alg="RSA-OAEP"),
    "PEM with a needless password": lambda: rsa(password=vault().password),
    "PEM with a missing password": lambda: joseal.Key.from_pem(
        vault().encrypted_pem, alg="RSA-OAEP"
    ),
    "PEM with a wrong password": lambda: joseal.Key.from_pem(
        vault().encrypted_pem, alg="RSA-OAEP", password=vault().password[::-1] + vault().password
    ),
    "PEM with a password of another type": lambda: joseal.Key.from_pem(
        vault().encrypted_pem, alg="RSA-OAEP", password=[vault().password]
    ),
    "PEM with its password, for a secret": lambda: joseal.Key.from_pem(
        vault().encrypted_pem, alg="A128KW", password=vault().password
    ),
    "DER": lambda: joseal.Key.from_der(vault().der[:-1], alg="RSA-OAEP"),
    "DER for a secret": lambda: joseal.Key.from_der(vault().der, alg="dir"),
    "DER as text": lambda: joseal.Key.from_der(vault().der.decode("latin-1"), alg="RSA-OAEP"),
    "environment": lambda: environment(vault().pem.decode()[:900]),
    "environment in base64": lambda: environment(vault().pem_64, alg="dir"),
    "environment in broken base64": lambda: environment(vault().pem_64[1:]),
    "environment without PEM": lambda: environment(vault().oct["k"]),
    "environment with a missing password": lambda: environment(vault().encrypted_pem.decode()),
    "environment with a wrong password": lambda: environment(
        vault().encrypted_pem.decode(), password=vault().password + "x"
    ),
    "JWK without alg": lambda: joseal.Key.from_jwk({**vault().oct, "alg": 5}),
    "JWK of a wrong size": lambda: (
        kw(alg=None) and joseal.Key.from_jwk({**vault().oct, "alg": "A256KW"})
    ),
    "JWK of another alg": lambda: kw(alg="A256KW"),
    "JWK with another kid": lambda: joseal.Key.from_jwk({**vault().oct, "kid": "a"}, kid="b"),
    "JWK with a bad kid": lambda: kw(kid=5),
    "JWK with a foreign character": lambda: joseal.Key.from_jwk(
        {**vault().oct, "k": vault().oct["k"] + "="}
    ),
    "JWK with bytes": lambda: joseal.Key.from_jwk({**vault().oct, "k": vault().shared["A128KW"]}),
    "JWK that is no JSON": lambda: joseal.Key.from_jwk(str(vault().jwk)),
    "JWK with a tail": lambda: joseal.Key.from_jwk(msgspec.json.encode(vault().jwk) + b"x"),
    "JWK of another type": lambda: joseal.Key.from_jwk(list(vault().jwk.items())),
    "JWK without a prime": lambda: joseal.Key.from_jwk({**vault().jwk, "p": None}),
    "JWK with a leading zero": lambda: joseal.Key.from_jwk(
        {**vault().jwk, "d": forge.b64(b"\0" + forge.unb64(vault().jwk["d"]))}
    ),
    "JWK that does not fit": lambda: joseal.Key.from_jwk({**vault().jwk, "q": vault().jwk["p"]}),
    "JWK of d that does not fit": lambda: joseal.Key.from_jwk(
        {name: vault().jwk[name] for name in ("kty", "n", "alg")}
        | {"e": "Aw", "d": vault().jwk["d"]}
    ),
    "JWK for signatures": lambda: joseal.Key.from_jwk({**vault().jwk, "use": "sig"}),
    "JWKS": lambda: joseal.KeySet.from_jwks({"keys": [{**vault().oct, "use": "sig"}]}),
    "JWKS twice": lambda: joseal.KeySet.from_jwks(
        {"keys": [{**vault().oct, "kid": "a"}, {**vault().oct, "kid": "a", "x": 1}]}
    ),
    "JWKS that is no JSON": lambda: joseal.KeySet.from_jwks(f'{{"keys":[{vault().oct}]}}'),
    # Letting out
    "JWK of a secret": lambda: kw().to_jwk(),
    "private JWK of a public key": lambda: rsa().public().to_jwk(private=True),
    "PEM of a secret": lambda: kw().to_pem(private=True),
    "public PEM of a secret": lambda: kw().to_pem(),
    "password for a public PEM": lambda: rsa().to_pem(password=vault().password),
    "empty password": lambda: rsa().to_pem(private=True, password=""),
    "password of another type": lambda: rsa().to_pem(private=True, password=[vault().password]),
    "password too long": lambda: rsa().to_pem(private=True, password=vault().password * 100),
    # Making
    "plaintext as text": lambda: sealer(kw()).encrypt(vault().plaintext.decode()),
    "plaintext as a bytearray": lambda: sealer(rsa()).encrypt(bytearray(vault().plaintext)),
    "plaintext too large": lambda: sealer(kw(), limits=joseal.Limits(plaintext_bytes=9)).encrypt(
        vault().plaintext
    ),
    "token too large": lambda: sealer(kw(), limits=joseal.Limits(token_bytes=99)).encrypt(
        vault().plaintext
    ),
    "token too large, RSA": lambda: sealer(rsa(), limits=joseal.Limits(token_bytes=99)).encrypt(
        vault().plaintext
    ),
    "token too large, CBC": lambda: sealer(
        direct(), "A128GCM", limits=joseal.Limits(token_bytes=99)
    ).encrypt(vault().plaintext),
    "header too large": lambda: sealer(kw(), limits=joseal.Limits(header_bytes=40)).encrypt(
        vault().plaintext, header={"x": "x" * 40}
    ),
    "header of another type": lambda: sealer(kw()).encrypt(vault().plaintext, header=[vault().pan]),
    "header that is managed": lambda: sealer(rsa()).encrypt(
        vault().plaintext, header={"enc": vault().pan}
    ),
    "header twice": lambda: sealer(direct()).encrypt(
        vault().plaintext, header={"kid": vault().pan}
    ),
    "header that JSON can't carry": lambda: sealer(kw()).encrypt(
        vault().plaintext, header={"x": vault().plaintext}
    ),
    "header of a wrong type": lambda: sealer(kw()).encrypt(
        vault().plaintext, header={"crit": [vault().pan]}
    ),
    "header that fails": lambda: sealer(kw()).encrypt(vault().plaintext, header=Strange(x=1)),
    # Opening
    "token of another type": lambda: opener(kw()).decrypt(bytearray(sealed(kw()).encode())),
    "plaintext as a token": lambda: opener(kw()).decrypt(vault().plaintext),
    "plaintext as a text token": lambda: opener(kw()).decrypt(vault().plaintext.decode()),
    "plaintext as a header": lambda: opener(kw()).decrypt(forge.b64(vault().plaintext) + "...."),
    "PAN as alg": lambda: opener(kw()).decrypt(
        str(forge.Token(f'{{"alg":"{vault().pan}","enc":"A128GCM"}}'.encode(), b"", b"", b"", b""))
    ),
    "PAN as enc": lambda: opener(kw()).decrypt(
        str(forge.Token(f'{{"alg":"A128KW","enc":"{vault().pan}"}}'.encode(), b"", b"", b"", b""))
    ),
    "PAN as a number": lambda: opener(kw()).decrypt(
        str(forge.Token(f'{{"alg":"A128KW","enc":{vault().pan}}}'.encode(), b"", b"", b"", b""))
    ),
    "PAN as zip": lambda: opener(kw()).decrypt(
        forge.b64(f'{{"alg":"A128KW","enc":"A128GCM","zip":"{vault().pan}"}}'.encode()) + "...."
    ),
    "PAN in crit": lambda: opener(kw()).decrypt(
        forge.b64(f'{{"alg":"A128KW","enc":"A128GCM","crit":["{vault().pan}"]}}'.encode()) + "...."
    ),
    "PAN as kid": lambda: opener(kw(kid="a")).decrypt(sealed(kw(), header={"kid": vault().pan})),
    "PAN as typ": lambda: opener(kw(), typ="JWT").decrypt(
        sealed(kw(), header={"typ": vault().pan})
    ),
    "token with a dot more": lambda: opener(kw()).decrypt(sealed(kw()) + "." + vault().pan),
    "token of another enc": lambda: opener(kw(), "A256GCM").decrypt(sealed(kw())),
    "token of another alg": lambda: opener(rsa()).decrypt(sealed(kw())),
    "token over its limit": lambda: opener(kw(), limits=joseal.Limits(token_bytes=9)).decrypt(
        sealed(kw())
    ),
    "bad tag, RSA": lambda: opener(rsa()).decrypt(broken(rsa(), "tag")),
    "bad tag, RSA, CBC": lambda: opener(rsa(), "A128CBC-HS256").decrypt(
        broken(rsa(), "tag", "A128CBC-HS256")
    ),
    "bad OAEP": lambda: opener(rsa()).decrypt(broken(rsa(), "encrypted_key")),
    "bad tag, AES": lambda: opener(kw()).open(broken(kw(), "tag")),
    "bad integrity": lambda: opener(kw()).open(broken(kw(), "encrypted_key")),
    "bad tag, direct": lambda: opener(direct()).decrypt(broken(direct(), "tag")),
    "bad tag, several keys": lambda: opener(
        [direct(), joseal.Key.generate("dir", size=16)]
    ).decrypt(str(forge.token("dir", "A128GCM", name="other"))),
    "bad padding": lambda: opener(rsa(), "A128CBC-HS256").decrypt(
        str(forge.token("RSA-OAEP", "A128CBC-HS256", padded=(vault().plaintext + bytes(16))[:64]))
    ),
    "public half of a secret": lambda: kw().public(),
    "generated with a bad kid": lambda: joseal.Key.generate("A128KW", kid=5),
    "set of bytes": lambda: joseal.KeySet([vault().shared["A128KW"]]),
    "set twice": lambda: joseal.KeySet([direct(), direct()]),
    "sealing with a private key": lambda: joseal.Encrypter(rsa(), enc="A128GCM"),
    "sealing with bytes": lambda: joseal.Encrypter(vault().shared["A128KW"], enc="A128GCM"),
    "opening with a public key": lambda: joseal.Decrypter(rsa().public(), enc="A128GCM"),
    "opening with bytes": lambda: joseal.Decrypter([vault().shared["A128KW"]], enc="A128GCM"),
    "opening with text": lambda: joseal.Decrypter(vault().pem.decode(), enc="A128GCM"),
    # a UnicodeEncodeError carries the whole variable in its `object`.
    "environment with a stray byte": lambda: environment("\udcff" + vault().pem.decode()),
    "header that fails in its own way": lambda: joseal.Encrypter(kw(), enc="A128GCM").encrypt(
        vault().plaintext, header=Unready()
    ),
}


HELPERS = (rsa, kw, direct, environment, opener, sealer)


def error_of(function):
    try:
        function()
    except Exception as error:  # noqa: BLE001 - whatever it is, it shows no secret
        return error
    pytest.fail("nothing was raised")


CALLERS = {function.__code__ for function in (*FAILING.values(), *HELPERS, error_of)}


@pytest.mark.parametrize("name", FAILING)
def test_error_shows_no_secret(name, records):
    error = error_of(FAILING[name])
    assert isinstance(error, joseal.JoseError | TypeError | ValueError | LookupError)
    assert leaks(views_of_error(error)) == []
    logging.getLogger("an application").error("refused", exc_info=error)
    assert len(records) == 1
    assert leaks(records[0]) == []


def test_nothing_is_logged(records):
    for make in OBJECTS.values():
        make()
    for fail in FAILING.values():
        error_of(fail)
    assert records == []


# What proves that this test can fail.


class Leaking:
    def __init__(self, text):
        self._text = text

    def __repr__(self):
        return self._text


SHOWN = {
    "repr": repr,
    "repr of a repr": lambda secret: repr(repr(secret)),
    "repr of a bytearray": lambda secret: repr(bytearray(secret)),
    "hex": bytes.hex,
    "upper hex": lambda secret: secret.hex().upper(),
    "base64": lambda secret: base64.b64encode(secret).decode(),
    "base64url": forge.b64,
    "list": lambda secret: str(list(secret)),
    "number": lambda secret: str(int.from_bytes(secret, "big")),
    "first half": lambda secret: repr(secret[: len(secret) // 2 + 6]),
}
SECRETS = {
    "plaintext": lambda: vault().plaintext,
    "password": lambda: bytes(vault().password, "ascii"),
    "shared A128KW": lambda: vault().shared["A128KW"],
    "shared dir": lambda: vault().shared["dir"],
    "drawn 0": lambda: joseal.Key.generate("A256KW") and vault().drawn[0],
    "number 1": lambda: vault().numbers[1].to_bytes(128, "big"),
}


@each_row("form", SHOWN)
@each_row("name", SECRETS)
def test_leak_is_found_in_every_form_of_every_secret(name, form):
    shown = SHOWN[form](SECRETS[name]())
    assert name in leaks(views(Leaking(shown)))


@pytest.mark.parametrize("text", ["pan", "password", "pem", "encrypted_pem", "pem_64"])
def test_leak_of_a_text_is_found(text):
    assert leaks(views(Leaking(f"x{getattr(vault(), text)}x")))
    assert leaks(views(Leaking(repr(getattr(vault(), text)))))


def fail_with_local(kind):
    held = vault().plaintext
    raise kind(f"nothing to see, {len(held)} bytes of it")


def fail_with_context():
    try:
        fail_with_local(KeyError)
    except KeyError:
        raise ValueError("nothing to see")  # noqa: B904 - a context is what is wanted here


def fail_with_argument():
    raise ValueError(vault().plaintext)


def fail_with_decoding():
    (vault().plaintext + b"\xff").decode()


def fail_with_attribute():
    error = ValueError("nothing to see")
    error.cek = vault().shared["dir"]
    raise error


@pytest.mark.parametrize(
    "fail",
    [
        lambda: fail_with_local(ValueError),
        fail_with_context,
        fail_with_argument,
        fail_with_decoding,
        fail_with_attribute,
    ],
)
def test_leak_of_an_error_is_found(fail):
    assert leaks(views_of_error(error_of(fail)))


def test_leak_of_a_record_is_found(records):
    # Not one of ours: they have a filter, once a client was made.
    logging.getLogger("an application").debug("opened %s", vault().plaintext)
    assert "PAN" in leaks(records[0])


def test_text_without_a_secret_is_no_leak():
    joseal.Key.generate("A128KW")
    assert len(vault().drawn) == 1
    assert leaks("") == []
    assert leaks("4111" + views(forge.rsa_private().public_key().public_numbers())) == []
