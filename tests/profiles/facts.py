"""What the public pages demand, written out by hand and apart from the package's own table.

A peer here is jwcrypto with the headers and bodies spelled out: nothing is taken from a profile. Of
HPKE, which jwcrypto has not, the peer is the second writing of the tests' helpers.
"""

import functools
import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from tests.helpers import all_algorithms, forge, hpke_forge

from joseal import Key

UUID = "2218168c-ee6b-49d7-a851-8b94e7d0068d"
NOW = 1_700_000_000.5

JWE_FIELDS = ["header", "encryptedKey", "iv", "encryptedPayload", "tag"]
JWS_FIELDS = ["header", "payload", "signature"]


def spki_hash(name):
    public = forge.rsa_private(name).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def thumbprint(name):
    """RFC 7638 over the RSA public numbers."""
    numbers = forge.rsa_private(name).public_key().public_numbers()
    n, e = (forge.b64(x.to_bytes((x.bit_length() + 7) // 8, "big")) for x in (numbers.n, numbers.e))
    text = json.dumps({"e": e, "kty": "RSA", "n": n}, separators=(",", ":"))
    return forge.b64(hashlib.sha256(text.encode()).digest())


@functools.cache
def peer_key(alg, name):
    """A private key as the peer holds it, without alg or kid."""
    if alg.startswith("ECDH"):
        return JWK(**all_algorithms.private_jwk("P-256", name))
    if alg.startswith("ES"):
        return JWK(**all_algorithms.ec_jwk(alg, name))
    return JWK.from_pem(forge.pem_of(forge.rsa_private(name)))


@functools.cache
def our_key(alg, name, kid=None):
    """The same private key as joseal holds it."""
    if alg.startswith("ECDH"):
        return Key.from_jwk(all_algorithms.private_jwk("P-256", name), alg=alg, kid=kid)
    if alg.startswith("ES"):
        return Key.from_jwk(all_algorithms.ec_jwk(alg, name), alg=alg, kid=kid)
    if alg.startswith("HPKE"):
        return hpke_forge.key(alg, name, kid)
    return Key.from_pem(forge.pem_of(forge.rsa_private(name)), alg=alg, kid=kid)


def encrypt(header, plaintext, name):
    if header["alg"].startswith("HPKE"):
        return str(hpke_forge.token(header["alg"], plaintext, name=name, members=header))
    token = JWE(plaintext, protected=json.dumps(header))
    token.add_recipient(peer_key(header["alg"], name))
    return token.serialize(compact=True)


def sign(header, payload, name):
    token = JWS(payload)
    token.add_signature(peer_key(header["alg"], name), None, json.dumps(header), None)
    return token.serialize(compact=True)


def decrypt(token, alg, name):
    if alg.startswith("HPKE"):
        return hpke_forge.opened(token, alg, name)
    opened = JWE()
    opened.deserialize(token, peer_key(alg, name))
    return opened.payload


def verify(token, alg, name):
    opened = JWS()
    opened.deserialize(token, peer_key(alg, name), alg)
    return opened.payload


def header_of(token):
    """The members of a token's header, in their order."""
    return json.loads(forge.unb64(token.split(".")[0]), object_pairs_hook=list)


class Shape(NamedTuple):
    """How a token travels: raw, in a member beside others, or split into members."""

    member: str | None = None
    others: tuple[tuple[str, str], ...] = ()
    fields: tuple[str, ...] = ()

    def wrap(self, token):
        if self.fields:
            return json.dumps(dict(zip(self.fields, token.split("."), strict=True)), indent=1)
        if self.member:
            return json.dumps({self.member: token, **dict(self.others)}, indent=1)
        return token

    def unwrap(self, body):
        """Return the token of a body that joseal made, and check all that is around it."""
        if self.fields:
            pairs = json.loads(body, object_pairs_hook=list)
            assert [name for name, _ in pairs] == list(self.fields)
            return ".".join(value for _, value in pairs)
        if self.member:
            (name, token), *others = json.loads(body, object_pairs_hook=list)
            assert (name, tuple(map(tuple, others))) == (self.member, self.others)
            return token
        return body


RAW = Shape()
FIVE = Shape(fields=tuple(JWE_FIELDS))
THREE = Shape(fields=tuple(JWS_FIELDS))
PAYOUT = Shape("payload", (("kid", "JuspayKID"), ("sid", "JuspaySID"), ("format", "compact")))
LABELS = {"kid": "JuspayKID", "sid": "JuspaySID"}


class Message(NamedTuple):
    """One direction as the pages have it.

    `theirs` and `mine` are the kids under which keys are loaded, `reply` that of the own key which a
    request names; `sealed` and `signed` are whole
    headers in their order; `first` is the outer layer.
    """

    sealed: list[tuple[str, object]]
    shape: Shape
    signed: list[tuple[str, object]] | None = None
    inner: Shape = RAW
    first: str = "sealed"
    theirs: str | None = None
    mine: str | None = None
    reply: str | None = None
    labels: Mapping[str, str] = MappingProxyType({})

    @property
    def alg(self):
        return dict(self.sealed)["alg"]

    @property
    def sign_alg(self):
        return dict(self.signed)["alg"] if self.signed else None

    def body(self, payload, recipient="mine", sender="theirs"):
        """Make a body as the peer does."""
        sealed = dict(self.sealed)
        if self.signed is None:
            return self.shape.wrap(encrypt(sealed, payload, recipient))
        signed = dict(self.signed)
        if self.first == "sealed":
            inner = self.inner.wrap(sign(signed, payload, sender)).encode()
            return self.shape.wrap(encrypt(sealed, inner, recipient))
        inner = self.inner.wrap(encrypt(sealed, payload, recipient)).encode()
        return self.shape.wrap(sign(signed, inner, sender))


RS256_KID = [("alg", "RS256"), ("kid", "key_0a1b")]
PS256_KID = [("alg", "PS256"), ("kid", "sig-1")]

SENT = {
    "juspay-payouts": Message(
        [("alg", "RSA-OAEP"), ("typ", "JWT"), ("enc", "A256CBC-HS512")],
        PAYOUT,
        labels=LABELS,
        theirs="ignored",
    ),
    "juspay-payouts-guide": Message(
        [("alg", "RSA-OAEP"), ("kid", "amazonkey1"), ("enc", "A128CBC-HS256")],
        PAYOUT,
        labels=LABELS,
        theirs="amazonkey1",
    ),
    "payouts-post-quantum": Message(
        [("alg", "HPKE-9"), ("typ", "JWT")], PAYOUT, labels=LABELS, theirs="ignored"
    ),
    "juspay-express": Message(
        [("alg", "RSA-OAEP"), ("cty", "JWT"), ("kid", "key_0a1b"), ("enc", "A256GCM")],
        Shape("JWT"),
        signed=RS256_KID,
        theirs="key_0a1b",
        mine="key_0a1b",
    ),
    "juspay-express-fields": Message(
        [("alg", "RSA-OAEP-256"), ("kid", "key_0a1b"), ("enc", "A256GCM")],
        FIVE,
        signed=RS256_KID,
        inner=THREE,
        theirs="key_0a1b",
        mine="key_0a1b",
    ),
    "juspay-tokenization": Message(
        [("alg", "RSA-OAEP-256"), ("kid", UUID), ("enc", "A128GCM")],
        Shape("encData"),
        theirs=UUID,
    ),
    "hyperswitch-vault": Message(
        [("alg", "RSA-OAEP-256"), ("typ", "JWT"), ("enc", "A256GCM")],
        FIVE,
        signed=[("alg", "RS256")],
        inner=THREE,
    ),
    "visa-mle": Message(
        [
            *(("alg", "RSA-OAEP-256"), ("typ", "JWE"), ("kid", "mle-key")),
            *(("iat", 1_700_000_000_500), ("enc", "A128GCM")),
        ],
        Shape("encData"),
        theirs="mle-key",
    ),
    "cybersource-mle": Message(
        [
            *(("alg", "RSA-OAEP-256"), ("kid", "1702493653123")),
            *(("iat", 1_700_000_000), ("enc", "A256GCM")),
        ],
        Shape("encryptedRequest"),
        theirs="1702493653123",
    ),
    "mastercard": Message(
        [
            *(("alg", "RSA-OAEP-256"), ("kid", spki_hash("theirs"))),
            *(("cty", "application/json"), ("enc", "A256GCM")),
        ],
        Shape("encryptedData"),
    ),
    "axis-bank": Message(
        [("alg", "RSA-OAEP-256"), ("enc", "A256GCM")],
        RAW,
        signed=[("alg", "RS256"), ("cty", "JWE")],
        first="signed",
        theirs="dummy",
        mine="dummy",
    ),
    "wise": Message(
        [("alg", "RSA-OAEP-256"), ("kid", UUID), ("enc", "A256GCM")], RAW, theirs="else", reply=UUID
    ),
    "wise-signed": Message(
        [("alg", "RSA-OAEP-256"), ("kid", UUID), ("enc", "A256GCM")],
        RAW,
        signed=[("alg", "ES512")],
        theirs="else",
        reply=UUID,
    ),
    "open-finance-brazil": Message(
        [("alg", "RSA-OAEP"), ("kid", "enc-1"), ("cty", "JWT"), ("enc", "A256GCM")],
        RAW,
        signed=PS256_KID,
        theirs="enc-1",
        mine="sig-1",
    ),
    "spid-cie": Message(
        [
            *(("alg", "RSA-OAEP"), ("kid", thumbprint("theirs"))),
            *(("cty", "JWT"), ("enc", "A256CBC-HS512")),
        ],
        RAW,
        signed=[("alg", "RS256"), ("kid", thumbprint("mine"))],
    ),
    "openid4vp": Message([("alg", "ECDH-ES"), ("kid", "ac"), ("enc", "A128GCM")], RAW, theirs="ac"),
    "haip": Message([("alg", "ECDH-ES"), ("enc", "A256GCM")], RAW),
}

RECEIVED = {
    "juspay-payouts": Message(
        [("typ", "JWT"), ("alg", "RSA-OAEP"), ("enc", "A256CBC-HS512")], PAYOUT
    ),
    "juspay-payouts-guide": Message([("alg", "RSA-OAEP"), ("enc", "A128CBC-HS256")], PAYOUT),
    "payouts-post-quantum": Message([("typ", "JWT"), ("alg", "HPKE-9")], PAYOUT),
    # No kid in either layer.
    "hyperswitch-vault": Message(
        [("alg", "RSA-OAEP"), ("enc", "A256GCM")],
        FIVE,
        signed=[("alg", "RS256")],
        inner=THREE,
    ),
    "cybersource-mle": Message(
        [("alg", "RSA-OAEP-256"), ("enc", "A256GCM"), ("kid", "merchant")],
        Shape("encryptedResponse"),
        mine="merchant",
    ),
    "juspay-express": Message(
        [("alg", "RSA-OAEP-256"), ("enc", "A256GCM"), ("cty", "JWT"), ("kid", "key_0a1b")],
        Shape("JWT"),
        signed=RS256_KID,
        theirs="key_0a1b",
        mine="key_0a1b",
    ),
    "juspay-express-fields": Message(
        [("enc", "A256GCM"), ("kid", "key_0a1b"), ("alg", "RSA-OAEP-256")],
        FIVE,
        signed=RS256_KID,
        inner=THREE,
        theirs="key_0a1b",
        mine="key_0a1b",
    ),
    "juspay-webhooks": Message(
        [("alg", "RSA-OAEP-256"), ("enc", "A256GCM"), ("kid", "key_cccc")],
        Shape("JWT"),
        signed=[("alg", "RS256"), ("kid", "key_cccc")],
        theirs="key_cccc",
        mine="key_cccc",
    ),
    "juspay-tokenization": Message(
        [("alg", "RSA-OAEP-256"), ("enc", "A128GCM"), ("kid", UUID)],
        Shape("encData"),
        mine=UUID,
    ),
    "jusbiz": Message(
        [("alg", "RSA-OAEP-256"), ("enc", "A256GCM")], Shape("encryptedResponse"), mine=UUID
    ),
    "visa-mle": Message(
        [
            *(("alg", "RSA-OAEP-256"), ("enc", "A128GCM"), ("typ", "JWE")),
            *(("kid", "mle-key"), ("iat", 1_700_000_000_500)),
        ],
        Shape("encData"),
        mine="mle-key",
    ),
    "mastercard": Message(
        [
            *(("alg", "RSA-OAEP-256"), ("enc", "A256GCM"), ("kid", spki_hash("mine"))),
            ("cty", "application/json"),
        ],
        Shape("encryptedData"),
        mine=spki_hash("mine"),
    ),
    "axis-bank": Message(
        [("alg", "RSA-OAEP-256"), ("enc", "A256GCM")],
        RAW,
        signed=[("alg", "RS256"), ("cty", "JWE")],
        first="signed",
    ),
    "wise": Message([("alg", "RSA-OAEP-256"), ("enc", "A256GCM"), ("kid", UUID)], RAW, mine=UUID),
    "wise-signed": Message(
        [("alg", "RSA-OAEP-256"), ("enc", "A256GCM"), ("kid", UUID)],
        RAW,
        signed=[("alg", "ES512")],
        mine=UUID,
    ),
    "open-finance-brazil": Message(
        [("alg", "RSA-OAEP"), ("enc", "A256GCM"), ("kid", "enc-1"), ("cty", "JWT")],
        RAW,
        signed=PS256_KID,
        mine="enc-1",
        theirs="sig-1",
    ),
    "spid-cie": Message(
        [
            *(("alg", "RSA-OAEP"), ("enc", "A256CBC-HS512")),
            *(("kid", thumbprint("mine")), ("cty", "JWT")),
        ],
        RAW,
        signed=[("alg", "RS256"), ("kid", thumbprint("theirs"))],
        mine=thumbprint("mine"),
        theirs=thumbprint("theirs"),
    ),
    "openid4vp": Message([("alg", "ECDH-ES"), ("enc", "A128GCM"), ("kid", "ac")], RAW, mine="ac"),
    "haip": Message([("alg", "ECDH-ES"), ("enc", "A128GCM"), ("kid", "ac")], RAW, mine="ac"),
}
