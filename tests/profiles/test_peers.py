"""Every profile against another implementation that knows the pages and not our table."""

import json

import pytest
from tests.helpers.rows import each_row
from tests.profiles.facts import (
    NOW,
    RAW,
    RECEIVED,
    SENT,
    THREE,
    decrypt,
    encrypt,
    header_of,
    our_key,
    sign,
    verify,
)

import joseal
from joseal import MalformedTokenError, profiles

PAYLOAD = b'{"pan":"5513651111111111"}'
NESTED = [name for name, message in RECEIVED.items() if message.signed]


def sealer(name, **options):
    message = SENT[name]
    if message.signed:
        options["signing_key"] = our_key(message.sign_alg, "mine", message.mine)
    if message.reply:
        options["reply_key"] = our_key(message.alg, "mine", message.reply).public()
    return profiles.PROFILES[name].encrypter(
        our_key(message.alg, "theirs", message.theirs).public(),
        labels=message.labels,
        clock=lambda: NOW,
        **options,
    )


def opener(name, sender="theirs", **options):
    message = RECEIVED[name]
    if message.signed:
        options["verifying_keys"] = our_key(message.sign_alg, sender, message.theirs).public()
    return profiles.PROFILES[name].decrypter(our_key(message.alg, "mine", message.mine), **options)


def changed(token):
    """The token with another last segment of the same length, of those that are not empty."""
    head, _, tail = token.rstrip(".").rpartition(".")
    end = "." * (token.count(".") - head.count(".") - 1)
    return f"{head}.{'B' if tail[0] == 'A' else 'A'}{tail[1:]}{end}"


def members(token):
    """The header in its order, without the ephemeral key, which is another one each time."""
    return [(name, value) for name, value in header_of(token) if name != "epk"]


def test_facts_cover_every_direction_of_every_profile():
    table = profiles.PROFILES
    assert set(SENT) == {name for name, profile in table.items() if profile.send}
    assert set(RECEIVED) == {name for name, profile in table.items() if profile.receive}


@pytest.mark.parametrize("name", SENT)
def test_peer_opens_what_a_sealer_makes(name):
    message = SENT[name]
    outer = message.shape.unwrap(sealer(name).encrypt(PAYLOAD))
    if message.signed is None:
        assert members(outer) == message.sealed
        assert decrypt(outer, message.alg, "theirs") == PAYLOAD
    elif message.first == "sealed":
        assert members(outer) == message.sealed
        inner = message.inner.unwrap(decrypt(outer, message.alg, "theirs").decode())
        assert members(inner) == message.signed
        assert verify(inner, message.sign_alg, "mine") == PAYLOAD
    else:
        assert members(outer) == message.signed
        inner = message.inner.unwrap(verify(outer, message.sign_alg, "mine").decode())
        assert members(inner) == message.sealed
        assert decrypt(inner, message.alg, "theirs") == PAYLOAD


@each_row("name", RECEIVED)
@each_row("kind", [str, bytes])
def test_opener_opens_what_a_peer_makes(name, kind):
    message = RECEIVED[name]
    body = message.body(PAYLOAD)
    received = opener(name).open(body if kind is str else body.encode())
    assert received.payload == PAYLOAD
    sealed = {key: value for key, value in received.encrypted_header.items() if key != "epk"}
    assert sealed == dict(message.sealed)
    assert received.decrypted_with.alg == message.alg
    if message.signed:
        assert received.signed_header == dict(message.signed)
        assert received.signed_by.alg == message.sign_alg
    else:
        assert (received.signed_header, received.signed_by) == (None, None)


@each_row("name", RECEIVED)
def test_outer_layer_that_was_changed_is_refused(name):
    message = RECEIVED[name]
    body = message.shape.wrap(changed(message.shape.unwrap(message.body(PAYLOAD))))
    sealed = message.first == "sealed"
    with pytest.raises(joseal.DecryptionError if sealed else joseal.VerificationError):
        opener(name).open(body)


