"""Events as the tables keep them: what the outbox, emptied, cannot tell any more."""

from datetime import datetime

from psycopg import sql

from messaging.services.machines import BURST
from messaging.services.telling import news

# Columns as those of the events that are taken from the outbox.
_SOURCES = {
    "funnel": """
        SELECT id, 'funnel' AS kind, to_stage AS name, customer_id,
            jsonb_build_object('event_id', id, 'funnel_type', funnel_type,
                'from_stage', from_stage, 'to_stage', to_stage) AS payload,
            '{{}}'::jsonb AS properties, created_date AS occurred_at
        FROM funnel_events WHERE created_date > {since}""",
    "activity": """
        SELECT id, 'activity' AS kind, name, customer_id,
            jsonb_build_object('activity_id', id, 'amount', amount,
                'properties', properties) AS payload, properties, occurred_at
        FROM activities WHERE occurred_at > {since}""",
    "tag": """
        SELECT id, 'tag' AS kind, tag AS name, member_id AS customer_id,
            jsonb_build_object('event_id', id) AS payload,
            '{{}}'::jsonb AS properties, assigned_at AS occurred_at
        FROM member_tags WHERE assigned_at > {since}""",
}


def recorded_events(kind: str, since: datetime) -> sql.Composable:
    """SELECT the events of a kind that happened since, in brackets."""
    what = kind.removeprefix("message_")
    instant = sql.SQL("{}::timestamptz").format(sql.Literal(since.isoformat()))
    if what == kind:
        return sql.SQL(f"({_SOURCES[kind]})").format(since=instant)
    # What somebody has just done may turn out to be a program's.
    settled = "({} AND v.occurred_at > {} AND v.occurred_at < now() - {})"
    return sql.SQL(settled).format(news(what), instant, sql.Literal(BURST))
