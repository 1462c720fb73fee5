"""The pages of the office that are looked at, and where they stand."""

from django.urls import reverse

from automations.models import Automation
from customers.models import Consent
from funnel.models import FunnelEvent
from marketing_os.lib.tokens import make_token
from messaging.models import MessageTemplate, Sender
from segments.models import Segment


def _url(name, *args):
    return reverse(f"admin:{name}", args=args)


def addresses(run, columns, preview, saved, undoing, others):
    """Return {name: address} of all PAGES; `others` are those that stand elsewhere."""
    run.refresh_from_db()
    delivery = run.dispatch.deliveries.filter(state="accepted").earliest("pk")
    automation = Automation.objects.earliest("pk")
    template = MessageTemplate.objects.earliest("pk")
    segment = Segment.objects.get(type="sql", name__startswith="Offers")
    event = FunnelEvent.objects.filter(customer=delivery.customer).latest("pk")
    lists = {name: _url(f"{model}_changelist") for name, model in LISTS.items()}
    forms = {
        "segment form": _url("segments_segment_add"),
        "SQL segment form": _url("segments_segment_change", segment.pk),
        "conditions segment form": _url(
            "segments_segment_change",
            Segment.objects.filter(type="conditions").earliest("pk").pk,
        ),
        "function segment form": _url(
            "segments_segment_change",
            Segment.objects.filter(type="function").earliest("pk").pk,
        ),
        "template start": _url("messaging_messagetemplate_add"),
        "template editor": _url("messaging_messagetemplate_change", template.pk),
        "automation form": _url("automations_automation_add"),
        "automation edit": _url("automations_automation_change", automation.pk),
        "topic form": _url("messaging_topic_add"),
        "frequency cap form": _url("messaging_frequencycap_add"),
        "quiet hours": _url("messaging_sendinghours_change", 1),
        "sender form": _url("messaging_sender_change", Sender.objects.latest("pk").pk),
        "suppression form": _url("messaging_suppression_add"),
        "API key form": _url("lib_apikey_add"),
        "user form": _url("auth_user_add"),
        "import upload": _url("customers_customer_import"),
        "export": _url("customers_customer_export"),
    }
    pages = {
        "home": _url("index"),
        "customer": _url("customers_customer_change", delivery.customer_id),
        "customer data": _url("customers_customer_data", delivery.customer_id),
        "customer erasure": _url("customers_customer_erase")
        + f"?id={delivery.customer_id}",
        "consent": _url("customers_consent_change", Consent.objects.latest("pk").pk),
        "funnel event": _url("funnel_funnelevent_change", event.pk),
        **others,
        "import columns": _url("imports_importjob_columns", columns.pk),
        "import preview": _url("imports_importjob_change", preview.pk),
        "import report": _url("imports_importjob_change", undoing.pk),
        "import undo": _url("imports_importjob_undo", undoing.pk),
        "saved mapping": _url("imports_savedmapping_change", saved.pk),
        "segment": _url("segments_segment_view", segment.pk),
        "segment customers": _url("segments_segment_customers", segment.pk),
        "template": _url("messaging_messagetemplate_view", template.pk),
        "template version": _url("messaging_messagetemplate_version", template.pk, 1),
        "automation": _url("automations_automation_view", automation.pk),
        "switching on": _url(
            "automations_automation_activate",
            Automation.objects.filter(is_active=False).earliest("pk").pk,
        ),
        "run": run.get_absolute_url(),
        "dispatch": _url("messaging_dispatch_change", run.dispatch_id),
        "results": _url("automations_automation_results", run.automation_id),
        "template results": _url(
            "messaging_messagetemplate_results", run.dispatch.template_id
        ),
        "customer messages": _url("messaging_customer_messages", delivery.customer_id),
        "delivery": _url("messaging_delivery_change", delivery.pk),
        "mailbox": _url("messaging_mailbox"),
        "sending": _url("messaging_sending"),
        "scores": _url("segments_scores"),
        "score settings": _url("segments_scores_settings"),
        "public page texts": _url("portal_publicpage"),
        "public page changes": _url("portal_publicpage_history"),
    }
    public = {
        "front": "/",
        "unsubscribe": f"/u/{make_token('unsubscribe', delivery.pk)}",
        "unsubscribe unknown": "/u/nothing",
        "preferences": f"/preferences/{make_token('preferences', delivery.pk)}",
        "error 404": "/no-such-page/",
    }
    return pages | forms | lists | public


LISTS = {
    "customers": "customers_customer",
    "attributes": "customers_attributedefinition",
    "tags": "customers_membertag",
    "consents": "customers_consent",
    "devices": "customers_device",
    "visitor messages": "portal_visitormessage",
    "funnel events": "funnel_funnelevent",
    "conversions": "funnel_conversionname",
    "session groups": "funnel_group",
    "sessions": "funnel_session",
    "bookings": "funnel_booking",
    "activities": "funnel_activity",
    "imports": "imports_importjob",
    "saved mappings": "imports_savedmapping",
    "segments": "segments_segment",
    "templates": "messaging_messagetemplate",
    "topics": "messaging_topic",
    "frequency caps": "messaging_frequencycap",
    "senders": "messaging_sender",
    "deliveries": "messaging_delivery",
    "communication log": "messaging_communicationlog",
    "dispatches": "messaging_dispatch",
    "suppressions": "messaging_suppression",
    "automations": "automations_automation",
    "runs": "automations_automationrun",
    "API keys": "lib_apikey",
    "exports": "lib_exportrecord",
    "users": "auth_user",
    "groups": "auth_group",
    "workflows": "automations_workflow",
    "enrolments": "automations_enrolment",
    "workflow log": "automations_automationlog",
    "staff tasks": "automations_stafftask",
    "offers": "customers_memberoffer",
    "credits": "customers_creditentry",
    "webhooks": "automations_webhookendpoint",
    "webhook calls": "automations_webhookcall",
    "schedules": "django_celery_beat_periodictask",
    "crontabs": "django_celery_beat_crontabschedule",
}
PAGES = (
    "home",
    "customer",
    "customer data",
    "customer erasure",
    "consent",
    "funnel event",
    "funnel report",
    "session group",
    "session",
    "booking",
    "workflow",
    "workflow form",
    "workflow editor",
    "workflow versions",
    "workflow changes",
    "workflow forecast",
    "workflow explained",
    "enabling a workflow",
    "disabling a workflow",
    "enrolment",
    "log of a step",
    "staff task",
    "webhook",
    "webhook call",
    "import columns",
    "import preview",
    "import report",
    "import undo",
    "saved mapping",
    "segment",
    "segment customers",
    "template",
    "template version",
    "automation",
    "switching on",
    "run",
    "dispatch",
    "results",
    "template results",
    "customer messages",
    "delivery",
    "mailbox",
    "sending",
    "scores",
    "score settings",
    "public page texts",
    "public page changes",
    "segment form",
    "SQL segment form",
    "conditions segment form",
    "function segment form",
    "template start",
    "template editor",
    "automation form",
    "automation edit",
    "topic form",
    "frequency cap form",
    "quiet hours",
    "sender form",
    "suppression form",
    "API key form",
    "user form",
    "import upload",
    "export",
    *LISTS,
    "front",
    "unsubscribe",
    "unsubscribe unknown",
    "preferences",
    "error 404",
)
