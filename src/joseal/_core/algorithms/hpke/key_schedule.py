"""The key schedule of HPKE in base mode, with HKDF in two stages or SHAKE256 in one.

Rules:
- Pure functions. Every input that could be cut in two ways is separated by a label and a length.
- Base mode alone: there is no pre-shared key, and nothing here takes one.

Source: RFC 9180 sections 4 and 5.1; draft-ietf-hpke-hpke section 5.1 for one stage.
"""

from typing import Final, NamedTuple

from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from joseal._core.algorithms.hashes import HASHES, shake256
from joseal._core.algorithms.hpke.suites import NONCE_BYTES, HpkeSuite
from joseal._core.algorithms.registry import HashName

_VERSION: Final = b"HPKE-v1"
_BASE_MODE: Final = b"\x00"
# The size of the exporter secret. JOSE does not use it, but the output of SHAKE256 depends on it.
_EXPORTER_BYTES: Final = 64


def schedule(suite: HpkeSuite, secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Derive the AEAD's key and nonce from a KEM's shared secret. RFC 9180 section 5.1."""
    if suite.kdf == "shake256":
        return _one_stage(suite, secret, info)
    return _two_stages(suite, suite.kdf, secret, info)


def extract_and_expand(suite: HpkeSuite, secret: bytes, kem_context: bytes) -> bytes:
    """Derive the shared secret of DHKEM from a Diffie-Hellman secret. RFC 9180 section 4.1.

    Raises:
        ValueError: the suite is not one with DHKEM.
    """
    if suite.kdf == "shake256":
        raise ValueError("a KEM on a curve has HKDF")
    hkdf = _Hkdf(suite.kdf, suite.kem_suite)
    prk = hkdf.extract(b"", b"eae_prk", secret)
    size = HASHES[suite.kdf].digest_size
    return hkdf.expand(prk, b"shared_secret", kem_context, size)


def _two_stages(
    suite: HpkeSuite, name: HashName, secret: bytes, info: bytes
) -> tuple[bytes, bytes]:
    hkdf = _Hkdf(name, suite.hpke_suite)
    psk_id_hash = hkdf.extract(b"", b"psk_id_hash", b"")
    info_hash = hkdf.extract(b"", b"info_hash", info)
    context = b"".join((_BASE_MODE, psk_id_hash, info_hash))
    prk = hkdf.extract(secret, b"secret", b"")
    key = hkdf.expand(prk, b"key", context, suite.key_bytes)
    return key, hkdf.expand(prk, b"base_nonce", context, NONCE_BYTES)


class _Hkdf(NamedTuple):
    """LabeledExtract and LabeledExpand. RFC 9180 section 4."""

    name: HashName
    suite_id: bytes

    def extract(self, salt: bytes, label: bytes, ikm: bytes) -> bytes:
        labeled = b"".join((_VERSION, self.suite_id, label, ikm))
        return HKDF.extract(HASHES[self.name], salt, labeled)

    def expand(self, prk: bytes, label: bytes, info: bytes, size: int) -> bytes:
        labeled = b"".join((size.to_bytes(2, "big"), _VERSION, self.suite_id, label, info))
        return HKDFExpand(HASHES[self.name], size, labeled).derive(prk)


def _one_stage(suite: HpkeSuite, secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    no_psk = no_psk_id = _counted(b"")
    secrets = no_psk + _counted(secret)
    context = b"".join((_BASE_MODE, no_psk_id, _counted(info)))
    size = suite.key_bytes + NONCE_BYTES + _EXPORTER_BYTES
    label = _counted(b"secret") + size.to_bytes(2, "big")
    raw = shake256(b"".join((secrets, _VERSION, suite.hpke_suite, label, context)), size)
    return raw[: suite.key_bytes], raw[suite.key_bytes : suite.key_bytes + NONCE_BYTES]


def _counted(raw: bytes) -> bytes:
    return len(raw).to_bytes(2, "big") + raw
