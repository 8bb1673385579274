"""The table of all profiles, by name.

Rules, for the modules that contain them:
- Every entry follows a public page or published code, which `sources` names. A guess is marked as
  an open question.
- A profile is for the party that calls the API, unless `about` says who sends and who receives.
- Header Parameters have the order of the sample, except for `alg` at the beginning and `enc` at the
  end. No recipient may depend on it (RFC 8259 section 4).

Source: for each profile its own `sources`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from joseal.profiles import identity, juspay, payments
from joseal.profiles.profile import Profile

_ALL: Final = (
    juspay.JUSPAY_PAYOUTS,
    juspay.JUSPAY_PAYOUTS_GUIDE,
    juspay.PAYOUTS_POST_QUANTUM,
    juspay.JUSPAY_EXPRESS,
    juspay.JUSPAY_EXPRESS_FIELDS,
    juspay.JUSPAY_WEBHOOKS,
    juspay.JUSPAY_TOKENIZATION,
    juspay.JUSBIZ,
    juspay.HYPERSWITCH_VAULT,
    payments.VISA_MLE,
    payments.CYBERSOURCE_MLE,
    payments.MASTERCARD,
    payments.AXIS_BANK,
    payments.WISE,
    payments.WISE_SIGNED,
    identity.OPEN_FINANCE_BRAZIL,
    identity.SPID_CIE,
    identity.OPENID4VP,
    identity.HAIP,
)

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {profile.name: profile for profile in _ALL}
)
