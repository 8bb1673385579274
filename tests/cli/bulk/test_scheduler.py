"""`joseal bulk --scheduler` on a real scheduler and workers, which speak TLS on loopback."""

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest
from click.testing import Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from joseal import Decrypter, Key
from joseal.cli.bulk import cluster
from joseal.cli.exit_codes import Exit

distributed = pytest.importorskip("distributed")

Run = Callable[..., Result]

ENC = "A128GCM"
TLS = ("ca.pem", "part.pem", "part-key.pem")


def certificates(folder: Path) -> None:
    """Make an authority and a certificate of it that serves every part."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("authority", "part")
    ]
    now = dt.datetime.now(dt.UTC)
    for index, name in enumerate(TLS[:2]):
        certificate = (
            x509.CertificateBuilder()
            .subject_name(names[index])
            .issuer_name(names[0])
            .public_key(keys[index].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=index == 0, path_length=None), critical=True)
            .sign(keys[0], hashes.SHA256())
        )
        (folder / name).write_bytes(certificate.public_bytes(Encoding.PEM))
    pem = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / TLS[2]).write_bytes(pem)


def tls(folder: Path) -> list[object]:
    names = zip(("--tls-ca-file", "--tls-cert", "--tls-key"), TLS, strict=True)
    return [word for name, file in names for word in (name, folder / file)]


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    certificates(tmp_path)
    authority, certificate, key = (str(tmp_path / name) for name in TLS)
    parts = {
        f"tls_{part}_{what}": path
        for part in ("scheduler", "worker", "client")
        for what, path in (("cert", certificate), ("key", key))
    }
    security = distributed.Security(tls_ca_file=authority, require_encryption=True, **parts)
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        host="tls://127.0.0.1",
        protocol="tls://",
        dashboard_address="127.0.0.1:0",
        security=security,
    ) as started:
        yield started.scheduler_address


def test_a_cluster_that_speaks_tls_does_the_rows(
    scheduler: str, folder: Path, run: Run, tmp_path: Path
) -> None:
    assert scheduler.startswith("tls://127.0.0.1:")
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = "".join(f'{number},"card\n{number}"\n' for number in range(3_000))
    source.write_text(f"id,card\n{rows}3000\n")
    key = ("--key", folder / "wrap.jwk", "--enc", ENC, "--field", "card")
    to = ("--scheduler", scheduler, *tls(tmp_path))
    wrap = (folder / "wrap.jwk").read_text()
    done = run("bulk", "encrypt", *key, *to, "-o", target, source)
    assert done.exit_code == Exit.TOKEN
    assert done.stderr.splitlines()[-1].startswith("joseal: rejects: 1 of 3001 rows")
    opener = Decrypter(Key.from_jwk(wrap), enc=ENC)
    tokens = [line.split(",")[1] for line in target.read_text().splitlines()[1:]]
    assert [opener.decrypt(token) for token in tokens] == [
        b"card\n%d" % number for number in range(3_000)
    ]
    # A key that only this process can read does not go there.
    target = tmp_path / "not.csv"
    key = ("--key", "-", *key[2:])
    done = run("bulk", "encrypt", *key, *to, "-o", target, source, data=wrap)
    assert done.exit_code == Exit.USAGE
    assert "--scheduler needs keys and passwords that are in files" in done.stderr
    assert not list(tmp_path.glob("not.csv*"))


def test_a_scheduler_that_is_not_there_is_one_line(
    folder: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_SECONDS", 1)
    certificates(tmp_path)
    (tmp_path / "in").write_text("x\n")
    done = run(
        *("bulk", "encrypt", "--key", folder / "wrap.jwk", "--enc", ENC, "--format", "lines"),
        *("--scheduler", "tls://127.0.0.1:9", *tls(tmp_path)),
        *("-o", tmp_path / "out", tmp_path / "in"),
    )
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (
        Exit.FILE,
        "joseal: scheduler: the scheduler can't be reached, or a certificate can't be used",
    )


def test_a_cluster_without_workers_is_one_line(
    folder: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Empty:
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *exception: object) -> None:
            pass

        def nthreads(self) -> dict[str, int]:
            return {}

    monkeypatch.setattr(distributed, "Client", lambda *_, **__: Empty())
    certificates(tmp_path)
    (tmp_path / "in").write_text("x\n")
    done = run(
        *("bulk", "encrypt", "--key", folder / "wrap.jwk", "--enc", ENC, "--format", "lines"),
        *("--scheduler", "tls://127.0.0.1:9", *tls(tmp_path)),
        *("-o", tmp_path / "out", tmp_path / "in"),
    )
    assert done.exit_code == Exit.FILE
    assert done.stderr == "joseal: scheduler: the cluster has no workers\n"
    assert not list(tmp_path.glob("out*"))


def test_without_dask_the_command_says_what_is_missing(
    folder: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    (tmp_path / "in").write_text("x\n")
    done = run(
        *("bulk", "encrypt", "--key", folder / "wrap.jwk", "--enc", ENC, "--format", "lines"),
        *("--scheduler", "tls://x:1", *tls(tmp_path), "-o", tmp_path / "out", tmp_path / "in"),
    )
    assert done.exit_code == Exit.USAGE
    assert done.stderr == "joseal: missing: --scheduler needs: pip install distributed\n"
