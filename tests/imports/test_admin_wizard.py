import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from customers.models import AttributeDefinition, Consent, Customer
from funnel.models import Activity, FunnelEvent
from imports.models import ImportJob
from imports.tasks import work_on_imports
from tests import make
from tests.imports.wizard import CUSTOMERS, LEADS, choose, page_of, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(admin_client):
    upload(admin_client, LEADS)
    return ImportJob.objects.get()


def test_a_file_goes_from_upload_to_report(
    admin_client,
    job,
):
    make.customer(lms_lead_id="p-2", first_name="Al", email="alan@example.org")
    choices = {
        "Prospect ID": "lms_lead_id",
        "First": "first_name",
        "Do Not Email": "consent:email:inverted",
    }

    checking = choose(admin_client, job, choices, missing="Select, N/A")
    work_on_imports()
    preview = admin_client.get(page_of(job)).content.decode()
    nothing_yet = Customer.objects.count()
    admin_client.post(page_of(job, "confirm"))
    work_on_imports()
    report = admin_client.get(page_of(job)).content.decode()

    assert checking.url == page_of(job)
    assert nothing_yet == 1
    assert "Import 2 rows" in preview
    assert ">Al<" in preview
    assert "grace-at-example.org" in preview
    ada = Customer.objects.get(lms_lead_id="p-1")
    assert ada.attributes == {"Visits": 12, "Do Not Email": False}
    assert Customer.objects.get(lms_lead_id="p-2").first_name == "Alan"
    assert Consent.objects.get(granted=False).customer.lms_lead_id == "p-2"
    job.refresh_from_db()
    assert (job.created_count, job.updated_count, job.rejected_count) == (1, 1, 1)
    assert job.created_by.username == "admin"
    assert "Imported" in report
    assert "This column has no name" in report


def test_the_columns_page_shows_samples_types_and_what_is_left_out(admin_client, job):
    shown = admin_client.get(page_of(job, "columns")).content.decode()

    for text in (
        "p-1",
        "Automatic: Number",
        "This column has no name and is empty.",
        'data-word="Select"',
        "Do not e-mail: yes means stop",
    ):
        assert text in shown


def test_a_new_attribute_gets_the_name_and_type_that_were_chosen(admin_client, job):
    choices = {"Prospect ID": "lms_lead_id"}

    choose(admin_client, job, choices, name_3="Page views", type_3="string")
    work_on_imports()
    admin_client.post(page_of(job, "confirm"))
    work_on_imports()

    made = AttributeDefinition.objects.get(name="Page views")
    assert made.field_type == "string"
    assert Customer.objects.get(lms_lead_id="p-1").attributes["Page views"] == "12"


def test_an_attribute_that_is_known_is_offered_with_its_type(admin_client):
    make.attribute("Visits", "numeric")
    upload(admin_client, LEADS)
    job = ImportJob.objects.get()

    form = admin_client.get(page_of(job, "columns")).context["form"]

    assert form["what_3"].value() == "attribute:Visits"
    assert "Visits (Number)" in str(form["what_3"])


def test_orders_of_dates_and_decimal_commas_are_read_as_told(admin_client):
    upload(admin_client, 'lms_lead_id;Paid;Born\np-1;"12,5";31/03/1990\n')
    job = ImportJob.objects.get()

    choose(admin_client, job, date_order="dmy", decimal_comma="on")
    work_on_imports()
    admin_client.post(page_of(job, "confirm"))
    work_on_imports()

    assert Customer.objects.get().attributes == {"Paid": 12.5, "Born": "1990-03-31"}


@pytest.mark.parametrize(
    ("choices", "options", "sentence"),
    [
        ({"email": ""}, {}, "Say which column is"),
        (
            {"Prospect ID": "first_name", "First": "first_name"},
            {},
            "both become “first_name”",
        ),
        ({}, {"timezone": "Mars/Olympus"}, "is not a time zone"),
        ({"First": "nothing"}, {}, "Select a valid choice"),
        ({}, {"missing": "x" * 501}, "at most 500 characters"),
        ({}, {"name_0": "\0"}, "Null characters are not allowed"),
        ({}, {"type_0": "strange"}, "Mend the marked fields."),
    ],
)
def test_what_cannot_be_is_said_on_the_page(
    admin_client, job, choices, options, sentence
):
    answer = choose(admin_client, job, choices, **options)

    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    job.refresh_from_db()
    assert job.status == ImportJob.Status.UPLOADED


