"""The messages and the members of each error: constant text, and names of settings only."""

import pickle
import traceback

import pytest
from tests.helpers.rows import each_row

import joseal
from joseal.errors import ClaimsError, JoseError, TokenError

ERRORS = {
    joseal.MalformedTokenError: (("the iv is not canonical base64url",), "malformed"),
    joseal.TokenTooLargeError: (("token_bytes", 100, 101), "too_large"),
    joseal.NotAllowedError: (
        ("enc", "the token says A128GCM, enc= accepts A256GCM"),
        "not_allowed",
    ),
    joseal.UnknownKeyError: ((), "unknown_key"),
    joseal.DecryptionError: ((), "undecryptable"),
    ClaimsError: (("exp", "expired"), "claims"),
    joseal.VerificationError: ((), "unverified"),
    joseal.InvalidKeyError: (("the key can't serve",), "key"),
    joseal.KeyUnavailableError: (("the device is gone",), "unavailable"),
    joseal.ApiError: ((400, "E01", "a message", "another"), "api"),
    joseal.TransportError: (("no answer", True), "transport"),
}
TEXTS = {
    joseal.MalformedTokenError: "the iv is not canonical base64url",
    joseal.TokenTooLargeError: "over the limit token_bytes=100: found 101",
    joseal.NotAllowedError: "enc: the token says A128GCM, enc= accepts A256GCM",
    joseal.UnknownKeyError: "no key here has the kid that the token names",
    ClaimsError: "exp: it has passed",
    joseal.DecryptionError: "the token can't be opened with this key: `joseal doctor --key` can tell why",
    joseal.VerificationError: "the signature is not valid under this key: `joseal doctor --key` can tell why",
    joseal.InvalidKeyError: "the key can't serve",
    joseal.KeyUnavailableError: "the device is gone",
    joseal.ApiError: "the API refused the request: E01 (HTTP 400)",
    joseal.TransportError: "no answer (the request may have been sent)",
}


@each_row("kind", ERRORS)
def test_code_and_text_are_part_of_the_contract(kind):
    arguments, code = ERRORS[kind]
    error = kind(*arguments)
    # The other side's texts are no part of what an error says of itself.
    said = arguments[:2] if kind is joseal.ApiError else arguments
    assert (error.code, str(error), error.args) == (code, TEXTS[kind], said)


@each_row("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@each_row("kind", ERRORS)
def test_error_comes_back_equal_under_every_protocol(kind, protocol):
    error = kind(*ERRORS[kind][0])
    again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - made in this line
    assert type(again) is kind
    assert again == error
    assert hash(again) == hash(error)
    assert (str(again), repr(again)) == (str(error), repr(error))


def test_errors_differ_by_kind_and_by_what_they_say():
    assert joseal.InvalidKeyError("a") != joseal.InvalidKeyError("b")
    assert joseal.InvalidKeyError("a") != joseal.MalformedTokenError("a")
    assert joseal.InvalidKeyError("a") != "a"
    assert joseal.DecryptionError() == joseal.DecryptionError()
    assert joseal.TokenTooLargeError("token_bytes", 1) != joseal.TokenTooLargeError(
        "token_bytes", 2
    )
    assert len({joseal.DecryptionError(), joseal.DecryptionError(), joseal.UnknownKeyError()}) == 2


@pytest.mark.parametrize(
    "kind", [joseal.DecryptionError, joseal.UnknownKeyError, joseal.VerificationError]
)
def test_constant_errors_take_nothing_that_could_tell_two_of_them_apart(kind):
    with pytest.raises(TypeError):
        kind("why")
    assert vars(kind()) == {}


def test_errors_are_split_by_blame():
    peers = [joseal.MalformedTokenError, joseal.TokenTooLargeError, joseal.NotAllowedError]
    peers += [joseal.UnknownKeyError, joseal.DecryptionError, joseal.VerificationError]
    peers.append(ClaimsError)
    for kind in ERRORS:
        assert issubclass(kind, joseal.JoseError)
        assert issubclass(kind, joseal.TokenError) is (kind in peers)
        assert not issubclass(kind, ValueError | TypeError | OSError)


def test_text_of_the_other_side_is_no_part_of_what_is_printed():
    error = joseal.ApiError(400, "E01", "card 4111111111111111", "card 4111111111111111")
    shown = "".join(traceback.format_exception(error)) + str(error) + repr(error)
    assert "4111" not in shown
    assert error.error_message == error.user_message == "card 4111111111111111"


def test_transport_error_says_whether_anything_may_have_been_sent():
    assert str(joseal.TransportError("no answer", False)) == "no answer (the request was not sent)"
    assert joseal.TransportError("no answer", True).maybe_sent is True


@pytest.mark.parametrize("kind", [JoseError, TokenError])
def test_class_that_groups_errors_is_never_raised(kind):
    with pytest.raises(TypeError, match="only groups errors"):
        kind("x")


def test_error_of_a_claim_names_the_claim_and_the_rule():
    error = ClaimsError("exp", "expired")
    assert (error.claim, error.rule) == ("exp", "expired")
    assert error not in (ClaimsError("exp", "missing"), ClaimsError("nbf", "expired"))
    # A word that the table does not have stands for itself.
    assert str(ClaimsError("exp", "other")) == "exp: other"
