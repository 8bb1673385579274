"""The beginning of a file that is not of the format that it was given as.

Source: the documentation of each format; RFC 8259, RFC 7464 section 2.2.
"""

import codecs
from typing import Final

from joseal.cli.bulk.formats.rows import HeadError

# No row of either format begins with one of these.
_MAGIC: Final = (
    (b"PK\x03\x04", "a ZIP archive, as an Excel workbook is: export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: export it as CSV"),
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"BZh", "a bzip2 file: unpack it first"),
    (b"\xfd7zXZ", "an xz file: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file: unpack it first"),
    (b"Salted__", "a file of openssl enc: decrypt it first"),
    (b"PAR1", "a Parquet file: export it as CSV"),
    (b"Obj\x01", "an Avro file: export it as CSV"),
    (b"%PDF-", "a PDF file: export its rows as CSV"),
)
_WIDE_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SEQUENCE: Final = b"\x1e"


def check_json(first: bytes) -> None:
    """Look at the first line of JSON Lines.

    Raises:
        HeadError: it is of a different format or encoding, or begins JSON of more than one line.
    """
    _check_magic(first)
    if first.startswith(_WIDE_MARKS) or first[:2].count(0) == 1:
        raise HeadError("encoding", "IN is UTF-16, and JSON Lines are UTF-8: write it so")
    bare = first.removeprefix(codecs.BOM_UTF8).strip()
    if bare == b"[" or bare.startswith((b"[{", b"[ {")):
        raise HeadError("format", "IN is a JSON array, not JSON Lines: jq -c '.[]' IN writes it so")
    if bare == b"{":
        text = "IN has JSON objects over several lines, not JSON Lines: jq -c . IN writes it so"
        raise HeadError("format", text)
    if bare.startswith(_SEQUENCE):
        raise HeadError("format", "IN is a JSON text sequence (RFC 7464): remove the bytes 1E")


def check_csv(first: bytes) -> None:
    """Look at the first line of CSV, which has been decoded if `--encoding` says UTF-16.

    Raises:
        HeadError: it is of a different format or encoding, or is not a line with names.
    """
    _check_magic(first)
    if first.startswith(_WIDE_MARKS):
        raise HeadError("encoding", "IN is UTF-16: give --encoding utf-16")
    if b"\0" in first:
        text = "IN seems to be UTF-16 without a byte order mark: give --encoding utf-16-le"
        raise HeadError("encoding", f"{text} or utf-16-be")
    bare = first.removeprefix(codecs.BOM_UTF8).strip()
    if not bare:
        found = "is blank" if first.endswith(b"\n") else "is missing: IN is empty"
        raise HeadError("csv", f"the first line, with the names of the columns, {found}")
    if bare[:4].lower() == b"sep=" and len(bare) <= 5:  # noqa: PLR2004 - one delimiter
        text = "the first line is Excel's sep=: remove it, and name the delimiter by --delimiter"
        raise HeadError("csv", text)
    if b"\r" in bare and b"\n" not in bare:
        raise HeadError("csv", "the lines of IN end with CR alone: write LF or CRLF")


def _check_magic(first: bytes) -> None:
    for magic, text in _MAGIC:
        if first.startswith(magic):
            raise HeadError("format", f"IN is {text}")
