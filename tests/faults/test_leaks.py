"""Whatever goes wrong: no secret in a log record, an outcome, an exception, or what is printed."""

import base64
import json
import logging
import pickle
import traceback

import pytest
from tests.faults.world import (
    API_KEY,
    CVV,
    HASTY_SECONDS,
    PAN,
    PATIENT_SECONDS,
    World,
    settled,
)

from joseal.errors import JoseError
from joseal.juspay.sandbox import Fault, FaultPlan
from joseal.juspay.sandbox.faults import AT_CONNECTING

BASIC = base64.b64encode(f"{API_KEY}:".encode()).decode()
SLOW = (Fault.SILENCE, Fault.SLOW_HEADER, Fault.SLOW_BODY)


def needles(bodies: list[bytes]) -> dict[str, str]:
    """Return what must not be seen, by what it is; of each token some from its middle."""
    found = {"card": PAN, "API key": API_KEY, "authorization": BASIC}
    # Three digits are in many a text: only as one would write them down.
    found |= {f"security code {quote}": f"{quote}{CVV}{quote}" for quote in ("'", '"')}
    for place, body in enumerate(bodies):
        token = json.loads(body)["payload"]
        for number, segment in enumerate(token.split(".")[1:]):
            found[f"token {place}, segment {number}"] = segment[4:24]
    return found


def seen_in(texts: list[str], bodies: list[bytes]) -> list[str]:
    text = "\n".join(texts)
    return [name for name, needle in needles(bodies).items() if needle in text]


def shown_by_logging(records: list[logging.LogRecord]) -> list[str]:
    formatter = logging.Formatter("%(name)s %(message)s %(exc_text)s")
    return [text for each in records for text in (formatter.format(each), repr(each.__dict__))]


def shown_by_result(outcome: object) -> list[str]:
    """Return all that a crash reporter would take of the exception that an outcome raises."""
    if outcome.kind == "accepted":
        return [repr(outcome.result())]
    with pytest.raises(JoseError) as caught:
        outcome.result()
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    return [*report.format(), repr(error), str(error), repr(pickle.dumps(error))]


def shown_by_pickle(outcome: object) -> list[str]:
    try:
        return [repr(pickle.dumps(outcome))]
    except TypeError as error:
        return [str(error)]


@pytest.mark.parametrize(
    "fault", [None, *(f for f in Fault if f is not Fault.CLIENT_CERTIFICATE)], ids=str
)
def test_a_fault_shows_nothing(
    fault: Fault | None,
    world: World,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.NOTSET)
    order = world.order("leak")
    world.wire.clear()
    outcome = order.attempt(
        FaultPlan(fault=fault), HASTY_SECONDS if fault in SLOW else PATIENT_SECONDS
    )
    never_whole = fault in AT_CONNECTING or fault is Fault.CUT_IN_REQUEST
    came = int(not never_whole)
    assert settled(lambda: len(world.wire), came) == came
    texts = [repr(outcome), str(outcome), repr(world.sandbox.received), repr(world.sandbox)]
    texts += shown_by_result(outcome) + shown_by_pickle(outcome)
    texts += shown_by_logging(caplog.records)
    written = capfd.readouterr()
    assert written.err == ""
    assert seen_in([*texts, written.out], world.wire) == []
    assert "urllib3" in "".join(texts), "the log was not looked at"


# What is printed wrongly here, bytes too, is printed on purpose.
@pytest.mark.filterwarnings("ignore::BytesWarning")
def test_the_needles_are_sharp(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """What is looked for would be found: a leak that is made on purpose is seen."""
    order = world.order("sharp")
    world.wire.clear()
    order.attempt(None)
    body = world.wire[0]
    with caplog.at_level(logging.DEBUG, "tests"):
        logging.getLogger("tests").debug("%s %s %s", body, f"Basic {BASIC}", {"number": PAN})
    found = seen_in(shown_by_logging(caplog.records), [body])
    assert found == ["card", "authorization", *(f"token 0, segment {n}" for n in range(4))]
