import pytest

from customers.services import erase_customer
from messaging.models import DeliveryContent, DeliveryEvent
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
