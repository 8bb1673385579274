"""The bench of many attempts, in small: every end is known and true, and nothing is sent twice."""

from collections import Counter

import pytest
from bench.client import attempts, crashes

from joseal.juspay import Entry, Known
from joseal.juspay.journal.entry import State


def test_every_end_is_known_and_none_is_sent_twice_or_lost() -> None:
    orders = 10 * len(attempts.FAULTS)  # each fault once
    ends = attempts.run(orders, len(attempts.UNHEARD), 4, lambda numbers: numbers)
    assert [end for end in ends if end.wrong] == []
    states = Counter(end.end for end in ends)
    assert states.keys() == {"SUCCESS", "FAILURE", "unknown"}
    assert states["unknown"] == len(attempts.UNHEARD)
    assert {end.fault for end in ends} == {
        "none",
        "unheard",
        *(fault.value for fault in attempts.FAULTS),
    }


def test_processes_that_are_killed_leave_nothing_twice_lost_or_without_a_reason() -> None:
    found, killed = crashes.run(crashes.Size(orders=40, unheard=2, senders=1, kills=1), seed=1)
    assert [each for each in found if each.wrong] == []
    assert killed == 2
    assert len(found) == 42
    assert {each.fault for each in found} > {"none", "unheard"}
    assert {each.state for each in found} >= {"succeeded", "failed", "unknown"}


@pytest.mark.parametrize(
    ("state", "reason", "arrived", "paid", "wrong"),
    [
        ("succeeded", "SUCCESS", 1, ["SUCCESS"], ""),
        ("succeeded", "SUCCESS", 2, ["SUCCESS", "SUCCESS"], "sent twice"),
        ("succeeded", "SUCCESS", 2, ["SUCCESS"], "sent twice"),
        ("failed", "FAILURE", 1, ["SUCCESS"], "another end than the true one"),
        ("accepted", "PENDING", 1, ["FAILURE"], "another end than the true one"),
        ("not_sent", "refused", 0, [], "said what nobody knows"),
        ("unknown", "no new transaction is there yet", 0, [], ""),
        ("sending", None, 0, [], "stuck without a reason"),
    ],
)
def test_what_is_wrong_in_a_journal_is_seen(
    state: State, reason: str | None, arrived: int, paid: list[str], wrong: str
) -> None:
    known = Known.fresh("order-1", "f-1")
    entry = Entry(attempt_id="a-1", known=known, state=state, reason=reason)
    assert crashes.judge(entry, arrived, paid) == wrong
    assert crashes.judge(None, 0, []) == "lost"


def test_a_payout_that_is_sent_twice_is_seen() -> None:
    """The bench's judge is not blind: it is shown a sandbox that took the same attempt twice."""
    plan = attempts.Plan(1, 0)
    with attempts.Sandbox(tls=True) as sandbox:
        context = sandbox.client_context
        sealer = attempts.payout_encrypter(sandbox.public_key)
        body = attempts.Attempt(
            fulfillment_id="f-1", card_info=attempts.CardInfo(card_number="4111111111111111")
        )
        with attempts.Client(sandbox.account, sealer, ssl_context=context) as client:
            for expected in ("lost", "sent twice"):
                known = Known.decided("order-0", body.fulfillment_id)
                client.attempt("order-0", body, known=known)
                assert attempts.judge(sandbox, plan, 0, "SUCCESS") == expected
