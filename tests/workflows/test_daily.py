"""Who the daily triggers mean, on the days around the one that counts."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from automations.models import Enrolment, Workflow
from automations.services.workflows import save_workflow
from automations.workflows.explaining import obstacle_of
from segments.errors import ConditionError
from segments.models import CustomerScore, ScoreRefresh
from tests import make
from tests.workflows.days import at, daily, entered
from tests.workflows.make import run, tag, trigger, workflow

pytestmark = pytest.mark.django_db


def inactive(days, now, **values):
    who = make.customer(timezone="Europe/Berlin", **values)
    make.activity(who, occurred_at=now - timedelta(days=days))
    return who


def test_low_engagement_means_thirty_days_without_anything():
    now = at("2026-06-30")
    gone, seen = inactive(30, now), inactive(29, now)
    daily("low_engagement", min_activity_level="high")

    run(now)

    assert entered(gone)
    assert not entered(seen)


def test_the_activity_level_counts_where_it_is_known():
    now = at("2026-06-30")
    low, high, unknown = (inactive(40, now) for _number in range(3))
    refresh = ScoreRefresh.objects.create(is_current=True, as_of=now)
    for who, level in ((low, 0), (high, 2)):
        CustomerScore.objects.create(
            customer=who, refresh=refresh, level=level, risk=0.5
        )
    daily("low_engagement")

    run(now)

    assert [entered(one) for one in (low, high, unknown)] == [True, False, True]


@pytest.mark.parametrize(("risk", "is_meant"), [(0.69, False), (0.7, True)])
def test_a_risk_at_the_threshold_is_high(risk, is_meant):
    now, who = at("2026-06-30"), make.customer()
    refresh = ScoreRefresh.objects.create(is_current=True, as_of=now)
    CustomerScore.objects.create(customer=who, refresh=refresh, level=1, risk=risk)
    daily("high_retention_risk")

    run(now)

    assert entered(who) is is_meant


def test_who_never_did_anything_counts_from_when_they_became_known():
    now = at("2026-06-30")
    old = make.customer(created_date=now - timedelta(days=40))
    new = make.customer(created_date=now - timedelta(days=10))
    daily("low_engagement", min_activity_level="high")

    run(now)

    assert (entered(old), entered(new)) == (True, False)


@pytest.mark.parametrize(
    ("expiry", "is_meant"),
    [("2026-03-31", False), ("2026-04-01", True), ("2026-04-02", False)],
)
def test_an_expiry_counts_exactly_fourteen_days_before(expiry, is_meant):
    """The clocks change on 29 March, between the two days."""
    make.attribute("membership_expiry_date", "date")
    who = make.customer(
        timezone="Europe/Berlin", attributes={"membership_expiry_date": expiry}
    )
    daily("membership_expiry_upcoming")

    run(at("2026-03-18"))

    assert entered(who) is is_meant


@pytest.mark.parametrize(
    ("joined", "is_meant"),
    [("2026-06-28", False), ("2026-06-29", True), ("2026-06-30", False)],
)
def test_a_new_member_is_welcomed_a_day_after(joined, is_meant):
    make.attribute("join_date", "date")
    who = make.customer(timezone="Europe/Berlin", attributes={"join_date": joined})
    daily("new_member_welcome")

    run(at("2026-06-30"))

    assert entered(who) is is_meant


@pytest.mark.parametrize(
    ("day", "is_meant"),
    [
        ("2027-02-27", False),
        ("2027-02-28", True),
        ("2027-03-01", False),
        ("2028-02-28", False),
        ("2028-02-29", True),
    ],
)
def test_a_birthday_on_the_leap_day_is_on_the_28th_else(day, is_meant):
    make.attribute("birth_date", "date")
    who = make.customer(
        timezone="Europe/Berlin", attributes={"birth_date": "2000-02-29"}
    )
    daily("birthday")

    run(at(day))

    assert entered(who) is is_meant


def test_days_are_those_of_the_customer():
    make.attribute("birth_date", "date")
    born = {"attributes": {"birth_date": "1990-06-30"}}
    tokyo = make.customer(timezone="Asia/Tokyo", **born)
    berlin = make.customer(timezone="Europe/Berlin", **born)
    daily("birthday")

    run(at("2026-06-29", 20))  # in Tokyo it is the 30th

    assert (entered(tokyo), entered(berlin)) == (True, False)


@pytest.mark.parametrize(
    ("day", "is_meant"), [("2026-06-29", False), ("2026-06-30", True)]
)
def test_an_anniversary_is_of_so_many_years(day, is_meant):
    make.attribute("join_date", "date")
    five, four = (
        make.customer(timezone="Europe/Berlin", attributes={"join_date": joined})
        for joined in ("2021-06-30", "2022-06-30")
    )
    daily("milestone_achieved", type="anniversary", value=5)

    run(at(day))

    assert (entered(five), entered(four)) == (is_meant, False)


def test_a_milestone_is_reached_once_and_not_by_those_who_had_it_before():
    start = at("2026-06-01")
    old, new = make.customer(), make.customer()
    for number in range(10):
        make.activity(
            old, "class_attended", occurred_at=start - timedelta(days=number + 2)
        )
        make.activity(
            new, "class_attended", occurred_at=start + timedelta(hours=number)
        )
    daily("milestone_achieved", since="2026-06-01", type="classes_attended", value=10)

    run(start + timedelta(days=1))
    run(start + timedelta(days=30))

    assert (entered(new), entered(old)) == (True, False)
    assert Enrolment.objects.count() == 1


def test_nine_classes_are_no_ten():
    start = at("2026-06-01")
    who = make.customer()
    for number in range(9):
        make.activity(
            who, "class_attended", occurred_at=start + timedelta(hours=number)
        )
    daily("milestone_achieved", since="2026-06-01", type="classes_attended", value=10)

    run(start + timedelta(days=1))

    assert not entered(who)


def test_conditions_of_ones_own_start_a_workflow():
    make.attribute("city")
    lima, rome = (make.customer(attributes={"city": one}) for one in ("Lima", "Rome"))
    in_lima = {
        "type": "attribute",
        "attribute": "city",
        "operator": "equals",
        "value": "Lima",
    }
    daily("conditions", conditions={"version": 1, "all": [in_lima]})

    run(at("2026-06-30"))

    assert (entered(lima), entered(rome)) == (True, False)


def test_only_active_members_are_meant():
    make.attribute("birth_date", "date")
    make.attribute("membership_status")
    born = {"birth_date": "1990-06-30"}
    active, unknown, left = (
        make.customer(timezone="Europe/Berlin", attributes=born | status)
        for status in (
            {"membership_status": "Active"},
            {},
            {"membership_status": "cancelled"},
        )
    )
    archived = make.customer(attributes=born, archived_at=timezone.now())
    daily("birthday")

    run(at("2026-06-30"))

    assert [entered(one) for one in (active, unknown, left, archived)] == [
        True,
        True,
        False,
        False,
    ]


def test_the_look_is_once_a_day_at_its_hour():
    make.attribute("birth_date", "date")
    daily("birthday")
    born = {"attributes": {"birth_date": "1990-06-30"}, "timezone": "Europe/Berlin"}
    first = make.customer(**born)

    run(at("2026-06-30", 3, 59))
    assert not entered(first)

    run(at("2026-06-30", 4))
    assert entered(first)

    late = make.customer(**born)
    run(at("2026-06-30", 5))
    assert not entered(late)


@pytest.mark.parametrize(
    ("back_at", "is_made_up_for"),
    [
        (("2026-07-01", 0, 30), True),
        (("2026-07-01", 22, 59), True),
        (("2026-07-01", 23), False),  # the next look has come
    ],
)
def test_a_look_that_nobody_made_by_midnight_is_made_up_for(back_at, is_made_up_for):
    make.attribute("birth_date", "date")
    born = {"attributes": {"birth_date": "1990-06-30"}, "timezone": "Europe/Berlin"}
    who, made = make.customer(**born), daily("birthday", check_hour=23)
    run(at("2026-06-29", 23))

    run(at(*back_at))
    run(at(*back_at) + timedelta(minutes=1))

    assert entered(who) is is_made_up_for
    assert made.enrolments.count() == is_made_up_for


def test_enabling_before_the_hour_makes_up_for_nothing():
    make.attribute("birth_date", "date")
    who = make.customer(
        attributes={"birth_date": "1990-06-30"}, timezone="Europe/Berlin"
    )
    daily("birthday", since="2026-07-01", check_hour=23)

    run(at("2026-07-01", 5))

    assert not entered(who)


def test_enabling_after_the_hour_waits_for_the_next_day():
    make.attribute("birth_date", "date")
    who = make.customer(
        attributes={"birth_date": "1990-06-30"}, timezone="Europe/Berlin"
    )
    workflow(
        tag("entered"),
        on=trigger("birthday"),
        now=at("2026-06-30", 15),
        timezone="Europe/Berlin",
    )

    run(at("2026-06-30", 16))

    assert not entered(who)


def test_a_workflow_that_is_off_starts_nothing():
    make.attribute("birth_date", "date")
    who = make.customer(
        attributes={"birth_date": "1990-06-30"}, timezone="Europe/Berlin"
    )
    workflow(tag("entered"), on=trigger("birthday"), enabled=False)

    run(at("2026-06-30"))

    assert not entered(who)


def test_the_cooldown_counts_from_the_last_entry():
    now = at("2026-06-30")
    who = inactive(40, now)
    daily("low_engagement", min_activity_level="high")

    for days, entries in ((0, 1), (1, 1), (6, 1), (7, 2), (8, 2)):
        run(now + timedelta(days=days))
        assert Enrolment.objects.filter(customer=who).count() == entries, days


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # The second look comes half a minute earlier in its hour.
        ("2026-06-30T04:00:40+02:00", "2026-07-07T04:00:10+02:00"),
        # The clocks go forward between the two.
        ("2026-03-24T04:00:00+01:00", "2026-03-31T04:00:00+02:00"),
    ],
)
def test_the_days_of_a_cooldown_are_those_of_the_look(first, second):
    first, second = datetime.fromisoformat(first), datetime.fromisoformat(second)
    who = inactive(40, first)
    made = daily("low_engagement")
    ways = Enrolment.objects.filter(customer=who)

    run(first)
    run(second - timedelta(days=1))
    assert ways.count() == 1
    _reason, until = obstacle_of(made, who, "", second - timedelta(days=1))
    assert until <= second

    run(second)
    assert ways.count() == 2


def test_only_once_means_once():
    now = at("2026-06-30")
    who = inactive(40, now)
    workflow(
        tag("entered"),
        on=trigger("low_engagement", min_activity_level="high"),
        now=at("2020-01-01"),
        timezone="Europe/Berlin",
        reentry=Workflow.Reentry.ONCE,
    )

    for days in (0, 30, 60):
        run(now + timedelta(days=days))

    assert Enrolment.objects.filter(customer=who).count() == 1


def test_a_trigger_without_its_attribute_says_so():
    with pytest.raises(ConditionError, match="birth_date"):
        save_workflow(Workflow(name="x", trigger=trigger("birthday"), steps=[tag("y")]))
