"""A worker that dies without a word: the job goes on and ends as if it had not."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from customers.models import Consent, Customer, CustomerAttributeDates
from funnel.models import Activity
from imports.models import ImportJob
from imports.services import (
    check_job,
    confirm_job,
    request_check,
    run_job,
    set_mapping,
)
from tests.imports.conftest import counts, refusals
from tests.scale import scaled
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """
import sys, time, django
django.setup()
from imports.models import ImportJob
from imports.services import next_jobs, work_on_job
job = int(sys.argv[1])
while True:
    if job in next_jobs():
        work_on_job(ImportJob.objects.get(pk=job), seconds=60)
    time.sleep(0.02)
"""
MANY = scaled(20_000, 1_000_000)
PEOPLE = "lms_lead_id,email,score,stay away\n" + "".join(
    f"{n % 390},{'bad' if n % 37 == 0 else f'lead-{n}@example.org'},{n},{n % 2 == 0}\n"
    for n in range(400)
)
VISITS = "lms_lead_id,name,occurred_at\n" + "".join(
    f"{n % 40},visit,2026-01-{n % 7 + 1:02}\n" for n in range(400)
)
MAPPING = {"stay away": "consent:email:inverted"}


def many_people():
    note = "n" * 230
    rows = (
        f"{n % (MANY - 50)},{'bad' if n % 997 == 0 else f'lead-{n}@example.org'},{n},{n % 9 == 0},{note}\n"
        for n in range(MANY)
    )
    return "lms_lead_id,email,score,stay away,note\n" + "".join(rows)


@pytest.fixture
def queued(upload):
    """A confirmed import that waits for a worker."""

    def do(content, target="customers", mapping=None):
        job = upload(content, target)
        set_mapping(job, job.mapping | (mapping or {}))
        return confirm_job(check_job(job))

    return do


@pytest.fixture
def die_half_way():
    """Let a worker of its own process begin the job, and kill it with -9."""

    def do(job):
        worker = start_worker(job, IMPORT_BATCH_ROWS="3")
        try:
            before = job.last_line
            wait_until(lambda: reached(job) > before + 30, timeout=60)
        finally:
            kill(worker)
        over = timezone.now() - timedelta(seconds=settings.IMPORT_LEASE_SECONDS + 1)
        running = ImportJob.objects.filter(pk=job.pk, status="running")
        assert running.update(claimed_at=over)

    return do


def reached(job):
    job.refresh_from_db()
    return job.last_line


def final_state(job):
    """All that an import of people leaves behind, without ids and times."""
    job.refresh_from_db()
    customers = Customer.objects.order_by("lms_lead_id")
    consents = Consent.objects.order_by("customer__lms_lead_id")
    return (
        job.status,
        counts(job),
        job.report["consents_withdrawn"],
        refusals(job),
        list(customers.values_list("lms_lead_id", "email", "attributes")),
        list(consents.values_list("customer__lms_lead_id", "granted")),
        CustomerAttributeDates.objects.count(),
        list(job.changes.order_by("line").values_list("line", "action", "new")),
    )


def test_a_killed_import_ends_as_if_it_had_not_been(queued, die_half_way):
    job = queued(PEOPLE, mapping=MAPPING)
    for _ in range(3):
        die_half_way(job)
    assert run_job(job) is True
    killed = final_state(job)

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE customers, customer_attribute_dates CASCADE")
    whole = queued(PEOPLE, mapping=MAPPING)
    run_job(whole)

    assert killed == final_state(whole)
    assert sum(counts(job)) == 400


def advance(job):
    """Do what a person does between the steps; tell whether the import is over."""
    job.refresh_from_db()
    if job.status == "uploaded":
        set_mapping(job, job.mapping | MAPPING)
        request_check(job)
    elif job.status == "checked":
        confirm_job(job)
    return job.status in ("done", "failed", "cancelled")


def places(rows):
    """Ten moments to die at: a state, and how far the job is in it."""
    return [
        ("reading", lambda job: True),
        ("reading", lambda job: job.rows_done > 0),
        ("checking", lambda job: True),
        ("checking", lambda job: job.rows_done > 0),
        *(
            ("running", lambda job, part=part: job.last_line >= rows * part // 6)
            for part in range(5)
        ),
        ("running", lambda job: job.last_line >= rows),
    ]


def start_worker(job, **overrides):
    database = connection.settings_dict
    url = "postgres://{USER}:{PASSWORD}@{host}:{PORT}/{NAME}".format(
        host=database["HOST"].replace("/", "%2F"), **database
    )
    own = {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "marketing_os.settings",
        "VAR_DIR": str(Path(settings.MEDIA_ROOT).parent),
        "IMPORT_LEASE_SECONDS": "1",
        "IMPORT_BATCH_ROWS": str(MANY // 30),
    }
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(job.pk)],
        env=os.environ | own | overrides,
    )


def kill(worker):
    worker.send_signal(signal.SIGKILL)
    worker.wait()


@pytest.mark.prove
@pytest.mark.slow
def test_an_import_killed_at_ten_points_ends_as_if_it_had_not_been(
    upload, record_property
):
    content = many_people()
    job = upload(content, in_background=True)
    died_in = []
    for state, is_there in places(MANY):
        worker = start_worker(job)
        try:
            wait_until(
                lambda state=state, is_there=is_there: (
                    advance(job) or (job.status == state and is_there(job))
                ),
                timeout=scaled(120, 1200),
            )
        finally:
            kill(worker)
        job.refresh_from_db()
        died_in.append(job.status)
    worker = start_worker(job)
    try:
        wait_until(lambda: advance(job), timeout=scaled(120, 1200))
    finally:
        kill(worker)
    killed = final_state(job)

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE customers, customer_attribute_dates CASCADE")
    whole = upload(content)
    set_mapping(whole, whole.mapping | MAPPING)
    assert run_job(confirm_job(check_job(whole)))

    assert killed == final_state(whole)
    assert killed[0] == "done"
    assert sum(counts(job)) == MANY
    assert {"reading", "checking", "running"} <= set(died_in)
    record_property("figures", f"{MANY:,} rows, killed in {', '.join(died_in)}")


def test_a_worker_without_the_kept_place_would_count_rows_twice(queued, die_half_way):
    job = queued(PEOPLE, mapping=MAPPING)
    die_half_way(job)
    ImportJob.objects.filter(pk=job.pk).update(last_line=0)

    run_job(job)

    assert sum(counts(job)) > 400


@pytest.mark.parametrize("has_identity", [True, False])
def test_a_batch_done_again_appends_nothing_thanks_to_its_identity(
    queued, die_half_way, has_identity
):
    run_job(queued("lms_lead_id\n" + "".join(f"{n}\n" for n in range(40))))
    job = queued(VISITS, "activities")
    die_half_way(job)
    ImportJob.objects.filter(pk=job.pk).update(last_line=0)
    if not has_identity:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE import_cast_{job.pk} SET identity = gen_random_uuid()"
            )

    run_job(job)

    assert job.status == ImportJob.Status.DONE
    assert (Activity.objects.count() == 400) is has_identity
