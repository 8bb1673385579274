"""The requirements of HPKE on a token and its JWK: enc, ek, the encapsulated secret and its size.

Rules:
- No key is used. A secret with the size for a KEM was not necessarily made with it, and no text
  claims that.

Source: draft-ietf-jose-hpke-encrypt sections 5 and 6, draft-ietf-jose-hpke-pq-pqt sections 3 and 4,
RFC 9180 section 7.1, FIPS 203 section 8, RFC 9964 section 3, FIPS 204 section 4.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from msgspec import UNSET

from joseal._core.algorithms import akp, curves
from joseal._core.algorithms.hpke.ml_kem import CIPHERTEXT_BYTES
from joseal._core.algorithms.hpke.suites import SUITES, TAG_BYTES
from joseal._core.algorithms.registry import ALGS, SIGS, AlgSpec
from joseal._core.wire.header import Members, from_member
from joseal.diagnosis.causes import cause
from joseal.diagnosis.lenient_parse import Part, Reading
from joseal.diagnosis.model import Cause, plain

# The size of a "private key" in FIPS 203 section 8 and FIPS 204 section 4; JOSE uses the seed.
_EXPANDED_BYTES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "ML-DSA-44": 2560,
        "ML-DSA-65": 4032,
        "ML-DSA-87": 4896,
        "ML-KEM-768": 2400,
        "ML-KEM-1024": 3168,
    }
)


def _point_bytes(curve: str) -> int:
    size = curves.field_bytes(curve)
    return size if curves.kty(curve) == "OKP" else 1 + 2 * size


def _secret_bytes(kem: str) -> int:
    if kem in akp.HYBRIDS:
        hybrid = akp.HYBRIDS[kem]
        return CIPHERTEXT_BYTES[hybrid.kem] + _point_bytes(hybrid.curve)
    return CIPHERTEXT_BYTES[kem] if kem in CIPHERTEXT_BYTES else _point_bytes(kem)


# The size of the encapsulated secret, by KEM.
_SECRETS: Final[Mapping[str, int]] = MappingProxyType(
    {suite.kem: _secret_bytes(suite.kem) for suite in SUITES.values()}
)


def names(alg: AlgSpec, members: Mapping[str, object]) -> Iterator[Cause]:
    """Compare the enc with the mode that the alg names."""
    if alg.content is not None and "enc" in members:
        yield cause("hpke_enc_present", plain(str(members["enc"])))
    if alg.content is None and "enc" not in members:
        yield cause("hpke_enc_missing", alg.name)


def header(alg: AlgSpec, known: Members) -> Iterator[Cause]:
    """Yield what is wrong with `ek` and `psk_id`."""
    if known.psk_id is not UNSET:
        yield cause("hpke_psk")
    if alg.content is not None:
        if known.ek is not UNSET:
            yield cause("ek_present", alg.name)
    elif known.ek is UNSET:
        yield cause("ek_missing", alg.name)
    else:
        raw = from_member(known.ek)
        if raw is None:
            yield cause("ek_form")
        else:
            yield from _encapsulated(alg, raw, "ek")


def integrated_sizes(alg: AlgSpec, reading: Reading) -> Iterator[Cause]:
    """Yield what is wrong with the segments of a token with Integrated Encryption."""
    secret, ciphertext = reading.part("encrypted key"), reading.part("ciphertext")
    if not secret.text:
        yield cause("encapsulated_missing", alg.name)
    elif secret.raw is not None:
        yield from _encapsulated(alg, secret.raw, "encrypted key")
    filled = [name for name in ("iv", "tag") if reading.part(name).text]
    if filled:
        yield cause("hpke_iv_tag", " and ".join(filled))
    if "tag" not in filled and _is_short(ciphertext):
        yield cause("hpke_ciphertext_short", f"{ciphertext.size} bytes")


def _is_short(ciphertext: Part) -> bool:
    return ciphertext.raw is not None and ciphertext.size < TAG_BYTES


def _encapsulated(alg: AlgSpec, raw: bytes, place: str) -> Iterator[Cause]:
    kem = "" if alg.suite is None else alg.suite.kem
    size = len(raw)
    if size == _SECRETS[kem]:
        if not _has_point(kem, raw):
            yield cause("encapsulated_point", f"{place}, {kem}")
        return
    seen = f"{place} of {size} bytes, and {kem} of {alg.name} makes {_SECRETS[kem]}"
    others = [other for other, its in _SECRETS.items() if its == size]
    if others:
        yield cause("kem_other", f"{seen}; {size} is what {' or '.join(others)} makes")
    else:
        yield cause("encapsulated_size", seen)


def _has_point(kem: str, raw: bytes) -> bool:
    """Tell whether the part on a curve is a point on it; this needs no key."""
    hybrid = akp.HYBRIDS.get(kem)
    if kem in CIPHERTEXT_BYTES:
        return True
    curve, tail = (
        (kem, raw) if hybrid is None else (hybrid.curve, raw[CIPHERTEXT_BYTES[hybrid.kem] :])
    )
    point = curves.load_encoded(curve, tail)
    return point is not None and not curves.has_low_order(point)


class KeyFault(NamedTuple):
    """A fault of a JWK of kty AKP, with its remedy."""

    kind: str
    sentence: str
    remedy: str


def jwk_fault(members: Mapping[str, object]) -> KeyFault | None:
    """Say why a JWK of kty AKP can't be loaded; None if nothing is found to be wrong."""
    if members.get("kty") != "AKP":
        return None
    alg = members.get("alg")
    spec = (ALGS.get(alg) or SIGS.get(alg)) if isinstance(alg, str) else None
    if spec is None or not spec.parameters:
        what = "no alg" if "alg" not in members else "an alg that takes no such key"
        remedy = "name the alg that the key was made for: it is part of such a key"
        return KeyFault("jwk-akp-alg", f"this is a JWK of kty AKP with {what}", remedy)
    return _pub_fault(members, spec.name, spec.parameters) or _seed_fault(members, spec.parameters)


