import pytest

from customers.models import Customer
from segments.errors import SegmentError
from segments.services import audience, request_refresh, save_segment
from tests import make
from tests.axe import assert_accessible, assert_fits

pytestmark = pytest.mark.browser

LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
LIST = "/admin/segments/segment/"


@pytest.fixture
def segments(sql_segments):
    customers = [make.customer() for _number in range(3)]
    make.attribute("city")
    ready = make.segment(
        type="sql", selection_sql="SELECT id FROM customers", description="All."
    )
    save_segment(ready)
    ready.selection_sql += "\nWHERE mobile = ''"
    save_segment(ready)
    audience(ready)
    broken = make.segment(type="sql", selection_sql="SELECT nope FROM customers")
    with pytest.raises(SegmentError):
        audience(broken)
    waiting = make.segment(type="function", handler_function="newest_customers")
    request_refresh(waiting)
    ruled = make.segment(
        type="conditions",
        conditions={
            "version": 1,
            "type": "field",
            "field": "first_name",
            "operator": "equals",
            "value": "Ada",
        },
    )
    audience(ruled)
    audience(ruled)
    return [make.segment(*customers), ready, broken, waiting, ruled]


@pytest.fixture
def staff(segments, page):
    make.administrator(username="boss")
    page.goto(f"/admin/login/?next={LIST}")
    page.fill("input[name=username]", "boss")
    page.fill("input[name=password]", "a long password")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    return page


def addresses(segments):
    listed, ready, broken, waiting, ruled = (f"{LIST}{made.pk}/" for made in segments)
    customer = Customer.objects.earliest("pk")
    return [
        LIST,
        f"{LIST}add/",
        f"{LIST}tables/",
        f"{listed}view/",
        f"{listed}customers/",
        f"{listed}upload/",
        f"{ready}view/",
        f"{ready}customers/",
        f"{ready}change/",
        f"{ready}delete/",
        f"{ready}history/",
        f"{broken}view/",
        f"{broken}customers/",
        f"{waiting}view/",
        f"{waiting}change/",
        f"{ruled}view/",
        f"{ruled}change/",
        f"{ruled}explain/?customer={customer.pk}",
        f"{ruled}explain/?customer=nobody",
        f"{LIST}of/{customer.pk}/",
    ]


@pytest.mark.parametrize(
    "look", LOOKS, ids=[f"{name}-{width}" for name, width in LOOKS]
)
def test_every_page_can_be_used_by_everybody(staff, segments, look):
    theme, width = look
    staff.emulate_media(color_scheme=theme)
    staff.set_viewport_size({"width": width, "height": 860})

    for address in addresses(segments):
        staff.goto(address)
        assert_accessible(staff)
        assert_fits(staff)


def test_what_trying_and_uploading_show_can_be_used_by_everybody(staff, segments):
    listed, ready = (f"{LIST}{made.pk}/" for made in segments[:2])

    staff.goto(f"{ready}change/")
    staff.click("button[data-try]")
    staff.wait_for_selector(".seg-figures")
    assert_accessible(staff)

    staff.click(".cm-content")
    staff.keyboard.press("Control+a")
    staff.keyboard.insert_text("SELECT nope FROM customers")
    staff.click("button[data-try]")
    staff.wait_for_selector("[data-go-to-line]")
    assert_accessible(staff)

    staff.goto(f"{listed}upload/")
    file = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"customer_id\n1\nx\n"}
    staff.set_input_files("input[type=file]", file)
    staff.click(".seg-fields button:has-text('Upload')")
    staff.wait_for_selector("#report")
    assert_accessible(staff)
    assert_fits(staff)
