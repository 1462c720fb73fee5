"""What the pages show of a file's oddities, and of values beyond all measure."""

import gzip

import pytest
from django.urls import reverse

from customers.models import AttributeDefinition, Customer
from customers.services import set_attribute
from imports.models import ImportJob
from imports.tasks import work_on_imports
from segments.services import audience
from tests import make
from tests.imports.wizard import choose, page_of, upload

ODD = b"lms_lead_id,joined,joined\nA,01/02/2026,x\n\n,,\nB\n"
BROKEN = "lms_lead_id,email\n" + "".join(f"L{n},nobody\n" for n in range(20))
LONG = "x" * 65_530 + " needle"
FINDS_IT = (
    "SELECT customer_id FROM customer_attributes"
    " WHERE field_name = 'note' AND field_value #>> '{}' LIKE '%needle'"
)


@pytest.mark.django_db
def test_the_pages_tell_what_is_odd_about_a_file_and_ask_what_it_does_not(admin_client):
    upload(admin_client, gzip.compress(ODD), name="leads.csv.gz")
    job = ImportJob.objects.get()

    columns = admin_client.get(page_of(job, "columns")).content.decode()
    asked = choose(admin_client, job).content.decode()
    choose(admin_client, job, date_order="dmy")
    work_on_imports()
    report = admin_client.get(page_of(job)).content.decode()

    assert "Another column has this name too; this one is called “joined (2)”." in columns  # fmt: skip
    assert "Dates such as 01/02/2026 (line 2) can be read in two ways." in asked
    assert "2 blank rows were passed over." in report
    assert "1 row has fewer cells than the header" in report


@pytest.mark.django_db
def test_like_faults_are_one_line_above_the_list_of_all(admin_client):
    upload(admin_client, BROKEN + "M,m@example.org,too,many\n")
    job = ImportJob.objects.get()

    choose(admin_client, job)
    work_on_imports()
    page = admin_client.get(page_of(job)).content.decode()

    job.refresh_from_db()
    assert [(k["column"], k["count"], k["line"]) for k in job.preview["kinds"]] == [
        ("email", 20, 2), ("", 1, 22),
    ]  # fmt: skip
    assert "Why rows are refused" in page


def test_a_value_of_64_kilobytes_is_indexed_found_and_shown(
    sql_segments, load, check, admin_client
):
    load("lms_lead_id,note\nA,short\n")
    set_attribute(AttributeDefinition.objects.get(), indexed=True)

    load(f'lms_lead_id,note\nA,"{LONG}"\nB,other\n')
    again = check(f'lms_lead_id,note\nA,"{LONG[:-1]}"\n')

    customer = Customer.objects.get(lms_lead_id="A")
    page = reverse("admin:customers_customer_change", args=(customer.pk,))
    segment = make.segment(type="sql", selection_sql=FINDS_IT)
    assert customer.attributes["note"] == LONG
    assert list(audience(segment)) == [customer]
    assert admin_client.get(page).status_code == 200
    assert admin_client.get(page_of(again)).status_code == 200
    assert len(again.preview["changes"][0]["new"]) == 300
