"""The causes, in tables by subject.

Source: RFC 7515, RFC 7516, RFC 7518; the mistakes are those seen between libraries.
"""

from joseal.diagnosis.causes.lookup import CODES, cause

__all__ = ["CODES", "cause"]
