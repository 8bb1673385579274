"""Tokens of HPKE with one mistake each, whose structure shows it.

Source: draft-ietf-jose-hpke-encrypt sections 5 and 6, and its older revisions (`enc` of `int`).
"""

from tests.helpers import all_algorithms, hpke_forge
from tests.helpers.forge import b64

SECRET = hpke_forge.SECRET_BYTES


def _of(alg, **own):
    return lambda: str(hpke_forge.token(alg, **own))


def _changed(alg, **parts):
    return lambda: str(hpke_forge.token(alg)._replace(**parts))


def _compressed():
    """Make a point of P-256 in its compressed form, in as many bytes as the other has."""
    point = hpke_forge.encoded(all_algorithms.private("P-256", "mine").public_key())
    return str(hpke_forge.token("HPKE-0", sent=b"\x02" + point[1:]))


SHOWN = {
    "enc of an older draft": ("hpke_enc_present", _of("HPKE-9", members={"enc": "int"})),
    "enc of Key Encryption": ("hpke_enc_present", _of("HPKE-0", members={"enc": "A128GCM"})),
    "no enc in Key Encryption": ("hpke_enc_missing", _of("HPKE-9-KE", members={"enc": None})),
    "ek next to the encrypted key": ("ek_present", _of("HPKE-3", members={"ek": "AAAA"})),
    "no ek": ("ek_missing", _of("HPKE-9-KE", members={"ek": None})),
    "ek with padding": ("ek_form", _of("HPKE-0-KE", members={"ek": "AA=="})),
    "no encapsulated secret": ("encapsulated_missing", _of("HPKE-9", sent=b"")),
    "one byte is missing": ("encapsulated_size", _of("HPKE-9", sent=bytes(1119))),
    "ML-KEM alone for the hybrid": ("kem_other", _of("HPKE-9", sent=bytes(SECRET["ML-KEM-768"]))),
    "the other hybrid in ek": (
        "kem_other",
        _of("HPKE-9-KE", members={"ek": b64(bytes(SECRET["MLKEM768-P256"]))}),
    ),
    "X25519 for P-256": ("kem_other", _of("HPKE-0", sent=bytes(32))),
    "a point that is not on the curve": ("encapsulated_point", _of("HPKE-0", sent=bytes(65))),
    "a compressed point": ("encapsulated_point", _compressed),
    "a point of low order in the hybrid": (
        "encapsulated_point",
        _of("HPKE-9", sent=bytes(SECRET["MLKEM768-X25519"])),
    ),
    "a tag of its own": ("hpke_iv_tag", _changed("HPKE-9", tag=bytes(16))),
    "an IV and a tag": ("hpke_iv_tag", _changed("HPKE-0", iv=bytes(12), tag=bytes(16))),
    "half of a tag": ("hpke_ciphertext_short", _changed("HPKE-12", ciphertext=bytes(8))),
    "a pre-shared key": ("hpke_psk", _of("HPKE-0", members={"psk_id": "AAAA"})),
    "a pre-shared key, Key Encryption": ("hpke_psk", _of("HPKE-8-KE", members={"psk_id": "AAAA"})),
}
