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
    written. `remember` is a CTE body that may read `gate` and, of `outcome`, `status`
    (as HTTP has it) and `answer`. `new` is what `append_new` gets as outcome: a SELECT
    of both from `written` (line, id, answer).
    """

    gate: str = "SELECT true AS open"
    remember: str = "SELECT"
    new: str = "SELECT 201 AS status, answer FROM written"


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
    records, used, outcomes = _records(name, rows)
    if not used:
        return outcomes, ()
    statement = _statement(name, used, frame, with_answers, _variable())
    found = fetch_prepared(statement, (records, *parameters))
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
        outcomes |= _refusals(name, used, records)
    return outcomes, found[0][9:]


def append_new(
    name: str,
    rows: Mapping[int, Mapping[str, Any]],
    *,
    frame: Frame,
    parameters: Sequence[Any],
) -> tuple[tuple[int, str] | None, tuple[Any, ...]] | None:
    """Write rows, by line, if they are all typed, new, and about known customers.

    Return status and answer, and the columns of the gate after `open`. Without an
    answer nothing was written; None: the gate was not even asked. Raises
    IntegrityError, having written nothing, when another writer was faster.
    """
    taken = typed_rows(name).take(rows)
    if taken is None:
        return None
    records, used = taken
    statement = _statement_of_new(name, used, frame, _variable())
    [(status, answer, _is_open, *gate)] = fetch_prepared(
        statement, (records, *parameters)
    )
    return None if answer is None else (status, answer), tuple(gate)


def _variable() -> tuple[object, ...]:
    """What the text of a statement depends on besides the target."""
    return settings.EVENT_FRESH_HOURS, settings.TIME_ZONE


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


# One row that names nobody, or that came before, and the other statement has them all.
_NEW = """
WITH gate AS MATERIALIZED ({gate}),
typed AS MATERIALIZED ({typed}),
owned AS MATERIALIZED ({owners}),
planned AS MATERIALIZED (
    SELECT line, owner_id, 'create'::text AS action, nextval((SELECT
           pg_get_serial_sequence({name}, 'id')::regclass)) AS subject_id
    FROM owned, gate
    WHERE gate.open AND NOT EXISTS (SELECT FROM owned WHERE owner_id IS NULL){unless}
),
{added},
written AS (
    SELECT p.line, a.id, {answer} AS answer
    FROM added AS a JOIN planned AS p ON p.subject_id = a.id
),
outcome AS MATERIALIZED ({new}),
remembered AS ({remember})
SELECT o.status, o.answer, gate.* FROM gate LEFT JOIN outcome AS o ON true
"""
_UNLESS_KNOWN = sql.SQL(
    " AND (SELECT count(*) = count(DISTINCT identity) FROM typed) AND NOT EXISTS"
    " (SELECT FROM typed AS t JOIN {} AS known ON known.identity = t.identity)"
)
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
           AS subject_id, {answer} AS answer,
           CASE p.action WHEN 'create' THEN 201 ELSE 200 END AS status
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
def _statement_of_new(
    name: str, used: frozenset[str], frame: Frame, variable: tuple[object, ...]
) -> str:
    target = live_target(name)
    log = _log_of(target)
    typed, planned = sql.Identifier("typed"), sql.Identifier("planned")
    may_be_known = "external_id" in used
    return as_text(
        sql.SQL(_NEW).format(
            gate=sql.SQL(frame.gate),
            remember=sql.SQL(frame.remember),
            new=sql.SQL(frame.new),
            typed=typed_rows(name).select(used),
            owners=log.owners(typed),
            name=sql.Literal(target.table),
            unless=_UNLESS_KNOWN.format(sql.Identifier(target.table))
            if may_be_known
            else sql.SQL(""),
            added=log.added(typed, planned, _CONTEXT, False),
            answer=sql.SQL(log.answer.replace("entry.", "a.")),
        )
    )


@functools.lru_cache(maxsize=256)
def _statement(
    name: str,
    used: frozenset[str],
    frame: Frame,
    with_answers: bool,
    variable: tuple[object, ...],
) -> str:
    target = live_target(name)
    log = _log_of(target)
    return as_text(
        sql.SQL(_STATEMENT).format(
            gate=sql.SQL(frame.gate),
            remember=sql.SQL(frame.remember),
            cast=_caster(target, used).select(),
            name=sql.Literal(target.table),
            table=sql.Identifier(target.table),
            plan=target.plan(_GOOD, _CONTEXT),
            added=log.added(_GOOD, _PLANNED, _CONTEXT, True),
            answer=sql.SQL(_answer(log) if with_answers else "NULL::text"),
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
