"""Where the sandbox posts webhooks, and the results.

Rules:
- Webhooks go only to loopback hosts, whatever URL is given: nothing here leaves the machine.

Source: the webhook pages of the payouts API; RFC 7617 section 2.
"""

import base64
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from joseal._core import checks
from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json

_URL: Final = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?(?:/[!-~]*)?"
)
_MOST_PORT: Final = 65535
# RFC 9110 sections 5.1 and 5.5, without the characters beyond ASCII.
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[!-~](?:[ \t!-~]*[!-~])?")
# RFC 7617 section 2: no control characters, and no colon in the user name.
_USERNAME: Final = re.compile("[^\0-\x1f\x7f:\ud800-\udfff]*")
_PASSWORD: Final = re.compile("[^\0-\x1f\x7f\ud800-\udfff]*")


class WebhookTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where webhooks are posted, and with which credentials.

    Attributes:
        url: an http:// or https:// URL of a loopback host.
        username: the user name for Basic auth; None for no Basic auth.
        password: the password for Basic auth.
        custom_header: the name and the value of one more header.
        copies: how often each webhook is posted, because real ones can arrive more than once.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: webhooks are not sent to this URL; the user name, the password or the custom
            header can't be sent; or `copies` is less than 1.

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

    @hide_locals
    def __post_init__(self) -> None:
        for name, text in (("url", self.url), ("password", self.password)):
            if not isinstance(text, str):
                raise checks.wrong_type(name, "str", text)
        checks.check_texts(username=self.username)
        checks.check_ints(copies=self.copies)
        self._check_header()
        url = _URL.fullmatch(self.url)
        if url is None or int(url[1] or 1) not in range(1, _MOST_PORT + 1):
            raise ValueError("webhooks are posted to http:// and https:// URLs of loopback hosts")
        if _USERNAME.fullmatch(self.username or "") is None:
            raise ValueError(
                "the webhook's user name has a colon, a control character or a lone surrogate"
            )
        if _PASSWORD.fullmatch(self.password) is None:
            raise ValueError("the webhook's password has a control character or a lone surrogate")
        if self.copies < 1:
            raise ValueError("copies must be at least 1")

    def _check_header(self) -> None:
        """Refuse a custom header that would fail only when it is sent.

        Raises:
            TypeError: the custom header is not a pair of texts.
            ValueError: it can't be sent.
        """
        if self.custom_header is None:
            return
        try:
            name, value = strict_json.convert(self.custom_header, tuple[str, str])
        except strict_json.ShapeError:
            raise checks.wrong_type(
                "custom_header", "a tuple of two str", self.custom_header
            ) from None
        if _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
            raise ValueError("custom_header must be a field name and a value of printable ASCII")

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

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("url", self.url), ("copies", self.copies)]

    def __repr__(self) -> str:
        return f"WebhookTarget(url={self.url!r}, copies={self.copies!r})"


class Posted(NamedTuple):
    """The result of one webhook.

    Attributes:
        id: its id.
        label: the label of the event.
        value: the state that it reports.
        status: the last HTTP status; None if there was no response at all.
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
