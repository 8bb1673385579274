"""Good messages in JSON, from which `messages` makes those with a fault.

Source: RFC 7516 sections 5.1 and 7.2, RFC 7515 sections 5.1 and 7.2, RFC 7797.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from vectors.generator.encoder.jwe import CONTENT, b64, draw, header_bytes, seal, unb64

Message = dict[str, object]

KEY_BYTES = {"A128KW": 16, "A256KW": 32, "A256GCMKW": 32}
HMACS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
PLAINTEXT = b"Sealed on one side, opened on the other."
FORMS = ("flattened", "general")


@dataclass(frozen=True)
class Base:
    """A JWE: its alg, enc and form, where its parameters are, and whether it has an aad."""

    alg: str
    enc: str
    form: str
    is_split: bool
    aad: bytes = b""

    OWN = ("header", "encrypted_key")
    LIST = "recipients"

    def jwk(self) -> Message:
        """Return the key that opens."""
        return {"kty": "oct", "alg": self.alg, "kid": "mine", "k": b64(self.key())}

    def key(self) -> bytes:
        """Return the bytes of a key."""
        return draw(f"message key {self.alg}", KEY_BYTES[self.alg])

    def name(self) -> str:
        """Return the name of the group."""
        place = "split" if self.is_split else "protected"
        return f"{self.alg}-{self.enc}-{self.form}-{place}{'-aad' if self.aad else ''}"

    def opener(self) -> Message:
        """Return the settings of the opener."""
        return {"enc": [self.enc], "form": self.form}

    def opened(self) -> Message:
        """Return what must come out."""
        return {"plaintext": PLAINTEXT.hex(), "header": self.headers()[0], "inject": {}}

    def shown(self) -> Message:
        """Return what the opener is given besides the message."""
        return {}

    def has_own_headers(self) -> bool:
        """Tell whether one more recipient can have any header."""
        return self.is_split

    def wrapped(self, cek: bytes) -> tuple[bytes, Message]:
        """Wrap the CEK; return it with the parameters that it needs."""
        if self.alg.endswith("GCMKW"):
            iv = draw(f"wrapping iv {self.name()}", 12)
            sealed = AESGCM(self.key()).encrypt(iv, cek, None)
            return sealed[:-16], {"iv": b64(iv), "tag": b64(sealed[-16:])}
        return aes_key_wrap(self.key(), cek), {}

    def headers(self, kid: str = "mine") -> tuple[Message, Message]:
        """Return the protected header and the recipient's own."""
        managed = self.wrapped(self.cek())[1]
        own = {"alg": self.alg, "kid": kid, **managed}
        return ({"enc": self.enc}, own) if self.is_split else ({**own, "enc": self.enc}, {})

    def cek(self) -> bytes:
        """Return the content encryption key."""
        return draw(f"message cek {self.enc}", CONTENT[self.enc].cek_bytes)

    def message(
        self,
        *,
        protected: Mapping[str, object] = {},
        header: Mapping[str, object] = {},
        unprotected: Mapping[str, object] = {},
        again: object = None,
    ) -> Message:
        """Make the message, with more in its headers; with `again` its alg is in two of them."""
        shared, own = self.headers()
        if again is not None:
            place = shared if self.is_split else own
            place["alg"] = self.alg
        return self.sealed({**shared, **protected}, {**own, **header}, dict(unprotected))

    def sealed(self, shared: Message, own: Message, unprotected: Message) -> Message:
        """Make the message with these headers."""
        cek, iv = self.cek(), draw(f"message iv {self.name()}", CONTENT[self.enc].iv_bytes)
        raw = b64(header_bytes(shared)) if shared else ""
        data = raw + (f".{b64(self.aad)}" if self.aad else "")
        ciphertext, tag = seal(self.enc, cek, iv, data.encode(), PLAINTEXT)
        recipient: Message = {"header": own} if own else {}
        recipient["encrypted_key"] = b64(self.wrapped(cek)[0])
        message: Message = {"protected": raw} if raw else {}
        message |= {"unprotected": unprotected} if unprotected else {}
        if self.form == "general":
            message["recipients"] = [recipient, *self.others(cek)]
        else:
            message |= recipient
        message |= {"aad": b64(self.aad)} if self.aad else {}
        return message | {"iv": b64(iv), "ciphertext": b64(ciphertext), "tag": b64(tag)}

    def others(self, cek: bytes) -> list[Message]:
        """Return the other recipients."""
        if not self.is_split:
            return []
        wrapped = aes_key_wrap(draw("message key of a different", 16), cek)
        return [{"header": {"alg": "A128KW", "kid": "other"}, "encrypted_key": b64(wrapped)}]

    def first(self, message: Message) -> Message:
        """Return the first recipient or signature."""
        if self.form == "flattened":
            return message
        (first, *_) = message[self.LIST]
        return first

    def moved(self, name: str, place: str) -> Message | None:
        """Return a message with a Header Parameter in a different header."""
        shared, own = self.headers()
        if name == "alg" and self.form == "general" and self.is_split:
            return None
        value = shared.pop(name) if name in shared else own.pop(name)
        unprotected = {name: value} if place == "unprotected" else {}
        return self.sealed(shared, own | ({name: value} if place == "header" else {}), unprotected)

    def named(self, kid: str) -> Message:
        """Return a message that names a different key."""
        return self.sealed(*self.headers(kid), {})

    def bound(self, alg: str) -> Message | None:
        """Return a message that names a different alg."""
        if alg == self.alg:
            return None
        shared, own = self.headers()
        (own if self.is_split else shared)["alg"] = alg
        return self.sealed(shared, own, {})

    def rewritten(self) -> Message | None:
        """Return a message whose protected header is written otherwise."""
        message = self.message()
        header = json.loads(unb64(str(message["protected"])))
        return message | {"protected": b64(json.dumps(header).encode())}

    def compact(self) -> str:
        """Return the compact form."""
        message = self.message()
        key = self.first(message)["encrypted_key"]
        parts = (message["protected"], key, message["iv"], message["ciphertext"], message["tag"])
        return ".".join(map(str, parts))


