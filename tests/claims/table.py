"""The table of claims: one case for each rule, with the answer that is the strictest right one.

Times are offsets in seconds to the moment at which the token is judged, written `{+60}` in the JSON
text, so that a peer whose clock can't be set can be asked too. `tests/claims/peers.py` asks them.

Source: the section in each case.
"""

import re
from typing import NamedTuple

ISS, AUD = "https://login.example", "orders"
BASE = f'"iss":"{ISS}","aud":"{AUD}","sub":"u-1","exp":{{+60}}'
RULES = {"issuer": ISS, "audience": AUD}


class Case(NamedTuple):
    """One token.

    Attributes:
        name: what the token has.
        text: the JSON of its claims, with times as offsets.
        expect: "ok", or the claim and the rule that refuse it, or "typ".
        source: where the answer comes from.
        rules: the settings of `Claims`.
        typ: of the header; None without one.
    """

    name: str
    text: str
    expect: str
    source: str = "RFC 7519 4.1"
    rules: dict = RULES
    typ: str | None = "JWT"

    def payload(self, now: int) -> bytes:
        return re.sub(
            r"\{([+-]\d+(?:\.\d+)?)\}", lambda hit: _shown(now, hit[1]), self.text
        ).encode("utf-8", "surrogatepass")


def _shown(now: int, offset: str) -> str:
    return str(now + (float(offset) if "." in offset else int(offset)))


def _with(**others: object) -> dict:
    return {**RULES, **others}


def _claims(*members: str) -> str:
    return "{" + ",".join(members) + "}"


NO_EXP = f'"iss":"{ISS}","aud":"{AUD}","sub":"u-1"'
NO_AUD = f'"iss":"{ISS}","sub":"u-1","exp":{{+60}}'
NO_ISS = f'"aud":"{AUD}","sub":"u-1","exp":{{+60}}'
EXP, NBF, IAT = "RFC 7519 4.1.4", "RFC 7519 4.1.5", "RFC 7519 4.1.6"
AUDIENCE, ISSUER, SUBJECT = "RFC 7519 4.1.3", "RFC 7519 4.1.1", "RFC 7519 4.1.2"
JSON, TYPE, OURS = "RFC 7519 4, 7.2", "RFC 7519 2", "joseal: required unless said otherwise"

