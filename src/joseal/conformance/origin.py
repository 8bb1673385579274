"""When a report was made, and by which versions, so that the evidence can be reproduced.

Source: none; the format is this project's own.
"""

import datetime as dt
import platform
from importlib import metadata
from typing import Final

from cryptography.hazmat.backends.openssl.backend import backend
from msgspec import Struct

_UNKNOWN: Final = "not installed"


class Origin(Struct, frozen=True):
    """When a report was made, and by which versions.

    Attributes:
        date: in UTC, to the second, in the format of RFC 3339.
        joseal: its version.
        cryptography: its version.
        openssl: the version that cryptography brings or links to.
        python: the implementation and its version.

    Example:
        >>> from pathlib import Path
        >>> from joseal import conformance
        >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
        >>> size = Path("keys.json").write_text(text)
        >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
        >>> report.origin.joseal != ""
        True
    """

    date: str = ""
    joseal: str = ""
    cryptography: str = ""
    openssl: str = ""
    python: str = ""

    def rows(self) -> list[tuple[str, str]]:
        """Return names and values, for readers.

        Returns:
            Pairs of a name and a value.

        Example:
            >>> from pathlib import Path
            >>> from joseal import conformance
            >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
            >>> size = Path("keys.json").write_text(text)
            >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
            >>> len(report.origin.rows())
            5
        """
        return [
            ("date", self.date),
            ("joseal", self.joseal),
            ("cryptography", self.cryptography),
            ("OpenSSL", self.openssl),
            ("Python", self.python),
        ]


def now() -> Origin:
    """Return the origin of a report that is made here and now."""
    made = dt.datetime.now(dt.UTC).replace(microsecond=0)
    return Origin(
        made.isoformat().replace("+00:00", "Z"),
        _version("joseal"),
        _version("cryptography"),
        backend.openssl_version_text(),
        f"{platform.python_implementation()} {platform.python_version()}",
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return _UNKNOWN
