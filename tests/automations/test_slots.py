from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from automations import services, tasks
from automations.models import Automation, AutomationRun
from tests import make

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def at(hour, minute=0, second=0, day=20):
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def active(since=MORNING, **overrides):
    return services.activate(make.automation(**overrides), now=since)


def states(automation):
    runs = automation.runs.order_by("scheduled_for")
    return [(f"{run.scheduled_for:%H:%M}", run.state) for run in runs]


def test_a_slot_that_has_come_gets_one_run():
    automation = active(cron="0 9 * * *")

    for moment in (at(8, 59, 40), at(9), at(9, 0, 20), at(9, 0, 40)):
        services.tick(moment)

    assert states(automation) == [("09:00", "due")]


def test_the_tick_task_and_beats_own_firing_make_the_same_run():
    automation = active(cron="0 9 * * *")

    with time_machine.travel(at(9, 0, 5)):
        tasks.ensure_slots(automation.pk)
        tasks.tick()
        tasks.ensure_slots(automation.pk)

    assert automation.runs.count() == 1


def test_activating_in_the_afternoon_does_not_send_this_mornings_slot():
    automation = active(cron="0 9 * * *", since=at(15))

    services.tick(at(15, 0, 20))

    assert states(automation) == []


def test_an_edit_of_the_cron_does_not_bring_back_slots_before_it():
    automation = active(cron="0 23 * * *")
    automation.cron = "0 9 * * *"
    services.save_automation(automation, now=at(15))

    services.tick(at(15, 1))

    assert states(automation) == []


def test_an_edit_of_the_name_leaves_the_schedule_going():
    automation = active(cron="0 9 * * *")
    automation.name = "Another name"
    services.save_automation(automation, now=at(9, 0, 10))

    services.tick(at(9, 0, 20))

    assert states(automation) == [("09:00", "due")]


def test_an_edit_of_the_cron_counts_from_the_next_tick():
    automation = active(cron="0 9 * * *")
    automation.cron = "1 8 * * *"
    services.save_automation(automation, now=at(8, 0, 59))

    services.tick(at(8, 1, 5))

    assert states(automation) == [("08:01", "due")]


def test_slots_fall_in_the_zone_of_the_automation():
    automation = active(cron="0 9 * * *", timezone="Asia/Kolkata", since=at(0))

    services.tick(at(12))

    assert states(automation)[0][0] == "03:30"


@pytest.mark.parametrize(
    ("misfire", "expected"),
    [
        ("latest", ["missed", "missed", "missed", "due"]),
        ("all", ["due", "due", "due", "due"]),
        ("skip", ["missed", "missed", "missed", "missed"]),
    ],
)
def test_after_three_hours_down_the_rule_for_missed_runs_decides(misfire, expected):
    automation = active(cron="0 * * * *", misfire=misfire)

    services.tick(at(12, 30))

    assert [state for _, state in states(automation)] == expected


def test_the_latest_slot_is_missed_too_when_the_grace_time_is_over():
    automation = active(cron="0 9 * * *", grace_minutes=60)

    services.tick(at(10, 1))

    assert states(automation) == [("09:00", "missed")]
    assert automation.runs.get().error == (
        "The system was not running when this was due."
    )


def test_after_an_outage_an_every_minute_cron_runs_once():
    automation = active(cron="* * * * *")

    services.tick(at(11))

    assert automation.runs.filter(state="due").count() == 1
    assert automation.runs.filter(state="missed").count() == 179


def test_a_tick_that_comes_a_minute_late_misses_nothing():
    automation = active(cron="* * * * *", misfire="latest")

    services.tick(at(8, 1, 50))
    services.tick(at(8, 3, 10))

    assert [state for _, state in states(automation)] == ["due"] * 3


def test_a_slot_seen_in_time_is_not_skipped():
    automation = active(cron="0 9 * * *", misfire="skip")

    services.tick(at(9, 1))

    assert states(automation) == [("09:00", "due")]


def test_an_inactive_automation_has_no_slots():
    automation = active(cron="* * * * *")
    services.deactivate(automation)

    services.tick(at(9))

    assert states(automation) == []


def test_switching_off_and_on_again_leaves_out_what_came_between():
    automation = active(cron="*/10 * * * *")
    services.deactivate(automation)
    services.activate(automation, now=at(9, 5))

    services.tick(at(9, 10, 5))

    assert states(automation) == [("09:10", "due")]


def test_a_one_off_runs_once_and_is_over():
    automation = active(schedule="once", run_at=at(9))

    for moment in (at(8, 59), at(9, 0, 5), at(9, 1), at(9, day=21)):
        services.tick(moment)

    automation.refresh_from_db()
    assert states(automation) == [("09:00", "due")]
    assert not automation.is_active


def test_now_runs_at_once_and_is_over():
    automation = active(schedule="now")

    services.tick(at(9))

    assert states(automation) == [("08:00", "due")]
    assert not automation.is_active


def test_now_can_be_switched_on_a_second_time():
    automation = active(schedule="now")
    services.activate(automation, now=at(10))

    assert states(automation) == [("08:00", "due"), ("10:00", "due")]


def test_an_automation_switched_on_by_sql_counts_from_the_first_tick():
    automation = make.automation(cron="0 9 * * *")
    Automation.objects.update(is_active=True)

    for moment in (at(9, 5), at(9, day=21)):
        services.tick(moment)

    assert [run.scheduled_for for run in automation.runs.all()] == [at(9, day=21)]


def test_one_broken_schedule_does_not_stop_the_others():
    broken, sound = active(cron="0 9 * * *"), active(cron="0 9 * * *")
    Automation.objects.filter(pk=broken.pk).update(cron="nonsense")

    services.tick(at(9, 0, 5))

    assert states(broken) == []
    assert states(sound) == [("09:00", "due")]


def test_sixty_minutes_with_two_tickers_give_every_slot_once():
    automations = [active(cron="* * * * *") for _ in range(2)]

    moment = MORNING
    while moment <= at(9):
        services.tick(moment)
        services.tick(moment - timedelta(seconds=7))
        for automation in automations:
            services.ensure_slots(automation.pk, moment)
        moment += timedelta(seconds=30)

    for automation in automations:
        slots = list(automation.runs.order_by("scheduled_for"))
        wanted = [MORNING + timedelta(minutes=n) for n in range(1, 61)]
        assert [run.scheduled_for for run in slots] == wanted
        assert {run.state for run in slots} == {AutomationRun.State.DUE}


@pytest.mark.parametrize(
    ("zone", "day", "cron", "expected"),
    [
        # 29 March 2026: 02:00 to 03:00 does not exist in Berlin.
        ("Europe/Berlin", (2026, 3, 28), "30 2 * * *", ["01:30", "01:00", "00:30"]),
        # 25 October 2026: 02:00 to 03:00 comes twice.
        ("Europe/Berlin", (2026, 10, 24), "30 2 * * *", ["00:30", "00:30", "01:30"]),
        ("America/New_York", (2026, 10, 31), "30 1 * * *", ["05:30", "05:30", "06:30"]),
    ],
)
def test_ticks_through_a_change_of_the_clocks(zone, day, cron, expected):
    start = datetime(*day, tzinfo=UTC)
    automation = active(cron=cron, timezone=zone, since=start)

    for number in range(1, 3 * 24 * 2 + 1):
        services.tick(start + timedelta(minutes=30 * number))

    assert [when for when, _ in states(automation)] == expected
