"""`KeyUse`: the key of a token and the outcome, with no part of the token itself.

Rules:
- The names are those of the ring. A name from a token that the ring does not know is left out: it
  is untrusted text, and strangers must not be able to create any number of metric series.
"""

from msgspec import Struct


class KeyUse(Struct, frozen=True, kw_only=True):
    """One token that was opened or refused.

    Attributes:
        kid: the name of the key; None if the token names no key of the ring.
        alg: the alg of this key.
        outcome: `ok`; `retired` for a token under a retired key; otherwise the `code` of the error,
            such as `undecryptable`.
        at: the time by the clock of the ring, in seconds since 1970.

    Example:
        >>> import datetime
        >>> import joseal
        >>> from joseal.remote import KeyRing, RingKey
        >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
        >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
        >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
        >>> uses = []
        >>> old = RingKey(key, announced=may, primary=may)
        >>> ring = KeyRing([old], clock=may.timestamp, on_use=uses.append)
        >>> token = ring.encrypter("A256GCM").encrypt(b"hello")
        >>> ring.open(token, "A256GCM").plaintext, uses[0].kid, uses[0].outcome
        (b'hello', '2027-05', 'ok')
    """

    kid: str | None
    alg: str | None
    outcome: str
    at: float
