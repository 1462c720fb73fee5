"""Files that hold the file: gzip, an archive of one file, an Excel workbook."""

import csv
import gzip
import io
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time
from typing import IO, Any

import openpyxl

from imports.services.headers import MAX_COLUMNS
from imports.services.sources import Dialect, detect_dialect
from marketing_os.lib.errors import DomainError

MAX_UNPACKED = 2 * 1024**3
MAX_WORKBOOK_BYTES = 200 * 1024**2
MAX_RATIO = 200
_SMALL = 20 * 1024**2  # may be of any ratio: it does no harm
_PIECE = 1024**2


def open_table(
    file: IO[bytes], encoding: str = "", delimiter: str = ""
) -> tuple[IO[bytes], Dialect]:
    """Return the text of a table, however it is packed, and how it is written.

    Raises DomainError, a sentence for each kind of file that is no table.
    """
    file = unpack(file)
    if is_workbook(file):
        return workbook_to_csv(file), Dialect("utf-8", ",", declared=True)
    return file, detect_dialect(file, encoding, delimiter)


def unpack(file: IO[bytes]) -> IO[bytes]:
    """Return what a .gz or a .zip of one file holds; any other file as it is, rewound.

    The content goes to a temporary file. Raises DomainError for a damaged archive, one
    that holds several files or is locked, and one that swells beyond all measure.
    """
    begins = _begins(file)
    if begins.startswith(b"\x1f\x8b"):
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        with _damage_told(), gzip.open(file) as content:
            return _copied(content, size)
    if begins.startswith(b"PK\x03\x04") and not is_workbook(file):
        with _damage_told(), zipfile.ZipFile(file) as archive:
            entry = _only_entry(archive)
            with archive.open(entry) as content:
                return _copied(content, entry.compress_size)
    return file


def _begins(file: IO[bytes]) -> bytes:
    file.seek(0)
    begins = file.read(4)
    file.seek(0)
    return begins


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (
        OSError,
        EOFError,
        ValueError,
        RuntimeError,
        NotImplementedError,
        zlib.error,
        lzma.LZMAError,
        zipfile.BadZipFile,
    ) as error:
        raise DomainError(
            "This is a compressed file that is damaged or locked; unpack it first."
        ) from error


def _only_entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")
    ]
    if len(entries) != 1:
        raise DomainError(
            f"The archive holds {len(entries):,} files; send one file at a time."
        )
    return entries[0]


def _copied(content: IO[bytes] | gzip.GzipFile, packed: int) -> IO[bytes]:
    result = tempfile.TemporaryFile("w+b")  # noqa: SIM115 (the caller reads it)
    size = 0
    while piece := content.read(_PIECE):
        size += len(piece)
        _refuse_swollen(size, packed, MAX_UNPACKED)
        result.write(piece)
    result.seek(0)
    return result


def _refuse_swollen(size: int, packed: int, limit: int) -> None:
    if size > limit or size > max(_SMALL, packed * MAX_RATIO):
        raise DomainError("The file is too large when it is unpacked.")


def is_workbook(file: IO[bytes]) -> bool:
    """Tell whether a file is an .xlsx workbook by its content; leave it rewound."""
    if _begins(file) != b"PK\x03\x04":
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
    finally:
        file.seek(0)


def workbook_to_csv(file: IO[bytes]) -> IO[bytes]:
    """Turn the first sheet of an .xlsx workbook into a CSV file, row by row."""
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        packed = sum(entry.compress_size for entry in entries)
        size = sum(entry.file_size for entry in entries)
    if size > MAX_WORKBOOK_BYTES or size > max(_SMALL, packed * MAX_RATIO):
        raise DomainError("The workbook is too large; save it as CSV.")
    file.seek(0)
    result = tempfile.TemporaryFile("w+b")  # noqa: SIM115 (the caller reads it)
    text = io.TextIOWrapper(result, "utf-8", "surrogatepass", newline="")
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        writer = csv.writer(text)
        writer.writerows(_rows(book.worksheets[0]))
    except Exception as error:  # openpyxl raises whatever its parsers do
        raise DomainError("The workbook is damaged or has no cells.") from error
    text.flush()
    text.detach()
    result.seek(0)
    return result


def _rows(sheet: Any) -> Iterator[list[str]]:
    """The rows of a sheet, as wide as the first that is not empty, or as they need.

    A sheet may pretend to be 16,384 columns wide because a row of it was coloured.
    """
    width = 0
    for row in sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS + 1):
        cells = [_cell_text(value) for value in row]
        while len(cells) > width and not cells[-1]:
            cells.pop()
        width = width or len(cells)
        yield cells + [""] * (width - len(cells))


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
