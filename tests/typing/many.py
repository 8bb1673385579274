"""Many tokens and large ones, as a type checker sees them."""

import io
from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO, TextIO, assert_type

from joseal import Decrypter, Encrypter, JoseError
from joseal.bulk import Item, Outcome, Outcomes, decrypt_many, encrypt_many
from joseal.stream import decrypt_file, decrypt_stream, encrypt_file, encrypt_stream


def make_opener() -> Decrypter:
    raise NotImplementedError


def bulk(sealer: Encrypter, opener: Decrypter, executor: Executor) -> None:
    sealed = encrypt_many([b"a", Item(b"b", {"iat": 1})], sealer)
    assert_type(sealed, Outcomes[str])
    for outcome in sealed:
        assert_type(outcome, Outcome[str])
        assert_type(outcome.value, str | None)
        assert_type(outcome.error, JoseError | None)
        assert_type(outcome.code, str | None)
    with decrypt_many(["a", b"b"], make_opener, executor=executor) as opened:
        assert_type(next(opened).value, bytes | None)
    encrypt_many(["text"], sealer)  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    encrypt_many([b"a"], opener)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    encrypt_many([b"a"], make_opener)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    decrypt_many(["a"], opener, workers=1.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    next(encrypt_many([b"a"], sealer)).value.encode()  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]


def stream(sealer: Encrypter, opener: Decrypter, source: BinaryIO, text: TextIO) -> None:
    encrypt_stream(sealer, source, io.BytesIO(), header={"iat": 1})
    decrypt_stream(opener, io.BytesIO(), source)
    encrypt_file(sealer, "a", Path("b"))
    decrypt_file(opener, Path("b"), "c", plaintext_bytes=1)
    encrypt_stream(sealer, text, io.BytesIO())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    decrypt_stream(opener, source, text)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    decrypt_stream(sealer, source, io.BytesIO())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    encrypt_file(sealer, source, "b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    encrypt_file(sealer, b"a", b"b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
