"""The key schedules of HPKE and DHKEM: figures of RFC 9180, and a second writing of both."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from tests.helpers import all_algorithms, hpke_forge
from tests.helpers.forge import draw
from tests.helpers.rows import each_row

from joseal._core.algorithms import curves
from joseal._core.algorithms.hpke import key_schedule
from joseal._core.algorithms.hpke.kems import DhKem
from joseal._core.algorithms.hpke.suites import SUITES, HpkeSuite

INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
AAD = bytes.fromhex("436f756e742d30")
PLAINTEXT = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")

# The first encryption in base mode: private key of the recipient, encapsulated secret, shared
# secret, key, nonce, ciphertext.
FIGURES = {
    "A.1.1": (
        HpkeSuite("X25519", 0x20, "sha256", "A128GCM"),
        "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
        "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
        "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
        "4531685d41d65f03dc48f6b8302c05b0",
        "56d890e5accaaf011cff4b7d",
        (
            "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
            "6d8770ac83d07bea87e13c512a"
        ),
    ),
    "A.2.1": (
        HpkeSuite("X25519", 0x20, "sha256", "C20P"),
        "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
        "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
        None,
        None,
        None,
        (
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db"
            "21993c62ce81883d2dd1b51a28"
        ),
    ),
    "A.3.1": (
        HpkeSuite("P-256", 0x10, "sha256", "A128GCM"),
        "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
        (
            "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325a"
            "c98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4"
        ),
        "c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8",
        "868c066ef58aae6dc589b6cfdd18f97e",
        "4e0bc5018beba4bf004cca59",
        (
            "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f"
            "9076ac232e3ab2523f39513434"
        ),
    ),
    "A.5.1": (
        HpkeSuite("P-256", 0x10, "sha256", "C20P"),
        "a4d1c55836aa30f9b3fbb6ac98d338c877c2867dd3a77396d13f68d3ab150d3b",
        (
            "04c07836a0206e04e31d8ae99bfd549380b072a1b1b82e563c935c095827824f"
            "c1559eac6fb9e3c70cd3193968994e7fe9781aa103f5b50e934b5b2f387e381291"
        ),
        None,
        None,
        None,
        (
            "6469c41c5c81d3aa85432531ecf6460ec945bde1eb428cb2fedf7a29f5a685b4"
            "ccb0d057f03ea2952a27bb458b"
        ),
    ),
    "A.6.1": (
        HpkeSuite("P-521", 0x12, "sha512", "A256GCM"),
        (
            "01462680369ae375e4b3791070a7458ed527842f6a98a79ff5e0d4cbde83c271"
            "96a3916956655523a6a2556a7af62c5cadabe2ef9da3760bb21e005202f7b2462847"
        ),
        (
            "040138b385ca16bb0d5fa0c0665fbbd7e69e3ee29f63991d3e9b5fa740aab890"
            "0aaeed46ed73a49055758425a0ce36507c54b29cc5b85a5cee6bae0cf1c21f27"
            "31ece2013dc3fb7c8d21654bb161b463962ca19e8c654ff24c94dd2898de1205"
            "1f1ed0692237fb02b2f8d1dc1c73e9b366b529eb436e98a996ee522aef863dd5"
            "739d2f29b0"
        ),
        None,
        None,
        None,
        (
            "170f8beddfe949b75ef9c387e201baf4132fa7374593dfafa90768788b7b2b20"
            "0aafcc6d80ea4c795a7c5b841a"
        ),
    ),
}


def unhex(text):
    return None if text is None else bytes.fromhex(text)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_of_rfc_9180(name):
    suite, *figures = FIGURES[name]
    private, sent, secret, key, nonce, ciphertext = map(unhex, figures)
    own = curves._make_private(suite.kem, private)
    kem = DhKem(suite, own.public_key(), lambda peer: curves.agree(own, peer))
    found = kem.check(sent)()
    derived = key_schedule.schedule(suite, found, INFO)
    assert secret in (None, found)
    assert key in (None, derived[0])
    assert nonce in (None, derived[1])
    cipher = ChaCha20Poly1305 if suite.aead == "C20P" else AESGCM
    assert cipher(derived[0]).decrypt(derived[1], ciphertext, AAD) == PLAINTEXT


@each_row("info", [b"", b"session", b"\xff" * 300])
@each_row("name", SUITES)
def test_schedule_is_that_of_the_second_writing(name, info):
    secret = draw(f"{name} secret", 32)
    found = key_schedule.schedule(SUITES[name], secret, info)
    assert found == hpke_forge.schedule(hpke_forge.SUITES[name], secret, info)
    assert len({found, key_schedule.schedule(SUITES[name], secret, info + b"\0")}) == 2


@each_row("name", SUITES)
def test_no_two_suites_derive_the_same(name):
    secret = bytes(32)
    own = key_schedule.schedule(SUITES[name], secret, b"")
    others = [key_schedule.schedule(suite, secret, b"") for n, suite in SUITES.items() if n != name]
    assert own not in others


def test_dhkem_is_for_suites_with_hkdf():
    with pytest.raises(ValueError, match="has HKDF"):
        key_schedule.extract_and_expand(SUITES["HPKE-9"], bytes(32), b"")


def test_sender_and_recipient_agree_on_every_curve():
    for curve in all_algorithms.CURVES:
        suite = next(suite for suite in SUITES.values() if suite.kem == curve)
        own = all_algorithms.private(curve)
        kem = DhKem(suite, own.public_key(), lambda peer, own=own: curves.agree(own, peer))
        secret, sent = kem.encapsulate()
        assert kem.check(sent)() == secret
        assert len(sent) == hpke_forge.SECRET_BYTES[curve]


def test_kem_without_a_private_key_decapsulates_nothing():
    suite, own = SUITES["HPKE-0"], all_algorithms.private("P-256")
    kem = DhKem(suite, own.public_key(), None)
    _, sent = kem.encapsulate()
    assert kem.check(sent)() is None


@pytest.mark.parametrize("curve", ["X25519", "X448"])
def test_public_key_of_low_order_gets_no_secret(curve):
    """RFC 9180 section 7.1.4. No loader lets such a key through; the KEM itself checks it too."""
    suite = next(suite for suite in SUITES.values() if suite.kem == curve)
    public = curves.load_public(curve, bytes(curves.field_bytes(curve)), None)
    with pytest.raises(ValueError, match=r"^the recipient's public key can't be used$"):
        DhKem(suite, public, None).encapsulate()
