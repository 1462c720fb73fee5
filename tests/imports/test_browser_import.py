import re

import pytest
from django.urls import reverse

from customers.models import Customer
from imports.tasks import work_on_imports
from tests import make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LEADS = "Prospect ID,First,email,Visits,City\np-1,Ada,ada@example.org,12,Select\n"


@pytest.fixture
def staff_page(page, client, live_server):
    client.force_login(make.administrator())
    page.context.add_cookies(
        [
            {
                "name": "sessionid",
                "value": client.cookies["sessionid"].value,
                "url": live_server.url,
            }
        ]
    )
    return page


@pytest.fixture
def leads(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text(LEADS)
    return path


def test_leads_go_from_a_file_to_customers(staff_page, leads):
    page = staff_page
    page.goto(reverse("admin:customers_customer_changelist"))
    page.get_by_role("link", name=re.compile("Import$")).click()

    page.get_by_label("Drop a file here, or choose one").set_input_files(leads)
    page.get_by_role("button", name="Upload").click()
    page.get_by_label("What “Prospect ID” is").select_option("lms_lead_id")
    page.get_by_label("What “First” is").select_option("first_name")
    page.get_by_role("button", name="Select").click()
    page.get_by_role("button", name="Check the file").click()
    page.get_by_text("A worker checks every row").wait_for()
    work_on_imports()
    page.get_by_role("button", name="Import 1 row").click()
    page.get_by_text("Waiting for a worker.").wait_for()
    work_on_imports()

    page.get_by_role("heading", name="What happened", exact=True).wait_for()
    ada = Customer.objects.get()
    assert ada.first_name == "Ada"
    assert ada.attributes == {"Visits": 12}


def test_a_column_that_nothing_becomes_is_warned_about_while_it_is_so(
    staff_page, leads
):
    page = staff_page
    page.goto(reverse("admin:customers_customer_import"))
    page.get_by_label("Drop a file here, or choose one").set_input_files(leads)
    page.get_by_role("button", name="Upload").click()

    no_lead_id = page.get_by_text("No column is the LMS lead ID")
    no_email = page.get_by_text("No column is the e-mail address")
    no_lead_id.wait_for()
    assert not no_email.is_visible()
    page.get_by_label("What “Prospect ID” is").select_option("lms_lead_id")
    no_lead_id.wait_for(state="hidden")
    page.get_by_label("What “email” is").select_option("")
    no_email.wait_for()


def test_a_chosen_file_is_kept_while_its_encoding_is_named(staff_page, tmp_path):
    path = tmp_path / "noms.csv"
    path.write_bytes("lms_lead_id,first_name\np-1,André\n".encode("cp1252"))
    page = staff_page
    page.goto(reverse("admin:customers_customer_import"))

    page.get_by_label("Drop a file here, or choose one").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("Say which encoding it has").wait_for()
    page.get_by_label("Encoding").select_option("cp1252")
    page.get_by_role("button", name="Upload").click()

    page.get_by_text("André").wait_for()


def test_a_file_can_be_dropped(staff_page, leads):
    page = staff_page
    page.goto(reverse("admin:customers_customer_import"))

    transfer = page.evaluate_handle(
        """(text) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], "dropped.csv", {type: "text/csv"}));
            return transfer;
        }""",
        LEADS,
    )
    page.dispatch_event(".mos-drop", "drop", {"dataTransfer": transfer})
    page.get_by_role("button", name="Upload").click()

    page.get_by_role("heading", name="dropped.csv 1 row").wait_for()


def test_the_search_offers_what_goes_with_the_chosen_attribute(staff_page):
    make.attribute("Visits", "numeric")
    make.customer(first_name="Ada", attributes={"Visits": 12})
    make.customer(first_name="Alan", attributes={"Visits": 3})
    page = staff_page
    page.goto(reverse("admin:customers_customer_changelist"))

    comparison = page.get_by_label("Comparison")
    before = comparison.is_disabled()
    page.get_by_label("Attribute", exact=True).select_option("Visits")
    offered = comparison.locator("option:not([hidden])").all_inner_texts()
    comparison.select_option("more")
    page.get_by_label("Value").fill("10")
    page.keyboard.press("Enter")

    page.get_by_text("1 customer", exact=False).wait_for()
    assert before
    assert offered == ["is", "is at least", "is at most", "is known", "is not known"]
    assert page.get_by_role("link", name="Ada").count() == 1
    assert page.get_by_role("link", name="Alan").count() == 0
