"""The lists of the admin read a bounded number of rows, however many there are."""

import os
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from automations.models import Workflow
from automations.workflows.people import people_at
from bench import crowd
from customers.models import Customer
from tests import make
from tests.plans import Reading, scans_of
from tests.portal.members import CENTRE, host_page
from tests.portal.signed import sign_in
from tests.scale import scaled

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CROWD = scaled(100_000, 1_000_000)
# A list counts up to 10,000 rows, and reads on where one row in three or four is wanted.
MOST = 40_000


@pytest.fixture(scope="module")
def office(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        make.template()
        crowd.fill(CROWD)
        yield make.administrator()
        call_command("flush", verbosity=0, interactive=False)


PAGES = [
    ("customers_customer", ""),
    ("customers_customer", "p=400"),
    *(("customers_customer", f"o={column}") for column in ("1", "-1", "2", "-2", "-6")),
    ("customers_customer", "q=person12345"),
    ("customers_customer", "q=LEAD-12345"),
    ("customers_customer", "q=LEAD-1234"),
    ("customers_customer", "q=%2B44+20+70012345"),
    ("customers_customer", "q=Noor+Family123"),
    ("customers_customer", "q=ada"),
    ("customers_customer", "q=example"),
    ("customers_customer", "q=nobody+at+all"),
    ("customers_customer", "created_from=2020-01-01"),
    ("customers_customer", "created_to=2020-01-01"),
    ("customers_customer", "has_email=no"),
    ("customers_customer", "has_email=yes"),
    ("customers_customer", "tag=rare"),
    ("customers_customer", "tag=common"),
    ("customers_customer", "consent=yes"),
    ("customers_customer", "consent=no"),
    ("customers_customer", "consent=none"),
    ("customers_customer", "state=archived"),
    ("customers_customer", "state=erased"),
    ("customers_customer", "stage=sales%3AWon"),
    ("customers_customer", "stage=sales%3ALost"),
    ("customers_attributedefinition", ""),
    ("customers_membertag", ""),
    ("customers_membertag", "tag=rare"),
    ("customers_membertag", "tag=common"),
    ("customers_membertag", "q=person12345"),
    ("customers_consent", ""),
    ("customers_consent", "answer=no"),
    ("customers_consent", "channel=sms"),
    ("customers_consent", "source=telephone"),
    ("customers_consent", "source=nowhere"),
    ("customers_consent", "to_day=2020-01-01"),
    ("customers_consent", "q=person12345"),
    ("funnel_funnelevent", ""),
    ("funnel_funnelevent", "o=1"),
    ("funnel_funnelevent", "to_stage=Lost"),
    ("funnel_funnelevent", "funnel_type=service-delivery"),
    ("funnel_funnelevent", "q=person12345"),
    ("funnel_funnelevent", "to_day=2020-01-01"),
    ("funnel_activity", ""),
    ("funnel_activity", "name=refund"),
    ("funnel_activity", "name=purchase"),
    ("funnel_activity", "q=person12345"),
    ("funnel_activity", "from_day=2999-01-01"),
    ("funnel_group", ""),
    ("funnel_session", ""),
    ("funnel_session", "group=Circle+7"),
    ("funnel_session", "price=paid"),
    ("funnel_booking", ""),
    ("funnel_booking", "attended=True"),
    ("funnel_booking", "session=7"),
    ("funnel_booking", "group=Circle+7"),
    ("funnel_booking", "group=nobody"),
    ("funnel_booking", "price=free"),
    ("funnel_booking", "to_day=2020-01-01"),
    ("funnel_booking", "q=person12345"),
    ("messaging_delivery", ""),
    ("messaging_delivery", "state=bounced"),
    ("messaging_delivery", "state=accepted"),
    ("messaging_delivery", "state=complained"),
    ("messaging_delivery", "reason=no_consent"),
    ("messaging_delivery", "address=person1234%40mail34.example.org"),
    ("messaging_delivery", "q=person12345"),
    ("messaging_suppression", ""),
    ("messaging_suppression", "o=1"),
    ("messaging_suppression", "q=gone1234"),
    ("messaging_suppression", "reason=complaint"),
    ("messaging_suppression", "reason=soft_bounces"),
    ("messaging_suppression", "to_day=2020-01-01"),
    ("automations_enrolment", ""),
    ("automations_enrolment", "state=active"),
    ("automations_enrolment", "state=converted"),
    ("automations_enrolment", "state=paused"),
    ("automations_enrolment", f"workflow={crowd.COMMON_WORKFLOW}"),
    ("automations_enrolment", f"workflow={crowd.RARE_WORKFLOW}"),
    ("automations_enrolment", f"workflow={crowd.RARE_WORKFLOW}&state=converted"),
    ("automations_enrolment", "step_id=a"),
    ("automations_enrolment", "q=person12345"),
    ("automations_enrolment", "q=nobody+at+all"),
    ("automations_automationlog", ""),
    ("automations_automationlog", "success=no"),
    ("automations_automationlog", "success=yes"),
    ("automations_automationlog", "success=given_up"),
    ("automations_automationlog", "step=exit"),
    ("automations_automationlog", "step=wait"),
    ("automations_automationlog", f"workflow={crowd.COMMON_WORKFLOW}"),
    ("automations_automationlog", f"workflow={crowd.RARE_WORKFLOW}&success=no"),
    ("automations_automationlog", f"workflow={crowd.RARE_WORKFLOW}&step_id=a"),
    ("automations_automationlog", "q=person12345"),
    ("automations_automationlog", "to_day=2020-01-01"),
    ("automations_automationlog", "from_day=2999-01-01"),
    ("automations_stafftask", ""),
    ("automations_stafftask", "assignee=me"),
    ("automations_stafftask", "status=overdue"),
    ("automations_stafftask", "status=completed"),
    ("automations_stafftask", "status=cancelled"),
    ("automations_stafftask", "status=all"),
    ("automations_stafftask", f"workflow={crowd.RARE_WORKFLOW}&status=all"),
    ("automations_stafftask", "q=person12345"),
    ("automations_webhookcall", ""),
    ("automations_webhookcall", "state=failed"),
    ("automations_webhookcall", "state=retrying"),
    ("automations_webhookcall", "endpoint=1"),
    ("automations_webhookcall", "to_day=2020-01-01"),
    ("customers_memberoffer", ""),
    ("customers_memberoffer", "offer_code=RARE"),
    ("customers_memberoffer", "state=used"),
    ("customers_memberoffer", "state=usable"),
    ("customers_memberoffer", "to_day=2020-01-01"),
    ("customers_creditentry", ""),
    ("customers_creditentry", "direction=withdrawn"),
    ("customers_creditentry", "q=person12345"),
    ("customers_creditentry", "from_day=2999-01-01"),
    ("customers_device", ""),
    ("customers_device", "device_type=tablet"),
    ("customers_device", "device_type=phone"),
    ("customers_device", "who=customer"),
    ("customers_device", "who=nobody"),
    ("customers_device", "to_day=2020-01-01"),
    ("customers_device", "from_day=2999-01-01"),
    ("portal_visitormessage", ""),
    ("portal_visitormessage", "sender=known"),
    ("portal_visitormessage", "sender=unknown"),
    ("portal_visitormessage", "q=person12345"),
    ("portal_visitormessage", "q=noor+family123"),
    ("portal_visitormessage", "q=a"),
    ("portal_visitormessage", "q=nobody+at+all"),
    ("portal_visitormessage", "to_day=2020-01-01"),
    ("portal_visitormessage", "from_day=2999-01-01"),
]


@pytest.mark.parametrize(("model", "query"), PAGES, ids=[f"{m}-{q}" for m, q in PAGES])
def test_a_page_reads_few_rows_and_asks_few_questions(office, client, model, query):
    client.force_login(office)
    url = f"{reverse(f'admin:{model}_changelist')}?{query}"

    with Reading() as reading:
        response = client.get(url)

    rows, sql = reading.worst()
    assert response.status_code == 200
    assert rows <= MOST, sql
    assert len(reading.queries) <= 16


def test_the_page_of_a_customer_reads_few_rows(office, client):
    client.force_login(office)
    customer = Customer.objects.order_by("pk")[CROWD // 2]

    with Reading() as reading:
        response = client.get(customer.get_absolute_url())

    assert response.status_code == 200
    assert reading.worst()[0] <= 100


@pytest.mark.parametrize("by", ["page", "API"])
def test_the_news_of_a_member_are_read_by_one_query_of_indexes(office, by):
    customer = Customer.objects.active().order_by("pk")[CROWD // 2]
    browser = Client()
    sign_in(browser, customer)
    asked = {
        "page": (browser, "/me/notifications/news"),
        "API": (host_page(customer), f"{CENTRE}news/"),
    }
    client, url = asked[by]

    with Reading() as reading:
        news = client.get(url).json()

    [sql] = reading.queries
    assert news["unread"] == 1
    assert scans_of(sql) <= {"Index Scan", "Index Only Scan"}
    assert reading.worst()[0] <= 2


def test_an_export_of_everybody_keeps_nothing_in_memory(office, client):
    client.force_login(office)
    url = reverse("admin:customers_customer_export")
    fields = client.get(url).context["form"].fields
    form = {"format": "0", "resource": "0"}
    form |= {name: "on" for name in fields if name.startswith("listresource_")}
    lines = 0

    response = client.post(url, form)
    parts = iter(response.streaming_content)
    next(parts)
    before = highest = _resident()
    for part in parts:
        lines += part.count(b"\n")
        highest = max(highest, _resident())

    assert lines == Customer.objects.active().count() + 1
    assert highest - before < 50 * 2**20


def _resident():
    """Bytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_a_count_of_everything_is_noticed(office):
    with Reading() as reading, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers")
        cursor.execute("SELECT id FROM customers WHERE mobile LIKE '%7' LIMIT 1")

    assert reading.worst()[0] == CROWD


def test_the_people_of_a_workflow_are_counted_by_indexes_alone(office):
    common = Workflow.objects.get(pk=crowd.COMMON_WORKFLOW)

    with Reading() as reading:
        [people] = people_at(common)

    assert people.entered > CROWD * 0.9
    assert people.steps["a"].passed > CROWD * 0.9
    counts = [sql for sql in reading.queries if "GROUP BY" in sql]
    assert len(counts) == 2
    for sql in counts:
        assert scans_of(sql) == {"Index Only Scan"}, sql
