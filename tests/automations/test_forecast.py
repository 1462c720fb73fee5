"""Before anything is sent a page says to whom, why not to others, and what changed."""

from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from automations import services, tasks
from automations.models import Automation, AutomationRun, Forecast
from automations.services import forecasts
from customers.models import Customer
from marketing_os.lib.api.keys import create_key
from messaging.models import Delivery
from segments.models import SegmentMember, SegmentSnapshot
from tests import make
from tests.api.conftest import client_with
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
LIST = reverse("admin:automations_automation_changelist")
ADD = reverse("admin:automations_automation_add")


@pytest.fixture
def crowded(monkeypatch):
    """Make of any number of customers one that a page does not wait for."""
    monkeypatch.setattr(forecasts, "_AT_ONCE_CUSTOMERS", 0)


def url(name, automation):
    return reverse(f"admin:automations_automation_{name}", args=(automation.pk,))


def text(response):
    return response.content.decode()


def automation_for(*customers, **overrides):
    return make.automation(segment=make.segment(*customers), **overrides)


def run(automation):
    made = AutomationRun.objects.create(
        automation=automation, scheduled_for=timezone.now()
    )
    services.prepare_run(made)
    ledger.send()
    services.follow_dispatches()
    return made


def test_switching_on_is_asked_about_with_figures_and_reasons(admin):
    automation = automation_for(make.customer(), make.customer(email=""))

    page = text(admin.get(url("activate", automation)))

    assert "This sends to 2 customers:" in page
    assert "1 will receive it," in page
    assert "The customer has no e-mail address." in page
    automation.refresh_from_db()
    assert not automation.is_active
    answer = text(admin.post(url("switch", automation), {"to": "on"}, follow=True))
    assert "is on. Its next run:" in answer


def test_a_form_that_says_active_leads_to_the_question(admin):
    segment, template = make.segment(make.customer()), make.template()

    response = admin.post(
        ADD,
        {
            "name": "Broadcast",
            "segment": segment.pk,
            "template": template.pk,
            "schedule": "once",
            "run_at": "2036-11-20T09:00",
            "timezone": "UTC",
            "policy": "once",
            "misfire": "latest",
            "grace_minutes": 60,
            "holdout_percent": 0,
            "is_active": "on",
        },
        follow=True,
    )

    automation = Automation.objects.get()
    assert response.redirect_chain[-1][0] == url("activate", automation)
    assert "This sends to 1 customer:" in text(response)
    assert not automation.is_active


def test_several_chosen_in_the_list_are_asked_about_together(admin):
    first = automation_for(make.customer(), make.customer())
    second = automation_for(template=make.template(type="whatsapp"))
    chosen = {
        "action": "activate_selected",
        "_selected_action": [first.pk, second.pk],
    }

    page = text(admin.post(LIST, chosen))
    assert "Switch them on" in page
    assert "WhatsApp sending is not available yet." in page
    assert not Automation.objects.filter(is_active=True).exists()

    admin.post(LIST, chosen | {"confirmed": "yes"})
    assert list(Automation.objects.filter(is_active=True)) == [first]


def test_one_chosen_in_the_list_is_asked_about_on_its_page(admin):
    automation = automation_for()
    chosen = {"action": "activate_selected", "_selected_action": [automation.pk]}

    assert admin.post(LIST, chosen).url == url("activate", automation)


@pytest.mark.parametrize("name", ["run", "activate"])
def test_the_difference_to_the_last_run_is_told(admin, smtp_sink, name):
    people = make.customers(5)
    automation = automation_for(*people)
    run(automation)
    SegmentMember.objects.filter(customer__in=people[:2]).delete()
    SegmentMember.objects.bulk_create(
        SegmentMember(segment=automation.segment, customer=customer)
        for customer in make.customers(4)
    )

    page = text(admin.get(url(name, automation)))

    assert "had 5 customers. 4 have come since, 2 have gone." in page


def test_far_more_than_usual_is_warned_of(admin, smtp_sink):
    automation = automation_for(*make.customers(8))
    run(automation)
    SegmentMember.objects.bulk_create(
        SegmentMember(segment=automation.segment, customer=customer)
        for customer in make.customers(20)
    )

    page = text(admin.get(url("run", automation)))

    assert "Far more than usual." in page
    assert "It would go to 28 customers; usual are 8" in page


@pytest.mark.parametrize("kind", ["manual", "function", "conditions"])
def test_what_is_told_is_what_the_run_then_does_and_nothing_is_written(
    admin, smtp_sink, kind
):
    make.customer()
    make.customer(email="")
    segment = make.segment(*Customer.objects.all())
    if kind == "function":
        segment = make.segment(type="function", handler_function="newest_customers")
    if kind == "conditions":
        everybody = {
            "type": "field",
            "field": "first_name",
            "operator": "equals",
            "value": "Ada",
        }
        tree = {"version": 1, "all": [everybody]}
        segment = make.segment(type="conditions", conditions=tree)
    automation = make.automation(segment=segment)
    foreseen = services.forecast_run(automation)
    assert SegmentSnapshot.objects.count() == 0
    assert Delivery.objects.count() == 0

    dispatch = run(automation).automation.runs.get().dispatch

    found = dispatch.deliveries.values_list("reason", flat=True)
    assert foreseen.total == 2
    assert sorted(found) == sorted(
        reason for (_state, reason), n in foreseen.counter.items() for _ in range(n)
    )


