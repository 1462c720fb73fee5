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
                condition=models.Q(("read_at", None), ("dismissed_at", None)),
                fields=["customer"],
                name="notifications_unread",
            ),
        ),
    ]
