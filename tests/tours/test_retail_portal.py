"""docs/tours/retail_portal.md, played."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from customers.models import Customer
from portal.tasks import handle_visitor_messages
from tests.tours.tour import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NADIA, STRANGER = "nadia.keller@tour.example.org", "nobody@tour.example.org"
NEUTRAL = "Thank you, your message has arrived."


def test_a_customer_who_stayed_away_finds_her_page_and_comes_back(tour_of):
    tour = tour_of("retail_portal")
    before = devices(tour)
    the_public_page_sends_the_link(tour)
    the_workflow_is_enabled(tour)
    a_customer_of_last_year_is_imported(tour)
    somebody_writes_and_is_told_nothing(tour)
    nadia = she_comes_in_by_her_link(tour)
    her_status_is_churn_risk(tour, nadia)
    the_offer_comes_by_itself(tour, nadia)
    she_orders_and_is_healthy(tour, nadia)
    staff_answer_her(tour)
    assert devices(tour, "devices") == before + 1


def devices(tour, picture=None):
    tour.open("customers_device_changelist")
    tour.look(picture, height=1100)
    by_week = tour.page.get_by_role("table").first.locator(".mos-number")
    return sum(int(number) for number in by_week.all_inner_texts())


def the_public_page_sends_the_link(tour):
    page = tour.page
    tour.open("portal_publicpage")
    link = page.get_by_label("Mail with the personal link")
    link.select_option(label="Shop: your personal page")
    tour.look("texts", height=1000)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The public page says it from now on.")).to_be_visible()


def open_workflow(tour):
    tour.open("automations_workflow_changelist")
    tour.page.get_by_role("link", name="Shop: churn risk", exact=True).first.click()


def the_workflow_is_enabled(tour):
    page = tour.page
    open_workflow(tour)
    tour.look("workflow", height=1100)
    page.get_by_role("link", name="Enable").click()
    page.get_by_label("Leave them out until they have ceased to match").check()
    page.get_by_role("button", name="Enable it").click()
    expect(page.get_by_text("Enabled", exact=True).first).to_be_visible()


def a_customer_of_last_year_is_imported(tour):
    tour.upload("customers.csv", "customers_customer", what="Customers")
    tour.upload("purchases.csv", "funnel_activity")


def write(page, email, message):
    page.goto("/")
    page.get_by_label("Name").fill("Nadia")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Message").fill(message)
    page.get_by_role("button", name="Send").click()
    page.get_by_role("link", name="Back to the first page").wait_for()


def somebody_writes_and_is_told_nothing(tour):
    stranger = tour.visit()
    stranger.goto("/")
    tour.look("public-page", page=stranger)
    tour.look("public-page-phone", page=stranger, on=PHONE)
    answers = []
    for email in (STRANGER, NADIA):
        write(stranger, email, "Do you still have the blue watering can?")
        expect(stranger.get_by_text(NEUTRAL)).to_be_visible()
        answers.append(stranger.locator("main").inner_text())
    assert answers[0] == answers[1]
    tour.look("answer", page=stranger)
    handle_visitor_messages()
    tour.work()
    assert tour.mails_to(STRANGER) == []


def she_comes_in_by_her_link(tour):
    mail = tour.mail_to(NADIA)
    assert mail["Subject"] == "Your page at Everyday Shelf"
    nadia = tour.follow(tour.read(mail), "Open my page")
    tour.look(page=nadia)
    nadia.get_by_role("button", name="Show my notifications").click()
    nadia.get_by_text("Nothing here yet").wait_for()
    return nadia


def her_status_is_churn_risk(tour, nadia):
    nadia.goto("/")
    with nadia.expect_response("**/log-device") as told:
        nadia.get_by_role("button", name="Yes", exact=True).click()
    assert told.value.status == 204
    write(nadia, NADIA, "It is for my balcony.")
    expect(nadia.get_by_text("Churn Risk")).to_be_visible()
    last = nadia.get_by_text("Your last order was on 17 May 2025.")
    expect(last).to_be_visible()
    tour.look("status", page=nadia)
    tour.look("status-phone", page=nadia, on=PHONE)


def the_offer_comes_by_itself(tour, nadia):
    nadia.goto("/me/notifications/")
    tour.work_in(days=1)

    offer = nadia.get_by_role("heading", name="A code for your next order")
    expect(offer).to_be_visible()
    expect(nadia.get_by_text("BACK15 takes 15 % off")).to_be_visible()
    tour.look("notifications", page=nadia, height=520)
    tour.look("notifications-phone", page=nadia, on=PHONE, height=640)
    nadia.get_by_role("link", name="Open A code for your next order").click()
    nadia.wait_for_url("https://example.org/shelf/new*")
    subject = "Nadia, the next one is on a better price"
    assert tour.mail_to(NADIA)["Subject"] == subject


def she_orders_and_is_healthy(tour, nadia):
    tour.publish(
        "activities",
        lms_lead_id="SHELF-1",
        name="purchase",
        occurred_at=timezone.now().isoformat(),
        amount="74.50",
        external_id="shelf-3",
    )
    tour.work()

    write(nadia, NADIA, "Thank you, it is ordered.")
    expect(nadia.get_by_text("Healthy", exact=True)).to_be_visible()
    expect(nadia.get_by_text("Thank you for your 3 orders.")).to_be_visible()
    open_workflow(tour)
    expect(tour.page.locator(".wf-ended")).to_contain_text("1 ·")
    tour.look("workflow-after", height=1100)


def staff_answer_her(tour):
    page = tour.page
    handle_visitor_messages()
    tour.open("automations_stafftask_changelist")
    expect(page.get_by_text("blue watering can").first).to_be_visible()
    tour.look("tasks")
    page.goto(Customer.objects.get(email=NADIA).get_absolute_url())
    expect(page.get_by_text("It is for my balcony.").first).to_be_visible()
    tour.look("customer", height=1000)
