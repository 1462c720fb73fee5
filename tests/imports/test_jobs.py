import io
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from customers.models import Customer
from imports.errors import JobStateError, MappingError
from imports.models import ImportJob
from imports.services import (
    cancel_job,
    confirm_job,
    create_job,
    request_check,
    run_job,
    set_mapping,
    write_rejects,
)
from imports.targets import UnknownTargetError
from imports.tasks import work_on_imports
from tests import make

pytestmark = pytest.mark.django_db

Status = ImportJob.Status
ROWS = "lms_lead_id,first_name\nA,Ada\nB,Bob\n"


def stages(job):
    """The staging tables of a job that are left."""
    names = connection.introspection.table_names()
    return [name for name in names if name.endswith(f"_{job.pk}")]


@pytest.mark.parametrize(
    ("mapping", "column", "sentence"),
    [
        ({"a": "lms_lead_id", "b": "lms_lead_id"}, "b", "both become"),
        ({"a": "lms_lead_id", "b": "nonsense"}, "b", "“nonsense” is nothing"),
        ({"a": "lms_lead_id", "z": "email"}, "z", "no column “z”"),
        ({"b": "first_name"}, "", "Say which column is lms_lead_id"),
        ({"a": "lms_lead_id", "b": f"attribute:{'x' * 256}"}, "b", "1 to 255"),
        ({"a": "lms_lead_id", "b": "consent:"}, "b", "Write consent:CHANNEL"),
        ({"a": "lms_lead_id", "b": "consent:email:maybe"}, "b", "Write consent:"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(upload, mapping, column, sentence):
    job = upload("a,b\n1,2\n")

    with pytest.raises(MappingError) as refusal:
        set_mapping(job, mapping)

    assert refusal.value.column == column
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    "options",
    [{"nonsense": 1}, {"date_order": "ymd"}, {"timezone": "Europe/Atlantis"}],
)
def test_an_option_that_cannot_be_is_refused(upload, options):
    job = upload(ROWS)

    with pytest.raises(MappingError):
        set_mapping(job, job.mapping, options)


def test_nothing_unknown_can_be_imported():
    with pytest.raises(UnknownTargetError, match="Nothing called “secrets”"):
        create_job("secrets", io.BytesIO(b"a\n1\n"), file_name="a.csv", source="admin")


def test_a_job_must_be_checked_before_it_is_confirmed(upload):
    job = upload(ROWS)

    with pytest.raises(JobStateError, match="waiting for its columns to be mapped"):
        confirm_job(job)


def test_confirming_twice_is_once(check):
    job = confirm_job(check(ROWS), by=make.user())

    assert confirm_job(job).status == Status.QUEUED


def test_a_worker_checks_and_runs_what_waits(upload, check):
    waiting = request_check(upload(ROWS))
    confirmed = confirm_job(check("lms_lead_id\nC\n"))

    work_on_imports()

    waiting.refresh_from_db()
    confirmed.refresh_from_db()
    assert (waiting.status, confirmed.status) == (Status.CHECKED, Status.DONE)
    assert Customer.objects.get().lms_lead_id == "C"


def test_a_check_that_fails_is_kept_on_the_job(upload):
    job = request_check(upload(ROWS))
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE import_raw_{job.pk} DROP COLUMN c0")

    work_on_imports()

    job.refresh_from_db()
    assert job.status == Status.FAILED
    assert "A fault of the system" in job.error
    assert "before anything was imported" in job.error


def test_a_job_goes_on_where_its_time_was_over(check, settings):
    settings.IMPORT_BATCH_ROWS = 1
    job = confirm_job(check(ROWS))

    assert run_job(job, seconds=0) is False
    assert (job.status, job.rows_done, job.created_count) == (Status.RUNNING, 1, 1)
    assert run_job(job) is True

    assert (job.status, job.rows_done, job.created_count) == (Status.DONE, 2, 2)
    assert stages(job) == []


def test_a_job_under_a_lease_is_left_alone(check, settings, time_machine):
    settings.IMPORT_BATCH_ROWS = 1
    job = confirm_job(check(ROWS))
    run_job(job, seconds=0)
    ImportJob.objects.filter(pk=job.pk).update(
        lease_token=ImportJob.new_lease(), claimed_at=job.started_at
    )

    assert run_job(job) is False
    assert Customer.objects.count() == 1
    over = timedelta(seconds=settings.IMPORT_LEASE_SECONDS + 1)
    time_machine.move_to(timezone.now() + over)
    assert run_job(job) is True

    assert Customer.objects.count() == 2


def test_a_stage_that_a_crash_emptied_is_made_again(check, settings):
    settings.IMPORT_BATCH_ROWS = 2
    job = confirm_job(check("lms_lead_id,email\nA,\nA,\nB,bad\nC,\nD,\n"))
    run_job(job, seconds=0)
    with connection.cursor() as cursor:
        for table in stages(job):
            cursor.execute(f"TRUNCATE {table}")

    run_job(job)

    assert (job.status, job.created_count, job.rejected_count) == (Status.DONE, 3, 2)
    assert Customer.objects.count() == 3


def test_a_cancelled_job_writes_nothing_and_leaves_no_stage(check):
    job = confirm_job(check(ROWS))

    assert cancel_job(job).status == Status.CANCELLED
    assert run_job(job) is True

    assert not Customer.objects.exists()
    assert stages(job) == []


def test_a_running_job_stops_after_its_batch(check, settings):
    settings.IMPORT_BATCH_ROWS = 1
    job = confirm_job(check(ROWS))
    run_job(job, seconds=0)

    cancel_job(job)
    run_job(job)

    assert (job.status, Customer.objects.count()) == (Status.CANCELLED, 1)


def test_all_or_nothing_refuses_a_file_with_a_bad_row(check):
    job = check("lms_lead_id,email\nA,\nB,bad\n", options={"all_or_nothing": True})

    with pytest.raises(JobStateError, match="refused rows: 1"):
        confirm_job(job)


def test_all_or_nothing_writes_nothing_when_a_row_is_refused_later(check, settings):
    settings.IMPORT_BATCH_ROWS = 1
    rows = "lms_lead_id,email\nA,\n,ada@example.org\n"
    job = confirm_job(check(rows, options={"all_or_nothing": True}))
    make.customer(lms_lead_id="X", email="ada@example.org")
    make.customer(lms_lead_id="Y", email="ada@example.org")

    run_job(job)

    assert job.status == Status.FAILED
    assert job.error == "A row is refused that the check had let pass."
    assert not Customer.objects.filter(lms_lead_id="A").exists()


def test_a_type_that_another_import_took_meanwhile_fails_with_a_sentence(check, load):
    job = confirm_job(check("lms_lead_id,x\nA,1\n"))
    load("lms_lead_id,x\nB,one\n")

    run_job(job)

    assert job.status == Status.FAILED
    assert job.error == "“x” is of type string already, so it cannot become numeric."
    assert stages(job) == []


def test_a_dry_run_cannot_be_confirmed(check):
    job = check(ROWS, options={"dry_run": True})

    with pytest.raises(JobStateError, match="only checks"):
        confirm_job(job)


def test_refused_rows_are_written_as_csv_without_formulas(check):
    job = check('lms_lead_id,email\nA,"=HYPERLINK(1)"\n,\nB,"a ""b"" c"\n')
    stream = io.StringIO(newline="")

    assert write_rejects(job, stream) == 2

    assert stream.getvalue().splitlines() == [
        "line,column,reason,value",
        "2,email,This is not an e-mail address.,'=HYPERLINK(1)",
        '4,email,This is not an e-mail address.,"a ""b"" c"',
    ]
