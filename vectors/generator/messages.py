"""Messages in JSON, JWE and JWS, each rule broken by one fault, with the truth of each.

    python -m vectors.generator.messages --output FOLDER

Two files come out, `jwe_json.json` and `jws_json.json`, which `joseal verify-vectors` runs with any
backend. They are some megabytes and are not kept: the same bytes come out of every run. The truth
table is `RULES`: what is done to a good message, the section that says what becomes of it, and the
stage that says so.

Rules:
- joseal is not imported, here or by any module of the package.
- What is authenticated is sealed or signed again after the fault, which so is the only one.

Source: RFC 7516 sections 4, 5.2 and 7.2; RFC 7515 sections 4, 5.2 and 7.2; RFC 7797 sections 3, 6.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from vectors.generator.messages_made import (
    Base,
    Jws,
    Message,
    encrypted_bases,
    signed_bases,
)

MALFORMED, NOT_ALLOWED, UNKNOWN_KEY = "malformed", "not_allowed", "unknown_key"
UNDECRYPTABLE, UNVERIFIED, TOO_LARGE, OK = "undecryptable", "unverified", "too_large", "ok"

# A message as it is written: an object, or text that is no good object.
Made = Message | str
Change = Callable[[Base | Jws], Made | None]


class Rule(NamedTuple):
    """One row of the truth table; `change` gives None where a base has nothing to change."""

    flag: str
    section: str
    what: str
    expect: str
    change: Change


def on(name: str, make: Callable[[str], object]) -> Change:
    """Change a member of the message; its place is that of the first recipient or signature."""

    def change(base: Base | Jws) -> Made | None:
        message = base.message()
        where = base.first(message) if name in base.OWN else message
        if name not in where:
            return None
        where[name] = make(str(where[name]))
        return message

    return change


def put(name: str, value: object, *, own: bool = False) -> Change:
    """Add a member, to the message or to its first recipient or signature."""

    def change(base: Base | Jws) -> Made | None:
        message = base.message()
        where = base.first(message) if own else message
        if name in where:
            return None
        where[name] = value
        return message

    return change


def drop(name: str) -> Change:
    """Take a member away."""

    def change(base: Base | Jws) -> Made | None:
        message = base.message()
        where = base.first(message) if name in base.OWN else message
        return None if where.pop(name, None) is None else message

    return change


def protect(**members: object) -> Change:
    """Add Header Parameters to the protected header, and seal or sign again."""
    return lambda base: base.message(protected=members)


def unprotect(place: str, **members: object) -> Change:
    """Add Header Parameters where nothing is authenticated."""

    def change(base: Base | Jws) -> Made | None:
        if place == "unprotected" and isinstance(base, Jws):
            return None
        return base.message(**{place: members})

    return change


def move(name: str, place: str) -> Change:
    """Move a Header Parameter out of its header, and seal or sign again."""

    def change(base: Base | Jws) -> Made | None:
        return base.moved(name, place)

    return change


def text(change: Callable[[str], str]) -> Change:
    """Change the text of the message."""
    return lambda base: change(json.dumps(base.message()))


def several(change: Callable[[Message, str], None]) -> Change:
    """Change a message in general form."""

    def changed(base: Base | Jws) -> Made | None:
        if base.form != "general":
            return None
        message = base.message()
        change(message, base.LIST)
        return message

    return changed


def flip(value: str) -> str:
    """Change the first bits that are encoded."""
    return ("B" if value[:1] == "A" else "A") + value[1:]


def nothing_twice(raw: str) -> str:
    """Write a member of the message again behind it."""
    name = next(iter(json.loads(raw)))
    return raw[:-1] + f', "{name}": "x"}}'


def set_list(value: object) -> Callable[[Message, str], None]:
    """Put a value in place of the list."""
    return lambda message, name: message.__setitem__(name, value)


def add_item(item: object) -> Callable[[Message, str], None]:
    """Add an item to the list."""
    return lambda message, name: message[name].append(item)


def in_other_form(base: Base | Jws) -> Made | None:
    """Write the message in the other form of JSON."""
    message = base.message()
    if base.form == "general":
        return message.pop(base.LIST)[0] | message
    return {
        base.LIST: [{name: message.pop(name) for name in base.OWN if name in message}]
    } | message


def compact(base: Base | Jws) -> Made | None:
    """Write the message in the compact form."""
    return base.compact()


def spaced_header(base: Base | Jws) -> Made | None:
    """Write the same header otherwise, and keep the tag or the signature."""
    return base.rewritten()


def crit_unprotected(base: Base | Jws) -> Made | None:
    """List in crit a parameter that is not protected."""
    return base.message(protected={"crit": ["urn:x"]}, header={"urn:x": 1})


def one_more(base: Base | Jws) -> Made | None:
    """Add a recipient or signature whose header can be its own."""
    if base.form != "general" or not base.has_own_headers():
        return None
    message = base.message()
    header = {"alg": "urn:x", "kid": "nobody"}
    message[base.LIST].append({"header": header, "encrypted_key": "eA", "signature": "eA"})
    return message


def over_the_limit(message: Message, name: str) -> None:
    """Repeat the first item of the list."""
    message[name] = [message[name][0]] * 17


TEXTS = {
    "an array": lambda raw: f"[{raw}]",
    "a trailing comma": lambda raw: raw[:-1] + ",}",
    "a byte order mark": lambda raw: "\ufeff" + raw,
    "text after it": lambda raw: raw + "x",
    "NaN in it": lambda raw: raw[:-1] + ', "x": NaN}',
    "cut off": lambda raw: raw[:-1],
}
WRONG = {"null": None, "a number": 1, "a list": [], "true": True}
OUTER_JWE = ("protected", "encrypted_key", "aad", "iv", "ciphertext", "tag")
OUTER_JWS = ("protected", "signature")

SHARED = [
    Rule("Good", "7.2.1", "nothing is changed", OK, lambda base: base.message()),
    Rule("Good", "2", "white space", OK, lambda base: json.dumps(base.message(), indent=1)),
    Rule("Ignored", "7.2.1", "a member that no RFC defines", OK, put("urn:x", {"a": [1]})),
    Rule(
        "Ignored",
        "7.2.1",
        "such a member in the first item of the list",
        OK,
        put("urn:x", 1, own=True),
    ),
    Rule(
        "Unprotected", "7.2.1", "data in its own header", OK, unprotect("header", jku="https://x")
    ),
    Rule("Good", "7.2.1", "one more in the list, with an unknown alg", OK, one_more),
    Rule("Duplicate", "4", "a member twice", MALFORMED, text(nothing_twice)),
    *(Rule("NotJson", "7.2", what, MALFORMED, text(change)) for what, change in TEXTS.items()),
    Rule("Form", "7.2.2", "the other form of JSON", MALFORMED, in_other_form),
    Rule("Form", "7.1", "the compact form", MALFORMED, compact),
    Rule("List", "7.2.1", "an empty list", MALFORMED, several(set_list([]))),
    Rule("List", "7.2.1", "an object in place of the list", MALFORMED, several(set_list({}))),
    Rule("List", "7.2.1", "null in the list", MALFORMED, several(add_item(None))),
    Rule(
        "List",
        "7.2.2",
        "a header next to the list",
        MALFORMED,
        several(lambda message, _: message.update(header={"urn:x": 1})),
    ),
    Rule("Many", "11", "17 in the list", TOO_LARGE, several(over_the_limit)),
    Rule("Empty", "7.2.1", "an empty protected member", MALFORMED, on("protected", lambda _: "")),
    Rule(
        "Empty",
        "7.2.1",
        "a protected header without members",
        MALFORMED,
        on("protected", lambda _: "e30"),
    ),
    Rule(
        "Header",
        "4",
        "a protected header that is a list",
        MALFORMED,
        on("protected", lambda _: "W10"),
    ),
    Rule("Header", "7.2.1", "a list as its own header", MALFORMED, put("header", [], own=True)),
    Rule("Twice", "7.2.1", "alg in its own header too", MALFORMED, unprotect("again", alg=1)),
    Rule(
        "Twice",
        "7.2.1",
        "a name in both headers",
        MALFORMED,
        lambda base: base.message(protected={"urn:x": 1}, header={"urn:x": 1}),
    ),
    Rule(
        "Critical",
        "4.1.13",
        "crit in its own header",
        MALFORMED,
        unprotect("header", crit=["urn:x"]),
    ),
    Rule("Critical", "4.1.13", "crit names an unprotected parameter", MALFORMED, crit_unprotected),
    Rule(
        "Critical", "4.1.13", "crit names an absent parameter", MALFORMED, protect(crit=["urn:x"])
    ),
    Rule(
        "Critical",
        "4.1.13",
        "crit names an unknown parameter",
        MALFORMED,
        lambda base: base.message(protected={"crit": ["urn:x"], "urn:x": 1}),
    ),
    Rule("Critical", "4.1.13", "an empty crit", MALFORMED, protect(crit=[])),
    *(
        Rule(
            "Key",
            "4.1.1",
            "the alg of a different key",
            NOT_ALLOWED,
            lambda base, alg=alg: base.bound(alg),
        )
        for alg in ("A192KW", "HS512", "none", "RSA1_5")
    ),
    Rule("Key", "4.1.6", "a kid that no key has", UNKNOWN_KEY, lambda base: base.named("nobody")),
    Rule("Rewritten", "5.2", "the same header, encoded differently", "", spaced_header),
]
JWE = [
    Rule(
        "Unprotected",
        "7.2.1",
        "data in the shared header",
        OK,
        unprotect("unprotected", jku="https://x"),
    ),
    Rule("EmptyRead", "7.2.1", "an empty shared header", OK, put("unprotected", {})),
    Rule("Kind", "9", "a payload too", MALFORMED, put("payload", "eA")),
    Rule(
        "List",
        "7.2.2",
        "an encrypted key next to the list",
        MALFORMED,
        several(lambda message, _: message.update(encrypted_key="eA")),
    ),
    Rule(
        "Alone", "4.5", "dir in the list", MALFORMED, several(add_item({"header": {"alg": "dir"}}))
    ),
    Rule(
        "Alone",
        "4.6",
        "ECDH-ES in the list",
        MALFORMED,
        several(add_item({"header": {"alg": "ECDH-ES"}})),
    ),
    Rule("Empty", "7.2.1", "an empty aad", MALFORMED, put("aad", "")),
    Rule(
        "Twice",
        "7.2.1",
        "a name in both unprotected headers",
        MALFORMED,
        lambda base: base.message(unprotected={"urn:x": 1}, header={"urn:x": 1}),
    ),
    Rule(
        "Twice",
        "7.2.1",
        "enc in the shared header too",
        MALFORMED,
        unprotect("unprotected", enc="A128GCM"),
    ),
    Rule(
        "Critical",
        "4.1.13",
        "crit in the shared header",
        MALFORMED,
        unprotect("unprotected", crit=["urn:x"]),
    ),
    Rule(
        "Zip", "4.1.3", "zip in the shared header", MALFORMED, unprotect("unprotected", zip="DEF")
    ),
    Rule("Zip", "4.1.3", "zip in its own header", MALFORMED, unprotect("header", zip="DEF")),
    Rule(
        "Strict", "10.1", "enc only in the shared header", NOT_ALLOWED, move("enc", "unprotected")
    ),
    Rule("Strict", "10.1", "enc only in its own header", NOT_ALLOWED, move("enc", "header")),
    Rule(
        "Strict", "10.1", "alg only in the shared header", NOT_ALLOWED, move("alg", "unprotected")
    ),
    *(
        Rule(
            "Base64url", "2", f"{name} with padding", MALFORMED, on(name, lambda value: value + "=")
        )
        for name in OUTER_JWE
    ),
    *(
        Rule(
            "Base64url",
            "2",
            f"{name} with a line end",
            MALFORMED,
            on(name, lambda value: value + "\n"),
        )
        for name in OUTER_JWE
    ),
    *(
        Rule(
            "Type", "7.2.1", f"{name} is {what}", MALFORMED, on(name, lambda _, value=value: value)
        )
        for name in OUTER_JWE
        for what, value in WRONG.items()
    ),
    *(
        Rule("Missing", "7.2.1", f"no {name}", MALFORMED, drop(name))
        for name in ("iv", "ciphertext", "tag", "encrypted_key")
    ),
    *(
        Rule("Flipped", "5.2", f"a changed {name}", UNDECRYPTABLE, on(name, flip))
        for name in ("aad", "iv", "ciphertext", "tag", "encrypted_key")
    ),
    Rule("Aad", "5.1", "an aad that was not authenticated", UNDECRYPTABLE, put("aad", "eA")),
    Rule("Aad", "5.1", "an aad that was removed", UNDECRYPTABLE, drop("aad")),
]
JWS = [
    Rule("Kind", "9", "a ciphertext too", MALFORMED, put("ciphertext", "eA")),
    Rule("Empty", "7.2.1", "an empty signature", MALFORMED, on("signature", lambda _: "")),
    Rule("Unencoded", "7797 3", "b64 in its own header", MALFORMED, unprotect("header", b64=False)),
    Rule(
        "Unencoded",
        "7797 6",
        "b64 that crit does not list",
        NOT_ALLOWED,
        lambda base: base.unlisted(),
    ),
    Rule(
        "Unencoded",
        "7797 3",
        "signatures that disagree on b64",
        MALFORMED,
        lambda base: base.mixed(),
    ),
    *(
        Rule(
            "Base64url",
            "2",
            f"{name} with {what}",
            MALFORMED,
            on(name, lambda value, more=more: value + more),
        )
        for name in OUTER_JWS
        for what, more in (("padding", "="), ("a line end", "\n"))
    ),
    *(
        Rule(
            "Type", "7.2.1", f"{name} is {what}", MALFORMED, on(name, lambda _, value=value: value)
        )
        for name in (*OUTER_JWS, "payload")
        for what, value in WRONG.items()
    ),
    *(
        Rule("Missing", "7.2.1", f"no {name}", MALFORMED, drop(name))
        for name in ("signature", "payload")
    ),
    Rule("Flipped", "5.2", "a changed signature", UNVERIFIED, on("signature", flip)),
    Rule("Flipped", "5.2", "a different payload", UNVERIFIED, lambda base: base.another_payload()),
]
RULES: Mapping[str, list[Rule]] = {"jwe_json_v1": [*SHARED, *JWE], "jws_json_v1": [*SHARED, *JWS]}


def expected(rule: Rule, base: Base | Jws) -> str:
    """Return the required result of a rule's message."""
    if rule.flag == "Rewritten":
        return UNVERIFIED if isinstance(base, Jws) else UNDECRYPTABLE
    return rule.expect


