"""The other side of an API, in front of real frameworks: what they see, and what leaves them."""

import asyncio
import io
import itertools
import json
import traceback
import tracemalloc

import httpx
import pytest
from tests.helpers import forge

from joseal import Key, KeyUnavailableError, profiles
from joseal.web import AsgiMiddleware, Exchange, Refusal, WsgiMiddleware, asgi

NUMBER = "5513651111111111"
CARD = {"cardNumber": NUMBER}
JSON = json.dumps(CARD).encode()


def pair(alg, name, kid=None):
    return Key.from_pem(forge.pem_of(forge.rsa_private(name)), alg=alg, kid=kid)


class Vault:
    """Both sides of a profile that signs and encrypts in both directions, errors too."""

    profile = profiles.HYPERSWITCH_VAULT

    def __init__(self):
        self.server = pair("RSA-OAEP-256", "mine")
        self.server_signs = pair("RS256", "mine")
        self.client = pair("RSA-OAEP", "theirs")
        self.client_signs = pair("RS256", "theirs")
        self.exchange = Exchange(
            self.profile,
            self.server,
            verifying_keys=self.client_signs.public(),
            reply_key=self.client.public(),
            signing_key=self.server_signs,
        )

    def body(self, plaintext=JSON):
        encrypter = self.profile.encrypter(self.server.public(), signing_key=self.client_signs)
        return encrypter.encrypt(plaintext).encode()

    def read(self, body):
        decrypter = self.profile.decrypter(self.client, verifying_keys=self.server_signs.public())
        return decrypter.decrypt(body)


class Visa:
    """A profile whose answers are encrypted and not signed."""

    profile = profiles.VISA_MLE

    def __init__(self):
        self.server = pair("RSA-OAEP-256", "mine", "mle-key")
        self.client = pair("RSA-OAEP-256", "theirs", "reply")
        self.exchange = Exchange(self.profile, self.server, reply_key=self.client.public())

    def body(self, plaintext=JSON):
        return self.profile.encrypter(self.server.public()).encrypt(plaintext).encode()

    def read(self, body):
        return self.profile.decrypter(self.client).decrypt(body)


def starlette_app(seen):
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, Response, StreamingResponse
    from starlette.routing import Route

    async def echo(request):
        seen.append((await request.json(), request.scope["joseal.token"]))
        return JSONResponse({"got": seen[-1][0]})

    async def fail(request):
        await request.body()
        return JSONResponse({"error": "no such card"}, status_code=400)

    async def crash(request):
        await request.body()
        raise LookupError("of the application")

    async def empty(_request):
        return Response(status_code=204)

    async def pieces(request):
        await request.body()
        return StreamingResponse(iter([b"a" * 70_000, b"b" * 70_000]))

    return Starlette(
        routes=[
            Route("/echo", echo, methods=["POST"]),
            Route("/fail", fail, methods=["POST"]),
            Route("/crash", crash, methods=["POST"]),
            Route("/empty", empty, methods=["GET", "DELETE"]),
            Route("/pieces", pieces, methods=["POST"]),
        ]
    )


def fastapi_app(seen):
    from fastapi import FastAPI, Request, Response
    from fastapi.responses import JSONResponse, StreamingResponse
    from pydantic import BaseModel

    app = FastAPI()

    class Card(BaseModel):
        cardNumber: str  # noqa: N815 - as the API spells it

    @app.post("/echo")
    async def echo(card: Card, request: Request):
        seen.append((card.model_dump(), request.scope["joseal.token"]))
        return {"got": seen[-1][0]}

    @app.post("/fail")
    async def fail(card: Card):
        return JSONResponse({"error": "no such card"}, status_code=400)

    @app.post("/crash")
    async def crash(card: Card):
        raise LookupError("of the application")

    @app.api_route("/empty", methods=["GET", "DELETE"])
    async def empty():
        return Response(status_code=204)

    @app.post("/pieces")
    async def pieces(card: Card):
        return StreamingResponse(iter([b"a" * 70_000, b"b" * 70_000]))

    return app


def flask_app(seen):
    import flask

    app = flask.Flask("a test")
    app.config["PROPAGATE_EXCEPTIONS"] = True

    @app.post("/echo")
    def echo():
        seen.append((flask.request.get_json(), flask.request.environ["joseal.token"]))
        return {"got": seen[-1][0]}

    @app.post("/fail")
    def fail():
        return {"error": "no such card"}, 400

    @app.post("/crash")
    def crash():
        raise LookupError("of the application")

    @app.route("/empty", methods=["GET", "DELETE"])
    def empty():
        return "", 204

    @app.post("/pieces")
    def pieces():
        return flask.Response(iter([b"a" * 70_000, b"b" * 70_000]))

    return app.wsgi_app


