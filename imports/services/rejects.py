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
        'SELECT "column", (array_agg(reason ORDER BY line, id))[1], count(*),'
        " min(line), (array_agg(value ORDER BY line, id))[1]"
        ' FROM import_rejects WHERE job_id = {} GROUP BY "column",'
        " regexp_replace(reason, '[0-9]+', '0', 'g')"
        " ORDER BY count(*) DESC, min(line) LIMIT {}"
    ).format(sql.Literal(job.pk), sql.Literal(limit))
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
