"""WSGI middleware: `Exchange` around an application such as Flask's or Django's.

Source: PEP 3333.
"""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Final, Protocol, TypeAlias, runtime_checkable

from joseal._core.secrecy import Opaque, hide_locals
from joseal.web.exchange import (
    BAD_REQUEST,
    REPLACED,
    TOO_LARGE,
    Exchange,
    Refusal,
    check_middleware,
    fate_of_body,
    left_out,
)

Environ: TypeAlias = dict[str, object]
Headers: TypeAlias = list[tuple[str, str]]

_REASONS: Final = {400: "Bad Request", 413: "Content Too Large", 503: "Service Unavailable"}
# A larger number is more bytes than there are.
_MOST_LENGTH_DIGITS: Final = 19


class StartResponse(Protocol):
    """The server's function that an application calls with a status and header fields."""

    def __call__(
        self, status: str, headers: Headers, /, *more: object
    ) -> Callable[[bytes], object]:
        """Begin the answer, and return a function for further parts of it."""
        ...


Application: TypeAlias = Callable[[Environ, StartResponse], Iterable[bytes]]


@runtime_checkable
class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


@runtime_checkable
class _Closable(Protocol):
    def close(self) -> object: ...


class WsgiMiddleware(Opaque):
    """Decrypts each request before the application gets it, and encrypts each answer.

    The application gets the plaintext as the body, and a `NestedToken` in
    `environ["joseal.token"]`. Answers are held until they are complete.

    Args:
        app: the application, such as `flask_app.wsgi_app`.
        exchange: the profile with the server's keys.
        applies: decides by the environ whether a request belongs to the API; others, such as health
            checks, pass unchanged. None means that all of them do.
        content_type: the type of the plaintext that the application gets, and of encrypted answers.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `content_type` can't go into a header.

    Example:
        >>> from joseal import Key, profiles
        >>> from joseal.web import Exchange, WsgiMiddleware
        >>> def app(environ, start_response): ...
        >>> server = Key.generate("RSA-OAEP-256", kid="mle-key")
        >>> served = WsgiMiddleware(app, Exchange(profiles.VISA_MLE, server))
    """

    __slots__ = ("_app", "_applies", "_content_type", "_exchange")

    _app: Application
    _exchange: Exchange
    _applies: Callable[[Environ], bool] | None
    _content_type: str

    @hide_locals
    def __init__(
        self,
        app: Application,
        exchange: Exchange,
        *,
        applies: Callable[[Environ], bool] | None = None,
        content_type: str = "application/json",
    ) -> None:
        check_middleware(app, exchange, applies, content_type)
        self._set(_app=app, _exchange=exchange, _applies=applies, _content_type=content_type)

    @hide_locals
    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request of the server.

        Raises:
            RuntimeError: the application did not call `start_response`.
        """
        if self._applies is not None and not self._applies(environ):
            return self._app(environ, start_response)
        method = str(environ["REQUEST_METHOD"])
        body = _read(environ, self._exchange.most_bytes)
        token = body if isinstance(body, Refusal) else self._exchange.request(method, body)
        if isinstance(token, Refusal):
            return _refuse(start_response, token)
        # Even without a token: a body that was not decrypted must not be readable.
        payload = b"" if token is None else token.payload
        inner = {
            **environ,
            "joseal.token": token,
            "wsgi.input": BytesIO(payload),
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": str(len(payload)),
        }
        if token is not None:
            inner["CONTENT_TYPE"] = self._content_type
        # Even without a token, the body is a different one.
        for name in left_out(self._exchange, method, decrypted=True):
            inner.pop(f"HTTP_{name.upper().replace('-', '_')}", None)
        return self._answered(method, inner, start_response)

    def _answered(
        self, method: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        started: list[tuple[str, Headers, tuple[object, ...]]] = []
        pieces: list[bytes] = []

        def start(status: str, headers: Headers, *more: object) -> Callable[[bytes], object]:
            started[:] = [(status, headers, more)]
            return pieces.append

        found = self._app(environ, start)
        try:
            pieces.extend(found)
        finally:
            if isinstance(found, _Closable):
                found.close()
        if not started:
            raise RuntimeError("the application did not call start_response")
        status, headers, more = started[0]
        body = b"".join(pieces)
        fate = fate_of_body(self._exchange, method, int(status[:3]))
        if fate == "none":
            # Not every server drops a body that an application sends anyway.
            body = b""
            headers = _without(headers)
        elif fate == "encrypted":
            encrypted = self._exchange.answer(body)
            if isinstance(encrypted, Refusal):
                return _refuse(start_response, encrypted)
            body = encrypted
            headers = [*_without(headers), *_about(self._content_type, body)]
        start_response(status, headers, *more)
        return [body]

    def __repr__(self) -> str:
        return f"WsgiMiddleware({self._exchange!r})"


def _read(environ: Environ, most_bytes: int) -> bytes | Refusal:
    """Return the whole body, or why it is not read."""
    stream, length = environ["wsgi.input"], str(environ.get("CONTENT_LENGTH") or "")
    if not isinstance(stream, _Readable):
        return BAD_REQUEST
    if length:
        if not (length.isascii() and length.isdigit()):
            return BAD_REQUEST
        digits = length.lstrip("0") or "0"
        if len(digits) > _MOST_LENGTH_DIGITS or int(digits) > most_bytes:
            return TOO_LARGE
        body = stream.read(int(digits))
        return body if len(body) == int(digits) else BAD_REQUEST
    if not environ.get("wsgi.input_terminated"):
        # Without a length there is no body, unless the server ends the stream itself.
        return b""
    body = stream.read(most_bytes + 1)
    return TOO_LARGE if len(body) > most_bytes else body


def _without(headers: Headers) -> Headers:
    """Return the header fields of an answer that don't say anything about its plain body."""
    return [(name, value) for name, value in headers if name.lower() not in REPLACED]


def _about(content_type: str, body: bytes) -> Headers:
    """Return the header fields about a body."""
    return [("Content-Type", content_type), ("Content-Length", str(len(body)))]


def _refuse(start_response: StartResponse, refusal: Refusal) -> list[bytes]:
    status = f"{refusal.status} {_REASONS[refusal.status]}"
    start_response(status, _about("application/json", refusal.body))
    return [refusal.body]
