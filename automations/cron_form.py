"""The builder's choices and the expressions that they stand for, both ways."""

import re
from dataclasses import asdict, dataclass
from datetime import time
from typing import Any, Literal, get_args

from django.utils.translation import gettext as _

from automations.cron import Cron, CronError, parse_cron

Mode = Literal["minutes", "hourly", "daily", "weekdays", "weekly", "monthly", "custom"]
MODES: tuple[Mode, ...] = get_args(Mode)
MINUTE_STEPS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
HOUR_STEPS = (1, 2, 3, 4, 6, 8, 12)
_WORKING_WEEK = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class CronForm:
    """What the builder shows; each mode reads only its own fields.

    minutes: every; hourly: hours, minute; daily and weekdays: at; weekly: at,
    weekdays (0 is Sunday); monthly: at, day. Custom is whatever none of them can
    say: it has no fields and the expression stays as it was written.
    """

    mode: Mode
    every: int = 15
    hours: int = 1
    minute: int = 0
    at: str = "09:00"
    weekdays: tuple[int, ...] = (1,)
    day: int = 1

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def form_from_cron(cron: Cron) -> CronForm:
    """Fill the builder in from an expression, by its meaning and not its spelling."""
    if not cron.is_any_month:
        return CronForm("custom")
    any_date = cron.is_any_day and cron.is_any_weekday
    if any_date and len(cron.hours) == 24 and len(cron.minutes) > 1:
        return _every_minutes(cron)
    if len(cron.minutes) != 1:
        return CronForm("custom")
    if any_date and len(cron.hours) > 1:
        return _hourly(cron)
    if len(cron.hours) != 1:
        return CronForm("custom")
    return _at_a_time(cron)


def _every_minutes(cron: Cron) -> CronForm:
    step = 60 // len(cron.minutes)
    if step in MINUTE_STEPS and cron.minutes == tuple(range(0, 60, step)):
        return CronForm("minutes", every=step)
    return CronForm("custom")


def _hourly(cron: Cron) -> CronForm:
    step = 24 // len(cron.hours)
    if step in HOUR_STEPS and cron.hours == tuple(range(0, 24, step)):
        return CronForm("hourly", hours=step, minute=cron.minutes[0])
    return CronForm("custom")


def _at_a_time(cron: Cron) -> CronForm:
    at = f"{cron.times[0]:%H:%M}"
    if cron.is_any_day and cron.is_any_weekday:
        return CronForm("daily", at=at)
    if cron.is_any_day and cron.weekdays == _WORKING_WEEK:
        return CronForm("weekdays", at=at)
    if cron.is_any_day:
        return CronForm("weekly", at=at, weekdays=cron.weekdays)
    if cron.is_any_weekday and len(cron.days) == 1:
        return CronForm("monthly", at=at, day=cron.days[0])
    return CronForm("custom")


def cron_from_form(form: CronForm) -> Cron:
    """Write the expression of the builder's choices; raise CronError at a bad one."""
    if form.mode == "minutes":
        every = _one_of(form.every, MINUTE_STEPS)
        return parse_cron("* * * * *" if every == 1 else f"*/{every} * * * *")
    if form.mode == "hourly":
        hours = _one_of(form.hours, HOUR_STEPS)
        hour = "*" if hours == 1 else f"*/{hours}"
        return parse_cron(f"{form.minute} {hour} * * *")
    if form.mode == "custom":
        raise CronError(_("Write the expression itself."))
    at = _clock_time(form.at)
    return parse_cron(f"{at.minute} {at.hour} {_dates(form)}")


def _dates(form: CronForm) -> str:
    if form.mode == "weekly":
        if not form.weekdays:
            raise CronError(_("Choose at least one weekday."))
        return "* * " + ",".join(str(day) for day in sorted(set(form.weekdays)))
    return {"weekdays": "* * 1-5", "monthly": f"{form.day} * *"}.get(form.mode, "* * *")


def _one_of(number: int, choices: tuple[int, ...]) -> int:
    if number not in choices:
        raise CronError(
            _("Choose one of %(choices)s.")
            % {"choices": ", ".join(str(choice) for choice in choices)}
        )
    return number


def _clock_time(text: str) -> time:
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?", text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise CronError(_("Choose a time of day, such as 09:00."))
    return time(int(found[1]), int(found[2]))


def read_form(values: dict[str, str], weekdays: list[str]) -> CronForm:
    """Read the builder's fields as sent by a browser."""
    mode = values.get("mode", "")
    if mode not in MODES:
        raise CronError(_("Choose how often it is to run."))
    return CronForm(
        mode,
        every=_number(values.get("every", "15")),
        hours=_number(values.get("hours", "1")),
        minute=_number(values.get("minute", "0")),
        at=values.get("at", "09:00"),
        weekdays=tuple(_number(day) for day in weekdays),
        day=_number(values.get("day", "1")),
    )


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise CronError(_("Choose a whole number."))
    return int(text)
