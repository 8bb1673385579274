"""Files, groups and cases of test vectors, and their form as JSON.

Rules:
- A case's id is its place: file times 10,000, group times 100, then one after a different. So a new
  case goes to the end of its group and a new group to the end of its file, and no id ever changes.
- A negative case names the valid one it was made from, and differs from it by one fault.
- A file lists the notes of the flags that its cases use, no more and no fewer.

Source: the envelope is that of Wycheproof; `expect` names the stage that must fail, as C2SP's CCTV
has it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from vectors.generator.encoder.jwe import Jwk, Recipe, Token, b64, header_bytes, recipe, unb64
from vectors.generator.encoder.jws import Signed
from vectors.generator.notes import NOTES

MALFORMED = "malformed"
TOO_LARGE = "too_large"
NOT_ALLOWED = "not_allowed"
UNKNOWN_KEY = "unknown_key"
UNDECRYPTABLE = "undecryptable"
UNVERIFIED = "unverified"
KEY = "key"

# What is sealed where nothing depends on it: two blocks and a half.
TEXT = b"Sealed on one side, opened on the other."

_GROUP_IDS = 100
_FILE_IDS = 10_000


class Group:
    """Cases that share one key and one set of the opener's settings."""

    def __init__(self, members: Mapping[str, object], first: int) -> None:
        self.members = members
        self.flags: set[str] = set()
        self.tests: list[Mapping[str, object]] = []
        self._first = first

    def opens(self, made: Recipe, comment: str, *flags: str) -> int:
        """Add a case that must open, and return its id."""
        return self.opens_token(str(made.make()), made.plaintext, made.inject(), comment, *flags)

    def opens_token(
        self, token: str, plaintext: bytes, inject: Mapping[str, object], comment: str, *flags: str
    ) -> int:
        """Add a case that must open and whose token is at hand, and return its id."""
        header = json.loads(unb64(token.partition(".")[0]))
        opened = {"plaintext": plaintext.hex(), "header": header, "inject": inject}
        return self.add({"comment": comment, "token": token, "expect": "ok", **opened}, *flags)

    def refuses(
        self, base: int, fault: str, token: Recipe | Token | str, expect: str, *flags: str
    ) -> None:
        """Add a case that must be refused: the valid case `base` with one fault."""
        made = token.make() if isinstance(token, Recipe) else token
        comment = f"From {base}: {fault}"
        self.add({"comment": comment, "token": str(made), "expect": expect}, *flags)

    def verifies(self, made: Signed, comment: str, *flags: str) -> int:
        """Add a JWS that must verify, and return its id."""
        shown = {"detached": made.payload.hex()} if made.detached else {}
        held = {"payload": made.payload.hex(), "header": json.loads(made.header)}
        case = {"comment": comment, "token": made.token(), **shown, "expect": "ok", **held}
        return self.add(case, *flags)

    def rejects(
        self,
        base: int,
        fault: str,
        token: str,
        expect: str,
        *flags: str,
        detached: bytes | None = None,
    ) -> None:
        """Add a JWS that must be refused: the valid case `base` with one fault."""
        shown = {} if detached is None else {"detached": detached.hex()}
        case = {"comment": f"From {base}: {fault}", "token": token, **shown, "expect": expect}
        self.add(case, *flags)

    def add(self, members: Mapping[str, object], *flags: str) -> int:
        """Add a case as it is, and return the id it was given."""
        if len(self.tests) >= _GROUP_IDS:
            raise ValueError("a group is full")
        number = self._first + len(self.tests)
        self.tests.append({"id": number, **members, "flags": sorted(flags)})
        self.flags.update(flags)
        return number


class Start(NamedTuple):
    """A group, and the token at its head from which its cases are made."""

    group: Group
    made: Recipe
    base: int

    def refuses(self, fault: str, token: Recipe | Token | str, expect: str, *flags: str) -> None:
        """Add a case that must be refused: the token with one fault."""
        self.group.refuses(self.base, fault, token, expect, *flags)

    def says(self, fault: str, members: Mapping[str, object], expect: str, *flags: str) -> None:
        """Refuse the token with a different header; it is made anew, so that its tag is good."""
        self.refuses(fault, replace(self.made, header=header_bytes(members)), expect, *flags)


class SignedStart(NamedTuple):
    """A group of JWS, and the token at its head from which its cases are made."""

    group: Group
    made: Signed
    base: int

    def refuses(self, fault: str, token: Signed | str, expect: str, *flags: str) -> None:
        """Add a case that must be refused: the token with one fault."""
        text = token if isinstance(token, str) else token.token()
        self.group.rejects(self.base, fault, text, expect, *flags)

    def unverified(self, fault: str, signature: bytes, *flags: str) -> None:
        """Add a case whose signature does not hold."""
        self.refuses(fault, self.made.token(signature), UNVERIFIED, *flags)

    def says(
        self, fault: str, header: bytes | Mapping[str, object], expect: str, flag: str
    ) -> None:
        """Refuse the token with a different header, which is signed anew."""
        raw = header if isinstance(header, bytes) else header_bytes(header)
        self.refuses(fault, replace(self.made, header=raw), expect, flag)


def thumbprint(key: Mapping[str, str]) -> str:
    """Hash what names a key. RFC 7638 section 3."""
    required = {"RSA": "e kty n", "EC": "crv kty x y", "OKP": "crv kty x", "oct": "k kty"}
    named = {name: key[name] for name in required[key["kty"]].split()}
    return b64(hashlib.sha256(header_bytes(named)).digest())


