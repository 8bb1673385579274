"""No secret in what Python shows of the objects of every alg: reprs, errors, locals, pickles.

As `test_canary.py`, for signatures, nested tokens, policies, passwords and keys on curves. The
secrets are drawn from labels, so that no local of these tests holds them.
"""

import base64
import io
import logging
import pickle
import pprint
import traceback

import pytest
import rich.console
import rich.pretty
from tests.helpers import all_algorithms, forge, hpke_forge, rich_tracebacks
from tests.helpers.rows import each_row

import joseal
from joseal import (
    FIPS_NAMES,
    MODERN,
    Decrypter,
    DecryptThenVerify,
    Encrypter,
    EncryptThenSign,
    Key,
    KeySet,
    Signer,
    SignThenEncrypt,
    Verifier,
    VerifyThenDecrypt,
)
from joseal._core.secrecy import Opaque

WIDE = 5_000
PBES2 = "PBES2-HS256+A128KW"


def plaintext():
    return b'{"card":"' + b"5105" * 4 + b'","name":"' + forge.draw("name", 6).hex().encode() + b'"}'


def password():
    return "pw-" + forge.draw("password", 9).hex()


def info():
    return forge.draw("info of HPKE", 24)


def hpke(alg, make, **arguments):
    key = hpke_forge.key(alg)
    enc = "A128GCM" if alg.endswith("-KE") else None
    return make(key.public() if make is Encrypter else key, enc=enc, **arguments)


def curve(name):
    return all_algorithms.private(name).private_bytes_raw() if name[0] == "X" else _scalar(name)


def _scalar(name):
    return (
        all_algorithms.private(name)
        .private_numbers()
        .private_value.to_bytes(all_algorithms.CURVES[name], "big")
    )


