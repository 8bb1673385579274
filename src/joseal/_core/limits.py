"""The sizes that bound all work, each with its unit and its reason.

The same numbers bind the one who makes a token and the one who opens it, so that a default
`Encrypter` never makes what a default `Decrypter` refuses.
"""

import msgspec

from joseal._core.naming import exported

_MIB = 1024 * 1024

# The primitives below us count in C ints; larger data is for streams.
_MOST_BYTES = 2**31 - 1


@exported
class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds on one token.

    Attributes:
        token_bytes: the whole token. 24 MiB are enough for a plaintext of the default
            `plaintext_bytes`, which base64url makes a third longer, with the longest header and
            encrypted key; it is small enough to be in memory a few times over in one worker.
        header_bytes: the protected header, decoded. 16 KiB are enough for a certificate chain in
            `x5c`, and keep the JSON parser's work small.
        plaintext_bytes: the plaintext, encrypted or decrypted. 16 MiB is far above any payment
            message. `joseal.stream` is for larger ones.
        inflated_bytes: the plaintext of a compressed token (`zip`), where a few bytes can become
            millions. 256 KiB is the order that RFC 8725's successor gives as its example.
        pbes2_iterations: the most that a token may ask for by `p2c`, because each costs the one who
            opens it: 600,000 take 0.1 to 0.4 s. That is what OWASP advises for HMAC-SHA-256, and
            the most that joseal or another library makes by default. In JSON form that is the sum
            over all recipients.
        recipients: the recipients, or the signatures, of a message in JSON form. Each may cost a
            private operation; 16 are more than any exchange that we know has.

    Raises:
        TypeError: a limit is not an int.
        ValueError: a limit is below one or above 2 GiB - 1.

    Example:
        >>> import joseal
        >>> mine = joseal.Key.generate("A256KW")
        >>> small = joseal.Limits(plaintext_bytes=1024)
        >>> decrypter = joseal.Decrypter(mine, enc="A256GCM", limits=small)
    """

    token_bytes: int = 24 * _MIB
    header_bytes: int = 16 * 1024
    plaintext_bytes: int = 16 * _MIB
    inflated_bytes: int = 256 * 1024
    pbes2_iterations: int = 600_000
    recipients: int = 16

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value: object = getattr(self, name)
            if type(value) is not int:
                raise TypeError("a limit must be an int")
            if not 1 <= value <= _MOST_BYTES:
                raise ValueError("a limit must be from 1 to 2147483647")