def _pub_fault(members: Mapping[str, object], alg: str, parameters: str) -> KeyFault | None:
    pub, wanted = _size(members, "pub"), akp.public_bytes(parameters)
    if pub is None or pub == wanted:
        return None
    fitting = sorted(name for name in _all_parameters() if akp.public_bytes(name) == pub)
    more = f", as a key of {' or '.join(fitting)} has" if fitting else ""
    sentence = f"this is a JWK for {alg}, whose pub has {wanted} bytes, and it has {pub}{more}"
    remedy = "compare the alg with the one that the key was made for, and look whether it was cut"
    return KeyFault("jwk-akp-pub", sentence, remedy)


def _seed_fault(members: Mapping[str, object], parameters: str) -> KeyFault | None:
    priv, wanted = _size(members, "priv"), akp.seed_bytes(parameters)
    if priv is None or priv == wanted:
        return None
    is_expanded = priv == _expanded_bytes(parameters)
    what = "the size of an expanded private key" if is_expanded else f"{priv} bytes"
    sentence = f"this is a JWK whose priv has {what}, and {parameters} has a seed of {wanted} bytes"
    remedy = "write the seed into priv; if only the expanded key was kept, make a new pair"
    return KeyFault("jwk-akp-seed", sentence, remedy)


def _expanded_bytes(parameters: str) -> int:
    """Return the size of an expanded private key; in a hybrid key, a scalar follows it."""
    hybrid = akp.HYBRIDS.get(parameters)
    if hybrid is None:
        return _EXPANDED_BYTES[parameters]
    return _EXPANDED_BYTES[hybrid.kem] + curves.field_bytes(hybrid.curve)


def _all_parameters() -> set[str]:
    found = {spec.parameters for spec in ALGS.values()} | {
        spec.parameters for spec in SIGS.values()
    }
    return found - {""}


def _size(members: Mapping[str, object], name: str) -> int | None:
    value = members.get(name)
    raw = from_member(value) if isinstance(value, str) else None
    return None if raw is None else len(raw)
