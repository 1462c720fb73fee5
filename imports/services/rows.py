"""A few rows at once, as the API brings them, through the statements of files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from psycopg import sql

from imports.database import comma, execute, fetch, is_collision
from imports.services.appending import AGAIN, OPEN, Frame, Outcome, append
from imports.services.casting import Caster, cast_columns
from imports.services.casts import Reading
from imports.services.headers import MAX_COLUMNS
from imports.services.mapping import Destination
from imports.services.parsing import ParsedRow, chunks, live_target
from imports.services.plans import PLAN, make_plan
from imports.services.staging import cell
from imports.targets import Context, Target, get_target
from marketing_os.lib.errors import DomainError

MAX_ROWS = 1000
_ATTEMPTS = 5
_BUSY = ("", "Others are at work on the same thing; send it again.")
_STATUS = {
    "create": "created",
    "update": "updated",
    "unchanged": "unchanged",
    "reject": "rejected",
}


@dataclass(frozen=True)
class RowResult:
    """What became of one row: "created", "updated", "unchanged" or "rejected".

    `id` is the row's own id (of the customer, or the event; of the customer for an
    attribute), None when it was rejected; `errors` are pairs of a field's name (an
    attribute as "attributes.NAME", "" for the row) and a sentence.
    """

    status: str
    id: int | None = None
    errors: list[tuple[str, str]] = field(default_factory=list)


def ingest_rows(
    target: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    source: str,
    check_only: bool = False,
) -> list[RowResult]:
    """Validate and write 1 to 1,000 rows in one transaction; one result per row.

    A row names fields of the target; customers may have "attributes" {name: value}
    ("name:type" says the type of a new one) and activities "properties" {…}. A key
    that is absent or an empty text keeps what is there, None clears it. Bad rows are
    rejected, the others are written; with `check_only` nothing is. Of two rows that
    name the same customer, or attribute, the second is rejected.
    """
    if not 1 <= len(rows) <= MAX_ROWS:
        raise DomainError(f"Send 1 to {MAX_ROWS:,} rows.")
    if get_target(target).log is not None:
        return append_rows(target, rows, check_only=check_only)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                results = _ingest(live_target(target), rows, source)
                if check_only:
                    transaction.set_rollback(True)
                return results
        except (IntegrityError, OperationalError) as error:
            # Another writer made the same customer meanwhile; now it is known.
            if attempt == _ATTEMPTS or not is_collision(error):
                raise
    raise AssertionError("unreachable")


def _ingest(
    target: Target, rows: Sequence[Mapping[str, Any]], source: str
) -> list[RowResult]:
    known = get_target(target.name)
    parsed = [ParsedRow(line, known, row) for line, row in enumerate(rows, 1)]
    types = _types(target, parsed)
    for row in parsed:
        row.settle_extras(types)
    results = {row.line: RowResult("rejected", errors=row.errors) for row in parsed}
    good = [row for row in parsed if not row.errors]
    for chunk in chunks(good, MAX_COLUMNS):
        results |= _write(_caster(target, chunk, types), source)
    return [results[row.line] for row in parsed]


def appends(target: str) -> bool:
    """Tell whether a target is a log, to which `append_row` writes."""
    return get_target(target).log is not None


def append_row(
    target: str, row: Mapping[str, Any], *, frame: Frame, parameters: Sequence[Any]
) -> tuple[Outcome, tuple[Any, ...]]:
    """Write one row to a log in one statement; return the outcome and the gate.

    Without a gate (an empty tuple) the row was refused before the statement.
    """
    found, gate = append(
        target, {1: row}, frame=frame, parameters=parameters, with_answers=True
    )
    return found[1], gate


def append_rows(
    target: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    check_only: bool = False,
    frame: Frame = OPEN,
    parameters: Sequence[Any] = (),
) -> list[RowResult]:
    """Write rows to a log as `ingest_rows` does; "shut" when the frame's gate was."""
    if check_only:
        with transaction.atomic():
            results = append_rows(target, rows, frame=frame, parameters=parameters)
            transaction.set_rollback(True)
            return results
    lines: dict[int, Mapping[str, Any]] = dict(enumerate(rows, 1))
    outcomes: dict[int, Outcome] = {}
    waiting = lines
    for _attempt in range(_ATTEMPTS):
        found, _gate = append(target, waiting, frame=frame, parameters=parameters)
        outcomes |= found
        waiting = {n: lines[n] for n, one in found.items() if one.status == AGAIN}
        if not waiting:
            break
    for line in waiting:
        outcomes[line] = Outcome("rejected", None, (_BUSY,))
    return [
        RowResult(one.status, one.id, list(one.errors))
        for one in map(outcomes.__getitem__, lines)
    ]


