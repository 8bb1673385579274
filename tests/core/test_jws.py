"""`Signer` and `Verifier`: compact JWS. RFC 7515, RFC 7797, RFC 8725."""

import hashlib
import hmac
import json
import pickle

import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.forge import b64, unb64
from tests.helpers.rows import each_row

from joseal import (
    Encrypter,
    InvalidKeyError,
    Key,
    Limits,
    MalformedTokenError,
    NotAllowedError,
    Signer,
    TokenError,
    TokenTooLargeError,
    UnknownKeyError,
    VerificationError,
    VerifiedToken,
    Verifier,
)
from joseal._core.algorithms import curves
from joseal._core.algorithms.registry import SIGS

KEY = all_algorithms.signing_key("HS256")
SECRET = forge.draw("HS256 mine", 32)
PAYLOADS = [
    b"",
    b"x",
    b"{}",
    b'{"a":1}',
    bytes(range(256)),
    "pä\U0001f600".encode(),
    b"a.b.c",
    b"\n",
]


def mac(data):
    return hmac.digest(SECRET, data, hashlib.sha256)


def forged(header, payload=b"x", *, encode=True):
    return all_algorithms.jws(header, payload, mac, encode=encode)


def code(token, key=KEY, *, payload=None, **arguments):
    try:
        Verifier(key, **arguments).verify(token, payload=payload)
    except TokenError as error:
        refusal = error
    else:
        return "ok"
    assert refusal.__cause__ is refusal.__context__ is None
    return refusal.code


def header_of(token):
    return json.loads(unb64(token.split(".")[0]))


@each_row("alg", all_algorithms.SIGS)
@each_row("payload", PAYLOADS, ids=repr)
def test_what_was_signed_verifies(alg, payload):
    key = all_algorithms.signing_key(alg)
    token = Signer(key).sign(payload)
    assert header_of(token) == {"alg": alg}
    verified = Verifier(all_algorithms.verifying(key)).open(token)
    assert (verified.payload, verified.header, verified.key.alg) == (payload, {"alg": alg}, alg)
    assert Verifier(key).verify(token.encode()) == payload


def test_members_are_written_in_the_order_of_the_caller():
    signer = Signer(all_algorithms.signing_key("HS256", kid="a"), header={"typ": "JWT", "iat": 5})
    token = signer.sign(b"x", header={"z": 1, "b": None})
    assert list(header_of(token)) == ["alg", "kid", "typ", "iat", "z", "b"]
    assert list(header_of(signer.sign(b"x"))) == ["alg", "kid", "typ", "iat"]
    silent = Signer(all_algorithms.signing_key("HS256", kid="a"), write_kid=False)
    assert header_of(silent.sign(b"x")) == {"alg": "HS256"}
    own = Signer(all_algorithms.signing_key("HS256", kid="a"), header={"kid": "mine"})
    assert header_of(own.sign(b"x")) == {"alg": "HS256", "kid": "mine"}


@each_row("name", ["alg", "enc", "zip", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c", "b64"])
def test_managed_member_is_refused(name):
    for make in (
        lambda: Signer(KEY, header={name: "x"}),
        lambda: Signer(KEY).sign(b"x", header={name: "x"}),
    ):
        with pytest.raises(ValueError, match="managed"):
            make()


def test_member_is_not_set_twice():
    with pytest.raises(ValueError, match="already"):
        Signer(KEY, header={"typ": "JWT"}).sign(b"x", header={"typ": "JWS"})


@pytest.mark.parametrize(
    "value",
    [float("nan"), b"x", "\ud800", {1: 2}, (1,), object()],
    ids=lambda value: type(value).__name__,
)
def test_value_that_strict_json_cannot_carry_is_refused(value):
    for make in (
        lambda: Signer(KEY, header={"x": value}),
        lambda: Signer(KEY).sign(b"x", header={"x": value}),
    ):
        with pytest.raises(ValueError, match=r"^header: strict JSON can't carry "):
            make()


@each_row("crit", [[], ["exp"], ["typ"], ["exp", "exp"], "exp", [5], None, ["b64"]])
def test_wrong_crit_is_refused(crit):
    members = {"crit": crit, "typ": "JWT"}
    with pytest.raises(ValueError, match=r"crit|wrong type"):
        Signer(KEY, header=members)


def test_understood_crit_is_written_and_demanded():
    token = Signer(KEY, header={"crit": ["urn:x"], "urn:x": 1}).sign(b"x")
    assert code(token) == "malformed"
    assert code(token, crit=["urn:x"]) == "ok"
    assert code(token, crit=["urn:x", "other"]) == "ok"
    assert code(token, crit=["other"]) == "malformed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"key": "x"}, "key must be a Key"),
        ({"limits": {}}, "limits must be Limits"),
        ({"header": ["typ"]}, "header must be a mapping"),
        ({"header": {5: 1}}, "a name in header must be str"),
    ],
)
def test_signer_checks_types(arguments, message):
    with pytest.raises(TypeError, match=f"^{message}, not "):
        Signer(**{"key": KEY, **arguments})


