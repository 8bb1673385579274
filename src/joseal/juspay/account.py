"""A merchant's account: the address for its calls, and their headers.

Rules:
- Every value for a header or a URL is checked here, so that no text can end a line or a path.
- The API key is sent in one header, and only over TLS or to this machine.

Source: the integration pages of the payouts API, RFC 7617 section 2.
"""

import base64
import ipaddress
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, TypeAlias

from joseal._http.hosts import is_host
from joseal.juspay.models.base import Checked
from joseal.juspay.models.checks import LABEL, Label, text

SANDBOX: Final = "https://sandbox.juspay.in"
PRODUCTION: Final = "https://api.juspay.in"
BRAZIL_SANDBOX: Final = "https://sandbox.juspay.io"
BRAZIL_PRODUCTION: Final = "https://api.juspay.io"
HDFC_SANDBOX: Final = "https://smartgatewayuat.hdfcbank.com"
HDFC_PRODUCTION: Final = "https://smartgateway.hdfcbank.com"

_URL: Final = re.compile(
    r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?"
)
_BaseUrl: TypeAlias = Annotated[
    str, text(_URL.pattern, "a scheme, a host and perhaps a port, without a path")
]
_ApiKey: TypeAlias = Annotated[str, text("[!-9;-~]+", "printable ASCII without blanks and colons")]
_LAST_PORT: Final = 65535


class Account(Checked, frozen=True, kw_only=True):
    """A merchant's account: the address for its calls, and the data that they carry.

    Attributes:
        merchant_id: sent as `x-merchantid`.
        api_key: the user name of Basic auth; the password is empty.
        kid: the label of the API's key, for envelopes; None if nothing is encrypted.
        sid: the label of the merchant's own public key, for envelopes.
        routing_id: sent as `x-routing-id` unless a call names a different one. It has to be the
            same for all calls about one customer.
        base_url: scheme, host and port: one of the presets, such as `SANDBOX` or `PRODUCTION`, or
            any other, because hosts move. Plain http is for loopback hosts only.

    Raises:
        TypeError: a member is not a string.
        ValueError: a member can't be sent: not printable ASCII, blanks around it, a colon in the
            API key, or a base URL that is not as above. The message names the member, not its
            value.

    Example:
        >>> from joseal.juspay import SANDBOX, Account
        >>> account = Account(merchant_id="merchant", api_key="an-api-key", base_url=SANDBOX)
        >>> "an-api-key" in repr(account)
        False
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset({"merchant_id", "kid", "sid", "base_url"})

    merchant_id: Label
    api_key: _ApiKey
    kid: Label | None = None
    sid: Label | None = None
    routing_id: Label | None = None
    base_url: _BaseUrl = SANDBOX

    def _check_together(self, given: Collection[str]) -> None:
        del given
        scheme, host, port = _parts(self.base_url)
        if port is not None and not 0 < int(port) <= _LAST_PORT:
            raise ValueError("base_url has a port that can't be")
        if not is_host(host):
            raise ValueError(
                "base_url must be a scheme, a host and perhaps a port, and its host can't be one"
            )
        if scheme == "http" and not _is_loopback(host):
            raise ValueError("base_url must be https:// unless its host is a loopback one")


def headers(account: Account, routing_id: str | None) -> Mapping[str, str]:
    """Return the headers of one call.

    Raises:
        TypeError: `routing_id` is not a string.
        ValueError: `routing_id` is not printable ASCII.
    """
    if routing_id is not None:
        LABEL.apply("routing_id", routing_id)
    routed = account.routing_id if routing_id is None else routing_id
    credentials = base64.b64encode(f"{account.api_key}:".encode("ascii")).decode("ascii")
    lines = {
        "Authorization": f"Basic {credentials}",
        "Content-Type": "application/json",
        "x-merchantid": account.merchant_id,
    }
    if routed is not None:
        lines["x-routing-id"] = routed
    return MappingProxyType(lines)


def _parts(base_url: str) -> tuple[str, str, str | None]:
    """Return scheme, host and port of a base URL that has passed its rule."""
    found = _URL.fullmatch(base_url)
    return ("", "", None) if found is None else (found[1], found[2], found[3])


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
