from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False  # the index is built while others write

    dependencies = [
        ("customers", "0008_erasures"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=BrinIndex(
                autosummarize=True,
                fields=["updated_date"],
                name="customers_by_update",
            ),
        ),
    ]
