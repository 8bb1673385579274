"""The network under `Client`: requests of this API to one origin, each of them once.

The connections, the bounds of an answer, and the reasons for a failure are in `joseal._http`.
"""

import ssl
from typing import NamedTuple, final

from joseal._core.secrecy import Opaque
from joseal._http.connection import check_package
from joseal._http.origin import Fault, Origin, Sent, Timeouts
from joseal._http.proxy import Proxy
from joseal._http.tls import ClientCertificate
from joseal.juspay.call_details import CallDetails, kept_headers
from joseal.juspay.outcomes import NotSent, Unknown
from joseal.juspay.requests import Request
from joseal.juspay.responses import ANSWER_BYTES


class Reply(NamedTuple):
    """A whole answer."""

    status: int
    body: bytes
    headers: dict[str, str]


@final
class Transport(Opaque):
    """Connections to one origin, kept open between requests and shared by threads.

    Args:
        base_url: that of the account.
        timeouts: for its steps, and for the whole call.
        connections: how many are kept open.
        idle_seconds: for how long a kept connection is used again.
        ssl_context: the caller's, or None for the system's trust.
        proxy: the proxy that connections go through, or None.
        client_certificate: presented by the default context.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `ssl_context` verifies too little or is given with a certificate, or there is a
            proxy to a plain http address.
        RuntimeError: a different package is installed in place of urllib3.
    """

    __slots__ = ("_base_url", "_origin")

    _base_url: str
    _origin: Origin

    def __init__(
        self,
        base_url: str,
        timeouts: Timeouts,
        *,
        connections: int,
        idle_seconds: float,
        ssl_context: ssl.SSLContext | None,
        proxy: Proxy | None = None,
        client_certificate: ClientCertificate | None = None,
    ) -> None:
        check_package()
        origin = Origin(
            base_url,
            timeouts,
            connections=connections,
            idle_seconds=idle_seconds,
            answer_bytes=ANSWER_BYTES,
            ssl_context=ssl_context,
            proxy=proxy,
            client_certificate=client_certificate,
        )
        self._set(_base_url=base_url, _origin=origin)

    def close(self) -> None:
        """Close the connections. Nothing more is sent."""
        self._origin.close()

    def exchange(self, request: Request) -> Reply | NotSent | Unknown:
        """Send a request once and return its answer, or how it failed."""
        target = request.url.removeprefix(self._base_url)
        answer = self._origin.exchange(Sent(request.method, target, request.headers, request.body))
        if not isinstance(answer, Fault):
            return Reply(answer.status, answer.body, kept_headers(answer.headers))
        details = CallDetails(cause=answer.cause)
        if answer.handed_over:
            return Unknown(answer.text, call=details)
        return NotSent(answer.text, details)
