import logging

import pytest

from funnel.models import Activity
from marketing_os.lib.api import limits
from marketing_os.lib.api.keys import SCOPES, create_key
from tests import make
from tests.api.conftest import client_with

pytestmark = pytest.mark.django_db
ACTIVITY = {"lms_lead_id": "A", "name": "login"}


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch):
    """A process that has counted nothing yet, within one and the same minute."""
    monkeypatch.setattr(limits, "_counts", limits._Counts())
    monkeypatch.setattr(limits, "WINDOW", 10**6)


def limited(**limits_of_key):
    key, secret = create_key("tests", list(SCOPES), **limits_of_key)
    # Ids come again when a test's database is rolled back; the counts do not.
    limits.connect().delete(
        *(
            name
            for kind in ("requests", "items")
            for name in limits.connect().keys(f"api:{key.pk}:{kind}:*")
        ),
        "nothing",
    )
    return client_with(secret)


@pytest.mark.parametrize("method", ["get", "post"])
def test_past_the_limit_a_key_is_told_when_to_come_back(method):
    make.customer(lms_lead_id="A")
    api = limited(requests_per_minute=3)

    found = [
        getattr(api, method)("/api/v1/activities/", ACTIVITY, format="json")
        for _ in range(4)
    ]

    assert [one.status_code < 400 for one in found] == [True, True, True, False]
    assert found[3].status_code == 429
    assert int(found[3]["Retry-After"]) > 0
    assert found[3]["Content-Type"] == "application/problem+json"


def test_each_answer_says_what_is_left():
    make.customer(lms_lead_id="A")
    api = limited(requests_per_minute=3)

    first = api.post("/api/v1/activities/", ACTIVITY, format="json")
    second = api.get("/api/v1/activities/")

    assert first["RateLimit-Limit"] == second["RateLimit-Limit"] == "3"
    assert (first["RateLimit-Remaining"], second["RateLimit-Remaining"]) == ("2", "1")
    assert int(second["RateLimit-Reset"]) > 0


def test_items_have_a_limit_of_their_own():
    make.customer(lms_lead_id="A")
    api = limited(items_per_minute=5)
    batch = {"items": [ACTIVITY] * 4}

    first = api.post("/api/v1/activities/batch/", batch, format="json")
    second = api.post("/api/v1/activities/batch/", batch, format="json")
    single = api.post("/api/v1/activities/", ACTIVITY, format="json")

    assert [one.status_code for one in (first, second)] == [200, 429]
    assert "items" in second.json()["detail"]
    assert single.status_code in (201, 429)
    assert Activity.objects.count() <= 5


def test_two_processes_together_keep_to_the_limit(monkeypatch):
    api = limited(requests_per_minute=200)
    processes = [limits._Counts(), limits._Counts()]

    passed = 0
    for number in range(400):
        monkeypatch.setattr(limits, "_counts", processes[number % 2])
        passed += api.get("/api/v1/activities/").status_code == 200

    assert 196 <= passed <= 200


def test_without_valkey_all_is_let_through_and_the_log_says_so_once(settings, caplog):
    api = limited(requests_per_minute=1)
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    with caplog.at_level(logging.WARNING):
        found = [api.get("/api/v1/activities/").status_code for _ in range(5)]

    assert found == [200] * 5
    assert sum("limits of API keys" in line for line in caplog.messages) == 1
