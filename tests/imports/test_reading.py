"""Large files: stored by the page that takes them, read and checked by a worker."""

import pytest
from django.db import connection
from django.urls import reverse

from customers.models import Customer
from imports.models import ImportJob
from imports.services import (
    cancel_job,
    next_jobs,
    request_check,
    set_mapping,
    work_on_job,
)
from imports.services.reading import READ_AT_ONCE

pytestmark = pytest.mark.django_db

ROWS = 70_000
LARGE = "lms_lead_id,note\n" + "".join(f"L-{n},{'x' * 60}\n" for n in range(ROWS))
assert len(LARGE) > READ_AT_ONCE


@pytest.fixture
def stored(upload):
    """A large file as the admin stores it."""

    def do(content=LARGE, **arguments):
        return upload(content, in_background=True, **arguments)

    return do


def work(job):
    work_on_job(job, seconds=60)
    job.refresh_from_db()
    return job


def stage_of(job):
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"import_raw_{job.pk}"])
        return cursor.fetchone()[0]


def test_a_small_file_is_read_at_once(upload):
    job = upload("lms_lead_id\nL-1\n", in_background=True)

    assert job.status == "uploaded"
    assert job.rows_total == 1


def test_a_large_file_waits_for_a_worker_who_reads_it(stored):
    job = stored()
    assert (job.status, job.columns) == ("reading", [])
    assert job.pk in next_jobs()

    work(job)

    assert (job.status, job.rows_total, job.rows_done) == ("uploaded", ROWS, 0)
    assert [column["name"] for column in job.columns] == ["lms_lead_id", "note"]
    assert job.mapping["lms_lead_id"] == "lms_lead_id"


def test_a_cancelled_reading_leaves_no_stage(stored):
    job = stored()
    cancel_job(job)

    work(job)

    assert job.status == "cancelled"
    assert stage_of(job) is None


def test_what_cannot_be_read_is_said_on_the_job(stored):
    job = work(stored(b"%PDF-1.7 " + b"x" * READ_AT_ONCE))

    assert job.status == "failed"
    assert job.error == "This is not a CSV file but a PDF document."


def test_a_check_that_somebody_cancels_writes_nothing(stored):
    job = work(stored())
    set_mapping(job, job.mapping)
    request_check(job)
    cancel_job(job)

    work(job)

    assert job.status == "cancelled"
    assert not job.preview
    assert not Customer.objects.exists()


def test_the_page_takes_a_large_file_and_shows_how_far_it_is(admin_client, tmp_path):
    path = tmp_path / "large.csv"
    path.write_text(LARGE)

    with path.open("rb") as file:
        answer = admin_client.post(
            reverse("admin:customers_customer_import"),
            {"target": "customers", "file": file},
            follow=True,
        )

    job = ImportJob.objects.get()
    page = answer.content.decode()
    here = reverse("admin:imports_importjob_change", args=(job.pk,))
    assert answer.redirect_chain[-1][0] == here
    assert "A worker reads the file as soon as it is free." in page
    progress = reverse("admin:imports_importjob_progress", args=(job.pk,))
    assert admin_client.get(progress).json()["is_waiting"] is True
    columns = reverse("admin:imports_importjob_columns", args=(job.pk,))
    assert admin_client.get(columns).url == here
    work(job)
    assert "Say what the columns are" in admin_client.get(here).content.decode()
