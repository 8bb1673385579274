"""A Decrypter remembers the last authenticated header, and nothing that is seen changes by it.

That failures stay one is proven over all algs in `test_uniform_failure.py`.
"""

import sys
import threading

import pytest
from tests.faults.forking import in_child, needs_fork
from tests.helpers import all_algorithms, forge

from joseal import Decrypter, Encrypter, JoseError, KeySet, Limits
from joseal._core import jwe
from joseal._core.wire import strict_json

ENC = "A128CBC-HS256"
FLAT = ["RSA-OAEP", "A128KW", "dir"]


@pytest.fixture
def parsed(monkeypatch):
    """Write down each header that is parsed."""
    calls = []
    load = strict_json.load_header
    monkeypatch.setattr(strict_json, "load_header", lambda raw: calls.append(raw) or load(raw))
    return calls


def opener(alg="dir", **options):
    return Decrypter(all_algorithms.key(alg, ENC), enc=ENC, **options)


def token(alg="dir", **options):
    return str(forge.token(alg, ENC, **options))


def shared(**options):
    return Encrypter(all_algorithms.key("dir", ENC), enc=ENC, **options)


@pytest.mark.parametrize("alg", FLAT)
def test_header_that_was_authenticated_is_not_parsed_again(alg, parsed):
    decrypter = opener(alg)
    encrypter = Encrypter(forge.sealing(all_algorithms.key(alg, ENC)), enc=ENC)
    tokens = [encrypter.encrypt(b"%d" % number) for number in range(3)]
    parsed.clear()
    assert [decrypter.decrypt(each) for each in tokens] == [b"0", b"1", b"2"]
    assert len(parsed) == 1


def test_header_of_a_token_that_fails_is_neither_kept_nor_does_it_replace_the_kept_one(parsed):
    decrypter = opener()
    good, other = forge.token("dir", ENC), forge.token("dir", ENC, members={"typ": "x"})
    bad = other._replace(tag=bytes(len(other.tag)))
    assert decrypter.decrypt(str(good)) == b"forged"
    parsed.clear()
    for _ in range(2):
        with pytest.raises(JoseError):
            decrypter.decrypt(str(bad))
    assert len(parsed) == 2
    assert decrypter.decrypt(str(good)) == b"forged"
    assert len(parsed) == 2


def test_plaintext_that_is_refused_after_its_tag_leaves_nothing_behind(parsed):
    decrypter = opener(limits=Limits(plaintext_bytes=10))
    long = token(plaintext=b"x" * 11)
    for count in (1, 2):
        with pytest.raises(JoseError):
            decrypter.decrypt(long)
        assert len(parsed) == count


def test_each_opener_remembers_for_itself(parsed):
    other = Decrypter(all_algorithms.key("dir", ENC, "other"), enc=ENC)
    first, demanding, good = opener(), opener(typ="JWT"), token()
    parsed.clear()
    assert first.decrypt(good) == b"forged"
    for refusing in (other, demanding):
        with pytest.raises(JoseError):
            refusing.decrypt(good)
    assert len(parsed) == 3


def test_header_that_is_handed_out_belongs_to_the_caller():
    class Taker:
        def __eq__(self, other):
            other["typ"] = "changed"
            return False

        __hash__ = None

    decrypter, made = opener(), token(members={"typ": "x"})
    first = decrypter.open(made)
    # A read-only view compares by handing its dict over.
    assert first.header != Taker()
    assert first.header["typ"] == "changed"
    assert decrypter.open(made).header == {"alg": "dir", "typ": "x", "enc": ENC}


def broken(good):
    """Yield the good token's relatives, which have its header and one fault each."""
    yield good._replace(encrypted_key=b"\x00" * 8)
    yield good._replace(encrypted_key=good.encrypted_key + b"\x00")
    yield good._replace(iv=good.iv[:-1])
    yield good._replace(ciphertext=good.ciphertext[:-1])
    yield good._replace(ciphertext=b"")
    yield good._replace(tag=good.tag + b"\x00")
    yield good._replace(tag=bytes(len(good.tag)))


def texts(good):
    whole = str(good)
    segments = whole.split(".")
    yield from map(str, broken(good))
    yield from (whole + "=", whole + ".", whole[:-1], whole + "\n", "x" + whole, whole[1:])
    for place in range(1, 5):
        for mistake in ("=", "+", "/", "!", "é", " "):
            changed = [*segments]
            changed[place] += mistake
            yield ".".join(changed)
        yield ".".join(segments[:place])
    yield ".".join([segments[0], "A", "B", "C", "D"])


def refusal(decrypter, text):
    try:
        return decrypter.decrypt(text)
    except JoseError as error:
        return type(error), str(error), error.args, error.code, vars(error)


@pytest.mark.parametrize("alg", FLAT)
def test_what_is_refused_is_refused_in_the_same_words_with_its_header_remembered(alg):
    good = forge.token(alg, ENC)
    warm = opener(alg)
    assert warm.decrypt(str(good)) == b"forged"
    seen = set()
    for text in texts(good):
        found = refusal(warm, text)
        assert found == refusal(opener(alg), text), text
        seen.add(found[1])
    assert len(seen) >= 8


def test_threads_that_share_an_opener_get_what_their_own_token_says():
    ring = KeySet([all_algorithms.key("dir", ENC, name, kid=name) for name in ("a", "b", "c")])
    decrypter = Decrypter(ring, enc=ENC)
    tokens = {
        name: Encrypter(key, enc=ENC).encrypt(name.encode())
        for name, key in zip("abc", ring, strict=True)
    }
    wrong = []

    def work(name):
        for _ in range(300):
            opened = decrypter.open(tokens[name])
            if (opened.plaintext, opened.key.kid, opened.header["kid"]) != (
                *(name.encode(), name, name),
            ):
                wrong.append(opened)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(name,)) for name in "abcabc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []


@needs_fork
def test_forked_child_has_what_was_remembered_and_changes_nothing_for_its_parent(parsed):
    decrypter = opener()
    good, other = token(), token(members={"typ": "x"})
    assert decrypter.decrypt(good) == b"forged"
    parsed.clear()

    def work():
        opened = [decrypter.decrypt(each) for each in (good, other, other)]
        return opened == [b"forged"] * 3, len(parsed)

    assert in_child(work) == "(True, 1)"
    assert decrypter.decrypt(good) == b"forged"
    assert parsed == []


def test_memo_is_the_last_thing_that_happens_to_a_good_token(monkeypatch):
    """Nothing that follows could refuse it."""
    order = []
    monkeypatch.setattr(jwe.HeaderMemo, "remember", lambda *_: order.append("remember") or None)
    release = jwe.DecryptionSettings.release
    monkeypatch.setattr(
        jwe.DecryptionSettings,
        "release",
        lambda *given: order.append("release") or release(*given),
    )
    assert opener().decrypt(token()) == b"forged"
    assert order == ["release", "remember"]
