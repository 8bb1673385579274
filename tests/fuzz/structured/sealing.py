"""Encryption and MACs around what was changed, with counts that cost nothing.

So a change comes behind a password: a loader decrypts and believes what it finds. Salts and IVs are
fixed, because the same seed has to give the same bytes.

Source: RFC 8018 sections 6.1 and 6.2, RFC 7914, RFC 7292 sections 4 and appendix B, RFC 1421 section
4.6.1.3 as OpenSSL has it.
"""

import hashlib
import hmac
import re

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.serialization import PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES
from tests.fuzz.structured.trees import pick
from tests.helpers import der

PASSWORD = b"never use this one"
SALT = b"saltsalt"
IV = bytes(range(16))
# Of a file that `cryptography` writes.
CHEAP = (
    PrivateFormat.PKCS12.encryption_builder()
    .kdf_rounds(1)
    .key_cert_algorithm(PBES.PBESv2SHA256AndAES256CBC)
    .build(PASSWORD)
)
COUNTS = (1, 1, 1, 2, 7)
# What a loader has to work through at most, as the product of what an input says.
MOST_WORK = 20_000
# An integer of two bytes or more, of which a product over that has one at least.
LARGE = re.compile(rb"\x02[\x02-\x08\x80-\x88]")

PRFS = {"sha1": "07", "sha224": "08", "sha256": "09", "sha384": "0a", "sha512": "0b"}
HASHES = {"sha1": "2b0e03021a", "sha256": "608648016503040201", "sha512": "608648016503040203"}
LONG = "6086480165030401"
TRIPLE_DES = "2a864886f70d0307"


def encrypted(cipher, iv, plain):
    size = cipher.block_size // 8
    fill = size - len(plain) % size
    sealer = Cipher(cipher, CBC(iv)).encryptor()
    return sealer.update(plain + bytes((fill,)) * fill) + sealer.finalize()


def scheme(rng, plain):
    """Return an AlgorithmIdentifier for the password, and what it encrypts."""
    drawn = rng.random()
    if drawn < 0.08:
        return _pbes1(plain)
    if drawn < 0.16:
        return _pkcs12_pbe(plain, pick(rng, COUNTS))
    if drawn < 0.3:
        return _by_scrypt(plain)
    settings = pick(rng, tuple(PRFS)), pick(rng, COUNTS), pick(rng, (16, 24, 32, 0))
    return _by_pbkdf2(plain, *settings, is_sized=rng.random() < 0.2)


def _by_scrypt(plain):
    key = hashlib.scrypt(PASSWORD, salt=SALT, n=2, r=1, p=1, dklen=32)
    numbers = (der.integer(2), der.integer(1), der.integer(1))
    parameters = der.sequence(der.byte_string(SALT), *numbers)
    return _pbes2(der.sequence(der.oid("2b06010401da47040b"), parameters), key, 32, plain)


def _by_pbkdf2(plain, prf, count, size, *, is_sized=False):
    key = hashlib.pbkdf2_hmac(prf, PASSWORD, SALT, count, size or 24)
    parameters = [der.byte_string(SALT), der.integer(count)]
    if is_sized:
        parameters.append(der.integer(size or 24))
    if prf != "sha1":  # which is meant without a name
        parameters.append(der.sequence(der.oid("2a864886f70d02" + PRFS[prf]), der.tagged(5)))
    return _pbes2(der.sequence(der.oid(der.PBKDF2), der.sequence(*parameters)), key, size, plain)


def _pbes2(kdf, key, size, plain):
    """AES-CBC with a key of `size` bytes; 3DES without a size."""
    cipher, oid = (AES(key), LONG + der.AES_CBC[size]) if size else (TripleDES(key), TRIPLE_DES)
    iv = IV if size else IV[:8]
    named = der.sequence(kdf, der.sequence(der.oid(oid), der.byte_string(iv)))
    return der.sequence(der.oid(der.PBES2), named), encrypted(cipher, iv, plain)


def _pbes1(plain):
    derived = hashlib.md5(PASSWORD + SALT).digest()  # noqa: S324 - pbeWithMD5AndDES-CBC
    parameters = der.sequence(der.byte_string(SALT), der.integer(1))
    named = der.sequence(der.oid("2a864886f70d010503"), parameters)
    return named, encrypted(TripleDES(derived[:8] * 3), derived[8:], plain)


def _pkcs12_pbe(plain, count):
    key, iv = (_pkcs12_kdf("sha1", number, count, size) for number, size in ((1, 24), (2, 8)))
    parameters = der.sequence(der.byte_string(SALT), der.integer(count))
    named = der.sequence(der.oid("2a864886f70d010c0103"), parameters)
    return named, encrypted(TripleDES(key), iv, plain)


