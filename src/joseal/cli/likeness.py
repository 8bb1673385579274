"""The line of Python that makes a token similar to a given one.

Source: RFC 7515 section 5.1, RFC 7516 section 5.1.
"""

from typing import Final

from joseal._core.algorithms.registry import ALGS, ENCS, SIGS
from joseal._core.wire import strict_json
from joseal.cli.anatomy import Anatomy

_MANAGED: Final = frozenset(
    {"alg", "enc", "kid", "zip", "epk", "apu", "apv", "p2s", "p2c", "iv", "tag", "b64"}
)


def python(found: Anatomy) -> str | None:
    """Return the line, in printable ASCII; None if joseal makes no such token."""
    members, alg, enc = found.header, found.header.get("alg"), found.header.get("enc")
    own = {name: value for name, value in members.items() if name not in _MANAGED}
    more: list[str] = []
    if members.get("b64") is False:
        listed = strict_json.as_list(own.pop("crit", None)) or []
        # The Signer itself adds b64 to crit.
        own |= {"crit": rest} if (rest := [name for name in listed if name != "b64"]) else {}
        more.append("b64=False")
    if own:
        more.append(f"header={own!a}")
    if isinstance(alg, str) and alg in SIGS and enc is None:
        detached = [] if found.segments[1].characters else ["detached=True"]
        return f"joseal.Signer({', '.join(['key', *detached, *more])}).sign(payload)"
    known = isinstance(alg, str) and alg in ALGS and isinstance(enc, str) and enc in ENCS
    if not known or ALGS[str(alg)].legacy:
        return None
    zipped = ["compress=True"] if "zip" in members else []
    arguments = ["key", f'enc="{enc}"', *zipped, *more]
    return f"joseal.Encrypter({', '.join(arguments)}).encrypt(plaintext)"
