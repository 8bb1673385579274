"""HPKE in JWE: every alg both ways against bare primitives, and the rules of its Header Parameters.

Source: draft-ietf-jose-hpke-encrypt sections 4 to 7, draft-ietf-jose-hpke-pq-pqt section 3.
"""

import json
import pickle
import re

import pytest
from tests.helpers import all_algorithms, forge, hpke_forge
from tests.helpers.forge import b64, unb64
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    DecryptionError,
    DecryptThenVerify,
    Encrypter,
    InvalidKeyError,
    Key,
    Limits,
    MalformedTokenError,
    MultiEncrypter,
    NotAllowedError,
    Signer,
    SignThenEncrypt,
    TokenTooLargeError,
    Verifier,
)
from joseal._core.algorithms import curves
from joseal._core.algorithms.hpke import ml_kem
from joseal._core.algorithms.key_management import WrapSettings
from joseal._core.wire.json_form.encrypted import ALONE
from joseal.stream import encrypt_stream

PLAINTEXT = b"a payout of 1 rupee"
# One of each KEM and each mode: all algs are run where a test is about the whole table.
SOME = ["HPKE-0", "HPKE-3-KE", "HPKE-9", "HPKE-13-KE"]


def enc_of(alg):
    return "A128CBC-HS256" if alg.endswith("-KE") else None


def encrypter(alg, **arguments):
    return Encrypter(hpke_forge.key(alg).public(), enc=enc_of(alg), **arguments)


def decrypter(alg, **arguments):
    return Decrypter(hpke_forge.key(alg), enc=enc_of(alg), **arguments)


def forged(alg, **arguments):
    enc = {"enc": enc_of(alg)} if alg.endswith("-KE") else {}
    return str(hpke_forge.token(alg, PLAINTEXT, **enc, **arguments))


def header_of(token):
    return json.loads(unb64(token.partition(".")[0]))


@each_row("alg", hpke_forge.ALGS)
def test_token_of_bare_primitives_opens(alg):
    assert decrypter(alg).decrypt(forged(alg)) == PLAINTEXT
    assert decrypter(alg).decrypt(forged(alg, info=b"session"), info=b"session") == PLAINTEXT


@each_row("alg", hpke_forge.ALGS)
def test_own_token_opens_and_its_parts_are_those_of_the_draft(alg):
    token = encrypter(alg).encrypt(PLAINTEXT)
    header, segments = header_of(token), token.split(".")
    size = hpke_forge.SECRET_BYTES[hpke_forge.suite_of(alg).kem]
    if alg.endswith("-KE"):
        assert list(header) == ["alg", "enc", "ek"]
        assert len(unb64(header["ek"])) == size
        assert len(unb64(segments[1])) == 32 + 16
    else:
        assert header == {"alg": alg}
        assert len(unb64(segments[1])) == size
        assert segments[2] == segments[4] == ""
        assert len(unb64(segments[3])) == len(PLAINTEXT) + 16
    opened = decrypter(alg).open(token)
    assert (opened.plaintext, dict(opened.header)) == (PLAINTEXT, header)


@each_row("alg", hpke_forge.ALGS)
def test_secret_is_fresh_for_every_token(alg):
    first, second = (encrypter(alg).encrypt(PLAINTEXT).split(".") for _ in range(2))
    assert first[1] != second[1]
    assert first[3] != second[3]


@each_row("alg", hpke_forge.ALGS)
def test_key_of_one_alg_opens_no_token_of_any_other(alg):
    token = forged(alg)
    for other in (*hpke_forge.ALGS, "ECDH-ES"):
        if other == alg:
            continue
        key = hpke_forge.key(other) if other != "ECDH-ES" else all_algorithms.key(other)
        enc = None if key._content else "A128CBC-HS256"
        with pytest.raises(NotAllowedError, match=r"^alg: "):
            Decrypter(key, enc=enc).decrypt(token)


