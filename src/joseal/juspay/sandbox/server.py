"""The web server of the sandbox: Starlette for the routes, uvicorn in a thread for the sockets.

Rules:
- It listens on 127.0.0.1 only, and leaves neither a thread nor a socket behind.
- Bodies are bounded while they are read. No part of a request is logged.
- `ACK` is sent as text: the bare word is not JSON.
"""

import functools
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from joseal.juspay.requests import AttemptPath
from joseal.juspay.sandbox.checks import Checks, NewSheet, Record, Refusal, is_order_id
from joseal.juspay.sandbox.orders import Orders

BODY_BYTES: Final = 64 * 1024  # bytes; an attempt's envelope is about 2 KiB

_HOST: Final = "127.0.0.1"
_POLL_SECONDS: Final = 0.002
# How long an incomplete request may delay the end.
_GRACE_SECONDS: Final = 1
# Longer than the proxy keeps an idle client.
_KEEP_ALIVE_SECONDS: Final = 60

_BY_STATUS: Final = (
    (404, Refusal("E09", "there is no such path")),
    (405, Refusal("E05", "the path does not take this method")),
    (500, Refusal("E06", "the sandbox failed")),
)
_NO_ORDER_ID: Final = Refusal("E05", "the order id is not one")

_Read = TypeVar("_Read")


class Running:
    """A listening server. `start` makes it, `stop` ends it."""

    def __init__(self, server: uvicorn.Server, thread: threading.Thread, port: int) -> None:
        self._server = server
        self._thread = thread
        self.port = port

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://{_HOST}:{self.port}"

    def stop(self) -> None:
        """Respond to pending requests, close all connections, and wait for the thread to end."""
        self._server.should_exit = True
        self._thread.join()


def start(
    checks: Checks,
    orders: Orders,
    received: list[Record],
    *,
    port: int,
    on_the_way: Callable[[bytes], bytes],
) -> Running:
    """Listen, and serve from a separate thread.

    Args:
        checks: the checks of requests.
        orders: carries the calls out.
        received: the list to which every attempt is added.
        port: the port; 0 lets the system choose.
        on_the_way: changes a body before it is checked.

    Raises:
        OSError: the port is taken.
        RuntimeError: the server ended before it began.
    """
    listener = socket.create_server((_HOST, port))
    # asyncio sets it for listeners that it makes; without it each response takes 40 ms longer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        _application(_Api(checks, orders, received, on_the_way)),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="joseal-sandbox")
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(_POLL_SECONDS)
    finally:
        # Also for a Ctrl-C meanwhile: a leftover thread would keep the process alive.
        if not server.started:
            server.should_exit = True
            thread.join()
            listener.close()
    if not server.started:
        raise RuntimeError("the sandbox's server ended before it began")
    return Running(server, thread, listener.getsockname()[1])


class _Api:
    """The endpoints: each one checks a request, carries it out, and responds."""

    def __init__(
        self,
        checks: Checks,
        orders: Orders,
        received: list[Record],
        on_the_way: Callable[[bytes], bytes],
    ) -> None:
        self._checks = checks
        self._orders = orders
        self._received = received
        self._on_the_way = on_the_way

    async def attempt(self, request: Request) -> Response:
        """Check an attempt, record it, carry it out, and respond."""
        order_id = str(request.path_params["order_id"])
        if not is_order_id(order_id):
            return _refuse(_NO_ORDER_ID)
        verdict = await self._read(request, functools.partial(self._checks.read, order_id))
        if isinstance(verdict, Record):
            refusal = self._orders.attempt(order_id, verdict.fulfillment_id or "")
            verdict = verdict if refusal is None else refusal
        if isinstance(verdict, Refusal):
            self._received.append(Record(order_id, verdict.code))
            return _refuse(verdict)
        self._received.append(verdict)
        return PlainTextResponse("ACK")

    async def create(self, request: Request) -> Response:
        """Create an encrypted order."""
        return self._create(await self._read(request, self._checks.read_sealed_order))

    async def create_plain(self, request: Request) -> Response:
        """Create a plain order."""
        return self._create(await self._read(request, self._checks.read_plain_order))

    def _create(self, sheet: NewSheet | Refusal) -> Response:
        return _answer(sheet if isinstance(sheet, Refusal) else self._orders.create(sheet))

    async def status(self, request: Request) -> Response:
        """Return the status of an order."""
        refusal = self._checks.head(_headers(request), has_body=False)
        if refusal is not None:
            return _refuse(refusal)
        order_id = str(request.path_params["order_id"])
        if not is_order_id(order_id):
            return _refuse(_NO_ORDER_ID)
        parts = request.query_params.get("expand", "").split(",")
        return _answer(self._orders.status(order_id, expand="fulfillment" in parts))

    async def cancel(self, request: Request) -> Response:
        """Cancel a payout that was not started."""
        refusal = self._checks.head(_headers(request), has_body=False)
        if refusal is not None:
            return _refuse(refusal)
        return _answer(self._orders.cancel(str(request.path_params["fulfillment_id"])))

    async def _read(
        self, request: Request, read: Callable[[bytes], _Read | Refusal]
    ) -> _Read | Refusal:
        """Check the header, receive the body, and have it decoded."""
        refusal = self._checks.head(_headers(request))
        if refusal is not None:
            return refusal
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES:
                    return Refusal("E05", "the body is too large")
        except ClientDisconnect:
            return Refusal("E05", "the body is not complete")
        return read(self._on_the_way(bytes(body)))


def _application(api: _Api) -> Starlette:
    """Return the ASGI application."""
    attempts = [path.value.format("{order_id}") for path in AttemptPath]
    application = Starlette(
        routes=[
            Route("/payout/merchant/v1/orders", api.create_plain, methods=["POST"]),
            Route("/payout/merchant/v1.1/orders", api.create, methods=["POST"]),
            Route("/payout/merchant/v1/orders/{order_id}", api.status, methods=["GET"]),
            Route(
                "/payout/merchant/v1/fulfillment/{fulfillment_id}/cancel",
                api.cancel,
                methods=["POST"],
            ),
            *(Route(path, api.attempt, methods=["POST"]) for path in attempts),
        ],
        exception_handlers={status: _always(refusal) for status, refusal in _BY_STATUS},
    )
    # A path with an extra slash is a different path, and no redirect is documented.
    application.router.redirect_slashes = False
    return application


def _headers(request: Request) -> dict[str, list[str]]:
    return {name: request.headers.getlist(name) for name in set(request.headers.keys())}


def _answer(answer: dict[str, object] | Refusal) -> Response:
    return _refuse(answer) if isinstance(answer, Refusal) else JSONResponse(answer)


def _refuse(refusal: Refusal) -> Response:
    return JSONResponse(refusal.body(), status_code=refusal.status)


def _always(refusal: Refusal) -> Callable[[Request, Exception], Awaitable[Response]]:
    # If it were not a coroutine, a thread pool would run it, and outlive the server.
    async def handle(request: Request, error: Exception) -> Response:
        del request, error
        return _refuse(refusal)

    return handle
