"""Any bytes as the payload of a JWT, and as the header around it.

The first byte chooses the rules, the second how the rest is taken: as claims; or as claims and the
header of the JWE around them. Whatever comes, claims are read or a `TokenError` is raised, nothing
is changed by a second look, and an accepted token has kept its rules.
"""

from tests.fuzz.material import BETWEEN
from tests.helpers import all_algorithms

from joseal import DecryptedToken, TokenError, VerifiedToken
from joseal._core.wire import strict_json
from joseal.claims import Claims

__all__ = ["WORDS", "check", "seeds"]

NOW = 1_800_000_000
KEY = all_algorithms.key("A128KW")
RULES = [
    Claims(now=lambda: NOW, any_audience=True),
    Claims(now=lambda: NOW, issuer="a", audience="b"),
    Claims(now=lambda: NOW, expires=False, leeway_seconds=300, max_age_seconds=600, typ="JWT"),
    Claims(now=lambda: NOW, subject="s", require=("exp", "jti", "nbf"), audience=["b", "c"]),
]
WORDS = [
    *('"iss":"a"', '"aud":"b"', '"aud":["b"]', '"sub":"s"', '"jti":"j"', '"exp":1800000060'),
    *('"nbf":1800000000', '"iat":1799999990', '"typ":"JWT"', "1e400", "NaN", "true", "null", "-0"),
]


def check(raw):
    """Keep the rules that hold for every payload."""
    chosen, form, rest = raw[:1] or b"\0", raw[1:2] or b"\0", raw[2:]
    rules = RULES[chosen[0] % len(RULES)]
    payload, _, head = rest.partition(BETWEEN) if form[0] & 1 else (rest, b"", b"")
    header = strict_json.load_object(head) or {"typ": "JWT"}
    opened = (
        DecryptedToken(payload, header, KEY) if form[0] & 1 else VerifiedToken(payload, header, KEY)
    )
    answers = [answer(rules, opened) for _ in range(2)]
    assert answers[0] == answers[1]
    if not isinstance(answers[0], str):
        kept(rules, answers[0])


def answer(rules, opened):
    try:
        return rules.read(opened)
    except TokenError as error:
        return f"{type(error).__name__}: {error}"


def kept(rules, read):
    """Tell by other means that an accepted token has what its rules demand."""
    if rules.issuer is not None:
        assert read.all["iss"] == rules.issuer
    if rules.subject is not None:
        assert read.all["sub"] == rules.subject
    if rules.audience is not None:
        assert {*read.audience} & {*rules.audience}
    if rules.expires:
        assert read.all["exp"] + rules.leeway_seconds > NOW
    for name in ("exp", "nbf", "iat"):
        assert type(read.all.get(name, 0)) in (int, float)
    for name in rules.require:
        assert read.all.get(name) is not None or (name == "exp" and not rules.expires)


def seeds():
    """Yield good and bad claims under each of the rules, alone and under a header."""
    members = [word for word in WORDS if ":" in word]
    texts = [b"", b"{}", b"[]", b"\xff", b"{" * 40]
    texts += [f"{{{','.join(members[:count])}}}".encode() for count in range(len(members) + 1)]
    texts += [f"{{{','.join(members[count:])}}}".encode() for count in range(len(members) + 1)]
    for number in range(len(RULES)):
        for text in texts:
            yield bytes((number, 0)) + text
            yield bytes((number, 1)) + text + BETWEEN + b'{"typ":"JWT","iss":"a"}'
