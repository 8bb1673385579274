"""Standard compact JWEs that are larger than memory, for binary file objects and paths.

    >>> import io, joseal
    >>> from joseal.stream import decrypt_stream, encrypt_stream
    >>> mine = joseal.Key.generate("RSA-OAEP-256")
    >>> token, plaintext = io.BytesIO(), io.BytesIO()
    >>> encrypter = joseal.Encrypter(mine.public(), enc="A256CBC-HS512")
    >>> encrypt_stream(encrypter, io.BytesIO(b"hello"), token)
    >>> _ = token.seek(0)
    >>> decrypt_stream(joseal.Decrypter(mine, enc="A256CBC-HS512"), token, plaintext)
    >>> plaintext.getvalue()
    b'hello'

The tokens are those of `joseal.Encrypter` and `joseal.Decrypter`, with AES-CBC-HMAC or AES-GCM.

Source: RFC 7516 sections 5.1, 5.2 and 7.1.
"""

from joseal.stream.files import decrypt_file, encrypt_file
from joseal.stream.tokens import decrypt_stream, encrypt_stream

__all__ = ["decrypt_file", "decrypt_stream", "encrypt_file", "encrypt_stream"]
