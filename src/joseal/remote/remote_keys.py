"""`RemoteKeys`: the public keys of the other side, from its JWK Set over HTTPS.

The rules for a set are in `documents`, those for a request in `download`, and those for the times
in `refresher`.

Source: RFC 7517 section 5, OpenID Connect Discovery 1.0.
"""

import ssl
import time
from typing import Final, final

from joseal._core.secrecy import hide_locals
from joseal._http.proxy import Proxy
from joseal._http.tls import ClientCertificate
from joseal.remote import documents
from joseal.remote.discovery import OpenIdIssuer, discover
from joseal.remote.documents import Algs, Rules, Use
from joseal.remote.download import Downloads, check_url
from joseal.remote.outcomes import Failure, Found, Loaded, Unchanged
from joseal.remote.refresher import Clock, Hook, Refresher, Times
from joseal.remote.source import KeySource, check_functions, check_seconds

# An issuer rarely moves its set. After a failure its document is read again at once.
_DISCOVERY_SECONDS: Final = 86_400.0
# Added to the deadline, for callers that wait for another call's fetch.
_GRACE_SECONDS: Final = 1.0
# For how many cooldowns an unknown kid is not searched for again.
_UNKNOWN_COOLDOWNS: Final = 10
_LEAST_COOLDOWN: Final = 1.0


@final
class RemoteKeys(KeySource):
    """The public keys of a partner or of an identity provider, fetched when they are needed.

    There is no background thread: the call that needs keys fetches them, one call at a time, and
    others continue with the current keys. Safe to share between threads; a forked child continues
    independently.

    Args:
        url: the https URL of the JWK Set; or an `OpenIdIssuer`, whose discovery document names it.
        alg: the one algorithm of the keys; or a mapping of `crv` or `kty` to it, such as
            `{"RSA": "RS256", "P-256": "ES256"}`. Keys for any other algorithm are skipped.
        use: "sig" to verify, "enc" to encrypt.
        fresh_seconds: how long a set is used if the answer has no Cache-Control. A max-age counts
            from `cooldown_seconds` up to `most_fresh_seconds`. In the last tenth of the time the
            set is fetched again, while it is still used.
        most_fresh_seconds: the longest such time.
        stale_seconds: how long after that a set is used while no fetch succeeds. It is how long an
            outage of the other side is tolerated, and how long a key that was removed from the set
            stays trusted.
        cooldown_seconds: the shortest time between two fetches, at least a second.
        deadline_seconds: for one request, including name resolution and the whole answer.
        ssl_context: for trust roots other than the system's.
        client_certificate: for a server that asks for one.
        proxy: an HTTP proxy; the environment's is ignored.
        clock: returns seconds that never go back.
        on_fetch: called with a `Fetch` after each one, for metrics. Its exceptions leave the call,
            after the keys have been stored.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `url` is not https; `alg` is for a different use than `use`, or for a shared
            secret; a number is negative, not finite or too small; or `ssl_context` verifies too
            little.
        InvalidKeyError: `alg` is not known.
        RuntimeError: a different package is installed in place of urllib3.

    Example:
        >>> from joseal.remote import RemoteKeys
        >>> bank = RemoteKeys("https://bank.example/jwks.json", alg="RSA-OAEP-256", use="enc")
        >>> bank.health().is_usable
        False

    Source: RFC 7517 section 5, OpenID Connect Core 1.0 section 10.
    """

    __slots__ = ("_url",)

    _url: str

    @hide_locals
    def __init__(
        self,
        url: str | OpenIdIssuer,
        *,
        alg: Algs,
        use: Use,
        fresh_seconds: float = 300.0,
        most_fresh_seconds: float = 3600.0,
        stale_seconds: float = 3600.0,
        cooldown_seconds: float = 30.0,
        deadline_seconds: float = 5.0,
        ssl_context: ssl.SSLContext | None = None,
        client_certificate: ClientCertificate | None = None,
        proxy: Proxy | None = None,
        clock: Clock = time.monotonic,
        on_fetch: Hook | None = None,
    ) -> None:
        if not isinstance(url, OpenIdIssuer):
            check_url("url", url)
        wanted = documents.rules(alg, use, private=False)
        check_functions(clock, on_fetch)
        times = _times(
            fresh_seconds, most_fresh_seconds, stale_seconds, cooldown_seconds, deadline_seconds
        )
        downloads = Downloads(
            deadline_seconds,
            ssl_context=ssl_context,
            client_certificate=client_certificate,
            proxy=proxy,
        )
        load = _Loader(downloads, wanted, url, clock).load
        self._set(
            _refresher=Refresher(load, times, clock, on_fetch),
            _rules=wanted,
            _url=url.issuer if isinstance(url, OpenIdIssuer) else url,
        )

    def __repr__(self) -> str:
        return f"RemoteKeys({self._url!r}, use={self._rules.use!r})"


def _times(
    fresh: float, most_fresh: float, stale: float, cooldown: float, deadline: float
) -> Times:
    """Check the numbers, and derive the others from them.

    Raises:
        TypeError: one is not a number.
        ValueError: one is negative or not finite, or there is no time for a request or between two
            of them.
    """
    check_seconds(
        fresh_seconds=fresh,
        most_fresh_seconds=most_fresh,
        stale_seconds=stale,
        cooldown_seconds=cooldown,
        deadline_seconds=deadline,
    )
    if deadline <= 0:
        raise ValueError("deadline_seconds must be more than nothing")
    if cooldown < _LEAST_COOLDOWN:
        # Without one, every token with a new kid would cause a request to the other side.
        raise ValueError(f"cooldown_seconds must be at least {_LEAST_COOLDOWN}")
    return Times(
        fresh=fresh,
        least_fresh=cooldown,
        most_fresh=max(most_fresh, cooldown),
        stale=stale,
        cooldown=cooldown,
        unknown=_UNKNOWN_COOLDOWNS * cooldown,
        # A discovery document and a set are two requests.
        wait=2 * deadline + _GRACE_SECONDS,
    )


class _Loader:
    """Fetches the set, and before that its address if an issuer names it. One call at a time."""

    def __init__(
        self, downloads: Downloads, wanted: Rules, url: str | OpenIdIssuer, clock: Clock
    ) -> None:
        self._downloads = downloads
        self._rules = wanted
        self._source = url
        self._clock = clock
        self._address: str | None = None
        self._tagged: str | None = None
        self._discovered_at = 0.0

    def load(self, tag: str | bytes | None) -> Found:
        """Fetch the set if its entity tag has changed."""
        address = self._find()
        if isinstance(address, Failure):
            return address
        found = self._fetch(address, tag)
        if isinstance(found, Failure):
            # The set may have moved.
            self._address = None
        return found

    def _find(self) -> str | Failure:
        if isinstance(self._source, str):
            return self._source
        is_old = self._clock() >= self._discovered_at + _DISCOVERY_SECONDS
        if self._address is not None and not is_old:
            return self._address
        found = discover(self._downloads, self._source)
        if isinstance(found, Failure):
            return found
        self._address, self._discovered_at = found.jwks_uri, self._clock()
        return found.jwks_uri

    def _fetch(self, address: str, tag: str | bytes | None) -> Found:
        # An entity tag belongs to its address: a different set may have the same one.
        known = tag if isinstance(tag, str) and address == self._tagged else None
        document = self._downloads.get(address, known)
        if isinstance(document, Failure):
            return document
        if document.raw is None:
            return Unchanged(document.fresh_seconds)
        keys = documents.read(document.raw, self._rules)
        if isinstance(keys, Failure):
            return keys
        self._tagged = address
        return Loaded(keys, document.fresh_seconds, document.tag)
