from ipaddress import ip_network

import pytest
from django.utils import timezone

from marketing_os.lib.api.keys import SCOPES, create_key
from tests.api.conftest import client_with
from tests.workflows.receiver import Receiver


@pytest.fixture
def api_events(db):
    """Publish what customers did, as an integration would."""
    _key, secret = create_key("events", list(SCOPES))
    client = client_with(secret)

    def publish(who, name, at=None, **values):
        body = {
            "customer_id": who.pk,
            "name": name,
            "occurred_at": (at or timezone.now()).isoformat(),
        } | values
        response = client.post("/api/v1/activities/", body, format="json")
        assert response.status_code in (200, 201), response.content

    return publish


@pytest.fixture
def receiver(settings):
    """Another system on this machine, which may be called."""
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    with Receiver() as server:
        yield server
