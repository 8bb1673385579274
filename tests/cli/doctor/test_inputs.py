"""`joseal doctor` tries what a peer may have meant before it says that the key is the wrong one.

An input of the key management or of the signature that its RFC does not allow is tried as it was
probably meant. Where it can't be tried, the key is not blamed.
"""

import hmac
import json
import unicodedata

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from tests.helpers import all_algorithms, forge
from tests.helpers.all_algorithms import Wrapped, concat_kdf
from tests.helpers.forge import b64
from tests.helpers.rows import each_row

from joseal.cli.doctor import keys, report, signatures
from joseal.cli.doctor.key_ring import Given
from joseal.cli.key_files import File
from joseal.diagnosis.explain_token import examine

ECDH, GCMKW, PBES2, GCM = "ECDH-ES", "A256GCMKW", "PBES2-HS256+A128KW", "A256GCM"
CBC = "A256CBC-HS512"
WORD = unicodedata.normalize("NFC", "pass\u00e9 w\u00f6rd")
PAYLOAD = b'{"sum":1}'


def told(text, key, *, expect="jwe", password=None, payload=None):
    """Say whether it opened or verified, and list the causes."""
    jwk = None if key is None else json.dumps({**key.to_jwk(private=True), "alg": key.alg})
    file = None if jwk is None else File(jwk.encode())
    seen, reading = examine(text, expect=expect)
    room = keys if expect == "jwe" else signatures
    given = Given(file, None, None, None, password, payload=payload)
    found = report.merged(seen, room.examine(text.encode(), reading, given))
    return found.opened, {cause.code: cause.seen for cause in found.causes}


def agreed(epk=None, derive=None, **members):
    """Make a token under ECDH-ES, with its epk or its derivation changed."""
    ephemeral = all_algorithms.private("P-256", "ephemeral")
    shown = all_algorithms.public_jwk(ephemeral, "P-256")
    secret = ephemeral.exchange(ec.ECDH(), all_algorithms.private("P-256").public_key())
    cek = concat_kdf(secret, GCM, 32) if derive is None else derive(secret)
    members = {"epk": shown if epk is None else epk(shown), **members}
    token = all_algorithms.token(ECDH, GCM, wrapped=Wrapped(cek, b"", members))
    return told(str(token), all_algorithms.key(ECDH))


def key_wrapped(place):
    """Make a token under A256GCMKW whose encrypted key, iv and tag stand where `place` says."""
    good = all_algorithms.wrap(GCMKW, GCM)
    iv, tag = (forge.unb64(good.members[name]) for name in ("iv", "tag"))
    encrypted_key, members = place(good.encrypted_key, iv, tag)
    token = all_algorithms.token(
        GCMKW, GCM, wrapped=Wrapped(good.cek, encrypted_key, dict(members))
    )
    return told(str(token), all_algorithms.key(GCMKW))


def stretched(password, *, given=None, **own):
    """Make a token for a password."""
    wrapped = all_algorithms._pbes2(PBES2, bytes(32), password, own)
    members = {name: own.get(f"as_{name}", value) for name, value in wrapped.members.items()}
    token = all_algorithms.token(PBES2, GCM, wrapped=wrapped._replace(members=members))
    return told(str(token), None, password=WORD.encode() if given is None else given)


def padded(block):
    token = all_algorithms.token("dir", CBC, padded=block)
    return told(str(token), all_algorithms.key("dir", CBC))


def signed(sign, header=(), *, shown=PAYLOAD, given=None, key="ES256"):
    text = forge_jws({"alg": key, **dict(header)}, shown, sign)
    return told(text, all_algorithms.signing_key(key), expect="jws", payload=given)


def forge_jws(header, shown, sign):
    head = b64(json.dumps(header).encode())
    return f"{head}.{b64(shown)}.{b64(sign(head.encode()))}"


