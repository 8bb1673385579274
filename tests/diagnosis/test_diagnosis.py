"""`joseal.diagnosis`: what a token's bytes tell, with no key and for whatever bytes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PublicFormat,
    pkcs12,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers import all_algorithms, forge, hpke_mistakes, mistakes
from tests.helpers.mistakes import HIDDEN, SHOWN, good
from tests.helpers.rows import each_row

from joseal import Encrypter, Limits, profiles
from joseal.diagnosis import Cause, Explanation, causes, explain
from joseal.diagnosis.headers import meant

MOST_SHOWN = 40_000
RECORDED = json.loads(
    (Path(__file__).parents[1] / "helpers" / "peer_mistakes" / "tokens.json").read_text("utf-8")
)

# An explanation is made of many small steps, and CI runs the suite several times.
fewer = settings(max_examples=max(50, settings().max_examples // 5))


def codes(token: str | bytes, **more: str) -> list[str]:
    return [cause.code for cause in explain(token, **more).causes]


def raw(token: str | bytes) -> bytes:
    return token if isinstance(token, bytes) else token.encode()


def segment(found: Explanation, name: str) -> tuple[int, int | None, bool]:
    (part,) = [part for part in found.segments if part.name == name]
    return part.characters, part.bytes, part.canonical


@each_row("name", SHOWN)
def test_structure_names_the_cause_first(name: str) -> None:
    code, make = SHOWN[name]
    found = explain(make())
    assert found.causes[0].code == code
    assert found.possible == ()


def der_that_ends_in(byte: int) -> bytes:
    for scalar in range(1, 4000):
        public = ec.derive_private_key(scalar, ec.SECP256R1()).public_key()
        spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if spki[-1] == byte:
            return spki
    raise AssertionError(byte)


@pytest.mark.parametrize("byte", b" \t\n\r\x0b\x0c\xff")
def test_der_is_named_as_der_whatever_its_last_byte_looks_like(byte: int) -> None:
    spki = der_that_ends_in(byte)
    for data in (spki, spki[:-1], spki + b"\n"):
        assert [(cause.code, cause.seen) for cause in explain(data).causes] == [
            ("key_instead", "DER")
        ]


def test_pkcs12_and_pkcs7_are_named_as_what_they_are() -> None:
    store = pkcs12.serialize_key_and_certificates(
        b"name", forge.rsa_private(), None, None, BestAvailableEncryption(b"a password")
    )
    assert [(cause.code, cause.seen) for cause in explain(store).causes] == [
        ("key_instead", "PKCS#12")
    ]
    # ContentInfo of CMS with envelopedData (RFC 5652 section 6), cut to its outline.
    cms = bytes.fromhex("300f06092a864886f70d010703a0023000")
    assert [(cause.code, cause.seen) for cause in explain(cms).causes] == [
        ("other_format", "PKCS #7")
    ]


@each_row("name", HIDDEN)
def test_what_only_a_key_can_tell_is_not_guessed(name: str) -> None:
    found = explain(HIDDEN[name][1]())
    assert found.causes == ()
    assert {cause.code for cause in found.possible} >= {"aad", "changed"}


def test_good_tokens_of_all_suites_give_no_cause() -> None:
    found = {pair: explain(str(all_algorithms.token(*pair))) for pair in all_algorithms.SUITES}
    assert {pair: found[pair].causes for pair in found if found[pair].causes} == {}
    assert all(shown.form == "jwe" and len(shown.segments) == 5 for shown in found.values())


def vectors(folder: Path, schema: str) -> Iterator[tuple[dict[str, object], dict[str, object]]]:
    """The project's test vectors of one schema, each with the settings of its opener."""
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        if content.get("schema") == schema:
            yield from (
                (case, group["opener"]) for group in content["groups"] for case in group["tests"]
            )


# What a structure can't show: the receiver's curve and modulus, and what it understands.
NOT_SHOWN = re.compile(
    r"an epk on [PX]-?\d+|an encrypted key of (512|768) bytes"
    r"|crit names (exp,|the empty name|a member (that is not understood|in a different case)|one that)"
)


def test_vectors_that_open_have_no_cause_and_malformed_ones_have_one(our_vectors: Path) -> None:
    wrong = []
    for schema, form in (("jwe_compact_v1", "jwe"), ("jws_compact_v1", "jws")):
        for case, opener in vectors(our_vectors, schema):
            # The receiver has the payload apart, or not encoded, and knows it.
            if "detached" in case or opener.get("b64") is False:
                continue
            found = explain(case["token"], expect=form).causes
            shown = case["expect"] == "malformed" and not NOT_SHOWN.search(case["comment"])
            if (case["expect"] == "ok" and found) or (shown and not found):
                wrong.append((case["id"], case["comment"], found))
    assert wrong == []


