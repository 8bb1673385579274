"""ASGI middleware: `Exchange` around an application such as Starlette's or FastAPI's.

The work on a body is done in a thread, so that neither RSA nor a key on a device blocks the event
loop.

Source: the ASGI specification 3.0, "HTTP & WebSocket ASGI Message Format" 2.5.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, MutableMapping
from typing import Final, TypeAlias, TypeGuard

from joseal._core.secrecy import Opaque, hide_locals, hide_locals_async
from joseal.web.exchange import (
    REPLACED,
    TOO_LARGE,
    BodyFate,
    Exchange,
    Refusal,
    check_middleware,
    fate_of_body,
    left_out,
)

Scope: TypeAlias = MutableMapping[str, object]
Message: TypeAlias = MutableMapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

# If an application sends a file by its path or descriptor, there is nothing to encrypt.
_SHORTCUTS: Final = frozenset(
    {"http.response.pathsend", "http.response.zerocopysend", "http.response.trailers"}
)
_OK: Final = 200


class AsgiMiddleware(Opaque):
    """Decrypts each request before the application gets it, and encrypts each answer.

    The application gets the plaintext as the body, and a `NestedToken` in `scope["joseal.token"]`:
    its headers and, if the profile signs, the signer. Answers are held until they are complete.
    WebSockets are refused, because no profile covers them.

    Args:
        app: the application.
        exchange: the profile with the server's keys.
        applies: decides by the scope whether a request belongs to the API; others, such as health
            checks, pass unchanged. None means that all of them do.
        content_type: the type of the plaintext that the application gets, and of encrypted answers.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `content_type` can't go into a header.

    Example:
        >>> from joseal import Key, profiles
        >>> from joseal.web import AsgiMiddleware, Exchange
        >>> async def app(scope, receive, send): ...
        >>> server = Key.generate("RSA-OAEP-256", kid="mle-key")
        >>> served = AsgiMiddleware(app, Exchange(profiles.VISA_MLE, server))
    """

    __slots__ = ("_app", "_applies", "_content_type", "_exchange")

    _app: Application
    _exchange: Exchange
    _applies: Callable[[Scope], bool] | None
    _content_type: bytes

    @hide_locals
    def __init__(
        self,
        app: Application,
        exchange: Exchange,
        *,
        applies: Callable[[Scope], bool] | None = None,
        content_type: str = "application/json",
    ) -> None:
        check_middleware(app, exchange, applies, content_type)
        self._set(
            _app=app,
            _exchange=exchange,
            _applies=applies,
            _content_type=content_type.encode("latin-1"),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server.

        Raises:
            RuntimeError: the application sends a file in a way that the server did not offer.
        """
        # Not wrapped itself: a server calls it without arguments to see whether it is a factory,
        # and would take a wrapper for one, which raises no TypeError before it is awaited.
        await self._connect(scope, receive, send)

    @hide_locals_async
    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not self._is_of_the_api(scope):
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._serve(scope, receive, send)

    def _is_of_the_api(self, scope: Scope) -> bool:
        return self._applies is None or self._applies(scope)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = str(scope["method"])
        body = await _read(receive, self._exchange.most_bytes)
        if body is None:
            return
        if isinstance(body, Refusal):
            await _refuse(send, body)
            return
        token = await asyncio.to_thread(self._exchange.request, method, body)
        if isinstance(token, Refusal):
            await _refuse(send, token)
            return
        inner = {**scope, "joseal.token": token}
        if self._exchange.encrypts(_OK):
            inner["extensions"] = _without_shortcuts(scope.get("extensions"))
        names = left_out(self._exchange, method, decrypted=token is not None)
        headers = _without(scope["headers"], names)
        about = [] if token is None else _about(self._content_type, token.payload)
        inner["headers"] = [*headers, *about]
        once = _Once(b"" if token is None else token.payload, receive)
        answer = _Answer(self._exchange, self._content_type, method, send)
        await self._app(inner, once.receive, answer.send)

    def __repr__(self) -> str:
        return f"AsgiMiddleware({self._exchange!r})"


