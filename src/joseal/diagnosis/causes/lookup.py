"""The causes: for each stable code what is wrong, and what to do about it.

The codes are a contract; the sentences may be reworded. Causes that only a key can find are with
the trials of the command line.

Source: RFC 7515, RFC 7516, RFC 7518; the mistakes are those seen between libraries.
"""

from types import MappingProxyType
from typing import Final

from joseal.diagnosis.causes import around, form, header, hpke, possible, sizes
from joseal.diagnosis.causes.table import Texts
from joseal.diagnosis.model import Cause

_TABLE: Final[Texts] = MappingProxyType(
    {
        **around.TEXTS,
        **form.FORM,
        **form.ENCODING,
        **header.TEXTS,
        **hpke.TEXTS,
        **sizes.TEXTS,
        **possible.TEXTS,
    }
)

# Every code that an explanation can have.
CODES: Final = tuple(_TABLE)


def cause(code: str, seen: str = "") -> Cause:
    """Return the cause for a code from the table."""
    sentence, remedy = _TABLE[code]
    return Cause(code=code, sentence=sentence, remedy=remedy, seen=seen)
