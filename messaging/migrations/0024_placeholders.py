from django.db import migrations, models

_FILL = """
UPDATE message_templates SET placeholders = versions.variables
FROM message_template_versions AS versions
WHERE versions.id = message_templates.current_version_id
"""


def _field():
    return models.JSONField(
        blank=True,
        db_default=[],
        default=list,
        editable=False,
        verbose_name="placeholders",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0023_unread_notifications"),
    ]

    operations = [
        migrations.AddField("historicalmessagetemplate", "placeholders", _field()),
        migrations.AddField("messagetemplate", "placeholders", _field()),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
    ]
