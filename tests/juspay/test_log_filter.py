"""Log records without secrets: what goes, what stays, and that the filter never fails."""

import copy
import io
import itertools
import json
import logging
import logging.handlers
import pickle
import queue
import re
import subprocess
import sys
import time
import traceback

import pytest
from rich.pretty import pretty_repr
from tests.helpers.rows import each_row

from joseal import Encrypter, Key, Signer
from joseal.juspay import log_filter
from joseal.juspay.log_filter import RedactionFilter, logger, protect_loggers, redact

PAN = "4929471234567898"
FULLWIDTH = {ord(digit): 0xFEE0 + ord(digit) for digit in "0123456789"}
API_KEY = "1D6A8F2C4B9E4CF5A921C3E5406AC0FB"
BASIC = "MUQ2QThGMkM0QjlFNENGNUE5MjFDM0U1NDA2QUMwRkI6"

# A text, and what of it must not be seen.
SECRET = {
    "card number": (f"paid to {PAN} today", PAN),
    "longer run": (f"track {PAN}31122069071", PAN),
    "twelve digits": ("maestro 501800000009", "501800000009"),
    "blanks": ("4929 4712 3456 7898", "3456"),
    "hyphens": ("4929-4712-3456-7898", "3456"),
    "no-break blanks": ("4929\u00a04712\u00a03456\u00a07898", "3456"),
    "blanks in a URL": ("/pay?n=4929%204712%203456%207898", "3456"),
    "plus in a form": ("n=4929+4712+3456+7898", "3456"),
    "other digits": (PAN.translate(FULLWIDTH), "3456".translate(FULLWIDTH)),
    "between letters": (f"id{PAN}x", PAN),
    "repr of bytes": (repr(PAN.encode()), PAN),
    "code in JSON": ('{"cardSecurityCode": "9071", "a": 1}', "9071"),
    "code as a number": ('{"cvv":907}', "907"),
    "code in JSON in JSON": (json.dumps(json.dumps({"cvv2": "9071"})), "9071"),
    "code in Python": ("{'card_security_code': '9071'}", "9071"),
    "code in a form": ("name=Bob&cvc=907&x=1", "907"),
    "code in prose": ("CVV (907) was wrong", "907"),
    "code in bytes": ("{b'cvn': b'907'}", "907"),
    "password": ("password='correct horse, battery' ok", "horse"),
    "escaped quote": ('{"apiKey": "abc\\"def-rest"}', "def-rest"),
    "open quote": ('"secret": "cut off her', "cut off"),
    "card token": ("cardToken=tok_1234 name=x", "tok_1234"),
    "header line": (f"Authorization: Basic {BASIC}\r\nHost: x", BASIC),
    "header in a mapping": (repr({"Authorization": f"Basic {BASIC}"}), BASIC),
    "header as a pair": (repr([("Authorization", f"Basic {BASIC}")]), BASIC),
    "header in bytes": (
        repr(f"POST / HTTP/1.1\r\nAuthorization: Basic {BASIC}\r\n".encode()),
        BASIC,
    ),
    "proxy": ("Proxy-Authorization: Basic QWxhZGRpbjpv", "QWxh"),
    "scheme alone": (f"sent Basic {BASIC}", BASIC),
    "bearer": ("got Bearer abc.def-ghi", "abc.def"),
    "user in a URL": (f"https://{API_KEY}:@api.juspay.in/x", API_KEY),
    "header of a key": (f"x-api-key: {API_KEY}", API_KEY),
    "private PEM": (
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n-----END PRIVATE KEY-----",
        "MIIEvQIBADAN",
    ),
    "private PEM, cut off": ("-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADAN", "MIIEvQIBADAN"),
    "private JWK": ('{"kty":"RSA","d":"X4cTteJY_gn4FYPsXB8rdXix"}', "X4cTte"),
}
# Card numbers with a right check digit, in the groups in which people write them.
CARDS = {
    "16 digits": ["4012", "8888", "8888", "1881"],
    "13 digits": ["4222", "2222", "2222", "2"],
    "19 digits": ["6304", "0000", "0000", "0000", "000"],
    "American Express": ["3714", "496353", "98431"],
    "Diners Club": ["3056", "930902", "5904"],
    "Mastercard of the 2 series": ["2223", "0000", "4841", "0010"],
    "RuPay": ["6522", "8512", "3456", "7891"],
    "digit by digit": list("4012888888881881"),
    "other digits": [group.translate(FULLWIDTH) for group in ("4012", "8888", "8888", "1881")],
}
SIGNS = [
    *(".", "/", ",", "|", ":", ";", "_", "~", "*", "=", "#", "\\", ", ", " | ", " / ", "--", "..."),
    *("\n", "\r\n", "\n- ", "\n  * ", "\t|\t", "\\n", "\\r\\n", "\\\\n", "\\u00a0", "\\xa0"),
    *(
        "&nbsp;",
        "&#160;",
        "&#xA0;",
        "&thinsp;&thinsp;",
        "&#8209;",
        "%2E",
        "%0A",
        "%7C",
        "%E2%80%93",
    ),
    *("', '", '", "', '","', "</li><li>", "</li>\n  <li>", "<br>", "<br />", "</td><td>"),
]
# What the filter is known not to see. SECURITY.md lists these kinds.
UNSEEN = {
    "a UUID": "40128888-8888-4188-a188-111111111111",
    "groups of two": "40.12.88.88.88.88.18.81",
    "groups of three": "401,288,888,888,188,1",
    "different signs": "4012.8888/8888|1881",
    "letters between": "4012 and 8888 and 8888 and 1881",
    "a numbered list": "1. 4012\n2. 8888\n3. 8888\n4. 1881",
    "a repr of bytes in a list": "[b'4012', b'8888', b'8888', b'1881']",
    "a wrong check digit": "4012.8888.8888.1882",
    "no network's first digits": "9012.8888.8888.1883",
    "a longer row of digits": ".".join("4012888888881881" + "0000"),
    "base64": "NDAxMjg4ODg4ODg4MTg4MQ==",
}
HARMLESS = (
    "2026-11-30T08:10:18.123456Z and 2026/11/30 08:10:18",
    "30.11.2026 08:10:18,123 | 30.11.2026 08:10:18,456",
    "5.12.2031/6.12.2031/7.12.2031",
    "08:10:18.123 08:10:18.456",
    "4,012,888.88 and 4.012.888,81 and 40,12,888.50",
    "amounts: 4012.88, 8888.10, 1881.00, 9000.00",
    "INR 4,012,888,888,881,881.00",
    "years: 2019, 2020, 2021, 2022, 2023",
    "1024/2048/4096/8192",
    "ports 8080, 8081, 9090, 9091",
    "sizes=[4096, 4096, 8192, 1024, 512]",
    "192.168.100.254:8443 and 10.0.0.1:4012/8888",
    "[2001:0db8:85a3:4012:8888:8a2e:0370:7334]",
    "4012a888-8888-4188-8188-1a1a1a1a1a1a",
    "id=88888888-8888-4188-a188-188888888881,",
    "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "order_4012/8888/attempt/1881",
    "trace=4bf92f3577b34da6a3ce929d0e0e4736 span=00f067aa0ba902b7",
    "version 4.0.1.2, build 8888.8888",
    "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]",
    "[1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0]",
    "matrix: 4 5 | 6 7 | 8 9",
    "52.370216, 4.895168 / 28.613939, 77.209021",
    "HTTP 200 3 4012",
    "phone +31 20 123 4567",
    "Starting new HTTPS connection (1): api.juspay.in:443",
    'https://api.juspay.in:443 "POST /payout/merchant/v1/orders/order-1/attempt HTTP/1.1" 200 3',
    "Connection pool is full, discarding connection: 127.0.0.1. Connection pool size: 10",
    "2024-10-09 15:18:10,123 took 12.5 ms",
    "over the limit token_bytes=100: found 101",
    "Basic authentication failed",
    "pan, tilt and zoom; pinned: 4; eyewitness account",
    "c14b4350-5a54-5b3a-65c4-16634009a2f1",
    "CardInfo(card_number=<ends in 7898>, card_security_code=<hidden>)",
)


