import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("funnel", "0004_activities_by_date")]

    operations = [
        migrations.AlterField(
            model_name="activity",
            name="customer",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="activities", to="customers.customer", verbose_name="customer"),
        ),
        migrations.AlterField(
            model_name="funnelevent",
            name="customer",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="funnel_events", to="customers.customer", verbose_name="customer"),
        ),
    ]
