"""JWE in JSON: each refusal in its words, each limit, and what is written.

Source: RFC 7516 sections 4.1, 5.2 and 7.2.
"""

import json

import pytest
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import Limits, MalformedTokenError, NotAllowedError, TokenTooLargeError
from joseal._core.wire.json_form import encrypted
from joseal._core.wire.json_form.encrypted import JsonJwe, Recipient

LIMITS = Limits()
NONE = frozenset()


def encoded(value):
    return forge.b64(json.dumps(value).encode()).encode()


def message(*headers, protected=None, unprotected=None, form="general"):
    return JsonJwe(
        form=form,
        protected=b"" if protected is None else encoded(protected),
        recipients=tuple(Recipient(header, b"") for header in headers),
        iv=b"",
        ciphertext=b"",
        tag=b"",
        unprotected=unprotected or {},
    )


def said(error, call, *arguments):
    with pytest.raises(error) as refused:
        call(*arguments)
    assert refused.value.__context__ is None
    return str(refused.value)


@each_row(
    ("members", "form", "text"),
    [
        ({}, "general", "the message has no ciphertext (a signed message, JWS?)"),
        (
            {"ciphertext": "", "payload": ""},
            "general",
            "the message has both ciphertext and payload",
        ),
        (
            {"ciphertext": "", "signature": ""},
            "flattened",
            "the message has both ciphertext and signature",
        ),
        (
            {"ciphertext": "", "signatures": []},
            "flattened",
            "the message has both ciphertext and signatures",
        ),
        (
            {"ciphertext": ""},
            "general",
            "the message has no recipients: it is not in general form",
        ),
        (
            {"ciphertext": "", "recipients": [{}]},
            "flattened",
            "the message has recipients: it is in general form",
        ),
        (
            {"ciphertext": "", "recipients": [{}], "header": {}},
            "general",
            "the message has both recipients and header",
        ),
        (
            {"ciphertext": "", "recipients": [{}], "encrypted_key": ""},
            "flattened",
            "the message has both recipients and encrypted_key",
        ),
        ({"ciphertext": "", "recipients": []}, "general", "the list of recipients is empty"),
        (
            {"ciphertext": "", "protected": ""},
            "flattened",
            "the member protected is empty, and must then be absent",
        ),
        (
            {"ciphertext": "", "aad": ""},
            "flattened",
            "the member aad is empty, and must then be absent",
        ),
    ],
)
def test_message_of_another_form_or_kind_is_refused_by_what_it_has(members, form, text):
    assert said(MalformedTokenError, encrypted.parse, json.dumps(members), form, LIMITS) == text


def test_every_member_is_read_to_its_place():
    members = {
        "protected": "A",
        "unprotected": {"x": 1},
        "header": {"y": 1},
        "encrypted_key": "B",
        "aad": "C",
        "iv": "D",
        "ciphertext": "E",
        "tag": "F",
        "z": [1],
    }
    found = encrypted.parse(json.dumps(members), "flattened", LIMITS)
    assert found == JsonJwe(
        form="flattened",
        protected=b"A",
        recipients=(Recipient({"y": 1}, b"B"),),
        iv=b"D",
        ciphertext=b"E",
        tag=b"F",
        unprotected={"x": 1},
        aad=b"C",
        further={"z": [1]},
    )
    assert json.loads(encrypted.write(found)) == members
    assert found.authenticated() == b"A.C"
    general = {"ciphertext": "E", "recipients": [{"header": {"y": 1}, "w": 2}, {}], "z": 3}
    parsed = encrypted.parse(json.dumps(general), "general", LIMITS)
    assert parsed.recipients == (Recipient({"y": 1}, b"", {"w": 2}), Recipient({}, b"", {}))
    assert parsed.further == {"z": 3}
    assert (parsed.protected, parsed.authenticated()) == (b"", b"")
    assert encrypted.write(parsed) == (
        '{"recipients":[{"header":{"y":1},"w":2},{}],"ciphertext":"E","z":3}'
    )


def test_limits_bind_every_header_and_the_number_of_recipients():
    header = {"x": "1"}
    for place in ("unprotected", "header"):
        text = json.dumps({"ciphertext": "", place: header})
        low = Limits(header_bytes=8)
        assert encrypted.parse(text, "flattened", Limits(header_bytes=9))
        refused = said(TokenTooLargeError, encrypted.parse, text, "flattened", low)
        assert refused == "over the limit header_bytes=8: found 9"
    for count, limit in ((3, 3), (3, 2)):
        text = json.dumps({"ciphertext": "", "recipients": [{"header": header}] * count})
        limits = Limits(recipients=limit)
        if count <= limit:
            assert len(encrypted.parse(text, "general", limits).recipients) == count
            continue
        refused = said(TokenTooLargeError, encrypted.parse, text, "general", limits)
        assert refused == "over the limit recipients=2: found 3"


