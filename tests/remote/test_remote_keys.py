"""`RemoteKeys`: when the set is fetched, what is handed out, and what a token can't bring about."""

import concurrent.futures
import json
import threading

import pytest
from tests.faults.forking import Child, needs_fork
from tests.helpers.jwks_server import PATH, Clock, JwksServer, jwks, pair

from joseal import (
    MODERN,
    Decrypter,
    InvalidKeyError,
    Key,
    KeyUnavailableError,
    Limits,
    MalformedTokenError,
    MultiSigner,
    Signer,
    UnknownKeyError,
)
from joseal.remote import FileKeys, KeySource, OpenIdIssuer, Proxy, RemoteKeys

ENC_ALG = "ECDH-ES+A256KW"


@pytest.fixture
def server():
    with JwksServer(pair("a")) as made:
        yield made


@pytest.fixture
def clock():
    return Clock()


def remote(server, clock, **settings):
    settings = {"alg": "ES256", "use": "sig", "deadline_seconds": 10, **settings}
    return RemoteKeys(server.url + PATH, ssl_context=server.trust, clock=clock, **settings)


def signed(kid, alg="ES256"):
    return Signer(pair(kid, alg)).sign(b"hello")


def test_nothing_is_fetched_before_keys_are_needed(server, clock):
    keys = remote(server, clock)
    assert not keys.health().is_usable
    assert server.fetches == 0
    assert keys.verifier().verify(signed("a")) == b"hello"
    assert server.fetches == 1
    assert server.paths() == [PATH]
    assert server.asked("Accept") == ["application/jwk-set+json, application/json"]


def test_a_fresh_set_is_not_fetched_again(server, clock):
    keys = remote(server, clock)
    for _ in range(100):
        keys.verifier(signed("a")).verify(signed("a"))
    assert server.fetches == 1


def test_the_same_settings_give_the_same_object_until_the_keys_change(server, clock):
    keys = remote(server, clock)
    first = keys.verifier(typ="JWT", policy=MODERN, limits=Limits(token_bytes=9999))
    again = keys.verifier(typ="JWT", policy=MODERN, limits=Limits(token_bytes=9999))
    assert first is again
    assert keys.verifier(typ="JWT") is not first
    assert keys.verifier(crit=["x"]) is not keys.verifier(crit=["x"])
    assert keys.verifier(crit=("x",)) is keys.verifier(crit=("x",))
    with pytest.raises(TypeError):
        keys.verifier(any_kid=0)
    clock.advance(301)
    assert keys.verifier(typ="JWT", policy=MODERN, limits=Limits(token_bytes=9999)) is first
    assert server.fetches == 2
    server.serve(pair("a"), pair("b"))
    clock.advance(301)
    assert keys.verifier(typ="JWT", policy=MODERN, limits=Limits(token_bytes=9999)) is not first
    with pytest.raises(UnknownKeyError):
        first.verify(Signer(pair("b"), header={"typ": "JWT"}).sign(b"x"))


def test_what_is_kept_for_settings_is_bounded(server, clock):
    keys = remote(server, clock)
    for number in range(200):
        keys.verifier(typ=f"t{number}")
    assert len(keys._refresher.current()._kept) <= 32


def test_the_set_is_fetched_ahead_while_it_still_serves(server, clock):
    keys = remote(server, clock, fresh_seconds=100)
    keys.key_set()
    clock.advance(89)
    keys.key_set()
    assert server.fetches == 1
    clock.advance(2)
    assert keys.health().is_fresh
    keys.key_set()
    assert server.fetches == 2


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("Cache-Control: max-age=1000", 1000),
        ("Cache-Control: public, max-age=1000, must-revalidate", 1000),
        ("Cache-Control: max-age=1000\r\nAge: 900", 100),
        ("Cache-Control: max-age=1000\r\nAge: x", 1000),
        ("Cache-Control: max-age=999999999", 3600),
        ("Cache-Control: max-age=9999999999999", 300),
        ("Cache-Control: max-age=1", 30),
        ("Cache-Control: no-store, max-age=1000", 30),
        ("Cache-Control: no-cache", 30),
        ("Cache-Control: s-max-age=7", 300),
        ("Cache-Control: max-age=-1", 300),
        ("X: y", 300),
    ],
)
def test_the_other_side_says_how_long_a_set_is_fresh_within_bounds(server, clock, line, seconds):
    server.serve(headers=(line,))
    keys = remote(server, clock)
    keys.key_set()
    clock.advance(seconds - 0.001)
    assert keys.health().is_fresh
    clock.advance(0.002)
    assert not keys.health().is_fresh


