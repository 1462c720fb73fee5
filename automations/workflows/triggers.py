"""What starts a workflow: a daily look at all customers, or an event.

A daily trigger becomes a tree of conditions, so that who it finds, how many and why
are asked in the same way as of any segment.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import AttributeDefinition
from segments.conditions import Catalogue, Tree, read_document
from segments.conditions.entry import BIGGEST_ID, Entry
from segments.errors import ConditionError

Document = dict[str, Any]
LEVELS = ("low", "medium", "high")
MILESTONES = ("classes_attended", "anniversary", "activity")
MOST_DAYS = 3_650
MOST_YEARS = 150


@dataclass(frozen=True)
class Moment:
    """When a daily trigger looks: the day by the workflow's clock, and since when
    the workflow is enabled."""

    day: date
    enabled_on: date


@dataclass(frozen=True)
class DailyTrigger:
    """A trigger that is asked of all customers once a day.

    `condition` makes the tree of its parameters; `key` tells one entry by it from
    the next.
    """

    name: str
    title: str | Promise
    parameters: tuple[str, ...]
    read: Callable[[Entry], dict[str, Any]]
    condition: Callable[[dict[str, Any], Moment], Document]
    key: Callable[[dict[str, Any], Moment], str]


def _by_day(values: dict[str, Any], at: Moment) -> str:
    return at.day.isoformat()


def _known(attribute: str) -> str:
    """Return an attribute that the settings name; raises ConditionError without it."""
    if not AttributeDefinition.objects.filter(name=attribute).exists():
        raise ConditionError(
            _(
                "This trigger reads the attribute “%s”, which no customer has yet."
                " Import it, or name another one in the settings."
            )
            % attribute,
            "trigger",
        )
    return attribute


def _attribute(name: str, operator: str, value: Any = None) -> Document:
    condition = {"type": "attribute", "attribute": name, "operator": operator}
    return condition | ({} if value is None else {"value": value})


def _exactly(name: str, days: int) -> Document:
    """Match a date that lies so many days ahead, or back where it is negative."""
    if days == 0:
        return _attribute(name, "next_days", 0)
    operator = "next_days" if days > 0 else "days_ago"
    outer, inner = (days, days - 1) if days > 0 else (-days - 1, -days)
    return {
        "all": [
            _attribute(name, operator, outer),
            {"not": _attribute(name, operator, inner)},
        ]
    }


def _days(key: str, default: int) -> Callable[[Entry], dict[str, Any]]:
    def read(entry: Entry) -> dict[str, Any]:
        found = default
        if entry.has(key):
            found = entry.whole(key, least=0, most=MOST_DAYS)
        return {key: found}

    return read


def _read_engagement(entry: Entry) -> dict[str, Any]:
    days = 30
    if entry.has("inactive_days"):
        days = entry.whole("inactive_days", least=1, most=MOST_DAYS)
    level = entry.choice("min_activity_level", LEVELS, default=LEVELS[0])
    return {"inactive_days": days, "min_activity_level": level}


def _engagement(values: dict[str, Any], at: Moment) -> Document:
    inactive = {"type": "inactive", "days": values["inactive_days"]}
    levels_above = LEVELS[LEVELS.index(values["min_activity_level"]) + 1 :]
    if not levels_above:
        return inactive
    # Before there are scores, who did nothing for so long counts as low.
    above = {
        "type": "activity_level",
        "operator": "at_least",
        "level": levels_above[0],
    }
    return {"all": [inactive, {"not": above}]}


def _read_risk(entry: Entry) -> dict[str, Any]:
    threshold: int | float = 0.7
    if entry.has("risk_score_threshold"):
        threshold = entry.number("risk_score_threshold")
    if not 0 <= threshold <= 1:
        raise entry.refuse("risk_score_threshold", _("Enter a score from 0 to 1."))
    return {"risk_score_threshold": threshold}


def _risk(values: dict[str, Any], at: Moment) -> Document:
    threshold = values["risk_score_threshold"]
    return {"type": "risk", "operator": "at_least", "value": threshold}


def _expiry(values: dict[str, Any], at: Moment) -> Document:
    return _exactly(_known(settings.MEMBERSHIP_EXPIRY_ATTRIBUTE), values["days_before"])


def _welcome(values: dict[str, Any], at: Moment) -> Document:
    return _exactly(_known(settings.JOIN_DATE_ATTRIBUTE), -values["days_since_join"])


def _birthday(values: dict[str, Any], at: Moment) -> Document:
    return _attribute(_known(settings.BIRTH_DATE_ATTRIBUTE), "birthday", 0)


def _read_milestone(entry: Entry) -> dict[str, Any]:
    kind = entry.choice("type", MILESTONES)
    most = MOST_YEARS if kind == "anniversary" else 100_000
    name = ""
    if kind == "classes_attended":
        name = settings.CLASS_ATTENDED_ACTIVITY
    elif kind == "activity":
        name = entry.text("activity")
    return {
        "type": kind,
        "value": entry.whole("value", least=1, most=most),
        "activity": name,
    }


def _milestone(values: dict[str, Any], at: Moment) -> Document:
    if values["type"] == "anniversary":
        return _anniversary(values["value"], at)
    reached = {
        "type": "activity",
        "name": values["activity"],
        "operator": "at_least",
        "value": values["value"],
    }
    # Who had reached it before the workflow was enabled has nothing to celebrate now.
    long_ago = {"operator": "before", "value": at.enabled_on.isoformat()}
    return {"all": [reached, {"not": reached | {"window": long_ago}}]}


def _anniversary(years: int, at: Moment) -> Document:
    joined = _known(settings.JOIN_DATE_ATTRIBUTE)
    # The customer's day may be the one before or after, and a leap day comes a day
    # early in other years.
    around = (at.day + timedelta(days=by) for by in (-2, 2))
    period = [_years_before(day, years).isoformat() for day in around]
    return {
        "all": [
            _attribute(joined, "birthday", 0),
            _attribute(joined, "between", period),
        ]
    }


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # there is no 29 February
        return day.replace(year=day.year - years, day=28)


def _milestone_key(values: dict[str, Any], at: Moment) -> str:
    return f"{values['type']}:{values['activity']}:{values['value']}"[:150]


def _read_segment(entry: Entry) -> dict[str, Any]:
    return {"segment": entry.whole("segment", least=1, most=BIGGEST_ID)}


def _segment(values: dict[str, Any], at: Moment) -> Document:
    return {"type": "segment", "operator": "in", "segment": values["segment"]}


def _read_conditions(entry: Entry) -> dict[str, Any]:
    if not isinstance(entry.values.get("conditions"), dict):
        raise entry.refuse("conditions", _("Add a condition."))
    return {"conditions": entry.values["conditions"]}


def _conditions(values: dict[str, Any], at: Moment) -> Document:
    return {
        key: value for key, value in values["conditions"].items() if key != "version"
    }


DAILY = {
    one.name: one
    for one in (
        DailyTrigger(
            "low_engagement",
            gettext_lazy("Low engagement"),
            ("inactive_days", "min_activity_level"),
            _read_engagement,
            _engagement,
            _by_day,
        ),
        DailyTrigger(
            "high_retention_risk",
            gettext_lazy("High retention risk"),
            ("risk_score_threshold",),
            _read_risk,
            _risk,
            _by_day,
        ),
        DailyTrigger(
            "membership_expiry_upcoming",
            gettext_lazy("Membership expires soon"),
            ("days_before",),
            _days("days_before", 14),
            _expiry,
            _by_day,
        ),
        DailyTrigger(
            "milestone_achieved",
            gettext_lazy("Milestone achieved"),
            ("type", "value", "activity"),
            _read_milestone,
            _milestone,
            _milestone_key,
        ),
        DailyTrigger(
            "new_member_welcome",
            gettext_lazy("New member"),
            ("days_since_join",),
            _days("days_since_join", 1),
            _welcome,
            _by_day,
        ),
        DailyTrigger(
            "birthday",
            gettext_lazy("Birthday"),
            (),
            lambda entry: {},
            _birthday,
            _by_day,
        ),
        DailyTrigger(
            "segment",
            gettext_lazy("Is in a segment"),
            ("segment",),
            _read_segment,
            _segment,
            _by_day,
        ),
        DailyTrigger(
            "conditions",
            gettext_lazy("Matches conditions"),
            ("conditions",),
            _read_conditions,
            _conditions,
            _by_day,
        ),
    )
}


def daily_tree(trigger: dict[str, Any], at: Moment) -> Tree:
    """Return whom a daily trigger means at a moment; raises ConditionError."""
    return read_document(
        {"version": 1, "all": [daily_document(trigger, at)]}, Catalogue()
    )


def daily_document(trigger: dict[str, Any], at: Moment) -> Document:
    """Return the condition that a daily trigger is; raises ConditionError."""
    kind = DAILY[Entry(trigger, "trigger").choice("type", DAILY)]
    return kind.condition(kind.read(parameters_of(trigger, kind.parameters)), at)


def daily_key(trigger: dict[str, Any], at: Moment) -> str:
    """Return what makes an entry by a daily trigger the same as an earlier one."""
    kind = DAILY[trigger["type"]]
    values = kind.read(parameters_of(trigger, kind.parameters))
    return f"{kind.name}:{kind.key(values, at)}"


def parameters_of(trigger: dict[str, Any], names: Collection[str]) -> Entry:
    """Return the parameters of a trigger, none of which has another name."""
    entry = Entry(trigger, "trigger")
    entry.insist_on_keys(("type", "parameters"))
    parameters = Entry(trigger.get("parameters", {}), entry.at("parameters"))
    parameters.insist_on_keys(names)
    return parameters