def django_app(seen):
    import django
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
    from django.urls import path

    def echo(request):
        seen.append((json.loads(request.body), request.environ["joseal.token"]))
        return JsonResponse({"got": seen[-1][0]})

    def fail(_request):
        return JsonResponse({"error": "no such card"}, status=400)

    def crash(_request):
        raise LookupError("of the application")

    def empty(_request):
        return HttpResponse(status=204)

    def pieces(_request):
        return StreamingHttpResponse(iter([b"a" * 70_000, b"b" * 70_000]))

    views = {"echo": echo, "fail": fail, "crash": crash, "empty": empty, "pieces": pieces}
    routes = type("Routes", (), {"urlpatterns": [path(name, view) for name, view in views.items()]})
    if not settings.configured:
        settings.configure(SECRET_KEY="of no use")
        django.setup()
    # A process has one Django, which an example of the pages may have configured before.
    settings.ALLOWED_HOSTS = ["*"]
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True
    settings.ROOT_URLCONF = routes
    django.urls.clear_url_caches()
    return WSGIHandler()


FRAMEWORKS = {
    "starlette": (starlette_app, AsgiMiddleware),
    "fastapi": (fastapi_app, AsgiMiddleware),
    "flask": (flask_app, WsgiMiddleware),
    "django": (django_app, WsgiMiddleware),
}


def ask(app, method, path, body=b"", headers=None):
    """Send one request to an application, and return the response."""
    url = f"http://server{path}"
    headers = {"content-type": "application/jose", **(headers or {})}
    if isinstance(app, WsgiMiddleware):
        with httpx.Client(transport=httpx.WSGITransport(app)) as client:
            return client.request(method, url, content=body, headers=headers)

    async def send():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.request(method, url, content=body, headers=headers)

    return asyncio.run(send())


@pytest.fixture(scope="module", params=[Vault, Visa], ids=["signed", "not signed"])
def sides(request):
    return request.param()


@pytest.fixture(params=FRAMEWORKS)
def served(request, sides):
    make, middleware = FRAMEWORKS[request.param]
    seen = []
    return middleware(make(seen), sides.exchange), seen


def test_application_sees_the_plaintext_and_its_answer_leaves_encrypted(served, sides):
    app, seen = served
    answer = ask(app, "POST", "/echo", sides.body())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert NUMBER.encode() not in answer.content
    assert json.loads(sides.read(answer.content)) == {"got": CARD}
    ((card, token),) = seen
    assert (card, token.payload) == (CARD, JSON)
    assert (token.signed_by is not None) == isinstance(sides, Vault)


def test_plain_and_hostile_bodies_are_one_answer_and_never_reach_the_application(served, sides):
    app, seen = served
    good = sides.body()
    flipped = good[:-20] + bytes([good[-20] ^ 1]) + good[-19:]
    bodies = [JSON, b"", b"{}", b"[]", b"\xff", flipped, good[:-2], good + b"x", b"e30.e30.e30"]
    answers = {
        (answer.status_code, answer.content, answer.headers["content-type"])
        for answer in (ask(app, "POST", "/echo", body) for body in bodies)
    }
    assert answers == {(400, b'{"error":"bad_request"}', "application/json")}
    assert seen == []


def test_error_of_the_application_is_encrypted_as_the_profile_says(served, sides):
    answer = ask(served[0], "POST", "/fail", sides.body())
    assert answer.status_code == 400
    assert json.loads(sides.read(answer.content)) == {"error": "no such card"}


def test_answer_without_a_body_and_request_without_one_pass(served):
    for method in ("GET", "DELETE"):
        answer = ask(served[0], method, "/empty")
        assert (answer.status_code, answer.content) == (204, b"")


def test_answer_in_pieces_is_encrypted_as_a_whole(served, sides):
    answer = ask(served[0], "POST", "/pieces", sides.body())
    assert sides.read(answer.content) == b"a" * 70_000 + b"b" * 70_000


