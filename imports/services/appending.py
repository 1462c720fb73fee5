"""A few rows that come by themselves and join an append-only table in one statement.

The casts, the plan and the INSERT are those of files; here they are the parts of one
statement that the server plans once and keeps. Rows that need no cast and turn out to
be new are written by a shorter one. A single statement is a transaction: when it has
answered, the rows are committed.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from psycopg import sql

from imports.database import as_text, comma, fetch_prepared
from imports.services.casting import Caster
from imports.services.casts import Reading
from imports.services.mapping import Destination
from imports.services.parsing import ParsedRow, live_target
from imports.services.staging import cell
from imports.services.typed import typed_rows
from imports.targets import Context, Log, Target, get_target

AGAIN, SHUT = "again", "shut"


@dataclass(frozen=True)
class Frame:
    """What surrounds the rows in the statement; parameters from $2 on are its own.

    `gate` is a SELECT of one row with a column `open`: unless it is true nothing is
    written. `remember` is a CTE body that may read `gate` and `outcome`.
    """

    gate: str = "SELECT true AS open"
    remember: str = "SELECT"


OPEN = Frame()


@dataclass(frozen=True)
class Outcome:
    """What became of one row.

    `status` is "created", "unchanged", "rejected" (`errors` say why), "shut" (the gate
    was) or "again": another writer was faster, and the row has to be sent once more.
    """

    status: str
    id: int | None = None
    errors: tuple[tuple[str, str], ...] = ()
    answer: str | None = None


def append(
    name: str,
    rows: Mapping[int, Mapping[str, Any]],
    *,
    frame: Frame = OPEN,
    parameters: Sequence[Any] = (),
    with_answers: bool = False,
) -> tuple[dict[int, Outcome], tuple[Any, ...]]:
    """Write rows, by line, to the log called `name`; return the outcome of each line.

    The columns of the gate after `open` come back too; none of them (an empty tuple)
    when every row was refused before the statement.
    """
    # What the text of a statement depends on besides the target.
    text = _Text(
        name, frame, with_answers, (settings.EVENT_FRESH_HOURS, settings.TIME_ZONE)
    )
    outcomes, gate = _write_typed(text, rows, parameters)
    left = {line: row for line, row in rows.items() if line not in outcomes}
    if left:
        cast, cast_gate = _write_cast(text, left, parameters)
        outcomes, gate = outcomes | cast, cast_gate or gate
    return outcomes, gate


@dataclass(frozen=True)
class _Text:
    """What decides the texts of the statements."""

    name: str
    frame: Frame
    with_answers: bool
    variable: tuple[object, ...]


def _write_typed(
    text: _Text, rows: Mapping[int, Mapping[str, Any]], parameters: Sequence[Any]
) -> tuple[dict[int, Outcome], tuple[Any, ...]]:
    """Add the rows that need no cast and are new; the others have no outcome yet."""
    taken = typed_rows(text.name).take(rows)
    if taken is None:
        return {}, ()
    records, used = taken
    found = fetch_prepared(_typed_statement(text, used), (records, *parameters))
    gate = found[0][3:]
    if not gate[0]:
        return dict.fromkeys(rows, Outcome(SHUT)), gate[1:]
    return {
        line: Outcome("created", subject, (), answer)
        for line, subject, answer, *_gate in found
        if line is not None
    }, gate[1:]


def _write_cast(
    text: _Text, rows: Mapping[int, Mapping[str, Any]], parameters: Sequence[Any]
) -> tuple[dict[int, Outcome], tuple[Any, ...]]:
    records, used, outcomes = _records(text.name, rows)
    if not used:
        return outcomes, ()
    found = fetch_prepared(_statement(text, used), (records, *parameters))
    is_any_bad = False
    for line, is_bad, action, subject, column, problem, is_open, answer, *_ in found:
        if is_bad:
            is_any_bad = True
        elif action == "reject":
            outcomes[line] = Outcome("rejected", None, ((column, problem),))
        elif subject is None:
            outcomes[line] = Outcome(AGAIN if is_open else SHUT)
        else:
            status = "created" if action == "create" else "unchanged"
            outcomes[line] = Outcome(status, subject, (), answer)
    if is_any_bad:
        outcomes |= _refusals(text.name, used, records)
    return outcomes, found[0][9:]


def _records(
    name: str, rows: Mapping[int, Mapping[str, Any]]
) -> tuple[str, frozenset[str], dict[int, Outcome]]:
    """Return the texts of rows as JSON, the fields used, and the rows refused."""
    records: list[dict[str, Any]] = []
    outcomes: dict[int, Outcome] = {}
    for line, row in rows.items():
        parsed = ParsedRow(line, get_target(name), row)
        if parsed.errors:
            outcomes[line] = Outcome("rejected", None, tuple(parsed.errors))
        else:
            records.append({"line": line, **parsed.texts})
    text = json.dumps(records, ensure_ascii=False)
    return text, frozenset().union(*records), outcomes


def _refusals(name: str, used: frozenset[str], records: str) -> dict[int, Outcome]:
    errors: dict[int, list[tuple[str, str]]] = {}
    for line, column, reason, _value in fetch_prepared(
        _rejects(name, used), (records,)
    ):
        errors.setdefault(line, []).append((column, reason))
    return {
        line: Outcome("rejected", errors=tuple(found)) for line, found in errors.items()
    }


# Typed rows that name nobody, or that came before, are left to the other statement.
_TYPED = """
WITH gate AS MATERIALIZED ({gate}),
typed AS MATERIALIZED ({typed}),
owned AS MATERIALIZED ({owners}),
planned AS MATERIALIZED (
    SELECT line, owner_id, 'create'::text AS action, nextval((SELECT
           pg_get_serial_sequence({name}, 'id')::regclass)) AS subject_id
    FROM owned, gate WHERE gate.open AND owner_id IS NOT NULL
),
{added},
outcome AS MATERIALIZED (
    SELECT p.line, a.id AS subject_id, p.action, {answer} AS answer
    FROM added AS a JOIN planned AS p ON p.subject_id = a.id
),
remembered AS ({remember})
SELECT o.line, o.subject_id, o.answer, gate.*
FROM gate LEFT JOIN outcome AS o ON true
"""
_RAW = """(SELECT line, NULL::text AS problem, {cells}
FROM jsonb_to_recordset($1::jsonb) AS given (line bigint, {columns}))"""
_STATEMENT = """
WITH gate AS MATERIALIZED ({gate}),
cast_rows AS MATERIALIZED ({cast}),
planned AS MATERIALIZED (
    SELECT p.line, p.owner_id, p.action, p.problem_column, p.problem,
           CASE WHEN p.action = 'create' THEN nextval((SELECT
                pg_get_serial_sequence({name}, 'id')::regclass))
                ELSE p.subject_id END AS subject_id
    FROM (SELECT * FROM ({plan}) AS sorted ORDER BY line) AS p
),
{added},
outcome AS MATERIALIZED (
    SELECT r.line, r.bad, p.action, p.problem_column, p.problem,
           coalesce(a.id, CASE WHEN p.action = 'unchanged' THEN p.subject_id END)
           AS subject_id, {answer} AS answer
    FROM cast_rows AS r LEFT JOIN planned AS p ON p.line = r.line
    LEFT JOIN added AS a ON a.identity = r.identity
    LEFT JOIN {table} AS k ON k.id = p.subject_id AND p.action = 'unchanged'
),
remembered AS ({remember})
SELECT o.line, o.bad, o.action, o.subject_id, o.problem_column, o.problem,
       gate.open, o.answer, gate.* FROM outcome AS o, gate
