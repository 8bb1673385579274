"""Results are equal by their parts, and True is not 1 in any of them."""

import json

from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import Decrypter, Encrypter, Key, Signer, Verifier, peek
from joseal.claims import ClaimSet

WRAP = forge.key("A128KW")
MAC = Key.from_bytes(bytes(32), alg="HS256")


def decrypted(value):
    token = Encrypter(WRAP, enc="A128GCM", header={"x": value}).encrypt(b"hello")
    return Decrypter(WRAP, enc="A128GCM").open(token)


def verified(value):
    return Verifier(MAC).open(Signer(MAC, header={"x": value}).sign(b"hello"))


def peeked(value):
    return peek(Signer(MAC, header={"x": value}).sign(b"hello"))


def unauthenticated(value):
    message = json.loads(Signer(MAC, form="flattened").sign(b"hello"))
    return Verifier(MAC, form="flattened").open(json.dumps({**message, "header": {"x": value}}))


def claims(value):
    return ClaimSet({"x": value})


@each_row("made", [decrypted, verified, peeked, unauthenticated, claims])
@each_row(
    ("one", "other"),
    [
        (True, 1),
        (0, False),
        (1.0, True),
        ([True], [1]),
        ({"y": [{"z": 0}]}, {"y": [{"z": False}]}),
        ([1], [1, 1]),
        ({"y": 1}, {"z": 1}),
        ([], {}),
        (None, False),
        ("1", 1),
    ],
)
def test_results_with_different_values_are_not_equal(made, one, other):
    results = [made(value) for value in (one, one, other)]
    assert results[0] == results[1]
    assert results[0] != results[2]
    assert hash(results[0]) == hash(results[1])


def test_results_of_two_types_are_not_equal():
    assert peeked(1) != verified(1)
