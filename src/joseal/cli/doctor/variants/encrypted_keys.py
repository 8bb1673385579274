"""The ways in which an encrypted key may have been made, tried with the private or shared key.

Only for `joseal doctor` on the machine of the key's owner: code that answers others must never
reveal which variant decrypts. RFC 7516 section 11.5.

Source: RFC 7518 section 4, RFC 8017 section 7.
"""

import itertools
from collections.abc import Iterator
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from joseal import JoseError, Key, Limits
from joseal._core.algorithms.hashes import HASHES
from joseal._core.algorithms.key_management import UnwrapRequest
from joseal._core.algorithms.registry import ENCS, AlgSpec, EncSpec, HashName
from joseal._core.wire import header as headers
from joseal.cli.doctor.variants import agreement, encapsulated, shared_secrets
from joseal.diagnosis.lenient_parse import Part, repaired

_SHOWN: Final[dict[HashName, str]] = {
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
}

Codes = tuple[tuple[str, str], ...]


class ContentKey(NamedTuple):
    """A content key that one way of unwrapping gave.

    Attributes:
        codes: the codes of the differences, each with where it was seen.
        bytes: the key.
        is_certain: whether the way itself proves that the key was right.
        enc: the content encryption that takes a key of this size.
    """

    codes: Codes
    raw: bytes
    is_certain: bool
    enc: EncSpec


class Sealed(NamedTuple):
    """The parts of a token that determine its content key.

    Attributes:
        members: the members of its header.
        encrypted_key: the second segment.
        header: the bytes of the protected header.
        info: the receiver's input to the key schedule of HPKE.
    """

    members: dict[str, object]
    encrypted_key: bytes
    header: bytes = b""
    info: bytes = b""


class _Unwrapped(NamedTuple):
    codes: Codes
    raw: bytes
    is_certain: bool


class _Scheme(NamedTuple):
    codes: Codes
    padding: OAEP | PKCS1v15


def content_keys(key: Key, alg: AlgSpec, enc: EncSpec, sealed: Sealed) -> Iterator[ContentKey]:
    """Yield the content keys that may fit, the one without a fault first."""
    if alg.kind == "RSA":
        unwrapped = _rsa(key, alg, sealed.encrypted_key)
    else:
        unwrapped = _other(key, alg, enc, sealed)
    made: set[tuple[str, bytes]] = set()
    for found in unwrapped:
        for codes, cek, sized in _sizes(found.raw, enc, is_wrapped=_is_wrapped(alg, sealed)):
            # A variant with the same key as an earlier one is the same.
            if (sized.name, cek) not in made:
                made.add((sized.name, cek))
                yield ContentKey((*found.codes, *codes), cek, found.is_certain, sized)


def _is_wrapped(alg: AlgSpec, sealed: Sealed) -> bool:
    """Tell whether the sender has put the content key into the encrypted key."""
    return bool(sealed.encrypted_key) and alg.content is None


def _sizes(raw: bytes, enc: EncSpec, *, is_wrapped: bool) -> Iterator[tuple[Codes, bytes, EncSpec]]:
    """Yield content keys for enc, and for an enc of its family that takes the size as it is."""
    # Without an encrypted key, nothing can be in it in a different form.
    for codes, cek in _forms(raw, enc.cek_bytes) if is_wrapped else [((), raw)]:
        if len(cek) == enc.cek_bytes:
            yield codes, cek, enc
    for other in ENCS.values():
        if other.family == enc.family and other != enc and other.cek_bytes == len(raw):
            yield (("enc_of_other_size", f"{len(raw)} bytes, as {other.name} has"),), raw, other


def _other(key: Key, alg: AlgSpec, enc: EncSpec, sealed: Sealed) -> Iterator[_Unwrapped]:
    """Try the mechanism of the key itself; then, for an agreement, other derivations."""
    proves = alg.family in ("aes-kw", "aes-gcmkw", "pbes2", "hpke-ke") or "+" in alg.name
    members, encrypted_key = sealed.members, sealed.encrypted_key
    raw = _by_mechanism(key, enc, sealed)
    if raw is not None:
        yield _Unwrapped((), raw, proves)
    if alg.suite is not None:
        for codes, cek in _of_hpke(key, enc, sealed):
            yield _Unwrapped(codes, cek, proves)
    if alg.family == "ecdh-es" and key.is_private:
        for codes, cek in agreement.derived(key, alg, enc, members, encrypted_key):
            yield _Unwrapped(codes, cek, proves)
    if key.is_symmetric:
        for codes, cek in shared_secrets.content_keys(key, alg, enc, members, encrypted_key):
            yield _Unwrapped(codes, cek, proves)


