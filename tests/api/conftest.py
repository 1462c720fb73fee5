import pytest
from rest_framework.test import APIClient

from marketing_os.lib.api.keys import SCOPES, create_key


@pytest.fixture
def api(db):
    """A client whose key may do everything."""
    _key, secret = create_key("tests", list(SCOPES))
    return client_with(secret)


def client_with(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    return client
