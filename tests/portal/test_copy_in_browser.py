"""A member on a phone asks for a copy; staff send the link by one button; it arrives."""

import json

import pytest
from playwright.sync_api import expect

from tests import make
from tests.axe import assert_accessible, assert_fits
from tests.messaging import ledger
from tests.portal.members import link_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def phone(browser, live_server, **options):
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": 390, "height": 844},
        accept_downloads=True,
        **options,
    )
    return context.new_page()


def link_among(mails):
    """The link to a copy; the mail by which the member came in has none."""
    texts = [mail.message.get_body(("html",)).get_content() for mail in mails]
    [html] = [text for text in texts if "/me/copy/" in text]
    return "/me/copy/" + html.partition("/me/copy/")[2].partition('"')[0]


def test_a_copy_goes_from_the_wish_to_the_file(
    browser, live_server, page, smtp_sink, client
):
    ada = make.customer(email="ada@example.org", attributes={"Illness": "flu"})
    client.force_login(make.administrator())
    staff = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    page.context.add_cookies([staff | {"url": live_server.url}])
    member = phone(browser, live_server)

    member.goto(link_of(ada))
    member.get_by_role("button", name="Show my notifications").click()
    member.get_by_role("link", name="Your page").click()
    member.get_by_role("button", name="Ask for a copy").click()
    expect(member.get_by_text("Somebody checks it, then sends a link")).to_be_visible()

    page.goto("/admin/automations/stafftask/")
    page.get_by_role("link", name="The member asks for a copy").click()
    assert_accessible(page)
    page.get_by_role("button", name="Send the link and complete").click()
    expect(page.get_by_text("The link to the copy was sent.")).to_be_visible()
    assert_accessible(page)

    ledger.send()
    member.goto(link_among(smtp_sink.mails))
    assert_fits(member)
    with member.expect_download() as download:
        member.get_by_role("button", name="Download my data").click()

    held = json.loads(download.value.path().read_text())
    assert held["customers"]["customer"][0]["attributes"] == {"Illness": "flu"}
    member.goto("/me/")
    expect(member.get_by_text("we sent a link to a•••@example.org")).to_be_visible()
    page.reload()
    expect(page.get_by_text("once, on")).to_be_visible()
