from django.db import migrations

# A batch of an import, or a request, may have chosen a customer before they were erased
# and write afterwards; it must do it over, and then finds nobody.
FORWARD = """
CREATE FUNCTION refuse_erased_customer_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'customer % was erased', OLD.id
        USING ERRCODE = 'serialization_failure';
END $$;
CREATE TRIGGER erased_customers_stay_empty
    BEFORE UPDATE ON customers FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL)
    EXECUTE FUNCTION refuse_erased_customer_change();
"""
BACKWARD = """
DROP TRIGGER erased_customers_stay_empty ON customers;
DROP FUNCTION refuse_erased_customer_change();
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0006_lists_of_a_million")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
