"""The journal of attempts: what it lets be sent, what it keeps, and what it never holds."""

import gc
import itertools
import os
import sqlite3
import stat
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import msgspec
import pytest
from tests.faults.forking import in_child, needs_fork
from tests.faults.world import API_KEY, CVV, PAN, attempt_at, new_order

from joseal.juspay import (
    Arrived,
    AttemptQuery,
    Client,
    Entry,
    Fulfillment,
    FulfillmentState,
    Known,
    NotSent,
    Order,
    PayoutJournalError,
    PlannedAttempt,
    Refused,
    SqlitePayoutJournal,
    Transaction,
    Unknown,
    decide_attempt,
    payout_encrypter,
    read_reconciliation,
    reconcile_attempts,
    run_attempts,
)
from joseal.juspay.journal import sqlite
from joseal.juspay.outcomes import Accepted
from joseal.juspay.responses import Ack
from joseal.juspay.sandbox import Sandbox, TransactionPlan

FAILS = TransactionPlan(settles="FAILURE")


@pytest.fixture
def journal(tmp_path):
    # SQLite's turns are not fair, and a busy disk takes its time for each.
    return SqlitePayoutJournal(tmp_path / "journal.db", busy_timeout_seconds=60)


def entry(attempt_id="a-1", order_id="order-1", **settings):
    known = Known(order_id=order_id, fulfillment_id="f-1", references=frozenset({"t-1"}), reads=2)
    return Entry(**{"attempt_id": attempt_id, "known": known, **settings})


def test_what_was_begun_is_there_and_may_not_be_begun_again(journal):
    assert journal.begin(entry()) is None
    assert journal.find("a-1") == entry()
    assert journal.begin(entry()) == entry()
    assert list(journal.entries()) == [entry()]
    assert journal.find("a-2") is None


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"attempt_id": 7}, TypeError),
        ({"attempt_id": None}, TypeError),
        ({"attempt_id": ""}, ValueError),
        ({"attempt_id": "\ud800"}, ValueError),
        ({"known": None}, TypeError),
        ({"ask_at": float("inf")}, ValueError),
        ({"ask_at": float("nan")}, ValueError),
        ({"ask_at": 10**400}, ValueError),
    ],
)
def test_an_entry_that_no_journal_could_read_again_is_not_made(members, error):
    with pytest.raises(error, match=next(iter(members))):
        entry(**members)


@pytest.mark.parametrize(
    "members",
    [
        {"state": "lost"},
        {"status": "500"},
        {"reason": 1},
        {"known": Known(order_id=1, fulfillment_id="f-1")},
        {"known": Known(order_id="order-1", fulfillment_id="f-1", reads=10**40)},
    ],
)
def test_what_could_not_be_read_again_is_not_written(journal, members):
    """One such entry would hide all others of the journal."""
    journal.begin(entry())
    with pytest.raises(ValueError, match="read again"):
        journal.begin(entry("a-2", **members))
    with pytest.raises(ValueError, match="read again"):
        journal.keep(entry(**members))
    assert list(journal.entries()) == [entry()]


def test_an_argument_of_another_type_is_told_apart_from_a_damaged_journal(journal):
    for work in (journal.begin, journal.keep, journal.find):
        with pytest.raises(TypeError):
            work(7)
    with pytest.raises(TypeError):
        decide_attempt(journal, 7, "failed")
    with pytest.raises(ValueError, match="attempt_id"):
        journal.find("\ud800")


def test_a_planned_attempt_whose_id_is_a_number_is_not_sent(journal):
    """A row's number is what a program has at hand."""
    attempt = attempt_at("f-1")
    known = Known.fresh("order-1", "f-1")
    with Sandbox() as sandbox:
        client = Client(sandbox.account, payout_encrypter(sandbox.public_key))
        with pytest.raises(TypeError, match="attempt_id"):
            next(run_attempts(client, journal, [PlannedAttempt(7, "order-1", attempt, known)]))
        assert sandbox.attempts("order-1") == 0
    assert list(journal.entries()) == []


@pytest.mark.parametrize(
    ("outcome", "standing", "again"),
    [
        (Accepted(Ack()), "accepted", False),
        (Refused(status=400, error_code="E01"), "refused", False),
        (NotSent("TLS failed"), "not_sent", True),
        (Unknown("cut", 503), "to_reconcile", False),
    ],
)
def test_only_what_was_not_sent_may_be_begun_again(journal, outcome, standing, again):
    journal.begin(entry())
    ended = entry().ended(outcome)
    journal.keep(ended)
    assert journal.find("a-1") == ended
    assert ended.standing == standing
    assert (journal.begin(entry()) is None) == again


