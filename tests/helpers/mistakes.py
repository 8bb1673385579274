"""Broken tokens, each with one typical mistake, made by other libraries or bare primitives.

`SHOWN` are those whose structure shows the mistake, `HIDDEN` those that only a key can tell. All of
them are for the key `mine` of `forge`, and hold the same plaintext.

Source: what users of several libraries reported in public: quotes and envelopes, PyJWT-like calls
that give bytes, jwcrypto's `serialize()` without `compact`, Java's OAEP and GCM defaults, 16-byte
IVs, AAD that is left out, decoded or written anew, an AL that counts bytes.
"""

import base64
import gzip
import hashlib
import hmac
import json
import zlib
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from joserfc import jwe as joserfc_jwe
from joserfc import jwk as joserfc_jwk
from joserfc import jws as joserfc_jws
from jwcrypto import jwe as jwcrypto_jwe
from jwcrypto import jwk as jwcrypto_jwk
from tests.helpers import all_algorithms, forge
from tests.helpers.forge import Token, b64, draw

PLAINTEXT = json.dumps({"card": "canary-5513651111111111", "padding": "x" * 40}).encode()
ALG, GCM, CBC_ENC = "RSA-OAEP-256", "A256GCM", "A256CBC-HS512"

SHA1 = hashes.SHA1()  # noqa: S303 - what the senders of these tokens used

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

Maker = Callable[[], str | bytes]


def good(alg: str = ALG, enc: str = GCM, **more: object) -> Token:
    return all_algorithms.token(alg, enc, PLAINTEXT, **more)


def gcm(
    *,
    header: bytes | None = None,
    members: dict[str, object] | None = None,
    encrypted_key: Callable[[bytes], bytes] | None = None,
    aad: Callable[[bytes], bytes] = lambda header: b64(header).encode(),
    iv: bytes = draw("iv", 12),
    plaintext: bytes = PLAINTEXT,
) -> Token:
    """An A256GCM token of which each step can be another one."""
    header = header or json.dumps({"alg": ALG, "enc": GCM, **(members or {})}).encode()
    cek = draw("cek", 32)
    wrapped = forge.wrap(ALG, GCM, cek) if encrypted_key is None else encrypted_key(cek)
    sealed = AESGCM(cek).encrypt(iv, plaintext, aad(header))
    return Token(header, wrapped, iv, sealed[:-16], sealed[-16:])


def cbc(
    *,
    al: Callable[[bytes], bytes] = lambda aad: (8 * len(aad)).to_bytes(8, "big"),
    mac_key: slice = slice(0, 32),
    aes_key: slice = slice(32, 64),
    pad: Callable[[bytes], bytes] = forge.pad,
    tag: slice = slice(0, 32),
    with_iv: bool = True,
    hash_name: str = "sha512",
) -> Token:
    """An A256CBC-HS512 token of which each step can be another one."""
    header = json.dumps({"alg": ALG, "enc": CBC_ENC}).encode()
    cek, iv, aad = draw("cek", 64), draw("iv", 16), b64(header).encode()
    encryptor = Cipher(AES(cek[aes_key]), CBC(iv)).encryptor()
    ciphertext = encryptor.update(pad(PLAINTEXT)) + encryptor.finalize()
    raw = aad + (iv if with_iv else b"") + ciphertext + al(aad)
    whole = hmac.digest(cek[mac_key], raw, hash_name)
    return Token(header, forge.wrap(ALG, CBC_ENC, cek), iv, ciphertext, whole[tag])


def oaep(hash_: hashes.HashAlgorithm, mgf: hashes.HashAlgorithm) -> Callable[[bytes], bytes]:
    public = forge.rsa_private().public_key()
    return lambda cek: public.encrypt(cek, OAEP(MGF1(mgf), hash_, None))


