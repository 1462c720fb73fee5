import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from automations import services
from automations.models import Automation
from tests import make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADD = reverse("admin:automations_automation_add")


@pytest.fixture
def builder(staff_page):
    staff_page.goto(ADD)
    expect(staff_page.locator("[data-cron-words]")).to_have_text("At 09:00, every day.")
    return staff_page


def expression(page):
    return page.locator("#id_cron")


def mode(page, name):
    return page.get_by_role("radio", name=name, exact=True)


def choose(page, name):
    """Press a radio or a checkbox that is drawn as a button."""
    page.locator(".mos-cron label", has_text=re.compile(f"^{name}$")).click()


def test_what_is_picked_becomes_the_expression(builder):
    choose(builder, "Minutes")
    expect(expression(builder)).to_have_value("*/15 * * * *")
    builder.get_by_label("Every").first.select_option("5")
    expect(expression(builder)).to_have_value("*/5 * * * *")

    choose(builder, "Weekly")
    expect(expression(builder)).to_have_value("0 9 * * 1")
    choose(builder, "Thu")
    expect(expression(builder)).to_have_value("0 9 * * 1,4")
    builder.locator("[data-choice=at]").fill("17:30")
    expect(expression(builder)).to_have_value("30 17 * * 1,4")
    expect(builder.locator("[data-cron-words]")).to_have_text(
        "At 17:30, Monday and Thursday."
    )
    expect(builder.locator("[data-cron-times] li")).to_have_count(5)

    choose(builder, "Monthly")
    builder.get_by_label("On day").select_option("31")
    expect(expression(builder)).to_have_value("30 17 31 * *")
    expect(builder.locator("[data-cron-words]")).to_contain_text(
        "Months without such a day are left out."
    )


def test_what_is_written_fills_the_builder_in(builder):
    expression(builder).fill("5 14 * * mon,fri")
    expect(mode(builder, "Weekly")).to_be_checked()
    expect(builder.locator("[data-choice=at]")).to_have_value("14:05")
    expect(builder.get_by_role("checkbox", name="Fri")).to_be_checked()
    expect(builder.get_by_role("checkbox", name="Tue")).not_to_be_checked()

    expression(builder).fill("*/20 * * * *")
    expect(mode(builder, "Minutes")).to_be_checked()
    expect(builder.get_by_label("Every").first).to_have_value("20")


def test_what_is_too_special_is_said_and_kept(builder):
    expression(builder).fill("*/7 9-17 1-7 * 1")

    expect(mode(builder, "Custom")).to_be_checked()
    expect(builder.get_by_text("too special for the choices above")).to_be_visible()
    expect(expression(builder)).to_have_value("*/7 9-17 1-7 * 1")
    expect(builder.locator("[data-cron-words]")).to_contain_text("both must hold")


def test_what_is_wrong_is_said_at_once(builder):
    expression(builder).fill("0 9 * * 7")

    expect(builder.get_by_text("Sunday is 0 here, not 7.")).to_be_visible()
    expect(expression(builder)).to_have_attribute("aria-invalid", "true")
    expect(builder.locator("[data-cron-times]")).to_be_hidden()


def test_the_builder_works_by_keyboard(builder):
    mode(builder, "Daily").focus()
    builder.keyboard.press("ArrowRight")
    expect(expression(builder)).to_have_value("0 9 * * 1-5")
    builder.keyboard.press("ArrowRight")
    expect(mode(builder, "Weekly")).to_be_checked()
    builder.keyboard.press("Tab")
    builder.keyboard.press("Tab")
    builder.keyboard.press("Space")

    expect(expression(builder)).to_have_value("0 9 * * 1,2")


def test_the_zone_decides_the_next_times_and_the_warning(builder):
    expression(builder).fill("30 2 * * *")
    expect(builder.locator("[data-cron-times] li").first).to_contain_text("UTC+00:00")

    builder.locator("#select2-id_timezone-container").click()
    builder.locator(".select2-search__field").fill("berlin")
    builder.locator(".select2-results__option", has_text="Europe/Berlin").click()

    expect(builder.locator("[data-cron-times] li").first).to_contain_text(
        re.compile(r"UTC\+0[12]:00")
    )
    expect(builder.locator(".mos-cron-told")).to_contain_text("the clocks go")


def test_an_automation_is_made_edited_and_found_again(builder):
    segment, template = make.segment(name="Leads of May"), make.template(name="Hello")
    builder.reload()
    builder.fill("#id_name", "Morning news")
    pick(builder, "segment", segment)
    pick(builder, "template", template)
    choose(builder, "Weekdays")
    expect(expression(builder)).to_have_value("0 9 * * 1-5")
    builder.click("[name=_save]")

    expect(builder.get_by_text("At 09:00, Monday to Friday.")).to_be_visible()
    builder.get_by_role("link", name="Switch on").click()
    builder.get_by_role("button", name="Switch it on").click()
    expect(builder.get_by_text("is on. Its next run:")).to_be_visible()
    builder.get_by_role("link", name="Edit", exact=True).click()
    expect(mode(builder, "Weekdays")).to_be_checked()
    assert Automation.objects.get().is_active


def pick(page, field, row):
    """Choose in a searchable drop-down."""
    page.locator(f"#select2-id_{field}-container").click()
    page.locator(".select2-search__field").fill(row.name)
    page.locator(".select2-results__option", has_text=row.name).click()


def test_only_what_the_schedule_uses_is_shown(builder):
    run_at = builder.locator("[name=run_at]")
    expect(run_at).to_be_hidden()

    builder.get_by_label("Once, at a date and time").check()
    expect(run_at).to_be_visible()
    expect(expression(builder)).to_be_hidden()
    run_at.fill("2099-07-01T09:00")
    run_at.press("Tab")
    expect(builder.get_by_text("Wed 1 Jul 2099, 09:00 UTC (UTC+00:00)")).to_be_visible()

    builder.get_by_label("Once, now").check()
    expect(run_at).to_be_hidden()


def test_without_its_script_the_expression_alone_works(staff_page):
    page = staff_page
    segment, template = make.segment(), make.template()
    page.route("**/schedule*.js", lambda route: route.abort())
    page.goto(ADD)
    page.fill("#id_name", "Plain")
    pick(page, "segment", segment)
    pick(page, "template", template)
    page.fill("#id_cron", "15 6 * * 0")
    expect(page.locator("[data-cron-builder]")).to_be_hidden()
    page.click("[name=_save]")

    expect(page.get_by_text("At 06:15, Sunday.")).to_be_visible()
    assert Automation.objects.get().cron == "15 6 * * 0"


def test_the_page_of_a_run_follows_it_by_itself(staff_page):
    page = staff_page
    automation = make.automation(segment=make.segment(make.customer()))
    run = services.run_now(automation)
    page.goto(run.get_absolute_url())
    expect(page.get_by_text("The segment is being looked up.")).to_be_visible()

    services.prepare_next_run(timezone.now())

    expect(page.get_by_text("Waiting").first).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
