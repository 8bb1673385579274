"""Profiles: named parameter sets for APIs that use JWE, each direction separately.

    >>> from joseal import Key, profiles
    >>> visa = Key.generate("RSA-OAEP-256", kid="mle-key-id")
    >>> encrypter = profiles.VISA_MLE.encrypter(visa.public())
    >>> encrypter.encrypt(b"{}")[:12]
    '{"encData":"'
    >>> profiles.VISA_MLE.confirmed
    False
    >>> ours = profiles.VISA_MLE.with_send(enc="A256GCM")

A profile says what public pages say. If these are truncated or contradict each other, `confirmed`
is False and `open_question` says what to ask before going live.

Source: for each profile its own `sources`.
"""

from joseal.profiles.codec import BodyDecrypter, BodyEncrypter
from joseal.profiles.envelopes import RAW, Envelope, Fields, InMember, Raw
from joseal.profiles.identity import HAIP, OPEN_FINANCE_BRAZIL, OPENID4VP, SPID_CIE
from joseal.profiles.juspay import (
    HYPERSWITCH_VAULT,
    JUSBIZ,
    JUSPAY_EXPRESS,
    JUSPAY_EXPRESS_FIELDS,
    JUSPAY_PAYOUTS,
    JUSPAY_PAYOUTS_GUIDE,
    JUSPAY_TOKENIZATION,
    JUSPAY_WEBHOOKS,
    PAYOUTS_POST_QUANTUM,
)
from joseal.profiles.model import Nesting, Receiving, Sending
from joseal.profiles.payments import (
    AXIS_BANK,
    CYBERSOURCE_MLE,
    MASTERCARD,
    VISA_MLE,
    WISE,
    WISE_SIGNED,
)
from joseal.profiles.profile import Profile
from joseal.profiles.registry import PROFILES
from joseal.profiles.template import (
    CertificateParameter,
    Constant,
    IssuedAt,
    Kid,
    KidSource,
    Template,
    kid_of,
)

__all__ = [
    "AXIS_BANK",
    "CYBERSOURCE_MLE",
    "HAIP",
    "HYPERSWITCH_VAULT",
    "JUSBIZ",
    "JUSPAY_EXPRESS",
    "JUSPAY_EXPRESS_FIELDS",
    "JUSPAY_PAYOUTS",
    "JUSPAY_PAYOUTS_GUIDE",
    "JUSPAY_TOKENIZATION",
    "JUSPAY_WEBHOOKS",
    "MASTERCARD",
    "OPENID4VP",
    "OPEN_FINANCE_BRAZIL",
    "PAYOUTS_POST_QUANTUM",
    "PROFILES",
    "RAW",
    "SPID_CIE",
    "VISA_MLE",
    "WISE",
    "WISE_SIGNED",
    "BodyDecrypter",
    "BodyEncrypter",
    "CertificateParameter",
    "Constant",
    "Envelope",
    "Fields",
    "InMember",
    "IssuedAt",
    "Kid",
    "KidSource",
    "Nesting",
    "Profile",
    "Raw",
    "Receiving",
    "Sending",
    "Template",
    "kid_of",
]
