"""`KeyUse`: which key a token was under and how it ended, with nothing of the token itself.

Rules:
- The names are those of the ring. A name that a token gives and the ring does not know is left out:
  it is the text of a stranger, and a metric must not have as many series as strangers like.
"""

from msgspec import Struct


class KeyUse(Struct, frozen=True, kw_only=True):
    """One token that was opened, or was not.

    Attributes:
        kid: the name of the key; None where the token names none of the ring.
        alg: of this key.
        outcome: `ok`; `retired` for a token under a key that is retired; otherwise the `code` of
            the error, such as `undecryptable`.
        at: by the clock of the ring, in seconds since 1970.

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
