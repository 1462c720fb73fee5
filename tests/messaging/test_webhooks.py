import itertools
import json
from base64 import b64encode
from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.utils import timezone
from svix.webhooks import Webhook

from messaging.models import Delivery, DeliveryEvent, Suppression
from messaging.reports import PROVIDERS
from messaging.services.content import message_id
from messaging.services.events import forget_strange_reports
from messaging.tasks import settle_waiting_reports
from tests import make
from tests.messaging import ledger, provider
from tests.messaging.resend_imitation import resend

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def secret(settings):
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": provider.SECRET}
    return provider.SECRET


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True)


def sent(address="ada@example.org", **values):
    """A mail that Resend took, without going there."""
    customer = make.customer(email=address)
    delivery = ledger.dispatch(customer).deliveries.get()
    facts = {
        "state": "accepted",
        "provider": "resend",
        "provider_id": f"mail-{delivery.pk}",
        "accepted_at": timezone.now(),
    } | values
    Delivery.objects.filter(pk=delivery.pk).update(**facts)
    return Delivery.objects.get(pk=delivery.pk)


def state_of(delivery):
    return Delivery.objects.get(pk=delivery.pk).state


def suppressed():
    return dict(Suppression.objects.values_list("email", "reason"))


def test_a_mail_sent_through_resend_hears_of_its_delivery(
    client, settings, monkeypatch
):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    make.customer()
    with resend() as api:
        settings.RESEND_API_KEY, settings.RESEND_API_URL = "re_secret", api.url
        delivery = ledger.dispatch().deliveries.get()
        ledger.send()
    delivery.refresh_from_db()

    provider.tell(client, "delivered", delivery)

    assert state_of(delivery) == "delivered"


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("sent", "accepted"),
        ("delivery_delayed", "accepted"),
        ("delivered", "delivered"),
        ("bounced", "bounced"),
        ("complained", "complained"),
        ("scheduled", "accepted"),
    ],
)
def test_each_report_leads_to_its_state(client, kind, state):
    delivery = sent()

    provider.tell(client, kind, delivery)

    assert state_of(delivery) == state


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["sent", "delivered", "bounced"]))
)
def test_whatever_comes_first_the_end_is_the_same(client, order):
    delivery = sent()

    for kind in order:
        provider.tell(client, kind, delivery)

    assert state_of(delivery) == "bounced"


def test_a_complaint_is_not_undone_by_a_late_delivery(client):
    delivery = sent()

    provider.tell(client, "complained", delivery)
    provider.tell(client, "delivered", delivery)

    assert state_of(delivery) == "complained"


def test_an_event_is_applied_once_however_often_it_comes(client):
    delivery = sent()
    body = provider.event("delivered", delivery.provider_id)

    for _ in range(3):
        assert provider.post(client, body, key="msg_1").status_code == 200

    assert DeliveryEvent.objects.filter(kind="delivered").count() == 1


def test_two_events_with_the_same_words_are_two(client):
    delivery = sent()
    body = provider.event("delivery_delayed", delivery.provider_id)

    provider.post(client, body, key="msg_1")
    provider.post(client, body, key="msg_2")

    assert DeliveryEvent.objects.filter(kind="delayed").count() == 2


# -- What is not the provider's word


def forgeries(body):
    """Headers that do not prove that the provider sent this body."""
    good = provider.signed(body)
    signature = good["svix-signature"]
    return {
        "another secret": provider.signed(body, secret=provider.OTHER_SECRET),
        "another body": provider.signed(body + b" "),
        "another key": good | {"svix-id": "msg_other"},
        "no headers": {},
        "no signature": {k: v for k, v in good.items() if k != "svix-signature"},
        "no key": {k: v for k, v in good.items() if k != "svix-id"},
        "no time": {k: v for k, v in good.items() if k != "svix-timestamp"},
        "a time that is none": good | {"svix-timestamp": "soon"},
        "empty": good | {"svix-signature": ""},
        "cut off": good | {"svix-signature": signature[:-5]},
        "only its beginning": good | {"svix-signature": "v1,"},
        "another version": good | {"svix-signature": "v2," + signature[3:]},
        "not base64": good | {"svix-signature": "v1,%%%"},
        "not ASCII": good | {"svix-signature": "v1,é"},
        "too old": provider.signed(body, at=timezone.now() - provider.LONG_AGO),
        "too new": provider.signed(body, at=timezone.now() + provider.LONG_AGO),
    }


