"""The inspector notices each attack in a page that forgets to escape."""

import pytest

from tests.security.inspector import Inspector
from tests.security.payloads import PAYLOADS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    pytest.mark.urls("tests.security.careless_urls"),
]


@pytest.fixture
def found_in(browser, live_server):
    """Return what is found in the careless pages at an address, by attack."""

    def look(address):
        return {words: found(address, number) for number, words in enumerate(PAYLOADS)}

    def found(address, number):
        context = browser.new_context(base_url=live_server.url)
        inspector = Inspector(context, live_server.url)
        inspector.visit(f"/{address}/{number}/")
        context.close()
        return inspector.found

    return look


def test_every_attack_is_noticed_where_nothing_is_escaped(found_in):
    found = found_in("careless")

    assert [words for words in found if not found[words]] == []
    assert sum("A script ran" in str(one) for one in found.values()) > 10


def test_no_script_of_an_attack_passes_our_policy(found_in):
    found = found_in("guarded")

    assert sum("Content Security Policy" in str(one) for one in found.values()) > 10
    assert not any("A script ran" in str(one) for one in found.values())