class _Once(Opaque):
    """Gives the application the plaintext as one message, then the server's messages."""

    __slots__ = ("_messages", "_receive")

    _messages: list[Message]
    _receive: Receive

    def __init__(self, payload: bytes, receive: Receive) -> None:
        message: Message = {"type": "http.request", "body": payload, "more_body": False}
        self._set(_messages=[message], _receive=receive)

    async def receive(self) -> Message:
        return self._messages.pop() if self._messages else await self._receive()

    def __repr__(self) -> str:
        return "<a decrypted request>"


class _Answer(Opaque):
    """One answer of the application, held until it is complete if it has to be encrypted."""

    __slots__ = ("_content_type", "_exchange", "_method", "_pieces", "_send", "_start")

    _exchange: Exchange
    _content_type: bytes
    _method: str
    _send: Send
    _start: dict[str, object]
    _pieces: list[bytes]

    def __init__(self, exchange: Exchange, content_type: bytes, method: str, send: Send) -> None:
        self._set(_exchange=exchange, _content_type=content_type, _method=method, _send=send)
        self._set(_start={}, _pieces=[])

    @hide_locals_async
    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start.update(message)
        fate = self._fate()
        if fate == "plain":
            await self._send(message)
        elif message["type"] in _SHORTCUTS:
            raise RuntimeError("the application sends a file past what encrypts the answer")
        elif fate == "none":
            await self._send(_bodiless(message))
        elif message["type"] == "http.response.body":
            piece = message.get("body", b"")
            self._pieces.append(piece if isinstance(piece, bytes) else b"")
            if not message.get("more_body", False):
                await self._finish()

    def _fate(self) -> BodyFate:
        if not self._start:
            return "plain"
        return fate_of_body(self._exchange, self._method, self._start.get("status"))

    async def _finish(self) -> None:
        body = await asyncio.to_thread(self._exchange.answer, b"".join(self._pieces))
        self._pieces.clear()
        if isinstance(body, Refusal):
            await _refuse(self._send, body)
            return
        headers = _without(self._start.get("headers", []), REPLACED)
        headers += _about(self._content_type, body)
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def __repr__(self) -> str:
        return "<an answer to be encrypted>"


async def _read(receive: Receive, most_bytes: int) -> bytes | Refusal | None:
    """Return the whole body; a refusal if it is too large; None if the client has gone."""
    # In one buffer: a client may send a byte at a time, or none, and an object for each costs far
    # more.
    body = bytearray()
    while True:
        message = await receive()
        piece = message.get("body", b"")
        if message["type"] != "http.request" or not isinstance(piece, bytes):
            return None
        if len(body) + len(piece) > most_bytes:
            return TOO_LARGE
        body += piece
        if not message.get("more_body", False):
            return bytes(body)


def _bodiless(message: Message) -> Message:
    """Return a part of an answer that has no body, without what it says about one."""
    # Not every server drops a body that an application sends anyway.
    kept = {name: part for name, part in message.items() if name != "body"}
    if "headers" in kept:
        kept["headers"] = _without(kept["headers"], REPLACED)
    return kept


def _without(headers: object, names: Collection[str]) -> list[tuple[bytes, bytes]]:
    """Return the header fields that don't have one of these names."""
    pairs = headers if _is_fields(headers) else ()
    return [(name, value) for name, value in pairs if name.lower().decode("latin-1") not in names]


def _about(content_type: bytes, body: bytes) -> list[tuple[bytes, bytes]]:
    """Return the header fields about a body."""
    return [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]


def _without_shortcuts(extensions: object) -> dict[object, object]:
    """Return the server's extensions without those that let a body bypass the middleware."""
    found: dict[object, object] = dict(extensions) if _is_mapping(extensions) else {}
    return {name: value for name, value in found.items() if name not in _SHORTCUTS}


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_fields(headers: object) -> TypeGuard[Iterable[tuple[bytes, bytes]]]:
    # As in the specification; a server or an application that breaks it fails below.
    return isinstance(headers, Iterable)


async def _refuse(send: Send, refusal: Refusal) -> None:
    headers = _about(b"application/json", refusal.body)
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.body})