def cases(schema: str) -> Iterator[dict[str, object]]:
    """Make a group of each base, with one case for each rule that it can break."""
    number = 0
    bases = encrypted_bases() if schema == "jwe_json_v1" else signed_bases()
    for base in bases:
        tests: list[dict[str, object]] = []
        for rule in RULES[schema]:
            made = rule.change(base)
            if made is None:
                continue
            number += 1
            raw = made if isinstance(made, str) else json.dumps(made)
            expect = expected(rule, base)
            comment = f"{rule.what} (section {rule.section})"
            test = {"id": number, "comment": comment, "token": raw, "expect": expect}
            opened = base.opened() if expect == OK else {}
            tests.append(test | opened | base.shown() | {"flags": [rule.flag]})
        head = {"id": base.name(), "comment": f"A message in the {base.form} form"}
        yield head | {"key": base.jwk(), "opener": base.opener(), "tests": tests}


def file_of(schema: str) -> bytes:
    """Return a file of vectors."""
    notes = {
        rule.flag: {
            "bug": "BASIC",
            "description": rule.what,
            "refs": [f"RFC {'7516' if schema == 'jwe_json_v1' else '7515'} section {rule.section}"],
        }
        for rule in RULES[schema]
    }
    source = {"name": "joseal", "version": "1", "generator": "vectors/generator/messages.py"}
    groups = list(cases(schema))
    content = {"schema": schema, "source": source, "notes": notes, "groups": groups}
    return json.dumps(content, indent=1).encode()


def table() -> str:
    """Return the truth table as a page writes it: a line for each rule and each kind of message."""
    lines = [
        "| Message | Change | Section | Required result | Messages |",
        "|---|---|---|---|--:|",
    ]
    for schema, rules in RULES.items():
        kind, number = ("JWE", "7516") if schema == "jwe_json_v1" else ("JWS", "7515")
        counts: dict[str, dict[str, int]] = {}
        for group in cases(schema):
            for case in group["tests"]:
                found = counts.setdefault(case["comment"], {})
                found[case["expect"]] = found.get(case["expect"], 0) + 1
        for what in dict.fromkeys(f"{rule.what} (section {rule.section})" for rule in rules):
            told, _, section = what[:-1].rpartition(" (section ")
            rfc = section if " " in section else f"{number} {section}"
            ((expect, count),) = counts[what].items()
            lines.append(
                f"| {kind} | {told} | RFC {rfc.replace(' ', ', ')} | `{expect}` | {count} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    for schema in RULES:
        (folder / f"{schema.removesuffix('_v1')}.json").write_bytes(file_of(schema))


if __name__ == "__main__":
    main()
