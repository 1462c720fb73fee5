"""What files and API rows can be imported into: a registry of declarations.

Adding a target is one file: an `import_targets.py` in the app that owns the rows,
which builds one `Target` and is registered from that app's `AppConfig.ready`:

    register(Target(name="segment_members", label=..., fields=(...), plan=..., apply=...))

The engine does all that is common: decoding, staging by COPY, the casts of the
declared fields, rejects, batches, resume, progress. A target only says

* `fields`: the columns it knows and how each is cast (see `imports.services.casts`);
* `extra`: what a column becomes that is no field ("attribute", "property" or "");
* `plan(rows, context)`: one SELECT that decides for every row, set-wise, what is to
  be done;
* `apply(rows, context)`: the statements that do it, inside the engine's transaction;
  it returns further counts for the report by name.

`rows` is a relation (a table name or a parenthesised SELECT) of cast rows: `line`
bigint, one column per field under its name with its SQL type (NULL: the cell was
empty, so keep what is there; '' in a clearable text column: clear it), `extra` jsonb
(absent key: keep; JSON null: clear), `flags` jsonb and `identity` uuid.
`plan` must return the columns of `imports.services.plans.PLAN_COLUMNS`: line,
subject_id (the row to be written, if it is known), owner_id (whose it is), action
("create", "update", "unchanged", "reject"), problem_column (a field's name), problem and
value (jsonb, whatever `apply` needs again).
What it returned stands in the temporary table `ingest_plan` when `apply` runs, with a
new id of the target's `table` as subject_id of what is to be created; `apply` may
correct an action, and hands what it writes to
`imports.services.changes.record_changes`, so that it can be undone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from imports.services.casts import Reading
from marketing_os.lib.errors import DomainError

Relation = sql.Composable
NULL_WORD = "__null__"


@dataclass(frozen=True)
class Field:
    """A column that a target knows by name.

    `cast` names one of the casts of `imports.services.casts`. `aliases` are other
    headers that mean this field. A field that is not `suggested` must be mapped by
    hand, because many files use its name for something else. One that is
    `now_when_live` may be left out of rows that come one by one: it is then now.
    """

    name: str
    cast: str = "text"
    label: str = ""
    required: bool = False
    clearable: bool = False
    suggested: bool = True
    max_length: int = 0
    now_when_live: bool = False
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """Where rows come from and how they are read, for the target's statements.

    Rows of a file start workflows only when `may_start_workflows`; rows that come one
    by one (`is_live`) do so while they are fresh. `changes` is the table that
    `imports.services.changes.record_changes` keeps what is written in, if it is kept.
    """

    source: str
    reading: Reading
    is_live: bool = False
    may_start_workflows: bool = False
    changes: sql.Identifier | None = None


@dataclass(frozen=True)
class Log:
    """The append-only table of a target, which a few rows can join in one statement.

    `added(rows, plan, context, may_collide)` is a list of CTEs: the first one, called
    `added`, inserts the rows that the relation `plan` says and returns them whole; a
    row that is there already fails the statement unless it may collide. `answer` is
    an expression over a row of the table called `entry`: the JSON text that the API
    answers with. `owners(rows)` is a SELECT of line and owner_id (NULL: nobody) of
    rows that name their owner by one field, which is never an address.
    """

    added: Callable[[Relation, Relation, Context, bool], sql.Composable]
    answer: str
    owners: Callable[[Relation], sql.Composable]


@dataclass(frozen=True)
class UndoContext:
    """Which import is undone, and who asked for it.

    `source` is what the import's `Context.source` was; `changes` is the table of all
    that it changed.
    """

    source: str
    by: str
    changes: sql.Identifier

    @property
    def reason(self) -> str:
        return f"undo of {self.source}"


def _nothing_further(context: UndoContext, limit: int) -> int:
    return 0


def _nothing_to_finish(context: UndoContext, extras: list[str]) -> None:
    return


@dataclass(frozen=True)
class Undo:
    """How what a target wrote is taken back, set-wise, a batch at a time.

    `changes` below is a relation of rows of a change-set whose subjects are locked:
    line, subject_id, owner_id, action, written_at, old, new.

    * `table` has the subjects: those created are gone if their id is not in it.
    * `revert(changes, context)` takes back all that it is given: deletes what was
      created, gives the names in `new` the values in `old`, brings back what was
      removed.
    * `conflicts(changes, context)` is a SELECT of what later changes touched, which is
      not given to `revert`: line, who, field (a name in `new`, or "" for the whole
      row), imported, now and reason, all text.
    * `further(context, limit)` takes back at most `limit` of what the change-set does
      not hold and returns how many; it is called until that is 0.
    * `finish(context, extras)` comes last, with the extras that the import defined.
    """

    table: str
    revert: Callable[[Relation, UndoContext], None]
    conflicts: Callable[[Relation, UndoContext], sql.Composable] | None = None
    further: Callable[[UndoContext, int], int] = _nothing_further
    finish: Callable[[UndoContext, list[str]], None] = _nothing_to_finish


def _no_types(names: list[str] | None) -> dict[str, str]:
    return {}


def _nothing_to_prepare(rows: Relation, extras: Mapping[str, str]) -> list[str]:
    return []


@dataclass(frozen=True)
class Target:
    """One kind of row that can be imported.

    `table`: where rows are created, under ids of its own (empty: nowhere).
    `identified_by`: at least one of these fields must be mapped. `identity`: the
    fields whose content makes an appended row itself (empty: rows are not appended,
    so they need none). `known_types` gives the types of extra columns that exist
    already, those named or (None) all; `prepare` is called with all rows and all extras
    {name: type} before the first write, for a file in a transaction of its own, and
    returns the names of those that it defined. `changes(rows)` is a SELECT of line,
    who, field, old and new for the preview. Without `undo` an import stays. `heard(rows)`
    is a SELECT of how many planned rows are events that somebody subscribed to, for
    targets whose rows can start workflows.
    """

    name: str
    label: str
    fields: tuple[Field, ...]
    plan: Callable[[Relation, Context], sql.Composable]
    apply: Callable[[Relation, Context], dict[str, int]]
    changes: Callable[[Relation], sql.Composable] | None = None
    table: str = ""
    extra: str = ""
    flags: tuple[str, ...] = ()
    identified_by: tuple[str, ...] = ("lms_lead_id", "customer_id", "email")
    identity: tuple[str, ...] = ()
    known_types: Callable[[list[str] | None], dict[str, str]] = _no_types
    prepare: Callable[[Relation, Mapping[str, str]], list[str]] = _nothing_to_prepare
    log: Log | None = None
    undo: Undo | None = None
    heard: Callable[[Relation], sql.Composable] | None = None

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


class UnknownTargetError(DomainError):
    """Nothing of that name can be imported."""


_targets: dict[str, Target] = {}


def register(target: Target) -> Target:
    """Make `target` known under its name; the last registration counts."""
    _targets[target.name] = target
    return target


def get_target(name: str) -> Target:
    """Return the target called `name`, or raise UnknownTargetError."""
    try:
        return _targets[name]
    except KeyError:
        raise UnknownTargetError(f"Nothing called “{name}” can be imported.") from None


def all_targets() -> list[Target]:
    """List the targets in the order of their registration."""
    return list(_targets.values())


def describe(target: Target) -> list[dict[str, Any]]:
    """List the fields of a target for a form's drop-down."""
    return [
        {"name": field.name, "label": field.label or field.name, "cast": field.cast}
        for field in target.fields
    ]
