"""`Rewrapper`, `rewrap` and `remove_recipients`: the CEK moves, and the content stays as it is."""

import copy
import functools
import itertools
import json
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.ciphers import aead
from tests.helpers import all_algorithms, forge
from tests.helpers.rows import each_row

import joseal
from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    KeyUnavailableError,
    Limits,
    MalformedTokenError,
    MultiEncrypter,
    NotAllowedError,
    Rewrapper,
    TokenTooLargeError,
    UnknownKeyError,
    remove_recipients,
    rewrap,
)
from joseal._core import rewrap as module
from joseal._core.algorithms import content_encryption, deflate

ENC = "A128GCM"
OLD = Key.from_bytes(b"o" * 16, alg="A128KW", kid="old")
NEW = Key.from_bytes(b"n" * 32, alg="A256KW", kid="new")
SAFE = Key.from_bytes(b"s" * 32, alg="A256GCMKW", kid="safe")
CONTENT = ("protected", "aad", "iv", "ciphertext", "tag", "unprotected")
CANARY = b"4111111111111111 is the number of the card"


def message(*keys, plaintext=b"hello", **settings):
    """A message that can be moved."""
    settings = {"enc": ENC, "rewrappable": True, **settings}
    return MultiEncrypter([forge.sealing(key) for key in keys or (OLD,)], **settings).encrypt(
        plaintext
    )


def general(key, **settings):
    return Decrypter(key, **{"enc": ENC, "form": "general", **settings})


def sealing(*keys, **settings):
    return MultiEncrypter([forge.sealing(key) for key in keys], **{"enc": ENC, **settings})


def content(text):
    members = json.loads(text)
    return [members.get(name) for name in CONTENT]


def kids(text):
    return [each["header"].get("kid") for each in json.loads(text)["recipients"]]


@functools.cache
def key_of(alg, kid):
    if alg.startswith("PBES2"):
        return Key.from_password(b"correct horse", alg=alg, kid=kid, iterations=1000)
    jwk = all_algorithms.key(alg, ENC, kid).to_jwk(private=True)
    return Key.from_jwk({**jwk, "kid": kid, "alg": alg})


WRAPPING = [alg for alg in all_algorithms.WRAPPING if alg != "RSA1_5"]


@pytest.mark.parametrize("enc", all_algorithms.ENCS)
@pytest.mark.parametrize("alg", WRAPPING)
def test_content_stays_byte_for_byte_for_every_alg_and_enc(alg, enc, monkeypatch):
    # From each alg to the next one, so that each is an old one and a new one.
    after = WRAPPING[(WRAPPING.index(alg) + 1) % len(WRAPPING)]
    old, new = key_of(alg, "mine"), key_of(after, "other")
    text = message(old, enc=enc, aad=b"order 1", header={"typ": "x"}, plaintext=CANARY)
    with monkeypatch.context() as patch:
        patch.setattr(content_encryption, "open_", unreachable)
        moved = rewrap(text, general(old, enc=enc), sealing(new, enc=enc))
    assert content(moved) == content(text)
    assert json.loads(moved)["recipients"] != json.loads(text)["recipients"]
    assert kids(moved) == ["other"]
    opened = general(new, enc=enc).open(moved)
    assert (opened.plaintext, opened.aad, opened.header["typ"]) == (CANARY, b"order 1", "x")
    with pytest.raises(UnknownKeyError):
        general(old, enc=enc).decrypt(moved)


def unreachable(*_arguments, **_named):
    raise AssertionError("the content was opened")


def test_no_function_that_decrypts_content_is_called_and_no_primitive_gives_the_plaintext(
    monkeypatch,
):
    given = []

    class Spy:
        def __init__(self, key):
            self._inner = kept(key)

        def decrypt(self, *arguments):
            given.append(self._inner.decrypt(*arguments))
            return given[-1]

        def encrypt(self, *arguments):
            return self._inner.encrypt(*arguments)

    kept = aead.AESGCM
    text = message(SAFE, plaintext=CANARY)
    for name in ("open_", "seal"):
        monkeypatch.setattr(content_encryption, name, unreachable)
    for name in ("inflate", "deflate"):
        monkeypatch.setattr(deflate, name, unreachable)
    monkeypatch.setattr(aead, "AESGCM", Spy)
    moved = rewrap(text, general(SAFE), sealing(NEW))
    monkeypatch.undo()
    assert all(CANARY not in each for each in given)
    assert general(NEW).decrypt(moved) == CANARY
    # The same patches stop what opens.
    monkeypatch.setattr(content_encryption, "open_", unreachable)
    with pytest.raises(AssertionError, match="content was opened"):
        general(NEW).decrypt(moved)


