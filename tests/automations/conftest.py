import pytest

from tests import make


@pytest.fixture
def staff_page(page, client, live_server):
    """A page of the browser in which an administrator is signed in."""
    client.force_login(make.administrator())
    session = client.cookies["sessionid"].value
    page.context.add_cookies(
        [{"name": "sessionid", "value": session, "url": live_server.url}]
    )
    return page
