"""A workflow from nothing to a mail that arrived, in a real browser."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from automations.models import Workflow
from customers.services import add_tag
from tests import make
from tests.automations.conftest import staff_page  # noqa: F401
from tests.messaging import ledger
from tests.workflows.make import run, tags_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def own_mailbox(settings, tmp_path):
    settings.MAILBOX_DIR = tmp_path / "mailbox"


def build(page, template):
    """Two ways behind a branch: a mail to those with a tag, a mark for the others."""
    page.goto(reverse("admin:automations_workflow_add"))
    page.fill("[name=name]", "Trial lesson")
    page.select_option("[data-trigger]", label="Does something")
    page.get_by_role("combobox", name="Activity").fill("trial booked")
    page.click("[data-add=first]")
    page.click("[data-kind-of-step=branch]")
    page.click(".wf-card .cond-foot button:has-text('Condition')")
    page.get_by_label("Kind of condition").select_option("tag")
    page.get_by_label("Tags. Type a value, then Enter").fill("vip")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add a step at the beginning of yes").click()
    page.click("[data-kind-of-step=send_email]")
    letter = page.get_by_role("group", name="Send an e-mail")
    letter.get_by_label("Template", exact=True).select_option(label=template.name)
    page.get_by_role("button", name="Add a step at the beginning of no").click()
    page.click("[data-kind-of-step=add_tag]")
    page.keyboard.type("to call")
    page.click("[name=_save]")
    page.wait_for_url("**/view/")


def try_it(page):
    page.get_by_role("link", name="Who would enter").click()
    expect(page.get_by_text("The trigger means 1 customer.")).to_be_visible()
    expect(page.get_by_role("link", name="Ada Lead")).to_be_visible()


def enable_it(page):
    page.get_by_role("link", name="Enable…").click()
    page.get_by_role("button", name="Enable it").click()
    page.wait_for_url("**/view/")
    assert Workflow.objects.get().is_enabled


def find_in_the_log(page):
    page.goto(Workflow.objects.get().get_absolute_url())
    page.get_by_role("link", name="Log", exact=True).click()
    row = page.locator("#result_list tr", has_text="Ada Lead")
    sent = row.filter(has_text="Send an e-mail")
    expect(sent).to_have_count(1)
    sent.get_by_role("link", name="Message").click()
    expect(page.get_by_text("ada@example.org").first).to_be_visible()


def ask_why_not(page, name):
    made = Workflow.objects.get()
    page.goto(reverse("admin:automations_workflow_why", args=(made.pk,)))
    page.get_by_label("Name, e-mail, lead ID or customer ID").fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Would not enter now.")).to_be_visible()
    expect(
        page.get_by_text("Nothing of the kind that starts this workflow happened.")
    ).to_be_visible()


def test_a_workflow_is_built_tried_enabled_and_followed_to_its_mail(
    staff_page,  # noqa: F811
    api_events,
):
    page = staff_page
    ada = make.customer(first_name="Ada", last_name="Lead", email="ada@example.org")
    eve = make.customer(first_name="Eve", last_name="Other")
    make.customer(first_name="Bob", last_name="Idle")
    add_tag([ada.pk], "vip")
    make.activity(ada, "trial booked")
    build(page, make.template(name="Trial letter"))
    try_it(page)
    enable_it(page)

    for who in (ada, eve):
        api_events(who, "trial booked")
    run()
    ledger.send()

    page.goto(reverse("admin:messaging_mailbox"))
    expect(page.get_by_text("News for Ada")).to_have_count(1)
    expect(page.get_by_text("News for Eve")).to_have_count(0)
    assert tags_of(eve) == {"to call"}
    find_in_the_log(page)
    ask_why_not(page, "Bob Idle")
