"""What is said of a token that can't be split or decoded, and what it costs to say it."""

import sys

from tests.helpers.rows import each_row

from joseal import MalformedTokenError
from joseal._core.wire import faults

LARGE = b"a" * 50_000


def steps_of(say, *arguments):
    """Return the text of a fault, and how many calls and steps of generators it took."""
    steps = 0

    def count(*_event):
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        error = say(*arguments)
    finally:
        sys.setprofile(None)
    assert isinstance(error, MalformedTokenError)
    return str(error), steps


@each_row("kind", [bytes, bytes.decode], ids=["bytes", "str"])
@each_row("before", [b"", b"a", b"\0", b"\x7f" * 3, LARGE])
def test_first_character_that_is_not_ascii_is_named_in_few_steps(before, kind):
    token = kind(before + "é.é".encode())
    text, steps = steps_of(faults.not_ascii, token)
    assert text.endswith(f"see position {len(before)}")
    assert steps < 100


@each_row(
    ("end", "said"),
    [
        (b"!", "is not canonical base64url"),
        (b"=", "is padded"),
        (b"+/", "is base64 (+ and /)"),
        *((space + b"a", "white space") for space in (b" ", b"\t", b"\r", b"\n", b"\v", b"\f")),
    ],
)
def test_class_of_a_wrong_character_is_named_in_few_steps(end, said):
    text, steps = steps_of(faults.segment, LARGE + end, "iv")
    assert said in text
    assert steps < 100
