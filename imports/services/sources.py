"""From an uploaded file to numbered records: encoding, delimiter, CSV, workbooks."""

import codecs
import csv
import hashlib
import io
import tempfile
import zipfile
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import IO, Any

import openpyxl

from imports.errors import UnknownEncodingError
from marketing_os.lib.errors import DomainError

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_BYTES = 64 * 1024
MAX_RECORD_LINES = 1000
MAX_CELL = 32_000
MAX_WORKBOOK_BYTES = 200 * 1024 * 1024
MAX_WORKBOOK_RATIO = 200
_BINARY = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save it as .xlsx or CSV"),
    (b"PK\x03\x04", "a compressed file"),
    (b"SQLite format", "a database"),
    (b"\x7fELF", "a program"),
)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
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


@dataclass(slots=True)
class Record:
    """One record; `line` is where it begins, counting the header's line as 1."""

    line: int
    cells: list[str]
    problem: str = ""


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


@dataclass
class _Lines:
    """Hands lines to the CSV reader, remembering those of the current record.

    A quote that is never closed would swallow the rest of the file; so the lines
    after the first can be given back.
    """

    source: Iterator[str]
    waiting: deque[str] = field(default_factory=deque)
    taken: list[str] = field(default_factory=list)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_RECORD_LINES:
            raise csv.Error("too many lines")
        line = self.waiting.popleft() if self.waiting else next(self.source)
        self.taken.append(line)
        return line

    def give_back_all_but_first(self) -> None:
        self.waiting.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def detect_dialect(file: IO[bytes], encoding: str, delimiter: str) -> Dialect:
    """Find encoding and delimiter from the beginning of a file; leave it rewound."""
    file.seek(0)
    sample = file.read(SAMPLE_BYTES)
    file.seek(0)
    if not sample.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise DomainError("The file is empty.")
    marked = _encoding_by_mark(sample)
    is_utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")
    found = marked if is_utf8 or not encoding else encoding
    _refuse_binary(sample, found)
    try:
        text = codecs.getincrementaldecoder(found)("surrogateescape").decode(sample)
    except LookupError:
        raise DomainError(f"There is no encoding called “{encoding}”.") from None
    except UnicodeDecodeError:
        raise DomainError(f"The file is not {found} text.") from None
    lines = text.splitlines(keepends=True)
    complete = lines[:-1] if len(sample) == SAMPLE_BYTES and len(lines) > 1 else lines
    return Dialect(found, delimiter or _sniff(complete[:50]), bool(encoding))


def _encoding_by_mark(sample: bytes) -> str:
    for mark, name in _BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return name
    return "utf-8"


def _refuse_binary(sample: bytes, encoding: str) -> None:
    for signature, what in _BINARY:
        if sample.startswith(signature):
            raise DomainError(f"This is not a CSV file but {what}.")
    head = sample[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<?xml")):
        raise DomainError("This is not a CSV file but a web page or XML document.")
    wide = encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))
    if not wide and sample.count(0) > max(8, len(sample) // 100):
        raise DomainError("This is not a CSV file: it holds binary data.")


def _sniff(lines: list[str]) -> str:
    """Choose the delimiter that splits the header furthest and the rows alike."""

    def score(delimiter: str) -> tuple[float, int]:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        width = len(rows[0]) if rows else 0
        alike = sum(len(row) == width for row in rows)
        return (alike / len(rows) if width > 1 else 0, width)

    return max(DELIMITERS, key=score)


def read_records(
    file: HashingReader, dialect: Dialect
) -> Generator[Record, None, None]:
    """Yield the records of a CSV file, the header first; blank lines are skipped."""
    text = io.TextIOWrapper(
        io.BufferedReader(file, 1 << 20),
        encoding=dialect.encoding,
        errors="surrogateescape",
        newline="",
    )
    try:
        yield from _split(iter(text), dialect)
    except UnicodeDecodeError:
        raise DomainError(f"The file is not {dialect.encoding} text.") from None
    finally:
        text.detach()


def _split(source: Iterator[str], dialect: Dialect) -> Iterator[Record]:
    lines = _Lines(source)
    taken = lines.taken
    reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    number = 1
    while True:
        taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.give_back_all_but_first()
            yield Record(number, [], _csv_problem(error))
        else:
            if any(cells):
                yield Record(number, cells, _problem("".join(taken), cells, dialect))
        number += len(taken)


def _csv_problem(error: csv.Error) -> str:
    if "field larger" in str(error):
        return "A cell is longer than 32,000 characters."
    return "A quotation mark in this row is never closed, or stands inside a cell."


def _problem(text: str, cells: list[str], dialect: Dialect) -> str:
    if "\0" in text:
        return "This row holds a NUL character."
    if not text.isascii() and _has_undecoded(text):
        if not dialect.declared and dialect.encoding.startswith("utf-8"):
            raise UnknownEncodingError(
                "The file is not UTF-8 text. Say which encoding it has, often cp1252;"
                " or say utf-8, and the rows that are not will be refused."
            )
        return f"This row is not {dialect.encoding} text."
    if len(text) > MAX_CELL and max(map(len, cells)) > MAX_CELL:
        return "A cell is longer than 32,000 characters."
    return ""


def _has_undecoded(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def is_workbook(file: IO[bytes]) -> bool:
    """Tell whether a file is an .xlsx workbook by its content; leave it rewound."""
    file.seek(0)
    begins = file.read(4)
    file.seek(0)
    if begins != b"PK\x03\x04":
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except zipfile.BadZipFile:
        return False
    finally:
        file.seek(0)


def workbook_to_csv(file: IO[bytes]) -> IO[bytes]:
    """Turn the first sheet of an .xlsx workbook into a CSV file, row by row."""
    with zipfile.ZipFile(file) as archive:
        sizes = [(entry.file_size, entry.compress_size) for entry in archive.infolist()]
    size, packed = (sum(column) for column in zip(*sizes, strict=True))
    if size > MAX_WORKBOOK_BYTES or size > max(packed, 100_000) * MAX_WORKBOOK_RATIO:
        raise DomainError("The workbook is too large; save it as CSV.")
    file.seek(0)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever its parsers do
        raise DomainError("The workbook is damaged and cannot be read.") from error
    result = tempfile.TemporaryFile("w+b")  # noqa: SIM115 (the caller reads it)
    text = io.TextIOWrapper(result, encoding="utf-8", newline="")
    writer = csv.writer(text)
    for row in book.worksheets[0].iter_rows(values_only=True):
        writer.writerow([_cell_text(value) for value in row])
    text.flush()
    text.detach()
    result.seek(0)
    return result


def _cell_text(value: Any) -> str:
    for kinds, write in _CELL_WRITERS:
        if isinstance(value, kinds):
            return write(value)
    return "" if value is None else str(value)


def _moment_text(value: datetime) -> str:
    return value.isoformat(" ") if value.time() != time.min else str(value.date())


def _plain_number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


_CELL_WRITERS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (bool, lambda value: "true" if value else "false"),
    (float, _plain_number),
    (datetime, _moment_text),
)
