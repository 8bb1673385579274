"""Every alg has one failure: whatever the private key finds wrong looks, and works, the same.

For each alg a table of faults that only the private key can tell from a good token. What is seen
(type, message, arguments, cause, context, frames) is equal for all, and so is the recorded sequence
of primitive calls, with the sizes of what they were given: that of a good token up to its tag.

Source: RFC 7516 section 11.5, RFC 7518 section 5.2.2.2.
"""

import hashlib
import io
import json
import os
import traceback

import pytest
from tests.helpers import all_algorithms, forge, hpke_forge

from joseal import (
    Decrypter,
    DecryptionError,
    DecryptThenVerify,
    KeySet,
    Signer,
    Verifier,
    VerifyThenDecrypt,
)
from joseal._core.algorithms import aes, content_encryption, ecdh
from joseal._core.algorithms.registry import ALGS
from joseal.profiles import BodyDecrypter, Receiving
from joseal.stream import decrypt_stream

ENCS = ["A128CBC-HS256", "A128GCM"]
# The curve is a choice of its own for ECDH-ES, and None for the others.
SUITES = [
    (alg, curve, enc)
    for alg in all_algorithms.ALGS
    for curve in (["P-256", "X25519"] if alg in all_algorithms.ECDH else [None])
    for enc in ENCS
]
# What each family does with its secret, in order.
PRIVATE_STEPS = {
    "rsa-oaep": ["rsa"],
    "rsa1_5": ["rsa"],
    "aes-kw": ["aes unwrap"],
    "aes-gcmkw": ["gcm key", "gcm"],
    "dir": [],
    "pbes2": ["pbkdf2", "aes unwrap"],
}


def test_the_table_has_every_alg():
    # `test_hpke_failure.py` has those of HPKE.
    assert {*all_algorithms.ALGS, *hpke_forge.ALGS} == set(ALGS)


class RecordedAead:
    def __init__(self, kind, key, log):
        log.append(("gcm key", len(key)))
        self._aead = kind(key)
        self._log = log

    def decrypt(self, iv, data, aad):
        self._log.append(("gcm", len(iv), len(data), None if aad is None else len(aad)))
        return self._aead.decrypt(iv, data, aad)

    def encrypt(self, iv, data, aad):
        self._log.append(("gcm encrypt", len(iv), len(data), len(aad)))
        return self._aead.encrypt(iv, data, aad)


class RecordedKdf:
    def __init__(self, kind, arguments, log):
        log.append(("concat kdf", arguments[1], len(arguments[2])))
        self._kdf = kind(*arguments)
        self._log = log

    def derive(self, secret):
        self._log.append(("derive", len(secret)))
        return self._kdf.derive(secret)


class RecordedMac:
    def __init__(self, kind, arguments, log):
        log.append(("hmac", len(arguments[0]), arguments[1].name))
        self._mac = kind(*arguments)
        self._log = log

    def update(self, data):
        self._log.append(("hmac update", len(data)))
        self._mac.update(data)

    def finalize(self):
        self._log.append(("hmac finalize",))
        return self._mac.finalize()


def recorded(label, function, log):
    def call(*arguments):
        log.append((label, *(len(one) for one in arguments if isinstance(one, bytes))))
        return function(*arguments)

    return call


@pytest.fixture
def log(monkeypatch):
    """Write down every primitive that is used, with the sizes of what it is given."""
    calls = []
    gcm, kdf = content_encryption.AESGCM, ecdh.ConcatKDFHash
    urandom = os.urandom  # noqa: TID251 - what is watched
    monkeypatch.setattr(
        os, "urandom", lambda size: calls.append(("urandom", size)) or urandom(size)
    )
    monkeypatch.setattr(aes, "aes_key_unwrap", recorded("aes unwrap", aes.aes_key_unwrap, calls))
    monkeypatch.setattr(
        content_encryption, "Cipher", recorded("cipher", content_encryption.Cipher, calls)
    )
    monkeypatch.setattr(hashlib, "pbkdf2_hmac", recorded("pbkdf2", hashlib.pbkdf2_hmac, calls))
    mac = content_encryption.HMAC
    monkeypatch.setattr(content_encryption, "HMAC", lambda *given: RecordedMac(mac, given, calls))
    monkeypatch.setattr(
        content_encryption, "same", recorded("compare", content_encryption.same, calls)
    )
    for module in (aes, content_encryption):
        monkeypatch.setattr(module, "AESGCM", lambda key: RecordedAead(gcm, key, calls))
    monkeypatch.setattr(ecdh, "ConcatKDFHash", lambda *given: RecordedKdf(kdf, given, calls))
    return calls


