"""The verbs of imports: one staged COPY engine for files and API rows alike."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from django.contrib.auth.models import AbstractBaseUser

from imports.models import ImportJob


@dataclass(frozen=True)
class RowResult:
    """What became of one row: "created", "updated", "unchanged" or "rejected".

    `id` is the row's own id (customer or event), None when it was rejected; `errors`
    are pairs of a field's name and a sentence.
    """

    status: str
    id: int | None = None
    errors: list[tuple[str, str]] = field(default_factory=list)


def create_job(
    target: str,
    file: IO[bytes],
    *,
    file_name: str,
    source: str,
    encoding: str = "",
    delimiter: str = "",
    by: AbstractBaseUser | None = None,
) -> ImportJob:
    """Store a file, read it into its stage and suggest what its columns mean.

    Afterwards `job.columns` is a list, in the file's order, of {"name", "mapping"
    (the suggestion), "note" (why it is left out), "sample" (first cells)} and
    `job.mapping` holds the suggestion. Raises DomainError for a file that cannot be
    read; UnknownEncodingError (a DomainError) asks for `encoding`.
    """
    raise NotImplementedError


def set_mapping(
    job: ImportJob, mapping: dict[str, str], options: dict[str, Any] | None = None
) -> ImportJob:
    """Say what each column becomes; columns that are not named are left out.

    Values: a field's name, "attribute:NAME[:TYPE]" ("property:…" for activities),
    "consent:CHANNEL[:inverted][:only]", or "". Options: "missing" (list of words that
    mean an empty cell), "date_order" ("dmy", "mdy"), "decimal_comma", "timezone",
    "all_or_nothing", "may_start_workflows". Raises MappingError (a DomainError with
    `.column`).
    """
    raise NotImplementedError


def check_job(job: ImportJob) -> ImportJob:
    """Validate every row and count what would happen, writing no customer data.

    Afterwards the status is CHECKED, `job.rejects` hold what is refused and
    `job.preview` is {"created", "updated", "unchanged", "rejected", "changes":
    [{"line", "who", "field", "old", "new"}, …]}.
    """
    raise NotImplementedError


def request_check(job: ImportJob) -> ImportJob:
    """Leave the check to a worker (status CHECKING), for files that take long."""
    raise NotImplementedError


def confirm_job(job: ImportJob, *, by: AbstractBaseUser | None = None) -> ImportJob:
    """Put a checked job into the queue (status QUEUED)."""
    raise NotImplementedError


def run_job(job: ImportJob, *, seconds: float | None = None) -> bool:
    """Import until finished or until `seconds` are over; True when nothing is left.

    Safe to call again after any kind of death: each batch is committed together with
    the place it reached, under a lease, so no two workers run one job at once.
    """
    raise NotImplementedError


def cancel_job(job: ImportJob) -> ImportJob:
    """Stop a job: at once before it runs, after the current batch when it does."""
    raise NotImplementedError


def write_rejects(job: ImportJob, stream: IO[str]) -> int:
    """Write line, column, reason and value of what was refused as CSV."""
    raise NotImplementedError


def ingest_rows(
    target: str,
    rows: Sequence[dict[str, Any]],
    *,
    source: str,
    check_only: bool = False,
) -> list[RowResult]:
    """Validate and write 1 to 1,000 rows in one transaction; one result per row.

    A row names fields of the target; customers may have "attributes" {name: value}
    ("name:type" says the type of a new one) and activities "properties" {…}. A key
    that is absent keeps what is there, None clears it. Bad rows are rejected, the
    others are written; with `check_only` nothing is.
    """
    raise NotImplementedError
