from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is built while others write

    dependencies = [
        ("customers", "0011_events_that_wait"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="memberoffer",
            index=models.Index(fields=["offer_code", "-id"], name="offers_by_code"),
        ),
    ]