def _pkcs12_kdf(name, number, count, size):
    """RFC 7292 appendix B.2, for what one hash or two are enough for."""
    block = hashlib.new(name).block_size
    text = PASSWORD.decode().encode("utf-16-be") + b"\0\0"
    filled = b"".join(
        (one * (block // len(one) + 1))[: block * -(-len(one) // block)] for one in (SALT, text)
    )
    found = b""
    while len(found) < size:
        digest = hashlib.new(name, bytes((number,)) * block + filled).digest()
        for _ in range(count - 1):
            digest = hashlib.new(name, digest).digest()
        found += digest
        more = int.from_bytes((digest * (block // len(digest) + 1))[:block], "big") + 1
        filled = b"".join(
            ((int.from_bytes(filled[at : at + block], "big") + more) % (1 << 8 * block)).to_bytes(
                block, "big"
            )
            for at in range(0, len(filled), block)
        )
    return found[:size]


def pkcs8(rng, plain):
    """Return EncryptedPrivateKeyInfo."""
    named, ciphertext = scheme(rng, plain)
    return der.sequence(named, der.byte_string(ciphertext))


def pbes2_pkcs8(plain):
    """Return EncryptedPrivateKeyInfo by PBKDF2 with SHA-256, and AES-256-CBC."""
    named, ciphertext = _by_pbkdf2(plain, "sha256", 1, 32)
    return der.sequence(named, der.byte_string(ciphertext))


def traditional(rng, plain):
    """Return the lines of a PEM header and the ciphertext, as OpenSSL writes them."""
    name, size, iv = pick(
        rng,
        (
            ("AES-256-CBC", 32, IV),
            ("AES-128-CBC", 16, IV),
            ("DES-EDE3-CBC", 24, IV[:8]),
        ),
    )
    key = b""
    while len(key) < size:
        key += hashlib.md5(key[-16:] + PASSWORD + iv[:8]).digest()  # noqa: S324 - EVP_BytesToKey
    kind = AES if len(iv) == 16 else TripleDES
    lines = f"Proc-Type: 4,ENCRYPTED\nDEK-Info: {name},{iv.hex().upper()}\n"
    return lines.encode(), encrypted(kind(key[:size]), iv, plain)


def content(raw):
    return der.sequence(der.oid(der.DATA), der.tagged(0xA0, der.byte_string(raw)))


def safe_contents(rng, raw, *, is_sealed):
    """Return ContentInfo of SafeContents, encrypted or as it is."""
    if not is_sealed:
        return content(raw)
    named, ciphertext = scheme(rng, raw)
    info = der.sequence(der.oid(der.DATA), named, der.tagged(0x80, ciphertext))
    return der.sequence(
        der.oid(der.ENCRYPTED_DATA), der.tagged(0xA0, der.sequence(der.integer(0), info))
    )


def pkcs12(rng, authenticated, *, has_mac):
    """Return PFX for an AuthenticatedSafe, whatever that is."""
    parts = [der.integer(3), content(authenticated)]
    if has_mac:
        name, count = pick(rng, tuple(HASHES)), pick(rng, COUNTS)
        size = hashlib.new(name).digest_size
        key = _pkcs12_kdf(name, 3, count, size)
        digest = der.sequence(
            der.sequence(der.oid(HASHES[name]), der.tagged(5)),
            der.byte_string(hmac.digest(key, authenticated, name)),
        )
        # 1 is the default, which DER leaves out.
        counted = () if count == 1 and rng.random() < 0.9 else (der.integer(count),)
        parts.append(der.sequence(digest, der.byte_string(SALT), *counted))
    return der.sequence(*parts)


def costs_too_much(raw):
    """Tell whether DER asks for work that no count in `COUNTS` does.

    A count, and the costs of scrypt, follow a salt: integers behind bytes, wherever they are. One of
    more than 8 bytes is refused by every reader, and so is a negative one; where it is read without
    its sign, 4 bytes are too many.
    """
    if LARGE.search(raw) is None:
        return False
    for tag in (b"\x04", b"\x24"):
        at = raw.find(tag)
        while at >= 0:
            if _work_after(raw, at) > MOST_WORK:
                return True
            at = raw.find(tag, at + 1)
    return False


def _work_after(raw, at):
    end, work = _end(raw, at)[1], 1
    while raw[end : end + 1] == b"\x02":
        begin, end = _end(raw, end)
        number = raw[begin:end].lstrip(b"\0")
        if len(number) < 4 or (len(number) <= 8 and raw[begin] < 0x80):
            work *= int.from_bytes(number, "big") or 1
    return work


def _end(raw, at):
    """Return where the content of a value begins, and where it ends; for none, the end of all."""
    size, begin = raw[at + 1] if at + 1 < len(raw) else 0, at + 2
    if size & 0x80:
        width = size & 0x7F
        size, begin = int.from_bytes(raw[begin : begin + width], "big"), begin + width
    return begin, min(begin + size, len(raw))
