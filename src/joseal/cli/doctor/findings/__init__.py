"""The findings of trials with a key, in tables by subject.

Source: RFC 7515 section 5, RFC 7516 section 5, RFC 7518 sections 3 to 5.
"""

from joseal.cli.doctor.findings.lookup import CODES, finding

__all__ = ["CODES", "finding"]
