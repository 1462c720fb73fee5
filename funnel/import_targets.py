"""What can be imported into the funnel: moves between stages, and activities."""

from psycopg import sql

from customers.import_targets import REFERENCE
from customers.services.identity import named_owners_sql
from funnel.models import FunnelEvent
from funnel.services.logs import ACTIVITIES as _ACTIVITIES
from funnel.services.logs import MOVES as _MOVES
from imports.database import execute, fetch
from imports.services.reverting import deleting, door_sql
from imports.targets import (
    Field,
    Log,
    Relation,
    Target,
    Undo,
    UndoContext,
    register,
)

# A moment as the API shows it everywhere: in UTC, without an empty fraction.
_MOMENT = (
    "replace(to_char(entry.{0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
    " '.000000Z', 'Z')"
)
_MOVE_ANSWER = (
    "json_build_object('id', entry.id, 'customer_id', entry.customer_id,"
    " 'funnel_type', entry.funnel_type, 'from_stage', entry.from_stage,"
    " 'to_stage', entry.to_stage, 'created_date', "
    f"{_MOMENT.format('created_date')}, 'external_id', entry.external_id)::text"
)
_ACTIVITY_ANSWER = (
    "json_build_object('id', entry.id, 'customer_id', entry.customer_id,"
    f" 'name', entry.name, 'occurred_at', {_MOMENT.format('occurred_at')},"
    " 'amount', entry.amount::text, 'properties', entry.properties,"
    " 'external_id', entry.external_id)::text"
)


def remove_moves(changes: Relation, context: UndoContext) -> None:
    """Remove events by the door that the database leaves, on record."""
    subjects = sql.SQL("SELECT subject_id FROM {}").format(changes)
    execute(_UNTOLD.format(changes))
    fetch(door_sql("remove_funnel_events", subjects, context))


# What nobody has taken yet of the events that this import told.
_UNTOLD = sql.SQL(
    "DELETE FROM event_outbox USING {} AS c WHERE kind = 'funnel'"
    " AND payload -> 'event_id' = to_jsonb(c.subject_id)"
)


_REFERENCED = tuple(field.name for field in REFERENCE)

FUNNEL_EVENTS = Target(
    name="funnel_events",
    label="funnel events",
    fields=(
        *REFERENCE,
        Field(
            "funnel_type",
            label="Funnel",
            required=True,
            choices=tuple(FunnelEvent.FunnelType.values),
            aliases=("funnel",),
        ),
        Field("from_stage", label="From stage", max_length=100, aliases=("from",)),
        Field(
            "to_stage",
            label="To stage",
            required=True,
            max_length=100,
            aliases=("to", "stage"),
        ),
        Field(
            "created_date",
            cast="timestamp",
            label="Happened at",
            now_when_live=True,
            aliases=("created_at", "occurred_at", "date", "happened_at"),
        ),
        Field("external_id", label="External ID", max_length=255),
    ),
    plan=_MOVES.plan,
    apply=_MOVES.apply,
    table="funnel_events",
    log=Log(_MOVES.added, _MOVE_ANSWER, named_owners_sql),
    undo=Undo(table="funnel_events", revert=remove_moves),
    heard=_MOVES.heard,
    identity=(*_REFERENCED, "funnel_type", "from_stage", "to_stage", "created_date"),
)

ACTIVITIES = Target(
    name="activities",
    label="activities",
    fields=(
        *REFERENCE,
        Field("name", label="Name", required=True, max_length=100),
        Field(
            "occurred_at",
            cast="timestamp",
            label="Occurred at",
            required=True,
            now_when_live=True,
            aliases=("date", "created_at", "created_date"),
        ),
        Field("amount", cast="amount", label="Amount"),
        Field("external_id", label="External ID", max_length=255),
        Field("properties", cast="json", label="Properties", suggested=False),
    ),
    plan=_ACTIVITIES.plan,
    apply=_ACTIVITIES.apply,
    table="activities",
    log=Log(_ACTIVITIES.added, _ACTIVITY_ANSWER, named_owners_sql),
    undo=deleting("activities"),
    heard=_ACTIVITIES.heard,
    extra="property",
    identity=(*_REFERENCED, "name", "occurred_at", "amount"),
)

for target in (FUNNEL_EVENTS, ACTIVITIES):
    register(target)
