"""Many workers at once, and workers that die: each message once per entry and step."""

from collections import Counter

import pytest

from automations.models import AutomationLog, Enrolment
from customers.services import add_tag
from messaging.models import Delivery, Notification
from messaging.services.growing import add_mails, growing_dispatch
from messaging.services.judging import Wanted
from tests import make
from tests.messaging.ledger import send
from tests.messaging.processes import kill, start
from tests.parallel import in_parallel
from tests.scale import scaled
from tests.waiting import wait_until
from tests.workflows.make import advance, run, step, tag, take_events, trigger, workflow

pytestmark = pytest.mark.django_db(transaction=True)


def mail():
    return step("send_email", template_id=make.template().pk)


def notice():
    template = make.template(type="in_app", subject="News", message="News")
    return step("send_in_app_notification", template_id=template.pk)


@pytest.mark.prove
def test_events_told_three_times_to_eight_workers_make_one_mail_each(
    api_events, smtp_sink
):
    people = make.customers(scaled(24, 500))
    workflow(mail(), on=trigger("activity_performed", name="booked"))

    def work(number):
        for who in people[number % 4 :: 4]:
            for event in range(scaled(3, 10)):
                api_events(who, "booked", external_id=f"{who.pk}-{event}")
                take_events()
                advance(limit=10)

    for _round in range(3):
        in_parallel(work, 8)
    run()
    in_parallel(lambda _number: send(limit=5_000), 4)

    assert Counter(smtp_sink.recipients) == Counter(one.email for one in people)


@pytest.mark.prove
@pytest.mark.slow
def test_workers_that_are_killed_send_each_message_of_each_step_once(smtp_sink):
    total, kills = scaled((200, 2), (10_000, 20))
    people = make.customers(total)
    workflow(
        mail(),
        step("wait", until="duration", amount=0, unit="days"),
        notice(),
        mail(),
        tag("after"),
    )
    add_tag([one.pk for one in people], "enter")
    command = ("manage.py", "run_workflows", "--until-empty", "--batch", "20")

    for _number in range(kills):
        before = Delivery.objects.count()
        workers = [start(*command) for _ in range(2)]
        wait_until(
            lambda more=before + total // (kills + 2): Delivery.objects.count() >= more,
            timeout=120,
            message="The workers make no progress.",
        )
        for worker in workers:
            kill(worker)
    run()
    send(limit=3 * total)

    assert Enrolment.objects.filter(state="completed").count() == total
    assert Counter(smtp_sink.recipients) == {one.email: 2 for one in people}
    assert Notification.objects.count() == total
    linked = AutomationLog.objects.filter(success=True, delivery__isnull=False)
    assert linked.values("delivery").distinct().count() == linked.count() == 3 * total


def test_a_mail_that_is_asked_for_twice_is_one_by_its_number_alone():
    """The control: a worker that died after its mail, and one that begins again."""
    who = make.customer()
    dispatch = growing_dispatch(
        template=make.template(), source_key="test:1", series="t", name="T", context={}
    )

    for _attempt in range(2):
        add_mails(dispatch, [Wanted(who.pk, 7)])
    assert Delivery.objects.count() == 1

    for fresh in (8, 9):
        add_mails(dispatch, [Wanted(who.pk, fresh)])
    assert Delivery.objects.count() == 3
