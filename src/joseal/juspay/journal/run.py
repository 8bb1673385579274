"""Send a batch of attempts, each at most once, and find out their outcomes.

    for result in run_attempts(client, journal, planned):
        print(result.attempt_id, result.standing, result.reason)
    for entry in reconcile_attempts(client, journal):
        print(entry.attempt_id, entry.standing)

Rules:
- An attempt is written to the journal before its first byte leaves, and its outcome afterwards.
  An attempt that was begun is never sent again, unless the outcome says that nothing was sent.
- An outcome that lets a payout be attempted again is kept only if nothing else has written the
  entry: a different run may have sent the attempt since.
- A run may be stopped at any instant and started again with the same attempts.
- States are read for a few attempts at a time, and twice: two equal reads confirm each other. The
  pause between them is taken once for the whole batch. A state whose last read began five minutes
  ago is read again, alone.
- A generator keeps its frame, and so the cards, in the traceback of an exception. So each step is a
  separate call that hides them.
"""

import itertools
import time
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple, Self, TypeAlias, final

import msgspec

from joseal._core.secrecy import Opaque, hide_locals
from joseal._http.connection import HANDED_OVER
from joseal.errors import JoseError
from joseal.juspay.client import Client
from joseal.juspay.journal.entry import DECIDED, Entry, Standing, check_attempt_id
from joseal.juspay.journal.journal import (
    PayoutJournal,
    PayoutJournalError,
    is_older,
    keep_if_unchanged,
)
from joseal.juspay.models.attempt import Attempt
from joseal.juspay.models.known import Known
from joseal.juspay.outcomes import Accepted, NotSent, Refused, Unknown
from joseal.juspay.reconcile import (
    AMONG_OTHERS,
    MOST_SECONDS,
    Failed,
    Reconciliation,
    of_an_earlier_attempt,
)

_TOGETHER: Final = 100
_FREED: Final = "it became `not_sent` during this run, which has not read its state: run it again"
_ANOTHER_PAYOUT: Final = "the journal has this attempt_id for a different payout"
_OF_ANOTHER: Final = "known is for a different payout"
_UNCONFIRMED: Final = "no two reads of the status agree: run it again"
_MOST_READS: Final = 4
_MOST_AGE_SECONDS: Final = 300.0
_UNSETTLED: Final = "an earlier attempt at this payout is not settled"
_OLDER: Final = "known is from before an attempt at this payout failed: read it again"
_NO_OUTCOME: Final = "no outcome was recorded: its run is still working, or was stopped"
# Reconciliations write an entry every few seconds at most.
_MOST_CHANGES: Final = 100
_NEVER_KEPT: Final = "the journal keeps no entry over the one that it has found"
_CHANGED: Final = "the attempt was changed while it was decided on: look at it again"
_WAS_SENT: Final = (
    "an attempt that has failed or succeeded was sent: to pay after all, make one more, with a "
    "new attempt_id"
)


class PlannedAttempt(NamedTuple):
    """One attempt of a batch.

    Attributes:
        attempt_id: the caller's id, unique and the same in each run, such as a row's id.
        order_id: the order that it is for.
        attempt: the card and the fulfillment.
        known: the state that it is made against, read shortly before the run: later changes are not
            seen. None lets the run read it.

    Example:
        >>> from joseal.juspay import Attempt, CardInfo, PlannedAttempt
        >>> card = CardInfo(card_number="4111111111111111")
        >>> attempt = Attempt(fulfillment_id="f-1", card_info=card)
        >>> PlannedAttempt("row-17", "order-1", attempt).known is None
        True
    """

    attempt_id: str
    order_id: str
    attempt: Attempt
    known: Known | None = None


Decision: TypeAlias = Literal["not_sent", "failed", "accepted"]
ResultStanding: TypeAlias = Standing | Literal["rejected"]


