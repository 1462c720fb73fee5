import io

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from customers.models import Customer
from imports.models import ImportJob
from imports.services import ingest_rows
from imports.tasks import work_on_imports
from tests import make
from tests.imports.wizard import page_of

pytestmark = pytest.mark.django_db
FILE = "lms_lead_id,city\nA,Rome\nB,Oslo\n"
MAY = (
    "imports.add_importjob",
    "imports.view_importjob",
    "imports.undo_importjob",
    "customers.add_customer",
)


@pytest.fixture
def job(load):
    return load(FILE)


@pytest.fixture
def touched(job):
    row = {"lms_lead_id": "A", "attributes": {"city": "Milan"}}
    make.activity(Customer.objects.get(lms_lead_id="A"), "login")
    ingest_rows("customers", [row], source="api")
    return job


def step(client, job, name):
    answer = client.post(page_of(job, "undo"), {"step": name}, follow=True)
    work_on_imports()
    return answer


def shown(client, job, page="undo", **query):
    return client.get(page_of(job, page), query).content.decode()


def test_an_import_is_undone_from_its_page(admin_client, job):
    offered = shown(admin_client, job, "change")
    step(admin_client, job, "look")
    looked = shown(admin_client, job)
    step(admin_client, job, "whole")
    report = shown(admin_client, job, "change")

    assert "can be undone until" in offered
    assert "Undo 2 rows" in looked
    assert not Customer.objects.exists()
    assert "by admin." in report
    assert ImportJob.objects.get().get_status_display() in report


def test_looking_writes_nothing(admin_client, job):
    step(admin_client, job, "look")

    assert Customer.objects.count() == 2
    job.refresh_from_db()
    assert job.status == ImportJob.Status.DONE


def test_what_changed_since_is_listed_and_the_rest_is_a_second_choice(
    admin_client, touched
):
    step(admin_client, touched, "look")
    looked = shown(admin_client, touched)
    refused = step(admin_client, touched, "whole").content.decode()
    still = Customer.objects.count()
    step(admin_client, touched, "rest")

    assert "Since then: activities" in looked
    assert "Undo the rest: 1 row" in looked
    assert 'value="whole"' not in looked
    assert "Nothing was undone." in refused
    assert still == 2
    assert Customer.objects.get().lms_lead_id == "A"
    assert "See what was left as it is" in shown(admin_client, touched, "change")


def test_many_conflicts_come_page_by_page(admin_client, load):
    rows = "".join(f"L{n},{n}\n" for n in range(60))
    job = load(f"lms_lead_id,x\n{rows}")
    for each in Customer.objects.all():
        make.activity(each)

    step(admin_client, job, "look")

    assert shown(admin_client, job).count("Since then: activities.") == 50
    assert shown(admin_client, job, p=2).count("Since then: activities.") == 10
    assert shown(admin_client, job, p="x").count("Since then: activities.") == 50


def test_the_page_that_watches_is_told_how_far_it_is(admin_client, job):
    before = admin_client.get(page_of(job, "undo-progress")).json()
    admin_client.post(page_of(job, "undo"), {"step": "look"})
    waiting = admin_client.get(page_of(job, "undo-progress")).json()
    work_on_imports()
    done = admin_client.get(page_of(job, "undo-progress")).json()

    assert before == {"status": ""}
    assert (waiting["status"], waiting["is_waiting"]) == ("checking", True)
    assert (done["status"], done["percent"]) == ("ready", 100)


@pytest.mark.parametrize("lacking", MAY[:1] + MAY[2:])
def test_undoing_needs_its_permission(client, job, lacking):
    client.force_login(make.grant(make.user(), *(set(MAY) - {lacking})))

    statuses = {
        client.post(page_of(job, "undo"), {"step": "look"}).status_code,
        client.get(page_of(job, "undo")).status_code,
        client.get(page_of(job, "undo-progress")).status_code,
    }

    assert statuses == {403}
    assert "See what undoing would do" not in shown(client, job, "change")


def test_who_may_undo_sees_it_offered(client, job):
    client.force_login(make.grant(make.user(), *MAY))

    assert "See what undoing would do" in shown(client, job, "change")
    assert step(client, job, "look").status_code == 200


@pytest.mark.parametrize("name", ["", "all", "\0"])
def test_no_other_step_is_known(admin_client, job, name):
    assert step(admin_client, job, name).status_code == 403


def test_an_import_that_was_not_looked_at_leads_back(admin_client, job):
    answer = admin_client.get(page_of(job, "undo"))

    assert answer.url == page_of(job)
    answer = step(admin_client, job, "whole")
    assert "Look first what undoing this import would do." in answer.content.decode()


def test_an_import_that_runs_is_not_undone(admin_client, check):
    job = check(FILE)

    answer = step(admin_client, job, "look")

    assert "This import is:" in answer.content.decode()


def test_two_people_who_undo_one_import_undo_it_once(admin_client, job):
    step(admin_client, job, "look")
    for _ in range(2):
        admin_client.post(page_of(job, "undo"), {"step": "whole"})
    work_on_imports()

    assert step(admin_client, job, "whole").status_code == 200
    assert not Customer.objects.exists()


def undo_import(job, *arguments):
    out = io.StringIO()
    call_command("undo_import", str(job.pk), *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_a_command_undoes_an_import(job):
    said = undo_import(job)

    assert "removed 2, put back 0, changed since 0, gone already 0" in said
    assert not Customer.objects.exists()


def test_a_dry_run_of_the_command_only_looks(job):
    said = undo_import(job, "--dry-run")

    assert "removed 2" in said
    assert "nothing undone" in said
    assert Customer.objects.count() == 2


def test_the_command_lists_what_changed_since_and_leaves_all(touched):
    with pytest.raises(CommandError, match="Nothing was undone"):
        undo_import(touched)

    assert Customer.objects.count() == 2
    assert "Line 2, A: Since then: activities" in undo_import(touched, "--dry-run")


def test_the_command_undoes_the_rest_when_told_so(touched):
    undo_import(touched, "--skip-touched")

    assert Customer.objects.get().lms_lead_id == "A"


def test_an_unknown_import_ends_with_a_sentence(db):
    with pytest.raises(CommandError, match="There is no import 99"):
        call_command("undo_import", "99")


def test_the_list_of_imports_shows_what_was_undone(admin_client, job):
    step(admin_client, job, "look")
    step(admin_client, job, "whole")

    listed = admin_client.get(reverse("admin:imports_importjob_changelist"))

    assert "Undone" in listed.content.decode()
