from contextlib import contextmanager
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

from joseal.web import WsgiMiddleware


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def application(environ, start_response):
    environ["wsgi.input"].read()  # the decrypted request
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b'{"status": "accepted"}']


@contextmanager
def serve(exchange):
    app = WsgiMiddleware(application, exchange)
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
