"""Cron expressions, as Celery takes them: its own parser decides what is valid.

Its language differs from system cron in what people trip over: Sunday is 0 and
never 7, there is no L, no W, no #, no nickname such as @daily, and a day of the
month together with a weekday means that both must hold.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from celery.schedules import ParseException, crontab, crontab_parser
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing_os.lib.errors import DomainError

# The rarest date that can be asked for, 29 February on a certain weekday, comes
# back after 28 years, or after 40 across a year such as 2100.
LONGEST_WAIT = timedelta(days=366 * 41)
MAX_LENGTH = 200


class CronError(DomainError):
    """The expression is not one; the text says which part and what it may be."""


@dataclass(frozen=True)
class _Field:
    name: str
    size: int
    first: int
    label: Promise
    hint: Promise


FIELDS = (
    _Field("minute", 60, 0, gettext_lazy("minute"), gettext_lazy("0 to 59")),
    _Field("hour", 24, 0, gettext_lazy("hour"), gettext_lazy("0 to 23")),
    _Field(
        "day_of_month", 31, 1, gettext_lazy("day of the month"), gettext_lazy("1 to 31")
    ),
    _Field(
        "month_of_year",
        12,
        1,
        gettext_lazy("month"),
        gettext_lazy("1 to 12 or jan to dec"),
    ),
    _Field(
        "day_of_week",
        7,
        0,
        gettext_lazy("weekday"),
        gettext_lazy("0 (Sunday) to 6 (Saturday) or sun to sat"),
    ),
)
# What Celery's parser reads of one part; it passes over anything behind it.
_PART = re.compile(r"(?:\*|\w+-\w+)(?:/\w+)?|\w+")


@dataclass(frozen=True)
class Cron:
    """An expression and the numbers that each of its fields stands for."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def __str__(self) -> str:
        return self.text

    @property
    def parts(self) -> dict[str, str]:
        """The written fields by Celery's names for them."""
        return {
            field.name: part
            for field, part in zip(FIELDS, self.text.split(" "), strict=True)
        }

    @property
    def numbers(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the five fields in the order in which they are written."""
        return self.minutes, self.hours, self.days, self.months, self.weekdays

    @property
    def is_any_day(self) -> bool:
        return len(self.days) == 31

    @property
    def is_any_month(self) -> bool:
        return len(self.months) == 12

    @property
    def is_any_weekday(self) -> bool:
        return len(self.weekdays) == 7

    @property
    def times(self) -> list[time]:
        """The local times of each day on which it fires, in order."""
        return [time(hour, minute) for hour in self.hours for minute in self.minutes]

    def matches(self, day: date) -> bool:
        """Say whether it fires on this day: month, day and weekday must all agree."""
        return (
            day.month in self.months
            and day.day in self.days
            and day.isoweekday() % 7 in self.weekdays
        )

    def dates(self, first: date, last: date) -> Iterator[date]:
        """Yield the days from `first` to `last`, both included, on which it fires."""
        day = first
        while day <= last:
            if day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
                continue
            if self.matches(day):
                yield day
            day += timedelta(days=1)

    def local_slots(self, after: datetime, last: date) -> Iterator[datetime]:
        """Yield the local date-times later than `after` to the end of day `last`.

        All of them are without zone, and in order.
        """
        times = self.times
        for day in self.dates(after.date(), last):
            for at in times:
                local = datetime.combine(day, at)
                if local > after:
                    yield local


def parse_cron(text: str) -> Cron:
    """Read an expression of five fields; raise CronError where Celery would refuse it.

    >>> parse_cron("*/30 9 * * mon-fri").weekdays
    (1, 2, 3, 4, 5)
    """
    parts = text.split()
    _check_shape(text, parts)
    numbers = [_numbers(field, part) for field, part in zip(FIELDS, parts, strict=True)]
    try:
        judge: Any = crontab(parts[0], parts[1], parts[4], parts[2], parts[3])
    except ValueError as error:
        raise CronError(
            _(
                "This never happens: none of the chosen months has day %(days)s. "
                "Choose a day that exists."
            )
            % {"days": parts[2]}
        ) from error
    found = (
        judge.minute,
        judge.hour,
        judge.day_of_month,
        judge.month_of_year,
        judge.day_of_week,
    )
    if any(set(mine) != theirs for mine, theirs in zip(numbers, found, strict=True)):
        raise CronError(_("This expression cannot be understood."))
    return Cron(" ".join(parts), *numbers)


def _check_shape(text: str, parts: list[str]) -> None:
    if not parts:
        raise CronError(
            _(
                "Write a cron expression: minute, hour, day of the month, month and "
                "weekday, such as 0 9 * * 1-5."
            )
        )
    if parts[0].startswith("@"):
        raise CronError(
            _(
                "Short names such as @daily are not known here. Write the five "
                "fields, such as 0 0 * * *."
            )
        )
    if len(" ".join(parts)) > MAX_LENGTH:
        raise CronError(
            _("A cron expression has at most %(count)s characters.")
            % {"count": MAX_LENGTH}
        )
    if len(parts) != len(FIELDS):
        raise CronError(
            _(
                "A cron expression has five fields: minute, hour, day of the month, "
                "month and weekday. This one has %(count)s."
            )
            % {"count": len(parts)}
        )


def _numbers(field: _Field, part: str) -> tuple[int, ...]:
    try:
        found = crontab_parser(field.size, field.first).parse(part)
    except (ParseException, ValueError) as error:
        raise CronError(_refusal(field, part)) from error
    if not found:
        raise CronError(_refusal(field, part))
    return tuple(sorted(found))


def _refusal(field: _Field, part: str) -> str:
    if field.name == "day_of_week" and re.search(r"(?<!\d)7(?!\d)", part):
        return _("The weekday “%(part)s” is not valid: Sunday is 0 here, not 7.") % {
            "part": part
        }
    if re.fullmatch(r"(?:\d*[LW]|\w+#\w+|\?)", part, re.IGNORECASE):
        return _(
            "“%(part)s” for the %(field)s is not known here: there is no last day (L), "
            "nearest weekday (W), nth weekday (#) or question mark."
        ) % {"part": part, "field": field.label}
    return _(
        "“%(part)s” is not a valid %(field)s. It may be %(hint)s, *, a range such as "
        "%(range)s, a step such as */2, or several of them with commas."
    ) % {
        "part": part,
        "field": field.label,
        "hint": field.hint,
        "range": f"{field.first + 1}-{field.first + 4}",
    }


def overlooked(cron: Cron) -> list[str]:
    """Say which written characters Celery reads past, such as the end of 1-5/2/3."""
    notes = []
    for part in cron.text.replace(" ", ",").split(","):
        read = _PART.match(part)
        if read and read.group() != part:
            notes.append(
                _("Of “%(part)s” only “%(read)s” counts; the rest is read past.")
                % {"part": part, "read": read.group()}
            )
    return notes
