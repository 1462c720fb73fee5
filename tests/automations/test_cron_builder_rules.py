import itertools
import random

import pytest

from automations.cron import CronError, parse_cron
from automations.cron_form import (
    HOUR_STEPS,
    MINUTE_STEPS,
    CronForm,
    cron_from_form,
    form_from_cron,
)

TIMES = ("00:00", "09:05", "23:59")


def choices():
    yield from (CronForm("minutes", every=step) for step in MINUTE_STEPS)
    for hours, minute in itertools.product(HOUR_STEPS, (0, 1, 59)):
        yield CronForm("hourly", hours=hours, minute=minute)
    for at in TIMES:
        yield CronForm("daily", at=at)
        yield CronForm("weekdays", at=at)
        yield from (CronForm("monthly", at=at, day=day) for day in range(1, 32))
        for count in (1, 2, 3, 4, 6):
            for days in itertools.combinations(range(7), count):
                yield CronForm("weekly", at=at, weekdays=days)


def test_every_choice_of_the_builder_comes_back_from_its_expression():
    for form in choices():
        assert form_from_cron(cron_from_form(form)) == form


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("0-59 * * * *", "minutes"),
        ("0,15,30,45 * * * *", "minutes"),
        ("0 0-23/6 * * *", "hourly"),
        ("0 9 1-31 1-12 sun-sat", "daily"),
        ("0 9 * * 1,2,3,4,5", "weekdays"),
        ("00 09 * * MON", "weekly"),
        ("0 9 15 * *", "monthly"),
        ("*/7 * * * *", "custom"),
        ("0 9,17 * * *", "custom"),
        ("0 9 * 6 *", "custom"),
        ("0 9 1 * 1", "custom"),
        ("* 9 * * *", "custom"),
    ],
)
def test_an_expression_fills_the_builder_in_by_its_meaning(text, mode):
    assert form_from_cron(parse_cron(text)).mode == mode


def test_the_builder_never_changes_the_meaning_of_an_expression():
    numbers = random.Random(5)
    minutes = ["*", "0", "*/5", "*/7", "0,30", "10-20", "59"]
    hours = ["*", "9", "*/2", "*/5", "9,17", "0"]
    days = ["*", "1", "31", "1-7", "*/2"]
    months = ["*", "2", "1-12", "jan-mar"]
    weekdays = ["*", "1-5", "0", "sat,sun", "mon-fri", "0-6"]
    kept = 0
    for _ in range(6_000):
        text = " ".join(
            numbers.choice(part) for part in (minutes, hours, days, months, weekdays)
        )
        try:
            cron = parse_cron(text)
        except CronError:
            continue
        form = form_from_cron(cron)
        if form.mode != "custom":
            assert cron_from_form(form).numbers == cron.numbers, text
            kept += 1
    assert kept > 50


@pytest.mark.parametrize(
    "form",
    [
        CronForm("minutes", every=7),
        CronForm("hourly", hours=5),
        CronForm("hourly", minute=60),
        CronForm("daily", at="24:00"),
        CronForm("daily", at="soon"),
        CronForm("weekly", weekdays=()),
        CronForm("weekly", weekdays=(7,)),
        CronForm("monthly", day=32),
        CronForm("custom"),
    ],
)
def test_a_choice_that_no_expression_can_say_is_refused(form):
    with pytest.raises(CronError):
        cron_from_form(form)
