"""Each customer gets it at a time of the day by the clocks where they are."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.urls import reverse

from automations import services, tasks
from automations.models import Automation
from tests import make
from tests.automations.test_admin import fields

pytestmark = pytest.mark.django_db
BERLIN, NEW_YORK, AUCKLAND = "Europe/Berlin", "America/New_York", "Pacific/Auckland"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def due_times(slot, *zones, clock=time(9), late=timedelta(0)):
    """When customers in these zones are due, of a run that is prepared `late`."""
    customers = [make.customer(timezone=zone) for zone in zones]
    automation = make.automation(segment=make.segment(*customers), local_time=clock)
    with time_machine.travel(slot + late, tick=False):
        services.run_now(automation, slot=slot)
        tasks.prepare_due_runs()
    deliveries = automation.runs.get().dispatch.deliveries
    due = dict(deliveries.values_list("customer", "due_at"))
    return [due[customer.pk] for customer in customers]


def test_each_customer_is_due_at_the_next_nine_of_their_own():
    assert due_times(NOON, BERLIN, NEW_YORK, AUCKLAND) == [
        utc(2026, 11, 21, 8),
        utc(2026, 11, 20, 14),
        utc(2026, 11, 20, 20),
    ]


def test_the_time_of_the_slot_itself_still_counts():
    assert due_times(utc(2026, 11, 20, 8), BERLIN) == [utc(2026, 11, 20, 8)]


def test_a_customer_without_a_zone_has_that_of_the_project(settings):
    settings.TIME_ZONE = "Asia/Tokyo"

    assert due_times(NOON, "", "Mars/Olympus") == [utc(2026, 11, 21, 0)] * 2


def test_a_run_that_is_prepared_a_little_late_sends_at_once_what_came_meanwhile():
    minutes_before = utc(2026, 11, 20, 7, 50)

    assert due_times(minutes_before, BERLIN, late=timedelta(minutes=20)) == [
        utc(2026, 11, 20, 8)
    ]


def test_a_run_that_is_tried_again_days_later_waits_for_the_next_nine():
    assert due_times(NOON, BERLIN, late=timedelta(days=2)) == [utc(2026, 11, 23, 8)]


def test_a_time_in_the_hour_that_is_skipped_comes_right_after_it():
    before = utc(2027, 3, 27, 23)

    assert due_times(before, BERLIN, clock=time(2, 30)) == [utc(2027, 3, 28, 1)]


def test_a_time_in_the_hour_that_comes_twice_comes_the_first_time():
    before = utc(2026, 10, 24, 22)
    between = utc(2026, 10, 25, 0, 45)

    assert due_times(before, BERLIN, clock=time(2, 30)) == [utc(2026, 10, 25, 0, 30)]
    assert due_times(between, BERLIN, clock=time(2, 30)) == [utc(2026, 10, 26, 1, 30)]


def test_without_a_local_time_all_are_due_at_once():
    assert len(set(due_times(NOON, BERLIN, NEW_YORK, AUCKLAND, clock=None))) == 1


def test_staff_choose_the_time_and_read_it_on_the_pages(admin_client):
    add = reverse("admin:automations_automation_add")
    admin_client.post(add, fields(local_time="09:30"))

    automation = Automation.objects.get()
    page = admin_client.get(automation.get_absolute_url()).content.decode()
    assert automation.local_time == time(9, 30)
    assert "At 09:30 by their own clocks" in page

    services.run_now(automation)
    tasks.prepare_due_runs()
    dispatch = automation.runs.get().dispatch
    page = admin_client.get(dispatch.get_absolute_url()).content.decode()
    assert "At 09:30 by their own clocks" in page


@pytest.mark.parametrize("wrong", ["25:00", "nine", "09:99"])
def test_a_time_that_no_clock_shows_is_refused(admin_client, wrong):
    add = reverse("admin:automations_automation_add")

    page = admin_client.post(add, fields(local_time=wrong)).content.decode()

    assert "Enter a valid time" in page
    assert not Automation.objects.exists()
