"""One document over HTTPS: a conditional GET that is bounded in bytes and in time.

Rules:
- https only, TLS 1.2 or later, no redirect, no content coding. The address is the caller's, or
  comes from the discovery document of the caller's issuer; it is never taken from a token.
- Each request uses a new connection, which is closed afterwards: a set is fetched every few
  minutes, and a kept connection would be dead by then.

Source: RFC 9110 sections 8.8.3 and 13.1.2 (ETag, If-None-Match), RFC 9111 sections 4.2 and 5.2.2
(freshness, Cache-Control), RFC 9325 section 3.1.1 (TLS 1.2 and later).
"""

import re
import ssl
from collections.abc import Mapping
from typing import Final, NamedTuple, final

from joseal._core import checks
from joseal._core.secrecy import Opaque
from joseal._http.connection import check_package
from joseal._http.hosts import is_host
from joseal._http.origin import Answered, Fault, Origin, Sent, Timeouts
from joseal._http.proxy import Proxy
from joseal._http.tls import ClientCertificate, checked_context
from joseal.remote.outcomes import MOST_BYTES, Failure

_URL: Final = re.compile(
    r"(https://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
    r"(?::([1-9][0-9]{0,4}))?)(/[!$-~]*)?"
)
_TAG: Final = re.compile(r'(?:W/)?"[!#-~]{0,256}"')
_MAX_AGE: Final = re.compile(r'(?:^|[,\s])max-age="?([0-9]{1,9})"?(?:$|[,\s])', re.IGNORECASE)
_NOT_KEPT: Final = re.compile(r"(?:^|[,\s])(?:no-store|no-cache)\b", re.IGNORECASE)
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_LAST_PORT: Final = 65535

_OK: Final = 200
_NOT_MODIFIED: Final = 304
_REDIRECTS: Final = range(300, 400)
_HEADERS: Final = {
    "Accept": "application/jwk-set+json, application/json",
    "Connection": "close",
    "User-Agent": "joseal",
}


class Document(NamedTuple):
    """An answer.

    Attributes:
        raw: its bytes; None if the other side says that nothing has changed.
        fresh_seconds: how long it says that it is fresh; None if it does not say.
        tag: the entity tag.
    """

    raw: bytes | None
    fresh_seconds: float | None
    tag: str | None


def split_url(url: str) -> tuple[str, str] | None:
    """Return the origin and the target of an https:// URL; None for everything else."""
    found = _URL.fullmatch(url)
    if found is None or not is_host(found[2]):
        return None
    if int(found[3] or 0) > _LAST_PORT:
        return None
    return found[1], found[4] or "/"


def check_url(argument: str, url: str) -> None:
    """Check an address from a caller.

    Raises:
        TypeError: it is not a str.
        ValueError: it is not an https:// URL with a host, or has credentials or a fragment.
    """
    if not isinstance(url, str):
        raise checks.wrong_type(argument, "str", url)
    if split_url(url) is None:
        raise ValueError(
            f"{argument} must be https:// with a host, without credentials and without a fragment"
        )


@final
class Downloads(Opaque):
    """The settings of all requests for one source.

    Args:
        deadline_seconds: for one request, including name resolution and the whole answer.
        ssl_context: the caller's, or None for the system's trust.
        client_certificate: presented by the default context.
        proxy: the proxy that connections go through, or None.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `ssl_context` verifies too little, or is given with a certificate.
        RuntimeError: a different package is installed in place of urllib3.
    """

    __slots__ = ("_context", "_proxy", "_timeouts")

    _context: ssl.SSLContext
    _proxy: Proxy | None
    _timeouts: Timeouts

    def __init__(
        self,
        deadline_seconds: float,
        *,
        ssl_context: ssl.SSLContext | None,
        client_certificate: ClientCertificate | None,
        proxy: Proxy | None,
    ) -> None:
        check_package()
        if proxy is not None and not isinstance(proxy, Proxy):
            raise checks.wrong_type("proxy", "a Proxy", proxy)
        self._set(
            _context=checked_context(ssl_context, client_certificate),
            _proxy=proxy,
            _timeouts=Timeouts(deadline_seconds, deadline_seconds, deadline_seconds),
        )

    def get(self, url: str, tag: str | None = None) -> Document | Failure:
        """Fetch a document, or learn that its entity tag has not changed."""
        place = split_url(url)
        if place is None:
            return Failure("issuer", "the address is not an https:// URL")
        headers = _HEADERS if tag is None else {**_HEADERS, "If-None-Match": tag}
        origin = Origin(
            place[0],
            self._timeouts,
            connections=1,
            idle_seconds=0.0,
            answer_bytes=MOST_BYTES,
            ssl_context=self._context,
            proxy=self._proxy,
        )
        try:
            answer = origin.exchange(Sent("GET", place[1], headers))
        finally:
            origin.close()
        if isinstance(answer, Fault):
            cause = "" if answer.cause is None else f" ({answer.cause})"
            return Failure("network", answer.text + cause)
        return _document(answer, tag)


def _document(answer: Answered, tag: str | None) -> Document | Failure:
    """Read an answer to a request with this entity tag."""
    if answer.status == _NOT_MODIFIED and tag is not None:
        return Document(None, fresh_seconds(answer.headers), tag)
    if answer.status in _REDIRECTS:
        return Failure("redirect", f"the answer is a redirect (HTTP {answer.status})")
    if answer.status != _OK:
        return Failure("status", f"the answer is HTTP {answer.status}")
    if len(answer.body) > MOST_BYTES:
        return Failure("too_large", f"the answer has more than {MOST_BYTES} bytes")
    found = answer.headers.get("ETag", "")
    new = found if _TAG.fullmatch(found) else None
    return Document(answer.body, fresh_seconds(answer.headers), new)


def fresh_seconds(headers: Mapping[str, str]) -> float | None:
    """Return how long an answer says that it is fresh; None if it does not say."""
    control = headers.get("Cache-Control", "")
    if _NOT_KEPT.search(control):
        return 0.0
    lifetime = _MAX_AGE.search(control)
    if lifetime is None:
        return None
    age = headers.get("Age", "")
    return max(0.0, float(lifetime[1]) - (float(age) if _SECONDS.fullmatch(age) else 0.0))
