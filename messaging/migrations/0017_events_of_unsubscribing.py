from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is built while others write

    dependencies = [
        ('messaging', '0016_conversion_goals'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='deliveryevent',
            index=models.Index(condition=models.Q(('kind', 'unsubscribed')), fields=['delivery'], name='events_of_unsubscribing'),
        ),
    ]
