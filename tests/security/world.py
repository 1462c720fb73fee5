"""An office to which strangers, files, other systems and providers said all attacks.

The customer of number N is told of, and speaks, by attack N in every field.
"""

import csv
import io
import json
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from automations.models import Automation, AutomationLog, Enrolment
from automations.services import (
    follow_dispatches,
    prepare_next_run,
    run_now,
    save_automation,
)
from automations.services.webhooks import News, make_endpoint, queue_calls
from customers.models import Customer
from funnel.models import ConversionName
from funnel.services import mark_attendance
from imports.services import (
    check_job,
    confirm_job,
    create_job,
    request_undo,
    run_job,
    save_mapping,
    set_mapping,
    suggest_mapping,
    work_on_undo,
)
from marketing_os.lib.api.keys import SCOPES, create_key
from marketing_os.roles import make_roles
from messaging.dns_checks import Finding
from messaging.models import Delivery, MessageTemplate, Sender, Topic
from messaging.services import save_template
from messaging.services.suppressions import suppress
from messaging.services.topics import save_topic
from portal.models import PublicPage
from portal.services import save_public_page
from portal.tasks import handle_visitor_messages
from tests import make
from tests.api.conftest import client_with
from tests.messaging import ledger, provider
from tests.portal.members import told
from tests.portal.signed import sign_in
from tests.security.by_api import ROOT, ApiFields
from tests.security.payloads import PAYLOADS
from tests.workflows.make import run, step, trigger, workflow

NAME, PASSWORD = "boss", "the right password"
SETTINGS = {
    "PUBLIC_MESSAGES_PER_HOUR": 1000,
    "DEVICES_PER_HOUR": 1000,
    "ANYMAIL": {"RESEND_SIGNING_SECRET": provider.SECRET},
}
_ALL = list(enumerate(PAYLOADS))
_BODY = (
    '<p title="{{ subject }}">{{ customer.first_name }}'
    ' <a href="{{ subject }}">{{ subject }}</a> {{ customer.subject }}</p>'
)


def fill():
    """Let everybody say their attacks; return which API fields were filled."""
    make_roles()
    make.administrator(username=NAME, password=PASSWORD)
    _, secret = create_key("Website", list(SCOPES))
    api, fields = client_with(secret), ApiFields()
    _publish(api, fields)
    people = list(Customer.objects.order_by("pk"))
    assert [one.lms_lead_id for one in people] == PAYLOADS
    _start_workflows(api, fields, people)
    _send(people)
    _visit(people)
    _import()
    _name_things(people)
    return fields


def _publish(api, fields):
    for name in fields.batches():
        path = f"{ROOT}{name}/batch/"
        items = [fields.body(path, number) for number, _ in _ALL]
        answer = api.post(path, {"items": items}, format="json")
        assert answer.status_code == 200, answer.content[:2000]
    for name in ("signup", "attend_first_session"):
        _post_each(api, fields, "conversions/{name}/", name=name)
    _post_each(api, fields, "member-sessions/")
    _template("Receipt", purpose="transactional")
    _post_each(api, fields, "messages/")


def _post_each(api, fields, path, **parts):
    for number, _ in _ALL:
        body = fields.body(f"{ROOT}{path}", number)
        answer = api.post(f"{ROOT}{path.format(**parts)}", body, format="json")
        assert answer.status_code < 300, (path, answer.content)


def _template(name, **values):
    written = {"templating_type": "html", "subject": "{{ subject }}", "message": _BODY}
    facts = {"name": name, "type": "email"} | written | values
    return save_template(MessageTemplate(**facts))


def _start_workflows(api, fields, people):
    """Let other systems start a workflow whose every step writes what they said."""
    notice = save_template(
        MessageTemplate(
            name="Notice",
            type="in_app",
            title="{{ subject }}",
            message="{{ customer.first_name }}\n{{ subject }}",
            action_url="{{ subject }}",
        )
    )
    made = workflow(
        step("send_in_app_notification", template_id=notice.pk),
        step("send_email", template_id=_template(PAYLOADS[2]).pk),
        step("assign_task_to_staff", description="Call {member}"),
        step("offer_discount", offer_code=PAYLOADS[1], duration_days=3),
        on=trigger("api_call"),
        name=PAYLOADS[1],
        description=PAYLOADS[2],
    )
    _post_each(api, fields, "workflows/{id}/trigger/", id=made.pk)
    run()
    assert Enrolment.objects.count() == len(people)
    for one, words in zip(people, PAYLOADS, strict=True):
        told(people[0], title=words, message=words, icon=words[:50], action_url=words)
        AutomationLog.objects.create(
            customer=one,
            workflow=made,
            step="send_email",
            success=False,
            error_message=words,
        )
    endpoint, _secret = make_endpoint("CRM", "https://crm.example.org/")
    news = [
        News(one.pk, f"workflow:{one.pk}:told", {words: words})
        for one, words in zip(people, PAYLOADS, strict=True)
    ]
    queue_calls(endpoint, "told", news, workflow=made, now=timezone.now())


