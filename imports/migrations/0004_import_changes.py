import django.db.models.deletion
from django.db import migrations, models

# Partitioned so that a job's change-set is forgotten by a DROP; without keys or
# indexes, because a row is written for every row of a file and read rarely.
FORWARD = """
CREATE TABLE import_changes (
    job_id bigint NOT NULL,
    line bigint NOT NULL,
    subject_id bigint NOT NULL,
    owner_id bigint,
    action text NOT NULL,
    written_at timestamptz NOT NULL,
    old jsonb,
    new jsonb
) PARTITION BY LIST (job_id);
"""
BACKWARD = "DROP TABLE import_changes;"


class Migration(migrations.Migration):
    dependencies = [("imports", "0003_saved_mappings")]
    operations = [
        migrations.RunSQL(
            FORWARD,
            BACKWARD,
            state_operations=[
                migrations.CreateModel(
                    name="ImportChange",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "job_id",
                                "line",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="changes",
                                to="imports.importjob",
                            ),
                        ),
                        ("line", models.BigIntegerField()),
                        ("subject_id", models.BigIntegerField()),
                        ("owner_id", models.BigIntegerField(null=True)),
                        ("action", models.TextField()),
                        ("written_at", models.DateTimeField()),
                        ("old", models.JSONField(null=True)),
                        ("new", models.JSONField(null=True)),
                    ],
                    options={"db_table": "import_changes"},
                ),
            ],
        ),
    ]
