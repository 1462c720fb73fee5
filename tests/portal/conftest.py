import pytest
from django.test import Client

from marketing_os.lib.api.keys import create_key


@pytest.fixture
def host(db):
    """The server of a host site, whose key may open sessions."""
    _key, secret = create_key("host", ["member-sessions:open"])
    return Client(headers={"authorization": f"Api-Key {secret}"})