def _send(people):
    """Send an automation's mails; the mail server and a provider answer in attacks."""
    automation = save_automation(
        Automation(
            name=PAYLOADS[1],
            segment=make.segment(*people, name=PAYLOADS[2], description=PAYLOADS[0]),
            template=_template(PAYLOADS[4]),
            cron="0 9 * * *",
            timezone="UTC",
        )
    )
    run_now(automation)
    prepare_next_run()
    ledger.send()
    follow_dispatches()
    for number, delivery in enumerate(Delivery.objects.filter(channel="email")):
        words = PAYLOADS[number % len(PAYLOADS)]
        delivery.detail, delivery.provider = words, "resend"
        delivery.provider_id = f"mail-{delivery.pk}"
        delivery.state, delivery.accepted_at = "accepted", timezone.now()
        delivery.save()
        report = provider.bounce(delivery.provider_id, words=words)
        headers = provider.signed(report, key=f"{words} {number}".encode().hex())
        assert provider.post(Client(), report, headers).status_code == 200


def _visit(people):
    """Let each write to us and note their device, by a browser that is an attack."""
    save_public_page(PublicPage(makes_task=True, new="Hello {{ member_first_name }}."))
    for one, words in zip(people, PAYLOADS, strict=True):
        agent = f"Mozilla/5.0 (X11; {words}) Firefox/140.0"
        client = Client(headers={"user-agent": agent.encode().decode("latin-1")})
        for address in (one.email, "nobody@example.org"):
            said = {"name": words, "email": address, "message": words}
            assert client.post("/", said).status_code == 200
        sign_in(client, one)
        device = {
            "consent": True,
            "type": "desktop",
            "screen_width": 390,
            "screen_height": 844,
            "time": timezone.now().isoformat(),
        }
        body = json.dumps(device)
        answer = client.post("/log-device", body, "application/json")
        assert answer.status_code == 204, answer.content
        for wish in ("copy", "erase"):
            client.post("/me/", {"wish": wish})
    handle_visitor_messages()


def _import():
    """Read files whose names, columns and values are attacks, in all their states."""
    plain = [[f"p-{number}", words, words] for number, words in _ALL]
    wide = [[f"w-{number}", *PAYLOADS] for number, _ in _ALL]
    bad = [[words, words, words] for _number, words in _ALL]
    _job("columns", ["lms_lead_id", *PAYLOADS], wide)
    save_mapping(_checked(_job("preview", ["lms_lead_id", "a", "b"], plain)), "Fair")
    refused = _checked(
        _job("refused", ["email", "first_name", "created_date"], bad),
        {"created_date": "created_date"},
    )
    run_job(confirm_job(refused))
    done = _checked(_job("done", ["lms_lead_id", "first_name", PAYLOADS[1]], plain))
    run_job(confirm_job(done))
    Customer.objects.filter(lms_lead_id__startswith="p-").update(first_name=PAYLOADS[5])
    request_undo(done)
    work_on_undo(done)


def _job(name, columns, rows):
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    file = io.BytesIO(text.getvalue().encode())
    file_name = f"{name} {PAYLOADS[1]}.csv"
    return create_job("customers", file, file_name=file_name, source="admin")


def _checked(job, more=None):
    set_mapping(job, suggest_mapping(job, {}) | (more or {}), {})
    return check_job(job)


def _name_things(people):
    """What staff and the DNS may say, where it is read by others too."""
    for number, words in _ALL:
        ConversionName.objects.create(name=words, description=words, place=number)
    save_topic(Topic(name=PAYLOADS[1], description=PAYLOADS[0]))
    suppress("no.more@example.org", "manual", detail=PAYLOADS[1])
    Sender.objects.create(
        address="hello@example.org",
        name=PAYLOADS[10],
        checked_at=timezone.now(),
        findings=[
            Finding("SPF", "bad", words, seen=words, wanted=words).as_json()
            for words in PAYLOADS
        ],
    )
    bookings = [one.bookings.first().pk for one in people]
    mark_attendance(bookings[::2], True, source="test")
    Delivery.objects.update(accepted_at=timezone.now() - timedelta(minutes=9))
