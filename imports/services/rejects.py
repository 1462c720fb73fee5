import csv
from dataclasses import dataclass
from typing import IO

from psycopg import sql

from imports.database import fetch
from imports.models import ImportJob
from marketing_os.lib.exporting import harmless


@dataclass(frozen=True)
class RejectKind:
    """How many values of a column were refused for one reason, and the first of them.

    Reasons that differ only in their numbers are one.
    """

    column: str
    reason: str
    count: int
    line: int
    value: str


def count_rejects(job: ImportJob, limit: int = 50) -> list[RejectKind]:
    """Sum up what was refused by kind, the most frequent first."""
    query = sql.SQL(
        'SELECT first."column", first.reason, kinds.count, first.line, first.value'
        ' FROM (SELECT "column", count(*), min(id) AS id FROM import_rejects'
        ' WHERE job_id = {job} GROUP BY "column", regexp_replace(reason, {digits}, '
        "'0', 'g') ORDER BY count(*) DESC, min(id) LIMIT {limit}) AS kinds"
        " JOIN import_rejects AS first USING (id) ORDER BY kinds.count DESC, id"
    ).format(
        job=sql.Literal(job.pk), digits=sql.Literal("[0-9]+"), limit=sql.Literal(limit)
    )
    return [RejectKind(*row) for row in fetch(query)]


def write_rejects(job: ImportJob, stream: IO[str]) -> int:
    """Write line, column, reason and value of what was refused as CSV.

    Values that a spreadsheet would run as a formula get an apostrophe in front.
    Returns how many rows were written.
    """
    writer = csv.writer(stream)
    writer.writerow(("line", "column", "reason", "value"))
    count = 0
    found = job.rejects.order_by("line", "id")
    for row in found.values_list("line", "column", "reason", "value").iterator():
        writer.writerow([row[0], *(harmless(text) for text in row[1:])])
        count += 1
    return count
