import pytest
from django.utils import timezone

from customers.services import erase_customer
from messaging.models import DeliveryContent, DeliveryEvent, Suppression
from messaging.services.events import Report, record_reports
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db


def test_the_content_of_an_erased_customers_mail_is_forgotten(smtp_sink, admin_client):
    ada = make.customer(first_name="Ada", email="ada@example.org")
    sent = ledger.dispatch()
    ledger.send()
    waiting = ledger.dispatch()
    DeliveryEvent.objects.create(
        delivery=sent.deliveries.get(), kind="tried", data={"detail": "ada@example.org"}
    )

    erase_customer(ada, by=None)
    ledger.send()

    assert ledger.states(sent) == {ada: ("accepted", "")}
    assert ledger.states(waiting) == {ada: ("skipped", "erased")}
    assert len(smtp_sink.mails) == 1
    assert not DeliveryContent.objects.exists()
    page = admin_client.get(sent.deliveries.get().get_absolute_url()).content.decode()
    assert "What it said was forgotten with the customer." in page
    assert "ada@example.org" not in page


def test_a_report_that_comes_after_the_erasure_brings_nothing_back(smtp_sink):
    ada = make.customer(email="ada@example.org")
    delivery = ledger.dispatch(ada).deliveries.get()
    ledger.send()
    erase_customer(ada, by=None)

    report = Report(
        kind="bounced",
        event_id="e-1",
        message_id="m-1",
        delivery_id=delivery.pk,
        occurred_at=timezone.now(),
        is_hard=True,
        detail="550 no such user: ada@example.org",
    )
    record_reports("resend", [report])

    delivery.refresh_from_db()
    assert (delivery.state, delivery.detail, delivery.provider_id) == (
        "bounced",
        "",
        "",
    )
    assert DeliveryEvent.objects.get(kind="bounced").data == {"hard": True}
    assert not Suppression.objects.exists()
