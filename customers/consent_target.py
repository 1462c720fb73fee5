"""What can be imported into consents: decisions, each with its time and its proof.

A yes needs its evidence and the time when it was given. Decisions count in the order
in which they were made, so a file that comes again, or late, subscribes nobody who
said no since then. The same decision of the same moment is one.
"""

from psycopg import sql

from customers.import_targets import REFERENCE
from customers.services.identity import referenced_sql
from imports.database import execute, fetch
from imports.services.changes import record_created
from imports.services.plans import PLAN
from imports.services.reverting import door_sql
from imports.targets import (
    Context,
    Field,
    Relation,
    Target,
    Undo,
    UndoContext,
    register,
)

CHANNELS = ("email", "sms", "whatsapp", "in_app")
YES = (
    *("granted", "given", "agreed", "yes", "true", "1", "y", "subscribed"),
    *("opted in", "opt in", "active"),
)
NO = (
    *("withdrawn", "declined", "refused", "revoked", "no", "false", "0", "n"),
    *("unsubscribed", "opted out", "opt out", "inactive"),
)

# A few minutes ahead is a clock that goes fast, and counts as now.
_PLAN = """
WITH read AS (
    SELECT r.line, r.evidence, r.occurred_at AS given_at, w.customer_id,
           w.problem_column, w.problem, coalesce(r.channel, 'email') AS channel,
           coalesce(r.topic, '') AS topic,
           least(coalesce(r.occurred_at, now()), now()) AS at,
           CASE WHEN translate(lower(r.status), '_-', '  ') = ANY ({yes}) THEN true
                WHEN translate(lower(r.status), '_-', '  ') = ANY ({no}) THEN false
           END AS granted
    FROM {rows} AS r JOIN ({referenced}) AS w ON w.line = r.line
),
judged AS (
    SELECT read.*, CASE WHEN problem IS NOT NULL THEN problem_column
                        WHEN granted IS NULL THEN 'status'
                        WHEN given_at > now() + interval '5 minutes' THEN 'occurred_at'
                        WHEN granted AND evidence IS NULL THEN 'evidence'
                        WHEN granted AND given_at IS NULL THEN 'occurred_at'
                   END AS fault
    FROM read
)
SELECT j.line, coalesce(known.id, last.id) AS subject_id, j.customer_id AS owner_id,
       CASE WHEN fault IS NOT NULL THEN 'reject'
            WHEN known.id IS NOT NULL OR last.id IS NOT NULL OR row_number() OVER (
                PARTITION BY fault, j.customer_id, j.channel, j.topic, j.granted, j.at
                ORDER BY j.line) > 1 THEN 'unchanged'
            ELSE 'create' END AS action,
       fault AS problem_column,
       CASE WHEN problem IS NOT NULL THEN problem
            WHEN j.granted IS NULL THEN 'Say granted or withdrawn.'
            WHEN fault = 'evidence'
            THEN 'A yes needs its evidence: how, and to what, the customer agreed.'
            WHEN given_at IS NULL THEN 'A yes needs the time when it was given.'
            WHEN fault IS NOT NULL THEN 'This time lies in the future.' END AS problem,
       jsonb_build_object('channel', j.channel, 'topic', j.topic,
                          'granted', j.granted, 'at', j.at) AS value
FROM judged AS j
LEFT JOIN LATERAL (
    SELECT id FROM consents AS c
    WHERE c.customer_id = j.customer_id AND c.channel = j.channel
      AND c.topic = j.topic AND c.occurred_at = j.at AND c.granted = j.granted LIMIT 1
) AS known ON true
LEFT JOIN LATERAL (
    SELECT id, granted FROM consents AS c
    WHERE c.customer_id = j.customer_id AND c.channel = j.channel
      AND c.topic = j.topic ORDER BY occurred_at DESC, granted, id DESC LIMIT 1
) AS last ON NOT last.granted AND NOT j.granted AND j.given_at IS NULL
"""
_INSERT = """
INSERT INTO consents
    (id, customer_id, channel, topic, granted, source, evidence, occurred_at)
SELECT p.subject_id, p.owner_id, p.value ->> 'channel', p.value ->> 'topic',
       (p.value -> 'granted')::boolean, coalesce(r.source, {source}),
       coalesce(r.evidence, ''), (p.value ->> 'at')::timestamptz
FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line
WHERE p.action = 'create' ORDER BY p.owner_id, p.line
"""


def plan_consents(rows: Relation, context: Context) -> sql.Composable:
    return sql.SQL(_PLAN).format(
        rows=rows,
        referenced=referenced_sql(rows),
        yes=sql.Literal(list(YES)),
        no=sql.Literal(list(NO)),
    )


def apply_consents(rows: Relation, context: Context) -> dict[str, int]:
    execute(
        sql.SQL(
            "UPDATE {} SET subject_id = nextval(pg_get_serial_sequence('consents',"
            " 'id')) WHERE action = 'create'"
        ).format(PLAN)
    )
    source = sql.Literal(context.source)
    execute(sql.SQL(_INSERT).format(plan=PLAN, rows=rows, source=source))
    record_created(context)
    return {}


def remove_decisions(changes: Relation, context: UndoContext) -> None:
    """Remove decisions by the door that the database leaves, on record."""
    subjects = sql.SQL("SELECT subject_id FROM {}").format(changes)
    fetch(door_sql("remove_consents", subjects, context))


CONSENTS = register(
    Target(
        name="consents",
        label="consents",
        fields=(
            *REFERENCE,
            Field("channel", label="Channel", choices=CHANNELS),
            Field("topic", label="Topic", max_length=50),
            Field(
                "status",
                label="Status (granted or withdrawn)",
                required=True,
                aliases=("consent", "granted", "decision"),
            ),
            Field("source", label="Source", max_length=50),
            Field("evidence", label="Evidence", max_length=10_000, aliases=("proof",)),
            Field(
                "occurred_at",
                cast="timestamp",
                label="Decided at",
                aliases=("date", "created_at", "decided_at", "recorded_at"),
            ),
        ),
        plan=plan_consents,
        apply=apply_consents,
        undo=Undo(table="consents", revert=remove_decisions),
    )
)
