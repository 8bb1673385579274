"""The sizes that bound all work, each with its unit and its reason.

The same numbers bound the tokens that are made and those that are opened, so that a default
`Encrypter` never makes a token that a default `Decrypter` refuses.
"""

import msgspec

from joseal._core.naming import exported

_MIB = 1024 * 1024

# The primitives count in C ints; use streams for larger data.
_MOST_BYTES = 2**31 - 1


@exported
class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds on one token.

    Attributes:
        token_bytes: the whole token. 24 MiB is enough for a plaintext of the default
            `plaintext_bytes`, which base64url makes a third longer, with the longest header and
            encrypted key; it is small enough to be in one worker's memory a few times over.
        header_bytes: the protected header, decoded. 16 KiB is enough for a certificate chain in
            `x5c`, and keeps the JSON parser's work small.
        plaintext_bytes: the plaintext, encrypted or decrypted. 16 MiB is far above any payment
            message. Use `joseal.stream` for larger ones.
        inflated_bytes: the plaintext of a compressed token (`zip`), in which a few bytes can become
            millions. RFC 8725's successor gives a limit of about 256 KiB as its example.
        pbes2_iterations: the most iterations that a token may ask for in `p2c`, because the
            recipient pays for each: 600,000 take 0.1 to 0.4 s. OWASP advises that number for
            HMAC-SHA-256, and no library, including joseal, uses more by default. In JSON form the
            limit is for the sum over all recipients.
        recipients: the recipients, or the signatures, of a message in JSON form. Each may cost a
            private operation; 16 is more than in any exchange known to us.

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