def wrapping(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda cek: forge.wrap(ALG, GCM, change(cek))


def segments(change: Callable[[str], str], *places: int) -> str:
    parts = str(good()).split(".")
    return ".".join(change(part) if at in places else part for at, part in enumerate(parts))


def padded(segment: str) -> str:
    return segment + "=" * (-len(segment) % 4)


def lines_of(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def wrapped_lines(text: str, size: int = 76) -> str:
    return "\r\n".join(lines_of(text, size))


def of_a_form(text: str) -> str:
    """Standard base64 of each segment, with a blank for each +. The ciphertext has one."""
    standard = ".".join(padded(part) for part in text.split("."))
    return standard.replace("-", " ").replace("_", "/")


def public_jwk() -> str:
    numbers = forge.rsa_private().public_key().public_numbers()
    n, e = (
        b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))
        for value in (numbers.n, numbers.e)
    )
    return json.dumps({"kty": "RSA", "n": n, "e": e})


def by_jwcrypto(plaintext: bytes = PLAINTEXT, *, compact: bool = True, **members: str) -> str:
    token = jwcrypto_jwe.JWE(plaintext, json.dumps({"alg": ALG, "enc": GCM, **members}))
    token.add_recipient(jwcrypto_jwk.JWK.from_json(public_jwk()))
    return token.serialize(compact=compact)


def by_joserfc() -> str:
    key = joserfc_jwk.RSAKey.import_key(json.loads(public_jwk()))
    return joserfc_jwe.encrypt_compact({"alg": ALG, "enc": GCM}, PLAINTEXT, key, [ALG, GCM])


def signed_by_joserfc() -> str:
    key = joserfc_jwk.OctKey.import_key(draw("hmac", 32))
    return joserfc_jws.serialize_compact({"alg": "HS256"}, PLAINTEXT, key)


def fields() -> str:
    names = ("header", "encryptedKey", "iv", "encryptedPayload", "tag")
    return json.dumps(dict(zip(names, str(good()).split("."), strict=True)))


def named(header: dict[str, object], like: Token) -> str:
    """A token with another header; its tag no longer holds, which nobody sees without a key."""
    return str(like._replace(header=json.dumps(header).encode()))


def renamed(alg: str = ALG, enc: str = GCM, like: Token | None = None) -> str:
    return named({"alg": alg, "enc": enc}, good() if like is None else like)


def with_epk(change: Callable[[dict[str, str]], dict[str, object] | None]) -> str:
    token = good("ECDH-ES", "A128GCM")
    members = json.loads(token.header)
    members["epk"] = change(members["epk"])
    return named({name: value for name, value in members.items() if value is not None}, token)


def der_signature() -> str:
    header = b64(json.dumps({"alg": "ES256"}).encode())
    signature = encode_dss_signature(2**255 + 7, 2**255 + 9)
    return ".".join((header, b64(PLAINTEXT), b64(signature)))


def with_bits_left(make: Callable[[], str]) -> str:
    """Make tokens until one is cut where bits are left over, as most are: the doctor names them."""
    while True:
        token = make()
        last = token.rpartition(".")[2]
        if ALPHABET.index(last[-1]) & (15 if len(last) % 4 == 2 else 3):
            return token


def cut(size: int) -> str:
    return str(all_algorithms.token(ALG, GCM, PLAINTEXT * 5))[:size]


def one_byte_more(token: Token) -> str:
    return str(token._replace(encrypted_key=b"\0" + token.encrypted_key))


