"""The notification centre as members use it."""

import pytest
from playwright.sync_api import expect

from messaging.models import Notification
from tests import make
from tests.axe import assert_accessible, assert_fits
from tests.portal.members import link_of, told

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = [("light", 1280), ("light", 390), ("dark", 390), ("dark", 1280)]
MOST_BYTES = 60_000


def come_in(page, who):
    page.goto(link_of(who))
    page.get_by_role("button", name="Show my notifications").click()
    page.wait_for_url("**/me/notifications/")


def some_for(who):
    told(who, title="Half price until Friday", icon="offer")
    told(
        who,
        title="You did it: 50 classes",
        message="A small present waits for you at the desk.\nWell done!",
        icon="trophy",
        action_url="/preferences/none",
    )


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_pages_are_for_everybody(browser, live_server, theme, width):
    ada = make.customer()
    some_for(ada)
    told(ada, title="Supercalifragilistic" * 12, message="x" * 300)
    context = browser.new_context(
        base_url=live_server.url,
        color_scheme=theme,
        viewport={"width": width, "height": 860},
    )
    page = context.new_page()

    def is_fine():
        assert_accessible(page)
        assert_fits(page)

    page.goto(link_of(ada))
    is_fine()
    come_in(page, ada)
    is_fine()
    page.get_by_role("button", name="Dismiss").first.click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    is_fine()
    page.goto("/me/preferences/")
    page.get_by_role("button", name="Pause for 30 days").click()
    expect(page.get_by_role("button", name="End the pause")).to_be_visible()
    is_fine()
    page.goto("/me/")
    page.get_by_text("Ask to be erased…").click()
    expect(page.get_by_role("button", name="Yes, ask to be erased")).to_be_visible()
    is_fine()
    page.get_by_role("button", name="Ask for a copy").click()
    expect(page.get_by_text("Below you see how far it is.")).to_be_visible()
    is_fine()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    is_fine()


def test_a_member_reads_dismisses_and_undoes_without_a_reload(page):
    ada = make.customer()
    some_for(ada)
    come_in(page, ada)
    page.evaluate("window.isTheSame = true")

    page.get_by_role("button", name="Mark as read Half price").click()
    expect(page.get_by_text("1 unread")).to_be_visible()
    page.get_by_role("button", name="Dismiss Half price").click()
    expect(page.get_by_text("“Half price until Friday” is dismissed.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    expect(page.get_by_role("heading", name="Half price")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Half price")).to_be_visible()
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("button", name="Mark as read")).to_have_count(0)

    assert page.evaluate("window.isTheSame")
    assert not Notification.objects.filter(read_at=None).exists()
    assert not Notification.objects.exclude(dismissed_at=None).exists()


def test_new_ones_appear_by_themselves_and_keep_the_focus(page):
    ada = make.customer()
    told(ada, title="First")
    page.clock.install()
    come_in(page, ada)
    dismiss = page.get_by_role("button", name="Dismiss First")
    dismiss.focus()

    told(ada, title="Second")
    page.clock.run_for(16_000)

    expect(page.get_by_role("heading", name="Second")).to_be_visible()
    expect(page.get_by_text("2 unread").first).to_be_visible()
    expect(dismiss).to_be_focused()
    assert page.title().startswith("(2)")


def test_an_open_page_says_when_the_session_is_over(page):
    ada = make.customer()
    told(ada)
    page.clock.install()
    come_in(page, ada)

    page.context.clear_cookies(name="member")
    page.clock.run_for(16_000)

    expect(page.get_by_text("Your session is over.")).to_be_visible()


def test_the_centre_works_without_scripts(browser, live_server):
    ada = make.customer()
    some_for(ada)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    come_in(page, ada)

    page.get_by_role("button", name="Dismiss Half price").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Mark all as read").click()

    expect(page.get_by_role("heading", name="Half price")).to_be_visible()
    expect(page.get_by_role("button", name="Mark as read")).to_have_count(0)


def test_the_centre_is_small_and_asks_nobody_else(page, live_server):
    ada = make.customer()
    for number in range(25):
        told(ada, title=f"Number {number}", message="A line of some length. " * 5)
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))

    come_in(page, ada)
    expect(page.get_by_role("link", name="Older")).to_be_visible()

    size = page.evaluate(
        """["navigation", "resource"].flatMap(kind => performance.getEntriesByType(kind))
            .reduce((sum, one) => sum + one.decodedBodySize, 0)"""
    )
    assert 10_000 < size < MOST_BYTES
    assert {url[: len(live_server.url)] for url in asked} == {live_server.url}
    assert not said