@each_row("alg", hpke_forge.INTEGRATED)
def test_enc_is_not_taken_for_a_key_with_integrated_encryption(alg):
    key = hpke_forge.key(alg)
    for make, one in ((Encrypter, key.public()), (Decrypter, key)):
        with pytest.raises(ValueError, match=rf"^enc must not be given: {alg} "):
            make(one, enc="A256GCM")
        make(one)


@each_row("alg", hpke_forge.KEY_ENCRYPTION)
def test_enc_is_demanded_for_key_encryption(alg):
    key = hpke_forge.key(alg)
    for make, one in ((Encrypter, key.public()), (Decrypter, key)):
        with pytest.raises(TypeError, match=rf"^enc is missing: a key for {alg} needs one"):
            make(one)


def test_enc_next_to_integrated_keys_is_for_the_others():
    keys = [hpke_forge.key("HPKE-0", kid="new"), all_algorithms.key("RSA-OAEP-256", kid="old")]
    with pytest.raises(TypeError, match="enc is missing: a key for RSA-OAEP-256"):
        Decrypter(keys)
    opener = Decrypter(keys, enc="A128GCM")
    for key, enc in zip(keys, (None, "A128GCM"), strict=True):
        assert opener.decrypt(Encrypter(key.public(), enc=enc).encrypt(b"x")) == b"x"
    assert repr(opener).endswith("enc=['A128GCM'])")


@each_row("alg", hpke_forge.INTEGRATED)
def test_token_with_an_enc_is_malformed_for_integrated_encryption(alg):
    with pytest.raises(MalformedTokenError, match=f"{alg} has no enc"):
        decrypter(alg).decrypt(forged(alg, members={"enc": "A128GCM"}))


def test_token_without_an_enc_is_malformed_for_every_other_key():
    token = str(hpke_forge.token("HPKE-0-KE", members={"enc": None}))
    with pytest.raises(MalformedTokenError, match="has no enc"):
        decrypter("HPKE-0-KE").decrypt(token)


def test_the_token_never_makes_a_key_integrated():
    for key in (all_algorithms.key("ECDH-ES"), hpke_forge.key("HPKE-0-KE")):
        with pytest.raises(NotAllowedError, match=r"^alg: the token says HPKE-0, the key is bound"):
            Decrypter(key, enc="A128GCM").decrypt(forged("HPKE-0"))


@each_row("alg", hpke_forge.ALGS)
def test_psk_id_is_refused(alg):
    with pytest.raises(NotAllowedError, match=r"^psk_id: ") as caught:
        decrypter(alg).decrypt(forged(alg, members={"psk_id": "AAAA"}))
    assert caught.value.parameter == "psk_id"


@each_row("alg", hpke_forge.INTEGRATED)
def test_ek_is_malformed_for_integrated_encryption(alg):
    with pytest.raises(MalformedTokenError, match="ek is for key encryption"):
        decrypter(alg).decrypt(forged(alg, members={"ek": "AAAA"}))


@pytest.mark.parametrize("name", ["ek", "psk_id"])
def test_header_parameters_of_hpke_are_managed(name):
    with pytest.raises(ValueError, match=f"{name} is managed by joseal"):
        encrypter("HPKE-0-KE", header={name: "AAAA"})


def bad_secrets(alg):
    """Yield encapsulated secrets that no private key has to see."""
    kem = hpke_forge.suite_of(alg).kem
    _, good = hpke_forge.encapsulate(alg)
    yield from (b"", good[:-1], good + b"\0", b"\0" + good)
    curve = hpke_forge.HYBRIDS[kem].curve if kem in hpke_forge.HYBRIDS else kem
    if curve in all_algorithms.WEIERSTRASS:
        size = 2 * all_algorithms.CURVES[curve]
        head = good[: -size - 1]
        point = good[-size:]
        yield head + b"\2" + point
        yield head + b"\4" + point[:-1] + bytes((point[-1] ^ 1,))
        yield head + b"\4" + bytes(size)
        yield head + b"\4" + b"\xff" * size
    elif curve in all_algorithms.CURVES:
        size = all_algorithms.CURVES[curve]
        for u in (0, 1):
            yield good[:-size] + u.to_bytes(size, "little")


