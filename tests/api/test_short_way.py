"""Rows that need no cast take a shorter way than others, to the same end."""

import pytest

from funnel.models import Activity, FunnelEvent
from tests import make

pytestmark = pytest.mark.django_db
ROWS = {
    "a whole amount": {"amount": 149},
    "an amount with a fraction": {"amount": 149.005},
    "a tiny amount": {"amount": 1e-07},
    "a negative amount as text": {"amount": "-0.1"},
    "no amount": {"amount": None},
    "a moment in another zone": {"occurred_at": "2026-11-02T09:30:00+05:30"},
    "a moment with a fraction": {"occurred_at": "2026-11-02T09:30:00.120Z"},
    "the last moment": {"occurred_at": "9999-12-29T23:59:59-14:00"},
    "nested properties": {"properties": {"a": [1, {"b": None}], "é": 1e300}},
    "an external ID": {"external_id": "order 1"},
}
FAULTY = {
    "no day": {"occurred_at": "2026-02-30T09:30:00Z"},
    "no hour": {"occurred_at": "2026-02-03T24:30:00Z"},
    "no minute": {"occurred_at": "2026-02-03T23:30:61Z"},
    "too much": {"amount": 10**12},
    "far too much": {"amount": "999999999999.999"},
    "a switch as an amount": {"amount": True},
    "a long name": {"name": "x" * 101},
    "an empty name": {"name": ""},
    "a cleared name": {"name": "__null__"},
    "a name of spaces": {"name": " \u00a0"},
    "a list of properties": {"properties": []},
    "an endless ID": {"customer_id": 10**18},
    "a negative ID": {"customer_id": -1},
    "nobody's ID": {"customer_id": 10**17},
    "an unknown field": {"colour": None},
    "a line of its own": {"line": 7},
}


def post(api, row, resource="activities"):
    return api.post(f"/api/v1/{resource}/", row, format="json")


def activity(**values):
    return {"name": "purchase", "occurred_at": "2026-11-02T09:30:00Z", **values}


@pytest.mark.parametrize("values", ROWS.values(), ids=ROWS.keys())
def test_a_row_that_needs_no_cast_is_stored_as_one_that_does(api, values):
    row = activity(lms_lead_id=make.customer(lms_lead_id="A").lms_lead_id, **values)
    short = post(api, row)
    Activity.objects.all().delete()

    long = post(api, {**row, "name": " purchase\t"})

    assert (short.status_code, long.status_code) == (201, 201)
    assert {**short.json(), "id": 0} == {**long.json(), "id": 0}


@pytest.mark.parametrize("values", FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_row_is_refused_by_its_field_and_not_stored(api, values):
    row = activity(customer_id=make.customer().pk) | values

    response = post(api, row)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == list(values)
    assert not Activity.objects.exists()


def test_two_names_of_two_people_are_decided_by_the_lead_id(api):
    ada, bob = make.customer(lms_lead_id="A"), make.customer(lms_lead_id="B")

    response = post(api, activity(customer_id=ada.pk, lms_lead_id="B"))

    assert response.json()["customer_id"] == bob.pk


def test_a_row_about_an_erased_customer_is_refused(api):
    gone = make.customer(erased_at="2026-01-01T00:00:00Z")

    assert post(api, activity(customer_id=gone.pk)).status_code == 400
    assert not Activity.objects.exists()


def test_of_a_batch_only_the_strangers_are_refused(api):
    ada = make.customer(lms_lead_id="A")
    known, unknown = activity(customer_id=ada.pk), activity(lms_lead_id="X")
    first = activity(lms_lead_id="X", external_id="once")
    again = activity(customer_id=ada.pk, external_id="once")

    response = api.post(
        "/api/v1/activities/batch/",
        {"items": [known, unknown, first, again, again]},
        format="json",
    )

    statuses = [one["status"] for one in response.json()["results"]]
    assert statuses == ["created", "rejected", "rejected", "created", "unchanged"]
    assert Activity.objects.filter(customer=ada).count() == 2


def test_a_move_into_a_funnel_in_capitals_is_that_funnel(api):
    make.customer(lms_lead_id="A")
    move = {"lms_lead_id": "A", "funnel_type": "Sales", "to_stage": "won"}

    response = post(api, move, "funnel-events")

    assert response.status_code == 201
    assert FunnelEvent.objects.get().funnel_type == "sales"
