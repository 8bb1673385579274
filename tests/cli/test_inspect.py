"""`joseal inspect`: what stands in a token, and no word on whether it is true."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import joseal
from joseal import Encrypter, Key, Signer
from joseal._core.wire import base64url
from joseal.cli.exit_codes import Exit

Run = Callable[..., Result]

SIZES = [
    ("protected header", 52),
    ("encrypted key", 256),
    ("iv", 16),
    ("ciphertext", 112),
    ("tag", 32),
]


@pytest.fixture(scope="session")
def token() -> str:
    bank = Key.generate("RSA-OAEP").public()
    sealer = Encrypter(bank, enc="A256CBC-HS512", header={"typ": "JWT"})
    return sealer.encrypt(bytes(97))


def made(header: str) -> str:
    encoded = base64url.encode(header.encode()).decode()
    return f"{encoded}....{'A' * 22}"


def test_json_holds_the_header_and_the_sizes(token: str, run: Run) -> None:
    done = run("inspect", "--json", data=token + "\n")
    assert (done.exit_code, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    shown = json.loads(done.stdout)
    assert list(shown["header"].items()) == [
        ("alg", "RSA-OAEP"),
        ("typ", "JWT"),
        ("enc", "A256CBC-HS512"),
    ]
    assert [(part["name"], part["bytes"]) for part in shown["segments"]] == SIZES
    lengths = [len(part) for part in token.split(".")]
    assert [part["characters"] for part in shown["segments"]] == lengths
    assert shown["authenticated"] is False


def test_people_get_a_page_of_eighty_columns(token: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(token)
    done = run("inspect", tmp_path / "token", COLUMNS="200")
    lines = done.stdout.splitlines()
    assert (done.exit_code, done.stderr) == (0, "")
    assert max(len(line) for line in lines) <= 80
    assert [line for line in lines if line != line.rstrip()] == []
    for name, size in SIZES:
        assert any(
            line.split()[: len(name.split())] == name.split() and f" {size} " in line
            for line in lines
        )
    assert "No key was used" in done.stdout


def test_nothing_of_a_header_reaches_the_terminal_raw(run: Run) -> None:
    nasty = {
        "alg": "\x1b[31mred",
        "enc": "\u202eesrever\u0085\x07",
        "[bold]x\x1b": ["[/]", "\x9b2J", 1],
    }
    for more in ((), ("--json",)):
        done = run("inspect", *more, data=made(json.dumps(nasty)))
        assert done.exit_code == 0
        assert done.stdout.isascii()
        assert [c for c in done.stdout if not (c.isprintable() or c == "\n")] == []
        assert "\\u001b[31mred" in done.stdout
        assert "[bold]x\\u001b" in done.stdout


@pytest.mark.parametrize("header", [{"note": "#" * 300}, {"#" * 300: 1}, {"#" * 150: "#" * 150}])
def test_what_is_long_is_folded_and_not_cut(header: dict[str, object], run: Run) -> None:
    done = run("inspect", data=made(json.dumps({"alg": "dir", **header})))
    assert done.stdout.isascii()
    assert done.stdout.count("#") == 300
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_what_no_key_could_open_is_shown_all_the_same(run: Run) -> None:
    done = run("inspect", "--json", data=made('{"alg":"none","enc":"none","crit":[]}'))
    assert json.loads(done.stdout)["header"] == {"alg": "none", "enc": "none", "crit": []}


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "malformed"),
        ("a.b.c", "malformed"),
        (made("{}"), "malformed"),
        (made('{"alg":"a","alg":"b"}'), "malformed"),
        (made("[]"), "malformed"),
        (made('{"alg":"dir"}') + "=", "malformed"),
        ("x" * 26_000_000, "too_large"),
        ("x" * 30_000 + "....", "too_large"),
    ],
    ids=["empty", "JWS", "no alg", "alg twice", "no object", "padding", "too long", "long header"],
)
def test_what_is_no_token_is_refused(token: str, code: str, run: Run) -> None:
    for more, beginning in (
        ((), f"joseal: {code}: "),
        (("--json",), f'{{"error": {{"code": "{code}"'),
    ):
        done = run("inspect", *more, data=token)
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (Exit.TOKEN, "", 1)
        assert done.stderr.startswith(beginning)


@pytest.mark.parametrize(
    ("around", "code"),
    [
        (json.dumps, "json_string"),
        (lambda token: "Bearer " + token, "auth_scheme"),
        (lambda token: json.dumps({"encData": token}), "envelope"),
        (lambda token: base64.b64encode(token.encode()).decode(), "base64_token"),
    ],
)
def test_a_token_is_found_where_doctor_finds_it(
    around: Callable[[str], str], code: str, token: str, run: Run
) -> None:
    shown = json.loads(run("inspect", "--json", data=around(token)).stdout)
    assert (shown["around"], shown["header"]["enc"]) == ([code], "A256CBC-HS512")


def test_the_line_of_python_makes_a_token_with_the_same_header(run: Run) -> None:
    shared, pair = Key.generate("A256KW"), Key.generate("ES256", kid="s")
    tokens = [
        (shared, Encrypter(shared, enc="A128GCM", header={"typ": "JWT"}).encrypt(b"{}")),
        (shared, Encrypter(shared, enc="A128GCM", compress=True).encrypt(b"{}")),
        (pair, Signer(pair, header={"typ": "JWT"}).sign(b"{}")),
        (pair, Signer(pair, detached=True, b64=False).sign(b"{}")),
    ]
    for key, token in tokens:
        shown = json.loads(run("inspect", "--json", data=token).stdout)
        names = {"joseal": joseal, "key": key, "plaintext": b"{}", "payload": b"{}"}
        made = eval(shown["python"], names)  # noqa: S307 - what the command printed is what is tested
        again = json.loads(run("inspect", "--json", data=made).stdout)
        assert again["header"] == shown["header"]
        assert shown["python"] in " ".join(run("inspect", data=token).stdout.split())


@pytest.mark.parametrize(
    ("alg", "line"),
    [
        ("HPKE-0", "joseal.Encrypter(key, header={'typ': 'JWT'}).encrypt(plaintext)"),
        (
            "HPKE-0-KE",
            "joseal.Encrypter(key, enc=\"A128GCM\", header={'typ': 'JWT'}).encrypt(plaintext)",
        ),
    ],
)
def test_the_line_of_python_for_hpke_has_what_the_caller_gives(
    alg: str, line: str, run: Run
) -> None:
    enc = "A128GCM" if alg.endswith("-KE") else None
    sealer = Encrypter(Key.generate(alg).public(), enc=enc, header={"typ": "JWT"})
    shown = json.loads(run("inspect", "--json", data=sealer.encrypt(b"{}")).stdout)
    assert shown["python"] == line


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"RSA1_5","enc":"A256GCM"}',
        '{"alg":"HPKE-0","enc":"A256GCM"}',
        '{"alg":"HPKE-0-KE"}',
        '{"alg":"dir","enc":5}',
        '{"alg":"none","enc":"A256GCM"}',
    ],
)
def test_what_joseal_does_not_make_has_no_line_of_python(header: str, run: Run) -> None:
    done = run("inspect", "--json", data=made(header))
    assert not done.stdout or json.loads(done.stdout)["python"] is None
