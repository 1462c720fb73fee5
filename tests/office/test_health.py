import socket
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from marketing_os.lib.heartbeats import record_heartbeat
from marketing_os.lib.models import Heartbeat
from marketing_os.lib.probes import ask
from marketing_os.tasks import show_that_the_worker_lives

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hanging_server():
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def everything_lives():
    show_that_the_worker_lives()
    record_heartbeat("beat")


def test_healthz_answers_without_asking_anything(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(0):
        response = client.get("/healthz")

    assert response.json() == {"status": "ok"}


def test_readyz_is_ready_when_all_parts_live(client):
    everything_lives()

    response = client.get("/readyz")

    assert response.status_code == 200, response.json()
    assert response.json()["ready"] is True
    assert response.json()["worker"]["seconds_ago"] < 5
    assert response.json()["oldest_due_seconds"] is None


def test_readyz_says_that_no_worker_was_ever_seen(client):
    record_heartbeat("beat")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["worker"]["up"] is False
    assert response.json()["beat"]["up"] is True


def test_readyz_says_how_long_ago_the_clock_was_seen(client):
    everything_lives()
    long_ago = timezone.now() - timedelta(minutes=10)
    Heartbeat.objects.filter(name="beat").update(beat_at=long_ago)

    response = client.get("/readyz")

    assert response.json()["beat"]["up"] is False
    assert 590 < response.json()["beat"]["seconds_ago"] < 660


def test_readyz_answers_within_a_second_when_the_broker_hangs(
    client, settings, hanging_server
):
    everything_lives()
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{hanging_server}/0"

    began = time.monotonic()
    response = client.get("/readyz")

    assert time.monotonic() - began < 1.5
    assert response.status_code == 503
    assert response.json()["broker"]["up"] is False
    assert response.json()["database"]["up"] is True


def test_readyz_says_that_the_broker_is_gone_and_hides_its_address(client, settings):
    settings.CELERY_BROKER_URL = "redis://:secret@127.0.0.1:1/0"

    response = client.get("/readyz")

    assert response.json()["broker"]["up"] is False
    assert "secret" not in response.content.decode()


def test_a_server_that_hangs_is_asked_once_at_a_time():
    asked = []

    def hang():
        asked.append(1)
        time.sleep(0.4)

    for _ in range(3):
        answer = ask({"hanging": hang}, seconds=0.05)["hanging"]
        assert not answer.is_good

    assert len(asked) == 1


def test_readyz_says_how_long_the_oldest_due_thing_has_waited(client):
    everything_lives()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('deliveries_waiting')")
        assert cursor.fetchone()[0], "The look-up rests on this index."

    from tests import make  # noqa: PLC0415

    automation = make.automation()
    automation.runs.create(scheduled_for=timezone.now() - timedelta(minutes=5))

    assert 290 < client.get("/readyz").json()["oldest_due_seconds"] < 330
