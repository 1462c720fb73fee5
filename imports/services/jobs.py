"""The life of an import up to its confirmation: mapping and states."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from imports.database import stop_worker
from imports.errors import JobStateError, MappingError
from imports.models import ImportJob, SavedMapping
from imports.services.dates import date_orders
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
from imports.services.saved import fill_in
from imports.services.staging import drop_stage, raw_table
from imports.services.zones import find_timezone
from imports.targets import Target, get_target

Status = ImportJob.Status
AT_WORK = (Status.READING, Status.CHECKING)
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


def judge_columns(job: ImportJob, options: Mapping[str, Any]) -> None:
    """Find what each column could be when its cells are read under `options`."""
    header = [column["name"] for column in job.columns]
    found = infer_types(job, list(range(len(header))), reading_of(options), header)
    for index, column in enumerate(job.columns):
        column["types"] = found[index].as_json()


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
        judge_columns(job, options or {})
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
        judge_columns(job, chosen)
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
    return _keep(job, "mapping", "options", "columns")


def _keep(job: ImportJob, *fields: str, status: str = Status.UPLOADED) -> ImportJob:
    """Store what was said about a job and its new status, unless it was confirmed or
    cancelled meanwhile."""
    said = {name: getattr(job, name) for name in fields}
    mine = ImportJob.objects.filter(pk=job.pk, status__in=BEFORE_RUN)
    if not mine.update(**said, status=status):
        require_state(job, *BEFORE_RUN)
    job.status = status
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
    return _keep(job, "mapping", "options", "saved_mapping", "columns")


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
    return _keep(job, status=Status.CHECKING)


def confirm_job(job: ImportJob, *, by: AbstractBaseUser | None = None) -> ImportJob:
    """Put a checked job into the queue (status QUEUED); twice is once."""
    if job.status == Status.QUEUED:
        return job
    require_state(job, Status.CHECKED)
    if job.options.get("dry_run"):
        raise JobStateError("This import only checks; it writes nothing.")
    if job.options.get("all_or_nothing"):
        _require_whole(job)
    who = job.created_by_id or (by.pk if by else None)
    checked = ImportJob.objects.filter(
        pk=job.pk, status=Status.CHECKED, mapping=job.mapping, options=job.options
    )
    if not checked.update(status=Status.QUEUED, created_by_id=who):
        # Somebody confirmed, changed or cancelled it in the same moment.
        require_state(job, Status.QUEUED)
    job.refresh_from_db(fields=["status", "created_by"])
    return job


def _require_whole(job: ImportJob) -> None:
    if job.rejected_count:
        raise JobStateError(
            f"You asked for all or nothing, and refused rows: {job.rejected_count:,}."
        )
    if job.rows_total <= settings.IMPORT_WHOLE_ROWS:
        return
    if get_target(job.target).undo is None:
        raise JobStateError(
            f"All or nothing is possible up to {settings.IMPORT_WHOLE_ROWS:,} rows of this kind."
        )
    if job.options.get("may_start_workflows"):
        raise JobStateError(
            f"All or nothing of more than {settings.IMPORT_WHOLE_ROWS:,} rows cannot start workflows:"
            " they would begin before all is in. Switch one of the two off."
        )


def cancel_job(job: ImportJob) -> ImportJob:
    """Stop a job: at once before it runs, after the current batch when it does.

    A worker that reads or checks the file is stopped in its statement and clears away
    what it staged.
    """
    cancelled = {"status": Status.CANCELLED, "finished_at": timezone.now()}
    mine = ImportJob.objects.filter(pk=job.pk)
    idle = (Status.UPLOADED, Status.CHECKED, Status.QUEUED)
    if mine.filter(status__in=idle).update(**cancelled):
        drop_stage(job)
    elif mine.filter(status__in=AT_WORK).update(**cancelled):
        transaction.on_commit(lambda: stop_worker(job.pk))
    else:
        mine.filter(status=Status.RUNNING).update(cancel_requested=True)
    job.refresh_from_db()
    return job


def require_state(job: ImportJob, *states: str) -> None:
    """Refuse a verb that does not fit the state a job is in."""
    job.refresh_from_db(fields=["status"])
    if job.status not in states:
        raise JobStateError(f"This import is: {job.get_status_display().lower()}.")
