"""Tokens that only the private step tells from good ones: for each alg the ways in which it fails.

They are made from bare primitives, by what the tests forge tokens with, and all of one group have
the same header, apart from what is drawn, and the same lengths.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from tests.helpers import all_algorithms, forge

from joseal import Decrypter, DecryptionError

BASE: Final = "bad tag"
NULL: Final = "bad tag, other tokens"
PADDING: Final = "bad CBC padding, good tag"
OVER: Final = "key not below the modulus"
UNWRAP: Final = "key does not unwrap"
OAEP: Final = "bad OAEP padding"
OAEP_ZERO: Final = "bad OAEP padding, first byte 0"

PKCS1: Final = "bad PKCS #1 padding"
ANY: Final = "good padding, any size"

# What attacks on the padding tell apart (D. Bleichenbacher, CRYPTO 1998; J. Manger, CRYPTO 2001).
# All other ways are compared with a bad tag.
AGAINST: Final = {OAEP_ZERO: OAEP, PKCS1: ANY}

# alg, curve, enc: each family, and both kinds of content encryption.
GROUPS: Final = (
    ("RSA-OAEP", None, "A256CBC-HS512"),
    ("RSA-OAEP-256", None, "A256GCM"),
    ("RSA1_5", None, "A128CBC-HS256"),
    ("A256KW", None, "A256CBC-HS512"),
    ("A256GCMKW", None, "A128CBC-HS256"),
    ("ECDH-ES", "P-256", "A256GCM"),
    ("ECDH-ES+A256KW", "X25519", "A256CBC-HS512"),
    ("dir", None, "A256CBC-HS512"),
)

_PLAINTEXT_BYTES: Final = 300
_COUNT: Final = 256

# PKCS #1 v1.5 padding takes eleven bytes of a modulus of 256. RFC 8017 section 7.2.1.
_MOST_BYTES: Final = 245


class Failing(NamedTuple):
    """One group: who opens, and tokens by the way in which they fail."""

    name: str
    attempt: Callable[[str], None]
    tokens: Mapping[str, list[str]]

    def prove(self) -> None:
        """Show that every token fails as one does.

        Raises:
            RuntimeError: one of them was opened.
        """
        for tokens in self.tokens.values():
            for token in tokens:
                self.attempt(token)


def failing(alg: str, curve: str | None, enc: str, *, count: int = _COUNT) -> Failing:
    """Make the tokens of a group, so many of each way to fail."""
    named: dict[str, str] = {} if curve is None else {"curve": curve}
    decrypter = Decrypter(all_algorithms.key(alg, enc, **named), enc=enc)

    def attempt(token: str) -> None:
        try:
            decrypter.decrypt(token)
        except DecryptionError:
            return
        raise RuntimeError("the token was opened")

    ways = dict(_ways(alg, enc, named))
    tokens = {way: [str(make()) for _ in range(count)] for way, make in ways.items()}
    return Failing(" ".join(filter(None, (alg, curve, enc))), attempt, tokens)


def _ways(
    alg: str, enc: str, named: Mapping[str, str]
) -> Iterator[tuple[str, Callable[[], forge.Token]]]:
    """Yield what fails, and how to make one token that does."""

    def wrapped(
        cek_bytes: int = all_algorithms.CEK_BYTES[enc], name: str = "mine"
    ) -> all_algorithms.Wrapped:
        # Another CEK and, for ECDH-ES, another ephemeral key for every token: what repeats is
        # faster, because the processor learns it.
        drawn = {"ephemeral": secrets.token_hex(8)} if alg in all_algorithms.ECDH else {}
        return all_algorithms.wrap(
            alg, enc, secrets.token_bytes(cek_bytes), name=name, **named, **drawn
        )

    def good(name: str = "mine") -> forge.Token:
        plaintext = secrets.token_bytes(_PLAINTEXT_BYTES)
        return all_algorithms.token(alg, enc, plaintext, wrapped=wrapped(name=name))

    def resized(cek_bytes: int) -> forge.Token:
        return good()._replace(encrypted_key=wrapped(cek_bytes).encrypted_key)

    def padded() -> forge.Token:
        # As long as the others; no padding ends with a zero.
        blocks = secrets.token_bytes(_PLAINTEXT_BYTES // 16 * 16 + 15) + b"\0"
        return all_algorithms.token(alg, enc, wrapped=wrapped(), padded=blocks)

    for name in (BASE, NULL):
        yield name, lambda: _retagged(good())
    yield "bad tag, last byte alone", lambda: _last_flipped(good())
    if alg in all_algorithms.RSA:
        modulus = forge.rsa_private().private_numbers().public_numbers.n
        way = PKCS1 if alg == "RSA1_5" else OAEP
        yield way, lambda: _rewrapped(good(), secrets.randbelow(modulus))
        if way == OAEP:
            zero = 2 ** (8 * 255)
            yield OAEP_ZERO, lambda: _rewrapped(good(), _raw(secrets.randbelow(zero)))
        else:
            yield ANY, lambda: resized(secrets.randbelow(_MOST_BYTES + 1))
        yield "CEK too short", lambda: resized(all_algorithms.CEK_BYTES[enc] // 2)
        yield OVER, lambda: _rewrapped(good(), modulus + secrets.randbelow(2**2048 - modulus))
    else:
        way = UNWRAP if alg in all_algorithms.WRAPPING else "for another key"
        yield way, lambda: good(name=secrets.token_hex(8))
    if enc in forge.CBC_ENCS:
        yield PADDING, padded


def _retagged(token: forge.Token) -> forge.Token:
    return token._replace(tag=secrets.token_bytes(len(token.tag)))


def _last_flipped(token: forge.Token) -> forge.Token:
    return token._replace(tag=token.tag[:-1] + bytes((token.tag[-1] ^ 1,)))


def _rewrapped(token: forge.Token, number: int) -> forge.Token:
    return token._replace(encrypted_key=number.to_bytes(256, "big"))


def _raw(message: int) -> int:
    """Encrypt without any padding."""
    numbers = forge.rsa_private().private_numbers().public_numbers
    return pow(message, numbers.e, numbers.n)
