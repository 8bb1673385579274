"""Which texts are valid hosts: an address from a caller is checked where it is passed in.

Rules:
- A host is an IPv6 address in brackets, or labels of a domain name, of which IPv4 is a special
  case. Resolvers and urllib3 each raise their own exception for everything else.

Source: RFC 3986 section 3.2.2, RFC 1035 section 2.3.4 (the sizes of labels and names).
"""

import ipaddress
from typing import Final

_MOST_CHARACTERS: Final = 253
_MOST_OF_LABEL: Final = 63


def is_host(host: str) -> bool:
    """Tell whether a text of letters, digits, hyphens and dots, or in brackets, is a host."""
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            return False
        return host.endswith("]")
    # A trailing dot is the root.
    labels = host.removesuffix(".").split(".")
    return len(host) <= _MOST_CHARACTERS and all(
        0 < len(label) <= _MOST_OF_LABEL for label in labels
    )
