from django.db import migrations

# The view of 0002 with the time that decides which consent counts.
SHOWN = """SELECT id, customer_id, channel, topic, granted, recorded_at{}
    FROM consents WHERE NOT EXISTS (
        SELECT FROM customers hidden WHERE hidden.id = customer_id
        AND (hidden.erased_at IS NOT NULL OR hidden.archived_at IS NOT NULL))"""
FORWARD = f"""
CREATE OR REPLACE VIEW seg.consents AS {SHOWN.format(", occurred_at")};
COMMENT ON VIEW seg.consents IS
    'One row per decision; of a channel and topic the one decided last counts.';
COMMENT ON COLUMN seg.consents.occurred_at IS 'When the customer decided.';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0005_export_permission"),
        ("customers", "0005_consents_are_proof"),
    ]
    # A view loses a column only by being made anew, so the way back leaves it.
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
