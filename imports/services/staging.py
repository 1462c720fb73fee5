"""The raw stage: a file's cells as text in an unlogged table, by COPY."""

from collections.abc import Callable, Iterable
from contextlib import closing
from itertools import islice

from psycopg import Copy, sql

from imports.database import comma, copy_in, execute, fetch_value
from imports.models import ImportJob
from imports.services.headers import Heading, read_header
from imports.services.records import Record, Tally, read_records
from imports.services.sources import Dialect, HashingReader
from marketing_os.lib.errors import DomainError

Tell = Callable[[int, int], None]

_BATCH = 2000
_PIECE = 50_000  # rows per COPY, each seen when it is done
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


def stage_file(job: ImportJob, tell: Tell | None = None) -> list[Heading]:
    """Read the job's stored file into its raw stage and return its header.

    `tell` is called now and then with the rows and the bytes read so far. Sets rows_total, file_size, sha256 and what the report tells of odd rows on the job
    without saving them.
    """
    tally = Tally()
    if not job.file.name or not job.file.storage.exists(job.file.name):
        raise DomainError("The uploaded file is no longer there. Upload it again.")
    with job.file.open("rb") as stored:
        reader = HashingReader(stored.file)
        dialect = Dialect(
            job.encoding, job.delimiter, bool(job.options.get("encoding_declared"))
        )
        with closing(read_records(reader, dialect, tally)) as records:
            header = read_header(records)
            drop_stage(job)
            _create_raw(job, len(header))
            job.rows_total = 0
            while copied := _copy(job, islice(records, _PIECE), len(header)):
                job.rows_total += copied
                if tell is not None:
                    tell(job.rows_total, reader.size)
        job.file_size, job.sha256 = reader.size, reader.sha256
        job.report |= tally.found()
    if not job.rows_total:
        raise DomainError("The file has a header but no rows.")
    execute(sql.SQL("ANALYZE {}").format(raw_table(job)))
    return header


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
