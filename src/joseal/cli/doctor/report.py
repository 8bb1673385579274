"""The output of `joseal doctor`: one screen with the causes on top, or one JSON object.

Source: none; the format is this project's own.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from msgspec import structs

from joseal import Key
from joseal.cli import files, json_output, key_files
from joseal.cli.console import Page
from joseal.cli.doctor.findings import finding
from joseal.cli.doctor.keys import Findings
from joseal.diagnosis import Cause, Explanation, ProfileMatch

# Why no variant opens it: comparing the keys would not help.
_NOT_THE_KEY: Final = frozenset(
    {"encrypted_key_missing", "encrypted_key_size", "rsa_for_other_alg", "rsa_small_key"}
    | {"text_lost", "truncated", "wrapped_for_other_alg", "key_for_other_enc", "direct_with_key"}
    | {"encrypted_key_lost", "foreign_characters", "plus_lost", "quoted_printable"}
    | {"epk_missing", "epk_form", "curve_unknown", "gcmkw_members", "pbes2_members", "p2c_high"}
)
# The members that take part in finding the content key.
_INPUTS: Final = ("epk", "apu", "apv", "p2s", "p2c", "iv", "tag")
# A cause that makes what another one advises useless.
_MOOT: Final = (
    ("crit", "crit_extension"),
    ("zip_none", "zip_off"),
    ("gcmkw_in_key", "key_for_other_enc"),
    ("gcmkw_in_key", "encrypted_key_size"),
    ("b64_ignored", "b64_unencoded"),
    ("b64_not_critical", "b64_unencoded"),
)


def merged(seen: Explanation, found: Findings) -> Findings:
    """Put the findings from the structure before those from the key, each code once.

    An oddity of a token that is still accepted is a note. With a key, a token that is not accepted
    always has a cause.
    """
    once: dict[str, Cause] = {}
    for cause in (*seen.causes, *found.causes):
        once.setdefault(cause.code, cause)
    if found.accepted:
        return structs.replace(found, causes=(), notes=(*once.values(), *found.notes))
    if _is_not_the_key(once):
        once.pop("no_variant", None)
    for found_too, moot in _MOOT:
        if found_too in once:
            once.pop(moot, None)
    causes = tuple(once.values())
    if found.with_key and not causes:
        causes = (finding("refused_as_it_stands", found.reason),)
    return structs.replace(found, causes=causes)


def _is_not_the_key(once: dict[str, Cause]) -> bool:
    """Tell whether the token itself explains that nothing opened it."""
    wrong = once.get("member_type")
    named = wrong is not None and wrong.seen.partition(":")[0].partition(".")[0] in _INPUTS
    return named or not _NOT_THE_KEY.isdisjoint(once)


def _verdict(seen: Explanation, found: Findings) -> str:
    """Say it in one sentence."""
    is_jws = seen.form == "jws"
    opens = "The signature verifies" if is_jws else "It decrypts"
    size = f"{found.content_bytes} bytes of {'payload' if is_jws else 'plaintext'}"
    if found.accepted:
        return f"{opens} as it is: {size}."
    if found.opened:
        return f"{opens}, but:" if found.content_bytes is None else f"{opens}, but: ({size})"
    if found.tried:
        return f"{'It does not verify' if is_jws else 'It does not decrypt'} with this key:"
    if found.causes:
        return "Something is wrong with it, the most likely cause first:"
    return "No fault was found. Only a key can tell more."


def print_json(seen: Explanation, found: Findings) -> None:
    """Print all of it as one line."""
    told: dict[str, object] = {
        **structs.asdict(seen),
        "header": dict(seen.header),
        "causes": found.causes,
        "notes": found.notes,
        "possible": () if found.with_key else seen.possible,
        "profiles": () if found.accepted else seen.profiles,
        "tried": found.tried,
        "opened": found.opened,
        "accepted": found.accepted,
        "plaintext_bytes": found.content_bytes,
        "key": None if found.key is None else dict(_key_rows(found.key)),
        "verdict": _verdict(seen, found),
    }
    files.write(files.STANDARD, json_output.line(msgspec.to_builtins(told)), private=False)


def print_page(seen: Explanation, found: Findings) -> None:
    """Print one screen, with the causes on top."""
    page = Page()
    page.title(_verdict(seen, found))
    for causes in (found.causes, found.notes):
        page.rows(row for number, cause in enumerate(causes, 1) for row in _rows(number, cause))
    if not found.causes and not found.with_key and seen.possible:
        page.say("If it still does not decrypt, one of these may be the reason:")
        page.rows((cause.code, cause.sentence) for cause in seen.possible)
    if found.key is not None:
        page.title("Key that was tried")
        page.rows(_key_rows(found.key))
    if seen.segments:
        page.title("Segments")
        page.table(("segment", "characters", "bytes", ""), [*_segment_rows(seen)])
    if seen.header:
        page.title("Header, which anyone can write and read")
        page.rows(seen.header)
    if seen.profiles and not found.accepted:
        page.title("Profiles")
        page.rows(_profile_rows(seen.profiles))


def _key_rows(key: Key) -> Iterator[tuple[str, str]]:
    """Name a key so that both sides can compare it; a secret is shown without a fingerprint."""
    yield "alg", key.alg
    if key.kid is not None:
        # Escapes anything that could control a terminal.
        yield "kid", key.kid.encode("ascii", "backslashreplace").decode("ascii")
    if not key.is_symmetric:
        hashed = key_files.spki_sha256(key)
        if hashed is not None:
            yield "spki_sha256", hashed
        yield "thumbprint", key.thumbprint()


def _rows(number: int, cause: Cause) -> Iterator[tuple[str, str]]:
    yield f"{number}.", cause.sentence
    if cause.seen:
        yield "", f"Seen: {cause.seen}."
    yield "", cause.remedy
    yield "", f"[{cause.code}]"


def _segment_rows(seen: Explanation) -> Iterator[tuple[str | int, ...]]:
    for part in seen.segments:
        size = "none" if part.bytes is None else part.bytes
        yield part.name, part.characters, size, "" if part.canonical else "not canonical"


def _profile_rows(matches: Iterable[ProfileMatch]) -> Iterator[tuple[str, str]]:
    """Return the matching profiles in one row; those that nearly match only if none does."""
    full = [f"{match.profile} ({match.direction})" for match in matches if not match.misses]
    if full:
        yield "matches", ", ".join(full)
        return
    for match in matches:
        yield f"nearly {match.profile} ({match.direction})", "; ".join(match.misses)