@pytest.mark.parametrize("name", forgeries(b"{}"))
def test_a_forged_report_is_refused(client, name):
    delivery = sent()
    body = provider.bounce(delivery.provider_id)

    response = provider.post(client, body, forgeries(body)[name])

    assert response.status_code == 400
    assert state_of(delivery) == "accepted"
    assert not DeliveryEvent.objects.exists()
    assert not suppressed()


def test_one_right_signature_among_several_is_enough(client):
    delivery = sent()
    body = provider.event("delivered", delivery.provider_id)
    headers = provider.signed(body)
    headers["svix-signature"] = "v1,AAAA " + headers["svix-signature"]

    assert provider.post(client, body, headers).status_code == 200
    assert state_of(delivery) == "delivered"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b'{"type": ["email.bounced"], "data": {}}',
        b'{"type": "email.bounced"}',
        b'{"type": "email.bounced", "data": {"bounce": 7}}',
        b'{"type": "email.sent", "data": {"headers": 7}}',
        b'{"type": "email.sent", "created_at": 5, "data": {}}',
        b"\xff\xfe",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_signed_nonsense_is_refused_and_breaks_nothing(client, body):
    headers = {
        "svix-id": "msg_1",
        "svix-timestamp": str(int(timezone.now().timestamp())),
        "svix-signature": sign_bytes(body),
    }

    assert provider.post(client, body, headers).status_code in (200, 400)
    assert not DeliveryEvent.objects.exclude(kind="bounced").exists()


def sign_bytes(body):
    text = body.decode("utf-8", "replace")
    return Webhook(provider.SECRET).sign("msg_1", timezone.now(), text)


def test_strange_values_are_kept_without_harm(client):
    delivery = sent()
    body = provider.bounce(delivery.provider_id, words="no\0user" * 200)
    body = body.replace(b'"created_at"', b'"x": NaN, "created_at": "0001-01-01", "y"')

    assert provider.post(client, body, key="k" * 2000).status_code == 200

    event = DeliveryEvent.objects.get()
    assert "\0" not in event.data["detail"]
    assert abs(event.occurred_at - timezone.now()) < timedelta(hours=1)


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_other_methods_are_refused(client, method):
    assert getattr(client, method)(provider.ADDRESS).status_code == 405


def test_a_provider_that_there_is_not_has_no_webhook(client):
    assert client.post("/webhooks/nobody/tracking/", {}).status_code == 404
    assert client.head("/webhooks/nobody/tracking/").status_code == 404


# -- Without a secret


@pytest.mark.parametrize("value", ["", None, "whsec_!!!"])
def test_without_a_secret_reports_are_refused_with_the_reason(client, settings, value):
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": value}
    delivery = sent()
    body = provider.bounce(delivery.provider_id)

    response = provider.post(client, body)

    assert response.status_code == 503
    assert "RESEND_SIGNING_SECRET" in response.content.decode()
    assert state_of(delivery) == "accepted"


def test_a_provider_that_asks_hears_whether_its_reports_are_taken(client, settings):
    assert client.head(provider.ADDRESS).status_code == 200

    settings.ANYMAIL = {}

    assert client.head(provider.ADDRESS).status_code == 503


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_provider_is_believed_without_its_secret(client, settings, name):
    settings.ANYMAIL = {}
    body = json.dumps({"type": "email.bounced", "RecordType": "Bounce", "data": {}})

    address = f"/webhooks/{name}/tracking/"
    response = client.post(address, body, content_type="application/json")

    assert response.status_code == 503
    assert PROVIDERS[name].secret in response.content.decode()


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_provider_is_believed_without_a_signature(client, settings, name):
    settings.ANYMAIL = {PROVIDERS[name].secret: "whsec_c2VjcmV0", "X": "y"}
    bodies = ['{"type": "email.bounced"}', "[]", "{", "{}", '[{"event": "bounce"}]']

    for body in bodies:
        address = f"/webhooks/{name}/tracking/"
        response = client.post(address, body, content_type="application/json")
        assert response.status_code == 400, body