@pytest.mark.parametrize("state", ["sending", "unknown", "accepted", "succeeded"])
def test_another_attempt_at_a_payout_that_is_not_settled_may_not_be_begun(journal, state):
    journal.begin(entry())
    journal.keep(entry(state=state))
    assert journal.begin(entry("a-2")).attempt_id == "a-1"
    assert journal.begin(entry("a-3", "order-2")) is None
    decided = entry("a-4", known=Known.decided("order-1", "f-1"))
    assert journal.begin(decided) is None


@pytest.mark.parametrize("state", ["refused", "not_sent", "failed"])
def test_another_attempt_at_a_settled_one_may(journal, state):
    journal.begin(entry())
    journal.keep(entry(state=state))
    assert journal.begin(entry("a-2")) is None


def test_an_attempt_that_was_not_begun_can_not_be_kept(journal):
    with pytest.raises(PayoutJournalError, match="no such attempt"):
        journal.keep(entry())


def test_a_person_can_decide(journal):
    journal.begin(entry())
    assert decide_attempt(journal, "a-1", "not_sent").standing == "not_sent"
    assert journal.begin(entry()) is None
    with pytest.raises(ValueError, match="no such attempt"):
        decide_attempt(journal, "a-2", "failed")
    with pytest.raises(ValueError, match="decision must be"):
        decide_attempt(journal, "a-1", "sending")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_private(tmp_path, journal):
    assert stat.S_IMODE((tmp_path / "journal.db").stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_file_that_others_can_read_is_made_private(tmp_path):
    path = tmp_path / "open.db"
    path.touch()
    path.chmod(0o664)
    assert SqlitePayoutJournal(path).begin(entry()) is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert SqlitePayoutJournal(path).find("a-1") == entry()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own")
def test_a_link_or_a_folder_is_not_a_journal(tmp_path, journal):
    (tmp_path / "link.db").symlink_to(tmp_path / "journal.db")
    (tmp_path / "dangling.db").symlink_to(tmp_path / "nowhere.db")
    for name in ("link.db", "dangling.db", "."):
        with pytest.raises(PayoutJournalError, match="a link, or not a regular file"):
            SqlitePayoutJournal(tmp_path / name)
    assert not (tmp_path / "nowhere.db").exists()


def test_what_can_not_be_a_journal_is_said_in_constant_words(tmp_path):
    with pytest.raises(PayoutJournalError, match="can't be opened"):
        SqlitePayoutJournal(tmp_path / "no-such-folder" / "journal.db")
    (tmp_path / "text").write_text("x" * 5000)
    with pytest.raises(PayoutJournalError, match="a different kind of file"):
        SqlitePayoutJournal(tmp_path / "text")
    for wrong, error in ((b"x", TypeError), ("a\0b", ValueError)):
        with pytest.raises(error):
            SqlitePayoutJournal(wrong)
    for seconds, error in (("5", TypeError), (0, ValueError)):
        with pytest.raises(error):
            SqlitePayoutJournal(tmp_path / "j", busy_timeout_seconds=seconds)


@needs_fork
def test_it_may_be_carried_over_a_fork(journal):
    journal.begin(entry())
    assert in_child(lambda: journal.begin(entry()) is None) == "False"
    assert in_child(lambda: journal.begin(entry("a-2", "order-2")) is None) == "True"
    assert journal.begin(entry("a-2", "order-2")) is not None


# A run


@pytest.fixture
def sandbox(request):
    later = TransactionPlan(settles=getattr(request, "param", "SUCCESS"))
    with Sandbox(
        api_key=API_KEY, transaction_plan=lambda _, number: FAILS if number == 0 else later
    ) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox):
    encrypter = payout_encrypter(sandbox.public_key)
    with Client(sandbox.account, encrypter, apart_seconds=0) as client:
        yield client


def planned_at(client, *orders):
    return [
        PlannedAttempt(
            f"a-{name}",
            name,
            attempt_at(client.create_plain_order(new_order(name)).result().fulfillments[0].id),
        )
        for name in orders
    ]


def test_a_batch_is_sent_once_and_a_second_run_tells_the_same(sandbox, client, journal):
    planned = planned_at(client, "order-1", "order-2")
    first = list(run_attempts(client, journal, planned))
    assert [(each.standing, each.sent_now) for each in first] == [("accepted", True)] * 2
    second = list(run_attempts(client, journal, planned))
    assert [(each.standing, each.sent_now) for each in second] == [("accepted", False)] * 2
    assert [sandbox.attempts(name) for name in ("order-1", "order-2")] == [1, 1]
    states = [each.state for each in reconcile_attempts(client, journal)]
    assert states == ["succeeded", "succeeded"]
    assert list(reconcile_attempts(client, journal)) == []


