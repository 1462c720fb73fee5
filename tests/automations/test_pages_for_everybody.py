import pytest
from django.urls import reverse
from playwright.sync_api import expect

from automations import services
from tests import make
from tests.axe import assert_accessible, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]


def test_the_pages_of_automations_fit_and_can_be_used_by_everybody(staff_page):
    page = staff_page
    segment = make.segment(make.customer(), make.customer(email=""))
    automation = services.activate(
        make.automation(segment=segment, cron="30 2 * * *", timezone="Europe/Berlin")
    )
    services.run_now(automation)
    run = services.prepare_next_run()

    def look(name, *arguments):
        page.goto(reverse(f"admin:automations_{name}", args=arguments))
        if name == "automation_change":
            expect(page.locator("[data-cron-times] li")).to_have_count(5)
        for theme, width in LOOKS:
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 860})
            assert_fits(page)
            assert_accessible(page)

    look("automation_changelist")
    look("automation_view", automation.pk)
    look("automation_change", automation.pk)
    look("automation_run", automation.pk)
    look("automationrun_changelist")
    look("automationrun_change", run.pk)
    look("automationrun_cancel", run.pk)