def secrets():
    """Give each secret by its name, without the zero bytes that a number may begin with."""
    yield "plaintext", plaintext()
    yield "card", b"5105" * 4
    yield "password", password().encode()
    yield "HMAC key", forge.draw("HS256 mine", 32)
    yield "wrapping key", all_algorithms.raw("A128KW", "A128GCM")
    yield "GCM key", all_algorithms.raw("A256GCMKW", "A128GCM")
    yield "Ed25519 key", forge.draw("Ed25519 mine", 32)
    yield "ML-DSA seed", forge.draw("ML-DSA-44 mine", 32)
    yield "info of HPKE", info()
    for kem in (*hpke_forge.KEMS, *hpke_forge.HYBRIDS):
        yield f"seed of {kem}", hpke_forge.pair(kem).seed
    for name in all_algorithms.CURVES:
        yield name, curve(name).lstrip(b"\0")
    numbers = forge.rsa_private().private_numbers()
    for name in ("d", "p", "q", "dmp1", "dmq1", "iqmp"):
        number = getattr(numbers, name)
        yield name, number.to_bytes((number.bit_length() + 7) // 8, "big")


def plain(text):
    while "\\\\" in text:
        text = text.replace("\\\\", "\\")
    return text.replace("\\'", "'").replace('\\"', '"')


def forms(secret):
    head = secret[:12]
    listed = str(list(head))[1:-1]
    return {
        plain(repr(head)[2:-1]),
        head.hex(),
        head.hex().upper(),
        head.hex(":"),
        base64.b64encode(head).decode(),
        base64.urlsafe_b64encode(head).decode(),
        listed,
        str(int.from_bytes(secret, "big")),
    }


def leaks(text):
    """Return the names of the secrets that a text shows, in any form."""
    seen = plain(text)
    return sorted(name for name, secret in secrets() if any(form in seen for form in forms(secret)))


def rich_text(value):
    console = rich.console.Console(file=io.StringIO(), width=WIDE, color_system=None)
    console.print(value, soft_wrap=True)
    return console.file.getvalue()


def views(value):
    """Return every text that people and tools make of a value."""
    shown = [repr(value), str(value), ascii(value), f"{value}", pprint.pformat([value])]
    shown += [rich.pretty.pretty_repr(value, max_string=WIDE), rich_text(value), rich_text([value])]
    return "\n".join(shown)


def views_of_error(error, callers):
    """Return what tracebacks and crash reporters make of an error; the callers' frames are theirs."""
    below = error.__traceback__
    while below is not None and below.tb_frame.f_code in callers:
        below = below.tb_next
    capture = traceback.TracebackException(type(error), error, below, capture_locals=True)
    shown = ["".join(capture.format()), views(error)]
    shown.append(
        rich_text(
            rich_tracebacks.Traceback.from_exception(
                type(error),
                error,
                below,
                show_locals=True,
                locals_max_string=WIDE,
                locals_max_length=WIDE,
            )
        )
    )
    shown += [repr(frame.f_locals) for frame, _ in traceback.walk_tb(below)]
    shown += [repr(getattr(error, name)) for name in dir(error) if not name.startswith("__")]
    chain = [error]
    while chain:
        link = chain.pop()
        shown += [repr(link.args), repr(vars(link))]
        chain += [further for further in (link.__cause__, link.__context__) if further is not None]
    return "\n".join(shown)


def sig(alg="ES256", name="mine"):
    return all_algorithms.signing_key(alg, name)


def secret_password():
    return Key.from_password(password(), alg=PBES2, iterations=1000, kid="a")


def sealing(alg="RSA-OAEP-256", **arguments):
    return Encrypter(forge.sealing(all_algorithms.key(alg)), enc="A128GCM", **arguments)


def opening(alg="RSA-OAEP-256", **arguments):
    return Decrypter(all_algorithms.key(alg), enc="A128GCM", **arguments)


def signed_first():
    return SignThenEncrypt(Signer(sig()), sealing())


def sealed_first():
    return EncryptThenSign(sealing(), Signer(sig()))


OBJECTS = {
    **{
        f"key on {name}": (lambda name=name: all_algorithms.key("ECDH-ES", curve=name))
        for name in all_algorithms.CURVES
    },
    "signing pair": lambda: sig("RS256"),
    "ML-DSA pair": lambda: sig("ML-DSA-44"),
    **{
        f"{alg} pair": (lambda alg=alg: hpke_forge.key(alg))
        for alg in ("HPKE-0-KE", "HPKE-9", "HPKE-12")
    },
    **{
        f"opened by {alg}": (
            lambda alg=alg: hpke(alg, Decrypter).open(
                hpke(alg, Encrypter).encrypt(plaintext(), info=info()), info=info()
            )
        )
        for alg in ("HPKE-0", "HPKE-8-KE", "HPKE-13")
    },
    "encrypting by HPKE": lambda: hpke("HPKE-10", Encrypter),
    "decrypting by HPKE": lambda: hpke("HPKE-9-KE", Decrypter),
    "Ed25519 pair": lambda: sig("Ed25519"),
    "HMAC key": lambda: sig("HS256"),
    "GCM key": lambda: all_algorithms.key("A256GCMKW"),
    "password": secret_password,
    "password from a JWK": lambda: Key.from_jwk(
        {"kty": "oct", "k": forge.b64(password().encode()), "alg": PBES2}
    ),
    "legacy key": lambda: all_algorithms.key("RSA1_5"),
    "set": lambda: KeySet([secret_password(), sig("HS256")]),
    "signer": lambda: Signer(sig(), header={"typ": "JWT"}),
    "signer, HMAC": lambda: Signer(sig("HS256"), b64=False),
    "verifier": lambda: Verifier([sig("HS256")], b64=False),
    "verified": lambda: Verifier(sig()).open(Signer(sig()).sign(plaintext())),
    "sealing by agreement": lambda: sealing("ECDH-ES", apu=b"Alice"),
    "sealing by password": lambda: Encrypter(secret_password(), enc="A128GCM", compress=True),
    "opening by password": lambda: Decrypter(secret_password(), enc="A128GCM", accept_zip=True),
    "opened by password": lambda: Decrypter(secret_password(), enc="A128GCM").open(
        Encrypter(secret_password(), enc="A128GCM").encrypt(plaintext())
    ),
    "signing first": signed_first,
    "sealing first": sealed_first,
    "decrypting first": lambda: DecryptThenVerify(opening(), Verifier(sig())),
    "verifying first": lambda: VerifyThenDecrypt(Verifier(sig()), opening()),
    "opened nested": lambda: DecryptThenVerify(opening(), Verifier(sig())).open(
        signed_first().encrypt(plaintext())
    ),
    "opened nested, the other way": lambda: VerifyThenDecrypt(Verifier(sig()), opening()).open(
        sealed_first().encrypt(plaintext())
    ),
    "policy": lambda: MODERN,
    "policy of names": lambda: FIPS_NAMES,
}


def parts_of(value):
    """Return the objects of joseal inside an object, however deep and private."""
    kinds = type(value).__mro__
    if isinstance(value, list | tuple | set | frozenset):
        inner = list(value)
    elif isinstance(value, dict):
        inner = [*value, *value.values()]
    elif hasattr(value, "__self__"):
        inner = [value.__self__]
    elif isinstance(value, Opaque):
        names = [name for kind in kinds for name in getattr(kind, "__slots__", ())]
        inner = [getattr(value, name) for name in names]
    else:
        inner = []
    own = [one for one in inner if isinstance(one, Opaque)]
    return own + [found for one in inner for found in parts_of(one)]


@pytest.mark.parametrize("name", OBJECTS)
def test_object_shows_no_secret(name):
    for value in [made := OBJECTS[name](), *parts_of(made)]:
        assert leaks(views(value)) == [], type(value)


@each_row("name", [name for name in OBJECTS if not name.startswith("policy")])
def test_object_is_never_pickled(name):
    for value in [made := OBJECTS[name](), *parts_of(made)]:
        key = value._settings.key if isinstance(value, Encrypter) else value
        if isinstance(key, Key) and not (key.is_private or key.is_symmetric):
            continue
        for protocol in (0, pickle.HIGHEST_PROTOCOL):
            with pytest.raises(TypeError, match="can't be pickled"):
                pickle.dumps(value, protocol)


def broken(token):
    head, _, tail = token.rpartition(".")
    return f"{head}.{'A' if tail[0] != 'A' else 'B'}{tail[1:]}"


def jwk(**own):
    return {**all_algorithms.private_jwk("P-256"), "alg": "ES256", **own}


def bad_inner():
    return sealing(header={"cty": "JWT"}).encrypt(plaintext())


SMALL = joseal.Limits(plaintext_bytes=10)

FAILING = {
    # Signing and verifying
    "payload of another type": lambda: Signer(sig()).sign(plaintext().decode()),
    "payload too large": lambda: Signer(sig(), limits=SMALL).sign(plaintext()),
    "token too large": lambda: Signer(sig(), limits=joseal.Limits(token_bytes=50)).sign(
        plaintext()
    ),
    "payload not carried": lambda: Signer(sig("HS256"), b64=False).sign(plaintext() + b"."),
    "header of another type": lambda: Signer(sig()).sign(plaintext(), header=[password()]),
    "header managed": lambda: Signer(sig()).sign(plaintext(), header={"alg": password()}),
    "header that JSON can't carry": lambda: Signer(sig()).sign(
        plaintext(), header={"x": plaintext()}
    ),
    "bad signature": lambda: Verifier(sig()).verify(broken(Signer(sig()).sign(plaintext()))),
    "bad MAC": lambda: Verifier(sig("HS256")).verify(
        broken(Signer(sig("HS256")).sign(plaintext()))
    ),
    "bad RSA signature": lambda: Verifier(sig("PS256")).open(
        broken(Signer(sig("PS256")).sign(plaintext()))
    ),
    "verified payload too large": lambda: Verifier(sig(), limits=SMALL).verify(
        Signer(sig()).sign(plaintext())
    ),
    "detached payload twice": lambda: Verifier(sig()).verify(
        Signer(sig()).sign(plaintext()), payload=plaintext()
    ),
    "detached payload of another type": lambda: Verifier(sig()).verify(
        "..", payload=plaintext().decode()
    ),
    "detached payload that differs": lambda: Verifier(sig()).verify(
        Signer(sig(), detached=True).sign(b"x"), payload=plaintext()
    ),
    "unencoded payload": lambda: Verifier(sig("HS256")).verify(
        Signer(sig("HS256"), b64=False).sign(plaintext())
    ),
    "plaintext as a token": lambda: Verifier(sig()).verify(plaintext()),
    "plaintext as a header": lambda: Verifier(sig()).verify(forge.b64(plaintext()) + ".."),
    # Nested
    "nested payload of another type": lambda: signed_first().encrypt(plaintext().decode()),
    "nested without a signature": lambda: DecryptThenVerify(opening(), Verifier(sig())).open(
        bad_inner()
    ),
    "nested with another cty": lambda: DecryptThenVerify(opening(), Verifier(sig()), cty="x").open(
        signed_first().encrypt(plaintext())
    ),
    "nested with a bad signature": lambda: DecryptThenVerify(
        opening(), Verifier(sig("ES256", "other"))
    ).open(signed_first().encrypt(plaintext())),
    "nested with a bad seal": lambda: DecryptThenVerify(opening(), Verifier(sig())).open(
        broken(signed_first().encrypt(plaintext()))
    ),
    "nested without a seal": lambda: VerifyThenDecrypt(Verifier(sig()), opening()).open(
        Signer(sig(), header={"cty": "JWE"}).sign(plaintext())
    ),
    "nested with a bad outer signature": lambda: VerifyThenDecrypt(Verifier(sig()), opening()).open(
        broken(sealed_first().encrypt(plaintext()))
    ),
    # HPKE
    **{
        f"bad ciphertext, {alg}": lambda alg=alg: hpke(alg, Decrypter).decrypt(
            str(hpke_forge.token(alg, plaintext())._replace(ciphertext=bytes(40))), info=info()
        )
        for alg in hpke_forge.ALGS
    },
    **{
        f"another's token, {alg}": lambda alg=alg: hpke(alg, Decrypter).open(
            str(hpke_forge.token(alg, plaintext(), name="other")), info=info()
        )
        for alg in hpke_forge.ALGS
    },
    "info of another type": lambda: hpke("HPKE-9", Encrypter).encrypt(plaintext(), info=password()),
    "info without HPKE": lambda: sealing().encrypt(plaintext(), info=info()),
    "seed of another pair": lambda: Key.from_jwk(
        {**hpke_forge.jwk("HPKE-9"), "priv": forge.b64(forge.draw("ML-DSA-44 mine", 32))}
    ),
    "expanded ML-DSA key": lambda: Key.from_jwk(
        {
            **all_algorithms.ml_dsa_jwk("ML-DSA-44"),
            "priv": forge.b64(forge.draw("ML-DSA-44 mine", 32) * 80),
        }
    ),
    "bad ML-DSA signature": lambda: Verifier(sig("ML-DSA-44")).verify(
        broken(Signer(sig("ML-DSA-44")).sign(plaintext()))
    ),
    # Every kind of key management
    **{
        f"bad tag, {alg}": lambda alg=alg: opening(alg).decrypt(
            broken(str(all_algorithms.token(alg, "A128GCM", plaintext())))
        )
        for alg in all_algorithms.ALGS
    },
    **{
        f"another's token, {alg}": lambda alg=alg: opening(alg).open(
            str(all_algorithms.token(alg, "A128GCM", plaintext(), name="other"))
        )
        for alg in all_algorithms.ALGS
    },
    **{
        f"plaintext too large, {alg}": lambda alg=alg: sealing(alg, limits=SMALL).encrypt(
            plaintext()
        )
        for alg in all_algorithms.ALGS
        if alg != "RSA1_5"
    },
    **{
        f"token too large, {alg}": lambda alg=alg: sealing(
            alg, limits=joseal.Limits(token_bytes=99)
        ).encrypt(plaintext())
        for alg in all_algorithms.ALGS
        if alg != "RSA1_5"
    },
    "bad stream": lambda: opening("A128KW", accept_zip=True).decrypt(
        str(all_algorithms.token("A128KW", "A128GCM", plaintext(), members={"zip": "DEF"}))
    ),
    "stream over the cap": lambda: opening(
        "A128KW", accept_zip=True, limits=joseal.Limits(inflated_bytes=10)
    ).decrypt(sealing("A128KW", compress=True).encrypt(plaintext())),
    "compressed, over the cap": lambda: sealing(
        "A128KW", compress=True, limits=joseal.Limits(inflated_bytes=10)
    ).encrypt(plaintext()),
    # Keys
    "password for another alg": lambda: Key.from_password(password(), alg="A128KW"),
    "password with too little work": lambda: Key.from_password(password(), alg=PBES2, iterations=1),
    "password with a short salt": lambda: Key.from_password(password(), alg=PBES2, salt_bytes=1),
    "password of another type": lambda: Key.from_password([password()], alg=PBES2),
    "password, too much work": lambda: Encrypter(
        Key.from_password(password(), alg=PBES2, iterations=5000),
        enc="A128GCM",
        limits=joseal.Limits(pbes2_iterations=2000),
    ).encrypt(plaintext()),
    "JWK that does not fit": lambda: Key.from_jwk(jwk(crv="P-384")),
    "JWK with another d": lambda: Key.from_jwk(
        jwk(x=all_algorithms.private_jwk("P-256", "other")["x"])
    ),
    "JWK with another alg": lambda: Key.from_jwk(jwk(alg="ES384")),
    "JWK with another kty": lambda: Key.from_jwk(jwk(kty="RSA")),
    "JWK with another use": lambda: Key.from_jwk(jwk(use=curve("P-256").hex())),
    "JWK, short HMAC key": lambda: Key.from_jwk(
        {"kty": "oct", "k": forge.b64(forge.draw("HS256 mine", 31)), "alg": "HS256"}
    ),
    "PEM for another alg": lambda: Key.from_pem(
        all_algorithms.key("ECDH-ES").to_pem(private=True), alg="RS256"
    ),
    "PEM with a wrong password": lambda: Key.from_pem(
        all_algorithms.key("ECDH-ES").to_pem(private=True, password="other"),
        alg="ES256",
        password=password(),
    ),
    "PKCS#12 with a wrong password": lambda: Key.from_pkcs12(
        plaintext(), alg="ES256", password=password()
    ),
    "export of another type": lambda: all_algorithms.key("ECDH-ES").to_pem(
        private=True, password=[password()]
    ),
    "policy": lambda: Decrypter(all_algorithms.key("RSA-OAEP"), enc="A128GCM", policy=MODERN),
}

HELPERS = (
    sig,
    secret_password,
    sealing,
    opening,
    signed_first,
    sealed_first,
    jwk,
    bad_inner,
    broken,
)


def error_of(function):
    try:
        function()
    except Exception as error:  # noqa: BLE001 - whatever it is, it shows no secret
        return error
    pytest.fail("nothing was raised")


CALLERS = {function.__code__ for function in (*FAILING.values(), *HELPERS, error_of)}


@pytest.mark.parametrize("name", FAILING)
def test_error_shows_no_secret(name, caplog):
    error = error_of(FAILING[name])
    assert isinstance(error, joseal.JoseError | TypeError | ValueError)
    assert error.__cause__ is error.__context__ is None
    assert leaks(views_of_error(error, CALLERS)) == []
    logging.getLogger("an application").error("refused", exc_info=error)
    assert len(caplog.records) == 1


@pytest.mark.parametrize("name", dict(secrets()))
def test_leak_is_found(name):
    """The search itself finds every secret, in each of its forms."""
    secret = dict(secrets())[name]
    for form in forms(secret):
        assert name in leaks(f"x {form} y")
    assert leaks("nothing") == []


def test_secret_in_a_local_below_is_found():
    def leaky():
        kept = plaintext()
        raise ValueError(len(kept))

    assert "plaintext" in leaks(views_of_error(error_of(leaky), CALLERS))
