from django.db import migrations

# What authors of SQL segments may read, and nothing else. The views run with their
# owner's rights, so their reader needs no right on any table. They show neither
# sensitive attributes nor erased or archived customers, neither secrets nor the
# contents of messages. They have no security_barrier: it would keep conditions off
# the indexes. The comments are the reference that stands beside the editor.
VISIBLE = """NOT EXISTS (
        SELECT FROM customers hidden WHERE hidden.id = {column}
        AND (hidden.erased_at IS NOT NULL OR hidden.archived_at IS NOT NULL))"""

VIEWS = {
    "customers": (
        "One row per customer.",
        """SELECT id, lms_lead_id, first_name, last_name, email, mobile, timezone,
        created_date, updated_date
        FROM customers WHERE erased_at IS NULL AND archived_at IS NULL""",
        {
            "id": "The ID that a segment returns.",
            "timezone": "Such as Europe/Berlin; empty when unknown.",
        },
    ),
    "customer_attributes": (
        "One row per attribute of a customer.",
        f"""SELECT id, customer_id, field_type, field_name, field_value,
        created_date, updated_date
        FROM customer_attribute_values
        WHERE NOT sensitive AND {VISIBLE.format(column="customer_id")}""",
        {
            "field_type": "numeric, string, date, timestamp, boolean or array.",
            "field_value": "JSON: '\"text\"', '12.5', 'true', '[\"a\", \"b\"]'.",
        },
    ),
    "funnel_events": (
        "One row per move from one stage to another.",
        f"""SELECT id, customer_id, funnel_type, from_stage, to_stage, created_date,
        external_id
        FROM funnel_events WHERE {VISIBLE.format(column="customer_id")}""",
        {
            "funnel_type": "sales or service-delivery.",
            "created_date": "When the customer moved.",
        },
    ),
    "activities": (
        "One row per thing that a customer did.",
        f"""SELECT id, customer_id, name, occurred_at, amount, properties, external_id
        FROM activities WHERE {VISIBLE.format(column="customer_id")}""",
        {"properties": "JSON: properties ->> 'course' is one of them as text."},
    ),
    "member_tags": (
        "One row per tag of a customer.",
        f"""SELECT member_id AS customer_id, tag, assigned_at
        FROM member_tags WHERE {VISIBLE.format(column="member_id")}""",
        {},
    ),
    "member_offers": (
        "One row per discount offered to a customer.",
        f"""SELECT member_id AS customer_id, offer_code, expiry_date, is_used,
        applied_at, used_at
        FROM member_offers WHERE {VISIBLE.format(column="member_id")}""",
        {},
    ),
    "credit_entries": (
        "One row per booking of credits; their sum is the balance.",
        f"""SELECT member_id AS customer_id, amount, created_at
        FROM credit_entries WHERE {VISIBLE.format(column="member_id")}""",
        {},
    ),
    "consents": (
        "One row per decision; the newest one of a channel and topic counts.",
        f"""SELECT id, customer_id, channel, topic, granted, recorded_at
        FROM consents WHERE {VISIBLE.format(column="customer_id")}""",
        {"topic": "Empty means all marketing."},
    ),
    "devices": (
        "One row per visit with a device.",
        f"""SELECT customer_id, device_type, screen_width, screen_height, memory_gb,
        logged_at
        FROM devices
        WHERE customer_id IS NOT NULL AND {VISIBLE.format(column="customer_id")}""",
        {"device_type": "phone, tablet or desktop."},
    ),
    "deliveries": (
        "One row per message to a customer, sent or not.",
        f"""SELECT delivery.id, delivery.customer_id, template.id AS message_template_id,
        template.name AS message_template, delivery.channel, delivery.state,
        delivery.reason, delivery.created_at, delivery.accepted_at
        FROM deliveries delivery
        JOIN dispatches dispatch ON dispatch.id = delivery.dispatch_id
        JOIN message_templates template ON template.id = dispatch.template_id
        WHERE {VISIBLE.format(column="delivery.customer_id")}""",
        {
            "state": "Such as accepted, skipped, rejected, bounced.",
            "accepted_at": "When the mail server took it.",
        },
    ),
    "delivery_events": (
        "One row per report about a message.",
        f"""SELECT delivery.customer_id, event.delivery_id, event.kind, event.is_human,
        event.occurred_at
        FROM delivery_events event
        JOIN deliveries delivery ON delivery.id = event.delivery_id
        WHERE {VISIBLE.format(column="delivery.customer_id")}""",
        {
            "kind": "Such as delivered, opened, clicked.",
            "is_human": "False for what machines opened.",
        },
    ),
    "customer_segments": (
        "One row per segment.",
        "SELECT id, name, type FROM customer_segments",
        {},
    ),
    "customer_segment_customer_list": (
        "One row per customer on the list of a manual segment.",
        f"""SELECT id, customer_segment_id, customer_id
        FROM customer_segment_customer_list
        WHERE {VISIBLE.format(column="customer_id")}""",
        {},
    ),
}


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def create_views(apps, schema_editor):
    # IF NOT EXISTS asks for the right to create schemas even when it is there.
    schema_editor.execute(
        """DO $$ BEGIN
        IF to_regnamespace('seg') IS NULL THEN CREATE SCHEMA seg; END IF;
        END $$"""
    )
    # Few rows, and what the views look up to leave them out.
    schema_editor.execute(
        """CREATE INDEX customers_hidden ON customers (id)
        WHERE erased_at IS NOT NULL OR archived_at IS NOT NULL"""
    )
    for name, (meaning, query, columns) in VIEWS.items():
        schema_editor.execute(f"CREATE VIEW seg.{name} AS {query}")
        schema_editor.execute(f"COMMENT ON VIEW seg.{name} IS {literal(meaning)}")
        for column, text in columns.items():
            schema_editor.execute(
                f"COMMENT ON COLUMN seg.{name}.{column} IS {literal(text)}"
            )


def drop_views(apps, schema_editor):
    for name in VIEWS:
        schema_editor.execute(f"DROP VIEW seg.{name}")
    schema_editor.execute("DROP INDEX customers_hidden")


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0001_initial"),
        ("customers", "0002_customer_attributes_view"),
        ("funnel", "0002_immutable_events"),
        ("messaging", "0001_initial"),
    ]
    operations = [migrations.RunPython(create_views, drop_views)]
