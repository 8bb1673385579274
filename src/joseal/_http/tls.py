"""TLS of a connection: its context, a client certificate from a PKCS#12 file, and its time-out.

Rules:
- A context verifies certificates and host names, and refuses versions before TLS 1.2.
- No context writes the keys of its connections anywhere. `ssl.create_default_context` would if
  SSLKEYLOGFILE is set.
- A private key is in a file only for an instant, because `ssl` can't read it from memory: in a
  folder of this user alone, encrypted under a random password.
- TLS within TLS, through a proxy, reads from its socket until a whole record is there. So the
  time-out of that socket is for all of these reads together.

Source: RFC 9325 section 3.1.1, RFC 7292 (PKCS#12).
"""

import math
import os
import ssl
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, Self, final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from joseal._core.secrecy import Opaque, hide_locals
from joseal.errors import InvalidKeyError

_MOST_BYTES: Final = 256 * 1024
_STRICT_SINCE: Final = (3, 13)


@final
class ClientCertificate(Opaque):
    """A certificate with its private key, for an API that requires a client certificate.

    Example:
        certificate = ClientCertificate.from_pkcs12(path.read_bytes(), password)
        client = Client(account, encrypter, client_certificate=certificate)
    """

    __slots__ = ("_chain", "_password")

    _chain: bytes
    _password: bytes

    @classmethod
    @hide_locals
    def from_pkcs12(cls, data: bytes, password: str | bytes | None = None) -> Self:
        """Read the content of a PKCS#12 file (.p12, .pfx).

        Args:
            data: the file's bytes.
            password: the password of the file; None if it has none.

        Returns:
            The certificate, its key, and the certificates above it.

        Raises:
            TypeError: an argument is of the wrong type.
            InvalidKeyError: the bytes are not PKCS#12, the password is wrong, the certificate or
                its private key is missing, or the key is neither RSA nor EC.

        Example:
            >>> import ssl
            >>> from pathlib import Path
            >>> from joseal.juspay import ClientCertificate
            >>> data = Path("mine.p12").read_bytes()
            >>> mine = ClientCertificate.from_pkcs12(data, "a long password")
            >>> mine.load_into(ssl.create_default_context())

        Source: RFC 7292.
        """
        if not isinstance(data, bytes):
            raise TypeError("data must be bytes")
        if password is not None and not isinstance(password, str | bytes):
            raise TypeError("password must be a str or bytes")
        chain_password = os.urandom(32).hex().encode()  # noqa: TID251 - a password of a file for an instant
        made = cls.__new__(cls)
        chain = _read(data, password, chain_password)
        made._set(_chain=chain, _password=chain_password)  # noqa: SLF001 - its own
        return made

    def __repr__(self) -> str:
        return "ClientCertificate()"

    @hide_locals
    def load_into(self, context: ssl.SSLContext) -> None:
        """Make a context present the certificate to servers that ask for one.

        Args:
            context: the caller's own, such as one with different trust roots.

        Raises:
            TypeError: `context` is of the wrong type.
            InvalidKeyError: the TLS library refuses the certificate or its key.

        Example:
            >>> import ssl
            >>> from pathlib import Path
            >>> from joseal.juspay import ClientCertificate
            >>> data = Path("mine.p12").read_bytes()
            >>> mine = ClientCertificate.from_pkcs12(data, "a long password")
            >>> mine.load_into(ssl.create_default_context())
        """
        if not isinstance(context, ssl.SSLContext):
            raise TypeError("context must be an ssl.SSLContext")
        with tempfile.TemporaryDirectory(prefix="joseal-") as folder:
            path = Path(folder) / "chain.pem"
            path.write_bytes(self._chain)
            try:
                context.load_cert_chain(path, password=self._password)
            except (ssl.SSLError, ValueError):
                raise InvalidKeyError("the TLS library refuses the client certificate") from None


