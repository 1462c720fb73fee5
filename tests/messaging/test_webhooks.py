import itertools
import json
from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.utils import timezone
from svix.webhooks import Webhook

from messaging.models import DeliveryEvent
from messaging.reports import PROVIDERS
from tests import make
from tests.messaging import ledger, provider
from tests.messaging.reports import sent, state_of, suppressed
from tests.messaging.resend_imitation import resend

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def secret(settings):
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": provider.SECRET}
    return provider.SECRET


def test_a_mail_sent_through_resend_hears_of_its_delivery(
    stranger, settings, monkeypatch
):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    make.customer()
    with resend() as api:
        settings.RESEND_API_KEY, settings.RESEND_API_URL = "re_secret", api.url
        delivery = ledger.dispatch().deliveries.get()
        ledger.send()
    delivery.refresh_from_db()

    provider.tell(stranger, "delivered", delivery)

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
def test_each_report_leads_to_its_state(stranger, kind, state):
    delivery = sent()

    provider.tell(stranger, kind, delivery)

    assert state_of(delivery) == state


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["sent", "delivered", "bounced"]))
)
def test_whatever_comes_first_the_end_is_the_same(stranger, order):
    delivery = sent()

    for kind in order:
        provider.tell(stranger, kind, delivery)

    assert state_of(delivery) == "bounced"


def test_a_complaint_is_not_undone_by_a_late_delivery(stranger):
    delivery = sent()

    provider.tell(stranger, "complained", delivery)
    provider.tell(stranger, "delivered", delivery)

    assert state_of(delivery) == "complained"


def test_an_event_is_applied_once_however_often_it_comes(stranger):
    delivery = sent()
    body = provider.event("delivered", delivery.provider_id)

    for _ in range(3):
        assert provider.post(stranger, body, key="msg_1").status_code == 200

    assert DeliveryEvent.objects.filter(kind="delivered").count() == 1


def test_two_events_with_the_same_words_are_two(stranger):
    delivery = sent()
    body = provider.event("delivery_delayed", delivery.provider_id)

    provider.post(stranger, body, key="msg_1")
    provider.post(stranger, body, key="msg_2")

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
def test_a_forged_report_is_refused(stranger, name):
    delivery = sent()
    body = provider.bounce(delivery.provider_id)

    response = provider.post(stranger, body, forgeries(body)[name])

    assert response.status_code == 400
    assert state_of(delivery) == "accepted"
    assert not DeliveryEvent.objects.exists()
    assert not suppressed()


def test_one_right_signature_among_several_is_enough(stranger):
    delivery = sent()
    body = provider.event("delivered", delivery.provider_id)
    headers = provider.signed(body)
    headers["svix-signature"] = "v1,AAAA " + headers["svix-signature"]

    assert provider.post(stranger, body, headers).status_code == 200
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
def test_signed_nonsense_is_refused_and_breaks_nothing(stranger, body):
    headers = {
        "svix-id": "msg_1",
        "svix-timestamp": str(int(timezone.now().timestamp())),
        "svix-signature": sign_bytes(body),
    }

    assert provider.post(stranger, body, headers).status_code in (200, 400)
    assert not DeliveryEvent.objects.exclude(kind="bounced").exists()


def sign_bytes(body):
    text = body.decode("utf-8", "replace")
    return Webhook(provider.SECRET).sign("msg_1", timezone.now(), text)


def test_strange_values_are_kept_without_harm(stranger):
    delivery = sent()
    body = provider.bounce(delivery.provider_id, words="no\0user" * 200)
    body = body.replace(b'"created_at"', b'"x": NaN, "created_at": "0001-01-01", "y"')

    assert provider.post(stranger, body, key="k" * 2000).status_code == 200

    event = DeliveryEvent.objects.get()
    assert "\0" not in event.data["detail"]
    assert abs(event.occurred_at - timezone.now()) < timedelta(hours=1)


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_other_methods_are_refused(stranger, method):
    assert getattr(stranger, method)(provider.ADDRESS).status_code == 405


def test_a_provider_that_there_is_not_has_no_webhook(stranger):
    assert stranger.post("/webhooks/nobody/tracking/", {}).status_code == 404
    assert stranger.head("/webhooks/nobody/tracking/").status_code == 404


# -- Without a secret


@pytest.mark.parametrize("value", ["", None, "whsec_!!!"])
def test_without_a_secret_reports_are_refused_with_the_reason(
    stranger, settings, value
):
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": value}
    delivery = sent()
    body = provider.bounce(delivery.provider_id)

    response = provider.post(stranger, body)

    assert response.status_code == 503
    assert "RESEND_SIGNING_SECRET" in response.content.decode()
    assert state_of(delivery) == "accepted"


def test_a_provider_that_asks_hears_whether_its_reports_are_taken(stranger, settings):
    assert stranger.head(provider.ADDRESS).status_code == 200

    settings.ANYMAIL = {}

    assert stranger.head(provider.ADDRESS).status_code == 503


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_provider_is_believed_without_its_secret(stranger, settings, name):
    settings.ANYMAIL = {}
    body = json.dumps({"type": "email.bounced", "RecordType": "Bounce", "data": {}})

    address = f"/webhooks/{name}/tracking/"
    response = stranger.post(address, body, content_type="application/json")

    assert response.status_code == 503
    assert PROVIDERS[name].secret in response.content.decode()


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_provider_is_believed_without_a_signature(stranger, settings, name):
    settings.ANYMAIL = {PROVIDERS[name].secret: "whsec_c2VjcmV0", "X": "y"}
    bodies = ['{"type": "email.bounced"}', "[]", "{", "{}", '[{"event": "bounce"}]']

    for body in bodies:
        address = f"/webhooks/{name}/tracking/"
        response = stranger.post(address, body, content_type="application/json")
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