class AttemptResult(NamedTuple):
    """The result of one attempt in a run.

    Attributes:
        attempt_id: the id of the attempt.
        standing: `rejected` if it was not begun and is not in the journal; otherwise the standing
            of its entry.
        reason: constant text or the API's error code; None if there is no reason.
        sent_now: whether this run has sent it; false if an earlier run had begun it.

    Example:
        >>> from joseal.juspay import AttemptResult
        >>> AttemptResult("a-1", "accepted", None).sent_now
        False
    """

    attempt_id: str
    standing: ResultStanding
    reason: str | None
    sent_now: bool = False


@final
class AttemptResults(Opaque, Iterator[AttemptResult]):
    """The results of a run, one at a time. An attempt is sent only when its result is taken.

    Example:
        >>> from joseal.juspay import SANDBOX, Account, Client, SqlitePayoutJournal, run_attempts
        >>> account = Account(merchant_id="merchant", api_key="an-api-key", base_url=SANDBOX)
        >>> results = run_attempts(Client(account), SqlitePayoutJournal("payouts.db"), [])
        >>> [result.standing for result in results]
        []
    """

    __slots__ = ("_results",)

    _results: Iterator[AttemptResult]

    def __iter__(self) -> Self:
        return self

    @hide_locals
    def __next__(self) -> AttemptResult:
        """Send the next attempt, and return its result.

        Raises:
            PayoutJournalError: the journal can't be used. Nothing more is sent.
        """
        return next(self._results)


@final
class ReconciledEntries(Opaque, Iterator[Entry]):
    """The reconciled entries, one at a time: the API is asked only when an entry is taken.

    Example:
        >>> from joseal.juspay import SANDBOX, Account, Client, SqlitePayoutJournal
        >>> from joseal.juspay import reconcile_attempts
        >>> account = Account(merchant_id="merchant", api_key="an-api-key", base_url=SANDBOX)
        >>> entries = reconcile_attempts(Client(account), SqlitePayoutJournal("payouts.db"))
        >>> [entry.standing for entry in entries]
        []
    """

    __slots__ = ("_entries",)

    _entries: Iterator[Entry]

    def __iter__(self) -> Self:
        return self

    @hide_locals
    def __next__(self) -> Entry:
        """Ask for the outcome of the next attempt.

        Raises:
            PayoutJournalError: the journal can't be used.
        """
        return next(self._entries)


@hide_locals
def run_attempts(
    client: Client,
    journal: PayoutJournal,
    attempts: Iterable[PlannedAttempt],
    *,
    apart_seconds: float | None = None,
) -> AttemptResults:
    """Send each attempt at most once, in order, and yield its result.

    An attempt is sent only when its result is taken. Attempts that are in the journal already are
    reported but not sent, except those that are `not_sent`.

    Args:
        client: sends them. No other attempts at the same payouts may be under way elsewhere.
        journal: records them.
        attempts: the attempts, read a few at a time.
        apart_seconds: the time between the two reads of a state; None for that of the client.

    Returns:
        One result for each attempt, in order. Taking a result raises TypeError or ValueError if an
        `attempt_id` is invalid; nothing more is sent then.

    Raises:
        PayoutJournalError: the journal can't be used. Nothing more is sent.

    Example:
        >>> from joseal.juspay import Attempt, CardInfo, Client, Known, PlannedAttempt
        >>> from joseal.juspay import SqlitePayoutJournal, payout_encrypter, run_attempts
        >>> from joseal.juspay.sandbox import Sandbox
        >>> card = CardInfo(card_number="4111111111111111")
        >>> attempt = Attempt(fulfillment_id="f-1", card_info=card)
        >>> planned = PlannedAttempt("a-1", "order-1", attempt, Known.fresh("order-1", "f-1"))
        >>> with Sandbox() as sandbox:
        ...     client = Client(sandbox.account, payout_encrypter(sandbox.public_key))
        ...     journal = SqlitePayoutJournal("payouts.db")
        ...     [result.standing for result in run_attempts(client, journal, [planned])]
        ['accepted']

    Source: the order status page of the payouts API, and its list of error codes.
    """
    pause = client.apart_seconds if apart_seconds is None else apart_seconds
    made = AttemptResults()
    made._set(_results=_results(client, journal, iter(attempts), pause))  # noqa: SLF001 - its own
    return made


