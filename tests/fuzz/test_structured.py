"""Drawn keys keep the rules; what draws them is repeatable, and what it encrypts opens."""

import base64
import random  # noqa: TID251 - a seed has to give the same keys
import warnings

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key
from tests.fuzz.structured import armor, draws, samples, sealing
from tests.fuzz.structured.rules import Rules
from tests.fuzz.structured.run import Run
from tests.fuzz.structured.trees import CANARY, Tree
from tests.helpers import der

from joseal import InvalidKeyError, Key
from joseal._core.keys.formats import pem as pems

COUNT = 1000


def drawing(seed):
    return random.Random(seed)  # noqa: S311 - see above


def plain(number=2):
    """Return PKCS#8 of a key of the samples: that number 2 is on P-256."""
    return next(raw for form, _, raw in samples.halves(samples.pairs()[number]) if form == "pkcs8")


def test_executions_of_a_seed_keep_the_rules():
    run = Run(1)
    for number in range(COUNT):
        run.one(number)
    counts = run.rules.counts
    assert counts["loaded"] > COUNT // 25
    assert counts["refused"] > COUNT // 2
    assert counts["not given"] < COUNT // 50
    assert counts["different keys"] > 20
    assert len(run.rules.texts) > 50


def test_number_gives_the_same_input_whatever_was_drawn_before(monkeypatch):
    inputs = []
    monkeypatch.setattr(draws, "load", lambda *given, **named: inputs.append((given[2:], named)))
    first, second = Run(3), Run(3)
    for number in range(60):
        first.one(number)
    before = inputs.copy()
    inputs.clear()
    for number in reversed(range(60)):
        second.one(number)
    assert len(before) > 40
    assert inputs[::-1] == before


def test_other_seed_gives_other_inputs(monkeypatch):
    inputs = []
    monkeypatch.setattr(draws, "load", lambda *given, **named: inputs.append(given[3]))
    for seed in (1, 2):
        for number in range(30):
            Run(seed).one(number)
    assert len({repr(one) for one in inputs}) > len(inputs) * 3 // 4


def refusal(text):
    raise InvalidKeyError(text)


def with_context():
    try:
        int("x")
    except ValueError:
        raise InvalidKeyError("a text")  # noqa: B904 - what the rule is there for


@pytest.mark.parametrize(
    "text",
    [
        "the password is " + sealing.PASSWORD.decode(),
        f"unknown: {CANARY}",
        f"UNKNOWN: {CANARY.upper()}",
        "a line\nand another",
        "\N{EM DASH}",
        "x" * 4000,
        "a d of " + samples.number(int.from_bytes(sealing.PASSWORD, "big")),
    ],
)
def test_text_that_shows_what_it_must_not_breaks_a_rule(text):
    with pytest.raises(AssertionError):
        Rules().refused(refusal, text)


def test_private_number_in_a_text_breaks_a_rule():
    scalar = samples.pairs()[2].private.private_numbers().private_value
    with pytest.raises(AssertionError):
        Rules().refused(refusal, f"d is {samples.number(scalar)}")


def test_context_of_a_refusal_breaks_a_rule():
    with pytest.raises(AssertionError):
        Rules().refused(with_context)


def test_local_variable_of_joseal_in_a_traceback_breaks_a_rule():
    # What is below the public functions keeps its locals, so that they have to clear them.
    with pytest.raises(AssertionError, match="unwrap_env shows"):
        Rules().refused(pems.unwrap_env, "not a key")
    assert Rules().refused(Key.from_pem, "not a key", alg="ES256") is None


@pytest.mark.parametrize("kind", [ValueError, BaseException, TypeError])
def test_exception_of_another_class_leaves(kind):
    def loader():
        raise kind("x")

    with pytest.raises(kind):
        Rules().refused(loader)


def test_tree_that_is_not_changed_has_the_same_bytes():
    class Unchanged:
        @staticmethod
        def random():
            return 0.0

    usual, rare = samples.samples()
    for sample in (*usual, *rare):
        assert sample.tree.changed(Unchanged, ()) == sample.tree.whole
        assert len(sample.tree.nodes) > 2


def test_every_way_to_encrypt_opens_with_the_password():
    rng, seen = drawing(4), set()
    for _ in range(150):
        raw = sealing.pkcs8(rng, plain())
        # The algorithm, and what makes its key.
        named = Tree(raw).nodes
        seen.add(tuple(node.body for node in named if node.tag == 6)[:2])
        assert not sealing.costs_too_much(raw)
        assert load_der_private_key(raw, sealing.PASSWORD).curve.name == "secp256r1"
    assert len(seen) == 4


def test_every_head_of_a_traditional_key_opens_with_the_password():
    rng, seen = drawing(5), set()
    old = next(raw for form, _, raw in samples.halves(samples.pairs()[2]) if form == "traditional")
    for _ in range(20):
        head, raw = sealing.traditional(rng, old)
        seen.add(head)
        text = armor.block(b"EC PRIVATE KEY", head, base64.encodebytes(raw))
        assert Key.from_pem(text, alg="ES256", password=sealing.PASSWORD).is_private
    assert len(seen) == 3


@pytest.mark.parametrize("is_sealed", [False, True])
@pytest.mark.parametrize("has_mac", [False, True])
def test_every_pkcs12_file_opens_with_the_password(is_sealed, has_mac):
    rng = drawing(6)
    contents, algs = samples.bags()[1]
    for _ in range(15):
        part = sealing.safe_contents(rng, contents.whole, is_sealed=is_sealed)
        raw = sealing.pkcs12(rng, der.sequence(part), has_mac=has_mac)
        warnings.simplefilter("ignore")  # of BER
        assert Key.from_pkcs12(raw, alg=algs[0], password=sealing.PASSWORD).is_private


@pytest.mark.parametrize("count", [20_001, 1 << 20, 1 << 31, (1 << 63) - 1, 1 << 62])
def test_count_that_costs_too_much_is_seen(count):
    salted = der.sequence(der.byte_string(sealing.SALT), der.integer(count))
    assert sealing.costs_too_much(der.sequence(der.oid(der.PBKDF2), salted))
    assert sealing.costs_too_much(salted[:4] + salted[4:])


def test_costs_of_scrypt_are_seen_as_a_product():
    numbers = [der.integer(one) for one in (512, 8, 64)]
    assert sealing.costs_too_much(der.sequence(der.byte_string(sealing.SALT), *numbers))
    assert not sealing.costs_too_much(der.sequence(der.byte_string(sealing.SALT), *numbers[:2]))


def test_composite_key_is_refused_for_its_primes_alone():
    _, _, raw = next(samples.halves(samples.pairs()[1]))
    skipping = {"unsafe_skip_rsa_key_validation": True}
    assert load_der_private_key(raw, None, **skipping).key_size == 2048
    numbers = samples.composite()
    assert numbers.p % 3 == numbers.q % 5 == 0
    with pytest.raises(InvalidKeyError):
        Key.from_der(raw, alg="RSA-OAEP")
