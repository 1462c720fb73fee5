"""No text of customers, files, other systems or providers does anything in a page."""

from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from automations.models import Automation
from customers.models import Customer
from messaging.models import Delivery, MessageTemplate, Notification
from messaging.services.content import preferences_url, unsubscribe_url
from portal.members import COOKIE
from tests.portal.signed import sign_in
from tests.scale import scaled
from tests.security.crawl import Crawl, addresses_of_objects, names_of_pages
from tests.security.inspector import Inspector
from tests.security.payloads import PAYLOADS

pytestmark = [pytest.mark.browser, pytest.mark.prove, pytest.mark.django_db]
# Objects for each kind of page; the lists show those of all attacks anyway.
EACH = scaled(1, len(PAYLOADS))
SOME = range(0, len(PAYLOADS), scaled(10, 1))
# They do something, or answer with JSON, a script or a file; other tests type into the
# search and what it completes.
NOT_PAGES = {
    f"admin:{name}"
    for name in (
        "autocomplete",
        "automations_enrolment_ask",
        "customers_memberoffer_use",
        "funnel_report_export",
        "jsi18n",
        "login",
        "logout",
        "messaging_delivery_settle",
        "messaging_dispatch_do",
        "messaging_goal_choose",
        "messaging_goal_drop",
        "messaging_messagetemplate_restore",
        "messaging_sending_switch",
        "password_change_done",
        "search",
        "segments_scores_progress",
        "segments_scores_refresh",
        "view_on_site",
    )
}


def test_every_text_field_of_the_api_was_attacked(office):
    fields = office.filled

    assert fields.texts() - fields.filled == set()
    assert len(fields.filled) > 40


def test_nothing_runs_in_the_back_office(inspector):
    crawl = Crawl(inspector, EACH, opens_all=EACH > 1)
    crawl.add("/admin/")
    for number in range(EACH):
        for address in addresses_of_objects(number + 1):
            crawl.add(address)

    mail = Delivery.objects.filter(channel="email").earliest("pk")
    template = _first(MessageTemplate)
    for name, args in (
        ("customer_messages", (mail.customer_id,)),
        ("mailbox_html", (mail.pk,)),
        ("messagetemplate_version", (template, 1)),
    ):
        crawl.add(reverse(f"admin:messaging_{name}", args=args))
    crawl.walk()

    assert names_of_pages() - crawl.names <= NOT_PAGES
    assert len(crawl.opened) > 80
    assert inspector.found == []


@pytest.mark.parametrize("words", [PAYLOADS[number] for number in SOME])
def test_nothing_runs_in_pages_that_repeat_what_was_asked(inspector, words):
    asked = urlencode({"q": words, "tag": words, "next": words, "lang": words})
    for page in ("customers_customer", "funnel_activity", "messaging_delivery"):
        inspector.visit(f"{reverse(f'admin:{page}_changelist')}?{asked}")
    for address in ("/admin/login/", "/api/v1/docs/", "/"):
        inspector.visit(f"{address}?{asked}")
    for address in ("/admin/", "/me/in/", "/u/", "/"):
        inspector.visit(f"{address}{quote(words, safe='')}")

    assert inspector.found == []


def test_nothing_runs_in_what_opens_while_one_types(inspector):
    page = inspector.page
    inspector.visit(
        reverse("admin:automations_automation_change", args=(_first(Automation),))
    )
    for select in page.locator(".select2-selection").all():
        select.click()
        expect(
            page.locator(".select2-results__option:not(.loading-results)").first
        ).to_be_visible()
        inspector.look()
        page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("ran")
    expect(page.locator("#command-results-list li").first).to_be_visible()
    inspector.look()

    assert inspector.found == []


@pytest.mark.parametrize("number", SOME)
def test_nothing_runs_in_a_preview_for_a_customer(inspector, number):
    page = inspector.page
    one = Customer.objects.get(lms_lead_id=PAYLOADS[number])
    inspector.visit(
        reverse(
            "admin:messaging_messagetemplate_change", args=(_first(MessageTemplate),)
        )
    )
    page.locator("[data-customer]").fill(one.email)
    page.locator("#preview-customers li", has_text=one.email).click()
    expect(
        page.frame_locator("[data-frame] iframe:not(.mos-tpl-waiting)")
        .locator("p")
        .first
    ).to_be_visible()
    inspector.look()

    assert inspector.found == []


@pytest.mark.parametrize("number", SOME)
def test_nothing_runs_in_the_pages_of_a_member(office, playwright_browser, number):
    one = Customer.objects.get(lms_lead_id=PAYLOADS[number])
    mail = Delivery.objects.filter(customer=one, channel="email").earliest("pk")
    client = Client()
    sign_in(client, one)
    session = {"name": COOKIE, "value": client.cookies[COOKIE].value, "url": office.url}
    context = playwright_browser.new_context(base_url=office.url)
    inspector = Inspector(context, office.url)
    page = inspector.page

    inspector.visit(unsubscribe_url(mail.pk))
    inspector.visit(preferences_url(mail.pk))
    context.add_cookies([session])
    inspector.visit("/me/")
    inspector.visit("/me/notifications/")
    page.get_by_role("button", name="Dismiss").first.click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    inspector.look()
    inspector.visit("/")
    for label in ("Name", "Message"):
        page.get_by_label(label).fill(PAYLOADS[number])
    page.get_by_role("button", name="Send").click()
    expect(page.locator("form [role=alert]")).to_be_visible()
    inspector.look()
    page.get_by_label("E-mail").fill("somebody@example.org")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("link", name="Back to the first page")).to_be_visible()
    inspector.look()

    context.close()
    assert inspector.found == []


def test_a_notification_leads_to_the_web_or_nowhere(office):
    """Each was told by a workflow, whose link was an attack."""
    links = Notification.objects.filter(delivery__dispatch__template__name="Notice")

    assert links.count() == len(PAYLOADS)
    assert set(links.values_list("action_url", flat=True)) == {""}


def _first(model):
    return model.objects.earliest("pk").pk
