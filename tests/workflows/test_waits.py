from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from automations.models import Enrolment, Workflow
from automations.services.workflows import OnTheWay, disable, enable
from customers.services import add_tag
from tests import make
from tests.workflows.make import logs, run, state_of, step, tag, tags_of, workflow

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


def entered(now, *steps, **values):
    who = make.customer(**values)
    workflow(*steps, tag("after"), now=now)
    add_tag([who.pk], "enter")
    run(now)
    return who


def due_of(who):
    return Enrolment.objects.get(customer=who).due_at


def test_a_wait_for_days_ends_after_them_and_not_before():
    now = timezone.now()
    who = entered(now, step("wait", until="duration", amount=2, unit="days"))

    run(now + timedelta(days=2, seconds=-1))
    assert "after" not in tags_of(who)

    run(now + timedelta(days=2))
    assert "after" in tags_of(who)
    assert state_of(who) == "completed"


def test_a_wait_of_nothing_goes_on_at_once():
    who = entered(timezone.now(), step("wait", until="duration", amount=0, unit="days"))

    assert "after" in tags_of(who)


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        # A Friday, in summer time; Monday 9:00 is in winter time.
        ("2026-10-23T12:00+02:00", "2026-10-26T09:00+01:00"),
        ("2026-10-26T08:59+01:00", "2026-10-26T09:00+01:00"),
        ("2026-10-26T09:00+01:00", "2026-11-02T09:00+01:00"),
    ],
)
def test_a_wait_for_a_weekday_is_by_the_customers_clock(begins, ends):
    now = datetime.fromisoformat(begins)
    who = entered(
        now,
        step("wait", until="weekday", weekdays=[0], at="09:00"),
        timezone="Europe/Berlin",
    )

    assert due_of(who) == datetime.fromisoformat(ends)


def test_a_wait_for_a_date_is_so_many_days_before_it():
    make.attribute("ends", "date")
    now = datetime(2026, 3, 1, tzinfo=BERLIN)
    who = entered(
        now,
        step("wait", until="date", attribute="ends", offset_days=-3, at="02:30"),
        timezone="Europe/Berlin",
        attributes={"ends": "2026-04-01"},
    )

    # 02:30 on 29 March does not exist there: the first moment after it.
    assert due_of(who) == datetime(2026, 3, 29, 3, 0, tzinfo=BERLIN)


def test_a_wait_for_a_date_that_is_over_or_unknown_goes_on():
    make.attribute("ends", "date")
    wait = step("wait", until="date", attribute="ends", offset_days=0)
    now = timezone.now()
    over = entered(now, wait, attributes={"ends": "2020-01-01"})
    unknown = entered(now, wait | {"id": "other"})

    assert "after" in tags_of(over)
    assert "after" in tags_of(unknown)


def test_a_wait_for_an_instant_is_for_the_day_that_it_is_where_the_customer_is():
    make.attribute("visit", "timestamp")
    who = entered(
        datetime(2026, 3, 1, tzinfo=UTC),
        step("wait", until="date", attribute="visit", offset_days=0, at="09:00"),
        timezone="Asia/Tokyo",
        attributes={"visit": "2026-03-09T16:00:00Z"},
    )

    # It is the 10th there, at one in the morning.
    assert due_of(who) == datetime(2026, 3, 10, 9, tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.mark.parametrize(
    ("field_type", "value"),
    [("date", "9999-12-31"), ("timestamp", "9999-12-31T23:00:00Z")],
)
def test_what_never_ends_is_waited_for(field_type, value):
    make.attribute("ends", field_type)
    who = entered(
        timezone.now(),
        step("wait", until="date", attribute="ends", offset_days=1),
        timezone="Asia/Tokyo",
        attributes={"ends": value},
    )

    assert due_of(who).year > 8_000
    assert logs(who) == []


def test_an_activity_ends_the_wait_for_it(api_events):
    now = timezone.now()
    who = entered(now, step("wait", until="activity", name="booked", timeout_days=7))
    assert "after" not in tags_of(who)

    api_events(who, "looked")
    run(now + timedelta(minutes=1))
    assert "after" not in tags_of(who)

    api_events(who, "booked")
    run(now + timedelta(minutes=2))
    assert "after" in tags_of(who)


def test_a_wait_that_is_over_does_not_begin_anew_when_the_database_is_in_trouble():
    now = timezone.now()
    who = entered(now, step("wait", until="activity", name="booked", timeout_days=7))
    over = now + timedelta(days=7)

    with out_of_reach("activities"):
        run(over)
    assert "after" not in tags_of(who)
    run(over + timedelta(minutes=1))

    assert "after" in tags_of(who)
    assert [good for _kind, good, _words in logs(who)] == [False, True, True]


@contextmanager
def out_of_reach(table):
    """Let the database know nothing of a table for a while."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO out_of_reach")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE out_of_reach RENAME TO {table}")


def test_an_activity_that_came_while_the_workflow_was_paused_is_known(api_events):
    now = timezone.now()
    wait = {"until": "activity", "name": "booked", "timeout_days": 7}
    who = entered(now, step("wait", on_timeout="exit", **wait))
    made = Workflow.objects.get()
    disable(made, on_the_way=OnTheWay.PAUSE)
    api_events(who, "booked")
    run(now)

    enable(made)
    run(now + timedelta(days=7))

    assert "after" in tags_of(who)


def test_an_activity_counts_however_long_the_workflow_was_paused_after_it():
    begun = timezone.now() - timedelta(days=20)
    wait = {"until": "activity", "name": "booked", "timeout_days": 7}
    came, other = (
        entered(begun, step("wait", on_timeout="exit", **wait)) for _who in range(2)
    )
    for made in Workflow.objects.all():
        disable(made, on_the_way=OnTheWay.PAUSE)
    make.activity(came, "booked", occurred_at=begun + timedelta(days=2))
    make.activity(other, "booked", occurred_at=begun - timedelta(hours=1))
    for made in Workflow.objects.all():
        enable(made)

    run(begun + timedelta(days=20))

    assert (state_of(came), state_of(other)) == ("completed", "exited")


@pytest.mark.parametrize(
    ("rule", "state"), [("go_on", "completed"), ("exit", "exited")]
)
def test_an_activity_that_does_not_come_ends_the_wait_too(rule, state):
    now = timezone.now()
    who = entered(
        now,
        step("wait", until="activity", name="booked", timeout_days=7, on_timeout=rule),
    )

    run(now + timedelta(days=7))

    assert state_of(who) == state
    assert ("after" in tags_of(who)) == (rule == "go_on")
