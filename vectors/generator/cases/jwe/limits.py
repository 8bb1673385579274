"""Every limit at n, which must open, and at n + 1, which must not."""

from dataclasses import replace

from vectors.generator.catalogue import MALFORMED, TEXT, TOO_LARGE, VectorFile
from vectors.generator.encoder.agreement import agreed, pair, public
from vectors.generator.encoder.jwe import Recipe, draw, header_bytes, recipe
from vectors.generator.families import families, opened_with
from vectors.generator.keyring import curve, kw

_ENC = "A128GCM"
_OPEN = b'{"alg":"A128KW","enc":"A128GCM"'


def limits() -> VectorFile:
    """Build limits.json."""
    file = VectorFile("limits.json", 7)
    _token_bytes(file)
    _header_bytes(file)
    _plaintext_bytes(file)
    _nesting(file)
    _digits(file)
    return file


def limits_by_alg() -> VectorFile:
    """Build limits_by_alg.json."""
    file = VectorFile("limits_by_alg.json", 46)
    for alg, made in families("A128GCM", "limits by alg").items():
        _each_limit(file, alg, made)
    key = curve("ECDH-ES", "P-256")
    group = file.group("epk-members", "An epk with members that are not for it", key, "A128GCM")
    own = pair("P-256", "limits epk")
    epk = {**public(own), "key_ops": [f"{number % 500}" for number in range(1000)]}
    made = agreed(key, "A128GCM", "limits epk", TEXT, ephemeral=own, others={"epk": epk})
    group.opens(made, "A list of 1,000 operations, of which each occurs twice", "UnusualHeader")
    return file


def hostile() -> VectorFile:
    """Build hostile.json: tokens that are made to cost time or memory."""
    file = VectorFile("hostile.json", 47)
    start = file.start("dots", "Many segments", kw("A128KW"), _ENC)
    token = str(start.made.make())
    for what, text in {
        "10,000 dots alone": "." * 10_000,
        "10,000 dots behind it": token + "." * 10_000,
        "10,000 segments of one character": ".".join("A" * 10_000),
    }.items():
        start.refuses(what, text, MALFORMED, "Segments")
    comment = "A header of 100,000 bytes is let in"
    limits = {"header_bytes": 110_000}
    start = file.start("deep", comment, kw("A128KW"), _ENC, limits=limits)
    deep = _OPEN + b',"x":' + b"[" * 100_000
    start.refuses("100,000 arrays, left open", start.made.said(deep), MALFORMED, "Nesting")
    return file


def _each_limit(file: VectorFile, alg: str, made: Recipe) -> None:
    """Make a token that is as large as each limit allows, and one that is larger by one."""
    settings = opened_with(alg)
    longer = replace(made, plaintext=made.plaintext + b"\x00")
    size = len(str(made.make()))
    comment = f"token_bytes is {size}, under {alg}"
    at_limit = {"token_bytes": size}
    start = file.begin(f"token_bytes-{alg}", comment, made, limits=at_limit, **settings)
    fault = "a token that is longer by one or two characters"
    start.refuses(fault, longer, TOO_LARGE, "OverLimit")
    size = len(made.header)
    comment = f"header_bytes is {size}, under {alg}"
    at_limit = {"header_bytes": size}
    start = file.begin(f"header_bytes-{alg}", comment, made, limits=at_limit, **settings)
    wide = made.said(made.header[:-1] + b" }")
    start.refuses("a header that is one byte longer", wide, TOO_LARGE, "OverLimit")
    comment = f"plaintext_bytes is {len(TEXT)}, under {alg}"
    at_limit = {"plaintext_bytes": len(TEXT)}
    start = file.begin(f"plaintext_bytes-{alg}", comment, made, limits=at_limit, **settings)
    start.refuses("a plaintext that is one byte longer", longer, TOO_LARGE, "OverLimit")
    _each_bound(file, alg, made)


def _each_bound(file: VectorFile, alg: str, made: Recipe) -> None:
    """Stand at the bounds of the header's JSON, which no caller can move."""
    cut = made.header[:-1] + b',"x":'
    bounds = (
        ("nesting", "16 levels", b"[" * 15 + b"]" * 15, b"[" * 16 + b"]" * 16, "Nesting"),
        ("digits", "a number of 32 characters", b"9" * 32, b"9" * 33, "Digits"),
    )
    for name, what, most, more, flag in bounds:
        full = made.said(cut + most + b"}")
        comment = f"A header has {what} at most, under {alg}"
        start = file.begin(f"{name}-{alg}", comment, full, **opened_with(alg))
        over = made.said(cut + more + b"}")
        start.refuses(f"more than {what}", over, MALFORMED, flag)


