from base64 import b64encode
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import Delivery, DeliveryEvent, Suppression
from messaging.services.content import message_id
from messaging.services.events import forget_strange_reports
from messaging.tasks import settle_waiting_reports
from tests.messaging import ledger, provider
from tests.messaging.reports import sent, state_of, suppressed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def secret(settings):
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": provider.SECRET}
    return provider.SECRET


# -- Reports that come before our record


def test_a_report_before_our_record_is_joined_later(stranger):
    delivery = sent(provider_id="", state="sending")
    provider.post(stranger, provider.event("delivered", "mail-early"))
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


def test_a_report_does_not_overtake_the_worker_that_is_sending(stranger):
    delivery = sent(provider_id="mail-1", state="sending", accepted_at=None)

    provider.post(stranger, provider.bounce("mail-1"))

    assert state_of(delivery) == "sending"
    assert not suppressed()
    Delivery.objects.filter(pk=delivery.pk).update(state="accepted")
    settle_waiting_reports()
    assert state_of(delivery) == "bounced"
    assert suppressed() == {"ada@example.org": "hard_bounce"}


def test_our_message_id_tells_what_became_of_a_lost_answer(stranger):
    delivery = sent(provider_id="", state="unknown", accepted_at=None)
    headers = [{"name": "Message-ID", "value": message_id(delivery.pk)}]

    provider.post(stranger, provider.event("delivered", "mail-9", headers=headers))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.provider_id) == ("delivered", "mail-9")
    assert delivery.accepted_at is not None


def test_a_message_id_with_a_wrong_signature_names_nothing(stranger):
    delivery = sent(provider_id="", state="unknown")
    value = message_id(delivery.pk).replace("@", "A@")
    headers = [{"name": "Message-ID", "value": value}]

    provider.post(stranger, provider.event("delivered", "mail-9", headers=headers))

    assert state_of(delivery) == "unknown"


def test_a_report_about_a_mail_of_others_is_forgotten_after_a_week(stranger):
    provider.post(stranger, provider.event("delivered", "mail-of-others"))
    settle_waiting_reports()
    assert DeliveryEvent.objects.count() == 1

    a_week_ago = timezone.now() - timedelta(days=7, minutes=1)
    DeliveryEvent.objects.update(received_at=a_week_ago)
    forget_strange_reports()

    assert not DeliveryEvent.objects.exists()


@pytest.mark.parametrize("name", ["smtp", "mailbox"])
def test_what_a_mail_server_answered_is_not_taken_for_an_id(stranger, name):
    delivery = sent(provider=name, provider_id="7")

    provider.post(stranger, provider.bounce("7"))

    assert state_of(delivery) == "accepted"


# -- What follows from bounces and complaints


def test_a_hard_bounce_suppresses_the_address(stranger):
    delivery = sent()

    provider.post(stranger, provider.bounce(delivery.provider_id))

    assert suppressed() == {"ada@example.org": "hard_bounce"}
    again = ledger.dispatch(delivery.customer)
    assert ledger.states(again) == {delivery.customer: ("skipped", "suppressed")}


def test_a_complaint_suppresses_the_address(stranger):
    provider.tell(stranger, "complained", sent())

    assert suppressed() == {"ada@example.org": "complaint"}


def test_a_soft_bounce_does_not(stranger):
    delivery = sent()

    provider.post(stranger, provider.bounce(delivery.provider_id, "Transient"))

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
def test_what_counts_as_hard(stranger, kind, words, is_hard):
    delivery = sent()

    provider.post(stranger, provider.bounce(delivery.provider_id, kind, words))

    assert bool(suppressed()) == is_hard


def soft_bounces(stranger, count):
    for _ in range(count):
        delivery = sent()
        provider.post(stranger, provider.bounce(delivery.provider_id, "Transient"))


def test_five_soft_bounces_in_a_row_suppress(stranger):
    soft_bounces(stranger, 4)
    assert not suppressed()

    soft_bounces(stranger, 1)

    assert suppressed() == {"ada@example.org": "soft_bounces"}


def test_a_delivery_in_between_begins_the_row_anew(stranger):
    soft_bounces(stranger, 4)
    provider.tell(stranger, "delivered", sent())

    soft_bounces(stranger, 4)

    assert not suppressed()


def test_the_number_of_soft_bounces_is_a_setting(stranger, settings):
    settings.SOFT_BOUNCE_LIMIT = 2
    soft_bounces(stranger, 2)
    assert suppressed()
    Suppression.objects.all().delete()

    settings.SOFT_BOUNCE_LIMIT = 0
    soft_bounces(stranger, 3)

    assert not suppressed()


def test_a_bounce_of_an_erased_customer_suppresses_nothing(stranger):
    delivery = sent(address="")
    Delivery.objects.filter(pk=delivery.pk).update(address="")

    provider.post(stranger, provider.bounce(delivery.provider_id))

    assert not suppressed()


def test_the_page_of_the_delivery_tells_the_story(stranger, admin_client):
    delivery = sent()
    words = "550 5.1.1 No such user"
    provider.post(stranger, provider.bounce(delivery.provider_id, words=words))

    page = admin_client.get(delivery.get_absolute_url()).content.decode()

    assert "Bounced" in page
    assert words in page


# -- Another provider, without signatures


def basic(password):
    return {"authorization": "Basic " + b64encode(password.encode()).decode()}


def postmark(stranger, body, headers):
    address = "/webhooks/postmark/tracking/"
    return stranger.post(
        address, body, content_type="application/json", headers=headers
    )


def test_a_provider_that_does_not_sign_gives_a_password(stranger, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": "name:secret"}
    delivery = sent(provider="postmark")
    body = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 42,
        "MessageID": delivery.provider_id,
        "BouncedAt": timezone.now().isoformat(),
    }

    assert postmark(stranger, body, basic("name:guess")).status_code == 400
    assert state_of(delivery) == "accepted"
    for _ in range(2):
        assert postmark(stranger, body, basic("name:secret")).status_code == 200

    assert state_of(delivery) == "bounced"
    assert suppressed() == {"ada@example.org": "hard_bounce"}
    assert DeliveryEvent.objects.count() == 1


def test_the_unsubscription_at_a_provider_counts_here(stranger, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": "name:secret"}
    delivery = sent(provider="postmark")
    body = {
        "RecordType": "SubscriptionChange",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "MessageID": delivery.provider_id,
        "ChangedAt": timezone.now().isoformat(),
    }

    assert postmark(stranger, body, basic("name:secret")).status_code == 200

    again = ledger.dispatch(delivery.customer)
    assert ledger.states(again) == {delivery.customer: ("skipped", "no_consent")}
