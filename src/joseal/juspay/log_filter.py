"""Keep secrets out of log records: a filter, and the loggers that get it automatically.

    for handler in logging.getLogger().handlers:
        handler.addFilter(RedactionFilter(secrets=[api_key]))

A filter on a logger sees only what is logged through that logger, so `protect_loggers` puts it on
each logger that this layer uses. That happens when the first object that needs it is made (such as
`Client`), not when a module is imported: an import changes nothing that belongs to the application.
The application's own logs pass through its handlers: the lines above, once the handlers are set up,
cover these.

Rules:
- Better too much than too little: any twelve digits in a row are removed, with or without blanks
  and hyphens between them, whether they are a card number, a time in milliseconds or an account.
  UUIDs stay.
- A card number in groups with any other sign between them is removed if the groups are those of a
  card, the sign is the same throughout, and the check digit is right: weaker conditions would also
  remove amounts, times and tables of numbers.
- The work on a text is bounded by its length: no repetition in a pattern for groups is unbounded.
- The filter never raises. It runs no foreign `__str__` or `__repr__`: a record with objects of
  other types than Python's own is formatted and redacted when a handler asks for the text.
- A record without a secret stays as it is, its arguments apart from its message.

Not detected: secrets in a different encoding (hex, base64), a secret without a name next to it,
such as a security code or a password, unless `secrets` names it, and objects of foreign types in
`extra`. Also not card numbers in groups of other sizes (two, three or five digits), with different
signs between the groups, with letters or digits between them (a numbered list), in different
records, or with a wrong check digit.

Source: PCI DSS 4.0.1 requirements 3.3.1 and 3.5.1; RFC 7515 section 7.1; RFC 7617 section 2.
"""

import logging
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeGuard, TypeVar, final

from joseal._core.secrecy import Opaque, hide_locals

REDACTED: Final = "<redacted>"

_Row = TypeVar("_Row", list[object], tuple[object, ...])

_OWN: Final = "joseal"
# urllib3 makes some of these later, by the same names.
_LOGGERS: Final = (
    _OWN,
    "joseal.juspay",
    "urllib3",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.http2.connection",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)

_MISFIT: Final = "<a log record whose arguments do not fit its message>"
_NO_TRACEBACK: Final = "<a traceback that can't be shown>"
_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}
_FRAME: Final = re.compile(r'[ |+-]*  File "')
_DEEPEST: Final = 8

# What Python raises if a message and its arguments, all of Python's own types, don't fit together.
_MISFITS: Final = (
    ArithmeticError,
    BytesWarning,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
)

