import pytest
from django.test import Client

from tests.messaging.visits import PERSON


@pytest.fixture
def stranger():
    """Somebody without a login, with a browser that keeps to the rules."""
    return Client(enforce_csrf_checks=True, headers=PERSON)
