"""A Dask cluster as the executor of a bulk run.

Rules:
- TLS between all parts, with certificates of the cluster's own authority, because rows are sent.
- The workers have joseal and the key files; keys are not sent.

Source: https://distributed.dask.org/en/stable/tls.html.
"""

import importlib
from collections.abc import Generator, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from joseal.cli.exit_codes import Exit, FailureError

Certificates: TypeAlias = tuple[Path | None, Path | None, Path | None]

_SECONDS: Final = 30


class _Client(Protocol):
    """The part of Dask's client that is used."""

    def get_executor(self) -> Executor:
        """Return it as an executor."""
        ...

    def nthreads(self) -> Mapping[str, int]:
        """Return how many threads each worker has."""
        ...


class _Security(Protocol):
    """Dask's class of the same name."""

    def __call__(
        self,
        *,
        tls_ca_file: str,
        tls_client_cert: str,
        tls_client_key: str,
        require_encryption: bool,
    ) -> object:
        """Say which certificates."""
        ...


class _Connect(Protocol):
    """Dask's class of clients."""

    def __call__(
        self, address: str, *, security: object, timeout: int, set_as_default: bool
    ) -> AbstractContextManager[_Client]:
        """Connect."""
        ...


@contextmanager
def connected(address: str, certificates: Certificates) -> Generator[tuple[Executor, int]]:
    """Connect to a cluster; return its executor, and how many threads its workers have.

    Args:
        address: the address of the scheduler, tls://HOST:PORT.
        certificates: files with the authority, the client's certificate and its private key.

    Raises:
        FailureError: Dask is not installed, the scheduler can't be reached, or it has no workers.
    """
    authority, certificate, key = map(str, certificates)
    security_of, connect = _dask()
    try:
        security = security_of(
            tls_ca_file=authority,
            tls_client_cert=certificate,
            tls_client_key=key,
            require_encryption=True,
        )
        client = connect(address, security=security, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError):
        text = "the scheduler can't be reached, or a certificate can't be used"
        failure = FailureError("scheduler", text, Exit.FILE)
    else:
        with client as connection:
            threads = sum(connection.nthreads().values())
            if not threads:
                raise FailureError("scheduler", "the cluster has no workers", Exit.FILE)
            yield connection.get_executor(), threads
        return
    raise failure


def _dask() -> tuple[_Security, _Connect]:
    """Load Dask: it has no types, and is not needed for anything else.

    Raises:
        FailureError: it is not installed.
    """
    try:
        found = vars(importlib.import_module("distributed"))
    except ImportError:
        text = "--scheduler needs: pip install distributed"
        raise FailureError("missing", text, Exit.USAGE) from None
    return found["Security"], found["Client"]
