import django.db.models.functions.datetime
from django.db import migrations, models

# When the customer decided; of the decisions known so far that is when they came.
TIMES = """
ALTER TABLE consents ADD COLUMN occurred_at timestamptz;
UPDATE consents SET occurred_at = recorded_at;
ALTER TABLE consents ALTER COLUMN occurred_at SET NOT NULL,
    ALTER COLUMN occurred_at SET DEFAULT statement_timestamp();
"""
NO_TIMES = "ALTER TABLE consents DROP COLUMN occurred_at"
# Decisions are proof. The only way to remove one is to record its removal in the same
# transaction, which is what remove_consents does.
FORWARD = """
CREATE FUNCTION refuse_consent_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM consent_removals removal
        WHERE removal.consent_id = OLD.id
          AND removal.transaction = pg_current_xact_id()::text::bigint
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'consents are append-only'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER consents_are_append_only
    BEFORE UPDATE OR DELETE ON consents
    FOR EACH ROW EXECUTE FUNCTION refuse_consent_change();
CREATE FUNCTION remove_consents(consent_ids bigint[], reason text, removed_by text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE removed bigint;
BEGIN
    INSERT INTO consent_removals (consent_id, reason, removed_by, transaction)
        SELECT unnest(consent_ids), reason, removed_by,
               pg_current_xact_id()::text::bigint;
    DELETE FROM consents WHERE id = ANY (consent_ids);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;
"""
BACKWARD = """
DROP TRIGGER consents_are_append_only ON consents;
DROP FUNCTION remove_consents(bigint[], text, text);
DROP FUNCTION refuse_consent_change();
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_export_permissions")]
    operations = [
        migrations.CreateModel(
            name="ErasedAddress",
            fields=[
                (
                    "address_hash",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                (
                    "erased_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
            ],
            options={"db_table": "erased_addresses", "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="ConsentRemoval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("consent_id", models.BigIntegerField()),
                ("reason", models.CharField(max_length=100)),
                ("removed_by", models.CharField(blank=True, max_length=150)),
                ("transaction", models.BigIntegerField()),
                (
                    "removed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
            ],
            options={
                "db_table": "consent_removals",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        fields=["consent_id", "transaction"], name="removal_of_consent"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            TIMES,
            NO_TIMES,
            state_operations=[
                migrations.AddField(
                    model_name="consent",
                    name="occurred_at",
                    field=models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="decided at",
                    ),
                )
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