@pytest.mark.parametrize("alg", hpke_forge.ALGS)
def test_bad_encapsulated_secret_is_refused_before_the_private_step(alg, monkeypatch):
    opener = decrypter(alg)

    def private_step(*arguments):
        raise AssertionError("the private key was used")

    monkeypatch.setattr(curves, "agree", private_step)
    for secret in bad_secrets(alg):
        own = {"sent": secret} if alg.endswith("-KE") else {"encrypted_key": secret}
        own["secret"] = bytes(32)
        with pytest.raises(MalformedTokenError, match="the encapsulated secret does not have"):
            opener.decrypt(forged(alg, **own))


@pytest.mark.parametrize("ek", [None, "", "AA=", "A", "!!!!"])
def test_ek_that_is_missing_or_not_base64url_is_malformed(ek):
    token = str(hpke_forge.token("HPKE-0-KE", members={"ek": ek}))
    with pytest.raises(MalformedTokenError, match="ek"):
        Decrypter(hpke_forge.key("HPKE-0-KE"), enc="A128GCM").decrypt(token)


@each_row("value", [5, None, ["AAAA"], {}])
@each_row("name", ["ek", "psk_id"])
def test_header_parameter_of_another_type_is_malformed(name, value):
    header = b64(json.dumps({"alg": "HPKE-0", name: value}).encode())
    with pytest.raises(MalformedTokenError, match=f"Header Parameter {name} has the wrong type"):
        decrypter("HPKE-0").decrypt(f"{header}.AAAA..AAAA.")


@pytest.mark.parametrize("alg", ["HPKE-0-KE", "HPKE-12-KE"])
@pytest.mark.parametrize("change", [lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda _: b""])
def test_encrypted_key_of_another_size_is_malformed(alg, change):
    good = hpke_forge.token(alg, enc="A128GCM")
    token = str(hpke_forge.token(alg, encrypted_key=change(good.encrypted_key)))
    with pytest.raises(MalformedTokenError, match="encrypted key does not have the size"):
        Decrypter(hpke_forge.key(alg), enc="A128GCM").decrypt(token)


@pytest.mark.parametrize("part", ["iv", "tag"])
def test_iv_and_tag_are_empty_for_integrated_encryption(part):
    token = str(hpke_forge.token("HPKE-0")._replace(**{part: bytes(12)}))
    with pytest.raises(MalformedTokenError, match="iv, ciphertext or tag has a length"):
        decrypter("HPKE-0").decrypt(token)


@pytest.mark.parametrize("size", [0, 1, 15])
def test_ciphertext_without_room_for_its_tag_is_malformed(size):
    token = str(hpke_forge.token("HPKE-0")._replace(ciphertext=bytes(size)))
    with pytest.raises(MalformedTokenError, match="iv, ciphertext or tag has a length"):
        decrypter("HPKE-0").decrypt(token)


@each_row("alg", hpke_forge.ALGS)
def test_info_is_part_of_the_key_schedule(alg):
    token = encrypter(alg).encrypt(PLAINTEXT, info=b"session 1")
    assert decrypter(alg).decrypt(token, info=b"session 1") == PLAINTEXT
    assert decrypter(alg).open(token, info=b"session 1").plaintext == PLAINTEXT
    for info in (b"", b"session 2", b"session 1\0"):
        with pytest.raises(DecryptionError):
            decrypter(alg).decrypt(token, info=info)


@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES", "dir"])
def test_info_is_for_hpke_alone(alg):
    key = all_algorithms.key(alg, "A128GCM")
    sealer = Encrypter(forge.sealing(key), enc="A128GCM")
    with pytest.raises(ValueError, match=f"^info is for HPKE, the key is bound to {alg}$"):
        sealer.encrypt(b"x", info=b"session")
    with pytest.raises(ValueError, match=f"^info is for HPKE, the key is bound to {alg}$"):
        Decrypter(key, enc="A128GCM").decrypt(sealer.encrypt(b"x"), info=b"session")


