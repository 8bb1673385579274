"""No cause is false: what is named after the first cause was judged for each broken token.

A token that is broken in one way often shows it twice: compressed with zlib, it also needs
`accept_zip=True`; cut off, its last segment has stray bits. What is listed here is true of the
token. A cause that is not listed is a new one, and has to be judged.
"""

import json
from collections.abc import Callable

import pytest
from click.testing import Result
from tests.cli.doctor.test_peer_mistakes import BROKEN, ask, named
from tests.helpers import forge, mistakes

Run = Callable[..., Result]

FURTHER = {
    "node: ciphertext and tag in one, four segments": "tag_appended",
    "node: standard base64": "padded",
    "node: an epk on secp256k1": "epk_curve",
    "node: the cut base64 text as A256KW key": "secret_size",
    "node: deflateSync": "zip_off",
    "jose: general, the second recipient": "json_header",
    "jose: flattened with aad": "json_aad",
    "jose: b64 false, which it detaches": "b64_unencoded",
    "java: Deflater without nowrap": "zip_off",
    "URL-encoded padding": "padded",
    "a form decoded the +": "standard_base64 padded",
    "crv of SEC 2": "key_of_other_kind",
    "a PEM key": "pem-private",
    "a JWK": "jwk",
    "a JWS": "key_of_other_kind",
    "encrypted, then signed": "alg_not_the_keys",
    "a column of 255": "trailing_bits",
    "a column of 512": "content_unopened",
    "the end is missing": "trailing_bits content_unopened",
    "the tag is missing": "content_unopened",
    "the empty segment is lost": "key_of_other_kind",
    "the header not encoded": "foreign_characters",
    "a kid that is a number": "content_unopened",
    "alg and enc swapped": "content_unopened",
    "alg in lower case": "content_unopened",
    "alg with underscores": "content_unopened",
    "alg of XML Encryption": "alg_not_the_keys oaep_hash content_unopened",
    "enc without hyphens": "content_unopened",
    "alg of a signature": "alg_not_the_keys",
    "zip of another name": "content_unopened",
    "crit without the member": "content_unopened",
    "epk is missing": "key_of_other_kind",
    "epk with its private half": "key_of_other_kind",
    "epk without leading zeros": "key_of_other_kind",
    "epk off its curve": "key_of_other_kind",
    "p2c of ten million": "key_of_other_kind",
    "p2c of one hundred": "key_of_other_kind",
    "no salt": "key_of_other_kind",
    "no tag of the key wrap": "key_of_other_kind",
    "dir with an encrypted key": "key_of_other_kind",
    "RSA with 1024 bits": "rsa_size",
    "a content key for another enc": "key_of_other_kind",
    "a 12-byte IV for CBC": "content_unopened",
    "CBC named GCM": "cek_size content_unopened",
    "GCM named CBC": "cek_size content_unopened",
    "a 12-byte tag for GCM": "content_unopened",
    "a ciphertext of no whole blocks": "content_unopened",
    "zlib framing": "zip_off",
    "gzip": "zip_off",
}
MADE = {
    name: entry
    for name, entry in {**mistakes.SHOWN, **mistakes.HIDDEN}.items()
    # That is a note of a token that opens.
    if entry[0] != "plaintext_json_string"
}


def codes(told: dict[str, object]) -> list[str]:
    return [cause["code"] for cause in told["causes"]]


def test_every_judged_token_is_there() -> None:
    assert FURTHER.keys() <= MADE.keys() | {named(token) for token in BROKEN}
    assert len(MADE) + len(BROKEN) > 180


@pytest.mark.parametrize("token", BROKEN, ids=named)
def test_peers_tokens_have_no_false_cause(token, run: Run, tmp_path) -> None:
    _, told = ask(run, tmp_path, token)
    assert codes(told) == [token["code"], *FURTHER.get(named(token), "").split()]


@pytest.mark.parametrize("name", MADE)
def test_made_tokens_have_no_false_cause(name, run: Run, tmp_path) -> None:
    code, make = MADE[name]
    (tmp_path / "key").write_text(json.dumps(forge.key("RSA-OAEP-256").to_jwk(private=True)))
    made = make()
    raw = made if isinstance(made, bytes) else made.encode()
    done = run("doctor", "--json", "--key", tmp_path / "key", data=raw)
    assert codes(json.loads(done.stdout)) == [code, *FURTHER.get(name, "").split()]
