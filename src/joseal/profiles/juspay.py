"""The profiles for Juspay's products: the rules of its pages and its published code, as data.

Source: for each profile its own `sources`.
"""

from typing import Final

from joseal.profiles.envelopes import Fields, InMember
from joseal.profiles.model import Receiving, Sending
from joseal.profiles.profile import Profile
from joseal.profiles.template import Constant, Kid

_SAMPLES: Final = "https://github.com/juspay/juspay-sdk-integration-demo"
_JWT_GUIDE: Final = "https://juspay.io/api-reference/docs/express-checkout/jwt-jwe--jws-guide"
_CARD_PAGES: Final = (
    "https://juspay.io/resources/docs/card-network-tokenization/card-details-encryption",
    (
        "https://juspay.io/api-reference/docs/tokenization-apis/"
        "card-encryption-standalone-tokenization-apis"
    ),
)

_IN_JWT: Final = InMember("JWT")
_IN_ENC_DATA: Final = InMember("encData")
_IN_PAYLOAD: Final = InMember("payload", labels=("kid", "sid"), constants=(("format", "compact"),))
_JWE_FIELDS: Final = Fields(("header", "encryptedKey", "iv", "encryptedPayload", "tag"))
_JWS_FIELDS: Final = Fields(("header", "payload", "signature"))

JUSPAY_PAYOUTS: Final = Profile(
    name="juspay-payouts",
    about="Encrypted payout requests of Juspay, as in the sample of the attempt page.",
    sources=(
        "https://docs.juspay.io/payout-sea/docs/integration/attempt-api-encrypted",
        "https://juspay.io/in/docs/api-reference/docs/payout/attempted-api-encrypted",
    ),
    send=Sending(
        algs=("RSA-OAEP",),
        enc="A256CBC-HS512",
        header=(Constant("typ", "JWT"),),
        envelope=_IN_PAYLOAD,
    ),
    # The other side of the API, such as a test server: no response is encrypted.
    receive=Receiving(algs=("RSA-OAEP",), encs=("A256CBC-HS512",), envelope=_IN_PAYLOAD),
    open_question=(
        "Which alg and enc the account takes: this sample has A256CBC-HS512, the guide "
        "A128CBC-HS256, and one step of the guide RSA-OAEP-256. Whether and how requests are "
        "signed, and whether sid may be left out while they are not. Whether the plaintext is the "
        "JSON text or a JSON string that contains it."
    ),
)

JUSPAY_PAYOUTS_GUIDE: Final = Profile(
    name="juspay-payouts-guide",
    about="Encrypted payout requests of Juspay, as in the guide and in the order-create sample.",
    sources=(
        "https://docs.juspay.io/payout-sea/docs/resources/encryption-guide.md",
        "https://docs.juspay.io/payout-sea/docs/integration/order-create-encrypted.md",
    ),
    send=Sending(
        algs=("RSA-OAEP",),
        enc="A128CBC-HS256",
        header=(Kid("optional"),),
        envelope=_IN_PAYLOAD,
    ),
    receive=Receiving(algs=("RSA-OAEP",), encs=("A128CBC-HS256",), envelope=_IN_PAYLOAD),
    open_question=(
        "As for juspay-payouts. Also which Header Parameters the guide wants: it names "
        "none, and the sample has a kid in the header that differs from the one in the body."
    ),
)

# No Juspay product has it: it is for users who want to try the change in advance.
PAYOUTS_POST_QUANTUM: Final = Profile(
    name="payouts-post-quantum",
    about=(
        "A proposal, for tests: the envelope of Juspay's encrypted payouts around HPKE-9 "
        "(ML-KEM-768 with X25519). The sandbox of joseal speaks it, and no page of Juspay has it."
    ),
    sources=(
        "https://datatracker.ietf.org/doc/draft-ietf-jose-hpke-encrypt/",
        "https://datatracker.ietf.org/doc/draft-ietf-jose-hpke-pq-pqt/",
        *JUSPAY_PAYOUTS.sources,
    ),
    send=Sending(
        algs=("HPKE-9",),
        enc=None,
        header=(Constant("typ", "JWT"),),
        envelope=_IN_PAYLOAD,
    ),
    receive=Receiving(algs=("HPKE-9",), encs=(), envelope=_IN_PAYLOAD),
    open_question=(
        "Whether and when Juspay will take HPKE, which alg it will name, and whether the token "
        "stays in the member payload. Both drafts may still change: agree on their revision."
    ),
)

JUSPAY_EXPRESS: Final = Profile(
    name="juspay-express",
    about="Juspay express checkout with JWT: a signed token inside an encrypted one, both ways.",
    sources=(_JWT_GUIDE, _SAMPLES),
    send=Sending(
        # The samples send SHA-1 OAEP and decrypt SHA-256 OAEP: the two directions differ.
        algs=("RSA-OAEP",),
        enc="A256GCM",
        header=(Constant("cty", "JWT"), Kid()),
        nesting="sign-then-encrypt",
        sign_algs=("RS256",),
        sign_header=(Kid(),),
        envelope=_IN_JWT,
    ),
    receive=Receiving(
        algs=("RSA-OAEP-256",),
        encs=("A256GCM",),
        nesting="sign-then-encrypt",
        verify_algs=("RS256",),
        envelope=_IN_JWT,
        errors="plain",
    ),
    dual_use=True,
    open_question=(
        "Which alg requests are to have: the Node sample sends RSA-OAEP, a Python sample and two "
        "SDKs send RSA-OAEP-256. The text of the guide on key rotation could not be read."
    ),
)

