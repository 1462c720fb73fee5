"""docs/tours/membership_group.md, played."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from rest_framework.test import APIClient

from customers.models import Customer
from funnel.models import Session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IDA, LEO = "ida.berg@tour.example.org", "leo.brandt@tour.example.org"
WAY = ("signup", "attend_first_session", "upgrade", "attend_first_paid_session")
WORKFLOWS = ("signup", "first session", "upgrade", "first paid session", "new leaders")


def test_a_member_finds_a_circle_and_another_one_leads_it(tour_of):
    tour = tour_of("membership_group")
    before = funnel(tour, "funnel")
    the_workflows_are_enabled(tour)
    somebody_signs_up_and_is_welcomed_as_a_person(tour)
    she_comes_to_her_first_session(tour)
    she_pays_and_stays(tour)
    fifty_sessions_make_nobody_a_leader(tour)
    the_next_one_does(tour)
    assert funnel(tour, "funnel-after") == [count + 1 for count in before]
    the_mail_has_results(tour)


def funnel(tour, picture):
    tour.five_minutes_pass()
    tour.open("funnel_report")
    tour.look(picture)
    return [tour.figure(name) for name in WAY]


def open_customer(tour, address):
    tour.page.goto(Customer.objects.get(email=address).get_absolute_url())


def the_workflows_are_enabled(tour):
    page = tour.page
    for name in WORKFLOWS:
        tour.open("automations_workflow_changelist")
        page.get_by_role("link", name=f"Circle: {name}", exact=True).first.click()
        page.get_by_role("link", name="Enable").click()
        page.get_by_role("button", name="Enable it").click()
        expect(page.get_by_text("Enabled", exact=True).first).to_be_visible()
    tour.look("workflow", height=1100)


def somebody_signs_up_and_is_welcomed_as_a_person(tour):
    page = tour.page
    tour.publish(
        "customers",
        lms_lead_id="TOUR-1",
        first_name="Ida",
        last_name="Berg",
        email=IDA,
        timezone="Europe/Berlin",
        attributes={
            "username": "ida",
            "age": 27,
            "gender": "female",
            "device": "Mobile",
            "mental_health_challenge": "anxiety",
            "paying_member": False,
        },
    )
    convert(tour, "signup", hours_ago=20)
    tour.work()

    tour.open("messaging_mailbox")
    page.get_by_role("link", name="Welcome to Open Circle, ida").click()
    mail = page.frame_locator("iframe")
    for words in (
        "anxiety is what you would like to talk about",
        "Many of our young members",
        "the circles marked with a W",
        "You are on your mobile",
    ):
        expect(mail.get_by_text(words)).to_be_visible()
    expect(mail.get_by_text("the circles marked with an M")).to_have_count(0)
    tour.look("welcome", height=1100)
    ida = tour.read(tour.mail_to(IDA))
    tour.follow(ida, "Choose my first session")


def convert(tour, name, hours_ago=0):
    at = timezone.now() - timedelta(hours=hours_ago)
    told = tour.publish(
        f"conversions/{name}", lms_lead_id="TOUR-1", occurred_at=at.isoformat()
    )
    assert told["conversions"][-1]["name"] == name


def hold_session(tour, key, group, who, **booking):
    """A session that began a moment ago, which somebody had booked."""
    now = timezone.now()
    tour.publish(
        "sessions",
        external_id=key,
        group=group,
        starts_at=(now - timedelta(minutes=20)).isoformat(),
        is_paid=group != "Circle: first steps",
    )
    booked_at = (now - timedelta(hours=19)).isoformat()
    tour.publish(
        "bookings", lms_lead_id=who, session=key, booked_at=booked_at, **booking
    )
    return Session.objects.get(external_id=key)


def she_comes_to_her_first_session(tour):
    page = tour.page
    held = hold_session(tour, "tour-first", "Circle: first steps", "TOUR-1")

    page.goto(held.get_absolute_url())
    page.get_by_role("checkbox", name="Ida Berg came").check()
    tour.look("session")
    page.get_by_role("button", name="Save who came").click()
    expect(page.get_by_text("1 attended")).to_be_visible()
    convert(tour, "attend_first_session")
    tour.work()

    assert tour.mail_to(IDA)["Subject"] == "How was your first session?"


def she_pays_and_stays(tour):
    tour.publish("customers", lms_lead_id="TOUR-1", attributes={"paying_member": True})
    convert(tour, "upgrade")
    tour.work()
    assert tour.mail_to(IDA)["Subject"] == "Your membership begins today"

    group = "Circle: among women (W), Tue 20h"
    hold_session(tour, "tour-paid", group, "TOUR-1", attended=True)
    convert(tour, "attend_first_paid_session")
    tour.work()

    assert tour.mail_to(IDA)["Subject"] == "One of us now"
    open_customer(tour, IDA)
    expect(tour.page.get_by_text("not yet")).to_have_count(0)
    tour.look("customer", height=1000, at="Conversions")


def fifty_sessions_make_nobody_a_leader(tour):
    tour.upload("members.csv", "customers_customer", what="Customers")
    tour.upload("sessions.csv", "funnel_session")
    tour.upload("bookings.csv", "funnel_booking", picture="import")

    tour.work_in(days=1)

    assert tour.mails_to(LEO) == []


def the_next_one_does(tour):
    group = "Circle: open talk, Fri 11h"
    hold_session(tour, "tour-51", group, "TOUR-2", attended=True)
    tour.work_in(days=2)

    assert tour.mail_to(LEO)["Subject"] == "Would you open a circle, leo?"
    open_customer(tour, LEO)
    leads = tour.page.get_by_role("row", name="Qualified as leader")
    expect(leads).to_contain_text("Yes")
    tour.look("leader", height=1000)
    his = pages_of_the_host_site(tour, "TOUR-2")
    [told] = his.get("/api/v1/me/notifications/").json()["results"]
    assert told["title"] == "Would you lead a circle?"
    followed = his.post(f"/api/v1/me/notifications/{told['id']}/follow/")
    assert followed.status_code == 200, followed.content
    assert his.get("/api/v1/me/notifications/news/").json()["unread"] == 0


def pages_of_the_host_site(tour, who):
    """What the group's own app asks in a member's name."""
    opened = tour.publish("member-sessions", lms_lead_id=who)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Member {opened['token']}")
    return client


def the_mail_has_results(tour):
    page = tour.page
    tour.open("messaging_messagetemplate_changelist")
    page.get_by_role("link", name="Circle: signup", exact=True).first.click()
    page.get_by_role("link", name="Results").click()
    assert tour.figure("Opened") == 1
    assert tour.figure("Followed a link") == 1
    tour.look("results")
    page.goto(reverse("admin:messaging_communicationlog_changelist"))
    tour.look()
