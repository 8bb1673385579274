"""JWE in JSON: what is read and made, and each rule of RFC 7516 section 7.2 that refuses.

A message is made here, one member of it is changed, and the refusal is the one that is said.
"""

import copy
import io
import json
import pickle
import traceback

import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    Limits,
    MalformedTokenError,
    MultiEncrypter,
    NotAllowedError,
    TokenTooLargeError,
    UnknownKeyError,
)
from joseal._core import decryption, json_decryption, multi_jwe
from joseal._core.algorithms.key_management import WrapSettings
from joseal._core.algorithms.registry import ENCS
from joseal._core.jwe import decryption_settings
from joseal._core.wire.json_form import encrypted
from joseal.stream import decrypt_stream, encrypt_stream

ENC = "A128GCM"
FORMS = ["flattened", "general"]
ALICE = Key.from_bytes(b"a" * 16, alg="A128KW", kid="alice")
BOB = Key.from_bytes(b"b" * 32, alg="A256KW", kid="bob")
CAROL = Key.from_bytes(b"c" * 16, alg="A128GCMKW", kid="carol")
SETTINGS = WrapSettings(ENCS[ENC], Limits())
EVERY_PARAMETER = ("alg", "kid", "enc")


def b64(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return forge.b64(raw)


def flattened(key=ALICE, plaintext=b"hello", **settings):
    return json.loads(Encrypter(key, enc=ENC, form="flattened", **settings).encrypt(plaintext))


def general(*keys, plaintext=b"hello", **settings):
    made = MultiEncrypter(keys or (ALICE, BOB), enc=ENC, **settings)
    return json.loads(made.encrypt(plaintext))


def opener(key=ALICE, **settings):
    return Decrypter(key, **{"enc": ENC, "form": "flattened", **settings})


def resealed(protected, *, key=ALICE, aad=None, **members):
    """A flattened message with any headers, sealed by bare primitives."""
    cek, iv = forge.draw("cek", 16), forge.draw("iv", 12)
    raw = b"" if protected is None else b64(protected).encode()
    data = raw if aad is None else raw + b"." + b64(aad).encode()
    ciphertext, tag = forge.seal(ENC, cek, iv, data, b"hello")
    wrapped = key._for_encryption("encrypt", [ENCS[ENC]], None).wrap(SETTINGS, cek)[1]
    message = {
        **({} if protected is None else {"protected": raw.decode()}),
        "encrypted_key": b64(wrapped),
        **({} if aad is None else {"aad": b64(aad)}),
        "iv": b64(iv),
        "ciphertext": b64(ciphertext),
        "tag": b64(tag),
        **members,
    }
    return {name: value for name, value in message.items() if value is not None}


def as_general(message):
    recipient = {name: message.pop(name) for name in ("header", "encrypted_key") if name in message}
    return {**message, "recipients": [recipient]}


@each_row("form", FORMS)
@each_row("alg", [alg for alg in all_algorithms.ALGS if alg != "RSA1_5"])
def test_every_alg_goes_round_in_every_form(alg, form):
    key = all_algorithms.key(alg, ENC)
    if key.is_password:
        key = Key.from_password(b"correct horse battery", alg=alg, iterations=1000)
    made = Encrypter(forge.sealing(key), enc=ENC, form=form, header={"typ": "x"})
    found = Decrypter(key, enc=ENC, form=form).open(made.encrypt(b"hello", aad=b"order 1"))
    assert (found.plaintext, found.aad, found.header["alg"]) == (b"hello", b"order 1", alg)
    assert (found.unauthenticated_header, found.ignored_members) == ({}, ())


@each_row("size", [0, 1, 200_000])
@each_row("enc", ["A256GCM", "A128CBC-HS256", "XC20P"])
def test_any_size_and_enc_goes_round(size, enc):
    text = MultiEncrypter([ALICE, BOB], enc=enc, compress=size == 1).encrypt(bytes(size))
    for key in (ALICE, BOB):
        found = Decrypter(key, enc=enc, form="general", accept_zip=True)
        assert found.decrypt(text) == found.decrypt(text.encode()) == bytes(size)


def test_members_without_a_value_are_absent():
    direct = json.loads(Encrypter(forge.key("dir", ENC), enc=ENC, form="flattened").encrypt(b""))
    assert list(direct) == ["protected", "iv", "ciphertext", "tag"]
    assert direct["ciphertext"] == ""
    lax = json.dumps(direct | {"encrypted_key": "", "header": {}, "unprotected": {}})
    assert opener(forge.key("dir", ENC)).decrypt(lax) == b""
    assert list(general()) == ["protected", "recipients", "iv", "ciphertext", "tag"]
    assert list(general(aad=b"x")) == ["protected", "recipients", "aad", "iv", "ciphertext", "tag"]


def test_one_of_several_keys_has_all_in_the_protected_header():
    text = MultiEncrypter([ALICE], enc=ENC, header={"typ": "x"}).encrypt(b"hello")
    assert "header" not in json.loads(text)["recipients"][0]
    assert list(opener(form="general").open(text).header) == ["alg", "kid", "typ", "enc"]
    without = MultiEncrypter([ALICE], enc=ENC, write_kid=False).encrypt(b"hello")
    assert list(opener(form="general").open(without).header) == ["alg", "enc"]


def test_all_that_recipients_share_is_protected_and_their_own_is_returned_apart():
    password = Key.from_password(
        b"correct horse battery", alg="PBES2-HS256+A128KW", iterations=1000
    )
    keys = [ALICE, CAROL, forge.key("RSA-OAEP-256", ENC), all_algorithms.key("ECDH-ES+A128KW")]
    sealing = [forge.sealing(key) for key in keys]
    made = MultiEncrypter([*sealing, password], enc=ENC, header={"typ": "x"})
    text = made.encrypt(b"hello", header={"iat": 1})
    managed = [(), ("iv", "tag"), (), ("epk",), ("p2s", "p2c")]
    for key, names in zip([*keys, password], managed, strict=True):
        found = opener(key, form="general").open(text)
        assert (found.plaintext, dict(found.header)) == (
            b"hello",
            {"typ": "x", "iat": 1, "enc": ENC},
        )
        own = {"alg": key.alg} | ({} if key.kid is None else {"kid": key.kid})
        assert list(found.unauthenticated_header) == [*own, *names]
    with pytest.raises(TypeError):
        found.unauthenticated_header["alg"] = "none"


def test_additional_data_is_authenticated_and_can_be_demanded():
    made = MultiEncrypter([ALICE, BOB], enc=ENC, aad=b"order 1")
    text = made.encrypt(b"hello")
    found = opener(form="general")
    assert found.open(text, aad=b"order 1").aad == b"order 1"
    for wrong in (b"order 2", b"order"):
        with pytest.raises(NotAllowedError, match="aad: aad= demands different additional data"):
            found.decrypt(text, aad=wrong)
    with pytest.raises(NotAllowedError, match="demands additional data, the message has none"):
        opener().decrypt(json.dumps(flattened()), aad=b"order 1")
    once = MultiEncrypter([ALICE, BOB], enc=ENC).encrypt(b"hello", aad=b"order 3")
    assert found.open(once).aad == b"order 3"
    changed = json.loads(text) | {"aad": b64(b"order 2")}
    with pytest.raises(DecryptionError):
        found.decrypt(json.dumps(changed))
    with pytest.raises(ValueError, match="aad is set for every message already"):
        made.encrypt(b"hello", aad=b"order 2")
    with pytest.raises(ValueError, match="aad must not be empty: leave it out"):
        opener().decrypt("{}", aad=b"")
    with pytest.raises(TypeError, match="aad must be bytes, not str"):
        MultiEncrypter([ALICE], enc=ENC, aad="order 1")
    for call in (Encrypter(ALICE, enc=ENC).encrypt, Decrypter(ALICE, enc=ENC).decrypt):
        with pytest.raises(ValueError, match="aad goes with form="):
            call(b"x", aad=b"order 1")


def test_escapes_and_white_space_are_those_of_json():
    message = flattened()
    text = json.dumps(message, indent=2)
    assert opener().decrypt(f"\n{text}\t") == b"hello"
    escaped = text.replace(
        message["tag"], "".join(f"\\u{ord(char):04x}" for char in message["tag"])
    )
    assert opener().decrypt(escaped) == b"hello"


def test_unknown_members_are_ignored_and_reported():
    message = flattened() | {"x": {"y": [1]}, "sender": "é"}
    assert opener().open(json.dumps(message)).ignored_members == ("x", "sender")
    assert opener().open(json.dumps(message, ensure_ascii=False)).ignored_members == ("x", "sender")


def test_a_form_that_is_not_accepted_is_refused():
    compact = Encrypter(ALICE, enc=ENC).encrypt(b"x")
    refused = {
        "expected JSON, found a compact token: leave out form=": (compact, FORMS),
        "the message is not one strict JSON object": ("", FORMS),
        "the message has recipients: it is in general form": (general(), ["flattened"]),
        "the message has no recipients: it is not in general form": (flattened(), ["general"]),
        "expected a compact token, found JSON (the JSON serialization?)": (
            flattened(),
            ["compact"],
        ),
    }
    for text, (message, forms) in refused.items():
        token = message if isinstance(message, str) else json.dumps(message)
        for form in forms:
            with pytest.raises(MalformedTokenError) as caught:
                opener(form=form).decrypt(token)
            assert str(caught.value) == text


# The name of the rule, what is changed in a good flattened message, and what the refusal says.
def with_header(**header):
    return lambda message: message | {"header": header}


FLATTENED = {
    "duplicate": (lambda m: json.dumps(m)[:-1] + ',"tag":"x"}', "not one strict JSON object"),
    "no ciphertext": (lambda m: without(m, "ciphertext"), "the message has no ciphertext"),
    "ciphertext is null": (lambda m: m | {"ciphertext": None}, "member ciphertext is missing or"),
    "list as header": (
        lambda m: m | {"header": []},
        "the member header is missing or has the wrong",
    ),
    "number as aad": (lambda m: m | {"aad": 1}, "the member aad is missing or has the wrong type"),
    "JWS too": (lambda m: m | {"payload": "x"}, "has both ciphertext and payload"),
    **{
        f"empty {name}": (lambda m, name=name: m | {name: ""}, f"{name} is empty, and must then be")
        for name in ("protected", "aad")
    },
    "empty encrypted_key": (lambda m: m | {"encrypted_key": ""}, "encrypted key does not have"),
    "empty iv": (lambda m: m | {"iv": ""}, "iv, ciphertext or tag has a length"),
    "empty protected object": (lambda m: m | {"protected": b64({})}, "protected header is empty"),
    "protected list": (lambda m: m | {"protected": b64([])}, "protected header is not one strict"),
    "protected duplicate": (
        lambda m: m | {"protected": b64(b'{"alg":"dir","alg":"A128KW"}')},
        "protected header is not one strict",
    ),
    **{
        f"{name} with padding": (
            lambda m, name=name: m | {name: m.get(name, "eA") + "="},
            f"member {name} is padded",
        )
        for name in ("protected", "encrypted_key", "aad", "iv", "ciphertext", "tag")
    },
    "not ASCII": (lambda m: m | {"tag": "é"}, "member tag is not canonical"),
    "alg twice": (with_header(alg="A128KW"), "a Header Parameter is in two of the headers"),
    "x in both": (
        lambda m: m | {"header": {"x": 1}, "unprotected": {"x": 1}},
        "a Header Parameter is in two of the headers",
    ),
    **{
        f"{name} in {place}": (
            lambda m, name=name, place=place: m | {place: {name: 1}},
            f"{name} must be in the protected header",
        )
        for name in ("zip", "crit", "b64")
        for place in ("header", "unprotected")
    },
    "short iv": (lambda m: m | {"iv": "eA"}, "iv, ciphertext or tag has a length"),
    "no iv": (lambda m: without(m, "iv"), "iv, ciphertext or tag has a length"),
    "no tag": (lambda m: without(m, "tag"), "iv, ciphertext or tag has a length"),
    "no encrypted key": (lambda m: without(m, "encrypted_key"), "encrypted key does not have the"),
    "no header": (lambda m: without(m, "protected"), "the header has no alg"),
    "alg is a number": (lambda m: without(m, "protected") | {"header": {"alg": 1}}, "alg has the"),
}


def without(message, name):
    return {member: value for member, value in message.items() if member != name}


@each_row("rule", FLATTENED)
def test_flattened_message_that_breaks_a_rule_is_malformed(rule):
    change, text = FLATTENED[rule]
    changed = change(flattened())
    with pytest.raises(MalformedTokenError, match=text):
        opener().decrypt(changed if isinstance(changed, str) else json.dumps(changed))


GENERAL = {
    "recipients and header": (lambda m: m | {"header": {"x": 1}}, "both recipients and header"),
    "recipients and encrypted_key": (
        lambda m: m | {"encrypted_key": "eA"},
        "both recipients and encrypted_key",
    ),
    "no recipient": (lambda m: m | {"recipients": []}, "the list of recipients is empty"),
    "recipients is an object": (lambda m: m | {"recipients": {}}, "member recipients is missing"),
    "a recipient is null": (
        lambda m: m | {"recipients": [*m["recipients"], None]},
        r"member recipients\[2\] is missing",
    ),
    "dir": (
        lambda m: last_recipient(m, {"header": {"alg": "dir"}}),
        "dir, ECDH-ES or HPKE is next to",
    ),
    "ECDH-ES": (
        lambda m: last_recipient(m, {"header": {"alg": "ECDH-ES"}}),
        "dir, ECDH-ES or HPKE is",
    ),
    "alg is missing": (lambda m: last_recipient(m, {}), "the header has no alg"),
    "crit of another": (
        lambda m: last_recipient(m, {"header": {"alg": "x", "crit": ["y"], "y": 1}}),
        "crit must be in the protected header",
    ),
    "base64 of another": (
        lambda m: last_recipient(m, {"header": {"alg": "x"}, "encrypted_key": "e"}),
        "member encrypted_key is not canonical",
    ),
    "enc of another": (
        lambda m: last_recipient(m, {"header": {"alg": "x", "enc": ENC}}),
        "a Header Parameter is in two of the headers",
    ),
}


def last_recipient(message, recipient):
    return message | {"recipients": [*message["recipients"], recipient]}


@each_row("rule", GENERAL)
def test_general_message_that_breaks_a_rule_is_malformed(rule):
    change, text = GENERAL[rule]
    with pytest.raises(MalformedTokenError, match=text):
        opener(form="general").decrypt(json.dumps(change(general())))


def test_recipient_of_an_unknown_alg_does_not_disturb_the_others():
    message = last_recipient(general(), {"header": {"alg": "x"}, "encrypted_key": "eA"})
    assert opener(form="general").decrypt(json.dumps(message)) == b"hello"


def test_what_is_unprotected_is_read_only_where_its_name_is_accepted():
    """The messages are those of RFC 7520 sections 5.12 and 5.13."""
    kid = {"alg": "A128KW", "kid": "alice"}
    some = resealed({"enc": ENC}, unprotected=kid)
    none = resealed(None, unprotected=kid | {"enc": ENC, "cty": "text/plain"})
    for message, missing in ((some, "alg"), (none, "alg")):
        with pytest.raises(NotAllowedError, match=f"{missing}: it is not authenticated"):
            opener().decrypt(json.dumps(message))
    with pytest.raises(NotAllowedError, match="enc: it is not authenticated"):
        opener(accept_unprotected=("alg",)).decrypt(json.dumps(none))
    assert opener(accept_unprotected=("alg",)).decrypt(json.dumps(some)) == b"hello"
    found = opener(accept_unprotected=EVERY_PARAMETER)
    opened = found.open(json.dumps(none))
    assert (opened.header, opened.unauthenticated_header["cty"]) == ({}, "text/plain")
    with pytest.raises(NotAllowedError, match="cty"):
        opener(accept_unprotected=EVERY_PARAMETER, cty="text/plain").decrypt(json.dumps(none))
    wrong = resealed({"enc": ENC}, unprotected={"kid": "bob"}, header={"alg": "A128KW"})
    assert opener().decrypt(json.dumps(wrong)) == b"hello"
    with pytest.raises(UnknownKeyError):
        opener(accept_unprotected=("kid",)).decrypt(json.dumps(wrong))


def test_enc_that_recipients_do_not_share_is_refused():
    message = without(general(), "protected")
    for recipient, enc in zip(message["recipients"], (ENC, "A256GCM"), strict=True):
        recipient["header"]["enc"] = enc
    with pytest.raises(MalformedTokenError, match="the recipients differ in enc"):
        opener(form="general", accept_unprotected=("enc",)).decrypt(json.dumps(message))


@pytest.mark.parametrize("names", [("zip",), ("crit",), ("typ",)])
def test_what_must_be_protected_can_not_be_accepted_from_elsewhere(names):
    with pytest.raises(ValueError, match="accept_unprotected can name alg, apu, apv, ek, enc"):
        opener(accept_unprotected=names)


@pytest.mark.parametrize("names", ["alg", 5, [5]])
def test_names_that_are_accepted_are_a_collection_of_str(names):
    with pytest.raises(TypeError, match="accept_unprotected must be a collection of str"):
        opener(accept_unprotected=names)


def test_form_is_one_of_three_names():
    for make in (lambda form: Encrypter(ALICE, enc=ENC, form=form), lambda form: opener(form=form)):
        with pytest.raises(ValueError, match="form must be one of compact, flattened, general"):
            make("json")
        with pytest.raises(TypeError, match="form must be str, not None"):
            make(None)


def test_token_is_text():
    with pytest.raises(TypeError, match="token must be str or bytes, not dict"):
        opener().decrypt(flattened())
    with pytest.raises(MalformedTokenError):
        opener().decrypt("{\ud800}")


@pytest.mark.parametrize("count", [16, 17])
def test_number_of_recipients_is_bounded_for_either_side(count):
    keys = [Key.from_bytes(b"k" * 16, alg="A128KW", kid=str(n)) for n in range(count)]
    many = {"limits": Limits(recipients=count)}
    text = MultiEncrypter(keys, enc=ENC, **many).encrypt(b"hello")
    assert opener(keys[-1], form="general", **many).decrypt(text) == b"hello"
    if count > 16:
        with pytest.raises(TokenTooLargeError, match="recipients=16: found 17"):
            MultiEncrypter(keys, enc=ENC)
        with pytest.raises(TokenTooLargeError, match="recipients=16: found 17"):
            opener(keys[-1], form="general").decrypt(text)


def test_sizes_are_checked_on_either_side():
    text = json.dumps(flattened() | {"unprotected": {"x": "y" * 100}})
    with pytest.raises(TokenTooLargeError, match="header_bytes=50: found 108"):
        opener(limits=Limits(header_bytes=50)).decrypt(text)
    with pytest.raises(TokenTooLargeError, match="header_bytes=20"):
        opener(limits=Limits(header_bytes=20)).decrypt(json.dumps(flattened()))
    with pytest.raises(TokenTooLargeError, match="token_bytes=200"):
        opener(limits=Limits(token_bytes=200)).decrypt(text + " " * 200)
    with pytest.raises(TokenTooLargeError, match="token_bytes=200"):
        opener(limits=Limits(token_bytes=200)).decrypt("é" * 150)
    for make in (general, flattened):
        with pytest.raises(TokenTooLargeError, match="token_bytes"):
            make(limits=Limits(token_bytes=100))
        with pytest.raises(TokenTooLargeError, match="plaintext_bytes"):
            make(limits=Limits(plaintext_bytes=4))
    with pytest.raises(TokenTooLargeError, match="header_bytes"):
        general(header={"x": "y" * 20_000})


def test_values_are_bounded_before_they_are_made_but_not_the_characters_of_strings():
    many = json.dumps(flattened() | {"x": [[]] * 20_000})
    with pytest.raises(TokenTooLargeError, match="header_bytes=16384"):
        opener().decrypt(many)
    commas = json.dumps(flattened() | {"x": ",[{" * 20_000})
    assert opener().open(commas).ignored_members == ("x",)


def test_work_for_passwords_is_summed_over_the_recipients():
    alg = "PBES2-HS256+A128KW"
    keys = [Key.from_password(b"correct horse", alg=alg, kid=kid, iterations=1500) for kid in "ab"]
    text = MultiEncrypter(keys, enc=ENC).encrypt(b"hello")
    assert opener(keys[1], form="general").decrypt(text) == b"hello"
    low = Limits(pbes2_iterations=2999)
    with pytest.raises(NotAllowedError, match="p2c: the recipients together ask for more than"):
        opener(keys[1], form="general", limits=low).decrypt(text)
    with pytest.raises(TokenTooLargeError, match="pbes2_iterations=2999: found 3000"):
        MultiEncrypter(keys, enc=ENC, limits=low)


def test_recipient_is_chosen_by_kid_and_alg_before_any_private_step(monkeypatch):
    asked = []
    for key in (ALICE, CAROL):
        monkeypatch.setattr(type(key._management), "_unwrap", lambda *_: asked.append(1))
    with pytest.raises(UnknownKeyError):
        opener(CAROL, form="general").decrypt(json.dumps(general()))
    renamed = general()
    renamed["recipients"][0]["header"]["alg"] = "A256KW"
    with pytest.raises(NotAllowedError, match="alg: the token says A256KW"):
        opener(form="general").decrypt(json.dumps(renamed))
    assert asked == []


def test_recipients_without_a_name_are_each_tried_once():
    keys = [Key.from_bytes(bytes([n]) * 16, alg="A128KW") for n in range(16)]
    text = MultiEncrypter(keys, enc=ENC).encrypt(b"hello")
    for key in keys:
        assert opener(key, form="general").decrypt(text) == b"hello"


def test_several_keys_and_recipients_cost_no_more_than_one_try_for_each_recipient(monkeypatch):
    keys = [Key.from_bytes(bytes([n]) * 16, alg="A128KW") for n in range(6)]
    others = [Key.from_bytes(bytes([n + 99]) * 16, alg="A128KW") for n in range(6)]
    text = MultiEncrypter(keys, enc=ENC).encrypt(b"hello")
    tries = []
    whole = decryption.cek_or_random
    monkeypatch.setattr(
        "joseal._core.decryption.cek_or_random",
        lambda enc, unwrap: tries.append(1) or whole(enc, unwrap),
    )
    with pytest.raises(DecryptionError):
        opener(others, form="general").decrypt(text)
    assert len(tries) == 6


def test_a_set_finds_the_recipient_of_its_first_key_wherever_it_is():
    """Several keys during a rotation, and none of them, nor a recipient, has a name."""
    mine = [Key.from_bytes(bytes([n]) * 16, alg="A128KW") for n in range(4)]
    others = [Key.from_bytes(bytes([n + 99]) * 16, alg="A128KW") for n in range(15)]
    for place in (0, 4, 15):
        keys = [*others[:place], mine[0], *others[place:]]
        text = MultiEncrypter(keys, enc=ENC).encrypt(b"hello")
        assert opener(mine, form="general").open(text).key is mine[0]
    text = MultiEncrypter([*others[:1], mine[3]], enc=ENC).encrypt(b"hello")
    with pytest.raises(DecryptionError):
        opener(mine, form="general").decrypt(text)
    assert opener(mine[2:], form="general").decrypt(text) == b"hello"


def seen(opened, text):
    with pytest.raises(DecryptionError) as caught:
        opened.decrypt(text)
    error = caught.value
    frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    return type(error), error.args, error.__cause__, error.__context__, frames


def test_every_private_fault_of_every_recipient_is_the_same_failure():
    """Padding, integrity, length of the CEK, tag, AAD: of one recipient, and of all."""
    rsa = forge.key("RSA-OAEP-256", ENC)
    keys = [forge.sealing(rsa), ALICE, CAROL]
    good = json.loads(MultiEncrypter(keys, enc=ENC, aad=b"x").encrypt(b"hello"))
    outcomes = set()
    for place, key in enumerate((rsa, ALICE, CAROL)):
        opened = opener(key, form="general")
        assert opened.decrypt(json.dumps(good)) == b"hello"
        for change in ("key", "tag", "ciphertext", "iv", "aad", "longer key"):
            message = copy.deepcopy(good)
            if change == "key":
                recipient = message["recipients"][place]
                recipient["encrypted_key"] = flip(recipient["encrypted_key"])
            elif change == "longer key":
                if key is not rsa:
                    continue
                wrapped = rsa.public()._management.wrap(SETTINGS, bytes(32))[1]
                message["recipients"][place]["encrypted_key"] = b64(wrapped)
            else:
                message[change] = flip(message[change])
            kind, args, cause, context, frames = seen(opened, json.dumps(message))
            outcomes.add((kind, args, cause, context, tuple(frames[1:])))
    assert len(outcomes) == 1


def flip(text):
    return ("B" if text[0] == "A" else "A") + text[1:]


def test_compressed_content_goes_round_and_is_off_by_default():
    message = json.dumps(flattened(compress=True))
    assert opener(accept_zip=True).decrypt(message) == b"hello"
    with pytest.raises(NotAllowedError, match="zip"):
        opener().decrypt(message)
    with pytest.raises(TokenTooLargeError, match="inflated_bytes"):
        general(plaintext=bytes(300_000), compress=True)


def test_keys_that_can_not_be_recipients_together_are_refused():
    direct = forge.key("dir", ENC)
    agreed = all_algorithms.key("ECDH-ES").public()
    for key in (direct, agreed):
        text = MultiEncrypter([key], enc=ENC).encrypt(b"hello")
        assert json.loads(text)["recipients"][0] == {}
        with pytest.raises(InvalidKeyError, match=r"keys\[1\]: .* makes the CEK itself"):
            MultiEncrypter([ALICE, key], enc=ENC)
        with pytest.raises(ValueError, match="makes the CEK, so it can't wrap that of other"):
            key._management.wrap(SETTINGS, bytes(16))
    refused = {
        "a set of keys must not be empty": [],
        "two keys have the same kid and alg": [ALICE, ALICE],
        "the key is private": [forge.key("RSA-OAEP-256", ENC)],
    }
    for text, keys in refused.items():
        with pytest.raises(InvalidKeyError, match=text):
            MultiEncrypter(keys, enc=ENC)
    for keys in (ALICE, "alice", [5]):
        with pytest.raises(TypeError, match="keys"):
            MultiEncrypter(keys, enc=ENC)


@pytest.mark.parametrize("name", ["kid", "alg", "ek", "epk"])
def test_what_is_of_one_recipient_is_not_set_for_all(name):
    made = MultiEncrypter([ALICE, BOB], enc=ENC)
    for call in (
        lambda h: MultiEncrypter([ALICE], enc=ENC, header=h),
        lambda h: made.encrypt(b"", header=h),
    ):
        with pytest.raises(
            ValueError, match=rf"header: {name} (is managed|belongs to one recipient)"
        ):
            call({name: "x"})


def test_plaintext_is_bytes_and_what_is_counted_ends():
    made = MultiEncrypter([CAROL, ALICE], enc=ENC)
    with pytest.raises(TypeError, match="plaintext must be bytes, not str"):
        made.encrypt("x")
    object.__setattr__(made, "_tokens", iter([2**32]))
    with pytest.raises(InvalidKeyError, match=r"this key has made its 2\^32 tokens"):
        made.encrypt(b"x")


def test_nothing_shows_a_secret_and_only_public_keys_pickle():
    made = MultiEncrypter([ALICE, BOB], enc=ENC)
    assert repr(made).startswith("MultiEncrypter([Key(alg='A128KW', kid='alice'")
    for shown in (repr(made._settings), repr(made._settings.recipients[0])):
        assert "..." in shown
    parsed = encrypted.parse(json.dumps(general()), "general", Limits())
    assert repr(parsed) == "JsonJwe(form='general', recipients=2)"
    assert repr(parsed.recipients[0]) == "Recipient(...)"
    assert repr(made._begin(None, b"")) == "JsonStart(...)"
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(made)
    public = Encrypter(forge.sealing(forge.key("RSA-OAEP", ENC)), enc=ENC, form="general")
    copied = pickle.loads(pickle.dumps(public))  # noqa: S301 - our own
    assert copied == public
    assert json.loads(copied.encrypt(b""))["recipients"]


def test_what_was_received_is_written_again_byte_for_byte():
    for message in (general(aad=b"x"), flattened() | {"unprotected": {"x": [1]}}):
        form = "general" if "recipients" in message else "flattened"
        text = json.dumps(message, separators=(",", ":"))
        assert encrypted.write(encrypted.parse(text, form, Limits())) == reordered(message)


def reordered(message):
    order = ("protected", "unprotected", "recipients", "header", "encrypted_key", "aad", "iv")
    names = [name for name in (*order, "ciphertext", "tag") if name in message]
    return json.dumps({name: message[name] for name in names}, separators=(",", ":"))


def test_general_form_of_one_recipient_is_the_flattened_one_in_a_list():
    message = as_general(flattened())
    assert opener(form="general").decrypt(json.dumps(message)) == b"hello"


def test_streams_are_compact():
    for form in FORMS:
        with pytest.raises(ValueError, match="a stream has a compact token: leave out form="):
            encrypt_stream(Encrypter(ALICE, enc=ENC, form=form), io.BytesIO(b"x"), io.BytesIO())
        with pytest.raises(ValueError, match="a stream has a compact token: leave out form="):
            decrypt_stream(opener(form=form), io.BytesIO(b"x"), io.BytesIO())


# What goes to other processes.

RING = [
    all_algorithms.fresh("ECDH-ES+A256KW", ENC).public(),
    Key.from_jwk(forge.key("RSA-OAEP", ENC).public().to_jwk(), alg="RSA-OAEP"),
]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"header": {"typ": "order", "x": [True]}, "aad": b"x", "compress": True},
        {"write_kid": False, "rewrappable": True, "limits": Limits(token_bytes=9_999)},
    ],
)
def test_one_for_public_keys_pickles_and_comes_back_equal(settings):
    named = Key.from_jwk({**RING[0].to_jwk(), "kid": "ring"})
    made = MultiEncrypter([named, RING[1]], enc=ENC, **settings)
    again = pickle.loads(pickle.dumps(made))  # noqa: S301 - our own
    assert again == made
    assert (hash(again), repr(again)) == (hash(made), repr(made))
    message, other = (json.loads(each.encrypt(b"x" * 99)) for each in (made, again))
    assert message["protected"] == other["protected"]
    assert message.get("aad") == other.get("aad")
    names = [sorted(each["header"]) for each in message["recipients"]]
    assert names == [sorted(each["header"]) for each in other["recipients"]]
    mine = forge.key("RSA-OAEP", ENC)
    opener = Decrypter(mine, enc=ENC, form="general", accept_zip="compress" in settings)
    assert opener.decrypt(json.dumps(other)) == b"x" * 99
    if "limits" in settings:
        with pytest.raises(TokenTooLargeError):
            again.encrypt(bytes(9_000))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_one_with_a_shared_key_is_never_pickled(protocol):
    made = MultiEncrypter([RING[0], ALICE], enc=ENC)
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(made, protocol)
    assert made != MultiEncrypter([RING[0], ALICE], enc=ENC)
    assert made == made  # noqa: PLR0124 - by identity


@pytest.mark.parametrize(
    "settings",
    [
        {"header": {"x": True}},
        {"aad": b"x"},
        {"compress": True},
        {"rewrappable": True},
        {"enc": "A256GCM"},
        {"limits": Limits(token_bytes=9_999)},
    ],
)
def test_those_that_write_something_else_are_not_equal(settings):
    plain = {"enc": ENC, "header": {"x": 1}}
    assert MultiEncrypter(RING, **plain) == MultiEncrypter(RING, **plain)
    assert MultiEncrypter(RING, **plain) != MultiEncrypter(RING, **{**plain, **settings})
    assert MultiEncrypter(RING, **plain) != MultiEncrypter(RING[::-1], **plain)


def test_checked_message_shows_nothing_of_itself():
    text = Encrypter(ALICE, enc=ENC, form="general").encrypt(b"4111")
    settings = decryption_settings(Decrypter(ALICE, enc=ENC, form="general"))
    message = encrypted.parse(text, "general", settings.limits)
    steps = [json_decryption.check_json(settings, message)]
    assert repr(steps) == "[JsonSteps(...)]"


def test_message_has_a_recipient():
    with pytest.raises(ValueError, match=r"^there is no recipient$"):
        multi_jwe.wrap_for((), SETTINGS)
