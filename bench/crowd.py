"""Rows by the hundred thousand, made by the database itself.

Shaped as in real use: a few first names are common and most last names rare, nearly all
mails were accepted and nearly everybody agreed, and what is asked for may be either.
"""

from django.db import connection

FIRST_NAMES = "Ada Bob Cleo Dina Emil Fay Gus Hana Ivo Joy Kai Lena Max Noor Omar Pia"
# IDs of the workflow that nearly everybody entered, and of the other one.
COMMON_WORKFLOW, RARE_WORKFLOW = 1_000_001, 1_000_002
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
    INSERT INTO groups (name, description)
    SELECT 'Circle ' || n, '' FROM generate_series(1, 20) AS n
    """,
    """
    INSERT INTO sessions (group_id, starts_at, name, is_paid)
    SELECT g.id, now() - make_interval(hours => n), '', n %% 2 = 0
    FROM generate_series(1, greatest(%(count)s / 1000, 1)) AS n, groups AS g
    """,
    """
    INSERT INTO bookings (customer_id, session_id, attended, booked_at)
    SELECT c.id, s.id, c.id %% 3 <> 0, c.created_date
    FROM customers AS c JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place,
        count(*) OVER () AS of FROM sessions) AS s ON s.place = 1 + c.id %% s.of
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
    """
    INSERT INTO automation_workflows (id, name, description, trigger, steps, is_enabled,
        cooldown_period_days, context, created_at, updated_at)
    SELECT id, name, '', '{"type": "tag_added", "parameters": {"tag": "common"}}',
        '[{"id": "a", "type": "add_tag", "parameters": {"tag": "seen"}}]', true, 7,
        '{}', now(), now()
    FROM (VALUES (%(common_workflow)s, 'Common'), (%(rare_workflow)s, 'Rare'))
        AS made (id, name)
    """,
    """
    INSERT INTO workflow_versions (id, workflow_id, number, trigger, steps, context,
        created_at)
    SELECT id, id, 1, trigger, steps, context, now() FROM automation_workflows
    WHERE id IN (%(common_workflow)s, %(rare_workflow)s)
    """,
    """
    UPDATE automation_workflows SET current_version_id = id
    WHERE id IN (%(common_workflow)s, %(rare_workflow)s)
    """,
    """
    INSERT INTO enrolments (workflow_id, version_id, member_id, trigger_key, state,
        step_path, context, exit_reason, entered_at, due_at)
    SELECT which, which, id, 'crowd', state, CASE state WHEN 'active' THEN 'a' ELSE '' END,
        '{}', '', created_date, created_date
    FROM (SELECT id, created_date,
        CASE WHEN id %% 5077 = 0 THEN %(rare_workflow)s ELSE %(common_workflow)s END
            AS which,
        CASE WHEN id %% 5081 = 0 THEN 'converted' WHEN id %% 3 = 0 THEN 'active'
             ELSE 'completed' END AS state FROM customers) AS way
    """,
    """
    INSERT INTO automation_logs (member_id, workflow_id, version, enrolment_id, step,
        step_id, executed_at, success, error_message)
    SELECT member_id, workflow_id, 1, id,
        CASE WHEN member_id %% 5087 = 0 THEN 'exit' ELSE 'add_tag' END, 'a', entered_at,
        member_id %% 5099 <> 0, ''
    FROM enrolments
    """,
    """
    INSERT INTO staff_tasks (related_member_id, workflow_id, description, status,
        priority, due_date)
    SELECT id, CASE WHEN id %% 5101 = 0 THEN %(rare_workflow)s ELSE %(common_workflow)s
        END, 'Call', CASE WHEN id %% 50 = 0 THEN 'pending' WHEN id %% 5107 = 0
        THEN 'cancelled' ELSE 'completed' END, 'medium', created_date::date
    FROM customers
    """,
    """
    INSERT INTO member_offers (member_id, offer_code, description, expiry_date, is_used,
        applied_at)
    SELECT id, CASE WHEN id %% 5113 = 0 THEN 'RARE' ELSE 'COMMON' END, '', now() + '1 d',
        id %% 5119 = 0, created_date
    FROM customers
    """,
    """
    INSERT INTO credit_entries (member_id, amount, reason, created_at)
    SELECT id, CASE WHEN id %% 5147 = 0 THEN -1 ELSE 5 END, '', created_date
    FROM customers
    """,
    """
    INSERT INTO devices (customer_id, device_type, reported_type, screen_width,
        screen_height, user_agent, visitor, logged_at)
    SELECT CASE WHEN id %% 5171 = 0 THEN id END, CASE WHEN id %% 5179 = 0 THEN 'tablet'
        WHEN id %% 3 = 0 THEN 'desktop' ELSE 'phone' END, 'phone', 390, 844, '', '',
        created_date
    FROM customers
    """,
    """
    INSERT INTO visitor_messages (name, email, message, customer_id, is_signed, visitor,
        sent_at, handled_at)
    SELECT first_name || ' ' || last_name, email, 'When do you open?',
        CASE WHEN id %% 5189 = 0 THEN id END, false, '', created_date, now()
    FROM customers
    """,
    """
    INSERT INTO notifications (member_id, title, message, icon, action_url, created_at,
        read_at)
    SELECT id, 'Number ' || n, 'Well done', 'info', '', created_date,
        CASE WHEN n = 1 THEN now() END
    FROM customers, generate_series(1, 2) AS n
    """,
    """
    INSERT INTO webhook_endpoints (id, name, url, is_active, salt, previous_salt, failures)
    VALUES (1, 'CRM', 'https://crm.example.org/', true, '', '', 0)
    """,
    """
    INSERT INTO webhook_calls (endpoint_id, customer_id, message_id, event, body, state,
        attempts, error, created_at)
    SELECT 1, id, gen_random_uuid(), 'told', '{}', CASE WHEN id %% 5153 = 0 THEN 'failed'
        WHEN id %% 5167 = 0 THEN 'pending' ELSE 'delivered' END, 1, '', created_date
    FROM customers
    """,
)
TABLES = (
    "customers",
    "funnel_events",
    "activities",
    "sessions",
    "bookings",
    "consents",
    "member_tags",
    "suppressions",
    "deliveries",
    "enrolments",
    "automation_logs",
    "staff_tasks",
    "member_offers",
    "credit_entries",
    "devices",
    "visitor_messages",
    "notifications",
    "webhook_calls",
)


def fill(count):
    """Make `count` customers, each with a move, an activity, a mail and an enrolment.

    Needs a message template. Two customers in three were asked for consent, every other
    one has a tag, and there are `count` suppressed addresses.
    """
    with connection.cursor() as cursor:
        values = {
            "count": count,
            "names": FIRST_NAMES,
            "common_workflow": COMMON_WORKFLOW,
            "rare_workflow": RARE_WORKFLOW,
        }
        for statement in _ROWS:
            cursor.execute(statement, values)
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
