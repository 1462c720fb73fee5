from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is built while others write

    dependencies = [
        ("messaging", "0022_delivery_events_by_time"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("dismissed_at", None), ("read_at", None)),
                fields=["customer"],
                name="notifications_unread",
            ),
        ),
    ]