def test_what_can_not_be_sent_is_rejected_and_the_rest_is_sent(sandbox, client, journal):
    planned = planned_at(client, "order-1", "order-2")
    (one, two) = planned
    wrong = [
        PlannedAttempt("a-3", "order-9", one.attempt),
        PlannedAttempt("a-4", "x", one.attempt),
        PlannedAttempt("a-5", "order-1", attempt_at("f-9")),
        one._replace(attempt_id="a-6"),
        two._replace(attempt_id="a-order-1"),
    ]
    results = {}
    for result in run_attempts(client, journal, [*planned, *wrong]):
        results.setdefault(result.attempt_id, []).append((result.standing, result.reason))
    assert results == {
        "a-order-1": [
            ("accepted", None),
            ("rejected", "the journal has this attempt_id for a different payout"),
        ],
        "a-order-2": [("accepted", None)],
        "a-3": [("rejected", "the status was refused: E09")],
        "a-4": [("rejected", "order_id must be 4 to 64 ASCII letters, digits and _, - or @")],
        "a-5": [("rejected", "the answer does not have exactly one fulfillment of this id")],
        "a-6": [("rejected", "an earlier attempt at this payout is not settled")],
    }
    assert [sandbox.attempts(name) for name in ("order-1", "order-2")] == [1, 1]


def test_a_payout_that_has_not_failed_is_rejected(sandbox, client, journal):
    (planned,) = planned_at(client, "order-1")
    list(run_attempts(client, journal, [planned]))
    other = SqlitePayoutJournal(journal._path.with_name("other.db"))
    (result,) = run_attempts(client, other, [planned])
    assert (result.standing, result.reason) == (
        "rejected",
        "a transaction of this payout has not failed",
    )
    assert list(other.entries()) == []
    assert sandbox.attempts("order-1") == 1


def test_what_a_call_refuses_before_sending_is_kept_as_not_sent(sandbox, client, journal):
    (planned,) = planned_at(client, "order-1")
    known = client.known("order-1", planned.attempt.fulfillment_id).result()
    client._unsettled.begin(known)
    (result,) = run_attempts(client, journal, [planned])
    assert result.standing == "not_sent"
    assert sandbox.attempts("order-1") == 0


def test_what_fails_after_the_request_has_left_is_not_kept_as_not_sent(
    sandbox, client, journal, monkeypatch
):
    def fail(*_):
        raise ValueError("the answer can't be read")

    monkeypatch.setattr("joseal.juspay.client.read_attempt_response", fail)
    (planned,) = planned_at(client, "order-1")
    for _ in range(2):
        (result,) = run_attempts(client, journal, [planned])
        assert (result.standing, result.reason) == ("to_reconcile", "the answer can't be read")
    assert sandbox.attempts("order-1") == 1


def test_an_attempt_that_a_person_frees_during_a_run_is_sent_by_the_next_one(
    sandbox, client, journal
):
    first, second = planned_at(client, "order-1", "order-2")
    known = client.known("order-2", second.attempt.fulfillment_id).result()
    journal.begin(Entry(attempt_id=second.attempt_id, known=known))
    results = run_attempts(client, journal, [first, second])
    assert next(results).standing == "accepted"
    decide_attempt(journal, second.attempt_id, "not_sent")
    (result,) = results
    assert (result.standing, result.sent_now) == ("rejected", False)
    assert "run it again" in result.reason
    assert sandbox.attempts("order-2") == 0
    assert [each.standing for each in run_attempts(client, journal, [second])] == ["accepted"]


@pytest.mark.parametrize("question", [1, 2], ids=["before it is asked about", "meanwhile"])
def test_an_entry_that_someone_else_has_written_meanwhile_is_left_as_it_is(
    client, journal, monkeypatch, question
):
    first, second = planned_at(client, "order-1", "order-2")
    list(run_attempts(client, journal, [first, second]))
    asked, reconcile = [], client.reconcile

    def meanwhile(_, known):
        asked.append(known)
        if len(asked) == question:
            decide_attempt(journal, second.attempt_id, "failed")
        return reconcile(known)

    monkeypatch.setattr(type(client), "reconcile", meanwhile)
    assert [each.attempt_id for each in reconcile_attempts(client, journal)] == [first.attempt_id]
    assert len(asked) == question
    assert journal.find(second.attempt_id).state == "failed"


