import pytest
from django.utils import timezone

from marketing_os.lib.registry import registry
from messaging.models import DeliveryContent, DeliveryEvent
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db


def erase(customer):
    customer.first_name = customer.last_name = customer.email = ""
    customer.erased_at = timezone.now()
    customer.save()
    registry.erasers["messaging"](customer)


def test_the_content_of_an_erased_customers_mail_is_forgotten(smtp_sink, admin_client):
    ada = make.customer(first_name="Ada", email="ada@example.org")
    sent = ledger.dispatch()
    ledger.send()
    waiting = ledger.dispatch()
    DeliveryEvent.objects.create(
        delivery=sent.deliveries.get(), kind="tried", data={"detail": "ada@example.org"}
    )

    erase(ada)
    ledger.send()

    assert ledger.states(sent) == {ada: ("accepted", "")}
    assert ledger.states(waiting) == {ada: ("skipped", "erased")}
    assert len(smtp_sink.mails) == 1
    assert not DeliveryContent.objects.exists()
    page = admin_client.get(sent.deliveries.get().get_absolute_url()).content.decode()
    assert "What it said was forgotten with the customer." in page
    assert "ada@example.org" not in page
