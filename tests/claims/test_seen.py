"""The stores of identifiers: one of all who try, until it is released or its time is over."""

import contextlib
import sqlite3
import stat
import sys
import threading

import pytest

from joseal import ClaimsError, JoseError
from joseal._once import memory
from joseal.claims import ClaimSet, MemorySeenOnce, SeenOnceError, SqliteSeenOnce

NOW = 1_800_000_000.0


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path, clock):
    settings = {"keep_seconds": 3600, "lease_seconds": 60, "clock": clock}
    if request.param == "memory":
        return MemorySeenOnce(**settings)
    # SQLite's turns are not fair, and a busy disk takes its time for each.
    return SqliteSeenOnce(tmp_path / "seen.db", busy_timeout_seconds=60, **settings)


def claims(jti="t-1", iss="https://login.example", exp=NOW + 300):
    return ClaimSet({"iss": iss, "jti": jti, "exp": exp})


def refused(store, given):
    with pytest.raises(ClaimsError) as caught:
        store.claim(given)
    return caught.value.claim, caught.value.rule


def test_token_is_accepted_once(store):
    assert store.confirm(store.claim(claims())) is True
    assert refused(store, claims()) == ("jti", "seen")


def test_token_that_is_being_handled_is_not_accepted(store):
    store.claim(claims())
    assert refused(store, claims()) == ("jti", "in_progress")


def test_released_token_can_be_used_again(store):
    seen = store.claim(claims())
    store.release(seen)
    assert store.claim(claims()).attempt == 2


def test_claim_of_a_process_that_died_runs_out(store, clock):
    seen = store.claim(claims())
    clock.now += 60
    later = store.claim(claims())
    assert store.confirm(seen) is False
    assert refused(store, claims()) == ("jti", "seen")
    assert store.confirm(later) is False


def test_two_issuers_may_use_one_identifier(store):
    store.confirm(store.claim(claims()))
    assert store.claim(claims(iss="https://other.example")).attempt == 1
    assert store.claim(ClaimSet({"jti": "t-1", "exp": NOW + 1})).attempt == 1


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (ClaimSet({"exp": NOW + 1}), ("jti", "missing")),
        (ClaimSet({"jti": "a"}), ("exp", "missing")),
        (claims(exp=NOW + 3301), ("exp", "too_long")),
    ],
)
def test_token_that_can_not_be_remembered_is_refused(store, given, fault):
    assert refused(store, given) == fault


def test_token_that_lives_as_long_as_the_store_remembers_is_accepted(store):
    assert store.claim(claims(exp=NOW + 3300)).attempt == 1


@pytest.mark.parametrize("given", [None, "t-1", {"jti": "t-1", "exp": NOW}])
def test_what_is_claimed_was_read_by_claims(store, given):
    with pytest.raises(TypeError, match=r"^claims must be a ClaimSet, not "):
        store.claim(given)


def test_store_keeps_no_text_of_a_token(tmp_path, clock):
    path = tmp_path / "seen.db"
    store = SqliteSeenOnce(path, clock=clock)
    store.confirm(store.claim(claims(jti="a-secret-identifier")))
    with contextlib.closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT name FROM joseal_seen").fetchall()
    assert len(rows) == 1
    assert len(rows[0][0]) == 43
    assert "secret" not in rows[0][0]


def test_memory_is_bounded_and_a_full_store_accepts_nothing_new(clock):
    store = MemorySeenOnce(keep_seconds=3600, capacity=2, clock=clock)
    store.confirm(store.claim(claims("a")))
    store.claim(claims("b"))
    with pytest.raises(SeenOnceError, match="full"):
        store.claim(claims("c"))
    clock.now += 3600 + 121
    assert store.claim(claims("c", exp=clock.now + 1)).attempt == 1
    assert repr(store) == "MemorySeenOnce(<1 of 2>)"


def test_a_full_store_still_knows_what_it_has(clock):
    store = MemorySeenOnce(keep_seconds=3600, capacity=2, clock=clock)
    store.confirm(store.claim(claims("a")))
    store.release(store.claim(claims("b")))
    assert refused(store, claims("a")) == ("jti", "seen")
    assert store.claim(claims("b")).attempt == 2


def test_a_full_store_forgets_each_token_by_its_last_change(clock):
    store = MemorySeenOnce(keep_seconds=3600, capacity=2, lease_seconds=60, clock=clock)
    store.claim(claims("a"))
    clock.now += 10
    store.confirm(store.claim(claims("b")))
    clock.now += 60
    store.confirm(store.claim(claims("a")))
    clock.now += 3600 - 60 + 1
    # Of two that were claimed long ago, one was confirmed a short time ago.
    assert store.claim(claims("c", exp=clock.now + 1)).attempt == 1
    with pytest.raises(SeenOnceError, match="full"):
        store.claim(claims("d", exp=clock.now + 1))
    assert refused(store, claims("a", exp=clock.now + 1)) == ("jti", "seen")


