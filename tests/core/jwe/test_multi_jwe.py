"""`MultiEncrypter`: what its settings reach, and what is counted. The forms are in `test_json_forms`.

Source: RFC 7516 sections 5.1 and 7.2.1, NIST SP 800-38D section 8.3.
"""

import json

import pytest
from tests.helpers import forge

from joseal import (
    Decrypter,
    DecryptionError,
    InvalidKeyError,
    Key,
    Limits,
    MultiEncrypter,
    Policy,
    TokenTooLargeError,
)

ENC = "A128GCM"
ALICE = Key.from_bytes(b"a" * 16, alg="A128KW", kid="alice")
BOB = Key.from_bytes(b"b" * 32, alg="A256KW", kid="bob")
CAROL = Key.from_bytes(b"c" * 16, alg="A128GCMKW", kid="carol")


@pytest.mark.parametrize("name", ["write_kid", "compress", "rewrappable"])
def test_switch_is_a_bool(name):
    with pytest.raises(TypeError, match=f"^{name} must be bool, not int$"):
        MultiEncrypter([ALICE], enc=ENC, **{name: 1})


@pytest.mark.parametrize("refused", ["A256KW", ENC, f"A256KW+{ENC}"])
def test_policy_binds_every_key_and_the_enc(refused):
    policy = Policy(name="ours", refused={refused: "not agreed"})
    with pytest.raises(InvalidKeyError, match="not agreed"):
        MultiEncrypter([ALICE, BOB], enc=ENC, policy=policy)
    kept = MultiEncrypter([ALICE, CAROL], enc="A256GCM", policy=policy)
    assert kept.encrypt(b"x")


@pytest.mark.parametrize(
    ("keys", "counter"),
    [([CAROL, ALICE], "count(0)"), ([ALICE, CAROL], "count(0)"), ([ALICE], "None")],
)
def test_messages_are_counted_where_one_key_is_used_with_random_nonces(keys, counter):
    made = MultiEncrypter(keys, enc=ENC)
    assert repr(made._tokens) == counter
    made.encrypt(b"x")
    assert repr(made._tokens) == counter.replace("0", "1")


def test_nothing_of_the_settings_is_shown():
    made = MultiEncrypter([ALICE], enc=ENC)
    assert repr(made._settings) == "MultiSettings(...)"
    assert repr(made._settings.recipients[0]) == "Target(...)"
    assert repr(made) == f"MultiEncrypter([{ALICE!r}], enc='A128GCM')"


def password(kid, iterations):
    alg = "PBES2-HS256+A128KW"
    return Key.from_password(b"correct horse", alg=alg, kid=kid, iterations=iterations)


def test_each_limit_is_reached_and_not_passed():
    keys = [ALICE, BOB]
    most = len(MultiEncrypter(keys, enc=ENC).encrypt(b"12345"))
    limits = {"plaintext_bytes": 5, "token_bytes": most, "recipients": 2}
    made = MultiEncrypter(keys, enc=ENC, limits=Limits(**limits))
    assert len(made.encrypt(b"12345")) == most
    for name, limit in limits.items():
        low = Limits(**{**limits, name: limit - 1})
        said = f"^over the limit {name}={limit - 1}: found {limit}$"
        with pytest.raises(TokenTooLargeError, match=said) as refused:
            MultiEncrypter(keys, enc=ENC, limits=low).encrypt(b"12345")
        assert (refused.value.limit, refused.value.__context__) == (name, None)


def test_work_for_passwords_is_that_of_all_and_may_reach_the_limit():
    keys = [password("a", 1500), ALICE, password("b", 2000)]
    assert MultiEncrypter(keys, enc=ENC, limits=Limits(pbes2_iterations=3500)).encrypt(b"x")
    with pytest.raises(
        TokenTooLargeError, match=r"^over the limit pbes2_iterations=3499: found 3500$"
    ):
        MultiEncrypter(keys, enc=ENC, limits=Limits(pbes2_iterations=3499))


DIRECT = forge.key("dir", ENC)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (
            [ALICE, Key.generate("HPKE-0").public()],
            (
                "keys[1]: HPKE-0 encrypts the content itself, for one recipient: use "
                "Encrypter(key, form=...), or a key for HPKE-0-KE"
            ),
        ),
        (
            [ALICE, DIRECT],
            "keys[1]: dir makes the CEK itself, and can't be used with other keys",
        ),
        (
            [DIRECT, ALICE],
            "keys[0]: dir makes the CEK itself, and can't be used with other keys",
        ),
        ([DIRECT], "dir makes the CEK itself, which can't be rewrapped"),
        (
            [Key.generate("HPKE-8-KE").public(), Key.generate("HPKE-0-KE").public()],
            (
                "HPKE-0-KE is not quantum-resistant, and a key next to it is: breaking it reveals "
                "the CEK of all"
            ),
        ),
    ],
)
def test_keys_that_can_not_be_together_are_named_with_the_reason(keys, text):
    with pytest.raises(InvalidKeyError) as refused:
        MultiEncrypter(keys, enc=ENC, rewrappable=True)
    assert str(refused.value) == text


def test_aad_of_every_message_and_aad_of_one_exclude_each_other():
    every = MultiEncrypter([ALICE], enc=ENC, aad=b"all")
    with pytest.raises(ValueError, match=r"^aad is set for every message already$"):
        every.encrypt(b"x", aad=b"one")
    with pytest.raises(
        ValueError, match=r"^header: kid belongs to one recipient: it comes from the key$"
    ):
        MultiEncrypter([ALICE], enc=ENC, header={"typ": "x", "kid": "y"})


@pytest.mark.parametrize(
    ("count", "rewrappable", "protected"),
    [
        (1, False, ["alg", "kid", "typ", "iat", "enc"]),
        (1, True, ["typ", "iat", "enc"]),
        (2, False, ["typ", "iat", "enc"]),
    ],
)
def test_header_of_a_message_comes_behind_that_of_every_message(count, rewrappable, protected):
    keys = [ALICE, BOB][:count]
    made = MultiEncrypter(keys, enc=ENC, header={"typ": "x"}, rewrappable=rewrappable)
    message = json.loads(made.encrypt(b"x", header={"iat": 1}))
    assert list(json.loads(forge.unb64(message["protected"]))) == protected
    own = [] if "alg" in protected else [{"alg": key.alg, "kid": key.kid} for key in keys]
    assert [each["header"] for each in message["recipients"] if "header" in each] == own


def test_info_is_bound_by_every_recipient():
    hpke = [Key.generate("HPKE-0-KE", kid=kid) for kid in "ab"]
    message = MultiEncrypter([key.public() for key in hpke], enc=ENC).encrypt(b"x", info=b"one")
    for key in hpke:
        opener = Decrypter(key, enc=ENC, form="general")
        assert opener.decrypt(message, info=b"one") == b"x"
        with pytest.raises(DecryptionError):
            opener.decrypt(message, info=b"two")
    mixed = MultiEncrypter([hpke[0].public(), ALICE], enc=ENC)
    with pytest.raises(ValueError, match="info"):
        mixed.encrypt(b"x", info=b"one")


def test_equal_ones_have_equal_hashes_and_those_for_other_keys_others():
    public = [Key.generate("HPKE-0-KE", kid=kid).public() for kid in "ab"]
    made = [MultiEncrypter(keys, enc=ENC) for keys in (public, public, public[:1])]
    assert hash(made[0]) == hash(made[1]) == hash((MultiEncrypter, tuple(public)))
    assert hash(made[0]) != hash(made[2])
    assert made[0] != object()
