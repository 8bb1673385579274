"""A certificate authority for one sandbox, made when it is needed and never stored.

It needs `trustme`, of the extra `sandbox`: making certificates is outside this project's scope.
"""

import ssl

import trustme


class Authority:
    """A certificate authority, and the one certificate that it issued."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name="joseal sandbox")
        self._certificate = self._ca.issue_cert("localhost", "127.0.0.1")

    @property
    def pem(self) -> str:
        """The authority's own certificate, which a client has to trust."""
        return self._ca.cert_pem.bytes().decode("ascii")

    def server(self) -> ssl.SSLContext:
        """Return the context of the server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with self._certificate.private_key_and_cert_chain_pem.tempfile() as path:
            context.load_cert_chain(path)
        return context

    def client(self) -> ssl.SSLContext:
        """Return a context for clients that trusts only this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cadata=self.pem)
        return context
