"""JSON Web Keys: RFC 7517 section 4, RFC 7518 section 6."""

import collections
import functools
import json
import math
import types

import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.rows import each_row

from joseal import Decrypter, Encrypter, InvalidKeyError, Key
from joseal._core.algorithms.registry import ALGS, SIGS
from joseal._core.keys.jwk import codec
from joseal._core.keys.jwk.codec import Jwk

OCT = {"kty": "oct", "k": forge.b64(bytes(range(16)))}


@functools.cache
def _rsa():
    return forge.key("RSA-OAEP").to_jwk(private=True)


def rsa(*names, **members):
    """Return the JWK of a pair, with these of its members alone, and others."""
    full = {name: value for name, value in _rsa().items() if name != "alg"}
    kept = {name: full[name] for name in ("kty", "n", "e", *names)} if names else full
    return {**kept, **members}


PUBLIC = ("n",)


def refused(jwk, message, **arguments):
    with pytest.raises(InvalidKeyError, match=message) as caught:
        Key.from_jwk(
            jwk,
            **{
                "alg": "RSA-OAEP" if isinstance(jwk, dict) and "n" in jwk else "A128KW",
                **arguments,
            },
        )
    assert caught.value.__cause__ is caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize(
    "wrap",
    [
        dict,
        types.MappingProxyType,
        collections.OrderedDict,
        json.dumps,
        lambda jwk: json.dumps(jwk).encode(),
    ],
)
def test_jwk_is_a_mapping_or_json(wrap):
    key = Key.from_jwk(wrap({**OCT, "alg": "A128KW", "kid": "a", "unknown": [1, None]}))
    assert (key.alg, key.kid, key.is_symmetric) == ("A128KW", "a", True)


@pytest.mark.parametrize("jwk", [None, 5, [], [("kty", "oct")], bytearray(b"{}"), object()])
def test_jwk_of_another_type_is_a_type_error(jwk):
    with pytest.raises(TypeError, match=r"^jwk must be a mapping, str or bytes, not "):
        Key.from_jwk(jwk, alg="A128KW")


@each_row(
    "jwk",
    [
        "",
        "[]",
        "null",
        '{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA","k":"AAAAAAAAAAAAAAAAAAAAAA"}',
        '{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA","x":NaN}',
        '{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA"} {}',
        b'\xef\xbb\xbf{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA"}',
        b'{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA","x":"\xff"}',
        b'{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA","x":"\\ud800"}',
        '{"a":' * 100_000,
        {**OCT, "k": b"AAAAAAAAAAAAAAAAAAAAAA"},
        {**OCT, "x": float("nan")},
        {**OCT, 5: "x"},
        {**OCT, "key_ops": ("wrapKey",)},
        {**OCT, "x": object()},
    ],
    ids=lambda jwk: repr(jwk)[:40],
)
def test_jwk_that_is_not_strict_json_is_refused(jwk):
    refused(jwk, "^the JWK is not one strict JSON object(: |$)")


@pytest.mark.parametrize("alg", [5, b"A128KW", ["A128KW"], True])
def test_alg_of_another_type_is_a_type_error(alg):
    with pytest.raises(TypeError, match=r"^alg must be str, or a mapping"):
        Key.from_jwk(OCT, alg=alg)


def test_alg_comes_from_the_caller_or_from_the_jwk_and_they_agree():
    assert Key.from_jwk(OCT, alg="A128KW").alg == "A128KW"
    assert Key.from_jwk({**OCT, "alg": "A128KW"}).alg == "A128KW"
    assert Key.from_jwk({**OCT, "alg": "A128KW"}, alg="A128KW").alg == "A128KW"
    refused({**OCT, "alg": "A128KW"}, "contradicts alg=", alg="A256KW")
    refused({**OCT, "alg": "A128KW"}, "contradicts alg=", alg="dir")
    refused(rsa(*PUBLIC, alg="RSA-OAEP-256"), "contradicts alg=", alg="RSA-OAEP")
    refused(OCT, "names no alg: give alg=", alg=None)


