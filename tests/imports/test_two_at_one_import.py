"""Two members of staff, or two tabs, at one import; and files that are gone."""

import threading

import psycopg
import pytest
from django.core.management import CommandError
from django.db import connection, connections

from customers.models import Customer
from imports.errors import JobStateError
from imports.models import ImportJob
from imports.services import confirm_job, request_check, set_mapping
from imports.services.staging import drop_stage
from imports.tasks import work_on_imports
from tests.imports import wizard
from tests.imports.test_checks_end import a_worker, active, customers_locked
from tests.imports.wizard import LEADS, choose, page_of
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def checked(admin_client):
    wizard.upload(admin_client, LEADS)
    job = ImportJob.objects.get()
    choose(admin_client, job, {"Prospect ID": "lms_lead_id"})
    work_on_imports()
    job.refresh_from_db()
    return job


def is_waited_for(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted"
            " AND relation = to_regclass(%s)",
            [table],
        )
        return cursor.fetchone()[0]


def confirm_what_was_seen(client, page, job):
    return client.post(
        page_of(job, "confirm"), {"seen": page.context["job"].seen}, follow=True
    )


def test_what_was_checked_anew_meanwhile_is_not_confirmed_unseen(admin_client, checked):
    seen = admin_client.get(page_of(checked))
    choose(admin_client, checked, {"Prospect ID": "lms_lead_id", "City": ""})
    work_on_imports()

    refused = confirm_what_was_seen(admin_client, seen, checked)
    checked.refresh_from_db()
    still = checked.status
    confirm_what_was_seen(admin_client, refused, checked)
    checked.refresh_from_db()

    assert "checked anew since you looked" in refused.content.decode()
    assert (still, checked.status) == ("checked", "queued")


def test_a_double_click_confirms_once(admin_client, checked):
    seen = admin_client.get(page_of(checked))

    for _ in range(2):
        answer = confirm_what_was_seen(admin_client, seen, checked)
        work_on_imports()

    assert answer.status_code == 200
    assert Customer.objects.count() == ImportJob.objects.get().created_count > 0


def test_columns_that_change_during_a_check_are_checked_again(upload):
    job = request_check(upload("lms_lead_id,city\nA,Rome\n"))

    with a_worker(), customers_locked():
        wait_until(lambda: active("ingest_plan SELECT"))
        other = ImportJob.objects.get(pk=job.pk)
        set_mapping(other, {"lms_lead_id": "lms_lead_id", "city": "first_name"})
        request_check(other)
    work_on_imports()

    job.refresh_from_db()
    assert job.status == "checked"
    confirm_job(job)
    work_on_imports()
    assert Customer.objects.get().first_name == "Rome"


def test_columns_cannot_change_under_an_import_that_was_confirmed(check):
    job = check("lms_lead_id,when\nA,01/02/2026\n", options={"date_order": "dmy"})
    answers = []

    def change():
        try:
            stale = ImportJob.objects.get(pk=job.pk)
            set_mapping(stale, job.mapping, {"date_order": "mdy"})
        except JobStateError as error:
            answers.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=change)
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute(f"LOCK TABLE import_raw_{job.pk} IN ACCESS EXCLUSIVE MODE")
        thread.start()
        wait_until(lambda: is_waited_for(f"import_raw_{job.pk}"))
        confirm_job(job)
    thread.join()

    job.refresh_from_db()
    assert (job.status, len(answers)) == ("queued", 1)
    assert job.options["date_order"] == "dmy"


def test_a_file_that_is_gone_says_so(upload):
    job = request_check(upload("lms_lead_id\nA\n"))
    job.file.storage.delete(job.file.name)
    drop_stage(job)

    work_on_imports()

    job.refresh_from_db()
    assert job.status == "failed"
    assert job.error == "The uploaded file is no longer there. Upload it again."


@pytest.mark.parametrize("size", [1, 70_000])
def test_a_file_that_cannot_be_stored_says_so(admin_client, settings, tmp_path, size):
    (tmp_path / "full").write_text("")
    settings.MEDIA_ROOT = tmp_path / "full" / "media"
    rows = "".join(f"L-{n},{'x' * 60}\n" for n in range(size))

    answer = wizard.upload(admin_client, f"lms_lead_id,note\n{rows}")

    assert "The file cannot be stored" in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_refusals_that_cannot_be_written_are_told(command, tmp_path):
    with pytest.raises(CommandError, match="cannot be written to"):
        command(
            "import_customers",
            "lms_lead_id,email\nA,bad\n",
            "--rejects",
            str(tmp_path / "no folder" / "x.csv"),
        )
