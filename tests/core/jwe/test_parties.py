"""apu and apv: written, bound to the key, and for key agreement alone. RFC 7518 section 4.6.1."""

import json

import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.forge import b64, unb64
from tests.helpers.rows import each_row

from joseal import Decrypter, DecryptionError, Encrypter

CURVED = [(alg, curve) for alg in all_algorithms.ECDH for curve in all_algorithms.CURVES]


def header_of(token):
    return json.loads(unb64(token.split(".")[0]))


@each_row(("alg", "curve"), CURVED)
@each_row("parties", [{"apu": b"Alice"}, {"apv": b"Bob"}, {"apu": b"\0\xff", "apv": b"Bob"}])
def test_parties_are_written_and_bound(alg, curve, parties):
    key = all_algorithms.key(alg, curve=curve)
    token = Encrypter(key.public(), enc="A128GCM", **parties).encrypt(b"x")
    header = header_of(token)
    assert {name: unb64(header[name]) for name in ("apu", "apv") if name in header} == parties
    assert Decrypter(key, enc="A128GCM").decrypt(token) == b"x"
    theirs = all_algorithms.token(
        alg, "A128GCM", wrapped=all_algorithms.wrap(alg, "A128GCM", curve=curve, **parties)
    )
    assert Decrypter(key, enc="A128GCM").decrypt(str(theirs)) == b"forged"
    # The tag holds over this header, but the key was derived with other names.
    wrapped = all_algorithms.wrap(alg, "A128GCM", curve=curve, **parties)
    other = all_algorithms.token(
        alg, "A128GCM", wrapped=wrapped, members={next(iter(parties)): b64(b"Mallory")}
    )
    with pytest.raises(DecryptionError):
        Decrypter(key, enc="A128GCM").decrypt(str(other))


@each_row(
    "alg",
    [alg for alg in all_algorithms.ALGS if alg not in all_algorithms.ECDH and alg != "RSA1_5"],
)
@each_row("party", ["apu", "apv"])
def test_parties_are_for_agreement_alone(alg, party):
    sealing = forge.sealing(all_algorithms.key(alg))
    with pytest.raises(
        ValueError, match=r"^apu and apv (are for ECDH-ES, the key is bound to|must differ)"
    ):
        Encrypter(sealing, enc="A128GCM", **{party: b"Alice"})
    Encrypter(sealing, enc="A128GCM", **{party: b""})


@pytest.mark.parametrize("alg", all_algorithms.ECDH)
def test_parties_are_two(alg):
    """RFC 7518 section 4.6.2: a sender names itself and its recipient, and not one of them twice."""
    public, private = all_algorithms.key(alg).public(), all_algorithms.key(alg)
    for name in (b"\0", b"Alice"):
        with pytest.raises(ValueError, match=r"must differ$"):
            Encrypter(public, enc="A128GCM", apu=name, apv=name)
    near = Encrypter(public, enc="A128GCM", apu=b"Alice", apv=b"alice").encrypt(b"x")
    assert Decrypter(private, enc="A128GCM").decrypt(near) == b"x"


@each_row("party", ["apu", "apv"])
@each_row("value", ["Alice", None, 5, bytearray(b"x")])
def test_party_of_another_type_is_a_type_error(party, value):
    with pytest.raises(TypeError, match=r"^ap[uv] must be bytes, not "):
        Encrypter(all_algorithms.key("ECDH-ES").public(), enc="A128GCM", **{party: value})
