import csv
from typing import IO

from imports.models import ImportJob
from marketing_os.lib.exporting import harmless


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