# Name: the code that must come first, and what makes the token.
SHOWN: dict[str, tuple[str, Maker]] = {
    "json.dumps of the token": ("json_string", lambda: json.dumps(str(good()))),
    "json.dumps twice": ("json_string", lambda: json.dumps(json.dumps(str(good())))),
    "quotes with backslashes": ("json_string", lambda: '\\"' + str(good()) + '\\"'),
    "str() of bytes": ("python_bytes", lambda: repr(by_joserfc().encode())),
    "the body of payouts": (
        "envelope",
        lambda: json.dumps({"payload": str(good()), "kid": "k", "sid": "s", "format": "compact"}),
    ),
    "five members": ("envelope", fields),
    "jwcrypto without compact": ("json_serialization", lambda: by_jwcrypto(compact=False)),
    "Authorization: Bearer": ("auth_scheme", lambda: "Authorization: Bearer " + by_jwcrypto()),
    "Bearer": ("auth_scheme", lambda: "Bearer " + by_jwcrypto()),
    "a form": ("form_field", lambda: "response=" + str(good()) + "&state=1"),
    "URL-encoded padding": (
        "url_encoded",
        lambda: segments(lambda part: padded(part).replace("=", "%3D"), 0, 1, 2, 3, 4),
    ),
    "hex of the whole": ("hex_token", lambda: str(good()).encode().hex()),
    "base64 of the whole": ("base64_token", lambda: base64.b64encode(str(good()).encode())),
    "UTF-16 of PowerShell": (
        "utf16",
        lambda: ("\ufeff" + str(good()) + "\r\n").encode("utf-16-le"),
    ),
    "UTF-8 with a mark": ("byte_order_mark", lambda: b"\xef\xbb\xbf" + str(good()).encode()),
    "lines of 76": ("line_breaks", lambda: wrapped_lines(str(good()))),
    "a literal \\n": ("line_breaks", lambda: wrapped_lines(str(good())).replace("\r\n", "\\n")),
    "in a line of a log": ("surrounded", lambda: f"2026-11-22 got <{good()}> from 10.0.0.1"),
    "a page's ellipsis": ("shortened", lambda: str(good())[:60] + "..." + str(good())[-20:]),
    "a PEM key": ("key_instead", lambda: forge.pem_of(forge.rsa_private())),
    "a JWK": ("key_instead", public_jwk),
    "padded segments": ("padded", lambda: segments(padded, 0, 1, 2, 3, 4)),
    "one padded segment": ("padded", lambda: segments(padded, 4)),
    "standard base64": (
        "standard_base64",
        lambda: segments(lambda part: part.replace("-", "+").replace("_", "/"), 1, 3, 4),
    ),
    "segments encoded twice": (
        "double_base64",
        lambda: segments(lambda part: b64(part.encode()), 1),
    ),
    "hex in the segments": (
        "hex_segment",
        lambda: str(good()._replace(iv=good().iv.hex().encode(), tag=good().tag.hex().encode())),
    ),
    "a JWS": ("jws", signed_by_joserfc),
    "encrypted, then signed": (
        "jws",
        lambda: ".".join((b64(b'{"alg":"RS256"}'), b64(str(good()).encode()), b64(bytes(256)))),
    ),
    "a column of 255": ("truncated", lambda: with_bits_left(lambda: cut(255))),
    "a column of 512": ("truncated", lambda: cut(512)),
    "the end is missing": ("truncated", lambda: with_bits_left(lambda: str(good())[:-5])),
    "the header alone": ("truncated", lambda: str(good()).partition(".")[0]),
    "a form decoded the +": ("plus_lost", lambda: of_a_form(str(good()))),
    "quoted-printable": ("quoted_printable", lambda: "=\r\n".join(lines_of(str(good()), 75))),
    "a serialization without its tag": (
        "json_incomplete",
        lambda: json.dumps({"protected": "e30", "encrypted_key": "AA", "ciphertext": "AA"}),
    ),
    "the repr of a serialization": (
        "json_broken",
        lambda: str(json.loads(by_jwcrypto(compact=False))),
    ),
    "the encrypted key is lost": (
        "encrypted_key_lost",
        lambda: ".".join(part for at, part in enumerate(str(good()).split(".")) if at != 1),
    ),
    "crv of SEC 2": ("curve_spelling", lambda: with_epk(lambda epk: {**epk, "crv": "secp256r1"})),
    "the tag is missing": ("four_segments", lambda: str(good()).rpartition(".")[0]),
    "the empty segment is lost": (
        "empty_segment_lost",
        lambda: str(good("dir", GCM)).replace("..", "."),
    ),
    "a trailing dot": ("too_many_segments", lambda: str(good()) + "."),
    "str() of the header": (
        "header_python_dict",
        lambda: str(good()._replace(header=str({"alg": ALG, "enc": GCM}).encode())),
    ),
    "the header encoded as JSON twice": (
        "header_json_string",
        lambda: str(good()._replace(header=json.dumps(json.dumps({"alg": ALG})).encode())),
    ),
    "the header not encoded": (
        "header_raw_json",
        lambda: '{"alg":"RSA-OAEP-256","enc":"A256GCM"}.' + str(good()).partition(".")[2],
    ),
    "alg twice": (
        "member_twice",
        lambda: str(good()._replace(header=b'{"alg":"dir","alg":"dir","enc":"A256GCM"}')),
    ),
    "a kid that is a number": (
        "member_type",
        lambda: named({"alg": ALG, "enc": GCM, "kid": 7}, good()),
    ),
    "no enc": ("enc_missing", lambda: named({"alg": ALG}, good())),
    "alg and enc swapped": ("alg_enc_swapped", lambda: renamed(GCM, ALG)),
    "alg in lower case": ("alg_spelling", lambda: renamed("rsa-oaep-256")),
    "alg with underscores": ("alg_spelling", lambda: renamed("RSA_OAEP_256")),
    "alg of XML Encryption": (
        "alg_spelling",
        lambda: renamed("http://www.w3.org/2001/04/xmlenc#rsa-oaep"),
    ),
    "enc without hyphens": ("enc_spelling", lambda: renamed(enc="a256gcm")),
    "alg of a signature": ("alg_signature", lambda: renamed("RS256")),
    "alg none": ("alg_none", lambda: renamed("none")),
    "zip of another name": (
        "zip_unknown",
        lambda: named({"alg": ALG, "enc": GCM, "zip": "GZIP"}, good()),
    ),
    "crit without the member": (
        "crit",
        lambda: named({"alg": ALG, "enc": GCM, "crit": ["exp"]}, good()),
    ),
    "epk is missing": ("epk_missing", lambda: with_epk(lambda _: None)),
    "epk with its private half": ("epk_private", lambda: with_epk(lambda epk: {**epk, "d": "AA"})),
    "epk without leading zeros": (
        "epk_form",
        lambda: with_epk(lambda epk: {**epk, "x": b64(forge.unb64(epk["x"])[1:])}),
    ),
    "epk off its curve": ("epk_form", lambda: with_epk(lambda epk: {**epk, "x": epk["y"]})),
    "p2c of ten million": (
        "p2c_high",
        lambda: str(good("PBES2-HS256+A128KW", "A128GCM", members={"p2c": 10_000_000})),
    ),
    "p2c of one hundred": (
        "p2c_low",
        lambda: str(good("PBES2-HS256+A128KW", "A128GCM", members={"p2c": 100})),
    ),
    "no salt": (
        "pbes2_members",
        lambda: str(good("PBES2-HS256+A128KW", "A128GCM", members={"p2s": ""})),
    ),
    "no tag of the key wrap": (
        "gcmkw_members",
        lambda: str(good("A256GCMKW", GCM, members={"tag": ""})),
    ),
    "dir with an encrypted key": (
        "direct_with_key",
        lambda: str(good("dir", GCM)._replace(encrypted_key=draw("any", 40))),
    ),
    "no encrypted key": ("encrypted_key_missing", lambda: str(good()._replace(encrypted_key=b""))),
    "a sign byte before the modulus": ("rsa_leading_zero", lambda: one_byte_more(good())),
    "RSA with 1024 bits": (
        "rsa_small_key",
        lambda: str(good()._replace(encrypted_key=draw("any", 128))),
    ),
    "AES Key Wrap named RSA": ("wrapped_for_other_alg", lambda: renamed(like=good("A256KW", GCM))),
    "a content key for another enc": (
        "key_for_other_enc",
        lambda: renamed("A256KW", GCM, good("A256KW", "A128GCM")),
    ),
    "a 16-byte IV for GCM": ("gcm_iv_16", lambda: str(gcm(iv=draw("iv", 16)))),
    "a 12-byte IV for CBC": (
        "cbc_iv_12",
        lambda: str(good(enc="A128CBC-HS256")._replace(iv=draw("iv", 12))),
    ),
    "CBC named GCM": ("enc_mismatch", lambda: renamed(enc=GCM, like=good(enc=CBC_ENC))),
    "GCM named CBC": ("enc_mismatch", lambda: renamed(enc=CBC_ENC, like=good())),
    "Java's doFinal": (
        "tag_appended",
        lambda: str(good()._replace(ciphertext=good().ciphertext + good().tag, tag=b"")),
    ),
    "the tag twice": (
        "tag_repeated",
        lambda: str(good()._replace(ciphertext=good().ciphertext + good().tag)),
    ),
    "the IV before the ciphertext": (
        "iv_prepended",
        lambda: str(good()._replace(ciphertext=good().iv + good().ciphertext, iv=b"")),
    ),
    "the IV twice": (
        "iv_repeated",
        lambda: str(good()._replace(ciphertext=good().iv + good().ciphertext)),
    ),
    "a 16-byte tag for HS512": ("tag_16", lambda: str(cbc(tag=slice(0, 16)))),
    "the whole HMAC as tag": ("tag_whole_hmac", lambda: str(cbc(tag=slice(0, 64)))),
    "a 12-byte tag for GCM": ("tag_short", lambda: str(good()._replace(tag=good().tag[:12]))),
    "a ciphertext of no whole blocks": (
        "ciphertext_blocks",
        lambda: str(cbc()._replace(ciphertext=draw("any", 391))),
    ),
    "nothing": ("empty", lambda: ""),
    "a word": ("not_a_token", lambda: "hello"),
}

