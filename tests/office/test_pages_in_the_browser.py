import pytest
from django.core.management import call_command

from tests import make
from tests.axe import assert_accessible, assert_fits, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]


@pytest.fixture(params=LOOKS, ids=[f"{theme}-{width}" for theme, width in LOOKS])
def look(request, page):
    theme, width = request.param
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 860})
    return page


def sign_in(page):
    make.administrator(username="boss", password="the right password")
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill("the right password")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Home").wait_for()


def test_the_first_pages_can_be_used_by_everybody(look):
    for address in ("/", "/admin/login/", "/no-such-page/"):
        look.goto(address)
        assert_accessible(look)
        assert_fits(look)


def test_the_empty_home_page_leads_to_the_first_import(look):
    sign_in(look)

    assert look.get_by_text("From your customers to the first mail").is_visible()
    assert_accessible(look)
    assert_fits(look)
    look.get_by_role("link", name="Import a file", exact=True).click()
    assert "/admin/customers/customer/" in look.url


def test_the_home_page_of_the_demo_can_be_used_by_everybody(page):
    call_command("load_pack", "next_campus")
    sign_in(page)

    for theme, width in LOOKS:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 860})
        page.reload()  # the theme is chosen when a page is read
        page.get_by_text("Sales funnel").wait_for()
        assert_accessible(page)
        assert_fits(page)


def test_everything_is_found_by_keyboard(page):
    make.customer(first_name="Grace", last_name="Hopper")
    sign_in(page)

    page.keyboard.press("Control+k")
    page.get_by_placeholder("Type to search").press_sequentially("hopp")
    page.get_by_role("link", name="Grace Hopper").wait_for()
    assert_accessible(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url("**/admin/customers/customer/*/change/")


def test_the_menu_opens_on_a_phone_by_keyboard(page):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page)

    page.get_by_role("button", name="Menu").press("Enter")

    page.get_by_role("link", name="Customers").first.wait_for()
    assert_accessible(page)


def test_axe_does_find_what_is_wrong(page):
    page.set_content('<html lang="en"><title>x</title><img src="x.png"></html>')

    assert "image-alt" in [rule["id"] for rule in violations(page)]
    with pytest.raises(AssertionError, match="image-alt"):
        assert_accessible(page)
