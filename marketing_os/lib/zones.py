"""Time zones by name, and local times as instants, through changes of summer time.

A local time inside the hour that the clocks skip is the first instant after the skip;
one inside the hour that comes twice is the first of the two.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError

Change = Literal["", "skipped", "repeated"]
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class UnknownZoneError(DomainError):
    """The name is not one of a time zone."""


@dataclass(frozen=True)
class LocalTime:
    """A local time and the instant at which it happens.

    `local` is without zone; `change` says whether the clocks skip or repeat it that
    day, which moves `at` as the module's rule says.
    """

    at: datetime
    local: datetime
    change: Change = ""


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Name the time zones that may be chosen, UTC first."""
    names = {
        name
        for name in available_timezones()
        if name.split("/")[0] not in {"posix", "right"}
        and name not in {"localtime", "Factory", "posixrules"}
    }
    return ("UTC", *sorted(names - {"UTC"}))


def read_zone(name: str) -> ZoneInfo:
    """Return the zone of this name; raise UnknownZoneError where there is none."""
    if name not in zone_names():
        raise UnknownZoneError(
            _("“%(name)s” is not a known time zone. Choose one such as Europe/Berlin.")
            % {"name": name}
        )
    return ZoneInfo(name)


def zone_of_customer(name: str) -> ZoneInfo:
    """Return a customer's zone, or the project's where it is missing or unknown."""
    return ZoneInfo(name if name in zone_names() else settings.TIME_ZONE)


def place(local: datetime, zone: ZoneInfo) -> LocalTime:
    """Turn a local time into the instant at which it happens."""
    first = _instant(local, zone, fold=0)
    second = _instant(local, zone, fold=1)
    if first == second:
        return LocalTime(first, local)
    if wall_clock(first, zone) == local:
        return LocalTime(first, local, "repeated")
    return LocalTime(end_of_gap(second, first, zone), local, "skipped")


def next_at(clock: time, zone: ZoneInfo, since: datetime) -> datetime:
    """Return the first instant at or after `since` that is this time of the day."""
    day = wall_clock(since, zone).date()
    found = place(datetime.combine(day, clock), zone).at
    if found < since:
        found = place(datetime.combine(day + _DAY, clock), zone).at
    return found


def wall_clock(at: datetime, zone: ZoneInfo) -> datetime:
    """Return what clocks in the zone show at an instant, without zone."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Find the instant, to the second, from which the offset is that of `after`."""
    offset = after.astimezone(zone).utcoffset()
    before, after = before.replace(microsecond=0), after.replace(microsecond=0)
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def _instant(local: datetime, zone: ZoneInfo, *, fold: Literal[0, 1]) -> datetime:
    return local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
