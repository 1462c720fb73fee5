"""docs/tours/next_campus.md, played."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_leads_of_a_fair_are_welcomed(tour_of):
    tour = tour_of("next_campus")
    tour.look("home", height=1000)
    leads_of_a_fair_are_imported(tour)
    the_segment_has_them(tour)
    the_welcome_is_sent_by_hand(tour)


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
