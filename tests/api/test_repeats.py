import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from customers.models import Customer
from funnel.models import Activity
from marketing_os.lib.api.keys import SCOPES, create_key
from marketing_os.lib.models import IdempotentResponse
from marketing_os.tasks import forget_old_answers
from tests import make
from tests.api.conftest import client_with
from tests.waiting import wait_until

ACTIVITY = {"lms_lead_id": "A", "name": "login", "properties": {"z": 1, "a": [2]}}
POSTS = {
    "an activity": ("activities/", ACTIVITY),
    "a batch of activities": ("activities/batch/", {"items": [ACTIVITY, {}]}),
    "a move": (
        "funnel-events/",
        {"lms_lead_id": "A", "funnel_type": "sales", "to_stage": "won"},
    ),
    "a customer": ("customers/", {"lms_lead_id": "NEW", "attributes": {"b": 1}}),
    "a batch of customers": ("customers/batch/", {"items": [{"lms_lead_id": "NEW"}]}),
    "an attribute": (
        "attributes/",
        {
            "lms_lead_id": "A",
            "field_type": "string",
            "field_name": "plan",
            "field_value": "gold",
        },
    ),
}


def post(api, url, body, name="key-1"):
    return api.post(f"/api/v1/{url}", body, format="json", HTTP_IDEMPOTENCY_KEY=name)


@pytest.mark.django_db
@pytest.mark.parametrize(("url", "body"), POSTS.values(), ids=POSTS.keys())
def test_a_repeat_is_answered_as_the_first_time_and_stores_nothing(api, url, body):
    make.customer(lms_lead_id="A")
    first = post(api, url, body)
    stored = (Customer.objects.count(), Activity.objects.count())
    Customer.objects.update(first_name="Changed since")

    again = post(api, url, body)

    assert first.status_code in (201, 207, 200)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (Customer.objects.count(), Activity.objects.count()) == stored


@pytest.mark.django_db
@pytest.mark.parametrize(("url", "body"), POSTS.values(), ids=POSTS.keys())
def test_the_same_key_with_another_body_is_a_conflict(api, url, body):
    make.customer(lms_lead_id="A")
    post(api, url, body)

    other = post(
        api, url, {**body, "email": ""} if "items" not in body else {"items": [{}]}
    )

    assert other.status_code == 409
    assert "Idempotency-Key" in other.json()["detail"]


@pytest.mark.django_db
def test_the_same_key_at_another_address_is_a_conflict(api):
    make.customer(lms_lead_id="A")
    post(api, "activities/", ACTIVITY)

    assert post(api, "customers/", ACTIVITY).status_code == 409


@pytest.mark.django_db
def test_keys_of_two_integrations_do_not_meet(api):
    make.customer(lms_lead_id="A")
    _key, secret = create_key("another", list(SCOPES))

    first = post(api, "activities/", ACTIVITY)
    second = post(client_with(secret), "activities/", ACTIVITY)

    assert first.json()["id"] != second.json()["id"]


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["activities/", "attributes/"])
def test_a_refused_request_may_be_sent_again_under_its_key(api, url):
    body = POSTS["an attribute"][1] if url == "attributes/" else ACTIVITY
    refused = post(api, url, body)
    make.customer(lms_lead_id="A")

    again = post(api, url, body)

    assert (refused.status_code, again.status_code) == (400, 201)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "x" * 256, "schlüssel", "a\tb"])
@pytest.mark.parametrize("url", ["activities/", "customers/batch/"])
def test_an_odd_key_is_refused(api, url, name):
    response = post(api, url, ACTIVITY, name)

    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["detail"]


@pytest.mark.django_db
def test_a_test_key_keeps_no_answer():
    make.customer(lms_lead_id="A")
    _key, secret = create_key("trial", ["events:write"], is_test=True)

    post(client_with(secret), "activities/", ACTIVITY)

    assert not IdempotentResponse.objects.exists()


@pytest.mark.django_db
def test_old_answers_are_forgotten_and_young_ones_kept(api):
    make.customer(lms_lead_id="A")
    for name in ("old", "young"):
        post(api, "activities/", ACTIVITY, name)
    IdempotentResponse.objects.filter(key="old").update(
        created_at=timezone.now() - timedelta(hours=25)
    )

    forget_old_answers()

    assert IdempotentResponse.objects.get().key == "young"


def _in_parallel(count, work):
    """Run `work` at the same moment in threads, each with its own connection."""
    together = threading.Barrier(count)
    found = []

    def run():
        together.wait()
        try:
            found.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("url", "body"), POSTS.values(), ids=POSTS.keys())
def test_of_equal_requests_at_the_same_moment_one_is_done(url, body):
    make.customer(lms_lead_id="A")
    _key, secret = create_key("tests", list(SCOPES))

    answers = _in_parallel(8, lambda: post(client_with(secret), url, body))

    assert {(one.status_code, one.content) for one in answers} == {
        (answers[0].status_code, answers[0].content)
    }
    assert answers[0].status_code < 300
    assert Activity.objects.count() <= 1


@pytest.mark.django_db(transaction=True)
def test_without_a_key_each_of_equal_requests_is_done():
    make.customer(lms_lead_id="A")
    _key, secret = create_key("tests", list(SCOPES))

    _in_parallel(
        4,
        lambda: client_with(secret).post(
            "/api/v1/activities/", ACTIVITY, format="json"
        ),
    )

    assert Activity.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_one_external_id_at_the_same_moment_is_one_activity():
    make.customer(lms_lead_id="A")
    _key, secret = create_key("tests", list(SCOPES))
    body = {**ACTIVITY, "external_id": "order-1"}

    answers = _in_parallel(
        8,
        lambda: client_with(secret).post("/api/v1/activities/", body, format="json"),
    )

    assert {one.json()["id"] for one in answers} == {Activity.objects.get().pk}
    assert sorted(one.status_code for one in answers) == [200] * 7 + [201]


@pytest.mark.django_db(transaction=True)
def test_of_different_events_with_one_external_id_all_are_told_of_the_first():
    make.customer(lms_lead_id="A")
    _key, secret = create_key("tests", list(SCOPES))
    names = iter(f"login {number}" for number in range(8))

    answers = _in_parallel(
        8,
        lambda: client_with(secret).post(
            "/api/v1/activities/batch/",
            {"items": [{**ACTIVITY, "name": next(names), "external_id": "order-1"}]},
            format="json",
        ),
    )

    results = [one.json()["results"][0] for one in answers]
    assert {one["id"] for one in results} == {Activity.objects.get().pk}
    assert sorted(one["status"] for one in results) == ["created"] + ["unchanged"] * 7


@pytest.mark.django_db(transaction=True)
def test_a_closed_connection_is_opened_again_before_an_event_is_written():
    make.customer(lms_lead_id="A")
    _key, secret = create_key("tests", list(SCOPES))
    api = client_with(secret)
    assert api.post("/api/v1/activities/", ACTIVITY, format="json").status_code == 201
    backend = connection.connection.info.backend_pid
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
        wait_until(lambda: _is_gone(cursor, backend))
    other.close()

    assert api.post("/api/v1/activities/", ACTIVITY, format="json").status_code == 201


def _is_gone(cursor, backend):
    cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [backend])
    return cursor.fetchone() is None