def test_an_entity_tag_asks_for_changes_alone(server, clock):
    seen = []
    server.serve(tag='"v1"')
    keys = remote(server, clock, on_fetch=seen.append)
    first = keys.key_set()
    clock.advance(301)
    assert keys.key_set() is first
    server.serve(pair("b"), tag='"v2"')
    clock.advance(301)
    assert [key.kid for key in keys.key_set()] == ["b"]
    assert server.asked("If-None-Match") == [None, '"v1"', '"v1"']
    assert [fetch.outcome for fetch in seen] == ["loaded", "unchanged", "loaded"]
    assert [(fetch.added, fetch.removed) for fetch in seen] == [
        (("a",), ()),
        ((), ()),
        (("b",), ("a",)),
    ]


def test_a_kid_that_was_not_there_does_not_keep_a_set_from_being_fetched_again(server, clock):
    keys = remote(server, clock, fresh_seconds=100)
    keys.key_set()
    clock.advance(31)
    keys.verifier(forged("x"))
    assert server.fetches == 2
    clock.advance(100)
    keys.verifier(forged("x"))
    assert server.fetches == 3


@pytest.mark.parametrize("tag", ["v1", '"' + "x" * 300 + '"', '"\xe9"'])
def test_an_entity_tag_that_is_none_is_not_sent_back(server, clock, tag):
    server.serve(headers=(f"ETag: {tag}",))
    keys = remote(server, clock)
    keys.key_set()
    clock.advance(301)
    keys.key_set()
    assert server.asked("If-None-Match") == [None, None]


def test_a_new_kid_brings_one_fetch_after_the_cooldown(server, clock):
    keys = remote(server, clock)
    keys.key_set()
    server.serve(pair("a"), pair("b"))
    with pytest.raises(UnknownKeyError):
        keys.verifier(signed("b")).verify(signed("b"))
    assert server.fetches == 1
    clock.advance(31)
    assert keys.verifier(signed("b")).verify(signed("b")) == b"hello"
    assert server.fetches == 2


def test_unknown_kids_bring_one_fetch_in_a_cooldown_however_many_they_are(server, clock):
    keys = remote(server, clock, fresh_seconds=3600)
    keys.key_set()
    clock.advance(31)
    for number in range(2000):
        keys.verifier(forged(f"x{number}"))
    assert server.fetches == 2
    assert len(keys._refresher._unknown) <= 1000


def test_a_kid_that_was_not_there_is_not_looked_for_again_until_the_set_changes(server, clock):
    keys = remote(server, clock, fresh_seconds=3600)
    keys.key_set()
    for _ in range(8):
        clock.advance(31)
        keys.verifier(forged("x"))
    assert server.fetches == 2
    clock.advance(301)
    keys.verifier(forged("x"))
    assert server.fetches == 3


def test_the_number_of_remembered_kids_is_bounded(server, clock):
    keys = remote(server, clock, fresh_seconds=3600)
    keys.key_set()
    refresher = keys._refresher
    for number in range(1500):
        refresher._remember((f"x{number}",))
    assert len(refresher._unknown) == 1000
    assert refresher._is_remembered(("x1499",))
    assert not refresher._is_remembered(("x0",))