@pytest.mark.parametrize("form", ["compact", "flattened", "general"])
def test_token_of_another_alg_is_refused_where_an_info_is_demanded(form):
    """It would open, and the caller would believe that it is of this session."""
    other = all_algorithms.key("ECDH-ES+A256KW", kid="other")
    opener = Decrypter([hpke_forge.key("HPKE-0"), other], enc="A128GCM", form=form)
    token = Encrypter(other.public(), enc="A128GCM", form=form).encrypt(PLAINTEXT)
    assert opener.decrypt(token) == PLAINTEXT
    for call in (opener.decrypt, opener.open):
        with pytest.raises(NotAllowedError) as caught:
            call(token, info=b"session")
        assert caught.value.parameter == "info"
        assert "ECDH-ES+A256KW does not bind it" in str(caught.value)
    bound = encrypter("HPKE-0", form=form).encrypt(PLAINTEXT, info=b"session")
    assert opener.decrypt(bound, info=b"session") == PLAINTEXT


def test_recipient_that_binds_an_info_opens_the_message_next_to_one_that_does_not():
    other = all_algorithms.key("ECDH-ES+A256KW", kid="other")
    made = MultiEncrypter([other.public(), *several("HPKE-0-KE")], enc="A256GCM")
    keys = [other, hpke_forge.key("HPKE-0-KE")]
    opener = Decrypter(keys, enc="A256GCM", form="general")
    message = made.encrypt(PLAINTEXT)
    assert opener.open(message).key.alg == "ECDH-ES+A256KW"
    with pytest.raises(DecryptionError):
        opener.open(message, info=b"session")


MOST_INFO_BYTES = 32 * 1024


@each_row("alg", hpke_forge.ALGS)
def test_info_is_bounded_on_either_side(alg):
    """One stage of HPKE has two bytes for its length."""
    longest, longer = bytes(MOST_INFO_BYTES), bytes(MOST_INFO_BYTES + 1)
    token = encrypter(alg).encrypt(PLAINTEXT, info=longest)
    assert decrypter(alg).decrypt(token, info=longest) == PLAINTEXT
    for call in (
        lambda: encrypter(alg).encrypt(PLAINTEXT, info=longer),
        lambda: decrypter(alg).decrypt(token, info=longer),
        lambda: decrypter(alg).open(token, info=bytes(1 << 20)),
    ):
        with pytest.raises(ValueError, match="info must have at most 32768 bytes"):
            call()


@pytest.mark.parametrize("info", ["session", None, 5, bytearray(b"x")])
def test_info_of_another_type_is_a_type_error(info):
    token = encrypter("HPKE-0").encrypt(b"x")
    with pytest.raises(TypeError, match="info must be bytes"):
        encrypter("HPKE-0").encrypt(b"x", info=info)
    for call in (decrypter("HPKE-0").decrypt, decrypter("HPKE-0").open):
        with pytest.raises(TypeError, match="info must be bytes"):
            call(token, info=info)


@pytest.mark.parametrize("alg", SOME)
def test_zip_is_refused_unless_it_is_accepted(alg):
    token = encrypter(alg, compress=True).encrypt(b"a" * 1000)
    assert header_of(token)["zip"] == "DEF"
    with pytest.raises(NotAllowedError, match=r"^zip: "):
        decrypter(alg).decrypt(token)
    assert decrypter(alg, accept_zip=True).decrypt(token) == b"a" * 1000


@pytest.mark.parametrize("alg", SOME)
def test_apu_and_apv_are_not_for_hpke(alg):
    with pytest.raises(ValueError, match="apu and apv are for ECDH-ES"):
        encrypter(alg, apu=b"me")


