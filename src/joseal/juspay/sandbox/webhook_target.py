"""Where the sandbox posts webhooks, and what became of them.

Rules:
- Webhooks go to loopback hosts only, whatever URL is named: nothing here leaves the machine.

Source: the webhook pages of the payouts API; RFC 7617 section 2.
"""

import base64
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

_URL: Final = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?(?:/[!-~]*)?")


class WebhookTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where webhooks are posted, and with which credentials.

    Attributes:
        url: an http:// or https:// URL of a loopback host.
        username: for Basic auth; None for none.
        password: for Basic auth.
        custom_header: the name and the value of one more header.
        copies: how often each webhook is posted, for one can arrive more than once.

    Raises:
        ValueError: the URL is not one that webhooks are sent to.

    Example:
        >>> from joseal.juspay.sandbox import Sandbox, WebhookTarget
        >>> target = WebhookTarget(url="http://127.0.0.1:8080/payouts", copies=2)
        >>> sandbox = Sandbox(webhook=target)

    Source: the webhook pages of the payouts API, RFC 7617 section 2.
    """

    url: str
    username: str | None = None
    password: str = ""
    custom_header: tuple[str, str] | None = None
    copies: int = 1

    def __post_init__(self) -> None:
        if _URL.fullmatch(self.url) is None:
            raise ValueError("webhooks are posted to http:// and https:// URLs of loopback hosts")

    def headers(self) -> Mapping[str, str]:
        """Return the headers of every webhook.

        Returns:
            The headers by their names.

        Raises:
            Nothing.

        Example:
            >>> from joseal.juspay.sandbox import WebhookTarget
            >>> target = WebhookTarget(url="http://127.0.0.1:8080/payouts", username="merchant")
            >>> sorted(target.headers())
            ['Authorization', 'Content-Type']

        Source: RFC 7617 section 2.
        """
        headers = {"Content-Type": "application/json"}
        if self.username is not None:
            pair = f"{self.username}:{self.password}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
        if self.custom_header is not None:
            headers[self.custom_header[0]] = self.custom_header[1]
        return MappingProxyType(headers)

    def __repr__(self) -> str:
        return f"WebhookTarget(url={self.url!r}, copies={self.copies!r})"


class Posted(NamedTuple):
    """The result of one webhook.

    Attributes:
        id: its id.
        label: what it tells of.
        value: the state that it tells.
        status: the last HTTP status; None if there was no answer at all.
        posts: how often it was posted.

    Example:
        >>> from joseal.juspay.sandbox import Posted
        >>> Posted(id="w-1", label="ORDER", value="FULFILLED", status=None, posts=3).posts
        3
    """

    id: str
    label: str
    value: str
    status: int | None
    posts: int
