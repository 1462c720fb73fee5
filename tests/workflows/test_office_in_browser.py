"""Staff's lists and pages in a browser: for everybody, and by the keyboard alone."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from automations.models import StaffTask
from automations.services.webhooks import News, make_endpoint, queue_calls
from customers.models import CreditEntry, MemberOffer
from tests import make
from tests.automations.conftest import staff_page  # noqa: F401
from tests.axe import assert_accessible, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ada():
    """A customer of whom each list has something to show."""
    who, today = make.customer(), timezone.localdate()
    for days in (-2, 0, 5):
        StaffTask.objects.create(
            customer=who,
            description=f"Call in {days} days",
            due_date=today + timedelta(days=days),
        )
    MemberOffer.objects.create(customer=who, offer_code="SPRING", description="20 %")
    CreditEntry.objects.create(customer=who, amount=25, reason="Brought a friend")
    endpoint, _secret = make_endpoint("CRM", "https://crm.example.org/hooks")
    news = [News(who.pk, "told", {"customer": {"id": who.pk}})]
    queue_calls(endpoint, "member.rescued", news, now=timezone.now())
    return who


def addresses(who):
    one, call = who.staff_tasks.first(), who.webhook_calls.get()
    lists = ("automations_stafftask", "automations_webhookcall")
    rewards = ("customers_memberoffer", "customers_creditentry")
    return [
        *(reverse(f"admin:{name}_changelist") for name in (*lists, *rewards)),
        one.get_absolute_url(),
        call.get_absolute_url(),
        reverse("admin:automations_webhookendpoint_secret", args=(call.endpoint_id,)),
        reverse("admin:automations_webhookendpoint_change", args=(call.endpoint_id,)),
        reverse("admin:customers_customer_credits", args=(who.pk,)),
        who.get_absolute_url(),
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_each_page_is_for_everybody(staff_page, ada, theme, width):  # noqa: F811
    staff_page.emulate_media(color_scheme=theme)
    staff_page.set_viewport_size({"width": width, "height": 900})

    for address in addresses(ada):
        staff_page.goto(address)
        assert_accessible(staff_page)
        assert_fits(staff_page)


def test_a_task_is_completed_from_the_list_by_the_keyboard(staff_page, ada):  # noqa: F811
    staff_page.goto(reverse("admin:automations_stafftask_changelist"))

    staff_page.get_by_role("button", name="Complete: Call in -2 days").focus()
    staff_page.keyboard.press("Enter")

    expect(staff_page.get_by_text("Completed. 1 task.")).to_be_visible()
    expect(staff_page.get_by_text("Call in -2 days")).to_have_count(0)
    expect(staff_page).to_have_url(re.compile("/stafftask/$"))
    assert StaffTask.objects.get(description="Call in -2 days").completed_at
    assert StaffTask.objects.open().count() == 2


def test_credits_are_given_and_seen_by_the_keyboard(staff_page, ada):  # noqa: F811
    staff_page.goto(ada.get_absolute_url())
    staff_page.get_by_role("link", name="Give or withdraw credits").focus()
    staff_page.keyboard.press("Enter")

    staff_page.get_by_label("Credits").fill("5")
    staff_page.get_by_label("Reason").fill("Birthday")
    staff_page.get_by_role("button", name="Give").focus()
    staff_page.keyboard.press("Enter")

    expect(staff_page.get_by_text("+5.00 credits are booked.")).to_be_visible()
    expect(staff_page.locator("dl.mos-counts dd")).to_have_text("30.00")
