"""Workflows that start on days, in Berlin unless told otherwise."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from tests.workflows.make import tag, tags_of, trigger, workflow

BERLIN = ZoneInfo("Europe/Berlin")


def at(day, hour=4, minute=0, zone=BERLIN):
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), zone).replace(
        hour=hour, minute=minute
    )


def daily(
    kind, *, since="2020-01-01", zone="Europe/Berlin", check_hour=4, **parameters
):
    return workflow(
        tag("entered"),
        on=trigger(kind, **parameters),
        now=at(since),
        timezone=zone,
        check_hour=check_hour,
    )


def entered(who):
    return "entered" in tags_of(who)
