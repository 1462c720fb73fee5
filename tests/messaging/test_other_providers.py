"""A provider by anymail's backend: Postmark's answers, from a server on loopback."""

import json
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone

from messaging.models import Delivery, ProviderLimit
from messaging.services.sweeping import sweep_leases
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
TAKEN = {"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1", "To": "ada@example.org"}
REFUSED = {"ErrorCode": 300, "Message": "Invalid 'To' address: 'ada@example.org'."}


@contextmanager
def postmark(settings, monkeypatch, status, answer):
    """Run such a server and let the settings name it; gives what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(
                json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            )
            if status is None:
                return
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        settings.MAIL_CHANNEL = "postmark"
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "secret",
            "POSTMARK_API_URL": f"http://127.0.0.1:{server.server_port}/",
        }
        yield asked
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (200, TAKEN, ("accepted", "")),
        (422, REFUSED, ("rejected", "provider_refused")),
        (401, {}, ("pending", "")),
        (429, {}, ("pending", "")),
        (500, {}, ("unknown", "no_answer")),
        (None, None, ("unknown", "no_answer")),
    ],
)
def test_each_answer_has_its_outcome(
    settings, monkeypatch, fresh_channels, status, answer, outcome
):
    delivery = ledger.dispatch(make.customer(email="ada@example.org")).deliveries.get()

    with postmark(settings, monkeypatch, status, answer) as asked:
        ledger.send()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == outcome
    assert delivery.provider == "postmark"
    assert delivery.provider_id == ("pm-1" if status == 200 else "")
    [mail] = asked
    assert mail["To"] == "ada@example.org"
    assert mail["Subject"] == "News for Ada"
    headers = {header["Name"]: header["Value"] for header in mail["Headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_lost_answer_is_never_retried_by_itself(
    settings, monkeypatch, fresh_channels
):
    ledger.dispatch(make.customer())
    with postmark(settings, monkeypatch, None, None):
        ledger.send()

    Delivery.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    sweep_leases()
    with postmark(settings, monkeypatch, 200, TAKEN) as asked:
        ledger.send()

    assert asked == []
    assert Delivery.objects.get().state == "unknown"


def test_a_missing_setting_leaves_mails_waiting_and_is_told(settings, fresh_channels):
    delivery = ledger.dispatch(make.customer()).deliveries.get()
    settings.MAIL_CHANNEL, settings.ANYMAIL = "postmark", {}

    ledger.send()

    delivery.refresh_from_db()
    assert delivery.state == "pending"
    assert "POSTMARK_SERVER_TOKEN" in ProviderLimit.objects.get().last_error


@pytest.fixture
def fresh_channels(monkeypatch):
    """Channels that read the settings of this test, not of one before."""
    monkeypatch.setattr("messaging.channels._own", threading.local())
