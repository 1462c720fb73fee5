"""What a mail server may do at each step, and what becomes of the mail then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketing_os.lib.errors import DomainError
from messaging.channels import mail_channel
from messaging.models import Delivery, DeliveryEvent, ProviderLimit
from messaging.services import send_test_mail
from messaging.services.beginning import begin_sending
from messaging.services.claiming import Lease, claim
from messaging.services.content import prepare
from messaging.templating.render import Rendered
from tests import make
from tests.messaging import ledger
from tests.messaging.rude_smtp import rude_smtp

pytestmark = pytest.mark.django_db
ACCEPTED, WAITING = ("accepted", ""), ("pending", "")
REFUSED, UNKNOWN = ("rejected", "provider_refused"), ("unknown", "no_answer")


def send_one(settings, *, pipelining=False, **plan):
    """Send one mail to a server with a plan; return the delivery and the server."""
    delivery = ledger.dispatch(make.customer()).deliveries.get()
    with rude_smtp(settings, pipelining=pipelining, **plan) as server:
        ledger.send()
    delivery.refresh_from_db()
    return delivery, server


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize(
    ("plan", "outcome", "arrived"),
    [
        ({}, ACCEPTED, 1),
        ({"MAIL": ["550 Not you"]}, REFUSED, 0),
        ({"RCPT": ["550 No such user"]}, REFUSED, 0),
        ({"RCPT": ["450 Try later"]}, WAITING, 0),
        ({"DATA": ["451 Not now"]}, WAITING, 0),
        ({"DATA": ["554 Never"]}, REFUSED, 0),
        ({"CONTENT": ["452 Disk full"]}, WAITING, 1),
        ({"CONTENT": ["550 Spam"]}, REFUSED, 1),
        ({"CONTENT": [None]}, UNKNOWN, 1),
        ({"CONTENT": ["nonsense"]}, UNKNOWN, 1),
        ({"CONNECT": [None]}, WAITING, 0),
        ({"CONNECT": ["554 Go away"]}, WAITING, 0),
        ({"CONNECT": ["421 Busy"]}, WAITING, 0),
        ({"MAIL": ["530 Log in first"]}, WAITING, 0),
    ],
)
def test_each_answer_has_its_outcome(settings, plan, outcome, arrived, pipelining):
    delivery, server = send_one(settings, pipelining=pipelining, **plan)

    assert (delivery.state, delivery.reason) == outcome
    assert len(server.mails) == arrived
    if outcome == WAITING:
        assert delivery.due_at > timezone.now()
        assert delivery.attempt == 1
    if outcome == ACCEPTED:
        assert delivery.provider_id == "250 taken as 7F3A"
    elif server.connections:
        assert DeliveryEvent.objects.get(delivery=delivery).data["detail"]


def test_a_lost_answer_is_never_retried_by_itself(settings):
    delivery, server = send_one(settings, CONTENT=[None])
    Delivery.objects.update(lease_until=timezone.now() - timedelta(hours=1))

    with rude_smtp(settings) as second:
        assert ledger.send() == 0

    assert (len(server.mails), len(second.mails)) == (1, 0)
    delivery.refresh_from_db()
    assert delivery.state == "unknown"


def test_a_connection_that_was_closed_meanwhile_is_opened_again(settings):
    make.customer()
    with rude_smtp(settings, MAIL=["250 OK", None, "250 OK", "421 Idle"]) as server:
        for _ in range(4):
            ledger.dispatch()
            ledger.send()

    assert set(Delivery.objects.values_list("state", flat=True)) == {"accepted"}
    assert len(server.mails) == 4
    assert server.connections == 3


def test_a_chunk_goes_over_one_connection(settings):
    for _ in range(15):
        make.customer()
    ledger.dispatch()

    with rude_smtp(settings) as server:
        ledger.send()

    assert (server.connections, len(server.mails)) == (1, 15)


@pytest.mark.parametrize(
    "plan",
    [
        {"pipelining": False},
        {"pipelining": True, "DATA": ["354 go on", "554 no valid recipients"]},
        # A server that awaits a mail to nobody is hung up on.
        {"pipelining": True, "DATA": ["354 go on", "354 go on"]},
    ],
)
def test_one_refusal_spoils_no_other_mail(settings, plan):
    for _ in range(3):
        make.customer()
    dispatch = ledger.dispatch()

    with rude_smtp(settings, RCPT=["250 OK", "550 No such user"], **plan) as server:
        ledger.send()

    assert len(server.mails) == 2
    assert sorted(dispatch.deliveries.values_list("state", flat=True)) == [
        "accepted",
        "accepted",
        "rejected",
    ]


@pytest.mark.parametrize(
    ("plan", "states"),
    [
        ({"CONTENT": ["550 Spam"]}, ["accepted", "accepted", "rejected"]),
        ({"CONTENT": ["452 Full"]}, ["accepted", "accepted", "pending"]),
        ({"CONTENT": ["421 Bye"]}, ["accepted", "accepted", "pending"]),
        ({"CONTENT": ["250 OK", None]}, ["accepted", "accepted", "unknown"]),
        ({"CONTENT": ["nonsense"]}, ["accepted", "accepted", "unknown"]),
        ({"MAIL": ["250 OK", "421 Idle"]}, ["accepted"] * 3),
        ({"MAIL": ["250 OK", None]}, ["accepted"] * 3),
    ],
)
def test_a_mail_offered_behind_another_is_its_own(settings, plan, states):
    make.customers(3)
    dispatch = ledger.dispatch()

    with rude_smtp(settings, pipelining=True, **plan) as server:
        ledger.send()

    assert sorted(dispatch.deliveries.values_list("state", flat=True)) == states
    arrived = [mail.partition(b"Message-ID: ")[2][:60] for mail in server.mails]
    assert len(arrived) == len(set(arrived))


def test_a_lease_that_ends_leaves_no_mail_half_offered(settings):
    make.customers(3)
    ledger.dispatch()
    settings.EMAIL_HOST = "127.0.0.1"
    parcels = a_chunk()
    ends = iter([False, False, True])

    with rude_smtp(settings, pipelining=True) as server:
        first = list(mail_channel().send(parcels, lambda: next(ends, True)))
        rest = list(mail_channel().send(parcels[1:], lambda: False))

    assert [outcome.verdict.name for _parcel, outcome in first] == [
        "ACCEPTED",
        "NOT_SENT",
        "NOT_SENT",
    ]
    assert [outcome.verdict.name for _parcel, outcome in rest] == ["ACCEPTED"] * 2
    assert len(server.mails) == 3


def a_chunk():
    lease = Lease()
    prepared = list(prepare(claim(lease, 20).deliveries, mail_channel()))
    return [one.parcel for one in begin_sending(lease, mail_channel(), prepared)]


def test_a_receiver_that_says_later_for_days_is_given_up(settings):
    delivery = ledger.dispatch(make.customer()).deliveries.get()
    long_ago = timezone.now() - timedelta(days=4)
    Delivery.objects.update(first_sending_at=long_ago)

    with rude_smtp(settings, RCPT=["450 Try later"]):
        ledger.send()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == REFUSED


def test_a_server_that_is_down_for_days_is_waited_for(settings):
    delivery = ledger.dispatch(make.customer()).deliveries.get()
    Delivery.objects.update(first_sending_at=timezone.now() - timedelta(days=4))

    with rude_smtp(settings, CONNECT=["554 Go away"]):
        ledger.send()

    delivery.refresh_from_db()
    assert delivery.state == "pending"
    assert "554 Go away" in ProviderLimit.objects.get().last_error


def test_a_dot_at_the_start_of_a_line_arrives(settings):
    template = make.template(message="<p>\n.\n..dots\n.end</p>")
    make.customer()
    ledger.dispatch(template=template)

    with rude_smtp(settings) as server:
        ledger.send()

    assert b"\r\n..\r\n...dots\r\n..end</p>" in server.mails[0]


def test_a_test_mail_says_what_the_server_said(settings):
    rendered = Rendered("A test", "<p>Hello</p>", "Hello")

    with rude_smtp(settings, RCPT=["550 No such user"]) as server:
        with pytest.raises(DomainError, match="550 No such user"):
            send_test_mail(rendered=rendered, to="me@example.org")
        send_test_mail(rendered=rendered, to="me@example.org")

    assert len(server.mails) == 1
    assert b"List-Unsubscribe" not in server.mails[0]
    with pytest.raises(DomainError, match="is not one e-mail address"):
        send_test_mail(rendered=rendered, to="a@b.org, c@d.org")
