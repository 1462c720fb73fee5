import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from automations import services
from automations.models import Automation, AutomationRun
from messaging.models import Delivery
from messaging.services import hold_sending
from segments.models import SegmentSnapshot
from tests import make

pytestmark = pytest.mark.django_db


def run(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def automation_for(*customers, **overrides):
    return make.automation(segment=make.segment(*customers), **overrides)


def test_refresh_prints_every_automation_and_what_it_changed():
    automation = make.automation(name="Morning news", cron="0 9 * * 1-5")
    Automation.objects.update(is_active=True, schedule_since="2026-11-20T08:00Z")

    first, second = run("refresh_automations"), run("refresh_automations")

    assert "Morning news (active)" in first
    assert automation.segment.name in first
    assert automation.template.name in first
    assert "0 9 * * 1-5  UTC" in first
    assert f"created automation-{automation.pk}" in first
    assert "nothing was changed" in second


def test_refresh_as_json():
    automation = services.activate(
        make.automation(cron="0 9 * * *", timezone="Asia/Kolkata")
    )
    PeriodicTask.objects.all().delete()

    told = json.loads(run("refresh_automations", "--json"))

    facts = told["automations"][0]
    assert facts["id"] == automation.pk
    assert facts["customer_segment_id"] == automation.segment_id
    assert facts["message_template_id"] == automation.template_id
    assert facts["cron"] == "0 9 * * *"
    assert facts["is_active"] is True
    assert facts["next_run_at"].endswith("03:30:00+00:00")
    assert told["changes"][0]["change"] == "created"


def test_refresh_repairs_what_was_changed_by_other_means():
    edited = services.activate(make.automation(cron="0 9 * * *"))
    stopped = services.activate(make.automation())
    deleted = services.activate(make.automation())
    Automation.objects.filter(pk=edited.pk).update(cron="5 4 * * 0")
    Automation.objects.filter(pk=stopped.pk).update(is_active=False)
    Automation.objects.filter(pk=deleted.pk).delete()

    told = json.loads(run("refresh_automations", json=True))

    changes = {one["periodic_task"]: one["change"] for one in told["changes"]}
    assert changes == {
        f"automation-{edited.pk}": "updated",
        f"automation-{stopped.pk}": "disabled",
        f"automation-{deleted.pk}": "removed",
    }
    row = PeriodicTask.objects.get(name=f"automation-{edited.pk}")
    assert (row.crontab.minute, row.crontab.day_of_week) == ("5", "0")
    assert CrontabSchedule.objects.count() == 2


def test_running_alone_sends_every_message_and_counts():
    automation = automation_for(
        make.customer(), make.customer(), make.customer(email="")
    )

    told = run("run_automation", str(automation.pk))

    assert Delivery.objects.filter(state="accepted").count() == 2
    assert AutomationRun.objects.get().state == "done"
    assert "Audience: 3" in told
    assert "2  Accepted" in told
    assert "1  Skipped: No address" in told
    assert "100 %  3 of 3" in told


def test_the_same_slot_again_is_the_same_run_and_sends_nothing_twice():
    automation = automation_for(make.customer(), cron="0 9 * * *")

    for time in ("2026-11-20T09:00", "2026-11-20T09:45Z", "2026-11-20T10:15+01:00"):
        told = run("run_automation", automation.pk, as_of=time)

    assert AutomationRun.objects.get().scheduled_for == datetime(
        2026, 11, 20, 9, tzinfo=UTC
    )
    assert Delivery.objects.count() == 1
    assert "1  Accepted" in told


def test_a_slot_that_was_run_by_hand_is_not_run_again_by_the_tick():
    automation = automation_for(make.customer(), cron="0 9 * * *")
    services.activate(automation, now=datetime(2026, 11, 20, 8, tzinfo=UTC))

    run("run_automation", automation.pk, as_of="2026-11-20T09:00")
    services.tick(datetime(2026, 11, 20, 9, 0, 10, tzinfo=UTC))

    assert automation.runs.count() == 1


def test_a_time_without_offset_is_in_the_zone_of_the_automation():
    automation = automation_for(cron="0 9 * * *", timezone="Asia/Kolkata")

    run("run_automation", automation.pk, as_of="2026-11-20T09:00")

    assert f"{AutomationRun.objects.get().scheduled_for:%H:%M}" == "03:30"


def test_a_dry_run_prints_the_forecast_and_writes_nothing():
    everyone = make.segment(type="sql", selection_sql="SELECT id FROM customers")
    members = [make.customer(), make.customer(email="")]
    manual = automation_for(*members)

    told = run("run_automation", manual.pk, dry_run=True)

    assert "would reach 2 customers" in told
    assert "1  Waiting" in told
    assert "1  Skipped: No address" in told
    assert AutomationRun.objects.count() == 0
    assert Delivery.objects.count() == 0
    assert SegmentSnapshot.objects.filter(segment=everyone).count() == 0


def test_without_waiting_the_sending_is_left_to_the_worker():
    automation = automation_for(make.customer())

    told = run("run_automation", automation.pk, no_wait=True)

    assert Delivery.objects.get().state == "pending"
    assert "1  Waiting" in told


def test_held_sending_ends_the_wait_with_a_sentence():
    automation = automation_for(make.customer())
    hold_sending()

    told = run("run_automation", automation.pk)

    assert "All sending is held" in told
    assert Delivery.objects.get().state == "pending"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"automation_id": "12345"}, "There is no automation with the ID 12345."),
        ({"as_of": "tomorrow"}, "“tomorrow” is not a time."),
        ({"as_of": "0001-01-01T00:00"}, "no slot at or before|is not a time"),
    ],
)
def test_bad_input_gets_a_sentence(arguments, sentence):
    pk = arguments.pop("automation_id", None) or make.automation().pk

    with pytest.raises(CommandError, match=sentence):
        run("run_automation", pk, **arguments)


def test_a_template_that_cannot_be_sent_is_refused():
    automation = automation_for(template=make.template(type="whatsapp"))

    with pytest.raises(CommandError, match="WhatsApp sending is not available yet"):
        run("run_automation", automation.pk)


def test_a_segment_that_fails_ends_the_command_with_its_sentence():
    broken = make.segment(type="function", handler_function="not_there")

    with pytest.raises(CommandError, match="not_there"):
        run("run_automation", make.automation(segment=broken).pk)

    assert AutomationRun.objects.get().state == "failed"
