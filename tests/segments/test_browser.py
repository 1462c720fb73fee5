import pytest

from customers.services import add_tag
from segments.models import Segment
from segments.tasks import refresh_segment
from tests import make
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def staff(sql_segments, page):
    make.administrator(username="boss")
    page.goto("/admin/login/?next=/admin/segments/segment/")
    page.fill("input[name=username]", "boss")
    page.fill("input[name=password]", "a long password")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    return page


def write(page, sql):
    page.click(".cm-content")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(sql)


def test_sql_is_written_tried_mended_and_saved(staff):
    make.customer(first_name="Ada")
    make.customer(first_name="Bert")
    staff.goto("/admin/segments/segment/add/")
    staff.fill("input[name=name]", "All the Adas")
    staff.click("label:has(input[value=sql])")

    write(staff, "SELECT id\nFROM customers\nWHERE frist_name = 'Ada'")
    staff.click("button[data-try]")
    staff.click("button[data-go-to-line='3']")

    marked = staff.locator(".cm-lintRange-error").text_content()
    selected = staff.evaluate("getSelection().toString()")
    assert (marked, selected) == ("frist_name", "frist_name = 'Ada'")

    staff.keyboard.insert_text("first_name = 'Ada'")
    staff.click("button[data-try]")
    staff.wait_for_selector(".seg-figures:has-text('1')")
    staff.click("[name=_save]")

    staff.wait_for_url("**/view/")
    staff.wait_for_selector("text=Waiting for a worker")
    segment = Segment.objects.get(name="All the Adas")
    assert segment.selection_sql.endswith("WHERE first_name = 'Ada'")


def test_the_columns_of_the_table_that_a_name_stands_for_are_offered(staff):
    staff.goto("/admin/segments/segment/add/")
    staff.click("label:has(input[value=sql])")
    write(staff, "SELECT move.customer_id FROM funnel_events AS move WHERE move.")
    staff.keyboard.type("to")

    # A column of another table, topic, would match as well.
    staff.wait_for_selector(".cm-tooltip-autocomplete")
    offered = staff.locator(".cm-completionLabel").all_text_contents()
    assert offered == ["to_stage", "customer_id"]
    staff.locator(".cm-completionLabel", has_text="to_stage").click()

    assert staff.locator(".cm-content").text_content().endswith("move.to_stage")


def test_an_example_is_tried_where_the_tables_are_explained(staff):
    add_tag([make.customer(first_name="Ada").pk], "vip")
    staff.goto("/admin/segments/segment/tables/")
    example = staff.locator(".seg-example", has_text="With a tag, and without")

    example.get_by_role("button", name="Try it").click()

    example.locator(".seg-figures:has-text('1')").wait_for()
    assert "Ada" in example.locator("table").text_content()
    example.get_by_role("link", name="Make a segment of it").click()
    staff.wait_for_selector(".cm-content:has-text('vip')")


def test_the_page_shows_a_look_up_when_it_is_done(staff):
    make.customer(first_name="Ada")
    segment = make.segment(type="sql", selection_sql="SELECT id FROM customers")
    staff.goto(segment.get_absolute_url())
    staff.click("text=Refresh now")
    staff.wait_for_selector("text=Waiting for a worker")

    refresh_segment(segment.snapshots.get().pk)

    wait_until(lambda: staff.locator(".seg-head .seg-figure").text_content() == "1")
    assert not staff.locator("text=Waiting for a worker").count()


def test_the_form_shows_the_fields_of_the_chosen_type(staff):
    staff.goto("/admin/segments/segment/add/")

    assert staff.is_visible("text=Save it first.")
    assert not staff.is_visible(".cm-editor")

    staff.click("label:has(input[value=function])")
    staff.select_option("select[name=handler_function]", "newest_customers")
    assert staff.is_visible("[name=parameter-newest_customers-days]")
    assert not staff.is_visible("[name=parameter-customers_without_activity-days]")

    staff.click("label:has(input[value=sql])")
    staff.click("summary:has-text('By an attribute')")
    staff.click("details[open] button[data-use-example]")
    assert "field_name = 'city'" in staff.input_value("[name=selection_sql]")


def test_names_of_tables_and_columns_are_offered(staff):
    staff.goto("/admin/segments/segment/add/")
    staff.click("label:has(input[value=sql])")
    staff.click(".cm-content")

    staff.keyboard.type("SELECT customer_id FROM funn")
    staff.click(".cm-tooltip-autocomplete li:has-text('funnel_events')")

    assert staff.input_value("[name=selection_sql]").endswith("FROM funnel_events")


def test_a_file_is_uploaded_and_customers_are_ticked_off(staff):
    customers = [make.customer() for _number in range(3)]
    segment = make.segment()
    ids = "\n".join(["customer_id", *(str(who.pk) for who in customers), "999999"])
    staff.goto(f"/admin/segments/segment/{segment.pk}/upload/")
    staff.set_input_files(
        "input[type=file]",
        {"name": "ids.csv", "mimeType": "text/csv", "buffer": ids.encode()},
    )
    staff.click(".seg-fields button:has-text('Upload')")
    staff.wait_for_selector("text=There is no customer with this id.")

    staff.click("a:has-text('Customers') >> nth=-1")
    staff.check("[data-tick-all]")
    staff.click("button:has-text('Take off the list')")

    staff.wait_for_selector("text=The list is empty.")
