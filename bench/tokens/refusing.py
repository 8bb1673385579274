"""What a refusal costs whoever has to refuse, beside opening a good token of 300 bytes.

A bad tag costs the private call: anyone with the public key can make such a token.
"""

import secrets
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import joseal
from bench.subject import Subject
from bench.tokens.peers import ENC

GROUP: Final = "refuse 300 B"
OPENED: Final = "opened"


def subjects(key: joseal.Key) -> Iterator[Subject]:
    """Yield a good token, and tokens with one fault each."""
    plaintext = secrets.token_bytes(300)
    token = joseal.Encrypter(key.public(), enc=ENC).encrypt(plaintext)
    decrypter = joseal.Decrypter(key, enc=ENC)
    header, encrypted_key, iv, ciphertext, tag = token.split(".")
    other = joseal.Encrypter(key.public(), enc="A128GCM").encrypt(plaintext)
    yield Subject(
        *(GROUP, OPENED, partial(decrypter.decrypt, token)), lambda made: made == plaintext
    )
    faults = {
        "bad tag": (_joined(header, encrypted_key, iv, ciphertext, _turned(tag)), "undecryptable"),
        "bad encrypted key": (
            _joined(header, _turned(encrypted_key), iv, ciphertext, tag),
            "undecryptable",
        ),
        "last segment not base64url": (
            _joined(header, encrypted_key, iv, ciphertext, "+"),
            "malformed",
        ),
        "four segments": (_joined(header, encrypted_key, iv, ciphertext), "malformed"),
        "another enc": (other, "not_allowed"),
        "a byte over token_bytes": ("A" * (joseal.Limits().token_bytes + 1), "too_large"),
    }
    for name, (bad, code) in faults.items():
        call = _refusal(decrypter, bad)
        yield Subject(GROUP, name, call, lambda made, code=code: made == code)


def _refusal(decrypter: joseal.Decrypter, token: str) -> Callable[[], str | None]:
    def refuse() -> str | None:
        try:
            decrypter.decrypt(token)
        except joseal.TokenError as error:
            return error.code
        return None

    return refuse


def _joined(*segments: str) -> str:
    return ".".join(segments)


def _turned(segment: str) -> str:
    """Change one character in the middle, where all bits count."""
    at = len(segment) // 2
    return segment[:at] + ("B" if segment[at] == "A" else "A") + segment[at + 1 :]