_NAMES: Final = (
    r"card[_ -]?(?:number|no)|\bpan|cv[vc]2?|cvn2?|\bcsc|\bcid|security[_ -]?code|\bpin"
    r"|pass(?:word|wd|phrase)|secret|api[_ -]?key|authorization|token"
)
# Backslashes, because JSON in a string has its quotes escaped, once for each layer.
_QUOTE: Final = r"""\\{0,15}["']"""
_PATTERNS: Final = (
    # Private keys, whole or cut off.
    r"(?s)()-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|\Z)",
    rf"({_QUOTE}(?:d|p|q|dp|dq|qi|k){_QUOTE}\s{{0,4}}:\s{{0,4}}{_QUOTE})[A-Za-z0-9_-]{{16,}}",
    # Tokens: the base64url of `{`, and of a quote or white space, anywhere.
    r"()e(?:y[ABIJ]|w[klop01])[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*",
    # Credentials: the rest of a header's line, a scheme that is not a common word, the user in a
    # URL.
    r"(?i)(authorization\s{0,4}:\s{0,4})[^\r\n\\\"']+",
    r"\b((?i:Basic|Bearer|Digest|Negotiate)\s{1,4})(?![A-Z]?[a-z]+[.,;:!?]?(?:\s|\Z))[A-Za-z0-9+/=._~-]{4,}",
    r"(://)[^/\s@\"'<>]+(?=@)",
    # Members with a telltale name, in JSON, in Python and in forms.
    (
        rf"""(?i)((?:{_NAMES})(?:{_QUOTE}\s{{0,4}}(?:[:=,]|=>)|\s{{0,4}}(?:[:=]|=>))\s{{0,4}})"""
        rf"""(?:b?({_QUOTE})(?:(?!\2)(?:\\[^\r\n]|[^\\\r\n]))*(?:\2)?"""
        r"""|[^\s,;&"'\\()\[\]{}<][^\s,;&"'()\[\]{}]*)"""
    ),
    r"(?i)((?:cv[vc]2?|cvn2?|security[_ -]?code)[^A-Za-z0-9]{1,8})\d{3,4}(?!\d)",
)
# Every decimal digit of Unicode, and what people put between groups of them. A UUID with a letter
# in it is kept, although twelve of its digits may come in a row.
_RUNS: Final = re.compile(
    r"(?<![0-9A-Za-z])(?P<uuid>(?=[0-9-]{0,35}[A-Fa-f])"
    r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[1-8][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12})"
    r"(?![0-9A-Za-z])"
    r"|\d(?:(?:[ \t\u00a0\u2000-\u200b\u202f\u2010-\u2015_+-]|%20){0,3}\d){11,}"
)
# What may be between two groups of a card number: entities and tags of HTML, escapes of Python and
# JSON, of URLs, and any sign. Each begins with a different character, so that there is one way to
# match, and matched text is not tried again (`}+`).
_SIGN: Final = (
    r"(?:&(?:#[0-9]{1,5}|#[xX][0-9A-Fa-f]{1,4}|[A-Za-z]{2,8});"
    r"|</?[A-Za-z]{1,10}[ ]?/?>"
    r"|\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrt])?"
    r"|%[0-9A-Fa-f]{2}"
    r"|[^\w&<\\%]|_)"
)
_BETWEEN: Final = rf"(?P<between>{_SIGN}{{1,16}}+)"
_AGAIN: Final = r"(?P=between)"
_BEFORE: Final = r"(?:(?<!\d)|(?<=%[0-9A-Fa-f]{2}))"
_GROUPS: Final = (
    # 4-4-4-4, with fewer or more digits at the end, and 4-6-5 and 4-6-4.
    re.compile(
        rf"{_BEFORE}(?P<first>\d{{4}}){_BETWEEN}"
        rf"(?:\d{{4}}{_AGAIN}\d{{4}}{_AGAIN}\d{{1,4}}(?:{_AGAIN}\d{{1,3}})?|\d{{6}}{_AGAIN}\d{{4,5}})(?!\d)"
    ),
    # Digit by digit, as in a list.
    re.compile(rf"{_BEFORE}(?P<first>\d){_BETWEEN}\d(?:{_AGAIN}\d){{11,17}}(?!\d)(?!{_AGAIN}\d)"),
)
_USUAL_DIGITS: Final = 16
_LEAST_DIGITS: Final = 13
# The first digits of the card networks, including RuPay.
_NETWORK: Final = re.compile("[3-6]|2[2-7]|8[12]")
_SECRETS: Final = tuple(map(re.compile, _PATTERNS))
_IS_SECRET: Final = re.compile(rf"(?is).*(?:{_NAMES})")


@hide_locals
def redact(text: str) -> str:
    """Return a text without anything that looks like a secret.

    It replaces runs of twelve or more digits, the values of members with telltale names (security
    codes, card numbers and tokens, passwords, API keys), credentials in `Authorization` and in
    URLs, compact JWE and JWS tokens, and private keys.

    Args:
        text: any text.

    Returns:
        The text, with a mark in the place of each secret.

    Raises:
        TypeError: `text` is not str.

    Example:
        >>> from joseal.juspay import redact
        >>> "4111111111111111" in redact("card 4111111111111111")
        False
    """
    if not isinstance(text, str):
        raise TypeError("text must be str")
    for pattern in _SECRETS:
        text = pattern.sub(rf"\1{REDACTED}", text)
    text = _RUNS.sub(_run, text)
    for groups in _GROUPS:
        text = "".join(_without_cards(text, groups))
    return text


def _run(found: re.Match[str]) -> str:
    uuid: str | None = found["uuid"]
    return REDACTED if uuid is None else uuid


def _without_cards(text: str, groups: re.Pattern[str]) -> Iterator[str]:
    """Yield a text in pieces, with `REDACTED` in place of each card number in groups."""
    done = place = 0
    while (found := groups.search(text, place)) is not None:
        place = found.end("first")
        # In a longer row the card may begin at any group, so the next search begins there.
        if _is_card(found):
            yield text[done : found.start()]
            yield REDACTED
            done = place = found.end()
    yield text[done:]


def _is_card(found: re.Match[str]) -> bool:
    """Tell whether digits in groups are a card number, alone or with a code after them."""
    digits = [int(sign) for sign in _digits(found)]
    if _NETWORK.match("".join(map(str, digits[:2]))) is None:
        return False
    return _is_checked(digits) or _is_checked(digits[:_USUAL_DIGITS])


def _digits(found: re.Match[str]) -> str:
    return "".join(re.findall(r"\d", found[0].replace(found["between"], "")))


