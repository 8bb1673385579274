"""Errors of the library in the language of the command line."""

import re

import pytest
from tests.helpers.caller_mistakes import MISTAKES
from tests.helpers.rows import each_row

from joseal.cli.exit_codes import in_command_words, of_error
from joseal.errors import InvalidKeyError, NotAllowedError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            InvalidKeyError("the key is private: encrypt for its public half, use key.public()"),
            "the key is private: encrypt for its public half, use `joseal key public`",
        ),
        (
            InvalidKeyError("the key is for signatures (ES256): use Signer or Verifier"),
            "the key is for signatures (ES256): use `joseal sign` or `joseal verify`",
        ),
        (
            InvalidKeyError("the private key is encrypted: give password="),
            "the private key is encrypted: give --password-env, --password-file or --ask-password",
        ),
        (
            NotAllowedError("enc", "the token says A128GCM, enc= accepts A256GCM"),
            "enc: the token says A128GCM, --enc accepts A256GCM",
        ),
        (NotAllowedError("typ", "typ= demands JWT"), "typ: --typ demands JWT"),
        (
            NotAllowedError("zip", "compressed tokens are refused without accept_zip=True"),
            "zip: compressed tokens are refused without --accept-zip",
        ),
    ],
)
def test_failure_speaks_of_options_and_commands(error, line):
    failure = of_error(error)
    assert failure.message == line
    assert failure.code == error.code


@each_row("text", [text for _, text, _ in MISTAKES])
def test_no_argument_of_python_is_left(text):
    assert not re.search(r"\b(alg|enc|typ|cty|crit|kid|password)=", in_command_words(text))
    assert "key.public()" not in in_command_words(text)


@pytest.mark.parametrize("text", ["over the limit token_bytes=9", "the known names are RS256"])
def test_other_texts_stay_as_they_are(text):
    assert in_command_words(text) == text
