"""There is one failure: whatever the private key finds wrong looks, and works, the same.

Source: RFC 7516 section 11.5, RFC 7518 section 5.2.2.2.
"""

import os
import traceback

import pytest
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import Decrypter, DecryptionError, Key
from joseal._core.algorithms import aes, content_encryption
from joseal._core.algorithms.registry import ALGS, ENCS
from joseal._core.algorithms.rsa import decryptor

SYMMETRIC = ["A128KW", "A256KW", "dir"]
SUITES = [(alg, enc) for alg in ["RSA-OAEP", "RSA-OAEP-256", *SYMMETRIC] for enc in forge.ENCS]
CBC_SUITES = [(alg, enc) for alg, enc in SUITES if enc in forge.CBC_ENCS]


class RecordedKey:
    """A private key that writes down when it is used."""

    def __init__(self, private, log):
        self._private = private
        self._log = log

    def decrypt(self, encrypted_key, padding):
        self._log.append(("rsa", len(encrypted_key)))
        return self._private.decrypt(encrypted_key, padding)


class RecordedAead:
    def __init__(self, kind, key, log):
        log.append(("gcm key", len(key)))
        self._aead = kind(key)
        self._log = log

    def decrypt(self, iv, data, aad):
        self._log.append(("gcm", len(iv), len(data), len(aad)))
        return self._aead.decrypt(iv, data, aad)


class RecordedMac:
    def __init__(self, kind, key, algorithm, log):
        log.append(("hmac key", len(key), algorithm.name))
        self._mac = kind(key, algorithm)
        self._log = log
        self._size = 0

    def update(self, data):
        self._size += len(data)
        self._mac.update(data)

    def finalize(self):
        self._log.append(("hmac", self._size))
        return self._mac.finalize()


@pytest.fixture
def log(monkeypatch):
    """Write down every primitive that is used, with the sizes of what it is given."""
    calls = []
    urandom = os.urandom  # noqa: TID251 - what is watched
    unwrap = aes.aes_key_unwrap
    cipher, aead, mac = (
        content_encryption.Cipher,
        content_encryption.AESGCM,
        content_encryption.HMAC,
    )

    def recorded(name, function):
        def call(*args):
            sizes = [len(arg) for arg in args if isinstance(arg, bytes)]
            calls.append((name, *sizes, *(arg for arg in args if isinstance(arg, int))))
            return function(*args)

        return call

    monkeypatch.setattr(os, "urandom", recorded("urandom", urandom))
    monkeypatch.setattr(aes, "aes_key_unwrap", recorded("aes", unwrap))
    monkeypatch.setattr(content_encryption, "Cipher", recorded("cipher", cipher))
    monkeypatch.setattr(content_encryption, "AESGCM", lambda key: RecordedAead(aead, key, calls))
    monkeypatch.setattr(
        content_encryption, "HMAC", lambda key, kind: RecordedMac(mac, key, kind, calls)
    )
    same = content_encryption.same

    def compare(computed, received):
        calls.append(("compare", len(computed), len(received)))
        return same(computed, received)

    monkeypatch.setattr(content_encryption, "same", compare)
    return calls


def recorded_key(alg, enc, log, name="mine"):
    """Return a key of its own, whose private half writes to the log."""
    if alg not in forge.RSA_ALGS:
        return forge.key(alg, enc, name)
    key = Key.from_pem(forge.pem_of(forge.rsa_private(name)), alg=alg)
    mechanism = key._for_encryption("decrypt", [ENCS[enc]], None)
    recorded = RecordedKey(forge.rsa_private(name), log)
    object.__setattr__(mechanism, "_decrypt", decryptor(ALGS[alg], recorded))
    return key


def flipped(raw, place=0):
    place %= len(raw)
    return raw[:place] + bytes((raw[place] ^ 1,)) + raw[place + 1 :]


