"""A wrong name of an algorithm is answered with the right one, or with where it belongs."""

from collections.abc import Callable

from click.testing import Result
from tests.helpers.rows import each_row

from joseal.cli.exit_codes import Exit

Run = Callable[..., Result]

WRONG = {
    ("encrypt", "--alg", "RSA-OAEP256"): "'--alg': did you mean RSA-OAEP-256? 'RSA-OAEP256' is not",
    ("encrypt", "--alg", "rsa_oaep_256"): "'--alg': did you mean RSA-OAEP-256? ",
    ("encrypt", "--alg", "RS256"): "'--alg': RS256 is an alg for signatures: `joseal sign` and ",
    ("encrypt", "--alg", "A256GCM"): "'--alg': A256GCM is an enc: --enc takes it. ",
    ("encrypt", "--alg", "RSA1_5"): "'--alg': RSA1_5 is an alg that this command does not take. ",
    ("encrypt", "--alg", "no alg"): "'--alg': 'no alg' is not one of",
    ("encrypt", "--enc", "RSA-OAEP"): "'--enc': RSA-OAEP is an alg: --alg takes it. ",
    ("decrypt", "--enc", "A256CBC_HS512"): "'--enc': did you mean A256CBC-HS512? ",
    ("doctor", "--enc", "a256gcm"): "'--enc': did you mean A256GCM? ",
    ("keygen", "--alg", "PBES2-HS256+A128KW"): "is an alg that this command does not take. ",
    ("bulk", "rekey", "--to-enc", "A256-GCM"): "did you mean A256GCM? ",
}


@each_row("args", WRONG, ids=" ".join)
def test_a_wrong_name_is_answered_with_the_right_one(args: tuple[str, ...], run: Run) -> None:
    done = run(*args)
    assert (done.exit_code, WRONG[args] in done.stderr) == (Exit.USAGE, True)


def test_size_is_named_as_the_option(run: Run) -> None:
    assert run("keygen", "--alg", "dir").stderr.startswith("joseal: usage: --size must be the size")
