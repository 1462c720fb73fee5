"""What the daily look asks anew, and what becomes of one that fails."""

import pytest

from tests import make
from tests.workflows.days import at, daily, entered
from tests.workflows.make import run

pytestmark = pytest.mark.django_db


def test_a_list_and_conditions_that_are_segments_start_a_workflow():
    make.attribute("city")
    listed, found, neither = make.customer(), make.customer(), make.customer()
    found.attributes = {"city": "Lima"}
    found.save()
    in_lima = {
        "type": "attribute",
        "attribute": "city",
        "operator": "equals",
        "value": "Lima",
    }
    rules = make.segment(type="conditions", conditions={"version": 1, "all": [in_lima]})
    for one in (make.segment(listed), rules):
        daily("segment", segment=one.pk)

    run(at("2026-06-30"))

    assert [entered(one) for one in (listed, found, neither)] == [True, True, False]


def test_a_segment_of_a_function_is_looked_up_anew_before_the_daily_look():
    segment = make.segment(
        type="function", handler_function="customers_without_activity"
    )
    made = daily("segment", segment=segment.pk)
    idle, busy = make.customer(), make.customer()
    make.activity(busy)

    run(at("2026-06-30"))

    assert (entered(idle), entered(busy)) == (True, False)
    made.refresh_from_db()
    assert made.check_error == ""


def test_a_look_that_fails_is_told_and_tried_again_an_hour_later(settings):
    make.attribute("birth_date", "date")
    born = {"attributes": {"birth_date": "1990-06-30"}, "timezone": "Europe/Berlin"}
    who = make.customer(**born)
    made = daily("birthday")
    settings.BIRTH_DATE_ATTRIBUTE = "date_of_birth"
    run(at("2026-06-30"))
    made.refresh_from_db()
    assert "date_of_birth" in made.check_error

    settings.BIRTH_DATE_ATTRIBUTE = "birth_date"
    run(at("2026-06-30", 4, 59))
    assert not entered(who)

    run(at("2026-06-30", 5))
    assert entered(who)
    made.refresh_from_db()
    assert made.check_error == ""


def test_one_look_that_fails_stops_no_other(settings):
    make.attribute("join_date", "date")
    make.attribute("birth_date", "date")
    who = make.customer(
        attributes={"birth_date": "1990-06-30"}, timezone="Europe/Berlin"
    )
    daily("new_member_welcome")
    daily("birthday")
    settings.JOIN_DATE_ATTRIBUTE = "gone"

    run(at("2026-06-30"))

    assert entered(who)
