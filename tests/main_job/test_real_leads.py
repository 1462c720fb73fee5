"""The main job on real leads: files in, a SQL segment, a schedule, mails out."""

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from automations import services as automations
from automations import tasks
from customers.models import Customer
from funnel.models import FunnelEvent
from messaging import services as messaging
from messaging.models import Delivery, MessageTemplate
from segments.models import Segment
from tests import make

PAID_AND_CLOSED = """
SELECT c.id
FROM customers c
JOIN customer_attributes a ON a.customer_id = c.id
WHERE a.field_name = 'origin' AND a.field_value = '"paid search"'
  AND EXISTS (
    SELECT 1 FROM funnel_events e WHERE e.customer_id = c.id AND e.to_stage = 'won'
  )
"""
MJML = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Hello {{ customer['first_name'] | default('there') }}, you came to us by
{{ customer['origin'] }}.</mj-text>
{% if customer['business_segment'] %}<mj-text>
How is {{ customer['business_segment'] }}?</mj-text>{% endif %}
</mj-column></mj-section></mj-body></mjml>"""
FIRST_SLOT = datetime(2026, 11, 20, 9, 1, tzinfo=UTC)


@pytest.fixture
def olist(real_data, tmp_path, sql_segments):
    """Leads as customers, first contacts and won deals as moves through the funnel.

    Leads are called lead-N@example.org by their line; every tenth has no address,
    unless it is one of those that came by paid search.
    """
    source = real_data / "olist_marketing_funnel"
    leads = _read(source / "olist_marketing_qualified_leads_dataset.csv")
    deals = _read(source / "olist_closed_deals_dataset.csv")
    for number, lead in enumerate(leads, 1):
        reachable = number % 10 or lead["origin"] == "paid search"
        lead["email"] = f"lead-{number}@example.org" if reachable else ""
    _write(tmp_path / "leads.csv", leads)
    _write(
        tmp_path / "moves.csv",
        [
            _move(lead["mql_id"], "", "first_contact", lead["first_contact_date"])
            for lead in leads
        ]
        + [
            _move(deal["mql_id"], "first_contact", "won", deal["won_date"])
            for deal in deals
        ],
    )
    lead_id = ["--map", "mql_id=lms_lead_id"]
    call_command("import_customers", str(tmp_path / "leads.csv"), *lead_id)
    call_command(
        "import_customers", str(source / "olist_closed_deals_dataset.csv"), *lead_id
    )
    call_command("import_funnel_events", str(tmp_path / "moves.csv"))


def _read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def _move(lead, from_stage, to_stage, when):
    return {
        "lms_lead_id": lead,
        "funnel_type": "sales",
        "from_stage": from_stage,
        "to_stage": to_stage,
        "created_date": when,
    }


def _template():
    template = MessageTemplate(
        name="How is business",
        subject="{{ customer['business_segment'] | default('Your shop') }}",
        message=MJML,
    )
    return messaging.save_template(template, by=None)


def _work_until_sent():
    tasks.tick()
    tasks.prepare_due_runs()
    messaging.send_due(limit=5000, until=timezone.now() + timedelta(minutes=5))
    automations.follow_dispatches()


@pytest.mark.slow
def test_real_leads_become_a_segment_and_get_one_mail_per_slot(
    olist, settings, smtp_sink
):
    settings.EMAIL_HOST, settings.EMAIL_PORT = smtp_sink.host, smtp_sink.port
    assert Customer.objects.count() == 8000
    assert FunnelEvent.objects.filter(to_stage="won").count() == 842

    segment = Segment.objects.create(
        name="Paid search and closed", type="sql", selection_sql=PAID_AND_CLOSED
    )
    automation = make.automation(
        segment=segment, template=_template(), cron="* * * * *", policy="every_run"
    )
    automations.activate(automation, now=FIRST_SLOT - timedelta(seconds=30))

    for slot in range(2):
        with time_machine.travel(FIRST_SLOT + timedelta(minutes=slot, seconds=1)):
            _work_until_sent()

    assert [run.state for run in automation.runs.all()] == ["done", "done"]
    expected = set(
        Customer.objects.filter(
            attributes__origin="paid search", funnel_events__to_stage="won"
        ).values_list("email", flat=True)
    )
    assert len(expected) == 195
    assert Counter(smtp_sink.recipients) == dict.fromkeys(expected, 2)
    _assert_it_reads_right(smtp_sink.mails[0])


def _assert_it_reads_right(mail):
    customer = Customer.objects.get(email=mail.recipients[0])
    html = mail.message.get_body(("html",)).get_content()
    text = mail.message.get_body(("plain",)).get_content()
    for body in (html, text):
        assert "Hello there, you came to us by" in body
        assert "paid search" in body
        assert f"How is {customer.attributes['business_segment']}?" in body
        assert "{{" not in body
        assert "{%" not in body
    assert mail.message["Subject"] == customer.attributes["business_segment"]
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.slow
def test_leads_without_an_address_are_skipped_with_that_reason(
    olist, settings, smtp_sink
):
    settings.EMAIL_HOST, settings.EMAIL_PORT = smtp_sink.host, smtp_sink.port
    closed = Segment.objects.create(
        name="Closed",
        type="sql",
        selection_sql="SELECT customer_id FROM funnel_events WHERE to_stage = 'won'",
    )
    automation = make.automation(segment=closed, template=_template())

    call_command("run_automation", str(automation.pk))

    without = Customer.objects.filter(email="", funnel_events__to_stage="won").count()
    assert without > 0
    rows = Delivery.objects.values_list("state", "reason")
    assert Counter(rows) == {
        ("accepted", ""): 842 - without,
        ("skipped", "no_address"): without,
    }
    assert len(smtp_sink.mails) == 842 - without