@each_row("name", NESTED)
def test_inner_layer_that_was_changed_is_refused(name):
    message = RECEIVED[name]
    sealed, signed = dict(message.sealed), dict(message.signed)
    if message.first == "sealed":
        inner = message.inner.wrap(changed(sign(signed, PAYLOAD, "theirs"))).encode()
        outer, error = encrypt(sealed, inner, "mine"), joseal.VerificationError
    else:
        inner = message.inner.wrap(changed(encrypt(sealed, PAYLOAD, "mine"))).encode()
        outer, error = sign(signed, inner, "theirs"), joseal.DecryptionError
    with pytest.raises(error):
        opener(name).open(message.shape.wrap(outer))


@pytest.mark.parametrize("name", NESTED)
def test_signature_of_a_stranger_is_refused(name):
    with pytest.raises(joseal.VerificationError):
        opener(name).open(RECEIVED[name].body(PAYLOAD, sender="stranger"))


@pytest.mark.parametrize("name", RECEIVED)
def test_token_for_a_stranger_is_refused(name):
    with pytest.raises(joseal.DecryptionError):
        opener(name).open(RECEIVED[name].body(PAYLOAD, recipient="stranger"))


def shape_of(message, token):
    """The body for a token of either kind, where joseal expects one of the outer layer."""
    if message.shape.fields and token.count(".") == 2:
        return THREE.wrap(token)
    return message.shape.wrap(token)


@each_row("name", NESTED)
def test_sealed_token_without_a_signature_is_refused(name):
    message = RECEIVED[name]
    token = encrypt(dict(message.sealed), PAYLOAD, "mine")
    with pytest.raises(MalformedTokenError):
        opener(name).open(shape_of(message, token))


@each_row("name", NESTED)
def test_sealed_token_inside_a_sealed_token_is_refused(name):
    message = RECEIVED[name]
    sealed = dict(message.sealed)
    token = encrypt(sealed, encrypt(sealed, PAYLOAD, "mine").encode(), "mine")
    with pytest.raises(MalformedTokenError):
        opener(name).open(shape_of(message, token))


@each_row("name", RECEIVED)
def test_signed_token_that_is_not_sealed_is_refused(name):
    message = RECEIVED[name]
    header = dict(message.signed or [("alg", "RS256")])
    token = sign(header, PAYLOAD, "theirs")
    with pytest.raises(MalformedTokenError):
        opener(name).open(shape_of(message, token))


@each_row("name", NESTED)
def test_layers_in_the_other_order_are_refused(name):
    message = RECEIVED[name]
    first = "signed" if message.first == "sealed" else "sealed"
    other = message._replace(first=first, shape=RAW, inner=RAW)
    token = other.body(PAYLOAD)
    with pytest.raises(MalformedTokenError):
        opener(name).open(shape_of(message, token))


@each_row("name", RECEIVED)
@each_row(
    "body",
    [
        '{"status":"CHARGED"}',
        "{}",
        "[]",
        "ACK",
        "",
        "null",
        '"a.b.c.d.e"',
        "a.b.c",
        "\ud800",
        b"\xff\xfe{}",
    ],
)
def test_body_that_is_not_sealed_is_refused(name, body):
    with pytest.raises(MalformedTokenError):
        opener(name).open(body)


@each_row("name", [name for name, message in RECEIVED.items() if message.shape != RAW])
def test_members_around_the_token_are_exactly_those_of_the_envelope(name):
    message = RECEIVED[name]
    body = message.body(PAYLOAD)
    with_more = body.replace("{", '{"note":"x",', 1)
    twice = body.replace("{", "{" + body[1:].partition(",")[0].rstrip("}\n") + ",", 1)
    assert json.loads(with_more)
    assert json.loads(twice)
    for wrong in (with_more, twice, f"[{body}]", f"{body}{{}}", f"\ufeff{body}"):
        with pytest.raises(MalformedTokenError):
            opener(name).open(wrong)