@each_row("alg", ["", "none", "NONE", "HS224", "RSA1_6", "a128kw", "A128KW ", "ECDH-SS", "ES224"])
def test_alg_that_is_not_known_is_refused(alg):
    refused(OCT, "(not known|not a known name|is the name of)", alg=alg)
    refused({**OCT, "alg": alg}, "(not known|not a known name|is the name of)", alg=None)


@each_row(
    ("alg", "message"),
    [
        ("HS256", "at least as long as its hash"),
        ("RSA1_5", "^RSA1_5 is off: legacy=True"),
        ("RSA-OAEP", "needs an RSA key"),
        ("RS256", "needs an RSA key"),
        ("ECDH-ES", "needs a key on a curve"),
        ("ECDH-ES+A128KW", "needs a key on a curve"),
        ("ES256", "needs a key on a curve"),
        ("A256GCMKW", "does not have the size"),
    ],
)
def test_alg_that_the_key_can_not_serve_is_refused(alg, message):
    refused(OCT, message, alg=alg)
    refused({**OCT, "alg": alg}, message, alg=None)


def test_kid_comes_from_the_caller_or_from_the_jwk_and_they_agree():
    assert Key.from_jwk(OCT, alg="A128KW", kid="a").kid == "a"
    assert Key.from_jwk({**OCT, "kid": "a"}, alg="A128KW").kid == "a"
    assert Key.from_jwk({**OCT, "kid": "a"}, alg="A128KW", kid="a").kid == "a"
    assert Key.from_jwk({**OCT, "kid": ""}, alg="A128KW").kid == ""
    assert Key.from_jwk(OCT, alg="A128KW").kid is None
    refused({**OCT, "kid": "a"}, "contradicts kid=", kid="b")
    refused({**OCT, "kid": ""}, "contradicts kid=", kid="b")


JSON = {
    "None": "null",
    "5": "a number",
    "True": "true or false",
    "{}": "an object",
    **dict.fromkeys(("[]", "['oct']"), "a list"),
}


@each_row("name", ["kty", "k", "alg", "kid"])
@each_row("value", [None, 5, True, [], {}, ["oct"]])
def test_text_member_of_another_type_is_refused(name, value):
    null = value is None and name in ("alg", "kid")
    text = "null: leave it out" if null else f"{JSON[repr(value)]}, and has to be a string"
    refused({**OCT, name: value}, f"{name} is {text}")


@each_row("name", ["n", "e", "d", "p", "q", "dp", "dq", "qi"])
@each_row("value", [None, 5, True, [], {}])
def test_number_of_another_type_is_refused(name, value):
    null = value is None and name in ("d", "p", "q", "dp", "dq", "qi")
    of_json = f"{JSON[repr(value)]}, and has to be a string; write it in base64url"
    refused(rsa(**{name: value}), f"{name} is {'null: leave it out' if null else of_json}")


@pytest.mark.parametrize("kty", ["RSA ", "rsa", "OCT", "ec", "okp", "", "akp"])
def test_kty_that_is_not_used_is_refused(kty):
    refused({**OCT, "kty": kty}, "does not use keys of this kty")


@pytest.mark.parametrize("alg", ["A128KW", "RSA-OAEP", "ECDH-ES", "HS256"])
def test_kty_is_needed(alg):
    """RFC 7517 section 4.1."""
    for jwk in (OCT, rsa(), rsa(*PUBLIC), {}):
        untyped = {name: value for name, value in jwk.items() if name != "kty"}
        refused(
            untyped,
            "^the JWK's kty is (missing|null|a number|a list|an object|true or false)",
            alg=alg,
        )


