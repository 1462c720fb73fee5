"""Which lines of an import's file name a person."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import IO

from imports.models import ImportJob
from imports.services.packed import open_table
from imports.services.records import Tally, read_records
from imports.services.sources import HashingReader
from marketing_os.lib.errors import DomainError

_BLOCK = 1 << 20


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
            if not _may_name(table, found.encoding, marks):
                return []
            dialect = replace(found, declared=True)
            reader = HashingReader(table)
            with closing(read_records(reader, dialect, Tally())) as records:
                return [one.line for one in records if names_them(one.cells)]
    except (FileNotFoundError, LookupError, DomainError):
        return []


def _may_name(table: IO[bytes], encoding: str, marks: Sequence[str]) -> bool:
    """Tell whether the bytes of a table hold a mark: far quicker than to parse it all.

    Marks that can be written in several ways, and encodings of more than a byte for a
    letter, are left to the parser. Afterwards the table is at its beginning.
    """
    plain = all(mark.isascii() and '"' not in mark for mark in marks)
    if not plain or "16" in encoding or "32" in encoding:
        return True
    wanted = [mark.encode() for mark in marks]
    overlap = max(map(len, wanted), default=1)
    tail = b""
    try:
        while block := table.read(_BLOCK):
            text = tail + block.lower()
            if any(mark in text for mark in wanted):
                return True
            tail = text[-overlap:]
    finally:
        table.seek(0)
    return False
