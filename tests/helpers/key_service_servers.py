"""Loopback servers that speak the protocols of two clouds, over the services of `key_services`.

AWS KMS: JSON 1.1, whose operation stands in `X-Amz-Target` and whose bytes are base64. Azure Key
Vault: REST over TLS behind a challenge for a bearer token, with bytes in base64url.

Source: AWS JSON protocol 1.1, Azure Key Vault REST API reference, RFC 6750 section 3.
"""

import base64
import contextlib
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.helpers import key_services
from tests.helpers.forge import b64, unb64


class Handler(BaseHTTPRequestHandler):
    """Answers one request at a time, by the `respond` of the server."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *given):
        """Write nothing."""

    def do_GET(self):
        """Answer."""
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, members, headers = self.server.respond(self.path, self.headers, raw)
        body = json.dumps(members).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that the base class calls


@contextlib.contextmanager
def serving(respond, context=None):
    """Serve on the loopback interface, and yield the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.respond, server.daemon_threads = respond, True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


# The bytes among the members of requests; those of answers are bytes in the service.
AWS_BYTES = {"CiphertextBlob", "Message", "PublicKey", "SharedSecretCiphertextBlob"}
AWS_METHODS = {
    "Decapsulate": "decapsulate",
    "Decrypt": "decrypt",
    "DeriveSharedSecret": "derive_shared_secret",
    "GetPublicKey": "get_public_key",
    "Sign": "sign",
}


def aws(service):
    """Return what answers for AWS KMS."""

    def respond(_, headers, raw):
        method = AWS_METHODS[headers["X-Amz-Target"].removeprefix("TrentService.")]
        asked = {
            name: base64.b64decode(value) if name in AWS_BYTES else value
            for name, value in json.loads(raw).items()
        }
        kind = {"Content-Type": "application/x-amz-json-1.1"}
        try:
            answer = getattr(service, method)(**asked)
        except key_services.ServiceError as error:
            code = error.response["Error"]["Code"]
            return 400, {"__type": code, "message": "a canary"}, kind
        members = {
            name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for name, value in answer.items()
        }
        return 200, members, kind

    return respond


def azure(service, authority):
    """Return what answers for Azure Key Vault: keys, versions, and operations on them."""
    once = {"retry_total": 0}

    def operation(name, method, asked):
        client = key_services.AzureCryptography(service, name)
        if method == "wrapkey":
            return client.wrap_key(asked["alg"], unb64(asked["value"])).encrypted_key
        if method == "unwrapkey":
            return client.unwrap_key(asked["alg"], unb64(asked["value"])).key
        return client.sign(asked["alg"], unb64(asked["value"])).signature

    def answer(path, raw):
        _, _, name, *further = path.partition("?")[0].split("/")
        kid = f"{authority()}/keys/{name}/{service.version}"
        if raw:
            value = operation(name, further[-1], json.loads(raw))
            return 200, {"kid": kid, "value": b64(value)}
        jwk = vars(service.get_key(name=name, version=None, **once).key)
        members = {n: b64(v) if isinstance(v, bytes) else v for n, v in jwk.items()}
        return 200, {"key": {"kid": kid, **members}, "attributes": {"enabled": True}}

    def respond(path, headers, raw):
        kind = {"Content-Type": "application/json"}
        if not headers.get("Authorization"):
            challenge = f'Bearer authorization="{authority()}/tenant", resource="https://vault"'
            return 401, {}, {**kind, "WWW-Authenticate": challenge}
        try:
            return *answer(path, raw), kind
        except key_services.ServiceError as error:
            members = {"error": {"code": error.error.code, "message": "a canary"}}
            return error.status_code, members, kind

    return respond


def tls(authority):
    """Return the server's context of a `trustme.CA`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context
