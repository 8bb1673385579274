"""`joseal doctor` for a file that is a key and not a token: its kind, and how to load it."""

from typing import Final

import msgspec

from joseal.cli import files, json_output
from joseal.cli.console import Page
from joseal.diagnosis import Cause, KeyExplanation, explain_key
from joseal.diagnosis.causes import cause

# In PEM like keys, but messages in a different format; the causes for tokens name them.
_MESSAGES: Final = frozenset({"pem-cms", "pem-pgp"})


def show(data: bytes, *, as_json: bool) -> KeyExplanation | None:
    """Print the kind of a key file; None if the bytes are not one.

    With `--json`: {"verdict": TEXT, "kind": TEXT, "sentence": TEXT, "remedy": TEXT, and more}.
    """
    told = explain_key(data)
    if not told.is_key or told.kind in _MESSAGES:
        return None
    verdict = f"This is not a token: {told.sentence}."
    if as_json:
        detail = Cause(code=told.kind, sentence=told.sentence, remedy=told.remedy)
        shown = {
            "verdict": verdict,
            "accepted": False,
            "notes": [],
            **msgspec.structs.asdict(told),
            "causes": [cause("key_instead"), detail],
        }
        files.write(files.STANDARD, json_output.line(msgspec.to_builtins(shown)), private=False)
    else:
        page = Page()
        page.title(verdict)
        page.rows([("", f"{told.remedy}."), ("", f"[key_instead, {told.kind}]")])
        if told.loader:
            page.say("joseal key show FILE tells more of it.")
    return told