def test_what_the_application_raises_leaves_without_our_locals(served, sides):
    with pytest.raises(LookupError, match="of the application") as caught:
        ask(served[0], "POST", "/crash", sides.body())
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [frame for frame in frames if frame.f_globals["__name__"].startswith("joseal.")]
    assert ours
    assert not any(NUMBER in repr(frame.f_locals) for frame in ours)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_body_over_the_bound_is_not_read_to_its_end(name):
    from joseal import Limits

    make, middleware = FRAMEWORKS[name]
    limits = Limits(token_bytes=2_000, plaintext_bytes=1_000)
    visa, seen = Visa(), []
    exchange = Exchange(visa.profile, visa.server, limits=limits)
    app = middleware(make(seen), exchange)
    answer = ask(app, "POST", "/echo", b"x" * 2_001)
    assert (answer.status_code, answer.content) == (413, b'{"error":"too_large"}')
    assert seen == []
    # Without a reply key the answer stays plain.
    assert ask(app, "POST", "/echo", visa.body()).json() == {"got": CARD}


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_other_paths_pass_untouched(name, sides):
    make, middleware = FRAMEWORKS[name]

    def applies(where):
        return (where.get("path") or where.get("PATH_INFO")) != "/fail"

    app = middleware(make([]), sides.exchange, applies=applies)
    plain = ask(app, "POST", "/fail", JSON, {"content-type": "application/json"})
    assert (plain.status_code, plain.json()) == (400, {"error": "no such card"})
    assert ask(app, "POST", "/echo", JSON).status_code == 400


class Gone:
    """A device that can't be asked."""

    def unwrap(self, alg, encrypted_key):
        raise KeyUnavailableError("the session is gone")

    def sign(self, alg, data):
        raise KeyUnavailableError("the session is gone")


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_device_that_cannot_be_asked_is_503_for_a_request_and_for_an_answer(name):
    make, middleware = FRAMEWORKS[name]
    vault, seen = Vault(), []
    keys = {
        "verifying_keys": vault.client_signs.public(),
        "reply_key": vault.client.public(),
    }
    gone = Key.from_external(Gone(), public=vault.server.public())
    app = middleware(
        make(seen), Exchange(vault.profile, gone, signing_key=vault.server_signs, **keys)
    )
    answer = ask(app, "POST", "/echo", vault.body())
    assert (answer.status_code, answer.content) == (503, b'{"error":"unavailable"}')
    assert seen == []
    mute = Key.from_external(Gone(), public=vault.server_signs.public())
    app = middleware(make(seen), Exchange(vault.profile, vault.server, signing_key=mute, **keys))
    assert ask(app, "POST", "/echo", vault.body()).status_code == 503
    assert len(seen) == 1


@pytest.mark.parametrize("length", ["-1", "1_0", "²", "12x", "9" * 30])
def test_length_that_is_not_one_is_refused(length):
    visa = Visa()
    app = WsgiMiddleware(flask_app([]), visa.exchange)
    started = []
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": length,
        "wsgi.input": io.BytesIO(visa.body()),
    }
    body = b"".join(app(environ, lambda status, headers: started.append(status)))
    assert started == ["413 Content Too Large" if length[0] == "9" else "400 Bad Request"]
    assert body.startswith(b'{"error":')


