from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is built while others write

    dependencies = [("funnel", "0007_conversions")]
    operations = [
        migrations.RunSQL(
            """CREATE UNIQUE INDEX CONCURRENTLY one_conversion_of_a_name
            ON funnel_events (customer_id, to_stage) WHERE funnel_type = 'conversion'""",
            "DROP INDEX CONCURRENTLY one_conversion_of_a_name",
            state_operations=[
                migrations.AddConstraint(
                    model_name="funnelevent",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("funnel_type", "conversion")),
                        fields=("customer", "to_stage"),
                        name="one_conversion_of_a_name",
                    ),
                )
            ],
        )
    ]
