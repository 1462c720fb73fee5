"""A refresh in a process of its own: started by a worker, and killed at its worst."""

from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from segments.models import CustomerScore, ScoreRefresh
from segments.services.scores import give_up_lost, request_score_refresh
from segments.tasks import ask_for_new_scores, refresh_waiting_scores
from tests import make
from tests.messaging.processes import environment, kill, start, test_database_url
from tests.segments import score_world
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.prove,
    pytest.mark.django_db(transaction=True),
]
COMMAND = ("manage.py", "refresh_scores", "--as-of", score_world.NOW.isoformat())
# What the process waits for: before the first new row, and after all of them.
PLACES = {
    "before any new score": "LOCK TABLE customer_scores IN SHARE MODE",
    "before the last commit": "SELECT FROM score_refreshes WHERE is_current FOR UPDATE",
}


def risks():
    """The scores that everybody reads now."""
    rows = CustomerScore.objects.filter(refresh__is_current=True)
    return dict(rows.values_list("customer_id", "risk"))


def waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        return cursor.fetchone()[0]


@contextmanager
def held_up(place):
    """A process that refreshes, and stands still at this place until we leave."""
    with psycopg.connect(test_database_url()) as holder:
        holder.execute(PLACES[place])
        process = start(*COMMAND)
        try:
            wait_until(waits_for_a_lock, timeout=90)
            yield process
        except BaseException:
            kill(process)
            raise


@pytest.fixture
def old_scores():
    customers = score_world.fill(40)
    call_command("refresh_scores", "--as-of", "2026-03-01", verbosity=0)
    make.activity(customers[0], name="visit", occurred_at=score_world.NOW)
    return risks()


@pytest.mark.parametrize("place", PLACES)
def test_killed_at_any_place_it_leaves_the_old_scores(old_scores, place):
    with held_up(place) as process:
        kill(process)

    assert risks() == old_scores
    assert CustomerScore.objects.count() == len(old_scores)

    call_command("refresh_scores", "--as-of", score_world.NOW.isoformat(), verbosity=0)

    assert risks() != old_scores
    states = ScoreRefresh.objects.values_list("state", flat=True).order_by("id")
    assert list(states) == ["ready", "failed", "ready"]


@pytest.mark.parametrize("place", PLACES)
def test_left_alone_it_takes_the_place_of_the_old_scores(old_scores, place):
    with held_up(place) as process:
        assert risks() == old_scores

    assert process.wait(timeout=60) == 0
    assert risks() != old_scores


def test_a_second_refresh_beside_a_living_one_is_refused(old_scores):
    with held_up("before the last commit") as process:
        second = start(*COMMAND)

        assert second.wait(timeout=90) == 1
        give_up_lost()
        assert ScoreRefresh.objects.filter(state="running").count() == 1

    assert process.wait(timeout=60) == 0


def test_a_worker_starts_a_process_for_what_was_asked(monkeypatch):
    score_world.fill(40)
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    ask_for_new_scores()

    refresh_waiting_scores()

    refresh = ScoreRefresh.objects.get()
    wait_until(lambda: not ScoreRefresh.objects.get().is_under_way, timeout=90)
    refresh.refresh_from_db()
    assert (refresh.state, refresh.error) == ("ready", "")
    assert CustomerScore.objects.count() == 40


def test_what_was_asked_for_is_taken_up_once(monkeypatch):
    monkeypatch.setattr("segments.services.scores.sys.executable", "/bin/true")
    request_score_refresh()

    refresh_waiting_scores()
    refresh_waiting_scores()

    assert ScoreRefresh.objects.get().state == "running"


def test_a_process_that_died_is_noticed():
    request_score_refresh()
    ScoreRefresh.objects.update(state="running", started_at=score_world.NOW)

    refresh_waiting_scores()

    assert "interrupted" in ScoreRefresh.objects.get(state="failed").error
