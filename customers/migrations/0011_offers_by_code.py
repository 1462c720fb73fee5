from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is built while others write

    dependencies = [
        ("customers", "0010_rewards_by_staff"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="memberoffer",
            index=models.Index(fields=["offer_code", "-id"], name="offers_by_code"),
        ),
    ]