# A process that has a message and both keys; then its whole memory is searched. The canary is
# turned round in what it is told, so that it is found only if the content was opened.
PROCESS = """
import json, re, sys
import joseal
from joseal import Decrypter, Encrypter, Key
old, new, text, turned, verify = json.load(sys.stdin)
old, new = Key.from_jwk(old), Key.from_jwk(new)
rewrapper = joseal.Rewrapper(
    Decrypter(old, enc="A128GCM", form="general"), Encrypter(new, enc="A128GCM"), verify=verify
)
moved = rewrapper.rewrap(text)
kept = Decrypter(new, enc="A128GCM", form="general").decrypt(moved) if verify else None
pattern = re.compile(b"".join(b"[%c]" % byte for byte in turned.encode()[::-1]))
found = False
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
    for line in maps.read().splitlines():
        place, modes, *_ = line.split()
        if not modes.startswith("rw") or "[v" in line:
            continue
        start, end = (int(part, 16) for part in place.split("-"))
        memory.seek(start)
        found = found or pattern.search(memory.read(end - start)) is not None
print(json.dumps([found, moved]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/mem")
@pytest.mark.parametrize("opens", [False, True])
def test_the_plaintext_is_nowhere_in_the_memory_of_the_process(opens):
    jwks = [key.to_jwk(private=True) for key in (OLD, NEW)]
    text = message(plaintext=CANARY)
    given = json.dumps([*jwks, text, CANARY.decode()[::-1], opens])
    done = subprocess.run(
        [sys.executable, "-c", PROCESS], input=given, capture_output=True, text=True, check=True
    )
    found, moved = json.loads(done.stdout)
    assert general(NEW).decrypt(moved) == CANARY
    assert found is opens


def test_recipients_that_name_an_old_key_are_replaced_and_others_stay_as_they_are():
    second = Key.from_bytes(b"2" * 16, alg="A128KW", kid="older")
    text = message(second, SAFE, OLD)
    moved = rewrap(text, general([OLD, second]), Encrypter(NEW, enc=ENC))
    assert kids(moved) == ["safe", "new"]
    assert json.loads(moved)["recipients"][0] == json.loads(text)["recipients"][1]
    assert general(SAFE).decrypt(moved) == general(NEW).decrypt(moved) == b"hello"


def test_of_recipients_without_a_name_the_one_that_was_unwrapped_is_replaced():
    stranger = Key.from_bytes(b"x" * 16, alg="A128KW")
    nameless = Key.from_bytes(b"o" * 16, alg="A128KW")
    text = sealing(stranger, OLD, write_kid=False, header=None).encrypt(b"hello")
    moved = rewrap(text, general(nameless), Encrypter(NEW, enc=ENC))
    assert kids(moved) == [None, "new"]
    assert general(stranger, any_kid=True).decrypt(moved) == b"hello"


def test_keep_old_adds_recipients_and_a_second_run_adds_none():
    text = message()
    rewrapper = Rewrapper(general(OLD), sealing(NEW, SAFE), keep_old=True)
    moved = rewrapper.rewrap(text)
    assert kids(moved) == ["old", "new", "safe"]
    again = rewrapper.rewrap(moved.encode())
    assert kids(again) == ["old", "new", "safe"]
    assert content(again) == content(text)
    assert again != moved
    assert [general(key).decrypt(again) for key in (OLD, NEW, SAFE)] == [b"hello"] * 3


@pytest.mark.parametrize("form", ["general", "flattened"])
def test_members_that_no_rfc_defines_stay_where_they_are(form):
    """RFC 7516 section 7.2.1: they are ignored. They are someone's data all the same."""
    further = {"id": 7, "tags": ["a", {"b": 1.5}], "big": 10**30, "none": None}
    if form == "general":
        members = json.loads(message(OLD, SAFE)) | further
        members["recipients"][1]["label"] = "safe"
    else:
        members = json.loads(message(OLD))
        members |= members.pop("recipients")[0] | further
    moved = rewrap(json.dumps(members), general(OLD, form=form), Encrypter(NEW, enc=ENC))
    written = json.loads(moved)
    assert {name: written.get(name) for name in further} == further
    opened = general(NEW, form=form).open(moved)
    assert (opened.plaintext, opened.ignored_members) == (b"hello", tuple(further))
    if form == "general":
        # That of a recipient goes with it.
        assert [each.get("label") for each in written["recipients"]] == ["safe", None]
        assert json.loads(remove_recipients(moved, ["safe"]))["tags"] == further["tags"]


