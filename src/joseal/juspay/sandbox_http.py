"""The web server of the sandbox: Starlette for the routes, uvicorn in a thread for the sockets.

Rules:
- It listens on 127.0.0.1 alone, and leaves neither a thread nor a socket behind.
- Bodies are bounded while they are read. Nothing of a request is logged.
- `ACK` is answered as text: the bare word is no JSON.
"""

import socket
import threading
import time
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from joseal.juspay.api import AttemptPath
from joseal.juspay.sandbox_checks import Checks, Record, Refusal, is_order_id

BODY_BYTES: Final = 64 * 1024  # bytes; an attempt's envelope is about 2 KiB

_HOST: Final = "127.0.0.1"
_POLL_SECONDS: Final = 0.002
# How long a request that is not whole may hold up the end.
_GRACE_SECONDS: Final = 1

_BY_STATUS: Final = (
    (404, Refusal("E09", "there is no such path")),
    (405, Refusal("E05", "the path does not take this method")),
    (500, Refusal("E06", "the sandbox failed")),
)


class Running:
    """A server that is listening. Made by `start`, ended by `stop`."""

    def __init__(self, server: uvicorn.Server, thread: threading.Thread, port: int) -> None:
        self._server = server
        self._thread = thread
        self.port = port

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://{_HOST}:{self.port}"

    def stop(self) -> None:
        """Answer what is under way, close all connections, and wait for the thread's end."""
        self._server.should_exit = True
        self._thread.join()


def start(
    checks: Checks, received: list[Record], *, port: int, on_the_way: Callable[[bytes], bytes]
) -> Running:
    """Listen, and serve from a thread of its own.

    Args:
        checks: who may send what.
        received: every attempt is added to it.
        port: 0 lets the system choose.
        on_the_way: what becomes of a body before it is checked.

    Raises:
        OSError: the port is taken.
        RuntimeError: the server ended before it began.
    """
    listener = socket.create_server((_HOST, port))
    config = uvicorn.Config(
        _application(_Attempts(checks, received, on_the_way)),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="joseal-sandbox")
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(_POLL_SECONDS)
    finally:
        # Also for a Ctrl-C meanwhile: a thread that is left alone would keep the process alive.
        if not server.started:
            server.should_exit = True
            thread.join()
            listener.close()
    if not server.started:
        raise RuntimeError("the sandbox's server ended before it began")
    return Running(server, thread, listener.getsockname()[1])


class _Attempts:
    """The endpoint of both published paths."""

    def __init__(
        self, checks: Checks, received: list[Record], on_the_way: Callable[[bytes], bytes]
    ) -> None:
        self._checks = checks
        self._received = received
        self._on_the_way = on_the_way

    async def answer(self, request: Request) -> Response:
        """Judge an attempt, note it, and answer."""
        order_id = str(request.path_params["order_id"])
        if not is_order_id(order_id):
            return _refuse(Refusal("E05", "the order id is not one"))
        verdict = await self._judge(order_id, request)
        if isinstance(verdict, Refusal):
            self._received.append(Record(order_id, verdict.code))
            return _refuse(verdict)
        self._received.append(verdict)
        return PlainTextResponse("ACK")

    async def _judge(self, order_id: str, request: Request) -> Record | Refusal:
        names = set(request.headers.keys())
        refusal = self._checks.head({name: request.headers.getlist(name) for name in names})
        if refusal is not None:
            return refusal
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES:
                    return Refusal("E05", "the body is too large")
        except ClientDisconnect:
            return Refusal("E05", "the body is not whole")
        return self._checks.read(order_id, self._on_the_way(bytes(body)))


def _application(attempts: _Attempts) -> Starlette:
    """Return the ASGI application."""
    paths = [path.value.format("{order_id}") for path in AttemptPath]
    application = Starlette(
        routes=[Route(path, attempts.answer, methods=["POST"]) for path in paths],
        exception_handlers={status: _always(refusal) for status, refusal in _BY_STATUS},
    )
    # A path with a slash too many is another path, and a redirect is no documented answer.
    application.router.redirect_slashes = False
    return application


def _refuse(refusal: Refusal) -> Response:
    return JSONResponse(refusal.body(), status_code=refusal.status)


def _always(refusal: Refusal) -> Callable[[Request, Exception], Response]:
    def handle(request: Request, error: Exception) -> Response:
        del request, error
        return _refuse(refusal)

    return handle
