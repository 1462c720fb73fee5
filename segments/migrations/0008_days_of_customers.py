from django.db import migrations

# Only moments near a midnight ask for these, which the planner cannot know: with a
# sub-select in their place it expects one for every row, and leaves the good plans.
ZONE = """coalesce((SELECT known.name FROM known_time_zones known
                     WHERE known.name = customer.timezone), fallback)"""
FORWARD = f"""
CREATE FUNCTION customer_day(owner bigint, moment timestamptz, days integer,
                             fallback text)
RETURNS date LANGUAGE sql STABLE PARALLEL SAFE COST 1 AS $$
    SELECT (moment AT TIME ZONE {ZONE})::date + days
    FROM customers customer WHERE customer.id = owner
$$;
COMMENT ON FUNCTION customer_day IS
    'The day it is for a customer at a moment, moved by so many days.';
CREATE FUNCTION customer_midnight(owner bigint, day date, fallback text)
RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE COST 1 AS $$
    SELECT day::timestamp AT TIME ZONE {ZONE}
    FROM customers customer WHERE customer.id = owner
$$;
COMMENT ON FUNCTION customer_midnight IS
    'When a day begins where a customer is.';
"""
BACKWARD = "DROP FUNCTION customer_day; DROP FUNCTION customer_midnight"


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0007_conditions"),
        ("customers", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