def forged(kid, **members):
    """Make a token whose kid nobody has, and whose signature is worth nothing."""
    header = {"alg": "ES256", "kid": kid, **members}
    from tests.helpers.forge import b64

    return ".".join([b64(json.dumps(header).encode()), b64(b"{}"), b64(bytes(64))])


@pytest.mark.parametrize("token", ["", "a.b.c", "e30.e30.e30", "x" * 100, b"a.b"])
def test_a_broken_token_brings_no_fetch_and_is_left_to_the_verifier(server, clock, token):
    keys = remote(server, clock)
    keys.key_set()
    clock.advance(31)
    keys.verifier(token)
    assert server.fetches == 1


def test_nothing_of_a_token_but_its_kid_is_read(server, clock):
    keys = remote(server, clock)
    keys.key_set()
    clock.advance(31)
    with JwksServer(pair("evil")) as other:
        address = other.url + PATH
        token = forged("a", jku=address, x5u=address)
        keys.verifier(token)
        keys.verifier(forged("b", jku=address, x5u=address, jwk=pair("evil").to_jwk()))
        assert other.fetches == 0
    assert set(server.paths()) == {PATH}


def test_a_message_with_several_signatures_is_looked_for_if_none_of_its_kids_is_there(
    server, clock
):
    keys = remote(server, clock)
    keys.key_set()
    server.serve(pair("a"), pair("b"))
    clock.advance(31)
    known = MultiSigner([pair("a"), pair("stranger")]).sign(b"x")
    assert keys.verifier(known, form="general").verify(known) == b"x"
    assert server.fetches == 1
    flattened = Signer(pair("b"), form="flattened").sign(b"x")
    with pytest.raises(MalformedTokenError):
        keys.verifier(flattened).verify(flattened)
    assert server.fetches == 1
    assert keys.verifier(flattened, form="flattened").verify(flattened) == b"x"
    assert server.fetches == 2


def test_a_signature_without_a_kid_looks_for_none(server, clock):
    keys = remote(server, clock)
    keys.key_set()
    clock.advance(31)
    nameless = Signer(pair("b"), form="flattened", header={"kid": "b"}).sign(b"x")
    assert keys.verifier("{}", form="flattened")
    assert keys.verifier(nameless, form="flattened", any_kid=True)
    assert server.fetches == 1


def test_a_single_key_without_a_name_answers_to_every_name(server, clock):
    server.serve(Key.from_pem(pair("a").to_pem(), alg="ES256"))
    keys = remote(server, clock)
    keys.key_set()
    clock.advance(31)
    assert keys.verifier(signed("a")).verify(signed("a")) == b"hello"
    assert server.fetches == 1


def test_any_kid_looks_for_none(server, clock):
    keys = remote(server, clock)
    keys.key_set()
    clock.advance(31)
    keys.verifier(forged("x"), any_kid=True)
    assert server.fetches == 1


def test_fifty_threads_make_one_fetch(server, clock):
    seconds = 0.05
    barrier = threading.Barrier(50)

    def slow(peer, connection):
        peer.wait(seconds)
        peer.behave = None
        peer._answer(connection)

    server.serve(behave=slow)
    keys = remote(server, clock)

    def work(_):
        barrier.wait()
        return keys.verifier(signed("a")).verify(signed("a"))

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        assert set(pool.map(work, range(50))) == {b"hello"}
        assert server.fetches == 1
        clock.advance(31)
        token = forged("x")

        def unknown(_):
            barrier.wait()
            return keys.verifier(token)

        assert len(set(pool.map(unknown, range(50)))) == 1
    assert server.fetches == 2


def test_whoever_has_usable_keys_does_not_wait_for_the_fetch_of_another(server, clock):
    keys = remote(server, clock)
    keys.key_set()
    clock.advance(301)
    arrived, released = threading.Event(), threading.Event()

    def held(peer, connection):
        arrived.set()
        released.wait(60)

    server.serve(behave=held)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(keys.key_set)
        assert arrived.wait(30)
        assert [key.kid for key in keys.key_set()] == ["a"]
        assert not waiting.done()
        released.set()
        assert [key.kid for key in waiting.result()] == ["a"]
    assert server.fetches == 2


