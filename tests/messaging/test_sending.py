from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import (
    Delivery,
    DeliveryContent,
    Dispatch,
    ProviderLimit,
    Suppression,
)
from messaging.services import (
    cancel_dispatch,
    hold_sending,
    pause_dispatch,
    release_sending,
    resume_dispatch,
)
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=1)


def test_what_is_due_goes_out_once_and_the_dispatch_is_done(smtp_sink):
    for _ in range(45):
        make.customer()
    dispatch = ledger.dispatch()

    assert ledger.send() == 45
    assert ledger.send() == 0

    assert len(smtp_sink.recipients) == len(set(smtp_sink.recipients)) == 45
    dispatch.refresh_from_db()
    assert dispatch.state == Dispatch.State.DONE
    assert dispatch.finished_at
    assert set(dispatch.deliveries.values_list("state", "attempt", "provider")) == {
        ("accepted", 1, "smtp")
    }


def test_a_mail_reads_as_its_template_says(smtp_sink):
    make.customer(first_name="Zoë", email="zoe@example.org")
    ledger.dispatch()
    ledger.send()

    [mail] = smtp_sink.mails
    message = mail.message
    assert mail.recipients == ["zoe@example.org"]
    assert message["Subject"] == "News for Zoë"
    assert message["From"] == "Marketing OS <marketing@example.org>"
    assert message["To"] == "zoe@example.org"
    assert message.get_body(("plain",)).get_content().startswith("Hello Zoë\r\n")
    assert "<p>Hello Zoë</p>" in message.get_body(("html",)).get_content()


def test_what_is_not_due_yet_waits(smtp_sink):
    make.customer()
    ledger.dispatch(due_at=timezone.now() + timedelta(hours=1))

    assert ledger.send() == 0

    Delivery.objects.update(due_at=LONG_AGO)
    assert ledger.send() == 1


def test_the_content_is_frozen_when_sending_begins(smtp_sink):
    make.customer(first_name="Ada")
    dispatch = ledger.dispatch()
    ledger.send()

    content = DeliveryContent.objects.get()
    assert content.version == dispatch.template.current_version
    assert content.merge_values["customer"]["first_name"] == "Ada"
    assert len(content.sha256) == 64


def test_a_mended_template_is_used_from_the_next_chunk_on(smtp_sink):
    make.customer()
    template = make.template(subject="Typpo")
    ledger.dispatch(template=template)
    version = template.current_version
    version.pk, version.number, version.subject = None, 2, "Typo"
    version.save()
    template.current_version = version
    template.save()

    ledger.send()

    assert smtp_sink.mails[0].message["Subject"] == "Typo"


def test_an_unsubscription_between_fan_out_and_claim_is_honoured(smtp_sink):
    ada, bob = make.customer(), make.customer()
    dispatch = ledger.dispatch()
    ledger.withdraw_consent(ada)

    ledger.send()

    assert smtp_sink.recipients == [bob.email]
    assert ledger.states(dispatch)[ada] == ("skipped", "no_consent")


def test_suppression_and_erasure_after_the_fan_out_are_honoured(smtp_sink):
    ada, bob, cyd = make.customer(), make.customer(), make.customer()
    news = ledger.dispatch()
    receipt = ledger.dispatch(template=make.template(purpose="transactional"))
    Suppression.objects.create(email=ada.email.upper(), reason="complaint")
    bob.erased_at = timezone.now()
    bob.save()
    cyd.archived_at = timezone.now()
    cyd.save()

    ledger.send()

    assert smtp_sink.mails == []
    for dispatch in (news, receipt):
        assert ledger.states(dispatch) == {
            ada: ("skipped", "suppressed"),
            bob: ("skipped", "erased"),
            cyd: ("skipped", "archived"),
        }


def test_an_erased_address_counts_as_erased_and_not_as_invalid(smtp_sink):
    ada = make.customer(erased_at=None)
    dispatch = ledger.dispatch()
    dispatch.deliveries.update(address="")
    ada.erased_at = timezone.now()
    ada.save()

    ledger.send()

    assert ledger.states(dispatch) == {ada: ("skipped", "erased")}


