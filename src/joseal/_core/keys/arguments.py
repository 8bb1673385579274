"""The arguments next to a key for encryption and decryption: enc, info, apu, apv and AAD.

Rules:
- The key's alg decides which of them are needed, and which must not be given.

Source: RFC 7516 sections 4.1.2 and 7.2.1, RFC 7518 section 4.6.1, draft-ietf-jose-hpke-encrypt
sections 4 to 6.
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final, overload

from joseal._core import checks
from joseal._core.algorithms.registry import Enc, EncSpec, has_own_enc, lookup_enc, lookup_encs
from joseal._core.keys.key import Key
from joseal._core.keys.keyset import KeySet
from joseal._core.late import late
from joseal._core.wire.forms import Form

# Most programs use only the compact form.
if TYPE_CHECKING:
    from joseal._core.wire.json_form import encrypted
else:
    encrypted = late("joseal._core.wire.json_form.encrypted")

# One stage of HPKE writes its length in two bytes, and Key Encryption puts words around it.
MOST_INFO_BYTES: Final = 32 * 1024

_MISSING: Final = "enc is missing: a key for {} needs one, such as A256GCM"

# In CPython every empty bytes object is this one, so most calls only compare identities.
NO_INFO: Final = b""


def content_of(key: Key, enc: Enc | None) -> EncSpec:
    """Return the content encryption of the key's alg, or the one that the caller names.

    Raises:
        TypeError: there is none.
        ValueError: there are two, or the name is not known.
    """
    content = key._content
    if content is None:
        if enc is None:
            raise TypeError(_MISSING.format(key.alg))
        return lookup_enc(enc)
    if enc is not None:
        raise ValueError(f"enc must not be given: {key.alg} encrypts the plaintext itself")
    return content


def accepted_encs(keys: KeySet, enc: Enc | Collection[Enc] | None) -> list[EncSpec]:
    """Return the encs that a caller accepts, for the keys whose alg does not include one.

    Raises:
        TypeError: there is none, and a key needs one.
        ValueError: there is one and no key needs it, or a name is not known.
    """
    named = [key.alg for key in keys if key._content is None]
    if enc is None:
        if named:
            raise TypeError(_MISSING.format(named[0]))
        return []
    encs = lookup_encs(enc)
    if not named:
        raise ValueError(f"enc must not be given: {next(iter(keys)).alg} has no enc")
    return encs


def key_set(keys: Key | KeySet | Iterable[Key]) -> KeySet:
    """Return a set of the keys that a caller gave.

    Raises:
        TypeError: they are neither a key, nor a set, nor several keys.
        InvalidKeyError: as for `KeySet`.
    """
    return KeySet._of(keys)


@overload
def enc_in_use(enc: Enc | None, used: Iterable[str], known: Iterable[str]) -> Enc | None: ...


@overload
def enc_in_use(
    enc: Enc | Collection[Enc] | None, used: Iterable[str], known: Iterable[str]
) -> Enc | Collection[Enc] | None: ...


def enc_in_use(
    enc: Enc | Collection[Enc] | None, used: Iterable[str], known: Iterable[str]
) -> Enc | Collection[Enc] | None:
    """Return a caller's `enc` for the keys in use now; None if it is only for others.

    So one `enc` works throughout a change to or from integrated HPKE, which has none, and a missing
    one is noticed before the change.

    Args:
        enc: one or several names, for the keys that need one.
        used: the algs of the keys in use.
        known: the algs of all keys that the caller has, or accepts.

    Raises:
        TypeError: there is none, and a key needs one.
        ValueError: a name is not known.
    """
    needing = sorted(alg for alg in known if not has_own_enc(alg))
    if enc is None:
        if needing:
            raise TypeError(_MISSING.format(needing[0]))
        return None
    lookup_encs(enc)
    return None if needing and all(map(has_own_enc, used)) else enc


def drawn_cek_bytes(key: Key, enc: EncSpec) -> int:
    """Return how many bytes are drawn for a CEK; 0 if the CEK is the key, or is derived from it."""
    makes_cek = key._alg.family in {"dir", "hpke"} or key.alg == "ECDH-ES"
    return 0 if makes_cek else enc.cek_bytes


def enc_name(enc: EncSpec) -> Enc | None:
    """Return the name that a caller gives; None for a content encryption that is part of an alg."""
    return None if enc.inner_bytes else enc.name


def acceptable(form: Form, names: Collection[str]) -> frozenset[str]:
    """Check the names that a caller accepts from an unauthenticated header.

    Raises: as `encrypted.acceptable`.
    """
    if form == "compact" and isinstance(names, tuple) and not names:
        return frozenset()
    return encrypted.acceptable(names)


def is_info_given(info: object) -> bool:
    """Tell whether there is an `info` to check. Bytes are compared with bytes only."""
    return not isinstance(info, bytes) or info != b""


def checked_info(info: bytes, keys: Iterable[Key]) -> bytes:
    """Check what the application puts into the key schedule.

    Raises:
        TypeError: it is not bytes.
        ValueError: no key is for HPKE, or it is over 32 KiB.
    """
    if not isinstance(info, bytes):
        raise checks.not_bytes("info", info)
    if len(info) > MOST_INFO_BYTES:
        raise ValueError(f"info must have at most {MOST_INFO_BYTES} bytes: hash what is longer")
    if not any(key._is_hpke for key in keys):
        raise ValueError(f"info is for HPKE, the key is bound to {next(iter(keys)).alg}")
    return info


def parties(key: Key, apu: bytes, apv: bytes) -> tuple[bytes, bytes]:
    """Check the names of the parties, for ECDH-ES.

    Raises:
        TypeError: one is not bytes.
        ValueError: the key is for a different alg, or both are the same.
    """
    for argument, party in (("apu", apu), ("apv", apv)):
        if not isinstance(party, bytes):
            raise checks.not_bytes(argument, party)
    if (apu or apv) and not key.alg.startswith("ECDH-ES"):
        raise ValueError(f"apu and apv are for ECDH-ES, the key is bound to {key.alg}")
    if apu and apu == apv:
        raise ValueError("apu and apv must differ")
    return apu, apv


def check_aad(aad: bytes, form: Form) -> None:
    """Check the additional data that a caller gave.

    Raises:
        TypeError: it is not bytes.
        ValueError: it is empty, or the form has no place for it.
    """
    if not isinstance(aad, bytes):
        raise checks.not_bytes("aad", aad)
    if form == "compact":
        raise ValueError("aad goes with form='flattened' or form='general'")
    if aad == b"":
        raise ValueError("aad must not be empty: leave it out")