def faults(alg, enc):
    """Tokens of one shape that only the private step tells from good ones."""
    good = forge.token(alg, enc)
    size = forge.ENCS[enc].cek_bytes
    yield "good tag, first bit", good._replace(tag=flipped(good.tag))
    yield "good tag, last byte", good._replace(tag=flipped(good.tag, -1))
    yield "no tag", good._replace(tag=bytes(len(good.tag)))
    yield "iv", good._replace(iv=flipped(good.iv))
    yield "ciphertext", good._replace(ciphertext=flipped(good.ciphertext))
    yield "header", good._replace(header=good.header.replace(b" ", b"\t"))
    yield "another's token", forge.token(alg, enc, name="other")
    if alg == "dir":
        return
    yield (
        "another's encrypted key",
        good._replace(encrypted_key=forge.wrap(alg, enc, bytes(size), "other")),
    )
    yield "another CEK", good._replace(encrypted_key=forge.wrap(alg, enc, bytes(size)))
    yield "zero encrypted key", good._replace(encrypted_key=bytes(len(good.encrypted_key)))
    yield "encrypted key, first bit", good._replace(encrypted_key=flipped(good.encrypted_key))
    yield "encrypted key, last byte", good._replace(encrypted_key=flipped(good.encrypted_key, -1))
    if alg not in forge.RSA_ALGS:
        return
    yield "number over the modulus", good._replace(encrypted_key=b"\xff" * 256)
    for other in set(forge.RSA_ALGS) - {alg}:
        wrapped = forge.wrap(other, enc, forge.draw("cek", size))
        yield f"hash of {other}", good._replace(encrypted_key=wrapped)
    sizes = {0, 1, 8, 15, 17, size - 1, size + 1, 126} | {
        one.cek_bytes for one in forge.ENCS.values()
    }
    for wrong in sizes - {size}:
        cek = (forge.draw("cek", size) * 8)[:wrong]
        yield f"CEK of {wrong}", good._replace(encrypted_key=forge.wrap(alg, enc, cek))


def padding_faults(alg, enc):
    """Bad padding under a good tag, as any sender can make it."""
    for block in (bytes(16), b"\x11" * 16, b"A" * 14 + b"\x01\x02", b"\xff" * 16):
        yield block[-2:].hex(), forge.token(alg, enc, padded=block)


def observed(opener, token, log):
    """Return all that can be seen of a failure: the error, its surroundings, and the work done."""
    log.clear()
    try:
        opener(str(token))
    except DecryptionError as error:
        frames = [
            (frame.f_code.co_name, line, sorted(frame.f_locals))
            for frame, line in list(traceback.walk_tb(error.__traceback__))[1:]
        ]
        seen = (type(error), str(error), error.args, repr(error), vars(error), error.code)
        return (*seen, error.__cause__, error.__context__, frames), list(log)
    pytest.fail("the token was opened")


def unwrapping(alg, enc):
    if alg in forge.RSA_ALGS:
        return [("rsa", 256)]
    return [] if alg == "dir" else [("aes", forge.KW_ALGS[alg], forge.ENCS[enc].cek_bytes + 8)]


def work(alg, enc):
    """What is done for one key that fails: the same for whatever it is that fails."""
    sizes = forge.ENCS[enc]
    token = forge.token(alg, enc)
    aad = len(forge.b64(token.header))
    steps = [("urandom", sizes.cek_bytes), *unwrapping(alg, enc)]
    if sizes.mac is None:
        data = len(token.ciphertext) + sizes.tag_bytes
        return [*steps, ("gcm key", sizes.cek_bytes), ("gcm", 12, data, aad)]
    message = aad + 16 + len(token.ciphertext) + 8
    compare = ("compare", sizes.tag_bytes, sizes.tag_bytes)
    return [*steps, ("hmac key", sizes.tag_bytes, sizes.mac), ("hmac", message), compare]


@pytest.mark.parametrize("method", ["decrypt", "open"])
@pytest.mark.parametrize(("alg", "enc"), SUITES)
def test_every_private_fault_is_the_same_failure_after_the_same_work(alg, enc, method, log):
    opener = getattr(Decrypter(recorded_key(alg, enc, log), enc=enc), method)
    expected = work(alg, enc)
    seen = {}
    for name, token in faults(alg, enc):
        seen[name], done = observed(opener, token, log)
        assert done == expected, name
    assert len(seen) >= 7
    first, *others = seen.values()
    assert first[:4] == (
        DecryptionError,
        "the token can't be opened with this key: `joseal doctor --key` can tell why",
        (),
        "DecryptionError()",
    )
    assert first[4:8] == ({}, "undecryptable", None, None)
    assert [(frame[0], frame[2]) for frame in first[8]] == [
        ("guarded", ["function"]),
        (method, []),
        ("_open", []),
        ("decrypt", []),
    ]
    assert all(other == first for other in others)


@pytest.mark.parametrize(("alg", "enc"), CBC_SUITES)
def test_bad_padding_under_a_good_tag_is_that_failure_too(alg, enc, log):
    """Only here is anything deciphered, and only because the tag was good."""
    opener = Decrypter(recorded_key(alg, enc, log), enc=enc).decrypt
    bad_tag = forge.token(alg, enc)
    bad_tag = bad_tag._replace(tag=flipped(bad_tag.tag))
    expected, _ = observed(opener, bad_tag, log)
    for name, token in padding_faults(alg, enc):
        seen, done = observed(opener, token, log)
        assert seen == expected, name
        assert done == [*work(alg, enc), ("cipher",)], name


