"""Every page of the portal: for everybody, small, and without any other site."""

from urllib.parse import urlsplit

import pytest
from django.core.management import call_command

import messaging.urls
import portal.urls
from tests.axe import assert_accessible, assert_fits
from tests.browser import PATIENCE
from tests.portal import every_page
from tests.portal.every_page import NO_PAGES, PAGES
from tests.portal.wire import Wire

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
MOST_BYTES = 60_000


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker, tmp_path_factory):
    """A filled portal for all tests of this file: its address, and links to it."""
    with django_db_blocker.unblock():
        try:
            static_root = tmp_path_factory.mktemp("static")
            with every_page.as_in_production(static_root) as address:
                yield address, every_page.fill()
        finally:
            call_command("flush", verbosity=0, interactive=False)


@pytest.fixture
def show(site, browser):
    """Open a browser of its own and go to a page: `show(name)`."""
    address, links = site
    failures = []

    def show(name, theme="light", wire=False, **options):
        context = browser.new_context(
            **options,
            base_url=address,
            color_scheme=theme,
            viewport={"width": 1280, "height": 860},
            locale="en-GB",
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda message: failures.append(message.text))
        page.wire = Wire(page) if wire else None
        _route, go = PAGES[name]
        go(page, links)
        page.wait_for_load_state("networkidle")
        return page

    yield show
    # The browser itself remarks that a page came with 400, 403 or 404.
    failures = [one for one in failures if "Failed to load resource" not in one]
    assert not failures


def test_each_address_is_a_page_or_known_to_be_none():
    def names(urls):
        for pattern in urls:
            below = getattr(pattern, "url_patterns", None)
            yield from names(below) if below else [pattern.name]

    parts = (portal.urls, messaging.urls)
    known = {
        f"{one.app_name}:{name}" for one in parts for name in names(one.urlpatterns)
    }

    assert known == {route for route, _go in PAGES.values()} | NO_PAGES


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(name, theme, show):
    page = show(name, theme)

    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 860})
        assert_accessible(page)
        assert_fits(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_small_and_asks_no_other_site(name, show, site):
    page = show(name, wire=True)

    assert 1_000 < page.wire.weight < MOST_BYTES
    assert page.wire.hosts == {urlsplit(site[0]).netloc}


def test_what_is_large_or_asked_elsewhere_is_noticed(show, site):
    page = show("unsubscribe", wire=True, bypass_csp=True)

    page.evaluate("fetch('/api/v1/schema/').then(answer => answer.text())")
    page.evaluate("fetch('http://elsewhere.example.org/x').catch(() => null)")

    assert page.wire.weight > MOST_BYTES
    assert "elsewhere.example.org" in page.wire.hosts