def test_a_large_audience_is_counted_by_a_worker_while_the_page_waits(admin, crowded):
    automation = automation_for(make.customer())

    page = text(admin.get(url("run", automation)))
    assert "Counting whom this reaches" in page
    assert "Send to" not in page
    assert 'data-state="preparing"' in text(admin.get(url("forecast", automation)))

    tasks.count_forecasts()

    assert 'data-state="ready"' in text(admin.get(url("forecast", automation)))
    assert "Send to 1 customer" in text(admin.get(url("run", automation)))


def test_two_who_look_at_once_have_it_counted_once(admin, crowded):
    automation = automation_for(make.customer())
    admin.get(url("run", automation))
    first = Forecast.objects.get().requested_at

    admin.get(url("activate", automation))

    assert Forecast.objects.get().requested_at == first


def test_an_automation_that_was_changed_is_counted_anew(admin, crowded):
    automation = automation_for(make.customer())
    admin.get(url("run", automation))
    tasks.count_forecasts()
    automation.segment = make.segment(*make.customers(3))
    services.save_automation(automation)

    assert "Counting whom" in text(admin.get(url("run", automation)))
    tasks.count_forecasts()

    assert "Send to 3 customers" in text(admin.get(url("run", automation)))


@contextmanager
def somebody_locks(table):
    """Let everybody else who reads a table wait."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


@pytest.mark.django_db(transaction=True)
def test_a_count_that_takes_too_long_on_the_page_is_left_to_a_worker(
    admin, monkeypatch
):
    automation = automation_for(make.customer())
    monkeypatch.setattr(forecasts, "_AT_ONCE_SECONDS", 0.2)

    with somebody_locks("suppressions"):
        assert "Counting whom" in text(admin.get(url("run", automation)))
    tasks.count_forecasts()

    assert "Send to 1 customer" in text(admin.get(url("run", automation)))


def test_one_that_a_dead_worker_left_is_counted_by_another(admin, crowded):
    automation = automation_for(make.customer())
    admin.get(url("run", automation))
    Forecast.objects.update(claimed_at=timezone.now())
    tasks.count_forecasts()
    assert Forecast.objects.get().counted_at is None

    Forecast.objects.update(claimed_at="2026-01-01T00:00Z")
    tasks.count_forecasts()

    assert Forecast.objects.get().counted_at


def test_a_segment_that_fails_is_told_when_the_worker_found_out(admin):
    broken = make.segment(type="function", handler_function="not_there")
    automation = make.automation(segment=broken)
    assert "Counting whom" in text(admin.get(url("run", automation)))

    tasks.count_forecasts()

    page = text(admin.get(url("run", automation)))
    assert "This cannot be sent now." in page
    assert "not_there" in page


def test_who_may_not_change_automations_may_not_switch_them_on(client):
    automation = automation_for()
    client.force_login(make.grant(make.user(), "automations.view_automation"))

    assert client.get(url("activate", automation)).status_code == 403


@pytest.fixture
def api(db):
    _key, secret = create_key("tests", ["automations:read"])
    return client_with(secret)


def test_the_api_tells_the_same(api, smtp_sink):
    automation = automation_for(make.customer(), make.customer(email=""))
    run(automation)

    found = api.get(f"/api/v1/automations/{automation.pk}/forecast/").json()

    assert (found["state"], found["audience"]) == ("ready", 2)
    assert (found["will_receive"], found["will_not"]) == (1, 1)
    assert found["reasons"] == {"no_address": 1}
    assert found["last_run"]["audience"] == 2
    assert (found["last_run"]["entered"], found["last_run"]["left"]) == (0, 0)


def test_the_api_says_that_it_counts_or_why_it_cannot(api, crowded):
    automation = automation_for(make.customer())
    address = f"/api/v1/automations/{automation.pk}/forecast/"
    assert api.get(address).json()["state"] == "counting"
    tasks.count_forecasts()
    assert api.get(address).json()["will_receive"] == 1

    silent = automation_for(template=make.template(type="whatsapp"))
    address = f"/api/v1/automations/{silent.pk}/forecast/"
    assert api.get(address).json()["state"] == "counting"
    tasks.count_forecasts()
    told = api.get(address).json()
    assert told["state"] == "failed"
    assert "WhatsApp sending is not available yet." in told["error"]
    assert api.get("/api/v1/automations/999999/forecast/").status_code == 404


def test_a_dry_run_tells_the_difference_to_the_last_run(capsys, smtp_sink):
    automation = automation_for(*make.customers(3))
    run(automation)
    SegmentMember.objects.filter(customer=Customer.objects.first()).delete()

    call_command("run_automation", automation.pk, dry_run=True)

    told = capsys.readouterr().out
    assert "would reach 2 customers" in told
    assert "had 3: 0 have come since, 1 have gone." in told