@each_row(
    ("arguments", "message"),
    [
        ({"keys": "x"}, "must be"),
        ({"keys": 5}, "must be"),
        ({"keys": [KEY, 5]}, "must be"),
        ({"limits": None}, "limits must be Limits"),
        ({"typ": 5}, "(typ|cty) must be str"),
        ({"cty": b"JWT"}, "(typ|cty) must be str"),
        ({"crit": "exp"}, "crit must be a collection of str"),
        ({"crit": [5]}, "crit must be a collection of str"),
    ],
)
def test_verifier_checks_types(arguments, message):
    with pytest.raises(TypeError, match=message):
        Verifier(**{"keys": KEY, **arguments})


@pytest.mark.parametrize("value", ["x", None, 5, bytearray(b"x"), memoryview(b"x")])
def test_payload_of_another_type_is_a_type_error(value):
    with pytest.raises(TypeError, match=r"^payload must be bytes, not "):
        Signer(KEY).sign(value)
    if value is not None:
        with pytest.raises(TypeError, match=r"^payload must be bytes, not "):
            Verifier(KEY).verify("a.b.c", payload=value)


@pytest.mark.parametrize("token", [None, 5, ["a.b.c"], bytearray(b"a.b.c")])
def test_token_of_another_type_is_a_type_error(token):
    with pytest.raises(TypeError, match=r"^token must be str or bytes, not "):
        Verifier(KEY).verify(token)


def test_public_key_signs_nothing():
    with pytest.raises(InvalidKeyError, match="public"):
        Signer(all_algorithms.signing_key("ES256").public())


def test_no_keys_verify_nothing():
    with pytest.raises(InvalidKeyError, match="empty"):
        Verifier([])


@each_row("alg", ["none", "None", "NONE", "nOnE", "", "HS256 ", "hs256", "RS256", "HS384"])
@each_row("signature", [b"", mac(b"x")])
def test_alg_is_the_one_that_the_key_is_bound_to(alg, signature):
    """RFC 8725 section 3.1: `none` is one of many names that no key is bound to."""
    token = all_algorithms.jws({"alg": alg}, b"x", lambda data: signature)
    with pytest.raises(NotAllowedError) as caught:
        Verifier(KEY).verify(token)
    assert caught.value.parameter == "alg"
    known = alg in ("none", "RS256", "HS384")
    told = f"says {alg}" if known else "has an alg that joseal does not know"
    assert str(caught.value) == f"alg: the token {told}, the key is bound to HS256"


@pytest.mark.parametrize("alg", ["RS256", "ES256", "Ed25519", "PS256"])
def test_text_of_a_public_key_is_no_shared_secret(alg):
    """CVE-2024-33663, CVE-2022-29217 and their kin."""
    public = all_algorithms.signing_key(alg).public()
    for text in (public.to_pem().encode(), json.dumps(public.to_jwk()).encode()):
        token = all_algorithms.jws(
            {"alg": "HS256"}, b"x", lambda data, text=text: hmac.digest(text, data, "sha256")
        )
        assert code(token, public) == "not_allowed"
        same = all_algorithms.jws(
            {"alg": alg}, b"x", lambda data, text=text: hmac.digest(text, data, "sha256")
        )
        assert code(same, public) == "unverified"
    with pytest.raises(InvalidKeyError, match="needs a symmetric key"):
        Key.from_pem(public.to_pem(), alg="HS256")


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"])
def test_key_that_a_token_brings_is_not_followed(member):
    """CVE-2018-0114, CVE-2026-27962."""
    attacker = all_algorithms.signing_key("ES256", "attacker")
    brought = attacker.public().to_jwk() if member == "jwk" else "https://attacker.example/"
    token = Signer(attacker, header={member: brought}).sign(b"x")
    assert code(token, all_algorithms.signing_key("ES256").public()) == "unverified"
    good = Signer(all_algorithms.signing_key("ES256"), header={member: brought}).sign(b"x")
    assert code(good, all_algorithms.signing_key("ES256").public()) == "ok"