def _is_checked(digits: list[int]) -> bool:
    """Tell whether the last digit is the check digit of those before it (ISO/IEC 7812-1)."""
    doubled = (digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2])  # noqa: PLR2004 - Luhn's
    return len(digits) >= _LEAST_DIGITS and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


@final
class RedactionFilter(logging.Filter):
    """Removes everything that looks like a secret from each record that passes. It drops none.

    For a logger or a handler. It changes the record itself, so everything after it sees the changed
    one, including a handler that collects records.

    Args:
        secrets: texts to remove wherever they occur, such as an API key.

    Raises:
        TypeError: `secrets` is a str, or contains something other than str.
        ValueError: a secret is shorter than four characters.

    Example:
        >>> import logging
        >>> from joseal.juspay import RedactionFilter
        >>> filter_ = RedactionFilter(secrets=["an API key"])
        >>> logging.getLogger("payouts").addFilter(filter_)
    """

    @hide_locals
    def __init__(self, *, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        if isinstance(secrets, str):
            raise TypeError("secrets must be several str, not one")
        known = tuple(secrets)
        if not all(isinstance(secret, str) for secret in known):
            raise TypeError("secrets must contain only str")
        if not all(len(secret) >= 4 for secret in known):  # noqa: PLR2004 - the docstring has it
            raise ValueError("a secret of fewer than four characters would empty every text")
        # The longest first, so that a secret that contains a shorter one is removed as a whole.
        longest_first = sorted(map(re.escape, known), key=len, reverse=True)
        self._secrets = _Hidden(re.compile("|".join(longest_first)) if known else None)

    @hide_locals
    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a record. Always true: the record is kept.

        Args:
            record: the record, which is changed.

        Returns:
            True, always.

        Raises:
            Nothing.

        Example:
            >>> import logging
            >>> from joseal.juspay import RedactionFilter
            >>> filter_ = RedactionFilter(secrets=["an API key"])
            >>> record = logging.LogRecord("a", 20, "a.py", 1, "with an API key", None, None)
            >>> filter_.filter(record), "an API key" in record.getMessage()
            (True, False)
        """
        self._message(record)
        self._trace(record)
        self._extra(record)
        return True

    @hide_locals
    def redact(self, text: str) -> str:
        """Return a text without anything that looks like a secret, and without the known secrets.

        Args:
            text: any text.

        Returns:
            The text, with a mark in the place of each secret.

        Raises:
            TypeError: `text` is not a str.

        Example:
            >>> import logging
            >>> from joseal.juspay import RedactionFilter
            >>> filter_ = RedactionFilter(secrets=["an API key"])
            >>> "an API key" in filter_.redact("sent with an API key")
            False
        """
        return redact(self._secrets.cut(text))

    def _message(self, record: logging.LogRecord) -> None:
        message, args = record.msg, record.args
        if not _is_plain(message) or not _is_plain(args, _DEEPEST):
            # Not by assignment, because typeshed declares `msg` as str, but logging accepts any
            # object.
            record.__dict__.update(msg=_Later(self, message, args), args=None)
            return
        try:
            text = record.getMessage()
        except _MISFITS:
            text = f"{_MISFIT}: {message!r}"
            args = record.args = None
        clean = self.redact(text)
        if clean != record.getMessage() or not self._is_clean((message, args)):
            record.msg, record.args = clean, None

    def _is_clean(self, values: object) -> bool:
        """Tell whether values of Python's own types show nothing even outside the message."""
        return repr(values) == repr(self._redacted(values, _DEEPEST))

    def _trace(self, record: logging.LogRecord) -> None:
        # Another formatter may have left its own text, such as one with locals.
        if record.exc_text:
            record.exc_text = self.redact(record.exc_text)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            try:
                pieces = traceback.format_exception(error)
            except (*_MISFITS, AttributeError, RuntimeError):
                pieces = []
            # Source lines are not data, and `token = ...` is not a secret.
            clean = [text if _FRAME.match(text) else self.redact(text) for text in pieces]
            if clean != pieces or not pieces:
                record.exc_info, record.exc_text = None, "".join(clean).rstrip() or _NO_TRACEBACK
        if record.stack_info:
            record.stack_info = self.redact(record.stack_info)

    def _extra(self, record: logging.LogRecord) -> None:
        for name in record.__dict__.keys() - _STANDARD:
            record.__dict__[name] = self._member(name, record.__dict__[name], _DEEPEST)

    def _member(self, name: object, value: object, depth: int) -> object:
        if type(name) is str and value is not None and _IS_SECRET.fullmatch(name):
            return REDACTED
        return self._redacted(value, depth)

    def _redacted(self, value: object, depth: int) -> object:
        """Return a value of Python's own types redacted, and any other value as it is."""
        if depth == 0:
            return REDACTED
        if _is_dict(value):
            return {
                self._scalar(name): self._member(name, inner, depth - 1)
                for name, inner in value.items()
            }
        if _is_list(value):
            return self._row([self._redacted(inner, depth - 1) for inner in value])
        if _is_tuple(value):
            return self._row(tuple(self._redacted(inner, depth - 1) for inner in value))
        return self._scalar(value)

    def _row(self, items: _Row) -> _Row | str:
        """Return items as they are, unless they form a secret only together."""
        if not _is_plain(items, _DEEPEST):
            return items
        text = repr(items)
        return items if self.redact(text) == text else REDACTED

    def _scalar(self, value: object) -> object:
        if type(value) is str:
            return self.redact(value)
        if type(value) in _SCALARS:
            text = repr(value)
            return value if self.redact(text) == text else REDACTED
        return value

    def __repr__(self) -> str:
        return "RedactionFilter()"

    def __reduce__(self) -> str | tuple[object, ...]:
        if not self._secrets.is_empty:
            raise TypeError("a filter that knows secrets can't be pickled")
        return (RedactionFilter, ())


class _Hidden(Opaque):
    """The known secrets as a pattern, whose repr hides them."""

    __slots__ = ("_pattern",)

    _pattern: re.Pattern[str] | None

    def __init__(self, pattern: re.Pattern[str] | None) -> None:
        self._set(_pattern=pattern)

    @property
    def is_empty(self) -> bool:
        """Whether no secret is known."""
        return self._pattern is None

    def cut(self, text: str) -> str:
        """Return a text without the secrets."""
        return text if self._pattern is None else self._pattern.sub(REDACTED, text)


class _Later:
    """A message with arguments of foreign types: formatted and redacted on demand."""

    __slots__ = ("_args", "_filter", "_message")

    def __init__(self, redacting: RedactionFilter, message: object, args: object) -> None:
        self._filter = redacting
        self._message = message
        self._args = args

    def __str__(self) -> str:
        text = str(self._message)
        return self._filter.redact(text % self._args if self._args else text)

    def __repr__(self) -> str:
        return REDACTED

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return (str, (str(self),))


_SCALARS: Final = (bytes, int, float, bool, type(None))


def _is_plain(value: object, depth: int = 1) -> bool:
    """Tell whether a value consists of Python's own types, so that no foreign code formats it."""
    if type(value) is str or type(value) in _SCALARS:
        return True
    if depth == 0:
        return False
    if _is_dict(value):
        return all(_is_plain(inner, depth - 1) for pair in value.items() for inner in pair)
    return (_is_list(value) or _is_tuple(value)) and all(
        _is_plain(inner, depth - 1) for inner in value
    )


def _is_dict(value: object) -> TypeGuard[Mapping[object, object]]:
    return type(value) is dict


def _is_list(value: object) -> TypeGuard[list[object]]:
    return type(value) is list


def _is_tuple(value: object) -> TypeGuard[tuple[object, ...]]:
    return type(value) is tuple


_SHARED: Final = RedactionFilter()


def protect_loggers(*names: str) -> None:
    """Put the filter on the loggers that this layer uses, and on those that are named.

    Those are joseal's and urllib3's. It may be called again: a logger gets the filter once. A named
    logger is covered together with all existing loggers below it.

    Args:
        names: more loggers.

    Raises:
        TypeError: a name is not str.

    Example:
        >>> from joseal.juspay import protect_loggers
        >>> protect_loggers("payouts")
    """
    if not all(isinstance(name, str) for name in names):
        raise TypeError("names must be str")
    roots = (_OWN, "urllib3", *names)
    existing = [
        name
        for name in list(logging.Logger.manager.loggerDict)
        if any(name.startswith(f"{root}.") for root in roots)
    ]
    for name in (*_LOGGERS, *names, *existing):
        logging.getLogger(name).addFilter(_SHARED)


def logger(name: str) -> logging.Logger:
    """Return one of joseal's own loggers, with the filter on it.

    It writes nothing unless the application sets up a handler.

    Raises:
        ValueError: the name is not below `joseal`.
    """
    if not name.startswith(f"{_OWN}."):
        raise ValueError("the name must be below joseal")
    own = logging.getLogger(name)
    own.addFilter(_SHARED)
    root = logging.getLogger(_OWN)
    if not root.handlers:
        root.addHandler(logging.NullHandler())
    return own
