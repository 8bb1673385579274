"""The causes, in tables by what they are about.

Source: RFC 7515, RFC 7516, RFC 7518; the mistakes are those that are seen between libraries.
"""

from joseal.diagnosis.causes.lookup import CODES, cause

__all__ = ["CODES", "cause"]
