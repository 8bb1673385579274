"""The findings of trials with a key: for each stable code what is wrong, and what to do about it.

Source: RFC 7515 section 5, RFC 7516 section 5, RFC 7518 sections 3 to 5.
"""

from types import MappingProxyType
from typing import Final

from joseal.cli.doctor.findings import content, keys, signatures
from joseal.diagnosis import Cause
from joseal.diagnosis.causes import CODES as STRUCTURAL
from joseal.diagnosis.causes import cause
from joseal.diagnosis.causes.table import Texts

_TABLE: Final[Texts] = MappingProxyType({**keys.TEXTS, **content.TEXTS, **signatures.TEXTS})

# The text depends on the kind of the key; the code does not.
_KINDS: Final = ("_shared", "_password", "_hpke")

# Every code that a key can add, except those that the structure can also show.
CODES: Final = tuple(code for code in _TABLE if not code.endswith(_KINDS))


def finding(code: str, seen: str = "") -> Cause:
    """Return the cause for a code; `no_variant_shared` is `no_variant` for shared keys."""
    if code not in _TABLE and code in STRUCTURAL:
        return cause(code, seen)
    sentence, remedy = _TABLE[code]
    for kind in _KINDS:
        code = code.removesuffix(kind)
    return Cause(code=code, sentence=sentence, remedy=remedy, seen=seen)