def test_a_clock_that_was_set_back_leaves_no_attempt_unasked(sandbox, client, journal):
    (planned,) = planned_at(client, "order-1")
    list(run_attempts(client, journal, [planned]))
    (kept,) = journal.entries()
    for ask_at, asks in ((1_000.0, True), (1_001.0, False), (1_600.0, False), (9_000.0, True)):
        journal.keep(msgspec.structs.replace(kept, ask_at=ask_at))
        assert bool(list(reconcile_attempts(client, journal, now=1_000.0))) == asks


def fill_the_disk():
    """From here on this process can make no file longer."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@needs_fork
def test_where_the_journal_can_not_be_written_nothing_is_sent(sandbox, client, journal):
    planned = planned_at(client, "order-1")

    def send():
        fill_the_disk()
        with pytest.raises(PayoutJournalError) as caught:
            next(run_attempts(client, journal, planned))
        return str(caught.value)

    assert "journal" in in_child(send)
    assert (sandbox.attempts("order-1"), list(journal.entries())) == (0, [])


@needs_fork
def test_a_disk_that_is_full_when_the_outcome_is_written_leaves_it_to_be_reconciled(
    sandbox, journal
):
    encrypter = payout_encrypter(sandbox.public_key)

    def fill_after_the_attempt(name, *_):
        if name == "attempt":
            fill_the_disk()

    with Client(
        sandbox.account, encrypter, apart_seconds=0, on_call=fill_after_the_attempt
    ) as client:
        planned = planned_at(client, "order-1", "order-2")

        def send():
            with pytest.raises(PayoutJournalError):
                list(run_attempts(client, journal, planned))

        in_child(send)
        assert [each.standing for each in journal.entries()] == ["to_reconcile"]
        assert [sandbox.attempts(name) for name in ("order-1", "order-2")] == [1, 0]
        # The next process sends what was not begun, and asks about the rest.
    with Client(sandbox.account, encrypter, apart_seconds=0) as client:
        results = [each.standing for each in run_attempts(client, journal, planned)]
        assert results == ["to_reconcile", "accepted"]
        assert [each.state for each in reconcile_attempts(client, journal)] == ["succeeded"] * 2
    assert [sandbox.attempts(name) for name in ("order-1", "order-2")] == [1, 1]


def test_no_secret_is_in_the_files_of_a_journal(sandbox, client, journal):
    list(run_attempts(client, journal, planned_at(client, "order-1")))
    data = b"".join(path.read_bytes() for path in journal._path.parent.iterdir())
    assert b"order-1" in data
    for secret in (PAN, PAN[:6], f'"{CVV}"', API_KEY, "A Payee"):
        assert secret.encode() not in data
    assert PAN not in repr(journal) + repr(list(journal.entries()))


def test_payout_of_an_attempt_that_is_begun_anew_is_found_by_the_new_one(journal):
    journal.begin(entry())
    journal.keep(entry(state="not_sent"))
    assert journal.begin(entry(order_id="order-2")) is None
    assert journal.begin(entry("a-2", order_id="order-2")) == entry(order_id="order-2")
    assert journal.begin(entry("a-3")) is None


@needs_fork
def test_a_second_object_for_the_file_does_not_take_the_lock_away(tmp_path):
    path = tmp_path / "journal.db"
    SqlitePayoutJournal(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as writing:
        writing.execute("BEGIN IMMEDIATE")
        with pytest.raises(PayoutJournalError, match="in use"):
            SqlitePayoutJournal(path, busy_timeout_seconds=0.01)
        # POSIX: a process loses its locks on a file where it closes any descriptor of it.
        blocked = in_child(lambda: _is_blocked(path))
    assert blocked == "True"


def test_no_thread_uses_a_new_file_before_its_descriptor_is_closed(tmp_path, monkeypatch):
    """Closing the descriptor would release the lock with which that thread writes."""
    path, events = tmp_path / "journal.db", []

    def use():
        SqlitePayoutJournal(path)
        events.append("used")

    close, thread = os.close, threading.Thread(target=use)

    def late(descriptor):
        monkeypatch.setattr(os, "close", close)
        thread.start()
        thread.join(0.3)
        events.append("closed")
        close(descriptor)

    monkeypatch.setattr(os, "close", late)
    SqlitePayoutJournal(path)
    thread.join()
    assert events == ["closed", "used"]


def _is_blocked(path):
    with closing(sqlite3.connect(path, timeout=0.01, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False


def test_commit_is_on_the_disk_when_a_call_returns(journal):
    """The deletion of the rollback journal commits, and only EXTRA makes it last."""

    def settings(connection):
        return [
            connection.execute(f"PRAGMA {name}").fetchone()
            for name in ("journal_mode", "synchronous")
        ]

    assert journal._in_transaction(settings) == [("delete",), (3,)]


class Interruption:
    """An interruption at one line of a call of the journal."""

    def __init__(self, line):
        self.left = line

    def trace(self, frame, event, _):
        if frame.f_code.co_filename != sqlite.__file__:
            return None
        self.left -= event == "line"
        if self.left < 0:
            sys.settrace(None)
            raise KeyboardInterrupt
        return self.trace


def test_interrupted_call_leaves_no_lock_even_if_its_traceback_is_kept(tmp_path, journal):
    other = SqlitePayoutJournal(tmp_path / "journal.db", busy_timeout_seconds=0.01)
    tracing, kept = sys.gettrace(), []
    for line in itertools.count():
        interruption = Interruption(line)
        sys.settrace(interruption.trace)
        try:
            journal.begin(entry())
        except KeyboardInterrupt as error:
            kept.append(error)
        finally:
            sys.settrace(tracing)
        other.find("a-1")
        if interruption.left >= 0:
            break
    assert len(kept) > 10
    # A connection that was interrupted right after it was opened is closed with its traceback: here,
    # and not in a later test, where it is a fault.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        kept.clear()
        gc.collect()


def test_file_that_has_lost_an_entry_is_not_used(tmp_path, journal):
    """A copy made while the file was written, or a bad disk: the attempt would be sent again."""
    path = tmp_path / "journal.db"
    for name in ("a-1", "a-2"):
        journal.begin(entry(name, f"order-{name}"))
    with closing(sqlite3.connect(path)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'joseal_attempts'"
        (root,) = connection.execute(query).fetchone()
    data = bytearray(path.read_bytes())
    # The number of rows on the page of a table: section 1.6 of sqlite.org/fileformat2.html.
    counted = slice((root - 1) * size + 3, (root - 1) * size + 5)
    assert data[counted] == b"\0\2"
    data[counted] = b"\0\1"
    path.write_bytes(data)
    assert [each.attempt_id for each in journal.entries()] == ["a-1"]
    with pytest.raises(PayoutJournalError, match="damaged"):
        SqlitePayoutJournal(path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE joseal_attempts SET entry = x'00'",
        "UPDATE joseal_attempts SET entry = '5'",
        "UPDATE joseal_attempts SET entry = CAST(x'ff' AS TEXT)",
        "UPDATE sqlite_schema SET name = CAST(x'ff' AS TEXT), sql = 'x'",
    ],
)
def test_damage_of_any_kind_is_an_error_of_the_journal(tmp_path, journal, damage):
    journal.begin(entry())
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(damage)
    for use in (journal.entries, lambda: journal.find("a-1"), lambda: journal.begin(entry())):
        with pytest.raises(PayoutJournalError, match="journal"):
            use()


def test_failure_that_was_seen_before_an_attempt_arrived_is_read_twice_again():
    """What changed in between, such as the API's own retry, makes the first read worthless."""
    question = AttemptQuery(known=entry().known, asked=1, seen=frozenset({("t-2", "FAILURE")}))
    found = Arrived(status=FulfillmentState.PENDING, transactions=())
    later = entry(question=question).reconciled(found, now=0.0)
    assert later.question == AttemptQuery(known=entry().known, asked=2)


