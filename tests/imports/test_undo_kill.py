"""A worker that dies while it undoes: the undo goes on and ends as if it had not."""

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection

from customers.models import Customer
from imports.models import ImportUndo
from imports.services import confirm_undo, ingest_rows, request_undo, work_on_undo
from tests.imports.test_undo import found, state
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """
import sys, django
django.setup()
from imports.models import ImportJob
from imports.services import work_on_undo
work_on_undo(ImportJob.objects.get(pk=int(sys.argv[1])))
"""
PEOPLE = "lms_lead_id,email,score,stay away\n" + "".join(
    f"{n},lead-{n}@example.org,{n},{n % 2 == 0}\n" for n in range(300)
)


@pytest.fixture
def confirmed(load):
    """An import of new and known people whose undo waits for a worker."""
    known = [
        {"lms_lead_id": str(n), "attributes": {"score": -n}} for n in range(0, 300, 3)
    ]
    ingest_rows("customers", known, source="api")
    before = state()
    job = load(PEOPLE, mapping={"stay away": "consent:email:inverted"})
    request_undo(job)
    work_on_undo(job)
    confirm_undo(job)
    return job, before


def start_worker(job):
    database = connection.settings_dict
    url = "postgres://{USER}:{PASSWORD}@{host}:{PORT}/{NAME}".format(
        host=database["HOST"].replace("/", "%2F"), **database
    )
    small = {"DATABASE_URL": url, "IMPORT_BATCH_ROWS": "3"}
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(job.pk)], env=os.environ | small
    )


def die_half_way(job):
    """Let a worker of its own process go on with the undo, and kill it with -9."""
    worker = start_worker(job)
    before = ImportUndo.objects.get(job=job).done
    try:
        wait_until(
            lambda: ImportUndo.objects.get(job=job).done > before + 30, timeout=60
        )
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()


def test_a_killed_undo_ends_as_if_it_had_not_been(confirmed):
    job, before = confirmed
    for _ in range(3):
        die_half_way(job)
        half_way = ImportUndo.objects.get(job=job)
        assert half_way.state == "undoing"

    work_on_undo(job)

    done = ImportUndo.objects.get(job=job)
    assert (done.state, done.done) == ("done", done.total)
    assert found(done) == (200, 100 + 50, 0)
    assert state() == before


def test_two_workers_undo_one_import_once(confirmed):
    job, before = confirmed
    workers = [start_worker(job) for _ in range(2)]
    for worker in workers:
        worker.wait(timeout=120)
    work_on_undo(job)

    assert found(ImportUndo.objects.get(job=job)) == (200, 150, 0)
    assert state() == before


def test_a_worker_without_the_kept_place_would_count_rows_twice(confirmed):
    job, _ = confirmed
    die_half_way(job)
    ImportUndo.objects.filter(job=job).update(action="create", line=2**62)

    work_on_undo(job)

    done = ImportUndo.objects.get(job=job)
    assert done.done > done.total
    assert Customer.objects.count() == 100