def test_websocket_is_closed_and_lifespan_passes():
    visa, passed, sent = Visa(), [], []

    async def app(scope, receive, send):
        passed.append(scope["type"])

    async def send(message):
        sent.append(message)

    served = AsgiMiddleware(app, visa.exchange)
    asyncio.run(served({"type": "websocket"}, None, send))
    asyncio.run(served({"type": "lifespan"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert passed == ["lifespan"]


def test_client_that_goes_away_reaches_no_application():
    visa, passed, sent = Visa(), [], []
    messages = [
        {"type": "http.request", "body": visa.body()[:100], "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def app(scope, receive, send):
        passed.append(scope)

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message.get("status"))

    asyncio.run(
        AsgiMiddleware(app, visa.exchange)({"type": "http", "method": "POST"}, receive, send)
    )
    assert (passed, sent) == ([], [])


def test_settings_are_checked_when_the_object_is_made():
    visa = Visa()
    with pytest.raises(TypeError, match="profile"):
        Exchange("visa-mle", visa.server)
    with pytest.raises(ValueError, match="reply_key"):
        Exchange(visa.profile, visa.server, signing_key=visa.server)
    for middleware in (AsgiMiddleware, WsgiMiddleware):
        with pytest.raises(TypeError, match="Exchange"):
            middleware(print, visa.profile)
        with pytest.raises(TypeError, match="callable"):
            middleware(print, visa.exchange, applies="/x")
        with pytest.raises(TypeError, match="content_type"):
            middleware(print, visa.exchange, content_type=b"x")
        for bad in ("", "a\r\nX-Injected: 1", "a\nb", " a", "\u00e9"):
            with pytest.raises(ValueError, match="content_type must be printable"):
                middleware(print, visa.exchange, content_type=bad)
    with pytest.raises(TypeError, match="bytes"):
        visa.exchange.request("POST", "text")
    assert isinstance(visa.exchange.request("POST", b"x"), Refusal)


def test_application_that_does_not_begin_an_answer_is_named():
    app = WsgiMiddleware(lambda environ, start_response: [b"x"], Visa().exchange)
    environ = {"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO()}
    with pytest.raises(RuntimeError, match="did not call start_response"):
        app(environ, print)


def file_answer(scope_extensions, message, sent, *, method="GET", status=200, **settings):
    """Ask an application that sends a file where the server offers it, and else a message."""
    visa = Visa()
    exchange = visa.exchange if not settings else Exchange(visa.profile, visa.server)
    offered = []

    async def app(scope, receive, send):
        offered.append(dict(scope.get("extensions") or {}))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(piece):
        sent.append(piece)

    scope = {"type": "http", "method": method, "headers": [], "extensions": scope_extensions}
    asyncio.run(AsgiMiddleware(app, exchange)(scope, receive, send))
    return offered[0]


PATHSEND = {"type": "http.response.pathsend", "path": "/etc/hostname"}


def test_no_file_is_sent_past_what_encrypts_an_answer():
    sent = []
    body = {"type": "http.response.body", "body": JSON}
    extensions = {"http.response.pathsend": {}, "http.response.zerocopysend": {}, "tls": {}}
    assert file_answer(extensions, body, sent) == {"tls": {}}
    assert [piece["type"] for piece in sent] == ["http.response.start", "http.response.body"]
    with pytest.raises(RuntimeError, match="sends a file past"):
        file_answer(extensions, PATHSEND, sent)
    assert PATHSEND not in sent


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_no_file_is_the_body_of_an_answer_that_has_none(method, status):
    sent = []
    with pytest.raises(RuntimeError, match="sends a file past"):
        file_answer({}, PATHSEND, sent, method=method, status=status)
    assert [piece["type"] for piece in sent] == ["http.response.start"]


def test_a_file_is_sent_where_answers_stay_plain():
    sent = []
    extensions = {"http.response.pathsend": {}}
    assert file_answer(extensions, PATHSEND, sent, plain=True) == extensions
    assert sent[1] == PATHSEND


class Unread:
    """A body that must not be read."""

    def read(self, _size=-1):
        pytest.fail("the body was read")


def plain_app(seen):
    def app(environ, start_response):
        seen.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [JSON]

    return app


@pytest.mark.parametrize("length", ["0" * 20 + "9" * 17, "9" * 5000])
def test_length_over_the_bound_is_too_large_however_it_is_written(length):
    started = []
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": length, "wsgi.input": Unread()}
    app = WsgiMiddleware(plain_app([]), Visa().exchange)
    b"".join(app(environ, lambda status, _headers: started.append(status)))
    assert started == ["413 Content Too Large"]


def test_zeros_before_a_length_change_nothing():
    visa, seen, started = Visa(), [], []
    body = visa.body()
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": "0" * 5000 + str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    app = WsgiMiddleware(plain_app(seen), visa.exchange)
    b"".join(app(environ, lambda status, _headers: started.append(status)))
    assert (started, seen) == (["200 OK"], [JSON])


def test_request_without_a_length_gives_the_application_no_body():
    seen = []
    environ = {
        "REQUEST_METHOD": "GET",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": io.BytesIO(JSON),
    }
    app = WsgiMiddleware(plain_app(seen), Visa().exchange)
    b"".join(app(environ, lambda _status, _headers: None))
    assert seen == [b""]


def test_answer_to_head_has_no_body_where_that_would_be_encrypted():
    environ = {"REQUEST_METHOD": "HEAD", "wsgi.input": io.BytesIO()}
    app = WsgiMiddleware(plain_app([]), Visa().exchange)
    assert b"".join(app(environ, lambda _status, _headers: None)) == b""

    sent = []

    async def head(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": JSON, "more_body": True})
        await send({"type": "http.response.body", "body": JSON})

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    served = AsgiMiddleware(head, Visa().exchange)
    asyncio.run(served({"type": "http", "method": "HEAD", "headers": []}, receive, send))
    assert [message.get("body", b"") for message in sent] == [b"", b"", b""]


@pytest.mark.parametrize("status", [204, 205, 304])
def test_answer_that_has_no_body_gets_none_whatever_the_application_sends(status):
    """What it sends would leave in the clear."""
    visa = Visa()
    exchange, body = visa.exchange, visa.body()

    def wsgi(environ, start_response):
        start_response(f"{status} Empty", [])
        return [b"4111111111111111"]

    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    assert b"".join(WsgiMiddleware(wsgi, exchange)(environ, lambda *_: None)) == b""

    sent = asgi_answer(exchange, body, status)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert b"".join(message.get("body", b"") for message in sent) == b""


def test_answer_whose_status_is_not_a_number_does_not_leave_in_the_clear():
    visa = Visa()
    exchange, body = visa.exchange, visa.body()
    with pytest.raises(TypeError, match="status"):
        asgi_answer(exchange, body, "200")
    plain = Exchange(profiles.VISA_MLE, visa.server)
    assert [message.get("status") for message in asgi_answer(plain, body, "200")] == ["200", None]


def asgi_answer(exchange, body, status):
    sent = []

    async def app(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"4111111111111111"})

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": []}
    asyncio.run(AsgiMiddleware(app, exchange)(scope, receive, send))
    return sent


def test_pieces_of_a_body_take_no_more_memory_than_the_body():
    """A client may send a byte at a time, and with HTTP/2 none at all."""
    pieces = itertools.chain(itertools.repeat(b"", 50_000), itertools.repeat(b"x", 50_000))

    async def receive():
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    tracemalloc.start()
    try:
        assert asyncio.run(asgi._read(receive, 10**6)) == b"x" * 50_000
        assert tracemalloc.get_traced_memory()[1] < 400_000
    finally:
        tracemalloc.stop()


TELLING = {
    "Content-Length": str(len(JSON)),
    "Content-Type": "application/json",
    "ETag": '"a hash of the plaintext"',
    "Content-MD5": "another",
    "Repr-Digest": "a third",
}
ASKING = ("If-Match", "If-None-Match", "If-Range", "Range")


def telling_apps(status, seen):
    """Make an application for each of the two kinds, which tells of its plain answer."""
    headers = {**TELLING, "X-Own": "1"}

    def wsgi(environ, start_response):
        seen.append(
            {name for name in ASKING if f"HTTP_{name.upper().replace('-', '_')}" in environ}
        )
        start_response(f"{status} Status", list(headers.items()))
        return []

    async def app(scope, receive, send):
        seen.append({name for name in ASKING if name.lower().encode() in dict(scope["headers"])})
        pairs = [(name.lower().encode(), text.encode()) for name, text in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body"})

    return WsgiMiddleware(wsgi, Visa().exchange), AsgiMiddleware(app, Visa().exchange)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_answer_without_a_body_tells_nothing_of_the_plain_one(method, status):
    for app in telling_apps(status, []):
        answer = ask(app, method, "/", headers=dict.fromkeys(ASKING, "a guess"))
        assert answer.status_code == status
        assert answer.headers["x-own"] == "1"
        assert not answer.headers.keys() & {name.lower() for name in TELLING}


@pytest.mark.parametrize(
    ("method", "seen"), [("GET", set()), ("HEAD", set()), ("DELETE", set(ASKING))]
)
def test_nobody_asks_for_a_part_or_a_hash_of_a_plain_answer(method, seen):
    found = []
    for app in telling_apps(200, found):
        ask(app, method, "/", headers=dict.fromkeys(ASKING, "a guess"))
    assert found == [seen, seen]


def test_conditions_reach_an_application_whose_answers_stay_plain():
    visa, found = Visa(), []
    plain = Exchange(visa.profile, visa.server)
    for served in telling_apps(200, found):
        app = type(served)(served._app, plain)
        answer = ask(app, "GET", "/", headers=dict.fromkeys(ASKING, "a guess"))
        assert answer.headers["etag"] == TELLING["ETag"]
    assert found == [set(ASKING), set(ASKING)]


def test_request_says_nothing_of_the_body_that_was_encrypted():
    visa, seen = Visa(), []
    names = ("Content-Encoding", "Content-MD5", "Digest", "Content-Digest", "ETag")

    def wsgi(environ, start_response):
        seen.append([name for name in names if f"HTTP_{name.upper().replace('-', '_')}" in environ])
        start_response("200 OK", [])
        return []

    async def app(scope, receive, send):
        seen.append([name for name in names if name.lower().encode() in dict(scope["headers"])])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    for served in (WsgiMiddleware(wsgi, visa.exchange), AsgiMiddleware(app, visa.exchange)):
        ask(served, "POST", "/", visa.body(), headers=dict.fromkeys(names, "x"))
    assert seen == [[], []]
