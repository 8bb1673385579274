"""JWT claims: read from verified or decrypted tokens, by rules that you define once.

    >>> import joseal
    >>> from joseal.claims import Claims, JwtVerifier
    >>> key = joseal.Key.generate("ES256", kid="2027-01")
    >>> rules = Claims(issuer="https://login.example", audience="orders")
    >>> token = joseal.Signer(key).sign(rules.issue({"sub": "u-1"}, lifetime_seconds=300))
    >>> JwtVerifier(key.public(), rules).read(token).subject
    'u-1'

Rules:
- Claims are read only from joseal's own results, so never from a token that was not opened.
- Naming a claim makes it required. `exp` is required unless `expires=False` says otherwise.
- A `ClaimsError` names the claim and the rule, never the value.
- Keys, network access and clocks don't belong here (`now=` is the caller's).

Source: RFC 7519, RFC 8725 sections 3.8 to 3.12.
"""

from joseal.claims.authjs import AuthJsSession
from joseal.claims.jwt import EncryptedJwt, JwtVerifier
from joseal.claims.rules import Claims
from joseal.claims.seen import MemorySeenOnce, SeenClaim, SeenOnce, SeenOnceError
from joseal.claims.seen_sqlite import SqliteSeenOnce
from joseal.claims.values import ClaimSet

__all__ = [
    "AuthJsSession",
    "ClaimSet",
    "Claims",
    "EncryptedJwt",
    "JwtVerifier",
    "MemorySeenOnce",
    "SeenClaim",
    "SeenOnce",
    "SeenOnceError",
    "SqliteSeenOnce",
]

for _exported in (
    AuthJsSession,
    ClaimSet,
    Claims,
    EncryptedJwt,
    JwtVerifier,
    MemorySeenOnce,
    SeenClaim,
    SeenOnce,
    SeenOnceError,
    SqliteSeenOnce,
):
    _exported.__module__ = __name__


def __dir__() -> list[str]:
    """Return the public names and nothing else."""
    return list(__all__)