def ecdsa(data):
    pair = all_algorithms.private("P-256")
    r, s = decode_dss_signature(pair.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def mac(data):
    return hmac.digest(forge.draw("HS256 mine", 32), data, "sha256")


def detached(data, given):
    return signed(lambda head: mac(head + b"." + data), shown=b"", given=given, key="HS256")


def of_two_signatures():
    other = all_algorithms.signing_key("HS256", "other")
    parts = [
        all_algorithms.jws({"alg": "HS256"}, PAYLOAD, sign).split(".")
        for sign in (lambda data: hmac.digest(bytes(32), data, "sha256"), mac)
    ]
    each = [{"protected": head, "signature": signature} for head, _, signature in parts]
    text = json.dumps({"payload": b64(PAYLOAD), "signatures": each})
    assert other != all_algorithms.signing_key("HS256")
    return told(text, all_algorithms.signing_key("HS256"), expect="jws")


def without(name):
    return lambda epk: {member: value for member, value in epk.items() if member != name}


def hexed(epk):
    return {**epk, **{name: forge.unb64(epk[name]).hex() for name in ("x", "y")}}


def renamed(crv):
    return lambda epk: {**epk, "crv": crv}


OPENED = {
    "epk with padding": (lambda: agreed(lambda epk: {**epk, "x": epk["x"] + "="}), "epk_form"),
    "epk in hex": (lambda: agreed(hexed), "epk_form"),
    "crv as OpenSSL names it": (lambda: agreed(renamed("prime256v1")), "curve_spelling"),
    "apu with padding": (
        lambda: agreed(derive=lambda z: concat_kdf(z, GCM, 32, b"Alice"), apu=f"{b64(b'Alice')}="),
        "party_form",
    ),
    "apv alone as text": (
        lambda: agreed(
            derive=lambda z: concat_kdf(z, GCM, 32, b"Alice", b64(b"Bob").encode()),
            apu=b64(b"Alice"),
            apv=b64(b"Bob"),
        ),
        "derivation",
    ),
    "the tag of the key wrap behind the key": (
        lambda: key_wrapped(lambda key, iv, tag: (key + tag, {"iv": b64(iv)})),
        "gcmkw_members gcmkw_in_key",
    ),
    "the tag of the key wrap in both places": (
        lambda: key_wrapped(lambda key, iv, tag: (key + tag, {"iv": b64(iv), "tag": b64(tag)})),
        "gcmkw_in_key",
    ),
    "the iv of the key wrap before the key": (
        lambda: key_wrapped(lambda key, iv, tag: (iv + key + tag, {})),
        "gcmkw_members gcmkw_in_key",
    ),
    "iv and tag of the key wrap swapped": (
        lambda: key_wrapped(lambda key, iv, tag: (key, {"iv": b64(tag), "tag": b64(iv)})),
        "gcmkw_members gcmkw_swapped",
    ),
    "few iterations": (lambda: stretched(WORD.encode(), p2c=500), "p2c_low"),
    "a short salt": (lambda: stretched(WORD.encode(), p2s=b"salt"), "pbes2_members"),
    "the text of the salt": (
        lambda: stretched(WORD.encode(), p2s=b64(bytes(16)).encode(), as_p2s=b64(bytes(16))),
        "pbes2_salt",
    ),
    "a line end in your password": (
        lambda: stretched(b"word", given=b"word\n"),
        "password_stripped",
    ),
    "a password in Latin-1": (lambda: stretched(WORD.encode("latin-1")), "password_encoding"),
    "a password in UTF-16": (lambda: stretched(WORD.encode("utf-16-le")), "password_encoding"),
    "a decomposed password": (
        lambda: stretched(unicodedata.normalize("NFD", WORD).encode()),
        "password_encoding",
    ),
    "zeros behind the plaintext": (lambda: padded(b'{"a":1}' + bytes(9)), "cbc_padding"),
    "padding of ISO 7816-4": (
        lambda: padded(b'{"a":1}\x80' + bytes(8)),
        "cbc_padding",
    ),
    "padding of X9.23": (lambda: padded(b'{"a":1}' + bytes(8) + b"\x09"), "cbc_padding"),
    "r and s exchanged": (
        lambda: signed(lambda head: exchanged(head + b"." + b64(PAYLOAD).encode())),
        "signature_numbers",
    ),
    "a byte for key recovery": (
        lambda: signed(lambda head: ecdsa(head + b"." + b64(PAYLOAD).encode()) + b"\0"),
        "signature_size signature_numbers",
    ),
    "signed without the dot": (
        lambda: signed(lambda head: ecdsa(head + b64(PAYLOAD).encode())),
        "input_without_dot",
    ),
    "signed with a line end": (
        lambda: signed(lambda head: ecdsa(head + b"." + b64(PAYLOAD).encode() + b"\n")),
        "input_line_end",
    ),
    "a payload file with a line end": (
        lambda: detached(b64(PAYLOAD).encode(), PAYLOAD + b"\n"),
        "payload_line_end",
    ),
    "a payload file in base64url": (
        lambda: detached(b64(PAYLOAD).encode(), b64(PAYLOAD).encode()),
        "payload_encoded",
    ),
    "b64 false, and signed encoded": (
        lambda: signed(
            lambda head: mac(head + b"." + b64(PAYLOAD).encode()),
            {"b64": False, "crit": ["b64"]}.items(),
            shown=b"",
            given=PAYLOAD,
            key="HS256",
        ),
        "b64_ignored",
    ),
    "b64 that is not critical": (
        lambda: signed(
            lambda head: mac(head + b"." + PAYLOAD),
            {"b64": False}.items(),
            shown=b"",
            given=PAYLOAD,
            key="HS256",
        ),
        "b64_not_critical",
    ),
    "the second of two signatures": (of_two_signatures, "json_serialization"),
}
CLOSED = {
    "no epk": (lambda: agreed(lambda epk: None), "member_type"),
    "epk without y": (lambda: agreed(without("y")), "epk_form"),
    "epk as a text": (lambda: agreed(json.dumps), "member_type"),
    "p2c as a text": (lambda: stretched(WORD.encode(), as_p2c="1000"), "member_type"),
    "p2c of a billion": (lambda: stretched(WORD.encode(), as_p2c=10**9), "p2c_high"),
    "no salt": (lambda: stretched(WORD.encode(), as_p2s=""), "pbes2_members"),
    "noise under a good tag": (lambda: padded(bytes(range(200, 216))), "cbc_aes_key"),
}


def exchanged(data):
    signature = ecdsa(data)
    return signature[32:] + signature[:32]


@each_row("name", OPENED)
def test_what_was_meant_opens_and_is_named(name: str) -> None:
    make, codes = OPENED[name]
    opened, causes = make()
    assert (opened, [*causes]) == (True, codes.split())


@each_row("name", CLOSED)
def test_the_key_is_not_blamed_for_an_input_that_cannot_be_used(name: str) -> None:
    make, codes = CLOSED[name]
    opened, causes = make()
    assert (opened, [*causes]) == (False, codes.split())


def test_a_broken_crit_is_not_answered_with_a_switch() -> None:
    token = all_algorithms.token("dir", GCM, members={"crit": ["exp"]})
    assert told(str(token), all_algorithms.key("dir", GCM)) == (True, {"crit": ""})


def test_a_parameter_in_capital_letters_is_shown() -> None:
    header = json.dumps({"ALG": "dir", "enc": GCM}).encode()
    token = all_algorithms.token("dir", GCM)._replace(header=header)
    assert told(str(token), None)[1] == {"alg_missing": "there is ALG"}