def deployment_warnings():
    return {str(check.id) for check in run_checks(include_deployment_checks=True)}


def test_deployment_is_warned_of_reports_that_are_refused(settings):
    settings.RESEND_API_KEY = "re_secret"
    assert "messaging.W001" not in deployment_warnings()

    settings.ANYMAIL = {}

    assert "messaging.W001" in deployment_warnings()


def test_the_dashboard_says_why_reports_are_refused(admin_client, settings):
    settings.RESEND_API_KEY = "re_secret"
    told = "Reports of the mail provider are refused"
    assert told not in admin_client.get("/admin/").content.decode()

    settings.ANYMAIL = {}
    page = admin_client.get("/admin/").content.decode()

    assert told in page
    assert "RESEND_SIGNING_SECRET" in page


# -- Reports that come before our record


def test_a_report_before_our_record_is_joined_later(client):
    delivery = sent(provider_id="", state="sending")
    provider.post(client, provider.event("delivered", "mail-early"))
    assert DeliveryEvent.objects.get().waits
    settle_waiting_reports()
    assert state_of(delivery) == "sending"

    Delivery.objects.filter(pk=delivery.pk).update(
        state="accepted", provider_id="mail-early"
    )
    settle_waiting_reports()

    assert state_of(delivery) == "delivered"
    event = DeliveryEvent.objects.get()
    assert (event.delivery, event.waits) == (delivery, False)


def test_a_report_does_not_overtake_the_worker_that_is_sending(client):
    delivery = sent(provider_id="mail-1", state="sending", accepted_at=None)

    provider.post(client, provider.bounce("mail-1"))

    assert state_of(delivery) == "sending"
    assert not suppressed()
    Delivery.objects.filter(pk=delivery.pk).update(state="accepted")
    settle_waiting_reports()
    assert state_of(delivery) == "bounced"
    assert suppressed() == {"ada@example.org": "hard_bounce"}


def test_our_message_id_tells_what_became_of_a_lost_answer(client):
    delivery = sent(provider_id="", state="unknown", accepted_at=None)
    headers = [{"name": "Message-ID", "value": message_id(delivery.pk)}]

    provider.post(client, provider.event("delivered", "mail-9", headers=headers))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.provider_id) == ("delivered", "mail-9")
    assert delivery.accepted_at is not None


def test_a_message_id_with_a_wrong_signature_names_nothing(client):
    delivery = sent(provider_id="", state="unknown")
    value = message_id(delivery.pk).replace("@", "A@")
    headers = [{"name": "Message-ID", "value": value}]

    provider.post(client, provider.event("delivered", "mail-9", headers=headers))

    assert state_of(delivery) == "unknown"


def test_a_report_about_a_mail_of_others_is_forgotten_after_a_week(client):
    provider.post(client, provider.event("delivered", "mail-of-others"))
    settle_waiting_reports()
    assert DeliveryEvent.objects.count() == 1

    a_week_ago = timezone.now() - timedelta(days=7, minutes=1)
    DeliveryEvent.objects.update(received_at=a_week_ago)
    forget_strange_reports()

    assert not DeliveryEvent.objects.exists()


@pytest.mark.parametrize("name", ["smtp", "mailbox"])
def test_what_a_mail_server_answered_is_not_taken_for_an_id(client, name):
    delivery = sent(provider=name, provider_id="7")

    provider.post(client, provider.bounce("7"))

    assert state_of(delivery) == "accepted"


# -- What follows from bounces and complaints


def test_a_hard_bounce_suppresses_the_address(client):
    delivery = sent()

    provider.post(client, provider.bounce(delivery.provider_id))

    assert suppressed() == {"ada@example.org": "hard_bounce"}
    again = ledger.dispatch(delivery.customer)
    assert ledger.states(again) == {delivery.customer: ("skipped", "suppressed")}


