import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("lib", "0003_export_records")]

    operations = [
        # Nothing was ever written to it.
        migrations.DeleteModel(name="IdempotentResponse"),
        migrations.CreateModel(
            name="IdempotentResponse",
            fields=[
                ("pk", models.CompositePrimaryKey("api_key_id", "key", blank=True, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("status_code", models.PositiveSmallIntegerField()),
                ("body", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("api_key", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="lib.apikey")),
            ],
            options={
                "db_table": "idempotent_responses",
                "default_permissions": (),
                "indexes": [django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=["created_at"], name="answers_by_age")],
            },
        ),
        migrations.AddField(
            model_name="apikey",
            name="requests_per_minute",
            field=models.PositiveIntegerField(blank=True, help_text="Empty: the limit that holds for all keys.", null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name="requests per minute"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="items_per_minute",
            field=models.PositiveIntegerField(blank=True, help_text="How many rows it may publish; empty: the limit for all keys.", null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name="items per minute"),
        ),
    ]