@each_row("curve", all_algorithms.CURVES)
@each_row("alg", all_algorithms.ECDH)
def test_good_tokens_on_all_curves_give_no_cause(alg: str, curve: str) -> None:
    assert codes(str(all_algorithms.token(alg, "A128GCM", curve=curve))) == []


@pytest.mark.parametrize("plaintext", [b"", b"\0", bytes(1000), bytes(100_000)])
def test_good_tokens_of_all_sizes_give_no_cause(plaintext: bytes) -> None:
    for enc in forge.ENCS:
        assert codes(Encrypter(forge.key("dir", enc), enc=enc).encrypt(plaintext)) == []


def test_possible_causes_are_those_of_the_algorithms() -> None:
    def possible(alg: str, **members: object) -> list[str]:
        found = explain(str(all_algorithms.token(alg, "A128GCM", members=members)))
        return [cause.code for cause in found.possible]

    end = ["aad", "changed", "plaintext_json_string"]
    assert possible("RSA-OAEP-256") == ["other_key", "oaep_hash", "mgf1", *end]
    assert possible("RSA-OAEP") == ["other_key", "oaep_hash", *end]
    assert possible("RSA1_5") == ["rsa1_5_off", "other_key", *end]
    assert possible("A128KW") == ["other_secret", *end]
    assert possible("ECDH-ES") == ["other_key", "derivation", *end]
    assert possible("dir", zip="DEF") == ["zip_off", "zip_framing", "other_secret", *end]
    assert possible("dir", cty="JWT")[-1] == "nested"
    assert possible("dir", crit=["x"], x=1)[0] == "crit_extension"


def test_segments_have_their_sizes() -> None:
    found = explain(str(good()))
    assert [part.name for part in found.segments] == [
        *("protected header", "encrypted key", "iv", "ciphertext", "tag"),
    ]
    assert segment(found, "encrypted key") == (342, 256, True)
    assert segment(found, "iv") == (16, 12, True)
    padded = explain(mistakes.segments(mistakes.padded, 1, 4))
    assert segment(padded, "tag") == (24, 16, False)
    assert segment(padded, "iv") == (16, 12, True)
    assert padded.causes[0].seen == "encrypted key, tag"


def test_what_can_not_be_decoded_has_no_size() -> None:
    found = explain(mistakes.segments(lambda part: f"!{part}", 3))
    assert found.causes[0].code == "foreign_characters"
    assert segment(found, "ciphertext")[1:] == (None, False)


def test_several_causes_are_in_the_order_in_which_they_have_to_be_undone() -> None:
    token = mistakes.segments(mistakes.padded, 4)
    assert codes("Bearer " + json.dumps(token)) == ["auth_scheme", "json_string", "padded"]
    body = json.dumps({"encData": json.dumps(str(mistakes.gcm(iv=bytes(16))))})
    assert codes(body) == ["envelope", "json_string", "gcm_iv_16"]


def test_line_end_behind_a_token_is_a_fault_and_behind_a_body_none() -> None:
    assert codes(f"{good()}\n") == ["white_space"]
    assert codes(json.dumps({"encData": str(good())}) + "\n") == ["envelope"]


def test_a_good_jws_is_only_wrong_where_a_jwe_was_expected() -> None:
    token = mistakes.signed_by_joserfc()
    assert codes(token) == ["jws"]
    assert codes(token, expect="jws") == []
    assert [cause.code for cause in explain(token, expect="jws").possible] == [
        *("other_key", "changed"),
    ]
    assert codes(mistakes.der_signature(), expect="jws") == ["ecdsa_der"]
    assert codes(token[:-8], expect="jws") == ["signature_size"]


def test_nesting_is_told_where_it_shows() -> None:
    nested = all_algorithms.token("dir", "A128GCM", members={"cty": "JWT"})
    (cause,) = explain(str(nested), expect="jws").causes
    assert (cause.code, cause.seen) == ("jwe", "its cty is JWT: the other token is inside")
    (cause,) = explain(SHOWN["encrypted, then signed"][1]()).causes
    assert cause.seen == "its payload is a JWE: encrypted, then signed"


