"""What must be refused for a length, before any key is used."""

from collections.abc import Collection
from dataclasses import replace

from vectors.generator.catalogue import MALFORMED, Start, VectorFile
from vectors.generator.encoder.jwe import (
    CBC_ENCS,
    CONTENT,
    ENCS,
    GCM_ENCS,
    cbc_mac,
    cbc_mac_input,
    draw,
    rsa_bytes,
)
from vectors.generator.keyring import RSA_ALGS, direct, kw, rsa

_IV_SIZES = frozenset({0, 1, 8, 11, 12, 13, 15, 16, 17, 24, 32})

# The smallest nonce that GCM itself takes here; shorter ones can't be encrypted with.
_GCM_LEAST_BYTES = 8


def lengths() -> VectorFile:
    """Build lengths.json."""
    file = VectorFile("lengths.json", 6)
    for alg in RSA_ALGS:
        _rsa_keys(file, alg, "rsa-2048-a")
    _rsa_keys(file, "RSA-OAEP-256", "rsa-3072")
    for enc in ENCS:
        _wrapped_keys(file, "A128KW", enc)
    _wrapped_keys(file, "A192KW", "A256GCM")
    _wrapped_keys(file, "A256KW", "A256GCM")
    for enc in ENCS:
        size = CONTENT[enc].cek_bytes
        comment = f"dir with {enc}: no encrypted key"
        start = file.start(f"key-dir-{enc}", comment, direct(enc), enc)
        _resized_keys(start, {1, size, size + 8})
    for enc in ENCS:
        start = file.start(f"content-{enc}", f"IV, tag, ciphertext of {enc}", kw("A256KW"), enc)
        _ivs(start)
        _tags(start)
        if enc in CBC_ENCS:
            _blocks(start)
    return file


def _resize(raw: bytes, size: int) -> bytes:
    """Cut bytes, or go on with drawn ones."""
    return (raw + draw("more bytes", size))[:size]


def _resized_keys(start: Start, sizes: Collection[int]) -> None:
    token = start.made.make()
    for size in sorted(sizes):
        changed = replace(token, encrypted_key=_resize(token.encrypted_key, size))
        fault = f"an encrypted key of {size} bytes"
        start.group.refuses(start.base, fault, changed, MALFORMED, "EncryptedKeyLength")


def _rsa_keys(file: VectorFile, alg: str, name: str) -> None:
    key = rsa(alg, name)
    size = rsa_bytes(key)
    comment = f"{alg}: the modulus has {size} bytes"
    start = file.start(f"key-{alg}-{size}", comment, key, "A256GCM")
    _resized_keys(start, {0, 1, size // 2, size - 1, size + 1, 2 * size})
    longer = replace(start.made.make(), encrypted_key=b"\x00" + start.made.wrap())
    fault = "a zero in front of the encrypted key"
    start.group.refuses(start.base, fault, longer, MALFORMED, "EncryptedKeyLength")


def _wrapped_keys(file: VectorFile, alg: str, enc: str) -> None:
    size = CONTENT[enc].cek_bytes + 8
    comment = f"{alg}: a key for {enc} takes {size} bytes"
    start = file.start(f"key-{alg}-{enc}", comment, kw(alg), enc)
    _resized_keys(start, {0, 1, 8, size - 8, size - 1, size + 1, size + 8})
    for other in {"A256GCM": (16, 24), "A128GCM": (24, 32)}.get(enc, ()):
        # AES takes these sizes too: a reader that does not look would open the token.
        wrong = replace(start.made, cek=draw(f"cek {other}", other))
        fault = f"a CEK of {other} bytes, well wrapped and used"
        start.group.refuses(start.base, fault, wrong, MALFORMED, "EncryptedKeyLength")


def _ivs(start: Start) -> None:
    made = start.made
    for size in sorted(_IV_SIZES - {len(made.iv)}):
        iv = _resize(made.iv, size)
        wrong = replace(made.make(), iv=iv)
        if made.enc in GCM_ENCS and size >= _GCM_LEAST_BYTES:
            # The tag holds: only the length is wrong.
            wrong = replace(made, iv=iv).make()
        start.group.refuses(start.base, f"an IV of {size} bytes", wrong, MALFORMED, "IvLength")


def _tags(start: Start) -> None:
    made = start.made
    token = made.make()
    whole = token.tag
    if made.enc in CBC_ENCS:
        whole = cbc_mac(made.enc, made.cek, cbc_mac_input(made.aad, made.iv, token.ciphertext))
    right = CONTENT[made.enc].tag_bytes
    for size in sorted({0, 1, 4, 8, 12, right - 1, right + 1, 2 * right}):
        wrong = replace(token, tag=_resize(whole, size))
        start.group.refuses(start.base, f"a tag of {size} bytes", wrong, MALFORMED, "TagLength")


def _blocks(start: Start) -> None:
    """Give CBC other ciphertexts than whole blocks, under tags that are good for them."""
    made = start.made
    ciphertext = made.make().ciphertext
    for size in (0, 1, 15, 17, len(ciphertext) - 1, len(ciphertext) + 1):
        changed = _resize(ciphertext, size)
        mac = cbc_mac(made.enc, made.cek, cbc_mac_input(made.aad, made.iv, changed))
        tag = mac[: CONTENT[made.enc].tag_bytes]
        wrong = replace(made.make(), ciphertext=changed, tag=tag)
        fault = f"a ciphertext of {size} bytes, under a tag that is good for it"
        start.group.refuses(start.base, fault, wrong, MALFORMED, "CiphertextLength")
