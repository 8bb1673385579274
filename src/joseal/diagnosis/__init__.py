r"""Find out what is wrong with a token that the other side can't decrypt, from its bytes alone.

    >>> from joseal.diagnosis import explain
    >>> explain('"eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA"').causes[0].code
    'json_string'

Rules:
- No key is used or accepted. The result follows from the token's bytes, which the sender has as
  well: it is not an oracle, and may be sent back.
- It contains no plaintext. Header values are shown; everyone who has the token can read them, so
  secrets don't belong there (RFC 7516 section 4).
- All output is printable ASCII, and truncated to a fixed size. The work is linear in the token.
- No text or bytes raise an exception.

`joseal doctor --key` tries what only a key can find, on the machine of the key's owner, and never
here: a server that tried variants would be the oracle.

Source: RFC 7516 sections 4, 5.2 and 11.5, RFC 7518 sections 4 and 5, RFC 7515 section 4.
"""

from joseal.diagnosis.explain_key import KeyExplanation, explain_key
from joseal.diagnosis.explain_token import explain
from joseal.diagnosis.model import Cause, Explanation, ProfileMatch, Segment

__all__ = [
    "Cause",
    "Explanation",
    "KeyExplanation",
    "ProfileMatch",
    "Segment",
    "explain",
    "explain_key",
]