def test_a_flattened_message_stays_flattened():
    inner = json.loads(message())
    (recipient,) = inner.pop("recipients")
    moved = rewrap(
        json.dumps({**inner, **recipient, "extra": 1}),
        Decrypter(OLD, enc=ENC, form="flattened"),
        Encrypter(NEW, enc=ENC),
    )
    assert json.loads(moved)["extra"] == 1
    assert json.loads(moved)["header"] == {"alg": "A256KW", "kid": "new"}
    assert Decrypter(NEW, enc=ENC, form="flattened").decrypt(moved) == b"hello"


def test_compressed_content_is_neither_inflated_nor_refused(monkeypatch):
    text = message(plaintext=bytes(1000), compress=True)
    monkeypatch.setattr(deflate, "inflate", unreachable)
    moved = rewrap(text, general(OLD, accept_zip=True), sealing(NEW))
    monkeypatch.undo()
    assert general(NEW, accept_zip=True).decrypt(moved) == bytes(1000)


# What is in the header of a recipient, or shared.


def resealed(protected, own, unprotected=None):
    """A message with any headers, sealed by bare primitives."""
    cek, iv = forge.draw("cek", 16), forge.draw("iv", 12)
    encoded = forge.b64(json.dumps(protected).encode())
    ciphertext, tag = forge.seal(ENC, cek, iv, encoded.encode(), b"hello")
    wrapped = forge.aes_key_wrap(b"o" * 16, cek)
    parts = {"iv": iv, "ciphertext": ciphertext, "tag": tag}
    return json.dumps(
        {
            "protected": encoded,
            **({} if unprotected is None else {"unprotected": unprotected}),
            "recipients": [{"header": own, "encrypted_key": forge.b64(wrapped)}],
            **{name: forge.b64(raw) for name, raw in parts.items()},
        }
    )


@pytest.mark.parametrize(
    ("protected", "own", "unprotected", "name"),
    [
        ({"alg": "A128KW"}, {"kid": "old"}, None, "alg"),
        ({"kid": "old"}, {"alg": "A128KW"}, None, "kid"),
        ({"apu": "AA"}, {"alg": "A128KW"}, None, "apu"),
        ({"epk": {}}, {"alg": "A128KW"}, None, "epk"),
        ({"iv": "AA"}, {"alg": "A128KW"}, None, "iv"),
        ({}, {"alg": "A128KW"}, {"kid": "old"}, "kid"),
        ({}, {"kid": "old"}, {"alg": "A128KW"}, "alg"),
    ],
)
def test_a_parameter_that_can_not_change_is_named_before_a_key_is_used(
    protected, own, unprotected, name, monkeypatch
):
    text = resealed({**protected, "enc": ENC}, own, unprotected)
    opener = general(OLD, accept_unprotected=["alg", "kid"])
    assert opener.decrypt(text) == b"hello"
    monkeypatch.setattr(Rewrapper, "_unwrap", unreachable)
    with pytest.raises(NotAllowedError, match="can't change") as refused:
        rewrap(text, opener, sealing(NEW))
    assert refused.value.parameter == name


@pytest.mark.parametrize("where", ["protected", "unprotected"])
def test_what_all_share_stays_where_the_new_key_says_the_same(where):
    shared = {"alg": "A128KW", "kid": "old"}
    text = resealed(
        {"enc": ENC, **(shared if where == "protected" else {})},
        {},
        None if where == "protected" else shared,
    )
    renewed = Key.from_bytes(b"r" * 16, alg="A128KW", kid="old")
    names = ["alg", "kid"]
    opener = general(OLD, accept_unprotected=names)
    moved = rewrap(text, opener, sealing(renewed))
    assert content(moved) == content(text)
    assert "header" not in json.loads(moved)["recipients"][0]
    assert general(renewed, accept_unprotected=names).decrypt(moved) == b"hello"


