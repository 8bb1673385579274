"""`MultiSigner`: what its settings reach. The forms are in `test_jws_json`.

Source: RFC 7515 sections 5.1 and 7.2.1, RFC 7797 section 5.
"""

import json

import pytest
from tests.helpers import forge

from joseal import (
    InvalidKeyError,
    Key,
    Limits,
    MultiSigner,
    Policy,
    TokenTooLargeError,
    Verifier,
)

KEYS = [Key.from_bytes(bytes([n]) * 32, alg=alg, kid=alg) for n, alg in enumerate(("HS256",))]
KEYS.append(Key.generate("ES256", kid="ES256"))


def protected(message):
    return [
        json.loads(forge.unb64(each["protected"])) for each in json.loads(message)["signatures"]
    ]


def test_headers_of_all_messages_and_of_one_are_in_every_signature():
    made = MultiSigner(KEYS, header={"typ": "x"}).sign(b"hello", header={"iat": 1})
    assert protected(made) == [
        {"alg": key.alg, "kid": key.kid, "typ": "x", "iat": 1} for key in KEYS
    ]
    without = MultiSigner(KEYS, write_kid=False).sign(b"hello")
    assert protected(without) == [{"alg": key.alg} for key in KEYS]


@pytest.mark.parametrize("place", [0, 1])
def test_policy_binds_every_key(place):
    policy = Policy(name="ours", refused={KEYS[place].alg: "not agreed"})
    with pytest.raises(InvalidKeyError, match=rf"^keys\[{place}\]: .*not agreed"):
        MultiSigner(KEYS, policy=policy)
    assert MultiSigner([KEYS[1 - place]], policy=policy).sign(b"x")


@pytest.mark.parametrize("detached", [True, False])
def test_unencoded_payload_may_have_dots_because_the_form_is_not_compact(detached):
    made = MultiSigner(KEYS, b64=False, detached=detached).sign(b"1.50 EUR")
    assert json.loads(made).get("payload") == (None if detached else "1.50 EUR")
    given = {"payload": b"1.50 EUR"} if detached else {}
    for key in (KEYS[0], KEYS[1].public()):
        assert Verifier(key, form="general", b64=False).verify(made, **given) == b"1.50 EUR"


def test_each_limit_is_reached_and_not_passed():
    message = MultiSigner(KEYS).sign(b"12345")
    limits = {"plaintext_bytes": 5, "token_bytes": len(message), "recipients": 2}
    assert len(MultiSigner(KEYS, limits=Limits(**limits)).sign(b"12345")) == len(message)
    for name, limit in limits.items():
        low = Limits(**{**limits, name: limit - 1})
        said = f"^over the limit {name}={limit - 1}: found {limit}$"
        with pytest.raises(TokenTooLargeError, match=said) as refused:
            MultiSigner(KEYS, limits=low).sign(b"12345")
        assert refused.value.limit == name


@pytest.mark.parametrize("name", ["write_kid", "detached", "b64"])
def test_switch_is_a_bool(name):
    with pytest.raises(TypeError, match=f"^{name} must be bool, not int$"):
        MultiSigner(KEYS, **{name: 1})


def test_only_the_keys_are_shown():
    assert repr(MultiSigner(KEYS)) == f"MultiSigner([{KEYS[0]!r}, {KEYS[1]!r}])"