def _types(target: Target, parsed: list[ParsedRow]) -> dict[str, str]:
    """Settle the type of each extra: the known one, else that of its first value."""
    names = {name for row in parsed for name in row.extras}
    types = target.known_types(sorted(names)) if names else {}
    for row in parsed:
        for name in row.extras:
            if name not in types and (found := row.type_of(name)):
                types[name] = found
    return types


def _caster(target: Target, chunk: list[ParsedRow], types: Mapping[str, str]) -> Caster:
    """Lay the rows out as a raw relation: one JSON literal read as a table."""
    fields = [
        field.name
        for field in target.fields
        if field.required or any(field.name in row.texts for row in chunk)
    ] or [target.fields[0].name]
    extras = sorted({name for row in chunk for name in row.extra_texts})
    found = [Destination(i, name, "field", name) for i, name in enumerate(fields)]
    found += [
        Destination(index, f"{chunk[0].container}.{name}", "extra", name, types[name])
        for index, name in enumerate(extras, len(fields))
    ]
    records = [
        {"line": row.line}
        | {f"c{i}": row.texts[n] for i, n in enumerate(fields) if n in row.texts}
        | {
            f"c{i}": row.extra_texts[n]
            for i, n in enumerate(extras, len(fields))
            if n in row.extra_texts
        }
        for row in chunk
    ]
    columns = comma(sql.SQL("{} text").format(cell(item.index)) for item in found)
    raw = sql.SQL(
        "(SELECT * FROM jsonb_to_recordset({}) AS given"
        " (line bigint, problem text, {}))"
    ).format(sql.Literal(json.dumps(records, ensure_ascii=False)), columns)
    return Caster(target, raw, found, Reading(), repeatable=False)


def _write(caster: Caster, source: str) -> dict[int, RowResult]:
    target = caster.target
    caster.judge()
    table = sql.Identifier("pg_temp", f"ingest_{target.name}")
    execute(
        sql.SQL("CREATE TEMP TABLE IF NOT EXISTS {} ({}) ON COMMIT DELETE ROWS").format(
            sql.Identifier(f"ingest_{target.name}"), cast_columns(target)
        )
    )
    execute(sql.SQL("DELETE FROM {}").format(table))
    execute(sql.SQL("INSERT INTO {} {}").format(table, caster.select()))
    rows = sql.SQL("(SELECT * FROM {} WHERE NOT bad)").format(table)
    context = Context(source=source, reading=caster.reading, is_live=True)
    extras = {item.name: item.type for item in caster.found if item.kind == "extra"}
    target.prepare(rows, extras)
    make_plan(target, rows, context, analyze=False)
    target.apply(rows, context)
    return _cast_rejects(caster, table) | _planned()


def _cast_rejects(caster: Caster, table: sql.Composable) -> dict[int, RowResult]:
    bad = sql.SQL("SELECT line FROM {} WHERE bad").format(table)
    if not fetch(bad):
        return {}
    results: dict[int, RowResult] = {}
    for line, name, reason, _value in fetch(caster.rejects(bad)):
        results.setdefault(line, RowResult("rejected")).errors.append((name, reason))
    return results


def _planned() -> dict[int, RowResult]:
    query = sql.SQL("SELECT line, action, subject_id, problem_column, problem FROM {}")
    return {
        line: RowResult("rejected", errors=[(column, problem)])
        if action == "reject"
        else RowResult(_STATUS[action], subject_id)
        for line, action, subject_id, column, problem in fetch(query.format(PLAN))
    }