def _by_mechanism(key: Key, enc: EncSpec, sealed: Sealed) -> bytes | None:
    try:
        mechanism = key._for_encryption("decrypt", [enc], None)
        known = headers.parse_parameters(sealed.members).known
        request = UnwrapRequest(enc, known, sealed.encrypted_key, Limits(), info=sealed.info)
        return mechanism.check_public(request)()
    except JoseError:
        return None


def _of_hpke(key: Key, enc: EncSpec, sealed: Sealed) -> Iterator[tuple[Codes, bytes]]:
    """Take the encapsulated secret from where either mode puts it, and try other inputs with it."""
    try:
        mechanism = key._for_encryption("decrypt", [enc], None)
    except JoseError:
        return
    ek = sealed.members.get("ek")
    in_header = headers.from_member(ek) if isinstance(ek, str) else None
    for raw in (in_header, sealed.encrypted_key):
        if raw:
            sent = encapsulated.Sent(raw, sealed.encrypted_key, sealed.header, sealed.info)
            yield from encapsulated.content_keys(mechanism, enc, sent)


def _rsa(key: Key, alg: AlgSpec, encrypted_key: bytes) -> Iterator[_Unwrapped]:
    pem = key.to_pem(private=True).encode()
    # It was validated when the key was loaded.
    private = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(private, RSAPrivateKey):
        return
    for codes, raw in _sized(encrypted_key, (private.key_size + 7) // 8):
        for scheme in _schemes(alg):
            cek = _decrypted(private, raw, scheme.padding)
            if cek is not None:
                # PKCS #1 v1.5 gives a result for any input, so it proves nothing.
                certain = isinstance(scheme.padding, OAEP)
                yield _Unwrapped((*codes, *scheme.codes), cek, certain)


def _decrypted(private: RSAPrivateKey, raw: bytes, padding: OAEP | PKCS1v15) -> bytes | None:
    try:
        return private.decrypt(raw, padding)
    except ValueError:
        return None


def _sized(raw: bytes, size: int) -> Iterator[tuple[Codes, bytes]]:
    """Bring an encrypted key to the size of the modulus; another check reports wrong sizes."""
    number = raw.lstrip(b"\0").rjust(size, b"\0")
    if len(number) == size:
        yield (), number
        yield (("encrypted_key_reversed", ""),), raw.rjust(size, b"\0")[-size:][::-1]


def _schemes(alg: AlgSpec) -> Iterator[_Scheme]:
    """Yield the padding that alg names, then with one or both hashes changed, then the old one."""
    named = None if alg.legacy else alg.hash
    pairs = itertools.product(_SHOWN, repeat=2)
    older = PKCS1v15()
    if alg.legacy:
        yield _Scheme((), older)
    for hash_, mgf in sorted(pairs, key=lambda pair: (pair != (named, named), pair[0] != pair[1])):
        yield _Scheme(_codes(named, hash_, mgf), OAEP(MGF1(HASHES[mgf]), HASHES[hash_], None))
    if not alg.legacy:
        yield _Scheme((("rsa1_5_used", ""),), older)


def _codes(named: HashName | None, hash_: HashName, mgf: HashName) -> Codes:
    if hash_ == mgf == named:
        return ()
    if hash_ == mgf:
        code = "oaep_hash" if named else "oaep_used"
        return ((code, f"decrypts with {_SHOWN[hash_]}"),)
    code = "mgf1" if (hash_, mgf) == (named, "sha1") else "oaep_mixed"
    seen = (code, f"decrypts with {_SHOWN[hash_]} in OAEP and {_SHOWN[mgf]} in MGF1")
    return (seen,) if named else (("oaep_used", ""), seen)


def _forms(raw: bytes, size: int) -> Iterator[tuple[Codes, bytes]]:
    """Yield the content keys of the right size that the unwrapped bytes can represent."""
    if len(raw) == size:
        yield (), raw
    text = raw.strip()
    if text.isascii() and len(text) >= size:
        yield from _texts(text.decode("ascii").strip('"'), size)
    seen = f"{len(raw)} bytes, and enc needs {size}"
    if len(raw) > size:
        yield (("cek_size", f"{seen}: cut"),), raw[:size]
        yield (("cek_size", f"{seen}: its end"),), raw[-size:]
    elif 2 * len(raw) == size:
        yield (("cek_size", f"{seen}: used twice"),), raw * 2
    if 0 < len(raw) < size:
        yield (("cek_size", f"{seen}: zeros behind"),), raw.ljust(size, b"\0")
        yield (("cek_size", f"{seen}: zeros in front"),), raw.rjust(size, b"\0")


def _texts(text: str, size: int) -> Iterator[tuple[Codes, bytes]]:
    part: Part = repaired("", text)
    if part.raw is not None and part.size == size:
        yield (("cek_base64", ""),), part.raw
    if len(text) == 2 * size and all(digit in "0123456789abcdefABCDEF" for digit in text):
        yield (("cek_hex", ""),), bytes.fromhex(text)
