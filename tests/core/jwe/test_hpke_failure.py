"""HPKE has one failure: what only the private key can tell looks, and works, the same.

For each alg a table of faults behind the public checks. What is seen is equal for all, and so is
the sequence of primitive calls, up to the tag of the content.

Source: RFC 7516 section 11.5.
"""

import contextlib
import os
import traceback

import pytest
from tests.helpers import hpke_forge
from tests.helpers.forge import draw

from joseal import Decrypter, DecryptionError
from joseal._core.algorithms import content_encryption, curves
from joseal._core.algorithms.hpke import encryption, key_schedule

# One of every KEM; the suites of one KEM differ in the AEAD alone.
ALGS = [f"HPKE-{number}{mode}" for number in (0, 1, 3, 5, 8, 9, 12) for mode in ("", "-KE")]


def opener(alg):
    return Decrypter(hpke_forge.key(alg), enc="A128GCM" if alg.endswith("-KE") else None)


def faults(alg):
    """Yield tokens that every public check lets pass."""
    yield "another recipient", hpke_forge.token(alg, name="other")
    yield "another shared secret", hpke_forge.token(alg, secret=draw("secret", 32))
    yield "another info", hpke_forge.token(alg, info=b"session")
    good = hpke_forge.token(alg)
    if alg.endswith("-KE"):
        flipped = bytes((good.encrypted_key[0] ^ 1,)) + good.encrypted_key[1:]
        yield "changed encrypted key", good._replace(encrypted_key=flipped)
        yield "zeros", good._replace(encrypted_key=bytes(len(good.encrypted_key)))
        yield "changed tag", good._replace(tag=bytes(16))
    yield "changed ciphertext", good._replace(ciphertext=bytes(len(good.ciphertext)))


def seen(alg, token):
    with pytest.raises(DecryptionError) as caught:
        opener(alg).decrypt(str(token))
    error = caught.value
    places = [(frame.name, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    return type(error), str(error), error.args, error.__cause__, error.__context__, places[1:]


@pytest.mark.parametrize("alg", ALGS)
def test_every_fault_looks_the_same(alg):
    outcomes = {name: seen(alg, token) for name, token in faults(alg)}
    assert len({repr(outcome) for outcome in outcomes.values()}) == 1, outcomes


class Recorded:
    def __init__(self, function, name, log):
        self._function, self._name, self._log = function, name, log

    def __call__(self, *arguments):
        sizes = [len(each) for each in arguments if isinstance(each, bytes)]
        self._log.append((self._name, sizes))
        return self._function(*arguments)


@pytest.mark.parametrize("alg", ALGS)
def test_every_fault_does_the_same_work_as_a_good_token(alg, monkeypatch):
    log = []
    monkeypatch.setattr(key_schedule, "schedule", Recorded(key_schedule.schedule, "schedule", log))
    prepare = curves.agreement
    monkeypatch.setattr(
        curves, "agreement", lambda private: Recorded(prepare(private), "agree", log)
    )
    fresh = hpke_forge.key.__wrapped__(alg)
    one = Decrypter(fresh, enc="A128GCM" if alg.endswith("-KE") else None)
    monkeypatch.setattr(os, "urandom", Recorded(os.urandom, "random", log))  # noqa: TID251 - recorded
    monkeypatch.setattr(encryption, "_aead", Recorded(encryption._aead, "aead", log))
    opened = content_encryption.open_
    monkeypatch.setattr(content_encryption, "open_", Recorded(opened, "content", log))
    # The size of a secret is that of its KEM, and the forged one has 32 bytes.
    tokens = [token for name, token in faults(alg) if name != "another shared secret"]
    works = []
    for token in (hpke_forge.token(alg), *tokens):
        log.clear()
        with contextlib.suppress(DecryptionError):
            one.decrypt(str(token))
        works.append(list(log))
    assert all(work == works[0] for work in works)
    names = [name for name, _ in works[0]]
    assert "schedule" in names
    assert names[-1] == "content"
    assert ("agree" in names) is (hpke_forge.suite_of(alg).kem not in hpke_forge.KEMS)
