"""Comparisons and windows in plain words."""

import datetime as dt
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from segments.conditions.comparisons import Comparison

_MOST_NAMED = 6

_WORDS = {
    "equals": gettext_lazy("is %s"),
    "not_equals": gettext_lazy("is not %s"),
    "in": gettext_lazy("is %s"),
    "not_in": gettext_lazy("is neither of %s"),
    "contains": gettext_lazy("contains %s"),
    "not_contains": gettext_lazy("does not contain %s"),
    "starts_with": gettext_lazy("starts with %s"),
    "less": gettext_lazy("is less than %s"),
    "at_most": gettext_lazy("is at most %s"),
    "more": gettext_lazy("is more than %s"),
    "at_least": gettext_lazy("is at least %s"),
    "is_set": gettext_lazy("is known"),
    "is_not_set": gettext_lazy("is not known"),
    "is_true": gettext_lazy("is yes"),
    "is_false": gettext_lazy("is no"),
    "has_any": gettext_lazy("has %s"),
    "has_all": gettext_lazy("has all of %s"),
    "has_none": gettext_lazy("has none of %s"),
    "on": gettext_lazy("is on %s"),
    "before": gettext_lazy("is before %s"),
    "after": gettext_lazy("is after %s"),
}
_LISTS_OF_ALL = ("has_all", "has_none", "not_in")


def comparison_words(comparison: Comparison) -> str:
    """Say a comparison as what follows a name, such as “is at least 5”."""
    operator, value = comparison.operator, comparison.value
    if operator in ("last_days", "next_days", "days_ago"):
        return _("is %s") % period_words(operator, value)
    if operator == "birthday":
        return _birthday_words(value)
    if operator == "between":
        first, last = (value_words(one) for one in value)
        return _("is from %(first)s to %(last)s") % {"first": first, "last": last}
    form = str(_WORDS[operator])
    if "%s" not in form:
        return form
    if isinstance(value, tuple):
        return form % list_words(value, all_of_them=operator in _LISTS_OF_ALL)
    return form % value_words(value)


def _birthday_words(days: int) -> str:
    if not days:
        return _("has its anniversary today")
    return (
        ngettext(
            "has its anniversary in %s day", "has its anniversary in %s days", days
        )
        % days
    )


_DAYS_WORDS = {
    "last_days": ("in the last %s day", "in the last %s days"),
    "next_days": ("in the next %s day", "in the next %s days"),
    "days_ago": ("more than %s day ago", "more than %s days ago"),
}


def period_words(operator: str, value: Any) -> str:
    """Say a period of time, such as “in the last 30 days”."""
    if operator == "between":
        first, last = (value_words(one) for one in value)
        return _("from %(first)s to %(last)s") % {"first": first, "last": last}
    if operator in _DAYS_WORDS:
        if operator == "last_days" and not value:
            return _("today")
        words: str = ngettext(*_DAYS_WORDS[operator], value) % value
        return words
    form = {"on": _("on %s"), "before": _("before %s"), "after": _("after %s")}
    return str(form[operator]) % value_words(value)


def value_words(value: Any) -> str:
    """Say one value: texts in quotes, dates as dates, numbers plainly."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dt.date):
        return date_format(value, "j M Y")
    if isinstance(value, str):
        return f"“{value}”"
    if isinstance(value, list):
        return ", ".join(value_words(one) for one in value) or _("nothing")
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}"


def list_words(values: tuple[Any, ...], *, all_of_them: bool = False) -> str:
    """Say several values, the first few by name."""
    named = [value_words(value) for value in values[:_MOST_NAMED]]
    if len(values) > _MOST_NAMED:
        named.append(_("%s more") % (len(values) - _MOST_NAMED))
    if len(named) == 1:
        return named[0]
    last = _("and") if all_of_them else _("or")
    return f"{', '.join(named[:-1])} {last} {named[-1]}"