def test_a_complaint_suppresses_the_address(client):
    provider.tell(client, "complained", sent())

    assert suppressed() == {"ada@example.org": "complaint"}


def test_a_soft_bounce_does_not(client):
    delivery = sent()

    provider.post(client, provider.bounce(delivery.provider_id, "Transient"))

    assert state_of(delivery) == "bounced"
    assert not suppressed()


@pytest.mark.parametrize(
    ("kind", "words", "is_hard"),
    [
        ("Permanent", "", True),
        ("Undetermined", "550 5.1.1 No such user", False),
        ("", "The recipient's email provider sent a hard bounce message.", True),
        ("", "Resend has suppressed sending to this address.", False),
        ("", "something else", False),
    ],
)
def test_what_counts_as_hard(client, kind, words, is_hard):
    delivery = sent()

    provider.post(client, provider.bounce(delivery.provider_id, kind, words))

    assert bool(suppressed()) == is_hard


def soft_bounces(client, count):
    for _ in range(count):
        delivery = sent()
        provider.post(client, provider.bounce(delivery.provider_id, "Transient"))


def test_five_soft_bounces_in_a_row_suppress(client):
    soft_bounces(client, 4)
    assert not suppressed()

    soft_bounces(client, 1)

    assert suppressed() == {"ada@example.org": "soft_bounces"}


def test_a_delivery_in_between_begins_the_row_anew(client):
    soft_bounces(client, 4)
    provider.tell(client, "delivered", sent())

    soft_bounces(client, 4)

    assert not suppressed()


def test_the_number_of_soft_bounces_is_a_setting(client, settings):
    settings.SOFT_BOUNCE_LIMIT = 2
    soft_bounces(client, 2)
    assert suppressed()
    Suppression.objects.all().delete()

    settings.SOFT_BOUNCE_LIMIT = 0
    soft_bounces(client, 3)

    assert not suppressed()


def test_a_bounce_of_an_erased_customer_suppresses_nothing(client):
    delivery = sent(address="")
    Delivery.objects.filter(pk=delivery.pk).update(address="")

    provider.post(client, provider.bounce(delivery.provider_id))

    assert not suppressed()


def test_the_page_of_the_delivery_tells_the_story(client, admin_client):
    delivery = sent()
    words = "550 5.1.1 No such user"
    provider.post(client, provider.bounce(delivery.provider_id, words=words))

    page = admin_client.get(delivery.get_absolute_url()).content.decode()

    assert "Bounced" in page
    assert words in page


# -- Another provider, without signatures


def basic(password):
    return {"authorization": "Basic " + b64encode(password.encode()).decode()}


def postmark(client, body, headers):
    address = "/webhooks/postmark/tracking/"
    return client.post(address, body, content_type="application/json", headers=headers)


def test_a_provider_that_does_not_sign_gives_a_password(client, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": "name:secret"}
    delivery = sent(provider="postmark")
    body = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 42,
        "MessageID": delivery.provider_id,
        "BouncedAt": timezone.now().isoformat(),
    }

    assert postmark(client, body, basic("name:guess")).status_code == 400
    assert state_of(delivery) == "accepted"
    for _ in range(2):
        assert postmark(client, body, basic("name:secret")).status_code == 200

    assert state_of(delivery) == "bounced"
    assert suppressed() == {"ada@example.org": "hard_bounce"}
    assert DeliveryEvent.objects.count() == 1


def test_the_unsubscription_at_a_provider_counts_here(client, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": "name:secret"}
    delivery = sent(provider="postmark")
    body = {
        "RecordType": "SubscriptionChange",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "MessageID": delivery.provider_id,
        "ChangedAt": timezone.now().isoformat(),
    }

    assert postmark(client, body, basic("name:secret")).status_code == 200

    again = ledger.dispatch(delivery.customer)
    assert ledger.states(again) == {delivery.customer: ("skipped", "no_consent")}
