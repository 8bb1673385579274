"""Assemble a JWE from all its inputs: in one step or, if it is compact and large, in chunks.

Rules:
- A pure function: random values were drawn before.
- The large path makes the same token as the small one.

Source: RFC 7516 section 5.1, steps 14 to 19, and sections 7.1 and 7.2.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from joseal._core.algorithms import content_chunked, content_encryption
from joseal._core.algorithms.key_management import KeyManagement, WrapSettings
from joseal._core.algorithms.registry import EncSpec
from joseal._core.keys import Key
from joseal._core.late import late
from joseal._core.limits import Limits
from joseal._core.secrecy import Hidden
from joseal._core.wire import base64url
from joseal._core.wire.forms import Form
from joseal.errors import TokenTooLargeError

# Most tokens are not compressed.
if TYPE_CHECKING:
    from joseal._core.algorithms import deflate
else:
    deflate = late("joseal._core.algorithms.deflate")

# The most additions to a growing token: one for each chunk up to 24 MiB. CPython appends in place;
# where appending copies, the sum of the copies stays bounded.
_MOST_ADDITIONS: Final = 128


class TokenStart(Hidden, frozen=True):
    """The parts of a token before its ciphertext, and the CEK. Used for a single token."""

    protected: bytes
    cek: bytes
    encrypted_key: bytes
    iv: bytes

    def encode(self) -> bytes:
        """Return the beginning of the token, with the dot before the ciphertext."""
        encode = base64url.encode
        return b".".join((self.protected, encode(self.encrypted_key), encode(self.iv), b""))


class EncryptionSettings(Struct, frozen=True, kw_only=True):
    """The arguments of an `Encrypter`, checked and prepared.

    Attributes:
        key: the recipient's key.
        management: the key's mechanism.
        wrap: enc, limits, and the information about the parties.
        compress: whether plaintexts are deflated.
        begin: the Header Parameters before those that each token adds.
        end: the Header Parameters after them.
        protected: the encoded header of a token that adds nothing.
        form: the serialization.
        assemble_json: assembles a message in JSON; None for the compact form.
        cek_bytes: how many bytes are drawn for a CEK; 0 if the key determines it.
    """

    key: Key
    management: KeyManagement
    wrap: WrapSettings
    compress: bool
    begin: dict[str, object]
    end: dict[str, str]
    protected: bytes
    form: Form
    assemble_json: Callable[[EncSpec, Form, TokenStart, bytes, bytes | None], str] | None
    cek_bytes: int


def assemble(enc: EncSpec, start: TokenStart, plaintext: bytes) -> str:
    """Make the token from all its inputs. RFC 7516 section 5.1 steps 14 to 19."""
    protected, cek, iv = start.protected, start.cek, start.iv
    if len(plaintext) >= content_encryption.LARGE_BYTES and content_chunked.can_chunk(enc):
        return _assemble_large(enc, start, plaintext)
    ciphertext, tag = content_encryption.seal(enc, cek, iv, protected, plaintext)
    return base64url.join(protected, start.encrypted_key, iv, ciphertext, tag)


def _assemble_large(enc: EncSpec, start: TokenStart, plaintext: bytes) -> str:
    return _grown(start.encode().decode("ascii"), _content(enc, start, plaintext))


def _grown(token: str, pieces: Iterable[str]) -> str:
    """Add pieces to a token.

    CPython extends a string in place only if the statement is repeated by `for`, has run a few
    times, and is not followed by one that reads the string. Otherwise each addition copies it.
    """
    for piece in pieces:
        token += piece
    return token


def _content(enc: EncSpec, start: TokenStart, plaintext: bytes) -> Iterator[str]:
    """Encrypt a large plaintext, and give the encoded ciphertext in pieces, then the tag."""
    encryption = content_chunked.ChunkedEncryption(enc, start.cek, start.iv, start.protected)
    overlap = content_chunked.can_overlap(len(plaintext))
    ciphertext = encryption.encrypt(content_chunked.slices(plaintext), overlap=overlap)
    chunks = base64url.encode_chunks(ciphertext)
    at_a_time = 1 + len(plaintext) // content_chunked.CHUNK_BYTES // _MOST_ADDITIONS
    while some := list(islice(chunks, at_a_time)):
        yield "".join(some)
    yield "." + base64url.encode(encryption.tag).decode("ascii")


def deflated(plaintext: bytes, limits: Limits) -> bytes:
    """Deflate a plaintext.

    Raises:
        TokenTooLargeError: it is over `inflated_bytes`.
    """
    if len(plaintext) > limits.inflated_bytes:
        raise TokenTooLargeError("inflated_bytes", limits.inflated_bytes, len(plaintext))
    return deflate.deflate(plaintext)
