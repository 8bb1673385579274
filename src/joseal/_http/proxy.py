"""A proxy for calls: it opens a tunnel, in which TLS to the API begins.

Rules:
- A proxy is never taken from the environment: only the program chooses what carries payouts.
- The proxy's credentials go only into the CONNECT request.

Source: RFC 9110 section 9.3.6 (CONNECT) and section 11.7 (Proxy-Authorization), RFC 7617.
"""

import base64
import re
import ssl
from typing import Final, final

from joseal._core.secrecy import Opaque, hide_locals
from joseal._http.hosts import is_host
from joseal._http.tls import checked_context

_URL: Final = re.compile(
    r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})"
)
_LAST_PORT: Final = 65535


@final
class Proxy(Opaque):
    """An HTTP proxy that connections go through, by CONNECT.

    Example:
        >>> from joseal.juspay import Proxy
        >>> Proxy("https://proxy.example:3129", username="payouts", password="secret")
        Proxy('https://proxy.example:3129')

    Args:
        url: scheme, host and port. https means TLS to the proxy, around the tunnel.
        username: for Basic authentication at the proxy; without a colon.
        password: the same. Over http:// it goes to the proxy unencrypted.
        ssl_context: for TLS to the proxy; None for the system's trust. The context of the client,
            and its certificate, are not shown to the proxy.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `url` is not as above, only one of the credentials is given or one of them can't
            be sent, or `ssl_context` verifies too little.

    Source: RFC 9110 section 9.3.6.
    """

    __slots__ = ("_authorization", "_ssl_context", "_url")

    _authorization: str | None
    _ssl_context: ssl.SSLContext
    _url: str

    @hide_locals
    def __init__(
        self,
        url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if not isinstance(url, str):
            raise TypeError("url must be a str")
        found = _URL.fullmatch(url)
        if found is None or not is_host(found[2]) or not 0 < int(found[3]) <= _LAST_PORT:
            raise ValueError("url must be http:// or https://, a host and a port, and nothing else")
        self._set(
            _url=url,
            _authorization=_authorization(username, password),
            _ssl_context=checked_context(ssl_context),
        )

    def __repr__(self) -> str:
        return f"Proxy({self._url!r})"

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return self._url


@hide_locals
def _authorization(username: str | None, password: str | None) -> str | None:
    if username is None and password is None:
        return None
    if not isinstance(username, str) or not isinstance(password, str):
        raise TypeError("username and password must be given together, each as a str")
    pair = f"{username}:{password}"
    if ":" in username or not username or not pair.isprintable():
        raise ValueError("username and password must be printable, the first without a colon")
    return "Basic " + base64.b64encode(pair.encode()).decode("ascii")
