"""`joseal bench`: the cost of encrypting and opening, next to the bare calls below them.

Rules:
- All calls take turns in every round, so that load on the machine affects all of them equally. The
  output is medians of one run, and ratios of them.
- The bare calls encode nothing, check nothing and generate nothing: no implementation can be as
  fast.

Source: RFC 7518 sections 4.3 and 5.3.
"""

import gc
import os
import platform
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Final

import click
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from joseal import Decrypter, Encrypter, InvalidKeyError, Key, Limits
from joseal.cli import files, help_pages, json_output, options
from joseal.cli.console import Page

_ALG: Final = "RSA-OAEP-256"
_ENC: Final = "A256GCM"
_TURN_SECONDS: Final = 0.004
_MICRO: Final = 1_000_000

# The measured call, and the two calls that it is compared with.
_PAIRS: Final[Mapping[str, tuple[str, str]]] = {
    "encrypt": ("RSA, public", "RSA, public, and AES-GCM"),
    "decrypt": ("RSA, private", "RSA, private, and AES-GCM"),
}

Call = Callable[[], object]


@help_pages.command(
    params=[
        click.Option(
            ["--bytes", "size"],
            type=click.IntRange(0, Limits().plaintext_bytes // 2),
            default=1024,
            show_default=True,
            metavar="BYTES",
            help="The size of the plaintext.",
        ),
        click.Option(
            ["--rounds"],
            type=click.IntRange(1, 10_000),
            default=50,
            show_default=True,
            metavar="COUNT",
            help="How often all calls take a turn of about 4 ms.",
        ),
        options.json_flag(),
    ],
    examples=("joseal bench", "joseal bench --bytes 1048576 --rounds 10 --json"),
)
def command(*, size: int, rounds: int, as_json: bool) -> None:
    """Measure encryption and decryption next to the bare primitives.

    One thread encrypts and decrypts a plaintext with RSA-OAEP-256, a key of 2048 bits, and A256GCM.
    It takes turns with the bare RSA call, and the RSA and AES-GCM calls of `cryptography`,
    which encode nothing and check nothing. Compare ratios; times from two runs or two machines are
    not comparable.

    With --json: {"alg": TEXT, "enc": TEXT, "bytes": NUMBER, "rounds": NUMBER, "machine": TEXT,
    "python": TEXT, "seconds": {CALL: NUMBER}, "ratios": {"encrypt": {CALL: NUMBER}, "decrypt":
    {CALL: NUMBER}}}.
    """
    seconds = measure(_calls(bytes(size)), rounds)
    ratios = {
        ours: {base: seconds[ours] / seconds[base] for base in bases}
        for ours, bases in _PAIRS.items()
    }
    if as_json:
        measured = {"alg": _ALG, "enc": _ENC, "bytes": size, "rounds": rounds, **_surroundings()}
        line = json_output.line({**measured, "seconds": seconds, "ratios": ratios})
        files.write(files.STANDARD, line, private=False)
        return
    page = Page()
    page.title(f"{_ALG} with {_ENC}, {size:,} bytes: medians of {rounds:,} rounds")
    page.table(
        ("call", "microseconds"),
        [(name, f"{second * _MICRO:,.1f}".rjust(12)) for name, second in seconds.items()],
    )
    page.title("joseal takes so many times as long as")
    page.table(
        ("", "the bare RSA call", "RSA and AES-GCM"),
        [(ours, *(f"{ratio:.2f}" for ratio in row.values())) for ours, row in ratios.items()],
    )
    page.say()
    page.say(", ".join(str(value) for value in _surroundings().values()))


def measure(calls: Mapping[str, Call], rounds: int) -> dict[str, float]:
    """Return the median seconds of one call of each, measured in turns."""
    counts = {name: max(1, int(_TURN_SECONDS / _turn(call, 2))) for name, call in calls.items()}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    before = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, call in calls.items():
                samples[name].append(_turn(call, counts[name]))
    finally:
        if before:
            gc.enable()
    return {name: median(times) for name, times in samples.items()}


def _turn(call: Call, count: int) -> float:
    """Return the seconds of one call, of `count` in a row."""
    start = perf_counter()
    for _ in range(count):
        call()
    return (perf_counter() - start) / count


def _calls(plaintext: bytes) -> dict[str, Call]:
    """Prepare the measured calls, with one key pair.

    Raises:
        InvalidKeyError: never; it keeps the types honest.
    """
    key = Key.generate(_ALG)
    private = load_pem_private_key(key.to_pem(private=True).encode(), None)
    public = load_pem_public_key(key.to_pem().encode())
    if not isinstance(private, RSAPrivateKey) or not isinstance(public, RSAPublicKey):
        raise InvalidKeyError("this is not an RSA key")
    sealer, opener = Encrypter(key.public(), enc=_ENC), Decrypter(key, enc=_ENC)
    padding = OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=None)
    cek, iv = AESGCM.generate_key(256), AESGCM.generate_key(128)[:12]
    token = sealer.encrypt(plaintext)
    wrapped, sealed = public.encrypt(cek, padding), AESGCM(cek).encrypt(iv, plaintext, None)
    return {
        "encrypt": lambda: sealer.encrypt(plaintext),
        "RSA, public": lambda: public.encrypt(cek, padding),
        "RSA, public, and AES-GCM": lambda: (
            public.encrypt(cek, padding),
            AESGCM(cek).encrypt(iv, plaintext, None),
        ),
        "decrypt": lambda: opener.decrypt(token),
        "RSA, private": lambda: private.decrypt(wrapped, padding),
        "RSA, private, and AES-GCM": lambda: (
            private.decrypt(wrapped, padding),
            AESGCM(cek).decrypt(iv, sealed, None),
        ),
    }


def _surroundings() -> dict[str, str]:
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    return {"machine": machine, "python": platform.python_version()}
