"""Where joseal intentionally differs from a published vector: a table, with reasons.

Rules:
- A case is identified by its file's schema, its number and the end of its token, so that a case
  from a different file never matches.
- A listed case that gives its file's result is unexpected too: the table has only real differences.
- Differences that follow from a case's inputs (a size, a label) are detected by the reader of the
  format, before anything is run. Their reasons are here.

Source: docs/decisions.md, decision 14; SECURITY.md.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RSA_SIZE: Final = "RSA keys must have 2048 to 16384 bits"
LABEL: Final = "JWE has no OAEP label"
IV_SIZE: Final = "JWE has no IV of this size"
CUT_TAG: Final = "JWS has no HMAC that is cut short"

_ANOTHER_ALG: Final = "a key is bound to its own alg, PS256, and the token's is PS384"
_NO_ALG: Final = "the key's own alg, ES521, does not exist"
_FOREIGN: Final = "a segment has a character that is not base64url"
_CONTRADICTED: Final = "marked invalid, but byte for byte the valid case 357, with the same key"

_SIGNATURE: Final = "json_web_signature_schema_v1.json"

_TABLE: Final[Mapping[tuple[str, str, str], str]] = MappingProxyType(
    {
        (_SIGNATURE, "346", "4ifKo8DYM-X72Eaw"): _ANOTHER_ALG,
        (_SIGNATURE, "347", "OcGDqoRuBomu9xQ2"): _NO_ALG,
        (_SIGNATURE, "350", "4ifKo8DYM-X72Eaw"): _ANOTHER_ALG,
        (_SIGNATURE, "351", "OcGDqoRuBomu9xQ2"): _NO_ALG,
        (_SIGNATURE, "367", "e_AnDWbZ7aMmowV8"): _CONTRADICTED,
        (_SIGNATURE, "370", "e_AnDWbZ7aMmowV8"): _CONTRADICTED,
        (_SIGNATURE, "372", "e_AnDWbZ7aMmowV8"): _FOREIGN,
        (_SIGNATURE, "373", "e_AnDWbZ7aMmowV8"): _FOREIGN,
    }
)
_TAIL: Final = 16


def reason(schema: str, case: str, token: str) -> str | None:
    """Return why joseal intentionally differs; None if it does not."""
    return _TABLE.get((schema, case, token[-_TAIL:]))