"""
_CONTEXT = Context(source="api", reading=Reading(), is_live=True)
_GOOD = sql.SQL("(SELECT * FROM cast_rows WHERE NOT bad)")
_PLANNED = sql.SQL("(SELECT planned.* FROM planned, gate WHERE gate.open)")


@functools.lru_cache(maxsize=256)
def _typed_statement(text: _Text, used: frozenset[str]) -> str:
    target = live_target(text.name)
    log = _log_of(target)
    typed = sql.Identifier("typed")
    return as_text(
        sql.SQL(_TYPED).format(
            gate=sql.SQL(text.frame.gate),
            remember=sql.SQL(text.frame.remember),
            typed=typed_rows(text.name).select(used),
            owners=log.owners(typed),
            name=sql.Literal(target.table),
            added=log.added(typed, sql.Identifier("planned"), _CONTEXT),
            answer=sql.SQL(
                log.answer.replace("entry.", "a.") if text.with_answers else "NULL"
            ),
        )
    )


@functools.lru_cache(maxsize=256)
def _statement(text: _Text, used: frozenset[str]) -> str:
    target = live_target(text.name)
    log = _log_of(target)
    return as_text(
        sql.SQL(_STATEMENT).format(
            gate=sql.SQL(text.frame.gate),
            remember=sql.SQL(text.frame.remember),
            cast=_caster(target, used).select(),
            name=sql.Literal(target.table),
            table=sql.Identifier(target.table),
            plan=target.plan(_GOOD, _CONTEXT),
            added=log.added(_GOOD, _PLANNED, _CONTEXT),
            answer=sql.SQL(_answer(log) if text.with_answers else "NULL::text"),
        )
    )


def _answer(log: Log) -> str:
    """The answer of the row that was added (a), or of the known one (k)."""
    added, known = (log.answer.replace("entry.", f"{name}.") for name in "ak")
    return f"CASE WHEN a.id IS NOT NULL THEN {added} WHEN k.id IS NOT NULL THEN {known} END"


@functools.lru_cache(maxsize=64)
def _rejects(name: str, used: frozenset[str]) -> str:
    caster = _caster(live_target(name), used)
    bad = sql.SQL("SELECT line FROM ({}) AS judged WHERE bad").format(caster.select())
    return as_text(caster.rejects(bad))


def _log_of(target: Target) -> Log:
    if target.log is None:
        raise ValueError(f"{target.name} are not append-only.")
    return target.log


def _caster(target: Target, used: frozenset[str]) -> Caster:
    """The used and the required fields as columns of one parameter."""
    fields = [field for field in target.fields if field.required or field.name in used]
    names = [field.name for field in fields]
    found = [Destination(i, name, "field", name) for i, name in enumerate(names)]
    raw = sql.SQL(_RAW).format(
        cells=comma(
            sql.SQL("{} AS {}").format(sql.Identifier(name), cell(index))
            for index, name in enumerate(names)
        ),
        columns=comma(
            sql.SQL("{} text").format(sql.Identifier(name)) for name in names
        ),
    )
    return Caster(target, raw, found, Reading(), repeatable=False)
