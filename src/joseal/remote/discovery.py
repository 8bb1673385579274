"""OpenID Connect discovery: from the name of an issuer to the address of its JWK Set.

Rules:
- The `issuer` in the document must be exactly the caller's: the document of a different issuer,
  which a shared host or a mix-up could deliver, is refused.
- The address of the set is https.

Source: OpenID Connect Discovery 1.0 sections 3, 4.1 and 4.3.
"""

from typing import Final, NamedTuple, final

from joseal._core.secrecy import Result
from joseal._core.wire import strict_json
from joseal.remote.download import Downloads, check_url, split_url
from joseal.remote.outcomes import Failure

_PATH: Final = "/.well-known/openid-configuration"


@final
class OpenIdIssuer(Result):
    """An OpenID provider, whose discovery document names its JWK Set.

    Args:
        issuer: its name, exactly as in the `iss` of its tokens.

    Raises:
        TypeError: `issuer` is not a str.
        ValueError: it is not https:// with a host, or has credentials, a query or a fragment.

    Example:
        >>> from joseal.remote import OpenIdIssuer
        >>> OpenIdIssuer("https://login.example/tenant").document_url
        'https://login.example/tenant/.well-known/openid-configuration'

    Source: OpenID Connect Discovery 1.0 section 4.
    """

    __slots__ = ("issuer",)

    issuer: str

    def __init__(self, issuer: str) -> None:
        check_url("issuer", issuer)
        if "?" in issuer:
            raise ValueError("issuer must not have a query")
        self._set(issuer=issuer)

    @property
    def document_url(self) -> str:
        """The address of the discovery document."""
        # Section 4.1: a trailing slash is removed before the path is added.
        return self.issuer.removesuffix("/") + _PATH

    def __repr__(self) -> str:
        return f"OpenIdIssuer({self.issuer!r})"


class Discovered(NamedTuple):
    """The members of a discovery document that are used."""

    jwks_uri: str


def discover(downloads: Downloads, issuer: OpenIdIssuer) -> Discovered | Failure:
    """Fetch the discovery document, and read the address of the JWK Set from it."""
    document = downloads.get(issuer.document_url)
    if isinstance(document, Failure):
        return Failure(document.reason, f"of the discovery document, {document.text}")
    return read(document.raw or b"", issuer)


def read(raw: bytes, issuer: OpenIdIssuer) -> Discovered | Failure:
    """Read a discovery document."""
    members = strict_json.load_object(raw)
    if members is None:
        return Failure("malformed", "the discovery document is not one strict JSON object")
    if members.get("issuer") != issuer.issuer:
        return Failure("issuer", "the discovery document is of a different issuer")
    uri = members.get("jwks_uri")
    if not isinstance(uri, str) or split_url(uri) is None:
        return Failure("issuer", "the jwks_uri of the discovery document is not an https:// URL")
    return Discovered(uri)
