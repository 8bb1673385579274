"""HPKE and ML-DSA next to RSA-OAEP and ES256, in one run: time of a call, and bytes of a token.

`python -m bench.tokens.post_quantum` prints two tables. Every subject proves that it does its work
before it is timed. Times are CPU times of the thread, medians of rounds in which all subjects take
turns; in parentheses is how often the first row goes into it. Compare within a run, never between
runs.
"""

import secrets
import statistics
import time
from collections.abc import Callable
from typing import Final, NamedTuple

import joseal
from joseal._core.algorithms.registry import Alg, Enc, SigAlg

ENCRYPTION: Final[tuple[tuple[Alg, Enc | None], ...]] = (
    ("RSA-OAEP-256", "A256GCM"),
    ("ECDH-ES", "A256GCM"),
    ("HPKE-0", None),
    ("HPKE-0-KE", "A256GCM"),
    ("HPKE-3", None),
    ("HPKE-9", None),
    ("HPKE-9-KE", "A256GCM"),
    ("HPKE-10", None),
    ("HPKE-12", None),
)
SIGNATURES: Final[tuple[SigAlg, ...]] = ("ES256", "RS256", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87")
_CALLS: Final = 200
_ROUNDS: Final = 5
_PLAINTEXT_BYTES: Final = 300
_TOKEN_BYTES: Final = 230


class Subject(NamedTuple):
    """One alg: how a token is made and opened or verified, and its size."""

    name: str
    make: Callable[[], object]
    use: Callable[[], object]
    size: int


def _microseconds(call: Callable[[], object]) -> float:
    start = time.thread_time()
    for _ in range(_CALLS):
        call()
    return (time.thread_time() - start) / _CALLS * 1e6


def encryption(alg: Alg, enc: Enc | None) -> Subject:
    """Prepare one alg of encryption.

    Raises:
        ValueError: its token does not open.
    """
    key = joseal.Key.generate(alg, kid="a")
    encrypter, decrypter = joseal.Encrypter(key.public(), enc=enc), joseal.Decrypter(key, enc=enc)
    plaintext = secrets.token_bytes(_PLAINTEXT_BYTES)
    token = encrypter.encrypt(plaintext)
    if decrypter.decrypt(token) != plaintext:
        raise ValueError("the token does not open")
    size = len(encrypter.encrypt(bytes(_TOKEN_BYTES)))
    name = alg if enc is None else f"{alg}, {enc}"
    return Subject(
        name, lambda: encrypter.encrypt(plaintext), lambda: decrypter.decrypt(token), size
    )


def signature(alg: SigAlg) -> Subject:
    """Prepare one alg of signatures.

    Raises:
        ValueError: its token does not verify.
    """
    key = joseal.Key.generate(alg, kid="a")
    signer, verifier = joseal.Signer(key), joseal.Verifier(key.public())
    payload = secrets.token_bytes(_PLAINTEXT_BYTES)
    token = signer.sign(payload)
    if verifier.verify(token) != payload:
        raise ValueError("the token does not verify")
    size = len(signer.sign(bytes(_TOKEN_BYTES)))
    return Subject(alg, lambda: signer.sign(payload), lambda: verifier.verify(token), size)


def _print(title: str, subjects: list[Subject]) -> None:
    print(f"| {title} |")
    print("|---|--:|--:|--:|")
    rounds = [
        [(_microseconds(one.make), _microseconds(one.use)) for one in subjects]
        for _ in range(_ROUNDS)
    ]
    first: tuple[float, float] | None = None
    for one, measured in zip(subjects, zip(*rounds, strict=True), strict=True):
        make, use = (statistics.median(times) for times in zip(*measured, strict=True))
        first = first or (make, use)
        shown = (
            f"{time:.0f} ({time / base:.2f})" for time, base in zip((make, use), first, strict=True)
        )
        print(f"| `{one.name}` | {' | '.join(shown)} | {one.size:,} |")
    print()


def main() -> None:
    """Print both tables."""
    _print(
        "alg | encrypt, us | decrypt, us | token, bytes", [encryption(*row) for row in ENCRYPTION]
    )
    _print("alg | sign, us | verify, us | token, bytes", [signature(alg) for alg in SIGNATURES])


if __name__ == "__main__":
    main()