HIDDEN: dict[str, tuple[str, Maker]] = {
    "Java's OAEPWithSHA-256AndMGF1Padding": (
        "mgf1",
        lambda: str(gcm(encrypted_key=oaep(hashes.SHA256(), SHA1))),
    ),
    "OAEP with SHA-1": (
        "oaep_hash",
        lambda: str(gcm(encrypted_key=oaep(SHA1, SHA1))),
    ),
    "OAEP with SHA-512": (
        "oaep_hash",
        lambda: str(gcm(encrypted_key=oaep(hashes.SHA512(), hashes.SHA512()))),
    ),
    "OAEP the other way round": (
        "oaep_mixed",
        lambda: str(gcm(encrypted_key=oaep(SHA1, hashes.SHA256()))),
    ),
    "PKCS #1 v1.5": (
        "rsa1_5_used",
        lambda: str(
            gcm(encrypted_key=lambda cek: forge.rsa_private().public_key().encrypt(cek, PKCS1v15()))
        ),
    ),
    "an encrypted key of CryptoAPI": (
        "encrypted_key_reversed",
        lambda: str(gcm(encrypted_key=lambda cek: forge.wrap(ALG, GCM, cek)[::-1])),
    ),
    "base64 of the content key": (
        "cek_base64",
        lambda: str(gcm(encrypted_key=wrapping(base64.b64encode))),
    ),
    "hex of the content key": (
        "cek_hex",
        lambda: str(gcm(encrypted_key=wrapping(lambda cek: cek.hex().encode()))),
    ),
    "a content key of 64 bytes": (
        "cek_size",
        lambda: str(gcm(encrypted_key=wrapping(lambda cek: cek + draw("more", 32)))),
    ),
    "no AAD": ("aad_empty", lambda: str(gcm(aad=lambda _: b""))),
    "AAD of the decoded header": ("aad_decoded", lambda: str(gcm(aad=lambda header: header))),
    "AAD written anew": (
        "aad_reserialised",
        lambda: str(
            gcm(
                header=b'{"kid": "k", "enc": "A256GCM", "alg": "RSA-OAEP-256"}',
                aad=lambda _: b64(b'{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"k"}').encode(),
            )
        ),
    ),
    "AAD with padding": (
        "aad_padded",
        lambda: str(gcm(aad=base64.urlsafe_b64encode, members={"kid": "k"})),
    ),
    "AAD in UTF-16": (
        "aad_utf16",
        lambda: str(gcm(aad=lambda header: b64(header).encode("utf-16-le"))),
    ),
    "the text of the IV": (
        "iv_undecoded",
        lambda: str(gcm(iv=b64(draw("iv", 12)).encode())._replace(iv=draw("iv", 12))),
    ),
    "an IV of zeros": ("iv_zero", lambda: str(gcm(iv=bytes(12))._replace(iv=draw("iv", 12)))),
    "swapped halves": (
        "cbc_keys_swapped",
        lambda: str(cbc(mac_key=slice(32, 64), aes_key=slice(0, 32))),
    ),
    "an AL of bytes": ("al_bytes", lambda: str(cbc(al=lambda aad: len(aad).to_bytes(8, "big")))),
    "an AL of 32 bits": ("al_32", lambda: str(cbc(al=lambda a: (8 * len(a)).to_bytes(4, "big")))),
    "no AL": ("al_missing", lambda: str(cbc(al=lambda _: b""))),
    "a little-endian AL": (
        "al_little",
        lambda: str(cbc(al=lambda aad: (8 * len(aad)).to_bytes(8, "little"))),
    ),
    "the AL of the decoded header": (
        "al_decoded",
        lambda: str(cbc(al=lambda aad: (8 * (len(aad) * 3 // 4)).to_bytes(8, "big"))),
    ),
    "no IV in the MAC": ("mac_without_iv", lambda: str(cbc(with_iv=False))),
    "the last half of the HMAC": ("tag_last_half", lambda: str(cbc(tag=slice(32, 64)))),
    "the MAC of another enc": ("mac_hash", lambda: str(cbc(hash_name="sha256"))),
    "zeros as padding": (
        "cbc_padding",
        lambda: str(cbc(pad=lambda text: text + bytes(16 - len(text) % 16))),
    ),
    "zlib framing": (
        "zip_zlib",
        lambda: str(gcm(members={"zip": "DEF"}, plaintext=zlib.compress(PLAINTEXT))),
    ),
    "gzip": (
        "zip_gzip",
        lambda: str(gcm(members={"zip": "DEF"}, plaintext=gzip.compress(PLAINTEXT))),
    ),
    "zip without compression": ("zip_none", lambda: str(gcm(members={"zip": "DEF"}))),
    "jwcrypto over a JSON string": (
        "plaintext_json_string",
        lambda: by_jwcrypto(json.dumps(PLAINTEXT.decode()).encode()),
    ),
    "another key": ("no_variant", lambda: str(good(name="stranger"))),
    "a changed tag": ("content_unopened", lambda: str(good()._replace(tag=draw("any", 16)))),
}


def agreed(alg: str, change: Callable[[str, bytes, bytes, int], bytes]) -> Token:
    """A token for the key on P-256, the inputs of whose key derivation `change` writes."""
    enc = "A128GCM"
    own = {"apu": b"sender", "apv": b"receiver"}
    members = all_algorithms.wrap(alg, enc, **own).members
    size = all_algorithms.ECDH[alg] or all_algorithms.CEK_BYTES[enc]
    pair, peer = all_algorithms.private("P-256", "ephemeral"), all_algorithms.private("P-256")
    secret = all_algorithms.agree(pair, peer.public_key())
    info = change(alg if all_algorithms.ECDH[alg] else enc, own["apu"], own["apv"], size)
    key = hashlib.sha256(b"\0\0\0\1" + secret + info).digest()[:size]
    if not all_algorithms.ECDH[alg]:
        return all_algorithms.token(
            alg, enc, PLAINTEXT, wrapped=all_algorithms.Wrapped(key, b"", members)
        )
    cek = draw("cek", all_algorithms.CEK_BYTES[enc])
    wrapped = all_algorithms.Wrapped(cek, aes_key_wrap(key, cek), members)
    return all_algorithms.token(alg, enc, PLAINTEXT, wrapped=wrapped)


def counted(*fields: bytes) -> bytes:
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def bits(size: int) -> bytes:
    return (8 * size).to_bytes(4, "big")


# What `joseal doctor` must have seen, and how the inputs of the derivation were written.
AGREED: dict[str, Callable[[str, bytes, bytes, int], bytes]] = {
    "without a name": lambda _, u, v, size: counted(b"", u, v) + bits(size),
    "without apu and apv": lambda name, _u, _v, size: counted(name.encode(), b"", b"") + bits(size),
    "with apu and apv as text": lambda name, u, v, size: (
        counted(name.encode(), b64(u).encode(), b64(v).encode()) + bits(size)
    ),
    "with apu and apv exchanged": lambda name, u, v, size: (
        counted(name.encode(), v, u) + bits(size)
    ),
    "with the size in bytes": lambda name, u, v, size: (
        counted(name.encode(), u, v) + size.to_bytes(4, "big")
    ),
    "without the size": lambda name, u, v, _: counted(name.encode(), u, v),
    "without the lengths of its inputs": lambda name, u, v, size: (
        name.encode() + u + v + bits(size)
    ),
}
