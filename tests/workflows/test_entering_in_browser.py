"""The way from a disabled workflow to members in it, in a real browser."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from automations.models import Enrolment, Workflow
from automations.tasks import look_at_triggers
from messaging.models import MessageTemplate
from tests import make
from tests.automations.conftest import staff_page  # noqa: F401
from tests.axe import assert_accessible, assert_fits
from tests.workflows.make import run, step, tag, trigger, workflow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
QUIET = {"min_activity_level": "high"}


def quiet_member(**values):
    who = make.customer(**values)
    make.activity(who, occurred_at=timezone.now() - timedelta(days=40))
    return who


def test_a_workflow_is_looked_at_enabled_and_explained(staff_page):  # noqa: F811
    page, ada = staff_page, quiet_member(first_name="Ada", last_name="Quiet")
    bob = make.customer(first_name="Bob", last_name="Busy")
    make.activity(bob)
    wait = step("wait", until="duration", amount=3, unit="days")
    made = workflow(
        tag("seen"), wait, on=trigger("low_engagement", **QUIET), enabled=False
    )

    page.goto(made.get_absolute_url())
    page.get_by_role("link", name="Who would enter").press("Enter")
    expect(page.get_by_text("The trigger means 1 customer.")).to_be_visible()
    expect(page.get_by_role("link", name="Ada Quiet")).to_be_visible()

    page.get_by_role("link", name="Enable…").press("Enter")
    page.get_by_label("Let them in now").press("Space")
    page.get_by_role("button", name="Enable it").press("Enter")
    expect(page.get_by_text("Letting in whom the trigger means…")).to_be_visible()
    assert Workflow.objects.get().is_enabled

    look_at_triggers()
    expect(page.get_by_text("1 customer entered.")).to_be_visible()
    run()

    page.get_by_role("link", name="Why, or why not").press("Enter")
    page.get_by_label("Name, e-mail, lead ID or customer ID").fill("Bob Busy")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Would not enter now.")).to_be_visible()
    expect(page.get_by_text("Who did nothing for at least 30 days")).to_be_visible()

    page.goto(ada.get_absolute_url())
    expect(page.get_by_text("Wait 3 days")).to_be_visible()
    page.get_by_role("link", name=str(made)).click()
    page.get_by_role("link", name="Skip the wait").press("Enter")
    page.get_by_role("button", name="Yes, go on now").press("Enter")
    by_staff = page.get_by_role("region", name="By staff")
    expect(by_staff).to_contain_text("The customer goes on now.")


def test_the_pages_fit_and_can_be_used_by_everybody(staff_page):  # noqa: F811
    page = staff_page
    ada = quiet_member()
    draft = MessageTemplate.objects.create(name="Draft", type="email")
    wait = step("wait", until="duration", amount=3, unit="days")
    made = workflow(tag("x"), wait, on=trigger("low_engagement", **QUIET))
    off = workflow(tag("x"), on=trigger("low_engagement", **QUIET), enabled=False)
    broken = workflow(step("send_email", template_id=draft.pk), enabled=False)
    run(timezone.now() + timedelta(days=1))
    enrolment = Enrolment.objects.get()

    def look(url):
        page.goto(url)
        for theme, width in LOOKS:
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 860})
            assert_fits(page)
            assert_accessible(page)

    def of(name, which):
        return reverse(f"admin:automations_workflow_{name}", args=(which.pk,))

    look(of("dry_run", made))
    look(of("check_now", made))
    look(f"{of('why', made)}?id={ada.pk}")
    look(of("enable", off))
    look(of("enable", broken))
    look(reverse("admin:automations_enrolment_changelist"))
    look(enrolment.get_absolute_url())
    look(reverse("admin:automations_enrolment_ask", args=(enrolment.pk, "end")))
    look(reverse("admin:automations_automationlog_changelist"))
    look(enrolment.logs.get().get_absolute_url())
    look(ada.get_absolute_url())