@each_row(
    "token",
    [
        *("", ".", "..", "...", "a", "a.b", "a.b.c.d", "a.b.c.d.e", " . . ", "{}", "\u00e9.b.c"),
        *("é.x.y", "e30..", "e30.e30.e30", "bnVsbA.eA.eA", "W10.eA.eA", "eyJhbGciOjV9.eA.eA"),
    ],
)
def test_what_is_no_token_is_malformed(token):
    assert code(token) == "malformed"
    assert code(token.encode(errors="replace")) == "malformed"


def test_json_serialization_is_malformed():
    parts = Signer(KEY).sign(b"x").split(".")
    flattened = dict(zip(("protected", "payload", "signature"), parts, strict=True))
    assert code(json.dumps(flattened)) == "malformed"


@each_row("change", ["{}=", " {}", "{} ", "{}\n", "{}==", "+{}", "{}/", "{}A"])
@each_row("place", [0, 1, 2])
def test_segment_that_is_not_canonical_is_refused(place, change):
    parts = Signer(KEY).sign(b"abcd").split(".")
    parts[place] = change.format(parts[place])
    assert code(".".join(parts)) in {"malformed", "unverified"}
    if change not in {"{}A", "+{}"}:
        assert code(".".join(parts)) == "malformed"


@pytest.mark.parametrize("alg", ["ES256", "ES384", "ES512", "ES256K"])
def test_ecdsa_has_a_second_signature_so_that_no_token_is_known_by_its_text(alg):
    """SECURITY.md, promise 5: r and n - s are as valid as r and s, and all verifiers take both."""
    key = all_algorithms.signing_key(alg)
    token = Signer(key).sign(b"x")
    *head, signature = token.split(".")
    raw = unb64(signature)
    (curve,) = SIGS[alg].curves
    order, size = curves._DOMAINS[curve].order, len(raw) // 2
    second = order - int.from_bytes(raw[size:], "big")
    other = ".".join((*head, b64(raw[:size] + second.to_bytes(size, "big"))))
    assert other != token
    assert Verifier(key.public()).verify(other) == b"x"


def test_trailing_bits_that_encode_nothing_are_refused():
    head, _, _ = Signer(KEY).sign(b"a").split(".")
    for last in "RSTUV":
        shown = f"Y{last}"
        assert code(f"{head}.{shown}.{b64(mac(f'{head}.{shown}'.encode()))}") == "malformed"
    shown = "YQ"
    assert code(f"{head}.{shown}.{b64(mac(f'{head}.{shown}'.encode()))}") == "ok"


@each_row(
    "header",
    [
        b'{"alg":"HS256","alg":"HS256"}',
        b'{"alg":"HS256","a":1,"a":1}',
        b'{"alg":"HS256","a":{"b":1,"b":2}}',
        b'{"alg":"HS256","a":NaN}',
        b'{"alg":"HS256","a":1e999}',
        b'{"alg":"HS256","a":"\\ud800"}',
        b'\xef\xbb\xbf{"alg":"HS256"}',
        b'{"alg":"HS256"}x',
        b'{"alg":"HS256","a":"\xff"}',
        b'{"alg":"HS256","a":' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"alg":"HS256","kid":5}',
        b'{"alg":"HS256","kid":null}',
        b'{"alg":"HS256","typ":1}',
        b'{"alg":"HS256","b64":"false"}',
        b'{"alg":"HS256","b64":0}',
        b'{"alg":null}',
        b'{"ALG":"HS256"}',
        b'["alg"]',
        b"",
    ],
)
def test_header_that_is_not_strict_is_malformed_although_it_was_signed(header):
    assert code(forged(header)) == "malformed"


@each_row(
    "crit",
    [
        [],
        "exp",
        None,
        5,
        {},
        ["alg"],
        ["typ"],
        ["absent"],
        ["x", "x"],
        [5],
        [None],
        ["kid"],
        ["x", "absent"],
        ["enc"],
    ],
)
def test_crit_that_breaks_a_rule_is_malformed(crit):
    """RFC 7515 section 4.1.11; CVE-2025-59420, CVE-2026-32597."""
    header = {"alg": "HS256", "typ": "JWT", "x": 1, "crit": crit}
    for understood in ((), ["x"], ["x", "alg", "typ", "absent", "kid", "enc", "exp"]):
        assert code(forged(header), crit=understood) == "malformed"


