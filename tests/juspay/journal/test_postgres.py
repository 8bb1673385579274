"""The journal of the guide in PostgreSQL, against a server that JOSEAL_POSTGRES names.

JOSEAL_POSTGRES='dbname=joseal_test' pytest tests/juspay/journal/test_postgres.py
"""

import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.faults.world import attempt_at, new_order

from joseal.juspay import (
    Client,
    Entry,
    Known,
    NotSent,
    PayoutJournalError,
    PlannedAttempt,
    payout_encrypter,
    reconcile_attempts,
    run_attempts,
)
from joseal.juspay.journal.journal import ComparingJournal
from joseal.juspay.sandbox import Sandbox, TransactionPlan

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
DSN = os.environ.get("JOSEAL_POSTGRES")
pytestmark = pytest.mark.skipif(DSN is None, reason="JOSEAL_POSTGRES names no server")

WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
PAGE = (Path(__file__).parents[3] / "docs/guides/journal.md").read_text()


@pytest.fixture
def journal():
    (source,) = re.findall(r"<!-- recipe: postgresql -->\n```text\n(.*?)```", PAGE, re.DOTALL)
    space = {}
    exec(source, space)  # noqa: S102 - our own page
    with psycopg.connect(DSN) as db:
        db.execute("DROP TABLE IF EXISTS attempts")
    return space["PostgresJournal"](DSN)


def entry(attempt_id="a-1", order_id="order-1"):
    return Entry(attempt_id=attempt_id, known=Known.fresh(order_id, "f-1"))


def test_what_was_begun_is_there_and_hinders_what_would_pay_twice(journal):
    assert journal.begin(entry()) is None
    assert journal.begin(entry()) == entry()
    assert journal.begin(entry("a-2")) == entry()
    assert journal.begin(entry("a-3", "order-3")) is None
    assert list(journal.entries()) == [entry(), entry("a-3", "order-3")]
    with pytest.raises(PayoutJournalError, match="no such attempt"):
        journal.keep(entry("a-9"))


@pytest.mark.parametrize("default", ["read committed", "repeatable read", "serializable"])
def test_of_many_that_begin_at_one_payout_at_once_one_may(journal, monkeypatch, default):
    """A snapshot that is taken before the lock is had would show none of the others."""
    level = default.replace(" ", "\\ ")
    monkeypatch.setenv("PGOPTIONS", f"-c default_transaction_isolation={level}")
    with ThreadPoolExecutor(8) as pool:
        with psycopg.connect(DSN) as holder:
            holder.execute("SELECT pg_advisory_xact_lock(hashtext('joseal.attempts'))")
            begun = [pool.submit(journal.begin, entry(f"a-{n}")) for n in range(8)]
            for _ in range(500):
                (waiting,) = holder.execute(WAITING).fetchone()
                if waiting == len(begun):
                    break
                time.sleep(0.01)
            assert waiting == len(begun)
        found = [each.result() for each in begun]
    assert found.count(None) == 1


def test_commit_is_on_the_disk_whatever_the_server_s_default_is(journal, monkeypatch):
    monkeypatch.setenv("PGOPTIONS", "-c synchronous_commit=off")
    with psycopg.connect(DSN) as db:
        assert db.execute("SHOW synchronous_commit").fetchone() == ("off",)
    shown = journal._run(lambda db: db.execute("SHOW synchronous_commit").fetchone())
    assert shown == ("on",)


def test_of_many_that_keep_an_entry_at_once_one_does(journal):
    """Each is from its own process, where the references of an equal entry have another order."""
    known = Known(order_id="order-1", fulfillment_id="f-1", references=frozenset("abcdefgh"))
    begun = Entry(attempt_id="a-1", known=known)
    journal.begin(begun)
    later = [begun.ended(NotSent(f"reason {number}")) for number in range(8)]
    with psycopg.connect(DSN) as db:
        text = db.execute("SELECT entry FROM attempts").fetchone()[0]
        written = json.loads(text)
        written["known"]["references"].reverse()
        db.execute("UPDATE attempts SET entry = %s", (json.dumps(written),))
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda each: journal.keep_if_unchanged(begun, each), later))
    assert kept.count(True) == 1
    assert journal.find("a-1") == later[kept.index(True)]
    assert not journal.keep_if_unchanged(entry("a-9"), entry("a-9"))
    assert isinstance(journal, ComparingJournal)


def test_entries_are_in_the_order_in_which_they_were_begun_last(journal):
    journal.begin(entry("a-1"))
    journal.keep(entry("a-1").ended(NotSent("no connection")))
    journal.begin(entry("a-2", "order-2"))
    journal.begin(entry("a-1"))
    assert [each.attempt_id for each in journal.entries()] == ["a-2", "a-1"]


def test_a_run_goes_through_it(journal):
    first = TransactionPlan(settles="FAILURE")
    with (
        Sandbox(transaction_plan=lambda _, nth: None if nth else first) as sandbox,
        Client(sandbox.account, payout_encrypter(sandbox.public_key), apart_seconds=0) as client,
    ):
        part = client.create_plain_order(new_order("order-1")).result().fulfillments[0].id
        planned = [PlannedAttempt("a-1", "order-1", attempt_at(part))]
        for sent_now in (True, False):
            (result,) = run_attempts(client, journal, planned)
            assert (result.standing, result.sent_now) == ("accepted", sent_now)
        assert [one.state for one in reconcile_attempts(client, journal)] == ["succeeded"]
        assert sandbox.attempts("order-1") == 1


def test_a_row_that_something_else_has_written_hides_no_attempt(journal):
    journal.begin(entry())
    with psycopg.connect(DSN) as db:
        db.execute("UPDATE attempts SET entry = '{}'")
    for use in (journal.entries, lambda: journal.find("a-1"), lambda: journal.begin(entry("a-2"))):
        with pytest.raises(PayoutJournalError, match="can't be used"):
            use()


def test_a_server_that_is_not_there_is_said_in_words_of_the_journal(journal):
    journal.dsn = "host=127.0.0.1 port=1 connect_timeout=1"
    with pytest.raises(PayoutJournalError, match="can't be used"):
        journal.begin(entry())
