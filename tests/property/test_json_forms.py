"""JSON forms: what was made opens, and a change of any one member is refused or changes nothing."""

import copy
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from joseal import (
    DecryptedToken,
    Decrypter,
    Encrypter,
    Key,
    MultiEncrypter,
    MultiSigner,
    Rewrapper,
    TokenError,
    VerifiedToken,
    Verifier,
)

ENC = "A128GCM"
KEYS = [
    Key.from_bytes(b"a" * 16, alg="A128KW", kid="alice"),
    Key.from_bytes(b"b" * 32, alg="A256GCMKW", kid="bob"),
]
SIGNING = [Key.from_bytes(bytes([n]) * 32, alg="HS256", kid=str(n)) for n in (1, 2)]
OPENER = Decrypter(KEYS[0], enc=ENC, form="general")
VERIFIER = Verifier(SIGNING[0], form="general")

# Anything that JSON can carry.
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.just("eyJhbGciOiJkaXIifQ"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value, path=()):
    """Every place of a JSON value, as the steps to it."""
    yield path
    inner = value.items() if isinstance(value, dict) else ()
    for step, one in enumerate(value) if isinstance(value, list) else inner:
        yield from places(one, (*path, step))


def changed(message, path, value):
    copied = copy.deepcopy(message)
    if not path:
        return value
    *way, last = path
    inner = copied
    for step in way:
        inner = inner[step]
    inner[last] = value
    return copied


def outcome(call, message):
    """Return what was opened, or None where it was refused as it should be."""
    try:
        return call(message if isinstance(message, str) else json.dumps(message))
    except TokenError as error:
        refusal = error
    assert refusal.__cause__ is refusal.__context__ is None
    assert type(refusal) is not TokenError
    return None


@given(st.binary(max_size=300), st.none() | st.binary(min_size=1, max_size=50), st.integers(1, 2))
def test_what_was_encrypted_opens_for_each_recipient(plaintext, aad, count):
    text = MultiEncrypter(KEYS[:count], enc=ENC).encrypt(plaintext, aad=aad)
    for key in KEYS[:count]:
        opened = Decrypter(key, enc=ENC, form="general").open(text)
        assert (opened.plaintext, opened.aad, opened.header["enc"]) == (plaintext, aad or b"", ENC)


@given(st.binary(max_size=300), st.booleans())
def test_what_was_signed_verifies_for_each_key(payload, detached):
    text = MultiSigner(SIGNING, detached=detached).sign(payload)
    for key in SIGNING:
        given_payload = payload if detached else None
        verified = Verifier(key, form="general").open(text, payload=given_payload)
        assert (verified.payload, verified.key) == (payload, key)


ENCRYPTED = json.loads(MultiEncrypter(KEYS, enc=ENC, aad=b"order 1").encrypt(b"hello"))
SIGNED = json.loads(MultiSigner(SIGNING).sign(b"hello"))


@settings(max_examples=80)
@given(st.sampled_from(list(places(ENCRYPTED))), values)
def test_change_of_any_member_is_refused_or_changes_nothing_that_was_authenticated(path, value):
    found = outcome(OPENER.open, changed(ENCRYPTED, path, value))
    if found is not None:
        assert isinstance(found, DecryptedToken)
        assert (found.plaintext, found.aad, found.header) == (b"hello", b"order 1", {"enc": ENC})
        # Only what this recipient does not read can have been changed.
        assert path[:2] == ("recipients", 1) or changed(ENCRYPTED, path, value) == ENCRYPTED


CONTENT = ("protected", "aad", "iv", "ciphertext", "tag")
NEW = Key.from_bytes(b"n" * 32, alg="A256KW", kid="new")
MOVERS = [Rewrapper(OPENER, Encrypter(NEW, enc=ENC), keep_old=keep) for keep in (False, True)]


@settings(max_examples=120)
@given(st.sampled_from(list(places(ENCRYPTED))), values, st.sampled_from(MOVERS))
def test_what_is_moved_has_the_same_content_and_opens_as_it_did_before(path, value, mover):
    message = changed(ENCRYPTED, path, value)
    moved = outcome(mover.rewrap, message)
    if moved is None:
        assert outcome(OPENER.open, message) is None
        return
    for name in CONTENT:
        # A member that says the same as its absence may come back absent.
        assert json.loads(moved).get(name, "") == message.get(name, "")
    before = outcome(OPENER.decrypt, message)
    assert outcome(Decrypter(NEW, enc=ENC, form="general").decrypt, moved) == before


@settings(max_examples=80)
@given(st.sampled_from(list(places(SIGNED))), values)
def test_change_of_any_signed_member_is_refused_or_is_of_another_signature(path, value):
    found = outcome(VERIFIER.open, changed(SIGNED, path, value))
    if found is not None:
        assert isinstance(found, VerifiedToken)
        assert (found.payload, found.key) == (b"hello", SIGNING[0])
        assert path[:2] == ("signatures", 1) or changed(SIGNED, path, value) == SIGNED


@given(values | st.text())
def test_any_json_and_any_text_give_a_token_error(value):
    for call in (OPENER.open, VERIFIER.open):
        assert outcome(call, value) is None
