import json
import time
from datetime import timedelta

import orjson
import pytest
import zstandard
from django.utils import timezone

from customers.services import erase_customer
from messaging.models import FrozenBatch, ProviderLimit
from messaging.services.sweeping import sweep_leases
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db


def one_mail(**overrides):
    make.customer(email="ada@example.org", first_name="Zoë")
    return ledger.dispatch(**overrides).deliveries.get()


def test_the_key_is_an_http_header_and_the_mail_is_whole(api):
    delivery = one_mail()

    ledger.send()

    [(path, headers, _body)] = api.requests
    assert path == "/emails/batch"
    assert headers["x-batch-validation"] == "permissive"
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


@pytest.mark.parametrize(
    "fault",
    [
        "lost",
        "lost before",
        500,
        503,
        ("sent", 502),
        ("sent", 504),
        (409, "concurrent_idempotent_requests"),
    ],
)
def test_a_lost_answer_is_asked_for_with_the_same_key_and_bytes(api, fault):
    api.faults = [fault]
    delivery = one_mail()

    ledger.send()
    delivery.refresh_from_db()
    assert delivery.state == "sending"
    ledger.let_time_pass()
    sweep_leases()
    ledger.send()

    first, second = api.requests
    assert first[1]["Idempotency-Key"] == second[1]["Idempotency-Key"]
    assert first[2] == second[2]
    assert len(api.mails) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == ("accepted", 1)
    assert not FrozenBatch.objects.exists()


def test_the_same_bytes_go_out_although_the_customer_changed_meanwhile(api):
    api.faults = ["lost"]
    delivery = one_mail()
    ledger.send()
    customer = delivery.customer
    customer.first_name = "Somebody else"
    customer.save()
    ledger.withdraw_consent(customer)
    ledger.let_time_pass()

    ledger.send()

    assert api.requests[0][2] == api.requests[1][2]
    delivery.refresh_from_db()
    assert delivery.state == "accepted"


@pytest.mark.parametrize("form", [bytes, zstandard.compress])
def test_a_request_that_an_older_program_kept_is_made_again(api, form):
    api.faults = ["lost"]
    dispatch = many_mails(3)
    ledger.send()
    mails = [orjson.dumps(mail) for mail in orjson.loads(api.requests[0][2])]
    FrozenBatch.objects.update(body=form(b"\n".join(mails)))
    ledger.let_time_pass()

    ledger.send()

    assert api.requests[0][2] == api.requests[1][2]
    assert set(dispatch.deliveries.values_list("state", flat=True)) == {"accepted"}


def test_half_a_character_spoils_no_mail(api):
    template = make.template(message=r"<p>{{ '\ud800' }}Hello</p>")
    ledger.dispatch(make.customer(), template=template)

    ledger.send()

    assert "Hello" in api.mails[0]["html"]


def test_a_refusal_to_take_more_now_is_a_new_attempt_later(api):
    api.faults = [429]
    delivery = one_mail()

    ledger.send()
    delivery.refresh_from_db()
    assert delivery.state == "pending"
    assert ledger.send() == 0
    ledger.let_time_pass()
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
        ([(429, "daily_quota_exceeded")], "pending", ""),
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
    api.keys[f"mos/{delivery.pk}/1"] = ("another", {}, time.time())

    ledger.send()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("unknown", "no_answer")


def test_after_twenty_hours_nobody_asks_again(api):
    api.faults = ["lost"]
    delivery = one_mail()
    ledger.send()
    ledger.let_time_pass()
    FrozenBatch.objects.update(frozen_at=timezone.now() - timedelta(hours=21))

    assert ledger.send() == 0
    sweep_leases()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("unknown", "no_answer")
    assert len(api.requests) == 1
    assert not FrozenBatch.objects.exists()


def many_mails(count, **overrides):
    make.customers(count)
    return ledger.dispatch(**overrides)


def keys_of(api):
    return [headers["Idempotency-Key"] for _path, headers, _body in api.requests]


