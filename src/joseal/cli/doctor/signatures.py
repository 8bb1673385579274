"""Verify a JWS with the given keys, and name the differences of a signature that does not verify.

Source: RFC 7515 section 5.2, RFC 7797 sections 3 and 5.
"""

from typing import Final

from joseal import InvalidKeyError, Key, KeyUnavailableError, TokenError, Verifier
from joseal._core.algorithms.registry import SIGS
from joseal._core.secrecy import hide_locals
from joseal._core.wire import base64url, strict_json
from joseal._core.wire.compact import JWS_SEGMENTS
from joseal.cli import key_files
from joseal.cli.doctor import key_ring, keys
from joseal.cli.doctor.findings import finding
from joseal.cli.doctor.key_ring import Given
from joseal.cli.doctor.keys import Findings
from joseal.cli.doctor.variants import signatures as signature_variants
from joseal.diagnosis import Cause
from joseal.diagnosis.lenient_parse import Reading

_MOST_KEYS: Final = 16
_INVALID: Final = {"signature_invalid", "payload_detached"}


@hide_locals
def examine(raw: bytes, reading: Reading, given: Given) -> Findings:
    """Verify with the keys that are given.

    Raises:
        InvalidKeyError: the file has no key that can be used.
        UsageError: a password is given without a key or an alg that needs one.
    """
    return keys.of_best(reading, lambda each: _of_signature(raw, each, given))


def _of_signature(raw: bytes, reading: Reading, given: Given) -> tuple[int, Findings]:
    ring = key_ring.own(reading, given)
    named = tuple(keys.names(reading, ring, key_ring.others(reading, given)))
    if not ring:
        return 0, Findings(causes=named)
    accepted, reason = _strictly(raw, ring, given)
    if accepted is not None:
        return 0, Findings(
            notes=(*named, *keys.unnamed(reading, ring, named)),
            with_key=True,
            tried=True,
            opened=True,
            accepted=True,
            content_bytes=accepted[1],
            key=accepted[0],
        )
    found, key = _tried(reading, ring, given)
    causes = (*named, *_short(key), *(() if found is None else found), *_switches(reading, given))
    opened = found is not None and not _INVALID & {cause.code for cause in found}
    return int(found is not None), Findings(
        causes=causes,
        with_key=True,
        tried=found is not None,
        opened=opened,
        key=key,
        reason=reason,
    )


def _strictly(raw: bytes, ring: list[Key], given: Given) -> tuple[tuple[Key, int] | None, str]:
    """Try the object that a user would make, without switches; or return why it refuses."""
    try:
        verifier = Verifier(key_files.for_signatures(key_ring.by_default(ring)))
        verified = verifier.open(raw, payload=given.payload)
    except (TokenError, InvalidKeyError, KeyUnavailableError) as error:
        return None, str(error)
    return (verified.key, len(verified.payload)), ""


def _tried(
    reading: Reading, ring: list[Key], given: Given
) -> tuple[tuple[Cause, ...] | None, Key | None]:
    """Return the causes for the key that verifies, or that none does; None if none could."""
    alg = reading.text_of("alg")
    if alg is None or len(reading.parts) != JWS_SEGMENTS or alg not in SIGS:
        return None, ring[0]
    sig, tried = SIGS[alg], [key_ring.bound_to(key, alg) for key in ring[:_MOST_KEYS]]
    usable = [key for key in tried if key is not None]
    for key in usable:
        codes = signature_variants.codes_of(reading, key, sig, given.payload)
        if codes is not None:
            return _merged(reading, tuple(finding(*code) for code in codes), given), key
    if not usable:
        return None, ring[0]
    if not reading.part("payload").text and given.payload is None:
        return (finding("payload_detached"),), usable[0]
    shared = "_shared" if usable[0].is_symmetric else ""
    return (finding(f"signature_invalid{shared}"),), usable[0]


def _short(key: Key | None) -> tuple[Cause, ...]:
    """Name an HMAC secret that loads only with a switch."""
    seen = None if key is None else key_ring.too_short(key)
    return () if seen is None else (finding("hmac_short", seen),)


def _merged(reading: Reading, causes: tuple[Cause, ...], given: Given) -> tuple[Cause, ...]:
    """Say how the payload was signed only where that is not what the header says."""
    announced = (reading.members or {}).get("b64") is False
    rest = tuple(one for one in causes if one.code != "b64_unannounced")
    if announced:
        return rest if len(rest) < len(causes) else (*rest, finding("b64_ignored"))
    is_encoded = given.payload is not None and base64url.decode(given.payload) is not None
    if is_encoded and len(rest) < len(causes):
        # The bytes that were signed are those of a payload that was not encoded once more.
        return (*rest, finding("payload_encoded"))
    return causes


def _switches(reading: Reading, given: Given) -> tuple[Cause, ...]:
    """Name what a default `Verifier` refuses in this token, and the setting that allows it."""
    members = reading.members or {}
    named = strict_json.as_list(members.get("crit")) or []
    unencoded: tuple[Cause, ...] = ()
    if members.get("b64") is False:
        code = "b64_unencoded" if "b64" in named else "b64_not_critical"
        unencoded = (finding(code),)
    crit = (finding("crit_extension"),) if [name for name in named if name != "b64"] else ()
    shown = given.payload is not None and reading.part("payload").text
    twice = (finding("payload_given_twice"),) if shown else ()
    return (*unencoded, *crit, *twice)
