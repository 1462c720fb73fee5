"""Events as the tables keep them: what the outbox, emptied, cannot tell any more."""

from datetime import datetime

from psycopg import sql

# Columns as those of the events that are taken from the outbox.
_COLUMNS = "id, kind, name, customer_id, payload, properties, occurred_at"
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
_MESSAGES = """
        SELECT v.id, {kind} AS kind, '' AS name, d.customer_id,
            jsonb_build_object('event_id', v.id, 'template_id', p.template_id)
                AS payload, '{{}}'::jsonb AS properties, v.occurred_at
        FROM delivery_events v JOIN deliveries d ON d.id = v.delivery_id
        JOIN dispatches p ON p.id = d.dispatch_id
        WHERE v.kind = {what} AND v.is_human AND v.occurred_at > {since}"""


def recorded_events(kind: str, since: datetime) -> sql.Composable:
    """SELECT the events of a kind that happened since, in brackets."""
    what = kind.removeprefix("message_")
    form = _SOURCES[kind] if what == kind else _MESSAGES
    return sql.SQL(f"({form})").format(
        kind=sql.Literal(kind),
        what=sql.Literal(what),
        since=sql.SQL("{}::timestamptz").format(sql.Literal(since.isoformat())),
    )
