"""DER by hand, so that a test can write keys that no library would: RFC 8017, 5208, 5280, 7292."""

import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

RSA = "2a864886f70d010101"
EC = "2a8648ce3d0201"
CURVES = {
    "P-256": "2a8648ce3d030107",
    "P-384": "2b81040022",
    "P-521": "2b81040023",
    "secp256k1": "2b8104000a",
}
OKP = {"X25519": "2b656e", "X448": "2b656f", "Ed25519": "2b6570", "Ed448": "2b6571"}
DATA, KEY_BAG = "2a864886f70d010701", "2a864886f70d010c0a0101"


def tagged(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes((tag, size)) + body
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(raw))) + raw + body


def integer(value):
    return tagged(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def sequence(*parts):
    return tagged(0x30, *parts)


def oid(text):
    return tagged(6, bytes.fromhex(text))


def byte_string(raw):
    return tagged(4, raw)


def bits(raw):
    return tagged(3, b"\0", raw)


def rsa_public(n, e):
    return sequence(integer(n), integer(e))


def rsa_private(**members):
    names = ("n", "e", "d", "p", "q", "dp", "dq", "qi")
    return sequence(integer(0), *(integer(members[name]) for name in names))


def ec_private(curve, scalar, point):
    return sequence(
        integer(1),
        byte_string(scalar),
        tagged(0xA0, oid(CURVES[curve])),
        tagged(0xA1, bits(point)),
    )


def algorithm(curve=None):
    """Return the AlgorithmIdentifier of RSA, or of a curve."""
    if curve is None:
        return sequence(oid(RSA), tagged(5))
    return sequence(oid(OKP[curve])) if curve in OKP else sequence(oid(EC), oid(CURVES[curve]))


def spki(raw, curve=None):
    return sequence(algorithm(curve), bits(raw))


def pkcs8(raw, curve=None):
    return sequence(integer(0), algorithm(curve), byte_string(raw))


def certificate(public, string_tag=0x0C, string=b"x"):
    """Return a certificate of no one: no loader looks at more than its form."""
    signed_with = sequence(oid("2a8648ce3d040302"))
    name = sequence(tagged(0x31, sequence(oid("550403"), tagged(string_tag, string))))
    validity = sequence(tagged(0x17, b"260101000000Z"), tagged(0x17, b"270101000000Z"))
    body = sequence(tagged(0xA0, integer(2)), integer(7), signed_with, name, validity, name, public)
    return sequence(body, signed_with, bits(sequence(integer(1), integer(1))))


def pkcs12(private):
    """Return a file of one key, neither encrypted nor authenticated."""
    bag = sequence(oid(KEY_BAG), tagged(0xA0, private))
    inner = sequence(_content(sequence(bag)))
    return sequence(integer(3), _content(inner))


ENCRYPTED_DATA, PBES2, PBKDF2 = "2a864886f70d010706", "2a864886f70d01050d", "2a864886f70d01050c"
PRFS = {"sha1": "07", "sha256": "09", "sha384": "0a", "sha512": "0b"}
AES_CBC = {16: "02", 24: "16", 32: "2a"}


def encrypted_pkcs12(named, password, prf="sha256", size=32, piece=None):
    """Return a file whose keys, by friendlyName, are in one part under PBES2."""
    bags = [
        sequence(oid(KEY_BAG), tagged(0xA0, private), tagged(0x31, _friendly(name)))
        for name, private in named.items()
    ]
    plain = sequence(*bags)
    plain += bytes((16 - len(plain) % 16,)) * (16 - len(plain) % 16)
    salt, iv = b"salt-of-8", bytes(range(16))
    key = hashlib.pbkdf2_hmac(prf, password, salt, 1000, size)
    sealer = Cipher(AES(key), CBC(iv)).encryptor()
    ciphertext = sealer.update(plain) + sealer.finalize()
    named_prf = [] if prf == "sha1" else [sequence(oid(f"2a864886f70d02{PRFS[prf]}"), tagged(5))]
    kdf = sequence(oid(PBKDF2), sequence(byte_string(salt), integer(1000), *named_prf))
    cipher = sequence(oid(f"6086480165030401{AES_CBC[size]}"), byte_string(iv))
    content = tagged(0x80, ciphertext)
    if piece:
        pieces = (ciphertext[at : at + piece] for at in range(0, len(ciphertext), piece))
        content = tagged(0xA0, *map(byte_string, pieces))
    info = sequence(oid(DATA), sequence(oid(PBES2), sequence(kdf, cipher)), content)
    part = sequence(oid(ENCRYPTED_DATA), tagged(0xA0, sequence(integer(0), info)))
    return sequence(integer(3), _content(sequence(part)))


def _friendly(name):
    text = tagged(0x1E, name.encode("utf-16-be"))
    return sequence(oid("2a864886f70d010914"), tagged(0x31, text))


def _content(raw):
    return sequence(oid(DATA), tagged(0xA0, byte_string(raw)))
