"""joseal next to libraries in other languages: libcjose (C) and the npm package jose.

    JOSEAL_AUTHJS=FOLDER python -m bench.tokens.other_languages [--rounds 60]

The report measures the same. This is the short form, which names what is missing.
"""

import argparse
import secrets
import sys
from collections.abc import Iterator
from functools import partial
from typing import Final

import joseal
from bench.measure import Samples, interleave, low, ratio
from bench.report.units import noise, shown
from bench.tokens import cjose, npm_jose
from bench.tokens.bare import Bare
from bench.tokens.peers import ALG, Joseal

SIZES: Final = {"300 B": 300, "4 KiB": 4096}
RSA_ALONE: Final = "RSA-OAEP alone"


def absent() -> dict[str, str]:
    """Return which of them are missing, and why."""
    reasons = {
        cjose.Cjose.name: None if cjose.is_here() else cjose.ABSENT,
        npm_jose.NAME: npm_jose.absent(),
    }
    return {name: reason for name, reason in reasons.items() if reason is not None}


def with_cjose(rounds: int) -> Iterator[tuple[str, Samples]]:
    """Yield encrypting and decrypting, in turns with joseal and the RSA call."""
    key = joseal.Key.generate(ALG)
    bare, both = Bare(key), (Joseal(key), cjose.Cjose(key))
    encrypted_key = bare.wrap()
    for size, count in SIZES.items():
        plaintext = secrets.token_bytes(count)
        sealing = {peer.name: partial(peer.encrypt, plaintext) for peer in both}
        yield (
            f"encrypt {size}",
            interleave({RSA_ALONE: bare.wrap, **sealing}, rounds),
        )
        opening = {peer.name: partial(peer.decrypt, peer.encrypt(plaintext)) for peer in both}
        yield (
            f"decrypt {size}",
            interleave({RSA_ALONE: partial(bare.unwrap, encrypted_key), **opening}, rounds),
        )


def main() -> int:
    """Print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.tokens.other_languages")
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    missing = absent()
    for name, reason in missing.items():
        sys.stdout.write(f"{name} is absent: {reason}\n")
    if cjose.Cjose.name not in missing:
        for group, samples in with_cjose(rounds):
            _print(group, samples)
            found = ratio(samples, Joseal.name, cjose.Cjose.name)
            sys.stdout.write(f"{group}: joseal / cjose {found.value:.2f}{noise(found)}\n")
        calls = cjose.calls_seconds()
        sys.stdout.write(f"of each time of cjose, its calls by ctypes: {calls * 1e6:.1f} us\n")
    if npm_jose.NAME not in missing:
        for group, samples in npm_jose.measure(SIZES, rounds):
            _print(group, samples)
    return 0


def _print(group: str, samples: Samples) -> None:
    base = next(iter(samples))
    for name, values in samples.items():
        found = ratio(samples, name, base)
        text = f"{shown(group, low(values))} ({found.value:.2f}{noise(found)})"
        sys.stdout.write(f"{group}: {name} {text}\n")


if __name__ == "__main__":
    sys.exit(main())
