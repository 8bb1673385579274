"""What every entry point checks of its arguments before any work."""

import pytest
from tests.helpers import all_algorithms

from joseal import Decrypter, Encrypter, Key, Signer, Verifier

HS = all_algorithms.signing_key("HS256")

KW = all_algorithms.key("A128KW")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Encrypter(KW, enc="A128GCM", policy="modern"),
        lambda: Decrypter(KW, enc="A128GCM", policy="modern"),
        lambda: Signer(HS, policy="modern"),
        lambda: Verifier(HS, policy="modern"),
        lambda: Key.from_external(object(), public="x"),
        lambda: Key.from_password("x", alg="PBES2-HS256+A128KW", salt_bytes=16.0),
        lambda: Key.from_password("x", alg="PBES2-HS256+A128KW", salt_bytes="16"),
    ],
)
def test_another_type_is_a_type_error(make):
    with pytest.raises(TypeError, match="must be"):
        make()
