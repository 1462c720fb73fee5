from django.db import migrations, models

# An answer that was lost counts as failed, and says so. A complaint was delivered.
VIEW = """
CREATE VIEW communication_logs AS
SELECT delivery.id, delivery.channel, template.name AS template,
    delivery.address AS recipient,
    coalesce(delivery.accepted_at, delivery.first_sending_at) AS sent_at,
    CASE
        WHEN delivery.state IN ('rejected', 'bounced', 'unknown') THEN 'failed'
        WHEN delivery.clicked_at IS NOT NULL THEN 'clicked'
        WHEN delivery.opened_at IS NOT NULL THEN 'opened'
        WHEN delivery.state IN ('delivered', 'complained') THEN 'delivered'
        ELSE 'sent' END AS status,
    CASE WHEN delivery.state IN ('rejected', 'bounced', 'unknown')
        THEN coalesce(nullif(delivery.detail, ''), delivery.reason)
        ELSE '' END AS error_message,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'kind', event.kind, 'at', event.occurred_at,
            'by_person', event.is_human, 'data', event.data
        ) ORDER BY event.occurred_at, event.id), '[]'::jsonb)
     FROM delivery_events event WHERE event.delivery_id = delivery.id) AS event_data,
    delivery.state, delivery.opened_at, delivery.clicked_at, delivery.customer_id,
    delivery.dispatch_id, dispatch.template_id
FROM deliveries delivery
JOIN dispatches dispatch ON dispatch.id = delivery.dispatch_id
JOIN message_templates template ON template.id = dispatch.template_id
WHERE delivery.state IN
    ('accepted', 'delivered', 'bounced', 'complained', 'rejected', 'unknown')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0011_frozen_batches'),
    ]

    operations = [
        migrations.RunSQL(VIEW, "DROP VIEW communication_logs"),
        migrations.CreateModel(
            name='CommunicationLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('whatsapp', 'WhatsApp'), ('in_app', 'In-app notification'), ('sms', 'SMS')], max_length=10, verbose_name='channel')),
                ('template', models.CharField(max_length=200, verbose_name='template')),
                ('recipient', models.CharField(max_length=320, verbose_name='recipient')),
                ('sent_at', models.DateTimeField(null=True, verbose_name='sent at')),
                ('status', models.CharField(choices=[('sent', 'Sent'), ('failed', 'Failed'), ('delivered', 'Delivered'), ('opened', 'Opened'), ('clicked', 'Clicked')], max_length=10, verbose_name='status')),
                ('error_message', models.TextField(verbose_name='error')),
                ('event_data', models.JSONField(default=list, verbose_name='events')),
                ('state', models.CharField(choices=[('pending', 'Waiting'), ('skipped', 'Skipped'), ('claimed', 'Taken by a worker'), ('sending', 'Being sent'), ('accepted', 'Accepted'), ('rejected', 'Rejected'), ('unknown', 'Unknown'), ('cancelled', 'Cancelled'), ('delivered', 'Delivered'), ('bounced', 'Bounced'), ('complained', 'Complained')], max_length=10)),
                ('opened_at', models.DateTimeField(null=True)),
                ('clicked_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'communication',
                'verbose_name_plural': 'communications',
                'db_table': 'communication_logs',
                'ordering': ('-id',),
                'permissions': (('export_communicationlog', 'Can export the communication log'),),
                'managed': False,
            },
        ),
        migrations.AlterModelOptions(
            name='topic',
            options={'ordering': ('name',), 'permissions': (('export_topic', 'Can export topics'),), 'verbose_name': 'topic', 'verbose_name_plural': 'topics'},
        ),
    ]