def test_a_hundred_different_mails_go_in_one_request(api):
    dispatch = many_mails(230)

    ledger.send()

    sizes = [len(json.loads(body)) for _path, _headers, body in api.requests]
    assert sizes == [100, 100, 30]
    assert len(set(keys_of(api))) == 3
    assert len(set(api.recipients)) == 230
    ids = dispatch.deliveries.filter(state="accepted").values_list("provider_id")
    assert len(set(ids)) == 230
    names = {mail["to"][0]: f"mail-{n + 1}" for n, mail in enumerate(api.mails)}
    for delivery in dispatch.deliveries.all():
        assert delivery.provider_id == names[delivery.address]


def test_a_mail_that_is_not_valid_spoils_no_other(api):
    dispatch = many_mails(5)
    refused = dispatch.deliveries.order_by("pk")[2]
    api.refused = {refused.address}

    ledger.send()

    refused.refresh_from_db()
    assert (refused.state, refused.reason) == ("rejected", "provider_refused")
    assert "Invalid `to`" in refused.detail
    accepted = dispatch.deliveries.filter(state="accepted").order_by("pk")
    assert [one.provider_id for one in accepted] == [f"mail-{n}" for n in (1, 2, 3, 4)]
    assert len(api.requests) == 1


def test_a_request_that_is_refused_for_one_mail_is_divided_until_it_is_alone(api):
    for name in "abcdefg":
        make.customer(first_name=name)
    dispatch = ledger.dispatch()
    api.foul = {"News for e"}

    ledger.send()

    states = dict(dispatch.deliveries.values_list("customer__first_name", "state"))
    assert states.pop("e") == "rejected"
    assert set(states.values()) == {"accepted"}
    assert len(api.mails) == 6
    assert len(set(keys_of(api))) == len(api.requests)


def test_a_batch_whose_answer_was_lost_is_never_cut_anew(api):
    api.faults = ["lost"]
    dispatch = many_mails(7)
    ledger.send(limit=5)
    settled = dispatch.deliveries.order_by("pk").first()
    ledger.withdraw_consent(settled.customer)
    ledger.let_time_pass()

    ledger.send()

    first, again, rest = api.requests
    assert first[2] == again[2]
    assert keys_of(api)[0] == keys_of(api)[1] != keys_of(api)[2]
    assert len(json.loads(rest[2])) == 2
    assert len(api.mails) == 7
    assert set(dispatch.deliveries.values_list("state", flat=True)) == {"accepted"}
    assert not FrozenBatch.objects.exists()


def test_a_request_that_holds_an_erased_customer_is_not_made_again(api):
    api.faults = ["lost before"]
    dispatch = many_mails(3)
    ledger.send()

    erase_customer(dispatch.deliveries.first().customer, by=None)
    ledger.let_time_pass()
    sweep_leases()

    assert ledger.send() == 0
    assert set(dispatch.deliveries.values_list("state", flat=True)) == {"unknown"}
    assert len(api.requests) == 1


def test_requests_keep_the_distance_that_the_limit_asks_for(api, settings):
    settings.RESEND_REQUESTS_PER_SECOND = api.most = 20
    many_mails(2500)

    ledger.send(limit=3000)

    assert len(api.requests) == 25, "Some were refused."
    assert len(api.mails) == 2500


def test_without_a_distance_the_same_requests_are_refused(api, settings):
    settings.RESEND_REQUESTS_PER_SECOND = 0
    api.most, api.window = 2, 3600
    dispatch = many_mails(500)

    ledger.send()

    assert len(api.mails) == 200
    assert len(api.requests) > 2
    assert dispatch.deliveries.filter(state="pending").count() == 300


def test_urgent_mail_is_in_the_next_request(api):
    many_mails(300)
    ledger.send(limit=100)
    ada = make.customer(email="ada@example.org")
    receipt = make.template(purpose="transactional", subject="Receipt")
    ledger.dispatch(ada, template=receipt, lane=0)

    ledger.send()

    assert json.loads(api.requests[1][2])[0]["subject"] == "Receipt"


def test_an_api_that_cannot_be_reached_leaves_the_mail_waiting(api, settings):
    settings.RESEND_API_URL = "http://127.0.0.1:1/"
    delivery = one_mail()

    ledger.send()

    delivery.refresh_from_db()
    assert delivery.state == "pending"
    assert ProviderLimit.objects.get().failing_since
