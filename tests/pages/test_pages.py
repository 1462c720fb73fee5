"""Every page, in light and dark, on a desktop and on a phone."""

import pytest

from tests.axe import assert_accessible, assert_fits
from tests.pages.addresses import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

# In this order, since a page is fetched anew for another theme only.
LOOKS = [("light", 1280), ("light", 390), ("dark", 390), ("dark", 1280)]


EACH = [(name, *look) for name in PAGES for look in LOOKS]


def is_dark(page):
    """Whether light letters stand on the page, as on a dark ground."""
    red, green, blue = page.evaluate(
        """() => {
            const drawing = document.createElement("canvas").getContext("2d");
            drawing.fillStyle = getComputedStyle(document.body).color;
            drawing.fillRect(0, 0, 1, 1);
            return Array.from(drawing.getImageData(0, 0, 1, 1).data).slice(0, 3);
        }"""
    )
    return red + green + blue > 380


@pytest.mark.parametrize(
    ("name", "theme", "width"), EACH, ids=[f"{n}-{t}-{w}" for n, t, w in EACH]
)
def test_a_page_is_for_everybody(office, name, theme, width):
    page = office.look_at(name, theme, width)

    assert is_dark(page) == (theme == "dark")
    assert_accessible(page)
    assert_fits(page)
    assert not page.failures


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_a_stranger_sees_the_login(office, theme, width, playwright_browser):
    context = playwright_browser.new_context(
        base_url=office.url,
        color_scheme=theme,
        viewport={"width": width, "height": 860},
    )
    page = context.new_page()
    page.goto("/admin/")

    page.get_by_label("Username").wait_for()
    assert_accessible(page)
    assert_fits(page)
    context.close()


def test_a_page_that_asks_elsewhere_or_complains_is_noticed(office):
    page = office.look_at("front")

    page.evaluate("fetch('http://elsewhere.example.org/x').catch(() => null)")
    page.evaluate("console.error('it broke')")

    assert any("elsewhere.example.org" in failure for failure in page.failures)
    assert "console: it broke" in page.failures
    office.leave()
