"""Key bytes derived from a shared secret.

Source: RFC 5869 sections 3 and 4.
"""

from typing import Final

from joseal._core import checks
from joseal._core.algorithms import hkdf
from joseal._core.algorithms.registry import AlgorithmSpec, lookup_enc
from joseal._core.keys.shared_secrets import check_secret
from joseal.errors import InvalidKeyError

# 128 bits, if every byte is random. HKDF does not make a weak secret strong.
LEAST_SECRET_BYTES: Final = 16
_MOST_BYTES: Final = 1024 * 1024


def derive(
    secret: str | bytes, alg: AlgorithmSpec, enc: str | None, *, salt: bytes, info: bytes
) -> bytes:
    """Derive the bytes of a key for an alg, or for `dir` with an enc.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `enc` is not known; it is missing for `dir`, or given for a different alg.
        InvalidKeyError: the secret has fewer than 16 bytes, or is a public or private key; or
            `alg` takes no shared secret.
    """
    for name, given in (("salt", salt), ("info", info)):
        if not isinstance(given, bytes):
            raise checks.not_bytes(name, given)
    if not isinstance(secret, str | bytes):
        raise checks.wrong_type("secret", "str or bytes", secret)
    if alg.kind != "oct":
        raise InvalidKeyError(f"alg={alg.name} takes no shared secret")
    if (alg.name == "dir") != (enc is not None):
        raise ValueError("enc goes with alg='dir', and only with it")
    raw = secret.encode("utf-8", errors="surrogatepass") if isinstance(secret, str) else secret
    if not LEAST_SECRET_BYTES <= len(raw) <= _MOST_BYTES:
        raise InvalidKeyError(
            f"a secret to derive from must have at least {LEAST_SECRET_BYTES} random bytes: "
            f"{len(raw)} bytes are here"
        )
    check_secret(raw)
    size = alg.key_bytes if enc is None else lookup_enc(enc).cek_bytes
    return hkdf.derive(raw, salt, info, size)
