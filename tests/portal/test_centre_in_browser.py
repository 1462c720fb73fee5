"""The notification centre as members use it."""

import pytest
from playwright.sync_api import expect

from messaging.models import Notification
from tests import make
from tests.portal.members import link_of, told

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