@pytest.mark.parametrize("name", ["juspay-express", "juspay-webhooks"])
def test_the_two_directions_take_different_oaep_hashes(name):
    message = RECEIVED[name]
    sha1 = dict(message.sealed) | {"alg": "RSA-OAEP"}
    inner = sign(dict(message.signed), PAYLOAD, "theirs").encode()
    with pytest.raises(joseal.NotAllowedError, match="alg"):
        opener(name).open(message.shape.wrap(encrypt(sha1, inner, "mine")))
    with pytest.raises(joseal.InvalidKeyError, match="bound to an alg"):
        profiles.PROFILES[name].decrypter(
            our_key("RSA-OAEP", "mine"), verifying_keys=our_key("RS256", "theirs").public()
        )


def test_express_requests_are_not_sealed_with_the_hash_of_the_responses():
    with pytest.raises(joseal.InvalidKeyError, match="bound to an alg"):
        profiles.JUSPAY_EXPRESS.encrypter(
            our_key("RSA-OAEP-256", "theirs", "key_0a1b").public(),
            signing_key=our_key("RS256", "mine", "key_0a1b"),
        )


@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A128GCM", "A192GCM", "A256GCM"])
def test_mastercard_takes_more_than_it_sends(enc):
    message = RECEIVED["mastercard"]
    sealed = [(name, enc if name == "enc" else value) for name, value in message.sealed]
    body = message._replace(sealed=sealed).body(PAYLOAD)
    assert opener("mastercard").open(body).payload == PAYLOAD


@each_row("name", RECEIVED)
def test_enc_that_the_profile_does_not_name_is_refused(name):
    message = RECEIVED[name]
    sealed = {**dict(message.sealed), "enc": "A192CBC-HS384"}
    is_named = "enc" in dict(message.sealed)
    with pytest.raises(joseal.NotAllowedError if is_named else MalformedTokenError, match="enc"):
        opener(name).open(message._replace(sealed=list(sealed.items())).body(PAYLOAD))


@pytest.mark.parametrize("name", ["open-finance-brazil", "spid-cie"])
def test_nested_jwt_says_so(name):
    message = RECEIVED[name]
    sealed = [(key, value) for key, value in message.sealed if key != "cty"]
    with pytest.raises(joseal.NotAllowedError, match="cty"):
        opener(name).open(message._replace(sealed=sealed).body(PAYLOAD))


def test_kid_of_another_key_is_refused_unless_any_is_taken():
    message = RECEIVED["visa-mle"]
    sealed = [(key, "other" if key == "kid" else value) for key, value in message.sealed]
    body = message._replace(sealed=sealed).body(PAYLOAD)
    with pytest.raises(joseal.UnknownKeyError):
        opener("visa-mle").open(body)
    assert opener("visa-mle", any_kid=True).open(body).payload == PAYLOAD


def test_old_and_new_keys_open_while_they_are_changed():
    message = RECEIVED["juspay-webhooks"]
    old, new = our_key(message.alg, "old", "key_old"), our_key(message.alg, "mine", message.mine)
    both = profiles.JUSPAY_WEBHOOKS.decrypter(
        [old, new], verifying_keys=our_key("RS256", "theirs", message.theirs).public()
    )
    renamed = [(k, "key_old" if k == "kid" else value) for k, value in message.sealed]
    for body in (
        message.body(PAYLOAD),
        message._replace(sealed=renamed).body(PAYLOAD, recipient="old"),
    ):
        assert both.open(body).payload == PAYLOAD


@pytest.mark.parametrize("alg", ["RSA-OAEP", "RSA-OAEP-256"])
@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A256CBC-HS512"])
def test_spid_takes_every_pair_that_must_be_supported(alg, enc):
    message = RECEIVED["spid-cie"]
    sealed = [(k, {"alg": alg, "enc": enc}.get(k, value)) for k, value in message.sealed]
    ours = profiles.SPID_CIE.decrypter(
        our_key(alg, "mine", message.mine),
        verifying_keys=our_key("RS256", "theirs", message.theirs).public(),
    )
    assert ours.open(message._replace(sealed=sealed).body(PAYLOAD)).payload == PAYLOAD