def recorded_key(alg, curve, enc, log, name="mine"):
    """Return a key of its own, whose private half writes to the log."""
    key = all_algorithms.fresh(alg, enc, name, curve)
    for slot, label in (("_decrypt", "rsa"), ("_agree", "agree")):
        step = getattr(key._management, slot, None)
        if step is not None:
            object.__setattr__(key._management, slot, recorded(label, step, log))
    return key


def flipped(raw, place=0):
    place %= len(raw)
    return raw[:place] + bytes((raw[place] ^ 1,)) + raw[place + 1 :]


def common_faults(good):
    yield "tag, first bit", good._replace(tag=flipped(good.tag))
    yield "tag, last byte", good._replace(tag=flipped(good.tag, -1))
    yield "tag of zeros", good._replace(tag=bytes(len(good.tag)))
    yield "iv", good._replace(iv=flipped(good.iv))
    yield "ciphertext, first", good._replace(ciphertext=flipped(good.ciphertext))
    yield "ciphertext, last", good._replace(ciphertext=flipped(good.ciphertext, -1))
    yield "header", good._replace(header=good.header.replace(b": ", b":\t", 1))


def wrapping_faults(good, alg, enc, others):
    wrapped = good.encrypted_key
    yield "encrypted key of zeros", good._replace(encrypted_key=bytes(len(wrapped)))
    yield "encrypted key of ones", good._replace(encrypted_key=b"\xff" * len(wrapped))
    yield "encrypted key, first bit", good._replace(encrypted_key=flipped(wrapped))
    yield "encrypted key, last byte", good._replace(encrypted_key=flipped(wrapped, -1))
    for label, other in others.items():
        yield f"encrypted key {label}", good._replace(encrypted_key=other.encrypted_key)


def size_faults(good, alg, enc):
    """RSA alone can carry a key of any size."""
    right = all_algorithms.CEK_BYTES[enc]
    for size in sorted({0, 1, 8, 15, 16, 17, 24, 31, 32, 33, 48, 64, 126} - {right}):
        cek = (forge.draw("cek", right) * 8)[:size]
        wrapped = all_algorithms.wrap(alg, enc, cek).encrypted_key
        yield f"a CEK of {size}", good._replace(encrypted_key=wrapped)
    for other in set(all_algorithms.RSA) - {alg}:
        wrapped = all_algorithms.wrap(other, enc).encrypted_key
        yield f"the padding of {other}", good._replace(encrypted_key=wrapped)


def member_faults(alg, enc, curve, good_wrapped):
    """Members that are of their form, and lead to another key."""
    if alg in all_algorithms.GCM_WRAPS:
        for member in ("iv", "tag"):
            raw = forge.unb64(good_wrapped.members[member])
            for place in (0, -1):
                yield f"{member} {place}", {member: forge.b64(flipped(raw, place))}
    elif alg in all_algorithms.PBES2:
        yield "salt", {"p2s": forge.b64(forge.draw("another salt", 16))}
        yield "iterations", {"p2c": all_algorithms.ITERATIONS + 1}
    elif alg in all_algorithms.ECDH:
        yield (
            "epk",
            {"epk": all_algorithms.public_jwk(all_algorithms.private(curve, "another"), curve)},
        )
        yield (
            "epk of the recipient",
            {"epk": all_algorithms.public_jwk(all_algorithms.private(curve), curve)},
        )
        for party in ("apu", "apv"):
            yield party, {party: forge.b64(b"Alicf")}


def faults(alg, curve, enc):
    """Tokens of one shape that only the private step tells from good ones."""
    own = {"curve": curve}
    own |= {"apu": b"Alice", "apv": b"Bob!!"} if alg in all_algorithms.ECDH else {}
    wrapped = all_algorithms.wrap(alg, enc, **own)
    good = all_algorithms.token(alg, enc, wrapped=wrapped)
    yield "good", good
    yield from common_faults(good)
    yield (
        "another's",
        all_algorithms.token(alg, enc, wrapped=all_algorithms.wrap(alg, enc, name="other", **own)),
    )
    for label, members in member_faults(alg, enc, curve, wrapped):
        yield f"member {label}", all_algorithms.token(alg, enc, wrapped=wrapped, members=members)
    if alg not in all_algorithms.WRAPPING:
        return
    others = {
        "of another CEK": all_algorithms.wrap(
            alg, enc, bytes(all_algorithms.CEK_BYTES[enc]), **own
        ),
        "for another": all_algorithms.wrap(alg, enc, name="other", **own),
    }
    yield from wrapping_faults(good, alg, enc, others)
    if alg in all_algorithms.RSA:
        yield from size_faults(good, alg, enc)


def observed(opener, token, log):
    """Return all that can be seen of a failure, and the work that was done."""
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


def private_steps(alg, done):
    """Return the names of the steps between the drawing of the random key and the check of the tag."""
    names = [step[0] for step in done]
    end = names.index("hmac") if "hmac" in names else len(names) - 2
    return names[names.index("urandom") + 1 : end]