@pytest.mark.parametrize("ended", [NotSent("no connection"), Refused(status=400, error_code="E01")])
def test_outcome_of_a_run_that_was_overtaken_frees_no_attempt_that_another_run_has_sent(
    sandbox, client, journal, monkeypatch, ended
):
    (planned,) = planned_at(client, "order-1")
    attempt = Client.attempt

    def slow(*_, **__):
        decide_attempt(journal, planned.attempt_id, "not_sent")
        monkeypatch.setattr(Client, "attempt", attempt)
        with Client(
            sandbox.account, payout_encrypter(sandbox.public_key), apart_seconds=0
        ) as other:
            (sent,) = run_attempts(other, journal, [planned])
        assert sent.standing == "accepted"
        return ended

    monkeypatch.setattr(Client, "attempt", slow)
    (result,) = run_attempts(client, journal, [planned])
    assert (result.standing, result.sent_now) == ("accepted", False)
    (result,) = run_attempts(client, journal, [planned])
    assert (result.standing, sandbox.attempts("order-1")) == ("accepted", 1)


@pytest.mark.parametrize("ended", [NotSent("no connection"), Refused(status=400, error_code="E01")])
def test_outcome_overwrites_nothing_that_was_written_right_after_the_entry_was_read(
    client, journal, monkeypatch, ended
):
    (planned,) = planned_at(client, "order-1")
    find, has_ended = SqlitePayoutJournal.find, []

    def overtaken(self, attempt_id):
        found = find(self, attempt_id)
        if has_ended:
            monkeypatch.setattr(SqlitePayoutJournal, "find", find)
            decide_attempt(journal, attempt_id, "accepted")
        return found

    def attempt(*_, **__):
        has_ended.append(True)
        return ended

    monkeypatch.setattr(SqlitePayoutJournal, "find", overtaken)
    monkeypatch.setattr(Client, "attempt", attempt)
    (result,) = run_attempts(client, journal, [planned])
    assert (result.standing, result.sent_now) == ("accepted", False)
    assert journal.find(planned.attempt_id).state == "accepted"


