from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from automations import services, tasks
from automations.models import AutomationRun
from marketing_os.lib.errors import DomainError
from messaging import services as messaging
from messaging.models import Delivery, Dispatch
from segments.models import Segment
from tests import make

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def automation_for(*customers, **overrides):
    return make.automation(segment=make.segment(*customers), **overrides)


def send_everything():
    messaging.send_due(limit=1000, until=timezone.now() + timedelta(seconds=30))
    services.follow_dispatches()


def test_a_due_slot_becomes_one_delivery_per_customer():
    customers = [make.customer() for _ in range(3)]
    automation = services.activate(automation_for(*customers), now=MORNING)

    with time_machine.travel(NINE):
        tasks.tick()
        tasks.prepare_due_runs()

    run = automation.runs.get()
    assert run.state == "sending"
    assert run.dispatch.source_key == f"automation-run:{run.pk}"
    assert run.dispatch.series == f"automation:{automation.pk}"
    assert {one.customer for one in run.dispatch.deliveries.all()} == set(customers)


def test_a_run_is_done_when_its_messages_are():
    automation = automation_for(make.customer())
    services.run_now(automation)
    run = services.prepare_next_run()

    send_everything()

    run.refresh_from_db()
    assert run.state == "done"
    assert run.finished_at
    assert run.dispatch.deliveries.get().state == Delivery.State.ACCEPTED


def test_a_run_whose_dispatch_is_cancelled_is_cancelled():
    services.run_now(automation_for(make.customer()))
    run = services.prepare_next_run()

    messaging.cancel_dispatch(run.dispatch)
    services.follow_dispatches()

    run.refresh_from_db()
    assert run.state == "cancelled"


def test_an_empty_segment_is_a_run_that_is_done():
    services.run_now(automation_for())
    run = services.prepare_next_run()
    services.follow_dispatches()

    run.refresh_from_db()
    assert run.state == "done"
    assert run.dispatch.audience_count == 0


def test_a_segment_that_cannot_be_looked_up_fails_the_run_with_its_sentence():
    broken = Segment.objects.create(
        name="Broken", type="function", handler_function="not_there"
    )
    services.run_now(make.automation(segment=broken))

    run = services.prepare_next_run()

    assert run.state == "failed"
    assert "not_there" in run.error
    assert run.dispatch is None
    assert Delivery.objects.count() == 0


def test_a_template_that_lost_its_version_fails_the_run_with_a_sentence():
    automation = automation_for(make.customer())
    services.run_now(automation)
    automation.template.current_version = None
    automation.template.save()

    run = services.prepare_next_run()

    assert run.state == "failed"
    assert run.error.endswith(".")


def test_a_failed_run_can_be_tried_again():
    automation = automation_for(make.customer())
    services.run_now(automation)
    version = automation.template.current_version
    automation.template.current_version = None
    automation.template.save()
    run = services.prepare_next_run()
    automation.template.current_version = version
    automation.template.save()

    services.retry_run(AutomationRun.objects.get(pk=run.pk))
    again = services.prepare_next_run()

    assert again.pk == run.pk
    assert again.state == "sending"
    assert again.error == ""


def test_a_run_that_is_done_cannot_be_tried_again():
    services.run_now(automation_for(make.customer()))
    run = services.prepare_next_run()

    services.retry_run(run)

    assert run.state == "sending"
    assert services.prepare_next_run() is None


def test_a_run_taken_by_a_worker_that_died_goes_to_another_after_a_while():
    services.run_now(automation_for(make.customer()))
    AutomationRun.objects.update(state="preparing", claimed_at=timezone.now())

    assert services.prepare_next_run() is None
    later = timezone.now() + timedelta(minutes=3)
    run = services.prepare_next_run(later)

    assert run.state == "sending"
    assert Dispatch.objects.count() == 1


def test_a_worker_killed_after_the_deliveries_leads_to_the_same_dispatch():
    services.run_now(automation_for(make.customer()))
    run = services.prepare_next_run()
    AutomationRun.objects.filter(pk=run.pk).update(
        state="preparing", dispatch=None, claimed_at=timezone.now()
    )

    again = services.prepare_next_run(timezone.now() + timedelta(minutes=3))

    assert again.dispatch == run.dispatch
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    ("policy", "days", "expected"),
    [("every_run", None, 2), ("once", None, 1), ("again_after", 7, 1)],
)
def test_the_policy_decides_who_gets_it_again(policy, days, expected):
    automation = automation_for(make.customer(), policy=policy, again_after_days=days)

    for _ in range(2):
        services.run_now(automation)
        services.prepare_next_run()
        send_everything()

    assert Delivery.objects.filter(state="accepted").count() == expected


def test_again_after_a_week_sends_again_after_a_week():
    automation = automation_for(
        make.customer(), policy="again_after", again_after_days=7
    )
    services.run_now(automation)
    services.prepare_next_run()
    last_week = timezone.now() - timedelta(days=7)
    Delivery.objects.update(
        state="accepted", accepted_at=last_week, created_at=last_week
    )

    services.run_now(automation)
    run = services.prepare_next_run()

    assert [one.state for one in run.dispatch.deliveries.all()] == ["pending"]


def test_whoever_is_held_out_is_counted():
    automation = automation_for(
        *(make.customer() for _ in range(60)), holdout_percent=50
    )

    services.run_now(automation)
    run = services.prepare_next_run()

    counts = {reason: n for _, reason, n in messaging.dispatch_counts(run.dispatch)}
    assert 10 < counts["holdout"] < 50


def test_the_forecast_is_what_the_run_does():
    member, silent = make.customer(), make.customer(email="")
    automation = automation_for(member, silent)

    forecast = services.forecast_run(automation).counter
    services.run_now(automation)
    run = services.prepare_next_run()

    assert forecast == {("pending", ""): 1, ("skipped", "no_address"): 1}
    counts = messaging.dispatch_counts(run.dispatch)
    assert {(state, reason): n for state, reason, n in counts} == forecast


def test_running_by_hand_needs_its_permission():
    automation = automation_for(make.customer())

    with pytest.raises(DomainError, match="may not run"):
        services.run_now(automation, by=make.user())

    run = services.run_now(automation, by=make.administrator())
    assert run.trigger == "manual"


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        ("whatsapp", "WhatsApp sending is not available yet."),
        ("sms", "SMS sending is not available yet."),
    ],
)
def test_a_channel_without_sending_is_not_run_by_hand(channel, sentence):
    automation = automation_for(make.customer(), template=make.template(type=channel))

    with pytest.raises(DomainError) as refusal:
        services.run_now(automation)

    assert str(refusal.value) == sentence
    assert AutomationRun.objects.count() == 0


def test_a_run_that_waits_can_be_cancelled_before_anything_is_written():
    run = services.run_now(automation_for(make.customer()))

    services.cancel_run(run)

    assert run.state == "cancelled"
    assert services.prepare_next_run() is None


def test_the_slot_of_a_time_is_the_newest_one_at_that_time():
    daily = make.automation(cron="0 9 * * *", timezone="Asia/Kolkata")
    once = make.automation(schedule="once", run_at=NINE)

    assert services.slot_as_of(daily, NINE) == NINE.replace(hour=3, minute=30)
    assert services.slot_as_of(once, NINE + timedelta(days=3)) == NINE
    with pytest.raises(DomainError, match="no slot"):
        services.slot_as_of(once, MORNING)
