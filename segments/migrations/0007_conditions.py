from django.db import migrations, models

# The zones that this database knows: a customer's unknown one must not fail a query,
# and the view that lists them reads hundreds of files each time. No model, for the
# rows belong to the schema.
ZONES = (
    "CREATE TABLE known_time_zones (name text PRIMARY KEY)",
    "INSERT INTO known_time_zones SELECT DISTINCT name FROM pg_timezone_names",
    "ANALYZE known_time_zones",
)


class Migration(migrations.Migration):

    dependencies = [
        ("segments", "0006_consents_by_their_time"),
    ]

    operations = [
        migrations.RunSQL(list(ZONES), "DROP TABLE known_time_zones"),
        migrations.AddField(
            model_name="segmentsnapshot",
            name="entered_count",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="entered"),
        ),
        migrations.AddField(
            model_name="segmentsnapshot",
            name="left_count",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="left"),
        ),
        migrations.AddField(
            model_name="segmentsnapshot",
            name="has_members",
            field=models.BooleanField(db_default=True, default=True),
        ),
        *(
            migrations.AlterField(
                model_name=name,
                name="type",
                field=models.CharField(
                    choices=[
                        ("manual", "Manual list"),
                        ("conditions", "Conditions"),
                        ("sql", "SQL"),
                        ("function", "Function"),
                    ],
                    default="manual",
                    max_length=10,
                    verbose_name="type",
                ),
            )
            for name in ("segment", "historicalsegment")
        ),
    ]