@hide_locals
def reconcile_attempts(
    client: Client, journal: PayoutJournal, *, now: float | None = None
) -> ReconciledEntries:
    """Ask once for the outcome of each unsettled attempt that is due.

    Args:
        client: reads the statuses; it sends no payout.
        journal: the journal to update.
        now: the time, in seconds of `time.time`; None reads that clock.

    Returns:
        Each entry that was asked about, as it is now. An entry that something else has written
        meanwhile is left unchanged and not returned, for the next run.

    Raises:
        PayoutJournalError: the journal can't be used.

    Example:
        >>> from joseal.juspay import Attempt, CardInfo, Client, Known, PlannedAttempt
        >>> from joseal.juspay import SqlitePayoutJournal, payout_encrypter
        >>> from joseal.juspay import reconcile_attempts, run_attempts
        >>> from joseal.juspay.sandbox import Sandbox
        >>> card = CardInfo(card_number="4111111111111111")
        >>> attempt = Attempt(fulfillment_id="f-1", card_info=card)
        >>> planned = PlannedAttempt("a-1", "order-1", attempt, Known.fresh("order-1", "f-1"))
        >>> with Sandbox() as sandbox:
        ...     client = Client(sandbox.account, payout_encrypter(sandbox.public_key))
        ...     journal = SqlitePayoutJournal("payouts.db")
        ...     [result.standing for result in run_attempts(client, journal, [planned])]
        ...     [entry.state for entry in reconcile_attempts(client, journal)]
        ['accepted']
        ['succeeded']

    Source: the order status page of the payouts API.
    """
    made = ReconciledEntries()
    made._set(_entries=_reconciled(client, journal, now))  # noqa: SLF001 - its own
    return made


@hide_locals
def decide_attempt(journal: PayoutJournal, attempt_id: str, decision: Decision) -> Entry:
    """Record a person's finding about an attempt that no program can settle.

    The run that began the attempt must have ended: otherwise it may still send it.

    Args:
        journal: the journal that has the attempt.
        attempt_id: the id of the attempt.
        decision: `not_sent` lets the next run send it again, and is refused if it has failed or
            succeeded; `failed` allows a further attempt at the payout; `accepted` leaves it as paid
            or under way, until a status shows a failure.

    Returns:
        The entry as it is now.

    Raises:
        TypeError: `attempt_id` is not a str.
        ValueError: the journal has no such attempt; `decision` is a different word; or it is
            `not_sent` and the attempt has failed or succeeded.
        PayoutJournalError: the journal can't be used, or the attempt was changed meanwhile.

    Example:
        >>> from joseal.juspay import Entry, Known, SqlitePayoutJournal, decide_attempt
        >>> journal = SqlitePayoutJournal("payouts.db")
        >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
        >>> journal.begin(entry) is None
        True
        >>> decide_attempt(journal, "a-1", "not_sent").standing
        'not_sent'
    """
    entry = journal.find(attempt_id)
    if entry is None:
        raise ValueError("the journal has no such attempt")
    if decision not in ("not_sent", "failed", "accepted"):
        raise ValueError("decision must be not_sent, failed or accepted")
    if entry.state in ("failed", "succeeded") and decision == "not_sent":
        raise ValueError(_WAS_SENT)
    decided = msgspec.structs.replace(entry, state=decision, reason=DECIDED)
    if _keep_over(journal, entry, decided) is not None:
        raise PayoutJournalError(_CHANGED)
    return decided


