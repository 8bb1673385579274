"""zip: off unless named, capped, and never before the tag. RFC 7516 section 4.1.3."""

import json
import zlib

import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.forge import unb64
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    Limits,
    NotAllowedError,
    TokenError,
    TokenTooLargeError,
)
from joseal._core.algorithms import content_encryption, deflate


def header_of(token):
    return json.loads(unb64(token.split(".")[0]))


def refusal(opener, token):
    """Return what a token gives: "ok", or the code and the member or limit that is told."""
    try:
        opener.decrypt(token)
    except TokenError as error:
        return error.code, getattr(error, "parameter", getattr(error, "limit", None))
    return "ok"


def deflated(data):
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush()


def zipped(content, enc="A128GCM", zip_="DEF"):
    """Seal bytes that are called compressed, whether they are or not."""
    return str(all_algorithms.token("A128KW", enc, content, members={"zip": zip_}))


def inflating(**limits):
    return Decrypter(
        all_algorithms.key("A128KW"),
        enc=all_algorithms.ENCS,
        accept_zip=True,
        limits=Limits(**limits),
    )


@each_row("enc", all_algorithms.ENCS)
@each_row("plaintext", [b"", b"x", bytes(100_000)], ids=len)
def test_compressed_token_seals_and_opens(enc, plaintext):
    key = all_algorithms.key("A128KW")
    token = Encrypter(key, enc=enc, compress=True).encrypt(plaintext)
    assert header_of(token)["zip"] == "DEF"
    assert inflating().decrypt(token) == plaintext
    assert inflating().decrypt(zipped(deflated(plaintext), enc)) == plaintext
    if len(plaintext) > 1000:
        assert len(token) < 1000


def test_compression_is_off_unless_named():
    key = all_algorithms.key("A128KW")
    assert "zip" not in header_of(Encrypter(key, enc="A128GCM").encrypt(bytes(1000)))
    opener = Decrypter(key, enc="A128GCM")
    assert refusal(opener, zipped(deflated(b"x"))) == ("not_allowed", "zip")
    with pytest.raises(NotAllowedError, match="accept_zip=True"):
        opener.decrypt(zipped(deflated(b"x")))
    assert inflating().decrypt(str(all_algorithms.token("A128KW", "A128GCM"))) == b"forged"


@pytest.mark.parametrize("zip_", ["", "def", "DEFLATE", "GZIP", "none"])
def test_other_compressions_are_refused(zip_):
    assert refusal(inflating(), zipped(deflated(b"x"), zip_=zip_)) == ("not_allowed", "zip")


@pytest.mark.parametrize("zip_", [None, True, 5, ["DEF"], {}])
def test_zip_of_another_type_is_malformed(zip_):
    assert refusal(inflating(), zipped(deflated(b"x"), zip_=zip_))[0] == "malformed"


@each_row(
    "content",
    [
        b"",
        b"plain",
        b"\xff" * 20,
        deflated(b"x" * 100)[:-1],
        deflated(b"x" * 100) + b"\0",
        deflated(b"x") + deflated(b"y"),
        zlib.compress(b"x"),
        bytes(100),
    ],
    ids=range(8),
)
@each_row("enc", ["A128GCM", "A128CBC-HS256", "XC20P"])
def test_bad_stream_under_a_good_tag_is_undecryptable(content, enc):
    with pytest.raises(DecryptionError) as caught:
        inflating().decrypt(zipped(content, enc))
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("enc", ["A128GCM", "A128CBC-HS256"])
def test_large_bad_stream_under_the_good_tag_of_one_of_several_keys_is_undecryptable(enc, place):
    keys = [all_algorithms.key("A128KW", name=name) for name in ("second", "third")]
    keys.insert(place, all_algorithms.key("A128KW"))
    opener = Decrypter(keys, enc=enc, accept_zip=True)
    with pytest.raises(DecryptionError) as caught:
        opener.decrypt(zipped(b"\xff" * content_encryption.LARGE_BYTES, enc))
    assert caught.value.__cause__ is caught.value.__context__ is None
    text = forge.draw("text", content_encryption.LARGE_BYTES)
    assert opener.decrypt(zipped(deflated(text), enc)) == text


@pytest.mark.parametrize("most_bytes", [1, 1000, 262_144])
def test_cap_on_what_comes_out_is_exact(most_bytes):
    opener = inflating(inflated_bytes=most_bytes)
    assert opener.decrypt(zipped(deflated(bytes(most_bytes)))) == bytes(most_bytes)
    with pytest.raises(TokenTooLargeError) as caught:
        opener.decrypt(zipped(deflated(bytes(most_bytes + 1))))
    assert (caught.value.limit, caught.value.maximum) == ("inflated_bytes", most_bytes)
    key = all_algorithms.key("A128KW")
    sealing = Encrypter(key, enc="A128GCM", compress=True, limits=Limits(inflated_bytes=most_bytes))
    assert opener.decrypt(sealing.encrypt(bytes(most_bytes))) == bytes(most_bytes)
    with pytest.raises(TokenTooLargeError) as caught:
        sealing.encrypt(bytes(most_bytes + 1))
    assert caught.value.limit == "inflated_bytes"


def test_default_sender_makes_nothing_that_a_default_opener_refuses():
    key, most = all_algorithms.key("A128KW"), Limits().inflated_bytes
    token = Encrypter(key, enc="A128GCM", compress=True).encrypt(bytes(most))
    assert Decrypter(key, enc="A128GCM", accept_zip=True).decrypt(token) == bytes(most)


def test_plaintext_limit_binds_what_was_inflated():
    assert refusal(inflating(plaintext_bytes=100), zipped(deflated(bytes(101)))) == (
        "too_large",
        "plaintext_bytes",
    )
    assert refusal(inflating(plaintext_bytes=100), zipped(deflated(bytes(100)))) == "ok"


@pytest.mark.parametrize("enc", ["A128GCM", "A128CBC-HS256", "C20P"])
def test_nothing_is_inflated_under_a_bad_tag(enc, monkeypatch):
    used = []
    monkeypatch.setattr(deflate.zlib, "decompressobj", lambda **own: used.append(own))
    good = all_algorithms.token("A128KW", enc, deflated(bytes(10**6)), members={"zip": "DEF"})
    bad = good._replace(tag=bytes(len(good.tag)))
    with pytest.raises(DecryptionError):
        inflating().decrypt(str(bad))
    assert used == []
