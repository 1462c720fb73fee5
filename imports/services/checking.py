"""The check: cast every row, find what is refused, count what would happen."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from django.conf import settings
from django.db import transaction
from psycopg import sql

from imports.database import (
    comma,
    end_statements_at,
    execute,
    fetch,
    fetch_value,
)
from imports.errors import StoppedError, TooLongError
from imports.models import ImportJob
from imports.services.casting import Caster
from imports.services.changes import changes_table
from imports.services.jobs import BEFORE_RUN, Status, destinations, require_state
from imports.services.mapping import reading_of
from imports.services.plans import PLAN, count_plan, make_plan
from imports.services.rejects import count_rejects
from imports.services.staging import (
    cast_table,
    cell,
    raw_table,
    stage_file,
    stage_is_there,
)
from imports.targets import Context, Relation, get_target

CHANGES_SHOWN = 50
KINDS_SHOWN = 20
_VALUE_SHOWN = 300
# The check sorts and joins the whole file at once, and only one at a time does.
_WORK_MEMORY = sql.SQL("SET LOCAL work_mem = '64MB'")
_MAX_VALUE = 1000
_CHECKED = ("preview", "rejected_count")


def check_job(job: ImportJob, *, seconds: float = math.inf) -> ImportJob:
    """Validate every row and count what would happen, writing no customer data.

    Afterwards the status is CHECKED, `job.rejects` hold what is refused and
    `job.preview` is {"created", "updated", "unchanged", "rejected", "changes":
    [{"line", "who", "field", "old", "new"}, …], "kinds": [{"column", "reason",
    "count", "line" (of the first)}, …] of what is refused}. Each step is a transaction,
    so that others see how far it is; may begin anew after any kind of death. Raises
    StoppedError when somebody cancels the job or maps it anew meanwhile, and TooLongError
    when it is not done after `seconds`.
    """
    require_state(job, *BEFORE_RUN)
    state, deadline = job.status, time.monotonic() + seconds

    def look_up() -> None:
        if time.monotonic() > deadline:
            raise TooLongError
        if not ImportJob.objects.filter(pk=job.pk, status=state).exists():
            raise StoppedError

    steps: tuple[Callable[[ImportJob], None], ...] = (
        partial(_cast, look_up=look_up),
        _preview,
    )
    for done, step in enumerate(steps, 1):
        with transaction.atomic():
            execute(_WORK_MEMORY)
            if deadline < math.inf:
                look_up()
                end_statements_at(deadline)
            step(job)
            _require_still(job, state)
            if step is steps[-1]:
                job.status, done = Status.CHECKED, 0
            job.rows_done = job.rows_total * done // len(steps)
            job.save(update_fields=[*_CHECKED, "status", "rows_total", "rows_done"])
    return job


def _require_still(job: ImportJob, state: str) -> None:
    """Hold the job until the transaction ends, if nobody changed it since it was read."""
    mine = ImportJob.objects.select_for_update().filter(
        pk=job.pk, status=state, mapping=job.mapping, options=job.options
    )
    if not mine.exists():
        raise StoppedError


def _cast(job: ImportJob, look_up: Callable[[], None]) -> None:
    cast_rows(job, look_up)
    job.rejects.all().delete()
    _store_cast_rejects(job)


def _preview(job: ImportJob) -> None:
    rows = good_rows(job)
    make_plan(get_target(job.target), rows, context_of(job), numbered=False)
    counts = count_plan()
    store_plan_rejects(job)
    mark_rejected(job)
    job.rejected_count = _count_bad(job)
    job.preview = {
        "created": counts.created,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "rejected": job.rejected_count,
        "changes": _changes(job, rows),
        "kinds": _kinds(job),
        "would_start": _would_start(job, rows),
    }


def keeps_changes(job: ImportJob) -> bool:
    """Tell whether a job keeps what it changes, for people or to take itself back."""
    return bool(settings.IMPORT_UNDO_DAYS or job.options.get("all_or_nothing"))


def context_of(job: ImportJob) -> Context:
    return Context(
        source=f"import {job.pk}",
        reading=reading_of(job.options),
        may_start_workflows=bool(job.options.get("may_start_workflows")),
        changes=changes_table(job) if keeps_changes(job) else None,
    )


def caster_of(job: ImportJob) -> Caster:
    return Caster(
        target=get_target(job.target),
        raw=raw_table(job),
        found=destinations(job),
        reading=reading_of(job.options),
        repeatable=True,
    )


def cast_rows(job: ImportJob, look_up: Callable[[], None] | None = None) -> None:
    """Fill the job's stage of cast rows, reading the file again if need be.

    What takes long outside the database calls `look_up`, which may raise, now and then.
    """
    if not stage_is_there(raw_table(job)):
        stage_file(job)
    caster = caster_of(job)
    caster.judge(look_up)
    if given := caster.external_id_cell:
        lacking = (
            "SELECT NOT EXISTS (SELECT FROM {} WHERE problem IS NULL AND {} IS NULL)"
        )
        query = sql.SQL(lacking).format(caster.raw, given)
        caster = replace(caster, all_have_external_id=fetch_value(query))
    table = cast_table(job)
    execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))
    # Unlike an INSERT, this may use several processes of the server.
    execute(sql.SQL("CREATE UNLOGGED TABLE {} AS {}").format(table, caster.select()))
    execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (line)").format(table))
    execute(sql.SQL("ANALYZE {}").format(table))


def good_rows(job: ImportJob, after: int = 0, until: int | None = None) -> Relation:
    """The cast rows that nothing is wrong with, of a range of lines."""
    last = sql.SQL("") if until is None else sql.SQL(" AND line <= {}").format(until)
    query = sql.SQL("(SELECT {} FROM {} WHERE NOT bad AND line > {}{})")
    columns = caster_of(job).columns_of_cast_rows()
    return query.format(columns, cast_table(job), sql.Literal(after), last)


def _count_bad(job: ImportJob) -> int:
    query = sql.SQL("SELECT count(*) FROM {} WHERE bad").format(cast_table(job))
    return int(fetch_value(query))


def _store_cast_rejects(job: ImportJob) -> None:
    most = sql.Literal(settings.IMPORT_REJECTS_KEPT)
    bad = sql.SQL("SELECT line FROM {} WHERE bad ORDER BY line LIMIT {}").format(
        cast_table(job), most
    )
    execute(
        sql.SQL(
            'INSERT INTO import_rejects (job_id, line, "column", reason, value)'
            " SELECT {}, line, \"column\", reason, coalesce(value, '') FROM ({}) AS found"
            " LIMIT {}"
        ).format(sql.Literal(job.pk), caster_of(job).rejects(bad), most)
    )


def store_plan_rejects(job: ImportJob) -> None:
    """Keep what the plan refuses, under the header of the column at fault."""
    fields = [item for item in destinations(job) if item.kind == "field"]
    headers = comma(
        sql.SQL("({}, {}, {})").format(
            sql.Literal(item.name), sql.Literal(item.header), cell(item.index)
        )
        for item in fields
    )
    execute(
        sql.SQL(
            'INSERT INTO import_rejects (job_id, line, "column", reason, value)'
            " SELECT {job}, p.line, coalesce(named.header, p.problem_column),"
            " p.problem, coalesce(left(named.value, {length}), '')"
            " FROM {plan} AS p JOIN {raw} AS raw ON raw.line = p.line"
            " LEFT JOIN LATERAL (SELECT * FROM (VALUES {headers})"
            " AS pairs (name, header, value) WHERE name = p.problem_column)"
            " AS named ON true WHERE p.action = 'reject' ORDER BY p.line LIMIT {room}"
        ).format(
            room=sql.Literal(
                max(0, settings.IMPORT_REJECTS_KEPT - job.rejects.count())
            ),
            job=sql.Literal(job.pk),
            length=sql.Literal(_MAX_VALUE),
            plan=PLAN,
            raw=raw_table(job),
            headers=headers,
        )
    )


def mark_rejected(job: ImportJob) -> None:
    """Leave the rows that the plan refuses out of the run."""
    refused = sql.SQL("SELECT line FROM {} WHERE action = 'reject'").format(PLAN)
    _mark(job, refused)


def mark_rejected_again(job: ImportJob) -> None:
    """Leave out what the check refused when its stage is gone."""
    known = sql.SQL("SELECT line FROM import_rejects WHERE job_id = {}")
    _mark(job, known.format(sql.Literal(job.pk)))
    if job.rejects.count() >= settings.IMPORT_REJECTS_KEPT:
        target = get_target(job.target)
        make_plan(target, good_rows(job), context_of(job), numbered=False)
        mark_rejected(job)


def _mark(job: ImportJob, lines: sql.Composable) -> None:
    execute(
        sql.SQL(
            "UPDATE {} AS cast_row SET bad = true FROM ({}) AS refused"
            " WHERE refused.line = cast_row.line AND NOT cast_row.bad"
        ).format(cast_table(job), lines)
    )


def _kinds(job: ImportJob) -> list[dict[str, object]]:
    """Sum up what is refused by reason, without the values of anybody."""
    kinds = count_rejects(job, KINDS_SHOWN) if job.rejected_count else []
    return [
        {"column": k.column, "reason": k.reason, "count": k.count, "line": k.line}
        for k in kinds
    ]


def _would_start(job: ImportJob, rows: Relation) -> int:
    """Count the rows that workflows wait for, whether or not they may start them."""
    heard = get_target(job.target).heard
    return int(fetch_value(heard(rows))) if heard else 0


def _changes(job: ImportJob, rows: Relation) -> list[dict[str, object]]:
    target = get_target(job.target)
    if target.changes is None:
        return []
    query = sql.SQL(
        "SELECT line, who, field, left(old, {length}), left(new, {length})"
        " FROM ({changes}) AS changes ORDER BY line LIMIT {limit}"
    ).format(
        length=sql.Literal(_VALUE_SHOWN),
        changes=target.changes(rows),
        limit=sql.Literal(CHANGES_SHOWN),
    )
    found = fetch(query)
    names = ("line", "who", "field", "old", "new")
    return [dict(zip(names, change, strict=True)) for change in found]
