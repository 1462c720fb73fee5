"""What kind of file it is: the encoding and delimiter of text, or no text at all."""

import codecs
import contextlib
import csv
import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from marketing_os.lib.errors import DomainError

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_BYTES = 64 * 1024
_SAMPLE_LINES = 50
_SEPARATOR_LINE = re.compile(r'\s*"?sep=([^"\s]|\t)"?,*\s*', re.IGNORECASE)
_BINARY = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "a text document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save it as .xlsx or CSV"),
    (b"\x1f\x8b", "a compressed file inside another"),
    (b"PK\x03\x04", "a compressed file inside another"),
    (b"Rar!", "a compressed file; send it as .gz or .zip, or as it is"),
    (b"7z\xbc\xaf", "a compressed file; send it as .gz or .zip, or as it is"),
    (b"BZh", "a compressed file; send it as .gz or .zip, or as it is"),
    (b"\xfd7zXZ", "a compressed file; send it as .gz or .zip, or as it is"),
    (b"\x28\xb5\x2f\xfd", "a compressed file; send it as .gz or .zip, or as it is"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format", "a database"),
    (b"\x7fELF", "a program"),
)
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table")
_JSON = re.compile(rb'\s*(\[\s*)?\{\s*"')
# The longer mark of UTF-32 begins like that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Dialect:
    """How the bytes of a file become records.

    `declared` says that a person named the encoding: bytes that do not fit are then
    faults of their rows, and not a reason to ask for the encoding.
    """

    encoding: str
    delimiter: str
    declared: bool = False


class HashingReader(io.RawIOBase):
    """Reads a binary file through, keeping size and sha256 of what passed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._file.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._hash.update(chunk)
        self.size += len(chunk)
        return len(chunk)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def detect_dialect(file: IO[bytes], encoding: str, delimiter: str) -> Dialect:
    """Find encoding and delimiter from the beginning of a file; leave it rewound.

    A mark at the beginning of the file counts more than the encoding that was named.
    """
    file.seek(0)
    sample = file.read(SAMPLE_BYTES)
    file.seek(0)
    if not sample.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise DomainError("The file is empty.")
    found = _encoding(sample, encoding)
    _refuse_binary(sample, found)
    if delimiter and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        raise DomainError("The delimiter is one character, and no quotation mark.")
    lines = _first_lines(sample, found)
    return Dialect(found, delimiter or _delimiter(lines), bool(encoding))


def text_decoder(encoding: str) -> Callable[[bytes, bool], str]:
    """Return a decoder of pieces; bytes that do not fit become lone surrogates."""
    wide = encoding.replace("_", "-").startswith(("utf-16", "utf-32"))
    make = codecs.getincrementaldecoder(encoding)
    return make("surrogatepass" if wide else "surrogateescape").decode


def separator_line(line: str) -> str:
    """Return the delimiter that a first line such as "sep=;" names ("": none)."""
    found = _SEPARATOR_LINE.fullmatch(line)
    return found[1] if found else ""


def _encoding(sample: bytes, asked: str) -> str:
    for mark, name in _BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return name
    asked = asked.strip().lower().replace("_", "-")
    if asked in ("", "utf-16", "utf16") and (wide := _unmarked_utf16(sample)):
        return wide
    if asked in ("", "utf8", "utf-8-sig"):
        return "utf-8"
    try:
        with contextlib.suppress(UnicodeError):
            b"".decode(asked)  # refuses codecs that are no encodings of text
        return codecs.lookup(asked).name
    except (LookupError, ValueError):
        raise DomainError(f"There is no encoding called “{asked}”.") from None


def _unmarked_utf16(sample: bytes) -> str:
    """Tell UTF-16 by the zero bytes of its delimiters and line ends, on one side."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    few, many = sorted((even, odd))
    if many * 40 < len(sample) or few * 20 > many:
        return ""
    found = "utf-16-le" if odd == many else "utf-16-be"
    text = sample.decode(found, "ignore")
    return found if "\n" in text or "\r" in text else ""


def _refuse_binary(sample: bytes, encoding: str) -> None:
    for signature, what in _BINARY:
        if sample.startswith(signature):
            raise DomainError(f"This is not a CSV file but {what}.")
    head = sample[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"%PDF-" in head:
        raise DomainError("This is not a CSV file but a PDF document.")
    if head.lower().startswith(_MARKUP):
        raise DomainError("This is not a CSV file but a web page or XML document.")
    if _JSON.match(head):
        raise DomainError("This is not a CSV file but JSON, which the API takes.")
    wide = encoding.startswith(("utf-16", "utf-32"))
    if not wide and sample.count(0) > max(8, len(sample) // 100):
        raise DomainError("This is not a CSV file: it holds binary data.")


def _first_lines(sample: bytes, encoding: str) -> list[str]:
    """Decode the lines of the sample that are whole."""
    try:
        text = text_decoder(encoding)(sample, False)
    except Exception as error:  # codecs of all kinds raise what they like
        raise DomainError(f"The file is not {encoding} text.") from error
    lines = list(io.StringIO(text.lstrip("\ufeff"), newline=""))
    is_cut = len(sample) == SAMPLE_BYTES and len(lines) > 1
    return lines[:-1] if is_cut else lines


def _delimiter(lines: list[str]) -> str:
    """Choose the delimiter that splits the header furthest and the rows alike."""
    if lines and (named := separator_line(lines[0])):
        return named
    text = "".join(lines[:_SAMPLE_LINES])

    def score(delimiter: str) -> tuple[float, int]:
        rows = _rows(text, delimiter)
        if rows and len(rows[0]) == 1:
            # Each record may have been wrapped in quotes as a whole.
            rows = [inner for row in rows for inner in _rows(row[0], delimiter)[:1]]
        width = len(rows[0]) if rows else 0
        alike = sum(len(row) == width for row in rows)
        return (alike / len(rows) if width > 1 else 0, width)

    return max(DELIMITERS, key=score)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return []
    return [row for row in rows if row]
