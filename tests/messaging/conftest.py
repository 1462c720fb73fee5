import pytest
from django.test import Client

from tests.messaging.resend_imitation import resend
from tests.messaging.visits import PERSON


@pytest.fixture
def stranger():
    """Somebody without a login, with a browser that keeps to the rules."""
    return Client(enforce_csrf_checks=True, headers=PERSON)


@pytest.fixture
def api(settings, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings.RESEND_API_KEY = "re_secret"
    settings.RESEND_REQUESTS_PER_SECOND = 0
    with resend() as imitation:
        settings.RESEND_API_URL = imitation.url
        yield imitation