def test_refresh_fetches_at_once_and_says_what_failed(server, clock):
    keys = remote(server, clock)
    keys.key_set()
    server.serve(pair("b"))
    assert [key.kid for key in keys.refresh()] == ["b"]
    server.serve(status=503)
    with pytest.raises(KeyUnavailableError, match="HTTP 503"):
        keys.refresh()
    assert [key.kid for key in keys.key_set()] == ["b"]
    assert (keys.health().failures, keys.health().reason) == (1, "status")


@needs_fork
def test_a_child_that_is_forked_while_a_thread_fetches_goes_on_by_itself(server, clock):
    keys = remote(server, clock)
    keys.key_set()
    clock.advance(301)
    arrived, released = threading.Event(), threading.Event()

    def held(peer, connection):
        peer.behave = None
        arrived.set()
        released.wait(60)

    server.serve(pair("a"), pair("b"), behave=held)
    thread = threading.Thread(target=keys.key_set)
    thread.start()
    assert arrived.wait(30)
    child = Child(lambda: [key.kid for key in keys.refresh()])
    assert child.said() == "['a', 'b']"
    released.set()
    thread.join(30)
    assert server.fetches == 3


def test_encrypting_goes_to_the_first_key_that_serves_and_follows_a_rotation(server, clock):
    old, new = (Key.generate(ENC_ALG, kid=kid, curve="X25519") for kid in ("old", "new"))
    mine = Decrypter([old, new], enc="A256GCM")
    server.serve(pair("a"), old)
    keys = remote(server, clock, alg=ENC_ALG, use="enc")
    opened = mine.open(keys.encrypter("A256GCM", header={"typ": "JWT"}).encrypt(b"x"))
    assert (opened.key.kid, opened.header["typ"]) == ("old", "JWT")
    assert keys.encrypter("A256GCM") is keys.encrypter("A256GCM")
    assert [place for place, _ in keys.key_set().skipped] == [0]
    server.serve(new, old)
    clock.advance(301)
    assert mine.open(keys.encrypter("A256GCM").encrypt(b"x")).key.kid == "new"
    assert mine.open(keys.encrypter("A256GCM", kid="old").encrypt(b"x")).key.kid == "old"
    with pytest.raises(KeyUnavailableError, match="of the kid that was asked for"):
        keys.encrypter("A256GCM", kid="other")


def test_keys_are_for_one_use(server, clock):
    signing = remote(server, clock)
    with pytest.raises(ValueError, match="for use 'sig'"):
        signing.encrypter("A256GCM")
    with pytest.raises(ValueError, match="for use 'enc'"):
        remote(server, clock, alg=ENC_ALG, use="enc").verifier()
    assert server.fetches == 0


def test_members_for_something_else_are_skipped_with_their_place(server, clock):
    other_use = {**Key.generate("ES256", kid="e").public().to_jwk(), "use": "enc"}
    no_verify = {**pair("v").public().to_jwk(), "key_ops": ["deriveKey"]}
    server.body = {
        "keys": [
            *jwks(pair("x", "Ed25519"))["keys"],
            {"kty": "new-kind"},
            "text",
            other_use,
            no_verify,
            *jwks(pair("a"))["keys"],
        ]
    }
    keys = remote(server, clock)
    assert [key.kid for key in keys.key_set()] == ["a"]
    assert [place for place, _ in keys.key_set().skipped] == [0, 1, 2, 3, 4]
    assert keys.key_set().skipped[0][1] == "its alg is Ed25519, which was not asked for"
    assert keys.health().kids == ("a",)


def test_a_mapping_gives_the_alg_of_members_without_one(server, clock):
    bare = pair("a").public().to_jwk()
    del bare["alg"]
    server.body = {"keys": [bare]}
    keys = remote(server, clock, alg={"P-256": "ES256", "RSA": "RS256"})
    assert keys.verifier().verify(signed("a")) == b"hello"