CASES = [
    # A good token, and the forms that are good too.
    Case("a good token", _claims(BASE), "ok"),
    Case("unknown claims", _claims(BASE, '"x":{"y":[1]}'), "ok", "RFC 7519 4"),
    Case("white space around the claims", f" {_claims(BASE)}\n", "ok", "RFC 7519 7.1"),
    Case("text outside ASCII", _claims(BASE, '"name":"Zo\u00eb"'), "ok", JSON),
    # exp
    Case("no exp", _claims(NO_EXP), "exp missing", OURS),
    Case("no exp, which is permitted", _claims(NO_EXP), "ok", EXP, _with(expires=False)),
    Case("exp has passed", _claims(NO_EXP, '"exp":{-1}'), "exp expired", EXP),
    Case(
        "exp has passed, and none is required",
        _claims(NO_EXP, '"exp":{-1}'),
        "exp expired",
        EXP,
        _with(expires=False),
    ),
    Case("exp is now", _claims(NO_EXP, '"exp":{+0}'), "exp expired", EXP),
    Case(
        "exp has passed, within the leeway",
        _claims(NO_EXP, '"exp":{-5}'),
        "ok",
        EXP,
        _with(leeway_seconds=10),
    ),
    Case(
        "exp has passed, at the leeway",
        _claims(NO_EXP, '"exp":{-10}'),
        "exp expired",
        EXP,
        _with(leeway_seconds=10),
    ),
    Case("exp with a fraction", _claims(NO_EXP, '"exp":{+60.5}'), "ok", TYPE),
    Case("exp is a string", _claims(NO_EXP, '"exp":"{+60}"'), "exp type", TYPE),
    Case("exp is true", _claims(NO_EXP, '"exp":true'), "exp type", TYPE),
    Case("exp is null", _claims(NO_EXP, '"exp":null'), "exp type", TYPE),
    Case(
        "exp is null, and none is required",
        _claims(NO_EXP, '"exp":null'),
        "exp type",
        TYPE,
        _with(expires=False),
    ),
    Case("exp is a list", _claims(NO_EXP, '"exp":[{+60}]'), "exp type", TYPE),
    Case("exp is an object", _claims(NO_EXP, '"exp":{"$":{+60}}'), "exp type", TYPE),
    Case("exp is NaN", _claims(NO_EXP, '"exp":NaN'), "claims json", JSON),
    Case("exp is infinite", _claims(NO_EXP, '"exp":Infinity'), "claims json", JSON),
    Case("exp overflows to infinity", _claims(NO_EXP, '"exp":1e400'), "claims json", JSON),
    Case("exp is a number beyond the calendar", _claims(NO_EXP, '"exp":1e300'), "exp type", TYPE),
    Case("exp is in milliseconds", _claims(NO_EXP, '"exp":1796000000000'), "exp type", TYPE),
    Case("exp is negative", _claims(NO_EXP, '"exp":-1'), "exp expired", EXP),
    # nbf
    Case("nbf is now", _claims(BASE, '"nbf":{+0}'), "ok", NBF),
    Case("nbf is in the future", _claims(BASE, '"nbf":{+20}'), "nbf early", NBF),
    Case(
        "nbf is in the future, within the leeway",
        _claims(BASE, '"nbf":{+5}'),
        "ok",
        NBF,
        _with(leeway_seconds=10),
    ),
    Case("nbf is a string", _claims(BASE, '"nbf":"{-5}"'), "nbf type", TYPE),
    Case("nbf is false", _claims(BASE, '"nbf":false'), "nbf type", TYPE),
    # iat
    Case("iat is in the past", _claims(BASE, '"iat":{-5}'), "ok", IAT),
    Case("iat is in the future", _claims(BASE, '"iat":{+20}'), "iat early", IAT),
    Case("iat is a string", _claims(BASE, '"iat":"{-5}"'), "iat type", TYPE),
    Case("iat is true", _claims(BASE, '"iat":true'), "iat type", TYPE),
    Case(
        "a token within its age", _claims(BASE, '"iat":{-20}'), "ok", IAT, _with(max_age_seconds=30)
    ),
    Case(
        "a token over its age",
        _claims(BASE, '"iat":{-40}'),
        "iat age",
        IAT,
        _with(max_age_seconds=30),
    ),
    Case(
        "no iat, although an age is required",
        _claims(BASE),
        "iat missing",
        IAT,
        _with(max_age_seconds=30),
    ),
    # iss
    Case("no iss", _claims(NO_ISS), "iss missing", "RFC 8725 3.8"),
    Case(
        "a different issuer", _claims(NO_ISS, '"iss":"https://evil.example"'), "iss value", ISSUER
    ),
    Case(
        "iss with a trailing slash",
        _claims(NO_ISS, f'"iss":"{ISS}/"'),
        "iss value",
        "RFC 7519 7.3",
    ),
    Case("iss in a different case", _claims(NO_ISS, f'"iss":"{ISS.upper()}"'), "iss value", ISSUER),
    Case(
        "iss is a part of the issuer", _claims(NO_ISS, '"iss":"https://login"'), "iss value", ISSUER
    ),
    Case("iss is a list with the issuer", _claims(NO_ISS, f'"iss":["{ISS}"]'), "iss type", ISSUER),
    Case(
        "one of two issuers",
        _claims(BASE),
        "ok",
        ISSUER,
        _with(issuer=["https://other.example", ISS]),
    ),
    # aud
    Case("no aud", _claims(NO_AUD), "aud missing", "RFC 8725 3.9"),
    Case("a different audience", _claims(NO_AUD, '"aud":"bills"'), "aud value", AUDIENCE),
    Case("a list with the audience", _claims(NO_AUD, f'"aud":["bills","{AUD}"]'), "ok", AUDIENCE),
    Case("a list without the audience", _claims(NO_AUD, '"aud":["bills"]'), "aud value", AUDIENCE),
    Case("an empty list", _claims(NO_AUD, '"aud":[]'), "aud type", AUDIENCE),
    Case("aud is an object", _claims(NO_AUD, f'"aud":{{"{AUD}":1}}'), "aud type", AUDIENCE),
    Case("a list with a number", _claims(NO_AUD, f'"aud":["{AUD}",1]'), "aud type", AUDIENCE),
    Case(
        "aud has the audience as a part",
        _claims(NO_AUD, f'"aud":"no-{AUD}"'),
        "aud value",
        AUDIENCE,
    ),
    Case("aud is a part of the audience", _claims(NO_AUD, '"aud":"order"'), "aud value", AUDIENCE),
    Case(
        "an audience, although none is named",
        _claims(BASE),
        "aud unexpected",
        AUDIENCE,
        {"issuer": ISS},
    ),
    Case(
        "one of two names of the receiver",
        _claims(BASE),
        "ok",
        AUDIENCE,
        _with(audience=["bills", AUD]),
    ),
    # sub and jti
    Case("a different subject", _claims(BASE), "sub value", SUBJECT, _with(subject="u-2")),
    Case(
        "no sub, although one is required",
        f'{{"iss":"{ISS}","aud":"{AUD}","exp":{{+60}}}}',
        "sub missing",
        SUBJECT,
        _with(subject="u-1"),
    ),
    Case(
        "sub is a number",
        f'{{"iss":"{ISS}","aud":"{AUD}","sub":1,"exp":{{+60}}}}',
        "sub type",
        SUBJECT,
    ),
    Case("jti is a number", _claims(BASE, '"jti":7'), "jti type", "RFC 7519 4.1.7"),
    Case(
        "no jti, although one is required",
        _claims(BASE),
        "jti missing",
        "RFC 7519 4.1.7",
        _with(require=("exp", "jti")),
    ),
    Case(
        "a required claim is null",
        _claims(BASE, '"role":null'),
        "role null",
        "joseal",
        _with(require=("role",)),
    ),
    # The JSON text.
    Case("a duplicate claim", _claims(BASE, '"sub":"u-2"'), "claims json", "RFC 7519 4"),
    Case(
        "exp twice, the later one good", _claims('"exp":{-60}', BASE), "claims json", "RFC 7519 4"
    ),
    Case("a list", f"[{_claims(BASE)}]", "claims json", JSON),
    Case("a string", '"{}"', "claims json", JSON),
    Case("nothing", "", "claims json", JSON),
    Case("a second object after it", _claims(BASE) + "{}", "claims json", JSON),
    Case("a trailing comma", _claims(BASE) + ",", "claims json", JSON),
    Case("a byte order mark", "\ufeff" + _claims(BASE), "claims json", JSON),
    Case("bytes that are not UTF-8", _claims(BASE, '"x":"\udcff"'), "claims json", JSON),
    Case(
        "17 levels", _claims(BASE, f'"x":{"[" * 17}{"]" * 17}'), "claims json", "joseal: 16 levels"
    ),
    # The explicit type.
    Case(
        "typ is the required one",
        _claims(BASE),
        "ok",
        "RFC 8725 3.11",
        _with(typ="at+jwt"),
        "at+jwt",
    ),
    Case(
        "typ with application/ in front",
        _claims(BASE),
        "ok",
        "RFC 7515 4.1.9",
        _with(typ="at+jwt"),
        "application/at+jwt",
    ),
    Case("a different typ", _claims(BASE), "typ", "RFC 8725 3.11", _with(typ="at+jwt"), "JWT"),
    Case("no typ", _claims(BASE), "typ", "RFC 8725 3.11", _with(typ="at+jwt"), None),
]