def test_a_message_for_one_key_is_refused_unless_it_was_made_to_be_moved():
    for text in (
        Encrypter(OLD, enc=ENC, form="general").encrypt(b"hello"),
        message(rewrappable=False),
    ):
        with pytest.raises(NotAllowedError, match="can't change"):
            rewrap(text, general(OLD), sealing(NEW))
    assert kids(message()) == ["old"]
    assert list(general(OLD).open(message()).header) == ["enc"]


@pytest.mark.parametrize("alg", ["dir", "ECDH-ES"])
def test_a_key_that_makes_the_cek_itself_is_refused_on_both_sides(alg):
    key = key_of(alg, "mine")
    with pytest.raises(InvalidKeyError, match="makes the CEK itself"):
        message(key)
    with pytest.raises(ValueError, match=f"{alg} makes the CEK itself"):
        Rewrapper(general(OLD), sealing(key))
    text = Encrypter(forge.sealing(key), enc=ENC, form="general").encrypt(b"hello")
    with pytest.raises(NotAllowedError, match="no CEK is wrapped"):
        rewrap(text, general(key), sealing(NEW))


@pytest.mark.parametrize("alg", ["HPKE-0-KE", "HPKE-8-KE"])
def test_keys_of_hpke_are_moved_to_and_from_and_those_that_encrypt_content_are_refused(alg):
    key = Key.generate(alg, kid="hpke")
    moved = rewrap(message(), general(OLD), sealing(key))
    assert general(key).decrypt(moved) == b"hello"
    again = rewrap(moved, general(key), sealing(NEW))
    assert general(NEW).decrypt(again) == b"hello"
    integrated = Key.generate("HPKE-0", kid="integrated")
    with pytest.raises(ValueError, match="HPKE-0 makes the CEK itself"):
        Rewrapper(general(OLD), Encrypter(integrated.public()))
    text = Encrypter(integrated.public(), form="general").encrypt(b"hello")
    with pytest.raises(NotAllowedError):
        rewrap(text, general([integrated, key]), sealing(key))


def test_no_recipient_undoes_the_protection_of_another_one_against_quantum_computers():
    agreed, resistant = key_of("ECDH-ES+A128KW", "mine"), Key.generate("HPKE-8-KE", kid="pq")
    for old, new in ((agreed, resistant), (resistant, agreed)):
        text = message(old)
        with pytest.raises(NotAllowedError, match="not quantum-resistant"):
            rewrap(text, general(old), sealing(new), keep_old=True)
        assert general(new).decrypt(rewrap(text, general(old), sealing(new))) == b"hello"


# Failures.


