"""HPKE and ML-DSA next to RSA-OAEP and ES256, in one run: time of a call, and bytes of a token.

`python -m bench.tokens.post_quantum` prints two tables. Every subject proves that it does its work
before it is timed. Medians of many calls; compare within a run, never between runs.
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
SIGNATURES: Final[tuple[SigAlg, ...]] = ("RS256", "ES256", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87")
_CALLS: Final = 200
_ROUNDS: Final = 5
_PLAINTEXT_BYTES: Final = 300
_TOKEN_BYTES: Final = 230


class Row(NamedTuple):
    """One alg: microseconds to make and to open or verify, and the size of a token."""

    name: str
    make: float
    use: float
    size: int


def _microseconds(call: Callable[[], object]) -> float:
    rounds: list[float] = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        for _ in range(_CALLS):
            call()
        rounds.append((time.perf_counter() - start) / _CALLS * 1e6)
    return statistics.median(rounds)


def encryption(alg: Alg, enc: Enc | None) -> Row:
    """Measure one alg of encryption."""
    key = joseal.Key.generate(alg, kid="a")
    encrypter, decrypter = joseal.Encrypter(key.public(), enc=enc), joseal.Decrypter(key, enc=enc)
    plaintext = secrets.token_bytes(_PLAINTEXT_BYTES)
    token = encrypter.encrypt(plaintext)
    if decrypter.decrypt(token) != plaintext:
        raise ValueError("the token does not open")
    size = len(encrypter.encrypt(bytes(_TOKEN_BYTES)))
    name = alg if enc is None else f"{alg}, {enc}"
    made = _microseconds(lambda: encrypter.encrypt(plaintext))
    return Row(name, made, _microseconds(lambda: decrypter.decrypt(token)), size)


def signature(alg: SigAlg) -> Row:
    """Measure one alg of signatures."""
    key = joseal.Key.generate(alg, kid="a")
    signer, verifier = joseal.Signer(key), joseal.Verifier(key.public())
    payload = secrets.token_bytes(_PLAINTEXT_BYTES)
    token = signer.sign(payload)
    if verifier.verify(token) != payload:
        raise ValueError("the token does not verify")
    size = len(signer.sign(bytes(_TOKEN_BYTES)))
    made = _microseconds(lambda: signer.sign(payload))
    return Row(alg, made, _microseconds(lambda: verifier.verify(token)), size)


def _print(title: str, rows: list[Row]) -> None:
    print(f"| {title} |")
    print("|---|--:|--:|--:|")
    for row in rows:
        print(f"| `{row.name}` | {row.make:.0f} | {row.use:.0f} | {row.size:,} |")
    print()


def main() -> None:
    """Print both tables."""
    _print(
        "alg | encrypt, us | decrypt, us | token, bytes", [encryption(*row) for row in ENCRYPTION]
    )
    _print("alg | sign, us | verify, us | token, bytes", [signature(alg) for alg in SIGNATURES])


if __name__ == "__main__":
    main()
