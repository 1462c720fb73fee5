from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection

from automations import services
from automations.models import Automation, AutomationRun
from tests import make
from tests.parallel import WORKERS, in_parallel

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def test_many_beats_at_one_moment_make_one_run_per_slot():
    automations = [
        services.activate(make.automation(cron="* * * * *"), now=START)
        for _ in range(8)
    ]

    for minute in range(1, 4):
        moment = START + timedelta(minutes=minute, seconds=3)
        in_parallel(lambda _, moment=moment: services.tick(moment))

    for automation in automations:
        assert automation.runs.filter(state="due").count() == 3


def test_without_the_unique_slot_the_same_race_makes_several_runs():
    automation = services.activate(make.automation(cron="* * * * *"), now=START)
    slot = START + timedelta(minutes=1)

    def naive(_):
        if not AutomationRun.objects.filter(scheduled_for=slot).exists():
            meeting.wait()
            AutomationRun.objects.create(automation=automation, scheduled_for=slot)

    meeting = Barrier(WORKERS)
    constraint = next(
        one for one in AutomationRun._meta.constraints if one.name == "one_run_per_slot"
    )
    with connection.schema_editor() as editor:
        editor.remove_constraint(AutomationRun, constraint)
    try:
        in_parallel(naive)
        assert automation.runs.count() == WORKERS
    finally:
        AutomationRun.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(AutomationRun, constraint)


def test_switching_on_and_off_while_ticking_breaks_nothing():
    automation = services.activate(make.automation(cron="* * * * *"), now=START)

    def work(number):
        for minute in range(1, 15):
            moment = START + timedelta(minutes=minute, seconds=number)
            if number == 0:
                mine = Automation.objects.get(pk=automation.pk)
                services.deactivate(mine)
                services.activate(mine, now=moment)
            else:
                services.tick(moment)

    in_parallel(work)

    slots = list(automation.runs.values_list("scheduled_for", flat=True))
    assert len(slots) == len(set(slots))


def test_a_person_who_clicks_twice_starts_one_run():
    automation = make.automation()
    slot = START + timedelta(seconds=1)

    runs = in_parallel(lambda _: services.run_now(automation, slot=slot).pk)

    assert len(set(runs)) == 1
    with pytest.raises(IntegrityError):
        AutomationRun.objects.create(automation=automation, scheduled_for=slot)
