"""The format of a file, recognized by its content and never by its name.

Rules:
- A file is read up to a limit, and as strict JSON: a file that can be read in two ways is not a
  vector file.
- A file that is not recognized is reported, never left out.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from joseal._core.wire import strict_json
from joseal.conformance.formats import cookbook, figures, lists, ours, wycheproof
from joseal.conformance.model import Vectors

# The largest published file known to us has 1.8 MB; its values take about ten times that.
MOST_FILE_BYTES: Final = 16 * 1024 * 1024

# Headers and JWKs are a few levels deep in a file, and some headers are deep on purpose.
MOST_DEPTH: Final = 64


class _Format(NamedTuple):
    recognise: Callable[[dict[str, object]], bool]
    read: Callable[[dict[str, object]], Vectors]


_FORMATS: Final = (
    _Format(ours.recognise, ours.read),
    _Format(wycheproof.recognise, wycheproof.read),
    _Format(cookbook.recognise, cookbook.read),
    _Format(lists.recognise_tokens, lists.read_tokens),
    _Format(figures.recognise, figures.read),
    _Format(lists.recognise_hpke, lists.read_hpke),
    _Format(lists.recognise_record, lists.read_record),
    _Format(lists.recognise_keys, lists.read_keys),
    _Format(lists.recognise_json_token, lists.read_json_token),
)


def load(data: bytes) -> dict[str, object] | None:
    """Read a file's JSON; an array becomes the member `array` of an object. None if not strict."""
    if data.lstrip()[:1] == b"[":
        # Text after the array must not become members of that object.
        file = strict_json.load_object(b'{"array":%s}' % data, MOST_DEPTH)
        return file if file is not None and len(file) == 1 else None
    return strict_json.load_object(data, MOST_DEPTH)


def read(file: dict[str, object]) -> Vectors | None:
    """Read the cases of a file; None if its format is not known."""
    for form in _FORMATS:
        if form.recognise(file):
            return form.read(file)
    return None
