"""Fuzz one target, from the root of a checkout, with the dependency group `fuzz` installed:

    python -m tests.fuzz decrypt -max_total_time=600    ten minutes
    python -m tests.fuzz decrypt -max_total_time=20     as in CI
    python -m tests.fuzz decrypt .fuzz/decrypt/crash-…  one input again

The targets are the modules beside this one. What is found is kept in `.fuzz/TARGET/`: inputs that
reach further in `corpus/`, which the next run begins with, and inputs that break a rule as `crash-…`.
Further arguments are libFuzzer's. The exit status is not 0 where something was found.
"""

import hashlib
import sys
import warnings

import atheris

with atheris.instrument_imports(include=["joseal"]):
    from tests.fuzz import claims, decrypt, json, juspay, keys, remote, verify, wire
from tests.fuzz.material import BETWEEN, MOST_BYTES, ROOT

TARGETS = {
    "wire": wire,
    "decrypt": decrypt,
    "verify": verify,
    "json": json,
    "keys": keys,
    "juspay": juspay,
    "remote": remote,
    "claims": claims,
}


def prepared(name):
    """Write seeds and words, and return libFuzzer's arguments for them."""
    place = ROOT / ".fuzz" / name
    for folder in ("corpus", "seeds"):
        (place / folder).mkdir(parents=True, exist_ok=True)
    for old in (place / "seeds").iterdir():
        old.unlink()
    for seed in TARGETS[name].seeds():
        if len(seed) <= MOST_BYTES:
            (place / "seeds" / hashlib.sha256(seed).hexdigest()[:32]).write_bytes(seed)
    words = [*(word.encode() for word in TARGETS[name].WORDS), BETWEEN]
    lines = ["".join(f"\\x{one_byte:02x}" for one_byte in word) for word in words]
    (place / "words").write_text("".join(f'"{line}"\n' for line in lines), "ascii")
    return [
        *(f"-max_len={MOST_BYTES}", "-timeout=30", f"-artifact_prefix={place}/"),
        *(f"-dict={place}/words", str(place / "corpus"), str(place / "seeds")),
    ]


def main():
    name, *rest = sys.argv[1:] or [""]
    if name == "--targets":
        sys.stdout.write("\n".join(TARGETS) + "\n")
        return
    if name not in TARGETS:
        sys.exit(f"usage: python -m tests.fuzz {{{','.join(TARGETS)}}} [libFuzzer's arguments]")
    alone = any(not argument.startswith("-") for argument in rest)
    arguments = [] if alone else prepared(name)
    # As in the tests: a warning of what lies below us is as much an exception as any.
    warnings.simplefilter("error")
    atheris.Setup([sys.argv[0], *arguments[:-2], *rest, *arguments[-2:]], TARGETS[name].check)
    atheris.Fuzz()


main()