def test_the_hook_is_told_of_each_fetch_and_no_value_of_a_key(server, clock):
    seen = []
    keys = remote(server, clock, on_fetch=seen.append)
    keys.key_set()
    server.serve(status=500)
    clock.advance(301)
    keys.key_set()
    assert [(each.outcome, each.reason) for each in seen] == [
        ("loaded", None),
        ("failed", "status"),
    ]
    assert pair("a").to_jwk()["x"] not in repr(seen)


def test_what_the_hook_raises_leaves_the_call_after_the_keys_were_kept(server, clock):
    def hook(fetch):
        raise RuntimeError("a metric")

    keys = remote(server, clock, on_fetch=hook)
    with pytest.raises(RuntimeError, match="a metric"):
        keys.key_set()
    assert [key.kid for key in keys.key_set()] == ["a"]
    assert server.fetches == 1


@pytest.mark.parametrize(
    ("url", "settings", "error"),
    [
        ("http://localhost/jwks", {}, ValueError),
        ("HTTPS://localhost/jwks", {}, ValueError),
        ("https://user:hunter2@localhost/", {}, ValueError),
        ("https://localhost/#x", {}, ValueError),
        ("https://localhost:99999/", {}, ValueError),
        ("https://local host/", {}, ValueError),
        ("https://localhost/\r\nX: y", {}, ValueError),
        ("file:///etc/jwks", {}, ValueError),
        (b"https://localhost/", {}, TypeError),
        ("https://localhost/", {"alg": None}, TypeError),
        ("https://localhost/", {"alg": {}}, ValueError),
        ("https://localhost/", {"alg": "ES257"}, InvalidKeyError),
        ("https://localhost/", {"alg": "HS256"}, ValueError),
        ("https://localhost/", {"alg": "RSA-OAEP"}, ValueError),
        ("https://localhost/", {"use": "both"}, ValueError),
        ("https://localhost/", {"alg": "A256KW", "use": "enc"}, ValueError),
        ("https://localhost/", {"stale_seconds": -1}, ValueError),
        ("https://localhost/", {"fresh_seconds": float("inf")}, ValueError),
        ("https://localhost/", {"cooldown_seconds": "1"}, TypeError),
        ("https://localhost/", {"deadline_seconds": True}, TypeError),
        ("https://localhost/", {"deadline_seconds": 0}, ValueError),
        ("https://localhost/", {"deadline_seconds": 10**400}, ValueError),
        ("https://localhost/", {"cooldown_seconds": 0.5}, ValueError),
        ("https://localhost/", {"clock": 1}, TypeError),
        ("https://localhost/", {"on_fetch": 1}, TypeError),
        ("https://localhost/", {"proxy": "http://localhost:1"}, TypeError),
        ("https://localhost/", {"ssl_context": 1}, TypeError),
    ],
)
def test_mistakes_of_the_caller_are_found_before_any_fetch(url, settings, error):
    with pytest.raises(error) as caught:
        RemoteKeys(url, **{"alg": "ES256", "use": "sig", **settings})
    assert "hunter2" not in str(caught.value)


def test_a_caller_may_give_a_proxy_and_never_makes_the_base_class():
    proxy = Proxy("http://127.0.0.1:9")
    keys = RemoteKeys("https://localhost/", alg="ES256", use="sig", proxy=proxy)
    assert repr(keys) == "RemoteKeys('https://localhost/', use='sig')"
    assert isinstance(keys, KeySource)
    with pytest.raises(KeyUnavailableError, match=r"no tunnel|no connection"):
        keys.key_set()
    with pytest.raises(TypeError, match="make RemoteKeys or FileKeys"):
        KeySource()


def test_names_of_a_source_are_not_pickled_and_not_listed():
    keys = FileKeys("/nowhere", alg="ES256", use="sig")
    assert not [name for name in dir(keys) if name.startswith("_") and not name.startswith("__")]
    assert OpenIdIssuer("https://a.example") == OpenIdIssuer("https://a.example")