def test_kind_of_key_is_the_one_of_the_alg():
    refused({**OCT, "n": "AQAB", "e": "AQAB"}, "needs an RSA key", alg="RSA-OAEP")
    refused({"kty": "RSA", "k": OCT["k"]}, "e is missing", alg="A128KW")
    for kty in ("EC", "OKP"):
        refused({**OCT, "kty": kty}, "crv is missing", alg="A128KW")
        refused({**OCT, "kty": kty}, "crv is missing", alg="ECDH-ES")


@pytest.mark.parametrize("alg", [*forge.KW_ALGS, "dir"])
def test_pair_is_no_shared_secret(alg):
    refused(rsa(), "needs a symmetric key", alg=alg)
    refused(rsa(*PUBLIC), "needs a symmetric key", alg=alg)


@pytest.mark.parametrize("alg", [*forge.KW_ALGS, "dir"])
def test_size_of_a_shared_secret_is_the_one_of_the_alg(alg):
    good = {forge.KW_ALGS[alg]} if alg in forge.KW_ALGS else {16, 24, 32, 48, 64}
    for size in (*range(66), 128, 256):
        jwk = {"kty": "oct", "k": forge.b64(bytes(size))}
        if size in good:
            assert Key.from_jwk(jwk, alg=alg).alg == alg
        else:
            refused(jwk, "does not have the size", alg=alg)


@each_row(
    "text",
    [
        OCT["k"] + "==",
        OCT["k"] + "=",
        OCT["k"][:-1] + "x",
        OCT["k"] + "\n",
        " " + OCT["k"],
        "+" + OCT["k"][1:],
        "/" + OCT["k"][1:],
        "é" + OCT["k"],
        OCT["k"][:-1],
    ],
)
def test_secret_is_canonical_base64url(text):
    refused({**OCT, "k": text}, "k is not canonical base64url")


@each_row("name", ["n", "e", "d", "p", "q", "dp", "dq", "qi"])
def test_number_is_canonical_and_has_no_leading_zero(name):
    """RFC 7518 section 2, Base64urlUInt."""
    good = _rsa()[name]
    raw = forge.unb64(good)
    refused(rsa(**{name: good + "="}), f"{name} is not canonical base64url")
    refused(rsa(**{name: good + "\n"}), f"{name} is not canonical base64url")
    refused(rsa(**{name: ""}), f"{name} is empty")
    refused(rsa(**{name: "AA"}), f"{name} has a leading zero byte")
    if name != "n":
        zero = rsa(**{name: forge.b64(b"\x00" + raw)})
        refused(zero, f"{name} has a leading zero byte: leave it out")
    refused(rsa(**{name: forge.b64(b"\0\0" + raw)}), f"{name} has a leading zero byte")
    refused(rsa(**{name: forge.b64(b"\x01" * 2049)}), "2048 to 16384 bits")


@each_row("name", ["n", "d", "p"])
def test_number_in_hex_or_in_digits_is_not_taken_for_another_number(name):
    """Hex is in the alphabet of base64url: n would be a number that nobody has the factors of."""
    raw = forge.unb64(_rsa()[name])
    digits = str(int.from_bytes(raw, "big"))
    for text in (raw.hex(), raw.hex().upper()):
        refused(rsa(*PUBLIC, **{name: text}), f"{name} is hex: write the base64url of its bytes")
    refused(rsa(*PUBLIC, **{name: digits}), f"{name} is a number in digits")
    refused(rsa(*PUBLIC, e="65537"), "e is not canonical base64url: it is a number in digits")


def test_member_in_capital_letters_is_named():
    jwk = rsa(*PUBLIC)
    jwk["N"] = jwk.pop("n")
    refused(jwk, "the JWK's n is missing: N is written n")