def test_a_claim_on_a_full_store_looks_at_no_other_token(clock, monkeypatch):
    store = MemorySeenOnce(keep_seconds=3600, capacity=100, clock=clock)
    for number in range(100):
        store.claim(claims(str(number)))
    looks = []
    monkeypatch.setattr(memory, "_end", looks.append)
    for number in range(100, 200):
        with pytest.raises(SeenOnceError, match="full"):
            store.claim(claims(str(number)))
    assert looks == []


@pytest.mark.parametrize("cut_short", ["claimed", "_end"])
def test_a_claim_that_is_cut_short_costs_no_later_one(cut_short, clock, monkeypatch):
    store = MemorySeenOnce(keep_seconds=3600, lease_seconds=60, capacity=2, clock=clock)
    store.claim(claims("t-1"))
    store.release(store.claim(claims("t-2")))
    clock.now += 3661

    def interrupted(*given):
        raise KeyboardInterrupt

    later = [claims(f"t-{number}", exp=clock.now + 300) for number in (3, 4, 5)]
    with monkeypatch.context() as patch:
        patch.setattr(memory, cut_short, interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.claim(later[0])
    assert [store.claim(given).attempt for given in later[1:]] == [1, 1]
    with pytest.raises(SeenOnceError):
        store.claim(later[0])
    clock.now += 3661
    assert store.claim(claims("t-6", exp=clock.now + 300)).attempt == 1


def test_threads_never_fill_a_store_over_its_capacity(clock):
    store = MemorySeenOnce(keep_seconds=3600, capacity=50, clock=clock)
    start, taken = threading.Barrier(8), []

    def work(mine):
        start.wait(10)
        for number in range(40):
            with contextlib.suppress(SeenOnceError):
                taken.append(store.claim(claims(f"{mine}-{number}")))

    threads = [threading.Thread(target=work, args=(mine,)) for mine in range(8)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    finally:
        sys.setswitchinterval(before)
    assert len(taken) == 50
    assert repr(store) == "MemorySeenOnce(<50 of 50>)"


def test_file_forgets_what_no_token_can_bring_back(tmp_path, clock):
    store = SqliteSeenOnce(tmp_path / "seen.db", keep_seconds=3600, lease_seconds=60, clock=clock)
    store.confirm(store.claim(claims("a")))
    store.claim(claims("b"))
    assert store.forget() == 0
    clock.now += 3600 + 61
    assert store.forget() == 2
    assert "seen.db" in repr(store)


@pytest.mark.parametrize("wrong", [None, "a", ("a", 1), 5])
def test_what_is_not_a_claim_is_neither_confirmed_nor_released(store, wrong):
    text = f"^seen must be a SeenClaim, not (None|{type(wrong).__name__}): keep what claim"
    for act in (store.confirm, store.release):
        with pytest.raises(TypeError, match=text):
            act(wrong)


def test_of_many_threads_one_succeeds(store):
    outcomes = []

    def work():
        try:
            outcomes.append(store.claim(claims()))
        except ClaimsError as error:
            outcomes.append(error.rule)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("in_progress") == 7


def test_file_that_can_not_be_used_is_an_error_of_the_family(tmp_path):
    path = tmp_path / "seen.db"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(SeenOnceError, match=r"^the store of identifiers is damaged") as caught:
        SqliteSeenOnce(path)
    assert isinstance(caught.value, JoseError)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"keep_seconds": 0}, ValueError),
        ({"keep_seconds": 1e9}, ValueError),
        ({"keep_seconds": True}, TypeError),
        ({"lease_seconds": 0}, ValueError),
        ({"lease_seconds": 10**400}, ValueError),
        ({"clock": 1}, TypeError),
        ({"capacity": 0}, ValueError),
        ({"capacity": 1.5}, TypeError),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, error):
    with pytest.raises(error):
        MemorySeenOnce(**settings)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_private(tmp_path):
    path = tmp_path / "seen.db"
    SqliteSeenOnce(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o666)
    SqliteSeenOnce(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own")
def test_a_link_or_a_folder_is_not_a_store(tmp_path):
    SqliteSeenOnce(tmp_path / "seen.db")
    (tmp_path / "link.db").symlink_to(tmp_path / "seen.db")
    (tmp_path / "dangling.db").symlink_to(tmp_path / "nowhere.db")
    for name in ("link.db", "dangling.db", "."):
        with pytest.raises(SeenOnceError, match=r"^the store of identifiers is a link, or not a"):
            SqliteSeenOnce(tmp_path / name)
    assert not (tmp_path / "nowhere.db").exists()


def test_bounded_claims_forget_what_was_handled_and_claim_it_anew():
    store = memory.BoundedMemoryClaims(2, 100.0, lambda: SeenOnceError("full"))
    for name in "ab":
        store.confirm(name, store.claim(name, 0.0, 10.0), 1.0)
    assert store.forget(2.0) == 2
    assert [store.claim(name, 5.0, 10.0) for name in "ac"] == [1, 1]
    with pytest.raises(SeenOnceError):
        store.claim("d", 100.0, 10.0)
    assert store.claim("d", 116.0, 10.0) == 1
    assert len(store) == 1
