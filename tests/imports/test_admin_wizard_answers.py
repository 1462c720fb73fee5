import pytest
from django.urls import reverse

from customers.models import Customer, EventOutbox, EventSubscription
from imports.models import ImportJob
from imports.tasks import work_on_imports
from tests import make
from tests.imports.wizard import LEADS, choose, page_of, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(admin_client):
    upload(admin_client, LEADS)
    return ImportJob.objects.get()


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("customers", "lms_lead_id,Illness,City\nL,cold,Paris\n"),
        (
            "attributes",
            "lms_lead_id,field_type,field_name,field_value\n"
            "L,string,Illness,cold\nL,string,City,Paris\n",
        ),
    ],
)
def test_a_preview_is_no_way_to_read_sensitive_attributes(admin_client, target, text):
    make.attribute("Illness", sensitive=True)
    make.attribute("City")
    make.customer(lms_lead_id="L", attributes={"Illness": "flu", "City": "London"})

    upload(admin_client, text, target=target)
    job = ImportJob.objects.get()
    choose(admin_client, job)
    work_on_imports()

    job.refresh_from_db()
    changes = {change["field"]: change["old"] for change in job.preview["changes"]}
    assert changes == {"Illness": "(sensitive)", "City": "London"}


def test_a_column_is_offered_as_the_attribute_that_is_spelled_alike(admin_client):
    make.attribute("city")
    make.attribute("lead_score", "numeric")

    upload(admin_client, "E-mail,City,Lead Score,Course\na@example.org,Riga,7,MBA\n")

    assert ImportJob.objects.get().mapping == {
        "E-mail": "email",
        "City": "attribute:city:string",
        "Lead Score": "attribute:lead_score:numeric",
        "Course": "attribute:Course:string",
    }


def test_two_columns_are_never_offered_as_one_attribute(admin_client):
    make.attribute("lead_score")

    upload(admin_client, "email,Lead Score,Lead-Score\na@example.org,high,low\n")

    assert ImportJob.objects.get().mapping == {
        "email": "email",
        "Lead Score": "attribute:lead_score:string",
        "Lead-Score": "attribute:Lead-Score:string",
    }


def test_the_report_leads_to_the_customers(admin_client, job):
    choose(admin_client, job, {"Prospect ID": "lms_lead_id"})
    work_on_imports()
    checked = admin_client.get(page_of(job)).content.decode()
    admin_client.post(page_of(job, "confirm"))
    work_on_imports()

    assert "See the customers" not in checked
    assert "See the customers" in admin_client.get(page_of(job)).content.decode()


def test_what_does_not_fit_a_type_is_shown_with_its_lines(admin_client):
    rows = "".join(f"p-{n},{n}\n" for n in range(2, 12))
    upload(admin_client, f"lms_lead_id,Score\n{rows}p-12,many\np-13,none\n")

    shown = admin_client.get(page_of(ImportJob.objects.get(), "columns"))

    text = shown.content.decode()
    assert "2 of 12 values do not fit the type number: show" in text
    assert "<td>many</td>" in text
    assert '<td class="mos-number">12</td>' in text


def test_the_order_of_dates_is_asked_for_once_per_column(admin_client):
    upload(admin_client, "lms_lead_id,Born,Met\np-1,01/02/2020,03/04/2026\n")
    job = ImportJob.objects.get()

    asked = choose(admin_client, job, {}, type_1="date", type_2="date")
    answers = {"type_1": "date", "type_2": "date", "dates_1": "dmy", "dates_2": "mdy"}
    choose(admin_client, job, {}, **answers)
    work_on_imports()
    admin_client.post(page_of(job, "confirm"))
    work_on_imports()

    assert "Say whether the day or the month comes first." in asked.content.decode()
    assert Customer.objects.get().attributes == {
        "Born": "2020-02-01",
        "Met": "2026-03-04",
    }


def test_all_or_nothing_of_a_long_file_says_how_it_comes_in(admin_client, job):
    ImportJob.objects.update(rows_total=50_001)

    form = admin_client.get(page_of(job, "columns")).context["form"]
    choose(admin_client, job, {"Prospect ID": "lms_lead_id"}, all_or_nothing="on")

    job.refresh_from_db()
    assert "comes in by batches" in form["all_or_nothing"].help_text
    assert job.options["all_or_nothing"]


def test_refused_rows_and_all_or_nothing_leave_nothing_to_confirm(admin_client, job):
    choose(admin_client, job, {"Prospect ID": "lms_lead_id"}, all_or_nothing="on")
    work_on_imports()

    shown = admin_client.get(page_of(job)).content.decode()
    answer = admin_client.post(page_of(job, "confirm"), follow=True)

    assert "You asked for all or nothing" in shown
    assert "refused rows: 1." in answer.content.decode()


@pytest.mark.parametrize(
    ("ticked", "said", "told"),
    [("", "They start none", 0), ("on", "may start them", 2)],
)
def test_rows_start_workflows_only_when_ticked_after_a_count(
    admin_client, ticked, said, told
):
    make.customer(lms_lead_id="L")
    EventSubscription.objects.create(kind="activity", name="login", owner="workflow:1")
    rows = "L,login,2026-03-01\nL,login,2026-03-02\nL,logout,2026-03-03\n"
    text = f"lms_lead_id,name,occurred_at\n{rows}"
    url = reverse("admin:funnel_activity_import")
    upload(admin_client, text, url=url, target="activities")
    job = ImportJob.objects.get()

    choose(admin_client, job, **({"may_start_workflows": ticked} if ticked else {}))
    work_on_imports()
    shown = admin_client.get(page_of(job)).content.decode()
    admin_client.post(page_of(job, "confirm"))
    work_on_imports()

    assert "2 rows are events that workflows wait for" in shown
    assert said in shown
    assert EventOutbox.objects.count() == told


def test_refused_values_come_page_by_page(admin_client):
    rows = "".join(f"p-{n},nowhere-{n}\n" for n in range(60))
    upload(admin_client, f"lms_lead_id,email\n{rows}")
    job = ImportJob.objects.get()
    choose(admin_client, job)
    work_on_imports()

    first = admin_client.get(page_of(job)).content.decode()
    second = admin_client.get(page_of(job), {"p": "2"}).content.decode()

    assert first.count("nowhere-") == 50
    assert second.count("nowhere-") == 10


def test_who_leaves_the_wizard_finds_it_again_as_it_was(admin_client, job):
    choose(admin_client, job, {"Prospect ID": "lms_lead_id", "City": ""}, missing="-")
    work_on_imports()

    form = admin_client.get(page_of(job, "columns")).context["form"]

    assert form["what_0"].value() == "lms_lead_id"
    assert form["what_4"].value() == ""
    assert form["missing"].value() == "-"
