"""Keys that change: the other side's over HTTPS, those in a file, and your own in a rotation.

    partner = RemoteKeys("https://partner.example/jwks.json", alg="RSA-OAEP-256", use="enc")
    token = partner.encrypter("A256GCM").encrypt(b"...")

    login = RemoteKeys(OpenIdIssuer("https://login.example"), alg="RS256", use="sig")
    payload = login.verifier(token).verify(token)

Each object is immutable and made for the current keys: get a new one for each message.
No address is ever taken from a token: `jku` and `x5u` are only data.

Source: RFC 7517 section 5, OpenID Connect Discovery 1.0.
"""

from joseal._http.proxy import Proxy
from joseal._http.tls import ClientCertificate
from joseal.remote.discovery import OpenIdIssuer
from joseal.remote.file_keys import FileKeys
from joseal.remote.outcomes import Fetch, Health
from joseal.remote.remote_keys import RemoteKeys
from joseal.remote.ring.destruction import Destruction
from joseal.remote.ring.key_ring import KeyRing
from joseal.remote.ring.ring_key import RingKey
from joseal.remote.ring.uses import KeyUse
from joseal.remote.source import KeySource

__all__ = [
    "ClientCertificate",
    "Destruction",
    "Fetch",
    "FileKeys",
    "Health",
    "KeyRing",
    "KeySource",
    "KeyUse",
    "OpenIdIssuer",
    "Proxy",
    "RemoteKeys",
    "RingKey",
]
