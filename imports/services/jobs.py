"""The life of an import up to its confirmation: upload, mapping, states."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import IO, Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from psycopg import sql

from imports.database import comma, fetch
from imports.errors import JobStateError, MappingError
from imports.models import ImportJob, SavedMapping
from imports.services.dates import date_orders
from imports.services.headers import Heading
from imports.services.inference import infer_types, with_type
from imports.services.mapping import (
    Destination,
    check_types,
    normal_name,
    parse,
    parse_all,
    reading_of,
    suggest,
)
from imports.services.packed import open_table
from imports.services.saved import fill_in, fill_in_known
from imports.services.staging import cell, drop_stage, raw_table, stage_file
from imports.services.zones import find_timezone
from imports.targets import Target, get_target

Status = ImportJob.Status
BEFORE_RUN = (Status.UPLOADED, Status.CHECKING, Status.CHECKED)
FINISHED = (Status.DONE, Status.FAILED, Status.CANCELLED)
OPTIONS = (
    "missing",
    "date_order",
    "date_orders",
    "decimal_comma",
    "timezone",
    "all_or_nothing",
    "dry_run",
    "may_start_workflows",
)
MAX_ALL_OR_NOTHING = 50_000
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
) -> ImportJob:
    """Store a file, read it into its stage and suggest what its columns mean.

    Afterwards `job.columns` is a list, in the file's order, of {"name", "mapping"
    (the suggestion), "note" (what is odd about it), "sample" (first cells), "types"
    (see `ColumnTypes.as_json`)} and `job.mapping` holds the suggestion. Raises
    DomainError for a file that cannot be read; UnknownEncodingError (a DomainError)
    asks for `encoding`.
    """
    get_target(target)
    file, dialect = open_table(file, encoding, delimiter)
    job = ImportJob(
        target=target,
        source=source,
        file_name=PurePath(file_name).name[:255],
        encoding=dialect.encoding,
        delimiter=dialect.delimiter,
        options={"encoding_declared": dialect.declared},
        created_by_id=by.pk if by else None,
    )
    job.file.save(f"{PurePath(file_name).stem[:60]}.csv", File(file), save=False)
    try:
        with transaction.atomic():
            job.save()
            header = stage_file(job)
            _describe_columns(job, header)
            fill_in_known(job)
            job.report |= _same_file(job)
            job.save()
    except BaseException:
        job.file.delete(save=False)
        raise
    return job


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
    _judge_columns(job, job.options)
    job.mapping = suggest_mapping(job, like_known=True)
    for place, column in enumerate(job.columns, 1):
        column["mapping"] = job.mapping[column["name"]]
        column["note"] = column["note"] or _note(column, place)


def _judge_columns(job: ImportJob, options: Mapping[str, Any]) -> None:
    """Find what each column could be when its cells are read under `options`."""
    header = [column["name"] for column in job.columns]
    found = infer_types(job, list(range(len(header))), reading_of(options), header)
    for index, column in enumerate(job.columns):
        column["types"] = found[index].as_json()


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


def suggest_mapping(
    job: ImportJob,
    options: Mapping[str, Any] | None = None,
    *,
    like_known: bool = False,
) -> dict[str, str]:
    """Suggest what each column becomes: a field by its name, else a typed extra.

    The types are judged over the whole column, with the `options` for missing words,
    order of dates and decimal comma, which `job.columns` then tell; an empty or unnamed
    column is left out.
    With `like_known` a new extra is suggested as one that is spelled alike, for
    a person who looks at the suggestion.
    """
    target = get_target(job.target)
    if reading_of(options or job.options) != reading_of(job.options):
        _judge_columns(job, options or {})
    header = [column["name"] for column in job.columns]
    suggested: dict[str, str] = {}
    for name in header:
        suggested[name] = suggest(target, name, suggested.values())
    if like_known and target.extra:
        suggested |= _spelled_alike(target, suggested)
    found = [
        destination
        for index, name in enumerate(header)
        if name != f"column {index + 1}"
        for destination in parse(target, index, name, suggested[name])
    ]
    extras = [item for item in found if item.kind == "extra"]
    known = target.known_types([item.name for item in extras])
    inferred = _inferred(job)
    texts = {
        item.header: _text(target, with_type(item, known, inferred))
        for item in extras
        if inferred[item.index] or item.name in known
    }
    fields = {item.header: item.name for item in found if item.kind == "field"}
    return {name: fields.get(name) or texts.get(name, "") for name in header}


def _inferred(job: ImportJob) -> dict[int, str]:
    return {n: column["types"]["type"] for n, column in enumerate(job.columns)}


def _spelled_alike(target: Target, suggested: Mapping[str, str]) -> dict[str, str]:
    """Point columns such as “City” at the extra that is there already as “city”."""
    new = [h for h, what in suggested.items() if what == f"{target.extra}:{h}"]
    known = target.known_types([*new, *map(normal_name, new)])
    taken, alike = set(suggested.values()), {}
    for header in new:
        what = f"{target.extra}:{normal_name(header)}"
        if header not in known and normal_name(header) in known and what not in taken:
            alike[header] = what
            taken.add(what)
    return alike


def _text(target: Target, item: Destination) -> str:
    return f"{target.extra}:{item.name}:{item.type}"


def set_mapping(
    job: ImportJob,
    mapping: Mapping[str, str],
    options: Mapping[str, Any] | None = None,
) -> ImportJob:
    """Say what each column becomes; columns that are not named are left out.

    Values: a field's name, "attribute:NAME[:TYPE]" ("property:…" for activities),
    "consent:CHANNEL[:inverted][:only]", or "". Without TYPE it is the attribute's own
    or else judged over the column. A consent column is also kept as an attribute of
    its name, unless "only"; "inverted" is for columns where yes means no. Options:
    "missing" (list of words that mean an empty cell), "date_order" ("dmy", "mdy") and
    "date_orders" ({column: order}, which counts first), "decimal_comma", "timezone",
    "all_or_nothing", "dry_run", "may_start_workflows". Dates written as 01/02/2026
    need an order only where no value of their column tells it. Raises MappingError
    (a DomainError with `.column`).
    """
    require_state(job, *BEFORE_RUN)
    target = get_target(job.target)
    chosen = _checked_options(options or {})
    header = [column["name"] for column in job.columns]
    found = parse_all(target, header, mapping)
    check_types(target, found)
    if reading_of(chosen) != reading_of(job.options):
        _judge_columns(job, chosen)
    extras = [item for item in found if item.kind == "extra"]
    known = target.known_types([item.name for item in extras])
    typed = [with_type(item, known, _inferred(job)) for item in extras]
    texts = {item.header: _text(target, item) for item in typed}
    chosen["date_orders"] = _orders(
        job, [*typed, *(item for item in found if item.kind == "field")], chosen
    )
    given = {name: mapping.get(name, "").strip() for name in header}
    job.mapping = {
        name: texts[name] if _is_extra(target, text) else text
        for name, text in given.items()
    }
    job.options = {
        "encoding_declared": job.options.get("encoding_declared", False)
    } | chosen
    job.status = Status.UPLOADED
    job.save(update_fields=["mapping", "options", "status", "columns"])
    return job


def _orders(
    job: ImportJob, found: list[Destination], options: Mapping[str, Any]
) -> dict[str, str]:
    """Settle the order of dates in each column of dates, or ask for it."""
    target = get_target(job.target)
    given = dict(options.get("date_orders") or {})
    if options.get("date_order"):
        return given
    unsettled = [
        item
        for item in found
        if item.header not in given and _cast(target, item) in ("date", "timestamp")
    ]
    orders = date_orders([item.index for item in unsettled], raw_table(job))
    for item in unsettled:
        order = orders[item.index]
        if order.question:
            raise MappingError(f"“{item.header}”: {order.question}", item.header)
        if order.order:
            given[item.header] = order.order
    return given


def _cast(target: Target, item: Destination) -> str:
    field = target.field(item.name) if item.kind == "field" else None
    return field.cast if field else item.type


def use_mapping(job: ImportJob, saved: SavedMapping | None) -> ImportJob:
    """Fill a job in from a saved mapping, or with None from its headers alone.

    Columns that the saved mapping does not know get what their headers suggest.
    """
    require_state(job, *BEFORE_RUN)
    if saved is not None and saved.target != job.target:
        raise MappingError(f"“{saved}” is for another kind of file.")
    job.options = {"encoding_declared": job.options.get("encoding_declared", False)}
    job.mapping = suggest_mapping(job, like_known=True)
    job.saved_mapping = None
    if saved is not None:
        fill_in(job, saved)
    job.status = Status.UPLOADED
    job.save(update_fields=["mapping", "options", "saved_mapping", "status", "columns"])
    return job


def _is_extra(target: Target, text: str) -> bool:
    return bool(target.extra) and text.startswith(f"{target.extra}:")


def _checked_options(options: Mapping[str, Any]) -> dict[str, Any]:
    unknown = [name for name in options if name not in OPTIONS]
    if unknown:
        raise MappingError(f"There is no option “{unknown[0]}”.")
    orders = {"": options.get("date_order"), **(options.get("date_orders") or {})}
    for column, order in orders.items():
        if order not in (None, "", "dmy", "mdy"):
            raise MappingError("The order of dates is dmy or mdy.", column)
    zone = options.get("timezone")
    if zone and not find_timezone(zone):
        raise MappingError(f"“{zone}” is not a time zone such as Europe/Paris.")
    named = {"timezone": find_timezone(zone)} if zone else {}
    return {name: value for name, value in (*options.items(), *named.items()) if value}


def destinations(job: ImportJob) -> list[Destination]:
    """Parse the mapping of a job."""
    header = [column["name"] for column in job.columns]
    return parse_all(get_target(job.target), header, job.mapping)


def request_check(job: ImportJob) -> ImportJob:
    """Leave the check to a worker (status CHECKING), for files that take long."""
    require_state(job, *BEFORE_RUN)
    destinations(job)
    job.status = Status.CHECKING
    job.save(update_fields=["status"])
    return job


def confirm_job(job: ImportJob, *, by: AbstractBaseUser | None = None) -> ImportJob:
    """Put a checked job into the queue (status QUEUED); twice is once."""
    if job.status == Status.QUEUED:
        return job
    require_state(job, Status.CHECKED)
    if job.options.get("dry_run"):
        raise JobStateError("This import only checks; it writes nothing.")
    if job.options.get("all_or_nothing"):
        _require_whole(job)
    job.status = Status.QUEUED
    job.created_by_id = job.created_by_id or (by.pk if by else None)
    job.save(update_fields=["status", "created_by"])
    return job


def _require_whole(job: ImportJob) -> None:
    if job.rejected_count:
        raise JobStateError(
            f"You asked for all or nothing, and refused rows: {job.rejected_count:,}."
        )
    if job.rows_total > MAX_ALL_OR_NOTHING:
        raise JobStateError(
            f"All or nothing is possible up to {MAX_ALL_OR_NOTHING:,} rows."
        )


def cancel_job(job: ImportJob) -> ImportJob:
    """Stop a job: at once before it runs, after the current batch when it does."""
    stopped = ImportJob.objects.filter(
        pk=job.pk, status__in=(*BEFORE_RUN, Status.QUEUED)
    ).update(status=Status.CANCELLED, finished_at=timezone.now())
    if stopped:
        drop_stage(job)
    else:
        ImportJob.objects.filter(pk=job.pk, status=Status.RUNNING).update(
            cancel_requested=True
        )
    job.refresh_from_db()
    return job


def require_state(job: ImportJob, *states: str) -> None:
    """Refuse a verb that does not fit the state a job is in."""
    job.refresh_from_db(fields=["status"])
    if job.status not in states:
        raise JobStateError(f"This import is: {job.get_status_display().lower()}.")
