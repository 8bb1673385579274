"""The line of Python that makes a token similar to a given one.

Source: RFC 7515 section 5.1, RFC 7516 section 5.1.
"""

from typing import Final

from joseal._core.algorithms.registry import ALGS, ENCS, SIGS, has_own_enc
from joseal._core.wire import strict_json
from joseal._core.wire.header import MANAGED
from joseal.cli.anatomy import Anatomy

# `write_kid` writes the name of the key.
_MADE: Final = MANAGED | {"kid"}


def python(found: Anatomy) -> str | None:
    """Return the line, in printable ASCII; None if joseal makes no such token."""
    members, alg, enc = found.header, found.header.get("alg"), found.header.get("enc")
    own = {name: value for name, value in members.items() if name not in _MADE}
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
    if not isinstance(alg, str) or alg not in ALGS or ALGS[alg].legacy:
        return None
    if has_own_enc(alg) != (enc is None) or not (enc is None or enc in ENCS):
        return None
    named = [] if enc is None else [f'enc="{enc}"']
    zipped = ["compress=True"] if "zip" in members else []
    arguments = ["key", *named, *zipped, *more]
    return f"joseal.Encrypter({', '.join(arguments)}).encrypt(plaintext)"