@dataclass(frozen=True)
class Jws:
    """A JWS: its alg and form, where its parameters are, and how its payload is carried."""

    alg: str
    form: str
    place: str
    is_detached: bool = False
    b64: bool = True

    OWN = ("protected", "header", "signature")
    LIST = "signatures"

    def jwk(self) -> Message:
        """Return the key that opens."""
        return {"kty": "oct", "alg": self.alg, "kid": "mine", "k": b64(self.key("mine"))}

    def key(self, name: str) -> bytes:
        """Return the bytes of a key."""
        return draw(f"message key {self.alg} {name}", 64)

    def name(self) -> str:
        """Return the name of the group."""
        how = ("-detached" if self.is_detached else "") + ("" if self.b64 else "-unencoded")
        return f"{self.alg}-{self.form}-{self.place}{how}"

    def opener(self) -> Message:
        """Return the settings of the opener."""
        return {"form": self.form, "b64": self.b64}

    def opened(self) -> Message:
        """Return what must come out."""
        return {"payload": PLAINTEXT.hex(), "header": self.headers("mine")[0]}

    def shown(self) -> Message:
        """Return what the opener is given besides the message."""
        return {"detached": PLAINTEXT.hex()} if self.is_detached else {}

    def has_own_headers(self) -> bool:
        """Tell whether one more signature can have any header; all agree on b64."""
        return self.b64

    def headers(self, kid: str) -> tuple[Message, Message]:
        """Return the protected header and the one that is not."""
        how: Message = {} if self.b64 else {"b64": False, "crit": ["b64"]}
        if self.place == "protected":
            return {"alg": self.alg, "kid": kid, **how}, {}
        if self.place == "split":
            return {"alg": self.alg, **how}, {"kid": kid}
        return {**how}, {"alg": self.alg, "kid": kid}

    def message(
        self,
        *,
        protected: Mapping[str, object] = {},
        header: Mapping[str, object] = {},
        again: object = None,
    ) -> Message:
        """Make the message, with more in its headers; with `again` its alg is in two of them."""
        shared, own = self.headers("mine")
        if again is not None:
            (own if self.place != "unprotected" else shared)["alg"] = self.alg
        other_shared, other_own = self.headers("other")
        first = self.signature({**shared, **protected}, {**own, **header}, "mine")
        return self.whole(first, self.signature({**other_shared, **protected}, other_own, "other"))

    def whole(self, first: Message, other: Message) -> Message:
        """Put the message together."""
        shown = b64(PLAINTEXT) if self.b64 else PLAINTEXT.decode()
        message: Message = {} if self.is_detached else {"payload": shown}
        return message | ({"signatures": [first, other]} if self.form == "general" else first)

    def signature(self, shared: Message, own: Message, name: str) -> Message:
        """Sign under these headers."""
        raw = b64(header_bytes(shared)) if shared else ""
        encoded = PLAINTEXT if shared.get("b64") is False else b64(PLAINTEXT).encode()
        data = raw.encode() + b"." + encoded
        made = hmac.new(self.key(name), data, getattr(hashlib, HMACS[self.alg])).digest()
        return {
            **({"protected": raw} if raw else {}),
            **({"header": own} if own else {}),
            "signature": b64(made),
        }

    def first(self, message: Message) -> Message:
        """Return the first recipient or signature."""
        return Base.first(self, message)

    def named(self, kid: str) -> Message:
        """Return a message that names a different key."""
        other = self.signature(*self.headers("other"), "other")
        return self.whole(self.signature(*self.headers(kid), "mine"), other)

    def bound(self, alg: str) -> Message | None:
        """Return a message that names a different alg."""
        if alg == self.alg:
            return None
        shared, own = self.headers("mine")
        (shared if "alg" in shared else own)["alg"] = alg
        other = self.signature(*self.headers("other"), "other")
        return self.whole(self.signature(shared, own, "mine"), other)

    def rewritten(self) -> Message | None:
        """Return a message whose protected header is written otherwise."""
        message = self.message()
        first = self.first(message)
        if "protected" not in first:
            return None
        header = json.loads(unb64(str(first["protected"])))
        first["protected"] = b64(json.dumps(header, indent=1).encode())
        return message

    def unlisted(self) -> Message | None:
        """Return a message whose b64 is in no crit."""
        return self.message(protected={"b64": False}) if self.b64 else None

    def mixed(self) -> Message | None:
        """Return a message whose signatures differ in b64."""
        if self.form == "flattened":
            return None
        how: Message = {"b64": False, "crit": ["b64"]} if self.b64 else {}
        other = {"alg": self.alg, "kid": "other", **how}
        first = self.signature(*self.headers("mine"), "mine")
        return self.whole(first, self.signature(other, {}, "other"))

    def another_payload(self) -> Message | None:
        """Return a message with a payload that was not signed."""
        if self.is_detached:
            return None
        shown = b64(PLAINTEXT[1:]) if self.b64 else PLAINTEXT[1:].decode()
        return self.message() | {"payload": shown}

    def compact(self) -> str | None:
        """Return the compact form."""
        first = self.first(self.message())
        if "protected" not in first:
            return None
        return f"{first['protected']}.{b64(PLAINTEXT)}.{first['signature']}"


def encrypted_bases() -> Iterator[Base]:
    """Yield the JWE from which faults are made."""
    for alg in KEY_BYTES:
        for enc in ("A256GCM", "A128CBC-HS256"):
            for form in FORMS:
                for is_split in (False, True):
                    yield Base(alg, enc, form, is_split, b"order 1" if is_split else b"")


def signed_bases() -> Iterator[Jws]:
    """Yield the JWS from which faults are made."""
    for alg in HMACS:
        for form in FORMS:
            for place in ("protected", "split", "unprotected"):
                yield Jws(alg, form, place)
            yield Jws(alg, form, "protected", is_detached=True)
            yield Jws(alg, form, "split", b64=False)
            yield Jws(alg, form, "protected", is_detached=True, b64=False)
