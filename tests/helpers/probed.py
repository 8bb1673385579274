"""Asks joseal what the installed OpenSSL can do, before a test takes a primitive away."""

from contextlib import suppress

from joseal import InvalidKeyError
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS
from joseal._core.keys import support


def probe_all():
    """Try every algorithm once: the answers are kept for the process."""
    for enc in ENCS.values():
        support._does_content_encryption(enc)
    for spec in (*ALGS.values(), *SIGS.values()):
        for curve in spec.curves or ("",):
            # Of ML-KEM and ML-DSA there is no key to try where they are missing.
            with suppress(InvalidKeyError):
                support._does_algorithm(spec, curve)


def forget_all():
    """Ask anew from here on."""
    support._does_content_encryption.cache_clear()
    support._does_algorithm.cache_clear()
