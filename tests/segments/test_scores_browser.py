"""Scores in the browser: as conditions, and on pages for everybody."""

import io
import json

import pytest
from django.core.management import call_command

from tests import make
from tests.axe import assert_accessible, assert_fits
from tests.segments import score_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/admin/segments/scores/"
ADD = "/admin/segments/segment/add/"
RULES = [
    ("risk", {"Value": "0.9"}),
    ("classification", {"Classification": "low_engagement"}),
    ("activity_level", {"Activity level": "low"}),
]


@pytest.fixture
def staff(page):
    score_world.fill(60)
    call_command(
        "refresh_scores",
        "--as-of",
        score_world.NOW.isoformat(),
        stdout=io.StringIO(),
    )
    make.administrator(username="boss")
    page.goto("/admin/login/")
    page.fill("input[name=username]", "boss")
    page.fill("input[name=password]", "a long password")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    return page


def control(page, label, place=0):
    return page.locator(f"[data-conditions] [aria-label^='{label}']").nth(place)


def test_scores_are_built_into_conditions_and_counted(staff):
    staff.goto(ADD)
    staff.click("label:has(input[value=conditions])")
    for place, (kind, values) in enumerate(RULES):
        staff.click(".cond-root > .cond-foot button:has-text('Condition')")
        control(staff, "Kind of condition", place).select_option(kind)
        for label, value in values.items():
            chosen = control(staff, label)
            if label == "Value":
                chosen.fill(value)
            else:
                chosen.select_option(value)

    staff.wait_for_selector(
        "text=Customers whose retention risk is at least 0.9 and classified as"
        " “Low Engagement” and whose activity level is low."
    )
    assert json.loads(staff.input_value("[name=conditions]"))["all"] == [
        {"type": "risk", "operator": "at_least", "value": 0.9},
        {"type": "classification", "operator": "is", "standing": "low_engagement"},
        {"type": "activity_level", "operator": "is", "level": "low"},
    ]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_are_for_everybody(staff, theme, width):
    staff.emulate_media(color_scheme=theme)
    staff.set_viewport_size({"width": width, "height": 860})
    for address in (PAGE, f"{PAGE}settings/"):
        staff.goto(address)

        assert_accessible(staff)
        assert_fits(staff)