@each_row(
    ("own", "text"),
    [
        (
            "RSA-OAEP256",
            "is not a name that joseal knows, did you mean RSA-OAEP-256: a JWK without",
        ),
        ("A256GCM", "and A256GCM is an enc: a JWK without alg takes the caller's"),
        ("no name", "is not a name that joseal knows: a JWK without alg takes the caller's"),
    ],
)
def test_alg_of_the_jwk_that_contradicts_is_told_from_one_that_is_misspelled(own, text):
    refused(rsa(*PUBLIC, alg=own), text, alg="RSA-OAEP-256")


@each_row(
    ("use", "meant"),
    [("encryption", "enc"), ("ENC ", "enc"), ("Signature", "sig"), ("both", None), (["enc"], None)],
)
def test_use_that_is_not_registered_is_named(use, meant):
    hint = "" if meant is None else f"; {meant} is the registered name"
    refused(rsa(*PUBLIC, use=use), f"it is neither sig nor enc{hint}$")


def point(curve="P-256", **members):
    return {**all_algorithms.public_jwk(all_algorithms.private(curve), curve), **members}


def wide(change):
    good = point()
    return point(x=forge.b64(change(forge.unb64(good["x"]), forge.unb64(good["y"]))))


@each_row(
    ("jwk", "text"),
    [
        (
            lambda: point(x=point()["y"], y=point()["x"]),
            "not on P-256, but they are with x and y exchanged$",
        ),
        (lambda: point(y=point()["x"]), "its coordinates are not on P-256$"),
        (lambda: point("secp256k1", crv="P-256"), "not on P-256, but on secp256k1$"),
        (lambda: point(crv="P-384"), "has 32 bytes, P-384 has 48: that is the size of P-256$"),
        (
            lambda: wide(lambda x, y: b"\x04" + x + y),
            "65 bytes, P-256 has 32: it is the whole point",
        ),
        (
            lambda: wide(lambda x, _: b"\x02" + x),
            "33 bytes, P-256 has 32: it is a compressed point",
        ),
        (lambda: wide(lambda x, _: b"\0" + x), "leave out the leading zeros$"),
        (lambda: wide(lambda x, _: x[2:]), "30 bytes, P-256 has 32: pad it with leading zeros$"),
        (lambda: wide(lambda x, _: x[:9]), "9 bytes, P-256 has 32: copy the whole key$"),
        (lambda: point(x=forge.unb64(point()["x"]).hex()), "it is hex; write the base64url of its"),
        (lambda: {"kty": "OKP", "crv": "X25519", "x": "AAAA"}, "copy the whole key$"),
        (lambda: {"keys": [], "kid": "a"}, "^this is a JWK Set: use KeySet.from_jwks$"),
        (lambda: point(kty="ec"), "of this kty: ec is written EC$"),
        (lambda: point(kty="EC "), "of this kty: EC  is written EC$"),
    ],
)
def test_key_on_a_curve_that_is_written_wrongly_is_named(jwk, text):
    refused(jwk(), text, alg="ECDH-ES")


def test_public_and_private_keys_are_told_apart():
    assert not Key.from_jwk(rsa(*PUBLIC), alg="RSA-OAEP").is_private
    assert Key.from_jwk(rsa(), alg="RSA-OAEP").is_private


def test_private_key_of_d_alone_is_completed():
    key = Key.from_jwk(rsa("d"), alg="RSA-OAEP")
    assert key.is_private
    token = Encrypter(forge.sealing(forge.key("RSA-OAEP")), enc="A128GCM").encrypt(b"x")
    assert Decrypter(key, enc="A128GCM").decrypt(token) == b"x"
    released = key.to_jwk(private=True)
    assert {released["p"], released["q"]} == {_rsa()["p"], _rsa()["q"]}


CRT = ("p", "q", "dp", "dq", "qi")


@pytest.mark.parametrize("missing", CRT)
def test_private_key_with_some_crt_members_is_refused(missing):
    """RFC 7518 section 6.3.2: all of them or none."""
    names = [name for name in CRT if name != missing]
    refused(rsa("d", *names), "some private RSA members, but not all")
    refused(rsa("d", missing), "some private RSA members, but not all")
    refused(rsa(missing), "some private RSA members, but not all")


