"""A dispatch that does harm pauses itself, and goes on when a person says so."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from messaging.models import Delivery, ProviderLimit
from tests import make
from tests.messaging import ledger, provider

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=2)


@pytest.fixture
def api(api, settings):
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": provider.SECRET}
    return api


def stopped(dispatch):
    dispatch.refresh_from_db()
    return dispatch.state, dispatch.stopped_because


def waiting(dispatch):
    return dispatch.deliveries.filter(state="pending").count()


def let_time_pass():
    ProviderLimit.objects.update(next_at=LONG_AGO)
    Delivery.objects.filter(state="pending").update(due_at=LONG_AGO)


def half_sent(audience=150):
    """A dispatch of which the first request of a hundred has gone out."""
    make.customers(audience)
    dispatch = ledger.dispatch()
    assert ledger.send(limit=100) == 100
    return dispatch


def report(client, kind, dispatch, count):
    for delivery in dispatch.deliveries.filter(state="accepted")[:count]:
        provider.tell(client, kind, delivery)


def refuse(sink, customers):
    for customer in customers:
        sink.refuse[customer.email] = "550 No such user"


def test_too_many_refusals_pause_the_dispatch_and_resuming_keeps_the_rest(
    admin, smtp_sink
):
    people = make.customers(160)
    refuse(smtp_sink, people[:30])
    dispatch = ledger.dispatch()

    ledger.send()

    state, why = stopped(dispatch)
    assert state == "paused"
    assert "30 of" in why
    assert "more than 20 %" in why
    left = waiting(dispatch)
    assert left >= 20
    page = admin.get(dispatch.get_absolute_url()).content.decode()
    assert "It paused by itself." in page
    assert "“Resume” goes on with it." in page
    assert "paused by itself" in admin.get(reverse("admin:index")).content.decode()

    admin.post(reverse("admin:messaging_dispatch_do", args=(dispatch.pk, "resume")))
    ledger.send()

    assert stopped(dispatch) == ("done", "")
    assert sorted(smtp_sink.recipients) == sorted(one.email for one in people[30:])


def test_refusals_pause_nothing_where_the_limit_is_off(settings, smtp_sink):
    settings.BREAKER_REFUSED_PERCENT = 0
    people = make.customers(160)
    refuse(smtp_sink, people[:30])
    dispatch = ledger.dispatch()

    ledger.send()

    assert stopped(dispatch) == ("done", "")
    assert len(smtp_sink.recipients) == 130


def test_a_few_refusals_among_many_pause_nothing(smtp_sink):
    people = make.customers(240)
    refuse(smtp_sink, people[::8])
    dispatch = ledger.dispatch()

    ledger.send()

    assert stopped(dispatch) == ("done", "")


@pytest.mark.parametrize(
    ("limit", "state", "why"),
    [(4, "paused", "could not be used 4 times in a row"), (0, "sending", "")],
)
def test_a_provider_that_fails_again_and_again_pauses_what_is_sent(
    settings, smtp_sink, limit, state, why
):
    settings.BREAKER_FAILURES = limit
    make.customers(30)
    dispatch = ledger.dispatch()
    settings.EMAIL_PORT = 1

    for _attempt in range(6):
        ledger.send()
        let_time_pass()

    found = stopped(dispatch)
    assert waiting(dispatch) == 30
    assert found[0] == state
    assert why in found[1]


def test_who_goes_on_has_the_provider_tried_at_once(settings, admin, smtp_sink):
    settings.BREAKER_FAILURES = 2
    make.customers(5)
    dispatch = ledger.dispatch()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    for _attempt in range(3):
        ledger.send()
        let_time_pass()
    assert stopped(dispatch)[0] == "paused"
    ProviderLimit.objects.update(next_at=timezone.now() + timedelta(minutes=5))
    settings.EMAIL_PORT = port

    admin.post(reverse("admin:messaging_dispatch_do", args=(dispatch.pk, "resume")))
    ledger.send()

    assert stopped(dispatch) == ("done", "")
    assert len(smtp_sink.recipients) == 5


@pytest.mark.parametrize(
    ("kind", "count", "words"),
    [("bounced", 11, "11 of 100 mails came back"), ("complained", 3, "3 of 100")],
)
def test_reports_of_mailboxes_pause_what_is_still_to_go_out(
    client, api, kind, count, words
):
    dispatch = half_sent()
    report(client, kind, dispatch, count)

    ledger.send()

    state, why = stopped(dispatch)
    assert state == "paused"
    assert words in why
    assert waiting(dispatch) == 50
    assert len(api.mails) == 100


@pytest.mark.parametrize(
    ("kind", "count", "setting"),
    [
        ("bounced", 11, "BREAKER_BOUNCED_PERCENT"),
        ("complained", 3, "BREAKER_COMPLAINED_PERCENT"),
    ],
)
def test_reports_pause_nothing_where_the_limit_is_off(
    client, api, settings, kind, count, setting
):
    setattr(settings, setting, 0)
    dispatch = half_sent()
    report(client, kind, dispatch, count)

    ledger.send()

    assert stopped(dispatch) == ("done", "")
    assert len(api.mails) == 150


@pytest.mark.django_db(transaction=True)
def test_what_came_back_before_resuming_is_forgiven(client, admin, api):
    dispatch = half_sent(audience=350)
    report(client, "bounced", dispatch, 11)
    ledger.send()
    assert stopped(dispatch)[0] == "paused"

    admin.post(reverse("admin:messaging_dispatch_do", args=(dispatch.pk, "resume")))
    report(client, "bounced", dispatch, 10)  # of those sent before
    ledger.send(limit=100)
    assert stopped(dispatch)[0] == "sending"
    late = dispatch.deliveries.filter(state="accepted").order_by("-id")[:11]
    for delivery in late:
        provider.tell(client, "bounced", delivery)
    ledger.send()

    assert stopped(dispatch)[0] == "paused"


def test_transactional_mail_is_never_paused(client, api):
    make.customers(150)
    dispatch = ledger.dispatch(lane=0)
    ledger.send(limit=100)
    report(client, "bounced", dispatch, 30)

    ledger.send()

    assert stopped(dispatch) == ("done", "")
