"""From an empty list to a mail that a member got, as staff see it."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from automations.models import Workflow
from tests import make
from tests.automations.conftest import staff_page  # noqa: F401
from tests.messaging.ledger import send
from tests.workflows.make import run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def add_step(page, kind):
    page.locator("[data-way=root] > li > [data-add]").last.click()
    page.click(f"[data-kind-of-step={kind}]")


def build(page):
    """A mail, then a branch whose way of yes adds a tag, then credits."""
    page.goto(reverse("admin:automations_workflow_changelist"))
    page.get_by_role("link", name="Add workflow").first.click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Trial class")
    page.get_by_label("Members enter").select_option(label="Does something")
    page.get_by_role("combobox", name="Activity").fill("trial booked")
    add_step(page, "send_email")
    page.get_by_role("combobox", name="Template").select_option(label="Trial mail")
    add_step(page, "branch")
    card = page.locator("[data-type=branch] > .wf-card")
    card.get_by_role("button", name="Condition").click()
    card.get_by_label("Kind of condition").select_option("everyone")
    page.get_by_label("Add a step at the beginning of yes").click()
    page.click("[data-kind-of-step=add_tag]")
    page.get_by_role("combobox", name="Tag", exact=True).fill("trial")
    add_step(page, "grant_credits")
    page.get_by_role("textbox", name="Credits").fill("3")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/view/")


def test_a_workflow_is_built_looked_at_enabled_and_does_its_work(
    staff_page,  # noqa: F811
    api_events,
    settings,
    tmp_path,
):
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    page = staff_page
    make.template(name="Trial mail", subject="Your trial, {{ member_first_name }}")
    ada = make.customer(first_name="Ada", last_name="Early")
    bob = make.customer(first_name="Bob", last_name="Still")
    build(page)

    page.get_by_role("link", name="Who would enter").click()
    expect(page.get_by_text("Nothing that starts this workflow")).to_be_visible()
    page.get_by_role("link", name="Enable…").click()
    page.get_by_role("button", name="Enable it").click()
    expect(page.get_by_text("Enabled", exact=True)).to_be_visible()

    api_events(ada, "trial booked")
    run()
    send()
    page.goto(Workflow.objects.get().get_absolute_url())
    expect(page.locator(".wf-picture").first).to_contain_text("1 passed")
    expect(page.get_by_text("1 person has completed it.")).to_be_visible()
    page.goto(reverse("admin:messaging_mailbox"))
    expect(page.get_by_text("Your trial, Ada").first).to_be_visible()

    page.goto(Workflow.objects.get().get_absolute_url())
    page.get_by_role("link", name="Log", exact=True).click()
    for step in ("Send an e-mail", "Branch", "Add a tag", "Grant credits"):
        expect(page.locator("#result_list")).to_contain_text(step)
    expect(page.locator("#result_list")).not_to_contain_text("Bob")

    page.goto(Workflow.objects.get().get_absolute_url())
    page.get_by_role("link", name="Why, or why not").click()
    page.get_by_label("Name, e-mail, lead ID or customer ID").fill(str(bob.email))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Would not enter now.")).to_be_visible()