def test_private_key_without_d_is_refused():
    refused(rsa(*CRT), "some private RSA members, but not all")


@pytest.mark.parametrize("name", ["n", "e"])
def test_public_members_are_needed(name):
    for jwk in (rsa(), rsa(*PUBLIC)):
        del jwk[name]
        with pytest.raises(InvalidKeyError, match=f"{name} is missing"):
            Key.from_jwk(jwk, alg="RSA-OAEP")


@each_row("name", ["n", "e", "d", *CRT])
def test_members_that_do_not_fit_together_are_refused(name):
    raw = forge.unb64(_rsa()[name])
    bent = forge.b64(raw[:-1] + bytes((raw[-1] ^ 2,)))
    refused(rsa(**{name: bent}), "do not fit together|not the product of two odd primes")


def test_d_alone_that_does_not_fit_is_refused():
    raw = forge.unb64(_rsa()["d"])
    refused(rsa("d", d=forge.b64(raw[:-1] + bytes((raw[-1] ^ 2,)))), "do not fit together")
    refused(rsa("d", d="Aw"), "do not fit together")


def test_d_alone_is_less_than_the_modulus_before_any_work(monkeypatch):
    """The time of finding the factors grows with d, which RFC 8017 section 3.2 bounds."""
    numbers = forge.rsa_private().private_numbers()
    n, d = numbers.public_numbers.n, numbers.d
    step = math.lcm(numbers.p - 1, numbers.q - 1)
    longer = d + step * ((n - d) // step + 1)
    assert pow(2, longer * numbers.public_numbers.e, n) == 2
    monkeypatch.setattr(codec.rsa, "rsa_recover_prime_factors", None)
    raw = longer.to_bytes((longer.bit_length() + 7) // 8, "big")
    refused(rsa("d", d=forge.b64(raw)), "do not fit together")


@pytest.mark.parametrize("exponent", [b"\x01", b"\x02", b"\x01\x00\x00"])
def test_exponent_that_hides_nothing_is_refused(exponent):
    """With e=1 a token would carry its content encryption key in the clear."""
    refused(rsa(*PUBLIC, e=forge.b64(exponent)), "odd and at least 3")


def test_more_than_two_primes_are_refused():
    refused(rsa(oth=[{"r": "Aw", "d": "Aw", "t": "Aw"}]), "more than two primes")
    assert Key.from_jwk(rsa(oth=[]), alg="RSA-OAEP").is_private


@pytest.mark.parametrize(
    ("bits", "fits"), [(512, False), (1024, False), (2047, False), (2048, True), (16384, True)]
)
def test_size_of_an_rsa_key_is_bounded(bits, fits):
    modulus = (1 << bits - 1 | 1).to_bytes((bits + 7) // 8, "big")
    jwk = {"kty": "RSA", "n": forge.b64(modulus), "e": "AQAB"}
    if fits:
        assert not Key.from_jwk(jwk, alg="RSA-OAEP").is_private
    else:
        refused(jwk, "2048 to 16384 bits")


@each_row("alg", [name for name, alg in (ALGS | SIGS).items() if alg.kind == "RSA"])
def test_least_size_of_an_rsa_key_holds_for_every_alg(alg):
    """RFC 7518 sections 3.3, 3.5, 4.2 and 4.3."""
    legacy = alg == "RSA1_5"
    small = {"kty": "RSA", "n": forge.b64((1 << 2046 | 1).to_bytes(256, "big")), "e": "AQAB"}
    refused(small, "2048 to 16384 bits", alg=alg, legacy=legacy)
    assert Key.from_jwk(rsa(*PUBLIC), alg=alg, legacy=legacy).alg == alg


def test_use_binds():
    assert Key.from_jwk({**OCT, "use": "enc"}, alg="A128KW").alg == "A128KW"
    for use in ("sig", "", "ENC", 5, ["enc"], {}):
        refused({**OCT, "use": use}, "^the JWK's use contradicts the alg: ")


@pytest.mark.parametrize(
    ("alg", "names"),
    [
        ("A128KW", ["sign"]),
        ("A128KW", ["sign", "verify"]),
        ("A128KW", ["SIGN"]),
        ("A128KW", ["wrapkey"]),
        ("A128KW", ["other"]),
        ("A128KW", ["encrypt", "decrypt"]),
        ("dir", ["wrapKey", "unwrapKey"]),
        ("RSA-OAEP", ["deriveKey"]),
        ("RSA-OAEP", ["sign", "verify"]),
    ],
)
def test_key_ops_without_what_the_alg_is_for_are_refused_when_loaded(alg, names):
    jwk = rsa() if alg == "RSA-OAEP" else OCT
    refused({**jwk, "key_ops": names}, "key_ops exclude what its alg is for", alg=alg)


@pytest.mark.parametrize(
    "names", ["wrapKey", {"wrapKey": 1}, 5, [5], [None], ["wrapKey", 5], [["wrapKey"]]]
)
def test_key_ops_are_a_list_of_strings(names):
    refused({**OCT, "key_ops": names}, "key_ops must be a list of strings")


def test_key_ops_are_unique():
    refused({**OCT, "key_ops": ["wrapKey", "wrapKey"]}, "repeats an operation")


@pytest.mark.parametrize(
    "brought",
    [
        {"x5u": "https://attacker.example/chain.pem", "x5t": "AAAA"},
        {"x5c": ["AAAA"], "x5t#S256": "AAAA"},
        {"x5u": 5, "x5c": None, "x5t": [], "x5t#S256": {}},
    ],
)
def test_members_on_certificates_are_data(brought):
    """RFC 7517 sections 4.6 to 4.9: they name no other key, and nothing fetches them."""
    for jwk in (rsa(*PUBLIC, kid="a"), rsa(kid="a")):
        key = Key.from_jwk({**jwk, **brought}, alg="RSA-OAEP")
        assert key.to_jwk(private="d" in jwk) == {**jwk, "alg": "RSA-OAEP"}


@pytest.mark.parametrize(
    ("use", "alg", "names"),
    [("enc", "RSA-OAEP", ["sign", "unwrapKey"]), ("sig", "RS256", ["sign", "unwrapKey"])],
)
def test_use_and_key_ops_that_contradict_each_other_are_refused(use, alg, names):
    """RFC 7517 section 4.3."""
    refused(rsa(use=use, key_ops=names), "use and key_ops contradict each other", alg=alg)
    with pytest.raises(InvalidKeyError, match="contradict"):
        Key.from_jwk(rsa(use=use, key_ops=names), alg="RS256" if use == "enc" else "RSA-OAEP")


@pytest.mark.parametrize("names", [["wrapKey", "unwrapKey"], ["unwrapKey"]])
def test_use_and_key_ops_are_not_written_together(names):
    """RFC 7517 section 4.3."""
    for members in ({"use": "enc"}, {"key_ops": names}, {"use": "enc", "key_ops": names}):
        shown = Key.from_jwk({**OCT, **members}, alg="A128KW").to_jwk(private=True)
        assert "use" not in shown
        assert shown.get("key_ops") == (sorted(names) if "key_ops" in members else None)


# Which of the two directions these operations permit.
PERMITTED = [
    ("dir", ["encrypt"], True, False),
    ("dir", ["decrypt"], False, True),
    ("dir", ["encrypt", "decrypt"], True, True),
    ("dir", [], False, False),
    ("A128KW", ["wrapKey"], True, False),
    ("A128KW", ["unwrapKey"], False, True),
    ("A128KW", ["wrapKey", "unwrapKey", "unknown"], True, True),
    ("A128KW", [], False, False),
    ("RSA-OAEP", ["wrapKey", "unwrapKey"], True, True),
    ("RSA-OAEP", ["encrypt", "decrypt"], True, True),
    ("RSA-OAEP", ["decrypt"], False, True),
    ("RSA-OAEP", ["unwrapKey"], False, True),
    ("RSA-OAEP", [], False, False),
    ("RSA-OAEP", ["sign", "decrypt"], False, True),
]


@pytest.mark.parametrize(("alg", "names", "seals", "opens"), PERMITTED)
def test_key_ops_bind(alg, names, seals, opens):
    # The public half of a pair has its own operations.
    sealing = rsa(*PUBLIC) if alg == "RSA-OAEP" else OCT
    opening = rsa() if alg == "RSA-OAEP" else OCT
    for make, jwk, permitted in ((Encrypter, sealing, seals), (Decrypter, opening, opens)):
        key = Key.from_jwk({**jwk, "key_ops": names}, alg=alg)
        if permitted:
            make(key, enc="A128GCM")
        else:
            with pytest.raises(InvalidKeyError, match="key_ops don't permit"):
                make(key, enc="A128GCM")


@pytest.mark.parametrize("enc", forge.ENCS)
def test_secret_whose_alg_is_an_enc_serves_that_enc_alone(enc):
    """RFC 7517 section 4.4."""
    jwk = {"kty": "oct", "k": forge.b64(bytes(forge.ENCS[enc].cek_bytes)), "alg": enc}
    for key in (Key.from_jwk(jwk), Key.from_jwk(jwk, alg="dir")):
        assert key.alg == "dir"
        token = Encrypter(key, enc=enc).encrypt(b"x")
        assert Decrypter(key, enc=enc).decrypt(token) == b"x"
        for other in forge.ENCS:
            if other != enc:
                for make in (Encrypter, Decrypter):
                    with pytest.raises(InvalidKeyError, match="does not fit"):
                        make(key, enc=other)
    refused(jwk, "contradicts alg=", alg="A128KW")


@pytest.mark.parametrize("enc", ["A128GCM", "A128CBC-HS256"])
def test_pair_whose_alg_is_an_enc_is_refused(enc):
    refused(rsa(alg=enc), "contradicts alg=")
    refused(rsa(alg=enc), "(not known|not a known name|is the name of)", alg=None)


@pytest.mark.parametrize("alg", ["A128GCM", "A256CBC-HS512"])
def test_alg_of_the_caller_is_never_an_enc(alg):
    refused(OCT, "(not known|not a known name|is the name of)", alg=alg)


def test_refusal_shows_nothing_of_the_key():
    error = refused({**OCT, "k": "4111-4111-4111+"}, "canonical")
    assert "4111" not in repr(error)


def test_what_was_read_shows_no_material():
    read = Jwk(b"canary, 16 bytes", "A128KW", None, "a", frozenset({"wrapKey"}))
    assert repr(read) == str(read) == f"{read}" == "Jwk(alg='A128KW', kid='a')"


def even_modulus():
    n = forge.rsa_private().public_key().public_numbers().n - 1
    return {"kty": "RSA", "n": forge.b64(n.to_bytes(256, "big")), "e": "AQAB"}


def test_even_modulus_is_refused_when_loaded():
    with pytest.raises(InvalidKeyError):
        Key.from_jwk(even_modulus(), alg="RSA-OAEP")


def test_jwk_text_with_a_lone_surrogate_is_refused():
    with pytest.raises(InvalidKeyError):
        Key.from_jwk('{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA","alg":"A128KW","kid":"\ud800"}')


def test_direct_key_named_for_an_enc_has_its_size_when_loaded():
    with pytest.raises(InvalidKeyError):
        Key.from_jwk({"kty": "oct", "k": forge.b64(bytes(32)), "alg": "A128GCM"})
