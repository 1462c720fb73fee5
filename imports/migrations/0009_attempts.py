from django.db import migrations, models


class Migration(migrations.Migration):
    """Count how often a worker began to read or check a file."""

    dependencies = [("imports", "0008_being_read")]

    operations = [
        migrations.AddField(
            "importjob",
            "attempts",
            models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
