"""The profiles for open finance and digital identity: the rules of their specifications, as data.

Source: for each profile its own `sources`.
"""

from typing import Final

from joseal.profiles.model import Receiving, Sending
from joseal.profiles.profile import Profile
from joseal.profiles.template import Constant, Kid

_NESTED_JWT: Final = Constant("cty", "JWT")
_RED_HAT: Final = (
    "https://docs.redhat.com/zh-cn/documentation/red_hat_single_sign-on/7.5/html/"
    "securing_applications_and_services_guide/"
    "_open_banking_brasil_financial_grade_api_security_profile"
)

OPEN_FINANCE_BRAZIL: Final = Profile(
    name="open-finance-brazil",
    about="Open Finance Brazil: encrypted request objects (send) and ID tokens (receive).",
    sources=(
        "https://github.com/OpenBanking-Brasil/specs-seguranca",
        _RED_HAT,
        "https://documentation.gravitee.io/am/v4.3.x/guides/auth-protocols/open-banking",
    ),
    send=Sending(
        algs=("RSA-OAEP",),
        enc="A256GCM",
        header=(Kid(), _NESTED_JWT),
        nesting="sign-then-encrypt",
        sign_algs=("PS256",),
        sign_header=(Kid(),),
    ),
    receive=Receiving(
        algs=("RSA-OAEP",),
        encs=("A256GCM",),
        cty="JWT",
        nesting="sign-then-encrypt",
        verify_algs=("PS256",),
    ),
    open_question=(
        "Whether a participant may ask for RSA-OAEP-256: alg and enc are taken from the "
        "documentation of products that conform, for the profile itself was not read to its end."
    ),
)

SPID_CIE: Final = Profile(
    name="spid-cie",
    about="Italy's SPID and CIE: UserInfo responses, from a provider to a relying party.",
    sources=(
        "https://italia.github.io/spid-cie-oidc-docs/en/cryptographic_algos.html",
        "https://italia.github.io/spid-cie-oidc-docs/en/userinfo_endpoint.html",
    ),
    send=Sending(
        algs=("RSA-OAEP", "RSA-OAEP-256"),
        enc="A256CBC-HS512",
        header=(Kid("jwk-thumbprint"), _NESTED_JWT),
        nesting="sign-then-encrypt",
        sign_algs=("RS256", "RS512"),
        sign_header=(Kid("jwk-thumbprint"),),
    ),
    receive=Receiving(
        algs=("RSA-OAEP", "RSA-OAEP-256"),
        encs=("A128CBC-HS256", "A256CBC-HS512"),
        cty="JWT",
        nesting="sign-then-encrypt",
        verify_algs=("RS256", "RS512"),
    ),
    open_question=(
        "Whether the kid of the inner signature is a thumbprint as that of the outer token is, and "
        "whether its header has a typ: the page gives the outer header only."
    ),
)

OPENID4VP: Final = Profile(
    name="openid4vp",
    about="OpenID4VP 1.0: encrypted responses, from a wallet (send) to a verifier (receive).",
    sources=(
        "https://openid.net/specs/openid-4-verifiable-presentations-1_0.html",
        "https://github.com/openid/OpenID4VP",
    ),
    # The verifier's metadata decides: alg is that of the chosen JWK, A128GCM is only the default.
    send=Sending(algs=("ECDH-ES",), enc="A128GCM", header=(Kid("optional"),)),
    receive=Receiving(algs=("ECDH-ES",), encs=("A128GCM",)),
    confirmed=True,
)

HAIP: Final = Profile(
    name="haip",
    about="OpenID4VC HAIP 1.0: encrypted responses, from a wallet (send) to a verifier (receive).",
    sources=(
        "https://openid.net/specs/openid4vc-high-assurance-interoperability-profile-1_0.html",
        "https://github.com/openid/oid4vc-haip",
    ),
    # A verifier has to accept both; a wallet that supports both should use the longer.
    send=Sending(algs=("ECDH-ES",), enc="A256GCM", header=(Kid("optional"),)),
    receive=Receiving(algs=("ECDH-ES",), encs=("A128GCM", "A256GCM")),
    confirmed=True,
)
