"""docs/tours/next_campus.md, played."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from customers.models import Customer
from tests.tours.tour import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONDON = ZoneInfo("Europe/London")
NOOR, LENA = (f"{name}@fair.example.org" for name in ("noor.haddad", "lena.brandt"))


def test_leads_of_a_fair_are_welcomed_and_one_applies(tour_of):
    tour = tour_of("next_campus")
    tour.look("home", height=1000)
    leads_of_a_fair_are_imported(tour)
    the_segment_has_them(tour)
    the_welcome_is_sent_by_hand(tour)
    one_follows_the_link_and_one_unsubscribes(tour)
    one_applies_and_the_numbers_move(tour)
    the_clock_welcomes_who_came_since(tour)


def leads_of_a_fair_are_imported(tour):
    tour.upload(
        "leads.csv",
        "customers_customer",
        what="Customers",
        known_as={"Prospect ID": "lms_lead_id"},
        picture="import",
    )
    expect(tour.page.get_by_text("jun.sato at fair.example.org").first).to_be_visible()
    tour.look()


def the_segment_has_them(tour):
    page = tour.page
    tour.work()
    tour.open("segments_segment_changelist")
    page.get_by_role("link", name="New leads of the last week").first.click()
    page.get_by_role("button", name="Refresh now").click()
    tour.work()
    expect(page.get_by_role("row", name=re.compile("staff$"))).to_contain_text("Ready")
    tour.look("segment")
    page.get_by_role("link", name=re.compile("Customers$")).last.click()
    expect(page.get_by_role("link", name="Noor Haddad")).to_be_visible()
    tour.look()


def open_automation(tour):
    tour.open("automations_automation_changelist")
    tour.page.get_by_role("link", name="Welcome new leads").first.click()


def the_welcome_is_sent_by_hand(tour):
    page = tour.page
    open_automation(tour)
    tour.look("automation")
    page.get_by_role("link", name="Run by hand").click()
    tour.work()
    send = page.get_by_role("button", name=re.compile("Send to .* customers$"))
    send.wait_for()
    tour.look()
    send.click()
    page.wait_for_url("**/automationrun/**")
    tour.work()
    expect(page.get_by_text("Done", exact=True)).to_be_visible()
    tour.look("run", height=620)
    tour.open("messaging_mailbox")
    tour.look()
    page.get_by_role("link", name="Noor, welcome to Next Campus").click()
    mail = page.frame_locator("iframe").get_by_role("link", name="See the course")
    expect(mail).to_be_visible()
    tour.look("mail", height=1000)


def one_follows_the_link_and_one_unsubscribes(tour):
    page = tour.page
    noor = tour.read(tour.mail_to(NOOR))
    tour.follow(noor, "See the course")
    tour.open("messaging_mailbox")
    page.get_by_role("link", name="Tomas, welcome to Next Campus").click()
    with page.expect_popup() as beside:
        mail = page.frame_locator("iframe")
        mail.get_by_role("link", name="Unsubscribe").click()
    tour.look(page=beside.value)
    beside.value.get_by_role("button", name="Unsubscribe").click()
    expect(beside.value.get_by_role("button", name="mistake")).to_be_visible()
    beside.value.close()

    open_automation(tour)
    page.get_by_role("link", name="Results").click()
    assert tour.figure("Opened") == 1
    assert tour.figure("Followed a link") == 1
    assert tour.figure("Unsubscribed") == 1


def one_applies_and_the_numbers_move(tour):
    page = tour.page
    page.get_by_label("Counts as a conversion").select_option("move:sales")
    page.get_by_label("Name of the activity or stage").fill("application")
    page.get_by_role("button", name="Count it").click()
    goal = page.get_by_role("region", name="Conversions").locator(".mos-figure")
    expect(goal).to_have_text("0")
    tour.open("funnel_report")
    applied = tour.figure("application")

    for before, after in (("enquiry", "contacted"), ("contacted", "application")):
        tour.publish(
            "funnel-events",
            lms_lead_id="FAIR-1",
            funnel_type="sales",
            from_stage=before,
            to_stage=after,
        )

    tour.five_minutes_pass()
    page.reload()
    assert tour.figure("application") == applied + 1
    tour.look("funnel")
    open_automation(tour)
    page.get_by_role("link", name="Results").click()
    expect(goal).to_have_text("1")
    tour.look("results", height=1180)
    page.goto(Customer.objects.get(lms_lead_id="FAIR-1").get_absolute_url())
    expect(page.get_by_text("Welcome to Next Campus").first).to_be_visible()
    tour.look("customer", at="Timeline")
    tour.look("customer-phone", on=PHONE)


def next_morning():
    """The next time that clocks in London show half a minute past nine."""
    now = datetime.now(LONDON)
    nine = datetime.combine(now.date(), time(9, 0, 30), LONDON)
    return nine if now < nine else nine + timedelta(days=1)


def the_clock_welcomes_who_came_since(tour):
    page = tour.page
    tour.publish(
        "customers",
        lms_lead_id="WEB-1",
        first_name="Lena",
        email=LENA,
        attributes={"course": "UX Design", "lead_source": "website"},
    )
    open_automation(tour)
    page.get_by_role("link", name="Switch on").click()
    tour.work()
    expect(page.get_by_text("will receive")).to_be_visible()
    tour.look("switch-on", height=620)
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("Active", exact=True)).to_be_visible()

    tour.work(next_morning())

    assert tour.mail_to(LENA)["Subject"] == "Lena, welcome to Next Campus"
    assert len(tour.mails_to(NOOR)) == 1
    page.reload()
    runs = page.get_by_role("region", name="Last runs").first
    expect(runs.get_by_role("row")).to_have_count(3)
    tour.look()
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("Inactive", exact=True)).to_be_visible()
