"""The profiles for card networks, banks and transfer services: their public rules, as data.

Source: for each profile its own `sources`.
"""

from typing import Final

from joseal.profiles.envelopes import InMember
from joseal.profiles.model import Receiving, Sending
from joseal.profiles.profile import Profile
from joseal.profiles.template import Constant, IssuedAt, Kid

_MLE_PAGE: Final = (
    "https://developer.cybersource.com/docs/cybs/en-us/platform/developer/all/rest/"
    "rest-getting-started/restgs-mle-intro.html"
)

VISA_MLE: Final = Profile(
    name="visa-mle",
    about=(
        "Message-level encryption of the Visa Developer Platform. The HTTP header `keyId` carries "
        "the key id too."
    ),
    sources=(
        "https://developer.visa.com/pages/encryption_guide",
        "https://developer.visa.com/docs/message-level-encryption",
        "https://github.com/KCorstor/Visa",
    ),
    send=Sending(
        algs=("RSA-OAEP-256",),
        enc="A128GCM",
        header=(Constant("typ", "JWE"), Kid(), IssuedAt("ms")),
        envelope=InMember("encData"),
    ),
    receive=Receiving(
        algs=("RSA-OAEP-256",), encs=("A128GCM", "A256GCM"), envelope=InMember("encData")
    ),
    open_question=(
        "Which key size AES-GCM is to have: versions of the page say 128, or 128 or 256. One of "
        "two published samples writes no typ."
    ),
)

CYBERSOURCE_MLE: Final = Profile(
    name="cybersource-mle",
    about="Message-level encryption of CyberSource, requests and responses.",
    sources=(
        _MLE_PAGE,
        "https://github.com/CyberSource/cybersource-rest-client-python",
    ),
    send=Sending(
        algs=("RSA-OAEP-256",),
        enc="A256GCM",
        header=(Kid("certificate-serial"), IssuedAt("s")),
        envelope=InMember("encryptedRequest"),
    ),
    receive=Receiving(
        algs=("RSA-OAEP-256",), encs=("A256GCM",), envelope=InMember("encryptedResponse")
    ),
    open_question=(
        "The unit and type of iat: the page says milliseconds, its own example is a string of "
        "seconds, and the Python SDK writes an integer of seconds, as this profile does. Older "
        "SDKs write cty, and the current one does not. The request's own JWT names the key of the "
        "response, in the claim v-c-response-mle-kid, which this profile does not write."
    ),
)

MASTERCARD: Final = Profile(
    name="mastercard",
    about=(
        "Payload encryption of Mastercard's APIs with JWE: whole body only. Paths inside a body, "
        "which the published libraries support too, are not covered."
    ),
    sources=(
        "https://github.com/Mastercard/client-encryption-python",
        "https://developer.mastercard.com/cross-border-services/documentation/api-ref/encryption/",
    ),
    send=Sending(
        algs=("RSA-OAEP-256",),
        enc="A256GCM",
        header=(Kid("spki-sha256-hex"), Constant("cty", "application/json")),
        # Each of the APIs names its own member, and the response's may differ from the request's.
        envelope=InMember("encryptedData"),
    ),
    receive=Receiving(
        algs=("RSA-OAEP-256",),
        encs=("A128CBC-HS256", "A128GCM", "A192GCM", "A256GCM"),
        envelope=InMember("encryptedData"),
    ),
    confirmed=True,
)

AXIS_BANK: Final = Profile(
    name="axis-bank",
    about="Axis Bank: the payload is encrypted first, and the encrypted token is signed.",
    sources=("public integrator code, package com.axisbank.api.utils.security",),
    send=Sending(
        algs=("RSA-OAEP-256",),
        enc="A256GCM",
        nesting="encrypt-then-sign",
        sign_algs=("RS256",),
        sign_header=(Constant("cty", "JWE"),),
    ),
    receive=Receiving(
        algs=("RSA-OAEP-256",),
        encs=("A256GCM",),
        nesting="encrypt-then-sign",
        verify_algs=("RS256",),
    ),
    dual_use=True,
    open_question=(
        "Everything: this is read off integrators' code, and no page of the bank was found. One "
        "integrator writes cty, and the kid seen is a dummy, so none is written."
    ),
)

WISE: Final = Profile(
    name="wise",
    about="Wise: requests and responses that are encrypted and not signed.",
    sources=("https://docs.wise.com/guides/developer/auth-and-security/jose/jose-jwe",),
    send=Sending(algs=("RSA-OAEP-256",), enc="A256GCM", header=(Kid("reply-uuid"),)),
    receive=Receiving(algs=("RSA-OAEP-256",), encs=("A256GCM",)),
    open_question=(
        "The kid of a request is the UUID of the caller's own key, as excerpts of the guide have "
        "it; the guide as a whole could not be read. The media type application/jose+json and the "
        "HTTP header X-TW-JOSE-Method are the caller's to send."
    ),
)

_WISE_SIGNATURES: Final = ("ES256", "ES384", "ES512", "PS256", "PS384", "PS512")

WISE_SIGNED: Final = Profile(
    name="wise-signed",
    about="Wise: a signed token inside an encrypted one, both ways.",
    sources=("https://docs.wise.com/guides/developer/auth-and-security/jose/jose-jws-jwe",),
    send=Sending(
        algs=("RSA-OAEP-256",),
        enc="A256GCM",
        header=(Kid("reply-uuid"),),
        nesting="sign-then-encrypt",
        sign_algs=_WISE_SIGNATURES,
        sign_header=(Kid("optional"),),
    ),
    receive=Receiving(
        algs=("RSA-OAEP-256",),
        encs=("A256GCM",),
        nesting="sign-then-encrypt",
        verify_algs=_WISE_SIGNATURES,
    ),
    open_question=(
        "As for wise. A signature has typ, kid and url, the path of the call, which differs for "
        "each call: write them with your own Signer, because this profile does not."
    ),
)
