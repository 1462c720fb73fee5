"""The pictures of the README; `make pictures` takes them."""

import os
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    pytest.mark.skipif(
        not os.environ.get("PICTURES"), reason="Pictures are taken by `make pictures`."
    ),
]
FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


def take(page, name, height, ready):
    """Keep what a window of this height shows, once all of it has come."""
    width = page.viewport_size["width"]
    page.set_viewport_size({"width": width, "height": height})
    page.locator(ready).first.wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


def test_the_home_page(office):
    take(office.look_at("home"), "dashboard", 940, "text=Mails by day")


def test_the_home_page_in_the_dark(office):
    take(office.look_at("home", "dark"), "dashboard-dark", 940, "text=Mails by day")


def test_a_customer(office):
    take(office.look_at("customer"), "customer", 1000, "text=Timeline")


def test_a_customer_on_a_phone(office):
    take(
        office.look_at("customer", "light", 390),
        "customer-phone",
        844,
        "text=Current stage",
    )


def test_the_preview_of_an_import(office):
    page = office.look_at("import preview")
    take(page, "import-preview", 960, "text=What would happen")


def test_the_template_editor(office):
    page = office.look_at("template editor")
    page.frame_locator("[data-frame] iframe").get_by_text("Welcome, ").first.wait_for()
    take(page, "template-editor", 1080, ".cm-content")


def test_the_cron_builder(office):
    page = office.look_at("automation edit")
    take(page, "cron-builder", 940, "[data-cron-times] li")


def test_a_run(office):
    take(office.look_at("run"), "run", 620, "text=About this run")
