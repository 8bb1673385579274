"""The checks that every key must pass, whatever loaded it.

Rules:
- Every key is checked here once its alg is known: from JWK, PEM, DER, PKCS#12 or a certificate,
  generated, or with its private half on a device. OpenSSL makes some of these checks too. They are
  all made here anyway, because versions and builds of OpenSSL differ.
- One check is left to OpenSSL: that p and q are prime. It takes nearly all of the time of loading a
  private RSA key.

Source: RFC 8017 section 3, NIST SP 800-56B revision 2 section 6.4, NIST SP 800-56A revision 3
section 5.6.2.3, RFC 7748 section 6, RFC 8032 section 5.
"""

from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicKey,
    RSAPublicNumbers,
)

from joseal._core.algorithms import curves
from joseal._core.algorithms.curves import PrivateCurveKey, PublicCurveKey
from joseal._core.keys import roca
from joseal.errors import InvalidKeyError

Pair: TypeAlias = RSAPrivateKey | RSAPublicKey | PrivateCurveKey | PublicCurveKey

RSA_LEAST_BITS: Final = 2048
# OpenSSL's own bound; a longer modulus only costs its user time.
RSA_MOST_BITS: Final = 16384

_RSA_LEAST_EXPONENT: Final = 3
# OpenSSL's bound for moduli over 3,072 bits, applied here to all: with an exponent as long as the
# modulus, every public operation would cost as much as a private one.
_RSA_MOST_EXPONENT_BITS: Final = 64

# Fermat's method finds primes that are closer than 2^(bits/2 - 100). FIPS 186-5 A.1.1.
_RSA_CLOSE_BITS: Final = 100


def check_pair(key: Pair) -> None:
    """Check a public key, or a private one and its public half.

    Raises:
        InvalidKeyError: a number, a point or a scalar is not valid for its kind of key.
    """
    if isinstance(key, RSAPrivateKey):
        check_rsa_private(key.private_numbers())
    elif isinstance(key, RSAPublicKey):
        check_rsa_public(key.public_numbers())
    elif isinstance(key, PrivateCurveKey):
        _check_point(key.public_key())
        if not curves.is_pair(key):
            raise InvalidKeyError("the private key is out of range, or not of its public half")
    else:
        _check_point(key)


def _check_point(key: PublicCurveKey) -> None:
    if not curves.is_valid(key):
        raise InvalidKeyError("the public key is not a point on the curve, or is one of low order")


def check_rsa_public(key: RSAPublicNumbers) -> None:
    """Check the modulus and the exponent. RFC 8017 section 3.1.

    Raises:
        InvalidKeyError: a size is wrong; either is even; the exponent is 1; the modulus has the
            ROCA fingerprint.
    """
    if key.n < 0 or not RSA_LEAST_BITS <= key.n.bit_length() <= RSA_MOST_BITS:
        raise InvalidKeyError("an RSA key must have 2048 to 16384 bits")
    if key.n % 2 == 0:
        raise InvalidKeyError("the modulus is even")
    if key.e % 2 == 0 or key.e < _RSA_LEAST_EXPONENT:
        raise InvalidKeyError("the public exponent must be odd and at least 3")
    if key.e.bit_length() > _RSA_MOST_EXPONENT_BITS:
        raise InvalidKeyError("the public exponent must have at most 64 bits")
    if roca.has_fingerprint(key.n):
        raise InvalidKeyError("the modulus has the ROCA fingerprint (CVE-2017-15361)")


def check_rsa_private(key: RSAPrivateNumbers) -> None:
    """Check all members of a private key and their public half. RFC 8017 section 3.2.

    Raises:
        InvalidKeyError: they contradict each other, or can be guessed from the public half.
    """
    public = key.public_numbers
    check_rsa_public(public)
    half = public.n.bit_length() // 2
    if min(key.p, key.q) <= 1 or key.p % 2 == 0 or key.q % 2 == 0 or key.p * key.q != public.n:
        raise InvalidKeyError("the modulus is not the product of two odd primes")
    if not _belongs(key) or not _is_chinese(key):
        raise InvalidKeyError("the private members of the RSA key do not fit together")
    # Wiener's attack finds a short d; FIPS 186-5 section A.1.1 demands more than half the size.
    if key.d.bit_length() <= half or abs(key.p - key.q).bit_length() <= half - _RSA_CLOSE_BITS:
        raise InvalidKeyError("the private exponent is too short, or the primes are too close")


def _belongs(key: RSAPrivateNumbers) -> bool:
    """Tell whether d inverts e modulo p - 1 and q - 1, which is to say modulo lambda(n)."""
    product = key.public_numbers.e * key.d
    return (
        0 < key.d < key.public_numbers.n
        and product % (key.p - 1) == 1
        and product % (key.q - 1) == 1
    )


def _is_chinese(key: RSAPrivateNumbers) -> bool:
    """Tell whether dP, dQ and qInv are those of p, q and d."""
    return (
        key.dmp1 == key.d % (key.p - 1)
        and key.dmq1 == key.d % (key.q - 1)
        and 0 < key.iqmp < key.p
        and key.iqmp * key.q % key.p == 1
    )