@pytest.mark.parametrize(("alg", "enc"), SUITES)
def test_several_keys_fail_as_one_does(alg, enc, log):
    """Three keys, of which the token is for none, or for each in turn."""
    names = ["mine", "second", "third"]
    keys = {name: recorded_key(alg, enc, log, name) for name in names}
    seen = []
    for order in (names, names[1:] + names[:1], names[2:] + names[:2]):
        opener = Decrypter([keys[name] for name in order], enc=enc).decrypt
        for name, token in faults(alg, enc):
            found, done = observed(opener, token, log)
            seen.append(found)
            assert done == work(alg, enc) * 3, name
    assert all(found == seen[0] for found in seen)


@pytest.mark.parametrize(("alg", "enc"), CBC_SUITES)
def test_bad_padding_for_one_of_several_keys_fails_after_all_were_tried(alg, enc, log):
    names = ["second", "mine", "third"]
    opener = Decrypter([recorded_key(alg, enc, log, name) for name in names], enc=enc).decrypt
    for _, token in padding_faults(alg, enc):
        _, done = observed(opener, token, log)
        once = work(alg, enc)
        assert done == [*once, *once, ("cipher",), *once]


@pytest.mark.parametrize(("alg", "enc"), [suite for suite in SUITES if suite[0] != "dir"])
def test_failed_unwrap_goes_on_with_the_random_key_to_the_tag(alg, enc, monkeypatch):
    """What is sealed under the bytes that were drawn does open: they are what was used."""
    drawn = forge.draw("drawn", forge.ENCS[enc].cek_bytes)
    good = forge.token(alg, enc)
    iv = forge.draw("iv", forge.ENCS[enc].iv_bytes)
    sealed = forge.seal(enc, drawn, iv, forge.b64(good.header).encode(), b"under what was drawn")
    bad_key = bytes(len(good.encrypted_key))
    token = str(forge.Token(good.header, bad_key, iv, *sealed))
    opener = Decrypter(forge.key(alg, enc), enc=enc)
    with pytest.raises(DecryptionError):
        opener.decrypt(token)
    monkeypatch.setattr(os, "urandom", lambda size: drawn[:size])
    assert opener.decrypt(token) == b"under what was drawn"


@pytest.mark.parametrize(
    ("enc", "size"),
    [
        (enc, size)
        for enc in forge.ENCS
        for size in (0, 1, 16, 24, 32, 48, 64)
        if size != forge.ENCS[enc].cek_bytes
    ],
)
def test_key_of_a_wrong_length_is_replaced_and_not_cut_or_filled(enc, size, monkeypatch):
    """RSA only: elsewhere the length is public."""
    drawn = forge.draw("drawn", forge.ENCS[enc].cek_bytes)
    good = forge.token("RSA-OAEP", enc)
    sealed = forge.seal(enc, drawn, good.iv, forge.b64(good.header).encode(), b"x")
    wrapped = forge.wrap("RSA-OAEP", enc, (drawn * 2)[:size])
    token = str(forge.Token(good.header, wrapped, good.iv, *sealed))
    opener = Decrypter(forge.key("RSA-OAEP"), enc=enc)
    with pytest.raises(DecryptionError):
        opener.decrypt(token)
    monkeypatch.setattr(os, "urandom", lambda size: drawn[:size])
    assert opener.decrypt(token) == b"x"


@each_row("cek", [bytes, lambda size: b"\xff" * size])
@each_row(("alg", "enc"), [suite for suite in SUITES if suite[0] != "dir"])
def test_failed_unwrap_never_goes_on_with_a_key_that_anyone_can_guess(alg, enc, cek):
    good = forge.token(alg, enc)
    guessed = cek(forge.ENCS[enc].cek_bytes)
    sealed = forge.seal(enc, guessed, good.iv, forge.b64(good.header).encode(), b"x")
    token = forge.Token(good.header, bytes(len(good.encrypted_key)), good.iv, *sealed)
    with pytest.raises(DecryptionError):
        Decrypter(forge.key(alg, enc), enc=enc).decrypt(str(token))


@pytest.mark.parametrize(("alg", "enc"), SUITES)
def test_good_token_takes_the_same_work_until_its_tag_held(alg, enc, log):
    opener = Decrypter(recorded_key(alg, enc, log), enc=enc)
    token = str(forge.token(alg, enc))
    log.clear()
    assert opener.decrypt(token) == b"forged"
    assert log == work(alg, enc) + ([("cipher",)] if enc in forge.CBC_ENCS else [])


def test_context_of_the_caller_is_not_ours():
    """What the caller was handling when it called is its own."""
    opener = Decrypter(forge.key("A128KW"), enc="A128GCM")
    token = str(forge.token("A128KW", "A128GCM", name="other"))
    with pytest.raises(DecryptionError) as handled:
        opener.decrypt(token)
    try:
        raise handled.value
    except DecryptionError:
        with pytest.raises(DecryptionError) as caught:
            opener.decrypt(token)
    assert caught.value.__context__ is handled.value
    assert handled.value.__context__ is None
    assert caught.value.__cause__ is None
