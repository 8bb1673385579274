"""JSON for programs: the output of `--json`.

Rules:
- One object on one line, in ASCII, so that no header or name can control a terminal.
- Members keep their names and their meanings; new ones may be added. A reader has to ignore members
  that it does not know.
"""

import json
from collections.abc import Mapping

from joseal import Key
from joseal._core.wire import base64url


def line(members: Mapping[str, object]) -> bytes:
    """Write one object and a line end."""
    return json.dumps(members).encode("ascii") + b"\n"


def raw(data: bytes) -> dict[str, object]:
    """Show bytes as base64url, and as text if they are UTF-8."""
    try:
        text: str | None = data.decode()
    except UnicodeDecodeError:
        text = None
    return {"text": text, "base64url": base64url.encode(data).decode("ascii")}


def key(which: Key) -> dict[str, object]:
    """Name a key by data that may be published; a hash of a shared secret may not be."""
    thumbprint = None if which.is_symmetric else which.thumbprint()
    return {"alg": which.alg, "kid": which.kid, "thumbprint": thumbprint}