def test_decision_overwrites_nothing_that_was_written_right_after_the_entry_was_read(
    journal, monkeypatch
):
    find, later = SqlitePayoutJournal.find, []

    def overtaken(self, attempt_id):
        found = find(self, attempt_id)
        if later:
            journal.keep(later.pop())
        return found

    monkeypatch.setattr(SqlitePayoutJournal, "find", overtaken)
    journal.begin(entry())
    later.append(entry(state="succeeded"))
    with pytest.raises(PayoutJournalError, match="changed"):
        decide_attempt(journal, "a-1", "not_sent")
    assert journal.find("a-1").state == "succeeded"

    journal.begin(entry("a-2", "order-2"))
    asked = AttemptQuery(known=entry("a-2", "order-2").known, asked=1)
    later.append(entry("a-2", "order-2", question=asked))
    assert decide_attempt(journal, "a-2", "not_sent").standing == "not_sent"
    assert journal.find("a-2").state == "not_sent"


def test_an_entry_is_kept_in_one_step_only_if_it_is_still_the_same(journal):
    journal.begin(entry())
    unknown, failed = entry(state="unknown"), entry(state="failed")
    assert journal.keep_if_unchanged(entry(), unknown)
    assert not journal.keep_if_unchanged(entry(), failed)
    assert journal.find("a-1") == unknown
    assert not journal.keep_if_unchanged(entry("a-9"), entry("a-9", state="failed"))
    assert journal.find("a-9") is None
    for wrong in ((None, failed), (unknown, None)):
        with pytest.raises(TypeError, match="entry must be an Entry"):
            journal.keep_if_unchanged(*wrong)
    with pytest.raises(ValueError, match="same attempt"):
        journal.keep_if_unchanged(unknown, entry("a-9"))


def test_of_many_that_keep_an_entry_at_once_one_does(journal):
    journal.begin(entry())
    later = [entry(state="unknown", reason=str(number)) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda each: journal.keep_if_unchanged(entry(), each), later))
    assert kept.count(True) == 1
    assert journal.find("a-1") == later[kept.index(True)]


def test_outcome_of_an_attempt_that_was_asked_about_meanwhile_is_kept(client, journal, monkeypatch):
    (planned,) = planned_at(client, "order-1")

    def slow(*_, **__):
        (asked,) = reconcile_attempts(client, journal)
        assert asked.state == "sending"
        return NotSent("no connection")

    monkeypatch.setattr(Client, "attempt", slow)
    (result,) = run_attempts(client, journal, [planned])
    assert result.standing == "not_sent"
    assert journal.find(planned.attempt_id).state == "not_sent"


def test_state_from_before_a_failure_is_refused_after_it(client, journal):
    """The failure would be new against it, and be taken for the next attempt's."""
    journal.begin(entry())
    after = msgspec.structs.replace(entry().known, references=frozenset({"t-1", "t-2"}))
    journal.keep(entry(state="failed", known=after))
    planned = PlannedAttempt("a-2", "order-1", attempt_at("f-1"), entry().known)
    (result,) = run_attempts(client, journal, [planned])
    assert (result.standing, journal.find("a-2")) == ("rejected", None)
    assert "from before" in result.reason
    assert journal.begin(entry("a-3", known=after)) is None


@pytest.mark.parametrize("sandbox", ["FAILURE"], indirect=True)
def test_failure_of_an_attempt_that_a_person_decided_on_is_not_said_to_be_that_of_an_earlier_one(
    client, journal
):
    """The processes that made the two are gone, and with them the memory of their clients."""
    (planned,) = planned_at(client, "order-1")
    known = client.known("order-1", planned.attempt.fulfillment_id).result()
    journal.begin(Entry(attempt_id="a-1", known=known))
    decided = Known.decided("order-1", planned.attempt.fulfillment_id, known.references)
    (result,) = run_attempts(client, journal, [planned._replace(known=decided)])
    assert result.standing == "accepted"
    with Client(client._account, apart_seconds=0) as later:
        for turn, reason in enumerate(["once more", "a different attempt"] * 2):
            list(reconcile_attempts(later, journal, now=1e12 + 1e4 * turn))
            assert journal.find("a-1").standing == "to_reconcile"
            assert reason in journal.find("a-1").reason


