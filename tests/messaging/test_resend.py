from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import Delivery, DeliveryContent, ProviderLimit
from messaging.services.sweeping import sweep_leases
from tests import make
from tests.messaging import ledger
from tests.messaging.resend_imitation import resend

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=2)


@pytest.fixture
def api(settings, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings.RESEND_API_KEY = "re_secret"
    with resend() as imitation:
        settings.RESEND_API_URL = imitation.url
        yield imitation


def one_mail(**overrides):
    make.customer(email="ada@example.org", first_name="Zoë")
    return ledger.dispatch(**overrides).deliveries.get()


def let_time_pass():
    ProviderLimit.objects.update(next_at=LONG_AGO)
    Delivery.objects.filter(state="sending").update(lease_until=LONG_AGO)
    Delivery.objects.filter(state="pending").update(due_at=LONG_AGO)


def test_the_key_is_an_http_header_and_the_mail_is_whole(api):
    delivery = one_mail()

    ledger.send()

    [(path, headers, _body)] = api.requests
    assert path == "/emails"
    assert headers["Idempotency-Key"] == f"mos/{delivery.pk}/1"
    assert headers["Authorization"] == "Bearer re_secret"
    [mail] = api.mails
    assert mail["to"] == ["ada@example.org"]
    assert mail["from"] == '"Marketing OS" <marketing@example.org>'
    assert mail["subject"] == "News for Zoë"
    assert "Hello Zoë" in mail["html"]
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Idempotency-Key" not in mail["headers"]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.provider) == ("accepted", "resend")
    assert delivery.provider_id == "mail-1"


@pytest.mark.parametrize("fault", ["lost", 500, 503, ("sent", 502), ("sent", 504)])
def test_a_lost_answer_is_asked_for_with_the_same_key_and_bytes(api, fault):
    api.faults = [fault]
    delivery = one_mail()

    ledger.send()
    delivery.refresh_from_db()
    assert delivery.state == "sending"
    let_time_pass()
    sweep_leases()
    ledger.send()

    first, second = api.requests
    assert first[1]["Idempotency-Key"] == second[1]["Idempotency-Key"]
    assert first[2] == second[2]
    assert len(api.mails) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == ("accepted", 1)
    assert DeliveryContent.objects.get().payload is None


def test_the_same_bytes_go_out_although_the_customer_changed_meanwhile(api):
    api.faults = ["lost"]
    delivery = one_mail()
    ledger.send()
    customer = delivery.customer
    customer.first_name = "Somebody else"
    customer.save()
    ledger.withdraw_consent(customer)
    let_time_pass()

    ledger.send()

    assert api.requests[0][2] == api.requests[1][2]
    delivery.refresh_from_db()
    assert delivery.state == "accepted"


def test_a_refusal_to_take_more_now_is_a_new_attempt_later(api):
    api.faults = [429]
    delivery = one_mail()

    ledger.send()
    delivery.refresh_from_db()
    assert delivery.state == "pending"
    assert ledger.send() == 0
    let_time_pass()
    ledger.send()

    keys = [headers["Idempotency-Key"] for _path, headers, _body in api.requests]
    assert keys == [f"mos/{delivery.pk}/1", f"mos/{delivery.pk}/2"]
    assert len(api.mails) == 1


@pytest.mark.parametrize(
    ("faults", "state", "reason"),
    [
        ([422], "rejected", "provider_refused"),
        ([400], "rejected", "provider_refused"),
        ([401], "pending", ""),
        ([403], "pending", ""),
        ([409], "sending", ""),
    ],
)
def test_what_each_refusal_means(api, faults, state, reason):
    api.faults = faults
    delivery = one_mail()

    ledger.send()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == (state, reason)
    assert "imitated fault" in delivery.detail
    assert "re_secret" not in delivery.detail


def test_another_body_under_a_known_key_stays_unknown(api):
    delivery = one_mail()
    api.keys[f"mos/{delivery.pk}/1"] = ("another", {})

    ledger.send()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("unknown", "no_answer")


def test_after_twenty_hours_nobody_asks_again(api):
    api.faults = ["lost"]
    delivery = one_mail()
    ledger.send()
    let_time_pass()
    DeliveryContent.objects.update(frozen_at=timezone.now() - timedelta(hours=21))

    assert ledger.send() == 0
    sweep_leases()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("unknown", "no_answer")
    assert len(api.requests) == 1


def test_an_api_that_cannot_be_reached_leaves_the_mail_waiting(api, settings):
    settings.RESEND_API_URL = "http://127.0.0.1:1/"
    delivery = one_mail()

    ledger.send()

    delivery.refresh_from_db()
    assert delivery.state == "pending"
    assert ProviderLimit.objects.get().failing_since
