"""The fingerprint of ROCA: RSA moduli that a widely used chip made guessable.

Its primes were powers of 65537 modulo a product of small primes. So is the modulus; about one in
2^27 honest moduli has this property by chance.

Source: CVE-2017-15361; Nemec, Sys, Svenda, Klinec, Matyas: The Return of Coppersmith's Attack.
"""

from typing import Final

# Small primes, each with the order of 65537 modulo it. Primes for which 65537 generates the whole
# group are left out: every modulus would pass.
_ORDERS: Final = (
    *((11, 2), (13, 6), (17, 8), (19, 9), (37, 3), (53, 26), (61, 20), (71, 35), (73, 24)),
    *((79, 13), (97, 6), (103, 51), (107, 53), (109, 54), (127, 42), (151, 50), (157, 78)),
)


def has_fingerprint(modulus: int) -> bool:
    """Tell whether the modulus is a power of 65537 modulo every prime of the table."""
    return all(pow(modulus, order, prime) == 1 for prime, order in _ORDERS)
