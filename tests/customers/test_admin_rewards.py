"""Offers and credits of a customer, as staff see and book them."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from customers.models import CreditEntry, MemberOffer
from tests import make
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


def offer(who, code="SPRING", **fields):
    return MemberOffer.objects.create(customer=who, offer_code=code, **fields)


def ledger(who):
    return reverse("admin:customers_customer_credits", args=(who.pk,))


def book(client, who, amount, reason="Guest pass", direction="give", key=None):
    return client.post(
        ledger(who),
        {
            "amount": amount,
            "reason": reason,
            "direction": direction,
            "key": key or str(uuid4()),
        },
    )


def balance(who):
    return who.credit_entries.aggregate(sum=Sum("amount"))["sum"] or 0


def test_the_page_of_a_customer_tells_what_can_be_done_with_each_offer(admin_client):
    ada, today = make.customer(), timezone.localdate()
    offer(ada, "GOOD", expiry_date=today)
    offer(ada, "LATE", expiry_date=today - timedelta(days=1))
    offer(ada, "GONE", is_used=True, used_at=timezone.now())

    page = admin_client.get(ada.get_absolute_url()).content.decode()

    for words in ("Can be used", "Expired", "Used", "Mark as used: GOOD"):
        assert words in page
    assert "Mark as used: LATE" not in page


def test_an_offer_is_marked_as_used_once(admin_client):
    one = offer(make.customer())
    url = reverse("admin:customers_memberoffer_use", args=(one.pk,))

    assert admin_client.get(url).status_code == 405
    admin_client.post(url)
    again = admin_client.post(url, follow=True)

    one.refresh_from_db()
    assert one.is_used
    assert "This offer was used at" in again.content.decode()


def test_a_booking_is_an_entry_with_its_reason_and_who_made_it(client):
    nina, ada = make.administrator(username="nina"), make.customer()
    client.force_login(nina)

    book(client, ada, "25", reason="Brought a friend")
    book(client, ada, "4.50", reason="Guest pass", direction="withdraw")

    page = client.get(ledger(ada)).content.decode()
    assert [entry.amount for entry in ada.credit_entries.order_by("id")] == [25, -4.5]
    for words in ("+25.00", "-4.50", "20.50", "Brought a friend", "nina"):
        assert words in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"amount": "0"}, "greater than or equal to 0.01"),
        ({"amount": "x"}, "Enter a number."),
        ({"amount": "1e400"}, "less than or equal to 1000000"),
        ({"amount": "1.234"}, "2 decimal places"),
        ({"amount": "5", "reason": " "}, "This field is required."),
        ({"amount": "5", "direction": "withdraw"}, "Only 0 credits are there"),
        ({"amount": "5", "key": "no"}, "Open this page again"),
    ],
)
def test_what_cannot_be_booked_is_said_beside_the_form(admin_client, values, words):
    ada = make.customer()

    answer = book(admin_client, ada, **values)

    assert words in answer.content.decode()
    assert not CreditEntry.objects.exists()


def test_a_form_sent_twice_books_once(admin_client):
    ada, key = make.customer(), str(uuid4())

    for _press in range(2):
        book(admin_client, ada, "10", key=key)

    assert balance(ada) == 10


def test_who_may_only_look_books_nothing(client):
    viewer = make.grant(
        make.user(), "customers.view_creditentry", "customers.view_customer"
    )
    client.force_login(viewer)
    ada = make.customer()

    assert client.get(ledger(ada)).status_code == 200
    assert book(client, ada, "10").status_code == 403
    assert not CreditEntry.objects.exists()


def test_the_lists_find_offers_by_state_and_bookings_by_direction(admin_client):
    ada, yesterday = make.customer(), timezone.localdate() - timedelta(days=1)
    offer(ada, "GOOD")
    offer(ada, "LATE", expiry_date=yesterday)
    offer(ada, "GONE", is_used=True, expiry_date=yesterday)
    for amount in (5, -3):
        CreditEntry.objects.create(customer=ada, amount=amount)

    def found(model, **search):
        url = reverse(f"admin:customers_{model}_changelist")
        return list(admin_client.get(url, search).context["cl"].result_list)

    codes = {
        state: [one.offer_code for one in found("memberoffer", state=state)]
        for state in ("usable", "used", "expired")
    }
    assert codes == {"usable": ["GOOD"], "used": ["GONE"], "expired": ["LATE"]}
    assert [one.amount for one in found("creditentry", direction="given")] == [5]


@pytest.mark.django_db(transaction=True)
def test_no_more_is_withdrawn_than_is_there_however_many_ask_at_once(client):
    ada = make.customer()
    CreditEntry.objects.create(customer=ada, amount=Decimal(10))
    staff = [make.administrator() for _ in range(6)]

    def withdraw(number):
        own = type(client)()
        own.force_login(staff[number])
        return book(own, ada, "4", direction="withdraw").status_code

    answers = in_parallel(withdraw)

    assert sorted(answers) == [200, 200, 200, 200, 302, 302]
    assert balance(ada) == 2
