"""The edges of days: zones on both sides of a date, and days of 23 and 25 hours."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from automations.models import Enrolment
from funnel.services import record_move
from tests import make
from tests.workflows.make import run, tag, tags_of, trigger, workflow

pytestmark = pytest.mark.django_db
BERLIN = "Europe/Berlin"
# It is the 10th in Honolulu, the 11th in Auckland.
BETWEEN = datetime(2026, 6, 10, 18, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def hours(start, count, minutes=30):
    return (start + timedelta(minutes=minutes) * number for number in range(count))


def daily(kind, *, zone="UTC", hour=4, **parameters):
    return workflow(
        tag("entered"),
        on=trigger(kind, **parameters),
        now=LONG_AGO,
        timezone=zone,
        check_hour=hour,
        cooldown_period_days=0,
    )


def entered(who):
    return "entered" in tags_of(who)


@pytest.mark.parametrize(
    ("hour", "day", "looked_at"),
    [
        (4, "2026-03-29", "02:00"),  # the day has 23 hours
        (2, "2026-03-29", "01:00"),  # there is no 02:00; 03:00 is
        (4, "2026-10-25", "03:00"),  # the day has 25
        (2, "2026-10-25", "00:00"),  # 02:00 comes twice; the first time
        (0, "2026-10-25", "22:00"),
        (23, "2026-03-29", "21:00"),
    ],
)
def test_a_look_comes_once_on_days_when_clocks_change(hour, day, looked_at):
    make.attribute("birth_date", "date")
    who = make.customer(timezone=BERLIN, attributes={"birth_date": f"1990-{day[5:]}"})
    daily("birthday", zone=BERLIN, hour=hour)
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(BERLIN))

    for at in hours(midnight.astimezone(UTC), 2 * 25):
        run(at)

    [way] = Enrolment.objects.filter(customer=who)
    assert f"{way.entered_at.astimezone(UTC):%H:%M}" == looked_at


def test_each_workflow_looks_at_its_own_hour_in_its_own_zone():
    make.attribute("birth_date", "date")
    who = make.customer(timezone="UTC", attributes={"birth_date": "1990-06-10"})
    zones = {"Asia/Tokyo": "2026-06-10T19:00", "America/New_York": "2026-06-10T08:00"}
    made = {zone: daily("birthday", zone=zone) for zone in zones}

    # In Tokyo the first look is at 19:00 UTC, still on the 9th where the member is.
    for at in hours(datetime(2026, 6, 9, 18, tzinfo=UTC), 60):
        run(at)

    for zone, expected in zones.items():
        first = Enrolment.objects.filter(customer=who, workflow=made[zone]).earliest(
            "entered_at"
        )
        assert f"{first.entered_at.astimezone(UTC):%Y-%m-%dT%H:%M}" == expected


@pytest.mark.parametrize(
    ("kind", "attribute", "in_honolulu", "in_auckland"),
    [
        (
            "membership_expiry_upcoming",
            "membership_expiry_date",
            "2026-06-24",
            "2026-06-25",
        ),
        ("new_member_welcome", "join_date", "2026-06-09", "2026-06-10"),
        ("birthday", "birth_date", "1990-06-10", "1990-06-11"),
    ],
)
def test_with_the_defaults_days_count_where_the_member_is(
    kind, attribute, in_honolulu, in_auckland
):
    make.attribute(attribute, "date")
    zones = ("Pacific/Honolulu", "Pacific/Auckland")
    right, wrong = (
        [
            make.customer(timezone=zone, attributes={attribute: value})
            for zone, value in zip(zones, values, strict=True)
        ]
        for values in ((in_honolulu, in_auckland), (in_auckland, in_honolulu))
    )
    daily(kind)

    run(BETWEEN)

    assert [entered(one) for one in right + wrong] == [True, True, False, False]


def test_thirty_days_without_anything_are_days_of_the_member():
    """Midnight a month ago was at 10:00 UTC in Honolulu, at 12:00 in Auckland."""
    before, after = (
        datetime(2026, 5, 11, 11, tzinfo=UTC) + timedelta(days=days) for days in (0, 1)
    )
    honolulu = [make.customer(timezone="Pacific/Honolulu") for _at in (before, after)]
    auckland = [make.customer(timezone="Pacific/Auckland") for _at in (before, after)]
    for people in (honolulu, auckland):
        for who, at in zip(people, (before, after), strict=True):
            make.activity(who, occurred_at=at)
    daily("low_engagement", inactive_days=30)

    run(BETWEEN)

    # The 11th at 01:00 in Honolulu is 30 days ago; in Auckland it was the 11th at
    # 23:00, 31 days ago.
    assert [entered(one) for one in honolulu] == [True, False]
    assert [entered(one) for one in auckland] == [True, True]


@pytest.mark.parametrize(
    ("born", "today", "is_meant"),
    [
        ("2000-02-29", "2100-02-28", True),  # 2100 has no leap day
        ("2000-02-29", "2028-02-29", True),
        ("2000-02-29", "2028-02-28", False),
        ("2000-02-28", "2028-02-28", True),
        ("2001-12-31", "2026-12-31", True),
        ("2001-01-01", "2026-12-31", False),
    ],
)
def test_birthdays_at_the_edges_of_years(born, today, is_meant):
    make.attribute("birth_date", "date")
    who = make.customer(timezone="UTC", attributes={"birth_date": born})
    daily("birthday")

    run(datetime.fromisoformat(today).replace(hour=5, tzinfo=UTC))

    assert entered(who) is is_meant


def test_an_anniversary_of_a_leap_day_comes_each_year():
    make.attribute("join_date", "date")
    who = make.customer(timezone="UTC", attributes={"join_date": "2024-02-29"})
    one, four = (
        daily("milestone_achieved", type="anniversary", value=years) for years in (1, 4)
    )

    for day in ("2025-02-28", "2025-03-01", "2028-02-28", "2028-02-29"):
        run(datetime.fromisoformat(day).replace(hour=5, tzinfo=UTC))

    days = {
        workflow: f"{at:%Y-%m-%d}"
        for workflow, at in Enrolment.objects.filter(customer=who).values_list(
            "workflow", "entered_at"
        )
    }
    assert days == {one.pk: "2025-02-28", four.pk: "2028-02-29"}


@pytest.mark.parametrize(
    ("joined", "today", "is_meant"),
    [
        ("2025-12-31", "2025-12-31", False),  # has just joined
        ("2024-12-31", "2025-12-31", True),
        ("2025-01-01", "2026-01-01", True),
        ("2024-01-01", "2026-01-01", False),  # that is the second
    ],
)
def test_a_first_anniversary_at_the_edges_of_years(joined, today, is_meant):
    make.attribute("join_date", "date")
    who = make.customer(timezone="UTC", attributes={"join_date": joined})
    daily("milestone_achieved", type="anniversary", value=1)

    run(datetime.fromisoformat(today).replace(hour=5, tzinfo=UTC))

    assert entered(who) is is_meant


@pytest.mark.parametrize(
    ("asked", "is_meant"),
    [
        ({}, True),
        ({"to_stage": "won"}, True),
        ({"to_stage": "lost"}, False),
        ({"from_stage": "lead"}, True),
        ({"from_stage": "won"}, False),
        ({"funnel_type": "sales", "from_stage": "lead", "to_stage": "won"}, True),
        ({"funnel_type": "service-delivery", "to_stage": "won"}, False),
    ],
)
def test_a_move_is_meant_by_its_funnel_and_both_its_stages(asked, is_meant):
    who = make.customer()
    workflow(tag("entered"), on=trigger("funnel_move", **asked))

    record_move(
        who, funnel_type="sales", from_stage="lead", to_stage="won", source="tests"
    )
    run()

    assert entered(who) is is_meant


@pytest.mark.parametrize(("minutes", "is_meant"), [(-1, True), (1, False)])
def test_an_event_counts_while_it_is_a_day_old(api_events, minutes, is_meant):
    who = make.customer()
    workflow(tag("entered"), on=trigger("activity_performed", name="booked"))
    a_day = datetime.now(UTC) - timedelta(hours=24)

    api_events(who, "booked", at=a_day - timedelta(minutes=minutes))
    run()

    assert entered(who) is is_meant
