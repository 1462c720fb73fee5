"""Groups, sessions and bookings by the API."""

import pytest

from funnel.models import Activity, Booking
from tests import make

pytestmark = pytest.mark.django_db
GROUP = {"name": "Calm minds"}
SESSION = {
    "group": "Calm minds",
    "starts_at": "2026-11-03T18:00:00Z",
    "external_id": "s-1",
}


def post(api, resource, body):
    return api.post(f"/api/v1/{resource}/", body, format="json")


@pytest.fixture
def schedule(api):
    assert post(api, "groups", GROUP).status_code == 201
    assert post(api, "sessions", SESSION).status_code == 201


def test_a_session_is_known_again_and_changed(api, schedule):
    again = post(api, "sessions", SESSION | {"name": "Breathing", "minutes": 45})

    assert again.status_code == 200
    shown = again.json()
    assert (shown["name"], shown["minutes"], shown["is_paid"]) == (
        "Breathing",
        45,
        False,
    )


def test_who_booked_and_came_has_one_booking_and_one_activity(api, schedule):
    ada = make.customer()
    body = {"customer_id": ada.pk, "session": "s-1"}

    booked = post(api, "bookings", body)
    came = [post(api, "bookings", body | {"attended": True}) for _ in range(2)]

    assert booked.status_code == 201
    assert [answer.status_code for answer in came] == [200, 200]
    assert came[1].json()["attended"] is True
    assert Booking.objects.count() == 1
    assert Activity.objects.count() == 1


def test_a_batch_marks_many(api, schedule):
    people = [make.customer() for _ in range(3)]
    items = [
        {"customer_id": one.pk, "session": "s-1", "attended": True} for one in people
    ]

    answer = post(api, "bookings/batch", {"items": [*items, {"session": "s-1"}]})

    assert answer.status_code == 207
    assert (answer.json()["created"], answer.json()["rejected"]) == (3, 1)
    assert Activity.objects.count() == 3


def test_bookings_are_listed_by_session_and_attendance(api, schedule):
    ada, bob = make.customer(), make.customer()
    post(api, "bookings", {"customer_id": ada.pk, "session": "s-1", "attended": True})
    booked = post(api, "bookings", {"customer_id": bob.pk, "session": "s-1"}).json()

    session = {"session_id": booked["session_id"]}
    came = api.get("/api/v1/bookings/", session | {"attended": "true"}).json()

    assert [one["customer_id"] for one in came["results"]] == [ada.pk]
    assert len(api.get("/api/v1/bookings/", session).json()["results"]) == 2


def test_a_booking_is_cancelled_unless_the_customer_came(api, schedule):
    body = {"customer_id": make.customer().pk, "session": "s-1"}
    pk = post(api, "bookings", body).json()["id"]

    post(api, "bookings", body | {"attended": True})
    refused = api.post(f"/api/v1/bookings/{pk}/cancel/")
    post(api, "bookings", body | {"attended": False})
    cancelled = api.post(f"/api/v1/bookings/{pk}/cancel/")

    assert (refused.status_code, cancelled.status_code) == (409, 200)
    assert not Booking.objects.exists()
    assert not Activity.objects.exists()
    assert api.post(f"/api/v1/bookings/{pk}/cancel/").status_code == 404


@pytest.mark.parametrize(
    ("resource", "body", "field"),
    [
        ("groups", {}, "name"),
        ("groups", {"name": "x" * 201}, "name"),
        ("sessions", SESSION | {"group": "Nobody"}, "group"),
        ("sessions", SESSION | {"minutes": 0}, "minutes"),
        ("sessions", SESSION | {"minutes": 10**17}, "minutes"),
        ("sessions", SESSION | {"starts_at": "soon"}, "starts_at"),
        ("bookings", {"session": "s-9"}, "session"),
        ("bookings", {"session_id": 10**17}, "session"),
        ("bookings", {"session": "s-1", "attended": "perhaps"}, "attended"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_field(
    api, schedule, resource, body, field
):
    if resource == "bookings":
        body = body | {"customer_id": make.customer().pk}

    answer = post(api, resource, body)

    assert answer.status_code == 400
    assert {one["field"] for one in answer.json()["errors"]} == {field}