def test_profiles_are_matched_and_nearly_matched() -> None:
    def matched(token: str) -> dict[tuple[str, str], tuple[str, ...]]:
        return {(found.profile, found.direction): found.misses for found in explain(token).profiles}

    members = {"typ": "JWT"}
    token = str(all_algorithms.token("RSA-OAEP", "A256CBC-HS512", members=members))
    assert matched(token)[("juspay-payouts", "send")] == ()
    token = str(all_algorithms.token("RSA-OAEP", "A128CBC-HS256", members=members))
    assert matched(token)[("juspay-payouts", "send")] == (
        "enc: A128CBC-HS256 instead of A256CBC-HS512",
    )
    body = json.dumps({"encData": str(good(members={"kid": "k"}))})
    assert {name for name, _ in matched(body)} >= {"visa-mle"}
    assert "mastercard" not in {name for name, _ in matched(json.dumps({"JWT": token}))}


def test_what_profiles_send_matches_them() -> None:
    for profile in (profiles.VISA_MLE, profiles.JUSPAY_TOKENIZATION):
        key = forge.key("RSA-OAEP-256", kid="9d1a0ab4-6d4e-4d5c-8e9b-1a2b3c4d5e6f").public()
        body = profile.encrypter(key).encrypt(b"{}")
        found = explain(body)
        assert [cause.code for cause in found.causes] == ["envelope"]
        misses = {(one.profile, one.direction): one.misses for one in found.profiles}
        assert misses[(profile.name, "send")] == ()


def test_header_is_shown_as_printable_text_of_bounded_size() -> None:
    nasty = {"alg": "\x1b[31m\x7f\x9b", "\x1b]0;": "\u202e", "long": "x" * 5000, "enc": [1]}
    header = json.dumps(nasty, ensure_ascii=False).encode()
    found = explain(str(good()._replace(header=header)))
    text = str(found)
    assert text.isascii()
    assert all(char.isprintable() or char == "\n" for char in text)
    assert len(text) < MOST_SHOWN
    assert [name for name, _ in found.header] == ["alg", r"\x1b]0;", "long", "enc"]
    assert found.header[3] == ("enc", "[1]")


def test_text_has_the_causes_on_top() -> None:
    lines = str(explain(json.dumps(str(good())))).splitlines()
    assert lines[1] == "1. json_string"
    assert "Decode the JSON once more" in lines[3]
    assert any(line.startswith("encrypted key: 342 characters, 256 bytes") for line in lines)
    assert not any(line.startswith("profile ") for line in lines)
    token = str(all_algorithms.token("RSA-OAEP", "A256CBC-HS512", members={"typ": "JWT"}))
    assert "profile juspay-payouts (send): matches" in str(explain(token)).splitlines()


def test_no_plaintext_and_no_key_come_into_it() -> None:
    for _, make in (*SHOWN.values(), *HIDDEN.values()):
        assert "canary" not in str(explain(make()))


def test_an_explanation_is_frozen_and_comes_back_equal() -> None:
    found = explain(str(good()))
    assert found == explain(str(good()))
    assert hash(found) == hash(explain(str(good())))
    with pytest.raises(AttributeError):
        found.form = "jws"


@pytest.mark.parametrize("token", [None, 7, bytearray(b"x")])
def test_other_types_are_type_errors(token: object) -> None:
    with pytest.raises(TypeError, match="must be str or bytes"):
        explain(token)


def test_another_expectation_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="expect must be jwe or jws"):
        explain("", expect="JWE")


def test_spellings_of_other_libraries_are_known() -> None:
    names = {
        "rsa-oaep": "RSA-OAEP",
        "RSA_OAEP_256": "RSA-OAEP-256",
        "RSA-OAEP-SHA256": "RSA-OAEP-256",
        "a256cbc_hs512": "A256CBC-HS512",
        "ECDH_ES_A128KW": "ECDH-ES+A128KW",
        "DIR": "dir",
        "none": None,
    }
    assert {name: meant(name) for name in names} == names


