"""The least HTTP server that keeps a connection open: it reads a request and acknowledges it.

Run by `bench.client.posting` as a process of its own, so that it shares no interpreter with what
is timed. The port is its first line; a PEM file with a key and its certificate, if given, makes it
TLS.
"""

import socket
import ssl
import sys
import threading

_ACK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nACK"


def main() -> None:
    """Serve until the process is ended."""
    context = None
    if len(sys.argv) > 1:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=[connection, context], daemon=True).start()


def _serve(connection: socket.socket, context: ssl.SSLContext | None) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if context is not None:
        connection = context.wrap_socket(connection, server_side=True)
    with connection:
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(65536)
                if more == b"":
                    return
                data += more
            head, _, data = data.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            while len(data) < length:
                data += connection.recv(65536)
            data = data[length:]
            connection.sendall(_ACK)


if __name__ == "__main__":
    main()
