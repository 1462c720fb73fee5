from django.db import migrations

# The empty view; services rebuild it from the attribute definitions.
FORWARD = """
CREATE FUNCTION epoch_timestamp(value jsonb) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_timestamp(CASE WHEN jsonb_typeof(value) = 'number'
                             THEN value::double precision END);
CREATE VIEW customer_attribute_values AS
    SELECT NULL::bigint AS id, NULL::bigint AS customer_id, NULL::text AS field_type,
           NULL::text AS field_name, NULL::jsonb AS field_value,
           NULL::timestamptz AS created_date, NULL::timestamptz AS updated_date,
           false AS sensitive
    WHERE false;
CREATE VIEW customer_attributes AS
    SELECT id, customer_id, field_type, field_name, field_value,
           created_date, updated_date
    FROM customer_attribute_values;
"""
BACKWARD = """
DROP VIEW customer_attributes;
DROP VIEW customer_attribute_values;
DROP FUNCTION epoch_timestamp(jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
