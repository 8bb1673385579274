"""`KeyResolver`: the caller's opener for the kid that a token names, bounded, and nothing fetched."""

import threading

import pytest
from tests.helpers import all_algorithms
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    Encrypter,
    KeyResolver,
    MalformedTokenError,
    NotAllowedError,
    Signer,
    UnknownKeyError,
    Verifier,
)

KEYS = {kid: all_algorithms.signing_key("HS256", kid, kid) for kid in ("a", "b", "c")}
TOKENS = {kid: Signer(key).sign(kid.encode()) for kid, key in KEYS.items()}


class Finder:
    def __init__(self, keys=KEYS):
        self.keys, self.asked = keys, []

    def __call__(self, kid):
        self.asked.append(kid)
        key = self.keys.get(kid)
        return None if key is None else Verifier(key)


def named(kid):
    return Signer(KEYS["a"], header={"kid": kid}).sign(b"x")


def test_each_token_is_opened_with_the_key_that_its_kid_names():
    resolver = KeyResolver(Finder())
    for kid, token in TOKENS.items():
        opened = resolver.open(token)
        assert (opened.payload, opened.key.kid) == (kid.encode(), kid)


def test_encrypted_tokens_are_opened_too():
    key = all_algorithms.key("A128KW", kid="k")
    resolver = KeyResolver(lambda kid: Decrypter(key, enc="A128GCM"))
    assert resolver.open(Encrypter(key, enc="A128GCM").encrypt(b"x")).plaintext == b"x"


def test_answer_is_kept_for_its_time_and_no_longer():
    finder, now = Finder(), [0.0]
    resolver = KeyResolver(finder, seconds=10, clock=lambda: now[0])
    for now[0] in (0.0, 9.9, 10.0, 19.9):
        resolver.open(TOKENS["a"])
    assert finder.asked == ["a", "a"]


def test_key_that_is_withdrawn_is_used_no_longer():
    keys, now = dict(KEYS), [0.0]
    resolver = KeyResolver(Finder(keys), seconds=10, clock=lambda: now[0])
    resolver.open(TOKENS["a"])
    del keys["a"]
    now[0] = 10.0
    with pytest.raises(UnknownKeyError):
        resolver.open(TOKENS["a"])
    keys["a"] = KEYS["a"]
    now[0] = 20.0
    assert resolver.open(TOKENS["a"]).payload == b"a"


def test_forget_asks_anew_for_one_name_or_for_all():
    finder = Finder()
    resolver = KeyResolver(finder)
    resolver.open(TOKENS["a"])
    resolver.open(TOKENS["b"])
    resolver.forget("a")
    resolver.open(TOKENS["a"])
    resolver.open(TOKENS["b"])
    assert finder.asked == ["a", "b", "a"]
    resolver.forget()
    resolver.open(TOKENS["b"])
    assert finder.asked[3:] == ["b"]


def test_unknown_name_is_asked_for_once():
    finder = Finder()
    resolver = KeyResolver(finder)
    for _ in range(3):
        with pytest.raises(UnknownKeyError):
            resolver.open(named("nobody"))
    assert finder.asked == ["nobody"]


def test_flood_of_invented_names_pushes_no_tenant_out():
    finder = Finder()
    resolver = KeyResolver(finder, capacity=2)
    resolver.open(TOKENS["a"])
    for count in range(50):
        with pytest.raises(UnknownKeyError):
            resolver.open(named(f"invented {count}"))
    resolver.open(TOKENS["a"])
    assert finder.asked.count("a") == 1
    assert len(resolver._missing) == 2


def test_oldest_answer_leaves_where_there_is_no_room():
    finder = Finder()
    resolver = KeyResolver(finder, capacity=2)
    for kid in "abcbca":
        resolver.open(TOKENS[kid])
    assert finder.asked == ["a", "b", "c", "a"]


@pytest.mark.parametrize("write_kid", [False, True])
def test_name_that_is_missing_or_too_long_is_never_looked_up(write_kid):
    finder = Finder()
    key = all_algorithms.signing_key("HS256", kid="k" * 513)
    with pytest.raises(UnknownKeyError):
        KeyResolver(finder).open(Signer(key, write_kid=write_kid).sign(b"x"))
    assert finder.asked == []


def test_address_in_a_token_is_not_looked_at():
    finder = Finder()
    token = Signer(KEYS["a"], header={"jku": "https://evil.example/jwks", "x5u": "x"}).sign(b"x")
    assert KeyResolver(finder).open(token).payload == b"x"
    assert finder.asked == ["a"]


def test_opener_checks_the_token_as_it_always_does():
    other = all_algorithms.signing_key("HS384", kid="a")
    resolver = KeyResolver(lambda kid: Verifier(other))
    with pytest.raises(NotAllowedError):
        resolver.open(TOKENS["a"])
    with pytest.raises(MalformedTokenError):
        resolver.open("a.b")


def test_what_find_raises_passes_and_nothing_is_kept():
    def find(kid):
        raise OSError("the caller's database")

    resolver = KeyResolver(find)
    with pytest.raises(OSError, match=r"^the caller's database$"):
        resolver.open(TOKENS["a"])
    assert not resolver._found
    assert not resolver._missing


def test_result_of_find_that_can_not_open_is_a_type_error():
    with pytest.raises(TypeError, match=r"^the result of find must be an opener or None, not Key$"):
        KeyResolver(lambda kid: KEYS["a"]).open(TOKENS["a"])


def test_threads_share_one():
    resolver = KeyResolver(Finder(), capacity=1)
    failed = []

    def work(kid):
        opened = {resolver.open(TOKENS[kid]).payload for _ in range(50)}
        if opened != {kid.encode()}:
            failed.append(kid)

    threads = [threading.Thread(target=work, args=(kid,)) for kid in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@each_row(
    ("settings", "error"),
    [
        ({"find": None}, TypeError),
        ({"capacity": 0}, ValueError),
        ({"capacity": 1_000_001}, ValueError),
        ({"capacity": True}, TypeError),
        ({"seconds": 0}, ValueError),
        ({"seconds": float("inf")}, ValueError),
        ({"seconds": 10**400}, ValueError),
        ({"seconds": "1"}, TypeError),
        ({"clock": 1}, TypeError),
        ({"limits": 1}, TypeError),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, error):
    find = settings.pop("find", Finder())
    with pytest.raises(error):
        KeyResolver(find, **settings)


def test_repr_shows_no_name():
    resolver = KeyResolver(Finder())
    resolver.open(TOKENS["a"])
    assert repr(resolver) == "KeyResolver(<1 names>)"
