import datetime as dt
import json

import pytest
from django.utils import timezone

from segments.models import Segment
from tests import make
from tests.axe import assert_accessible, assert_fits

pytestmark = pytest.mark.browser

ADD = "/admin/segments/segment/add/"
LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]


@pytest.fixture
def customers(transactional_db):
    make.attribute("course", label="Course")
    make.attribute("visits", "numeric")
    anna = make.customer(first_name="Anna", attributes={"course": "MBA", "visits": 4})
    bert = make.customer(first_name="Bert", attributes={"course": "MBA", "visits": 1})
    make.customer(first_name="Cleo", attributes={"course": "MSc"})
    make.funnel_event(anna, "Won")
    ago = timezone.now() - dt.timedelta(days=5)
    make.activity(bert, "class attended", occurred_at=ago, properties={"hall": "A"})
    return anna, bert


@pytest.fixture
def staff(sql_segments, customers, page):
    make.administrator(username="boss")
    page.goto(f"/admin/login/?next={ADD}")
    page.fill("input[name=username]", "boss")
    page.fill("input[name=password]", "a long password")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    page.click("label:has(input[value=conditions])")
    return page


def control(page, label, place=0):
    return page.locator(f"[data-conditions] [aria-label^='{label}']").nth(place)


def tree(page):
    return json.loads(page.input_value("[name=conditions]"))


def found(page, count):
    page.wait_for_selector(f"[data-trial] .seg-figure:text-is('{count}')")


def build(page):
    """Everybody of the MBA who was not in class lately, or is not Anna."""
    page.click("button:has-text('Condition')")
    control(page, "Attribute").select_option("course")
    control(page, "Value").fill("MBA")
    page.click(".cond-root > .cond-foot button:has-text('Condition')")
    control(page, "Kind of condition", 1).select_option("activity")
    control(page, "Activity").select_option("class attended")
    control(page, "How often").select_option("never")
    control(page, "When").select_option("last_days")
    control(page, "Days").fill("30")


def test_conditions_are_built_counted_and_saved(staff, customers):
    build(staff)

    found(staff, 1)
    assert staff.is_visible(
        "text=Customers whose Course is “MBA” and without “class attended” in the last"
        " 30 days."
    )
    assert staff.is_visible("[data-trial] a:has-text('Anna')")
    staff.click("summary:has-text('The SQL that it becomes')")
    assert "NOT EXISTS" in staff.inner_text("[data-trial] pre")

    staff.fill("input[name=name]", "Idle MBAs")
    staff.click("[name=_save]")
    staff.wait_for_url("**/view/")
    segment = Segment.objects.get(name="Idle MBAs")
    assert segment.conditions["all"][1]["window"] == {
        "operator": "last_days",
        "value": 30,
    }
    assert staff.is_visible("text=Customers whose Course is “MBA”")

    staff.goto(f"/admin/segments/segment/{segment.pk}/change/")
    found(staff, 1)
    assert tree(staff) == segment.conditions


def test_groups_are_nested_by_keyboard_alone(staff):
    staff.focus(".cond-root > .cond-foot button:has-text('Group')")
    staff.keyboard.press("Enter")
    staff.keyboard.type("none")
    staff.focus(".cond-group .cond-group .cond-foot button")
    staff.keyboard.press("Enter")
    staff.keyboard.type("Tag")
    staff.keyboard.press("Tab")
    staff.keyboard.press("Tab")
    staff.keyboard.type("vip")
    staff.keyboard.press("Enter")

    found(staff, 3)
    member = {"type": "tag", "operator": "has", "tags": ["vip"]}
    assert tree(staff) == {"version": 1, "all": [{"not": {"any": [member]}}]}

    staff.focus("[aria-label='Remove vip']")
    staff.keyboard.press("Enter")
    staff.wait_for_selector(
        ".cond-row .cond-error:has-text('Enter at least one value.')"
    )
    staff.focus("[aria-label='Remove this condition']")
    staff.keyboard.press("Enter")
    staff.wait_for_selector(".cond-group .cond-group .cond-error:has-text('is empty')")


def test_values_and_properties_are_suggested_from_the_data(staff):
    build(staff)
    control(staff, "Value").focus()
    staff.wait_for_selector(".cond-suggesting option[value=MSc]", state="attached")

    staff.click("button:has-text('Only where')")
    control(staff, "Property").focus()
    staff.wait_for_selector(".cond-filter option[value=hall]", state="attached")
    control(staff, "Property").fill("hall")
    staff.keyboard.press("Tab")
    staff.locator(".cond-filter [aria-label=Value]").fill("B")

    found(staff, 2)
    assert tree(staff)["all"][1]["where"] == [
        {"property": "hall", "type": "string", "operator": "equals", "value": "B"}
    ]


def test_what_is_wrong_stands_beside_its_condition(staff):
    build(staff)
    control(staff, "Days").fill("")

    staff.wait_for_selector(".cond-row >> nth=1 >> text=Enter a whole number.")
    staff.fill("input[name=name]", "Wrong")
    staff.click("[name=_save]")
    staff.wait_for_selector(".cond-row >> nth=1 >> text=Enter a whole number.")
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    "look", LOOKS, ids=[f"{name}-{width}" for name, width in LOOKS]
)
def test_the_builder_can_be_used_by_everybody(staff, look):
    theme, width = look
    staff.emulate_media(color_scheme=theme)
    staff.set_viewport_size({"width": width, "height": 860})
    staff.reload()
    staff.click("label:has(input[value=conditions])")
    build(staff)
    found(staff, 1)
    staff.click("button:has-text('Only where')")
    staff.click(".cond-root > .cond-foot button:has-text('Group')")
    staff.click(".cond-group .cond-group .cond-foot button")
    control(staff, "Kind of condition", 2).select_option("stage")

    assert_accessible(staff)
    assert_fits(staff)
