from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse

from tests import make

pytestmark = pytest.mark.django_db

SCHEDULE = reverse("admin:automations_automation_schedule")


@pytest.fixture
def ask(client):
    client.force_login(make.administrator())

    def ask(moment="2026-11-20 08:00", **query):
        now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        with time_machine.travel(now, tick=False):
            response = client.get(SCHEDULE, {"timezone": "Europe/Berlin"} | query)
        assert response.status_code == 200
        return response.json()

    return ask


def test_an_expression_fills_the_builder_in(ask):
    told = ask(cron="30 9 * * mon,thu")

    assert told["form"]["mode"] == "weekly"
    assert told["form"]["at"] == "09:30"
    assert told["form"]["weekdays"] == [1, 4]
    assert told["words"] == "At 09:30, Monday and Thursday."


@pytest.mark.parametrize(
    ("query", "cron"),
    [
        ({"mode": "minutes", "every": "15"}, "*/15 * * * *"),
        ({"mode": "minutes", "every": "1"}, "* * * * *"),
        ({"mode": "hourly", "hours": "2", "minute": "5"}, "5 */2 * * *"),
        ({"mode": "daily", "at": "09:30"}, "30 9 * * *"),
        ({"mode": "weekdays", "at": "17:05"}, "5 17 * * 1-5"),
        ({"mode": "weekly", "at": "09:00", "weekday": ["5", "1"]}, "0 9 * * 1,5"),
        ({"mode": "monthly", "at": "00:00", "day": "31"}, "0 0 31 * *"),
    ],
)
def test_the_expression_follows_the_builder(ask, query, cron):
    assert ask(**query)["cron"] == cron


def test_the_next_five_times_are_in_the_zone(ask):
    told = ask(cron="0 9 * * *")

    assert len(told["next"]) == 5
    assert told["next"][0] == {
        "at": "2026-11-21T08:00:00+00:00",
        "when": "Sat 21 Nov 2026, 09:00",
        "offset": "UTC+01:00",
        "until": "in 1\xa0day",
        "note": "",
    }


def test_a_time_that_the_clocks_skip_is_pointed_out(ask):
    told = ask(moment="2026-03-27 12:00", cron="30 2 * * *")

    assert [time["when"][-5:] for time in told["next"]] == [
        "02:30",
        "03:00",
        "02:30",
        "02:30",
        "02:30",
    ]
    assert told["next"][1]["note"] == (
        "the clocks go forward and 02:30 does not exist, so it runs at 03:00."
    )


def test_a_time_that_comes_twice_is_pointed_out(ask):
    told = ask(moment="2026-10-24 12:00", cron="30 2 * * *")

    assert "comes twice; it runs the first time only" in told["next"][0]["note"]


def test_a_change_of_the_clocks_months_ahead_is_foretold(ask):
    told = ask(cron="30 2 * * *")

    assert told["notes"][0].startswith("28 March 2027: the clocks go forward")
    assert ask(cron="30 9 * * *")["notes"] == []
    assert ask(cron="30 2 * * *", timezone="Asia/Kolkata")["notes"] == []


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ({"cron": "0 9 * * 7"}, "Sunday is 0 here, not 7."),
        ({"cron": "\0"}, "five fields"),
        ({}, "Write a cron expression"),
        ({"mode": "yearly"}, "Choose how often"),
        ({"mode": "weekly", "at": "09:00"}, "Choose at least one weekday."),
        ({"mode": "daily", "at": "25:00"}, "Choose a time of day"),
        ({"mode": "monthly", "day": "-1"}, "Choose a whole number."),
        ({"mode": "monthly", "day": "32"}, "not a valid day of the month"),
        ({"run_at": "soon"}, "Choose the date and time."),
        ({"run_at": "2020-01-01T09:00"}, "This time is over."),
        ({"run_at": "0001-01-01T00:00"}, "Choose the date and time."),
    ],
)
def test_bad_choices_are_answered_with_a_sentence(ask, query, part):
    assert part in ask(**query)["error"]


def test_an_unknown_zone_is_answered_with_a_sentence(ask):
    assert "not a known time zone" in ask(cron="0 9 * * *", timezone="X")["zone_error"]
    assert "not a known" in ask(run_at="2099-01-01T09:00", timezone="")["zone_error"]


def test_a_one_off_in_a_skipped_hour_is_moved_and_said(ask):
    told = ask(run_at="2027-03-28T02:30")

    assert told["next"][0]["when"] == "Sun 28 Mar 2027, 03:00"
    assert "does not exist" in told["next"][0]["note"]


def test_the_builder_is_for_staff_who_may_see_automations(client):
    client.force_login(make.user())

    assert client.get(SCHEDULE, {"cron": "* * * * *"}).status_code == 403
