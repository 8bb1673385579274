"""What must be refused, as a table: each rule, its faults, and where each fault must have a case.

A fault is told by the words of its cases behind "From N: ". A rule holds over an axis, such as the
families of algs: each of its faults needs a case in each cell of it, but for those cells that the
rule excepts with a reason. The cells come from joseal's own tables, so that a new alg, enc or curve
is missed here until it has its cases.
"""

import itertools
import json
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import NamedTuple

from tests.vectors.vector_files import Case, group_of

from joseal._core.algorithms import registry
from joseal._core.algorithms.registry import ENCS, KOBLITZ, AlgSpec
from joseal._core.algorithms.registry import WEIERSTRASS as NIST
from joseal._core.wire import base64url

# HPKE has rules and cases of its own (`HPKE` below). What ML-KEM encapsulates and ML-DSA signs is
# fresh in every run, so that no file of the generator has it: `tests/vectors/test_hpke_drafts.py`
# and `tests/core` have their cases.
ALGS = {name: alg for name, alg in registry.ALGS.items() if alg.suite is None}
SIGS = {name: sig for name, sig in registry.SIGS.items() if sig.family != "ml-dsa"}
HPKE_ALGS = {name: alg for name, alg in registry.ALGS.items() if alg.suite and alg.curves}

JWE_SEGMENTS = ("header", "encrypted key", "IV", "ciphertext", "tag")
JWS_SEGMENTS = ("header", "payload", "signature")
NAMES = {5: JWE_SEGMENTS, 3: JWS_SEGMENTS}


def family_of(alg: AlgSpec) -> str:
    return f"{alg.family}+kw" if alg.family == "ecdh-es" and alg.key_bytes else alg.family


FAMILIES = {family_of(alg) for alg in ALGS.values()}
SIGNING = {sig.family for sig in SIGS.values()}
WRAPPED = {name for name, alg in ALGS.items() if family_of(alg) not in {"dir", "ecdh-es"}}
WRAPPED_FAMILIES = {family_of(ALGS[name]) for name in WRAPPED}
BLOCKS = {name for name, enc in ENCS.items() if enc.block_bytes > 1}
SHARED = {name for name, alg in {**ALGS, **SIGS}.items() if alg.kind == "oct" and name != "dir"}
CURVES = set(ALGS["ECDH-ES"].curves)
AGREED = set(itertools.product(CURVES, ("ecdh-es", "ecdh-es+kw")))
KEY_CURVES = {crv for alg in (*ALGS.values(), *SIGS.values()) for crv in alg.curves}
POINTS = {crv for crv in KEY_CURVES if crv in (*NIST, *KOBLITZ)}


class Fault(NamedTuple):
    """A negative case next to the valid one that it was made from."""

    case: Case
    base: Case

    @property
    def words(self) -> str:
        return self.case.test["comment"].partition(": ")[2]

    @property
    def key(self) -> dict:
        """The key of the group, or the JWK that the case was made from."""
        group = group_of(self.case.file, self.case.group)
        if "key" in group:
            return group["key"]
        if "keys" in group:
            return {**group["keys"]["keys"][-1]}
        held = json.loads(self.base.test.get("jwk", "{}"))
        return {"alg": group["loader"].get("alg"), **held}

    @property
    def alg(self) -> str:
        alg = str(self.key.get("alg"))
        return "dir" if alg in ENCS and "jwk" not in self.base.test else alg

    @property
    def family(self) -> str:
        known = registry.ALGS.get(self.alg)
        return SIGS[self.alg].family if known is None else family_of(known)

    @property
    def enc(self) -> str:
        return self.base.test["header"].get("enc", "none")

    @property
    def agreed(self) -> tuple[str, str]:
        return str(self.key.get("crv")), self.family

    @property
    def segment(self) -> str:
        """The first segment that is not the valid token's."""
        now, then = self.case.test["token"].split("."), self.base.test["token"].split(".")
        if len(now) != len(then):
            return "whole"
        changed = [index for index, part in enumerate(then) if part != now[index]]
        return NAMES[len(then)][changed[0]] if changed else "none"

    def size(self, index: int) -> int:
        raw = base64url.decode(self.case.test["token"].split(".")[index].encode())
        return -1 if raw is None else len(raw)


class Axis(NamedTuple):
    """Where a rule must hold: how a case tells its cell, and all cells that there are."""

    cell: Callable[[Fault], Hashable]
    cells: Collection[Hashable]


