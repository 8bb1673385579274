r"""Say what is wrong with a token that the other side can't open, from its bytes alone.

    >>> from joseal.diagnosis import explain
    >>> explain('"eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA"').causes[0].code
    'json_string'

Rules:
- No key is used and none is taken. What is told follows from the token's bytes, which the one who
  sent them has as well: it is not an oracle, and may be sent back.
- There is no plaintext in it. Values of the header are shown, which are readable by everyone who
  has the token: what must not be read by them does not belong there (RFC 7516 section 4).
- Whatever is shown is printable ASCII, and cut to a fixed size. The work is linear in the token.
- Nothing is raised for any text or bytes.

What only a key can find is tried by `joseal doctor --key`, on the machine of the one who has it,
and never here: a server that tried variants would be the oracle.

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