def test_typ_and_cty_are_demanded_by_the_caller():
    token = Signer(KEY, header={"typ": "application/JWT", "cty": "json"}).sign(b"x")
    for arguments, expected in (
        ({}, "ok"),
        ({"typ": "JWT"}, "ok"),
        ({"typ": "jwt", "cty": "application/json"}, "ok"),
        ({"typ": "at+jwt"}, "not_allowed"),
        ({"cty": "JWT"}, "not_allowed"),
    ):
        assert code(token, **arguments) == expected
    for member in ("typ", "cty"):
        with pytest.raises(NotAllowedError) as caught:
            Verifier(KEY, **{member: "JWT"}).verify(Signer(KEY).sign(b"x"))
        assert caught.value.parameter == member


def test_token_for_encryption_is_no_signed_token():
    """CVE-2022-3102, CVE-2023-51774."""
    token = Encrypter(all_algorithms.key("A256KW"), enc="A128GCM").encrypt(b"x")
    assert code(token) == "malformed"


def test_signature_is_over_what_was_received():
    """White space and escapes in the header stay as they came."""
    header = b'{ "alg" : "HS\\u0032\\u0035\\u0036" ,\n "x":"\\u00e9" }'
    verified = Verifier(KEY).open(forged(header))
    assert verified.header == {"alg": "HS256", "x": "é"}


# Detached payloads: RFC 7515 appendix F.


@each_row("alg", ["HS256", "ES256", "RS256", "Ed25519"])
@each_row("payload", PAYLOADS, ids=repr)
def test_detached_payload_is_left_out_and_given_back(alg, payload):
    key = all_algorithms.signing_key(alg)
    token = Signer(key, detached=True).sign(payload)
    head, shown, tail = token.split(".")
    assert shown == ""
    verifier = Verifier(all_algorithms.verifying(key))
    assert verifier.verify(token, payload=payload) == payload
    assert verifier.verify(f"{head}.{b64(payload)}.{tail}") == payload
    for other in (payload + b"x", b"other"):
        with pytest.raises(VerificationError):
            verifier.verify(token, payload=other)
    if payload:
        with pytest.raises(VerificationError):
            verifier.verify(token)


@pytest.mark.parametrize("payload", [b"x", b"", b"other"])
def test_payload_is_in_the_token_or_beside_it_and_never_both(payload):
    token = Signer(KEY).sign(b"x")
    with pytest.raises(MalformedTokenError, match="detached"):
        Verifier(KEY).verify(token, payload=payload)


# Unencoded payloads: RFC 7797.


@pytest.mark.parametrize(
    "payload", [b"", b"$", b"This is the payload string!", bytes(range(0x2F, 0x7F))]
)
def test_unencoded_payload_stands_in_the_token_as_it_is(payload):
    token = Signer(KEY, b64=False).sign(payload)
    assert header_of(token) == {"alg": "HS256", "b64": False, "crit": ["b64"]}
    assert token.split(".")[1] == payload.decode()
    assert code(token, b64=False) == "ok"
    assert code(token) == "not_allowed"
    assert token == forged(unb64(token.split(".")[0]), payload, encode=False)


@each_row(
    "payload",
    [b".", b"$.02", b"\n", b"a\0", b"\x1f", b"\x7f", "é".encode(), b"\xff", b"x" * 99 + b"."],
)
def test_unencoded_payload_that_no_token_can_carry_is_refused_unless_detached(payload):
    with pytest.raises(ValueError, match="printable ASCII without a dot"):
        Signer(KEY, b64=False).sign(payload)
    token = Signer(KEY, b64=False, detached=True).sign(payload)
    assert token.split(".")[1] == ""
    verifier = Verifier(KEY, b64=False)
    assert verifier.verify(token, payload=payload) == payload
    with pytest.raises(VerificationError):
        verifier.verify(token, payload=payload + b"x")


def test_the_caller_says_whether_payloads_are_encoded():
    """A verifier of one kind refuses the other, so that no text has two readings."""
    plain, raw = Signer(KEY), Signer(KEY, b64=False)
    for token, b64_ in ((plain.sign(b"abcd"), False), (raw.sign(b"abcd"), True)):
        with pytest.raises(NotAllowedError) as caught:
            Verifier(KEY, b64=b64_).verify(token)
        assert caught.value.parameter == "b64"
    assert code(forged({"alg": "HS256", "b64": True}), b64=False) == "not_allowed"


