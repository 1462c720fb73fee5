"""Rows as a file: CSV, TSV or a workbook; harmless in a spreadsheet, and on record."""

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import IO, Any

from django.db.models import QuerySet
from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from marketing_os.lib.errors import DomainError
from marketing_os.lib.models import ExportRecord

# A header and the function that reads its cell from a row.
Column = tuple[str, Callable[[Any], Any]]
CHUNK = 2_000
WORKBOOK_ROWS = 100_000
# What spreadsheets take for the beginning of a formula, also in full width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER_OR_PHONE = re.compile(r"[+-][\d\s().]*")


class FileFormat(StrEnum):
    """What a list can be exported as."""

    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"


CONTENT_TYPES = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.TSV: "text/tab-separated-values; charset=utf-8",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument"
    ".spreadsheetml.sheet",
}


class TooManyRowsError(DomainError):
    """A workbook cannot hold as many rows."""


def export_response(
    rows: Iterable[Any],
    columns: Sequence[Column],
    file_format: FileFormat,
    *,
    what: str,
    by: str,
) -> StreamingHttpResponse | FileResponse:
    """Answer with a file of `rows`, one line each under the headers of `columns`.

    CSV and TSV are streamed, so `rows` may be endless (see `in_chunks`); a workbook is
    made first and takes 100,000 rows, else TooManyRowsError. `what` names the list
    and the file, `by` the person or key; both go on record with the number of rows.
    """
    record = ExportRecord.objects.create(
        what=what,
        by=by,
        file_format=file_format,
        columns=[header for header, _read in columns],
    )
    lines = _lines(rows, columns, record)
    name = f"{what.replace(' ', '-')}-{timezone.localdate()}.{file_format}"
    if file_format is FileFormat.XLSX:
        return FileResponse(
            _workbook(lines),
            as_attachment=True,
            filename=name,
            content_type=CONTENT_TYPES[file_format],
        )
    delimiter = "\t" if file_format is FileFormat.TSV else ","
    return StreamingHttpResponse(
        _text(lines, delimiter),
        content_type=CONTENT_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def in_chunks(
    queryset: QuerySet[Any, Any], load: Callable[[list[Any]], None] | None = None
) -> Iterator[Any]:
    """Yield the rows of a query through a cursor of the server's, however many.

    `load` fetches for each 2,000 of them what the columns show beside.
    """
    items = queryset.iterator(chunk_size=CHUNK)
    while chunk := list(islice(items, CHUNK)):
        if load is not None:
            load(chunk)
        yield from chunk


def harmless(text: str) -> str:
    """Keep a spreadsheet from running as a formula what somebody typed."""
    if not text.startswith(_FORMULA) or _NUMBER_OR_PHONE.fullmatch(text):
        return text
    return f"'{text}"


def _lines(
    rows: Iterable[Any], columns: Sequence[Column], record: ExportRecord
) -> Generator[list[Any], None, None]:
    count, finished_at = 0, None
    try:
        yield [_cell(header) for header, _read in columns]
        for row in rows:
            yield [_cell(read(row)) for _header, read in columns]
            count += 1
        finished_at = timezone.now()
    finally:
        # Also of what was broken off it is known how much went out.
        ExportRecord.objects.filter(pk=record.pk).update(
            row_count=count, finished_at=finished_at
        )


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        return value
    return harmless(str(value))


def _text(lines: Generator[list[Any], None, None], delimiter: str) -> Iterator[str]:
    # The mark tells spreadsheets that the text is UTF-8.
    yield "\ufeff"
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    with closing(lines):
        for number, line in enumerate(lines, start=1):
            writer.writerow(line)
            if number % 500 == 0:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
    yield buffer.getvalue()


def _workbook(lines: Iterator[list[Any]]) -> IO[bytes]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for number, line in enumerate(lines):
        if number > WORKBOOK_ROWS:
            raise TooManyRowsError(
                _(
                    "A workbook takes at most %(rows)s rows: choose CSV, or search for"
                    " fewer."
                )
                % {"rows": f"{WORKBOOK_ROWS:,}"}
            )
        sheet.append(
            [
                ILLEGAL_CHARACTERS_RE.sub("�", cell) if isinstance(cell, str) else cell
                for cell in line
            ]
        )
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return file
