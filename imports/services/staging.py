"""The raw stage: a file's cells as text in an unlogged table, by COPY."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice

from psycopg import Copy, sql

from imports.database import comma, copy_in, execute, fetch_value
from imports.models import ImportJob
from imports.services.sources import Dialect, HashingReader, Record, read_records
from marketing_os.lib.errors import DomainError

MAX_COLUMNS = 200
MAX_HEADER = 255
_BATCH = 2000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def raw_table(job: ImportJob) -> sql.Identifier:
    return sql.Identifier(f"import_raw_{job.pk}")


def cast_table(job: ImportJob) -> sql.Identifier:
    return sql.Identifier(f"import_cast_{job.pk}")


def cell(index: int) -> sql.Identifier:
    return sql.Identifier(f"c{index}")


def drop_stage(job: ImportJob) -> None:
    """Remove what was staged for a job; its file stays."""
    for table in (raw_table(job), cast_table(job)):
        execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))


def stage_is_there(table: sql.Identifier) -> bool:
    """Tell whether a stage has rows: a crash of the server empties unlogged tables."""
    name = sql.Literal(table.as_string(None))
    if fetch_value(sql.SQL("SELECT to_regclass({})").format(name)) is None:
        return False
    return bool(fetch_value(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(table)))


def stage_file(job: ImportJob) -> list[str]:
    """Read the job's stored file into its raw stage and return its header.

    Sets rows_total, file_size and sha256 on the job without saving them.
    """
    with job.file.open("rb") as stored:
        reader = HashingReader(stored.file)
        dialect = Dialect(
            job.encoding, job.delimiter, bool(job.options.get("encoding_declared"))
        )
        with closing(read_records(reader, dialect)) as records:
            header = read_header(records)
            drop_stage(job)
            _create_raw(job, len(header))
            job.rows_total = _copy(job, records, len(header))
        job.file_size, job.sha256 = reader.size, reader.sha256
    if not job.rows_total:
        raise DomainError("The file has a header but no rows.")
    execute(sql.SQL("ANALYZE {}").format(raw_table(job)))
    return header


def read_header(records: Iterator[Record]) -> list[str]:
    """Take the first record as names of columns; unnamed ones are "column N"."""
    first = next(records, None)
    if first is None:
        raise DomainError("The file is empty.")
    if first.problem:
        raise DomainError(f"The header cannot be read. {first.problem}")
    names = [" ".join(name.split()) for name in first.cells]
    if len(names) > MAX_COLUMNS:
        raise DomainError(
            f"The file has {len(names)} columns; {MAX_COLUMNS} are allowed."
        )
    if any(len(name) > MAX_HEADER for name in names):
        raise DomainError("The name of a column is longer than 255 characters.")
    named = [name or f"column {place}" for place, name in enumerate(names, 1)]
    _refuse_duplicates(named)
    return named


def _refuse_duplicates(names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise DomainError(f"Two columns are called “{name}”; rename one of them.")
        seen.add(name.casefold())


def _create_raw(job: ImportJob, width: int) -> None:
    cells = [sql.SQL("{} text").format(cell(index)) for index in range(width)]
    execute(
        sql.SQL("CREATE UNLOGGED TABLE {} (line bigint, problem text, {})").format(
            raw_table(job), comma(cells)
        )
    )


def _copy(job: ImportJob, records: Iterable[Record], width: int) -> int:
    query = sql.SQL("COPY {} FROM STDIN WITH (FORMAT text, NULL '')")
    source = iter(records)
    total = 0
    with copy_in(query.format(raw_table(job))) as copy:
        while batch := list(islice(source, _BATCH)):
            _write(copy, batch, width)
            total += len(batch)
    return total


def _write(copy: Copy, batch: list[Record], width: int) -> None:
    line = _line_writer(width)
    copy.write("".join([line(record) for record in batch]).encode())


def _line_writer(width: int) -> Callable[[Record], str]:
    tabs = width - 1
    nothing = "\t" * tabs

    def write(record: Record) -> str:
        cells = record.cells
        if len(cells) > width and not any(cells[width:]):
            cells = cells[:width]
        if record.problem or len(cells) > width:
            problem = record.problem or (
                f"This row has {len(cells)} cells where the header has {width}."
            )
            return f"{record.line}\t{problem}\t{nothing}\n"
        text = "\t".join(cells)
        if (
            "\\" in text
            or "\n" in text
            or "\r" in text
            or text.count("\t") >= len(cells)
        ):
            text = "\t".join([value.translate(_ESCAPES) for value in cells])
        padding = "\t" * (width - len(cells))
        return f"{record.line}\t\t{text}{padding}\n"

    return write
