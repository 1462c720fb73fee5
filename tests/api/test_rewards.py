"""Offers are used once, and the balance is the sum of the bookings."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import CreditEntry, MemberOffer
from marketing_os.lib.api.keys import SCOPES, create_key
from tests import make
from tests.api.conftest import client_with
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


def offer(**fields):
    who = fields.pop("customer", None) or make.customer()
    return MemberOffer.objects.create(customer=who, offer_code="SPRING", **fields)


def use(api, pk, name=None):
    headers = {"HTTP_IDEMPOTENCY_KEY": name} if name else {}
    return api.post(f"/api/v1/offers/{pk}/use/", **headers)


def test_an_offer_is_used_once_and_a_second_use_says_when_it_was(api):
    one = offer(expiry_date=timezone.localdate())

    first = use(api, one.pk)
    second = use(api, one.pk)

    assert first.status_code == 200
    assert first.json()["is_used"] is True
    assert second.status_code == 409
    one.refresh_from_db()
    assert one.used_at.isoformat(timespec="seconds") in second.json()["detail"]


def test_a_repeat_under_its_key_is_no_second_use(api):
    one = offer()

    first, again = use(api, one.pk, "till-1"), use(api, one.pk, "till-1")

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert use(api, one.pk, "till-2").status_code == 409


def test_an_offer_that_is_over_is_refused(api):
    one = offer(expiry_date=timezone.localdate() - timedelta(days=1))

    answer = use(api, one.pk)

    assert answer.status_code == 409
    assert "good until" in answer.json()["detail"]
    one.refresh_from_db()
    assert not one.is_used


def test_a_test_key_uses_nothing_and_hears_of_a_refusal():
    _key, secret = create_key("till", list(SCOPES), is_test=True)
    api, one, used = client_with(secret), offer(), offer(is_used=True)

    assert use(api, one.pk).json() == {"valid": True, "stored": False}
    assert use(api, used.pk).status_code == 409
    one.refresh_from_db()
    assert not one.is_used


def test_who_may_only_read_uses_no_offer():
    _key, secret = create_key("reader", ["members:read"])
    one = offer()

    assert use(client_with(secret), one.pk).status_code == 403
    assert use(client_with(secret), 0).status_code == 403


@pytest.mark.parametrize("pk", [0, 2**63, 10**30])
def test_there_is_no_such_offer(api, pk):
    assert use(api, pk).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_many_tills_at_once_one_takes_the_offer():
    _key, secret = create_key("tills", list(SCOPES))
    one = offer()

    answers = in_parallel(lambda _n: use(client_with(secret), one.pk).status_code)

    assert sorted(answers) == [200, *[409] * (len(answers) - 1)]


def test_the_balance_is_the_sum_of_what_was_booked(api):
    ada = make.customer()
    for amount in ("25.00", "-4.50"):
        CreditEntry.objects.create(customer=ada, amount=amount)

    found = api.get("/api/v1/credits/balance/", {"lms_lead_id": ada.lms_lead_id})

    assert found.json() == {"customer_id": ada.pk, "balance": "20.50"}
    empty = api.get("/api/v1/credits/balance/", {"email": make.customer().email})
    assert empty.json()["balance"] == "0.00"


@pytest.mark.parametrize(
    "named",
    [{}, {"customer_id": "x"}, {"customer_id": 10**30}, {"email": "no@example.org"}],
)
def test_a_balance_of_nobody_is_refused_with_the_field(api, named):
    answer = api.get("/api/v1/credits/balance/", named)

    assert answer.status_code == 400
    assert answer.json()["errors"]
