"""Other systems ask for messages: each goes to its customer once, before all others."""

from datetime import time

import pytest
from django.utils import timezone

from customers.services import erase_customer
from marketing_os.lib.api.keys import SCOPES, create_key
from messaging.models import (
    ApiMessage,
    Delivery,
    Dispatch,
    FrequencyCap,
    Notification,
    SendingHours,
    Suppression,
)
from tests import make
from tests.api.conftest import client_with
from tests.messaging import ledger
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db
URL = "/api/v1/messages/"


def receipt(**fields):
    values = {
        "name": "Receipt",
        "purpose": "transactional",
        "subject": "Order {{ order }}",
        "message": "<p>{{ customer['first_name'] }} paid {{ total }}</p>",
    } | fields
    return make.template(**values)


def ask(api, who, *, key=None, **fields):
    body = {"template": "Receipt", "customer_id": who.pk, "external_id": "order-1"}
    body = {name: value for name, value in (body | fields).items() if value is not None}
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    return api.post(URL, body, format="json", **headers)


def test_a_message_goes_out_with_its_values_and_tells_what_became_of_it(api, smtp_sink):
    receipt()
    ada = make.customer(first_name="Ada")

    answer = ask(api, ada, data={"order": "1001", "total": "25.00"})
    ledger.send()

    assert answer.status_code == 201
    assert (answer.json()["state"], answer.json()["reason"]) == ("pending", "")
    [mail] = smtp_sink.mails
    assert mail.message["Subject"] == "Order 1001"
    assert "Ada paid 25.00" in mail.message.get_body(("html",)).get_content()
    found = api.get(f"{URL}{answer.json()['id']}/").json()
    assert (found["state"], found["customer_id"]) == ("accepted", ada.pk)
    assert api.get(URL, {"external_id": "order-1"}).json()["results"] == [found]


@pytest.mark.parametrize("named", ["lms_lead_id", "email"])
def test_a_customer_is_named_as_everywhere(api, named):
    receipt()
    ada = make.customer()

    answer = ask(api, ada, customer_id=None, **{named: getattr(ada, named)})

    assert answer.json()["customer_id"] == ada.pk


def test_what_is_asked_for_again_is_the_message_that_it_was(api, smtp_sink):
    receipt()
    ada = make.customer()

    first, again = ask(api, ada), ask(api, ada)
    ledger.send()
    later = ask(api, ada, key="another request")

    assert (first.status_code, again.status_code, later.status_code) == (201, 200, 200)
    assert first.json()["id"] == again.json()["id"] == later.json()["id"]
    assert later.json()["state"] == "accepted"
    assert len(smtp_sink.mails) == Delivery.objects.count() == 1


def test_an_idempotency_key_alone_is_enough(api):
    receipt()
    ada = make.customer()

    first, again = (ask(api, ada, external_id=None, key="k-1") for _ in range(2))
    other = ask(api, ada, external_id=None, key="k-2")

    assert first.content == again.content
    assert other.json()["id"] != first.json()["id"]
    assert Delivery.objects.count() == 2


def test_without_either_nothing_is_sent(api):
    receipt()

    answer = ask(api, make.customer(), external_id=None)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "external_id"


@pytest.mark.parametrize("change", ["data", "customer_id"])
def test_an_external_id_stands_for_one_message(api, change):
    receipt()
    ada, other = make.customer(), make.customer()
    ask(api, ada, data={"order": "1"})

    changed = {"data": {"order": "2"}, "customer_id": other.pk}[change]
    answer = ask(api, ada, **{"data": {"order": "1"}} | {change: changed})

    assert answer.status_code == 409
    assert Delivery.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_get_one_message():
    receipt()
    ada = make.customer()
    _key, secret = create_key("shop", list(SCOPES))

    answers = in_parallel(lambda n: ask(client_with(secret), ada, key=f"try-{n}"))

    assert sorted(one.status_code for one in answers) == [*[200] * 5, 201]
    assert len({one.json()["id"] for one in answers}) == 1
    assert Delivery.objects.count() == ApiMessage.objects.count() == 1


