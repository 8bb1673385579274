"""What trials with a key can find, in tables by what they are about.

Source: RFC 7515 section 5, RFC 7516 section 5, RFC 7518 sections 3 to 5.
"""

from joseal.cli.doctor.findings.lookup import CODES, finding

__all__ = ["CODES", "finding"]