@pytest.mark.parametrize("alg", SOME)
def test_every_changed_character_fails(alg):
    token, opener = forged(alg), decrypter(alg)
    for place in range(0, len(token), max(1, len(token) // 60)):
        if token[place] == ".":
            continue
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises((MalformedTokenError, NotAllowedError, DecryptionError)):
            opener.decrypt(changed)


@pytest.mark.parametrize("alg", SOME)
def test_large_plaintexts_and_limits(alg):
    large = bytes(200_000)
    assert decrypter(alg).decrypt(encrypter(alg).encrypt(large)) == large
    token = encrypter(alg).encrypt(bytes(2000))
    with pytest.raises(TokenTooLargeError):
        decrypter(alg, limits=Limits(plaintext_bytes=1999)).decrypt(token)
    assert decrypter(alg).decrypt(encrypter(alg).encrypt(b"")) == b""


@pytest.mark.parametrize("alg", SOME)
def test_encrypter_pickles_and_comes_back_equal(alg):
    own = encrypter(alg, header={"typ": "JWT"})
    again = pickle.loads(pickle.dumps(own))  # noqa: S301 - our own
    assert again == own
    assert hash(again) == hash(own)
    assert repr(again) == repr(own)
    assert decrypter(alg).decrypt(again.encrypt(b"x")) == b"x"


def test_no_stream_is_made_for_integrated_encryption(tmp_path):
    with (tmp_path / "out").open("wb") as sink, (tmp_path / "in").open("wb+") as source:
        with pytest.raises(ValueError, match="integrated HPKE"):
            encrypt_stream(encrypter("HPKE-0"), source, sink)
        encrypt_stream(encrypter("HPKE-0-KE"), source, sink)


@pytest.mark.parametrize("alg", SOME)
def test_signed_payload_nests_in_hpke(alg):
    signing = all_algorithms.signing_key("ML-DSA-44")
    token = SignThenEncrypt(Signer(signing), encrypter(alg)).encrypt(b"order")
    opener = DecryptThenVerify(decrypter(alg), Verifier(signing.public()))
    assert opener.decrypt(token) == b"order"


class Device:
    def __init__(self, private):
        self.private, self.asked = private, []

    def agree(self, peer):
        self.asked.append(curves.name(peer))
        return all_algorithms.agree(self.private, peer)


@each_row("alg", hpke_forge.ON_CURVES)
def test_device_serves_with_its_agreement_alone(alg):
    kem = hpke_forge.suite_of(alg).kem
    device = Device(all_algorithms.private(kem))
    key = Key.from_external(device, public=hpke_forge.key(alg).public())
    assert Decrypter(key, enc=enc_of(alg)).decrypt(forged(alg)) == PLAINTEXT
    assert device.asked == [kem]


class KemDevice:
    """An `ExternalKey` with one method."""

    def __init__(self, alg, answer=None):
        self.private = hpke_forge.key(alg)._material
        self.answer = answer
        self.asked = []

    def decapsulate(self, encapsulated):
        self.asked.append(encapsulated)
        if self.answer is not None:
            return self.answer()
        return ml_kem.MlKem(self.private.public_key(), self.private).check(encapsulated)()


@each_row("alg", hpke_forge.QUANTUM_RESISTANT)
def test_device_serves_with_its_decapsulation_alone_of_the_whole_hybrid(alg):
    device = KemDevice(alg)
    key = Key.from_external(device, public=hpke_forge.key(alg).public())
    token = forged(alg)
    assert Decrypter(key, enc=enc_of(alg)).decrypt(token) == PLAINTEXT
    header, encrypted_key, *_ = token.split(".")
    whole = json.loads(unb64(header)).get("ek", encrypted_key)
    assert device.asked == [unb64(whole)]


@pytest.mark.parametrize("alg", ["HPKE-9", "HPKE-13-KE"])
def test_device_that_refuses_to_decapsulate_is_the_one_failure(alg):
    public = hpke_forge.key(alg).public()
    for answer in (lambda: None, lambda: bytes(32), lambda: b"", lambda: bytes(2**16)):
        key = Key.from_external(KemDevice(alg, answer), public=public)
        with pytest.raises(DecryptionError):
            Decrypter(key, enc=enc_of(alg)).decrypt(forged(alg))


@pytest.mark.parametrize("alg", ["HPKE-9", "HPKE-13-KE"])
def test_device_is_not_asked_for_an_encapsulated_secret_of_the_wrong_size(alg):
    device = KemDevice(alg)
    key = Key.from_external(device, public=hpke_forge.key(alg).public())
    with pytest.raises(MalformedTokenError, match="encapsulated secret"):
        Decrypter(key, enc=enc_of(alg)).decrypt(wrong_size(alg))
    assert device.asked == []


def wrong_size(alg):
    header, encrypted_key, *rest = forged(alg).split(".")
    members = json.loads(unb64(header))
    if "ek" in members:
        members["ek"] = b64(unb64(members["ek"])[:-1])
        header = b64(json.dumps(members).encode())
    else:
        encrypted_key = b64(unb64(encrypted_key)[:-1])
    return ".".join((header, encrypted_key, *rest))


@pytest.mark.parametrize("alg", SOME)
def test_public_key_decrypts_nothing_and_a_private_one_encrypts_nothing(alg):
    with pytest.raises(InvalidKeyError, match="the key is public"):
        Decrypter(hpke_forge.key(alg).public(), enc=enc_of(alg))
    with pytest.raises(InvalidKeyError, match="the key is private"):
        Encrypter(hpke_forge.key(alg), enc=enc_of(alg))


# JSON forms


@each_row("form", ["flattened", "general"])
@each_row("alg", SOME)
def test_json_forms_take_the_same_steps(alg, form):
    message = encrypter(alg, form=form).encrypt(PLAINTEXT, aad=b"order 17", info=b"session")
    opened = decrypter(alg, form=form).open(message, info=b"session")
    assert (opened.plaintext, opened.aad) == (PLAINTEXT, b"order 17")
    with pytest.raises(DecryptionError):
        decrypter(alg, form=form).open(message)
    members = json.loads(message)
    if not alg.endswith("-KE"):
        assert "iv" not in members
        assert "tag" not in members
    again = pickle.loads(pickle.dumps(encrypter(alg, form=form)))  # noqa: S301 - our own
    assert again == encrypter(alg, form=form)


def several(*algs):
    keys = [hpke_forge.key(alg) if "HPKE" in alg else all_algorithms.key(alg) for alg in algs]
    return [key if key.is_symmetric else key.public() for key in keys]


def test_hpke_is_one_of_several_recipients_with_an_ek_of_its_own():
    keys = several("HPKE-0-KE", "RSA-OAEP-256", "HPKE-3-KE")
    message = MultiEncrypter(keys, enc="A256GCM").encrypt(PLAINTEXT)
    for alg in ("HPKE-0-KE", "HPKE-3-KE"):
        opener = Decrypter(hpke_forge.key(alg), enc="A256GCM", form="general")
        assert opener.decrypt(message) == PLAINTEXT
    assert ["ek" in each["header"] for each in json.loads(message)["recipients"]] == [
        *(True, False, True)
    ]


@pytest.mark.parametrize("other", ["RSA-OAEP-256", "ECDH-ES+A256KW", "HPKE-0-KE"])
def test_all_recipients_are_quantum_resistant_or_none(other):
    with pytest.raises(InvalidKeyError, match=re.escape(f"{other} is not quantum-resistant")):
        MultiEncrypter(several("HPKE-9-KE", other), enc="A256GCM")
    good = MultiEncrypter(several("HPKE-9-KE"), enc="A256GCM", write_kid=False)
    message = json.loads(good.encrypt(PLAINTEXT))
    mixed = json.loads(MultiEncrypter(several(other), enc="A256GCM").encrypt(PLAINTEXT))
    recipients = []
    for each in (message, mixed):
        header = json.loads(unb64(each["protected"]))
        own = {name: header[name] for name in header if name != "enc"}
        recipients.append({"header": own, "encrypted_key": each["recipients"][0]["encrypted_key"]})
    forged_message = {**message, "protected": b64(b'{"enc":"A256GCM"}'), "recipients": recipients}
    opener = Decrypter(hpke_forge.key("HPKE-9-KE"), enc="A256GCM", form="general")
    with pytest.raises(MalformedTokenError, match="not all recipients are quantum-resistant"):
        opener.decrypt(json.dumps(forged_message))


@pytest.mark.parametrize("other", ["HPKE-13-KE", "A256KW"])
def test_quantum_resistant_recipients_go_together(other):
    keys = several("HPKE-9-KE", other)
    message = MultiEncrypter(keys, enc="A256GCM").encrypt(PLAINTEXT)
    opener = Decrypter(hpke_forge.key("HPKE-9-KE"), enc="A256GCM", form="general")
    assert opener.decrypt(message) == PLAINTEXT


@each_row("alg", hpke_forge.INTEGRATED)
def test_integrated_encryption_has_one_recipient(alg):
    assert alg in ALONE
    for keys in (several(alg), several(alg, "HPKE-12-KE")):
        with pytest.raises(InvalidKeyError, match="encrypts the content itself"):
            MultiEncrypter(keys, enc="A256GCM")
    message = json.loads(encrypter(alg, form="general").encrypt(PLAINTEXT))
    message["recipients"] *= 2
    with pytest.raises(MalformedTokenError, match="next to other recipients"):
        decrypter(alg, form="general").decrypt(json.dumps(message))


def test_mechanism_of_integrated_encryption_takes_no_cek_of_others():
    mechanism = hpke_forge.key("HPKE-0").public()._management
    settings = WrapSettings(hpke_forge.key("HPKE-0")._content, Limits())
    with pytest.raises(ValueError, match="has no other recipients"):
        mechanism.wrap(settings, bytes(28))


@pytest.mark.parametrize("place", ["protected", "shared", "own"])
def test_psk_id_is_refused_wherever_it_is_in_a_message(place):
    """Base mode would ignore it: the sender has mixed in a secret, or someone has added it."""
    header = {"psk_id": "AAAA"} if place == "protected" else {}
    message = json.loads(encrypter("HPKE-0-KE", form="general").encrypt(PLAINTEXT))
    protected = json.loads(unb64(message["protected"]))
    message["protected"] = b64(json.dumps({**protected, **header}).encode())
    if place == "shared":
        message["unprotected"] = {"psk_id": "AAAA"}
    elif place == "own":
        message["recipients"][0]["header"] = {"psk_id": "AAAA"}
    with pytest.raises(NotAllowedError) as caught:
        decrypter("HPKE-0-KE", form="general").decrypt(json.dumps(message))
    assert caught.value.parameter == "psk_id"


def test_psk_id_means_nothing_to_a_recipient_without_hpke():
    other = all_algorithms.key("A128KW", kid="other")
    message = json.loads(
        MultiEncrypter([*several("HPKE-0-KE"), other], enc="A128GCM").encrypt(PLAINTEXT)
    )
    message["unprotected"] = {"psk_id": "AAAA"}
    opened = Decrypter(other, enc="A128GCM", form="general").open(json.dumps(message))
    assert (opened.plaintext, opened.unauthenticated_header["psk_id"]) == (PLAINTEXT, "AAAA")


def test_info_binds_every_recipient_of_a_message():
    keys = several("HPKE-0-KE", "HPKE-7-KE")
    made = MultiEncrypter(keys, enc="A256GCM")
    message = made.encrypt(PLAINTEXT, info=b"session 1")
    for name in ("HPKE-0-KE", "HPKE-7-KE"):
        opener = Decrypter(hpke_forge.key(name), enc="A256GCM", form="general")
        assert opener.decrypt(message, info=b"session 1") == PLAINTEXT
        for info in (b"", b"session 2"):
            with pytest.raises(DecryptionError):
                opener.decrypt(message, info=info)


def test_info_is_refused_with_a_recipient_that_it_would_not_bind():
    made = MultiEncrypter(several("HPKE-0-KE", "ECDH-ES+A256KW"), enc="A256GCM")
    with pytest.raises(ValueError, match=r"^info is for HPKE, the key is bound to ECDH-ES"):
        made.encrypt(PLAINTEXT, info=b"session")
    with pytest.raises(TypeError, match="info must be bytes"):
        made.encrypt(PLAINTEXT, info="session")