@pytest.mark.parametrize("crit", [None, ["x"]])
def test_unencoded_payload_has_to_be_critical(crit):
    """RFC 7797 section 6: who does not know b64 must refuse."""
    header = {"alg": "HS256", "x": 1, "b64": False} | ({"crit": crit} if crit else {})
    assert code(forged(header, encode=False), b64=False, crit=["x"]) == "malformed"


def test_further_critical_members_stand_beside_b64():
    signer = Signer(KEY, b64=False, header={"crit": ["urn:x"], "urn:x": 1})
    token = signer.sign(b"x")
    assert header_of(token)["crit"] == ["urn:x", "b64"]
    assert code(token, b64=False) == "malformed"
    assert code(token, b64=False, crit=["urn:x"]) == "ok"


@pytest.mark.parametrize("typ", ["JWT", "jwt", "application/jwt"])
@pytest.mark.parametrize("detached", [True, False])
def test_jwt_never_has_an_unencoded_payload(typ, detached):
    """RFC 7797 section 7, on both sides."""
    message = "^a JWT must not have an unencoded payload$"
    with pytest.raises(ValueError, match=message):
        Signer(KEY, b64=False, detached=detached, header={"typ": typ})
    with pytest.raises(ValueError, match=message):
        Signer(KEY, b64=False, detached=detached).sign(b"{}", header={"typ": typ})
    header = {"alg": "HS256", "typ": typ, "b64": False, "crit": ["b64"]}
    token = forged(header, b"{}", encode=False)
    for demanded in (None, "JWT"):
        with pytest.raises(MalformedTokenError, match=message):
            Verifier(KEY, b64=False, typ=demanded).verify(token)
    assert code(Signer(KEY, header={"typ": typ}).sign(b"{}"), typ="JWT") == "ok"
    assert code(Signer(KEY, b64=False, header={"typ": "x"}).sign(b"{}"), b64=False) == "ok"


@each_row(
    ("kid", "written", "expected"),
    [
        ("\U0001d11e", "\\ud834\\udd1e", "ok"),
        ("\U0001d11e", "\U0001d11e", "ok"),
        ("\U0001d11e", "\\ud834\\udd1f", "unknown_key"),
        ("sig", "\\u0073ig", "ok"),
        ("sig", "SIG", "unknown_key"),
        ("sig", "Sig", "unknown_key"),
        ("sig", "si\\u0047", "unknown_key"),
        ("\u00e9", "e\u0301", "unknown_key"),
    ],
)
def test_strings_are_compared_by_their_code_points_after_escapes(kid, written, expected):
    """RFC 7515 sections 5.3 and 10.13: verbatim, without folding or normalising."""
    token = forged(f'{{"\\u0061lg":"HS256","kid":"{written}"}}'.encode())
    assert code(token, all_algorithms.signing_key("HS256", kid=kid)) == expected


def test_understanding_b64_does_not_switch_it_on():
    token = Signer(KEY, b64=False).sign(b"abcd")
    assert code(token, crit=["b64"]) == "not_allowed"


# Limits: one parser for all paths, CVE-2026-48990 and CVE-2026-48525.


@pytest.mark.parametrize("b64_", [True, False])
def test_limits_bind_every_path(b64_):
    limits = Limits(plaintext_bytes=100)
    for detached in (True, False):
        signer = Signer(KEY, b64=b64_, detached=detached)
        token = signer.sign(b"x" * 101)
        payload = b"x" * 101 if detached else None
        with pytest.raises(TokenTooLargeError) as caught:
            Verifier(KEY, b64=b64_, limits=limits).verify(token, payload=payload)
        assert (caught.value.limit, caught.value.maximum) == ("plaintext_bytes", 100)
        with pytest.raises(TokenTooLargeError):
            Signer(KEY, b64=b64_, detached=detached, limits=limits).sign(b"x" * 101)
        small = Signer(KEY, b64=b64_, detached=detached, limits=limits).sign(b"x" * 100)
        given = b"x" * 100 if detached else None
        assert Verifier(KEY, b64=b64_, limits=limits).verify(small, payload=given) == b"x" * 100


