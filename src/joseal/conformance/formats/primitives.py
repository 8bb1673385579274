"""Wycheproof's files on primitives, for those that joseal has a function for.

Inputs that JOSE does not have (other IVs, labels, truncated tags, other hashes) are recognized
here: such a case has to be refused, or is not run, and the report says why.

Source: github.com/C2SP/wycheproof, schemas/*_test_schema*.json.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from msgspec import field

from joseal._core.algorithms.registry import ENCS, SIGS
from joseal._core.keys.validate import RSA_LEAST_BITS, RSA_MOST_BITS
from joseal._core.secrecy import Hidden
from joseal._core.wire import strict_json
from joseal.conformance import differences
from joseal.conformance.formats.cases import about, each, unhex
from joseal.conformance.model import (
    Agree,
    Case,
    Cbc,
    Content,
    Expected,
    Jwk,
    Mac,
    NotRun,
    Task,
    UnwrapAes,
    UnwrapRsa,
)

_Read: TypeAlias = Callable[[dict[str, object], str], list[Case]]

_NO_ENC: Final = "an AEAD or a size of key that no enc has"
_NO_SIG: Final = "a hash that no HMAC of JWS has"
_NO_OAEP: Final = "no alg has this hash, or this pair of hashes, in OAEP"
_PBKDF2: Final = "joseal derives with the salt that PBES2 prescribes, which begins with the alg"

_CHACHA: Final[Mapping[str, str]] = {"CHACHA20-POLY1305": "C20P", "XCHACHA20-POLY1305": "XC20P"}
_OAEP: Final[Mapping[str, str]] = {
    "SHA-1": "RSA-OAEP",
    "SHA-256": "RSA-OAEP-256",
    "SHA-384": "RSA-OAEP-384",
    "SHA-512": "RSA-OAEP-512",
}


class _Test(Hidden, frozen=True, kw_only=True):
    id: int = field(name="tcId")
    result: Literal["valid", "acceptable", "invalid"]
    comment: str = ""
    flags: tuple[str, ...] = ()

    def case(self, task: Task, output: str, different: str | None = None) -> Case:
        """Make the case; it expects bytes unless the file says invalid."""
        named = about(self.id, self.comment, self.flags)
        if self.result == "invalid":
            return Case(*named, task)
        if self.result == "acceptable":
            return Case(*named, task, Expected(unhex(output), may_refuse=True))
        return Case(*named, task, Expected(unhex(output)), different)


class _Sealed(_Test, frozen=True, kw_only=True):
    key: str
    iv: str
    msg: str
    ct: str
    aad: str = ""
    tag: str = ""


class _Wrapped(_Test, frozen=True, kw_only=True):
    msg: str
    ct: str
    key: str = ""
    label: str = ""


class _Mac(_Test, frozen=True, kw_only=True):
    key: str
    msg: str
    tag: str


class _Agreed(_Test, frozen=True, kw_only=True):
    private: Jwk
    public: Jwk
    shared: str


class _Group(Hidden, frozen=True, kw_only=True):
    tests: list[object]
    key_size: int = field(name="keySize", default=0)
    tag_size: int = field(name="tagSize", default=0)
    sha: str = ""
    mgf_sha: str = field(name="mgfSha", default="")
    pem: str = field(name="privateKeyPem", default="")


def _group(value: dict[str, object]) -> _Group:
    return strict_json.convert(value, _Group)


def _aead(value: dict[str, object], algorithm: str) -> list[Case]:
    group = _group(value)
    name = _CHACHA.get(algorithm, algorithm)
    if algorithm == "AES-GCM":
        name = f"A{group.key_size}GCM"
    enc = ENCS.get(name)

    def make(test: _Sealed) -> Case:
        if enc is None or len(unhex(test.key)) != enc.cek_bytes:
            return test.case(NotRun(_NO_ENC), test.msg)
        iv = unhex(test.iv)
        task = Content(name, unhex(test.key), iv, unhex(test.aad), unhex(test.ct), unhex(test.tag))
        different = None if len(iv) == enc.iv_bytes else differences.IV_SIZE
        return test.case(task, test.msg, different)

    return each(group.tests, _Sealed, make)


def _cbc(value: dict[str, object], algorithm: str) -> list[Case]:
    def make(test: _Sealed) -> Case:
        task = Cbc(unhex(test.key), unhex(test.iv), unhex(test.ct))
        known = algorithm == "AES-CBC-PKCS5"
        return test.case(task if known else NotRun(_NO_ENC), test.msg)

    return each(_group(value).tests, _Sealed, make)


def _key_wrap(value: dict[str, object], algorithm: str) -> list[Case]:
    def make(test: _Wrapped) -> Case:
        known = algorithm == "AES-WRAP"
        task = UnwrapAes(unhex(test.key), unhex(test.ct)) if known else NotRun(_NO_ENC)
        return test.case(task, test.msg)

    return each(_group(value).tests, _Wrapped, make)


def _mac(value: dict[str, object], algorithm: str) -> list[Case]:
    name, group = algorithm.replace("HMACSHA", "HS"), _group(value)

    def make(test: _Mac) -> Case:
        if name not in SIGS:
            return test.case(NotRun(_NO_SIG), "")
        task = Mac(name, unhex(test.key), unhex(test.msg), unhex(test.tag))
        whole = group.tag_size == int(name.removeprefix("HS"))
        return test.case(task, test.msg, None if whole else differences.CUT_TAG)

    return each(group.tests, _Mac, make)


def _pbkdf2(value: dict[str, object], _algorithm: str) -> list[Case]:
    return each(_group(value).tests, _Test, lambda test: test.case(NotRun(_PBKDF2), ""))


def _oaep(value: dict[str, object], _algorithm: str) -> list[Case]:
    group = _group(value)
    alg = _OAEP.get(group.sha) if group.sha == group.mgf_sha else None

    def make(test: _Wrapped) -> Case:
        if alg is None:
            return test.case(NotRun(_NO_OAEP), test.msg)
        label = differences.LABEL if test.label else None
        return test.case(_rsa(alg, group, test), test.msg, _size(group) or label)

    return each(group.tests, _Wrapped, make)


def _pkcs1(value: dict[str, object], _algorithm: str) -> list[Case]:
    group = _group(value)

    def make(test: _Wrapped) -> Case:
        task = _rsa("RSA1_5", group, test)
        if test.result != "invalid":
            return test.case(task, test.msg, _size(group))
        # Bad padding gives bytes derived from key and ciphertext, so that nobody can tell.
        named = about(test.id, test.comment, test.flags)
        return Case(*named, task, Expected(but_not=unhex(test.msg)))

    return each(group.tests, _Wrapped, make)


def _rsa(alg: str, group: _Group, test: _Wrapped) -> Task:
    return UnwrapRsa(alg, group.pem, unhex(test.ct))


def _size(group: _Group) -> str | None:
    fits = RSA_LEAST_BITS <= group.key_size <= RSA_MOST_BITS
    return None if fits else differences.RSA_SIZE


def _agreement(value: dict[str, object], _algorithm: str) -> list[Case]:
    def make(test: _Agreed) -> Case:
        # RFC 7748 section 5 accepts every such key, except for the all-zero secret.
        task, zero = Agree(test.private, test.public), set(test.shared) == {"0"}
        if test.result == "invalid":
            return test.case(task, "")
        named = about(test.id, test.comment, test.flags)
        may_refuse = zero and test.result == "acceptable"
        return Case(*named, task, Expected(unhex(test.shared), may_refuse=may_refuse))

    return each(_group(value).tests, _Agreed, make)


READERS: Final[Mapping[str, _Read]] = {
    "AeadTest": _aead,
    "EcdhWebcryptoTest": _agreement,
    "IndCpaTest": _cbc,
    "KeywrapTest": _key_wrap,
    "MacTest": _mac,
    "PbkdfTest": _pbkdf2,
    "RsaesOaepDecrypt": _oaep,
    "RsaesPkcs1Decrypt": _pkcs1,
    "XdhJwkComp": _agreement,
}
