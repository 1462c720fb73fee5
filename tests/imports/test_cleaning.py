from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from customers.models import Customer
from imports.models import ImportJob, ImportUndo
from imports.services import request_undo, work_on_undo
from imports.tasks import clean_up

pytestmark = pytest.mark.django_db
FILE = "lms_lead_id,city\nA,Rome\n"


def age(job, days, **states):
    """Date an import back."""
    then = timezone.now() - timedelta(days=days)
    finished = then if job.finished_at else None
    ImportJob.objects.filter(pk=job.pk).update(
        created_at=then, finished_at=finished, **states
    )


def tables_of(job):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ %s",
            [f"^import_[a-z]+_{job.pk}$"],
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.parametrize(("days", "is_kept"), [(29, True), (31, False)])
def test_a_change_set_is_kept_for_its_days(load, days, is_kept):
    job = load(FILE)
    request_undo(job)
    work_on_undo(job)
    age(job, days)

    clean_up()

    assert tables_of(job) == ({f"import_changes_{job.pk}"} if is_kept else set())
    assert ImportUndo.objects.exists() is is_kept
    assert Customer.objects.exists()


@pytest.mark.parametrize(("days", "status"), [(6, "checked"), (8, "cancelled")])
def test_what_nobody_confirms_is_cancelled(check, days, status):
    job = check(FILE)
    age(job, days)

    clean_up()

    job.refresh_from_db()
    assert job.status == status
    assert bool(tables_of(job)) == (status == "checked")
    assert ("within 7 days" in job.error) == (status == "cancelled")


def test_an_import_that_runs_is_left_alone(check):
    job = check(FILE)
    age(job, 60, status="running")

    clean_up()

    job.refresh_from_db()
    assert job.status == "running"
    assert tables_of(job)


@pytest.mark.parametrize(("days", "is_kept"), [(29, True), (31, False)])
def test_an_uploaded_file_is_kept_for_its_days(load, days, is_kept):
    job = load(FILE)
    stored, name = job.file.storage, job.file.name
    age(job, days)

    clean_up()

    job.refresh_from_db()
    assert stored.exists(name) is is_kept
    assert bool(job.file) is is_kept


def test_a_stage_that_no_import_owns_is_dropped(check):
    job = check(FILE)
    ImportJob.objects.all().delete()
    assert tables_of(job)

    clean_up()

    assert not tables_of(job)
