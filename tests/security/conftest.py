import pytest

from tests.filled_office import filled_office
from tests.pages.conftest import sign_in
from tests.security import world
from tests.security.inspector import Inspector


@pytest.fixture(scope="module")
def office(django_db_setup, django_db_blocker, playwright_browser, tmp_path_factory):
    """An office of attacks, for all tests of a module."""
    settings = world.SETTINGS | {"MAILBOX_DIR": tmp_path_factory.mktemp("mailbox")}
    with (
        django_db_blocker.unblock(),
        filled_office(playwright_browser, world.fill, sign_in, **settings) as filled,
    ):
        yield filled


@pytest.fixture
def inspector(office):
    """A browser of staff that notices what texts do; a test ends it with `found`."""
    made = Inspector(office.context, office.url)
    yield made
    made.close()
