"""`FileKeys`: a file that is replaced, damaged, half written and gone."""

import json
import os
import threading

import pytest
from tests.helpers.jwks_server import Clock, jwks, pair

from joseal import Decrypter, Encrypter, Key, KeySet, KeyUnavailableError, Signer, UnknownKeyError
from joseal.remote import FileKeys

ENC_ALG = "ECDH-ES+A256KW"
OLD, NEW = (Key.generate(ENC_ALG, kid=kid, curve="X25519") for kid in ("old", "new"))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "keys.jwks"
    write(made, jwks(pair("a")))
    return made


def write(path, members):
    path.write_bytes(members if isinstance(members, bytes) else json.dumps(members).encode())


def file_keys(path, clock, **settings):
    return FileKeys(path, **{"alg": "ES256", "use": "sig", "clock": clock, **settings})


def private(*keys):
    return KeySet(keys).to_jwks(private=True)


def kids(keys):
    return [key.kid for key in keys.key_set()]


def test_a_file_is_read_again_when_it_changes(path, clock):
    seen = []
    keys = file_keys(path, clock, on_fetch=seen.append)
    first = keys.key_set()
    clock.advance(2)
    assert keys.key_set() is first
    write(path, jwks(pair("a"), pair("b")))
    clock.advance(2)
    assert kids(keys) == ["a", "b"]
    assert [each.outcome for each in seen] == ["loaded", "unchanged", "loaded"]


def test_a_change_that_keeps_size_and_time_is_seen(path, clock):
    keys = file_keys(path, clock)
    keys.key_set()
    before = path.stat()
    text = path.read_text("utf-8")
    path.write_text(text.replace('"a"', '"z"'), "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    clock.advance(2)
    assert kids(keys) == ["z"]


def test_the_file_is_not_read_more_often_than_was_said(path, clock):
    keys = file_keys(path, clock, check_seconds=10)
    for _ in range(500):
        keys.verifier()
    assert keys.health().fetches == 1


def test_a_new_kid_has_the_file_read_at_once_but_not_more_often(path, clock):
    keys = file_keys(path, clock, check_seconds=10)
    keys.key_set()
    write(path, jwks(pair("a"), pair("b")))
    token = Signer(pair("b")).sign(b"x")
    with pytest.raises(UnknownKeyError):
        keys.verifier(token).verify(token)
    clock.advance(10)
    assert keys.verifier(token).verify(token) == b"x"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "malformed"),
        (b'{"keys":[{"kty":"EC"', "malformed"),
        ({"keys": []}, "no_key"),
        (private(pair("b")), "secret_member"),
        (b" " * 300_000, "too_large"),
        (None, "file"),
    ],
)
def test_a_bad_file_never_replaces_a_good_set(path, clock, content, reason):
    keys = file_keys(path, clock, stale_seconds=100)
    good = keys.key_set()
    if content is None:
        path.unlink()
    else:
        write(path, content)
    clock.advance(50)
    assert keys.key_set() is good
    assert keys.health().reason == reason
    clock.advance(100)
    with pytest.raises(KeyUnavailableError) as caught:
        keys.key_set()
    assert str(path) not in str(caught.value)
    write(path, jwks(pair("b")))
    clock.advance(2)
    assert kids(keys) == ["b"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_refused_and_does_not_wait_for_a_writer(path, clock):
    path.unlink()
    os.mkfifo(path)
    keys = file_keys(path, clock, stale_seconds=0)
    found = []

    def look():
        try:
            keys.key_set()
        except KeyUnavailableError as error:
            found.append(str(error))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert "not a regular file" in found[0]


@pytest.mark.parametrize("place", ["a folder", "a device"])
def test_what_is_not_a_regular_file_is_refused(place, tmp_path, clock):
    path = tmp_path if place == "a folder" else os.devnull
    with pytest.raises(KeyUnavailableError, match="file"):
        file_keys(path, clock, stale_seconds=0).key_set()


def test_a_link_to_a_file_is_read(path, clock):
    """An orchestrator replaces a mounted file by a link that is turned to another."""
    link = path.with_name("link")
    link.symlink_to(path)
    assert kids(file_keys(link, clock)) == kids(file_keys(path, clock))


def test_readers_see_whole_sets_while_the_file_is_replaced(path, clock):
    """Two sets take turns; a reader gets one of them, whatever it reads in between."""
    sets = [jwks(pair("a")), jwks(pair("a"), pair("b"))]
    keys = file_keys(path, clock, check_seconds=0)
    keys.key_set()
    done = threading.Event()

    def replace():
        for number in range(150):
            # Not by a rename: what is read in between is half a file.
            write(path, sets[number % 2])
        done.set()

    writer = threading.Thread(target=replace)
    writer.start()
    found = set()
    while not done.is_set():
        found.add(tuple(kids(keys)))
    writer.join()
    assert found <= {("a",), ("a", "b")}
    assert kids(keys) == ["a", "b"]


def test_private_keys_decrypt_and_follow_a_rotation(tmp_path, clock):
    path = tmp_path / "mine.jwks"
    write(path, private(OLD))
    keys = file_keys(path, clock, alg=ENC_ALG, use="enc", private=True)
    token = keys.encrypter("A256GCM").encrypt(b"x")
    assert keys.decrypter("A256GCM", token).decrypt(token) == b"x"
    assert keys.decrypter("A256GCM") is keys.decrypter("A256GCM")
    assert keys.decrypter(["A256GCM", "A128GCM"], any_kid=True).decrypt(token) == b"x"
    write(path, private(NEW, OLD))
    clock.advance(2)
    again = keys.encrypter("A256GCM").encrypt(b"y")
    assert Decrypter(NEW, enc="A256GCM").decrypt(again) == b"y"
    for each in (token, again):
        assert keys.decrypter("A256GCM", each).open(each)
    write(path, private(NEW))
    clock.advance(2)
    with pytest.raises(UnknownKeyError):
        keys.decrypter("A256GCM", token).decrypt(token)


def test_a_kid_of_a_message_in_json_has_the_file_read_again(tmp_path, clock):
    path = tmp_path / "mine.jwks"
    write(path, private(OLD))
    keys = file_keys(path, clock, alg=ENC_ALG, use="enc", private=True)
    keys.key_set()
    write(path, private(NEW, OLD))
    message = Encrypter(NEW.public(), enc="A256GCM", form="flattened").encrypt(b"x")
    clock.advance(0.9)
    with pytest.raises(UnknownKeyError):
        keys.decrypter("A256GCM", message, form="flattened").decrypt(message)
    clock.advance(0.1)
    assert keys.decrypter("A256GCM", message, form="flattened").decrypt(message) == b"x"
    assert keys.health().fetches == 2


def test_private_keys_sign_and_verify(tmp_path, clock):
    path = tmp_path / "mine.jwks"
    write(path, {"keys": [*private(pair("a"))["keys"], *jwks(pair("b"))["keys"]]})
    keys = file_keys(path, clock, private=True)
    assert keys.verifier().verify(keys.signer().sign(b"x")) == b"x"
    assert keys.key_set().skipped == ((1, "it is a public key"),)
    with pytest.raises(ValueError, match="for use 'sig'"):
        keys.decrypter("A256GCM")


def test_shared_secrets_are_a_private_set(tmp_path, clock):
    path = tmp_path / "mine.jwks"
    secret = Key.generate("A256KW", kid="o")
    write(path, private(secret))
    keys = file_keys(path, clock, alg="A256KW", use="enc", private=True)
    token = keys.encrypter("A256GCM").encrypt(b"x")
    assert keys.decrypter("A256GCM", token).decrypt(token) == b"x"


def test_public_keys_neither_decrypt_nor_sign(path, clock):
    with pytest.raises(ValueError, match="private=True"):
        file_keys(path, clock).signer()
    with pytest.raises(ValueError, match="private=True"):
        file_keys(path, clock, alg=ENC_ALG, use="enc").decrypter("A256GCM")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"path": 1}, TypeError),
        ({"path": "a\0b"}, ValueError),
        ({"private": 1}, TypeError),
        ({"check_seconds": -1}, ValueError),
        ({"stale_seconds": None}, TypeError),
        ({"alg": "HS256"}, ValueError),
        ({"clock": None}, TypeError),
        ({"on_fetch": 1}, TypeError),
    ],
)
def test_mistakes_of_the_caller_are_found_before_the_file_is_read(settings, error):
    settings = {"path": "/nowhere", "alg": "ES256", "use": "sig", **settings}
    with pytest.raises(error):
        FileKeys(settings.pop("path"), **settings)


