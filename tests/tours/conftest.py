import pytest
from django.core.cache import cache

from marketing_os.lib.api.keys import SCOPES, create_key
from marketing_os.roles import make_roles
from tests import make
from tests.api.conftest import client_with
from tests.browser import PATIENCE
from tests.tours.tour import DESKTOP, HEIGHTS, NAME, PASSWORD, PHONE, Tour


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def tour_of(request, page, live_server, settings, tmp_path, sql_segments):
    """Load a pack and begin its tour at a width, with staff signed in."""
    settings.SITE_URL = live_server.url
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    window = {"width": request.param, "height": HEIGHTS[request.param]}
    page.set_viewport_size(window)
    cache.clear()
    make_roles()
    make.administrator(username=NAME, password=PASSWORD)
    failures = []

    def is_elsewhere(url):
        return not url.startswith(live_server.url)

    def open_page(**options):
        """A page of somebody who is no staff; what lies elsewhere is an empty page."""
        context = page.context.browser.new_context(
            base_url=live_server.url, viewport=window, **options
        )
        context.route(is_elsewhere, lambda route: route.fulfill(body="Elsewhere"))
        opened = context.new_page()
        opened.set_default_timeout(PATIENCE)
        opened.on("pageerror", lambda error: failures.append(str(error)))
        return opened

    def begin(pack):
        _key, secret = create_key("The tour", list(SCOPES))
        tour = Tour(pack, page, client_with(secret), open_page)
        tour.sign_in()
        return tour

    yield begin
    # The frame of a mail in the mailbox keeps staff from counting as having opened it.
    page.refused[:] = [words for words in page.refused if "/o/" not in words]
    assert not failures, f"Scripts of the members' pages failed: {failures}"
