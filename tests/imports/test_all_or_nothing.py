"""A file of any size as a whole or not at all."""

import pytest

from customers.models import AttributeDefinition, Customer, EventSubscription
from imports.errors import JobStateError
from imports.models import ImportChange
from imports.services import cancel_job, clean_up_imports, confirm_job, run_job
from imports.tasks import work_on_imports
from tests import make

pytestmark = pytest.mark.django_db
ROWS = 100
LONG = "lms_lead_id,email,score\n" + "".join(f"L{n},,{n}\n" for n in range(ROWS))
LAST = ",ada@example.org,1\n"
WHOLE = {"all_or_nothing": True}


@pytest.fixture(autouse=True)
def _files_are_long(settings):
    settings.IMPORT_WHOLE_ROWS, settings.IMPORT_BATCH_ROWS = 50, 20


def namesakes():
    """Two customers, so that a row with their address alone means neither."""
    for lead in ("X", "Y"):
        make.customer(lms_lead_id=lead, email="ada@example.org")


def finish(job):
    while job.status in ("queued", "running", "undoing"):
        work_on_imports()
        job.refresh_from_db()


def test_a_long_file_comes_in_as_a_whole(check):
    job = confirm_job(check(LONG, options=WHOLE))

    finish(job)

    assert (job.status, Customer.objects.count()) == ("done", ROWS)


def test_what_came_in_is_taken_back_when_a_later_row_is_refused(check):
    known = make.customer(lms_lead_id="L1", attributes={"score": -1})
    job = confirm_job(check(LONG + LAST, options=WHOLE))
    namesakes()

    run_job(job, seconds=0)
    is_partly_in = Customer.objects.count() > 3
    finish(job)

    known.refresh_from_db()
    assert is_partly_in
    assert job.status == "undone"
    assert "A row is refused" in job.error
    assert "taken back" in job.error
    assert set(Customer.objects.values_list("lms_lead_id", flat=True)) == {
        "L1",
        "X",
        "Y",
    }
    assert known.attributes == {"score": -1}


def test_what_came_in_is_taken_back_when_somebody_cancels(check, admin_client):
    job = confirm_job(check(LONG, options=WHOLE))
    run_job(job, seconds=0)
    assert Customer.objects.exists()

    cancel_job(job)
    finish(job)

    assert job.status == "undone"
    assert not Customer.objects.exists()
    assert not AttributeDefinition.objects.filter(name="score").exists()
    page = admin_client.get(f"/admin/imports/importjob/{job.pk}/change/")
    assert "so what had come in is taken back" in page.content.decode()


def test_without_all_or_nothing_a_cancelled_import_stays(check):
    job = confirm_job(check(LONG))
    run_job(job, seconds=0)

    cancel_job(job)
    finish(job)

    assert job.status == "cancelled"
    assert Customer.objects.exists()


def test_it_holds_also_where_no_undo_is_kept(check, settings):
    settings.IMPORT_UNDO_DAYS = 0
    job = confirm_job(check(LONG + LAST, options=WHOLE))
    namesakes()

    finish(job)
    clean_up_imports()

    assert job.status == "undone"
    assert Customer.objects.count() == 2
    assert not ImportChange.objects.exists()


def test_what_changed_on_the_way_stays_and_is_listed(check):
    job = confirm_job(check(LONG, options=WHOLE))
    run_job(job, seconds=0)
    make.activity(Customer.objects.get(lms_lead_id="L7"), "login")

    cancel_job(job)
    finish(job)

    assert Customer.objects.get().lms_lead_id == "L7"
    assert "Since then: activities" in job.undo.conflicts.get().reason


def test_a_long_file_cannot_both_be_whole_and_start_workflows(check):
    EventSubscription.objects.create(kind="tag", name="", owner="workflow:1")
    make.customer(lms_lead_id="L0")
    rows = "".join(f"L0,t{n}\n" for n in range(ROWS))
    options = WHOLE | {"may_start_workflows": True}
    job = check(f"lms_lead_id,tag\n{rows}", "tags", options=options)

    with pytest.raises(JobStateError, match="cannot start workflows"):
        confirm_job(job)
