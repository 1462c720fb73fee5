"""docs/tours/training_club.md, played."""

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from customers.models import Customer
from segments.models import CustomerScore
from tests.tours.tour import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MARA, JONAS, AMARA = (
    f"{name}@desk.example.org" for name in ("mara.quinn", "jonas.weber", "amara.diallo")
)


def test_members_who_stay_away_are_won_back(tour_of):
    tour = tour_of("training_club")
    members_of_the_desk_are_imported(tour)
    the_segment_has_them(tour)
    the_workflow_is_enabled(tour)
    one_reads_the_mail_and_comes_to_a_class(tour)
    one_gets_the_offer_and_finds_it_among_the_notifications(tour)
    one_unsubscribes_before_the_week_is_over(tour)
    the_numbers_have_moved(tour)
    everything_is_put_back(tour)


def open_customer(tour, address):
    tour.page.goto(Customer.objects.get(email=address).get_absolute_url())


def open_workflow(tour):
    tour.open("automations_workflow_changelist")
    tour.page.get_by_role("link", name="Club: win back").first.click()
    tour.page.get_by_role("heading", name="Club: win back", level=2).wait_for()


def members_of_the_desk_are_imported(tour):
    tour.upload("members.csv", "customers_customer", what="Customers", picture="import")
    tour.upload("visits.csv", "funnel_activity")


def the_segment_has_them(tour):
    page = tour.page
    tour.work()
    tour.open("segments_segment_changelist")
    page.get_by_role("link", name="Club: quiet for thirty days").first.click()
    tour.look("segment")
    page.get_by_role("link", name="Customers", exact=True).last.click()
    expect(page.get_by_role("link", name="Mara Quinn")).to_be_visible()
    tour.look()


def the_workflow_is_enabled(tour):
    page = tour.page
    open_workflow(tour)
    tour.look("workflow", height=1160)
    page.get_by_role("link", name="Enable").click()
    page.get_by_label("Let them in now").wait_for()
    tour.look("enable", height=1180)
    page.get_by_label("Let them in now").check()
    page.get_by_role("button", name="Enable it").click()
    page.wait_for_url("**/check-now/")
    tour.work()
    expect(page.get_by_text("customers entered.")).to_be_visible()
    tour.look()


def one_reads_the_mail_and_comes_to_a_class(tour):
    page = tour.page
    tour.open("messaging_mailbox")
    page.get_by_role("searchbox").fill("mara.quinn")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Mara, how about one class?").click()
    page.frame_locator("iframe").get_by_role("link", name="Find a class").wait_for()
    tour.look("mail", height=1000)
    mara = tour.read(tour.mail_to(MARA))
    tour.follow(mara, "Find a class this week")

    tour.publish(
        "activities",
        lms_lead_id="DESK-1",
        name="class_attended",
        occurred_at=timezone.now().isoformat(),
        external_id="desk-v4",
    )
    tour.work()

    open_workflow(tour)
    expect(page.locator(".wf-ended")).to_contain_text("1 ·")
    open_customer(tour, MARA)
    expect(page.get_by_text("Converted").first).to_be_visible()
    tour.look("customer", height=1000, at="Workflows")


def one_gets_the_offer_and_finds_it_among_the_notifications(tour):
    page = tour.page
    open_customer(tour, JONAS)
    page.get_by_role("link", name="Club: win back", exact=True).click()
    page.get_by_role("link", name="Skip the wait").wait_for()
    tour.look("enrolment")
    page.get_by_role("link", name="Skip the wait").click()
    page.get_by_role("button", name="Yes, go on now").click()
    expect(page.get_by_text("The customer goes on now.").first).to_be_visible()
    tour.work()

    mail = tour.mail_to(JONAS)
    assert mail["Subject"] == "A session with a trainer, a fifth less"
    centre = tour.follow(tour.read(mail), "your notifications")
    tour.look(page=centre)
    centre.get_by_role("button", name="Show my notifications").click()
    offer = centre.get_by_role("heading", name="A trainer session, a fifth less")
    expect(offer).to_be_visible()
    tour.look("notifications", page=centre, height=520)
    tour.look("notifications-phone", page=centre, on=PHONE, height=640)
    centre.get_by_role("link", name="Open A trainer session").click()
    centre.wait_for_url("https://example.org/club/training*")


def one_unsubscribes_before_the_week_is_over(tour):
    page = tour.page
    tour.unsubscribe_by(tour.mail_to(AMARA))

    tour.work_in(days=7, hours=1)

    assert [mail["Subject"] for mail in tour.mails_to(AMARA)] == [
        "Amara, how about one class?"
    ]
    assert len(tour.mails_to(MARA)) == 1
    open_workflow(tour)
    tour.look("workflow-after", height=1160)
    open_customer(tour, AMARA)
    expect(page.get_by_text("does not want marketing").first).to_be_visible()
    tour.look()


def the_numbers_have_moved(tour):
    page = tour.page
    tour.open("messaging_messagetemplate_changelist")
    page.get_by_role("link", name="Club: we miss you").first.click()
    page.get_by_role("link", name="Results").click()
    assert tour.figure("Opened") == 1
    assert tour.figure("Followed a link") == 1
    assert tour.figure("Unsubscribed") == 1
    tour.look("results")

    call_command("refresh_scores")
    scores = CustomerScore.objects.filter(refresh__is_current=True)
    assert (
        scores.get(customer__email=MARA).risk < scores.get(customer__email=JONAS).risk
    )
    open_customer(tour, MARA)
    tour.look("customer-phone", on=PHONE, at="Standing")
    page.goto(reverse("admin:segments_scores"))
    tour.look("scores", height=1000)


def everything_is_put_back(tour):
    page = tour.page
    open_workflow(tour)
    page.get_by_role("link", name="Disable").click()
    page.get_by_label("They leave now").check()
    page.get_by_role("button", name="Disable it").click()
    expect(page.get_by_text("Disabled", exact=True).first).to_be_visible()
