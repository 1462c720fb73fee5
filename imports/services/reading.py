"""The first step of an import: the file is stored, read into its stage, described."""

import io
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import PurePath
from typing import IO, Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from psycopg import sql

from imports.database import comma, fetch
from imports.errors import StoppedError, TooLongError
from imports.models import ImportJob
from imports.services.headers import Heading
from imports.services.jobs import Status, judge_columns, suggest_mapping
from imports.services.packed import open_table
from imports.services.saved import fill_in_known
from imports.services.staging import cell, raw_table, stage_file
from imports.targets import get_target
from marketing_os.lib.errors import DomainError

logger = logging.getLogger(__name__)

# What is larger takes longer than a person should wait for a page.
READ_AT_ONCE = 4 * 1024**2
_SAMPLE_ROWS = 20
_SAMPLE_CELL = 100


def create_job(
    target: str,
    file: IO[bytes],
    *,
    file_name: str,
    source: str,
    encoding: str = "",
    delimiter: str = "",
    by: AbstractBaseUser | None = None,
    in_background: bool = False,
) -> ImportJob:
    """Store a file, read it into its stage and suggest what its columns mean.

    Afterwards `job.columns` is a list, in the file's order, of {"name", "mapping"
    (the suggestion), "note" (what is odd about it), "sample" (first cells), "types"
    (see `ColumnTypes.as_json`)} and `job.mapping` holds the suggestion. Raises
    DomainError for a file that cannot be read; UnknownEncodingError (a DomainError)
    asks for `encoding`. With `in_background` a file of more than READ_AT_ONCE bytes is
    only stored (status READING), and a worker reads it by `read_job`.
    """
    get_target(target)
    size = file.seek(0, io.SEEK_END)
    job = ImportJob(
        target=target,
        source=source,
        file_name=PurePath(file_name).name[:255],
        file_size=size,
        encoding=encoding,
        delimiter=delimiter,
        created_by_id=by.pk if by else None,
    )
    if in_background and size > READ_AT_ONCE:
        file.seek(0)
        job.status = Status.READING
        _store(job, file, PurePath(file_name).suffix[:10])
        job.save()
        return job
    _store_table(job, file)
    try:
        with transaction.atomic():
            job.save()
            _take_in(job)
    except BaseException:
        job.file.delete(save=False)
        raise
    return job


def read_job(job: ImportJob) -> ImportJob:
    """Read a file that was only stored; afterwards the job is as `create_job` leaves it.

    Raises StoppedError when the job is cancelled meanwhile, and DomainError for a file
    that cannot be read, or not within IMPORT_STEP_SECONDS. May begin anew after any kind
    of death.
    """
    job.started_at = timezone.now()
    with job.file.open("rb") as stored:
        given = str(job.file.name)
        if _store_table(job, stored.file):
            job.file.storage.delete(given)
    job.file_size = job.file.size
    job.save()
    _take_in(job, lambda rows, size: _tell(job, rows, size))
    return job


def _store_table(job: ImportJob, file: IO[bytes]) -> bool:
    """Find the table in a file and store it, unless it is that which is stored."""
    table, dialect = open_table(file, job.encoding, job.delimiter)
    job.encoding, job.delimiter = dialect.encoding, dialect.delimiter
    job.options = {"encoding_declared": dialect.declared}
    if job.file and table is file:
        return False
    _store(job, table, ".csv")
    return True


def _store(job: ImportJob, file: IO[bytes], suffix: str) -> None:
    try:
        job.file.save(f"{_stem(job)}{suffix}", File(file), save=False)
    except OSError as error:
        logger.exception("A file to import cannot be stored.")
        raise DomainError(
            f"The file cannot be stored ({error.strerror or 'no answer'}). Tell whoever"
            " looks after the server; nothing was imported."
        ) from error


def _stem(job: ImportJob) -> str:
    return PurePath(job.file_name).stem[:60]


def _tell(job: ImportJob, rows: int, size: int) -> None:
    """Write down how far the reading is; what is left is guessed by the bytes."""
    limit = timedelta(seconds=settings.IMPORT_STEP_SECONDS)
    if job.started_at and timezone.now() - job.started_at > limit:
        raise TooLongError
    reading = ImportJob.objects.filter(pk=job.pk, status=Status.READING)
    total = rows * job.file_size // max(size, 1)
    if not reading.update(rows_done=rows, rows_total=total, started_at=job.started_at):
        raise StoppedError


def _take_in(job: ImportJob, tell: Callable[[int, int], None] | None = None) -> None:
    header = stage_file(job, tell)
    with transaction.atomic():
        if not ImportJob.objects.filter(pk=job.pk, status=job.status).exists():
            raise StoppedError
        job.status, job.started_at, job.rows_done = Status.UPLOADED, None, 0
        _describe_columns(job, header)
        fill_in_known(job)
        job.report |= _same_file(job)
        job.save()


def _same_file(job: ImportJob) -> dict[str, Any]:
    """Name the last import of the very same file, for a warning."""
    same = ImportJob.objects.filter(
        target=job.target, sha256=job.sha256, status=Status.DONE
    ).exclude(pk=job.pk)
    last = same.order_by("-id").values_list("pk", flat=True).first()
    return {"same_file_as": last} if last else {}


def _describe_columns(job: ImportJob, header: list[Heading]) -> None:
    job.columns = [
        {
            "name": heading.name,
            "sample": sample,
            "note": heading.note,
            "mapping": "",
            "types": {},
        }
        for heading, sample in zip(header, _samples(job, len(header)), strict=True)
    ]
    judge_columns(job, job.options)
    job.mapping = suggest_mapping(job, like_known=True)
    for place, column in enumerate(job.columns, 1):
        column["mapping"] = job.mapping[column["name"]]
        column["note"] = column["note"] or _note(column, place)


def _note(column: Mapping[str, Any], place: int) -> str:
    if column["mapping"]:
        types = column["types"]
        comma = "Its numbers seem to have a decimal comma." * types["decimal_comma"]
        return str(types["dates"]["question"] or comma)
    unnamed = column["name"] == f"column {place}"
    empty = not any(column["sample"])
    if unnamed:
        return "This column has no name" + (" and is empty." if empty else ".")
    return "This column is empty." if empty else "This column is not known."


def _samples(job: ImportJob, width: int) -> list[list[str]]:
    cells = comma(
        sql.SQL("coalesce(left({}, {}), '')").format(
            cell(index), sql.Literal(_SAMPLE_CELL)
        )
        for index in range(width)
    )
    query = sql.SQL("SELECT {} FROM {} WHERE problem IS NULL ORDER BY line LIMIT {}")
    rows = fetch(query.format(cells, raw_table(job), sql.Literal(_SAMPLE_ROWS)))
    return [[row[index] for row in rows] for index in range(width)]
