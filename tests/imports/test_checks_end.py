"""A check that takes too long ends: by a cancel at once, by its limit, by its tries."""

import threading
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, connections

from customers.models import Customer
from imports.models import ImportJob, ImportReject
from imports.services import cancel_job, request_check, work_on_job
from imports.tasks import work_on_imports
from tests.imports.test_reading import stage_of
from tests.scale import scaled
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = "lms_lead_id,email\nA,ada@example.org\n"


@pytest.fixture
def requested(upload):
    def do(content=ROWS):
        return request_check(upload(content))

    return do


@contextmanager
def customers_locked():
    """Let nobody read customers, so that a check waits within one statement."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("LOCK TABLE customers IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def a_worker():
    """Let a worker of its own take up what waits, and wait for its end."""

    def work():
        try:
            work_on_imports()
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield thread
    thread.join()


def active(words):
    """Tell whether another connection is at a statement with these words."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
            " AND pid <> pg_backend_pid() AND query LIKE %s",
            [f"%{words}%"],
        )
        return cursor.fetchone()[0]


def test_a_cancel_ends_a_check_within_its_statement(requested):
    job = requested()

    with customers_locked(), a_worker():
        wait_until(lambda: active("ingest_plan SELECT"))
        cancel_job(job)

    job.refresh_from_db()
    assert (job.status, job.preview) == ("cancelled", {})
    assert stage_of(job) is None


def test_the_worker_goes_on_with_other_imports_after_a_cancel(requested):
    job, other = requested(), requested("lms_lead_id\nB\n")

    with a_worker(), customers_locked():
        wait_until(lambda: active("ingest_plan SELECT"))
        cancel_job(job)
        wait_until(lambda: stage_of(job) is None)

    other.refresh_from_db()
    assert other.status == "checked"


def test_a_check_that_takes_too_long_says_so(requested, settings):
    settings.IMPORT_STEP_SECONDS = 1
    job = requested()

    with customers_locked():
        work_on_job(job, seconds=60)

    job.refresh_from_db()
    assert job.status == "failed"
    assert "too long" in job.error
    assert "manage.py import_" in job.error
    assert stage_of(job) is None


def test_the_limit_does_not_outlast_the_step(requested, settings):
    settings.IMPORT_STEP_SECONDS = 1

    work_on_job(requested(), seconds=60)

    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_what_kills_each_worker_is_not_begun_for_ever(requested):
    job = requested()
    ImportJob.objects.filter(pk=job.pk).update(attempts=9)
    job.refresh_from_db()
    work_on_job(job, seconds=60)
    once_more = job.status
    ImportJob.objects.filter(pk=job.pk).update(attempts=10, status="checking")
    job.refresh_from_db()

    work_on_job(job, seconds=60)

    job.refresh_from_db()
    assert once_more == "checked"
    assert (job.status, "10 times" in job.error) == ("failed", True)


@pytest.mark.prove
def test_a_large_check_ends_where_it_is(requested):
    rows = scaled(30_000, 1_000_000)
    job = requested("lms_lead_id,email\n" + "".join(f"L{n},bad\n" for n in range(rows)))

    with a_worker():
        wait_until(lambda: active("import_cast_"), 60)
        cancel_job(job)

    job.refresh_from_db()
    assert (job.status, job.preview) == ("cancelled", {})
    assert not ImportReject.objects.exists()
    assert not Customer.objects.exists()