def test_every_cause_of_the_table_can_come() -> None:
    makers = [make for _, make in (*SHOWN.values(), *hpke_mistakes.SHOWN.values())]
    seen = {cause.code for make in makers for cause in explain(make()).causes}
    tokens = [
        str(all_algorithms.token(alg, "A128GCM", members={"zip": "DEF"}))
        for alg in all_algorithms.ALGS
    ]
    seen |= {cause.code for token in tokens for cause in explain(token).possible}
    seen |= {
        "nested",
        "plaintext_json_string",
        "crit_extension",
        "ecdsa_der",
        "signature_size",
        "jwe",
    }
    more = [
        *("x" * (2 * Limits().token_bytes + 1), f"{good()} ", mistakes.renamed("ROT13")),
        *(mistakes.renamed(enc="ROT13"), mistakes.named({"enc": "A256GCM"}, good())),
        str(good()._replace(header=b"[]")),
        str(good()._replace(header=b'{"alg":"dir","enc":"A256GCM","x":"%s"}' % (b"x" * 20_000))),
        str(all_algorithms.token("ECDH-ES", "A128GCM", members={"apu": "not base64"})),
        str(good("A256KW", "A256GCM")._replace(encrypted_key=bytes(256))),
        str(good("A256KW", "A256GCM")._replace(encrypted_key=bytes(7))),
        str(good()._replace(iv=bytes(5), tag=bytes(17))),
        f"{str(good())[:-1]}x",
    ]
    more += [
        *("v2.local.AAAA", "-----BEGIN PGP MESSAGE-----\n", "age-encryption.org/v1"),
        str(good()._replace(header=b"\xef\xbb\xbf" + good().header)),
        *(token["token"] for token in RECORDED["tokens"]),
    ]
    seen |= {code for token in more for code in codes(token)}
    assert set(causes.CODES) == seen


@pytest.mark.parametrize(
    "unit",
    [
        *("a", ".", "eyJ", "eyJ.", '"', "\\n", "%41", "{", '{"a":', "=", " ", "b'", "a=eyJ&"),
        *("Bearer ", "\0", "\u2026", "\ufeff", "ab", '{"a":"eyJ..",', "a.\n", "-----BEGIN "),
    ],
)
def test_hostile_text_ends(unit: str) -> None:
    found = explain(unit * (300_000 // len(unit)))
    assert found.causes
    assert len(str(found)) < MOST_SHOWN


PIECES = st.sampled_from(
    [
        *("eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", ".", "..", "AAAA", "=", "+", "%3D", '"', "\\"),
        *("{", "}", '{"payload":"', '"}', "Bearer ", "\n", " ", "b'", "'", "\ufeff", "\0", "%2E"),
        *("eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImVwayI6e319", "\u2026", "\ud800", "\x1b"),
    ]
)


@fewer
@given(
    st.one_of(st.text(), st.binary(), st.lists(PIECES, max_size=12).map("".join)),
    st.sampled_from(["jwe", "jws"]),
)
def test_any_text_and_any_bytes_get_an_explanation(token: str | bytes, expect: str) -> None:
    found = explain(token, expect=expect)
    text = str(found)
    assert found.causes
    assert all(
        isinstance(cause, Cause) and cause.sentence and cause.remedy for cause in found.causes
    )
    assert text.isascii()
    assert all(char.isprintable() or char == "\n" for char in text)
    assert len(text) < MOST_SHOWN


TOKENS = [raw(make()) for _, make in (*SHOWN.values(), *HIDDEN.values())]
CHANGES = st.tuples(
    st.integers(0, 2000),
    st.integers(0, 3),
    st.sampled_from([b"", b"=", b".", b"..", b"\n", b"+", b'"', b"%2E", b"\xff", b"\0", b"}"]),
)


@fewer
@given(st.sampled_from(TOKENS), st.lists(CHANGES, max_size=3), st.sampled_from(["jwe", "jws"]))
def test_any_change_of_a_token_gets_an_explanation(
    token: bytes, changes: list[tuple[int, int, bytes]], expect: str
) -> None:
    changed = bytearray(token)
    for place, size, text in changes:
        changed[place : place + size] = text
    assert len(str(explain(bytes(changed), expect=expect))) < MOST_SHOWN


@fewer
@given(
    st.dictionaries(
        st.sampled_from(
            ["alg", "enc", "zip", "epk", "p2s", "p2c", "iv", "tag", "apu", "crit", "kid", "typ"]
        ),
        st.one_of(
            *(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.floats()),
            st.sampled_from([*all_algorithms.ALGS, *all_algorithms.ENCS, "DEF", "AAAA"]),
            st.sampled_from([{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, {}, ["b64"], []]),
        ),
    )
)
def test_any_header_gets_an_explanation(members: dict[str, object]) -> None:
    header = json.dumps(members).encode()
    found = explain(str(good("dir", "A128GCM")._replace(header=header)))
    assert len(found.segments) == 5
    assert str(found).isascii()
