from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser import PATIENCE
from tests.filled_office import filled_office
from tests.pages import demo


class Office:
    """A filled office behind a web server, and a browser that is logged in to it."""

    def __init__(self, url, addresses, context):
        self.url, self.addresses, self.context = url, addresses, context
        self.host = urlsplit(url).netloc
        self.shown = self.page = None

    def look_at(self, name, theme="light", width=1280):
        """Return a page; it is fetched anew for another name or theme than before.

        `page.failures` lists what the page complained of or asked other hosts.
        """
        if (name, theme) != self.shown:
            self.leave()
            self.shown, self.page = (name, theme), self.context.new_page()
            self.page.set_default_timeout(PATIENCE)
            self.page.failures = self._failures_of(self.page)
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            self.page.set_viewport_size({"width": width, "height": 860})
            self.page.goto(self.addresses[name], wait_until="load")
        self.page.set_viewport_size({"width": width, "height": 860})
        # What is being looked up is dimmed until then.
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)
        return self.page

    def leave(self):
        if self.page:
            self.page.close()
        self.shown = self.page = None

    def _failures_of(self, page):
        failures = []

        def stranger(request):
            parts = urlsplit(request.url)
            if parts.scheme not in ("data", "blob") and parts.netloc != self.host:
                failures.append(f"asks another host: {request.url}")

        def console(message):
            # The browser itself remarks that a page which is not there is not there.
            if message.type == "error" and "404 (Not Found)" not in message.text:
                failures.append(f"console: {message.text}")

        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", console)
        page.on("request", stranger)
        return failures


@pytest.fixture(scope="module")
def office(django_db_setup, django_db_blocker, playwright_browser, tmp_path_factory):
    """One office for all pages of a module; its rows go when the module is done."""
    kept = tmp_path_factory.mktemp("mailbox")
    with (
        django_db_blocker.unblock(),
        filled_office(
            playwright_browser, demo.fill, sign_in, MAILBOX_DIR=kept
        ) as filled,
    ):
        yield Office(filled.url, filled.filled, filled.context)


def sign_in(context):
    page = context.new_page()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(demo.NAME)
    page.get_by_label("Password").fill(demo.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Home").wait_for()
    page.close()