def test_an_attribute_keeps_its_type(admin_client, job):
    make.attribute("First", "numeric")

    answer = choose(admin_client, job, {"First": "new"}, name_1="First", type_1="date")

    assert "is of type numeric already" in answer.content.decode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"   \n", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "a picture"),
        (b"name\nAndr\xe9\n", "Say which encoding it has"),
        (b"PK\x03\x04 no workbook", "a compressed file"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(
    admin_client, content, sentence
):
    answer = upload(admin_client, content)

    assert sentence in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_the_script_gets_the_same_answers_as_json(admin_client):
    bad = admin_client.post(CUSTOMERS, {}, headers={"Accept": "application/json"})
    good = admin_client.post(
        CUSTOMERS,
        {"target": "customers", "file": SimpleUploadedFile("a.csv", LEADS.encode())},
        headers={"Accept": "application/json"},
    )

    assert bad.status_code == 400
    assert bad.json()["errors"]["file"] == ["Choose a file."]
    assert good.json() == {"url": page_of(ImportJob.objects.get(), "columns")}


def test_a_named_encoding_and_delimiter_are_used(admin_client):
    text = "lms_lead_id|City\np-1|Orléans, Loiret\n".encode("cp1252")

    upload(admin_client, text, encoding="cp1252", delimiter="|")
    job = ImportJob.objects.get()

    assert job.columns[1]["sample"] == ["Orléans, Loiret"]


def test_workbooks_and_tabs_are_read_too(admin_client):
    book = openpyxl.Workbook()
    book.active.append(["lms_lead_id", "Visits"])
    book.active.append(["p-1", 12])
    content = io.BytesIO()
    book.save(content)

    upload(admin_client, content.getvalue(), name="leads.xlsx")
    upload(admin_client, "lms_lead_id\tVisits\np-1\t12\n", name="leads.tsv")

    book_job, tabs_job = ImportJob.objects.all()
    for job in (book_job, tabs_job):
        assert [column["name"] for column in job.columns] == ["lms_lead_id", "Visits"]
        assert job.columns[1]["sample"] == ["12"]


@pytest.mark.parametrize(
    ("url", "target", "text", "model"),
    [
        (
            "admin:customers_customer_import",
            "attributes",
            "lms_lead_id,field_type,field_name,field_value\nL,numeric,Visits,3\n",
            AttributeDefinition,
        ),
        (
            "admin:funnel_funnelevent_import",
            "funnel_events",
            "lms_lead_id,funnel_type,from_stage,to_stage,created_date\n"
            "L,sales,Enquiry,Won,2026-03-01\n",
            FunnelEvent,
        ),
        (
            "admin:funnel_activity_import",
            "activities",
            "lms_lead_id,name,occurred_at,amount\nL,purchase,2026-03-01,12.50\n",
            Activity,
        ),
    ],
)
def test_each_list_imports_what_it_shows(admin_client, url, target, text, model):
    make.customer(lms_lead_id="L")

    upload(admin_client, text, url=reverse(url), target=target)
    job = ImportJob.objects.get()
    choose(admin_client, job)
    work_on_imports()
    admin_client.post(page_of(job, "confirm"))
    work_on_imports()

    assert model.objects.count() == 1


def test_the_leads_of_an_education_company_come_in(admin_client, real_data):
    content = (real_data / "x_education_leads" / "Leads.csv").read_bytes()

    upload(admin_client, content)
    job = ImportJob.objects.get()
    choices = {
        "Prospect ID": "lms_lead_id",
        "Do Not Email": "consent:email:inverted",
    }
    choose(admin_client, job, choices, missing="Select")
    work_on_imports()
    admin_client.post(page_of(job, "confirm"))
    work_on_imports()

    job.refresh_from_db()
    assert (job.created_count, job.rejected_count) == (9240, 0)
    assert AttributeDefinition.objects.count() == 36
    assert job.report["consents_withdrawn"] == 734


def test_a_file_may_have_many_columns(admin_client):
    names = ",".join(f"c{number}" for number in range(199))
    values = ",".join(str(number) for number in range(199))
    upload(admin_client, f"lms_lead_id,{names}\np-1,{values}\n")
    job = ImportJob.objects.get()

    choose(admin_client, job)
    work_on_imports()

    job.refresh_from_db()
    assert job.preview["created"] == 1
