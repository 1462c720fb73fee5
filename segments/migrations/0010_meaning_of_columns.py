from django.db import migrations

# The reference of SQL segments is read off the views; with these no column of theirs is
# left unexplained.
COLUMNS = {
    "customers": {
        "lms_lead_id": "The ID in the system that customers come from; may be null.",
        "first_name": "Empty when unknown.",
        "last_name": "Empty when unknown.",
        "email": "As it was given; compare lower(email).",
        "mobile": "The number as it was given; empty when unknown.",
        "created_date": "When the customer became known.",
        "updated_date": "When a field or an attribute last changed.",
    },
    "customer_attributes": {
        "id": "The number of the row.",
        "customer_id": "The ID that a segment returns.",
        "field_name": "The name of the attribute, such as city.",
        "created_date": "When the customer first had the attribute.",
        "updated_date": "When the value last changed.",
    },
    "funnel_events": {
        "id": "The number of the move.",
        "customer_id": "The ID that a segment returns.",
        "from_stage": "Empty for the first move into the funnel.",
        "to_stage": "Where the customer is since then.",
        "external_id": "The ID in the system that reported it; often empty.",
    },
    "activities": {
        "customer_id": "The ID that a segment returns.",
        "id": "The number of the activity.",
        "name": "What was done, such as purchase.",
        "occurred_at": "When it was done.",
        "amount": "Money, where it is about money; else null.",
        "external_id": "The ID in the system that reported it; often empty.",
    },
    "member_tags": {
        "customer_id": "The ID that a segment returns.",
        "tag": "The tag, such as vip.",
        "assigned_at": "When the customer got the tag.",
    },
    "member_offers": {
        "customer_id": "The ID that a segment returns.",
        "offer_code": "The discount code.",
        "expiry_date": "The last day of the offer; null when it never ends.",
        "is_used": "True once the customer used it.",
        "applied_at": "When the customer got the offer.",
        "used_at": "When the customer used it; null before.",
    },
    "credit_entries": {
        "customer_id": "The ID that a segment returns.",
        "amount": "More than 0 adds credits, less than 0 takes them.",
        "created_at": "When it was booked.",
    },
    "consents": {
        "id": "The number of the decision.",
        "customer_id": "The ID that a segment returns.",
        "channel": "email, whatsapp, sms or in_app.",
        "granted": "True for yes, false for no.",
        "recorded_at": "When the decision became known here.",
    },
    "devices": {
        "customer_id": "The ID that a segment returns.",
        "screen_width": "In pixels; null when the browser did not say.",
        "screen_height": "In pixels; null when the browser did not say.",
        "memory_gb": "Memory of the device in GB, as the browser rounds it.",
        "logged_at": "When the visit was.",
    },
    "deliveries": {
        "id": "The number of the message.",
        "customer_id": "The ID that a segment returns.",
        "message_template_id": "The number of the template.",
        "message_template": "The name of the template.",
        "channel": "email, whatsapp, sms or in_app.",
        "reason": "Why it was not sent, such as no_consent; else empty.",
        "created_at": "When it was decided that it is sent or not.",
    },
    "delivery_events": {
        "customer_id": "The ID that a segment returns.",
        "delivery_id": "The id of the message in deliveries.",
        "occurred_at": "When it happened.",
    },
    "customer_segments": {
        "id": "The number of the segment.",
        "name": "The name of the segment.",
        "type": "manual, conditions, sql or function.",
    },
    "customer_segment_customer_list": {
        "id": "The number of the row.",
        "customer_segment_id": "The id of the list in customer_segments.",
        "customer_id": "The ID that a segment returns.",
    },
}


def comment(apps, schema_editor):
    for view, columns in COLUMNS.items():
        for column, text in columns.items():
            schema_editor.execute(
                f"COMMENT ON COLUMN seg.{view}.{column} IS '{text}'"
            )


class Migration(migrations.Migration):
    dependencies = [("segments", "0009_scores")]
    operations = [migrations.RunPython(comment, migrations.RunPython.noop)]
