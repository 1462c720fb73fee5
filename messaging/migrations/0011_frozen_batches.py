import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0010_visits'),
    ]

    operations = [
        migrations.CreateModel(
            name='FrozenBatch',
            fields=[
                ('key', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=30)),
                ('delivery_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('parcels', django.contrib.postgres.fields.ArrayField(base_field=models.BinaryField(), size=None)),
                ('frozen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'db_table': 'delivery_batches',
            },
        ),
        migrations.RemoveField(
            model_name='deliverycontent',
            name='payload',
        ),
        migrations.AddField(
            model_name='providerlimit',
            name='turn_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
    ]
