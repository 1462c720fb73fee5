"""From the text of a CSV file to numbered records, whatever quotes it has.

Whole blocks of lines go through the csv module at once. Only where it stumbles is a
block taken apart: the line where the broken record began is one refused row, and the
reading goes on with the next line.
"""

import csv
import io
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass, field

from imports.errors import UnknownEncodingError
from imports.services.casts import MAX_TEXT
from imports.services.sources import (
    Dialect,
    HashingReader,
    separator_line,
    text_decoder,
)
from marketing_os.lib.errors import DomainError

MAX_LINE = 8_000_000
_BLOCK_BYTES = 1 << 18
# Lines that may be read in vain, looking for the end of a quotation. Every good line
# earns a few more, so that a stray quote in each of a million rows stays linear.
_WINDOW = 256
_MOST_CREDIT = 20_000
_LEAST_CREDIT = 20
_EARNED = 4
HOLDS_NUL = "This row holds a NUL character."
_TOO_LONG = f"A cell is longer than {MAX_TEXT:,} characters."


@dataclass(slots=True)
class Record:
    """One record; `line` is where it begins, counting the file's first line as 1."""

    line: int
    cells: list[str]
    problem: str = ""


@dataclass
class Tally:
    """Rows that are odd and still no fault: blank ones, and those that end early."""

    blank_rows: int = 0
    short_rows: int = 0

    def found(self) -> dict[str, int]:
        """What there was of each, by name."""
        return {name: count for name, count in asdict(self).items() if count}


def read_records(
    file: HashingReader, dialect: Dialect, tally: Tally | None = None
) -> Generator[Record, None, None]:
    """Yield the records of a CSV file, the header first; blank rows are only counted.

    Where the header is one quoted cell that holds the delimiter, each record was
    wrapped in quotes as a whole and is unwrapped. Raises DomainError for what is not
    text of the dialect's encoding; memory is bounded whatever the file holds.
    """
    tally = tally or Tally()
    records = _Splitter(dialect).split(_blocks(file, dialect))
    header = _first(records, tally)
    if header is None:
        return
    is_wrapped = len(header.cells) == 1 and dialect.delimiter in header.cells[0]
    if is_wrapped:
        _unwrap(header, dialect)
    yield header
    width = len(header.cells)
    for record in records:
        if is_wrapped and len(record.cells) == 1:
            _unwrap(record, dialect)
        cells = record.cells
        if len(cells) != width or not cells[0].strip():
            if _is_blank(record):
                tally.blank_rows += 1
                continue
            tally.short_rows += 0 < len(cells) < width
        yield record


def _first(records: Iterator[Record], tally: Tally) -> Record | None:
    for record in records:
        if not _is_blank(record):
            return record
        tally.blank_rows += 1
    return None


def _is_blank(record: Record) -> bool:
    return not record.problem and not any(map(str.strip, record.cells))


def _unwrap(record: Record, dialect: Dialect) -> None:
    inner = io.StringIO(record.cells[0], newline="")
    try:
        rows = list(csv.reader(inner, delimiter=dialect.delimiter, strict=True))
    except csv.Error as error:
        record.cells, record.problem = [], _csv_problem(str(error))
    else:
        record.cells = [cell for row in rows for cell in row]


@dataclass
class _Block:
    """Complete lines of the file; `is_clean`: no cell in them needs a closer look."""

    lines: list[str]
    is_clean: bool
    is_last: bool = False


def _blocks(file: HashingReader, dialect: Dialect) -> Iterator[_Block]:
    """Cut the text into blocks of whole lines, holding one block in memory."""
    rest = ""
    for text, is_last in _decoded(file, dialect):
        lines = list(io.StringIO(rest + text, newline=""))
        rest = ""
        # A line may go on in the next piece, and so may the end of a line.
        if lines and not is_last and not lines[-1].endswith("\n"):
            rest = lines.pop()
        if len(rest) > MAX_LINE:
            raise DomainError(
                f"A line is longer than {MAX_LINE:,} characters. This is not a CSV"
                " file, or its line ends are missing."
            )
        yield _Block(lines, _is_clean(lines), is_last)


def _is_clean(lines: list[str]) -> bool:
    text = "".join(lines)
    is_text = "\0" not in text and (text.isascii() or not _has_undecoded(text))
    return is_text and max(map(len, lines), default=0) <= MAX_TEXT


