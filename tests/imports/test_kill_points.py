"""A worker that dies right before a statement, from the first byte to the report.

The worker kills itself with -9, so that each point is met exactly, however fast the
machine is: also those within a transaction, which nobody can see from outside.
"""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from imports.models import ImportJob
from imports.services import confirm_job, reading, request_check, set_mapping
from tests.imports.test_kill import MAPPING, final_state

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROWS, BATCH = 1_200, 300
# A worker of its own process: until the job waits for a person or is over.
WORKER = """
import os, re, signal, sys, time
import django
django.setup()
from django.conf import settings
from django.db import connection
from imports.models import ImportJob
from imports.services import work_on_job

settings.MEDIA_ROOT = os.environ["MEDIA_FOLDER"]
left = int(os.environ.get("KILL_AT_TIME", 1))

def die(execute, statement, *rest):
    global left
    if re.search(os.environ["KILL_BEFORE"], str(statement)):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
    return execute(statement, *rest)

job = ImportJob.objects.get(pk=int(sys.argv[1]))
NAIVE
with connection.execute_wrapper(die):
    while job.status in ("reading", "checking", "queued", "running"):
        work_on_job(job, seconds=30)
        job.refresh_from_db()
        time.sleep(0.05)
"""
# What a batch wrote is committed, and only then the place it reached.
NAIVE = """
from imports.services import running
record, count = running._record, running.count_plan

def record_apart(job, last, further):
    counts = count()
    running.count_plan = lambda: counts
    connection.connection.commit()
    record(job, last, further)

running._record = record_apart
"""
SET_PREVIEW = r'UPDATE "import_jobs" SET .*"preview"'
SET_PLACE = r'UPDATE "import_jobs" SET .*"last_line"'
READING = [
    (r"^DROP TABLE IF EXISTS .import_raw", 1),
    (r"^CREATE UNLOGGED TABLE .import_raw", 1),
    (r"^ANALYZE .import_raw", 1),
    (r'UPDATE "import_jobs" SET .*"columns"', 2),
]
CHECKING = [
    (r"^CREATE UNLOGGED TABLE .import_cast", 1),
    (SET_PREVIEW, 1),
    (r"^INSERT INTO pg_temp.ingest_plan", 1),
    (SET_PREVIEW, 2),
]
RUNNING = [
    (r"^CREATE TABLE .import_changes", 1),
    (r"^INSERT INTO customers ", 1),
    (SET_PLACE, 2),
    (r"^SELECT max\(line\)", 2),
    (r"^DROP TABLE IF EXISTS .import_raw", 1),
]


def people(count):
    """A file in which some rows are refused, some repeat others, some say no."""
    rows = (
        f"{n % (count - 10)},{'bad' if n % 37 == 0 else f'lead-{n}@example.org'},"
        f"{n},{n % 2 == 0}\n"
        for n in range(count)
    )
    return "lms_lead_id,email,score,stay away\n" + "".join(rows)


@pytest.fixture
def work(settings):
    """Run a worker; with a kill it must die there, else it must do all its work."""

    def do(job, kill=("(?!)", 1), naive=""):
        over = timezone.now() - timedelta(seconds=settings.IMPORT_LEASE_SECONDS + 1)
        ImportJob.objects.filter(pk=job.pk).update(claimed_at=over)
        database = connection.settings_dict
        environment = {
            "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{host}:{PORT}/{NAME}".format(
                host=database["HOST"].replace("/", "%2F"), **database
            ),
            "IMPORT_BATCH_ROWS": str(BATCH),
            "MEDIA_FOLDER": str(settings.MEDIA_ROOT),
            "KILL_BEFORE": kill[0],
            "KILL_AT_TIME": str(kill[1]),
        }
        done = subprocess.run(
            [sys.executable, "-c", WORKER.replace("NAIVE", naive), str(job.pk)],
            env=os.environ | environment,
            check=False,
        )
        assert done.returncode == (0 if kill[0] == "(?!)" else -signal.SIGKILL), kill
        job.refresh_from_db()

    return do


@pytest.fixture
def import_whole(work, upload, monkeypatch):
    """Import a file from the first byte to the report, with kills on the way."""

    # Every file is a large one, which a worker reads.
    monkeypatch.setattr(reading, "READ_AT_ONCE", 0)

    def do(content, reading=(), checking=(), running=(), naive=""):
        job = upload(content, in_background=True)
        for kill in (*reading, None):
            work(job, *filter(None, [kill]))
        set_mapping(job, job.mapping | MAPPING)
        request_check(job)
        for kill in (*checking, None):
            work(job, *filter(None, [kill]))
        confirm_job(job)
        for kill in (*running, None):
            work(job, *filter(None, [kill]), naive=naive)
        return final_state(job)

    return do


def forget_customers():
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE customers, customer_attribute_dates CASCADE")


def test_an_import_killed_at_every_step_ends_as_if_it_had_not_been(import_whole):
    file = people(ROWS)

    killed = import_whole(file, READING, CHECKING, RUNNING)
    forget_customers()
    whole = import_whole(file)

    assert killed == whole
    assert killed[0] == ImportJob.Status.DONE
    assert sum(killed[1]) == ROWS


def test_rows_committed_apart_from_their_place_would_not_end_so(import_whole):
    file = people(BATCH * 2)

    naive = import_whole(file, running=[(SET_PLACE, 1)], naive=NAIVE)
    forget_customers()
    whole = import_whole(file, naive=NAIVE)

    assert naive[0] == whole[0] == ImportJob.Status.DONE
    assert naive != whole
