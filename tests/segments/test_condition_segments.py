import datetime as dt

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from segments.errors import SegmentError
from segments.services import (
    audience,
    delete_segment,
    latest_snapshot,
    save_segment,
    try_conditions,
)
from tests import make

pytestmark = pytest.mark.django_db

ADAS = {"type": "field", "field": "first_name", "operator": "equals", "value": "Ada"}


def rule(*members, **overrides):
    values = {"type": "conditions", "conditions": {"version": 1, "all": list(members)}}
    return make.segment(**values | overrides)


def using(segment, operator="in"):
    return {"type": "segment", "operator": operator, "segment": segment.pk}


def test_conditions_find_their_customers_and_leave_a_snapshot():
    ada = make.customer(first_name="Ada")
    make.customer(first_name="Bert")
    make.customer(first_name="Ada", archived_at=timezone.now())
    segment = rule(ADAS)

    assert list(audience(segment)) == [ada]
    assert latest_snapshot(segment).customer_count == 1


def test_each_look_up_tells_who_entered_and_who_left():
    ada, eve = make.customer(first_name="Ada"), make.customer(first_name="Eve")
    segment = rule(ADAS)
    audience(segment)
    ada.first_name, eve.first_name = "Eve", "Ada"
    ada.save()
    eve.save()
    make.customer(first_name="Ada")

    audience(segment)

    newest, first = segment.snapshots.all()
    assert (first.entered_count, first.left_count) == (None, None)
    assert (newest.customer_count, newest.entered_count, newest.left_count) == (2, 2, 1)


def test_a_segment_asks_others_of_every_type():
    listed, found, neither = (make.customer(first_name="Ada") for _number in range(3))
    newest = make.segment(type="function", handler_function="newest_customers")
    outer = rule(
        ADAS,
        using(rule(ADAS)),
        using(newest),
        {"any": [using(make.segment(listed)), using(make.segment(found))]},
        using(make.segment(neither), "not_in"),
    )

    assert set(audience(outer)) == {listed, found}
    assert newest.snapshots.get().state == "ready"


def test_what_is_used_and_fails_is_named():
    broken = make.segment(type="function", handler_function="gone", name="Broken")
    segment = rule(using(broken))

    with pytest.raises(SegmentError, match="“Broken”, which this segment uses, failed"):
        audience(segment)

    assert segment.snapshots.get().state == "failed"


def test_a_segment_that_conditions_ask_for_is_in_use():
    used = make.segment(name="Used")
    rule(using(used), name="User")

    with pytest.raises(SegmentError, match="used by segment “User”"):
        delete_segment(used)


def test_a_circle_cannot_be_saved():
    first = rule(ADAS)
    second = rule(using(first))
    first.conditions = {"version": 1, "all": [using(second)]}

    with pytest.raises(SegmentError, match="would refer to itself"):
        save_segment(first)


def test_sensitive_attributes_are_for_those_who_may_see_them():
    make.attribute("illness", sensitive=True)
    ill = {"type": "attribute", "attribute": "illness", "operator": "is_set"}
    document = {"version": 1, "all": [ill]}
    user = make.grant(make.user(), "segments.change_segment")
    doctor = make.grant(make.user(), "customers.view_sensitive")

    with pytest.raises(SegmentError, match="no attribute “illness” that you may use"):
        try_conditions(document, by=user)

    assert try_conditions(document, by=doctor).count == 0


def test_the_first_customers_are_the_newest():
    customers = [make.customer(first_name="Ada") for _number in range(25)]
    document = {"version": 1, "all": [ADAS]}

    tried = try_conditions(document, by=make.administrator())

    assert tried.count == 25
    assert tried.customers == customers[:4:-1]
    assert tried.words == "Customers whose first name is “Ada”."
    assert "FROM customers c" in tried.sql


@time_machine.travel("2026-11-21 03:00Z", tick=False)
def test_a_day_begins_at_midnight_where_the_customer_is():
    when = dt.datetime(2026, 11, 20, 23, 30, tzinfo=dt.UTC)
    in_zone = {
        zone: make.customer(timezone=zone, created_date=when)
        for zone in ("", "Asia/Tokyo", "America/New_York")
    }
    today = {
        "type": "field",
        "field": "created_date",
        "operator": "last_days",
        "value": 0,
    }

    found = set(audience(rule(today)))

    # 23:30 UTC is today in Tokyo, and so it is in New York, where it is the 20th yet.
    assert found == {in_zone["Asia/Tokyo"], in_zone["America/New_York"]}


def test_long_values_are_found(transactional_db):
    text = "é" * 30_000 + "needle"
    make.attribute("note")
    customer = make.customer(attributes={"note": text})
    contains = {"type": "attribute", "attribute": "note", "operator": "contains"}

    assert list(audience(rule(contains | {"value": "needle"}))) == [customer]


def test_an_indexed_text_is_found_beyond_what_its_index_holds(transactional_db):
    make.attribute("note", indexed=True)
    same = "x" * 250
    customer = make.customer(attributes={"note": same + "a"})
    make.customer(attributes={"note": same + "b"})
    equals = {"type": "attribute", "attribute": "note", "operator": "equals"}
    starts = equals | {"operator": "starts_with"}

    assert list(audience(rule(equals | {"value": same + "a"}))) == [customer]
    assert list(audience(rule(starts | {"value": same + "a"}))) == [customer]


def test_hostile_values_are_only_values():
    make.attribute("a'); DROP TABLE customers; --")
    hostile = "'); DELETE FROM customers; --\\ %s {} $1"
    customer = make.customer(attributes={"a'); DROP TABLE customers; --": hostile})
    asked = {
        "type": "attribute",
        "attribute": "a'); DROP TABLE customers; --",
        "operator": "equals",
        "value": hostile,
    }

    assert list(audience(rule(asked))) == [customer]


def test_the_command_looks_conditions_up(capsys):
    make.customer(first_name="Ada")
    rule(ADAS, name="Adas")

    call_command("evaluate_segment", "Adas")

    assert "1 customers are in “Adas”." in capsys.readouterr().out