@pytest.mark.parametrize(("alg", "curve", "enc"), SUITES)
def test_every_private_key_failure_is_the_same_after_the_same_work(alg, curve, enc, log):
    opener = Decrypter(recorded_key(alg, curve, enc, log), enc=enc)
    (_, good), *bad = faults(alg, curve, enc)
    log.clear()
    assert opener.decrypt(str(good)) == b"forged"
    expected = [step for step in log if step[0] != "cipher"]
    if alg in all_algorithms.ECDH:
        unwrapping = ["aes unwrap"] if all_algorithms.ECDH[alg] else []
        steps = ["agree", "concat kdf", "derive", *unwrapping]
    else:
        steps = PRIVATE_STEPS[ALGS[alg].family]
    assert private_steps(alg, expected) == steps
    assert expected[0] == ("urandom", all_algorithms.CEK_BYTES[enc])
    seen = []
    for name, token in bad:
        found, done = observed(opener.decrypt, token, log)
        assert done == expected, name
        seen.append(found)
    assert len(seen) >= 8
    assert seen[0][:4] == (
        DecryptionError,
        "the token can't be opened with this key: `joseal doctor --key` can tell why",
        (),
        "DecryptionError()",
    )
    assert seen[0][4:8] == ({}, "undecryptable", None, None)
    assert [(frame[0], frame[2]) for frame in seen[0][8]] == [
        ("guarded", ["function"]),
        ("decrypt", []),
        ("_open", []),
        ("decrypt", []),
    ]
    assert all(found == seen[0] for found in seen)


def in_json(token, form):
    """Return the same token in a JSON form; in the general one next to another one that may be meant."""
    members = {
        "protected": forge.b64(token.header),
        "encrypted_key": forge.b64(token.encrypted_key),
    }
    members |= {name: forge.b64(getattr(token, name)) for name in ("iv", "ciphertext", "tag")}
    recipient = {name: members.pop(name) for name in ("encrypted_key",) if members[name]}
    members.pop("encrypted_key", None)
    if form == "flattened":
        return json.dumps(members | recipient)
    other = recipient | {"header": {"kid": "other"}}
    alone = not recipient or '"ECDH-ES"' in token.header.decode()
    return json.dumps(members | {"recipients": [recipient] if alone else [other, recipient]})


@pytest.mark.parametrize("form", ["flattened", "general"])
@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "A128KW", "A128GCMKW", "dir", "ECDH-ES+A128KW"])
def test_every_json_form_has_the_work_and_the_failure_of_the_compact_one(alg, form, log):
    enc, curve = "A128CBC-HS256", "P-256" if alg in all_algorithms.ECDH else None
    key = recorded_key(alg, curve, enc, log)
    compact, opener = Decrypter(key, enc=enc), Decrypter(key, enc=enc, form=form)
    (_, good), *bad = faults(alg, curve, enc)
    assert opener.decrypt(in_json(good, form)) == b"forged"
    expected = observed(compact.decrypt, good._replace(tag=bytes(16)), log)[1]
    seen = []
    for name, token in bad:
        text = in_json(token, form)
        found, done = observed(opener.decrypt, text, log)
        assert done == expected * (1 + text.count('"kid"')), name
        seen.append(found)
    assert len(seen) >= 8
    assert all(found == seen[0] for found in seen)
    assert [frame[0] for frame in seen[0][8]] == [
        "guarded",
        "decrypt",
        "_open",
        "open_json",
        "decrypt",
    ]


@pytest.mark.parametrize(
    ("alg", "curve"), sorted({(alg, curve) for alg, curve, _ in SUITES}, key=str)
)
def test_bad_padding_under_a_good_tag_is_that_failure_too(alg, curve, log):
    """Only here is anything deciphered, and only because the tag was good."""
    enc = "A128CBC-HS256"
    opener = Decrypter(recorded_key(alg, curve, enc, log), enc=enc).decrypt
    wrapped = all_algorithms.wrap(alg, enc, curve=curve)
    good = all_algorithms.token(alg, enc, wrapped=wrapped)
    expected, work = observed(opener, good._replace(tag=flipped(good.tag)), log)
    for block in (bytes(16), b"\x11" * 16, b"A" * 14 + b"\x01\x02", b"\xff" * 16):
        token = all_algorithms.token(alg, enc, wrapped=wrapped, padded=block)
        seen, done = observed(opener, token, log)
        assert seen == expected
        assert [step[0] for step in done] == [*(step[0] for step in work), "cipher"]
        assert done[:-1] == work


