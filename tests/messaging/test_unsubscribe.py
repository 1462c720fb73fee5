import random
import string

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Consent
from marketing_os.lib.tokens import make_token
from messaging.models import Delivery, DeliveryEvent
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def strict_client():
    return Client(enforce_csrf_checks=True)


def delivery_to(customer):
    return ledger.dispatch(customer).deliveries.get()


def link(delivery):
    return f"/u/{make_token('unsubscribe', delivery.pk)}"


def decisions(customer):
    rows = Consent.objects.filter(customer=customer).order_by("id")
    return list(rows.values_list("granted", flat=True))


def test_the_link_of_a_mail_unsubscribes_for_good(smtp_sink, strict_client, settings):
    ada = make.customer()
    ledger.dispatch()
    ledger.send()
    header = smtp_sink.mails[0].message["List-Unsubscribe"].strip("<>")

    response = strict_client.post(header.removeprefix(settings.SITE_URL), ONE_CLICK)

    assert response.status_code == 200
    assert ledger.states(ledger.dispatch()) == {ada: ("skipped", "no_consent")}


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing(strict_client, method):
    ada = make.customer()
    address = link(delivery_to(ada))

    for _ in range(5):
        response = getattr(strict_client, method)(address)
        assert response.status_code == 200

    assert decisions(ada) == []
    assert not DeliveryEvent.objects.exists()


def test_the_page_shows_one_button_and_not_the_whole_address(client):
    ada = make.customer(email="adalovelace@example.org")

    page = client.get(link(delivery_to(ada))).content.decode()

    assert page.count("<button") == 1
    assert "a•••@example.org" in page
    assert "adalovelace" not in page


def test_twice_is_once(strict_client):
    ada = make.customer()
    address = link(delivery_to(ada))

    for _ in range(2):
        assert strict_client.post(address, ONE_CLICK).status_code == 200

    assert decisions(ada) == [False]
    assert DeliveryEvent.objects.filter(kind="unsubscribed").count() == 1


def test_everybody_with_the_address_is_unsubscribed(client):
    ada = make.customer(email="Family@example.org")
    twin = make.customer(email="family@EXAMPLE.org")
    other = make.customer()

    client.post(link(delivery_to(ada)), ONE_CLICK)

    assert decisions(ada) == decisions(twin) == [False]
    assert decisions(other) == []


def test_it_works_for_a_customer_who_was_erased(client):
    ada = make.customer()
    address = link(delivery_to(ada))
    ada.email, ada.erased_at = "", timezone.now()
    ada.save()
    Delivery.objects.update(address="")

    assert client.get(address).status_code == 200
    assert client.post(address, ONE_CLICK).status_code == 200


def test_a_mistake_can_be_taken_back(client):
    ada = make.customer()
    address = link(delivery_to(ada))
    page = client.post(address, ONE_CLICK).content.decode()
    assert "subscribe me again" in page

    client.post(address, {"List-Unsubscribe": "subscribe-again"})

    assert decisions(ada) == [False, True]
    assert ledger.states(ledger.dispatch()) == {ada: ("pending", "")}


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "Two-Click"}])
def test_another_wish_is_refused_and_changes_nothing(client, body):
    ada = make.customer()

    assert client.post(link(delivery_to(ada)), body).status_code == 400

    assert decisions(ada) == []


def test_wrong_tokens_get_a_friendly_page_and_change_nothing(client):
    ada = make.customer()
    good = make_token("unsubscribe", delivery_to(ada).pk)
    letters = random.Random(7)
    wrong = [
        "example",
        "%00",
        good[:-1],
        good + "A",
        make_token("click", Delivery.objects.get().pk),
        make_token("unsubscribe", 2**62),
        make_token("unsubscribe", 1, 2),
        "é" * 10,
        "A" * 500,
    ]
    for _ in range(300):
        place = letters.randrange(len(good))
        other = letters.choice("ABCxyz019-_")
        mutated = good[:place] + other + good[place + 1 :]
        wrong += [mutated] if mutated != good else []

    alphabet = string.ascii_letters + string.digits + "-_"
    wrong += [good[:-1] + last for last in alphabet if last != good[-1]]

    for token in wrong:
        for method in (client.get, client.post):
            response = method(f"/u/{token}", ONE_CLICK)
            assert response.status_code == 404, token
            assert "This link does not work" in response.content.decode()
    assert decisions(ada) == []