def checked_context(
    context: ssl.SSLContext | None,
    certificate: ClientCertificate | None = None,
    *,
    is_used: bool = True,
) -> ssl.SSLContext:
    """Return a context that verifies, or refuse the caller's.

    Args:
        context: the caller's, or None for the system's trust.
        certificate: the certificate for a context that is made here to present.
        is_used: whether TLS will be used. Reading the system's trust takes 20 ms; without it, the
            context trusts nobody.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the context verifies too little, or logs keys, or both arguments are given.
    """
    if certificate is not None and not isinstance(certificate, ClientCertificate):
        raise TypeError("client_certificate must be a ClientCertificate")
    if context is None:
        context = _default_context() if is_used else _bare_context()
        if certificate is not None:
            certificate.load_into(context)
    elif not isinstance(context, ssl.SSLContext):
        raise TypeError("ssl_context must be an ssl.SSLContext")
    elif certificate is not None:
        raise ValueError(
            "client_certificate is for the default context: give it to yours with load_into"
        )
    _check(context)
    return context


def _check(context: ssl.SSLContext) -> None:
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        raise ValueError("ssl_context must verify certificates and host names")
    if context.minimum_version < ssl.TLSVersion.TLSv1_2:
        raise ValueError("ssl_context must refuse what is older than TLS 1.2")
    if context.keylog_filename:
        raise ValueError(
            "ssl_context writes the keys of its connections to a file: unset SSLKEYLOGFILE, or set "
            "its keylog_filename to None"
        )


def trusting(authorities: bytes) -> ssl.SSLContext:
    """Return a context like the default one that trusts only the given authorities.

    Args:
        authorities: their certificates, as PEM.

    Raises:
        ValueError: there are none, or one can't be read.
    """
    context = _bare_context()
    try:
        context.load_verify_locations(cadata=authorities.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise ValueError("it has no certificates, or one that can't be read, as PEM") from None
    return context


def _default_context() -> ssl.SSLContext:
    """Return the context of `ssl.create_default_context`, without reading SSLKEYLOGFILE."""
    context = _bare_context()
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context


def _bare_context() -> ssl.SSLContext:
    """Return a context that trusts nobody yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if sys.version_info >= _STRICT_SINCE:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    return context


@hide_locals
def _read(data: bytes, password: str | bytes | None, chain_password: bytes) -> bytes:
    """Return the key, encrypted, and the certificates as PEM."""
    if len(data) > _MOST_BYTES:
        raise InvalidKeyError("the PKCS#12 data is too large")
    try:
        secret = password.encode() if isinstance(password, str) else password
        key, certificate, above = pkcs12.load_key_and_certificates(data, secret)
    except (ValueError, TypeError):
        raise InvalidKeyError("the data is not PKCS#12, or the password is wrong") from None
    if certificate is None or not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise InvalidKeyError("the PKCS#12 data needs a certificate and its RSA or EC private key")
    encoded = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(chain_password),
    )
    chain = [each.public_bytes(serialization.Encoding.PEM) for each in (certificate, *above)]
    return b"".join([encoded, *chain])


class TimedSocket(ssl.SSLSocket):
    """TLS to a proxy: its time-out is for all that is received until it is set again.

    Python's own would begin again with each byte from a peer that sends a byte now and then.
    """

    _until = math.inf

    def settimeout(self, value: float | None) -> None:
        """Set the time-out, and begin to count."""
        self._until = math.inf if value is None else time.monotonic() + value
        super().settimeout(value)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive within the time that is left.

        Raises:
            TimeoutError: no time is left, or nothing has arrived.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time-out has passed")
        if left < math.inf:
            super().settimeout(left)
        return super().recv(buflen, flags)


def bound_all_reads(sock: object) -> None:
    """Make the time-out of a TLS socket one for all that is received, from the next one set on."""
    if isinstance(sock, ssl.SSLSocket):
        sock.__class__ = TimedSocket