def _results(
    client: Client, journal: PayoutJournal, rest: Iterator[PlannedAttempt], pause: float
) -> Iterator[AttemptResult]:
    while batch := list(itertools.islice(rest, _TOGETHER)):
        for planned in batch:
            check_attempt_id(planned.attempt_id)
        old = {each.attempt_id: journal.find(each.attempt_id) for each in batch}
        new = [
            each for each in batch if _is_to_be_sent(old[each.attempt_id]) and each.known is None
        ]
        states = _States(client, new, pause)
        for planned in batch:
            # Read again: a batch may have the same attempt twice.
            entry = journal.find(planned.attempt_id)
            if entry is not None and not _is_of(entry, planned):
                yield AttemptResult(planned.attempt_id, "rejected", _ANOTHER_PAYOUT)
            elif entry is not None and not _is_to_be_sent(entry):
                yield _told(entry)
            else:
                yield _send(client, journal, planned, planned.known or states.of(planned))


def _reconciled(client: Client, journal: PayoutJournal, now: float | None) -> Iterator[Entry]:
    for entry in journal.entries():
        moment = time.time() if now is None else now
        if entry.state in ("sending", "unknown", "accepted") and _is_time(client, entry, moment):
            # The entries were read all at once, and a long run takes time.
            if journal.find(entry.attempt_id) != entry:
                continue
            later = entry.reconciled(_found(client, journal, entry), moment)
            if keep_if_unchanged(journal, entry, later):
                yield later


def _found(client: Client, journal: PayoutJournal, entry: Entry) -> Reconciliation:
    """Ask about one attempt. The client does not know the attempts of earlier processes."""
    question = entry.question or entry.known
    found = client.reconcile(question)
    if isinstance(found, Failed) and _may_be_of_another(entry, list(journal.entries())):
        return msgspec.structs.replace(of_an_earlier_attempt(question), reason=AMONG_OTHERS)
    return found


def _may_be_of_another(entry: Entry, entries: list[Entry]) -> bool:
    """Tell whether the transactions new since an attempt may belong to a different attempt.

    If reads have found that the other attempt failed, its `known` has the transaction. A person's
    decision names no transaction, so one that is shown at any later time may be that attempt's.
    """
    payout = entry.order_id, entry.fulfillment_id
    return any(
        other.is_unsettled or is_older(entry, other) or _is_found_by_a_person(other)
        for other in entries
        if other.attempt_id != entry.attempt_id and (other.order_id, other.fulfillment_id) == payout
    )


def _is_found_by_a_person(entry: Entry) -> bool:
    return entry.state == "failed" and entry.reason == DECIDED


def _is_time(client: Client, entry: Entry, now: float) -> bool:
    """Tell whether to ask. A time further off than any pause is from before a clock change."""
    longest = max(MOST_SECONDS, client.apart_seconds)
    return not now < entry.ask_at <= now + 2 * longest


def _is_of(entry: Entry, planned: PlannedAttempt) -> bool:
    return (entry.order_id, entry.fulfillment_id) == _payout(planned)


def _payout(planned: PlannedAttempt) -> tuple[str, str]:
    return planned.order_id, planned.attempt.fulfillment_id


def _is_to_be_sent(entry: Entry | None) -> bool:
    return entry is None or entry.state == "not_sent"


@final
class _States:
    """The states of payouts, each of which is read again once it is old.

    Calls may be slow and machines may sleep, and meanwhile someone else may have paid.
    """

    def __init__(self, client: Client, attempts: list[PlannedAttempt], pause: float) -> None:
        self._client = client
        self._pause = pause
        self._reads = _read_twice(client, attempts, pause)

    def of(self, planned: PlannedAttempt) -> Known | str:
        """Return the state of a payout, or why it can't be had."""
        payout = _payout(planned)
        if payout not in self._reads:
            return _FREED
        if not 0 <= time.time() - self._reads[payout].began < _MOST_AGE_SECONDS:
            self._reads |= _read_twice(self._client, [planned], self._pause)
        state = self._reads[payout].state
        is_single = isinstance(state, Known) and not _is_confirmed(state)
        return _UNCONFIRMED if is_single else state


class _Read(NamedTuple):
    """A state, or the reason why it can't be had, and when its last read began."""

    state: Known | str
    began: float


