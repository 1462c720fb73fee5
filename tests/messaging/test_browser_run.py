import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from messaging.services import pause_dispatch
from tests import make
from tests.axe import assert_accessible, assert_fits
from tests.messaging import ledger

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def office(page, settings, tmp_path):
    """The browser, logged in as an administrator, beside an empty mailbox."""
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    make.administrator(username="boss", password="a long password")
    page.goto(reverse("admin:login"))
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name=re.compile("log in|sign in", re.I)).click()
    page.wait_for_url("**/admin/")
    return page


def test_a_run_moves_before_ones_eyes_and_is_done(office):
    for _ in range(6):
        make.customer()
    dispatch = ledger.dispatch()
    office.goto(dispatch.get_absolute_url())
    states = office.get_by_role("region", name="Messages by state and reason")
    expect(states.get_by_role("link", name="6", exact=True)).to_be_visible()

    ledger.send(limit=2)
    expect(office.get_by_text("33 %").last).to_be_visible()
    ledger.send()

    expect(office.get_by_text("100 %").last).to_be_visible()
    expect(office.get_by_text("Done", exact=True)).to_be_visible()
    expect(office.get_by_role("button", name="Pause")).to_have_count(0)


def test_a_run_is_cancelled_only_after_a_question(office):
    make.customer()
    dispatch = ledger.dispatch()
    office.goto(dispatch.get_absolute_url())

    office.get_by_role("link", name="Cancel").click()
    office.get_by_role("link", name="No, go back").click()
    dispatch.refresh_from_db()
    assert dispatch.state == "sending"
    office.get_by_role("link", name="Cancel").click()
    office.get_by_role("button", name="Yes, cancel the dispatch").click()

    expect(office.get_by_text("is cancelled.").first).to_be_visible()
    dispatch.refresh_from_db()
    assert dispatch.state == "cancelled"


def test_a_mail_in_its_frame_can_run_no_script(office):
    dialogs = []
    office.context.on(
        "dialog", lambda dialog: (dialogs.append(dialog), dialog.dismiss())
    )
    make.customer(first_name="Ada")
    template = make.template(
        message="<p>Hello Ada</p><script>alert(1)</script>"
        "<img src=x onerror=alert(2)><a href='javascript:alert(3)'>here</a>"
    )
    delivery = ledger.dispatch(template=template).deliveries.get()
    ledger.send()

    for url in (
        delivery.get_absolute_url(),
        reverse("admin:messaging_mailbox_mail", args=(delivery.pk,)),
    ):
        office.goto(url)
        frame = office.frame_locator("iframe")
        expect(frame.get_by_text("Hello Ada")).to_be_visible()
        frame.get_by_text("here").click()
    assert dialogs == []
    assert office.refused
    office.refused.clear()


def test_a_link_of_a_kept_mail_opens_beside_it_as_for_the_receiver(
    office, live_server, settings
):
    settings.SITE_URL = live_server.url
    make.customer()
    template = make.template(
        message="<p>Hello</p><a href='{{ unsubscribe_url }}'>Enough</a>"
    )
    delivery = ledger.dispatch(template=template).deliveries.get()
    ledger.send()
    office.goto(reverse("admin:messaging_mailbox_mail", args=(delivery.pk,)))

    with office.expect_popup() as beside:
        office.frame_locator("iframe").get_by_role("link", name="Enough").click()

    expect(beside.value.get_by_role("button", name="Unsubscribe")).to_be_visible()
    assert beside.value.evaluate("window.opener") is None
    # The frame keeps staff from counting as having opened the mail.
    office.refused[:] = [words for words in office.refused if "/o/" not in words]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_sending_are_for_everybody(office, theme):
    office.emulate_media(color_scheme=theme)
    gone = make.customer()
    ledger.withdraw_consent(gone)
    make.customer()
    dispatch = ledger.dispatch()
    ledger.send()
    pause_dispatch(ledger.dispatch())
    delivery = dispatch.deliveries.get(state="accepted")

    for url in (
        dispatch.get_absolute_url(),
        delivery.get_absolute_url(),
        reverse("admin:messaging_dispatch_changelist"),
        reverse("admin:messaging_delivery_changelist"),
        reverse("admin:messaging_mailbox"),
        reverse("admin:messaging_sending"),
        reverse("admin:messaging_suppression_add"),
        f"/u/{delivery.content.merge_values['unsubscribe_url'].rpartition('/')[2]}",
    ):
        office.goto(url)
        for width in (1280, 390):
            office.set_viewport_size({"width": width, "height": 850})
            assert_fits(office)
        assert_accessible(office)
        office.set_viewport_size({"width": 1280, "height": 850})
