"""Which profiles a header matches or nearly matches, and where it differs.

Source: the sources of the profiles.
"""

from collections.abc import Iterator
from typing import Final

from joseal._core.wire.header import has_media_type
from joseal.diagnosis.lenient_parse import Reading
from joseal.diagnosis.model import ProfileMatch, plain
from joseal.profiles import PROFILES, Constant, InMember, Kid, Receiving, Sending
from joseal.profiles.envelopes import Envelope

_MOST_SHOWN: Final = 8
_MOST_ALIKE: Final = 4


def matching(reading: Reading, member: str | None) -> tuple[ProfileMatch, ...]:
    """Return the directions of profiles that a JWE's header matches, then the near ones.

    If so many match that this says nothing, none are returned.

    Args:
        reading: the token.
        member: the member of a JSON object that contained the token; only profiles with it are then
            considered.
    """
    found = list(_all(reading, member))
    full = [match for match in found if not match.misses]
    near = [match for match in found if len(match.misses) == 1]
    if member is not None:
        return tuple((full + near)[:_MOST_SHOWN])
    return (*_telling(full), *_telling(near))


def _telling(found: list[ProfileMatch]) -> list[ProfileMatch]:
    """Drop the profiles whose header is that of any token with these algorithms."""
    return found if len({match.profile for match in found}) <= _MOST_ALIKE else []


def _all(reading: Reading, member: str | None) -> Iterator[ProfileMatch]:
    for profile in PROFILES.values():
        if profile.send is not None and _stands_in(profile.send.envelope, member):
            misses = tuple(_sent(profile.send, reading))
            yield ProfileMatch(profile=profile.name, direction="send", misses=misses)
        if profile.receive is not None and _stands_in(profile.receive.envelope, member):
            misses = tuple(_received(profile.receive, reading))
            yield ProfileMatch(profile=profile.name, direction="receive", misses=misses)


def _stands_in(envelope: Envelope, member: str | None) -> bool:
    return member is None or not isinstance(envelope, InMember) or envelope.name == member


def _sent(sending: Sending, reading: Reading) -> Iterator[str]:
    encs = () if sending.enc is None else (sending.enc,)
    yield from _algorithms(sending.algs, encs, reading)
    members = reading.members or {}
    for slot in sending.header:
        if isinstance(slot, Constant):
            if members.get(slot.name) != slot.value:
                yield f"{slot.name}: {slot.value} is wanted"
        elif isinstance(slot, Kid):
            if slot.source != "optional" and "kid" not in members:
                yield "kid: one is wanted"
        elif "iat" not in members:
            yield "iat: one is wanted"


def _received(receiving: Receiving, reading: Reading) -> Iterator[str]:
    yield from _algorithms(receiving.algs, receiving.encs, reading)
    members = reading.members or {}
    for name, wanted in (("typ", receiving.typ), ("cty", receiving.cty)):
        if wanted is not None and not has_media_type(members.get(name), wanted):
            yield f"{name}: {wanted} is wanted"


def _algorithms(algs: tuple[str, ...], encs: tuple[str, ...], reading: Reading) -> Iterator[str]:
    for name, wanted in (("alg", algs), ("enc", encs)):
        value = reading.text_of(name)
        is_right = value in wanted or (value is None and not wanted)
        if not is_right:
            shown = "none" if value is None else plain(value)
            yield f"{name}: {shown} instead of {' or '.join(wanted) or 'none'}"
