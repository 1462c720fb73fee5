from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0012_communication_logs'),
    ]

    operations = [
        # Nothing waits for an answer in a form that is no longer read.
        migrations.RunSQL('DELETE FROM delivery_batches', migrations.RunSQL.noop),
        migrations.RemoveField(model_name='frozenbatch', name='parcels'),
        migrations.AddField(
            model_name='frozenbatch',
            name='body',
            field=models.BinaryField(default=b''),
            preserve_default=False,
        ),
    ]
