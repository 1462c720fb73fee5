"""Reports by the thousand: forged, replayed, out of order, early; each counts once."""

import random
from collections import Counter

import pytest
from anymail.signals import tracking
from anymail.webhooks.resend import ResendTrackingWebhookView
from django.test import Client, RequestFactory
from django.utils import timezone

from customers.models import Customer
from messaging.models import Delivery, DeliveryEvent, Suppression
from messaging.tasks import settle_waiting_reports
from tests import make
from tests.messaging import ledger, provider
from tests.messaging.test_in_parallel import at_once
from tests.messaging.test_webhooks import forgeries
from tests.scale import scaled

pytestmark = [pytest.mark.prove, pytest.mark.django_db(transaction=True)]
MAILS = scaled(60, full=1000)
WORKERS = 4
COURSES = (
    (["delivered"], "delivered"),
    (["sent", "delivered", "bounced"], "bounced"),
    (["delivered", "complained"], "complained"),
    (["sent"], "accepted"),
)


@pytest.fixture(autouse=True)
def secret(settings):
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": provider.SECRET}


@pytest.fixture
def deliveries():
    Customer.objects.bulk_create(
        Customer(email=f"p20-{number}@example.org") for number in range(MAILS)
    )
    dispatch = ledger.dispatch(template=make.template())
    dispatch.deliveries.update(
        state="accepted", provider="resend", accepted_at=timezone.now()
    )
    made = list(dispatch.deliveries.order_by("pk"))
    for delivery in made:
        delivery.provider_id = f"mail-{delivery.pk}"
    Delivery.objects.bulk_update(made, ["provider_id"])
    return made


def body_of(kind, delivery):
    if kind == "bounced":
        return provider.bounce(delivery.provider_id)
    return provider.event(kind, delivery.provider_id)


def true_posts(deliveries):
    """Return (body, headers), each report three times, and the states at the end."""
    posts, ends = [], {}
    for number, delivery in enumerate(deliveries):
        kinds, ends[delivery.pk] = COURSES[number % len(COURSES)]
        for kind in kinds:
            body = body_of(kind, delivery)
            posts += [(body, provider.signed(body))] * 3
    return posts, ends


def forged_posts(deliveries):
    posts = []
    for delivery in deliveries:
        body = body_of("bounced", delivery)
        kinds = list(forgeries(body).values())
        posts.append((body, kinds[len(posts) % len(kinds)]))
    return posts


def play(posts):
    """Post all of it over several connections at a time; count the answers."""
    answers = Counter()

    def work(share):
        client = Client(raise_request_exception=False)
        for body, headers in share:
            answers[provider.post(client, body, headers).status_code] += 1

    at_once(*[lambda n=n: work(posts[n::WORKERS]) for n in range(WORKERS)])
    return answers


def test_only_true_reports_count_and_each_once(deliveries):
    true, ends = true_posts(deliveries)
    forged = forged_posts(deliveries)
    posts = true + forged
    random.Random(20).shuffle(posts)

    answers = play(posts)
    settle_waiting_reports()

    assert answers == {200: len(true), 400: len(forged)}
    assert dict(Delivery.objects.values_list("pk", "state")) == ends
    assert DeliveryEvent.objects.count() == len(true) // 3
    assert not DeliveryEvent.objects.filter(waits=True).exists()
    reasons = Counter(Suppression.objects.values_list("reason", flat=True))
    expected = Counter(ends.values())
    assert reasons == {
        "hard_bounce": expected["bounced"],
        "complaint": expected["complained"],
    }


def test_without_the_check_the_same_forgeries_would_count(deliveries, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": ""}
    taken = []
    tracking.connect(receiver := lambda event, **_: taken.append(event))
    view = ResendTrackingWebhookView.as_view()

    for body, headers in forged_posts(deliveries):
        request = RequestFactory().post(
            "/", body, content_type="application/json", headers=headers
        )
        with pytest.warns(match="insecure"):
            view(request)
    tracking.disconnect(receiver)

    assert len(taken) == len(deliveries)
