"""Rows by the hundred thousand, made by the database itself.

Shaped as in real use: a few first names are common and most last names rare, nearly all
mails were accepted and nearly everybody agreed, and what is asked for may be either.
"""

from django.db import connection

FIRST_NAMES = "Ada Bob Cleo Dina Emil Fay Gus Hana Ivo Joy Kai Lena Max Noor Omar Pia"

_ROWS = (
    """
    INSERT INTO customers (lms_lead_id, first_name, last_name, email, mobile, timezone,
        attributes, created_date, updated_date, archived_at)
    SELECT 'LEAD-' || n, (string_to_array(%(names)s, ' '))[1 + n %% 16],
        'Family' || (n::bigint * 7919) %% 100003,
        CASE WHEN n %% 1000 <> 7 THEN 'person' || n || '@mail' || n %% 50
             || '.example.org' ELSE '' END,
        '+44 20 ' || 70000000 + n, 'Europe/London',
        jsonb_build_object('course', 'Course ' || n %% 40, 'score', n %% 100,
                           'rank', n),
        now() - make_interval(mins => %(count)s - n), now(),
        CASE WHEN n %% 4001 = 0 THEN now() END
    FROM generate_series(1, %(count)s) AS n
    """,
    """
    INSERT INTO attribute_definitions (name, field_type, label, sensitive, indexed,
        created_at)
    VALUES ('course', 'string', '', false, false, now()),
           ('score', 'numeric', '', false, false, now()),
           ('rank', 'numeric', '', false, false, now())
    """,
    """
    INSERT INTO funnel_events (customer_id, funnel_type, from_stage, to_stage,
        external_id, created_date)
    SELECT id, 'sales', 'Enquiry', CASE WHEN id %% 5003 = 0 THEN 'Lost' WHEN id %% 3 = 0
        THEN 'Won' ELSE 'Contacted' END, '', created_date
    FROM customers
    """,
    """
    INSERT INTO activities (customer_id, name, occurred_at, external_id, properties,
        amount)
    SELECT id, CASE WHEN id %% 5009 = 0 THEN 'refund' ELSE 'purchase' END,
        created_date, '', '{}', id %% 100
    FROM customers
    """,
    """
    INSERT INTO consents (customer_id, channel, topic, granted, source, evidence,
        occurred_at)
    SELECT id, 'email', '', id %% 5011 <> 0,
        CASE WHEN id %% 5021 = 0 THEN 'telephone' ELSE 'import 1' END, 'form',
        created_date
    FROM customers WHERE id %% 3 <> 0
    """,
    """
    INSERT INTO member_tags (member_id, tag)
    SELECT id, CASE WHEN id %% 5023 = 0 THEN 'rare' ELSE 'common' END
    FROM customers WHERE id %% 2 = 0 OR id %% 5023 = 0
    """,
    """
    INSERT INTO suppressions (email, reason, detail, created_at)
    SELECT 'gone' || n || '@example.org',
        CASE WHEN n %% 5039 = 0 THEN 'complaint' ELSE 'hard_bounce' END, '',
        now() - make_interval(mins => %(count)s - n)
    FROM generate_series(1, %(count)s) AS n
    """,
    """
    INSERT INTO dispatches (template_id, source_key, series, name, lane, state,
        audience_count, context, created_at)
    SELECT id, 'crowd', 'crowd', 'To the whole crowd', 2, 'done', 0, '{}', now()
    FROM message_templates LIMIT 1
    """,
    """
    INSERT INTO deliveries (dispatch_id, customer_id, occurrence, channel, address, lane,
        state, reason, detail, provider, provider_id, created_at)
    SELECT dispatches.id, customers.id, 0, 'email', email, 2,
        CASE WHEN customers.id %% 5051 = 0 THEN 'bounced' WHEN customers.id %% 5059 = 0
             THEN 'skipped' ELSE 'accepted' END,
        CASE WHEN customers.id %% 5059 = 0 THEN 'no_consent' ELSE '' END, '', 'smtp', '',
        customers.created_date
    FROM customers, dispatches WHERE source_key = 'crowd'
    """,
)
TABLES = (
    "customers",
    "funnel_events",
    "activities",
    "consents",
    "member_tags",
    "suppressions",
    "deliveries",
)


def fill(count):
    """Make `count` customers, each with a move, an activity and a mail.

    Needs a message template. Two customers in three were asked for consent, every other
    one has a tag, and there are `count` suppressed addresses.
    """
    with connection.cursor() as cursor:
        for statement in _ROWS:
            cursor.execute(statement, {"count": count, "names": FIRST_NAMES})
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