@pytest.mark.parametrize("enc", ENCS)
@pytest.mark.parametrize(
    "alg", [alg for alg in all_algorithms.ALGS if alg not in all_algorithms.PBES2]
)
def test_several_keys_fail_as_one_does(alg, enc, log):
    """Each key costs its own work, and the failure does not say for which of them a token was."""
    curve = "P-256" if alg in all_algorithms.ECDH else None
    one = recorded_key(alg, curve, enc, log, "second")
    opener = Decrypter([recorded_key(alg, curve, enc, log), one], enc=enc).decrypt
    alone = Decrypter(one, enc=enc).decrypt
    _, *bad = faults(alg, curve, enc)
    expected, work = observed(alone, bad[0][1], log)
    twice = [step for step in work if step[0] != "cipher"] * 2
    for name, token in bad:
        found, done = observed(opener, token, log)
        assert (found, done) == (expected, twice), name


@pytest.mark.parametrize("enc", ENCS)
@pytest.mark.parametrize(
    "alg", [alg for alg in all_algorithms.ALGS if alg not in all_algorithms.PBES2]
)
def test_a_remembered_header_changes_no_failure_and_no_work(alg, enc, log):
    """With the good token's header in the memo, and without one: the same, fault by fault."""
    curve = "P-256" if alg in all_algorithms.ECDH else None
    key = recorded_key(alg, curve, enc, log)
    (_, good), *bad = faults(alg, curve, enc)
    warm = Decrypter(key, enc=enc)
    for name, token in bad:
        assert warm.decrypt(str(good)) == b"forged"
        assert observed(warm.decrypt, token, log) == observed(
            Decrypter(key, enc=enc).decrypt, token, log
        ), name


@pytest.mark.parametrize("enc", ENCS)
@pytest.mark.parametrize("alg", all_algorithms.WRAPPING)
def test_failed_unwrap_goes_on_with_the_random_key_to_the_tag(alg, enc, monkeypatch):
    """What is sealed under the bytes that were drawn does open: they are what was used."""
    drawn = forge.draw("drawn", all_algorithms.CEK_BYTES[enc])
    good = all_algorithms.wrap(alg, enc)
    bad = all_algorithms.Wrapped(drawn, flipped(good.encrypted_key, 5), good.members)
    token = str(all_algorithms.token(alg, enc, b"under what was drawn", wrapped=bad))
    opener = Decrypter(all_algorithms.key(alg), enc=enc)
    with pytest.raises(DecryptionError):
        opener.decrypt(token)
    monkeypatch.setattr(os, "urandom", lambda size: drawn[:size])
    # RSA1_5 rejects implicitly: now and then what it gives has the size of a key by chance.
    if alg == "RSA1_5":
        bad = bad._replace(encrypted_key=all_algorithms.wrap(alg, enc, drawn[:5]).encrypted_key)
        token = str(all_algorithms.token(alg, enc, b"under what was drawn", wrapped=bad))
    assert opener.decrypt(token) == b"under what was drawn"


def by_stream(keys, alg, enc):
    decrypter = Decrypter(keys, enc=enc)
    return lambda token: decrypt_stream(decrypter, io.BytesIO(token.encode()), io.BytesIO())


def by_nested(keys, alg, enc):
    verifier = Verifier(all_algorithms.signing_key("HS256"))
    return DecryptThenVerify(Decrypter(keys, enc=enc), verifier, cty=None).decrypt


def by_signed(keys, alg, enc):
    key = all_algorithms.signing_key("HS256")
    opener = VerifyThenDecrypt(Verifier(key), Decrypter(keys, enc=enc), cty=None).decrypt
    signer = Signer(key)
    return lambda token: opener(signer.sign(token.encode()))


def by_profile(keys, alg, enc):
    return BodyDecrypter(Receiving(algs=(alg,), encs=(enc,)), keys).decrypt


LEVELS = [by_stream, by_nested, by_signed, by_profile]
# One alg of each family.
FAMILIES = ["RSA-OAEP-256", "RSA1_5", "ECDH-ES", "ECDH-ES+A256KW", "A128KW", "A128GCMKW", "dir"]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("enc", ENCS)
@pytest.mark.parametrize("alg", FAMILIES)
@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.__name__)
def test_every_level_has_the_one_failure_with_the_same_frames(level, alg, enc, count, log):
    curve = "P-256" if alg in all_algorithms.ECDH else None
    names = ["mine", "second", "third"][:count]
    keys = KeySet([all_algorithms.fresh(alg, enc, name, curve) for name in names])
    opener = level(keys, alg, enc)
    _, *bad = faults(alg, curve, enc)
    expected, work = observed(opener, bad[0][1], log)
    assert [frame[2] for frame in expected[8] if frame[0] != "guarded"] != []
    assert not any(held for name, _, held in expected[8] if name not in ("guarded", "<lambda>"))
    for name, token in bad:
        assert observed(opener, token, log) == (expected, work), name
