"""Upload a file of customers into the list of a manual segment."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from psycopg import sql

from customers.services.identity import referenced_sql
from imports.database import copy_in, execute, fetch, fetch_value
from imports.services.headers import read_header
from imports.services.packed import open_table
from imports.services.records import Record, read_records
from imports.services.sources import HashingReader
from segments.errors import SegmentError
from segments.models import Segment
from segments.services.members import insist_on_list

MAX_UPLOAD_BYTES = 50 * 1024 * 1024
_MAX_REPORTED = 10_000
_NAMES = {
    "customer_id": ("customer_id", "id", "customer", "customer_ids"),
    "lms_lead_id": ("lms_lead_id", "lms_id", "lead_id"),
    "email": ("email", "e_mail", "email_address", "e_mail_address", "mail"),
}
_BIGGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class UnknownRow:
    """A row that names no customer: where, what stands there, why not."""

    line: int
    column: str
    value: str
    reason: str


@dataclass
class UploadReport:
    """What a file did to a list. `unknown` holds the first of `unknown_count` rows."""

    rows: int = 0
    found: int = 0
    added: int = 0
    removed: int = 0
    unknown_count: int = 0
    unknown: list[UnknownRow] = field(default_factory=list)

    def refuse(self, line: int, column: str, value: str, reason: str) -> None:
        self.unknown_count += 1
        if len(self.unknown) < _MAX_REPORTED:
            self.unknown.append(UnknownRow(line, column, value, reason))


@transaction.atomic
def upload_members(
    segment: Segment, file: IO[bytes], *, replace: bool = False, encoding: str = ""
) -> UploadReport:
    """Add the customers that a CSV file or workbook names to the list.

    A row names its customer by customer_id, lms_lead_id or email. With `replace`
    the list afterwards holds nobody else. Rows that name no customer are reported and
    change nothing. Raises DomainError for a file that cannot be read.
    """
    insist_on_list(segment)
    Segment.objects.select_for_update().get(pk=segment.pk)
    file, dialect = open_table(file, encoding)
    records = read_records(HashingReader(file), dialect)
    report = UploadReport()
    execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE segment_upload (line bigint, customer_id bigint,"
            " lms_lead_id text, email text)"
        )
    )
    _stage(records, report)
    _resolve(report)
    if replace:
        report.removed = _remove_others(segment, report)
    report.added = _add(segment)
    execute(sql.SQL("DROP TABLE segment_upload, segment_upload_found"))
    report.unknown.sort(key=lambda row: row.line)
    return report


def _stage(records: Iterator[Record], report: UploadReport) -> None:
    header = read_header(records)
    if repeated := next((h.repeats for h in header if h.repeats), ""):
        message = _("Two columns are called “%(name)s”; rename one of them.")
        raise SegmentError(message % {"name": repeated})
    places, rows = _columns([heading.name for heading in header], records)
    copy_sql = sql.SQL("COPY segment_upload FROM STDIN")
    with copy_in(copy_sql) as copy:
        for record in rows:
            report.rows += 1
            if report.rows > settings.SEGMENT_ROW_LIMIT:
                raise SegmentError(_("The file has too many rows for a segment."))
            cells = _cells(record, places, report)
            if cells is not None:
                copy.write_row((record.line, *cells))
    if not report.rows:
        raise SegmentError(_("The file has a header but no rows."))


def _columns(
    header: list[str], records: Iterator[Record]
) -> tuple[dict[str, int], Iterable[Record]]:
    """Find the columns that name customers; a bare list of IDs has no header."""
    if len(header) == 1 and header[0].isdecimal():
        return {"customer_id": 0}, _chain_first(header, records)
    known = {alias: name for name, aliases in _NAMES.items() for alias in aliases}
    places: dict[str, int] = {}
    for place, title in enumerate(header):
        name = known.get(_plain(title))
        if name is not None:
            places.setdefault(name, place)
    if not places:
        raise SegmentError(
            _("No column of the file is called customer_id, lms_lead_id or email.")
        )
    return places, records


def _chain_first(header: list[str], records: Iterator[Record]) -> Iterator[Record]:
    yield Record(1, header)
    yield from records


def _plain(title: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in title.strip().lower())


def _cells(
    record: Record, places: dict[str, int], report: UploadReport
) -> tuple[int | None, str | None, str | None] | None:
    if record.problem:
        report.refuse(record.line, "", "", record.problem)
        return None
    found = {
        name: record.cells[place].strip() if place < len(record.cells) else ""
        for name, place in places.items()
    }
    text = found.get("customer_id", "")
    if text and not _is_id(text):
        report.refuse(
            record.line, "customer_id", text, _("This is not the ID of a customer.")
        )
        return None
    pk = int(text) if text else None
    return pk, found.get("lms_lead_id") or None, found.get("email") or None


def _is_id(text: str) -> bool:
    is_number = text.isascii() and text.isdecimal() and len(text) <= 19
    return is_number and int(text) <= _BIGGEST_ID


def _resolve(report: UploadReport) -> None:
    rows = sql.SQL("segment_upload")
    execute(sql.SQL("ANALYZE segment_upload"))
    execute(
        sql.SQL("CREATE TEMPORARY TABLE segment_upload_found AS {}").format(
            referenced_sql(rows)
        )
    )
    bad = sql.SQL(
        "SELECT line, problem_column, coalesce(CASE problem_column"
        " WHEN 'customer_id' THEN u.customer_id::text WHEN 'email' THEN u.email"
        " ELSE u.lms_lead_id END, ''), problem"
        " FROM segment_upload_found f JOIN segment_upload u USING (line)"
        " WHERE problem IS NOT NULL ORDER BY line"
    )
    for line, column, value, problem in fetch(bad):
        report.refuse(line, column, value, problem)
    report.found = fetch_value(
        sql.SQL("SELECT count(DISTINCT customer_id) FROM segment_upload_found")
    )


def _remove_others(segment: Segment, report: UploadReport) -> int:
    if not report.found:
        raise SegmentError(
            _("The file names no customer that is known; the list stays as it is.")
        )
    return execute(
        sql.SQL(
            "DELETE FROM customer_segment_customer_list WHERE customer_segment_id = {}"
            " AND NOT EXISTS (SELECT FROM segment_upload_found found"
            " WHERE found.customer_id = customer_segment_customer_list.customer_id)"
        ).format(sql.Literal(segment.pk))
    )


def _add(segment: Segment) -> int:
    return execute(
        sql.SQL(
            "INSERT INTO customer_segment_customer_list (customer_segment_id,"
            " customer_id) SELECT DISTINCT {}::bigint, customer_id"
            " FROM segment_upload_found"
            " WHERE customer_id IS NOT NULL AND problem IS NULL"
            " ON CONFLICT DO NOTHING"
        ).format(sql.Literal(segment.pk))
    )
