"""`joseal encrypt`, and the way back: every kind of key file, pipes and files, refusals."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from joseal import Decrypter, Key
from joseal.cli.exit_codes import Exit

Run = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[bytes]]

OAEP = ("--alg", "RSA-OAEP-256", "--enc", "A256GCM")
PLAINTEXT = b'{"card": "5513651111111111"}\r\n\x00\xff\n'


@pytest.mark.parametrize(
    ("sealing", "opening", "alg", "enc"),
    [
        ("public.pem", "private.pem", "RSA-OAEP-256", "A256CBC-HS512"),
        ("public.der", "private.der", "RSA-OAEP-256", "A128GCM"),
        ("public.pem", "private.der", "RSA-OAEP", "A128CBC-HS256"),
        ("public.jwk", "private.jwk", None, "A192GCM"),
        ("public.jwk", "private.pem", "RSA-OAEP-256", "A192CBC-HS384"),
        ("wrap.jwk", "wrap.jwk", None, "A256GCM"),
        ("direct.jwk", "direct.jwk", "dir", "A256GCM"),
    ],
)
def test_what_goes_in_comes_out(
    *, sealing: str, opening: str, alg: str | None, enc: str, folder: Path, run: Run
) -> None:
    algs = ("--alg", alg) if alg else ()
    sealed = run("encrypt", "--key", folder / sealing, *algs, "--enc", enc, data=PLAINTEXT)
    assert (sealed.exit_code, sealed.stderr) == (0, "")
    opened = run("decrypt", "--key", folder / opening, *algs, "--enc", enc, data=sealed.stdout)
    assert (opened.exit_code, opened.stderr, opened.stdout_bytes) == (0, "", PLAINTEXT)


@pytest.mark.parametrize("plaintext", [b"", b"\n", b"x", bytes(100_000)])
def test_pipes_carry_every_byte(plaintext: bytes, folder: Path, shell: Shell) -> None:
    sealed = shell("encrypt", "--key", folder / "public.pem", *OAEP, data=plaintext)
    assert (sealed.returncode, sealed.stderr, sealed.stdout.count(b"\n")) == (0, b"", 0)
    opened = shell("decrypt", "--key", folder / "private.pem", *OAEP, data=sealed.stdout)
    assert (opened.returncode, opened.stderr, opened.stdout) == (0, b"", plaintext)


def test_files_are_read_and_written(folder: Path, run: Run, tmp_path: Path) -> None:
    source, token, result = (tmp_path / name for name in ("in", "token", "out"))
    source.write_bytes(PLAINTEXT)
    run("encrypt", "--key", folder / "public.pem", *OAEP, source, "-o", token)
    done = run("decrypt", "--key", folder / "private.pem", *OAEP, token, "--output", result)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    assert result.read_bytes() == PLAINTEXT


def test_header_members_stand_where_and_as_they_were_given(
    folder: Path, pair: Key, run: Run
) -> None:
    done = run(
        *("encrypt", "--key", folder / "public.pem", *OAEP, "--kid", "the-key"),
        *("--header", "typ=JWT", "--header", "iat:=1700000000000", "--header", "note=a=b"),
        *("--header", 'list:=["a", {"b": null}]'),
        data=b"x",
    )
    opened = Decrypter(pair, enc="A256GCM").open(done.stdout.strip())
    assert list(opened.header.items()) == [
        ("alg", "RSA-OAEP-256"),
        ("kid", "the-key"),
        ("typ", "JWT"),
        ("iat", 1700000000000),
        ("note", "a=b"),
        ("list", ["a", {"b": None}]),
        ("enc", "A256GCM"),
    ]


def test_no_kid_leaves_the_name_out(folder: Path, pair: Key, run: Run, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(json.dumps({**pair.to_jwk(), "kid": "mine"}))
    args = ("encrypt", "--key", tmp_path / "key", "--enc", "A256GCM")
    opener = Decrypter(pair, enc="A256GCM")
    headers = [
        opener.open(run(*args, *more, data=b"x").stdout.strip()).header
        for more in ((), ("--no-kid",))
    ]
    assert [header.get("kid") for header in headers] == ["mine", None]


REFUSED: dict[str, tuple[tuple[str, ...], Exit, str]] = {
    "a private key": (("private.pem", *OAEP), Exit.KEY, "key: "),
    "a key of another kind": (("wrap.jwk", *OAEP), Exit.KEY, "key: "),
    "no key at all": (("password", *OAEP), Exit.KEY, "key: "),
    "an encrypted key": (("encrypted.pem", *OAEP), Exit.KEY, "key: "),
    "a missing file": (("missing", *OAEP), Exit.FILE, "file: can't read "),
    "no alg": (("public.pem", "--enc", "A256GCM"), Exit.USAGE, "usage: --alg is needed"),
    "no enc": (("public.jwk",), Exit.USAGE, "usage: Missing option '--enc'"),
    "an unknown alg": (
        ("public.pem", "--alg", "RSA1_6", "--enc", "A256GCM"),
        Exit.USAGE,
        "usage: ",
    ),
    "an alg that is never made": (
        ("public.pem", "--alg", "RSA1_5", "--enc", "A256GCM"),
        Exit.USAGE,
        "usage: ",
    ),
    "an unknown enc": (("public.jwk", "--enc", "A512GCM"), Exit.USAGE, "usage: "),
    "an unknown option": (("public.jwk", "--password", "x"), Exit.USAGE, "usage: "),
    "a name that is no text": (
        ("public.jwk", "--enc", "A256GCM", "--kid", "\udcff"),
        Exit.USAGE,
        "usage: --kid must be UTF-8",
    ),
    "a managed member": (
        ("public.pem", *OAEP, "--header", "alg=none"),
        Exit.USAGE,
        "usage: header",
    ),
    "a member twice": (
        ("public.pem", *OAEP, "--header", "typ=a", "--header", "typ=b"),
        Exit.USAGE,
        "usage: --header",
    ),
    "a member without a value": (
        ("public.pem", *OAEP, "--header", "typ"),
        Exit.USAGE,
        "usage: --head",
    ),
    "a member without a name": (
        ("public.pem", *OAEP, "--header", "=x"),
        Exit.USAGE,
        "usage: --head",
    ),
    "broken JSON": (("public.pem", *OAEP, "--header", "a:={"), Exit.USAGE, "usage: the text after"),
    "two JSON values": (
        ("public.pem", *OAEP, "--header", 'a:=1,"b":2'),
        Exit.USAGE,
        "usage: the text after",
    ),
    "a wrong crit": (("public.pem", *OAEP, "--header", "crit:=[]"), Exit.USAGE, "usage: "),
    "a header over the limit": (
        ("public.pem", *OAEP, "--header", "x=" + "y" * 17_000),
        Exit.TOKEN,
        "too_large: ",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_one_line_and_an_exit_code(
    case: str, folder: Path, run: Run, tmp_path: Path
) -> None:
    (name, *args), code, beginning = REFUSED[case]
    target = tmp_path / "out"
    done = run("encrypt", "--key", folder / name, *args, "-o", target, data=PLAINTEXT)
    assert done.exit_code == code
    assert done.stderr.startswith(f"joseal: {beginning}")
    assert (done.stderr.count("\n"), done.stdout) == (1, "")
    assert not target.exists()


def test_a_plaintext_over_the_limit_is_refused(folder: Path, shell: Shell) -> None:
    done = shell("encrypt", "--key", folder / "public.pem", *OAEP, data=bytes(16 * 1024**2 + 1))
    assert done.returncode == Exit.TOKEN
    assert (
        done.stderr
        == b"joseal: too_large: over the limit plaintext_bytes=16777216: found 16777217; "
        b"--stream takes larger ones\n"
    )


def test_key_with_integrated_encryption_takes_no_enc(run, tmp_path):
    key = tmp_path / "hpke.jwk"
    assert (
        run("keygen", "--alg", "HPKE-9", "-o", key, "--public", tmp_path / "p.jwk").exit_code == 0
    )
    body, token = tmp_path / "body", tmp_path / "token"
    body.write_bytes(b"a payout")
    assert run("encrypt", "--key", tmp_path / "p.jwk", body, "-o", token).exit_code == 0
    done = run("decrypt", "--key", key, token)
    assert (done.exit_code, done.stdout) == (0, "a payout")
    done = run("encrypt", "--key", tmp_path / "p.jwk", "--enc", "A256GCM", body)
    assert done.exit_code == 2
    assert "enc must not be given" in done.stderr


def test_enc_is_demanded_of_every_other_key(run, tmp_path):
    key = tmp_path / "ke.jwk"
    assert run("keygen", "--alg", "HPKE-9-KE", "-o", key).exit_code == 0
    done = run("decrypt", "--key", key, tmp_path / "token")
    assert done.exit_code == 2
    assert "Missing option '--enc'" in done.stderr