class KeyGroup(NamedTuple):
    """A group of JWKs, and the one at its head from which its cases are made."""

    group: Group
    base: int

    def loads(self, text: str, comment: str, *flags: str) -> int:
        """Add a JWK that must load, and return its id."""
        return load(self.group, text, comment, *flags)

    def denies(self, fault: str, text: str, *flags: str) -> None:
        """Add a JWK that must be refused: the one at the head with one fault."""
        comment = f"From {self.base}: {fault}"
        self.group.add({"comment": comment, "jwk": text, "expect": KEY}, *flags)


class SetGroup(NamedTuple):
    """A group of JWK Sets, and the one at its head from which its cases are made."""

    group: Group
    base: int

    def loads(self, keys: Sequence[Mapping[str, str]], comment: str, *flags: str) -> int:
        """Add a set of which all keys must load, and return its id."""
        return self.skips(keys, comment, *flags)

    def skips(
        self, members: Sequence[object], comment: str, *flags: str, skipped: Sequence[int] = ()
    ) -> int:
        """Add a set that must load without the members at the places given, and return its id."""
        return load_set(self.group, members, comment, *flags, skipped=skipped)

    def denies(self, fault: str, members: Sequence[object], *flags: str) -> None:
        """Add a set that must be refused, given by its members."""
        self.denies_text(fault, json.dumps({"keys": members}), *flags)

    def denies_text(self, fault: str, text: str, *flags: str) -> None:
        """Add a set that must be refused."""
        comment = f"From {self.base}: {fault}"
        self.group.add({"comment": comment, "jwks": text, "expect": KEY}, *flags)


def load_set(
    group: Group,
    members: Sequence[object],
    comment: str,
    *flags: str,
    skipped: Sequence[int] = (),
) -> int:
    """Add a set that must load to a group, and return its id."""
    used = [member for place, member in enumerate(members) if place not in skipped]
    held = {
        "thumbprints": [thumbprint(member) for member in used if isinstance(member, Mapping)],
        "skipped": list(skipped),
    }
    text = json.dumps({"keys": members})
    return group.add({"comment": comment, "jwks": text, "expect": "ok", **held}, *flags)


def load(group: Group, text: str, comment: str, *flags: str) -> int:
    """Add a JWK that must load to a group, and return its id."""
    key = json.loads(text)
    held = {"thumbprint": thumbprint(key), "private": key["kty"] != "oct" and "d" in key}
    return group.add({"comment": comment, "jwk": text, "expect": "ok", **held}, *flags)


class VectorFile:
    """One file of groups."""

    def __init__(self, name: str, number: int, schema: str = "jwe_compact_v1") -> None:
        self.name = name
        self._schema = schema
        self._first = number * _FILE_IDS
        self._groups: list[Group] = []

    def group(
        self, name: str, comment: str, key: Jwk, enc: str | Sequence[str], **opener: object
    ) -> Group:
        """Start a group; `opener` holds further settings of whoever opens its tokens."""
        settings = {"enc": [enc] if isinstance(enc, str) else list(enc), **opener}
        return self.add({"id": name, "comment": comment, "key": key, "opener": settings})

    def start(
        self,
        name: str,
        comment: str,
        key: Jwk,
        enc: str,
        header: bytes | None = None,
        **opener: object,
    ) -> Start:
        """Start a group with the token whose changes are its cases."""
        group = self.group(name, comment, key, enc, **opener)
        made = recipe(key, enc, f"{self.name} {name}", TEXT, header)
        return Start(group, made, group.opens(made, "The token that is changed below"))

    def begin(self, name: str, comment: str, made: Recipe, **opener: object) -> Start:
        """Start a group with a token that is at hand; its changes are the cases."""
        group = self.group(name, comment, made.key, made.enc, **opener)
        return Start(group, made, group.opens(made, "The token that is changed below"))

    def signatures(self, name: str, comment: str, key: Jwk, **opener: object) -> Group:
        """Start a group of JWS."""
        return self.add({"id": name, "comment": comment, "key": key, "opener": opener})

    def sign(self, name: str, comment: str, made: Signed, **opener: object) -> SignedStart:
        """Start a group of JWS with the token whose changes are its cases."""
        group = self.signatures(name, comment, made.key, **opener)
        return SignedStart(group, made, group.verifies(made, "The token that is changed below"))

    def loading(
        self, name: str, comment: str, key: Mapping[str, object], **loader: object
    ) -> KeyGroup:
        """Start a group of JWKs with the one whose changes are its cases."""
        group = self.add({"id": name, "comment": comment, "loader": loader})
        text = header_bytes(key).decode()
        return KeyGroup(group, load(group, text, "The JWK that is changed below", "GoodKey"))

    def loading_set(
        self, name: str, comment: str, keys: Sequence[Mapping[str, str]], **loader: object
    ) -> SetGroup:
        """Start a group of JWK Sets with the one whose changes are its cases."""
        group = self.add({"id": name, "comment": comment, "loader": loader})
        base = load_set(group, keys, "The set that is changed below", "GoodKey")
        return SetGroup(group, base)

    def add(self, members: Mapping[str, object]) -> Group:
        """Start a group from its members."""
        group = Group(members, self._first + (len(self._groups) + 1) * _GROUP_IDS)
        self._groups.append(group)
        return group

    def flags(self) -> set[str]:
        """Return the flags that the cases use."""
        return {flag for group in self._groups for flag in group.flags}

    def write(self, folder: Path) -> None:
        """Write the file."""
        content = {
            "schema": self._schema,
            # The name of the program in version 1 of the files: any other would change all of them.
            "source": {
                "name": "joseal",
                "version": "1",
                "generator": "python -m vectors.generator",
            },
            "notes": {flag: NOTES[flag] for flag in sorted(self.flags())},
            "groups": [{**group.members, "tests": group.tests} for group in self._groups],
        }
        text = json.dumps(content, indent=2) + "\n"
        (folder / self.name).write_text(text, encoding="ascii", newline="\n")
