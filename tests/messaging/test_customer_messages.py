"""What a customer was sent, when, what came of it, and if nothing, why."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from messaging.models import Delivery, DeliveryEvent, Pause, Suppression
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db


def page_of(client, customer, **search):
    url = reverse("admin:messaging_customer_messages", args=(customer.pk,))
    return client.get(url, search)


def text_of(client, customer):
    return page_of(client, customer).content.decode()


def test_each_message_is_told_with_what_came_of_it(admin_client):
    ada = make.customer()
    delivery = ledger.dispatch(ada).deliveries.get()
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(
        state="delivered", accepted_at=now, opened_at=now, clicked_at=now
    )
    DeliveryEvent.objects.create(delivery=delivery, kind="unsubscribed")

    page = text_of(admin_client, ada)

    assert delivery.dispatch.template.name in page
    assert "It was delivered to the mailbox." in page
    for words in ("Opened ", "Followed a link ", "Unsubscribed by its link"):
        assert words in page


def test_what_was_not_sent_says_why(admin_client):
    ada = make.customer(email="")
    ledger.dispatch(ada)

    assert "The customer has no e-mail address." in text_of(admin_client, ada)


def test_before_any_message_the_page_says_so(admin_client):
    page = text_of(admin_client, make.customer())

    assert "No message was meant for this customer yet" in page


def test_the_messages_of_others_are_not_shown(admin_client):
    ada, bob = make.customer(), make.customer()
    ledger.dispatch(bob)

    assert page_of(admin_client, ada).context["rows"] == []


def test_many_messages_are_turned_over(admin_client):
    ada = make.customer()
    for _ in range(51):
        ledger.dispatch(ada)

    first, second = (page_of(admin_client, ada, p=number) for number in (1, 2))

    assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 1)
    for odd in ("0", "99", "x", "-1"):
        assert page_of(admin_client, ada, p=odd).status_code == 200


def no_address():
    return make.customer(email=" ")


def no_consent():
    ada = make.customer()
    ledger.withdraw_consent(ada)
    return ada


def paused():
    ada = make.customer()
    Pause.objects.create(customer=ada, until=timezone.now() + timedelta(days=1))
    return ada


def suppressed():
    ada = make.customer(email="Ada@example.org")
    Suppression.objects.create(email="ada@EXAMPLE.org", reason="manual")
    return ada


@pytest.mark.parametrize(
    ("customer", "words"),
    [
        (no_address, "has no e-mail address"),
        (no_consent, "does not want marketing, or never agreed"),
        (paused, "asked for a pause, which is not over yet"),
        (suppressed, "on the list of those that nothing is sent to"),
    ],
)
def test_what_stands_in_the_way_of_marketing_is_told_and_is_true(
    admin_client, customer, words
):
    ada = customer()

    page = text_of(admin_client, ada)
    dispatch = ledger.dispatch(ada)

    assert "Marketing would not reach them now" in page
    assert words in page
    assert dispatch.deliveries.get().state == "skipped"


def test_where_nothing_stands_in_the_way_the_page_says_so(admin_client):
    ada = make.customer()

    page = text_of(admin_client, ada)
    dispatch = ledger.dispatch(ada)

    assert "Marketing would reach them now" in page
    assert dispatch.deliveries.get().state == "pending"


def test_the_page_of_the_customer_leads_to_all_messages(admin_client):
    ada = make.customer()
    for _ in range(11):
        ledger.dispatch(ada)

    page = admin_client.get(ada.get_absolute_url()).content.decode()

    assert reverse("admin:messaging_customer_messages", args=(ada.pk,)) in page


@pytest.mark.parametrize("number", [999_999, 10**30])
def test_a_customer_that_is_not_there_is_not_found(admin_client, number):
    url = reverse("admin:messaging_customer_messages", args=(number,))

    assert admin_client.get(url).status_code == 404


@pytest.mark.parametrize(
    "permission", ["messaging.view_delivery", "customers.view_customer"]
)
def test_both_permissions_are_needed(client, permission):
    ada = make.customer()
    client.force_login(make.grant(make.user(), permission))

    assert page_of(client, ada).status_code == 403


def test_a_page_costs_few_questions(admin_client, django_assert_max_num_queries):
    ada = make.customer()
    for _ in range(30):
        ledger.dispatch(ada)

    with django_assert_max_num_queries(16):
        page_of(admin_client, ada)