JUSPAY_EXPRESS_FIELDS: Final = Profile(
    name="juspay-express-fields",
    about="Juspay express checkout in the form of its SDKs: both tokens split into JSON members.",
    sources=(
        "https://github.com/juspay/expresscheckout-dotnet-sdk",
        "https://github.com/juspay/expresscheckout-php-sdk",
        _SAMPLES,
    ),
    send=Sending(
        algs=("RSA-OAEP-256",),
        enc="A256GCM",
        header=(Kid(),),
        nesting="sign-then-encrypt",
        sign_algs=("RS256",),
        sign_header=(Kid(),),
        envelope=_JWE_FIELDS,
        inner_envelope=_JWS_FIELDS,
    ),
    receive=Receiving(
        algs=("RSA-OAEP-256",),
        encs=("A256GCM",),
        nesting="sign-then-encrypt",
        verify_algs=("RS256",),
        envelope=_JWE_FIELDS,
        inner_envelope=_JWS_FIELDS,
        errors="plain",
    ),
    dual_use=True,
    open_question=(
        "Which alg requests are to have: the .NET and PHP SDKs send RSA-OAEP-256, the Node SDK "
        "sends RSA-OAEP. Whether cty is wanted, which one sample writes."
    ),
)

JUSPAY_WEBHOOKS: Final = Profile(
    name="juspay-webhooks",
    about="Webhooks of Juspay express checkout, once JWT is switched on for them.",
    sources=("https://docs.juspay.io/api-reference/docs/jwt-encryption/jwt-webhook", _JWT_GUIDE),
    receive=Receiving(
        algs=("RSA-OAEP-256",),
        encs=("A256GCM",),
        nesting="sign-then-encrypt",
        verify_algs=("RS256",),
        envelope=_IN_JWT,
    ),
    dual_use=True,
    open_question=(
        "The page shows one shortened sample and does not name the signature's alg: RS256 is that "
        "of the API. How long the old key stays in use after a change of keys is not said."
    ),
)

JUSPAY_TOKENIZATION: Final = Profile(
    name="juspay-tokenization",
    about="Card details for Juspay's network tokenization and ALT ID.",
    sources=(*_CARD_PAGES, _SAMPLES),
    send=Sending(
        algs=("RSA-OAEP-256",),
        enc="A128GCM",
        header=(Kid("uuid"),),
        envelope=_IN_ENC_DATA,
    ),
    receive=Receiving(algs=("RSA-OAEP-256",), encs=("A128GCM",), envelope=_IN_ENC_DATA),
    open_question=(
        "Whether iat is wanted: the Java sample writes it in milliseconds, the Python sample does "
        "not. Whether the plaintext is the JSON text: two samples encode it twice."
    ),
)

JUSBIZ: Final = Profile(
    name="jusbiz",
    about="Responses of Juspay's JusBiz.",
    sources=(
        "https://docs.juspay.io/jusbiz/docs/integration/integration-specifications",
        "https://juspay.io/jusbiz/docs/resources/decryption-guide",
        "https://docs.juspay.io/jusbiz/docs/resources/webhooks",
    ),
    receive=Receiving(
        algs=("RSA-OAEP-256",),
        encs=("A256GCM",),
        envelope=InMember("encryptedResponse"),
        errors="plain",
    ),
    open_question=(
        "Whether the member has a compact token, which the pages imply and don't say. Webhooks "
        "are encrypted and signed: how the signature is carried is not said, so they are not "
        "covered."
    ),
)

HYPERSWITCH_VAULT: Final = Profile(
    name="hyperswitch-vault",
    about=(
        "Juspay's Hyperswitch card vault, as its tenant: a signed token inside an encrypted one, "
        "both split into JSON members. Answers are encrypted whatever their HTTP status."
    ),
    sources=(
        "https://github.com/juspay/hyperswitch-card-vault",
        "https://github.com/juspay/hyperswitch",
    ),
    send=Sending(
        algs=("RSA-OAEP-256",),
        enc="A256GCM",
        header=(Constant("typ", "JWT"),),
        nesting="sign-then-encrypt",
        sign_algs=("RS256",),
        sign_header=(Kid("optional"),),
        envelope=_JWE_FIELDS,
        inner_envelope=_JWS_FIELDS,
    ),
    receive=Receiving(
        # The vault answers with SHA-1 OAEP: the two directions differ.
        algs=("RSA-OAEP",),
        encs=("A256GCM", "A128GCM"),
        nesting="sign-then-encrypt",
        verify_algs=("RS256",),
        envelope=_JWE_FIELDS,
        inner_envelope=_JWS_FIELDS,
        errors="encrypted",
    ),
    dual_use=True,
    open_question=(
        "Which alg the deployment answers with: the router has a setting for RSA-OAEP or "
        "RSA-OAEP-256. Failures of the vault's middleware come plain, whatever the setting."
    ),
)