def _token_bytes(file: VectorFile) -> None:
    key = kw("A128KW")
    made = recipe(key, _ENC, "token_bytes", draw("limit", 100))
    at_limit = {"token_bytes": len(str(made.make()))}
    comment = f"token_bytes is {at_limit['token_bytes']}"
    group = file.group("token_bytes", comment, key, _ENC, limits=at_limit)
    base = group.opens(made, "As long as the limit", "AtLimit")
    longer = replace(made, plaintext=made.plaintext + b"\x00")
    group.refuses(base, "one character longer", longer, TOO_LARGE, "OverLimit")
    garbage = str(made.make()) + "!"
    fault = "one character longer, and a foreign one: sizes come first"
    group.refuses(base, fault, garbage, TOO_LARGE, "OverLimit")


def _header_bytes(file: VectorFile) -> None:
    key = kw("A128KW")
    for size, settings in ((100, {"limits": {"header_bytes": 100}}), (16 * 1024, {})):
        comment = f"header_bytes is {size}" + ("" if settings else ", which is the default")
        group = file.group(f"header_bytes-{size}", comment, key, _ENC, **settings)
        header = _OPEN + b" " * (size - len(_OPEN) - 1) + b"}"
        made = recipe(key, _ENC, f"header_bytes {size}", TEXT, header)
        base = group.opens(made, f"A header of {size} bytes", "AtLimit")
        longer = replace(made, header=header[:-1] + b" }")
        group.refuses(base, "a header that is one byte longer", longer, TOO_LARGE, "OverLimit")


def _plaintext_bytes(file: VectorFile) -> None:
    key = kw("A128KW")
    for enc in (_ENC, "A128CBC-HS256"):
        for size in (100, 112):
            at_limit = {"plaintext_bytes": size}
            comment = f"plaintext_bytes is {size}, with {enc}"
            group = file.group(f"plaintext_bytes-{enc}-{size}", comment, key, enc, limits=at_limit)
            made = recipe(key, enc, f"plaintext_bytes {enc}", draw("limit", size))
            base = group.opens(made, f"A plaintext of {size} bytes", "AtLimit")
            longer = replace(made, plaintext=made.plaintext + b"\x00")
            fault = "a plaintext that is one byte longer"
            group.refuses(base, fault, longer, TOO_LARGE, "OverLimit")


def _nested(levels: int, start: bytes, end: bytes) -> bytes:
    return _OPEN + b',"x":' + start * (levels - 1) + b"1" + end * (levels - 1) + b"}"


def _nesting(file: VectorFile) -> None:
    key = kw("A128KW")
    group = file.group("nesting", "A header has 16 levels at most, itself included", key, _ENC)
    for what, start, end in (("arrays", b"[", b"]"), ("objects", b'{"x":', b"}")):
        made = recipe(key, _ENC, f"nesting {what}", TEXT, _nested(16, start, end))
        base = group.opens(made, f"16 levels, of {what}", "AtLimit")
        deeper = replace(made, header=_nested(17, start, end))
        group.refuses(base, "one level more", deeper, MALFORMED, "Nesting")
    shallow: dict[str, dict[str, object]] = {
        "Brackets in strings are not levels": {"x": "[" * 40, "y": '"[{' * 40},
        "Many brackets, but 3 levels": {"x": [[]] * 40},
    }
    for comment, members in shallow.items():
        header = header_bytes({"alg": "A128KW", "enc": _ENC, **members})
        group.opens(recipe(key, _ENC, f"nesting {comment}", TEXT, header), comment, "AtLimit")


def _digits(file: VectorFile) -> None:
    key = kw("A128KW")
    group = file.group("digits", "A number has 32 characters at most", key, _ENC)
    numbers = {
        "An integer": (b"9" * 32, b"9" * 33),
        "A negative integer": (b"-" + b"9" * 31, b"-" + b"9" * 32),
        "A fraction": (b"0." + b"1" * 30, b"0." + b"1" * 31),
        "A number with an exponent": (b"1." + b"1" * 26 + b"e-10", b"1." + b"1" * 27 + b"e-10"),
    }
    for what, (number, longer) in numbers.items():
        header = _OPEN + b',"x":' + number + b"}"
        made = recipe(key, _ENC, f"digits {what}", TEXT, header)
        base = group.opens(made, f"{what} of 32 characters", "AtLimit")
        changed = replace(made, header=_OPEN + b',"x":' + longer + b"}")
        group.refuses(base, "one character more", changed, MALFORMED, "Digits")