def test_it_passes_unsubscribe_caps_and_quiet_hours(api, smtp_sink):
    receipt()
    ada = make.customer()
    ledger.withdraw_consent(ada)
    FrequencyCap.objects.create(most=1, length=7, unit="days")
    SendingHours.objects.create(
        is_quiet=True, quiet_from=time(0), quiet_until=time(23, 59)
    )

    ask(api, ada)
    ask(api, ada, external_id="order-2")
    ledger.send()

    assert len(smtp_sink.mails) == 2


def test_it_never_passes_a_suppression(api, smtp_sink):
    receipt()
    ada = make.customer()
    Suppression.objects.create(email=ada.email, reason="bounced")

    answer = ask(api, ada)
    ledger.send()

    assert (answer.json()["state"], answer.json()["reason"]) == (
        "skipped",
        "suppressed",
    )
    assert not smtp_sink.mails


def test_it_goes_before_what_was_there_before(api, smtp_sink):
    receipt()
    for _number in range(3):
        make.customer()
    ledger.dispatch()
    buyer = make.customer()

    ask(api, buyer)
    ledger.send()

    assert smtp_sink.mails[0].recipients == [buyer.email]
    lanes = Dispatch.objects.values_list("lane", flat=True)
    assert sorted(lanes) == [Dispatch.Lane.TRANSACTIONAL, Dispatch.Lane.BULK]


def test_a_dispatch_serves_all_messages_of_its_template(api):
    receipt()

    for number in range(3):
        ask(api, make.customer(), external_id=f"order-{number}")

    dispatch = Dispatch.objects.get()
    assert dispatch.deliveries.count() == 3
    assert dispatch.state == Dispatch.State.SENDING


def test_a_notification_is_there_at_once(api):
    receipt(type="in_app", templating_type="text")
    ada = make.customer()

    answer = ask(api, ada)

    assert answer.json()["state"] == "accepted"
    assert Notification.objects.get().customer == ada


def test_marketing_is_not_sent_so(api):
    receipt(purpose="marketing")

    answer = ask(api, make.customer())

    assert answer.status_code == 409
    assert "marketing template" in answer.json()["detail"]
    assert not ApiMessage.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"template": "Nothing"}, "template"),
        ({"template": None}, "template_id"),
        ({"template": None, "template_id": 2**63 - 1}, "template_id"),
        ({"customer_id": 2**63 - 1}, "customer_id"),
        ({"customer_id": None}, "email"),
        ({"data": {"customer": {"id": 1}}}, "data"),
        ({"data": {"unsubscribe_url": "https://x.example.org"}}, "data"),
        ({"data": {"a b": 1}}, "data"),
        ({"data": {"long": "x" * 20_001}}, "data"),
        ({"data": [1]}, "data"),
        ({"external_id": "x" * 181}, "external_id"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_field(api, values, field):
    receipt()

    answer = ask(api, make.customer(), **values)

    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert not Delivery.objects.exists()


def test_a_test_key_sends_nothing():
    receipt()
    _key, secret = create_key("shop", list(SCOPES), is_test=True)

    answer = ask(client_with(secret), make.customer())

    assert answer.json() == {"valid": True, "stored": False}
    assert not Delivery.objects.exists()


def test_who_may_send_need_not_be_able_to_read():
    receipt()
    _key, secret = create_key("shop", ["messages:send"])
    api, ada = client_with(secret), make.customer()

    answer = ask(api, ada)

    assert answer.status_code == 201
    assert ada.email not in answer.content.decode()
    assert api.get(URL).status_code == 403
    _key, reader = create_key("reader", ["deliveries:read", "members:write"])
    assert ask(client_with(reader), ada).status_code == 403


def test_an_archived_customer_gets_nothing(api):
    receipt()

    answer = ask(api, make.customer(archived_at=timezone.now()))

    assert answer.status_code == 409
    assert not ApiMessage.objects.exists()


def test_erasure_forgets_what_was_asked_for(api):
    receipt()
    ada = make.customer()
    ask(api, ada, external_id=f"order-{ada.email}", data={"order": ada.email})

    erase_customer(ada, by=make.administrator())

    assert ApiMessage.objects.get().external_id is None
    assert Delivery.objects.get().context is None
