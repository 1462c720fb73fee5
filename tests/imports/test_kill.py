"""A worker that dies without a word: the job goes on and ends as if it had not."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from customers.models import Consent, Customer, CustomerAttributeDates
from funnel.models import Activity
from imports.models import ImportJob
from imports.services import check_job, confirm_job, run_job, set_mapping
from tests.imports.conftest import counts, refusals
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """
import sys, django
django.setup()
from imports.models import ImportJob
from imports.services import run_job
run_job(ImportJob.objects.get(pk=int(sys.argv[1])))
"""
PEOPLE = "lms_lead_id,email,score,stay away\n" + "".join(
    f"{n % 390},{'bad' if n % 37 == 0 else f'lead-{n}@example.org'},{n},{n % 2 == 0}\n"
    for n in range(400)
)
VISITS = "lms_lead_id,name,occurred_at\n" + "".join(
    f"{n % 40},visit,2026-01-{n % 7 + 1:02}\n" for n in range(400)
)
MAPPING = {"stay away": "consent:email:inverted"}


@pytest.fixture
def queued(upload):
    """A confirmed import that waits for a worker."""

    def do(content, target="customers", mapping=None):
        job = upload(content, target)
        set_mapping(job, job.mapping | (mapping or {}))
        return confirm_job(check_job(job))

    return do


@pytest.fixture
def die_half_way(settings):
    """Let a worker of its own process begin the job, and kill it with -9."""

    def do(job):
        database = connection.settings_dict
        url = "postgres://{USER}:{PASSWORD}@{host}:{PORT}/{NAME}".format(
            host=database["HOST"].replace("/", "%2F"), **database
        )
        small = {"DATABASE_URL": url, "IMPORT_BATCH_ROWS": "3"}
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(job.pk)], env=os.environ | small
        )
        try:
            before = job.last_line
            wait_until(lambda: reached(job) > before + 30, timeout=60)
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
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
