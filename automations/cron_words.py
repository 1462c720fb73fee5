"""What a cron expression means, in words made from its numbers and not its letters."""

from collections.abc import Iterable, Sequence

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from automations.cron import Cron

_MOST_TIMES = 6


def describe(cron: Cron) -> str:
    """Say in plain words when a cron fires, such as “At 09:00, Monday to Friday.”"""
    days = _days(cron)
    words = f"{_times(cron)}, {days}." if days else f"{_times(cron)}."
    if not cron.is_any_day and min(cron.days) > 28:
        words += " " + _("Months without such a day are left out.")
    return words


def _times(cron: Cron) -> str:
    step = _even_step(cron.minutes, 60)
    if len(cron.hours) == 24:
        minutes = _minutes(cron.minutes, step)
        return (
            minutes if step else _("%(minutes)s of every hour") % {"minutes": minutes}
        )
    if len(cron.minutes) * len(cron.hours) <= _MOST_TIMES:
        return _("At %(times)s") % {
            "times": listing(f"{at:%H:%M}" for at in cron.times)
        }
    if cron.minutes == (0,):
        return _on_the_hour(cron.hours)
    return ngettext(
        "%(minutes)s, in the hour %(hours)s",
        "%(minutes)s, in the hours %(hours)s",
        len(cron.hours),
    ) % {"minutes": _minutes(cron.minutes, step), "hours": _ranges(cron.hours)}


def _on_the_hour(hours: Sequence[int]) -> str:
    step = _even_step(hours, 24)
    if step:
        return _("Every %(step)s hours from 00:00") % {"step": step}
    return _("On the hour, in the hours %(hours)s") % {"hours": _ranges(hours)}


def _minutes(minutes: Sequence[int], step: int) -> str:
    if step:
        return ngettext("Every minute", "Every %(step)s minutes", step) % {"step": step}
    return ngettext("At minute %(minutes)s", "At minutes %(minutes)s", len(minutes)) % {
        "minutes": _ranges(minutes)
    }


def _days(cron: Cron) -> str:
    parts = []
    if not cron.is_any_day and not cron.is_any_weekday:
        parts.append(
            _(
                "only on %(days)s of the month that are also %(weekdays)s "
                "(both must hold)"
            )
            % {"days": _month_days(cron.days), "weekdays": _weekdays(cron.weekdays)}
        )
    elif not cron.is_any_day:
        parts.append(_("on %(days)s of the month") % {"days": _month_days(cron.days)})
    elif not cron.is_any_weekday:
        parts.append(_weekdays(cron.weekdays))
    elif len(cron.times) <= _MOST_TIMES:
        parts.append(_("every day"))
    if not cron.is_any_month:
        parts.append(_("in %(months)s") % {"months": _months(cron.months)})
    return ", ".join(parts)


def _month_days(days: Sequence[int]) -> str:
    return ngettext("day %(days)s", "days %(days)s", len(days)) % {
        "days": _ranges(days)
    }


def _weekdays(weekdays: Sequence[int]) -> str:
    # Counted from Monday, so that a weekend or a working week is one range.
    from_monday = sorted((weekday - 1) % 7 for weekday in weekdays)
    return _ranges(from_monday, [str(WEEKDAYS[number]) for number in range(7)])


def _months(months: Sequence[int]) -> str:
    return _ranges(months, ["", *(str(MONTHS[number]) for number in range(1, 13))])


def _ranges(numbers: Sequence[int], names: Sequence[str] | None = None) -> str:
    def name(number: int) -> str:
        return names[number] if names else str(number)

    parts = []
    for first, last in _runs(numbers):
        if last - first < 2:
            parts += [name(number) for number in range(first, last + 1)]
        else:
            parts.append(
                _("%(first)s to %(last)s") % {"first": name(first), "last": name(last)}
            )
    return listing(parts)


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _even_step(numbers: Sequence[int], size: int) -> int:
    """Return the step if the numbers are 0, step, 2*step… evenly round, else 0."""
    if len(numbers) < 2 or size % len(numbers):
        return 0
    step = size // len(numbers)
    return step if list(numbers) == list(range(0, size, step)) else 0


def listing(parts: Iterable[str]) -> str:
    """Join with commas, and the last with “and”."""
    words = list(parts)
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {
        "first": ", ".join(words[:-1]),
        "last": words[-1],
    }
