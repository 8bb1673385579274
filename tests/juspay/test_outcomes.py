"""The four outcomes: what each stands for, and what none of them shows."""

import copy
import io
import pickle

import pytest
import rich.console
import rich.pretty
from tests.helpers.rows import each_row

from joseal import ApiError, TransportError
from joseal.juspay import Accepted, Ack, NotSent, Refused, Unknown

MESSAGE = "cardNumber 4929471234567898 is bad"
REFUSED = Refused(status=400, error_code="E01", error_message=MESSAGE, user_message="Check it")


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Accepted(Ack()), "accepted"),
        (REFUSED, "refused"),
        (NotSent("why"), "not_sent"),
        (Unknown("why", 500), "unknown"),
    ],
)
def test_every_outcome_says_its_kind_and_stays_as_it_is(outcome, kind):
    assert outcome.kind == kind
    with pytest.raises(AttributeError):
        outcome.reason = "another"
    assert copy.deepcopy(outcome) == outcome
    assert hash(outcome) == hash(copy.deepcopy(outcome))


def test_outcomes_can_be_told_apart_by_matching():
    def told(outcome):
        match outcome:
            case Accepted(value):
                return value
            case Refused(status=status, error_code=code):
                return status, code
            case NotSent(reason):
                return reason
            case Unknown(reason, status):
                return reason, status

    outcomes = [Accepted(Ack()), REFUSED, NotSent("a"), Unknown("b", 502)]
    assert [told(one) for one in outcomes] == [Ack(), (400, "E01"), "a", ("b", 502)]


def test_the_result_is_the_value_or_the_error_that_the_outcome_stands_for():
    assert Accepted(Ack()).result() == Ack()
    for outcome, error in (
        (REFUSED, ApiError(400, "E01", MESSAGE, "Check it")),
        (NotSent("why"), TransportError("why", maybe_sent=False)),
        (Unknown("why"), TransportError("why", maybe_sent=True)),
    ):
        with pytest.raises(type(error)) as caught:
            outcome.result()
        assert caught.value == error


ADVICE = {
    "E01": "correct the member",
    "E02": "check the account's api_key",
    "E03": "check kid and sid",
    "E04": "send the Authorization header",
    "E05": "check the path",
    "E07": "ask the API's support",
    "E08": "ask the API's support",
    "E09": "check the id",
    "E77": "do not send it again",
}


@each_row("code", ADVICE)
def test_every_refusal_says_what_to_do_next(code):
    assert Refused(status=400, error_code=code).advice.startswith(ADVICE[code])


def test_no_refusal_advises_to_repeat_a_payout():
    for code in ADVICE:
        assert "retry" not in Refused(status=404, error_code=code).advice


def test_what_the_api_wrote_is_not_shown():
    console = rich.console.Console(width=2_000, record=True, file=io.StringIO())
    console.print(rich.pretty.Pretty(REFUSED))
    for shown in (repr(REFUSED), f"{REFUSED}", console.export_text()):
        assert "E01" in shown
        assert "4929471234567898" not in shown
        assert "Check it" not in shown


def test_what_the_api_wrote_is_not_pickled():
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(REFUSED)
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(Accepted(REFUSED))


@pytest.mark.parametrize("outcome", [Accepted(Ack()), NotSent("why"), Unknown("why", 500)])
def test_what_holds_no_secret_crosses_processes(outcome):
    crossed = pickle.loads(pickle.dumps(outcome))  # noqa: S301 - made here
    assert crossed == outcome
