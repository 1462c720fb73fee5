import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False  # the index is built while others write

    dependencies = [
        ("messaging", "0021_api_messages"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="deliveryevent",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True,
                fields=["occurred_at"],
                name="delivery_events_by_time",
            ),
        ),
    ]