ONCE = Axis(lambda _: "once", ["once"])
FAMILY = Axis(lambda fault: fault.family, FAMILIES)
SIGNED = Axis(lambda fault: fault.family, SIGNING)
ALG = Axis(lambda fault: fault.alg, ALGS)
HPKE = Axis(lambda fault: fault.alg, HPKE_ALGS)
HPKE_INTEGRATED = Axis(lambda fault: fault.alg, [n for n, alg in HPKE_ALGS.items() if alg.content])
HPKE_KE = Axis(lambda fault: fault.alg, [n for n, alg in HPKE_ALGS.items() if not alg.content])
HPKE_POINTS = Axis(
    lambda fault: fault.alg, [n for n, alg in HPKE_ALGS.items() if alg.curves[0][0] == "P"]
)
HPKE_LOW = Axis(
    lambda fault: fault.alg, [n for n, alg in HPKE_ALGS.items() if alg.curves[0][0] == "X"]
)
SIG = Axis(lambda fault: fault.alg, SIGS)
ENC = Axis(lambda fault: fault.enc, ENCS)
BLOCK = Axis(lambda fault: fault.enc, BLOCKS)
STREAM = Axis(lambda fault: fault.enc, set(ENCS) - BLOCKS)
WRAPPING = Axis(lambda fault: fault.alg, WRAPPED)
UNWRAPPED = Axis(lambda fault: fault.alg, set(ALGS) - WRAPPED)
WRAPPING_ENC = Axis(
    lambda fault: (fault.family, fault.enc),
    # The encrypted key of RSA has the size of the modulus, whatever the enc.
    set(itertools.product(WRAPPED_FAMILIES - {"rsa-oaep", "rsa1_5"}, ENCS)),
)
DIRECT_ENC = Axis(
    lambda fault: (fault.family, fault.enc), set(itertools.product(("dir", "ecdh-es"), ENCS))
)
AGREEMENT = Axis(lambda fault: fault.agreed, AGREED)
WEIERSTRASS = Axis(lambda fault: fault.agreed, {cell for cell in AGREED if cell[0] in POINTS})
MONTGOMERY = Axis(lambda fault: fault.agreed, {cell for cell in AGREED if cell[0] not in POINTS})
RSA = Axis(lambda fault: fault.alg, {name for name, alg in ALGS.items() if alg.kind == "RSA"})
OAEP = Axis(
    lambda fault: fault.alg, {name for name, alg in ALGS.items() if alg.family == "rsa-oaep"}
)
GCMKW = Axis(
    lambda fault: fault.alg, {name for name, alg in ALGS.items() if alg.family == "aes-gcmkw"}
)
PBES2 = Axis(lambda fault: fault.alg, {name for name, alg in ALGS.items() if alg.family == "pbes2"})
HMAC = Axis(lambda fault: fault.alg, {name for name, sig in SIGS.items() if sig.family == "hmac"})
ECDSA = Axis(lambda fault: fault.alg, {name for name, sig in SIGS.items() if sig.family == "ecdsa"})
PAIRS = Axis(lambda fault: fault.family, SIGNING - {"hmac"})
SEGMENT_FAMILY = Axis(
    lambda fault: (fault.segment, fault.family),
    {
        (segment, family)
        for segment, family in itertools.product(JWE_SEGMENTS, FAMILIES)
        # Without key wrap there is no encrypted key to be encoded.
        if segment != "encrypted key" or family in WRAPPED_FAMILIES
    },
)
SEGMENT_SIGNED = Axis(
    lambda fault: (fault.segment, fault.family), set(itertools.product(JWS_SEGMENTS, SIGNING))
)
KTY = Axis(lambda fault: fault.key["kty"], ("RSA", "EC", "OKP", "oct"))
OCTETS = Axis(lambda fault: fault.alg, {*SHARED, *ENCS})
CURVE = Axis(lambda fault: fault.key["crv"], KEY_CURVES)
POINT = Axis(lambda fault: fault.key["crv"], POINTS)
EDWARDS = Axis(lambda fault: fault.key["crv"], KEY_CURVES - POINTS)


class Rule(NamedTuple):
    """One rule: what it says, the flag and the code of its cases, its faults, where it holds."""

    told: str
    flag: str
    code: str
    axis: Axis
    faults: tuple[str, ...]
    schema: str = "jwe"
    excepted: Mapping[Hashable, str] = {}


ENCODINGS = (
    *("padded", r"\+ for -", "/ for _", "a space inside", "a line feed inside"),
    *("a foreign character inside", "one character left over", "a trailing bit set"),
)
TEXTS = (
    *("is an array", "is a string", "is null", "is a number", "ends before its brace"),
    *("goes on with a second object", "goes on with a NUL", "begins with a byte order mark"),
    *("is in UTF-16", "has a byte that UTF-8 never has", "has a lone surrogate"),
    *("has a raw NUL in a string", "has a NaN", "has a number that overflows to infinity"),
)
WRONG = ("is missing", "is null", "is a number", "is a list", "is an object", "is true")
CRITS = (
    *("is empty", "names a member that is not understood", "names an absent member"),
    *("names a member twice", "names itself", "names alg, .*", "names kid, .*"),
    "holds a number",
)


def each(prefix: str, faults: Collection[str]) -> tuple[str, ...]:
    return tuple(f"{prefix}{fault}" for fault in faults)