def asked_until_failed(journal, *transactions):
    """Ask again and again about a payout whose transactions have failed."""
    shown = tuple(Transaction(transaction_ref=ref, status="FAILURE") for ref in transactions)
    part = Fulfillment(id="f-1", status=FulfillmentState.FAILURE, transactions=shown)
    order = Order(order_id="order-1", status="FULFILLMENTS_FAILURE", fulfillments=(part,))

    class Reader:
        apart_seconds = 0

        def reconcile(self, question):
            return read_reconciliation(Accepted(order), question, apart_seconds=0)

    for turn in range(4):
        list(reconcile_attempts(Reader(), journal, now=1e12 + 1e4 * turn))
    return {each.attempt_id: each.state for each in journal.entries()}


def asked_when_due(journal, status, *, seconds):
    """Ask whenever the one entry is due, for this long from the last time on."""
    (kept,) = journal.entries()
    until = kept.ask_at + seconds

    class Reader:
        apart_seconds = 0

        def reconcile(self, question):
            return read_reconciliation(status, question, apart_seconds=0)

    while kept.ask_at <= until:
        (kept,) = reconcile_attempts(Reader(), journal, now=kept.ask_at)
    return kept


def shown(status, *transactions):
    parts = tuple(Transaction(transaction_ref=ref, status=status) for ref in transactions)
    part = Fulfillment(id="f-1", status=FulfillmentState(status), transactions=parts)
    return Accepted(Order(order_id="order-1", status="X", fulfillments=(part,)))


@pytest.mark.parametrize(
    ("status", "reason"),
    [(shown("FAILURE", "t-1"), "no new transaction"), (Unknown("no answer"), "could not be read")],
    ids=["not shown", "not readable"],
)
def test_accepted_attempt_that_no_status_shows_for_an_hour_has_to_be_reconciled(
    journal, status, reason
):
    journal.begin(entry())
    journal.keep(entry().ended(Accepted(Ack())))
    assert asked_when_due(journal, status, seconds=3_000).standing == "accepted"
    kept = asked_when_due(journal, status, seconds=3_600)
    assert (kept.state, kept.standing) == ("accepted", "to_reconcile")
    assert "accepted it an hour ago or earlier" in kept.reason
    assert reason in kept.reason
    assert journal.begin(entry("a-2")) == kept
    planned = PlannedAttempt("a-1", "order-1", attempt_at("f-1"))
    (result,) = run_attempts(None, journal, [planned], apart_seconds=0)
    assert (result.standing, result.reason) == ("to_reconcile", kept.reason)

    kept = asked_when_due(journal, shown("PENDING", "t-1", "t-2"), seconds=40_000)
    assert (kept.standing, kept.reason) == ("accepted", "PENDING")
    # A short gap says nothing about what was shown before.
    assert asked_when_due(journal, status, seconds=3_000).standing == "accepted"
    assert asked_when_due(journal, status, seconds=3_600).standing == "to_reconcile"


def test_attempt_that_a_person_found_to_be_accepted_stays_so_while_no_status_shows_it(journal):
    journal.begin(entry())
    journal.keep(entry().ended(Accepted(Ack())))
    asked_when_due(journal, Unknown("no answer"), seconds=8_000)
    decide_attempt(journal, "a-1", "accepted")
    kept = asked_when_due(journal, Unknown("no answer"), seconds=8_000)
    assert (kept.standing, kept.reason) == ("accepted", "decided by a person")
    kept = asked_when_due(journal, shown("FAILURE", "t-1", "t-2"), seconds=0)
    assert kept.standing == "to_reconcile"
    assert "failed before" in kept.reason


def test_attempt_whose_run_was_stopped_is_reported_with_a_reason(journal):
    journal.begin(entry())
    planned = PlannedAttempt("a-1", "order-1", attempt_at("f-1"))
    (result,) = run_attempts(None, journal, [planned], apart_seconds=0)
    assert (result.standing, result.sent_now) == ("to_reconcile", False)
    assert "was stopped" in result.reason


def confirmed(*references):
    return msgspec.structs.replace(
        entry().known, references=frozenset(references), status=FulfillmentState.FAILURE
    )


