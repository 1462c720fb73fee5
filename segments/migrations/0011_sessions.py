from django.db import migrations

# What authors of SQL segments may read of groups, sessions and bookings, as in 0002.
VIEWS = {
    "groups": (
        "One row per group that sessions are held of.",
        "SELECT id, name FROM groups",
        {"id": "The number of the group.", "name": "The name of the group."},
    ),
    "sessions": (
        "One row per session of a group.",
        "SELECT id, group_id, starts_at, name, minutes, is_paid FROM sessions",
        {
            "id": "The number of the session.",
            "group_id": "The group that it is a session of.",
            "starts_at": "When it begins.",
            "name": "What it is about; often empty.",
            "minutes": "How long it lasts; null when unknown.",
            "is_paid": "True when it is for paying members.",
        },
    ),
    "bookings": (
        "One row per place of a customer in a session.",
        """SELECT id, customer_id, session_id, attended, booked_at FROM bookings
        WHERE NOT EXISTS (
            SELECT FROM customers hidden WHERE hidden.id = customer_id
            AND (hidden.erased_at IS NOT NULL OR hidden.archived_at IS NOT NULL))""",
        {
            "id": "The number of the booking.",
            "customer_id": "The ID that a segment returns.",
            "session_id": "The session that was booked.",
            "attended": "True for customers who came.",
            "booked_at": "When the customer booked.",
        },
    ),
}


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def create_views(apps, schema_editor):
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


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0010_meaning_of_columns"),
        ("funnel", "0006_sessions"),
    ]
    operations = [migrations.RunPython(create_views, drop_views)]
