"""The bench of many attempts, in small: every end is known and true, and nothing is sent twice."""

from collections import Counter

from bench.client import attempts

from joseal.juspay import Known


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
