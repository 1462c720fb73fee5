from django.db import migrations

FORWARD = """
COMMENT ON COLUMN seg.funnel_events.funnel_type IS
    'sales, service-delivery or conversion.';
COMMENT ON COLUMN seg.funnel_events.to_stage IS
    'Where the customer is since then; of a conversion its name, such as signup.';
"""


class Migration(migrations.Migration):
    dependencies = [("segments", "0011_sessions"), ("funnel", "0007_conversions")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
