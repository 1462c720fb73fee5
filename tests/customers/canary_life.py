"""A customer's life, as every part of the product would write it down."""

import io
import json

from django.contrib.admin.models import CHANGE, LogEntry
from django.utils import timezone

from automations.models import (
    AutomationLog,
    Enrolment,
    StaffTask,
    TaskComment,
    Workflow,
    WorkflowVersion,
)
from automations.services.webhooks import News, make_endpoint, queue_calls
from customers.models import (
    CreditEntry,
    Customer,
    Device,
    Erasure,
    EventSubscription,
    MemberOffer,
    MemberWish,
)
from customers.services import add_tag, record_consent
from funnel.services import mark_attendance, record_activity, record_move
from imports.services import (
    check_job,
    confirm_job,
    create_job,
    request_undo,
    run_job,
    set_mapping,
    suggest_mapping,
    work_on_undo,
)
from marketing_os.lib.api.keys import SCOPES, create_key
from messaging.models import ApiMessage, DeliveryEvent, Notification, Pause, SendGuard
from messaging.services.suppressions import suppress
from portal.models import VisitorMessage
from segments.models import (
    CustomerScore,
    ScoreRefresh,
    SegmentSnapshot,
    SegmentSnapshotMember,
)
from tests import make
from tests.customers.canary import EMAIL, LEAD, OLD_EMAIL, WORD
from tests.messaging import ledger

HEADER = "lms_lead_id,first_name,last_name,email,mobile,created_date,note\n"
OTHER = "OTHER,Bob,Plain,bob@example.org,,2026-01-01,nothing\n"


def row(email, date="2026-01-01", name=WORD):
    return f"{LEAD},{name},Miner,{email},+44 20 7946 0000,{date},{WORD} note\n"


def live(client):
    """Let the canary live with us; `client` speaks to the API. Return the customer."""
    files()
    customer = Customer.objects.get(lms_lead_id=LEAD)
    segment = make.segment(customer)
    staff = make.administrator()
    belongings(customer)
    Erasure.objects.create(customer=customer)
    mails(customer)
    Customer.objects.filter(pk=customer.pk).update(email=EMAIL)
    customer.refresh_from_db()
    mails(customer)
    workflows(customer)
    look_up(segment, customer)
    by_the_api(client)
    LogEntry.objects.log_actions(staff.pk, [customer], CHANGE, f"Spoke with {EMAIL}.")
    return customer


def files():
    """One file made the customer, one changed them, one is refused, one waits.

    Somebody also looked whether the first could be undone.
    """
    first = imported(HEADER + OTHER + row(OLD_EMAIL))
    imported(HEADER + OTHER + row(OLD_EMAIL, name=f"{WORD} the second"))
    request_undo(first)
    work_on_undo(first)
    checked(HEADER + OTHER + row(OLD_EMAIL, date=f"{WORD} day"))
    checked(HEADER + OTHER + row(OLD_EMAIL, name=f"{WORD} the third"))


def checked(text):
    file = io.BytesIO(text.encode())
    job = create_job("customers", file, file_name="leads.csv", source="admin")
    set_mapping(job, suggest_mapping(job, {}) | {"created_date": "created_date"}, {})
    return check_job(job)


def imported(text):
    job = confirm_job(checked(text))
    run_job(job)
    return job


def belongings(customer):
    EventSubscription.objects.create(kind="tag", name="", owner="workflow:1")
    add_tag([customer.pk], f"{WORD} tag")
    record_consent(customer, granted=True, source="page", evidence=f"{WORD} signed")
    MemberOffer.objects.create(
        customer=customer, offer_code=WORD, description=WORD, source_key=WORD
    )
    CreditEntry.objects.create(
        customer=customer, amount="12.50", reason=WORD, source_key=f"{WORD} credit"
    )
    MemberWish.objects.create(customer=customer, kind="copy")
    Device.objects.create(customer=customer, device_type="phone", user_agent=WORD)
    for email, who in ((EMAIL, customer), (OLD_EMAIL.upper(), None)):
        VisitorMessage.objects.create(
            name=WORD, email=email, message=WORD, customer=who
        )
    record_move(
        customer, funnel_type="sales", to_stage="Won", source="x", external_id=WORD
    )
    record_activity(
        customer,
        "purchase",
        source="x",
        amount=20,
        external_id=WORD,
        properties={WORD: 1},
    )
    mark_attendance([make.booking(customer).pk], True, source="x")


def mails(customer):
    """One mail is sent, one waits; a provider reports on what it cannot know yet."""
    sent = ledger.dispatch(customer)
    ledger.send()
    delivery = sent.deliveries.get()
    delivery.detail = f"250 {customer.email} took it"
    delivery.save()
    ledger.dispatch(customer)
    ApiMessage.objects.create(
        external_id=f"{WORD} {delivery.pk}", fingerprint=b"", delivery=delivery
    )
    Notification.objects.create(customer=customer, title="Hello", message=WORD)
    Pause.objects.update_or_create(
        customer=customer, defaults={"until": timezone.now()}
    )
    SendGuard.objects.get_or_create(customer=customer, channel="email")
    suppress(customer.email, "complaint", detail=customer.email)
    DeliveryEvent.objects.create(
        delivery=delivery, kind="tried", data={"detail": customer.email}
    )
    DeliveryEvent.objects.create(
        provider="resend", kind="bounced", data={"detail": customer.email}, waits=True
    )


def workflows(customer):
    workflow = Workflow.objects.create(name="Welcome")
    version = WorkflowVersion.objects.create(workflow=workflow, number=1)
    enrolment = Enrolment.objects.create(
        workflow=workflow,
        version=version,
        customer=customer,
        trigger_key=WORD,
        context={"name": WORD},
        exit_reason=WORD,
    )
    AutomationLog.objects.create(
        customer=customer,
        workflow=workflow,
        enrolment=enrolment,
        step="send_email",
        success=False,
        error_message=WORD,
    )
    task = StaffTask.objects.create(
        customer=customer, description=f"Call {WORD}", source_key=WORD
    )
    TaskComment.objects.create(task=task, text=f"Spoke with {WORD}")
    endpoint, _secret = make_endpoint("CRM", "https://crm.example.org/")
    news = [News(customer.pk, f"workflow:{enrolment.pk}:told", {"name": WORD})]
    queue_calls(endpoint, "told", news, workflow=workflow, now=timezone.now())


def look_up(segment, customer):
    snapshot = SegmentSnapshot.objects.create(segment=segment)
    SegmentSnapshotMember.objects.create(snapshot=snapshot, customer=customer)
    refresh = ScoreRefresh.objects.create(is_current=True)
    CustomerScore.objects.create(refresh=refresh, customer=customer, risk=1, level=0)


def by_the_api(client):
    _key, secret = create_key("canary", list(SCOPES))
    answer = client.post(
        "/api/v1/customers/",
        json.dumps({"lms_lead_id": LEAD, "last_name": f"{WORD} of the API"}),
        content_type="application/json",
        headers={"Authorization": f"Api-Key {secret}", "Idempotency-Key": "once"},
    )
    assert answer.status_code in (200, 201), answer.content