def test_names_to_accept_are_those_of_a_recipient_and_enc():
    names = ["alg", "kid", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c", "ek", "enc"]
    assert encrypted.acceptable(names) == frozenset(names)
    assert encrypted.acceptable(()) == NONE
    text = "accept_unprotected can name alg, apu, apv, ek, enc, epk, iv, kid, p2c, p2s, tag"
    for wrong in (["typ"], ["alg", "crit"]):
        assert said(ValueError, encrypted.acceptable, wrong) == text
    kinds = {"alg": "str", 5: "int"}
    for wrong, kind in kinds.items():
        text = f"accept_unprotected must be a collection of str, not {kind}"
        assert said(TypeError, encrypted.acceptable, wrong) == text
    text = "accept_unprotected must be a collection of str, not bytes"
    assert said(TypeError, encrypted.acceptable, ["alg", b"kid"]) == text


def test_alg_and_enc_are_authenticated_or_accepted_by_name():
    reason = "it is not authenticated, and accept_unprotected= does not name it"
    for name in ("alg", "enc"):
        shared = {"alg": "x", "enc": "y"}
        accepted = frozenset(shared) - {name}
        text = said(
            NotAllowedError,
            encrypted.read_headers,
            message({}, unprotected=shared),
            accepted,
            LIMITS,
        )
        assert text == f"{name}: {reason}"
    both = message({"kid": "a"}, unprotected={"alg": "x", "enc": "y", "typ": "z"})
    (found,) = encrypted.read_headers(both, frozenset({"alg", "enc"}), LIMITS)
    assert (found.known.alg, found.known.enc, found.known.kid) == ("x", "y", "a")
    assert found.all == {}
    # The alg of a recipient is its own.
    (found,) = encrypted.read_headers(message({"alg": "x"}, protected={"enc": "y"}), NONE, LIMITS)
    assert (found.known.alg, found.known.enc, found.all) == ("x", "y", {"enc": "y"})


@pytest.mark.parametrize("alg", ["dir", "ECDH-ES", "HPKE-0", "HPKE-10", "HPKE-12", "HPKE-13"])
def test_alg_that_makes_the_cek_is_alone(alg):
    assert encrypted.read_headers(message({"alg": alg}), NONE, LIMITS)
    text = "dir, ECDH-ES or HPKE is next to other recipients"
    for headers in (({"alg": alg}, {"alg": "x"}), ({"alg": "x"}, {"alg": alg})):
        assert (
            said(MalformedTokenError, encrypted.read_headers, message(*headers), NONE, LIMITS)
            == text
        )


def test_recipients_share_enc():
    headers = ({"alg": "x", "enc": "a"}, {"alg": "x", "enc": "b"})
    accepted = frozenset({"enc"})
    text = "the recipients differ in enc"
    assert (
        said(MalformedTokenError, encrypted.read_headers, message(*headers), accepted, LIMITS)
        == text
    )
    same = message(headers[0], headers[0])
    assert len(encrypted.read_headers(same, accepted, LIMITS)) == 2


def test_work_of_recipients_is_added_and_may_reach_the_limit():
    headers = [{"alg": "x", "p2c": work} for work in (1000, 1, 0, -5000)] + [{"alg": "y"}]
    assert len(encrypted.read_headers(message(*headers), NONE, Limits(pbes2_iterations=1001))) == 5
    text = "p2c: the recipients together ask for more than pbes2_iterations=1000"
    low = Limits(pbes2_iterations=1000)
    assert said(NotAllowedError, encrypted.read_headers, message(*headers), NONE, low) == text


def test_protected_header_of_several_has_the_rules_of_one_with_alg():
    assert encrypted.encode_shared({"enc": "x"}, LIMITS) == forge.b64(b'{"enc":"x"}').encode()
    # With the alg that each recipient has: its name, and nothing in it.
    whole = len(b'{"enc":"x","alg":""}')
    assert encrypted.encode_shared({"enc": "x"}, Limits(header_bytes=whole))
    low = Limits(header_bytes=whole - 1)
    with pytest.raises(TokenTooLargeError, match=f"header_bytes={whole - 1}: found {whole}"):
        encrypted.encode_shared({"enc": "x"}, low)


def test_nothing_of_a_message_is_shown():
    assert repr(message({"kid": "4111"}, {})) == "JsonJwe(form='general', recipients=2)"
    assert repr(Recipient({"kid": "4111"}, b"")) == "Recipient(...)"