def test_a_message_that_cannot_be_filled_in_rejects_only_its_own_row(smtp_sink):
    template = make.template(
        message="{% for n in customer['many'] %}{% for m in customer['many'] %}"
        "{{ n }}{{ m }}{% endfor %}{% endfor %}"
    )
    heavy = make.customer(attributes={"many": ["x" * 500] * 200})
    light = make.customer()
    dispatch = ledger.dispatch(template=template)

    ledger.send()

    assert smtp_sink.recipients == [light.email]
    assert ledger.states(dispatch)[heavy] == ("rejected", "render_error")
    assert dispatch.deliveries.get(customer=heavy).detail


@pytest.mark.parametrize(
    "switch",
    [
        lambda dispatch, settings: hold_sending(),
        lambda dispatch, settings: setattr(settings, "HOLD", True),
        lambda dispatch, settings: pause_dispatch(dispatch),
    ],
)
def test_what_is_held_or_paused_stays_as_it_is(smtp_sink, settings, switch):
    ada = make.customer()
    dispatch = ledger.dispatch()
    switch(dispatch, settings)

    assert ledger.send() == 0

    assert smtp_sink.mails == []
    assert ledger.states(dispatch) == {ada: ("pending", "")}


def test_sending_goes_on_after_release_and_resume(smtp_sink):
    make.customer()
    dispatch = ledger.dispatch()
    hold_sending()
    pause_dispatch(dispatch)
    release_sending()
    assert ledger.send() == 0

    resume_dispatch(dispatch)

    assert ledger.send() == 1


def test_cancelling_gives_up_what_waits_and_keeps_what_was_sent(smtp_sink):
    for _ in range(25):
        make.customer()
    dispatch = ledger.dispatch()
    ledger.send(limit=20)

    cancel_dispatch(dispatch)

    assert ledger.send() == 0
    assert len(smtp_sink.mails) == 20
    cancelled = dispatch.deliveries.filter(state="cancelled", reason="run_cancelled")
    assert cancelled.count() == 5
    assert dispatch.state == Dispatch.State.CANCELLED


def test_transactional_mail_goes_before_workflows_and_bulk(smtp_sink):
    make.customer()
    lane = Dispatch.Lane
    for name, number in (("b", lane.BULK), ("w", lane.WORKFLOW), ("t", 0)):
        ledger.dispatch(lane=number, template=make.template(subject=name))

    for _ in range(3):
        ledger.send(limit=1)

    assert [mail.message["Subject"] for mail in smtp_sink.mails] == ["t", "w", "b"]


def test_a_large_dispatch_does_not_make_a_small_one_wait(smtp_sink):
    customers = [make.customer() for _ in range(60)]
    large = ledger.dispatch()
    small = ledger.dispatch(*customers[:5])

    ledger.send(limit=20)

    assert small.deliveries.filter(state="accepted").count() == 5
    assert large.deliveries.filter(state="accepted").exists()


def test_a_server_that_is_down_loses_nothing_and_is_tried_ever_more_rarely(
    smtp_sink, settings
):
    for _ in range(30):
        make.customer()
    dispatch = ledger.dispatch()
    settings.EMAIL_PORT = 1

    ledger.send()

    limit = ProviderLimit.objects.get()
    assert limit.last_error
    assert limit.failing_since
    assert limit.next_at > timezone.now()
    assert dispatch.deliveries.filter(state="pending").count() == 30
    assert dispatch.deliveries.filter(due_at__gt=timezone.now()).count() == 20
    assert ledger.send() == 0

    settings.EMAIL_PORT = smtp_sink.port
    ProviderLimit.objects.update(next_at=LONG_AGO)
    Delivery.objects.update(due_at=LONG_AGO)
    assert ledger.send() == 30
    assert ProviderLimit.objects.get().failing_since is None


@pytest.mark.parametrize(
    "message",
    [
        "<p>Hello</p>",
        "<html><body><p>Hello</p></body></html>",
        '<p>Hello <a href="{{ unsubscribe_url }}">no more</a></p>',
    ],
)
def test_every_marketing_mail_shows_one_link_to_unsubscribe(smtp_sink, message):
    make.customer()
    ledger.dispatch(template=make.template(message=message))
    ledger.send()

    sent = smtp_sink.mails[0].message
    link = sent["List-Unsubscribe"].strip("<>")
    for kind in ("html", "plain"):
        assert sent.get_body((kind,)).get_content().count(link) == 1


def test_other_mail_has_no_link_to_unsubscribe(smtp_sink):
    make.customer()
    ledger.dispatch(template=make.template(purpose="transactional"))
    ledger.send()

    assert b"nsubscribe" not in smtp_sink.mails[0].content
