"""Any bytes as what a server sends: a set that serves, or a reason without a word of it.

The first byte chooses what is read: a JWK Set for one of several uses, a discovery document, the
headers of an answer, an address.
"""

import json

from tests.fuzz.material import MEMBERS, MOST_BYTES, jwks

from joseal import KeySet
from joseal.remote import OpenIdIssuer, discovery, documents, download
from joseal.remote.outcomes import Failure

__all__ = ["WORDS", "check", "seeds"]

RULES = [
    documents.rules("ES256", "sig", private=False),
    documents.rules({"RSA": "PS256", "OKP": "Ed25519"}, "sig", private=False),
    documents.rules("ECDH-ES+A256KW", "enc", private=False),
    documents.rules({"RSA": "RSA-OAEP-256", "EC": "ECDH-ES"}, "enc", private=True),
]
ISSUER = OpenIdIssuer("https://login.example")
DISCOVERY, HEADERS, ADDRESS = range(len(RULES), len(RULES) + 3)
SECRET = {"d", "p", "q", "dp", "dq", "qi", "k", "oth", "priv"}
WORDS = [
    *(*MEMBERS, "keys", "use", "key_ops", "issuer", "jwks_uri", "https://login.example"),
    *("max-age=", "no-store", "Age", "EC", "OKP", "RSA", "oct", "priv", *sorted(SECRET)),
]


def check(data):
    if len(data) < 2:
        return
    chosen, raw = data[0] % (ADDRESS + 1), data[1:]
    text = raw.decode("latin-1")
    if chosen < len(RULES):
        check_set(raw, RULES[chosen])
    elif chosen == DISCOVERY:
        found = discovery.read(raw, ISSUER)
        assert isinstance(found, Failure) or download.split_url(found.jwks_uri)
    elif chosen == HEADERS:
        control, _, age = text.partition("\n")
        seconds = download.fresh_seconds({"Cache-Control": control, "Age": age})
        assert seconds is None or 0 <= seconds < 10**9
    else:
        place = download.split_url(text)
        assert place is None or "".join(place).removesuffix("/") == text.removesuffix("/")
        assert place is None or not set(text) & set("@# \r\n") - set(place[1])


def check_set(raw, rules):
    found = documents.read(raw, rules)
    if isinstance(found, Failure):
        assert 0 < len(found.text) < 3000
        return
    assert isinstance(found, KeySet)
    assert {key.alg for key in found} <= documents.names_of(rules.alg)
    assert {key.is_private or key.is_symmetric for key in found} == {rules.private}
    if not rules.private:
        members = json.loads(raw)["keys"]
        assert not any(isinstance(each, dict) and SECRET & each.keys() for each in members)


def seeds():
    singles = [*jwks("jwe_compact_v1"), *jwks("jws_compact_v1")]
    sets = ['{"keys":[' + one + "]}" for one in singles]
    sets += ['{"keys":[' + ",".join(singles[place : place + 3]) + "]}" for place in range(30)]
    for number in range(len(RULES)):
        yield from (bytes([number]) + each.encode() for each in sets if len(each) < MOST_BYTES)
    document = {"issuer": ISSUER.issuer, "jwks_uri": "https://login.example:8443/keys?x=1"}
    for uri in ("https://a/", "http://a/", "https://u:p@a/", "https://[::1]:1/x", "https://a/#b"):
        yield bytes([DISCOVERY]) + json.dumps({**document, "jwks_uri": uri}).encode()
        yield bytes([ADDRESS]) + uri.encode()
    for control in ("max-age=1", "public, max-age=9, no-store", 'max-age="5"\n3', "no-cache"):
        yield bytes([HEADERS]) + control.encode()
