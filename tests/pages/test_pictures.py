"""The pictures of the README; `make pictures` takes them."""

import pytest

from tests import pictures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    pytest.mark.skipif(
        not pictures.ARE_WANTED, reason="Pictures are taken by `make pictures`."
    ),
]
FOLDER = pictures.DOCS / "pictures"


def take(page, name, height, ready):
    pictures.take(page, FOLDER / f"{name}.png", height, ready=ready)


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