def _read_twice(
    client: Client, attempts: list[PlannedAttempt], pause: float
) -> dict[tuple[str, str], _Read]:
    """Read the state of each payout until two reads agree; if it can't be had, a text says why."""
    # Without the pause, two reads of one payout would confirm each other.
    attempts = list({_payout(each): each for each in attempts}.values())
    reads = {_payout(each): _read(client, each) for each in attempts}
    for _ in range(_MOST_READS - 1):
        waiting = [each for each in attempts if not _is_confirmed(reads[_payout(each)].state)]
        if waiting:
            time.sleep(pause)
        for each in waiting:
            before, after = reads[_payout(each)], _read(client, each)
            if isinstance(before.state, Known) and isinstance(after.state, Known):
                after = after._replace(state=before.state.confirmed_by(after.state))
            elif isinstance(before.state, Known):
                after = before
            reads[_payout(each)] = after
    return reads


def _read(client: Client, planned: PlannedAttempt) -> _Read:
    began = time.time()
    return _Read(_state(client, planned), began)


def _is_confirmed(state: Known | str) -> bool:
    return isinstance(state, Known) and state.reads > 1


def _state(client: Client, planned: PlannedAttempt) -> Known | str:
    try:
        outcome = client.order_status(planned.order_id)
        if isinstance(outcome, Accepted):
            return outcome.value.known(planned.attempt.fulfillment_id)
    except (LookupError, ValueError) as error:
        return str(error)
    if isinstance(outcome, Refused):
        return f"the status was refused: {outcome.error_code}"
    return f"the status could not be read: {outcome.reason}"


def _send(
    client: Client, journal: PayoutJournal, planned: PlannedAttempt, known: Known | str
) -> AttemptResult:
    """Begin one attempt, send it, and record its outcome."""
    if isinstance(known, str) or known.hindrance is not None:
        reason = known if isinstance(known, str) else known.hindrance
        return AttemptResult(planned.attempt_id, "rejected", reason)
    entry = Entry(attempt_id=planned.attempt_id, known=known)
    if not _is_of(entry, planned):
        return AttemptResult(planned.attempt_id, "rejected", _OF_ANOTHER)
    hindering = journal.begin(entry)
    if hindering is not None:
        if hindering.attempt_id != planned.attempt_id:
            reason = _UNSETTLED if hindering.is_unsettled else _OLDER
            return AttemptResult(planned.attempt_id, "rejected", reason)
        return _told(hindering)
    outer = HANDED_OVER.get()
    HANDED_OVER.set(False)
    try:
        outcome = client.attempt(planned.order_id, planned.attempt, known=known)
    except (TypeError, ValueError, JoseError) as error:
        # A call raises before anything is sent, with joseal's own texts. A payout must not rely on
        # it.
        outcome = Unknown(str(error)) if HANDED_OVER.get() else NotSent(str(error))
    finally:
        # The mark of a call that a handler has made this one in.
        if outer:
            HANDED_OVER.set(True)
    ended = entry.ended(outcome)
    if ended.is_unsettled:
        journal.keep(ended)
    elif (now := _keep_over(journal, entry, ended)) is not None:
        return _told(now)
    return _told(ended, sent_now=True)


def _told(entry: Entry, *, sent_now: bool = False) -> AttemptResult:
    """Return an entry as a result. One that has to be reconciled always has a reason."""
    reason = _NO_OUTCOME if entry.state == "sending" and entry.reason is None else entry.reason
    return AttemptResult(entry.attempt_id, entry.standing, reason, sent_now)


def _keep_over(journal: PayoutJournal, before: Entry, after: Entry) -> Entry | None:
    """Keep an entry over an earlier one, which may have been asked about without an answer.

    Returns:
        None if it was kept; otherwise the entry that something else has written.

    Raises:
        PayoutJournalError: the journal can't be used, or does not keep it.
    """
    for _ in range(_MOST_CHANGES):
        now = journal.find(before.attempt_id)
        if now is None:
            # The journal has lost it, and says so.
            journal.keep(after)
            return None
        if (now.state, now.known) != (before.state, before.known):
            return now
        if keep_if_unchanged(journal, now, after):
            return None
    raise PayoutJournalError(_NEVER_KEPT)
