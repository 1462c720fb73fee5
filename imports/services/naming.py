"""Which lines of an import's file name a person."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from imports.models import ImportJob
from imports.services.packed import open_table
from imports.services.records import Tally, read_records
from imports.services.sources import HashingReader
from marketing_os.lib.errors import DomainError


def lines_naming(job: ImportJob, marks: Sequence[str]) -> list[int]:
    """List the lines of the stored file with a cell that is, or holds, a mark.

    Marks are in lower case; an e-mail address counts within a cell, anything else only
    as a whole. A file that is gone, or not readable, has no lines.
    """
    addresses = [mark for mark in marks if "@" in mark]
    words = set(marks)

    def names_them(cells: list[str]) -> bool:
        text = "\n".join(cells).lower()
        return any(address in text for address in addresses) or not words.isdisjoint(
            part.strip() for part in text.split("\n")
        )

    try:
        with job.file.open("rb") as stored:
            # One that waits to be read is still packed as it came.
            table, found = open_table(stored.file, job.encoding, job.delimiter)
            dialect = replace(found, declared=True)
            reader = HashingReader(table)
            with closing(read_records(reader, dialect, Tally())) as records:
                return [one.line for one in records if names_them(one.cells)]
    except (FileNotFoundError, LookupError, DomainError):
        return []