@pytest.mark.parametrize("is_sent_again", [False, True], ids=["once", "not sent before"])
def test_failure_that_a_person_found_is_not_said_to_be_that_of_an_attempt_before(
    journal, is_sent_again
):
    """A person's word names no transaction, and the other one may arrive yet."""
    decided = Known.decided("order-1", "f-1")
    if is_sent_again:
        journal.begin(entry("a-2", known=decided))
        decide_attempt(journal, "a-2", "not_sent")
    journal.begin(entry("a-1", known=confirmed("t-1")))
    journal.begin(entry("a-2", known=decided))
    decide_attempt(journal, "a-2", "failed")
    assert asked_until_failed(journal, "t-1", "t-2") == {"a-1": "sending", "a-2": "failed"}
    assert "a different attempt" in journal.find("a-1").reason
    assert journal.begin(entry("a-3", known=confirmed("t-1", "t-2"))) == journal.find("a-1")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (confirmed("t-1"), confirmed("t-1")),
        (confirmed("t-1"), confirmed("t-1", "t-2")),
        (Known.decided("order-1", "f-1"), confirmed("t-1")),
        (Known.fresh("order-1", "f-1"), confirmed("t-0")),
    ],
    ids=["the same state", "the state after", "a decided state", "no state"],
)
def test_after_a_failure_that_a_person_found_a_person_says_it_of_later_attempts_too(
    journal, first, second
):
    """What is shown may be the transaction of the first one, shown late."""
    journal.begin(entry("a-1", known=first))
    decide_attempt(journal, "a-1", "failed")
    assert journal.begin(entry("a-2", known=second)) is None
    shown = sorted(second.references)
    assert asked_until_failed(journal, *shown, "t-9") == {"a-1": "failed", "a-2": "sending"}
    assert "a different attempt" in journal.find("a-2").reason
    decide_attempt(journal, "a-2", "failed")
    assert journal.begin(entry("a-3", known=confirmed(*shown, "t-9"))) is None


def test_failure_of_a_later_attempt_is_not_said_to_be_that_of_one_that_was_refused_by_mistake(
    journal,
):
    """A person finds out that the first one was carried out, when the second one has failed."""
    journal.begin(entry("a-1", known=confirmed("t-1")))
    journal.keep(entry("a-1", state="refused", known=confirmed("t-1")))
    journal.begin(entry("a-2", known=confirmed("t-1")))
    assert asked_until_failed(journal, "t-1", "t-2") == {"a-1": "refused", "a-2": "failed"}
    decide_attempt(journal, "a-1", "accepted")
    assert asked_until_failed(journal, "t-1", "t-2")["a-1"] == "unknown"
    assert "a different attempt" in journal.find("a-1").reason


@pytest.mark.parametrize("is_found_by_a_person", [False, True])
def test_what_has_failed_is_not_sent_again_under_its_own_id(journal, is_found_by_a_person):
    """Its entry would be written over, and its failure be taken for that of what is sent then."""
    journal.begin(entry(known=confirmed("t-1")))
    if is_found_by_a_person:
        decide_attempt(journal, "a-1", "failed")
    assert asked_until_failed(journal, "t-1", "t-2") == {"a-1": "failed"}
    before = journal.find("a-1")
    with pytest.raises(ValueError, match="new attempt_id"):
        decide_attempt(journal, "a-1", "not_sent")
    assert journal.find("a-1") == before


def test_what_has_succeeded_is_not_sent_again_by_a_decision_about_the_wrong_id(journal):
    journal.begin(entry())
    succeeded = entry(state="succeeded", known=journal.find("a-1").known)
    journal.keep(succeeded)
    with pytest.raises(ValueError, match="was sent"):
        decide_attempt(journal, "a-1", "not_sent")
    assert journal.find("a-1") == succeeded


def test_entries_are_in_the_order_in_which_they_were_begun_last(journal):
    journal.begin(entry("a-1"))
    journal.keep(entry("a-1", state="not_sent"))
    journal.begin(entry("a-2", "order-2"))
    journal.begin(entry("a-1"))
    assert [each.attempt_id for each in journal.entries()] == ["a-2", "a-1"]


def test_state_of_another_payout_begins_nothing(sandbox, client, journal):
    first, second = planned_at(client, "order-1", "order-2")
    known = client.known("order-2", second.attempt.fulfillment_id).result()
    (result,) = run_attempts(client, journal, [first._replace(known=known)])
    assert (result.standing, result.reason) == ("rejected", "known is for a different payout")
    assert list(journal.entries()) == []
    assert [each.standing for each in run_attempts(client, journal, [first])] == ["accepted"]
