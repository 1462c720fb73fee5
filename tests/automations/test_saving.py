from datetime import UTC, datetime

import pytest
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

from automations import services
from automations.errors import AutomationError
from automations.models import Automation
from marketing_os.lib.errors import DomainError
from tests import make

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def refusal(automation, **changes):
    for name, value in changes.items():
        setattr(automation, name, value)
    with pytest.raises(AutomationError) as refused:
        services.save_automation(automation, now=NOW)
    return refused.value.errors


@pytest.mark.parametrize(
    ("changes", "field", "part"),
    [
        ({"cron": ""}, "cron", "Write a cron expression"),
        ({"cron": "0 9 * *"}, "cron", "This one has 4"),
        ({"cron": "0 9 30 2 *"}, "cron", "never happens"),
        ({"timezone": "Mars/Olympus"}, "timezone", "not a known time zone"),
        ({"schedule": "once"}, "run_at", "Choose the date and time."),
        ({"schedule": "once", "run_at": NOW}, "run_at", "This time is over."),
        ({"policy": "again_after"}, "again_after_days", "from 1 to 3650"),
        (
            {"policy": "again_after", "again_after_days": 9999999},
            "again_after_days",
            "from 1 to 3650",
        ),
    ],
)
def test_what_cannot_work_is_refused_at_its_field(changes, field, part):
    errors = refusal(make.automation(), **changes)

    assert list(errors) == [field]
    assert part in errors[field]


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        ("whatsapp", "WhatsApp sending is not available yet."),
        ("sms", "SMS sending is not available yet."),
    ],
)
def test_a_channel_without_sending_is_refused_when_active(channel, sentence):
    automation = make.automation(template=make.template(type=channel))

    assert refusal(automation, is_active=True) == {"template": sentence}
    with pytest.raises(DomainError, match=sentence[:-1]):
        services.activate(automation)
    services.save_automation(Automation.objects.get(pk=automation.pk))


def test_a_template_without_a_version_is_refused_when_active():
    template = make.template()
    template.current_version = None
    template.save()

    errors = refusal(make.automation(template=template), is_active=True)

    assert "cannot be sent yet" in errors["template"]


def test_what_the_schedule_does_not_use_is_left_out():
    automation = make.automation(run_at=NOW, again_after_days=3)

    services.save_automation(automation, now=NOW)

    assert (automation.run_at, automation.again_after_days) == (None, None)


def test_a_one_off_that_is_over_can_still_be_renamed():
    automation = make.automation(schedule="once", run_at=NOW, cron="")
    automation.name = "Another name"

    services.save_automation(automation, now=NOW.replace(day=25))

    assert "over" in refusal(automation, is_active=True)["run_at"]


def test_an_active_automation_has_a_row_of_beat_with_its_cron_and_zone():
    automation = make.automation(cron="5 4 1-7 jan mon", timezone="Asia/Kolkata")

    services.activate(automation)

    task = PeriodicTask.objects.get()
    assert task.task == "automations.tasks.ensure_slots"
    assert task.args == f"[{automation.pk}]"
    assert task.enabled
    crontab = task.crontab
    assert crontab.minute == "5"
    assert crontab.hour == "4"
    assert crontab.day_of_month == "1-7"
    assert crontab.month_of_year == "jan"
    assert crontab.day_of_week == "mon"
    assert str(crontab.timezone) == "Asia/Kolkata"


def test_an_edit_reaches_beat_at_once():
    automation = services.activate(make.automation(cron="0 9 * * *"))
    before = PeriodicTasks.last_change()

    automation.cron = "30 7 * * *"
    services.save_automation(automation)

    assert PeriodicTask.objects.get().crontab.hour == "7"
    assert CrontabSchedule.objects.count() == 1
    assert PeriodicTasks.last_change() > before


def test_an_edit_leaves_the_schedules_of_others_alone():
    automation = services.activate(make.automation(cron="0 9 * * *"))
    shared = PeriodicTask.objects.get().crontab
    PeriodicTask.objects.create(name="another", task="another", crontab=shared)

    automation.cron = "30 7 * * *"
    services.save_automation(automation)

    assert PeriodicTask.objects.get(name="another").crontab.hour == "9"


def test_a_part_too_long_for_beats_table_is_written_as_its_numbers():
    months = ",".join(["jan"] * 20)
    services.activate(make.automation(cron=f"0 9 * {months} *"))

    assert PeriodicTask.objects.get().crontab.month_of_year == "1"


def test_switching_off_switches_beats_row_off_and_on_again():
    automation = services.activate(make.automation())

    services.deactivate(automation)
    assert not PeriodicTask.objects.get().enabled

    services.activate(automation)
    assert PeriodicTask.objects.get().enabled


def test_switching_off_says_how_many_runs_go_on():
    automation = services.activate(make.automation())
    services.run_now(automation)

    _, under_way = services.deactivate(automation)

    assert under_way == 1
    assert automation.runs.get().state == "due"


def test_a_one_off_needs_no_row_of_beat():
    services.activate(
        make.automation(schedule="once", run_at=NOW.replace(year=2099)), now=NOW
    )

    assert PeriodicTask.objects.count() == 0


def test_an_automation_that_never_ran_can_be_deleted_with_its_rows():
    automation = services.activate(make.automation())

    services.delete_automation(automation)

    assert Automation.objects.count() == 0
    assert PeriodicTask.objects.count() == 0
    assert CrontabSchedule.objects.count() == 0


def test_an_automation_with_runs_is_kept():
    automation = make.automation()
    services.run_now(automation)

    with pytest.raises(DomainError, match="Switch it off instead"):
        services.delete_automation(automation)


def test_who_changed_what_is_kept():
    user = make.user()
    automation = services.activate(make.automation(), by=user)
    automation.cron = "30 7 * * *"
    services.save_automation(automation, by=user)

    newest, older = automation.history.all()[:2]

    assert newest.history_user == user
    changes = {change.field for change in newest.diff_against(older).changes}
    assert "cron" in changes
