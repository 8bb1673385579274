"""What the README shows is true: its blocks run, its figures are measured, its links lead on."""

import base64
import http.server
import json
import re
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from bench.report import chart
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.docs import pages

import joseal
from joseal.profiles import PROFILES

README = (pages.ROOT / "README.md").read_text("utf-8")
# Where the README's links lead. It is read on the package index too, which has no other files.
BASE = "https://github.com/joseal/joseal/blob/main/"
URL = "https://api.bank.example"
PROJECT = tomllib.loads((pages.ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def block(marker: str) -> pages.Block:
    """The block that follows a marker."""
    line = README.count("\n", 0, README.index(f"<!-- {marker} -->")) + 2
    (found,) = (each for each in pages.blocks(README) if each.line == line)
    return found


class Bank(http.server.BaseHTTPRequestHandler):
    """Decrypts a request, and answers encrypted to the sender's key."""

    mine: joseal.Decrypter
    theirs: joseal.Encrypter

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        payment = json.loads(self.mine.decrypt(body["jwe"]))
        answer = json.dumps({"status": "accepted", "paid": payment["amount"]}).encode()
        data = json.dumps({"jwe": self.theirs.encrypt(answer)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bank on loopback, and the keys that the README takes from the environment."""
    theirs = joseal.Key.generate("RSA-OAEP-256", kid="bank-2026")
    mine = joseal.Key.generate("RSA-OAEP-256", kid="mine-2026")
    monkeypatch.setenv("BANK_CERTIFICATE", theirs.public().to_pem())
    monkeypatch.setenv("PRIVATE_KEY", mine.to_pem(private=True))
    handler = type(
        "Handler",
        (Bank,),
        {
            "mine": joseal.Decrypter(theirs, enc="A256GCM"),
            "theirs": joseal.Encrypter(mine.public(), enc="A256GCM"),
        },
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_ten_lines_encrypt_for_a_bank_and_decrypt_its_answer(
    bank: str, capsys: pytest.CaptureFixture[str]
) -> None:
    example = block("example").text
    assert example.count(URL) == 1
    exec(compile(example.replace(URL, bank), "README.md", "exec"), {})  # noqa: S102 - our own text
    assert capsys.readouterr().out == "{'status': 'accepted', 'paid': '10.00'}\n"


def test_example_has_ten_lines() -> None:
    assert len([line for line in block("example").text.splitlines() if line.strip()]) <= 10


def test_example_gives_up_after_a_time_and_has_no_key_in_it() -> None:
    assert "timeout=" in block("example").text
    assert requests.__name__ in block("example").text
    assert "BEGIN" not in block("example").text


def sealed_with_sha1_in_mgf1(public: joseal.Key) -> str:
    """Make a token as Java does when only the digest of OAEP is set."""

    def encoded(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    header = encoded(b'{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"mine-2026"}')
    cek, iv = bytes(range(32)), bytes(12)
    rsa = serialization.load_pem_public_key(public.to_pem().encode())
    wrapped = rsa.encrypt(cek, OAEP(MGF1(hashes.SHA1()), hashes.SHA256(), None))  # noqa: S303
    sealed = AESGCM(cek).encrypt(iv, b'{"amount":"10.00"}', header.encode())
    return ".".join([header, *map(encoded, (wrapped, iv, sealed[:-16], sealed[-16:]))])


def test_doctor_names_the_mistake_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = joseal.Key.generate("RSA-OAEP-256")
    (tmp_path / "mine.pem").write_text(mine.to_pem(private=True), "utf-8")
    (tmp_path / "token.txt").write_text(sealed_with_sha1_in_mgf1(mine.public()), "utf-8")
    monkeypatch.chdir(tmp_path)
    shown = block("doctor")
    printed = pages.shell(shown.text)
    assert pages.is_like(printed, shown.prints), printed


def test_every_block_is_run_by_a_test() -> None:
    """The two commands for a checkout are run by `.ci/run`."""
    marked = {block(name).line for name in ("example", "doctor", "command: demo", "command: tests")}
    rest = [
        each.text
        for each in pages.blocks(README)
        if each.line not in marked and each.language != "text"
    ]
    assert rest == ["pip install joseal\n"]
    assert pages.faults(README) == []
    assert PROJECT["name"] == "joseal"


def targets(text: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", text)


def test_links_are_absolute_and_lead_to_files_of_the_tree() -> None:
    links = [link for link in targets(README) if link != "https://cryptography.io"]
    assert len(links) > 30
    assert [link for link in links if not link.startswith(BASE)] == []
    paths = {re.sub(r"[?#].*", "", link.removeprefix(BASE)) for link in links}
    assert {path for path in paths if not (pages.ROOT / path).is_file()} == set()


def test_project_links_lead_to_files_of_the_tree() -> None:
    home = BASE.removesuffix("/blob/main/")
    urls = PROJECT["urls"]
    assert {url for url in urls.values() if not url.startswith(home)} == set()
    paths = {url.removeprefix(BASE) for url in urls.values() if url.startswith(BASE)}
    assert paths
    assert {path for path in paths if not (pages.ROOT / path).is_file()} == set()


def test_figures_are_those_of_the_performance_page() -> None:
    page = chart.PAGE.read_text("utf-8")
    rows = dict(re.findall(r"^\| (\w+ .*?: joseal / \w+) \| ([\d.]+) \|", page, re.MULTILINE))
    encrypt, jwcrypto, large = (
        rows[name]
        for name in (
            "encrypt 300 B: joseal / joserfc",
            "encrypt 300 B: joseal / jwcrypto",
            "decrypt 16 MiB: joseal / joserfc",
        )
    )
    assert f"takes {encrypt} of joserfc's time and {jwcrypto} of jwcrypto's" in README
    assert f"decrypting 16 MiB takes {large} of joserfc's" in README


def test_chart_is_made_from_the_performance_page() -> None:
    drawn = chart.chart(chart.PAGE.read_text("utf-8"))
    assert chart.PICTURE.read_text("utf-8") == drawn, "run: python -m bench.report.chart"
    for row in chart.bars(chart.PAGE.read_text("utf-8")).values():
        assert row[0].name == "joseal"
        assert all(bar.shown in drawn for bar in row)


def test_chart_of_a_page_without_its_table_is_refused() -> None:
    with pytest.raises(ValueError, match="table of libraries"):
        chart.bars("| a | b |\n")


def test_lines_of_an_rsa_token_are_about_those_of_the_audit() -> None:
    audit = (pages.DOCS / "audit.md").read_text("utf-8")
    lines = re.findall(r"#### Decrypt RSA-OAEP with A256CBC-HS512\n\n(\d+) lines", audit)[0]
    said = re.findall(r"runs about (\d+) lines", README)[0]
    assert abs(int(lines) / int(said) - 1) < 0.1


def test_number_of_profiles_is_that_of_the_code() -> None:
    assert f"[{len(PROFILES)} profiles]" in README


def test_number_of_promises_is_that_of_security() -> None:
    security = (pages.ROOT / "SECURITY.md").read_text("utf-8")
    promises = security.partition("## What is promised")[2].partition("\n## ")[0]
    words = {10: "ten", 11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen"}
    numbers = re.findall(r"^(\d+)\. ", promises, re.MULTILINE)
    assert f"{words[int(numbers[-1])]} promises" in README
