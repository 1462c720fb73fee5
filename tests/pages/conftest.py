from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import override_settings
from pytest_django.live_server_helper import LiveServer

from tests.browser import PATIENCE
from tests.pages import demo
from tests.sql_segments import let_sql_segments_work


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
    with django_db_blocker.unblock(), ExitStack() as leaving:
        leaving.callback(call_command, "flush", verbosity=0, interactive=False)
        server = LiveServer("localhost")
        leaving.callback(server.stop)
        cache.clear()
        leaving.enter_context(
            override_settings(
                SITE_URL=server.url,
                ALLOWED_HOSTS=["localhost"],
                MAILBOX_DIR=kept,
                SEGMENTS_DATABASE_URL=let_sql_segments_work(),
            )
        )
        addresses = demo.fill()
        context = playwright_browser.new_context(base_url=server.url, locale="en-GB")
        leaving.callback(context.close)
        sign_in(context)
        yield Office(server.url, addresses, context)


def sign_in(context):
    page = context.new_page()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(demo.NAME)
    page.get_by_label("Password").fill(demo.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Home").wait_for()
    page.close()
