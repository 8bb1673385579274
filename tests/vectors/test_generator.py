"""The generator: the same bytes on each run, without joseal, and right by the RFCs' figures."""

import ast
import os
import subprocess
import sys
import zlib

from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt
from tests.helpers.rows import each_row
from tests.vectors.vector_files import PATHS, VECTORS, group_of, load
from vectors.generator.encoder import agreement, chacha, deflate, jwe, jws, wrapping
from vectors.generator.figures import agreements
from vectors.generator.figures.jws import SIGNED_FIGURES

GENERATOR = VECTORS / "generator"
MODULES = sorted(GENERATOR.rglob("*.py"))
FIGURES = [group["id"] for group in load(VECTORS / "rfc.json")["groups"]]


def test_generator_writes_the_same_bytes(tmp_path):
    # A different seed for hashes than the one before shows any order that depends on it.
    environment = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "vectors.generator", "--output", tmp_path]
    subprocess.run(command, check=True, cwd=VECTORS.parent, env=environment, timeout=120)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(written) == {path.name for path in PATHS}
    assert [path.name for path in PATHS if written[path.name] != path.read_bytes()] == []


@each_row("path", MODULES, ids=lambda path: str(path.relative_to(GENERATOR)))
def test_generator_never_imports_joseal(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported <= {"vectors", "cryptography"} | set(sys.stdlib_module_names)


def compared(group: dict) -> tuple[list[str], list[str]]:
    """Make the token of a figure, and give both without what the RFCs do not let one make again."""
    (test,) = group["tests"]
    inject, header = test["inject"], test["header"]
    key = {**group["key"], "alg": header["alg"]} if header["alg"] != "dir" else group["key"]
    drawn = jwe.recipe(group["key"], header["enc"], "any", b"")
    cek = bytes.fromhex(inject["cek"]) if "cek" in inject else drawn.cek
    made = jwe.Recipe(
        key=key,
        alg=header["alg"],
        enc=header["enc"],
        header=jwe.unb64(test["token"].partition(".")[0]),
        plaintext=bytes.fromhex(inject.get("deflated", test["plaintext"])),
        cek=cek,
        iv=bytes.fromhex(inject["iv"]),
        seed=drawn.seed,
        wrapped=wrapped(key, header, inject, cek),
    )
    # The RFCs do not tell the seeds and fillers of their RSA examples.
    indices = (0, 2, 3, 4) if "RSA" in made.alg else range(5)
    wanted = test["token"].split(".")
    segments = made.make().segments()
    return [segments[index] for index in indices], [wanted[index] for index in indices]


def wrapped(key: dict, header: dict, inject: dict, cek: bytes) -> bytes | None:
    """Wrap the CEK as the algs do that `Recipe` does not know by itself."""
    alg = header["alg"]
    if alg in agreement.ECDH_KEK_BYTES:
        secret = agreement.shared(inject["epk"], agreement.public(key))
        purpose, size = agreement.derived_bytes(alg, header["enc"])
        info = agreement.other_info(purpose, b"", b"", size)
        derived = agreement.concat_kdf(secret, info, size)
        return aes_key_wrap(derived, cek) if agreement.ECDH_KEK_BYTES[alg] else b""
    if alg in wrapping.GCMKW_BYTES:
        encrypted_key, tag = wrapping.gcm_wrap(key, bytes.fromhex(inject["kw_iv"]), cek)
        assert wrapping.b64(tag) == header["tag"]
        return encrypted_key
    if alg in wrapping.PBES2:
        salt = bytes.fromhex(inject["p2s"])
        return aes_key_wrap(wrapping.password_kek(key, salt, header["p2c"]), cek)
    return b"" if alg == "RSA1_5" else None


@each_row("name", FIGURES)
def test_encoder_makes_the_tokens_of_the_rfcs(name):
    """All of a token, but the encrypted key of RSA."""
    made, wanted = compared(group_of("rfc.json", name))
    assert made == wanted


def test_key_agreement_gives_what_the_rfcs_print():
    for figure in agreements.AGREEMENTS:
        secrets = {
            agreement.shared(figure.ephemeral, agreement.public(figure.key)).hex(),
            agreement.shared(figure.key, agreement.public(figure.ephemeral)).hex(),
        }
        assert secrets == {figure.shared}
    # RFC 7518 appendix C has the bytes of the derivation, too.
    (figure,) = [figure for figure in agreements.AGREEMENTS if figure.derived]
    info = agreement.other_info(figure.enc, *figure.parties.values(), 16)
    assert info.hex() == "000000074131323847434d00000005416c69636500000003426f6200000080"
    derived = agreement.concat_kdf(bytes.fromhex(figure.shared), info, 16)
    assert derived.hex() == figure.derived


def test_encoder_signs_as_the_rfcs():
    """All of the figures but those of PSS and ECDSA, whose salts and nonces are not told."""
    made = []
    for figure in SIGNED_FIGURES:
        header = jwe.unb64(figure.compact.partition(".")[0])
        signed = jws.Signed(
            key=figure.key,
            alg=figure.key["alg"],
            header=header,
            payload=figure.payload.encode(),
            detached=figure.detached,
            encoded=figure.encoded,
        )
        if signed.alg not in {"PS384", "ES512"}:
            assert signed.token() == figure.compact
            made.append(signed.alg)
    assert made == ["RS256", "HS256", "HS256", "HS256", "HS256", "EdDSA"]


def test_xchacha_is_that_of_libsodium():
    for size in (0, 1, 64, 1000):
        key, nonce = jwe.draw("key", 32), jwe.draw("nonce", 24)
        plaintext, aad = jwe.draw("plaintext", size), jwe.draw("aad", size)
        theirs = crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, nonce, key)
        assert chacha.xchacha_seal(key, nonce, plaintext, aad) == theirs


def test_deflated_streams_are_those_of_zlib():
    for stream, text in (
        (deflate.stored(b"one", b"two"), b"onetwo"),
        (deflate.fixed(b"fixed codes"), b"fixed codes"),
        (deflate.run_of_zeros(1), bytes(1)),
        (deflate.run_of_zeros(1000), bytes(1000)),
    ):
        inflater = zlib.decompressobj(wbits=-15)
        assert inflater.decompress(stream) == text
        assert inflater.eof
        assert inflater.unused_data == b""