def _decoded(file: HashingReader, dialect: Dialect) -> Iterator[tuple[str, bool]]:
    """Decode the file piece by piece, telling the last."""
    decode = text_decoder(dialect.encoding)
    source = io.BufferedReader(file, _BLOCK_BYTES)
    is_first = True
    try:
        while data := source.read(_BLOCK_BYTES):
            text = decode(data, False)
            yield (text.lstrip("\ufeff") if is_first else text), False
            is_first = False
        yield _end(decode), True
    except UnicodeError:
        raise DomainError(f"The file is not {dialect.encoding} text.") from None
    finally:
        source.detach()


def _end(decode: Callable[[bytes, bool], str]) -> str:
    """Finish decoding; half a character at the end of the file spoils its last row."""
    try:
        return decode(b"", True)
    except UnicodeError:
        return "\udcff"


@dataclass
class _Read:
    """Records that took `done` lines, and why the next one, `looked` at, is broken."""

    records: list[Record] = field(default_factory=list)
    done: int = 0
    looked: int = 0
    error: str = ""


class _Splitter:
    """Splits lines into records, and pays for looking ahead in vain."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._credit = _MOST_CREDIT
        self._number = 1
        self._waiting: list[str] = []

    def split(self, blocks: Iterator[_Block]) -> Iterator[Record]:
        was_clean = True
        for block in blocks:
            lines = self._waiting + block.lines
            if self._number == 1 and lines and separator_line(lines[0]):
                lines[0] = "\n"
            is_clean = block.is_clean and (was_clean or not self._waiting)
            yield from self._split(lines, is_clean, block.is_last)
            was_clean = is_clean

    def _split(
        self, lines: list[str], is_clean: bool, is_last: bool
    ) -> Iterator[Record]:
        """Yield the records of `lines`; one that may go on in the next block waits."""
        start, size = 0, _WINDOW
        while start < len(lines):
            window = lines[start : start + min(size, self._credit)]
            read = self._read(window, self._number + start, is_clean)
            yield from read.records
            start += read.done
            self._credit = min(_MOST_CREDIT, self._credit + _EARNED * read.done)
            if not read.error:
                size = _WINDOW
            elif self._is_broken(read, lines, start, size, is_last):
                yield self._mended(lines[start], self._number + start, read.error)
                start, size = start + 1, _WINDOW
                self._credit = max(_LEAST_CREDIT, self._credit - read.looked)
            elif start + read.looked >= len(lines):
                break
            elif not read.done:
                size *= 4
        self._number += start
        self._waiting = lines[start:]

    def _is_broken(
        self, read: "_Read", lines: list[str], start: int, size: int, is_last: bool
    ) -> bool:
        """Tell whether a record is beyond hope, or may end in lines not yet read."""
        if "unexpected end" not in read.error:
            return True
        if start + read.looked < len(lines):
            return not read.done and size >= self._credit
        waiting = lines[start:]
        is_too_long = len(waiting) > self._credit or sum(map(len, waiting)) > MAX_LINE
        return is_last or is_too_long

    def _read(self, window: list[str], first: int, is_clean: bool) -> "_Read":
        """Read whole records, up to the first that is broken."""
        reader = csv.reader(window, delimiter=self._dialect.delimiter, strict=True)
        read = _Read()
        records = read.records
        done = 0
        try:
            for cells in reader:
                problem = ""
                if not is_clean or reader.line_num - done > 1:
                    problem = self._problem(first + done, cells)
                records.append(Record(first + done, cells, problem))
                done = reader.line_num
        except csv.Error as error:
            read.error = str(error)
        read.done, read.looked = done, reader.line_num - done
        return read

    def _mended(self, text: str, line: int, error: str) -> Record:
        """Read a line on its own with its quotes escaped by backslashes, or refuse it."""
        if '\\"' in text:
            read = self._read([text.replace('\\"', '""')], line, is_clean=False)
            if not read.error and read.records:
                return read.records[0]
        return Record(line, [], _csv_problem(error))

    def _problem(self, line: int, cells: list[str]) -> str:
        text = "".join(cells)
        if "\0" in text:
            return HOLDS_NUL
        if not text.isascii() and _has_undecoded(text):
            encoding = self._dialect.encoding
            if not self._dialect.declared and encoding.startswith("utf-8"):
                raise UnknownEncodingError(
                    f"The file is not UTF-8 text: line {line} is not. Say which"
                    " encoding it has, often cp1252; or say utf-8, and the rows that"
                    " are not will be refused."
                )
            return f"This row is not {encoding} text."
        if len(text) > MAX_TEXT and max(map(len, cells)) > MAX_TEXT:
            return _TOO_LONG
        return ""


def _csv_problem(error: str) -> str:
    if "field larger" in error:
        return _TOO_LONG
    return "A quotation mark in this row is never closed, or stands inside a cell."


def _has_undecoded(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