@pytest.fixture
def log():
    """A logger with the filter, and a stream with what it writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    own = logging.Logger("an.application")  # noqa: LOG001 - one for each test
    own.addHandler(handler)
    own.addFilter(RedactionFilter())
    own.written = stream.getvalue
    return own


@each_row("name", SECRET)
def test_secret_is_taken_out_of_a_text(name):
    text, secret = SECRET[name]
    assert secret in text
    assert secret not in redact(text)
    assert "<redacted>" in redact(text)


def test_compact_tokens_are_taken_out_whole():
    key = Key.generate("RSA-OAEP")
    tokens = [
        Encrypter(key.public(), enc="A256GCM").encrypt(b"{}"),
        Signer(Key.generate("RS256")).sign(b"{}"),
    ]
    for token in tokens:
        for around in ("{}", "JWT={}", "line\n{}\n", "x{}", '{{"payload":"{}"}}'):
            shown = redact(around.format(token))
            assert not any(part in shown for part in token.split(".") if len(part) > 5)


@each_row("text", HARMLESS)
def test_harmless_text_stays_as_it_is(text):
    assert redact(text) == text


@pytest.mark.parametrize("card", CARDS)
def test_card_number_in_groups_is_taken_out_whatever_the_sign_between(card):
    arounds = ("{}", "paid to {} today", "x{}\n", "%20{}", '{{"a": ["{}"]}}', "<li>{}</li>")
    for sign, around in itertools.product(SIGNS, arounds):
        shown = redact(around.format(sign.join(CARDS[card])))
        assert "<redacted>" in shown
        # No more than the 20 of a blank in a URL.
        assert re.findall(r"\d", shown) in ([], ["2", "0"])


@pytest.mark.parametrize("sign", [".", "|", ", ", "&#160;"])
def test_card_number_is_found_within_a_longer_row(sign):
    card = CARDS["16 digits"]
    assert redact(sign.join(["0228", *card])) == sign.join(["0228", "<redacted>"])
    for code in ("907", "0228"):
        assert "8888" not in redact(sign.join([*card, code, "0228"]))
    assert redact(sign.join([*card, "907"])) == "<redacted>"


@each_row("kind", UNSEEN)
def test_what_is_listed_as_not_seen_is_not_seen(kind):
    assert redact(UNSEEN[kind]) == UNSEEN[kind]


def test_check_digit_decides_for_one_number_in_ten():
    numbers = [f"4012.8888.8888.{last:04}" for last in range(1000)]
    assert sum(redact(number) == "<redacted>" for number in numbers) == 100


@pytest.mark.parametrize("made", [list, tuple])
@pytest.mark.parametrize("items", [["4012", "8888", "8888", "1881"], [4012, 8888, 8888, 1881]])
def test_items_that_are_a_card_number_together_are_redacted_in_extra(made, items):
    record = logging.makeLogRecord({"msg": "m", "body": {"parts": made(items), "other": made([1])}})
    RedactionFilter().filter(record)
    assert record.body == {"parts": "<redacted>", "other": made([1])}


def test_no_pattern_for_groups_looks_further_than_a_bound():
    for pattern in log_filter._GROUPS:
        _, longest = re._parser.parse(pattern.pattern).getwidth()
        assert longest < 20_000


@pytest.mark.parametrize(
    "piece", ["4012.", "4", "4.", "4\\", "&#160;4", "<br>4012", "%2E", "\\", "&"]
)
def test_searches_are_at_most_one_for_each_group(monkeypatch, piece):
    text = piece * 500
    searched = []

    class Counted:
        def __init__(self, pattern):
            self.pattern = pattern

        def search(self, text, place):
            searched.append(place)
            return self.pattern.search(text, place)

    monkeypatch.setattr(log_filter, "_GROUPS", [Counted(each) for each in log_filter._GROUPS])
    redact(text)
    # Each search begins after the one before, so no place of the text is looked at for ever.
    groups = len(re.findall(r"\d+", text))
    assert len(searched) <= 2 * (groups + 1)


def test_redacting_again_changes_nothing():
    for text, _ in SECRET.values():
        assert redact(redact(text)) == redact(text)


def test_only_text_is_redacted():
    with pytest.raises(TypeError, match=r"^text must be str$"):
        redact(PAN.encode())


class Foreign:
    def __init__(self, text):
        self.text = text

    def __str__(self):
        return f"str {self.text}"

    def __repr__(self):
        return f"repr {self.text}"


class BrokenError(Exception):
    def __str__(self):
        raise BrokenError

    __repr__ = __str__


@pytest.mark.parametrize(
    ("message", "args"),
    [
        (f"to {PAN}", ()),
        ("to %s", (PAN,)),
        ("to %d", (int(PAN),)),
        ("to %r", ({"cardNumber": PAN},)),
        ("to %(number)s", ({"number": PAN},)),
        ("to %s%s", (PAN[:8], PAN[8:])),
        ("to %s", (PAN.encode().decode("latin-1"),)),
        ("to %s", (Foreign(PAN),)),
        ("to %r", (Foreign(PAN),)),
        ("to %s", ([Foreign(PAN)],)),
        (Foreign(PAN), ()),
        ("to %s", (ValueError(PAN),)),
    ],
)
def test_message_is_redacted_however_it_is_put_together(log, message, args):
    log.warning(message, *args)
    assert PAN not in log.written()
    assert "<redacted>" in log.written()


def test_record_without_a_secret_stays_as_it_is(log):
    seen = []
    log.addHandler(logging.handlers.BufferingHandler(9))
    log.handlers[-1].emit = seen.append
    error = ValueError("wrong")
    log.warning("took %d ms for %s", 12, "order-1", exc_info=error)
    assert (seen[0].msg, seen[0].args) == ("took %d ms for %s", (12, "order-1"))
    assert seen[0].exc_info[1] is error


def test_argument_that_the_message_does_not_show_is_redacted_too(log):
    seen = []
    log.addHandler(logging.handlers.BufferingHandler(9))
    log.handlers[-1].emit = seen.append
    log.warning("ends in %.4s", PAN)
    assert PAN not in repr(vars(seen[0]))
    assert seen[0].getMessage() == "ends in 4929"


def refuse(*, token):
    raise ValueError(f"refused: {token}")


def fail_with(text):
    refuse(token=text)


def raised(function, *arguments):
    try:
        function(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is logged
        return error
    return None


def test_traceback_keeps_its_lines_and_loses_the_secret(log):
    log.error("failed", exc_info=raised(fail_with, PAN))
    assert PAN not in log.written()
    assert "ValueError: refused: <redacted>" in log.written()
    # A line of the program is no secret, although it reads like one.
    assert "refuse(token=text)" in log.written()


def test_causes_and_notes_and_groups_are_redacted(log):
    inner = raised(fail_with, PAN)
    inner.add_note(f"a note on {PAN}")
    outer = ExceptionGroup(f"all of {PAN}", [inner, KeyError(PAN)])
    outer.__cause__ = RuntimeError(f'\n  File "x" {PAN}')
    log.error("failed", exc_info=outer)
    assert PAN not in log.written()
    assert log.written().count("<redacted>") >= 5


def test_traceback_that_another_handler_has_formatted_is_redacted():
    record = logging.makeLogRecord({"msg": "x", "exc_text": f"locals: {PAN}", "stack_info": PAN})
    record.exc_info = (ValueError, ValueError("clean"), None)
    RedactionFilter().filter(record)
    assert PAN not in repr(vars(record))


def test_extra_members_are_redacted(log):
    seen = []
    log.addHandler(logging.handlers.BufferingHandler(9))
    log.handlers[-1].emit = seen.append
    deep = PAN
    for _ in range(20):
        deep = [deep]
    extra = {
        "note": f"to {PAN}",
        "cvv": 907,
        "body": {"apiKey": API_KEY, "name": "Bob", "list": [int(PAN), (PAN.encode(),)]},
        PAN: 1,
        "deep": deep,
        "order": "order-1",
        "token_count": 3,
    }
    log.warning("sent", extra=extra)
    # Not all of the record: its clock and its thread can hold any three digits.
    shown = repr([vars(seen[0])[name] for name in extra if name != PAN])
    for secret in (PAN, "907", API_KEY):
        assert secret not in shown
    assert (seen[0].order, seen[0].token_count, seen[0].body["name"]) == ("order-1", 3, "Bob")


@each_row(
    ("message", "args"),
    [
        ("%d", ("x",)),
        ("%s %s", ("x",)),
        ("%(a)s", ({"b": 1},)),
        ("%", (1,)),
        ("%c", (-1,)),
        ("%*d", (2**70, 1)),
        (None, (1,)),
        ("%s", (float("nan"),)),
        ("\ud800", ()),
    ],
)
def test_filter_never_raises_for_values_of_pythons_own(message, args):
    record = logging.LogRecord("n", 10, "p", 1, message, args, None)
    assert RedactionFilter().filter(record) is True
    assert isinstance(record.getMessage(), str)


def test_arguments_that_do_not_fit_are_not_shown():
    record = logging.LogRecord("n", 10, "p", 1, "%d of %s", (PAN,), None)
    RedactionFilter().filter(record)
    assert PAN not in repr(vars(record))
    assert record.getMessage() == (
        "<a log record whose arguments do not fit its message>: '%d of %s'"
    )


def test_filter_never_raises_where_bytes_are_not_to_be_shown():
    program = (
        "import logging\n"
        "from joseal.juspay.log_filter import RedactionFilter\n"
        "record = logging.LogRecord('n', 10, 'p', 1, '%s', (b'x',), None)\n"
        "print(RedactionFilter().filter(record), record.getMessage())\n"
    )
    assert isolated(program, "-bb") == (
        "True <a log record whose arguments do not fit its message>: '%s'\n"
    )


@pytest.mark.parametrize(
    ("message", "args"), [("%s", (BrokenError(),)), (BrokenError(), ()), ("%d", (Foreign(PAN),))]
)
def test_code_of_others_runs_in_the_handler_alone(capsys, log, message, args):
    record = logging.LogRecord("n", 10, "p", 1, message, args, None)
    assert RedactionFilter().filter(record) is True
    log.warning(message, *args)  # logging says on stderr that it could not
    assert PAN not in capsys.readouterr().err


def test_exception_that_fails_to_show_itself_is_logged(log):
    log.error("failed", exc_info=BrokenError())
    assert "failed" in log.written()


def test_huge_texts_are_redacted():
    for text in ("1 " * 200_000, "ey" * 200_000, "eyJ" * 200_000, "://" * 200_000, '"' * 200_000):
        RedactionFilter().filter(logging.makeLogRecord({"msg": text}))
    for text in ("cvv" * 100_000, "token=" * 100_000, "\\" * 200_000, "-----BEGIN " * 50_000):
        RedactionFilter().filter(logging.makeLogRecord({"msg": text}))


def test_known_secrets_are_taken_out_wherever_they_stand():
    own = RedactionFilter(secrets=["hunter2", "hunter2-and-more", "a.b*"])
    assert own.redact("xhunter2-and-morex, hunter2 and a.b* but not aXbb") == (
        "x<redacted>x, <redacted> and <redacted> but not aXbb"
    )
    record = logging.makeLogRecord({"msg": "%s", "args": ("the word is hunter2",)})
    own.filter(record)
    assert "hunter2" not in repr(vars(record))


@pytest.mark.parametrize(
    ("secrets", "kind"), [("hunter2", TypeError), ([b"hunter2"], TypeError), (["abc"], ValueError)]
)
def test_secrets_that_can_be_none_are_refused(secrets, kind):
    with pytest.raises(kind) as caught:
        RedactionFilter(secrets=secrets)
    shown = traceback.TracebackException.from_exception(caught.value.with_traceback(None))
    assert "hunter2" not in "".join(shown.format())


def test_filter_shows_none_of_its_secrets():
    own = RedactionFilter(secrets=["hunter2"])
    assert "hunter2" not in "".join((repr(own), pretty_repr(own), repr(vars(own))))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(own, protocol)
    with pytest.raises(TypeError, match="can't be pickled"):
        copy.copy(own)
    assert pickle.loads(pickle.dumps(RedactionFilter())).redact(PAN) == "<redacted>"  # noqa: S301


def test_record_goes_through_a_queue_and_a_pickle_without_its_secret(log):
    waiting = queue.SimpleQueue()
    log.addHandler(logging.handlers.QueueHandler(waiting))
    log.warning("to %s", Foreign(PAN))
    assert PAN not in waiting.get().getMessage()
    record = logging.LogRecord("n", 10, "p", 1, "to %s", (Foreign(PAN),), None)
    RedactionFilter().filter(record)
    assert PAN.encode() not in pickle.dumps(record)
    assert PAN not in repr(vars(record))


# On by default


def isolated(program, *options):
    """Run a program of its own, for loggers are one thing for a whole process."""
    done = subprocess.run(
        [sys.executable, *options, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout


def test_importing_changes_no_logger():
    program = (
        "import logging, joseal\n"
        "assert not logging.Logger.manager.loggerDict, logging.Logger.manager.loggerDict\n"
        "import joseal.juspay.log_filter\n"
        "names = [n for n in logging.Logger.manager.loggerDict if not n.startswith('joseal')]\n"
        "print([n for n in names if logging.getLogger(n).filters], logging.getLogger().filters)\n"
    )
    assert isolated(program) == "[] []\n"


def test_loggers_are_protected_once_and_with_those_below_them():
    program = (
        "import logging, io\n"
        "stream = io.StringIO()\n"
        "logging.basicConfig(stream=stream, level=0)\n"
        "logging.getLogger('mine.below')\n"
        "from joseal.juspay.log_filter import protect_loggers\n"
        "protect_loggers('mine'); protect_loggers('mine')\n"
        "import urllib3\n"
        "for name in ('urllib3.connectionpool', 'urllib3.connection', 'urllib3.response',\n"
        "             'urllib3.util.retry', 'urllib3.poolmanager', 'urllib3.http2.connection',\n"
        "             'mine', 'mine.below', 'joseal', 'joseal.juspay'):\n"
        "    logging.getLogger(name).warning('%s to 4929471234567898', name)\n"
        "assert all(len(logging.getLogger(n).filters) < 2 for n in logging.root.manager.loggerDict)\n"
        "assert '4929' not in stream.getvalue()\n"
        "print(stream.getvalue().count('<redacted>'))\n"
    )
    assert isolated(program) == "10\n"


def test_every_logger_of_urllib3_is_protected():
    program = (
        "import logging, pkgutil, importlib\n"
        "from joseal.juspay.log_filter import protect_loggers\n"
        "protect_loggers()\n"
        "import urllib3, urllib3.util.retry\n"
        "loggers = {n: g for n, g in logging.root.manager.loggerDict.items()\n"
        "           if n.startswith('urllib3') and isinstance(g, logging.Logger)}\n"
        "print(sorted(n for n, g in loggers.items() if not g.filters), len(loggers) > 5)\n"
    )
    assert isolated(program) == "[] True\n"


def test_name_of_a_logger_is_checked():
    with pytest.raises(TypeError, match=r"^names must be str$"):
        protect_loggers(5)
    with pytest.raises(ValueError, match=r"^the name must be below joseal$"):
        logger("urllib3")


@pytest.mark.parametrize("text", ["-" * 100_000, "--0" * 33_000])
def test_work_on_hyphens_is_linear(text):
    def seconds(piece):
        start = time.thread_time()
        redact(piece)
        return time.thread_time() - start

    # Twenty times as much: quadratic work would take 400 times as long.
    assert seconds(text) < 100 * max(min(seconds(text[:5_000]) for _ in range(3)), 0.001)


def test_letter_behind_a_number_in_the_form_of_a_uuid_does_not_keep_it():
    digits = "41111111-1111-1111-8111-411111111111"
    assert digits not in redact(f"{digits}-a")