@pytest.mark.parametrize("limits", [None, 5, "token_bytes"])
def test_limits_of_another_type_are_a_type_error_before_a_token_is_looked_at(
    path, tmp_path, clock, limits
):
    write(tmp_path / "private", private(OLD))
    opened = file_keys(tmp_path / "private", clock, alg=ENC_ALG, use="enc", private=True)
    for form in ("compact", "general"):
        with pytest.raises(TypeError, match="limits must be Limits"):
            file_keys(path, clock).verifier("a.b.c", form=form, limits=limits)
        with pytest.raises(TypeError, match="limits must be Limits"):
            opened.decrypter("A256GCM", "a.b.c.d.e", form=form, limits=limits)


def test_keys_for_integrated_hpke_take_no_enc(tmp_path, clock):
    key = Key.generate("HPKE-0", kid="a")
    write(tmp_path / "private", private(key))
    found = file_keys(tmp_path / "private", clock, alg="HPKE-0", use="enc", private=True)
    token = found.encrypter(None).encrypt(b"hello")
    assert found.decrypter(None, token).decrypt(token) == b"hello"
    with pytest.raises(ValueError, match="enc must not be given"):
        found.decrypter("A128GCM", token)


def test_one_enc_serves_a_set_that_changes_to_a_hybrid_key_and_back(tmp_path, clock):
    hybrid = Key.generate("HPKE-9", kid="hybrid")
    settings = {"alg": {"X25519": ENC_ALG, "AKP": "HPKE-9"}, "use": "enc"}
    theirs = file_keys(tmp_path / "public", clock, **settings)
    mine = file_keys(tmp_path / "private", clock, private=True, **settings)
    for keys in ((OLD,), (OLD, hybrid), (hybrid, OLD), (hybrid,), (NEW, hybrid)):
        write(tmp_path / "public", KeySet(keys).to_jwks())
        write(tmp_path / "private", private(*keys))
        clock.advance(2)
        token = theirs.encrypter("A256GCM").encrypt(b"hello")
        opened = mine.decrypter(["A256GCM", "A128GCM"], token).open(token)
        assert (opened.plaintext, opened.key.kid) == (b"hello", keys[0].kid)
    with pytest.raises(TypeError, match="enc is missing: a key for ECDH-ES"):
        theirs.encrypter(None)
    for make in (theirs.encrypter, mine.decrypter):
        with pytest.raises(ValueError, match="A257GCM"):
            make("A257GCM")