def test_size_of_the_token_is_checked_first():
    for limit, token in (("token_bytes", "x" * 201), ("header_bytes", "x" * 140 + "..")):
        limits = Limits(token_bytes=200, header_bytes=100)
        with pytest.raises(TokenTooLargeError) as caught:
            Verifier(KEY, limits=limits).verify(token)
        assert caught.value.limit == limit
    with pytest.raises(TokenTooLargeError) as caught:
        Signer(KEY, limits=Limits(token_bytes=60)).sign(b"x")
    assert caught.value.limit == "token_bytes"
    with pytest.raises(TokenTooLargeError) as caught:
        Signer(KEY, header={"x": "y" * 100}, limits=Limits(header_bytes=100))
    assert caught.value.limit == "header_bytes"
    with pytest.raises(TokenTooLargeError) as caught:
        Signer(KEY, limits=Limits(header_bytes=100)).sign(b"x", header={"x": "y" * 100})
    assert caught.value.limit == "header_bytes"


def test_millions_of_dots_cost_nothing():
    """CVE-2025-27144."""
    assert code("." * 1_000_000) == "malformed"


# One failure: a signature that does not hold says nothing else.


@each_row("alg", all_algorithms.SIGS)
def test_every_bad_signature_is_the_same_failure(alg):
    key = all_algorithms.signing_key(alg)
    head, shown, tail = Signer(key).sign(b"payload").split(".")
    signature = unb64(tail)
    bad = [
        b"",
        b"\0",
        signature[:-1],
        signature + b"\0",
        bytes(len(signature)),
        b"\xff" * len(signature),
    ]
    bad += [
        bytes((signature[0] ^ 1,)) + signature[1:],
        signature[:-1] + bytes((signature[-1] ^ 1,)),
    ]
    tokens = [f"{head}.{shown}.{b64(one)}" for one in bad]
    tokens += [f"{head}.{b64(b'payloae')}.{tail}", f"{head}..{tail}"]
    tokens.append(Signer(all_algorithms.signing_key(alg, "other")).sign(b"payload"))
    seen = set()
    for token in tokens:
        with pytest.raises(VerificationError) as caught:
            Verifier(all_algorithms.verifying(key)).verify(token)
        error = caught.value
        assert error.__cause__ is error.__context__ is None
        seen.add((type(error), str(error), error.args, error.code))
    assert seen == {
        (
            VerificationError,
            "the signature is not valid under this key: `joseal doctor --key` can tell why",
            (),
            "unverified",
        )
    }


def test_unknown_kid_is_told_before_any_signature():
    with pytest.raises(UnknownKeyError):
        Verifier(all_algorithms.signing_key("HS256", kid="a")).verify(
            forged({"alg": "HS256", "kid": "b"})
        )


# The objects.


def test_objects_are_immutable_and_never_pickled():
    verified = Verifier(KEY).open(Signer(KEY).sign(b"x"))
    assert type(verified) is VerifiedToken
    for value in (Signer(KEY), Verifier(KEY), verified):
        with pytest.raises(AttributeError, match="immutable"):
            value.payload = b"y"
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(value)


def test_reprs_show_no_payload():
    verified = Verifier(KEY).open(Signer(KEY).sign(b"canary"))
    assert repr(verified) == f"VerifiedToken(payload=<6 bytes>, key={KEY!r})"
    assert repr(Signer(KEY)) == f"Signer({KEY!r})"
    assert repr(Verifier(KEY)).startswith("Verifier(KeySet([")


def test_hmac_key_length_is_enforced():
    """RFC 7518 section 3.2; CVE-2026-49852, CVE-2025-45768."""
    for alg, size in (("HS256", 32), ("HS384", 48), ("HS512", 64)):
        for short in (0, 1, size - 1):
            with pytest.raises(InvalidKeyError):
                Key.from_jwk({"kty": "oct", "k": b64(bytes(short))}, alg=alg)
        Key.from_jwk({"kty": "oct", "k": b64(bytes(size))}, alg=alg)
        Key.from_jwk({"kty": "oct", "k": b64(bytes(200))}, alg=alg)


HS = all_algorithms.signing_key("HS256")


@pytest.mark.parametrize("crit", ["exp", [], 5, {}])
def test_wrong_crit_beside_b64_is_refused(crit):
    with pytest.raises(ValueError, match=r"crit|wrong type"):
        Signer(HS, b64=False, header={"crit": crit, "exp": 1})


def test_encoded_payload_may_say_so_critically():
    """RFC 7797 section 6 has b64 in crit for false, and does not forbid it for true."""
    sign = HS._for_signatures("sign", None).sign
    token = all_algorithms.jws({"alg": "HS256", "b64": True, "crit": ["b64"]}, b"x", sign)
    assert Verifier(HS).verify(token) == b"x"