@each_row("verify", [False, True])
@each_row("alg", WRAPPING)
def test_every_wrong_key_and_every_changed_encrypted_key_is_the_one_failure(alg, verify):
    old, wrong = key_of(alg, "mine"), key_of(alg, "other")
    if old.is_password:
        wrong = Key.from_password(b"wrong horse", alg=alg, iterations=1000)
    text = message(old)
    changed = json.loads(text)
    first = changed["recipients"][0]["encrypted_key"]
    raw = bytearray(forge.unb64(first))
    raw[len(raw) // 2] ^= 1
    changed["recipients"][0]["encrypted_key"] = forge.b64(bytes(raw))
    said = set()
    for opener, given in (
        (general(wrong, any_kid=True), text),
        (general(old), json.dumps(changed)),
    ):
        with pytest.raises(DecryptionError) as refused:
            rewrap(given, opener, sealing(NEW), verify=verify)
        said.add((str(refused.value), refused.value.args, refused.value.__context__))
    assert said == {(str(DecryptionError()), (), None)}


def test_a_cek_of_the_wrong_length_is_the_same_failure():
    key = key_of("RSA-OAEP-256", "mine")
    members, longer = json.loads(message(key)), json.loads(message(key, enc="A256GCM"))
    text = json.dumps({**members, "recipients": longer["recipients"]})
    with pytest.raises(DecryptionError):
        rewrap(text, general(key), sealing(NEW))


@pytest.mark.parametrize("member", ["encrypted_key", "tag", "ciphertext"])
def test_content_that_does_not_fit_the_cek_is_moved_as_it_is_and_noticed_with_verify(member):
    text, other = json.loads(message()), json.loads(message(plaintext=b"other"))
    if member == "encrypted_key":
        text["recipients"] = other["recipients"]
    else:
        text[member] = other[member]
    text = json.dumps(text)
    moved = rewrap(text, general(OLD), sealing(NEW))
    assert content(moved) == content(text)
    for opener, refused in ((general(OLD), text), (general(NEW), moved)):
        with pytest.raises(DecryptionError):
            opener.decrypt(refused)
    with pytest.raises(DecryptionError):
        rewrap(text, general(OLD), sealing(NEW), verify=True)
    assert rewrap(message(), general(OLD), sealing(NEW), verify=True)


def test_rsa1_5_moves_only_with_verify_because_its_unwrap_shows_no_failure():
    pem = forge.pem_of(forge.rsa_private())
    old = Key.from_pem(pem, alg="RSA1_5", legacy=True)
    with pytest.raises(ValueError, match="give verify=True"):
        Rewrapper(general(old), sealing(NEW))
    cek, iv = forge.draw("cek", 16), forge.draw("iv", 12)
    protected = forge.b64(json.dumps({"enc": ENC}).encode())
    ciphertext, tag = forge.seal(ENC, cek, iv, protected.encode(), b"hello")
    wrapped = forge.rsa_private().public_key().encrypt(cek, all_algorithms.PKCS1v15())
    text = {
        "protected": protected,
        "recipients": [{"header": {"alg": "RSA1_5"}, "encrypted_key": forge.b64(wrapped)}],
        "iv": forge.b64(iv),
        "ciphertext": forge.b64(ciphertext),
        "tag": forge.b64(tag),
    }
    moved = rewrap(json.dumps(text), general(old), sealing(NEW), verify=True)
    assert general(NEW).decrypt(moved) == b"hello"
    text["recipients"][0]["encrypted_key"] = forge.b64(bytes(255) + b"\1")
    with pytest.raises(DecryptionError):
        rewrap(json.dumps(text), general(old), sealing(NEW), verify=True)


def test_a_message_that_the_decrypter_would_refuse_is_refused_with_its_error():
    good = json.loads(message())
    crit = resealed({"enc": ENC, "crit": ["x"], "x": 1}, {"alg": "A128KW", "kid": "old"})
    cases = [
        ("no", MalformedTokenError),
        (json.dumps(good | {"iv": "AA"}), MalformedTokenError),
        (message(enc="A256GCM"), NotAllowedError),
        (message(SAFE, NEW), UnknownKeyError),
        (crit, MalformedTokenError),
        (message(compress=True), NotAllowedError),
    ]
    for text, error in cases:
        with pytest.raises(error):
            rewrap(text, general(OLD), sealing(NEW))
    with pytest.raises(TypeError, match="token must be str or bytes"):
        rewrap(None, general(OLD), sealing(NEW))


def test_the_enc_of_a_message_stays_so_that_of_the_new_keys_must_be_the_same():
    opener = general(OLD, enc=["A128GCM", "A256GCM"])
    with pytest.raises(NotAllowedError, match=r"keeps its enc, A256GCM, and new is for A128GCM"):
        rewrap(message(enc="A256GCM"), opener, sealing(NEW))
    with pytest.raises(ValueError, match="which old does not accept"):
        Rewrapper(general(OLD), sealing(NEW, enc="A256GCM"))


def test_limits_of_the_new_keys_bound_the_new_message():
    password = Key.from_password(b"horse", alg="PBES2-HS256+A128KW", kid="p", iterations=1000)
    second = Key.from_password(b"horse", alg="PBES2-HS256+A128KW", kid="q", iterations=1000)
    cases = [
        (sealing(NEW, limits=Limits(recipients=2)), "recipients"),
        (sealing(NEW, limits=Limits(token_bytes=100)), "token_bytes"),
    ]
    text = message(OLD, second)
    for new, limit in cases:
        with pytest.raises(TokenTooLargeError) as refused:
            rewrap(text, general(OLD), new, keep_old=True)
        assert refused.value.limit == limit
    new = sealing(password, limits=Limits(pbes2_iterations=1500))
    with pytest.raises(NotAllowedError, match="together ask for more"):
        rewrap(text, general(OLD), new)


def test_a_fixed_key_stops_after_its_tokens_here_too(monkeypatch):
    for kind in (Encrypter, MultiEncrypter):
        new = kind(SAFE, enc=ENC) if kind is Encrypter else kind([SAFE], enc=ENC)
        rewrapper = Rewrapper(general(OLD), new)
        rewrapper.rewrap(message())
        new._set(_tokens=itertools.count(2**32))
        with pytest.raises(InvalidKeyError, match=r"2\^32"):
            rewrapper.rewrap(message())


def test_a_device_that_can_not_be_asked_says_so():
    class Device:
        def unwrap(self, alg, encrypted_key):
            raise KeyUnavailableError("gone")

        def agree(self, peer):
            raise KeyUnavailableError("gone")

        def sign(self, alg, data):
            raise KeyUnavailableError("gone")

    key = key_of("RSA-OAEP-256", "mine")
    device = Key.from_external(Device(), public=key.public())
    with pytest.raises(KeyUnavailableError):
        rewrap(message(key), general(device), sealing(NEW))


@each_row(
    ("make", "error", "text"),
    [
        (lambda: Rewrapper(OLD, sealing(NEW)), TypeError, "old must be a Decrypter"),
        (lambda: Rewrapper(general(OLD), NEW), TypeError, "new must be an Encrypter or"),
        (lambda: Rewrapper(general(OLD), sealing(NEW), verify=1), TypeError, "verify must be"),
        (lambda: Rewrapper(general(OLD), sealing(NEW), keep_old=1), TypeError, "keep_old must"),
        (
            lambda: Rewrapper(Decrypter(OLD, enc=ENC), Encrypter(NEW, enc=ENC), keep_old=True),
            ValueError,
            "form='general'",
        ),
        (
            lambda: Rewrapper(Decrypter(OLD, enc=ENC, form="flattened"), sealing(NEW, SAFE)),
            ValueError,
            "several new keys need",
        ),
        (
            lambda: Rewrapper(general(OLD), Encrypter(NEW, enc=ENC, header={"typ": "x"})),
            ValueError,
            "new has header, which can't change",
        ),
        (
            lambda: Rewrapper(general(OLD), sealing(NEW, aad=b"x", compress=True)),
            ValueError,
            "new has aad, compress, which",
        ),
    ],
)
def test_a_mistake_of_the_caller_is_said_before_any_message(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_a_mistake_of_the_caller_is_said_in_full():
    """The words are what people look up."""
    password = Key.from_password(b"horse", alg="PBES2-HS256+A128KW", iterations=1000)
    old1_5 = Key.from_pem(forge.pem_of(forge.rsa_private()), alg="RSA1_5", legacy=True)
    flattened = Decrypter(OLD, enc=ENC, form="flattened")
    agreed = key_of("ECDH-ES", "mine")
    cases = [
        (TypeError, "old must be a Decrypter, not Key", (OLD, sealing(NEW))),
        (
            TypeError,
            "new must be an Encrypter or a MultiEncrypter, not Key",
            (general(OLD), password),
        ),
        (
            ValueError,
            "keep_old=True needs a Decrypter with form='general'",
            (flattened, sealing(NEW), {"keep_old": True}),
        ),
        (
            ValueError,
            "new has aad, compress, header, which can't change encrypted content",
            (general(OLD), sealing(NEW, aad=b"x", compress=True, header={"typ": "x"})),
        ),
        (
            ValueError,
            "new has compress, header, which can't change encrypted content",
            (general(OLD), Encrypter(NEW, enc=ENC, compress=True, header={"typ": "x"})),
        ),
        (
            ValueError,
            "ECDH-ES makes the CEK itself, so it can't wrap one",
            (general(OLD), sealing(agreed)),
        ),
        (
            ValueError,
            "new is for A256GCM, which old does not accept: a message keeps its enc",
            (general(OLD), sealing(NEW, enc="A256GCM")),
        ),
        (
            ValueError,
            "several new keys need a Decrypter with form='general'",
            (flattened, sealing(NEW, SAFE)),
        ),
        (
            ValueError,
            "with RSA1_5, a failed unwrap looks like a good one: give verify=True",
            (general(old1_5), sealing(NEW)),
        ),
        (
            TypeError,
            "limits must be Limits, not int: write Limits(token_bytes=...)",
            (message(OLD, NEW), ["old"], {"limits": 5}),
        ),
        (TypeError, "kids must be a collection of str, not int", ("", 5)),
        (TypeError, "kids must be a collection of str, not str", ("", "old")),
        (TypeError, "kids must be a collection of str, not bytes", ("", ["old", b"new"])),
        (ValueError, "kids is empty: name the recipients to remove", ("", [])),
    ]
    for error, text, (*given, named) in [
        (error, text, given if isinstance(given[-1], dict) else (*given, {}))
        for error, text, given in cases
    ]:
        call = Rewrapper if isinstance(given[0], Key | Decrypter) else remove_recipients
        with pytest.raises(error) as refused:
            call(*given, **named)
        assert str(refused.value) == text


def refusal(text, opener, new, **settings):
    with pytest.raises(NotAllowedError) as refused:
        rewrap(text, opener, new, **settings)
    return str(refused.value)


def test_a_message_that_can_not_be_moved_says_why_in_full():
    both = general(OLD, enc=["A128GCM", "A256GCM"])
    keeps = "enc: the message keeps its enc, A256GCM, and new is for A128GCM"
    assert refusal(message(enc="A256GCM"), both, sealing(NEW)) == keeps
    agreed = key_of("ECDH-ES", "mine")
    direct = Encrypter(forge.sealing(agreed), enc=ENC, form="general").encrypt(b"x")
    none = "alg: with ECDH-ES no CEK is wrapped: decrypt it, and encrypt it again"
    assert refusal(direct, general(agreed), sealing(NEW)) == none
    opener = general(OLD, accept_unprotected=["alg", "kid"])
    anew = "and can't change: decrypt it, and encrypt it again"
    protected = resealed({"enc": ENC, "kid": "old"}, {"alg": "A128KW"})
    said = f"kid: it is in the protected header, {anew}"
    assert refusal(protected, opener, sealing(NEW)) == said
    shared = resealed({"enc": ENC}, {"alg": "A128KW"}, {"kid": "old"})
    said = f"kid: it is in a shared header, {anew}"
    assert refusal(shared, opener, sealing(NEW)) == said
    # One new key that says the same does not help another that does not.
    same = Key.from_bytes(b"r" * 16, alg="A128KW", kid="old")
    assert refusal(shared, opener, sealing(same, NEW)) == said
    pair, resistant = key_of("ECDH-ES+A128KW", "mine"), Key.generate("HPKE-8-KE", kid="pq")
    weak = "alg: ECDH-ES+A128KW is not quantum-resistant, and a recipient next to it is"
    assert refusal(message(pair), general(pair), sealing(resistant), keep_old=True) == weak


def test_a_removal_that_can_not_be_done_says_why_in_full():
    text = message(OLD, NEW)
    cases = [
        (["old", "nobody"], "kid: no recipient has the name in kids[1]"),
        (["None"], "kid: no recipient has the name in kids[0]"),
        (["old", "new"], "kid: no recipient would be left"),
    ]
    for names, said in cases:
        with pytest.raises(NotAllowedError) as refused:
            remove_recipients(text, names)
        assert str(refused.value) == said
    nameless = sealing(Key.from_bytes(b"x" * 16, alg="A128KW"), OLD).encrypt(b"x")
    with pytest.raises(NotAllowedError, match=r"kids\[0\]"):
        remove_recipients(nameless, ["None"])
    assert kids(remove_recipients(nameless, ["old"])) == [None]


def test_with_verify_each_recipient_is_tried_until_one_opens_the_content():
    other = Key.from_bytes(b"x" * 16, alg="A128KW")
    nameless = Key.from_bytes(b"o" * 16, alg="A128KW")
    text = sealing(other, nameless).encrypt(b"hello")
    for verify in (False, True):
        moved = rewrap(text, general(nameless), sealing(NEW), verify=verify)
        assert general(NEW).decrypt(moved) == b"hello"
        assert kids(moved) == [None, "new"]


def test_the_new_message_may_be_as_long_as_the_limit():
    text = message()
    length = len(rewrap(text, general(OLD), sealing(NEW), keep_old=True))
    for limits in ({"token_bytes": length}, {"recipients": 2}):
        assert rewrap(text, general(OLD), sealing(NEW, limits=Limits(**limits)), keep_old=True)
    low = sealing(NEW, limits=Limits(token_bytes=length - 1))
    with pytest.raises(TokenTooLargeError) as refused:
        rewrap(text, general(OLD), low, keep_old=True)
    assert str(refused.value) == f"over the limit token_bytes={length - 1}: found {length}"


# Compact tokens.


def test_a_compact_token_is_encrypted_anew_with_the_parameters_that_are_not_of_the_key():
    header = {"typ": "card", "iat": 1, "jku": "https://a.example", "kid": "named"}
    old = Key.from_bytes(b"o" * 16, alg="A128KW")
    text = Encrypter(old, enc=ENC, header=header).encrypt(b"hello")
    new = Encrypter(NEW, enc="A256GCM", header={"typ": "new"})
    moved = rewrap(text, Decrypter(old, enc=ENC), new)
    opened = Decrypter(NEW, enc="A256GCM").open(moved)
    assert opened.plaintext == b"hello"
    assert dict(opened.header) == {
        "alg": "A256KW", "kid": "new", "typ": "new", "iat": 1, "enc": "A256GCM",
    }  # fmt: skip
    with pytest.raises(DecryptionError):
        rewrap(f"{text[:-2]}{'AA' if text[-2:] != 'AA' else 'BA'}", Decrypter(old, enc=ENC), new)


def test_a_compact_token_becomes_a_message_in_json_that_can_be_moved():
    key = key_of("ECDH-ES", "mine")
    text = Encrypter(forge.sealing(key), enc=ENC, header={"typ": "card"}).encrypt(b"hello")
    made = rewrap(text, Decrypter(key, enc=ENC), sealing(OLD, rewrappable=True))
    moved = rewrap(made, general(OLD), sealing(NEW, SAFE))
    opened = general(SAFE).open(moved)
    assert (opened.plaintext, dict(opened.header)) == (b"hello", {"typ": "card", "enc": ENC})


# Recipients that are removed.


def test_a_recipient_that_is_removed_opens_the_message_no_more_and_the_rest_stays():
    text = message(OLD, NEW, SAFE)
    left = remove_recipients(text, ["old", "safe"])
    assert (content(left), kids(left)) == (content(text), ["new"])
    assert general(NEW).decrypt(left) == b"hello"
    with pytest.raises(UnknownKeyError):
        general(OLD).decrypt(left)


@pytest.mark.parametrize(
    ("names", "error", "text"),
    [
        (["old", "nobody"], NotAllowedError, r"no recipient has the name in kids\[1\]"),
        (["old", "new"], NotAllowedError, "no recipient would be left"),
        ([], ValueError, "kids is empty"),
        ("old", TypeError, "a collection of str"),
        ([1], TypeError, "a collection of str"),
    ],
)
def test_a_removal_that_can_not_be_done_is_refused(names, error, text):
    with pytest.raises(error, match=text):
        remove_recipients(message(OLD, NEW), names)


def test_a_removal_reads_by_the_rules_of_the_form():
    good = json.loads(message(OLD, NEW))
    doubled = copy.deepcopy(good)
    doubled["recipients"][0]["header"]["enc"] = ENC
    for broken in ("no", json.dumps(doubled), message().replace("recipients", "recipient")):
        with pytest.raises(MalformedTokenError):
            remove_recipients(broken, ["old"])
    with pytest.raises(TokenTooLargeError):
        remove_recipients(message(OLD, NEW), ["old"], limits=Limits(recipients=1))
    with pytest.raises(TypeError, match="limits"):
        remove_recipients(message(OLD, NEW), ["old"], limits=None)


@each_row("text", ["\u00e9", "AB", "A+/A", "AA=="])
@each_row("name", ["encrypted_key", "aad", "iv", "ciphertext", "tag"])
def test_a_removal_refuses_what_is_not_base64url(name, text):
    broken = json.loads(message(OLD, NEW))
    (broken["recipients"][1] if name == "encrypted_key" else broken)[name] = text
    for escaped in (True, False):
        with pytest.raises(MalformedTokenError, match=f"member {name}"):
            remove_recipients(json.dumps(broken, ensure_ascii=escaped), ["old"])


def test_no_representation_shows_a_secret():
    rewrapper = Rewrapper(general(OLD), sealing(NEW))
    assert repr(rewrapper).startswith("Rewrapper(Decrypter(")
    assert repr(rewrapper._new) == "_New(...)"
    assert module.algs(rewrapper) == (["A128KW"], ["A256KW"])
    assert joseal.Rewrapper.__module__ == joseal.rewrap.__module__ == "joseal"
