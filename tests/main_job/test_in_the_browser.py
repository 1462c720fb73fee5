"""The main job as a person does it: every step by clicks and keys in a browser."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import expect

from automations.models import AutomationRun
from customers.models import Consent, Customer
from messaging.models import Delivery, MessageTemplate

pytestmark = pytest.mark.browser

LEADS = """Prospect ID,first_name,email,Course,Visits
p-1,Ada,ada@example.org,MBA,12
p-2,Alan,alan@example.org,MBA,7
p-3,Grace,grace@example.org,Law,3
p-4,Edsger,not an address,MBA,9
"""
SQL = """SELECT customer_id FROM customer_attributes
WHERE field_name = 'Course' AND field_value = '"MBA"'"""
BROKEN = """<mjml>
  <mj-body>
    <mj-section><mj-column>
      <mj-txt>Dear {{ customer['first_name'] }}, how is your {{ customer['Course'] }}?</mj-txt>
    </mj-column></mj-section>
  </mj-body>
</mjml>"""


def import_leads(page, worker):
    page.get_by_role("link", name="Import a file", exact=True).click()
    page.set_input_files(
        "input[type=file]",
        {"name": "leads.csv", "mimeType": "text/csv", "buffer": LEADS.encode()},
    )
    page.get_by_role("button", name="Upload").click()
    row = page.get_by_role("row", name=re.compile("^Prospect ID"))
    row.get_by_role("combobox").first.select_option("lms_lead_id")
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_url("**/change/")
    worker()
    page.get_by_role("button", name=re.compile("^Import")).wait_for()
    expect(page.get_by_text("not an address").first).to_be_visible()
    page.get_by_role("button", name=re.compile("^Import")).click()
    worker()
    expect(page.get_by_text("Imported", exact=True).first).to_be_visible()


def make_segment(page):
    page.goto("/admin/segments/segment/add/")
    page.get_by_label("Name").fill("MBA leads")
    page.get_by_role("radio", name=re.compile("^SQL")).check()
    type_code(page, "SELECT id FROM leads")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text('Relation "leads" does not exist')).to_be_visible()
    expect(page.get_by_role("button", name="Go to line 1")).to_be_visible()
    type_code(page, SQL)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("2 customers")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="MBA leads").first).to_be_visible()


def write_template(page):
    page.goto("/admin/messaging/messagetemplate/add/")
    page.get_by_role("link", name=re.compile("^Newsletter")).click()
    page.get_by_role("textbox", name=re.compile("^Name")).fill("How is it going")
    page.get_by_label("Subject", exact=True).fill("{{ customer['Course'] }}")
    type_code(page, BROKEN)
    problems = page.get_by_role("status", name="Problems")
    expect(problems).to_contain_text("mj-txt")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Please correct the")).to_be_visible()
    expect(problems).to_contain_text("There is no component <mj-txt>")
    assert not MessageTemplate.objects.exists()

    type_code(page, BROKEN.replace("mj-txt", "mj-text"))
    expect(problems).not_to_contain_text("mj-txt")
    page.get_by_label("As it reaches").fill("Ada")
    page.get_by_role("option", name=re.compile("Ada")).click()
    preview = page.frame_locator("[data-frame] iframe:not(.mos-tpl-waiting)")
    expect(preview.get_by_text("Dear Ada, how is your MBA?")).to_be_visible()
    page.get_by_role("button", name="Phone").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="How is it going").first).to_be_visible()


def type_code(page, text):
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def choose(page, field, name):
    page.locator(f"#select2-id_{field}-container").click()
    page.locator(".select2-search__field").fill(name)
    page.locator(".select2-results__option", has_text=name).click()


def make_automation(page):
    page.goto("/admin/automations/automation/add/")
    page.get_by_label("Name").fill("Ask the MBA leads")
    choose(page, "segment", "MBA leads")
    choose(page, "template", "How is it going")
    page.get_by_role("radio", name="Weekdays").check(force=True)
    page.get_by_label("at", exact=True).fill("08:30")
    expect(page.get_by_label("Cron expression")).to_have_value("30 8 * * 1-5")
    page.get_by_label("Cron expression").fill("*/15 * * * *")
    expect(page.get_by_role("radio", name="Minutes")).to_be_checked()
    page.get_by_label("Cron expression").fill("0 9 1 * mon")
    expect(page.get_by_text("too special")).to_be_visible()
    expect(page.locator("[data-cron-words]")).to_contain_text("both must hold")
    page.get_by_label("Cron expression").fill("* * * * *")
    expect(page.locator("[data-cron-words]")).to_contain_text("very minute")
    expect(page.locator("[data-cron-times] li")).to_have_count(5)
    page.get_by_label("Each customer gets it").select_option(label="At every run")
    page.get_by_role("button", name="Save", exact=True).click()


def in_the_next_minute(worker, minutes=1):
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        worker()


def see_the_run_and_its_mail(page, worker):
    page.get_by_role("link", name="Switch on").click()
    worker()
    expect(page.get_by_text("will receive").first).to_be_visible()
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("Active", exact=True)).to_be_visible()
    in_the_next_minute(worker)

    page.reload()
    page.get_by_role("region", name="Last runs").get_by_role("table").get_by_role(
        "link"
    ).first.click()
    expect(page.get_by_role("row", name=re.compile("^Accepted"))).to_contain_text("2")
    page.get_by_role("link", name="List of deliveries").click()
    page.get_by_role("row", name=re.compile("ada@example.org")).get_by_role(
        "link"
    ).first.click()
    expect(page.get_by_text("It lies in the local mailbox")).to_be_visible()
    mail = page.frame_locator("iframe").first
    expect(mail.get_by_text("Dear Ada, how is your MBA?")).to_be_visible()
    return link_in_the_mailbox(page)


def link_in_the_mailbox(page):
    """Only the local mailbox, a member's mail program here, shows whose link it is."""
    page.goto("/admin/mailbox/")
    page.get_by_role("link").filter(has_text="ada@example.org").first.click()
    mail = page.frame_locator("iframe").first
    link = mail.get_by_role("link", name="Unsubscribe").get_attribute("href")
    not_loaded_in_frames = ("fonts.googleapis.com", "/o/")
    page.refused[:] = [
        one for one in page.refused if not any(at in one for at in not_loaded_in_frames)
    ]
    return link


def unsubscribe(page, link):
    """As the customer, who has no login here."""
    visitor = page.context.browser.new_context().new_page()
    visitor.goto(link)
    assert not Consent.objects.exists()
    visitor.get_by_role("button", name=re.compile("nsubscribe")).click()
    expect(
        visitor.get_by_text(re.compile("no more|unsubscribed", re.I)).first
    ).to_be_visible()
    visitor.context.close()


def test_from_a_file_to_a_mail_and_its_unsubscribe_link(office, worker):
    import_leads(office, worker)
    assert Customer.objects.count() == 3

    make_segment(office)
    write_template(office)
    make_automation(office)
    link = see_the_run_and_its_mail(office, worker)
    unsubscribe(office, link)
    assert not Consent.objects.get().granted

    in_the_next_minute(worker, minutes=2)
    last = AutomationRun.objects.latest("scheduled_for")
    office.goto(last.get_absolute_url())
    expect(office.get_by_role("row", name=re.compile("^Skipped"))).to_contain_text(
        "does not want marketing"
    )
    assert (
        Delivery.objects.filter(dispatch=last.dispatch, state="accepted").count() == 1
    )
