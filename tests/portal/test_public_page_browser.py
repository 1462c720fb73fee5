from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from customers.models import Device
from portal.models import VisitorMessage
from tests.browser import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=[1280, 390])
def visitor(request, browser, live_server):
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": request.param, "height": 860}
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.complaints, page.answers = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("response", lambda answer: page.answers.append(answer))
    return page


def test_somebody_writes_by_the_keyboard(visitor, live_server):
    visitor.goto("/")

    visitor.get_by_label("Name").fill("Ada")
    visitor.keyboard.press("Tab")
    visitor.keyboard.type("ada@example.org")
    visitor.keyboard.press("Tab")
    visitor.keyboard.type("Do you open at 6?")
    visitor.keyboard.press("Tab")
    visitor.keyboard.press("Enter")

    visitor.get_by_role("heading", name="Thank you").wait_for()
    assert VisitorMessage.objects.get().message == "Do you open at 6?"
    assert not visitor.complaints
    assert visitor.answers
    assert all(answer.url.startswith(live_server.url) for answer in visitor.answers)


def test_what_is_wrong_stands_beside_its_field(visitor):
    visitor.goto("/")
    visitor.get_by_label("Name").fill("Ada")
    visitor.get_by_role("button", name="Send").click()

    visitor.get_by_role("alert").wait_for()
    assert visitor.get_by_label("Name").input_value() == "Ada"
    assert visitor.locator(".wrong").count() == 2


def test_no_device_is_noted_before_consent(visitor):
    visitor.goto("/", wait_until="networkidle")

    assert not Device.objects.exists()
    assert not [one for one in visitor.answers if "log-device" in one.url]


def test_a_visitor_who_says_yes_is_noted_once_and_can_take_it_back(visitor):
    visitor.goto("/")
    with visitor.expect_response("**/log-device") as told:
        visitor.get_by_role("button", name="Yes").click()

    assert told.value.status == 204
    seen = Device.objects.get()
    assert seen.screen_width == visitor.viewport_size["width"]
    assert seen.device_type == "desktop"
    visitor.reload(wait_until="networkidle")
    assert Device.objects.count() == 1

    visitor.get_by_role("button", name="Device data").click()
    visitor.get_by_role("button", name="No", exact=True).click()
    assert visitor.evaluate("localStorage.getItem('device-consent')") == "no"
    assert not visitor.complaints


def test_the_script_is_small():
    assert Path(finders.find("portal/device.js")).stat().st_size < 3_000
